//! Memory whose reads see the write of the same clock.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Reg};

hw! {
    /// 2^`A` words of `N` bits; `rdata` is the word at `raddr` of the clock before, including a write in that clock.
    ///
    /// Counters that are read, changed and written in every clock, and copies that a bus may write while they
    /// are read, need this; a plain memory may give either value then.
    pub struct Mirror<const N: usize, const A: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub raddr: Signal<In, Bits<A>> = Default::default(),
        pub rdata: Signal<Out, Bits<N>> = Default::default(),
        pub waddr: Signal<In, Bits<A>> = Default::default(),
        pub wdata: Signal<In, Bits<N>> = Default::default(),
        pub wen: Signal<In, Bit> = Default::default(),
        mem: Bram<Bits<N>, A> = Default::default(),
        hit: Reg<Bit> = Default::default(),
        last: Reg<Bits<N>> = Default::default(),
    }
}

impl<const N: usize, const A: usize> Logic for Mirror<N, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, hit, last);
        self.mem.clock.next = self.clock.val();
        self.mem.raddr.next = self.raddr.val();
        self.mem.waddr.next = self.waddr.val();
        self.mem.wdata.next = self.wdata.val();
        self.mem.wen.next = self.wen.val();
        self.hit.d.next = self.wen.val() & (self.waddr.val() == self.raddr.val());
        self.last.d.next = self.wdata.val();
        self.rdata.next = self.mem.rdata.val();
        if self.hit.q.val() {
            self.rdata.next = self.last.q.val();
        }
    }
}
