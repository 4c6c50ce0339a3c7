//! Takes beats from the card into the FIFO shares of their queues.

use ferrolane_abi::regs;
use rust_hdl::prelude::*;

use super::types::{PacketEnd, Side};
use super::StructFifo;
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Fifo;
use crate::stream::Mirror;

hw! {
    /// Writes each beat as a row of the share of queue TDEST and notes where packets end.
    ///
    /// ```text
    ///  c2h_axis ─► FIFO of 4 ─► beat register ─► room? ─► row memory, packet ends, counts, fill bus
    ///                               └─► counts of its queue (own and freed copy) ─┘
    /// ```
    /// One beat per clock, the queues in any order. A beat whose share has no room waits and with it all behind it;
    /// `c2h_pause` rises early enough (32 rows) for a card that stops in time never to meet that.
    ///
    /// TKEEP (AXI4-Stream, 2.4.3) counts with TLAST only, and from lane 0 up to the first gap: a beat without
    /// TLAST counts as full, one with TLAST has at least the byte of lane 0. A beat for a queue that was not built is taken
    /// and dropped. Beats wait while their queue has not been cleared since reset.
    ///
    /// A queue with MODE.DROP never makes a beat wait: a packet that meets a full share is dropped whole. The rows it has are
    /// taken back, and its beats are taken and forgotten up to TLAST. Plan has not looked at them: of such a queue it starts a packet only
    /// when its end is in. The next packet that gets in tells of the gap.
    ///
    /// A queue that is cleared starts with the next beat that comes for it, even if the card is within a packet.
    pub struct Ingress<
        const W: usize, const KB: usize, const NQ: usize, const QB: usize, const RB: usize, const PB: usize,
        const AB: usize, const PAB: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<In, Bit> = Default::default(),
        /// Counts with TLAST: the packet ends with an error mark, and TKEEP may be empty.
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

        in_data: Fifo<W, 2, 3> = Default::default(),
        in_side: StructFifo<Side, 2, 3> = Default::default(),
        // Beat that looks for room.
        beat: Dffr<Bit> = Default::default(),
        data: Reg<Bits<W>> = Default::default(),
        side: Reg<Side> = Default::default(),
        // Bytes that count in it; 0 stands for all lanes.
        lanes_used: Reg<Bits<8>> = Default::default(),
        // Rows (15:0) and packets (31:16): written, as seen by beats and by freed events, and freed.
        own: Mirror<32, QB> = Default::default(),
        own_for_freed: Mirror<32, QB> = Default::default(),
        freed: Mirror<32, QB> = Default::default(),
        // Of the packet that comes: its first row, or while it is being dropped its beats but one (23:0); it is being
        // dropped (24); one before it was (25).
        packet: Mirror<26, QB> = Default::default(),
        droppers: Dffr<Bits<NQ>> = Default::default(),
        head_droppers: Dffr<Bits<NQ>> = Default::default(),
        dropped: Dffr<Bit> = Default::default(),
        dropped_q: Reg<Bits<6>> = Default::default(),
        dropped_beats: Reg<Bits<24>> = Default::default(),
        dropped_lanes: Reg<Bits<8>> = Default::default(),
        live: Dffr<Bits<NQ>> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        cleared_g: Reg<Bits<7>> = Default::default(),
        // Until send has told that nothing of a cleared queue is read, what is freed is an old life's.
        settling: Dffr<Bit> = Default::default(),
        settling_q: Reg<Bits<6>> = Default::default(),
        fill: Dffr<Bit> = Default::default(),
        fill_clear: Reg<Bit> = Default::default(),
        fill_queue: Reg<Bits<6>> = Default::default(),
        fill_counts: Reg<Bits<32>> = Default::default(),

        keep_next: Signal<Local, Bits<KB>> = Default::default(),
        gap: Signal<Local, Bits<KB>> = Default::default(),
        popped_gap: Signal<Local, Bits<32>> = Default::default(),
        lanes: Signal<Local, Bits<8>> = Default::default(),
        pop: Signal<Local, Bit> = Default::default(),
        look: Signal<Local, Bits<6>> = Default::default(),
        q: Signal<Local, Bits<QB>> = Default::default(),
        row: Signal<Local, Bits<16>> = Default::default(),
        pkts: Signal<Local, Bits<16>> = Default::default(),
        used_rows: Signal<Local, Bits<16>> = Default::default(),
        used_pkts: Signal<Local, Bits<16>> = Default::default(),
        alive: Signal<Local, Bits<NQ>> = Default::default(),
        drop: Signal<Local, Bit> = Default::default(),
        room: Signal<Local, Bit> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        open: Signal<Local, Bit> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        kept: Signal<Local, Bit> = Default::default(),
        dropper: Signal<Local, Bits<NQ>> = Default::default(),
        dropping: Signal<Local, Bit> = Default::default(),
        gap_before: Signal<Local, Bit> = Default::default(),
        mark: Signal<Local, Bits<24>> = Default::default(),
        start: Signal<Local, Bits<16>> = Default::default(),
        begun_rows: Signal<Local, Bits<16>> = Default::default(),
        beats: Signal<Local, Bits<24>> = Default::default(),
        packet_next: Signal<Local, Bits<26>> = Default::default(),
        row_behind: Signal<Local, Bits<16>> = Default::default(),
        cfgw_q: Signal<Local, Bits<7>> = Default::default(),
        cfgw_hot: Signal<Local, Bits<NQ>> = Default::default(),
        policy: Signal<Local, Bits<32>> = Default::default(),
        policy2: Signal<Local, Bits<2>> = Default::default(),
        next_row: Signal<Local, Bits<16>> = Default::default(),
        next_pkts: Signal<Local, Bits<16>> = Default::default(),
        init_mine: Signal<Local, Bit> = Default::default(),
        init_q7: Signal<Local, Bits<7>> = Default::default(),
        init_q: Signal<Local, Bits<QB>> = Default::default(),
        clear: Signal<Local, Bit> = Default::default(),
        clear_hot: Signal<Local, Bits<NQ>> = Default::default(),
        stop_row: Signal<Local, Bits<16>> = Default::default(),
        low_row: Signal<Local, Bits<RB>> = Default::default(),
        low_pkt: Signal<Local, Bits<PB>> = Default::default(),

        // Pause: what a beat or a freed event leaves is compared one clock later.
        after_beat: Dffr<Bit> = Default::default(),
        after_beat_hot: Reg<Bits<NQ>> = Default::default(),
        after_beat_rows: Reg<Bits<16>> = Default::default(),
        after_beat_pkts: Reg<Bits<16>> = Default::default(),
        freed_seen: Dffr<Bit> = Default::default(),
        freed_q: Reg<Bits<6>> = Default::default(),
        freed_counts: Reg<Bits<32>> = Default::default(),
        after_freed: Dffr<Bit> = Default::default(),
        after_freed_hot: Reg<Bits<NQ>> = Default::default(),
        after_freed_rows: Reg<Bits<16>> = Default::default(),
        after_freed_pkts: Reg<Bits<16>> = Default::default(),
        pause: Dffr<Bits<NQ>> = Default::default(),
        freed_row: Signal<Local, Bits<16>> = Default::default(),
        freed_pkt: Signal<Local, Bits<16>> = Default::default(),
        own_row: Signal<Local, Bits<16>> = Default::default(),
        own_pkt: Signal<Local, Bits<16>> = Default::default(),
        paused: Signal<Local, Bits<NQ>> = Default::default(),
        keep_mask: Signal<Local, Bits<NQ>> = Default::default(),
        left_rows: Signal<Local, Bits<16>> = Default::default(),

        // Freed rows come modulo 2^(RB + 1) at least.
        row_mask: Constant<Bits<16>> = Constant::new(((2_u64 << RB) - 1).into()),
        rows: Constant<Bits<16>> = Constant::new((1_u64 << RB).into()),
        slots: Constant<Bits<16>> = Constant::new((1_u64 << PB).into()),
        rows_pause: Constant<Bits<16>> = Constant::new(((1_u64 << RB) - PAUSE).into()),
        slots_pause: Constant<Bits<16>> = Constant::new(((1_u64 << PB) - PAUSE).into()),
        row_bits: Constant<Bits<8>> = Constant::new((RB as u64).into()),
        slot_bits: Constant<Bits<8>> = Constant::new((PB as u64).into()),
        lane_bits: Constant<Bits<8>> = Constant::new((KB.trailing_zeros() as u64).into()),
        lane0: Constant<Bits<KB>> = Constant::new(1_u64.into()),
        // The lanes whose number has bit b set.
        holds: [Constant<Bits<32>>; 5] = array_init::array_init(|b| Constant::new(lanes_with(b).into())),
        place: [Constant<Bits<8>>; 5] = array_init::array_init(|b| Constant::new((1_u64 << b).into())),
        row_lanes: Constant<Bits<32>> = Constant::new((KB as u64).into()),
        mode: Constant<Bits<6>> = Constant::new((regs::queue::MODE.offset as u64 / 4).into()),
        drop_lsb: Constant<Bits<8>> =
            Constant::new((regs::queue::MODE.field("DROP").expect("a field").lsb as u64).into()),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

fn lanes_with(bit: usize) -> u64 {
    (0..32).filter(|lane| lane >> bit & 1 == 1).fold(0, |set, lane| set | 1 << lane)
}

/// `c2h_pause` rises when fewer rows or packet slots than this are free.
pub(super) const PAUSE: u64 = 32;

impl<
        const W: usize,
        const KB: usize,
        const NQ: usize,
        const QB: usize,
        const RB: usize,
        const PB: usize,
        const AB: usize,
        const PAB: usize,
    > Logic for Ingress<W, KB, NQ, QB, RB, PB, AB, PAB>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            beat,
            data,
            side,
            lanes_used,
            live,
            cleared,
            cleared_g,
            fill,
            fill_queue,
            fill_counts
        );
        dff_setup!(self, clock, after_beat, after_beat_hot, after_beat_rows, after_beat_pkts, pause);
        dff_setup!(self, clock, freed_seen, freed_q, freed_counts);
        dff_setup!(self, clock, settling, settling_q, fill_clear);
        dff_setup!(self, clock, droppers, head_droppers, dropped, dropped_q, dropped_beats, dropped_lanes);
        dff_setup!(self, clock, after_freed, after_freed_hot, after_freed_rows, after_freed_pkts);
        self.beat.rst.next = self.rst.val();
        self.live.rst.next = self.rst.val();
        self.settling.rst.next = self.rst.val();
        self.droppers.rst.next = self.rst.val();
        self.head_droppers.rst.next = self.rst.val();
        self.dropped.rst.next = self.rst.val();
        self.packet.clock.next = self.clock.val();
        self.cleared.rst.next = self.rst.val();
        self.fill.rst.next = self.rst.val();
        self.after_beat.rst.next = self.rst.val();
        self.freed_seen.rst.next = self.rst.val();
        self.after_freed.rst.next = self.rst.val();
        self.pause.rst.next = self.rst.val();
        self.own.clock.next = self.clock.val();
        self.own_for_freed.clock.next = self.clock.val();
        self.freed.clock.next = self.clock.val();

        // Beats in. Of TKEEP the lowest zero is kept, as one bit; with all ones none.
        self.keep_next.next = self.c2h_axis_tkeep.val() + self.lane0.val();
        self.gap.next = !self.c2h_axis_tkeep.val();
        self.gap.next = self.gap.val() & self.keep_next.val();
        // The byte of lane 0 counts in any case.
        if !self.c2h_axis_tkeep.val().get_bit(0) & !self.c2h_axis_tbad.val() {
            self.gap.next = self.lane0.val() << 1;
        }
        if !self.c2h_axis_tlast.val() {
            self.gap.next = 0.into();
        }
        self.in_data.clock.next = self.clock.val();
        self.in_data.rst.next = self.rst.val();
        self.in_side.clock.next = self.clock.val();
        self.in_side.rst.next = self.rst.val();
        self.in_data.in_data.next = self.c2h_axis_tdata.val();
        self.in_data.in_valid.next = self.c2h_axis_tvalid.val();
        self.in_side.in_data.next.dest = self.c2h_axis_tdest.val();
        self.in_side.in_data.next.user = self.c2h_axis_tuser.val();
        self.in_side.in_data.next.last = self.c2h_axis_tlast.val();
        self.in_side.in_data.next.gap = bit_cast::<32, KB>(self.gap.val());
        self.in_side.in_data.next.bad = self.c2h_axis_tbad.val();
        self.in_side.in_valid.next = self.c2h_axis_tvalid.val();
        // Both FIFOs do the same at the same time.
        self.c2h_axis_tready.next = self.in_data.in_ready.val();

        self.cfgw_q.next = self.cfgw_g.val() - self.first_g.val();
        self.cfgw_hot.next = self.one.val() << self.cfgw_q.val();
        self.policy.next = self.cfgw_data.val() >> self.drop_lsb.val();
        self.policy2.next = bit_cast::<2, 32>(self.policy.val());
        if self.cfgw_valid.val()
            & (self.cfgw_g.val() >= self.first_g.val())
            & (self.cfgw_index.val() == self.mode.val())
        {
            self.keep_mask.next = !self.cfgw_hot.val();
            self.droppers.d.next = self.droppers.q.val() & self.keep_mask.val();
            self.head_droppers.d.next = self.head_droppers.q.val() & self.keep_mask.val();
            if self.policy2.val().any() {
                self.droppers.d.next = self.droppers.q.val() | self.cfgw_hot.val();
            }
            if self.policy2.val() == 2 {
                self.head_droppers.d.next = self.head_droppers.q.val() | self.cfgw_hot.val();
            }
        } else {
            self.keep_mask.next = 0.into();
        }

        // Clearing.
        self.init_mine.next = self.init_valid.val() & (self.init_g.val() >= self.first_g.val());
        self.init_q7.next = self.init_g.val() - self.first_g.val();
        self.init_q.next = bit_cast::<QB, 7>(self.init_q7.val());
        self.clear_hot.next = self.one.val() << self.init_q7.val();
        self.clear.next =
            self.init_mine.val() & !(self.cleared.q.val() & (self.cleared_g.q.val() == self.init_g.val()));
        self.cleared.d.next = self.init_mine.val();
        self.cleared_g.d.next = self.init_g.val();
        self.init_done_ingress.next = self.clear.val();
        if self.c2h_freed_valid.val()
            & (self.c2h_freed_q.val() == self.settling_q.q.val())
            & (self.c2h_freed_row.val() == 0)
            & (self.c2h_freed_pkts.val() == 0)
        {
            self.settling.d.next = false;
        }
        if self.clear.val() {
            self.settling.d.next = true;
            self.settling_q.d.next = bit_cast::<6, 7>(self.init_q7.val());
        }

        // Room for the beat. A queue's beats wait while it is being cleared, all wait in the clock that clears.
        self.q.next = bit_cast::<QB, 6>(self.side.q.val().dest);
        self.row.next = self.own.rdata.val().get_bits::<16>(0);
        self.pkts.next = self.own.rdata.val().get_bits::<16>(16);
        self.freed_row.next = self.freed.rdata.val().get_bits::<16>(0);
        self.freed_pkt.next = self.freed.rdata.val().get_bits::<16>(16);
        self.used_rows.next = self.row.val() - self.freed_row.val();
        self.used_rows.next = self.used_rows.val() & self.row_mask.val();
        self.used_pkts.next = self.pkts.val() - self.freed_pkt.val();
        self.alive.next = (self.live.q.val() >> self.side.q.val().dest) & self.one.val();
        self.drop.next = bit_cast::<7, 6>(self.side.q.val().dest) >= self.first_g.val();
        self.fits.next = (self.used_rows.val() < self.rows.val()) & (self.used_pkts.val() < self.slots.val());
        self.dropper.next = (self.droppers.q.val() >> self.side.q.val().dest) & self.one.val();
        self.dropping.next = self.packet.rdata.val().get_bit(24) & self.dropper.val().any();
        self.kept.next = self.fits.val() & !self.dropping.val();
        self.open.next = self.alive.val().any()
            & !self.clear.val()
            & !(self.settling.q.val() & (self.settling_q.q.val() == self.side.q.val().dest))
            & !(self.init_mine.val() & (self.init_q7.val() == bit_cast::<7, 6>(self.side.q.val().dest)));
        self.room.next = self.open.val() & (self.kept.val() | self.dropper.val().any());
        self.take.next = self.beat.q.val() & self.room.val() & !self.drop.val();
        self.pop.next = !self.beat.q.val() | self.room.val() | self.drop.val();
        self.in_data.out_ready.next = self.pop.val();
        self.in_side.out_ready.next = self.pop.val();
        self.look.next = self.side.q.val().dest;
        self.popped_gap.next = self.in_side.out_data.val().gap;
        self.lanes.next = 0.into();
        for b in 0..5 {
            if (self.popped_gap.val() & self.holds[b].val()).any() {
                self.lanes.next = self.lanes.val() | self.place[b].val();
            }
        }
        if self.pop.val() {
            self.beat.d.next = self.in_side.out_valid.val();
            self.data.d.next = self.in_data.out_data.val();
            self.side.d.next = self.in_side.out_data.val();
            self.lanes_used.d.next = self.lanes.val();
            self.look.next = self.in_side.out_data.val().dest;
        }
        self.own.raddr.next = bit_cast::<QB, 6>(self.look.val());
        self.packet.raddr.next = bit_cast::<QB, 6>(self.look.val());
        self.freed.raddr.next = bit_cast::<QB, 6>(self.look.val());
        self.freed.waddr.next = bit_cast::<QB, 6>(self.c2h_freed_q.val());
        self.freed.wdata.next = bit_cast::<32, 16>(self.c2h_freed_row.val())
            | (bit_cast::<32, 16>(self.c2h_freed_pkts.val()) << 16);
        self.freed.wen.next = self.c2h_freed_valid.val();

        // Counts, the fill bus and the memories.
        self.row_behind.next = self.row.val() + 1;
        self.next_row.next = self.row_behind.val();
        self.next_pkts.next = self.pkts.val();
        // A packet that is dropped gives back its rows, and counts its beats in their place.
        self.mark.next = self.packet.rdata.val().get_bits::<24>(0);
        self.gap_before.next = self.packet.rdata.val().get_bit(25);
        self.start.next = bit_cast::<16, 24>(self.mark.val());
        self.begun_rows.next = self.row.val() - self.start.val();
        self.beats.next = bit_cast::<24, 16>(self.begun_rows.val());
        if self.dropping.val() {
            self.start.next = self.row.val();
            self.beats.next = self.mark.val() + 1;
        }
        self.packet_next.next = self.packet.rdata.val();
        if !self.kept.val() {
            self.next_row.next = self.start.val();
            self.packet_next.next = bit_cast::<26, 24>(self.beats.val()) | 0x300_0000;
            if self.side.q.val().last {
                self.packet_next.next = bit_cast::<26, 16>(self.start.val()) | 0x200_0000;
            }
        } else if self.side.q.val().last {
            self.next_pkts.next = self.pkts.val() + 1;
            self.packet_next.next = bit_cast::<26, 16>(self.row_behind.val());
        }
        self.packet.waddr.next = self.q.val();
        self.packet.wdata.next = self.packet_next.val();
        self.packet.wen.next = self.take.val();
        self.dropped.d.next = self.take.val() & !self.kept.val() & self.side.q.val().last;
        self.dropped_q.d.next = self.side.q.val().dest;
        self.dropped_beats.d.next = self.beats.val();
        self.dropped_lanes.d.next = self.lanes_used.q.val();
        self.drop_valid.next = self.dropped.q.val();
        self.drop_q.next = self.dropped_q.q.val();
        self.drop_bytes.next = (bit_cast::<32, 24>(self.dropped_beats.q.val()) << self.lane_bits.val())
            | bit_cast::<32, 8>(self.dropped_lanes.q.val());
        if !self.dropped_lanes.q.val().any() {
            self.drop_bytes.next = (bit_cast::<32, 24>(self.dropped_beats.q.val()) << self.lane_bits.val())
                + self.row_lanes.val();
        }
        self.own.waddr.next = self.q.val();
        self.own.wdata.next =
            bit_cast::<32, 16>(self.next_row.val()) | (bit_cast::<32, 16>(self.next_pkts.val()) << 16);
        self.own.wen.next = self.take.val();
        self.fill.d.next = self.take.val();
        self.fill_queue.d.next = self.side.q.val().dest;
        if self.clear.val() {
            self.own.waddr.next = self.init_q.val();
            self.own.wdata.next = 0.into();
            self.own.wen.next = true;
            self.packet.waddr.next = self.init_q.val();
            self.packet.wdata.next = 0.into();
            self.packet.wen.next = true;
            self.fill.d.next = true;
            self.fill_queue.d.next = bit_cast::<6, 7>(self.init_q7.val());
            self.live.d.next = self.live.q.val() | self.clear_hot.val();
        }
        self.fill_counts.d.next = self.own.wdata.val();
        self.fill_clear.d.next = self.clear.val();
        self.fill_clears.next = self.fill_clear.q.val();
        self.fill_valid.next = self.fill.q.val();
        self.fill_q.next = self.fill_queue.q.val();
        self.fill_row.next = self.fill_counts.q.val().get_bits::<16>(0);
        self.fill_pkts.next = self.fill_counts.q.val().get_bits::<16>(16);
        self.low_row.next = bit_cast::<RB, 16>(self.row.val());
        self.mem_wen.next = self.take.val() & self.kept.val();
        self.mem_row.next = (bit_cast::<AB, QB>(self.q.val()) << self.row_bits.val())
            | bit_cast::<AB, RB>(self.low_row.val());
        self.mem_data.next = self.data.q.val();
        self.low_pkt.next = bit_cast::<PB, 16>(self.pkts.val());
        self.pkt_wen.next = self.take.val() & self.kept.val() & self.side.q.val().last;
        self.pkt_waddr.next = (bit_cast::<PAB, QB>(self.q.val()) << self.slot_bits.val())
            | bit_cast::<PAB, PB>(self.low_pkt.val());
        // A full last beat ends with its row.
        self.stop_row.next = self.row.val();
        if !self.lanes_used.q.val().any() & !self.side.q.val().bad {
            self.stop_row.next = self.row_behind.val();
        }
        self.pkt_wdata.next.stop = (bit_cast::<24, 16>(self.stop_row.val()) << self.lane_bits.val())
            | bit_cast::<24, 8>(self.lanes_used.q.val());
        self.pkt_wdata.next.after = self.row_behind.val();
        self.pkt_wdata.next.user = self.side.q.val().user;
        self.pkt_wdata.next.gap = self.gap_before.val();
        self.pkt_wdata.next.bad = self.side.q.val().bad;

        // Pause. A beat's result is newer than that of a freed event compared in the same clock.
        self.after_beat.d.next = self.take.val();
        self.after_beat_hot.d.next = self.one.val() << self.side.q.val().dest;
        self.left_rows.next = self.next_row.val() - self.freed_row.val();
        self.after_beat_rows.d.next = self.left_rows.val() & self.row_mask.val();
        self.after_beat_pkts.d.next = self.next_pkts.val() - self.freed_pkt.val();
        self.own_for_freed.raddr.next = bit_cast::<QB, 6>(self.c2h_freed_q.val());
        self.own_for_freed.waddr.next = self.own.waddr.val();
        self.own_for_freed.wdata.next = self.own.wdata.val();
        self.own_for_freed.wen.next = self.own.wen.val();
        self.freed_seen.d.next = self.c2h_freed_valid.val();
        self.freed_q.d.next = self.c2h_freed_q.val();
        self.freed_counts.d.next = self.freed.wdata.val();
        self.own_row.next = self.own_for_freed.rdata.val().get_bits::<16>(0);
        self.own_pkt.next = self.own_for_freed.rdata.val().get_bits::<16>(16);
        self.after_freed.d.next = self.freed_seen.q.val();
        self.after_freed_hot.d.next = self.one.val() << self.freed_q.q.val();
        self.left_rows.next = self.own_row.val() - self.freed_counts.q.val().get_bits::<16>(0);
        self.after_freed_rows.d.next = self.left_rows.val() & self.row_mask.val();
        self.after_freed_pkts.d.next = self.own_pkt.val() - self.freed_counts.q.val().get_bits::<16>(16);
        self.paused.next = self.pause.q.val();
        self.keep_mask.next = !self.after_freed_hot.q.val();
        if self.after_freed.q.val() {
            self.paused.next = self.paused.val() & self.keep_mask.val();
            if (self.after_freed_rows.q.val() > self.rows_pause.val())
                | (self.after_freed_pkts.q.val() > self.slots_pause.val())
            {
                self.paused.next = self.paused.val() | self.after_freed_hot.q.val();
            }
        }
        self.keep_mask.next = !self.after_beat_hot.q.val();
        if self.after_beat.q.val() {
            self.paused.next = self.paused.val() & self.keep_mask.val();
            if (self.after_beat_rows.q.val() > self.rows_pause.val())
                | (self.after_beat_pkts.q.val() > self.slots_pause.val())
            {
                self.paused.next = self.paused.val() | self.after_beat_hot.q.val();
            }
        }
        self.keep_mask.next = !self.clear_hot.val();
        if self.clear.val() {
            self.paused.next = self.paused.val() & self.keep_mask.val();
        }
        self.pause.d.next = self.paused.val();
        self.keep_mask.next = !self.droppers.q.val();
        self.c2h_pause.next = self.pause.q.val() & self.keep_mask.val();
        self.shed.next = self.pause.q.val() & self.head_droppers.q.val();
    }
}
