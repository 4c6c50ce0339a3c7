//! The control of a FIFO without its memory.

use rust_hdl::prelude::*;

use super::Credits;
use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Pointers and handshakes of a FIFO of 2^`N` words (`NP1 = N + 1`), whose words stand in as many
    /// [`LutRam`](crate::prim::LutRam)s as they have fields.
    ///
    /// ```text
    ///  in_valid, in_ready ─► push, waddr ─► LUT memories ─► word
    ///                                 raddr ─┘   ▲ out_valid, out_ready
    /// ```
    /// A word shows at the memories' outputs one clock after it was taken, then one word per clock. `out_valid` and
    /// `raddr` are registers, and `out_ready` goes through a LUT or two into registers only.
    pub struct Ring<const N: usize, const NP1: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        /// There is room for two words.
        pub roomy: Signal<Out, Bit> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        /// Write enable and address, and read address, of the memories.
        pub push: Signal<Out, Bit> = Default::default(),
        pub waddr: Signal<Out, Bits<N>> = Default::default(),
        pub raddr: Signal<Out, Bits<N>> = Default::default(),
        words: Credits<N, NP1> = Default::default(),
        wptr: Dffr<Bits<N>> = Default::default(),
        rptr: Dffr<Bits<N>> = Default::default(),
        pushed: Signal<Local, Bit> = Default::default(),
        one: Constant<Bits<N>> = Constant::new(1_u64.into()),
    }
}

impl<const N: usize, const NP1: usize> Logic for Ring<N, NP1> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wptr, rptr);
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.words.clock.next = self.clock.val();
        self.words.rst.next = self.rst.val();
        self.in_ready.next = !self.words.full.val();
        self.roomy.next = self.words.roomy.val();
        self.pushed.next = self.in_valid.val() & !self.words.full.val();
        self.push.next = self.pushed.val();
        self.words.give.next = self.pushed.val();
        self.out_valid.next = self.words.valid.val();
        self.words.take.next = self.out_ready.val();
        self.waddr.next = self.wptr.q.val();
        self.raddr.next = self.rptr.q.val();
        if self.pushed.val() {
            self.wptr.d.next = self.wptr.q.val() + self.one.val();
        }
        if self.words.taken.val() {
            self.rptr.d.next = self.rptr.q.val() + self.one.val();
        }
    }
}
