//! What holds issue up.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Tells, clock by clock, for want of what nothing is asked for.
    ///
    /// A queue that lacks something leaves the hand and waits, so its reason is kept until another one comes; it holds while
    /// no queue is in hand and one waits.
    pub struct Stalls {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// The queue in hand has no tag for its request.
        pub no_tag: Signal<In, Bit> = Default::default(),
        /// The queue in hand leaves for want of room in the FIFO, of a place for its record, or because of a fence.
        pub blocked: Signal<In, Bit> = Default::default(),
        pub no_room: Signal<In, Bit> = Default::default(),
        pub no_place: Signal<In, Bit> = Default::default(),
        /// No queue is in hand, and one waits.
        pub waiting: Signal<In, Bit> = Default::default(),
        /// Bit 0 no tag, 1 no room, 2 no place, 3 fence.
        pub stall: Signal<Out, Bits<4>> = Default::default(),
        reason: Reg<Bits<4>> = Default::default(),
        out: Dffr<Bits<4>> = Default::default(),
    }
}

impl Logic for Stalls {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reason, out);
        self.out.rst.next = self.rst.val();
        if self.blocked.val() {
            self.reason.d.next = 8.into();
            if self.no_place.val() {
                self.reason.d.next = 4.into();
            }
            if self.no_room.val() {
                self.reason.d.next = 2.into();
            }
        }
        self.out.d.next = 0.into();
        if self.waiting.val() {
            self.out.d.next = self.reason.q.val();
        } else if self.no_tag.val() {
            self.out.d.next = 1.into();
        }
        self.stall.next = self.out.q.val();
    }
}
