//! Why plan does nothing for the queue in hand.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Tells the counters, a clock later, what the queue in hand waits for.
    ///
    /// ```text
    ///  rest (no step under way, no descriptor present), of the next one: none, no_place, fenced ─┐
    ///  rows, pos ─► data in the share? ──────────────────────────────────────────────────────────┴─► stall
    /// ```
    pub struct Stall<const OB: usize, const PW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub rest: Signal<In, Bit> = Default::default(),
        pub none: Signal<In, Bit> = Default::default(),
        pub no_place: Signal<In, Bit> = Default::default(),
        pub fenced: Signal<In, Bit> = Default::default(),
        /// Send does not take what is offered.
        pub refused: Signal<In, Bit> = Default::default(),
        /// Rows written, and where plan stands.
        pub rows: Signal<In, Bits<16>> = Default::default(),
        pub pos: Signal<In, Bits<PW>> = Default::default(),
        /// Data but no descriptor, no place for its record, send can't take it, FENCE.
        pub stall: Signal<Out, Bits<4>> = Default::default(),

        data: Reg<Bit> = Default::default(),
        out: Dffr<Bits<4>> = Default::default(),
        written: Signal<Local, Bits<PW>> = Default::default(),
        causes: Signal<Local, Bits<4>> = Default::default(),
        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
    }
}

impl<const OB: usize, const PW: usize> Logic for Stall<OB, PW> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, data, out);
        self.out.rst.next = self.rst.val();
        self.written.next = bit_cast::<PW, 16>(self.rows.val()) << self.lane_bits.val();
        self.data.d.next = self.written.val() != self.pos.val();
        self.causes.next = 0.into();
        if self.rest.val() & self.none.val() & self.data.q.val() {
            self.causes.next = 1.into();
        }
        if self.rest.val() & self.no_place.val() {
            self.causes.next = self.causes.val() | 2;
        }
        if self.refused.val() {
            self.causes.next = self.causes.val() | 4;
        }
        if self.rest.val() & self.fenced.val() {
            self.causes.next = self.causes.val() | 8;
        }
        self.out.d.next = self.causes.val();
        self.stall.next = self.out.q.val();
    }
}
