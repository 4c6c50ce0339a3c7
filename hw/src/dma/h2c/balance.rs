//! What is left of a turn.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Reg;

hw! {
    /// Bytes left of the turn in hand: (WEIGHT + 1) · 512 less what the turn before took too much.
    pub struct Balance {
        pub clock: Signal<In, Clock> = Default::default(),
        /// A turn begins, with this weight and `owed`.
        pub open: Signal<In, Bit> = Default::default(),
        pub weight: Signal<In, Bits<6>> = Default::default(),
        pub owed: Signal<In, Bits<12>> = Default::default(),
        /// `bytes` are asked for.
        pub spend: Signal<In, Bit> = Default::default(),
        pub bytes: Signal<In, Bits<13>> = Default::default(),
        /// The turn is used up, and by how much too far.
        pub over: Signal<Out, Bit> = Default::default(),
        pub debt: Signal<Out, Bits<12>> = Default::default(),
        // Bytes left, less one: negative once none is.
        left: Reg<Bits<16>> = Default::default(),
        quantum: Signal<Local, Bits<16>> = Default::default(),
        from: Signal<Local, Bits<16>> = Default::default(),
        off: Signal<Local, Bits<16>> = Default::default(),
        less: Signal<Local, Bits<16>> = Default::default(),
        flipped: Signal<Local, Bits<16>> = Default::default(),
        is_over: Signal<Local, Bit> = Default::default(),
        unit: Constant<Bits<16>> = Constant::new(511_u64.into()),
    }
}

impl Logic for Balance {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, left);
        self.quantum.next = (bit_cast::<16, 6>(self.weight.val()) << 9) | self.unit.val();
        self.from.next = self.left.q.val();
        self.off.next = bit_cast::<16, 13>(self.bytes.val());
        if self.open.val() {
            self.from.next = self.quantum.val();
            self.off.next = bit_cast::<16, 12>(self.owed.val());
        }
        self.less.next = self.from.val() - self.off.val();
        if self.open.val() | self.spend.val() {
            self.left.d.next = self.less.val();
        }
        self.is_over.next = self.left.q.val().get_bit(15);
        self.over.next = self.is_over.val();
        self.flipped.next = !self.left.q.val();
        self.debt.next = 0.into();
        if self.is_over.val() {
            self.debt.next = bit_cast::<12, 16>(self.flipped.val());
        }
    }
}
