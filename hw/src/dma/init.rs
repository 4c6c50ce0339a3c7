//! The side of clearing a queue that blocks share which own state of it.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Turns control's `init_valid`, which stays until every owner has answered, into one request and one answer per queue.
    ///
    /// ```text
    ///  init_valid ▔▔▔▔▔▔▔▔▔▔▔▔▔▁▁▁
    ///  ask        ▁▁▔▔▔▔▁▁▁▁▁▁▁▁▁▁   a flip-flop
    ///  take       ▁▁▁▁▔▔▁▁▁▁▁▁▁▁▁▁   the owner clears in this clock
    ///  done       ▁▁▁▁▁▁▔▔▁▁▁▁▁▁▁▁
    /// ```
    /// A second answer could be taken for one about the next queue. A block of one direction gives `init_valid` only for
    /// queues of its own.
    pub struct InitOnce {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        /// Clear queue `init_g`.
        pub ask: Signal<Out, Bit> = Default::default(),
        /// It is cleared with this clock's edge.
        pub take: Signal<In, Bit> = Default::default(),
        pub done: Signal<Out, Bit> = Default::default(),
        seen: Dffr<Bit> = Default::default(),
        seen_g: Dffr<Bits<7>> = Default::default(),
        answer: Dffr<Bit> = Default::default(),
        asks: Dffr<Bit> = Default::default(),
        again: Signal<Local, Bit> = Default::default(),
    }
}

impl Logic for InitOnce {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, seen, seen_g, answer, asks);
        self.asks.rst.next = self.rst.val();
        self.seen.rst.next = self.rst.val();
        self.seen_g.rst.next = self.rst.val();
        self.answer.rst.next = self.rst.val();
        self.again.next = self.seen.q.val() & (self.seen_g.q.val() == self.init_g.val());
        self.asks.d.next = self.init_valid.val() & !self.again.val() & !self.take.val();
        self.ask.next = self.asks.q.val();
        self.answer.d.next = self.take.val();
        self.done.next = self.answer.q.val();
        if self.take.val() {
            self.seen.d.next = true;
            self.seen_g.d.next = self.init_g.val();
        }
        if !self.init_valid.val() {
            self.seen.d.next = false;
        }
    }
}
