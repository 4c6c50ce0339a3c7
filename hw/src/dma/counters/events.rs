//! Counters of things that may happen in every clock, all at once.

use rust_hdl::prelude::*;

use super::tally::Tally;
use crate::hw;
use crate::prim::Dffr;

hw! {
    /// One counter of 32 bits for each of `N` inputs.
    ///
    /// ```text
    ///  happens[i] ─► 8-bit count i ─┐ one of them per clock, in turn
    ///                             └─► memory of 2^A sums ─► rdata
    /// ```
    /// An input is folded into the memory once in `N` clocks, so `N` is at most 256; a sum that is read is up to `N` + 4
    /// clocks old.
    pub struct Events<const N: usize, const A: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub happens: Signal<In, Bits<N>> = Default::default(),
        pub raddr: Signal<In, Bits<A>> = Default::default(),
        pub rdata: Signal<Out, Bits<32>> = Default::default(),
        small: [Dffr<Bits<8>>; N] = array_init::array_init(|_| Default::default()),
        turn: Dffr<Bits<A>> = Default::default(),
        tally: Tally<A> = Default::default(),
        folded: Signal<Local, Bits<8>> = Default::default(),
        count: Signal<Local, Bits<8>> = Default::default(),
        last: Constant<Bits<A>> = Constant::new((N as u64 - 1).into()),
    }
}

impl<const N: usize, const A: usize> Logic for Events<N, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, turn);
        self.turn.rst.next = self.rst.val();
        self.tally.clock.next = self.clock.val();
        self.tally.rst.next = self.rst.val();
        self.turn.d.next = self.turn.q.val() + 1;
        if self.turn.q.val() == self.last.val() {
            self.turn.d.next = 0.into();
        }
        self.folded.next = 0.into();
        for i in 0..N {
            self.small[i].clock.next = self.clock.val();
            self.small[i].rst.next = self.rst.val();
            self.count.next = self.small[i].q.val();
            if self.turn.q.val().index() == i {
                self.folded.next = self.folded.val() | self.count.val();
                self.count.next = 0.into();
            }
            if self.happens.val().get_bit(i) {
                self.count.next = self.count.val() + 1;
            }
            self.small[i].d.next = self.count.val();
        }
        self.tally.add_valid.next = true;
        self.tally.add_index.next = self.turn.q.val();
        self.tally.add_value.next = bit_cast::<32, 8>(self.folded.val());
        self.tally.raddr.next = self.raddr.val();
        self.rdata.next = self.tally.rdata.val();
    }
}
