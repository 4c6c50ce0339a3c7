//! An owner's side of clearing a queue.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Turns control's `init_valid`, which stays until all owners have answered, into one request per queue to be cleared.
    ///
    /// ```text
    ///  init_valid ▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▁▁▁
    ///  ask        ▔▔▔▔▔▔▁▁▁▁▁▁▁▁▁▁▁▁▁
    ///  take       ▁▁▁▁▔▔▁▁▁▁▁▁▁▁▁▁▁▁▁   the owner clears in this clock
    ///  done       ▁▁▁▁▁▁▔▔▁▁▁▁▁▁▁▁▁▁▁
    /// ```
    /// Answering once only matters: a second pulse could be taken for the answer about the next queue.
    pub struct InitAsk<const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub ask: Signal<Out, Bit> = Default::default(),
        pub q: Signal<Out, Bits<QB>> = Default::default(),
        pub take: Signal<In, Bit> = Default::default(),
        pub done: Signal<Out, Bit> = Default::default(),
        seen: Dffr<Bit> = Default::default(),
        seen_g: Dffr<Bits<7>> = Default::default(),
        answer: Dffr<Bit> = Default::default(),
        again: Signal<Local, Bit> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize> Logic for InitAsk<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, seen, seen_g, answer);
        self.seen.rst.next = self.rst.val();
        self.seen_g.rst.next = self.rst.val();
        self.answer.rst.next = self.rst.val();
        self.again.next = self.seen.q.val() & (self.seen_g.q.val() == self.init_g.val());
        // H2C queues are the lower half of all (g = q).
        self.ask.next = self.init_valid.val() & (self.init_g.val() < self.queues.val()) & !self.again.val();
        self.q.next = bit_cast::<QB, 7>(self.init_g.val());
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
