//! Round robin over ready bits.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Finds the next set bit behind `after`, going round: `after` itself comes last.
    ///
    /// ```text
    ///  ready, after ─► lowest bit above after, or lowest of all ─► register ─► number ─► register ─► found, winner
    /// ```
    /// `found` and `winner` stand for the inputs of two clocks before. Whoever picks looks at the bit again: it may have
    /// fallen since. `B` = log2 `N`, at least 1.
    pub struct NextReady<const N: usize, const B: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub ready: Signal<In, Bits<N>> = Default::default(),
        pub after: Signal<In, Bits<B>> = Default::default(),
        pub found: Signal<Out, Bit> = Default::default(),
        pub winner: Signal<Out, Bits<B>> = Default::default(),
        lowest: Reg<Bits<N>> = Default::default(),
        any: Dffr<Bit> = Default::default(),
        number: Reg<Bits<B>> = Default::default(),
        ends: Dffr<Bit> = Default::default(),
        above: Signal<Local, Bits<N>> = Default::default(),
        minus: Signal<Local, Bits<N>> = Default::default(),
        encoded: Signal<Local, Bits<B>> = Default::default(),
        one: Constant<Bits<N>> = Constant::new(1_u64.into()),
        all: Constant<Bits<N>> = Constant::new((u64::MAX >> (64 - N)).into()),
        // The numbers with bit b set.
        holds: [Constant<Bits<N>>; B] = array_init::array_init(|b| Constant::new(numbers_with::<N>(b).into())),
        place: [Constant<Bits<B>>; B] = array_init::array_init(|b| Constant::new((1_u64 << b).into())),
    }
}

fn numbers_with<const N: usize>(bit: usize) -> u64 {
    (0..N).filter(|n| n >> bit & 1 == 1).fold(0, |set, n| set | 1 << n)
}

impl<const N: usize, const B: usize> Logic for NextReady<N, B> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, lowest, any, number, ends);
        self.any.rst.next = self.rst.val();
        self.ends.rst.next = self.rst.val();
        self.above.next = self.all.val() << self.after.val();
        self.above.next = self.above.val() << 1;
        self.above.next = self.above.val() & self.ready.val();
        if !self.above.val().any() {
            self.above.next = self.ready.val();
        }
        // x & -x leaves the lowest bit.
        self.minus.next = !self.above.val();
        self.minus.next = self.minus.val() + self.one.val();
        self.lowest.d.next = self.above.val() & self.minus.val();
        self.any.d.next = self.ready.val().any();
        self.encoded.next = 0.into();
        for b in 0..B {
            if (self.lowest.q.val() & self.holds[b].val()).any() {
                self.encoded.next = self.encoded.val() | self.place[b].val();
            }
        }
        self.number.d.next = self.encoded.val();
        self.ends.d.next = self.any.q.val();
        self.found.next = self.ends.q.val();
        self.winner.next = self.number.q.val();
    }
}
