//! First-word-fall-through FIFO with level.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr};

hw! {
    /// FIFO of 2^`N` words (`NP1 = N + 1`), ready/valid on both sides, registered output.
    ///
    /// ```text
    ///  in_* ─► memory ─► output register ─► out_*
    /// ```
    /// A word shows at the output two clocks after it was taken, then one word per clock. `level` counts
    /// what is inside, the output register included.
    pub struct Fifo<const W: usize, const N: usize, const NP1: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_data: Signal<In, Bits<W>> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub out_data: Signal<Out, Bits<W>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        pub level: Signal<Out, Bits<NP1>> = Default::default(),
        mem: Bram<Bits<W>, N> = Default::default(),
        wptr: Dffr<Bits<NP1>> = Default::default(),
        rptr: Dffr<Bits<NP1>> = Default::default(),
        count: Dffr<Bits<NP1>> = Default::default(),
        // The word in the memory's read register is the FIFO's head.
        head: Dffr<Bit> = Default::default(),
        full: Signal<Local, Bit> = Default::default(),
        push: Signal<Local, Bit> = Default::default(),
        pop: Signal<Local, Bit> = Default::default(),
        next_rptr: Signal<Local, Bits<NP1>> = Default::default(),
        one: Constant<Bits<NP1>> = Constant::new(1_u64.into()),
    }
}

impl<const W: usize, const N: usize, const NP1: usize> Logic for Fifo<W, N, NP1> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wptr, rptr, count, head);
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.count.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();
        self.mem.clock.next = self.clock.val();
        // The count never exceeds the depth, so its highest bit says it all.
        for top in N..NP1 {
            self.full.next = self.count.q.val().get_bit(top);
        }
        self.in_ready.next = !self.full.val();
        self.push.next = self.in_valid.val() & !self.full.val();
        self.pop.next = self.head.q.val() & self.out_ready.val();
        self.out_valid.next = self.head.q.val();
        self.out_data.next = self.mem.rdata.val();
        self.level.next = self.count.q.val();
        self.mem.waddr.next = bit_cast::<N, NP1>(self.wptr.q.val());
        self.mem.wdata.next = self.in_data.val();
        self.mem.wen.next = self.push.val();
        if self.push.val() {
            self.wptr.d.next = self.wptr.q.val() + self.one.val();
        }
        // The read register always holds the word at rptr; it is the head once that word was written the clock
        // before at the latest, since a read in the clock of the write gives any value.
        self.next_rptr.next = self.rptr.q.val();
        if self.pop.val() {
            self.next_rptr.next = self.rptr.q.val() + self.one.val();
        }
        self.rptr.d.next = self.next_rptr.val();
        self.mem.raddr.next = bit_cast::<N, NP1>(self.next_rptr.val());
        self.head.d.next = self.wptr.q.val() != self.next_rptr.val();
        if self.push.val() & !self.pop.val() {
            self.count.d.next = self.count.q.val() + self.one.val();
        }
        if self.pop.val() & !self.push.val() {
            self.count.d.next = self.count.q.val() - self.one.val();
        }
    }
}
