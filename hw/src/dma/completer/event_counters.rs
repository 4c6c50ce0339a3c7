//! Counters of events in one memory.

use rust_hdl::prelude::*;

use super::global_table::{slot_of, COUNTERS};
use crate::hw;
use crate::prim::{Bram, Dffr};

hw! {
    /// Counts pulses of several sources, 32 bits each, with one adder.
    ///
    /// ```text
    ///  pulses ─► pulses not yet in the memory, 4 bits each ─┐
    ///                                                       + ─► memory, value
    ///  walk or read ─► memory ──────────────────────────────┘
    /// ```
    /// A walk visits one counter per clock and adds what has come since the last visit. A read is a visit out of turn, so
    /// it misses no pulse that came before it. Reads must be three clocks apart: then a counter is visited every 14 clocks
    /// at least, before its 15 places are full.
    ///
    /// After reset the memory is cleared for 16 clocks, in which reads wait and nothing is counted.
    pub struct EventCounters {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub pulses: Signal<In, Bits<COUNTERS>> = Default::default(),
        /// Held until `r_go`.
        pub r_valid: Signal<In, Bit> = Default::default(),
        /// Slot of the counter; slots without a counter may be read and give anything.
        pub r_slot: Signal<In, Bits<4>> = Default::default(),
        /// The read happens in this clock; `value` is the answer in the next.
        pub r_go: Signal<Out, Bit> = Default::default(),
        pub value: Signal<Out, Bits<32>> = Default::default(),
        ram: Bram<Bits<32>, 4> = Default::default(),
        // Bit 4: the memory has been cleared.
        swept: Dffr<Bits<5>> = Default::default(),
        walk: Dffr<Bits<4>> = Dffr::new(slot_of(0).val()),
        at: Dffr<Bits<4>> = Default::default(),
        // A counter is read in this clock.
        reads: Dffr<Bit> = Default::default(),
        events: Dffr<Bits<COUNTERS>> = Default::default(),
        amount: Dffr<Bits<4>> = Default::default(),
        waiting: [Dffr<Bits<4>>; COUNTERS] = array_init::array_init(|_| Default::default()),
        clear: Signal<Local, Bit> = Default::default(),
        spot: Signal<Local, Bits<4>> = Default::default(),
        sum: Signal<Local, Bits<32>> = Default::default(),
        slot: [Constant<Bits<4>>; COUNTERS] = array_init::array_init(slot_of),
        first: Constant<Bits<4>> = slot_of(0),
        last: Constant<Bits<4>> = slot_of(COUNTERS - 1),
    }
}

impl Logic for EventCounters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, swept, walk, at, amount, reads, events);
        self.reads.rst.next = self.rst.val();
        self.events.rst.next = self.rst.val();
        self.ram.clock.next = self.clock.val();
        self.swept.rst.next = self.rst.val();
        self.walk.rst.next = self.rst.val();
        self.at.rst.next = self.rst.val();
        self.amount.rst.next = self.rst.val();

        self.clear.next = !self.swept.q.val().get_bit(4);
        if self.clear.val() {
            self.swept.d.next = self.swept.q.val() + 1;
        }
        // What was visited the clock before is being written in this one. The walk never comes back that soon.
        self.reads.d.next = self.r_valid.val()
            & !self.clear.val()
            & !self.reads.q.val()
            & (self.walk.q.val() != self.r_slot.val());
        self.r_go.next = self.reads.q.val();
        self.spot.next = self.walk.q.val();
        if self.reads.q.val() {
            self.spot.next = self.r_slot.val();
        }
        if self.spot.val() == self.walk.q.val() {
            self.walk.d.next = self.walk.q.val() + 1;
            if self.walk.q.val() == self.last.val() {
                self.walk.d.next = self.first.val();
            }
        }
        self.at.d.next = self.spot.val();
        self.ram.raddr.next = self.spot.val();

        self.events.d.next = self.pulses.val();
        self.amount.d.next = 0.into();
        for i in 0..COUNTERS {
            self.waiting[i].clock.next = self.clock.val();
            self.waiting[i].rst.next = self.rst.val() | self.clear.val();
            self.waiting[i].d.next = self.waiting[i].q.val();
            if self.spot.val() == self.slot[i].val() {
                self.amount.d.next = self.waiting[i].q.val();
                self.waiting[i].d.next = 0.into();
            }
            if self.events.q.val().get_bit(i) {
                self.waiting[i].d.next = self.waiting[i].d.val() + 1;
            }
        }

        self.sum.next = self.ram.rdata.val() + bit_cast::<32, 4>(self.amount.q.val());
        self.value.next = self.sum.val();
        self.ram.wen.next = true;
        self.ram.waddr.next = self.at.q.val();
        self.ram.wdata.next = self.sum.val();
        if self.clear.val() {
            self.ram.waddr.next = bit_cast::<4, 5>(self.swept.q.val());
            self.ram.wdata.next = 0.into();
        }
    }
}
