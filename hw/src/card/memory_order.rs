//! Whose turn it is.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;
use crate::stream::Fifo;

hw! {
    /// Bursts in the order of their addresses, up to sixteen: the first one's memory, until as many beats have moved as it has.
    ///
    /// ```text
    ///  in_* ─► FIFO ─► out_dram, out_valid
    ///                     ▲ next burst
    ///          beat ─► moved = length
    /// ```
    pub struct MemoryOrder {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub in_dram: Signal<In, Bit> = Default::default(),
        /// Beats less 1.
        pub in_len: Signal<In, Bits<8>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_dram: Signal<Out, Bit> = Default::default(),
        /// A beat of the first burst has moved.
        pub beat: Signal<In, Bit> = Default::default(),
        bursts: Fifo<9, 4, 5> = Default::default(),
        moved: Dffr<Bits<8>> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
    }
}

impl Logic for MemoryOrder {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, bursts);
        dff_setup!(self, clock, moved);
        self.bursts.rst.next = self.rst.val();
        self.moved.rst.next = self.rst.val();
        self.bursts.in_valid.next = self.in_valid.val();
        self.bursts.in_data.next = bit_cast::<9, 8>(self.in_len.val()) << 1;
        if self.in_dram.val() {
            self.bursts.in_data.next = (bit_cast::<9, 8>(self.in_len.val()) << 1) | 1;
        }
        self.in_ready.next = self.bursts.in_ready.val();
        self.out_valid.next = self.bursts.out_valid.val();
        self.out_dram.next = self.bursts.out_data.val().get_bit(0);
        self.ends.next = self.moved.q.val() == self.bursts.out_data.val().get_bits::<8>(1);
        self.bursts.out_ready.next = self.beat.val() & self.ends.val();
        if self.beat.val() {
            self.moved.d.next = self.moved.q.val() + 1;
            if self.ends.val() {
                self.moved.d.next = 0.into();
            }
        }
    }
}
