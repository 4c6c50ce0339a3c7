//! Packets of the pattern on the C2H queues.

use rust_hdl::prelude::*;

use super::gen_beat::GenBeat;
use super::gen_pick::GenPick;
use super::gen_settings::GenSettings;
use super::pattern::PatternKey;
use crate::hw;
use crate::prim::{Bram2, Dffr, Reg};
use crate::stream::Mirror;

/// Where a generator stands: the packet that it is in or begins next, unless `empty`.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct GenContext {
    pub packet: Bits<32>,
    /// Bytes handed over or lost.
    pub sent: Bits<48>,
    /// Beats that come behind the next one, and bytes of the last one less 1.
    pub beats: Bits<21>,
    pub tail: Bits<5>,
    /// Beats of the packet that have gone.
    pub index: Bits<21>,
    pub open: Bit,
    /// COUNT packets have ended.
    pub fin: Bit,
    pub empty: Bit,
}

/// What a generator has lost.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Lost {
    pub bytes: Bits<48>,
    pub packets: Bits<32>,
}

hw! {
    /// One data path for all generators.
    ///
    /// ```text
    ///  ready bits ─► candidate ─► context at work ─► key ─► pattern ─► out_*
    ///                   ▲              │  ▲
    ///                   └── contexts ◄─┘  └── length of the next packet ◄── settings
    /// ```
    /// A beat per clock. A queue keeps its turn for 128 beats, or until it has nothing to hand over; the next one is
    /// looked for meanwhile, and a turn's change costs a clock. A packet of a single beat takes two clocks. A beat is made as
    /// long as the bytes sent are fewer than the bytes due, so a queue runs ahead of its time by two beats at most.
    ///
    /// With LOSS, a packet that would begin while more than BUFFER bytes wait is lost instead: it counts as sent, four
    /// clocks each. The data is a function of its place, so the elastic buffer needs no memory. A packet that has begun
    /// is handed over whole. At most four beats of a queue leave after the clock in which its `c2h_pause` rises.
    pub struct Generator<const W: usize, const KB: usize, const LB: usize, const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<NQ>> = Default::default(),
        pub done: Signal<In, Bits<NQ>> = Default::default(),
        pub c2h_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_q: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<4>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// Held until `clear_done`, a clock later.
        pub clear_valid: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<6>> = Default::default(),
        pub clear_done: Signal<Out, Bit> = Default::default(),
        pub due_valid: Signal<In, Bit> = Default::default(),
        pub due_q: Signal<In, Bits<6>> = Default::default(),
        pub due: Signal<In, Bits<32>> = Default::default(),
        pub has: Signal<In, Bits<NQ>> = Default::default(),
        pub over: Signal<In, Bits<NQ>> = Default::default(),
        pub used_valid: Signal<Out, Bit> = Default::default(),
        pub used_q: Signal<Out, Bits<6>> = Default::default(),
        pub used: Signal<Out, Bits<32>> = Default::default(),
        pub at_work: Signal<Out, Bit> = Default::default(),
        pub at_work_q: Signal<Out, Bits<6>> = Default::default(),
        pub at_work_used: Signal<Out, Bits<32>> = Default::default(),
        /// Pulse: COUNT is reached.
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_q: Signal<Out, Bits<6>> = Default::default(),
        pub out_data: Signal<Out, Bits<W>> = Default::default(),
        pub out_keep: Signal<Out, Bits<KB>> = Default::default(),
        pub out_last: Signal<Out, Bit> = Default::default(),
        pub out_dest: Signal<Out, Bits<6>> = Default::default(),
        pub out_user: Signal<Out, Bits<32>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        /// Counters of `stat_q`, two clocks later.
        pub stat_q: Signal<In, Bits<6>> = Default::default(),
        pub stat_bytes: Signal<Out, Bits<48>> = Default::default(),
        pub stat_packets: Signal<Out, Bits<32>> = Default::default(),
        pub stat_lost_bytes: Signal<Out, Bits<48>> = Default::default(),
        pub stat_lost_packets: Signal<Out, Bits<32>> = Default::default(),
        pick: GenPick<NQ, QB> = Default::default(),
        beat: GenBeat<W, KB> = Default::default(),
        settings: GenSettings<QB> = Default::default(),
        contexts: Bram2<GenContext, QB> = Default::default(),
        lost: Bram2<Lost, QB> = Default::default(),
        due_pick: Mirror<32, QB> = Default::default(),
        due_work: Mirror<32, QB> = Default::default(),
        busy: Dffr<Bit> = Default::default(),
        q: Dffr<Bits<QB>> = Default::default(),
        cur: Reg<GenContext> = Default::default(),
        paused: Reg<Bit> = Default::default(),
        running: Reg<Bit> = Default::default(),
        // Bytes sent less bytes due: below 0 there is something to do.
        lag: Reg<Bits<32>> = Default::default(),
        too_late: Reg<Bit> = Default::default(),
        turn: Dffr<Bits<8>> = Default::default(),
        idle: Dffr<Bit> = Default::default(),
        // Clocks until `too_late` counts again.
        settle: Dffr<Bits<2>> = Default::default(),
        // The packet behind the present one; `settings` tells of it once `fresh`.
        next_packet: Reg<Bits<32>> = Default::default(),
        fresh: Dffr<Bit> = Default::default(),
        whole: Reg<Bits<24>> = Default::default(),
        // Queues with a packet that has begun, among those not at work.
        begun: Dffr<Bits<NQ>> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        ended: Dffr<Bit> = Default::default(),
        ended_q: Reg<Bits<QB>> = Default::default(),
        stat_own: Reg<Bit> = Default::default(),

        clear_at: Signal<Local, Bits<QB>> = Default::default(),
        stat_at: Signal<Local, Bits<QB>> = Default::default(),
        clear_now: Signal<Local, Bit> = Default::default(),
        switch: Signal<Local, Bit> = Default::default(),
        next_q: Signal<Local, Bits<QB>> = Default::default(),
        settled: Signal<Local, Bit> = Default::default(),
        steady: Signal<Local, Bit> = Default::default(),
        may: Signal<Local, Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        key: Signal<Local, PatternKey> = Default::default(),
        fire: Signal<Local, Bit> = Default::default(),
        drop: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        step: Signal<Local, Bits<24>> = Default::default(),
        left: Signal<Local, Bits<24>> = Default::default(),
        backlog: Signal<Local, Bits<32>> = Default::default(),
        empty_context: Signal<Local, GenContext> = Default::default(),
        lost_more: Signal<Local, Lost> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        hot_clear: Signal<Local, Bits<NQ>> = Default::default(),
        not_pause: Signal<Local, Bits<NQ>> = Default::default(),
        not_done: Signal<Local, Bits<NQ>> = Default::default(),
        not_run: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        full_beat: Constant<Bits<24>> = Constant::new((KB as u64).into()),
        tail_mask: Constant<Bits<5>> = Constant::new((KB as u64 - 1).into()),
        beat_log2: Constant<Bits<5>> = Constant::new((LB as u64).into()),
        words_log2: Constant<Bits<5>> = Constant::new((LB as u64 - 3).into()),
        after_drop: Constant<Bits<2>> = Constant::new(3_u64.into()),
        after_switch: Constant<Bits<2>> = Constant::new(2_u64.into()),
    }
}

impl<const W: usize, const KB: usize, const LB: usize, const NQ: usize, const QB: usize> Logic
    for Generator<W, KB, LB, NQ, QB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, pick, beat, settings, contexts, lost, due_pick, due_work);
        dff_setup!(self, clock, busy, q, cur, paused, running, lag, too_late, turn, idle, settle);
        dff_setup!(self, clock, next_packet, fresh, whole, begun, cleared, ended, ended_q, stat_own);
        self.pick.rst.next = self.rst.val();
        self.busy.rst.next = self.rst.val();
        self.q.rst.next = self.rst.val();
        self.turn.rst.next = self.rst.val();
        self.idle.rst.next = self.rst.val();
        self.settle.rst.next = self.rst.val();
        self.fresh.rst.next = self.rst.val();
        self.begun.rst.next = self.rst.val();
        self.cleared.rst.next = self.rst.val();
        self.ended.rst.next = self.rst.val();
        self.beat.rst.next = self.rst.val();

        // Settings.
        self.settings.cfgw_valid.next = self.cfgw_valid.val();
        self.settings.cfgw_q.next = self.cfgw_q.val();
        self.settings.cfgw_index.next = self.cfgw_index.val();
        self.settings.cfgw_data.next = self.cfgw_data.val();
        self.due_pick.waddr.next = bit_cast::<QB, 6>(self.due_q.val());
        self.due_pick.wdata.next = self.due.val();
        self.due_pick.wen.next = self.due_valid.val();
        self.due_work.waddr.next = bit_cast::<QB, 6>(self.due_q.val());
        self.due_work.wdata.next = self.due.val();
        self.due_work.wen.next = self.due_valid.val();

        // The queue at work, and the next one.
        self.clear_at.next = bit_cast::<QB, 6>(self.clear_q.val());
        self.clear_now.next = self.clear_valid.val() & !self.cleared.q.val();
        self.cleared.d.next = self.clear_now.val();
        self.clear_done.next = self.cleared.q.val();
        self.switch.next = self.pick.have.val()
            & !self.clear_valid.val()
            & (!self.busy.q.val() | self.turn.q.val().get_bit(7) | self.idle.q.val());
        self.next_q.next = self.q.q.val();
        if self.switch.val() {
            self.next_q.next = self.pick.q.val();
        }
        self.q.d.next = self.next_q.val();
        self.settings.q.next = self.next_q.val();
        self.settings.packet.next = self.next_packet.q.val();
        self.lost.raddr.next = self.next_q.val();
        self.due_work.raddr.next = self.next_q.val();
        self.due_pick.raddr.next = self.pick.q.val();
        self.contexts.raddr.next = self.pick.q.val();
        self.pick.ctx_sent.next = bit_cast::<32, 48>(self.contexts.rdata.val().sent);
        self.pick.ctx_open.next = self.contexts.rdata.val().open;
        self.pick.ctx_fin.next = self.contexts.rdata.val().fin;
        self.pick.due.next = self.due_pick.rdata.val();
        self.pick.take.next = self.switch.val();
        self.pick.cancel.next = self.clear_now.val();
        self.pick.busy.next = self.busy.q.val();
        self.pick.busy_q.next = self.q.q.val();
        self.pick.run.next = self.run.val();
        self.pick.over.next = self.over.val();
        self.pick.c2h_pause.next = self.c2h_pause.val();
        self.not_pause.next = !self.c2h_pause.val();
        self.not_done.next = !self.done.val();
        self.not_run.next = !self.run.val();
        self.pick.ready.next = (((self.has.val() & self.not_pause.val()) | self.over.val())
            & self.run.val()
            & self.not_done.val())
            | (self.begun.q.val() & self.not_run.val() & self.not_pause.val());

        // Whether it may send.
        self.settled.next = !self.settle.q.val().any();
        if self.settle.q.val().any() {
            self.settle.d.next = self.settle.q.val() - 1;
        }
        self.steady.next = self.busy.q.val()
            & !self.cur.q.val().empty
            & !self.cur.q.val().fin
            & !self.switch.val()
            & !self.clear_now.val();
        self.may.next = self.cur.q.val().open & (self.lag.q.val().get_bit(31) | !self.running.q.val());
        if !self.cur.q.val().open {
            self.may.next = self.running.q.val()
                & self.lag.q.val().get_bit(31)
                & (!self.settings.loses.val() | (self.settled.val() & !self.too_late.q.val()));
        }
        self.last.next = !self.cur.q.val().beats.any();
        self.fire.next = self.steady.val()
            & self.may.val()
            & !self.paused.q.val()
            & self.beat.in_ready.val()
            & (!self.last.val() | self.fresh.q.val());
        self.drop.next = self.steady.val()
            & !self.cur.q.val().open
            & self.running.q.val()
            & self.settings.loses.val()
            & self.settled.val()
            & self.too_late.q.val()
            & self.fresh.q.val();
        self.load.next = self.drop.val()
            | (self.fire.val() & self.last.val())
            | (self.busy.q.val()
                & self.cur.q.val().empty
                & self.fresh.q.val()
                & self.running.q.val()
                & !self.switch.val()
                & !self.clear_now.val());
        self.idle.d.next = !self.fire.val()
            & !self.load.val()
            & self.settled.val()
            & self.fresh.q.val()
            & (self.beat.in_ready.val() | self.paused.q.val());

        // What the settings say of the next packet comes two clocks behind its number.
        self.fresh.d.next = !self.load.val() & !self.switch.val();
        self.left.next = (bit_cast::<24, 21>(self.cur.q.val().beats) << self.beat_log2.val())
            | bit_cast::<24, 5>(self.cur.q.val().tail);
        self.whole.d.next = self.left.val() + 1;

        // The context moves on.
        self.step.next = self.full_beat.val();
        if self.last.val() {
            self.step.next = bit_cast::<24, 5>(self.cur.q.val().tail) + 1;
        }
        if self.drop.val() {
            self.step.next = self.whole.q.val();
        }
        if self.fire.val() | self.drop.val() {
            self.cur.d.next.sent = self.cur.q.val().sent + bit_cast::<48, 24>(self.step.val());
        }
        if self.fire.val() {
            self.cur.d.next.beats = self.cur.q.val().beats - 1;
            self.cur.d.next.index = self.cur.q.val().index + 1;
            self.cur.d.next.open = true;
        }
        self.ended.d.next = false;
        self.ended_q.d.next = self.q.q.val();
        if self.load.val() {
            self.cur.d.next.packet = self.next_packet.q.val();
            self.cur.d.next.beats =
                bit_cast::<21, 24>(self.settings.length_less_one.val() >> self.beat_log2.val());
            self.cur.d.next.tail =
                bit_cast::<5, 24>(self.settings.length_less_one.val()) & self.tail_mask.val();
            self.cur.d.next.index = 0.into();
            self.cur.d.next.open = false;
            self.cur.d.next.fin = self.settings.beyond.val();
            self.cur.d.next.empty = false;
            self.next_packet.d.next = self.next_packet.q.val() + 1;
            self.ended.d.next = self.settings.beyond.val();
        }
        if self.drop.val() {
            self.settle.d.next = self.after_drop.val();
        }
        if self.fire.val() & !self.turn.q.val().get_bit(7) {
            self.turn.d.next = self.turn.q.val() + 1;
        }
        self.lag.d.next = bit_cast::<32, 48>(self.cur.q.val().sent) - self.due_work.rdata.val();
        self.backlog.next = self.lag.q.val() + bit_cast::<32, 24>(self.settings.buffer_bytes.val());
        self.too_late.d.next = self.backlog.val().get_bit(31);
        self.hot.next = self.one.val() << self.q.q.val();
        self.paused.d.next = (self.c2h_pause.val() & self.hot.val()).any();
        self.running.d.next = (self.run.val() & self.hot.val()).any();

        // Change of turn.
        self.hot_clear.next = self.one.val() << self.clear_at.val();
        self.contexts.waddr.next = self.q.q.val();
        self.contexts.wdata.next = self.cur.q.val();
        self.contexts.wen.next = self.switch.val() & self.busy.q.val();
        self.used_valid.next = self.switch.val() & self.busy.q.val();
        self.used_q.next = bit_cast::<6, QB>(self.q.q.val());
        self.used.next = bit_cast::<32, 48>(self.cur.q.val().sent);
        if self.switch.val() {
            self.begun.d.next = self.begun.q.val() & !self.hot.val();
            if self.busy.q.val() & self.cur.q.val().open {
                self.begun.d.next = self.begun.q.val() | self.hot.val();
            }
            self.busy.d.next = true;
            self.cur.d.next = self.contexts.rdata.val();
            self.lag.d.next = self.pick.lag.val();
            self.paused.d.next = self.pick.paused.val();
            self.running.d.next = self.pick.running.val();
            self.next_packet.d.next = self.contexts.rdata.val().packet + 1;
            if self.contexts.rdata.val().empty {
                self.next_packet.d.next = self.contexts.rdata.val().packet;
            }
            self.turn.d.next = 0.into();
            self.idle.d.next = false;
            self.settle.d.next = self.after_switch.val();
        }

        // Losses.
        self.lost_more.next.bytes = self.lost.rdata.val().bytes + bit_cast::<48, 24>(self.whole.q.val());
        self.lost_more.next.packets = self.lost.rdata.val().packets + 1;
        self.lost.waddr.next = self.q.q.val();
        self.lost.wdata.next = self.lost_more.val();
        self.lost.wen.next = self.drop.val();

        // Clearing.
        self.empty_context.next.packet = 0.into();
        self.empty_context.next.sent = 0.into();
        self.empty_context.next.beats = 0.into();
        self.empty_context.next.tail = 0.into();
        self.empty_context.next.index = 0.into();
        self.empty_context.next.open = false;
        self.empty_context.next.fin = false;
        self.empty_context.next.empty = true;
        if self.clear_now.val() {
            self.contexts.waddr.next = self.clear_at.val();
            self.contexts.wdata.next = self.empty_context.val();
            self.contexts.wen.next = true;
            self.used_valid.next = true;
            self.used_q.next = self.clear_q.val();
            self.used.next = 0.into();
            self.lost_more.next.bytes = 0.into();
            self.lost_more.next.packets = 0.into();
            self.lost.waddr.next = self.clear_at.val();
            self.lost.wdata.next = self.lost_more.val();
            self.lost.wen.next = true;
            self.begun.d.next = self.begun.q.val() & !self.hot_clear.val();
            if self.clear_at.val() == self.q.q.val() {
                self.busy.d.next = false;
            }
        }

        // The beat.
        self.key.next.word = self.cur.q.val().index << self.words_log2.val();
        self.key.next.packet = self.cur.q.val().packet;
        self.key.next.queue = bit_cast::<6, QB>(self.q.q.val());
        self.key.next.seed = self.settings.seed_value.val();
        self.beat.in_valid.next = self.fire.val();
        self.beat.in_key.next = self.key.val();
        self.beat.in_tail.next = self.cur.q.val().tail;
        self.beat.in_last.next = self.last.val();
        self.beat.out_ready.next = self.out_ready.val();
        self.out_valid.next = self.beat.out_valid.val();
        self.out_data.next = self.beat.out_data.val();
        self.out_keep.next = self.beat.out_keep.val();
        self.out_last.next = self.beat.out_last.val();
        self.out_dest.next = self.beat.out_dest.val();
        self.out_user.next = self.beat.out_user.val();

        // What others see.
        self.at_work.next = self.busy.q.val();
        self.at_work_q.next = bit_cast::<6, QB>(self.q.q.val());
        self.at_work_used.next = bit_cast::<32, 48>(self.cur.q.val().sent);
        self.done_valid.next = self.ended.q.val();
        self.done_q.next = bit_cast::<6, QB>(self.ended_q.q.val());
        self.stat_at.next = bit_cast::<QB, 6>(self.stat_q.val());
        self.contexts.raddr2.next = self.stat_at.val();
        self.lost.raddr2.next = self.stat_at.val();
        self.stat_own.d.next = self.busy.q.val() & (self.stat_at.val() == self.q.q.val());
        self.stat_bytes.next = self.contexts.rdata2.val().sent;
        self.stat_packets.next = self.contexts.rdata2.val().packet;
        if self.stat_own.q.val() {
            self.stat_bytes.next = self.cur.q.val().sent;
            self.stat_packets.next = self.cur.q.val().packet;
        }
        self.stat_lost_bytes.next = self.lost.rdata2.val().bytes;
        self.stat_lost_packets.next = self.lost.rdata2.val().packets;
    }
}
