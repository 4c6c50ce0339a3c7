//! Clears plan's state of a queue.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Picks a clock in which the context memory and the taken bus are free, once per `init_valid` of a C2H queue, and
    /// tells send.
    ///
    /// ```text
    ///  init_* ─► register ─► free? ─► clear, init_done ─► register ─► clear_valid
    /// ```
    /// The first register keeps the comparison of control's address out of what plan decides in a clock, and plan behind ingress, which has one
    /// too: what came before the clearing is told before it.
    /// It never waits for what send holds: a queue can be cleared while the link stands still.
    pub struct Clear<const NQ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        /// The context memory or the taken bus is needed for something else.
        pub busy: Signal<In, Bit> = Default::default(),
        pub clear_ready: Signal<In, Bit> = Default::default(),
        /// Clear queue `q` in this clock.
        pub clear: Signal<Out, Bit> = Default::default(),
        pub q: Signal<Out, Bits<6>> = Default::default(),
        pub clear_valid: Signal<Out, Bit> = Default::default(),
        pub clear_q: Signal<Out, Bits<6>> = Default::default(),

        cleared: Dffr<Bit> = Default::default(),
        cleared_g: Reg<Bits<7>> = Default::default(),
        clearing: Dffr<Bit> = Default::default(),
        clearing_q: Reg<Bits<6>> = Default::default(),
        mine: Dffr<Bit> = Default::default(),
        was_cleared: Signal<Local, Bit> = Default::default(),
        now: Signal<Local, Bit> = Default::default(),
        init_q: Signal<Local, Bits<7>> = Default::default(),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
    }
}

impl<const NQ: usize> Logic for Clear<NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, mine, cleared, cleared_g, clearing, clearing_q);
        self.mine.rst.next = self.rst.val();
        self.cleared.rst.next = self.rst.val();
        self.clearing.rst.next = self.rst.val();
        self.mine.d.next = self.init_valid.val() & (self.init_g.val() >= self.first_g.val());
        self.init_q.next = self.init_g.val() - self.first_g.val();
        self.was_cleared.next = self.cleared.q.val() & (self.cleared_g.q.val() == self.init_g.val());
        // Between two queues `init_valid` is low for a clock at least.
        self.now.next = self.mine.q.val()
            & self.init_valid.val()
            & !self.was_cleared.val()
            & !self.busy.val()
            & self.clear_ready.val();
        self.cleared.d.next = self.init_valid.val() & (self.now.val() | self.was_cleared.val());
        if self.now.val() {
            self.cleared_g.d.next = self.init_g.val();
        }
        self.clear.next = self.now.val();
        self.q.next = bit_cast::<6, 7>(self.init_q.val());
        self.clearing.d.next = self.now.val();
        self.clearing_q.d.next = bit_cast::<6, 7>(self.init_q.val());
        self.clear_valid.next = self.clearing.q.val();
        self.clear_q.next = self.clearing_q.q.val();
    }
}
