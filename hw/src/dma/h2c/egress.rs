//! FIFO to the card.

use rust_hdl::prelude::*;

use super::closer::Closer;
use super::egress_out::EgressOut;
use super::egress_pick::EgressPick;
use super::types::{PacketEnd, Sent};
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Sends committed rows to the card, queue by queue in quanta of 64 rows.
    ///
    /// ```text
    ///  commit bus ─► pick: the next queue ─► current queue ─► FIFO row ─► small FIFO ─► card
    ///           └─► one clock late ──────────►   ▲      ▲                    │
    ///                                            │      └────── credit ──────┘
    ///                 packet slots ─► this packet┘
    /// ```
    /// One beat per clock. The next queue is looked for while the current one is sent; changing after a quantum leaves one
    /// clock idle, after the current one has run dry two. A packet's end and user field are read while the packet before is
    /// sent, so that only packets of one row leave a clock idle, and those that are committed as a whole no other. What is read
    /// of a packet before its end is committed may be old: it is read again until then.
    ///
    /// A queue with MODE.STORE_FORWARD starts a packet only when its end is committed, or so many rows are that it may be larger than
    /// the share; a queue that waits for that has nothing to send, and the next commit makes it ready again. `POLICIES` = 0 leaves this out.
    ///
    /// Rows and packet ends are compared one clock ahead of their use, for both cases: that a row is sent, and that none is. What is
    /// committed thus counts three clocks after its bus event. No more than 2^`RB` rows and 2^`PB` packets are
    /// in the share, so one bit more than that is compared.
    ///
    /// What enters the small FIFO leaves it: that has `card_rst` only, the reset of the card itself, and [`Closer`] ends on the stream
    /// what a reset, a clearing, a stop or an error cut. A queue is held like a paused one until then.
    ///
    /// `h2c_pause` stops beats two clocks late; those read by then are in the small FIFO, so at most four come out.
    pub struct Egress<const W: usize, const KB: usize, const FW: usize, const NQ: usize, const QB: usize, const RB: usize, const AB: usize, const PB: usize, const SLB: usize, const POLICIES: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub card_rst: Signal<In, Bit> = Default::default(),
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
        /// Bit 32 FIXED of the packet's descriptor, below it the card field.
        pub user: Signal<In, Bits<33>> = Default::default(),
        pub packet_end: Signal<In, PacketEnd> = Default::default(),
        /// Row of the FIFO, `r_data` one clock later.
        pub r_row: Signal<Out, Bits<AB>> = Default::default(),
        pub r_data: Signal<In, Bits<W>> = Default::default(),
        /// Queues whose other end is the card's memory; changes only while the queue is idle.
        pub memory: Signal<In, Bits<NQ>> = Default::default(),
        /// Queues of which nothing more is committed until they are cleared.
        pub stopped: Signal<In, Bits<NQ>> = Default::default(),
        pub h2c_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub h2c_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_axis_terr: Signal<Out, Bit> = Default::default(),
        /// The beat is of a queue in `memory`, and bit 32 of its `user`.
        pub h2c_axis_tmem: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tfixed: Signal<Out, Bit> = Default::default(),
        /// It is from before the last `rst`.
        pub h2c_axis_told: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        init: InitOnce = Default::default(),
        asked: Dffr<Bit> = Default::default(),
        pick: EgressPick<NQ, QB, RB, PB> = Default::default(),
        out: EgressOut<W, KB, FW, QB> = Default::default(),
        closer: Closer<NQ, QB> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        pause: Dffr<Bits<NQ>> = Default::default(),
        // The commit bus one clock ago.
        late_valid: Dffr<Bit> = Default::default(),
        late_q: Reg<Bits<QB>> = Default::default(),
        late: Reg<Sent> = Default::default(),
        // An event of the current queue two clocks ago.
        recent: Dffr<Bit> = Default::default(),
        // The current queue.
        have: Dffr<Bit> = Default::default(),
        mine: Dffr<Bits<NQ>> = Default::default(),
        q: Dffr<Bits<QB>> = Default::default(),
        sent: Dffr<Sent> = Default::default(),
        limit: Dffr<Sent> = Default::default(),
        count: Dffr<Bits<6>> = Default::default(),
        in_memory: Dffr<Bit> = Default::default(),
        // It has a row and isn't paused.
        can: Dffr<Bit> = Default::default(),
        // The end of its packet is committed.
        ended: Dffr<Bit> = Default::default(),
        // Store-and-forward: a row of the packet was sent; so much is committed that it may be larger than the share.
        stores: Dffr<Bit> = Default::default(),
        begun: Dffr<Bit> = Default::default(),
        deep: Dffr<Bit> = Default::default(),
        // Its packet: `known` if the end is.
        this_ok: Dffr<Bit> = Default::default(),
        known: Dffr<Bit> = Default::default(),
        this_end: Reg<PacketEnd> = Default::default(),
        this_user: Reg<Bits<33>> = Default::default(),
        // The memories' output belongs to `this` packet, or to the one behind it once `this` is known.
        there: Dffr<Bit> = Default::default(),
        gone_valid: Dffr<Bit> = Default::default(),
        gone_q: Reg<Bits<QB>> = Default::default(),
        gone_row: Dffr<Bits<16>> = Default::default(),
        gone_pkts: Dffr<Bits<16>> = Default::default(),
        gone_begun: Dffr<Bit> = Default::default(),
        sending: Signal<Local, Bits<NQ>> = Default::default(),
        own_init: Signal<Local, Bit> = Default::default(),
        init_q: Signal<Local, Bits<QB>> = Default::default(),
        heard: Signal<Local, Bit> = Default::default(),
        after_row: Signal<Local, Bits<16>> = Default::default(),
        after_pkts: Signal<Local, Bits<16>> = Default::default(),
        row_now: Signal<Local, Bits<16>> = Default::default(),
        row_then: Signal<Local, Bits<16>> = Default::default(),
        pkts_now: Signal<Local, Bits<16>> = Default::default(),
        pkts_then: Signal<Local, Bits<16>> = Default::default(),
        left: Signal<Local, Bit> = Default::default(),
        more: Signal<Local, Bit> = Default::default(),
        waits: Signal<Local, Bit> = Default::default(),
        waiting_rows: Signal<Local, Bits<16>> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        change: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        slot_q: Signal<Local, Bits<QB>> = Default::default(),
        slot: Signal<Local, Bits<PB>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        policies: Constant<Bit> = Constant::new(POLICIES != 0),
        most: Constant<Bits<16>> = Constant::new(most::<KB, RB>().into()),
        row_mask: Constant<Bits<16>> = Constant::new(((2_u64 << RB) - 1).into()),
        pkt_mask: Constant<Bits<16>> = Constant::new(((2_u64 << PB) - 1).into()),
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
        clock!(self, clock, init, pick, out, closer);
        dff_setup!(self, clock, asked, pause, late_valid, late_q, late, recent, have, mine, q, sent, limit);
        dff_setup!(self, clock, count, in_memory, can, ended, stores, begun, deep, this_ok, known, this_end);
        dff_setup!(self, clock, this_user, there, gone_valid, gone_q, gone_row, gone_pkts, gone_begun);
        dff_setup!(self, clock, cleared);
        self.init.rst.next = self.rst.val();
        self.pick.rst.next = self.rst.val();
        self.out.rst.next = self.card_rst.val();
        self.out.core_rst.next = self.rst.val();
        self.closer.rst.next = self.card_rst.val();
        self.closer.core_rst.next = self.rst.val();
        self.cleared.rst.next = self.rst.val();
        self.asked.rst.next = self.rst.val();
        self.pause.rst.next = self.rst.val();
        self.late_valid.rst.next = self.rst.val();
        self.recent.rst.next = self.rst.val();
        self.q.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.limit.rst.next = self.rst.val();
        self.in_memory.rst.next = self.rst.val();
        self.ended.rst.next = self.rst.val();
        self.stores.rst.next = self.rst.val();
        self.begun.rst.next = self.rst.val();
        self.deep.rst.next = self.rst.val();
        self.gone_valid.rst.next = self.rst.val();

        // Clearing takes the clock in which `asked` is set: nothing goes then.
        self.init_q.next = bit_cast::<QB, 7>(self.init_g.val());
        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = self.asked.q.val();
        self.init_done.next = self.init.done.val();
        self.asked.d.next = self.init.ask.val() & !self.asked.q.val();
        self.own_init.next = self.rst.val() | (self.asked.q.val() & (self.init_q.val() == self.q.q.val()));
        self.pause.d.next = self.h2c_pause.val() | self.closer.due.val();
        self.in_memory.d.next = (self.memory.val() & self.mine.q.val()).any();

        self.late_valid.d.next = self.commit_valid.val();
        self.late_q.d.next = bit_cast::<QB, 6>(self.commit_q.val());
        self.late.d.next.row = self.commit_row.val() & self.row_mask.val();
        self.late.d.next.pkts = self.commit_pkts.val() & self.pkt_mask.val();
        self.heard.next = self.late_valid.q.val() & (self.late_q.q.val() == self.q.q.val());
        self.recent.d.next = self.heard.val();

        // One beat if there is a row of a packet that is known so far, and room behind the FIFO. Rows behind an end that
        // isn't known yet belong to another packet.
        self.waits.next =
            self.stores.q.val() & !self.begun.q.val() & !self.ended.q.val() & !self.deep.q.val();
        self.go.next = self.can.q.val()
            & !self.waits.val()
            & self.this_ok.q.val()
            & (self.known.q.val() | !self.ended.q.val())
            & self.out.room.val();
        self.after_row.next = self.sent.q.val().row + 1;
        self.after_pkts.next = self.sent.q.val().pkts + 1;
        self.row_now.next = self.sent.q.val().row & self.row_mask.val();
        self.row_then.next = self.after_row.val() & self.row_mask.val();
        self.pkts_now.next = self.sent.q.val().pkts & self.pkt_mask.val();
        self.pkts_then.next = self.after_pkts.val() & self.pkt_mask.val();
        self.ends.next =
            self.go.val() & self.known.q.val() & (self.row_then.val() == self.this_end.q.val().row);
        self.left.next = self.row_now.val() != self.limit.q.val().row;
        // A ready bit of the current queue tells of rows that it may have sent.
        self.sending.next = self.pick.waiting.val() & !self.mine.q.val();
        if self.left.val() | self.heard.val() {
            self.sending.next = self.pick.waiting.val() | self.mine.q.val();
        }
        if self.go.val() {
            self.left.next = self.row_then.val() != self.limit.q.val().row;
            self.begun.d.next = !self.ends.val();
            self.sent.d.next.row = self.after_row.val();
            if self.count.q.val() != self.last_row.val() {
                self.count.d.next = self.count.q.val() + 1;
            }
        }
        self.more.next = self.pkts_now.val() != self.limit.q.val().pkts;
        if self.ends.val() {
            self.more.next = self.pkts_then.val() != self.limit.q.val().pkts;
            self.sent.d.next.pkts = self.after_pkts.val();
        }
        self.ended.d.next = self.more.val();
        self.can.d.next = self.have.q.val()
            & self.left.val()
            & !(self.mine.q.val() & self.pause.q.val()).any()
            & !self.init.ask.val();
        self.waiting_rows.next = self.limit.q.val().row - self.row_now.val();
        self.waiting_rows.next = self.waiting_rows.val() & self.row_mask.val();
        self.deep.d.next = self.waiting_rows.val() >= self.most.val();

        // Its packet. Once `this` is known, the memories are read ahead.
        self.load.next = self.there.q.val() & (!self.known.q.val() | self.ends.val());
        self.there.d.next = self.have.q.val() & !(self.load.val() & self.more.val());
        self.this_end.d.next = self.this_end.q.val();
        if self.ends.val() {
            self.this_ok.d.next = false;
            self.known.d.next = false;
        }
        if self.load.val() {
            self.this_ok.d.next = true;
            self.known.d.next = self.more.val();
            self.this_user.d.next = self.user.val();
            self.this_end.d.next.row = self.packet_end.val().row & self.row_mask.val();
            self.this_end.d.next.last_byte = self.packet_end.val().last_byte;
        }
        self.slot_q.next = self.q.q.val();
        self.slot.next = bit_cast::<PB, 16>(self.sent.q.val().pkts);
        if self.known.q.val() {
            self.slot.next = bit_cast::<PB, 16>(self.after_pkts.val());
        }

        // The next queue, after a quantum or when there is nothing to send.
        self.change.next = self.pick.ok.val()
            & !self.asked.q.val()
            & (!self.can.q.val()
                | self.waits.val()
                | (self.go.val() & (self.count.q.val() == self.last_row.val())));
        if self.heard.val() {
            self.limit.d.next = self.late.q.val();
        }
        if self.change.val() {
            self.have.d.next = true;
            self.mine.d.next = self.pick.mask.val();
            self.q.d.next = self.pick.q.val();
            self.stores.d.next = self.pick.stores.val() & self.policies.val();
            self.begun.d.next = self.pick.begun.val();
            self.sent.d.next.row = self.pick.row.val();
            self.sent.d.next.pkts = self.pick.pkts.val();
            self.limit.d.next.row = self.pick.limit_row.val();
            self.limit.d.next.pkts = self.pick.limit_pkts.val();
            self.slot_q.next = self.pick.q.val();
            self.slot.next = bit_cast::<PB, 16>(self.pick.pkts.val());
            self.there.d.next = true;
        }
        self.count.rst.next = self.rst.val() | self.change.val();
        self.can.rst.next = self.rst.val() | self.change.val() | self.asked.q.val();
        self.this_ok.rst.next = self.own_init.val() | self.change.val();
        self.known.rst.next = self.own_init.val() | self.change.val();
        self.there.rst.next = self.own_init.val();
        self.have.rst.next = self.own_init.val();
        self.mine.rst.next = self.own_init.val();
        self.packet_slot.next = (bit_cast::<SLB, QB>(self.slot_q.val()) << self.slot_shift.val())
            | bit_cast::<SLB, PB>(self.slot.val());

        self.pick.commit_valid.next = self.commit_valid.val();
        self.pick.commit_q.next = bit_cast::<QB, 6>(self.commit_q.val());
        self.pick.commit_row.next = self.commit_row.val();
        self.pick.commit_pkts.next = self.commit_pkts.val();
        self.pick.cfgw_valid.next = self.cfgw_valid.val();
        self.pick.cfgw_g.next = self.cfgw_g.val();
        self.pick.cfgw_index.next = self.cfgw_index.val();
        self.pick.cfgw_data.next = self.cfgw_data.val();
        self.pick.pause.next = self.pause.q.val();
        self.pick.init_valid.next = self.init.init_valid.val();
        self.pick.init_q.next = self.init_q.val();
        self.pick.current.next = self.q.q.val();
        self.pick.mine.next = self.mine.q.val();
        self.pick.change.next = self.change.val();
        // What was committed in the clocks before may have ended a wait.
        self.pick.stays_ready.next =
            (self.left.val() & !self.waits.val()) | self.heard.val() | self.recent.q.val();

        // What was sent, for issue and for the queue's next turn.
        self.gone_valid.d.next = self.go.val() | self.asked.q.val();
        self.gone_q.d.next = self.q.q.val();
        if self.asked.q.val() {
            self.gone_q.d.next = self.init_q.val();
        }
        self.gone_row.d.next = self.after_row.val();
        self.gone_pkts.d.next = self.sent.q.val().pkts;
        if self.ends.val() {
            self.gone_pkts.d.next = self.after_pkts.val();
        }
        self.gone_begun.d.next = !self.ends.val() & self.policies.val();
        self.gone_row.rst.next = self.asked.q.val();
        self.gone_pkts.rst.next = self.asked.q.val();
        self.gone_begun.rst.next = self.asked.q.val();
        self.pick.gone_valid.next = self.gone_valid.q.val();
        self.pick.gone_q.next = self.gone_q.q.val();
        self.pick.gone_row.next = self.gone_row.q.val();
        self.pick.gone_pkts.next = self.gone_pkts.q.val();
        self.pick.gone_begun.next = self.gone_begun.q.val();
        self.freed_valid.next = self.gone_valid.q.val();
        self.freed_q.next = bit_cast::<6, QB>(self.gone_q.q.val());
        self.freed_row.next = self.gone_row.q.val();
        self.freed_pkts.next = self.gone_pkts.q.val();

        // The beat: row to the memory now, everything else beside its data one clock later.
        self.r_row.next = (bit_cast::<AB, QB>(self.q.q.val()) << self.queue_shift.val())
            | bit_cast::<AB, RB>(bit_cast::<RB, 16>(self.sent.q.val().row));
        self.out.go.next = self.go.val();
        self.out.q.next = self.q.q.val();
        self.out.memory.next = self.in_memory.q.val();
        self.out.last.next = self.ends.val();
        self.out.last_byte.next = self.this_end.q.val().last_byte;
        self.out.user.next = self.this_user.q.val();
        self.out.data.next = self.r_data.val();
        self.h2c_axis_tdata.next = self.out.h2c_axis_tdata.val();
        self.h2c_axis_tkeep.next = self.out.h2c_axis_tkeep.val();
        self.h2c_axis_tlast.next = self.out.h2c_axis_tlast.val();
        self.h2c_axis_tdest.next = self.out.h2c_axis_tdest.val();
        self.h2c_axis_tuser.next = self.out.h2c_axis_tuser.val();
        self.h2c_axis_terr.next = self.out.h2c_axis_terr.val();
        self.h2c_axis_told.next = self.out.stale.val();
        self.h2c_axis_tmem.next = self.out.h2c_axis_tmem.val();
        self.h2c_axis_tfixed.next = self.out.h2c_axis_tfixed.val();
        self.h2c_axis_tvalid.next = self.out.h2c_axis_tvalid.val();
        self.out.h2c_axis_tready.next = self.h2c_axis_tready.val();

        self.cleared.d.next = self.asked.q.val();
        self.closer.beat.next = self.out.beat.val();
        self.closer.beat_q.next = self.out.beat_q.val();
        self.closer.beat_last.next = self.out.beat_last.val();
        self.closer.clear.next = self.cleared.q.val();
        self.closer.clear_q.next = self.gone_q.q.val();
        self.closer.stopped.next = self.stopped.val();
        self.closer.sending.next = self.sending.val();
        self.closer.pause.next = self.h2c_pause.val();
        self.closer.taken.next = self.out.closed.val();
        self.out.close.next = self.closer.offer.val();
        self.out.close_q.next = self.closer.offer_q.val();
    }
}
