//! The transmit stream of memory reads.

use rust_hdl::prelude::*;

use super::header::MEM_READ;
use super::request::{Request, FIELD_BITS};
use super::request_header::RequestHeader;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Merges the memory reads of descriptor fetch and data into `tx_rd`, in turn, and makes their headers.
    ///
    /// ```text
    ///  fetch_rd ─┐
    ///            ├─► whose turn ─► asked ─► Request ─► register ─► tx_rd
    ///  data_rd ──┘       ▲           │
    ///                    └── bus mastering, hold, room
    /// ```
    /// One request in two clocks, which is as fast as descriptors come. The turn and the permission to take are flip-flops: `ready`
    /// depends on no `valid` and not on `tx_rd_ready`. The turn moves with a request that is taken, or when its owner has none, if
    /// the other one has. A request shows at the port two clocks after it was taken; `tx_rd_valid` waits for nothing
    /// once it is high. `hold` and the end of bus mastering take effect in the clock after the next.
    pub struct RdArb<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        /// Start nothing new.
        pub hold: Signal<In, Bit> = Default::default(),
        pub fetch_rd_valid: Signal<In, Bit> = Default::default(),
        pub fetch_rd_ready: Signal<Out, Bit> = Default::default(),
        pub fetch_rd_addr: Signal<In, Bits<64>> = Default::default(),
        pub fetch_rd_bytes: Signal<In, Bits<13>> = Default::default(),
        pub fetch_rd_tag: Signal<In, Bits<10>> = Default::default(),
        pub fetch_rd_attr: Signal<In, Bits<2>> = Default::default(),
        pub data_rd_valid: Signal<In, Bit> = Default::default(),
        pub data_rd_ready: Signal<Out, Bit> = Default::default(),
        pub data_rd_addr: Signal<In, Bits<64>> = Default::default(),
        pub data_rd_bytes: Signal<In, Bits<13>> = Default::default(),
        pub data_rd_tag: Signal<In, Bits<10>> = Default::default(),
        pub data_rd_attr: Signal<In, Bits<2>> = Default::default(),
        pub tx_rd_valid: Signal<Out, Bit> = Default::default(),
        pub tx_rd_ready: Signal<In, Bit> = Default::default(),
        pub tx_rd_first: Signal<Out, Bit> = Default::default(),
        pub tx_rd_last: Signal<Out, Bit> = Default::default(),
        pub tx_rd_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub tx_rd_data: Signal<Out, Bits<W>> = Default::default(),
        pub tx_rd_keep: Signal<Out, Bits<K>> = Default::default(),
        pub tx_rd_error: Signal<Out, Bit> = Default::default(),
        /// Pulse: a read was taken by the port.
        pub tx_read: Signal<Out, Bit> = Default::default(),
        /// No read is held here.
        pub arb_idle: Signal<Out, Bit> = Default::default(),
        request: Request = Default::default(),
        header: RequestHeader = Default::default(),
        data_turn: Dffr<Bit> = Default::default(),
        takes: Dffr<Bit> = Default::default(),
        open: Dffr<Bit> = Default::default(),
        asked: Dffr<Bit> = Default::default(),
        addr: Reg<Bits<64>> = Default::default(),
        bytes: Reg<Bits<13>> = Default::default(),
        tag: Reg<Bits<10>> = Default::default(),
        attr: Reg<Bits<2>> = Default::default(),
        full: Dffr<Bit> = Default::default(),
        fields: Reg<Bits<FIELD_BITS>> = Default::default(),
        sent: Dffr<Bit> = Default::default(),
        valid: Signal<Local, Bit> = Default::default(),
        other: Signal<Local, Bit> = Default::default(),
        moves: Signal<Local, Bit> = Default::default(),
        read: Constant<Bits<8>> = Constant::new(MEM_READ.into()),
    }
}

impl<const W: usize, const K: usize> Logic for RdArb<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, data_turn, takes, open, asked, addr, bytes, tag, attr, full, fields, sent);
        self.data_turn.rst.next = self.rst.val();
        self.takes.rst.next = self.rst.val();
        self.open.rst.next = self.rst.val();
        self.asked.rst.next = self.rst.val();
        self.full.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();

        self.fetch_rd_ready.next = !self.data_turn.q.val() & self.takes.q.val();
        self.data_rd_ready.next = self.data_turn.q.val() & self.takes.q.val();
        self.valid.next = self.fetch_rd_valid.val();
        self.other.next = self.data_rd_valid.val();
        if self.data_turn.q.val() {
            self.valid.next = self.data_rd_valid.val();
            self.other.next = self.fetch_rd_valid.val();
        }
        if self.other.val() & (self.takes.q.val() | !self.valid.val()) {
            self.data_turn.d.next = !self.data_turn.q.val();
        }

        self.moves.next = !self.full.q.val() | self.tx_rd_ready.val();
        self.takes.d.next = false;
        self.asked.d.next = self.asked.q.val() & !self.moves.val();
        // Bus Master Enable (PCIe Base Spec r5 7.5.1.1.3): without it no memory request is made.
        self.open.d.next = self.cfg_bus_master.val() & !self.hold.val();
        if !(self.valid.val() & self.takes.q.val()) & (!self.asked.q.val() | self.moves.val()) {
            self.takes.d.next = self.open.q.val();
        }
        // What was asked before has moved on by then.
        if self.takes.q.val() {
            self.asked.d.next = self.valid.val();
            self.addr.d.next = self.fetch_rd_addr.val();
            self.bytes.d.next = self.fetch_rd_bytes.val();
            self.tag.d.next = self.fetch_rd_tag.val();
            self.attr.d.next = self.fetch_rd_attr.val();
            if self.data_turn.q.val() {
                self.addr.d.next = self.data_rd_addr.val();
                self.bytes.d.next = self.data_rd_bytes.val();
                self.tag.d.next = self.data_rd_tag.val();
                self.attr.d.next = self.data_rd_attr.val();
            }
        }
        self.request.addr.next = self.addr.q.val();
        self.request.bytes.next = self.bytes.q.val();
        self.request.tag.next = self.tag.q.val();
        self.request.attr.next = self.attr.q.val();
        if self.moves.val() {
            self.full.d.next = self.asked.q.val();
            self.fields.d.next = self.request.fields.val();
        }
        self.sent.d.next = self.full.q.val() & self.tx_rd_ready.val();
        self.tx_read.next = self.sent.q.val();
        self.arb_idle.next = !self.full.q.val() & !self.asked.q.val();

        self.header.fmt_type.next = self.read.val();
        self.header.requester.next = self.cfg_requester_id.val();
        self.header.fields.next = self.fields.q.val();
        self.tx_rd_valid.next = self.full.q.val();
        self.tx_rd_first.next = true;
        self.tx_rd_last.next = true;
        self.tx_rd_hdr.next = self.header.hdr.val();
        self.tx_rd_data.next = 0.into();
        self.tx_rd_keep.next = 0.into();
        self.tx_rd_error.next = false;
    }
}
