//! Packets of the pattern on the C2H queues.

use ferrolane_abi::card::generator as abi;
use rust_hdl::prelude::*;

use super::config::{field_lsb, index_of};
use super::gen_pick::GenPick;
use super::pattern::{PatternKey, PatternWords, RandomLength};
use crate::hw;
use crate::prim::{Bram, Bram2, Dffr, Reg};
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
        words: PatternWords<W> = Default::default(),
        random: RandomLength = Default::default(),
        contexts: Bram2<GenContext, QB> = Default::default(),
        lost: Bram2<Lost, QB> = Default::default(),
        due_pick: Mirror<32, QB> = Default::default(),
        due_work: Mirror<32, QB> = Default::default(),
        // LENGTH - 1.
        length: Bram<Bits<24>, QB> = Default::default(),
        spread: Bram<Bits<24>, QB> = Default::default(),
        count: Bram<Bits<32>, QB> = Default::default(),
        seed: Bram<Bits<5>, QB> = Default::default(),
        buffer: Bram<Bits<24>, QB> = Default::default(),
        loss: Bram<Bits<1>, QB> = Default::default(),
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
        // The packet behind the present one: its number; its length less 1 and whether there is none, once `fresh`.
        next_packet: Reg<Bits<32>> = Default::default(),
        next_length: Reg<Bits<24>> = Default::default(),
        next_fin: Reg<Bit> = Default::default(),
        fresh: Dffr<Bit> = Default::default(),
        whole: Reg<Bits<24>> = Default::default(),
        // Queues with a packet that has begun, among those not at work.
        begun: Dffr<Bits<NQ>> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        ended: Dffr<Bit> = Default::default(),
        ended_q: Reg<Bits<QB>> = Default::default(),
        key_valid: Dffr<Bit> = Default::default(),
        key: Reg<PatternKey> = Default::default(),
        key_tail: Reg<Bits<5>> = Default::default(),
        key_last: Reg<Bit> = Default::default(),
        beat_valid: Dffr<Bit> = Default::default(),
        beat_data: Reg<Bits<W>> = Default::default(),
        beat_keep: Reg<Bits<KB>> = Default::default(),
        beat_last: Reg<Bit> = Default::default(),
        beat_dest: Reg<Bits<6>> = Default::default(),
        beat_user: Reg<Bits<32>> = Default::default(),
        stat_own: Reg<Bit> = Default::default(),

        clear_at: Signal<Local, Bits<QB>> = Default::default(),
        stat_at: Signal<Local, Bits<QB>> = Default::default(),
        clear_now: Signal<Local, Bit> = Default::default(),
        switch: Signal<Local, Bit> = Default::default(),
        next_q: Signal<Local, Bits<QB>> = Default::default(),
        loses: Signal<Local, Bit> = Default::default(),
        settled: Signal<Local, Bit> = Default::default(),
        steady: Signal<Local, Bit> = Default::default(),
        may: Signal<Local, Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        beat_moves: Signal<Local, Bit> = Default::default(),
        key_moves: Signal<Local, Bit> = Default::default(),
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
        short_by: Signal<Local, Bits<5>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        full_beat: Constant<Bits<24>> = Constant::new((KB as u64).into()),
        ones: Constant<Bits<KB>> = Constant::new((u64::MAX >> (64 - KB)).into()),
        tail_mask: Constant<Bits<5>> = Constant::new((KB as u64 - 1).into()),
        beat_log2: Constant<Bits<5>> = Constant::new((LB as u64).into()),
        words_log2: Constant<Bits<5>> = Constant::new((LB as u64 - 3).into()),
        after_drop: Constant<Bits<2>> = Constant::new(3_u64.into()),
        after_switch: Constant<Bits<2>> = Constant::new(2_u64.into()),
        loss_lsb: Constant<Bits<5>> = field_lsb(&abi::CTRL, "LOSS"),
        ctrl_at: Constant<Bits<4>> = index_of(&abi::CTRL),
        length_at: Constant<Bits<4>> = index_of(&abi::LENGTH),
        spread_at: Constant<Bits<4>> = index_of(&abi::SPREAD),
        count_at: Constant<Bits<4>> = index_of(&abi::COUNT),
        seed_at: Constant<Bits<4>> = index_of(&abi::SEED),
        buffer_at: Constant<Bits<4>> = index_of(&abi::BUFFER),
    }
}

impl<const W: usize, const KB: usize, const LB: usize, const NQ: usize, const QB: usize> Logic
    for Generator<W, KB, LB, NQ, QB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, pick, contexts, lost, due_pick, due_work, length, spread, count, seed, buffer, loss
        );
        dff_setup!(self, clock, busy, q, cur, paused, running, lag, too_late, turn, idle, settle);
        dff_setup!(
            self,
            clock,
            next_packet,
            next_length,
            next_fin,
            fresh,
            whole,
            begun,
            cleared,
            ended,
            ended_q
        );
        dff_setup!(
            self, clock, key_valid, key, key_tail, key_last, beat_valid, beat_data, beat_keep, beat_last
        );
        dff_setup!(self, clock, beat_dest, beat_user, stat_own);
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
        self.key_valid.rst.next = self.rst.val();
        self.beat_valid.rst.next = self.rst.val();

        // Settings.
        self.length.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.length.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val()) - 1;
        self.length.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.length_at.val());
        self.spread.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.spread.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val());
        self.spread.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.spread_at.val());
        self.count.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.count.wdata.next = self.cfgw_data.val();
        self.count.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.count_at.val());
        self.seed.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.seed.wdata.next = bit_cast::<5, 32>(self.cfgw_data.val());
        self.seed.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.seed_at.val());
        self.buffer.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.buffer.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val());
        self.buffer.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.buffer_at.val());
        self.loss.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.loss.wdata.next = bit_cast::<1, 32>(self.cfgw_data.val() >> self.loss_lsb.val());
        self.loss.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.ctrl_at.val());
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
        self.length.raddr.next = self.next_q.val();
        self.spread.raddr.next = self.next_q.val();
        self.count.raddr.next = self.next_q.val();
        self.seed.raddr.next = self.next_q.val();
        self.buffer.raddr.next = self.next_q.val();
        self.loss.raddr.next = self.next_q.val();
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
        self.loses.next = self.loss.rdata.val().any();
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
                & (!self.loses.val() | (self.settled.val() & !self.too_late.q.val()));
        }
        self.last.next = !self.cur.q.val().beats.any();
        self.beat_moves.next = !self.beat_valid.q.val() | self.out_ready.val();
        self.key_moves.next = !self.key_valid.q.val() | self.beat_moves.val();
        self.fire.next = self.steady.val()
            & self.may.val()
            & !self.paused.q.val()
            & self.key_moves.val()
            & (!self.last.val() | self.fresh.q.val());
        self.drop.next = self.steady.val()
            & !self.cur.q.val().open
            & self.running.q.val()
            & self.loses.val()
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
            & (self.key_moves.val() | self.paused.q.val());

        // The next packet: two clocks behind its number.
        self.random.packet.next = self.next_packet.q.val();
        self.next_length.d.next =
            self.length.rdata.val() + (self.random.random.val() & self.spread.rdata.val());
        self.next_fin.d.next =
            self.count.rdata.val().any() & (self.count.rdata.val() == self.next_packet.q.val());
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
            self.cur.d.next.beats = bit_cast::<21, 24>(self.next_length.q.val() >> self.beat_log2.val());
            self.cur.d.next.tail = bit_cast::<5, 24>(self.next_length.q.val()) & self.tail_mask.val();
            self.cur.d.next.index = 0.into();
            self.cur.d.next.open = false;
            self.cur.d.next.fin = self.next_fin.q.val();
            self.cur.d.next.empty = false;
            self.next_packet.d.next = self.next_packet.q.val() + 1;
            self.ended.d.next = self.next_fin.q.val();
        }
        if self.drop.val() {
            self.settle.d.next = self.after_drop.val();
        }
        if self.fire.val() & !self.turn.q.val().get_bit(7) {
            self.turn.d.next = self.turn.q.val() + 1;
        }
        self.lag.d.next = bit_cast::<32, 48>(self.cur.q.val().sent) - self.due_work.rdata.val();
        self.backlog.next = self.lag.q.val() + bit_cast::<32, 24>(self.buffer.rdata.val());
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

        // Key, then pattern.
        if self.key_moves.val() {
            self.key_valid.d.next = self.fire.val();
            self.key.d.next.word = self.cur.q.val().index << self.words_log2.val();
            self.key.d.next.packet = self.cur.q.val().packet;
            self.key.d.next.queue = bit_cast::<6, QB>(self.q.q.val());
            self.key.d.next.seed = self.seed.rdata.val();
            self.key_tail.d.next = self.cur.q.val().tail;
            self.key_last.d.next = self.last.val();
        }
        self.words.key.next = self.key.q.val();
        self.short_by.next = self.tail_mask.val() - self.key_tail.q.val();
        if self.beat_moves.val() {
            self.beat_valid.d.next = self.key_valid.q.val();
            self.beat_data.d.next = self.words.data.val();
            self.beat_keep.d.next = self.ones.val();
            if self.key_last.q.val() {
                self.beat_keep.d.next = self.ones.val() >> self.short_by.val();
            }
            self.beat_last.d.next = self.key_last.q.val();
            self.beat_dest.d.next = self.key.q.val().queue;
            self.beat_user.d.next = self.key.q.val().packet;
        }
        self.out_valid.next = self.beat_valid.q.val();
        self.out_data.next = self.beat_data.q.val();
        self.out_keep.next = self.beat_keep.q.val();
        self.out_last.next = self.beat_last.q.val();
        self.out_dest.next = self.beat_dest.q.val();
        self.out_user.next = self.beat_user.q.val();

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
