//! Takes beats from the card into the FIFO shares of their queues.

use rust_hdl::prelude::*;

pub(super) use super::room::PAUSE;
use super::types::{PacketEnd, Side};
use super::{Arrivals, Dropper, Room};
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Mirror;

hw! {
    /// Writes each beat as a row of the share of queue TDEST and notes where packets end.
    ///
    /// ```text
    ///  c2h_axis ─► Arrivals ─► beat ─► may it come? ─► counts, packet ends ─► row memory, fill bus
    ///                                   ▲      ▲ └─► Room: full, nearly full ─┐
    ///                          Dropper ─┘      └──────────────────────────────┘
    /// ```
    /// One beat per clock, the queues in any order. A beat whose share has no room waits and with it all behind it;
    /// `c2h_pause` rises early enough (32 rows) for a card that stops in time never to meet that.
    ///
    /// TKEEP counts with TLAST only, see `Lanes`. A beat for a queue that was not built is taken
    /// and dropped. Beats wait while their queue has not been cleared since reset. With `tbad` a packet may end in a
    /// row of which no byte counts.
    ///
    /// A queue with MODE.DROP never makes a beat wait, see `Dropper`.
    ///
    /// A queue that is cleared starts with the next beat that comes for it, even if the card is within a packet.
    ///
    /// `NQ` is a power of two. The row's data, `mem_*`, come with its `fill` event, one clock behind `pkt_*`.
    pub struct Ingress<
        const W: usize, const KB: usize, const NQ: usize, const QB: usize, const RB: usize, const PB: usize,
        const AB: usize, const PAB: usize, const OB: usize, const POLICIES: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<In, Bit> = Default::default(),
        /// Counts with TLAST: the packet ends with an error mark.
        pub c2h_axis_tbad: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdest: Signal<In, Bits<6>> = Default::default(),
        pub c2h_axis_tuser: Signal<In, Bits<32>> = Default::default(),
        pub c2h_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<Out, Bit> = Default::default(),
        pub c2h_pause: Signal<Out, Bits<NQ>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// Queues with head drop that would pause the card if they could.
        pub shed: Signal<Out, Bits<NQ>> = Default::default(),
        /// Pulse: the last beat of a packet that was dropped has come. Its bytes count modulo 2^24 beats.
        pub drop_valid: Signal<Out, Bit> = Default::default(),
        pub drop_q: Signal<Out, Bits<6>> = Default::default(),
        pub drop_bytes: Signal<Out, Bits<32>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        /// High in the clock in which the queue is cleared, once per `init_valid`.
        pub init_done_ingress: Signal<Out, Bit> = Default::default(),
        pub fill_valid: Signal<Out, Bit> = Default::default(),
        pub fill_q: Signal<Out, Bits<6>> = Default::default(),
        /// It tells that the queue was cleared.
        pub fill_clears: Signal<Out, Bit> = Default::default(),
        pub fill_row: Signal<Out, Bits<16>> = Default::default(),
        pub fill_pkts: Signal<Out, Bits<16>> = Default::default(),
        pub c2h_freed_valid: Signal<In, Bit> = Default::default(),
        pub c2h_freed_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_freed_row: Signal<In, Bits<16>> = Default::default(),
        pub c2h_freed_pkts: Signal<In, Bits<16>> = Default::default(),
        /// Write port of the row memory; address is queue and row.
        pub mem_wen: Signal<Out, Bit> = Default::default(),
        pub mem_row: Signal<Out, Bits<AB>> = Default::default(),
        pub mem_data: Signal<Out, Bits<W>> = Default::default(),
        /// Write port of the packet ends; address is queue and packet.
        pub pkt_wen: Signal<Out, Bit> = Default::default(),
        pub pkt_waddr: Signal<Out, Bits<PAB>> = Default::default(),
        pub pkt_wdata: Signal<Out, PacketEnd> = Default::default(),

        arrivals: Arrivals<W, KB> = Default::default(),
        room: Room<NQ, RB, PB> = Default::default(),
        dropper: Dropper<NQ, QB, OB, POLICIES> = Default::default(),
        // Beat that looks for room.
        beat: Dffr<Bit> = Default::default(),
        side: Reg<Side> = Default::default(),
        lanes: Reg<Bits<8>> = Default::default(),
        // For a queue that was not built.
        foreign: Reg<Bit> = Default::default(),
        // Rows (15:0) and packets (31:16): written, as seen by beats and by freed events, and freed, less one each.
        own: Mirror<32, QB> = Default::default(),
        own_for_freed: Mirror<32, QB> = Default::default(),
        freed: Mirror<32, QB> = Default::default(),
        freed_seen: Dffr<Bit> = Default::default(),
        freed_q: Reg<Bits<6>> = Default::default(),
        freed_row: Reg<Bits<16>> = Default::default(),
        freed_pkts: Reg<Bits<16>> = Default::default(),
        // Queues whose beats are let in: cleared since reset, and not being cleared.
        open: Dffr<Bits<NQ>> = Default::default(),
        clear: Dffr<Bit> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        // A queue is being cleared. Until send has told that nothing of it is read, what is freed is an old life's.
        closed: Dffr<Bit> = Default::default(),
        settling: Dffr<Bit> = Default::default(),
        closed_q: Reg<Bits<6>> = Default::default(),
        fill: Dffr<Bit> = Default::default(),
        fill_clear: Reg<Bit> = Default::default(),
        fill_queue: Reg<Bits<6>> = Default::default(),
        fill_counts: Reg<Bits<32>> = Default::default(),
        write: Dffr<Bit> = Default::default(),
        write_row: Reg<Bits<RB>> = Default::default(),

        q: Signal<Local, Bits<QB>> = Default::default(),
        look: Signal<Local, Bits<6>> = Default::default(),
        row: Signal<Local, Bits<16>> = Default::default(),
        pkts: Signal<Local, Bits<16>> = Default::default(),
        gates: Signal<Local, Bits<NQ>> = Default::default(),
        here: Signal<Local, Bits<NQ>> = Default::default(),
        mask: Signal<Local, Bits<NQ>> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        discard: Signal<Local, Bit> = Default::default(),
        pop: Signal<Local, Bit> = Default::default(),
        kept: Signal<Local, Bit> = Default::default(),
        row_behind: Signal<Local, Bits<16>> = Default::default(),
        pkts_behind: Signal<Local, Bits<16>> = Default::default(),
        next_row: Signal<Local, Bits<16>> = Default::default(),
        next_pkts: Signal<Local, Bits<16>> = Default::default(),
        init_mine: Signal<Local, Bit> = Default::default(),
        init_q: Signal<Local, Bits<7>> = Default::default(),
        init_hot: Signal<Local, Bits<NQ>> = Default::default(),
        closed_hot: Signal<Local, Bits<NQ>> = Default::default(),
        row_less: Signal<Local, Bits<16>> = Default::default(),
        pkts_less: Signal<Local, Bits<16>> = Default::default(),
        stop_row: Signal<Local, Bits<16>> = Default::default(),
        stop_lane: Signal<Local, Bits<OB>> = Default::default(),
        low_pkt: Signal<Local, Bits<PB>> = Default::default(),

        row_bits: Constant<Bits<8>> = Constant::new((RB as u64).into()),
        slot_bits: Constant<Bits<8>> = Constant::new((PB as u64).into()),
        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
        whole: Constant<Bits<8>> = Constant::new((KB as u64).into()),
        queue_mask: Constant<Bits<7>> = Constant::new((NQ as u64 - 1).into()),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

impl<
        const W: usize,
        const KB: usize,
        const NQ: usize,
        const QB: usize,
        const RB: usize,
        const PB: usize,
        const AB: usize,
        const PAB: usize,
        const OB: usize,
        const POLICIES: usize,
    > Logic for Ingress<W, KB, NQ, QB, RB, PB, AB, PAB, OB, POLICIES>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, arrivals, room, dropper, own, own_for_freed, freed);
        dff_setup!(self, clock, beat, side, lanes, foreign, freed_seen, freed_q, freed_row, freed_pkts);
        dff_setup!(self, clock, open, clear, cleared, closed, settling, closed_q);
        dff_setup!(self, clock, fill, fill_clear, fill_queue, fill_counts, write, write_row);
        self.arrivals.rst.next = self.rst.val();
        self.room.rst.next = self.rst.val();
        self.dropper.rst.next = self.rst.val();
        self.beat.rst.next = self.rst.val();
        self.freed_seen.rst.next = self.rst.val();
        self.open.rst.next = self.rst.val();
        self.clear.rst.next = self.rst.val();
        self.cleared.rst.next = self.rst.val();
        self.closed.rst.next = self.rst.val();
        self.settling.rst.next = self.rst.val();
        self.fill.rst.next = self.rst.val();
        self.write.rst.next = self.rst.val();

        self.arrivals.c2h_axis_tdata.next = self.c2h_axis_tdata.val();
        self.arrivals.c2h_axis_tkeep.next = self.c2h_axis_tkeep.val();
        self.arrivals.c2h_axis_tlast.next = self.c2h_axis_tlast.val();
        self.arrivals.c2h_axis_tbad.next = self.c2h_axis_tbad.val();
        self.arrivals.c2h_axis_tdest.next = self.c2h_axis_tdest.val();
        self.arrivals.c2h_axis_tuser.next = self.c2h_axis_tuser.val();
        self.arrivals.c2h_axis_tvalid.next = self.c2h_axis_tvalid.val();
        self.c2h_axis_tready.next = self.arrivals.c2h_axis_tready.val();

        // Clearing.
        self.init_mine.next = self.init_valid.val() & (self.init_g.val() >= self.first_g.val());
        self.init_q.next = self.init_g.val() & self.queue_mask.val();
        self.init_hot.next = self.one.val() << self.init_q.val();
        // Asked for by a flip-flop: control's address comes from far, and no beat may come in the clock that clears.
        self.clear.d.next = self.init_mine.val() & !self.clear.q.val() & !self.cleared.q.val();
        self.cleared.d.next = self.init_mine.val() & (self.clear.q.val() | self.cleared.q.val());
        self.init_done_ingress.next = self.clear.q.val();
        self.closed_hot.next = self.one.val() << self.closed_q.q.val();
        self.mask.next = !self.init_hot.val();
        if self.c2h_freed_valid.val()
            & (self.c2h_freed_q.val() == self.closed_q.q.val())
            & !self.c2h_freed_row.val().any()
            & !self.c2h_freed_pkts.val().any()
        {
            self.settling.d.next = false;
        }
        if self.clear.q.val() {
            self.closed.d.next = true;
            self.settling.d.next = true;
            self.closed_q.d.next = bit_cast::<6, 7>(self.init_q.val());
            self.open.d.next = self.open.q.val() & self.mask.val();
        } else if self.closed.q.val() & !self.settling.q.val() & !self.init_mine.val() {
            self.closed.d.next = false;
            self.open.d.next = self.open.q.val() | self.closed_hot.val();
        }

        // May the beat come? All wait in the clock that clears.
        self.q.next = bit_cast::<QB, 6>(self.side.q.val().dest);
        self.here.next = !self.room.full.val();
        self.gates.next = self.open.q.val() & (self.here.val() | self.dropper.droppers.val());
        self.here.next = (self.gates.val() >> self.q.val()) & self.one.val();
        self.take.next =
            self.beat.q.val() & !self.foreign.q.val() & self.here.val().any() & !self.clear.q.val();
        self.discard.next = self.beat.q.val() & self.foreign.q.val();
        self.pop.next = !self.beat.q.val() | self.take.val() | self.discard.val();
        self.arrivals.pop.next = self.pop.val();
        self.arrivals.data_pop.next = self.take.val() | self.discard.val();
        self.look.next = self.side.q.val().dest;
        if self.pop.val() {
            self.beat.d.next = self.arrivals.next_valid.val();
            self.side.d.next = self.arrivals.next_side.val();
            self.lanes.d.next = self.arrivals.next_lanes.val();
            self.foreign.d.next = bit_cast::<7, 6>(self.arrivals.next_side.val().dest) >= self.first_g.val();
            self.look.next = self.arrivals.next_side.val().dest;
        }
        self.own.raddr.next = bit_cast::<QB, 6>(self.look.val());
        self.freed.raddr.next = bit_cast::<QB, 6>(self.look.val());
        self.row.next = self.own.rdata.val().get_bits::<16>(0);
        self.pkts.next = self.own.rdata.val().get_bits::<16>(16);

        self.dropper.cfgw_valid.next = self.cfgw_valid.val();
        self.dropper.cfgw_g.next = self.cfgw_g.val();
        self.dropper.cfgw_index.next = self.cfgw_index.val();
        self.dropper.cfgw_data.next = self.cfgw_data.val();
        self.dropper.look.next = bit_cast::<QB, 6>(self.look.val());
        self.dropper.take.next = self.take.val();
        self.dropper.q.next = self.side.q.val().dest;
        self.dropper.last.next = self.side.q.val().last;
        self.dropper.lanes.next = self.lanes.q.val();
        self.here.next = (self.room.full.val() >> self.q.val()) & self.one.val();
        self.dropper.full.next = self.here.val().any();
        self.dropper.row.next = self.row.val();
        self.dropper.clear.next = self.clear.q.val();
        self.dropper.clear_q.next = bit_cast::<QB, 7>(self.init_q.val());
        self.kept.next = self.dropper.kept.val();
        self.drop_valid.next = self.dropper.drop_valid.val();
        self.drop_q.next = self.dropper.drop_q.val();
        self.drop_bytes.next = self.dropper.drop_bytes.val();

        // Counts and the fill bus.
        self.row_behind.next = self.row.val() + 1;
        self.pkts_behind.next = self.pkts.val() + 1;
        self.next_row.next = self.dropper.start.val();
        self.next_pkts.next = self.pkts.val();
        if self.kept.val() {
            self.next_row.next = self.row_behind.val();
            if self.side.q.val().last {
                self.next_pkts.next = self.pkts_behind.val();
            }
        }
        self.own.waddr.next = self.q.val();
        self.own.wdata.next =
            bit_cast::<32, 16>(self.next_row.val()) | (bit_cast::<32, 16>(self.next_pkts.val()) << 16);
        self.own.wen.next = self.take.val() & !self.dropper.dropping.val();
        self.fill.d.next = self.take.val() & !self.dropper.dropping.val();
        self.fill_queue.d.next = self.side.q.val().dest;
        if self.clear.q.val() {
            self.own.waddr.next = bit_cast::<QB, 7>(self.init_q.val());
            self.own.wdata.next = 0.into();
            self.own.wen.next = true;
            self.fill.d.next = true;
            self.fill_queue.d.next = bit_cast::<6, 7>(self.init_q.val());
        }
        self.fill_counts.d.next = self.own.wdata.val();
        self.fill_clear.d.next = self.clear.q.val();
        self.fill_clears.next = self.fill_clear.q.val();
        self.fill_valid.next = self.fill.q.val();
        self.fill_q.next = self.fill_queue.q.val();
        self.fill_row.next = self.fill_counts.q.val().get_bits::<16>(0);
        self.fill_pkts.next = self.fill_counts.q.val().get_bits::<16>(16);

        // The memories. The row is written in the clock of its fill event.
        self.write.d.next = self.take.val() & self.kept.val();
        self.write_row.d.next = bit_cast::<RB, 16>(self.row.val());
        self.mem_wen.next = self.write.q.val();
        self.mem_row.next = (bit_cast::<AB, 6>(self.fill_queue.q.val()) << self.row_bits.val())
            | bit_cast::<AB, RB>(self.write_row.q.val());
        self.mem_data.next = self.arrivals.data.val();
        self.low_pkt.next = bit_cast::<PB, 16>(self.pkts.val());
        self.pkt_wen.next = self.take.val() & self.kept.val() & self.side.q.val().last;
        self.pkt_waddr.next = (bit_cast::<PAB, QB>(self.q.val()) << self.slot_bits.val())
            | bit_cast::<PAB, PB>(self.low_pkt.val());
        // A full last beat ends with its row.
        self.stop_lane.next = bit_cast::<OB, 8>(self.lanes.q.val());
        self.stop_row.next = self.row.val();
        if (self.lanes.q.val() & self.whole.val()).any() {
            self.stop_row.next = self.row_behind.val();
        }
        self.pkt_wdata.next.stop = (bit_cast::<24, 16>(self.stop_row.val()) << self.lane_bits.val())
            | bit_cast::<24, OB>(self.stop_lane.val());
        self.pkt_wdata.next.after = self.row_behind.val();
        self.pkt_wdata.next.user = self.side.q.val().user;
        self.pkt_wdata.next.gap = self.dropper.gap.val();
        self.pkt_wdata.next.bad = self.side.q.val().bad;

        // Room.
        self.row_less.next = self.c2h_freed_row.val() - 1;
        self.pkts_less.next = self.c2h_freed_pkts.val() - 1;
        self.freed.waddr.next = bit_cast::<QB, 6>(self.c2h_freed_q.val());
        self.freed.wdata.next =
            bit_cast::<32, 16>(self.row_less.val()) | (bit_cast::<32, 16>(self.pkts_less.val()) << 16);
        self.freed.wen.next = self.c2h_freed_valid.val();
        self.own_for_freed.raddr.next = bit_cast::<QB, 6>(self.c2h_freed_q.val());
        self.own_for_freed.waddr.next = self.own.waddr.val();
        self.own_for_freed.wdata.next = self.own.wdata.val();
        self.own_for_freed.wen.next = self.own.wen.val();
        self.freed_seen.d.next = self.c2h_freed_valid.val();
        self.freed_q.d.next = self.c2h_freed_q.val();
        self.freed_row.d.next = self.c2h_freed_row.val();
        self.freed_pkts.d.next = self.c2h_freed_pkts.val();
        self.room.beat.next = self.take.val() & self.kept.val();
        self.room.beat_q.next = self.side.q.val().dest;
        self.room.beat_last.next = self.side.q.val().last;
        self.room.beat_row.next = self.row.val();
        self.room.beat_pkts.next = self.pkts.val();
        self.room.beat_freed_row.next = self.freed.rdata.val().get_bits::<16>(0);
        self.room.beat_freed_pkts.next = self.freed.rdata.val().get_bits::<16>(16);
        self.room.back.next = self.dropper.back.val();
        self.room.back_row.next = self.fill_counts.q.val().get_bits::<16>(0);
        self.room.freed.next = self.freed_seen.q.val();
        self.room.freed_q.next = self.freed_q.q.val();
        self.room.freed_row.next = self.freed_row.q.val();
        self.room.freed_pkts.next = self.freed_pkts.q.val();
        self.room.own_row.next = self.own_for_freed.rdata.val().get_bits::<16>(0);
        self.room.own_pkts.next = self.own_for_freed.rdata.val().get_bits::<16>(16);
        self.mask.next = !self.dropper.droppers.val();
        self.c2h_pause.next = self.room.nearly.val() & self.mask.val();
        self.shed.next = self.room.nearly.val() & self.dropper.head_droppers.val();
    }
}
