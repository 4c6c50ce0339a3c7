//! The queues whose collected records have to be written.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr};

hw! {
    /// A FIFO of queues in which each stands at most once, so that it never overflows and nobody starves.
    ///
    /// ```text
    ///  due ──┐
    ///        ├─► not in it yet? ─► memory ─► register ─► valid, g ─► pop
    ///  again ┘
    /// ```
    /// A queue leaves with `pop`; what was due before that clock is covered by it.
    pub struct DueQueue<const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub due_valid: Signal<In, Bit> = Default::default(),
        pub due_g: Signal<In, Bits<7>> = Default::default(),
        /// The same, but it can wait.
        pub again_valid: Signal<In, Bit> = Default::default(),
        pub again_g: Signal<In, Bits<7>> = Default::default(),
        pub again_ready: Signal<Out, Bit> = Default::default(),
        pub valid: Signal<Out, Bit> = Default::default(),
        pub g: Signal<Out, Bits<7>> = Default::default(),
        pub pop: Signal<In, Bit> = Default::default(),
        mem: Bram<Bits<7>, GB> = Default::default(),
        present: Dffr<Bits<GN>> = Default::default(),
        wptr: Dffr<Bits<8>> = Default::default(),
        rptr: Dffr<Bits<8>> = Default::default(),
        head: Dffr<Bit> = Default::default(),
        next_rptr: Signal<Local, Bits<8>> = Default::default(),
        in_g: Signal<Local, Bits<7>> = Default::default(),
        known: Signal<Local, Bit> = Default::default(),
        push: Signal<Local, Bit> = Default::default(),
        set: Signal<Local, Bits<GN>> = Default::default(),
        clear: Signal<Local, Bits<GN>> = Default::default(),
        mask: Signal<Local, Bits<GN>> = Default::default(),
        one: Constant<Bits<GN>> = {
            assert!(GN <= 1 << GB && GB < 8, "GN queues need GB bits");
            Constant::new(1_u64.into())
        },
    }
}

impl<const GN: usize, const GB: usize> Logic for DueQueue<GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, mem);
        dff_setup!(self, clock, present, wptr, rptr, head);
        self.present.rst.next = self.rst.val();
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();

        self.again_ready.next = !self.due_valid.val();
        self.in_g.next = self.again_g.val();
        if self.due_valid.val() {
            self.in_g.next = self.due_g.val();
        }
        self.mask.next = self.one.val() << self.in_g.val();
        self.known.next = (self.present.q.val() & self.mask.val()).any();
        self.push.next = (self.due_valid.val() | self.again_valid.val()) & !self.known.val();
        self.mem.waddr.next = bit_cast::<GB, 8>(self.wptr.q.val());
        self.mem.wdata.next = self.in_g.val();
        self.mem.wen.next = self.push.val();
        self.set.next = 0.into();
        if self.push.val() {
            self.wptr.d.next = self.wptr.q.val() + 1;
            self.set.next = self.mask.val();
        }
        // As in a FIFO: the word at rptr shows once it was written the clock before at the latest.
        self.next_rptr.next = self.rptr.q.val();
        self.clear.next = 0.into();
        if self.pop.val() {
            self.next_rptr.next = self.rptr.q.val() + 1;
            self.clear.next = self.one.val() << self.mem.rdata.val();
        }
        self.rptr.d.next = self.next_rptr.val();
        self.mem.raddr.next = bit_cast::<GB, 8>(self.next_rptr.val());
        self.head.d.next = self.wptr.q.val() != self.next_rptr.val();
        self.present.d.next = (self.present.q.val() & !self.clear.val()) | self.set.val();
        self.valid.next = self.head.q.val();
        self.g.next = self.mem.rdata.val();
    }
}
