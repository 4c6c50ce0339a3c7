//! Whether a completion is sound, and whether its tag ends with it.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Reg;
use crate::tlp::LAPSED;
use ferrolane_abi::status;

// A fault is three bits, the lower ones of its code; 0 is none.
const UR: u64 = status::DATA_UR as u64 & 7;
const CA: u64 = status::DATA_CA as u64 & 7;
const POISONED: u64 = status::DATA_POISONED as u64 & 7;
const MALFORMED: u64 = status::DATA_MALFORMED as u64 & 7;
const TIMEOUT: u64 = status::DATA_TIMEOUT as u64 & 7;
const _: () = assert!(UR != 0 && CA != 0 && POISONED != 0 && MALFORMED != 0 && TIMEOUT != 0);

hw! {
    /// Stages A to E of land for header fields.
    ///
    /// ```text
    ///  A  header         B  rest = 4 · len − count     C  end + rest       D  compared       E  fault, ended
    ///                       fault by header            (landing's end)        with 4 · next
    /// ```
    /// A read's first completion begins at its first byte, later ones at a DW. So with `start` DWs received before, the byte
    /// count in the header must be `end` − 4 · `start`, or `end` − `low` at first (PCIe Base Spec r5 2.2.9: the bytes left
    /// including this completion's), and the payload must not have more DWs than the request has left. With `next = start + len`
    /// the first is `end + rest = 4 · next (+ low)`, and then `rest` (`− low`) is by how much the payload is longer than what is left.
    pub struct LandCheck {
        pub clock: Signal<In, Clock> = Default::default(),
        // A
        pub len: Signal<In, Bits<11>> = Default::default(),
        pub count: Signal<In, Bits<13>> = Default::default(),
        /// Lower Address, bits 1:0.
        pub lower: Signal<In, Bits<2>> = Default::default(),
        pub status: Signal<In, Bits<3>> = Default::default(),
        pub ep: Signal<In, Bit> = Default::default(),
        pub has_data: Signal<In, Bit> = Default::default(),
        // C
        pub landing_low: Signal<In, Bits<2>> = Default::default(),
        pub landing_end: Signal<In, Bits<13>> = Default::default(),
        // D: a completion of the read was received before; DWs received once this one is in.
        pub begun: Signal<In, Bit> = Default::default(),
        pub next_dw: Signal<In, Bits<12>> = Default::default(),
        /// In E: kind of fault, or 0.
        pub fault: Signal<Out, Bits<3>> = Default::default(),
        /// In E: no other completion of the tag can follow.
        pub ended: Signal<Out, Bit> = Default::default(),
        b_len: Reg<Bits<11>> = Default::default(),
        b_count: Reg<Bits<13>> = Default::default(),
        b_low: Reg<Bits<2>> = Default::default(),
        b_status: Reg<Bits<3>> = Default::default(),
        b_ep: Reg<Bit> = Default::default(),
        b_has_data: Reg<Bit> = Default::default(),
        c_rest: Reg<Bits<15>> = Default::default(),
        c_fault: Reg<Bits<3>> = Default::default(),
        c_stop: Reg<Bit> = Default::default(),
        c_low: Reg<Bits<2>> = Default::default(),
        d_sum: Reg<Bits<15>> = Default::default(),
        d_low: Reg<Bits<2>> = Default::default(),
        d_end: Reg<Bits<13>> = Default::default(),
        d_negative: Reg<Bit> = Default::default(),
        d_large: Reg<Bit> = Default::default(),
        d_rest: Reg<Bits<3>> = Default::default(),
        d_fault: Reg<Bits<3>> = Default::default(),
        d_stop: Reg<Bit> = Default::default(),
        e_fault: Reg<Bits<3>> = Default::default(),
        e_ended: Reg<Bit> = Default::default(),
        payload: Signal<Local, Bits<15>> = Default::default(),
        sum_low: Signal<Local, Bits<2>> = Default::default(),
        rest_two: Signal<Local, Bits<2>> = Default::default(),
        rest_low: Signal<Local, Bits<2>> = Default::default(),
        upper: Signal<Local, Bits<11>> = Default::default(),
        low: Signal<Local, Bits<2>> = Default::default(),
        received: Signal<Local, Bits<14>> = Default::default(),
        counted: Signal<Local, Bits<13>> = Default::default(),
        right: Signal<Local, Bit> = Default::default(),
        reaches: Signal<Local, Bit> = Default::default(),
        longer: Signal<Local, Bit> = Default::default(),
        ur: Constant<Bits<3>> = Constant::new(UR.into()),
        timeout: Constant<Bits<3>> = Constant::new(TIMEOUT.into()),
        lapsed: Constant<Bits<3>> = Constant::new(LAPSED.into()),
        ca: Constant<Bits<3>> = Constant::new(CA.into()),
        poisoned: Constant<Bits<3>> = Constant::new(POISONED.into()),
        malformed: Constant<Bits<3>> = Constant::new(MALFORMED.into()),
    }
}

impl Logic for LandCheck {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, b_low, c_low);
        dff_setup!(self, clock, b_len, b_count, b_status, b_ep, b_has_data, c_rest, c_fault, c_stop, d_sum);
        dff_setup!(self, clock, d_low, d_end, d_negative, d_large, d_rest, d_fault, d_stop, e_fault, e_ended);
        self.b_len.d.next = self.len.val();
        self.b_count.d.next = self.count.val();
        self.b_low.d.next = self.lower.val();
        self.b_status.d.next = self.status.val();
        self.b_ep.d.next = self.ep.val();
        self.b_has_data.d.next = self.has_data.val();

        // B. Completion status, PCIe Base Spec r5 2.2.9 and 2.3.2: everything that isn't Successful or Completer Abort is
        // handled as Unsupported Request. None of these is followed by another completion.
        self.payload.next = bit_cast::<15, 11>(self.b_len.q.val()) << 2;
        self.c_low.d.next = self.b_low.q.val();
        self.c_rest.d.next = self.payload.val() - bit_cast::<15, 13>(self.b_count.q.val());
        self.c_stop.d.next = (self.b_status.q.val() != 0) | !self.b_has_data.q.val();
        self.c_fault.d.next = 0.into();
        if self.b_status.q.val() != 0 {
            self.c_fault.d.next = self.ur.val();
            if self.b_status.q.val() == 4 {
                self.c_fault.d.next = self.ca.val();
            } else if self.b_status.q.val() == self.lapsed.val() {
                self.c_fault.d.next = self.timeout.val();
            }
        } else if !self.b_has_data.q.val() {
            self.c_fault.d.next = self.malformed.val();
        } else if self.b_ep.q.val() {
            self.c_fault.d.next = self.poisoned.val();
        }

        // C. The last completion by its own header, right or wrong: open_reads closes the tag with it, and no timer runs then.
        self.d_sum.d.next = bit_cast::<15, 13>(self.landing_end.val()) + self.c_rest.q.val();
        self.d_low.d.next = self.landing_low.val();
        self.d_end.d.next = self.landing_end.val();
        self.d_negative.d.next = self.c_rest.q.val().get_bit(14);
        self.upper.next = self.c_rest.q.val().get_bits::<11>(3);
        self.d_large.d.next = self.upper.val().any();
        self.d_rest.d.next = bit_cast::<3, 15>(self.c_rest.q.val());
        self.d_fault.d.next = self.c_fault.q.val();
        self.rest_two.next = bit_cast::<2, 15>(self.c_rest.q.val());
        self.d_stop.d.next = self.c_stop.q.val()
            | (!self.c_rest.q.val().get_bit(14)
                & (self.c_rest.q.val().get_bits::<12>(2).any()
                    | (self.rest_two.val() >= self.c_low.q.val())));

        // D
        self.low.next = self.d_low.q.val();
        if self.begun.val() {
            self.low.next = 0.into();
        }
        self.sum_low.next = bit_cast::<2, 15>(self.d_sum.q.val());
        self.rest_low.next = bit_cast::<2, 3>(self.d_rest.q.val());
        self.counted.next = self.d_sum.q.val().get_bits::<13>(2);
        self.right.next = (self.counted.val() == bit_cast::<13, 12>(self.next_dw.val()))
            & (self.sum_low.val() == self.low.val());
        self.reaches.next = !self.d_negative.q.val()
            & (self.d_large.q.val()
                | self.d_rest.q.val().get_bit(2)
                | (self.rest_low.val() >= self.low.val()));
        self.longer.next = !self.d_negative.q.val()
            & (self.d_large.q.val()
                | (self.d_rest.q.val().get_bit(2) & (self.rest_low.val() >= self.low.val())));
        self.received.next = bit_cast::<14, 12>(self.next_dw.val()) << 2;
        // A header that says "nothing follows" ends the tag even if bytes are missing, or it would wait for ever.
        self.e_ended.d.next = self.d_stop.q.val()
            | self.reaches.val()
            | (self.received.val() >= bit_cast::<14, 13>(self.d_end.q.val()));
        self.e_fault.d.next = self.d_fault.q.val();
        if !self.d_fault.q.val().any() & (!self.right.val() | self.longer.val()) {
            self.e_fault.d.next = self.malformed.val();
        }

        self.fault.next = self.e_fault.q.val();
        self.ended.next = self.e_ended.q.val();
    }
}
