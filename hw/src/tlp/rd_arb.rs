//! The transmit stream of memory reads.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Merges the memory reads of descriptor fetch and data into `tx_rd`, in turn.
    ///
    /// ```text
    ///  fetch_rd ─┐
    ///            ├─┬────────────► register ─► tx_rd
    ///  data_rd ──┘ └─► spare ─────►┘
    /// ```
    /// One request per clock. `spare` takes the one that comes while the register stands still, so no path leads from
    /// `tx_rd_ready` to a source. `tx_rd_valid` waits for nothing once it is high.
    pub struct RdArb<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        /// Start nothing new.
        pub hold: Signal<In, Bit> = Default::default(),
        pub fetch_rd_valid: Signal<In, Bit> = Default::default(),
        pub fetch_rd_ready: Signal<Out, Bit> = Default::default(),
        pub fetch_rd_hdr: Signal<In, Bits<128>> = Default::default(),
        pub data_rd_valid: Signal<In, Bit> = Default::default(),
        pub data_rd_ready: Signal<Out, Bit> = Default::default(),
        pub data_rd_hdr: Signal<In, Bits<128>> = Default::default(),
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
        full: Dffr<Bit> = Default::default(),
        hdr: Reg<Bits<128>> = Default::default(),
        spare: Dffr<Bit> = Default::default(),
        spare_hdr: Reg<Bits<128>> = Default::default(),
        // The source that goes first if both ask.
        data_first: Dffr<Bit> = Default::default(),
        sent: Dffr<Bit> = Default::default(),
        open: Signal<Local, Bit> = Default::default(),
        take_fetch: Signal<Local, Bit> = Default::default(),
        take_data: Signal<Local, Bit> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        moves: Signal<Local, Bit> = Default::default(),
        picked: Signal<Local, Bits<128>> = Default::default(),
    }
}

impl<const W: usize, const K: usize> Logic for RdArb<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, full, hdr, spare, spare_hdr, data_first, sent);
        self.full.rst.next = self.rst.val();
        self.spare.rst.next = self.rst.val();
        self.data_first.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();

        // Bus Master Enable (PCIe Base Spec r5 7.5.1.1.3): without it no memory request is made.
        self.open.next = !self.spare.q.val() & self.cfg_bus_master.val() & !self.hold.val();
        self.take_data.next = self.open.val()
            & self.data_rd_valid.val()
            & (self.data_first.q.val() | !self.fetch_rd_valid.val());
        self.take_fetch.next = self.open.val()
            & self.fetch_rd_valid.val()
            & (!self.data_first.q.val() | !self.data_rd_valid.val());
        self.data_rd_ready.next = self.take_data.val();
        self.fetch_rd_ready.next = self.take_fetch.val();
        self.take.next = self.take_data.val() | self.take_fetch.val();
        self.picked.next = self.fetch_rd_hdr.val();
        if self.take_data.val() {
            self.picked.next = self.data_rd_hdr.val();
        }
        if self.take.val() {
            self.data_first.d.next = self.take_fetch.val();
        }

        // The spare is empty whenever something is taken; it counts only if the register stands still.
        self.moves.next = !self.full.q.val() | self.tx_rd_ready.val();
        if !self.spare.q.val() {
            self.spare_hdr.d.next = self.picked.val();
        }
        if self.moves.val() {
            self.spare.d.next = false;
            self.full.d.next = self.take.val() | self.spare.q.val();
            self.hdr.d.next = self.picked.val();
            if self.spare.q.val() {
                self.hdr.d.next = self.spare_hdr.q.val();
            }
        } else if self.take.val() {
            self.spare.d.next = true;
        }
        self.sent.d.next = self.full.q.val() & self.tx_rd_ready.val();
        self.tx_read.next = self.sent.q.val();
        self.arb_idle.next = !self.full.q.val();

        self.tx_rd_valid.next = self.full.q.val();
        self.tx_rd_first.next = true;
        self.tx_rd_last.next = true;
        self.tx_rd_hdr.next = self.hdr.q.val();
        self.tx_rd_data.next = 0.into();
        self.tx_rd_keep.next = 0.into();
        self.tx_rd_error.next = false;
    }
}
