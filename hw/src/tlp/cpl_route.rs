//! Completions for the engine's reads, decoded and sorted by tag.

use rust_hdl::prelude::*;

use super::header::{fetch_tags, CPL, CPL_DATA, LAPSED, UR};
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// One register on `rx_cpl` that decodes the header (PCIe Base Spec r5 2.2.9) on its way.
    ///
    /// ```text
    ///  rx_cpl ─► decode ─► register ─┬► cpl_*, to_fetch, to_land
    ///                                └► bad_cpl_*
    /// ```
    /// The decoded fields are valid with the first beat and stay until the next TLP's. Never stalls: whoever asked has
    /// reserved the room.
    pub struct CplRoute<const W: usize, const K: usize, const TB: usize, const FULL: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub rx_cpl_valid: Signal<In, Bit> = Default::default(),
        pub rx_cpl_ready: Signal<Out, Bit> = Default::default(),
        pub rx_cpl_first: Signal<In, Bit> = Default::default(),
        pub rx_cpl_last: Signal<In, Bit> = Default::default(),
        pub rx_cpl_hdr: Signal<In, Bits<128>> = Default::default(),
        pub rx_cpl_data: Signal<In, Bits<W>> = Default::default(),
        pub rx_cpl_keep: Signal<In, Bits<K>> = Default::default(),
        pub rx_cpl_error: Signal<In, Bit> = Default::default(),
        /// A beat for somebody; `to_fetch` and `to_land` say for whom.
        pub cpl_valid: Signal<Out, Bit> = Default::default(),
        pub cpl_first: Signal<Out, Bit> = Default::default(),
        pub cpl_last: Signal<Out, Bit> = Default::default(),
        pub cpl_data: Signal<Out, Bits<W>> = Default::default(),
        pub cpl_keep: Signal<Out, Bits<K>> = Default::default(),
        /// With the last beat: discard the TLP.
        pub cpl_error: Signal<Out, Bit> = Default::default(),
        pub cpl_tag: Signal<Out, Bits<10>> = Default::default(),
        /// Completion status: 0 is successful, 1 unsupported request, 4 completer abort.
        pub cpl_status: Signal<Out, Bits<3>> = Default::default(),
        /// Bytes that remain of the request, this TLP's included: 1 to 4096.
        pub cpl_byte_count: Signal<Out, Bits<13>> = Default::default(),
        /// Lower Address, bits 1:0.
        pub cpl_low: Signal<Out, Bits<2>> = Default::default(),
        /// Payload in DWs, 0 to 1024.
        pub cpl_len: Signal<Out, Bits<11>> = Default::default(),
        /// The payload is poisoned.
        pub cpl_ep: Signal<Out, Bit> = Default::default(),
        pub cpl_has_data: Signal<Out, Bit> = Default::default(),
        /// Not a completion for a memory read, or another requester's.
        pub cpl_bad: Signal<Out, Bit> = Default::default(),
        /// `cpl_valid` with a tag of descriptor fetch.
        pub to_fetch: Signal<Out, Bit> = Default::default(),
        /// `cpl_valid` with any other tag.
        pub to_land: Signal<Out, Bit> = Default::default(),
        /// Pulse: a TLP has come.
        pub rx_cpl_count: Signal<Out, Bit> = Default::default(),
        /// Pulse: a read was given up.
        pub cpl_timeout: Signal<Out, Bit> = Default::default(),
        /// Pulse: a TLP was dropped here (cause 3), or brings an error status or poisoned data (4). Always 0 without `FULL`.
        pub bad_cpl_valid: Signal<Out, Bit> = Default::default(),
        pub bad_cpl_cause: Signal<Out, Bits<4>> = Default::default(),
        pub bad_cpl_hdr: Signal<Out, Bits<128>> = Default::default(),
        /// A read ends without its completion: it gets one of a beat with status `LAPSED`, in a clock without any other.
        pub lapse_valid: Signal<In, Bit> = Default::default(),
        pub lapse_ready: Signal<Out, Bit> = Default::default(),
        pub lapse_tag: Signal<In, Bits<TB>> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        // A TLP has begun and not ended.
        in_tlp: Dffr<Bit> = Default::default(),
        lapsed: Dffr<Bit> = Default::default(),
        low: Reg<Bits<2>> = Default::default(),
        first: Reg<Bit> = Default::default(),
        last: Reg<Bit> = Default::default(),
        data: Reg<Bits<W>> = Default::default(),
        keep: Reg<Bits<K>> = Default::default(),
        error: Reg<Bit> = Default::default(),
        tag: Reg<Bits<10>> = Default::default(),
        status: Reg<Bits<3>> = Default::default(),
        bytes: Reg<Bits<13>> = Default::default(),
        len: Reg<Bits<11>> = Default::default(),
        ep: Reg<Bit> = Default::default(),
        has_data: Reg<Bit> = Default::default(),
        bad: Reg<Bit> = Default::default(),
        is_fetch: Reg<Bit> = Default::default(),
        // For the header log: the TLP in hand is bad; a bad one has ended.
        faulty: Reg<Bit> = Default::default(),
        fault: Dffr<Bit> = Default::default(),
        header: Reg<Bits<128>> = Default::default(),
        is_bad: Signal<Local, Bit> = Default::default(),
        is_faulty: Signal<Local, Bit> = Default::default(),
        fmt_type: Signal<Local, Bits<8>> = Default::default(),
        full_tag: Signal<Local, Bits<10>> = Default::default(),
        tag_bit8: Signal<Local, Bits<10>> = Default::default(),
        tag_bit9: Signal<Local, Bits<10>> = Default::default(),
        lapses: Signal<Local, Bit> = Default::default(),
        lapse_full: Signal<Local, Bits<10>> = Default::default(),
        length: Signal<Local, Bits<10>> = Default::default(),
        count: Signal<Local, Bits<12>> = Default::default(),
        cpl: Constant<Bits<8>> = Constant::new(CPL.into()),
        cpl_d: Constant<Bits<8>> = Constant::new(CPL_DATA.into()),
        logs: Constant<Bit> = {
            assert!(FULL < 2, "built or not");
            Constant::new(FULL == 1)
        },
        dropped: Constant<Bits<4>> = Constant::new(3_u64.into()),
        failed: Constant<Bits<4>> = Constant::new(4_u64.into()),
        no_status: Constant<Bits<3>> = Constant::new(LAPSED.into()),
        ur: Constant<Bits<3>> = Constant::new(UR.into()),
        // A data read's tag has one of these bits.
        data_tags: Constant<Bits<10>> = Constant::new((1024 - fetch_tags(TB)).into()),
    }
}

impl<const W: usize, const K: usize, const TB: usize, const FULL: usize> Logic for CplRoute<W, K, TB, FULL> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, first, last, data, keep, error, tag, status, bytes, len);
        dff_setup!(self, clock, ep, has_data, bad, is_fetch, faulty, fault, header, in_tlp, lapsed, low);
        self.valid.rst.next = self.rst.val();
        self.fault.rst.next = self.rst.val();
        self.in_tlp.rst.next = self.rst.val();
        self.lapsed.rst.next = self.rst.val();
        self.rx_cpl_ready.next = true;

        self.valid.d.next = self.rx_cpl_valid.val();
        self.first.d.next = self.rx_cpl_first.val();
        self.last.d.next = self.rx_cpl_last.val();
        self.data.d.next = self.rx_cpl_data.val();
        self.keep.d.next = self.rx_cpl_keep.val();
        self.error.d.next = self.rx_cpl_error.val();

        self.fmt_type.next = self.rx_cpl_hdr.val().get_bits::<8>(24);
        // Tag bits 9 and 8 stand in DW0 (PCIe Base Spec r5 2.2.6.2).
        self.tag_bit8.next = bit_cast::<10, 1>(self.rx_cpl_hdr.val().get_bits::<1>(19));
        self.tag_bit9.next = bit_cast::<10, 1>(self.rx_cpl_hdr.val().get_bits::<1>(23));
        self.full_tag.next = bit_cast::<10, 8>(self.rx_cpl_hdr.val().get_bits::<8>(72))
            | (self.tag_bit8.val() << 8)
            | (self.tag_bit9.val() << 9);
        self.length.next = self.rx_cpl_hdr.val().get_bits::<10>(0);
        self.count.next = self.rx_cpl_hdr.val().get_bits::<12>(32);
        self.is_bad.next = ((self.fmt_type.val() != self.cpl.val())
            & (self.fmt_type.val() != self.cpl_d.val()))
            | (self.rx_cpl_hdr.val().get_bits::<16>(80) != self.cfg_requester_id.val());
        self.is_faulty.next = self.faulty.q.val();
        if self.rx_cpl_valid.val() & self.rx_cpl_first.val() {
            self.is_faulty.next = self.is_bad.val()
                | self.rx_cpl_hdr.val().get_bits::<3>(45).any()
                | self.rx_cpl_hdr.val().get_bit(14);
            self.header.d.next = self.rx_cpl_hdr.val();
            self.tag.d.next = self.full_tag.val();
            self.is_fetch.d.next = (self.full_tag.val() & self.data_tags.val()) == 0;
            self.status.d.next = self.rx_cpl_hdr.val().get_bits::<3>(45);
            if self.rx_cpl_hdr.val().get_bits::<3>(45) == self.no_status.val() {
                self.status.d.next = self.ur.val();
            }
            self.low.d.next = self.rx_cpl_hdr.val().get_bits::<2>(64);
            self.ep.d.next = self.rx_cpl_hdr.val().get_bit(14);
            self.bytes.d.next = bit_cast::<13, 12>(self.count.val());
            if self.count.val() == 0 {
                self.bytes.d.next = 4096.into();
            }
            self.has_data.d.next = self.rx_cpl_hdr.val().get_bit(30);
            self.len.d.next = bit_cast::<11, 10>(self.length.val());
            if self.length.val() == 0 {
                self.len.d.next = 1024.into();
            }
            if !self.rx_cpl_hdr.val().get_bit(30) {
                self.len.d.next = 0.into();
            }
            self.bad.d.next = self.is_bad.val();
        }
        if self.rx_cpl_valid.val() {
            self.in_tlp.d.next = !self.rx_cpl_last.val();
        }
        self.lapse_ready.next = !self.rx_cpl_valid.val() & !self.in_tlp.q.val();
        self.lapses.next = self.lapse_valid.val() & self.lapse_ready.val();
        self.lapsed.d.next = self.lapses.val();
        self.lapse_full.next = bit_cast::<10, TB>(self.lapse_tag.val());
        if self.lapses.val() {
            self.valid.d.next = true;
            self.first.d.next = true;
            self.last.d.next = true;
            self.error.d.next = false;
            self.tag.d.next = self.lapse_full.val();
            self.is_fetch.d.next = (self.lapse_full.val() & self.data_tags.val()) == 0;
            self.status.d.next = self.no_status.val();
            self.ep.d.next = false;
            self.has_data.d.next = false;
            self.len.d.next = 0.into();
            self.bad.d.next = false;
        }
        self.faulty.d.next = self.is_faulty.val();
        // A TLP that ends with `error` was never received.
        self.fault.d.next = self.rx_cpl_valid.val()
            & self.rx_cpl_last.val()
            & !self.rx_cpl_error.val()
            & self.is_faulty.val()
            & self.logs.val();
        self.bad_cpl_valid.next = self.fault.q.val();
        self.bad_cpl_cause.next = 0.into();
        self.bad_cpl_hdr.next = 0.into();
        if self.logs.val() {
            self.bad_cpl_cause.next = self.failed.val();
            if self.bad.q.val() {
                self.bad_cpl_cause.next = self.dropped.val();
            }
            self.bad_cpl_hdr.next = self.header.q.val();
        }

        self.cpl_valid.next = self.valid.q.val();
        self.cpl_first.next = self.first.q.val();
        self.cpl_last.next = self.last.q.val();
        self.cpl_data.next = self.data.q.val();
        self.cpl_keep.next = self.keep.q.val();
        self.cpl_error.next = self.error.q.val();
        self.cpl_tag.next = self.tag.q.val();
        self.cpl_status.next = self.status.q.val();
        self.cpl_byte_count.next = self.bytes.q.val();
        self.cpl_low.next = self.low.q.val();
        self.cpl_len.next = self.len.q.val();
        self.cpl_ep.next = self.ep.q.val();
        self.cpl_has_data.next = self.has_data.q.val();
        self.cpl_bad.next = self.bad.q.val();
        self.to_fetch.next = self.valid.q.val() & self.is_fetch.q.val();
        self.to_land.next = self.valid.q.val() & !self.is_fetch.q.val();
        self.rx_cpl_count.next = self.valid.q.val() & self.last.q.val() & !self.lapsed.q.val();
        self.cpl_timeout.next = self.lapsed.q.val();
    }
}
