//! Completions as lines of whole descriptors.

use rust_hdl::prelude::*;

use super::batch::Line;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Makes lines of one descriptor (`W` of 64 and 128) or two (256) out of beats, and looks at what a header says by itself.
    ///
    /// ```text
    ///  cpl beat ─► register (64 bits: two beats make a line) ─► line, data
    /// ```
    /// `LW` is the line's width: 128, or 256 with `W` of 256.
    pub struct FetchLines<const W: usize, const LW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub to_fetch: Signal<In, Bit> = Default::default(),
        pub cpl_first: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_data: Signal<In, Bits<W>> = Default::default(),
        pub cpl_error: Signal<In, Bit> = Default::default(),
        pub cpl_tag: Signal<In, Bits<10>> = Default::default(),
        pub cpl_status: Signal<In, Bits<3>> = Default::default(),
        pub cpl_byte_count: Signal<In, Bits<13>> = Default::default(),
        pub cpl_len: Signal<In, Bits<11>> = Default::default(),
        pub cpl_ep: Signal<In, Bit> = Default::default(),
        pub cpl_has_data: Signal<In, Bit> = Default::default(),
        pub cpl_bad: Signal<In, Bit> = Default::default(),
        /// Tags in use.
        pub tag_busy: Signal<In, Bits<8>> = Default::default(),
        pub line: Signal<Out, Line> = Default::default(),
        pub data: Signal<Out, Bits<LW>> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        half: Dffr<Bit> = Default::default(),
        opens: Reg<Bit> = Default::default(),
        held: Reg<Line> = Default::default(),
        payload: Reg<Bits<LW>> = Default::default(),
        tag: Signal<Local, Bits<3>> = Default::default(),
        upper: Signal<Local, Bit> = Default::default(),
        whole: Signal<Local, Bit> = Default::default(),
        out: Signal<Local, Line> = Default::default(),
        narrow: Constant<Bit> = Constant::new(W < 128),
    }
}

impl<const W: usize, const LW: usize> Logic for FetchLines<W, LW> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, half, opens, held, payload);
        self.valid.rst.next = self.rst.val();
        self.half.rst.next = self.rst.val();

        self.tag.next = bit_cast::<3, 10>(self.cpl_tag.val());
        self.upper.next = self.narrow.val() & self.half.q.val() & !self.cpl_first.val();
        self.whole.next = !self.narrow.val() | self.upper.val();
        self.valid.d.next = false;
        if self.to_fetch.val() {
            self.valid.d.next = self.whole.val() | self.cpl_last.val();
            self.half.d.next = !self.whole.val() & !self.cpl_last.val();
            self.opens.d.next = self.cpl_first.val();
            self.held.d.next.first = self.cpl_first.val() | (self.upper.val() & self.opens.q.val());
            self.held.d.next.last = self.cpl_last.val();
            self.held.d.next.short = !self.whole.val();
            self.held.d.next.error = self.cpl_error.val();
            self.held.d.next.tag = self.tag.val();
            // The first beat decides: a stray doesn't turn into an answer because its tag comes into use meanwhile.
            if self.cpl_first.val() {
                self.held.d.next.known =
                    self.tag_busy.val().get_bit(self.tag.val().index()) & !self.cpl_bad.val();
            }
            self.held.d.next.shape = self.cpl_has_data.val()
                & (self.cpl_len.val().get_bits::<2>(0) == 0)
                & (self.cpl_len.val().get_bits::<3>(8) == 0)
                & (self.cpl_byte_count.val().get_bits::<4>(0) == 0)
                & (self.cpl_byte_count.val().get_bits::<3>(10) == 0);
            self.held.d.next.remaining = self.cpl_byte_count.val().get_bits::<6>(4);
            self.held.d.next.count = self.cpl_len.val().get_bits::<6>(2);
            self.held.d.next.status = self.cpl_status.val();
            self.held.d.next.ep = self.cpl_ep.val();
            self.payload.d.next = bit_cast::<LW, W>(self.cpl_data.val());
            if self.upper.val() {
                self.payload.d.next = self.payload.q.val() | (bit_cast::<LW, W>(self.cpl_data.val()) << 64);
            }
        }
        self.out.next = self.held.q.val();
        self.out.next.valid = self.valid.q.val();
        self.line.next = self.out.val();
        self.data.next = self.payload.q.val();
    }
}
