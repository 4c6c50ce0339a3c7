//! Counter of things that may be taken.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Counts up to 2^`N` (`NP1 = N + 1`): up with `give`, down with `taken`.
    ///
    /// `valid` is a register, and `take` reaches it and the count through a LUT or two. The user gives only while
    /// not `full`.
    pub struct Credits<const N: usize, const NP1: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub give: Signal<In, Bit> = Default::default(),
        /// There is something to take.
        pub valid: Signal<Out, Bit> = Default::default(),
        /// Takes it, if there is.
        pub take: Signal<In, Bit> = Default::default(),
        pub taken: Signal<Out, Bit> = Default::default(),
        pub full: Signal<Out, Bit> = Default::default(),
        /// Two more fit: for a giver that hears of it a clock later.
        pub roomy: Signal<Out, Bit> = Default::default(),
        count: Dffr<Bits<NP1>> = Default::default(),
        any: Dffr<Bit> = Default::default(),
        single: Signal<Local, Bit> = Default::default(),
        less: Signal<Local, Bit> = Default::default(),
        step: Signal<Local, Bits<NP1>> = Default::default(),
        up: Constant<Bits<NP1>> = Constant::new(1_u64.into()),
        all_but_1: Constant<Bits<NP1>> = Constant::new(((1_u64 << N) - 1).into()),
        down: Constant<Bits<NP1>> = Constant::new(((1_u64 << NP1) - 1).into()),
    }
}

impl<const N: usize, const NP1: usize> Logic for Credits<N, NP1> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, any);
        self.count.rst.next = self.rst.val();
        self.any.rst.next = self.rst.val();
        self.less.next = self.any.q.val() & self.take.val();
        self.taken.next = self.less.val();
        self.valid.next = self.any.q.val();
        // The count never exceeds 2^N, so its highest bit says it all.
        for top in N..NP1 {
            self.full.next = self.count.q.val().get_bit(top);
        }
        self.roomy.next = self.count.q.val() < self.all_but_1.val();
        // One adder for both ways.
        self.step.next = 0.into();
        if self.give.val() & !self.less.val() {
            self.step.next = self.up.val();
        }
        if self.less.val() & !self.give.val() {
            self.step.next = self.down.val();
        }
        self.count.d.next = self.count.q.val() + self.step.val();
        self.single.next = self.count.q.val() == self.up.val();
        self.any.d.next = self.give.val() | (self.any.q.val() & !(self.take.val() & self.single.val()));
    }
}
