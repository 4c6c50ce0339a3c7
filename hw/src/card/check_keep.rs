//! What TKEEP says of a beat.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Reg;

hw! {
    /// Counts a beat's bytes up to the first gap and says if its TKEEP is one that a stream may have; one clock later.
    ///
    /// Every beat but the one with TLAST is full, and that one starts at lane 0, has no gap and at least one byte.
    pub struct CheckKeep<const KB: usize, const LB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub keep: Signal<In, Bits<KB>> = Default::default(),
        pub last: Signal<In, Bit> = Default::default(),
        pub bytes: Signal<Out, Bits<6>> = Default::default(),
        /// `bytes` - 1; anything for 0 bytes.
        pub bytes_less_one: Signal<Out, Bits<6>> = Default::default(),
        pub bad: Signal<Out, Bit> = Default::default(),
        count: Reg<Bits<6>> = Default::default(),
        count_less_one: Reg<Bits<6>> = Default::default(),
        is_bad: Reg<Bit> = Default::default(),
        plus: Signal<Local, Bits<KB>> = Default::default(),
        gap: Signal<Local, Bits<KB>> = Default::default(),
        number: Signal<Local, Bits<6>> = Default::default(),
        one: Constant<Bits<KB>> = Constant::new(1_u64.into()),
        full: Constant<Bits<6>> = Constant::new((KB as u64).into()),
        holds: [Constant<Bits<KB>>; LB] = array_init::array_init(|b| {
            Constant::new((0..KB).filter(|n| n >> b & 1 == 1).fold(0_u64, |set, n| set | 1 << n).into())
        }),
        place: [Constant<Bits<6>>; LB] = array_init::array_init(|b| Constant::new((1_u64 << b).into())),
    }
}

impl<const KB: usize, const LB: usize> Logic for CheckKeep<KB, LB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, count_less_one, is_bad);
        // Adding one to a number clears its trailing ones and sets the bit above them: the first gap. Nothing is left of
        // all ones.
        self.plus.next = self.keep.val() + self.one.val();
        self.gap.next = self.plus.val() & !self.keep.val();
        self.number.next = 0.into();
        for b in 0..LB {
            if (self.gap.val() & self.holds[b].val()).any() {
                self.number.next = self.number.val() | self.place[b].val();
            }
        }
        if !self.gap.val().any() {
            self.number.next = self.full.val();
        }
        self.count.d.next = self.number.val();
        self.count_less_one.d.next = self.number.val() - 1;
        self.is_bad.d.next = (self.plus.val() & self.keep.val()).any()
            | !self.keep.val().any()
            | (self.gap.val().any() & !self.last.val());
        self.bytes.next = self.count.q.val();
        self.bytes_less_one.next = self.count_less_one.q.val();
        self.bad.next = self.is_bad.q.val();
    }
}
