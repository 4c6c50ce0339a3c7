//! Holds a record until the TLPs before it are on their way.

use rust_hdl::prelude::*;

use super::types::Record;
use crate::hw;
use crate::prim::{Dffr, LutRam, Reg};
use crate::stream::{Credits, Ring};

/// What a step consists of.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Kind {
    /// There is a TLP.
    pub tlp: Bit,
    /// There is a record, to be written after the TLP.
    pub record: Bit,
}

hw! {
    /// Keeps up to 16 steps and up to 16 records and one, and offers a record once wr_arb has accepted every TLP before it.
    ///
    /// ```text
    ///  step: TLP? record? ─► ring of 16 ─► walk ─► records to offer ──┐
    ///                        TLPs accepted ─┘                         ▼
    ///  record ─────────────► ring of 16 ─────────────────────────► head ─► rec_c2h
    /// ```
    /// A record is stored once, where it came in; what moves is a count. The register at the end is there for the clock period: what
    /// the record's queue selects behind it takes most of one.
    pub struct Release {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// A step that has a TLP, a record or both; it is taken in the same clock, and may come only if
        /// `in_ready` was high in the clock before.
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub in_tlp: Signal<In, Bit> = Default::default(),
        pub in_record: Signal<In, Bit> = Default::default(),
        pub in_data: Signal<In, Record> = Default::default(),
        /// Pulse: wr_arb accepted a TLP whole.
        pub sent: Signal<In, Bit> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        pub out_data: Signal<Out, Record> = Default::default(),
        /// A step or a record is inside.
        pub busy: Signal<Out, Bit> = Default::default(),

        order: Ring<4, 5> = Default::default(),
        kinds: LutRam<Kind, 4> = Default::default(),
        places: Ring<4, 5> = Default::default(),
        records: LutRam<Record, 4> = Default::default(),
        accepted: Credits<4, 5> = Default::default(),
        released: Credits<4, 5> = Default::default(),
        offers: Dffr<Bit> = Default::default(),
        head: Reg<Record> = Default::default(),
        walk: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
    }
}

impl Logic for Release {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, order, kinds, places, records, accepted, released);
        dff_setup!(self, clock, offers, head);
        self.offers.rst.next = self.rst.val();
        self.order.rst.next = self.rst.val();
        self.places.rst.next = self.rst.val();
        self.accepted.rst.next = self.rst.val();
        self.released.rst.next = self.rst.val();
        self.in_ready.next = self.order.roomy.val() & self.places.roomy.val();
        self.order.in_valid.next = self.in_valid.val();
        self.kinds.wen.next = self.order.push.val();
        self.kinds.waddr.next = self.order.waddr.val();
        self.kinds.raddr.next = self.order.raddr.val();
        self.kinds.wdata.next.tlp = self.in_tlp.val();
        self.kinds.wdata.next.record = self.in_record.val();
        self.places.in_valid.next = self.in_valid.val() & self.in_record.val();
        self.records.wen.next = self.places.push.val();
        self.records.waddr.next = self.places.waddr.val();
        self.records.raddr.next = self.places.raddr.val();
        self.records.wdata.next = self.in_data.val();

        self.walk.next =
            self.order.out_valid.val() & (!self.kinds.rdata.val().tlp | self.accepted.valid.val());
        self.order.out_ready.next = self.walk.val();
        self.accepted.give.next = self.sent.val();
        self.accepted.take.next = self.walk.val() & self.kinds.rdata.val().tlp;
        self.released.give.next = self.walk.val() & self.kinds.rdata.val().record;

        self.load.next = !self.offers.q.val() | self.out_ready.val();
        self.released.take.next = self.load.val();
        self.places.out_ready.next = self.released.taken.val();
        if self.load.val() {
            self.offers.d.next = self.released.valid.val();
            self.head.d.next = self.records.rdata.val();
        }
        self.out_valid.next = self.offers.q.val();
        self.out_data.next = self.head.q.val();
        self.busy.next = self.order.out_valid.val() | self.places.out_valid.val() | self.offers.q.val();
    }
}
