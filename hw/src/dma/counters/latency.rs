//! How long things take.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

hw! {
    /// Clocks from a start to the first end behind it with the same number: count, sum, least and most.
    ///
    /// ```text
    ///  start ─► time of number ─┐
    ///  end ────────────────────►┴► clocks ─► count, sum, min, max
    /// ```
    /// `N` = 2^`A` numbers. Starts of a number that has one already, and ends without start, don't count. Times are taken
    /// modulo 2^20 clocks. A start and an end of one number in the same clock: the end is of an earlier start.
    pub struct Latency<const N: usize, const A: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub start_valid: Signal<In, Bit> = Default::default(),
        pub start_index: Signal<In, Bits<A>> = Default::default(),
        pub end_valid: Signal<In, Bit> = Default::default(),
        pub end_index: Signal<In, Bits<A>> = Default::default(),
        /// Forget the start of this number.
        pub drop_valid: Signal<In, Bit> = Default::default(),
        pub drop_index: Signal<In, Bits<A>> = Default::default(),
        /// Measurements, wrapping.
        pub count: Signal<Out, Bits<32>> = Default::default(),
        /// Their sum in clocks, wrapping.
        pub sum: Signal<Out, Bits<64>> = Default::default(),
        /// All ones before the first.
        pub least: Signal<Out, Bits<20>> = Default::default(),
        pub most: Signal<Out, Bits<20>> = Default::default(),
        now: Dffr<Bits<20>> = Default::default(),
        open: Dffr<Bits<N>> = Default::default(),
        starts: Bram<Bits<20>, A> = Default::default(),
        ended: Dffr<Bit> = Default::default(),
        ended_at: Reg<Bits<20>> = Default::default(),
        sampled: Dffr<Bit> = Default::default(),
        sample: Reg<Bits<20>> = Default::default(),
        n: Dffr<Bits<32>> = Default::default(),
        total: Dffr<Bits<64>> = Default::default(),
        min: Dffr<Bits<20>> = Dffr::new(0xF_FFFF_u64.into()),
        max: Dffr<Bits<20>> = Default::default(),
        start_bit: Signal<Local, Bits<N>> = Default::default(),
        end_bit: Signal<Local, Bits<N>> = Default::default(),
        had_start: Signal<Local, Bits<N>> = Default::default(),
        had_end: Signal<Local, Bits<N>> = Default::default(),
        starting: Signal<Local, Bit> = Default::default(),
        ending: Signal<Local, Bit> = Default::default(),
        set: Signal<Local, Bits<N>> = Default::default(),
        clear: Signal<Local, Bits<N>> = Default::default(),
        forget: Signal<Local, Bits<N>> = Default::default(),
        one: Constant<Bits<N>> = Constant::new(1_u64.into()),
    }
}

impl<const N: usize, const A: usize> Logic for Latency<N, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, now, open, ended, ended_at, sampled, sample, n, total, min, max);
        self.starts.clock.next = self.clock.val();
        self.now.rst.next = self.rst.val();
        self.open.rst.next = self.rst.val();
        self.ended.rst.next = self.rst.val();
        self.sampled.rst.next = self.rst.val();
        self.n.rst.next = self.rst.val();
        self.total.rst.next = self.rst.val();
        self.min.rst.next = self.rst.val();
        self.max.rst.next = self.rst.val();

        self.now.d.next = self.now.q.val() + 1;
        // A mask instead of a bit select: one number alone has no bit to select.
        self.start_bit.next = self.one.val() << self.start_index.val();
        self.end_bit.next = self.one.val() << self.end_index.val();
        self.had_start.next = self.open.q.val() & self.start_bit.val();
        self.had_end.next = self.open.q.val() & self.end_bit.val();
        self.starting.next = self.start_valid.val() & !self.had_start.val().any();
        self.ending.next = self.end_valid.val() & self.had_end.val().any();
        self.set.next = 0.into();
        if self.starting.val() {
            self.set.next = self.start_bit.val();
        }
        self.clear.next = 0.into();
        if self.ending.val() {
            self.clear.next = self.end_bit.val();
        }
        self.forget.next = 0.into();
        if self.drop_valid.val() {
            self.forget.next = self.one.val() << self.drop_index.val();
        }
        self.open.d.next = ((self.open.q.val() & !self.clear.val()) | self.set.val()) & !self.forget.val();
        self.starts.wen.next = self.starting.val();
        self.starts.waddr.next = self.start_index.val();
        self.starts.wdata.next = self.now.q.val();
        self.starts.raddr.next = self.end_index.val();

        self.ended.d.next = self.ending.val();
        self.ended_at.d.next = self.now.q.val();
        self.sampled.d.next = self.ended.q.val();
        self.sample.d.next = self.ended_at.q.val() - self.starts.rdata.val();
        if self.sampled.q.val() {
            self.n.d.next = self.n.q.val() + 1;
            self.total.d.next = self.total.q.val() + bit_cast::<64, 20>(self.sample.q.val());
            if self.sample.q.val() < self.min.q.val() {
                self.min.d.next = self.sample.q.val();
            }
            if self.sample.q.val() > self.max.q.val() {
                self.max.d.next = self.sample.q.val();
            }
        }
        self.count.next = self.n.q.val();
        self.sum.next = self.total.q.val();
        self.least.next = self.min.q.val();
        self.most.next = self.max.q.val();
    }
}
