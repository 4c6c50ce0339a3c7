//! The host's side of the MSI-X table.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram2, Dffr, Reg};
use crate::stream::Mirror;
use ferrolane_abi::map;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum AccessState {
    Sweep,
    Wait,
    Look,
    Fetch,
    Finish,
}

hw! {
    /// MSI-X table (PCIe Base Spec r5 7.7.2.6 ff.) and pending bit array as the host reads and writes them.
    ///
    /// ```text
    ///  w ─┐                                                 ┌► write: old word with the enabled bytes replaced
    ///     ├─► Wait ─► Look ─► Fetch ─► Finish ──────────────┤
    ///  r ─┘  (Sweep first)  table ─► old, pending ─► pba    └► read: old or pba
    /// ```
    /// Address, data and mask are 0, 0 and 1 after reset: Sweep writes every word of the memory, and no access is taken meanwhile. Of
    /// Vector Control only the mask bit exists. The table is one block memory of four words per vector, `part` of `vector` its second read
    /// port; the mask bits stand in a small memory of their own, too, that shows them for `next_vector`.
    pub struct MsixAccess<const NV: usize, const VB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub w_valid: Signal<In, Bit> = Default::default(),
        pub w_ready: Signal<Out, Bit> = Default::default(),
        pub w_addr: Signal<In, Bits<19>> = Default::default(),
        pub w_data: Signal<In, Bits<32>> = Default::default(),
        pub w_be: Signal<In, Bits<4>> = Default::default(),
        pub r_valid: Signal<In, Bit> = Default::default(),
        /// Stays until `r_done`.
        pub r_addr: Signal<In, Bits<19>> = Default::default(),
        pub r_done: Signal<Out, Bit> = Default::default(),
        pub r_data: Signal<Out, Bits<32>> = Default::default(),
        /// Pulse: there is nothing at the address read, or written.
        pub unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub unmapped_wr: Signal<Out, Bit> = Default::default(),
        pub pending: Signal<In, Bits<NV>> = Default::default(),
        pub next_vector: Signal<In, Bits<VB>> = Default::default(),
        /// The vector that `next_vector` was in the clock before is not masked, by all writes taken up to then.
        pub unmasked: Signal<Out, Bit> = Default::default(),
        /// Pulse, with `w_ready`: a mask bit is being written.
        pub masks: Signal<Out, Bit> = Default::default(),
        pub vector: Signal<In, Bits<VB>> = Default::default(),
        /// Address, upper address, data.
        pub part: Signal<In, Bits<2>> = Default::default(),
        /// That word, one clock later.
        pub word: Signal<Out, Bits<32>> = Default::default(),
        state: Dffr<AccessState> = Dffr::new(AccessState::Sweep),
        // Room for 256 vectors: block memory is that deep whatever is used of it.
        words: Bram2<Bits<32>, 10> = Default::default(),
        masked: Mirror<1, VB> = Default::default(),
        puts: Dffr<Bit> = Default::default(),
        put: Reg<Bits<32>> = Default::default(),
        put_place: Reg<Bits<10>> = Default::default(),
        asked: Dffr<Bit> = Default::default(),
        reads: Reg<Bit> = Default::default(),
        // Bits 18:2 of the address in hand; counts through the table in Sweep.
        addr: Dffr<Bits<17>> = Default::default(),
        in_table: Reg<Bit> = Default::default(),
        in_pba: Reg<Bit> = Default::default(),
        old: Dffr<Bits<32>> = Default::default(),
        pba: Dffr<Bits<32>> = Default::default(),
        answered: Dffr<Bit> = Default::default(),
        missed_rd: Dffr<Bit> = Default::default(),
        missed_wr: Dffr<Bit> = Default::default(),
        entry: Signal<Local, Bits<12>> = Default::default(),
        control: Signal<Local, Bit> = Default::default(),
        place: Signal<Local, Bits<10>> = Default::default(),
        look_place: Signal<Local, Bits<10>> = Default::default(),
        pba_word: Signal<Local, Bits<14>> = Default::default(),
        pba_bits: Signal<Local, Bits<192>> = Default::default(),
        pba_place: Signal<Local, Bits<8>> = Default::default(),
        be: Signal<Local, Bits<4>> = Default::default(),
        bytes: Signal<Local, Bits<32>> = Default::default(),
        merged: Signal<Local, Bits<32>> = Default::default(),
        sweeps: Signal<Local, Bit> = Default::default(),
        wen: Signal<Local, Bit> = Default::default(),
        writes: Signal<Local, Bit> = Default::default(),
        vectors: Constant<Bits<12>> = {
            assert!(NV <= 1 << VB && NV <= 192 && VB <= 8, "NV vectors need VB bits");
            Constant::new((NV as u64).into())
        },
        // The last word of the memory that a vector can have.
        last_place: Constant<Bits<10>> = Constant::new(((4_u64 << VB) - 1).into()),
        // The pending bit array is whole QWORDs (PCIe Base Spec r5 7.7.2.8).
        pba_words: Constant<Bits<14>> = Constant::new((NV.div_ceil(64) as u64 * 2).into()),
        table_page: Constant<Bits<3>> = Constant::new((map::MSIX_TABLE_PAGE / map::PAGE_BYTES).into()),
        pba_page: Constant<Bits<3>> = Constant::new((map::MSIX_PBA_PAGE / map::PAGE_BYTES).into()),
        byte0: Constant<Bits<32>> = Constant::new(0x0000_00FF_u64.into()),
        byte1: Constant<Bits<32>> = Constant::new(0x0000_FF00_u64.into()),
        byte2: Constant<Bits<32>> = Constant::new(0x00FF_0000_u64.into()),
        byte3: Constant<Bits<32>> = Constant::new(0xFF00_0000_u64.into()),
        mask_bit: Constant<Bits<32>> = Constant::new(1_u64.into()),
    }
}

impl<const NV: usize, const VB: usize> Logic for MsixAccess<NV, VB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, words, masked);
        dff_setup!(self, clock, state, asked, reads, addr, in_table, in_pba, old, pba, answered);
        dff_setup!(self, clock, missed_rd, missed_wr, puts, put, put_place);
        self.puts.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.asked.rst.next = self.rst.val();
        self.addr.rst.next = self.rst.val();
        self.answered.rst.next = self.rst.val();
        self.missed_rd.rst.next = self.rst.val();
        self.missed_wr.rst.next = self.rst.val();
        if self.r_valid.val() {
            self.asked.d.next = true;
        }

        // Where it is.
        self.place.next = bit_cast::<10, 17>(self.addr.q.val());
        self.entry.next = self.addr.q.val().get_bits::<12>(2);
        self.control.next = self.addr.q.val().get_bits::<2>(0).all();
        self.pba_word.next = bit_cast::<14, 17>(self.addr.q.val());
        self.in_table.d.next = (self.addr.q.val().get_bits::<3>(14) == self.table_page.val())
            & (self.entry.val() < self.vectors.val());
        self.in_pba.d.next = (self.addr.q.val().get_bits::<3>(14) == self.pba_page.val())
            & (self.pba_word.val() < self.pba_words.val());

        // What is there: a register that nothing is read into is held at 0 by its reset.
        self.words.raddr.next = self.place.val();
        self.old.rst.next = self.rst.val() | !self.in_table.q.val();
        self.pba.rst.next = !self.in_pba.q.val();
        self.pba_bits.next = bit_cast::<192, NV>(self.pending.val());
        self.pba_place.next = bit_cast::<8, 14>(self.pba_word.val()) << 5;
        if self.state.q.val() == AccessState::Fetch {
            self.old.d.next = self.words.rdata.val();
            self.pba.d.next = self.pba_bits.val().get_bits::<32>(self.pba_place.val().index());
        }

        // What it will be. A mask bit is alone in its word, and 1 after Sweep.
        self.sweeps.next = self.state.q.val() == AccessState::Sweep;
        self.be.next = self.w_be.val();
        if self.sweeps.val() {
            self.be.next = 0.into();
        }
        self.bytes.next = 0.into();
        if self.be.val().get_bit(0) {
            self.bytes.next = self.bytes.val() | self.byte0.val();
        }
        if self.be.val().get_bit(1) {
            self.bytes.next = self.bytes.val() | self.byte1.val();
        }
        if self.be.val().get_bit(2) {
            self.bytes.next = self.bytes.val() | self.byte2.val();
        }
        if self.be.val().get_bit(3) {
            self.bytes.next = self.bytes.val() | self.byte3.val();
        }
        self.merged.next = (self.old.q.val() & !self.bytes.val()) | (self.w_data.val() & self.bytes.val());
        if self.control.val() {
            self.merged.next = self.merged.val() & self.mask_bit.val();
            if self.sweeps.val() {
                self.merged.next = self.mask_bit.val();
            }
        }

        self.wen.next = self.sweeps.val();
        self.writes.next = false;
        self.w_ready.next = false;
        self.answered.d.next = false;
        self.missed_rd.d.next = false;
        self.missed_wr.d.next = false;
        match self.state.q.val() {
            AccessState::Sweep => {
                self.addr.d.next = self.addr.q.val() + 1;
                self.in_table.d.next = false;
                self.in_pba.d.next = false;
                if self.place.val() == self.last_place.val() {
                    self.state.d.next = AccessState::Wait;
                }
            }
            AccessState::Wait => {
                // A read first, since there is only one at a time.
                self.reads.d.next = self.asked.q.val();
                self.addr.d.next = self.w_addr.val().get_bits::<17>(2);
                if self.asked.q.val() {
                    self.addr.d.next = self.r_addr.val().get_bits::<17>(2);
                }
                if self.asked.q.val() | self.w_valid.val() {
                    self.state.d.next = AccessState::Look;
                }
            }
            AccessState::Look => {
                self.state.d.next = AccessState::Fetch;
            }
            AccessState::Fetch => {
                self.state.d.next = AccessState::Finish;
            }
            AccessState::Finish => {
                self.w_ready.next = !self.reads.q.val();
                self.writes.next = !self.reads.q.val() & self.in_table.q.val();
                self.wen.next = self.writes.val() & self.w_valid.val();
                if self.reads.q.val() {
                    self.asked.d.next = false;
                    self.answered.d.next = true;
                }
                // Writes to pending bits have no effect.
                self.missed_rd.d.next = self.reads.q.val() & !self.in_table.q.val() & !self.in_pba.q.val();
                self.missed_wr.d.next =
                    !self.reads.q.val() & self.w_valid.val() & !self.in_table.q.val() & !self.in_pba.q.val();
                self.state.d.next = AccessState::Wait;
            }
        }
        // A write that was withdrawn on the way, and may be another one when it comes back.
        if ((self.state.q.val() == AccessState::Look) | (self.state.q.val() == AccessState::Fetch))
            & !self.reads.q.val()
            & !self.w_valid.val()
        {
            self.state.d.next = AccessState::Wait;
        }
        // A clock later: nothing here reads before then, and tools need not ask whether it could.
        self.put_place.d.next = self.place.val();
        self.put.d.next = self.merged.val();
        self.puts.d.next = self.wen.val();
        self.words.waddr.next = self.put_place.q.val();
        self.words.wdata.next = self.put.q.val();
        self.words.wen.next = self.puts.q.val();
        self.masked.waddr.next = bit_cast::<VB, 12>(self.entry.val());
        self.masked.wdata.next = bit_cast::<1, 32>(self.merged.val());
        self.masked.wen.next = self.wen.val() & self.control.val();
        self.masks.next = self.writes.val() & self.control.val();

        self.masked.raddr.next = self.next_vector.val();
        self.unmasked.next = !self.masked.rdata.val().any() & !self.sweeps.val();
        self.look_place.next = bit_cast::<10, VB>(self.vector.val()) << 2;
        self.words.raddr2.next = self.look_place.val() | bit_cast::<10, 2>(self.part.val());
        self.word.next = self.words.rdata2.val();
        self.r_done.next = self.answered.q.val();
        self.r_data.next = self.old.q.val() | self.pba.q.val();
        self.unmapped_rd.next = self.missed_rd.q.val();
        self.unmapped_wr.next = self.missed_wr.q.val();
    }
}
