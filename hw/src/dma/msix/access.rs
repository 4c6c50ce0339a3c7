//! The host's side of the MSI-X table.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram2, Dffr, Reg};
use ferrolane_abi::map;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum AccessState {
    Sweep,
    Wait,
    Merge,
    Reply,
}

hw! {
    /// MSI-X table (PCIe Base Spec r5 7.7.2.6 ff.) and pending bit array as the host reads and writes them.
    ///
    /// ```text
    ///  w ─┐                 ┌► Merge: old word with the enabled bytes replaced
    ///     ├─► Wait ─────────┤
    ///  r ─┘  (Sweep first)  └► Reply
    /// ```
    /// Address, data and mask are 0, 0 and 1 after reset: Sweep clears the memories, and no access is taken meanwhile. Of Vector
    /// Control only the mask bit exists; it is kept in registers. `vector` is the second read port.
    pub struct MsixAccess<const NV: usize, const VB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub w_valid: Signal<In, Bit> = Default::default(),
        pub w_ready: Signal<Out, Bit> = Default::default(),
        pub w_addr: Signal<In, Bits<19>> = Default::default(),
        pub w_data: Signal<In, Bits<32>> = Default::default(),
        pub w_be: Signal<In, Bits<4>> = Default::default(),
        pub r_valid: Signal<In, Bit> = Default::default(),
        pub r_addr: Signal<In, Bits<19>> = Default::default(),
        pub r_done: Signal<Out, Bit> = Default::default(),
        pub r_data: Signal<Out, Bits<32>> = Default::default(),
        /// Pulse: there is nothing at the address read, or written.
        pub unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub unmapped_wr: Signal<Out, Bit> = Default::default(),
        pub pending: Signal<In, Bits<NV>> = Default::default(),
        /// Vectors whose mask bit is 0.
        pub unmasked: Signal<Out, Bits<NV>> = Default::default(),
        pub vector: Signal<In, Bits<VB>> = Default::default(),
        /// The entry of `vector` the clock before.
        pub address: Signal<Out, Bits<64>> = Default::default(),
        pub data: Signal<Out, Bits<32>> = Default::default(),
        state: Dffr<AccessState> = Dffr::new(AccessState::Sweep),
        lower: Bram2<Bits<32>, VB> = Default::default(),
        upper: Bram2<Bits<32>, VB> = Default::default(),
        message: Bram2<Bits<32>, VB> = Default::default(),
        enabled: Dffr<Bits<NV>> = Default::default(),
        sweep: Dffr<Bits<VB>> = Default::default(),
        asked: Dffr<Bit> = Default::default(),
        read_addr: Reg<Bits<19>> = Default::default(),
        answered: Dffr<Bit> = Default::default(),
        answer: Reg<Bits<32>> = Default::default(),
        missed_rd: Dffr<Bit> = Default::default(),
        missed_wr: Dffr<Bit> = Default::default(),
        addr: Signal<Local, Bits<19>> = Default::default(),
        in_table: Signal<Local, Bit> = Default::default(),
        in_pba: Signal<Local, Bit> = Default::default(),
        entry: Signal<Local, Bits<12>> = Default::default(),
        word: Signal<Local, Bits<2>> = Default::default(),
        pba_word: Signal<Local, Bits<14>> = Default::default(),
        pba_bits: Signal<Local, Bits<192>> = Default::default(),
        pba_place: Signal<Local, Bits<8>> = Default::default(),
        bytes: Signal<Local, Bits<32>> = Default::default(),
        old: Signal<Local, Bits<32>> = Default::default(),
        merged: Signal<Local, Bits<32>> = Default::default(),
        is_unmasked: Signal<Local, Bit> = Default::default(),
        mask: Signal<Local, Bits<NV>> = Default::default(),
        one: Constant<Bits<NV>> = Constant::new(1_u64.into()),
        one_vector: Constant<Bits<VB>> = Constant::new(1_u64.into()),
        vectors: Constant<Bits<12>> = {
            assert!(NV <= 1 << VB && NV <= 192, "NV vectors need VB bits");
            Constant::new((NV as u64).into())
        },
        // The pending bit array is whole QWORDs (PCIe Base Spec r5 7.7.2.8).
        pba_words: Constant<Bits<14>> = Constant::new((NV.div_ceil(64) as u64 * 2).into()),
        table_page: Constant<Bits<3>> = Constant::new((map::MSIX_TABLE_PAGE / map::PAGE_BYTES).into()),
        pba_page: Constant<Bits<3>> = Constant::new((map::MSIX_PBA_PAGE / map::PAGE_BYTES).into()),
        byte0: Constant<Bits<32>> = Constant::new(0x0000_00FF_u64.into()),
        byte1: Constant<Bits<32>> = Constant::new(0x0000_FF00_u64.into()),
        byte2: Constant<Bits<32>> = Constant::new(0x00FF_0000_u64.into()),
        byte3: Constant<Bits<32>> = Constant::new(0xFF00_0000_u64.into()),
    }
}

impl<const NV: usize, const VB: usize> Logic for MsixAccess<NV, VB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, lower, upper, message);
        dff_setup!(
            self, clock, state, enabled, sweep, asked, read_addr, answered, answer, missed_rd, missed_wr
        );
        self.state.rst.next = self.rst.val();
        self.enabled.rst.next = self.rst.val();
        self.sweep.rst.next = self.rst.val();
        self.asked.rst.next = self.rst.val();
        self.answered.rst.next = self.rst.val();
        self.missed_rd.rst.next = self.rst.val();
        self.missed_wr.rst.next = self.rst.val();
        if self.r_valid.val() {
            self.asked.d.next = true;
            self.read_addr.d.next = self.r_addr.val();
        }

        // The access in hand: a read first, since there is only one at a time.
        self.addr.next = self.w_addr.val();
        if self.asked.q.val() {
            self.addr.next = self.read_addr.q.val();
        }
        if self.state.q.val() == AccessState::Merge {
            self.addr.next = self.w_addr.val();
        }
        self.entry.next = self.addr.val().get_bits::<12>(4);
        self.word.next = self.addr.val().get_bits::<2>(2);
        self.pba_word.next = self.addr.val().get_bits::<14>(2);
        self.in_table.next = (self.addr.val().get_bits::<3>(16) == self.table_page.val())
            & (self.entry.val() < self.vectors.val());
        self.in_pba.next = (self.addr.val().get_bits::<3>(16) == self.pba_page.val())
            & (self.pba_word.val() < self.pba_words.val());
        self.lower.raddr.next = bit_cast::<VB, 12>(self.entry.val());
        self.upper.raddr.next = bit_cast::<VB, 12>(self.entry.val());
        self.message.raddr.next = bit_cast::<VB, 12>(self.entry.val());
        self.mask.next = self.one.val() << self.entry.val();
        self.is_unmasked.next = (self.enabled.q.val() & self.mask.val()).any();
        self.pba_bits.next = bit_cast::<192, NV>(self.pending.val());
        self.pba_place.next = bit_cast::<8, 14>(self.pba_word.val()) << 5;
        self.old.next = 0.into();
        if self.in_table.val() {
            if self.word.val() == 0 {
                self.old.next = self.lower.rdata.val();
            } else if self.word.val() == 1 {
                self.old.next = self.upper.rdata.val();
            } else if self.word.val() == 2 {
                self.old.next = self.message.rdata.val();
            } else if !self.is_unmasked.val() {
                self.old.next = 1.into();
            }
        } else if self.in_pba.val() {
            self.old.next = self.pba_bits.val().get_bits::<32>(self.pba_place.val().index());
        }
        self.bytes.next = 0.into();
        if self.w_be.val().get_bit(0) {
            self.bytes.next = self.bytes.val() | self.byte0.val();
        }
        if self.w_be.val().get_bit(1) {
            self.bytes.next = self.bytes.val() | self.byte1.val();
        }
        if self.w_be.val().get_bit(2) {
            self.bytes.next = self.bytes.val() | self.byte2.val();
        }
        if self.w_be.val().get_bit(3) {
            self.bytes.next = self.bytes.val() | self.byte3.val();
        }
        self.merged.next = (self.old.val() & !self.bytes.val()) | (self.w_data.val() & self.bytes.val());

        self.lower.waddr.next = bit_cast::<VB, 12>(self.entry.val());
        self.upper.waddr.next = bit_cast::<VB, 12>(self.entry.val());
        self.message.waddr.next = bit_cast::<VB, 12>(self.entry.val());
        self.lower.wdata.next = self.merged.val();
        self.upper.wdata.next = self.merged.val();
        self.message.wdata.next = self.merged.val();
        self.lower.wen.next = false;
        self.upper.wen.next = false;
        self.message.wen.next = false;
        self.w_ready.next = false;
        self.answered.d.next = false;
        self.answer.d.next = self.old.val();
        self.missed_rd.d.next = false;
        self.missed_wr.d.next = false;
        match self.state.q.val() {
            AccessState::Sweep => {
                self.lower.waddr.next = self.sweep.q.val();
                self.upper.waddr.next = self.sweep.q.val();
                self.message.waddr.next = self.sweep.q.val();
                self.lower.wdata.next = 0.into();
                self.upper.wdata.next = 0.into();
                self.message.wdata.next = 0.into();
                self.lower.wen.next = true;
                self.upper.wen.next = true;
                self.message.wen.next = true;
                self.sweep.d.next = self.sweep.q.val() + self.one_vector.val();
                if self.sweep.q.val().all() {
                    self.state.d.next = AccessState::Wait;
                }
            }
            AccessState::Wait => {
                if self.asked.q.val() {
                    self.state.d.next = AccessState::Reply;
                } else if self.w_valid.val() {
                    self.state.d.next = AccessState::Merge;
                }
            }
            AccessState::Merge => {
                self.w_ready.next = true;
                // The write may have been withdrawn meanwhile.
                if self.w_valid.val() {
                    self.lower.wen.next = self.in_table.val() & (self.word.val() == 0);
                    self.upper.wen.next = self.in_table.val() & (self.word.val() == 1);
                    self.message.wen.next = self.in_table.val() & (self.word.val() == 2);
                    if self.in_table.val() & (self.word.val() == 3) {
                        self.enabled.d.next = self.enabled.q.val() | self.mask.val();
                        if self.merged.val().get_bit(0) {
                            self.enabled.d.next = self.enabled.q.val() & !self.mask.val();
                        }
                    }
                    // Writes to pending bits have no effect.
                    self.missed_wr.d.next = !self.in_table.val() & !self.in_pba.val();
                }
                self.state.d.next = AccessState::Wait;
            }
            AccessState::Reply => {
                self.asked.d.next = false;
                self.answered.d.next = true;
                self.missed_rd.d.next = !self.in_table.val() & !self.in_pba.val();
                self.state.d.next = AccessState::Wait;
            }
        }

        self.lower.raddr2.next = self.vector.val();
        self.upper.raddr2.next = self.vector.val();
        self.message.raddr2.next = self.vector.val();
        self.address.next =
            (bit_cast::<64, 32>(self.upper.rdata2.val()) << 32) | bit_cast::<64, 32>(self.lower.rdata2.val());
        self.data.next = self.message.rdata2.val();
        self.unmasked.next = self.enabled.q.val();
        self.r_done.next = self.answered.q.val();
        self.r_data.next = self.answer.q.val();
        self.unmapped_rd.next = self.missed_rd.q.val();
        self.unmapped_wr.next = self.missed_wr.q.val();
    }
}
