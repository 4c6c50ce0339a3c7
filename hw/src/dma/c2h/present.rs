//! The present descriptor of the queue in hand.

use rust_hdl::prelude::*;

use super::types::Context;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Goes through a descriptor in steps that end at multiples of MPS.
    ///
    /// ```text
    ///  context (load) ─┐
    ///  ahead (stage) ──┴─► addr, left, moved, limit ─┐
    ///         step ──────► addr + n, left - limit, … ┘
    /// ```
    /// `rest`, what is left behind a whole step, is ready a clock after the last change. A step and `stage` together: that
    /// step was the descriptor's last, and the one of `ahead` follows.
    pub struct Present {
        pub clock: Signal<In, Clock> = Default::default(),
        /// There is no descriptor.
        pub wipe: Signal<In, Bit> = Default::default(),
        /// Nothing but `load` can come.
        pub idle: Signal<In, Bit> = Default::default(),
        /// Takes the context's descriptor; only while `idle`.
        pub load: Signal<In, Bit> = Default::default(),
        pub loaded: Signal<In, Context> = Default::default(),
        /// If there is no descriptor, `stage` can come in this clock.
        pub set: Signal<In, Bit> = Default::default(),
        /// Takes the descriptor that comes next; see `Ahead`. Only with `set` or with `step` and `done`.
        pub stage: Signal<In, Bit> = Default::default(),
        pub next_addr: Signal<In, Bits<64>> = Default::default(),
        pub next_length: Signal<In, Bits<24>> = Default::default(),
        pub next_limit: Signal<In, Bits<11>> = Default::default(),
        pub next_whole: Signal<In, Bit> = Default::default(),
        pub next_mps: Signal<In, Bits<2>> = Default::default(),
        pub next_irq: Signal<In, Bit> = Default::default(),
        pub next_code: Signal<In, Bits<8>> = Default::default(),
        /// A TLP of `n` bytes was handed on; with `done` the descriptor has ended.
        pub step: Signal<In, Bit> = Default::default(),
        pub n: Signal<In, Bits<11>> = Default::default(),
        pub done: Signal<In, Bit> = Default::default(),
        /// What of a context is the descriptor's; the rest is 0. It is active there only once a TLP of it was handed on.
        pub saved: Signal<Out, Context> = Default::default(),
        /// There is one, and a TLP of it was handed on.
        pub active: Signal<Out, Bit> = Default::default(),
        pub started: Signal<Out, Bit> = Default::default(),
        pub addr: Signal<Out, Bits<64>> = Default::default(),
        /// Bytes moved once `n` have.
        pub moved: Signal<Out, Bits<24>> = Default::default(),
        /// The most the next TLP may carry, and whether that fills it.
        pub limit: Signal<Out, Bits<11>> = Default::default(),
        pub whole: Signal<Out, Bit> = Default::default(),
        pub irq: Signal<Out, Bit> = Default::default(),
        /// Not 0: it is refused with this code.
        pub code: Signal<Out, Bits<8>> = Default::default(),
        pub refused: Signal<Out, Bit> = Default::default(),

        there: Dffr<Bit> = Default::default(),
        begun: Reg<Bit> = Default::default(),
        address: Reg<Bits<64>> = Default::default(),
        left: Reg<Bits<24>> = Default::default(),
        earlier: Reg<Bits<24>> = Default::default(),
        rest: Reg<Bits<24>> = Default::default(),
        most: Reg<Bits<11>> = Default::default(),
        fills: Reg<Bit> = Default::default(),
        mps: Reg<Bits<2>> = Default::default(),
        asks: Reg<Bit> = Default::default(),
        fault: Reg<Bits<8>> = Default::default(),
        faulty: Reg<Bit> = Default::default(),
        payload: Signal<Local, Bits<24>> = Default::default(),
        after: Signal<Local, Bits<24>> = Default::default(),
        opens: Signal<Local, Bit> = Default::default(),
        base: Constant<Bits<24>> = Constant::new(128_u64.into()),
    }
}

impl Logic for Present {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, there, begun, address, left, earlier, rest, most, fills, mps, asks, fault, faulty
        );
        self.there.rst.next = self.wipe.val();
        self.payload.next = self.base.val() << self.mps.q.val();
        self.after.next = self.earlier.q.val() + bit_cast::<24, 11>(self.n.val());
        self.rest.d.next = self.left.q.val() - bit_cast::<24, 11>(self.most.q.val());
        // `idle` chooses where `load` could: it drives the many multiplexers without waiting for what decides.
        // So do `set` and `done` for `stage`: where that does not come there is no descriptor, and nobody looks at the rest.
        self.opens.next = self.set.val() & !self.there.q.val();
        if self.load.val() | self.opens.val() | self.step.val() {
            self.address.d.next = self.address.q.val() + bit_cast::<64, 11>(self.n.val());
            self.left.d.next = self.rest.q.val();
            self.earlier.d.next = self.after.val();
            self.most.d.next = bit_cast::<11, 24>(self.payload.val());
            self.fills.d.next = self.rest.q.val() <= self.payload.val();
            if self.rest.q.val() <= self.payload.val() {
                self.most.d.next = bit_cast::<11, 24>(self.rest.q.val());
            }
            self.begun.d.next = true;
            if self.set.val() | self.done.val() {
                self.address.d.next = self.next_addr.val();
                self.left.d.next = self.next_length.val();
                self.earlier.d.next = 0.into();
                self.most.d.next = self.next_limit.val();
                self.fills.d.next = self.next_whole.val();
                self.begun.d.next = false;
            }
            if self.idle.val() {
                self.begun.d.next = self.loaded.val().active;
                self.address.d.next = self.loaded.val().addr;
                self.left.d.next = self.loaded.val().left;
                self.earlier.d.next = self.loaded.val().moved;
                self.most.d.next = self.loaded.val().limit;
                self.fills.d.next = self.loaded.val().whole;
            }
        }
        if self.load.val() {
            self.there.d.next = self.loaded.val().active;
        } else if self.stage.val() {
            self.there.d.next = true;
        } else if self.step.val() {
            self.there.d.next = !self.done.val();
        }
        if self.load.val() | self.opens.val() | (self.step.val() & self.done.val()) {
            self.mps.d.next = self.next_mps.val();
            self.asks.d.next = self.next_irq.val();
            self.fault.d.next = self.next_code.val();
            self.faulty.d.next = self.next_code.val().any();
            if self.idle.val() {
                self.mps.d.next = self.loaded.val().mps;
                self.asks.d.next = self.loaded.val().irq;
                self.fault.d.next = 0.into();
                self.faulty.d.next = false;
            }
        }
        self.saved.next.taken = 0.into();
        self.saved.next.addr = self.address.q.val();
        self.saved.next.left = self.left.q.val();
        self.saved.next.moved = self.earlier.q.val();
        self.saved.next.limit = self.most.q.val();
        self.saved.next.whole = self.fills.q.val();
        self.saved.next.mps = self.mps.q.val();
        self.saved.next.irq = self.asks.q.val();
        self.saved.next.active = self.there.q.val() & self.begun.q.val();
        self.saved.next.pos = 0.into();
        self.saved.next.pkts = 0.into();
        self.saved.next.dead = false;
        self.saved.next.inside = false;
        self.saved.next.gap = false;
        self.active.next = self.there.q.val();
        self.started.next = self.begun.q.val();
        self.addr.next = self.address.q.val();
        self.moved.next = self.after.val();
        self.limit.next = self.most.q.val();
        self.whole.next = self.fills.q.val();
        self.irq.next = self.asks.q.val();
        self.code.next = self.fault.q.val();
        self.refused.next = self.faulty.q.val();
    }
}
