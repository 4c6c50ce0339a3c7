//! The write port of the stores.

use rust_hdl::prelude::*;

use super::batch::EntryWrite;
use super::split::FetchSplit;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Puts the descriptors of a line in the banks' order; in a clock without a line, a DWORD of `side`.
    ///
    /// ```text
    ///  line, its slot ─┐ swap by the slot's parity (256 bits)
    ///                  ├─► register ─► wen, addresses, data, codes of both stores
    ///  side ───────────┘
    /// ```
    pub struct FetchWrite<const LW: usize, const NQ: usize, const FEEDS: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub line_valid: Signal<In, Bit> = Default::default(),
        pub g: Signal<In, Bits<7>> = Default::default(),
        /// Lower and upper descriptor of `data`.
        pub wen: Signal<In, Bits<2>> = Default::default(),
        /// Of the lower one, modulo 128.
        pub slot: Signal<In, Bits<7>> = Default::default(),
        pub data: Signal<In, Bits<LW>> = Default::default(),
        pub err0: Signal<In, Bits<8>> = Default::default(),
        pub err1: Signal<In, Bits<8>> = Default::default(),
        pub side: Signal<In, EntryWrite> = Default::default(),
        pub side_ready: Signal<Out, Bit> = Default::default(),
        pub wen_h2c: Signal<Out, Bits<2>> = Default::default(),
        pub wen_c2h: Signal<Out, Bits<2>> = Default::default(),
        pub store_q: Signal<Out, Bits<6>> = Default::default(),
        pub slot0: Signal<Out, Bits<7>> = Default::default(),
        pub slot1: Signal<Out, Bits<7>> = Default::default(),
        pub words: Signal<Out, Bits<4>> = Default::default(),
        pub store_data: Signal<Out, Bits<LW>> = Default::default(),
        pub store_err0: Signal<Out, Bits<8>> = Default::default(),
        pub store_err1: Signal<Out, Bits<8>> = Default::default(),
        split: FetchSplit<NQ> = Default::default(),
        out_h2c: Dffr<Bits<2>> = Default::default(),
        out_c2h: Dffr<Bits<2>> = Default::default(),
        out_q: Reg<Bits<6>> = Default::default(),
        out_slot0: Reg<Bits<7>> = Default::default(),
        out_slot1: Reg<Bits<7>> = Default::default(),
        out_words: Reg<Bits<4>> = Default::default(),
        out_data: Reg<Bits<LW>> = Default::default(),
        out_err0: Reg<Bits<8>> = Default::default(),
        out_err1: Reg<Bits<8>> = Default::default(),
        is_side: Signal<Local, Bit> = Default::default(),
        swap: Signal<Local, Bit> = Default::default(),
        low_slot: Signal<Local, Bits<7>> = Default::default(),
        high_slot: Signal<Local, Bits<7>> = Default::default(),
        low_err: Signal<Local, Bits<8>> = Default::default(),
        writes: Signal<Local, Bits<2>> = Default::default(),
        is_c2h: Signal<Local, Bit> = Default::default(),
        side_line: Signal<Local, Bits<LW>> = Default::default(),
        feeds: Constant<Bit> = Constant::new(FEEDS != 0),
        // Two descriptors make a line.
        pair: Constant<Bit> = Constant::new(LW == 256),
        all_words: Constant<Bits<4>> = Constant::new(15_u64.into()),
    }
}

impl<const LW: usize, const NQ: usize, const FEEDS: usize> Logic for FetchWrite<LW, NQ, FEEDS> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, out_h2c, out_c2h, out_q, out_slot0, out_slot1, out_words, out_data, out_err0,
            out_err1
        );
        self.out_h2c.rst.next = self.rst.val();
        self.out_c2h.rst.next = self.rst.val();

        self.split.g.next = self.g.val();
        self.low_slot.next = self.slot.val();
        self.low_err.next = self.err0.val();
        self.writes.next = self.wen.val();
        self.is_c2h.next = self.split.c2h.val();
        self.out_q.d.next = self.split.q.val();
        self.out_words.d.next = self.all_words.val();
        self.is_side.next = self.feeds.val() & !self.line_valid.val();
        if self.is_side.val() {
            self.low_slot.next = self.side.val().slot;
            self.low_err.next = self.side.val().err;
            self.is_c2h.next = self.side.val().c2h;
            self.out_q.d.next = self.side.val().q;
            self.out_words.d.next = self.side.val().words;
            self.writes.next = 0.into();
            self.writes.next = self.writes.val().replace_bit(0, self.side.val().valid);
        }
        self.side_ready.next = !self.line_valid.val();
        self.side_line.next = bit_cast::<LW, 32>(self.side.val().data);
        self.side_line.next = self.side_line.val() | (self.side_line.val() << 32);
        self.side_line.next = self.side_line.val() | (self.side_line.val() << 64);
        self.side_line.next = self.side_line.val() | (self.side_line.val() << 128);

        // An odd slot stands in banks 4 to 7 of a 256-bit line.
        self.swap.next = self.pair.val() & self.low_slot.val().get_bit(0);
        self.out_data.d.next = self.data.val();
        self.out_err0.d.next = self.low_err.val();
        self.out_err1.d.next = self.err1.val();
        if self.swap.val() {
            self.out_data.d.next = (self.data.val() >> 128) | (self.data.val() << 128);
            self.out_err0.d.next = self.err1.val();
            self.out_err1.d.next = self.low_err.val();
            self.writes.next = (self.writes.val() >> 1) | (self.writes.val() << 1);
        }
        if self.is_side.val() {
            self.out_data.d.next = self.side_line.val();
        }
        self.high_slot.next = self.low_slot.val() + 1;
        self.out_slot0.d.next = self.low_slot.val();
        self.out_slot1.d.next = self.low_slot.val() >> 1;
        if self.pair.val() {
            self.out_slot0.d.next = self.high_slot.val() >> 1;
        }
        self.out_h2c.d.next = 0.into();
        self.out_c2h.d.next = 0.into();
        if self.is_c2h.val() {
            self.out_c2h.d.next = self.writes.val();
        } else {
            self.out_h2c.d.next = self.writes.val();
        }

        self.wen_h2c.next = self.out_h2c.q.val();
        self.wen_c2h.next = self.out_c2h.q.val();
        self.store_q.next = self.out_q.q.val();
        self.slot0.next = self.out_slot0.q.val();
        self.slot1.next = self.out_slot1.q.val();
        self.words.next = self.out_words.q.val();
        self.store_data.next = self.out_data.q.val();
        self.store_err0.next = self.out_err0.q.val();
        self.store_err1.next = self.out_err1.q.val();
    }
}
