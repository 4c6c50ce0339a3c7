//! A queue's direction and its number there.

use rust_hdl::prelude::*;

use crate::hw;

hw! {
    /// `g = direction · NQ + q`, the other way round. Combinational.
    pub struct FetchSplit<const NQ: usize> {
        pub g: Signal<In, Bits<7>> = Default::default(),
        pub c2h: Signal<Out, Bit> = Default::default(),
        pub q: Signal<Out, Bits<6>> = Default::default(),
        number: Signal<Local, Bits<7>> = Default::default(),
        upper: Signal<Local, Bit> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        // With a power of two the direction is a bit.
        is_bit: Constant<Bit> = Constant::new(NQ.is_power_of_two()),
        below: Constant<Bits<7>> = Constant::new((NQ as u64 - 1).into()),
    }
}

impl<const NQ: usize> Logic for FetchSplit<NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        self.upper.next = self.g.val() >= self.queues.val();
        self.number.next = self.g.val();
        if self.is_bit.val() {
            self.upper.next = (self.g.val() & self.queues.val()) != 0;
            self.number.next = self.g.val() & self.below.val();
        } else if self.upper.val() {
            self.number.next = self.g.val() - self.queues.val();
        }
        self.c2h.next = self.upper.val();
        self.q.next = bit_cast::<6, 7>(self.number.val());
    }
}
