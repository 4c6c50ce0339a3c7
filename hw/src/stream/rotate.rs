//! Byte rotator.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Reg;

hw! {
    /// Rotates a word of `W` bits by bytes (`SB = log2(W/8)`), two clocks after it came in.
    ///
    /// ```text
    ///  in_* ─► lower half of the levels ─► register ─► upper half ─► register ─► out_data
    /// ```
    /// The byte of lane `i` goes to lane `(i + in_amount) mod W/8`: a rotation to the left. To rotate to the right by `n`, give
    /// the two's complement of `n`. Each half is one LUT deep at 128 bits. There is no valid bit and no stall: a user
    /// delays its control by two clocks beside it.
    pub struct Rotate<const W: usize, const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub in_data: Signal<In, Bits<W>> = Default::default(),
        pub in_amount: Signal<In, Bits<SB>> = Default::default(),
        pub out_data: Signal<Out, Bits<W>> = Default::default(),
        low: Signal<Local, Bits<W>> = Default::default(),
        high: Signal<Local, Bits<W>> = Default::default(),
        amount: Signal<Local, Bits<SB>> = Default::default(),
        amount_mid: Signal<Local, Bits<SB>> = Default::default(),
        mid: Reg<Bits<W>> = Default::default(),
        mid_amount: Reg<Bits<SB>> = Default::default(),
        result: Reg<Bits<W>> = Default::default(),
        // Level l rotates by 2^l bytes.
        up: [Constant<Bits<16>>; SB] = array_init::array_init(|l| Constant::new((8_u64 << l).into())),
        down: [Constant<Bits<16>>; SB] = array_init::array_init(|l| Constant::new((W as u64 - (8_u64 << l)).into())),
    }
}

impl<const W: usize, const SB: usize> Logic for Rotate<W, SB> {
    #[hdl_gen]
    fn update(&mut self) {
        self.mid.clock.next = self.clock.val();
        self.mid_amount.clock.next = self.clock.val();
        self.result.clock.next = self.clock.val();
        self.amount.next = self.in_amount.val();
        self.low.next = self.in_data.val();
        for l in 0..(SB / 2) {
            if self.amount.val().get_bit(l) {
                self.low.next = (self.low.val() << self.up[l].val()) | (self.low.val() >> self.down[l].val());
            }
        }
        self.mid.d.next = self.low.val();
        self.mid_amount.d.next = self.amount.val();
        self.amount_mid.next = self.mid_amount.q.val();
        self.high.next = self.mid.q.val();
        for l in (SB / 2)..SB {
            if self.amount_mid.val().get_bit(l) {
                self.high.next =
                    (self.high.val() << self.up[l].val()) | (self.high.val() >> self.down[l].val());
            }
        }
        self.result.d.next = self.high.val();
        self.out_data.next = self.result.q.val();
    }
}
