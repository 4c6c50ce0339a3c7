//! The queue that egress serves next.

use ferrolane_abi::regs;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::{Mirror, NextReady};

hw! {
    /// Finds the next queue with something to send, and looks up how far it is.
    ///
    /// ```text
    ///  commit bus ─┬─► ready bits ─► NextReady ─► winner ─┬─► register ─► q, mask, ok
    ///              └─► committed, per queue ◄─────────────┤
    ///  freed bus ────► sent, per queue ◄──────────────────┴─► row, pkts, limit_*
    /// ```
    /// Any queue that is ready but the current one. A ready bit is set by a commit, and when a queue is left that has more to send; it is cleared
    /// when the queue becomes the current one. `ok` stays low for three clocks after a change, until the search knows of it,
    /// and for a queue that is being cleared: that has values of two lives.
    pub struct EgressPick<const NQ: usize, const QB: usize, const RB: usize, const PB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub commit_valid: Signal<In, Bit> = Default::default(),
        pub commit_q: Signal<In, Bits<QB>> = Default::default(),
        pub commit_row: Signal<In, Bits<16>> = Default::default(),
        pub commit_pkts: Signal<In, Bits<16>> = Default::default(),
        pub gone_valid: Signal<In, Bit> = Default::default(),
        pub gone_q: Signal<In, Bits<QB>> = Default::default(),
        pub gone_row: Signal<In, Bits<16>> = Default::default(),
        pub gone_pkts: Signal<In, Bits<16>> = Default::default(),
        pub gone_begun: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub pause: Signal<In, Bits<NQ>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_q: Signal<In, Bits<QB>> = Default::default(),
        /// The current queue, as a number and as a bit; none is all zeros.
        pub current: Signal<In, Bits<QB>> = Default::default(),
        pub mine: Signal<In, Bits<NQ>> = Default::default(),
        /// It is left in this clock for `q`, and whether it has more to send.
        pub change: Signal<In, Bit> = Default::default(),
        pub stays_ready: Signal<In, Bit> = Default::default(),
        pub ok: Signal<Out, Bit> = Default::default(),
        pub q: Signal<Out, Bits<QB>> = Default::default(),
        pub mask: Signal<Out, Bits<NQ>> = Default::default(),
        pub row: Signal<Out, Bits<16>> = Default::default(),
        pub pkts: Signal<Out, Bits<16>> = Default::default(),
        /// Queues that may have something to send, the current one aside.
        pub waiting: Signal<Out, Bits<NQ>> = Default::default(),
        /// A row of its present packet was sent.
        pub begun: Signal<Out, Bit> = Default::default(),
        /// Rows and packet ends committed, as far as they count.
        pub limit_row: Signal<Out, Bits<16>> = Default::default(),
        pub limit_pkts: Signal<Out, Bits<16>> = Default::default(),
        /// MODE.STORE_FORWARD.
        pub stores: Signal<Out, Bit> = Default::default(),
        search: NextReady<NQ, QB> = Default::default(),
        sent_rows: Mirror<16, QB> = Default::default(),
        sent_pkts: Mirror<16, QB> = Default::default(),
        begins: Mirror<1, QB> = Default::default(),
        rows: Mirror<16, QB> = Default::default(),
        packets: Mirror<16, QB> = Default::default(),
        modes: Mirror<1, QB> = Default::default(),
        ready: Dffr<Bits<NQ>> = Default::default(),
        seen: Reg<Bits<QB>> = Default::default(),
        seen_bit: Reg<Bits<NQ>> = Default::default(),
        seen_ok: Dffr<Bit> = Default::default(),
        // Changes one and two clocks ago.
        changed: Dffr<Bits<2>> = Default::default(),
        one_change: Constant<Bits<2>> = Constant::new(1_u64.into()),
        next: Signal<Local, Bits<QB>> = Default::default(),
        left: Signal<Local, Bits<NQ>> = Default::default(),
        bus_bit: Signal<Local, Bits<NQ>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        row_mask: Constant<Bits<16>> = Constant::new(((2_u64 << RB) - 1).into()),
        pkt_mask: Constant<Bits<16>> = Constant::new(((2_u64 << PB) - 1).into()),
        mode: Constant<Bits<6>> = Constant::new((regs::queue::MODE.offset as u64 / 4).into()),
        store_lsb: Constant<Bits<8>> =
            Constant::new((regs::queue::MODE.field("STORE_FORWARD").expect("a field").lsb as u64).into()),
        store: Signal<Local, Bits<32>> = Default::default(),
    }
}

impl<const NQ: usize, const QB: usize, const RB: usize, const PB: usize> Logic
    for EgressPick<NQ, QB, RB, PB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, search, sent_rows, sent_pkts, begins, rows, packets, modes);
        dff_setup!(self, clock, ready, seen, seen_bit, seen_ok, changed);
        self.search.rst.next = self.rst.val();
        self.ready.rst.next = self.rst.val();
        self.seen_ok.rst.next = self.rst.val();
        self.changed.rst.next = self.rst.val();

        self.bus_bit.next = 0.into();
        if self.commit_valid.val() {
            self.bus_bit.next = self.one.val() << self.commit_q.val();
        }
        self.left.next = self.ready.q.val();
        if self.change.val() {
            self.left.next = self.ready.q.val() & !self.seen_bit.q.val() & !self.mine.val();
            if self.stays_ready.val() {
                self.left.next = self.left.val() | self.mine.val();
            }
        }
        self.ready.d.next = self.left.val() | self.bus_bit.val();
        self.waiting.next = self.ready.q.val();

        self.search.ready.next = self.ready.q.val() & !self.mine.val() & !self.pause.val();
        self.search.after.next = self.current.val();
        self.next.next = self.search.winner.val();
        self.seen.d.next = self.next.val();
        self.seen_bit.d.next = self.one.val() << self.next.val();
        self.changed.d.next = self.changed.q.val() << 1;
        if self.change.val() {
            self.changed.d.next = (self.changed.q.val() << 1) | self.one_change.val();
        }
        self.seen_ok.d.next = self.search.found.val()
            & !self.change.val()
            & !self.changed.q.val().any()
            & !(self.init_valid.val() & (self.init_q.val() == self.next.val()));
        self.ok.next = self.seen_ok.q.val();
        self.q.next = self.seen.q.val();
        self.mask.next = self.seen_bit.q.val();

        // Words are read again in every clock, so what is written while a queue waits to be picked is seen.
        self.rows.wen.next = self.commit_valid.val();
        self.rows.waddr.next = self.commit_q.val();
        self.rows.wdata.next = self.commit_row.val() & self.row_mask.val();
        self.rows.raddr.next = self.next.val();
        self.limit_row.next = self.rows.rdata.val() & self.row_mask.val();
        self.packets.wen.next = self.commit_valid.val();
        self.packets.waddr.next = self.commit_q.val();
        self.packets.wdata.next = self.commit_pkts.val() & self.pkt_mask.val();
        self.packets.raddr.next = self.next.val();
        self.limit_pkts.next = self.packets.rdata.val() & self.pkt_mask.val();
        self.sent_rows.wen.next = self.gone_valid.val();
        self.sent_rows.waddr.next = self.gone_q.val();
        self.sent_rows.wdata.next = self.gone_row.val();
        self.sent_rows.raddr.next = self.next.val();
        self.row.next = self.sent_rows.rdata.val();
        self.sent_pkts.wen.next = self.gone_valid.val();
        self.sent_pkts.waddr.next = self.gone_q.val();
        self.sent_pkts.wdata.next = self.gone_pkts.val();
        self.sent_pkts.raddr.next = self.next.val();
        self.pkts.next = self.sent_pkts.rdata.val();
        self.begins.wen.next = self.gone_valid.val();
        self.begins.waddr.next = self.gone_q.val();
        self.begins.wdata.next = 0.into();
        if self.gone_begun.val() {
            self.begins.wdata.next = 1.into();
        }
        self.begins.raddr.next = self.next.val();
        self.begun.next = self.begins.rdata.val().any();
        self.modes.wen.next = self.cfgw_valid.val()
            & (self.cfgw_g.val() < self.queues.val())
            & (self.cfgw_index.val() == self.mode.val());
        self.modes.waddr.next = bit_cast::<QB, 7>(self.cfgw_g.val());
        self.store.next = self.cfgw_data.val() >> self.store_lsb.val();
        self.modes.wdata.next = bit_cast::<1, 32>(self.store.val());
        self.modes.raddr.next = self.next.val();
        self.stores.next = self.modes.rdata.val().any();
    }
}
