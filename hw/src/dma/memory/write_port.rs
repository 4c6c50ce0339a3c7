//! The write side of the AXI4 port.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Fifo;

hw! {
    /// Sends bursts and tells what became of them.
    ///
    /// ```text
    ///  burst ─┬─────────► AW
    ///         ├─► sizes ─► W ◄─ rows
    ///         └─► waits ─► B ─► answer_*, done_*
    /// ```
    /// Up to 16 bursts are unanswered; all have the same ID, so answers come in their order (AMBA AXI4 A5.3). A packet is done
    /// with the answer of its last burst, in error if any of them was SLVERR or DECERR (A3.4.4).
    ///
    /// AXI knows no way to take a burst back (A3.2.1: VALID stays until READY). `rst` resets everything, the memory
    /// included; after `core_rst` the beats that are owed are sent without strobes, and what is answered is
    /// nobody's. The next burst waits until then.
    pub struct WritePort<const W: usize, const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const FW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub core_rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub row_valid: Signal<In, Bit> = Default::default(),
        pub row_ready: Signal<Out, Bit> = Default::default(),
        pub row: Signal<In, Bits<FW>> = Default::default(),
        pub burst_valid: Signal<In, Bit> = Default::default(),
        pub burst_ready: Signal<Out, Bit> = Default::default(),
        pub burst: Signal<In, Bits<78>> = Default::default(),
        /// A burst of `answer_q` was answered: it had `answer_rows` beats. In the clock before, and while it can't be said
        /// yet, `answer_next` is high and `answer_q` the same.
        pub answer_next: Signal<Out, Bit> = Default::default(),
        pub answer_valid: Signal<Out, Bit> = Default::default(),
        pub answer_q: Signal<Out, Bits<6>> = Default::default(),
        pub answer_rows: Signal<Out, Bits<7>> = Default::default(),
        /// A packet is written, or failed.
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_ready: Signal<In, Bit> = Default::default(),
        pub done_q: Signal<Out, Bits<6>> = Default::default(),
        pub done_error: Signal<Out, Bit> = Default::default(),
        pub axi_awaddr: Signal<Out, Bits<64>> = Default::default(),
        pub axi_awlen: Signal<Out, Bits<8>> = Default::default(),
        pub axi_awsize: Signal<Out, Bits<3>> = Default::default(),
        pub axi_awburst: Signal<Out, Bits<2>> = Default::default(),
        pub axi_awvalid: Signal<Out, Bit> = Default::default(),
        pub axi_awready: Signal<In, Bit> = Default::default(),
        pub axi_wdata: Signal<Out, Bits<W>> = Default::default(),
        pub axi_wstrb: Signal<Out, Bits<KB>> = Default::default(),
        pub axi_wlast: Signal<Out, Bit> = Default::default(),
        pub axi_wvalid: Signal<Out, Bit> = Default::default(),
        pub axi_wready: Signal<In, Bit> = Default::default(),
        pub axi_bresp: Signal<In, Bits<2>> = Default::default(),
        pub axi_bvalid: Signal<In, Bit> = Default::default(),
        pub axi_bready: Signal<Out, Bit> = Default::default(),
        // Beats less one of the bursts whose data is not sent.
        sizes: Fifo<6, 4, 5> = Default::default(),
        // Queue, last of its packet, beats less one of the bursts that are not answered.
        waits: Fifo<13, 4, 5> = Default::default(),
        // What was begun before `core_rst` has not ended.
        owes: Dffr<Bit> = Default::default(),
        aw_valid: Dffr<Bit> = Default::default(),
        aw_addr: Reg<Bits<64>> = Default::default(),
        aw_beats: Reg<Bits<6>> = Default::default(),
        aw_fixed: Reg<Bit> = Default::default(),
        w_valid: Dffr<Bit> = Default::default(),
        w_data: Reg<Bits<W>> = Default::default(),
        w_strb: Reg<Bits<KB>> = Default::default(),
        w_last: Reg<Bit> = Default::default(),
        w_beat: Dffr<Bits<6>> = Default::default(),
        b_valid: Dffr<Bit> = Default::default(),
        b_bad: Reg<Bit> = Default::default(),
        // Packets of which a burst failed.
        failed: Dffr<Bits<NQ>> = Default::default(),
        d_valid: Dffr<Bit> = Default::default(),
        d_q: Reg<Bits<6>> = Default::default(),
        d_bad: Reg<Bit> = Default::default(),
        word: Signal<Local, Bits<78>> = Default::default(),
        beats: Signal<Local, Bits<6>> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        rows_word: Signal<Local, Bits<FW>> = Default::default(),
        send: Signal<Local, Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        entry: Signal<Local, Bits<13>> = Default::default(),
        wait_q: Signal<Local, Bits<6>> = Default::default(),
        wait_last: Signal<Local, Bit> = Default::default(),
        wait_bit: Signal<Local, Bits<NQ>> = Default::default(),
        act: Signal<Local, Bit> = Default::default(),
        bad: Signal<Local, Bit> = Default::default(),
        accept: Signal<Local, Bit> = Default::default(),
        core: Signal<Local, Bit> = Default::default(),
        clear: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        strb_at: Constant<Bits<9>> = Constant::new((W as u64).into()),
        size: Constant<Bits<3>> = Constant::new((SB as u64).into()),
    }
}

impl<const W: usize, const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const FW: usize>
    Logic for WritePort<W, KB, SB, NQ, QB, FW>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, sizes, waits);
        dff_setup!(self, clock, owes, aw_valid, aw_addr, aw_beats, aw_fixed);
        dff_setup!(self, clock, w_valid, w_data, w_strb, w_last, w_beat);
        dff_setup!(self, clock, b_valid, b_bad, failed, d_valid, d_q, d_bad);
        self.core.next = self.rst.val() | self.core_rst.val();
        self.sizes.rst.next = self.rst.val();
        self.waits.rst.next = self.rst.val();
        self.owes.rst.next = self.rst.val();
        self.aw_valid.rst.next = self.rst.val();
        self.w_valid.rst.next = self.rst.val();
        self.w_beat.rst.next = self.rst.val();
        self.b_valid.rst.next = self.rst.val();
        self.failed.rst.next = self.core.val();
        self.d_valid.rst.next = self.core.val();

        // A burst begins on all three channels.
        self.word.next = self.burst.val();
        self.beats.next = self.word.val().get_bits::<6>(64);
        self.take.next = self.burst_valid.val()
            & !self.core_rst.val()
            & !self.owes.q.val()
            & (!self.aw_valid.q.val() | self.axi_awready.val())
            & self.sizes.in_ready.val()
            & self.waits.in_ready.val();
        self.burst_ready.next = self.take.val();
        if self.axi_awready.val() {
            self.aw_valid.d.next = false;
        }
        if self.take.val() {
            self.aw_valid.d.next = true;
        }
        if !self.aw_valid.q.val() | self.axi_awready.val() {
            self.aw_addr.d.next = self.word.val().get_bits::<64>(0);
            self.aw_beats.d.next = self.beats.val();
            self.aw_fixed.d.next = self.word.val().get_bit(70);
        }
        self.sizes.in_valid.next = self.take.val();
        self.sizes.in_data.next = self.beats.val();
        self.waits.in_valid.next = self.take.val();
        self.waits.in_data.next = (bit_cast::<13, 6>(self.word.val().get_bits::<6>(72)) << 7)
            | (bit_cast::<13, 1>(self.word.val().get_bits::<1>(71)) << 6)
            | bit_cast::<13, 6>(self.beats.val());
        if self.core_rst.val() {
            self.owes.d.next = true;
        } else if !self.aw_valid.q.val() & !self.w_valid.q.val() & !self.waits.level.val().any() {
            self.owes.d.next = false;
        }

        // Its data.
        self.rows_word.next = self.row.val();
        self.last.next = self.w_beat.q.val() == self.sizes.out_data.val();
        self.send.next = self.sizes.out_valid.val()
            & (self.row_valid.val() | self.owes.q.val())
            & (!self.w_valid.q.val() | self.axi_wready.val());
        self.row_ready.next =
            self.sizes.out_valid.val() & !self.owes.q.val() & (!self.w_valid.q.val() | self.axi_wready.val());
        self.sizes.out_ready.next = self.send.val() & self.last.val();
        if self.axi_wready.val() {
            self.w_valid.d.next = false;
        }
        if !self.w_valid.q.val() | self.axi_wready.val() {
            self.w_data.d.next = bit_cast::<W, FW>(self.rows_word.val());
            self.w_strb.d.next = bit_cast::<KB, FW>(self.rows_word.val() >> self.strb_at.val());
            if self.owes.q.val() {
                self.w_strb.d.next = 0.into();
            }
            self.w_last.d.next = self.last.val();
        }
        if self.send.val() {
            self.w_valid.d.next = true;
            self.w_beat.d.next = self.w_beat.q.val() + 1;
            if self.last.val() {
                self.w_beat.d.next = 0.into();
            }
        }

        // Its answer. One that nobody waits for is taken and forgotten.
        self.entry.next = self.waits.out_data.val();
        self.wait_q.next = self.entry.val().get_bits::<6>(7);
        self.wait_last.next = self.entry.val().get_bit(6);
        self.wait_bit.next = self.one.val() << self.wait_q.val();
        self.accept.next = self.axi_bvalid.val() & !self.b_valid.q.val();
        if self.accept.val() {
            self.b_valid.d.next = true;
            self.b_bad.d.next = self.axi_bresp.val().get_bit(1);
        }
        self.act.next = self.b_valid.q.val()
            & (self.owes.q.val() | !self.wait_last.val() | !self.d_valid.q.val() | self.done_ready.val());
        self.bad.next = self.b_bad.q.val() | (self.failed.q.val() & self.wait_bit.val()).any();
        self.waits.out_ready.next = self.act.val();
        if self.done_ready.val() {
            self.d_valid.d.next = false;
        }
        self.clear.next = 0.into();
        if self.act.val() {
            self.b_valid.d.next = false;
            if self.waits.out_valid.val() & !self.owes.q.val() {
                if self.wait_last.val() {
                    self.d_valid.d.next = true;
                    self.d_q.d.next = self.wait_q.val();
                    self.d_bad.d.next = self.bad.val();
                    self.clear.next = self.wait_bit.val();
                } else if self.b_bad.q.val() {
                    self.failed.d.next = self.failed.q.val() | self.wait_bit.val();
                }
            }
        }
        if self.clear.val().any() {
            self.failed.d.next = self.failed.q.val() & !self.clear.val();
        }
        if self.init_valid.val() & (self.init_g.val() < self.queues.val()) {
            self.clear.next = self.one.val() << bit_cast::<6, 7>(self.init_g.val());
            self.failed.d.next = self.failed.d.val() & !self.clear.val();
        }

        self.answer_next.next = self.accept.val() | (self.b_valid.q.val() & !self.act.val());
        self.answer_valid.next = self.act.val() & self.waits.out_valid.val() & !self.owes.q.val();
        self.answer_q.next = self.wait_q.val();
        self.beats.next = bit_cast::<6, 13>(self.entry.val());
        self.answer_rows.next = bit_cast::<7, 6>(self.beats.val()) + 1;
        self.done_valid.next = self.d_valid.q.val();
        self.done_q.next = self.d_q.q.val();
        self.done_error.next = self.d_bad.q.val();
        self.axi_awaddr.next = self.aw_addr.q.val();
        self.axi_awlen.next = bit_cast::<8, 6>(self.aw_beats.q.val());
        self.axi_awsize.next = self.size.val();
        // AMBA AXI4 A3.4.1: 0 is FIXED, 1 is INCR.
        self.axi_awburst.next = 1.into();
        if self.aw_fixed.q.val() {
            self.axi_awburst.next = 0.into();
        }
        self.axi_awvalid.next = self.aw_valid.q.val();
        self.axi_wdata.next = self.w_data.q.val();
        self.axi_wstrb.next = self.w_strb.q.val();
        self.axi_wlast.next = self.w_last.q.val();
        self.axi_wvalid.next = self.w_valid.q.val();
        self.axi_bready.next = !self.b_valid.q.val();
    }
}
