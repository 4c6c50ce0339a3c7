//! When the DRAM refreshes.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Raises `hold` for `stall` clocks in every `period` clocks; 0 for either switches it off.
    ///
    /// ```text
    ///  rest = 0 ─► left ─► hold
    /// ```
    /// A refresh begins only if the last one has ended: so between two there is a clock at least, whatever is set.
    pub struct DramRefresh {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub period: Signal<In, Bits<12>> = Default::default(),
        pub stall: Signal<In, Bits<8>> = Default::default(),
        pub hold: Signal<Out, Bit> = Default::default(),
        rest: Dffr<Bits<12>> = Default::default(),
        left: Dffr<Bits<8>> = Default::default(),
    }
}

impl Logic for DramRefresh {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, rest, left);
        self.rest.rst.next = self.rst.val();
        self.left.rst.next = self.rst.val();
        if self.left.q.val().any() {
            self.left.d.next = self.left.q.val() - 1;
        }
        if self.rest.q.val().any() {
            self.rest.d.next = self.rest.q.val() - 1;
        } else if self.period.val().any() & !self.left.q.val().any() {
            self.rest.d.next = self.period.val() - 1;
            self.left.d.next = self.stall.val();
        }
        self.hold.next = self.left.q.val().any();
    }
}
