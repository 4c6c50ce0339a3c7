//! Remembers which queues were armed.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr};

hw! {
    /// Keeps the consumer index of each queue, and one bit for an ARM that the writer has not looked at yet.
    ///
    /// ```text
    ///  cons ─► consumer index (RAM) ───────────────► consumer
    ///     └──► new (one bit per queue) ─► search ─► found, found_g ─► taken
    /// ```
    /// Two ARMs of a queue that come before the first was looked at become one, with the later index: the host
    /// has read up to there, so nothing it doesn't know of is missed. An ARM in the clock of `taken` is kept.
    pub struct ArmInbox<const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
        pub cons_arm: Signal<In, Bit> = Default::default(),
        /// Queues whose ARM is forgotten.
        pub forget: Signal<In, Bits<GN>> = Default::default(),
        /// Queue `found_g` has an ARM to look at.
        pub found: Signal<Out, Bit> = Default::default(),
        pub found_g: Signal<Out, Bits<7>> = Default::default(),
        /// It is being looked at: `consumer` is its index in the next clock.
        pub taken: Signal<In, Bit> = Default::default(),
        pub consumer: Signal<Out, Bits<31>> = Default::default(),
        consumers: Bram<Bits<31>, GB> = Default::default(),
        asked: Dffr<Bits<GN>> = Default::default(),
        look: Dffr<Bits<7>> = Default::default(),
        hit: Signal<Local, Bit> = Default::default(),
        set: Signal<Local, Bits<GN>> = Default::default(),
        clear: Signal<Local, Bits<GN>> = Default::default(),
        one: Constant<Bits<GN>> = Constant::new(1_u64.into()),
        last_g: Constant<Bits<7>> = Constant::new((GN as u64 - 1).into()),
    }
}

impl<const GN: usize, const GB: usize> Logic for ArmInbox<GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, consumers);
        dff_setup!(self, clock, asked, look);
        self.asked.rst.next = self.rst.val();
        self.look.rst.next = self.rst.val();
        self.consumers.wen.next = self.cons_valid.val();
        self.consumers.waddr.next = bit_cast::<GB, 7>(self.cons_g.val());
        self.consumers.wdata.next = self.cons_value.val();
        self.consumers.raddr.next = bit_cast::<GB, 7>(self.look.q.val());
        self.consumer.next = self.consumers.rdata.val();

        self.hit.next = self.asked.q.val().get_bit(self.look.q.val().index());
        self.found.next = self.hit.val();
        self.found_g.next = self.look.q.val();
        self.clear.next = self.forget.val();
        if self.taken.val() {
            self.clear.next = self.forget.val() | (self.one.val() << self.look.q.val());
        }
        if self.taken.val() | !self.hit.val() {
            self.look.d.next = self.look.q.val() + 1;
            if self.look.q.val() == self.last_g.val() {
                self.look.d.next = 0.into();
            }
        }
        self.set.next = 0.into();
        if self.cons_valid.val() & self.cons_arm.val() {
            self.set.next = self.one.val() << self.cons_g.val();
        }
        self.asked.d.next = (self.asked.q.val() & !self.clear.val()) | self.set.val();
    }
}
