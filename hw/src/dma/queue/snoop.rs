//! A block's own copy of what another block broadcasts.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Reg};

hw! {
    /// Memory of 2^`A` words, written by a bus and read by its owner.
    ///
    /// `rdata` is the word at `raddr` one clock later, a write in the clock of `raddr` included: a bus writes whenever it
    /// likes, and a memory alone promises nothing about a read in that clock.
    pub struct Snoop<const W: usize, const A: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub wen: Signal<In, Bit> = Default::default(),
        pub waddr: Signal<In, Bits<A>> = Default::default(),
        pub wdata: Signal<In, Bits<W>> = Default::default(),
        pub raddr: Signal<In, Bits<A>> = Default::default(),
        pub rdata: Signal<Out, Bits<W>> = Default::default(),
        mem: Bram<Bits<W>, A> = Default::default(),
        fresh: Reg<Bit> = Default::default(),
        fresh_data: Reg<Bits<W>> = Default::default(),
    }
}

impl<const W: usize, const A: usize> Logic for Snoop<W, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, fresh, fresh_data);
        clock!(self, clock, mem);
        self.mem.wen.next = self.wen.val();
        self.mem.waddr.next = self.waddr.val();
        self.mem.wdata.next = self.wdata.val();
        self.mem.raddr.next = self.raddr.val();
        self.fresh.d.next = self.wen.val() & (self.waddr.val() == self.raddr.val());
        self.fresh_data.d.next = self.wdata.val();
        self.rdata.next = self.mem.rdata.val();
        if self.fresh.q.val() {
            self.rdata.next = self.fresh_data.q.val();
        }
    }
}
