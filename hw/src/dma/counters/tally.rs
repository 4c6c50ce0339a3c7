//! Counters in memory, one per queue.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram2, Dffr, Reg};

hw! {
    /// 2^`A` counters of 32 bits that wrap; in every clock something may be added to one of them.
    ///
    /// ```text
    ///  add_* ─► memory ─► sum ─► memory          carry_* ─► the upper half, another of these
    ///             └── rdata ◄─ raddr (host)
    /// ```
    /// The sum of the clock before, which the memory doesn't show yet, is taken from its register. All counters are 0
    /// from 2^`A` clocks after a reset on; what is added before is lost.
    pub struct Tally<const A: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub add_valid: Signal<In, Bit> = Default::default(),
        pub add_index: Signal<In, Bits<A>> = Default::default(),
        pub add_value: Signal<In, Bits<32>> = Default::default(),
        /// The counter `carry_index` has wrapped.
        pub carry_valid: Signal<Out, Bit> = Default::default(),
        pub carry_index: Signal<Out, Bits<A>> = Default::default(),
        pub raddr: Signal<In, Bits<A>> = Default::default(),
        /// One clock after `raddr`; what was added in the last three clocks before that isn't in it.
        pub rdata: Signal<Out, Bits<32>> = Default::default(),
        mem: Bram2<Bits<32>, A> = Default::default(),
        sweeping: Dffr<Bit> = Dffr::new(true),
        sweep: Dffr<Bits<A>> = Default::default(),
        // The event whose counter comes from the memory.
        asked: Dffr<Bit> = Default::default(),
        asked_index: Reg<Bits<A>> = Default::default(),
        asked_value: Reg<Bits<32>> = Default::default(),
        // The sum, written in this clock, and the one written in the clock before.
        summed: Dffr<Bit> = Default::default(),
        summed_index: Reg<Bits<A>> = Default::default(),
        sum: Reg<Bits<32>> = Default::default(),
        carry: Reg<Bit> = Default::default(),
        written: Dffr<Bit> = Default::default(),
        written_index: Reg<Bits<A>> = Default::default(),
        written_sum: Reg<Bits<32>> = Default::default(),
        present: Signal<Local, Bits<32>> = Default::default(),
        next: Signal<Local, Bits<33>> = Default::default(),
    }
}

impl<const A: usize> Logic for Tally<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sweeping, sweep, asked, asked_index, asked_value);
        dff_setup!(self, clock, summed, summed_index, sum, carry, written, written_index, written_sum);
        self.mem.clock.next = self.clock.val();
        self.sweeping.rst.next = self.rst.val();
        self.sweep.rst.next = self.rst.val();
        self.asked.rst.next = self.rst.val();
        self.summed.rst.next = self.rst.val();
        self.written.rst.next = self.rst.val();

        self.mem.raddr.next = self.add_index.val();
        self.asked.d.next = self.add_valid.val() & !self.sweeping.q.val();
        self.asked_index.d.next = self.add_index.val();
        self.asked_value.d.next = self.add_value.val();

        self.present.next = self.mem.rdata.val();
        if self.written.q.val() & (self.written_index.q.val() == self.asked_index.q.val()) {
            self.present.next = self.written_sum.q.val();
        }
        if self.summed.q.val() & (self.summed_index.q.val() == self.asked_index.q.val()) {
            self.present.next = self.sum.q.val();
        }
        self.next.next =
            bit_cast::<33, 32>(self.present.val()) + bit_cast::<33, 32>(self.asked_value.q.val());
        self.summed.d.next = self.asked.q.val();
        self.summed_index.d.next = self.asked_index.q.val();
        self.sum.d.next = bit_cast::<32, 33>(self.next.val());
        self.carry.d.next = self.next.val().get_bit(32);
        self.written.d.next = self.summed.q.val();
        self.written_index.d.next = self.summed_index.q.val();
        self.written_sum.d.next = self.sum.q.val();
        self.carry_valid.next = self.summed.q.val() & self.carry.q.val();
        self.carry_index.next = self.summed_index.q.val();

        self.mem.wen.next = self.summed.q.val();
        self.mem.waddr.next = self.summed_index.q.val();
        self.mem.wdata.next = self.sum.q.val();
        if self.sweeping.q.val() {
            self.mem.wen.next = true;
            self.mem.waddr.next = self.sweep.q.val();
            self.mem.wdata.next = 0.into();
            self.sweep.d.next = self.sweep.q.val() + 1;
            self.sweeping.d.next = !self.sweep.q.val().all();
        }
        self.mem.raddr2.next = self.raddr.val();
        self.rdata.next = self.mem.rdata2.val();
    }
}
