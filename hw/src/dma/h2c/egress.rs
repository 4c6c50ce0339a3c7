//! FIFO to the card.

use ferrolane_abi::regs;
use rust_hdl::prelude::*;

use super::egress_out::EgressOut;
use super::types::{PacketEnd, Sent};
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::NextReady;

hw! {
    /// Sends committed rows to the card, queue by queue in quanta of 64 rows.
    ///
    /// ```text
    ///  commit bus ─► ready bits ─► NextReady ─► seen ─► current queue ─► FIFO row ─► small FIFO ─► card
    ///           └──► copy per queue ──────────────┘      ▲      ▲                      │
    ///                                                    │      └────── credit ────────┘
    ///                      packet slots ─► this packet ──┘
    /// ```
    /// One beat per clock. The next queue is looked for while the current one is sent; changing after a quantum leaves one
    /// clock idle, after the current one has run dry two. A packet's end and user field are read while the packet before is
    /// sent, so that only packets of one row leave a clock idle, and those that are committed as a whole no other. What is read
    /// of a packet before its end is committed may be old: it is read again until then.
    ///
    /// A queue with MODE.STORE_FORWARD starts a packet only when its end is committed, or so many rows are that it may be larger than
    /// the share; a queue that waits for that has nothing to send, and the next commit makes it ready again.
    ///
    /// `h2c_pause` is looked at, one clock late, for each beat; at most four beats read before still come out.
    pub struct Egress<const W: usize, const KB: usize, const FW: usize, const NQ: usize, const QB: usize, const RB: usize, const AB: usize, const PB: usize, const SLB: usize, const POLICIES: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub commit_valid: Signal<In, Bit> = Default::default(),
        pub commit_q: Signal<In, Bits<6>> = Default::default(),
        pub commit_row: Signal<In, Bits<16>> = Default::default(),
        pub commit_pkts: Signal<In, Bits<16>> = Default::default(),
        pub freed_valid: Signal<Out, Bit> = Default::default(),
        pub freed_q: Signal<Out, Bits<6>> = Default::default(),
        pub freed_row: Signal<Out, Bits<16>> = Default::default(),
        pub freed_pkts: Signal<Out, Bits<16>> = Default::default(),
        /// Slot of the packet memories, `user` and `packet_end` one clock later.
        pub packet_slot: Signal<Out, Bits<SLB>> = Default::default(),
        pub user: Signal<In, Bits<33>> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<In, Bits<NQ>> = Default::default(),
        pub packet_end: Signal<In, PacketEnd> = Default::default(),
        /// Row of the FIFO, `r_data` one clock later.
        pub r_row: Signal<Out, Bits<AB>> = Default::default(),
        pub r_data: Signal<In, Bits<W>> = Default::default(),
        pub h2c_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub h2c_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_axis_tmem: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tfixed: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_terr: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        init: InitOnce = Default::default(),
        out: EgressOut<W, KB, FW, QB> = Default::default(),
        search: NextReady<NQ, QB> = Default::default(),
        saved: Bram<Sent, QB> = Default::default(),
        committed: Bram<Sent, QB> = Default::default(),
        pause: Dffr<Bits<NQ>> = Default::default(),
        ready: Dffr<Bits<NQ>> = Default::default(),
        // Queues with store-and-forward, and those of whose present packet a row was sent.
        stores: Dffr<Bits<NQ>> = Default::default(),
        midway: Dffr<Bits<NQ>> = Default::default(),
        // The commit bus one clock ago: a copy read then may have missed it.
        late_valid: Dffr<Bit> = Default::default(),
        late_q: Reg<Bits<QB>> = Default::default(),
        late: Reg<Sent> = Default::default(),
        // The next queue.
        seen: Reg<Bits<QB>> = Default::default(),
        seen_bit: Reg<Bits<NQ>> = Default::default(),
        seen_ok: Dffr<Bit> = Default::default(),
        // The current one.
        have: Dffr<Bit> = Default::default(),
        mine: Dffr<Bits<NQ>> = Default::default(),
        q: Dffr<Bits<QB>> = Default::default(),
        sent: Dffr<Sent> = Default::default(),
        limit: Dffr<Sent> = Default::default(),
        count: Dffr<Bits<6>> = Default::default(),
        stores_mine: Dffr<Bit> = Default::default(),
        begun: Dffr<Bit> = Default::default(),
        deep: Dffr<Bit> = Default::default(),
        // Its packet: `known` if the end is.
        this_ok: Dffr<Bit> = Default::default(),
        known: Dffr<Bit> = Default::default(),
        this_end: Reg<PacketEnd> = Default::default(),
        this_user: Reg<Bits<33>> = Default::default(),
        // Slot that is read, and whether the memories' output belongs to it. Behind `this` once that is known.
        ahead: Reg<Bits<PB>> = Default::default(),
        there: Dffr<Bit> = Default::default(),
        gone_valid: Dffr<Bit> = Default::default(),
        gone_q: Reg<Bits<QB>> = Default::default(),
        gone: Reg<Sent> = Default::default(),
        bus: Signal<Local, Sent> = Default::default(),
        bus_q: Signal<Local, Bits<QB>> = Default::default(),
        bus_bit: Signal<Local, Bits<NQ>> = Default::default(),
        init_q: Signal<Local, Bits<QB>> = Default::default(),
        next: Signal<Local, Bits<QB>> = Default::default(),
        seen_sent: Signal<Local, Sent> = Default::default(),
        seen_limit: Signal<Local, Sent> = Default::default(),
        limit_now: Signal<Local, Sent> = Default::default(),
        next_sent: Signal<Local, Sent> = Default::default(),
        open: Signal<Local, Bits<NQ>> = Default::default(),
        ready_next: Signal<Local, Bits<NQ>> = Default::default(),
        left: Signal<Local, Bit> = Default::default(),
        nothing: Signal<Local, Bit> = Default::default(),
        waits: Signal<Local, Bit> = Default::default(),
        waiting_rows: Signal<Local, Bits<16>> = Default::default(),
        cfgw_bit: Signal<Local, Bits<NQ>> = Default::default(),
        keep: Signal<Local, Bits<NQ>> = Default::default(),
        store_in: Signal<Local, Bits<32>> = Default::default(),
        usable: Signal<Local, Bit> = Default::default(),
        ended: Signal<Local, Bit> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        change: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        more: Signal<Local, Bit> = Default::default(),
        pkts: Signal<Local, Bits<16>> = Default::default(),
        row: Signal<Local, Bits<16>> = Default::default(),
        slot_q: Signal<Local, Bits<QB>> = Default::default(),
        slot: Signal<Local, Bits<PB>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        most: Constant<Bits<16>> = Constant::new(most::<KB, RB>().into()),
        mode: Constant<Bits<6>> = Constant::new((regs::queue::MODE.offset as u64 / 4).into()),
        store_lsb: Constant<Bits<8>> =
            Constant::new((regs::queue::MODE.field("STORE_FORWARD").expect("a field").lsb as u64).into()),
        one_slot: Constant<Bits<PB>> = Constant::new(1_u64.into()),
        zero: Constant<Sent> = Constant::new(Sent::default()),
        last_row: Constant<Bits<6>> = Constant::new(63_u64.into()),
        queue_shift: Constant<Bits<5>> = Constant::new((RB as u64).into()),
        slot_shift: Constant<Bits<5>> = Constant::new((PB as u64).into()),
    }
}

/// A packet of that many rows starts though its end isn't committed: three quarters of the share, but no more than issue
/// fills. That leaves room for less than a request, which is a quarter of the share or 512 bytes, and two rows in part.
const fn most<const KB: usize, const RB: usize>() -> u64 {
    let rows = 1_u64 << RB;
    let (quarter, least) = (rows / 4, 512 / KB as u64);
    let free = if quarter > least { quarter } else { least } + 2;
    if free < rows {
        rows - free
    } else {
        1
    }
}

impl<
        const W: usize,
        const KB: usize,
        const FW: usize,
        const NQ: usize,
        const QB: usize,
        const RB: usize,
        const AB: usize,
        const PB: usize,
        const SLB: usize,
        const POLICIES: usize,
    > Logic for Egress<W, KB, FW, NQ, QB, RB, AB, PB, SLB, POLICIES>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init, out, search, saved, committed);
        dff_setup!(
            self, clock, pause, ready, late_valid, late_q, late, seen, seen_bit, seen_ok, have, mine, q
        );
        dff_setup!(self, clock, sent, limit, count, this_ok, known, this_end, this_user, ahead, there);
        dff_setup!(self, clock, gone_valid, gone_q, gone, stores, midway, stores_mine, begun, deep);
        self.stores.rst.next = self.rst.val();
        self.midway.rst.next = self.rst.val();
        self.stores_mine.rst.next = self.rst.val();
        self.begun.rst.next = self.rst.val();
        self.deep.rst.next = self.rst.val();
        self.init.rst.next = self.rst.val();
        self.out.rst.next = self.rst.val();
        self.search.rst.next = self.rst.val();
        self.pause.rst.next = self.rst.val();
        self.ready.rst.next = self.rst.val();
        self.late_valid.rst.next = self.rst.val();
        self.seen_ok.rst.next = self.rst.val();
        self.have.rst.next = self.rst.val();
        self.mine.rst.next = self.rst.val();
        self.q.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.limit.rst.next = self.rst.val();
        self.count.rst.next = self.rst.val();
        self.this_ok.rst.next = self.rst.val();
        self.known.rst.next = self.rst.val();
        self.there.rst.next = self.rst.val();
        self.gone_valid.rst.next = self.rst.val();

        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = self.init.ask.val();
        self.init_done.next = self.init.done.val();
        self.init_q.next = bit_cast::<QB, 7>(self.init_g.val());
        self.pause.d.next = self.h2c_pause.val();

        self.cfgw_bit.next = self.one.val() << self.cfgw_g.val();
        self.store_in.next = self.cfgw_data.val() >> self.store_lsb.val();
        if self.cfgw_valid.val()
            & (self.cfgw_g.val() < self.queues.val())
            & (self.cfgw_index.val() == self.mode.val())
        {
            self.keep.next = !self.cfgw_bit.val();
            self.stores.d.next = self.stores.q.val() & self.keep.val();
            if self.store_in.val().get_bit(0) {
                self.stores.d.next = self.stores.q.val() | self.cfgw_bit.val();
            }
        } else {
            self.keep.next = 0.into();
        }

        self.bus.next.row = self.commit_row.val();
        self.bus.next.pkts = self.commit_pkts.val();
        self.bus_q.next = bit_cast::<QB, 6>(self.commit_q.val());
        self.bus_bit.next = 0.into();
        if self.commit_valid.val() {
            self.bus_bit.next = self.one.val() << self.bus_q.val();
        }
        self.late_valid.d.next = self.commit_valid.val();
        self.late_q.d.next = self.bus_q.val();
        self.late.d.next = self.bus.val();
        self.committed.wen.next = self.commit_valid.val();
        self.committed.waddr.next = self.bus_q.val();
        self.committed.wdata.next = self.bus.val();

        // The next queue: any that is ready but the current one. One that is being cleared has values of two lives.
        self.open.next = self.ready.q.val() & !self.mine.q.val() & !self.pause.q.val();
        self.seen_sent.next = self.saved.rdata.val();
        self.seen_limit.next = self.committed.rdata.val();
        if self.late_valid.q.val() & (self.late_q.q.val() == self.seen.q.val()) {
            self.seen_limit.next = self.late.q.val();
        }
        if self.commit_valid.val() & (self.bus_q.val() == self.seen.q.val()) {
            self.seen_limit.next = self.bus.val();
        }
        self.usable.next = self.seen_ok.q.val()
            & (self.seen_bit.q.val() & self.open.val()).any()
            & !(self.init.init_valid.val() & (self.init_q.val() == self.seen.q.val()))
            & !self.init.ask.val();

        // The current queue: one beat if there is a row, and room behind the FIFO.
        self.left.next = self.sent.q.val().row != self.limit.q.val().row;
        self.ended.next = self.sent.q.val().pkts != self.limit.q.val().pkts;
        // A change of the queue is two clocks old when a row of it may go.
        self.waiting_rows.next = self.limit.q.val().row - self.sent.q.val().row;
        self.deep.d.next = self.waiting_rows.val() >= self.most.val();
        self.waits.next =
            self.stores_mine.q.val() & !self.begun.q.val() & !self.ended.val() & !self.deep.q.val();
        self.nothing.next = !self.have.q.val()
            | !self.left.val()
            | self.waits.val()
            | (self.mine.q.val() & self.pause.q.val()).any();
        // Rows behind an end that isn't known yet belong to another packet.
        self.go.next = !self.nothing.val()
            & self.this_ok.q.val()
            & (self.known.q.val() | !self.ended.val())
            & self.out.room.val()
            & !self.init.ask.val();
        self.ends.next = self.known.q.val() & (self.sent.q.val().row == self.this_end.q.val().row);
        self.change.next = self.usable.val()
            & (self.nothing.val() | (self.go.val() & (self.count.q.val() == self.last_row.val())));
        self.next_sent.next = self.sent.q.val();
        self.limit_now.next = self.limit.q.val();
        if self.commit_valid.val() & (self.bus_q.val() == self.q.q.val()) {
            self.limit_now.next = self.bus.val();
        }
        self.pkts.next = self.sent.q.val().pkts + 1;
        if self.go.val() {
            self.begun.d.next = !self.ends.val();
            self.keep.next = !self.mine.q.val();
            self.midway.d.next = self.midway.q.val() | self.mine.q.val();
            if self.ends.val() {
                self.midway.d.next = self.midway.q.val() & self.keep.val();
            }
            self.next_sent.next.row = self.sent.q.val().row + 1;
            if self.ends.val() {
                self.next_sent.next.pkts = self.pkts.val();
            }
            if self.count.q.val() != self.last_row.val() {
                self.count.d.next = self.count.q.val() + 1;
            }
        }
        self.gone_valid.d.next = self.go.val();
        self.gone_q.d.next = self.q.q.val();
        self.gone.d.next = self.next_sent.val();

        // Its packet. Once `this` is known, the memories are read ahead.
        self.there.d.next = self.have.q.val();
        self.load.next = !self.known.q.val() & self.there.q.val();
        self.more.next = self.ended.val();
        if self.go.val() & self.ends.val() {
            self.load.next = self.there.q.val();
            self.more.next = self.pkts.val() != self.limit.q.val().pkts;
            self.this_ok.d.next = false;
            self.known.d.next = false;
        }
        self.row.next = self.packet_end.val().row;
        self.this_end.d.next = self.this_end.q.val();
        if self.load.val() {
            self.this_ok.d.next = true;
            self.this_user.d.next = self.user.val();
            self.this_end.d.next = self.packet_end.val();
            self.this_end.d.next.row = self.row.val() - 1;
            if self.more.val() {
                self.known.d.next = true;
                self.ahead.d.next = self.ahead.q.val() + self.one_slot.val();
                self.there.d.next = false;
            }
        }
        self.slot_q.next = self.q.q.val();
        self.slot.next = self.ahead.q.val();

        // Ready bits: of the current queue it is right when the queue is left.
        self.ready_next.next = self.ready.q.val();
        self.saved.wen.next = self.change.val() & self.have.q.val();
        self.saved.waddr.next = self.q.q.val();
        self.saved.wdata.next = self.next_sent.val();
        if self.change.val() {
            self.ready_next.next = self.ready.q.val() & !self.seen_bit.q.val() & !self.mine.q.val();
            // What was committed in the clock before may have ended the wait.
            if self.left.val()
                & (!self.waits.val() | (self.late_valid.q.val() & (self.late_q.q.val() == self.q.q.val())))
            {
                self.ready_next.next = self.ready_next.val() | self.mine.q.val();
            }
            self.have.d.next = true;
            self.mine.d.next = self.seen_bit.q.val();
            self.q.d.next = self.seen.q.val();
            self.count.d.next = 0.into();
            self.stores_mine.d.next = (self.stores.q.val() & self.seen_bit.q.val()).any();
            self.begun.d.next = (self.midway.q.val() & self.seen_bit.q.val()).any();
            self.next_sent.next = self.seen_sent.val();
            self.limit_now.next = self.seen_limit.val();
            self.this_ok.d.next = false;
            self.known.d.next = false;
            self.slot_q.next = self.seen.q.val();
            self.slot.next = bit_cast::<PB, 16>(self.seen_sent.val().pkts);
            self.ahead.d.next = bit_cast::<PB, 16>(self.seen_sent.val().pkts);
            self.there.d.next = true;
        }
        self.ready.d.next = self.ready_next.val() | self.bus_bit.val();
        self.sent.d.next = self.next_sent.val();
        self.limit.d.next = self.limit_now.val();

        // Look up the next queue's state in the clock before it may be used, so not while it is written.
        self.search.ready.next = self.open.val();
        self.search.after.next = self.q.q.val();
        self.next.next = self.search.winner.val();
        self.saved.raddr.next = self.next.val();
        self.committed.raddr.next = self.next.val();
        self.seen.d.next = self.next.val();
        self.seen_bit.d.next = self.one.val() << self.next.val();
        self.seen_ok.d.next = self.search.found.val()
            & !(self.saved.wen.val() & (self.next.val() == self.q.q.val()))
            & !self.init.ask.val();

        if self.init.ask.val() {
            self.saved.wen.next = true;
            self.saved.waddr.next = self.init_q.val();
            self.saved.wdata.next = self.zero.val();
            self.gone_valid.d.next = true;
            self.gone_q.d.next = self.init_q.val();
            self.gone.d.next = self.zero.val();
            self.keep.next = self.one.val() << self.init_q.val();
            self.keep.next = !self.keep.val();
            self.midway.d.next = self.midway.d.val() & self.keep.val();
            if self.init_q.val() == self.q.q.val() {
                self.have.d.next = false;
                self.mine.d.next = 0.into();
                self.this_ok.d.next = false;
                self.known.d.next = false;
                self.there.d.next = false;
            }
        }
        self.packet_slot.next = (bit_cast::<SLB, QB>(self.slot_q.val()) << self.slot_shift.val())
            | bit_cast::<SLB, PB>(self.slot.val());

        // The beat: row to the memory now, everything else beside its data one clock later.
        self.r_row.next = (bit_cast::<AB, QB>(self.q.q.val()) << self.queue_shift.val())
            | bit_cast::<AB, RB>(bit_cast::<RB, 16>(self.sent.q.val().row));
        self.out.go.next = self.go.val();
        self.out.q.next = self.q.q.val();
        self.out.last.next = self.ends.val();
        self.out.packet_end.next = self.this_end.q.val();
        self.out.memory.next = (self.memory.val() & self.mine.q.val()).any();
        self.out.user.next = self.this_user.q.val();
        self.out.data.next = self.r_data.val();
        self.h2c_axis_tdata.next = self.out.h2c_axis_tdata.val();
        self.h2c_axis_tkeep.next = self.out.h2c_axis_tkeep.val();
        self.h2c_axis_tlast.next = self.out.h2c_axis_tlast.val();
        self.h2c_axis_tdest.next = self.out.h2c_axis_tdest.val();
        self.h2c_axis_tuser.next = self.out.h2c_axis_tuser.val();
        self.h2c_axis_tmem.next = self.out.h2c_axis_tmem.val();
        self.h2c_axis_tfixed.next = self.out.h2c_axis_tfixed.val();
        self.h2c_axis_terr.next = self.out.h2c_axis_terr.val();
        self.h2c_axis_tvalid.next = self.out.h2c_axis_tvalid.val();
        self.out.h2c_axis_tready.next = self.h2c_axis_tready.val();
        self.freed_valid.next = self.gone_valid.q.val();
        self.freed_q.next = bit_cast::<6, QB>(self.gone_q.q.val());
        self.freed_row.next = self.gone.q.val().row;
        self.freed_pkts.next = self.gone.q.val().pkts;
    }
}
