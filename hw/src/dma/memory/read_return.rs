//! What comes back from the card's memory, as beats for ingress.

use rust_hdl::prelude::*;

use super::read_walk::Owed;
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Fifo;

hw! {
    /// Tells of each beat that comes whose it is.
    ///
    /// ```text
    ///  owed bursts ─► FIFO of 16 ─► present burst ─┬─► queue, last, keep ─► m_*
    ///  R ───────────► FIFO of 4 ──────────────────┴─► data, error ───────►
    /// ```
    /// A beat per clock, from burst to burst too. How long a burst is was said when it was asked for; RLAST is not needed. The first
    /// beat with SLVERR or DECERR (AMBA AXI4 A3.4.4) ends its packet: with no bytes of the descriptor, so TKEEP holds the lanes in front of its first byte
    /// in the packet's first beat, and none in a later one. Whatever else of that queue comes until it is cleared is taken and forgotten, and so is after `core_rst` all
    /// that was asked for before.
    pub struct ReadReturn<const W: usize, const KB: usize, const SB: usize, const NQ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub core_rst: Signal<In, Bit> = Default::default(),
        pub clear: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<6>> = Default::default(),
        pub owed_valid: Signal<In, Bit> = Default::default(),
        pub owed_ready: Signal<Out, Bit> = Default::default(),
        pub owed: Signal<In, Owed> = Default::default(),
        pub axi_rdata: Signal<In, Bits<W>> = Default::default(),
        pub axi_rresp: Signal<In, Bits<2>> = Default::default(),
        pub axi_rvalid: Signal<In, Bit> = Default::default(),
        pub axi_rready: Signal<Out, Bit> = Default::default(),
        pub m_valid: Signal<Out, Bit> = Default::default(),
        pub m_ready: Signal<In, Bit> = Default::default(),
        pub m_data: Signal<Out, Bits<W>> = Default::default(),
        pub m_keep: Signal<Out, Bits<KB>> = Default::default(),
        pub m_last: Signal<Out, Bit> = Default::default(),
        pub m_bad: Signal<Out, Bit> = Default::default(),
        pub m_q: Signal<Out, Bits<6>> = Default::default(),
        /// Queues of which a read has failed.
        pub dead: Signal<Out, Bits<NQ>> = Default::default(),
        /// Something is owed from before `core_rst`.
        pub stale: Signal<Out, Bit> = Default::default(),
        /// Bursts asked for and come, free-running.
        pub asked: Signal<Out, Bits<5>> = Default::default(),
        pub came: Signal<Out, Bits<5>> = Default::default(),

        queue: Fifo<25, 4, 5> = Default::default(),
        beats: Fifo<W, 2, 3> = Default::default(),
        // Does the same as `beats` at the same time.
        answers: Fifo<2, 2, 3> = Default::default(),
        asked_count: Dffr<Bits<5>> = Default::default(),
        came_count: Dffr<Bits<5>> = Default::default(),
        past: Dffr<Bit> = Default::default(),
        lost: Dffr<Bits<NQ>> = Default::default(),
        // The present burst.
        there: Dffr<Bit> = Default::default(),
        q: Reg<Bits<6>> = Default::default(),
        left: Reg<Bits<8>> = Default::default(),
        at_end: Reg<Bit> = Default::default(),
        last: Reg<Bit> = Default::default(),
        keep: Reg<Bits<KB>> = Default::default(),
        keep_bad: Reg<Bits<KB>> = Default::default(),
        forget: Reg<Bit> = Default::default(),

        coming: Signal<Local, Owed> = Default::default(),
        code: Signal<Local, Bits<2>> = Default::default(),
        failed: Signal<Local, Bit> = Default::default(),
        forgets: Signal<Local, Bit> = Default::default(),
        pop: Signal<Local, Bit> = Default::default(),
        finish: Signal<Local, Bit> = Default::default(),
        fails: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        of_next: Signal<Local, Bits<NQ>> = Default::default(),
        stop: Signal<Local, Bits<SB>> = Default::default(),
        lane: Signal<Local, Bits<SB>> = Default::default(),
        over: Signal<Local, Bits<KB>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        all_lanes: Constant<Bits<KB>> = Constant::new(((1_u64 << KB) - 1).into()),
    }
}

impl<const W: usize, const KB: usize, const SB: usize, const NQ: usize> Logic for ReadReturn<W, KB, SB, NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, asked_count, came_count, past, lost, there, q, left, at_end, last);
        dff_setup!(self, clock, keep, keep_bad, forget);
        clock!(self, clock, queue, beats, answers);
        self.queue.rst.next = self.rst.val();
        self.beats.rst.next = self.rst.val();
        self.answers.rst.next = self.rst.val();
        self.asked_count.rst.next = self.rst.val();
        self.came_count.rst.next = self.rst.val();
        self.past.rst.next = self.rst.val();
        self.lost.rst.next = self.rst.val() | self.core_rst.val();
        self.there.rst.next = self.rst.val();

        self.queue.in_valid.next = self.owed_valid.val();
        self.queue.in_data.next = bit_cast::<25, 6>(self.owed.val().q)
            | (bit_cast::<25, 8>(self.owed.val().beats) << 6)
            | (bit_cast::<25, 5>(self.owed.val().stop) << 14)
            | (bit_cast::<25, 5>(self.owed.val().lane) << 19);
        if self.owed.val().last {
            self.queue.in_data.next = self.queue.in_data.val() | 0x100_0000;
        }
        self.coming.next.q = self.queue.out_data.val().get_bits::<6>(0);
        self.coming.next.beats = self.queue.out_data.val().get_bits::<8>(6);
        self.coming.next.stop = self.queue.out_data.val().get_bits::<5>(14);
        self.coming.next.lane = self.queue.out_data.val().get_bits::<5>(19);
        self.coming.next.last = self.queue.out_data.val().get_bit(24);
        self.owed_ready.next = self.queue.in_ready.val();
        if self.owed_valid.val() & self.queue.in_ready.val() {
            self.asked_count.d.next = self.asked_count.q.val() + 1;
        }
        self.beats.in_data.next = self.axi_rdata.val();
        self.beats.in_valid.next = self.axi_rvalid.val();
        self.answers.in_data.next = self.axi_rresp.val();
        self.answers.in_valid.next = self.axi_rvalid.val();
        self.axi_rready.next = self.beats.in_ready.val();

        self.code.next = self.answers.out_data.val();
        self.failed.next = self.code.val().get_bit(1);
        self.forgets.next = self.forget.q.val() | self.past.q.val();
        self.pop.next =
            self.there.q.val() & self.beats.out_valid.val() & (self.forgets.val() | self.m_ready.val());
        self.beats.out_ready.next = self.there.q.val() & (self.forgets.val() | self.m_ready.val());
        self.answers.out_ready.next = self.beats.out_ready.val();
        self.finish.next = self.pop.val() & self.at_end.q.val();
        self.fails.next = self.pop.val() & self.failed.val() & !self.forgets.val();
        self.m_valid.next = self.there.q.val() & self.beats.out_valid.val() & !self.forgets.val();
        self.m_data.next = self.beats.out_data.val();
        self.m_last.next = (self.at_end.q.val() & self.last.q.val()) | self.failed.val();
        self.m_bad.next = self.failed.val();
        self.m_keep.next = self.keep.q.val();
        if self.failed.val() {
            self.m_keep.next = self.keep_bad.q.val();
        }
        self.m_q.next = self.q.q.val();

        self.hot.next = self.one.val() << self.q.q.val();
        if self.pop.val() {
            self.left.d.next = self.left.q.val() - 1;
            self.at_end.d.next = self.left.q.val() == 1;
            self.keep_bad.d.next = 0.into();
        }
        if self.fails.val() {
            self.forget.d.next = true;
            self.lost.d.next = self.lost.q.val() | self.hot.val();
        }
        self.load.next = !self.there.q.val() | self.finish.val();
        self.queue.out_ready.next = self.load.val();
        self.stop.next = bit_cast::<SB, 5>(self.coming.val().stop);
        self.lane.next = bit_cast::<SB, 5>(self.coming.val().lane);
        self.of_next.next = (self.lost.q.val() >> self.coming.val().q) & self.one.val();
        if self.load.val() {
            self.there.d.next = self.queue.out_valid.val();
            self.q.d.next = self.coming.val().q;
            self.left.d.next = self.coming.val().beats;
            self.at_end.d.next = self.coming.val().beats == 0;
            self.last.d.next = self.coming.val().last;
            self.over.next = self.all_lanes.val() << self.stop.val();
            self.keep.d.next = !self.over.val();
            if !self.stop.val().any() {
                self.keep.d.next = self.all_lanes.val();
            }
            self.over.next = self.all_lanes.val() << self.lane.val();
            self.keep_bad.d.next = !self.over.val();
            self.forget.d.next =
                self.of_next.val().any() | (self.fails.val() & (self.coming.val().q == self.q.q.val()));
        } else {
            self.over.next = 0.into();
        }
        if self.finish.val() {
            self.came_count.d.next = self.came_count.q.val() + 1;
        }
        if self.clear.val() {
            self.hot.next = self.one.val() << self.clear_q.val();
            self.hot.next = !self.hot.val();
            self.lost.d.next = self.lost.q.val() & self.hot.val();
        }
        // AXI has no way to take a burst back.
        self.past.d.next =
            self.core_rst.val() | (self.past.q.val() & (self.asked_count.q.val() != self.came_count.q.val()));
        self.stale.next = self.past.q.val();
        self.dead.next = self.lost.q.val();
        self.asked.next = self.asked_count.q.val();
        self.came.next = self.came_count.q.val();
    }
}
