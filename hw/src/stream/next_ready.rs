//! Round robin over ready bits.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Finds the next set bit behind `after`, going round: `after` itself comes last.
    ///
    /// ```text
    ///  ready, after ─┬─► bits above after ─► lowest of them ─► register ─┬─► number ─► register ─► found, winner
    ///                └─► all bits ─► lowest of them ─► register ─────────┘
    /// ```
    /// `found` and `winner` stand for the inputs of two clocks before. Whoever picks looks at the bit again: it may have
    /// fallen since. `B` = log2 `N`, at least 1 and at most 7.
    pub struct NextReady<const N: usize, const B: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub ready: Signal<In, Bits<N>> = Default::default(),
        pub after: Signal<In, Bits<B>> = Default::default(),
        pub found: Signal<Out, Bit> = Default::default(),
        pub winner: Signal<Out, Bits<B>> = Default::default(),
        lowest_above: Reg<Bits<N>> = Default::default(),
        any_above: Reg<Bit> = Default::default(),
        lowest: Reg<Bits<N>> = Default::default(),
        any: Dffr<Bit> = Default::default(),
        number: Reg<Bits<B>> = Default::default(),
        ends: Dffr<Bit> = Default::default(),
        limit: Signal<Local, Bits<7>> = Default::default(),
        limit_row: Signal<Local, Bits<4>> = Default::default(),
        limit_column: Signal<Local, Bits<3>> = Default::default(),
        above: Signal<Local, Bits<N>> = Default::default(),
        minus_above: Signal<Local, Bits<N>> = Default::default(),
        minus: Signal<Local, Bits<N>> = Default::default(),
        chosen: Signal<Local, Bits<N>> = Default::default(),
        encoded: Signal<Local, Bits<B>> = Default::default(),
        one: Constant<Bits<N>> = Constant::new(1_u64.into()),
        // Of bit n: its upper and lower three bits of number, and itself.
        row: [Constant<Bits<4>>; N] = array_init::array_init(|n| Constant::new((n as u64 >> 3).into())),
        column: [Constant<Bits<3>>; N] = array_init::array_init(|n| Constant::new((n as u64 & 7).into())),
        only: [Constant<Bits<N>>; N] = array_init::array_init(|n| Constant::new(numbers::<N>(|m| m == n))),
        // The numbers with bit b set.
        holds: [Constant<Bits<N>>; B] = array_init::array_init(|b| Constant::new(numbers::<N>(|n| n >> b & 1 == 1))),
        place: [Constant<Bits<B>>; B] = array_init::array_init(|b| Constant::new((1_u64 << b).into())),
    }
}

/// The set of the numbers below `N` that `holds` says.
fn numbers<const N: usize>(holds: impl Fn(usize) -> bool) -> Bits<N> {
    let one: Bits<N> = 1_u64.into();
    (0..N).filter(|n| holds(*n)).fold(0_u64.into(), |set, n| set | (one << n as u64))
}

impl<const N: usize, const B: usize> Logic for NextReady<N, B> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, lowest_above, any_above, lowest, any, number, ends);
        self.any.rst.next = self.rst.val();
        self.ends.rst.next = self.rst.val();
        // Three bits at a time: comparisons with constants that are one LUT each, where a shift or a wider comparison would
        // be a carry chain or several levels per bit.
        self.limit.next = bit_cast::<7, B>(self.after.val());
        self.limit_row.next = self.limit.val().get_bits::<4>(3);
        self.limit_column.next = self.limit.val().get_bits::<3>(0);
        self.above.next = 0.into();
        for n in 0..N {
            if (self.row[n].val() > self.limit_row.val())
                | ((self.row[n].val() == self.limit_row.val())
                    & (self.column[n].val() > self.limit_column.val()))
            {
                self.above.next = self.above.val() | self.only[n].val();
            }
        }
        self.above.next = self.above.val() & self.ready.val();
        // x & -x leaves the lowest bit.
        self.minus_above.next = !self.above.val();
        self.minus_above.next = self.minus_above.val() + self.one.val();
        self.lowest_above.d.next = self.above.val() & self.minus_above.val();
        self.any_above.d.next = self.above.val().any();
        self.minus.next = !self.ready.val();
        self.minus.next = self.minus.val() + self.one.val();
        self.lowest.d.next = self.ready.val() & self.minus.val();
        self.any.d.next = self.ready.val().any();
        self.chosen.next = self.lowest.q.val();
        if self.any_above.q.val() {
            self.chosen.next = self.lowest_above.q.val();
        }
        self.encoded.next = 0.into();
        for b in 0..B {
            if (self.chosen.val() & self.holds[b].val()).any() {
                self.encoded.next = self.encoded.val() | self.place[b].val();
            }
        }
        self.number.d.next = self.encoded.val();
        self.ends.d.next = self.any.q.val();
        self.found.next = self.ends.q.val();
        self.winner.next = self.number.q.val();
    }
}
