//! Pulses of several sources on one wire.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Gives one pulse out for each pulse in, one after the other, so that none is lost when several come in one clock.
    ///
    /// For sources that together pulse no more often than once per clock in the long run, each with a delay of its own:
    /// what waits is no more than the delays differ by, and 15 waiting pulses are never reached.
    pub struct Serialise {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// One bit per source.
        pub pulses: Signal<In, Bits<3>> = Default::default(),
        pub pulse: Signal<Out, Bit> = Default::default(),
        waiting: Dffr<Bits<4>> = Default::default(),
        out: Dffr<Bit> = Default::default(),
        sum: Signal<Local, Bits<4>> = Default::default(),
    }
}

impl Logic for Serialise {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, waiting, out);
        self.waiting.rst.next = self.rst.val();
        self.out.rst.next = self.rst.val();
        self.sum.next = self.waiting.q.val();
        for i in 0..3 {
            if self.pulses.val().get_bit(i) {
                self.sum.next = self.sum.val() + 1;
            }
        }
        self.out.d.next = self.sum.val().any();
        self.waiting.d.next = self.sum.val();
        if self.sum.val().any() {
            self.waiting.d.next = self.sum.val() - 1;
        }
        self.pulse.next = self.out.q.val();
    }
}
