//! How many lanes of a beat count.

use rust_hdl::prelude::*;

use crate::hw;

hw! {
    /// Counts TKEEP from lane 0 up to the first gap (AXI4-Stream, 2.4.3), in groups of four lanes; combinational.
    ///
    /// A beat without TLAST counts as full. One with TLAST has at least the byte of lane 0, unless it is marked bad.
    pub struct Lanes<const KB: usize> {
        pub keep: Signal<In, Bits<KB>> = Default::default(),
        pub last: Signal<In, Bit> = Default::default(),
        pub bad: Signal<In, Bit> = Default::default(),
        /// 0 to `KB`.
        pub count: Signal<Out, Bits<8>> = Default::default(),
        group: Signal<Local, Bits<4>> = Default::default(),
        here: Signal<Local, Bits<8>> = Default::default(),
        whole: Signal<Local, Bit> = Default::default(),
        number: Signal<Local, Bits<8>> = Default::default(),
        all: Constant<Bits<8>> = Constant::new((KB as u64).into()),
        at: [Constant<Bits<8>>; 8] = array_init::array_init(|g| Constant::new((4 * g as u64).into())),
    }
}

impl<const KB: usize> Logic for Lanes<KB> {
    #[hdl_gen]
    fn update(&mut self) {
        self.number.next = self.all.val();
        self.whole.next = true;
        for g in 0..(KB / 4) {
            self.group.next = self.keep.val().get_bits::<4>(g * 4);
            self.here.next = self.at[g].val();
            if self.group.val().get_bit(0) {
                self.here.next = self.at[g].val() | 1;
                if self.group.val().get_bit(1) {
                    self.here.next = self.at[g].val() | 2;
                    if self.group.val().get_bit(2) {
                        self.here.next = self.at[g].val() | 3;
                    }
                }
            }
            if self.whole.val() & (self.group.val() != 15) {
                self.number.next = self.here.val();
            }
            self.whole.next = self.whole.val() & (self.group.val() == 15);
        }
        self.count.next = self.number.val();
        if !self.last.val() {
            self.count.next = self.all.val();
        } else if !self.bad.val() & !self.keep.val().get_bit(0) {
            self.count.next = 1.into();
        }
    }
}
