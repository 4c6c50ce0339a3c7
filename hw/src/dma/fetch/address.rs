//! Where the next fetch reads.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Reg;

hw! {
    /// Adds the place within ring or segment to where it begins, 28 bits and then the rest.
    ///
    /// ```text
    ///  begin, low  ─► register ─┐
    ///  place ───────────────────┴─► add ─► register ───────► address, low
    ///                                       │ carry
    ///  begin, high ─► register ─────────────┴─► add ─► register ─► address, high
    /// ```
    /// Address and place are in descriptors, 16 bytes each. The low part of the address is there one clock after begin and place,
    /// the high part two clocks.
    pub struct FetchAddress {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Take the lower half of the begin, the upper half.
        pub load_low: Signal<In, Bit> = Default::default(),
        pub load_high: Signal<In, Bit> = Default::default(),
        pub low: Signal<In, Bits<32>> = Default::default(),
        pub high: Signal<In, Bits<32>> = Default::default(),
        pub place: Signal<In, Bits<24>> = Default::default(),
        /// Bits 63:4.
        pub address: Signal<Out, Bits<60>> = Default::default(),
        base_low: Reg<Bits<28>> = Default::default(),
        base_high: Reg<Bits<32>> = Default::default(),
        sum_low: Reg<Bits<29>> = Default::default(),
        sum_high: Reg<Bits<32>> = Default::default(),
        carry: Signal<Local, Bits<32>> = Default::default(),
    }
}

impl Logic for FetchAddress {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, base_low, base_high, sum_low, sum_high);
        if self.load_low.val() {
            self.base_low.d.next = self.low.val().get_bits::<28>(4);
        }
        if self.load_high.val() {
            self.base_high.d.next = self.high.val();
        }
        self.sum_low.d.next =
            bit_cast::<29, 28>(self.base_low.q.val()) + bit_cast::<29, 24>(self.place.val());
        self.carry.next = bit_cast::<32, 1>(self.sum_low.q.val().get_bits::<1>(28));
        self.sum_high.d.next = self.base_high.q.val() + self.carry.val();
        self.address.next = (bit_cast::<60, 32>(self.sum_high.q.val()) << 28)
            | bit_cast::<60, 28>(self.sum_low.q.val().get_bits::<28>(0));
    }
}
