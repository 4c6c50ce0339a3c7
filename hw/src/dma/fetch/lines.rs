//! Completions as lines of whole descriptors.

use rust_hdl::prelude::*;

use super::batch::Line;
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::tlp::{fetch_tags, LAPSED};
use ferrolane_abi::status;

hw! {
    /// Makes lines of one descriptor (`W` of 64 and 128) or two (256) out of beats, and looks at what a header and the
    /// number of lines say by themselves.
    ///
    /// ```text
    ///  cpl beat ─► checks, count of lines ─► register (64 bits: two beats make a line) ─► line, data
    /// ```
    /// `LW` is the line's width: 128, or 256 with `W` of 256.
    pub struct FetchLines<const W: usize, const LW: usize, const TB: usize> {
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
        /// Tags in use, and tags whose read has left and is not answered.
        pub tag_busy: Signal<In, Bits<16>> = Default::default(),
        pub fetch_open: Signal<In, Bits<16>> = Default::default(),
        /// Of the beat.
        pub tag: Signal<Out, Bits<4>> = Default::default(),
        pub line: Signal<Out, Line> = Default::default(),
        pub data: Signal<Out, Bits<LW>> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        half: Dffr<Bit> = Default::default(),
        opens: Reg<Bit> = Default::default(),
        // Descriptors of the TLP that come behind this line.
        rest: Reg<Bits<6>> = Default::default(),
        held: Reg<Line> = Default::default(),
        payload: Reg<Bits<LW>> = Default::default(),
        waits: Signal<Local, Bits<16>> = Default::default(),
        upper: Signal<Local, Bit> = Default::default(),
        whole: Signal<Local, Bit> = Default::default(),
        starts: Signal<Local, Bit> = Default::default(),
        count: Signal<Local, Bits<6>> = Default::default(),
        remaining: Signal<Local, Bits<6>> = Default::default(),
        difference: Signal<Local, Bits<7>> = Default::default(),
        here: Signal<Local, Bits<6>> = Default::default(),
        has0: Signal<Local, Bit> = Default::default(),
        ending: Signal<Local, Bit> = Default::default(),
        shape: Signal<Local, Bit> = Default::default(),
        fatal: Signal<Local, Bit> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        out: Signal<Local, Line> = Default::default(),
        narrow: Constant<Bit> = Constant::new(W < 128),
        // Two descriptors make a line.
        pair: Constant<Bit> = Constant::new(LW == 256),
        step: Constant<Bits<6>> = Constant::new(((LW / 128) as u64).into()),
        ok: Constant<Bits<8>> = Constant::new((status::OK as u64).into()),
        code_ur: Constant<Bits<8>> = Constant::new((status::FETCH_UR as u64).into()),
        code_ca: Constant<Bits<8>> = Constant::new((status::FETCH_CA as u64).into()),
        code_poisoned: Constant<Bits<8>> = Constant::new((status::FETCH_POISONED as u64).into()),
        code_timeout: Constant<Bits<8>> = Constant::new((status::FETCH_TIMEOUT as u64).into()),
        lapsed: Constant<Bits<3>> = Constant::new(LAPSED.into()),
        code_malformed: Constant<Bits<8>> = Constant::new((status::FETCH_MALFORMED as u64).into()),
        // What a tag may have, so that no more is built.
        tag_bits: Constant<Bits<4>> = Constant::new((fetch_tags(TB) - 1).into()),
        // Completion status (PCIe Base Spec r5 table 2-34).
        completer_abort: Constant<Bits<3>> = Constant::new(4_u64.into()),
    }
}

impl<const W: usize, const LW: usize, const TB: usize> Logic for FetchLines<W, LW, TB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, half, opens, rest, held, payload);
        self.valid.rst.next = self.rst.val();
        self.half.rst.next = self.rst.val();

        self.tag.next = bit_cast::<4, 10>(self.cpl_tag.val()) & self.tag_bits.val();
        self.waits.next = self.tag_busy.val() & self.fetch_open.val();
        self.upper.next = self.narrow.val() & self.half.q.val() & !self.cpl_first.val();
        self.whole.next = !self.narrow.val() | self.upper.val();
        self.starts.next = self.cpl_first.val() | (self.upper.val() & self.opens.q.val());

        // Where the line stands in its TLP.
        self.count.next = self.cpl_len.val().get_bits::<6>(2);
        self.here.next = self.rest.q.val();
        if self.starts.val() {
            self.here.next = self.count.val();
        }
        self.has0.next = self.here.val() != 0;
        self.ending.next = self.here.val() <= self.step.val();

        // Payload and byte count are whole descriptors, 1 to 63. Byte Count is what remains of the request, this TLP
        // included (PCIe Base Spec r5 2.2.9).
        self.remaining.next = self.cpl_byte_count.val().get_bits::<6>(4);
        self.difference.next = bit_cast::<7, 6>(self.remaining.val()) - bit_cast::<7, 6>(self.count.val());
        self.shape.next = self.cpl_has_data.val()
            & (self.cpl_len.val().get_bits::<2>(0) == 0)
            & (self.cpl_len.val().get_bits::<3>(8) == 0)
            & (self.cpl_byte_count.val().get_bits::<4>(0) == 0)
            & (self.cpl_byte_count.val().get_bits::<3>(10) == 0)
            & !self.difference.val().get_bit(6);
        self.fatal.next = (self.cpl_status.val() != 0)
            | !self.shape.val()
            | (self.cpl_last.val() & !(self.has0.val() & self.ending.val() & self.whole.val()));
        self.code.next = self.ok.val();
        if self.cpl_status.val() == self.completer_abort.val() {
            self.code.next = self.code_ca.val();
        } else if self.cpl_status.val() == self.lapsed.val() {
            self.code.next = self.code_timeout.val();
        } else if self.cpl_status.val() != 0 {
            self.code.next = self.code_ur.val();
        } else if self.fatal.val() {
            self.code.next = self.code_malformed.val();
        } else if self.cpl_ep.val() {
            self.code.next = self.code_poisoned.val();
        }

        self.valid.d.next = false;
        if self.to_fetch.val() {
            self.valid.d.next = self.whole.val() | self.cpl_last.val();
            self.half.d.next = !self.whole.val() & !self.cpl_last.val();
            self.opens.d.next = self.cpl_first.val();
            if self.whole.val() | self.cpl_last.val() {
                self.rest.d.next = self.here.val() - self.step.val();
                if self.ending.val() {
                    self.rest.d.next = 0.into();
                }
            }
            self.held.d.next.first = self.starts.val();
            self.held.d.next.last = self.cpl_last.val();
            self.held.d.next.error = self.cpl_error.val();
            self.held.d.next.tag = self.tag.val();
            self.held.d.next.again = self.tag.val() == self.held.q.val().tag;
            // The first beat decides: a stray doesn't turn into an answer because its tag comes into use meanwhile.
            if self.cpl_first.val() {
                self.held.d.next.known =
                    self.waits.val().get_bit(self.tag.val().index()) & !self.cpl_bad.val();
            }
            self.held.d.next.lapsed = self.cpl_status.val() == self.lapsed.val();
            self.held.d.next.fatal = self.fatal.val();
            self.held.d.next.ep = self.cpl_ep.val();
            self.held.d.next.success = self.cpl_status.val() == 0;
            self.held.d.next.code = self.code.val();
            self.held.d.next.remaining = self.remaining.val();
            self.held.d.next.behind = bit_cast::<6, 7>(self.difference.val());
            self.held.d.next.follows = self.remaining.val() == self.held.q.val().behind;
            self.held.d.next.has0 = self.has0.val();
            self.held.d.next.has1 = self.pair.val() & (self.here.val() > 1);
            self.held.d.next.ending = self.ending.val();
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
