//! Position, byte mask and verdict on a completion.

use rust_hdl::prelude::*;

use super::types::{Landing, Progress};
use crate::hw;
use crate::prim::Reg;
use ferrolane_abi::status;

hw! {
    /// Stage D of land: registers what stage B found, and tells where the beat goes and whether its TLP is sound.
    ///
    /// A read's first completion begins at its first byte, later ones at a DW. So with `start` DWs received before, the byte
    /// count in the header must be `end` − 4 · `start`, or `end` − `low` at first (PCIe Base Spec r5 2.2.9: the bytes left
    /// including this completion's), and the payload must not have more DWs than the request has left.
    pub struct LandCheck<const K: usize, const KB: usize, const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub landing_in: Signal<In, Landing> = Default::default(),
        pub len_in: Signal<In, Bits<11>> = Default::default(),
        pub count_in: Signal<In, Bits<13>> = Default::default(),
        pub status_in: Signal<In, Bits<3>> = Default::default(),
        pub ep_in: Signal<In, Bit> = Default::default(),
        pub has_data_in: Signal<In, Bit> = Default::default(),
        pub keep_in: Signal<In, Bits<K>> = Default::default(),
        /// Progress before this TLP.
        pub start: Signal<In, Progress> = Default::default(),
        /// DWs received once it is in.
        pub after: Signal<In, Bits<12>> = Default::default(),
        /// Bytes from the landing base to lane 0 of this beat.
        pub offset: Signal<In, Bits<14>> = Default::default(),
        /// Code of the request's first fault, this TLP's included.
        pub code: Signal<Out, Bits<8>> = Default::default(),
        /// No other completion of the tag can follow.
        pub ended: Signal<Out, Bit> = Default::default(),
        pub q: Signal<Out, Bits<6>> = Default::default(),
        /// Where lane 0 lands, free-running in bytes.
        pub pos: Signal<Out, Bits<21>> = Default::default(),
        /// Lanes that the request asked for.
        pub mask: Signal<Out, Bits<KB>> = Default::default(),
        landing: Reg<Landing> = Default::default(),
        len: Reg<Bits<11>> = Default::default(),
        count: Reg<Bits<13>> = Default::default(),
        status: Reg<Bits<3>> = Default::default(),
        ep: Reg<Bit> = Default::default(),
        has_data: Reg<Bit> = Default::default(),
        keep: Reg<Bits<K>> = Default::default(),
        is_first: Signal<Local, Bit> = Default::default(),
        low: Signal<Local, Bits<14>> = Default::default(),
        skipped: Signal<Local, Bits<14>> = Default::default(),
        expected: Signal<Local, Bits<14>> = Default::default(),
        limit: Signal<Local, Bits<14>> = Default::default(),
        rounded: Signal<Local, Bits<14>> = Default::default(),
        total: Signal<Local, Bits<14>> = Default::default(),
        payload: Signal<Local, Bits<14>> = Default::default(),
        claimed: Signal<Local, Bits<14>> = Default::default(),
        dwords: Signal<Local, Bits<14>> = Default::default(),
        stop: Signal<Local, Bit> = Default::default(),
        fault: Signal<Local, Bits<8>> = Default::default(),
        left: Signal<Local, Bits<14>> = Default::default(),
        beyond: Signal<Local, Bits<14>> = Default::default(),
        wanted: Signal<Local, Bits<KB>> = Default::default(),
        lane: Signal<Local, Bits<KB>> = Default::default(),
        row: Constant<Bits<14>> = Constant::new((KB as u64).into()),
        all: Constant<Bits<KB>> = Constant::new((u64::MAX >> (64 - KB)).into()),
        dw: [Constant<Bits<KB>>; K] = array_init::array_init(|k| Constant::new((15_u64 << (4 * k)).into())),
        ur: Constant<Bits<8>> = Constant::new((status::DATA_UR as u64).into()),
        ca: Constant<Bits<8>> = Constant::new((status::DATA_CA as u64).into()),
        poisoned: Constant<Bits<8>> = Constant::new((status::DATA_POISONED as u64).into()),
        malformed: Constant<Bits<8>> = Constant::new((status::DATA_MALFORMED as u64).into()),
    }
}

impl<const K: usize, const KB: usize, const SB: usize> Logic for LandCheck<K, KB, SB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, landing, len, count, status, ep, has_data, keep);
        self.landing.d.next = self.landing_in.val();
        self.len.d.next = self.len_in.val();
        self.count.d.next = self.count_in.val();
        self.status.d.next = self.status_in.val();
        self.ep.d.next = self.ep_in.val();
        self.has_data.d.next = self.has_data_in.val();
        self.keep.d.next = self.keep_in.val();

        self.is_first.next = self.start.val().dwords == 0;
        self.limit.next = bit_cast::<14, 13>(self.landing.q.val().end);
        self.low.next = bit_cast::<14, 2>(self.landing.q.val().low);
        self.skipped.next = bit_cast::<14, 12>(self.start.val().dwords) << 2;
        if self.is_first.val() {
            self.skipped.next = self.low.val();
        } else {
            self.low.next = 0.into();
        }
        self.expected.next = self.limit.val() - self.skipped.val();
        self.rounded.next = self.limit.val() + 3;
        self.total.next = self.rounded.val() >> 2;
        self.dwords.next = bit_cast::<14, 12>(self.after.val());
        self.payload.next = bit_cast::<14, 11>(self.len.q.val()) << 2;
        self.claimed.next = bit_cast::<14, 13>(self.count.q.val()) + self.low.val();

        // Completion status, PCIe Base Spec r5 2.2.9 and 2.3.2: everything that isn't Successful or Completer Abort is
        // handled as Unsupported Request. None of these is followed by another completion.
        self.fault.next = 0.into();
        self.stop.next = false;
        if self.status.q.val() != 0 {
            self.stop.next = true;
            self.fault.next = self.ur.val();
            if self.status.q.val() == 4 {
                self.fault.next = self.ca.val();
            }
        } else if !self.has_data.q.val() {
            self.stop.next = true;
            self.fault.next = self.malformed.val();
        } else if self.ep.q.val() {
            self.fault.next = self.poisoned.val();
        } else if (bit_cast::<14, 13>(self.count.q.val()) != self.expected.val())
            | (self.dwords.val() > self.total.val())
        {
            self.fault.next = self.malformed.val();
        }
        self.code.next = self.start.val().code;
        if self.start.val().code == 0 {
            self.code.next = self.fault.val();
        }
        // A header that says "nothing follows" ends the tag even if bytes are missing, or it would wait for ever.
        self.ended.next = self.stop.val()
            | (self.dwords.val() >= self.total.val())
            | (self.claimed.val() <= self.payload.val());

        self.q.next = self.landing.q.val().q;
        self.pos.next = self.landing.q.val().base + bit_cast::<21, 14>(self.offset.val());
        // Lanes of the request: not before `low` (first DW only), not behind `end`.
        self.wanted.next = self.all.val();
        self.left.next = self.limit.val() - self.offset.val();
        self.beyond.next = self.row.val() - self.left.val();
        if self.offset.val() >= self.limit.val() {
            self.wanted.next = 0.into();
        } else if self.left.val() < self.row.val() {
            self.wanted.next = self.all.val() >> self.beyond.val();
        }
        if self.offset.val() == 0 {
            self.lane.next = self.all.val() << self.landing.q.val().low;
            self.wanted.next = self.wanted.val() & self.lane.val();
        }
        self.lane.next = 0.into();
        if !self.stop.val() {
            for k in 0..K {
                if self.keep.q.val().get_bit(k) {
                    self.lane.next = self.lane.val() | self.dw[k].val();
                }
            }
        }
        self.mask.next = self.wanted.val() & self.lane.val();
    }
}
