//! First-word-fall-through FIFO of structures.

use rust_hdl::prelude::*;

use crate::prim::{Bram, Dffr};

/// [`crate::stream::Fifo`] for words that are structures, so that their fields keep their names on both sides.
///
/// 2^`N` words, `NP1 = N + 1`. A word shows at the output two clocks after it was taken, then one word per clock.
#[derive(LogicBlock)]
pub struct StructFifo<D: Synth, const N: usize, const NP1: usize> {
    pub clock: Signal<In, Clock>,
    pub rst: Signal<In, Bit>,
    pub in_data: Signal<In, D>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub out_data: Signal<Out, D>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    /// High while nothing is inside.
    pub empty: Signal<Out, Bit>,
    mem: Bram<D, N>,
    wptr: Dffr<Bits<NP1>>,
    rptr: Dffr<Bits<NP1>>,
    head: Dffr<Bit>,
    used: Signal<Local, Bits<NP1>>,
    full: Signal<Local, Bit>,
    push: Signal<Local, Bit>,
    next_rptr: Signal<Local, Bits<NP1>>,
    depth: Constant<Bits<NP1>>,
    one: Constant<Bits<NP1>>,
}

impl<D: Synth, const N: usize, const NP1: usize> Default for StructFifo<D, N, NP1> {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            rst: Signal::default(),
            in_data: Signal::default(),
            in_valid: Signal::default(),
            in_ready: Signal::default(),
            out_data: Signal::default(),
            out_valid: Signal::default(),
            out_ready: Signal::default(),
            empty: Signal::default(),
            mem: Bram::default(),
            wptr: Dffr::default(),
            rptr: Dffr::default(),
            head: Dffr::default(),
            used: Signal::default(),
            full: Signal::default(),
            push: Signal::default(),
            next_rptr: Signal::default(),
            depth: Constant::new((1_u64 << N).into()),
            one: Constant::new(1_u64.into()),
        }
    }
}

impl<D: Synth, const N: usize, const NP1: usize> Logic for StructFifo<D, N, NP1> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wptr, rptr, head);
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();
        self.mem.clock.next = self.clock.val();
        self.used.next = self.wptr.q.val() - self.rptr.q.val();
        self.full.next = self.used.val() == self.depth.val();
        self.empty.next = self.wptr.q.val() == self.rptr.q.val();
        self.in_ready.next = !self.full.val();
        self.push.next = self.in_valid.val() & !self.full.val();
        self.mem.waddr.next = bit_cast::<N, NP1>(self.wptr.q.val());
        self.mem.wdata.next = self.in_data.val();
        self.mem.wen.next = self.push.val();
        if self.push.val() {
            self.wptr.d.next = self.wptr.q.val() + self.one.val();
        }
        self.out_valid.next = self.head.q.val();
        self.out_data.next = self.mem.rdata.val();
        // The read register always holds the word at rptr. It is the head if that word was written before this
        // clock, since a read in the clock of the write gives any value.
        self.next_rptr.next = self.rptr.q.val();
        if self.head.q.val() & self.out_ready.val() {
            self.next_rptr.next = self.rptr.q.val() + self.one.val();
        }
        self.rptr.d.next = self.next_rptr.val();
        self.mem.raddr.next = bit_cast::<N, NP1>(self.next_rptr.val());
        self.head.d.next = self.wptr.q.val() != self.next_rptr.val();
    }
}
