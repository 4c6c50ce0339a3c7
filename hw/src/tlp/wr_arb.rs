//! The transmit stream of memory writes.

use rust_hdl::prelude::*;

use super::skid::WrSkid;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Merges data, completion records and interrupts into `tx_wr`, whole TLPs in turn.
    ///
    /// ```text
    ///  data_wr ─┐
    ///  rec_wr  ─┼─► pick, count, number ─► skid ─► tx_wr, tx_wr_seq
    ///  msi_wr  ─┘                 ▲
    ///       tx_sent_valid ────────┘
    /// ```
    /// What is accepted leaves in the order of acceptance, so a source knows its place in the stream the moment its beat
    /// is taken. After a TLP the other two sources go before its own: nobody starves. One beat per clock, also
    /// from one TLP to the next.
    ///
    /// `wr_issued` counts a TLP with its first beat, `wr_sent` with the port's report. The number is 6 bits, so
    /// at most 60 TLPs are unreported.
    pub struct WrArb<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        /// Start nothing new.
        pub hold: Signal<In, Bit> = Default::default(),
        pub data_wr_valid: Signal<In, Bit> = Default::default(),
        pub data_wr_ready: Signal<Out, Bit> = Default::default(),
        pub data_wr_first: Signal<In, Bit> = Default::default(),
        pub data_wr_last: Signal<In, Bit> = Default::default(),
        pub data_wr_hdr: Signal<In, Bits<128>> = Default::default(),
        pub data_wr_data: Signal<In, Bits<W>> = Default::default(),
        pub data_wr_keep: Signal<In, Bits<K>> = Default::default(),
        pub rec_wr_valid: Signal<In, Bit> = Default::default(),
        pub rec_wr_ready: Signal<Out, Bit> = Default::default(),
        pub rec_wr_first: Signal<In, Bit> = Default::default(),
        pub rec_wr_last: Signal<In, Bit> = Default::default(),
        pub rec_wr_hdr: Signal<In, Bits<128>> = Default::default(),
        pub rec_wr_data: Signal<In, Bits<W>> = Default::default(),
        pub rec_wr_keep: Signal<In, Bits<K>> = Default::default(),
        pub msi_wr_valid: Signal<In, Bit> = Default::default(),
        pub msi_wr_ready: Signal<Out, Bit> = Default::default(),
        pub msi_wr_first: Signal<In, Bit> = Default::default(),
        pub msi_wr_last: Signal<In, Bit> = Default::default(),
        pub msi_wr_hdr: Signal<In, Bits<128>> = Default::default(),
        pub msi_wr_data: Signal<In, Bits<W>> = Default::default(),
        pub msi_wr_keep: Signal<In, Bits<K>> = Default::default(),
        pub tx_wr_valid: Signal<Out, Bit> = Default::default(),
        pub tx_wr_ready: Signal<In, Bit> = Default::default(),
        pub tx_wr_first: Signal<Out, Bit> = Default::default(),
        pub tx_wr_last: Signal<Out, Bit> = Default::default(),
        pub tx_wr_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub tx_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub tx_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        pub tx_wr_error: Signal<Out, Bit> = Default::default(),
        /// Number of the TLP, the same for all its beats.
        pub tx_wr_seq: Signal<Out, Bits<6>> = Default::default(),
        /// Pulse: the oldest TLP not reported yet can no longer be passed.
        pub tx_sent_valid: Signal<In, Bit> = Default::default(),
        /// TLPs whose first beat was accepted here.
        pub wr_issued: Signal<Out, Bits<16>> = Default::default(),
        /// TLPs reported sent.
        pub wr_sent: Signal<Out, Bits<16>> = Default::default(),
        /// Pulse: a TLP's last beat was taken by the port.
        pub tx_write: Signal<Out, Bit> = Default::default(),
        /// Between TLPs, and nothing held here.
        pub arb_idle: Signal<Out, Bit> = Default::default(),
        skid: WrSkid<W, K> = Default::default(),
        // Within a TLP of source `cur`; between TLPs `cur` is the last one served. 0 data, 1 records, 2 interrupts.
        in_tlp: Dffr<Bit> = Default::default(),
        cur: Dffr<Bits<2>> = Default::default(),
        issued: Dffr<Bits<16>> = Default::default(),
        sent: Dffr<Bits<16>> = Default::default(),
        seq: Reg<Bits<6>> = Default::default(),
        written: Dffr<Bit> = Default::default(),
        pick: Signal<Local, Bits<2>> = Default::default(),
        unreported: Signal<Local, Bits<6>> = Default::default(),
        open: Signal<Local, Bit> = Default::default(),
        valid: Signal<Local, Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        data_source: Constant<Bits<2>> = Constant::new(0_u64.into()),
        rec_source: Constant<Bits<2>> = Constant::new(1_u64.into()),
        msi_source: Constant<Bits<2>> = Constant::new(2_u64.into()),
    }
}

impl<const W: usize, const K: usize> Logic for WrArb<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, skid);
        dff_setup!(self, clock, in_tlp, cur, issued, sent, seq, written);
        self.skid.rst.next = self.rst.val();
        self.in_tlp.rst.next = self.rst.val();
        self.cur.rst.next = self.rst.val();
        self.issued.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.written.rst.next = self.rst.val();

        self.pick.next = self.cur.q.val();
        if !self.in_tlp.q.val() {
            if self.cur.q.val() == self.data_source.val() {
                if self.rec_wr_valid.val() {
                    self.pick.next = self.rec_source.val();
                } else if self.msi_wr_valid.val() {
                    self.pick.next = self.msi_source.val();
                }
            } else if self.cur.q.val() == self.rec_source.val() {
                if self.msi_wr_valid.val() {
                    self.pick.next = self.msi_source.val();
                } else if self.data_wr_valid.val() {
                    self.pick.next = self.data_source.val();
                }
            } else {
                if self.data_wr_valid.val() {
                    self.pick.next = self.data_source.val();
                } else if self.rec_wr_valid.val() {
                    self.pick.next = self.rec_source.val();
                }
            }
        }

        // Bus Master Enable (PCIe Base Spec r5 7.5.1.1.3): without it no memory request is made, and MSI-X is one.
        self.unreported.next = bit_cast::<6, 16>(self.issued.q.val()) - bit_cast::<6, 16>(self.sent.q.val());
        self.open.next = self.cfg_bus_master.val() & !self.hold.val() & (self.unreported.val() < 60);
        self.valid.next = self.data_wr_valid.val();
        self.last.next = self.data_wr_last.val();
        self.skid.in_first.next = self.data_wr_first.val();
        self.skid.in_hdr.next = self.data_wr_hdr.val();
        self.skid.in_data.next = self.data_wr_data.val();
        self.skid.in_keep.next = self.data_wr_keep.val();
        if self.pick.val() == self.rec_source.val() {
            self.valid.next = self.rec_wr_valid.val();
            self.last.next = self.rec_wr_last.val();
            self.skid.in_first.next = self.rec_wr_first.val();
            self.skid.in_hdr.next = self.rec_wr_hdr.val();
            self.skid.in_data.next = self.rec_wr_data.val();
            self.skid.in_keep.next = self.rec_wr_keep.val();
        }
        if self.pick.val() == self.msi_source.val() {
            self.valid.next = self.msi_wr_valid.val();
            self.last.next = self.msi_wr_last.val();
            self.skid.in_first.next = self.msi_wr_first.val();
            self.skid.in_hdr.next = self.msi_wr_hdr.val();
            self.skid.in_data.next = self.msi_wr_data.val();
            self.skid.in_keep.next = self.msi_wr_keep.val();
        }
        self.skid.in_last.next = self.last.val();
        self.take.next =
            self.valid.val() & self.skid.in_ready.val() & (self.in_tlp.q.val() | self.open.val());
        self.skid.in_valid.next = self.take.val();
        self.data_wr_ready.next = self.take.val() & (self.pick.val() == self.data_source.val());
        self.rec_wr_ready.next = self.take.val() & (self.pick.val() == self.rec_source.val());
        self.msi_wr_ready.next = self.take.val() & (self.pick.val() == self.msi_source.val());

        self.skid.in_seq.next = self.seq.q.val();
        if !self.in_tlp.q.val() {
            self.skid.in_seq.next = bit_cast::<6, 16>(self.issued.q.val());
        }
        if self.take.val() {
            self.cur.d.next = self.pick.val();
            self.in_tlp.d.next = !self.last.val();
            if !self.in_tlp.q.val() {
                self.seq.d.next = bit_cast::<6, 16>(self.issued.q.val());
                self.issued.d.next = self.issued.q.val() + 1;
            }
        }
        if self.tx_sent_valid.val() {
            self.sent.d.next = self.sent.q.val() + 1;
        }
        self.wr_issued.next = self.issued.q.val();
        self.wr_sent.next = self.sent.q.val();

        self.skid.out_ready.next = self.tx_wr_ready.val();
        self.tx_wr_valid.next = self.skid.out_valid.val();
        self.tx_wr_first.next = self.skid.out_first.val();
        self.tx_wr_last.next = self.skid.out_last.val();
        self.tx_wr_hdr.next = self.skid.out_hdr.val();
        self.tx_wr_data.next = self.skid.out_data.val();
        self.tx_wr_keep.next = self.skid.out_keep.val();
        self.tx_wr_seq.next = self.skid.out_seq.val();
        self.tx_wr_error.next = false;
        self.written.d.next = self.skid.out_valid.val() & self.skid.out_last.val() & self.tx_wr_ready.val();
        self.tx_write.next = self.written.q.val();
        self.arb_idle.next = !self.in_tlp.q.val() & !self.skid.out_valid.val();
    }
}
