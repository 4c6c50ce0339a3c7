//! Head drop: which packets make room.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Says when the packet of the queue in hand is passed over, and tells of it.
    ///
    /// ```text
    ///  shed, q ─► little room ─┬─► now
    ///  drops_oldest, its state ┘
    ///  passed, bytes ─► held until shed_ready ─► shed_*
    /// ```
    /// Nothing of the packet may have been handed on. With a descriptor at hand no more than every other packet is passed over.
    pub struct PassOver<const NQ: usize, const PW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Queues with head drop and little room.
        pub shed: Signal<In, Bits<NQ>> = Default::default(),
        /// Queue in hand, and its state.
        pub q: Signal<In, Bits<6>> = Default::default(),
        pub drops_oldest: Signal<In, Bit> = Default::default(),
        pub midway: Signal<In, Bit> = Default::default(),
        pub dead: Signal<In, Bit> = Default::default(),
        pub gap: Signal<In, Bit> = Default::default(),
        pub active: Signal<In, Bit> = Default::default(),
        pub now: Signal<Out, Bit> = Default::default(),
        /// A packet of `bytes` was passed over.
        pub passed: Signal<In, Bit> = Default::default(),
        pub bytes: Signal<In, Bits<PW>> = Default::default(),
        pub shed_valid: Signal<Out, Bit> = Default::default(),
        pub shed_ready: Signal<In, Bit> = Default::default(),
        pub shed_q: Signal<Out, Bits<6>> = Default::default(),
        pub shed_bytes: Signal<Out, Bits<32>> = Default::default(),

        tight: Dffr<Bit> = Default::default(),
        skipped: Dffr<Bit> = Default::default(),
        skipped_q: Reg<Bits<6>> = Default::default(),
        skipped_bytes: Reg<Bits<PW>> = Default::default(),
        of_q: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

impl<const NQ: usize, const PW: usize> Logic for PassOver<NQ, PW> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, tight, skipped, skipped_q, skipped_bytes);
        self.tight.rst.next = self.rst.val();
        self.skipped.rst.next = self.rst.val();
        self.of_q.next = (self.shed.val() >> self.q.val()) & self.one.val();
        self.tight.d.next = self.of_q.val().any();
        self.now.next = self.tight.q.val()
            & self.drops_oldest.val()
            & !self.midway.val()
            & !self.dead.val()
            & !self.skipped.q.val()
            & !(self.gap.val() & self.active.val());
        if self.shed_ready.val() {
            self.skipped.d.next = false;
        }
        if self.passed.val() {
            self.skipped.d.next = true;
            self.skipped_q.d.next = self.q.val();
            self.skipped_bytes.d.next = self.bytes.val();
        }
        self.shed_valid.next = self.skipped.q.val();
        self.shed_q.next = self.skipped_q.q.val();
        self.shed_bytes.next = bit_cast::<32, PW>(self.skipped_bytes.q.val());
    }
}
