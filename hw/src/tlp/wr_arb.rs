//! The transmit stream of memory writes.

use rust_hdl::prelude::*;

use super::write_queue::WriteQueue;
use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Merges data, completion records and interrupts into `tx_wr`, whole TLPs in turn.
    ///
    /// ```text
    ///  data_wr ─┐
    ///  rec_wr  ─┼─► whose turn it is ─► WriteQueue (headers) ─► tx_wr, tx_wr_seq
    ///  msi_wr  ─┘        ▲      └──► wr_issued
    ///                    └─ room, bus mastering, hold, unreported ◄─ tx_sent_valid
    /// ```
    /// What is accepted leaves in the order of acceptance, so a source knows its place in the stream the moment its beat
    /// is taken. The turn and the permission to take are flip-flops: `ready` depends on no `valid`. The turn moves with the last beat
    /// of a TLP, or when its owner has nothing, to the next source that has something; after a TLP the other two go before its
    /// own: nobody starves. One beat per clock, also from one TLP to the next. A source that has the turn and withdraws its
    /// request, as interrupts do, loses nothing but the turn.
    ///
    /// `wr_issued` counts a TLP with its first beat, `wr_sent` with the port's report. The number is 6 bits, so
    /// at most 60 TLPs are unreported. `hold` and the end of bus mastering take effect in the clock after the next.
    pub struct WrArb<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        /// Start nothing new.
        pub hold: Signal<In, Bit> = Default::default(),
        pub data_wr_valid: Signal<In, Bit> = Default::default(),
        pub data_wr_ready: Signal<Out, Bit> = Default::default(),
        pub data_wr_first: Signal<In, Bit> = Default::default(),
        pub data_wr_last: Signal<In, Bit> = Default::default(),
        pub data_wr_addr: Signal<In, Bits<64>> = Default::default(),
        pub data_wr_bytes: Signal<In, Bits<11>> = Default::default(),
        pub data_wr_attr: Signal<In, Bits<2>> = Default::default(),
        pub data_wr_data: Signal<In, Bits<W>> = Default::default(),
        pub data_wr_keep: Signal<In, Bits<K>> = Default::default(),
        pub rec_wr_valid: Signal<In, Bit> = Default::default(),
        pub rec_wr_ready: Signal<Out, Bit> = Default::default(),
        pub rec_wr_first: Signal<In, Bit> = Default::default(),
        pub rec_wr_last: Signal<In, Bit> = Default::default(),
        pub rec_wr_addr: Signal<In, Bits<64>> = Default::default(),
        pub rec_wr_bytes: Signal<In, Bits<11>> = Default::default(),
        pub rec_wr_data: Signal<In, Bits<W>> = Default::default(),
        pub rec_wr_keep: Signal<In, Bits<K>> = Default::default(),
        pub msi_wr_valid: Signal<In, Bit> = Default::default(),
        pub msi_wr_ready: Signal<Out, Bit> = Default::default(),
        pub msi_wr_first: Signal<In, Bit> = Default::default(),
        pub msi_wr_last: Signal<In, Bit> = Default::default(),
        pub msi_wr_addr: Signal<In, Bits<64>> = Default::default(),
        pub msi_wr_bytes: Signal<In, Bits<11>> = Default::default(),
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
        queue: WriteQueue<W, K> = Default::default(),
        // The source whose turn it is, exactly one of them.
        data_turn: Dffr<Bit> = Dffr::new(true),
        rec_turn: Dffr<Bit> = Default::default(),
        msi_turn: Dffr<Bit> = Default::default(),
        // Its beat is taken.
        takes: Dffr<Bit> = Default::default(),
        in_tlp: Dffr<Bit> = Default::default(),
        open: Dffr<Bit> = Default::default(),
        issued: Dffr<Bits<16>> = Default::default(),
        sent: Dffr<Bits<16>> = Default::default(),
        seq: Dffr<Bits<6>> = Default::default(),
        written: Dffr<Bit> = Default::default(),
        unreported: Signal<Local, Bits<6>> = Default::default(),
        valid: Signal<Local, Bit> = Default::default(),
        first: Signal<Local, Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        addr: Signal<Local, Bits<64>> = Default::default(),
        bytes: Signal<Local, Bits<11>> = Default::default(),
        data: Signal<Local, Bits<W>> = Default::default(),
        keep: Signal<Local, Bits<K>> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        goes_on: Signal<Local, Bit> = Default::default(),
        passes: Signal<Local, Bit> = Default::default(),
        leaves: Signal<Local, Bit> = Default::default(),
    }
}

impl<const W: usize, const K: usize> Logic for WrArb<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, queue);
        dff_setup!(
            self, clock, data_turn, rec_turn, msi_turn, takes, in_tlp, open, issued, sent, seq, written
        );
        self.queue.rst.next = self.rst.val();
        self.data_turn.rst.next = self.rst.val();
        self.rec_turn.rst.next = self.rst.val();
        self.msi_turn.rst.next = self.rst.val();
        self.takes.rst.next = self.rst.val();
        self.in_tlp.rst.next = self.rst.val();
        self.open.rst.next = self.rst.val();
        self.issued.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.seq.rst.next = self.rst.val();
        self.written.rst.next = self.rst.val();

        // The beat of the source whose turn it is.
        self.data_wr_ready.next = self.data_turn.q.val() & self.takes.q.val();
        self.rec_wr_ready.next = self.rec_turn.q.val() & self.takes.q.val();
        self.msi_wr_ready.next = self.msi_turn.q.val() & self.takes.q.val();
        self.valid.next = (self.data_turn.q.val() & self.data_wr_valid.val())
            | (self.rec_turn.q.val() & self.rec_wr_valid.val())
            | (self.msi_turn.q.val() & self.msi_wr_valid.val());
        self.first.next = (self.data_turn.q.val() & self.data_wr_first.val())
            | (self.rec_turn.q.val() & self.rec_wr_first.val())
            | (self.msi_turn.q.val() & self.msi_wr_first.val());
        self.last.next = (self.data_turn.q.val() & self.data_wr_last.val())
            | (self.rec_turn.q.val() & self.rec_wr_last.val())
            | (self.msi_turn.q.val() & self.msi_wr_last.val());
        self.take.next = self.valid.val() & self.takes.q.val();
        self.addr.next = 0.into();
        self.bytes.next = 0.into();
        self.data.next = 0.into();
        self.keep.next = 0.into();
        self.queue.in_attr.next = 0.into();
        if self.data_turn.q.val() {
            self.addr.next = self.data_wr_addr.val();
            self.bytes.next = self.data_wr_bytes.val();
            self.data.next = self.data_wr_data.val();
            self.keep.next = self.data_wr_keep.val();
            self.queue.in_attr.next = self.data_wr_attr.val();
        }
        if self.rec_turn.q.val() {
            self.addr.next = self.addr.val() | self.rec_wr_addr.val();
            self.bytes.next = self.bytes.val() | self.rec_wr_bytes.val();
            self.data.next = self.data.val() | self.rec_wr_data.val();
            self.keep.next = self.keep.val() | self.rec_wr_keep.val();
        }
        if self.msi_turn.q.val() {
            self.addr.next = self.addr.val() | self.msi_wr_addr.val();
            self.bytes.next = self.bytes.val() | self.msi_wr_bytes.val();
            self.data.next = self.data.val() | self.msi_wr_data.val();
            self.keep.next = self.keep.val() | self.msi_wr_keep.val();
        }
        self.queue.requester.next = self.cfg_requester_id.val();
        self.queue.in_valid.next = self.take.val();
        self.queue.in_first.next = self.first.val();
        self.queue.in_last.next = self.last.val();
        self.queue.in_addr.next = self.addr.val();
        self.queue.in_bytes.next = self.bytes.val();
        self.queue.in_data.next = self.data.val();
        self.queue.in_keep.next = self.keep.val();

        // Whose turn it will be.
        self.goes_on.next = self.in_tlp.q.val();
        if self.take.val() {
            self.goes_on.next = !self.last.val();
        }
        self.in_tlp.d.next = self.goes_on.val();
        self.passes.next = !self.goes_on.val() & (self.takes.q.val() | !self.valid.val());
        if self.passes.val() {
            if self.data_turn.q.val() {
                self.data_turn.d.next = !self.rec_wr_valid.val() & !self.msi_wr_valid.val();
                self.rec_turn.d.next = self.rec_wr_valid.val();
                self.msi_turn.d.next = !self.rec_wr_valid.val() & self.msi_wr_valid.val();
            } else if self.rec_turn.q.val() {
                self.data_turn.d.next = !self.msi_wr_valid.val() & self.data_wr_valid.val();
                self.rec_turn.d.next = !self.msi_wr_valid.val() & !self.data_wr_valid.val();
                self.msi_turn.d.next = self.msi_wr_valid.val();
            } else {
                self.data_turn.d.next = self.data_wr_valid.val();
                self.rec_turn.d.next = !self.data_wr_valid.val() & self.rec_wr_valid.val();
                self.msi_turn.d.next = !self.data_wr_valid.val() & !self.rec_wr_valid.val();
            }
        }

        // Bus Master Enable (PCIe Base Spec r5 7.5.1.1.3): without it no memory request is made, and MSI-X is one. A TLP
        // may start in each of the two clocks until this one's count is seen, so it counts up to 56 here.
        self.unreported.next = bit_cast::<6, 16>(self.issued.q.val()) - bit_cast::<6, 16>(self.sent.q.val());
        self.open.d.next =
            self.cfg_bus_master.val() & !self.hold.val() & !(self.unreported.val().get_bits::<3>(3) == 7);
        self.takes.d.next = self.queue.room.val() & (self.goes_on.val() | self.open.q.val());
        if self.take.val() & !self.in_tlp.q.val() {
            self.issued.d.next = self.issued.q.val() + 1;
        }
        if self.tx_sent_valid.val() {
            self.sent.d.next = self.sent.q.val() + 1;
        }
        self.wr_issued.next = self.issued.q.val();
        self.wr_sent.next = self.sent.q.val();

        self.queue.out_ready.next = self.tx_wr_ready.val();
        self.leaves.next = self.queue.out_valid.val() & self.queue.out_last.val() & self.tx_wr_ready.val();
        if self.leaves.val() {
            self.seq.d.next = self.seq.q.val() + 1;
        }
        self.tx_wr_valid.next = self.queue.out_valid.val();
        self.tx_wr_first.next = self.queue.out_first.val();
        self.tx_wr_last.next = self.queue.out_last.val();
        self.tx_wr_hdr.next = self.queue.out_hdr.val();
        self.tx_wr_data.next = self.queue.out_data.val();
        self.tx_wr_keep.next = self.queue.out_keep.val();
        self.tx_wr_seq.next = self.seq.q.val();
        self.tx_wr_error.next = false;
        self.written.d.next = self.leaves.val();
        self.tx_write.next = self.written.q.val();
        self.arb_idle.next = !self.in_tlp.q.val() & self.queue.empty.val();
    }
}
