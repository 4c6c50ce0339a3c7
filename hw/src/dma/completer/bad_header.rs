//! The header log: the last TLP that was refused or dropped.

use ferrolane_abi::regs::global::*;
use rust_hdl::prelude::*;

use super::global_table::{lsb, word_of};
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Keeps cause and header of the last such TLP, and counts them.
    ///
    /// ```text
    ///  bad_req_* ─┐
    ///  bad_cpl_* ─┴► the later one ─► registers ─► value
    /// ```
    /// Of two in one clock both count and the completion is kept. `value` is the register that `word` means, 0 for any
    /// other word of the page. The four DWORDs of a header are read one by one: a count that has not changed meanwhile
    /// tells that they belong together.
    pub struct BadHeader {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub bad_req_valid: Signal<In, Bit> = Default::default(),
        pub bad_req_cause: Signal<In, Bits<4>> = Default::default(),
        pub bad_req_hdr: Signal<In, Bits<128>> = Default::default(),
        pub bad_cpl_valid: Signal<In, Bit> = Default::default(),
        pub bad_cpl_cause: Signal<In, Bits<4>> = Default::default(),
        pub bad_cpl_hdr: Signal<In, Bits<128>> = Default::default(),
        pub word: Signal<In, Bits<6>> = Default::default(),
        pub value: Signal<Out, Bits<32>> = Default::default(),
        hdr: Dffr<Bits<128>> = Default::default(),
        cause: Dffr<Bits<4>> = Default::default(),
        count: Dffr<Bits<16>> = Default::default(),
        // How many there were in the clock before.
        req: Dffr<Bit> = Default::default(),
        cpl: Dffr<Bit> = Default::default(),
        shown: Reg<Bits<32>> = Default::default(),
        of_word: Signal<Local, Bits<32>> = Default::default(),
        both: Signal<Local, Bits<16>> = Default::default(),
        bad_header: Constant<Bits<6>> = word_of(&BAD_HEADER),
        word_0: Constant<Bits<6>> = word_of(&BAD_HEADER_0),
        word_1: Constant<Bits<6>> = word_of(&BAD_HEADER_1),
        word_2: Constant<Bits<6>> = word_of(&BAD_HEADER_2),
        word_3: Constant<Bits<6>> = word_of(&BAD_HEADER_3),
        cause_lsb: Constant<Bits<5>> = lsb(&BAD_HEADER, "CAUSE"),
        count_lsb: Constant<Bits<5>> = lsb(&BAD_HEADER, "COUNT"),
    }
}

impl Logic for BadHeader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, hdr, cause, count, req, cpl, shown);
        self.hdr.rst.next = self.rst.val();
        self.cause.rst.next = self.rst.val();
        self.count.rst.next = self.rst.val();
        self.req.rst.next = self.rst.val();
        self.cpl.rst.next = self.rst.val();

        self.req.d.next = self.bad_req_valid.val();
        self.cpl.d.next = self.bad_cpl_valid.val();
        if self.bad_cpl_valid.val() {
            self.hdr.d.next = self.bad_cpl_hdr.val();
            self.cause.d.next = self.bad_cpl_cause.val();
        } else if self.bad_req_valid.val() {
            self.hdr.d.next = self.bad_req_hdr.val();
            self.cause.d.next = self.bad_req_cause.val();
        }
        self.both.next = 0.into();
        if self.req.q.val() & self.cpl.q.val() {
            self.both.next = 2.into();
        } else if self.req.q.val() | self.cpl.q.val() {
            self.both.next = 1.into();
        }
        self.count.d.next = self.count.q.val() + self.both.val();

        self.of_word.next = 0.into();
        if self.word.val() == self.bad_header.val() {
            self.of_word.next = (bit_cast::<32, 4>(self.cause.q.val()) << self.cause_lsb.val())
                | (bit_cast::<32, 16>(self.count.q.val()) << self.count_lsb.val());
        } else if self.word.val() == self.word_0.val() {
            self.of_word.next = self.hdr.q.val().get_bits::<32>(0);
        } else if self.word.val() == self.word_1.val() {
            self.of_word.next = self.hdr.q.val().get_bits::<32>(32);
        } else if self.word.val() == self.word_2.val() {
            self.of_word.next = self.hdr.q.val().get_bits::<32>(64);
        } else if self.word.val() == self.word_3.val() {
            self.of_word.next = self.hdr.q.val().get_bits::<32>(96);
        }
        self.shown.d.next = self.of_word.val();
        self.value.next = self.shown.q.val();
    }
}
