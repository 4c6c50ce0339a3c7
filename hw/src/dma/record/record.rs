//! Writes completion records and decides on interrupts.

use rust_hdl::prelude::*;

use super::collect::RecordCollect;
use super::due::DueQueue;
use super::intake::RecordIntake;
use super::judge::RecordJudge;
use super::place::RecordPlace;
use super::send::RecordSend;
use super::timers::RecordTimers;
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Turns ends of descriptors into 16-byte records in the queue's completion ring, several in a TLP, and into interrupts.
    ///
    /// ```text
    ///  rec_h2c ─┐                       ┌──────────────► finished, room
    ///  rec_c2h ─┼─► intake ─► collect ──┼─► judge ─► due ─► place ─► send ─► rec_wr
    ///  cons ────┤    ▲  ▲       └──── records ────────────────────────┘ │
    ///  init ────┘    │  └───────────────│── written ────────────────────┘
    ///                └── timers ◄───────┴─► irq
    /// ```
    /// All that changes a queue passes intake, one event per clock, and finds the queue as all earlier events left it: ends, consumer
    /// indices and ARMs, TLPs that wr_arb has taken, timers. What is collected meanwhile goes into the next TLP with the
    /// rest, so a busy link makes TLPs longer and not the queue of them.
    ///
    /// `rec_open` is high for a queue from at most four clocks behind the acceptance of an end that gets a record until wr_arb has
    /// taken the TLP with it.
    ///
    /// `GB` bits number the `GN` = 2·`NQ` queues; `L` records make a beat, at least one; a bank of records has 2^`CA` slots,
    /// `CA` = `GB` + 6 − log2 `L`.
    pub struct Record<
        const W: usize,
        const K: usize,
        const L: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const CA: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub start_valid: Signal<In, Bit> = Default::default(),
        pub start_g: Signal<In, Bits<7>> = Default::default(),
        pub start_generation: Signal<In, Bits<8>> = Default::default(),
        /// Max_Payload_Size is 128 << cfg_mps bytes.
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
        pub cons_arm: Signal<In, Bit> = Default::default(),
        pub h2c_taken_valid: Signal<In, Bit> = Default::default(),
        pub h2c_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_taken_valid: Signal<In, Bit> = Default::default(),
        pub c2h_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub rec_h2c_valid: Signal<In, Bit> = Default::default(),
        pub rec_h2c_ready: Signal<Out, Bit> = Default::default(),
        pub rec_h2c_q: Signal<In, Bits<6>> = Default::default(),
        pub rec_h2c_bytes: Signal<In, Bits<24>> = Default::default(),
        pub rec_h2c_meta: Signal<In, Bits<32>> = Default::default(),
        pub rec_h2c_index: Signal<In, Bits<32>> = Default::default(),
        pub rec_h2c_flags: Signal<In, Bits<7>> = Default::default(),
        pub rec_h2c_status: Signal<In, Bits<8>> = Default::default(),
        pub rec_h2c_irq: Signal<In, Bit> = Default::default(),
        pub rec_c2h_valid: Signal<In, Bit> = Default::default(),
        pub rec_c2h_ready: Signal<Out, Bit> = Default::default(),
        pub rec_c2h_q: Signal<In, Bits<6>> = Default::default(),
        pub rec_c2h_bytes: Signal<In, Bits<24>> = Default::default(),
        pub rec_c2h_meta: Signal<In, Bits<32>> = Default::default(),
        pub rec_c2h_index: Signal<In, Bits<32>> = Default::default(),
        pub rec_c2h_flags: Signal<In, Bits<7>> = Default::default(),
        pub rec_c2h_status: Signal<In, Bits<8>> = Default::default(),
        pub rec_c2h_irq: Signal<In, Bit> = Default::default(),
        pub rec_wr_valid: Signal<Out, Bit> = Default::default(),
        pub rec_wr_ready: Signal<In, Bit> = Default::default(),
        pub rec_wr_first: Signal<Out, Bit> = Default::default(),
        pub rec_wr_last: Signal<Out, Bit> = Default::default(),
        pub rec_wr_addr: Signal<Out, Bits<64>> = Default::default(),
        pub rec_wr_bytes: Signal<Out, Bits<11>> = Default::default(),
        pub rec_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub rec_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_g: Signal<Out, Bits<7>> = Default::default(),
        pub done_value: Signal<Out, Bits<32>> = Default::default(),
        pub room_valid: Signal<Out, Bit> = Default::default(),
        pub room_g: Signal<Out, Bits<7>> = Default::default(),
        pub room_value: Signal<Out, Bits<31>> = Default::default(),
        pub finished_valid: Signal<Out, Bit> = Default::default(),
        pub finished_g: Signal<Out, Bits<7>> = Default::default(),
        pub finished_value: Signal<Out, Bits<32>> = Default::default(),
        pub finished_bytes: Signal<Out, Bits<24>> = Default::default(),
        pub finished_meta: Signal<Out, Bits<32>> = Default::default(),
        pub irq_valid: Signal<Out, Bit> = Default::default(),
        pub irq_ready: Signal<In, Bit> = Default::default(),
        pub irq_vector: Signal<Out, Bits<8>> = Default::default(),
        /// A record of the queue was not taken by wr_arb yet.
        pub rec_open: Signal<Out, Bits<GN>> = Default::default(),
        init: InitOnce = Default::default(),
        intake: RecordIntake<NQ> = Default::default(),
        collect: RecordCollect<GB> = Default::default(),
        judge: RecordJudge<GN> = Default::default(),
        timers: RecordTimers<NQ, QB, GN, GB> = Default::default(),
        due: DueQueue<GN, GB> = Default::default(),
        place: RecordPlace<NQ, GN, GB> = Default::default(),
        send: RecordSend<W, K, L, CA> = {
            assert!(GN == 2 * NQ && GN <= 1 << GB && NQ <= 1 << QB, "numbers of queues");
            assert!(CA + L / 2 == GB + 6, "slots of a bank");
            Default::default()
        },
        ended: Dffr<Bit> = Default::default(),
        ended_g: Reg<Bits<7>> = Default::default(),
        ended_value: Reg<Bits<32>> = Default::default(),
        ended_bytes: Reg<Bits<24>> = Default::default(),
        ended_meta: Reg<Bits<32>> = Default::default(),
        // What collect has decided, for place and the timers.
        changed: Dffr<Bit> = Default::default(),
        collected: Dffr<Bit> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        opens: Dffr<Bit> = Default::default(),
        put_value: Reg<Bits<7>> = Default::default(),
        put_since: Reg<Bits<4>> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        clears: Signal<Local, Bit> = Default::default(),
        size: Signal<Local, Bits<17>> = Default::default(),
        size_less: Signal<Local, Bits<17>> = Default::default(),
        one: Constant<Bits<17>> = Constant::new(1_u64.into()),
    }
}

impl<
        const W: usize,
        const K: usize,
        const L: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const CA: usize,
    > Logic for Record<W, K, L, NQ, QB, GN, GB, CA>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init, intake, collect, judge, timers, due, place, send);
        dff_setup!(self, clock, ended, ended_g, ended_value, ended_bytes, ended_meta);
        dff_setup!(self, clock, changed, collected, cleared, opens, put_value, put_since);
        self.init.rst.next = self.rst.val();
        self.intake.rst.next = self.rst.val();
        self.collect.rst.next = self.rst.val();
        self.judge.rst.next = self.rst.val();
        self.timers.rst.next = self.rst.val();
        self.due.rst.next = self.rst.val();
        self.place.rst.next = self.rst.val();
        self.send.rst.next = self.rst.val();
        self.ended.rst.next = self.rst.val();
        self.changed.rst.next = self.rst.val();
        self.collected.rst.next = self.rst.val();
        self.opens.rst.next = self.rst.val();
        self.cleared.rst.next = self.rst.val();

        self.init.init_valid.next = self.init_valid.val();
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = self.intake.init_take.val();
        self.init_done.next = self.init.done.val();

        self.intake.cons_valid.next = self.cons_valid.val();
        self.intake.cons_g.next = self.cons_g.val();
        self.intake.cons_value.next = self.cons_value.val();
        self.intake.cons_arm.next = self.cons_arm.val();
        self.intake.init_valid.next = self.init_valid.val();
        self.intake.init_ask.next = self.init.ask.val();
        self.intake.init_g.next = self.init_g.val();
        self.intake.init_wait.next = self.place.busy.val();
        self.intake.written_valid.next = self.send.written_valid.val();
        self.intake.written_g.next = self.send.written_g.val();
        self.intake.written_value.next = self.send.written_value.val();
        self.intake.written_irq.next = self.send.written_irq.val();
        self.intake.visit_valid.next = self.timers.visit_valid.val();
        self.intake.visit_g.next = self.timers.visit_g.val();
        self.intake.visit_flush.next = self.timers.visit_flush.val();
        self.intake.visit_tick.next = self.timers.visit_tick.val();
        self.intake.stall.next = self.judge.stall.val();
        self.intake.rec_h2c_valid.next = self.rec_h2c_valid.val();
        self.intake.rec_h2c_q.next = self.rec_h2c_q.val();
        self.intake.rec_h2c_bytes.next = self.rec_h2c_bytes.val();
        self.intake.rec_h2c_meta.next = self.rec_h2c_meta.val();
        self.intake.rec_h2c_index.next = self.rec_h2c_index.val();
        self.intake.rec_h2c_flags.next = self.rec_h2c_flags.val();
        self.intake.rec_h2c_status.next = self.rec_h2c_status.val();
        self.intake.rec_h2c_irq.next = self.rec_h2c_irq.val();
        self.intake.rec_c2h_valid.next = self.rec_c2h_valid.val();
        self.intake.rec_c2h_q.next = self.rec_c2h_q.val();
        self.intake.rec_c2h_bytes.next = self.rec_c2h_bytes.val();
        self.intake.rec_c2h_meta.next = self.rec_c2h_meta.val();
        self.intake.rec_c2h_index.next = self.rec_c2h_index.val();
        self.intake.rec_c2h_flags.next = self.rec_c2h_flags.val();
        self.intake.rec_c2h_status.next = self.rec_c2h_status.val();
        self.intake.rec_c2h_irq.next = self.rec_c2h_irq.val();
        self.rec_h2c_ready.next = self.intake.rec_h2c_ready.val();
        self.rec_c2h_ready.next = self.intake.rec_c2h_ready.val();

        self.collect.cfg_mps.next = self.cfg_mps.val();
        self.collect.cfgw_valid.next = self.cfgw_valid.val();
        self.collect.cfgw_g.next = self.cfgw_g.val();
        self.collect.cfgw_index.next = self.cfgw_index.val();
        self.collect.cfgw_data.next = self.cfgw_data.val();
        self.size.next = self.one.val() << self.cfgw_data.val().get_bits::<5>(8);
        self.size_less.next = self.size.val() - self.one.val();
        self.collect.ring_mask.next = bit_cast::<16, 17>(self.size_less.val());
        self.place.ring_mask.next = bit_cast::<16, 17>(self.size_less.val());
        self.collect.select_g.next = self.intake.select_g.val();
        self.collect.change.next = self.intake.change.val();
        self.collect.ended.next = self.intake.ended.val();
        self.collect.urgent.next = self.intake.urgent.val();
        self.room_valid.next = self.collect.room_valid.val();
        self.room_g.next = self.collect.room_g.val();
        self.room_value.next = self.collect.room_value.val();
        self.ends.next = self.intake.change.val().ended;
        self.clears.next = self.intake.change.val().init;
        self.ended.d.next = self.ends.val() | self.clears.val();
        self.ended_g.d.next = self.intake.change.val().g;
        self.ended_value.d.next = self.collect.ends.val();
        self.ended_bytes.d.next = self.intake.ended.val().get_bits::<24>(0);
        self.ended_meta.d.next = self.intake.ended.val().get_bits::<32>(24);
        if self.clears.val() {
            self.ended_bytes.d.next = 0.into();
            self.ended_meta.d.next = 0.into();
        }
        self.finished_g.next = self.ended_g.q.val();
        self.finished_value.next = self.ended_value.q.val();
        self.finished_bytes.next = self.ended_bytes.q.val();
        self.finished_meta.next = self.ended_meta.q.val();
        self.finished_valid.next = self.ended.q.val();

        self.changed.d.next = self.collect.collected.val()
            | self.clears.val()
            | self.intake.change.val().flush
            | self.intake.change.val().arm;
        self.collected.d.next = self.collect.collected.val();
        self.cleared.d.next = self.clears.val();
        self.opens.d.next = self.collect.opens.val();
        self.put_value.d.next = self.collect.put_value.val();
        self.put_since.d.next = self.collect.put_since.val();

        self.judge.seen.next = self.collect.seen.val();
        self.judge.seen_collected.next = self.collect.seen_collected.val();
        self.judge.seen_due.next = self.collect.seen_due.val();
        self.judge.seen_put.next = self.collect.seen_put.val();
        self.judge.seen_written.next = self.collect.seen_written.val();
        self.judge.seen_consumer.next = self.collect.seen_consumer.val();
        self.judge.seen_enough.next = self.collect.seen_enough.val();
        self.judge.sent_valid.next = self.timers.sent_valid.val();
        self.judge.sent_g.next = self.timers.sent_g.val();
        self.rec_open.next = self.judge.open.val();

        self.timers.cfgw_valid.next = self.cfgw_valid.val();
        self.timers.cfgw_g.next = self.cfgw_g.val();
        self.timers.cfgw_index.next = self.cfgw_index.val();
        self.timers.cfgw_data.next = self.cfgw_data.val();
        self.timers.h2c_taken_valid.next = self.h2c_taken_valid.val();
        self.timers.h2c_taken_q.next = self.h2c_taken_q.val();
        self.timers.h2c_taken_value.next = self.h2c_taken_value.val();
        self.timers.c2h_taken_valid.next = self.c2h_taken_valid.val();
        self.timers.c2h_taken_q.next = self.c2h_taken_q.val();
        self.timers.c2h_taken_value.next = self.c2h_taken_value.val();
        self.timers.run.next = self.run.val();
        self.timers.irq_ready.next = self.irq_ready.val();
        self.timers.open.next = self.judge.open.val();
        self.timers.waiting.next = self.judge.waiting.val();
        self.timers.wanted.next = self.judge.wanted.val();
        self.timers.begins.next = self.judge.begins.val();
        self.timers.begins_g.next = self.judge.begins_g.val();
        self.timers.g.next = self.ended_g.q.val();
        self.timers.changed.next = self.changed.q.val();
        self.timers.waits.next = self.put_since.q.val().any();
        self.timers.collected.next = self.collected.q.val();
        self.timers.opens.next = self.opens.q.val();
        self.timers.ends.next = self.ended_value.q.val();
        self.timers.ended.next = self.ended.q.val();
        self.timers.visit_ready.next = self.intake.visit_ready.val();
        self.irq_valid.next = self.timers.irq_valid.val();
        self.irq_vector.next = self.timers.irq_vector.val();

        self.due.due_valid.next = self.judge.due_valid.val();
        self.due.due_g.next = self.judge.due_g.val();
        self.due.again_valid.next = self.place.again_valid.val();
        self.due.again_g.next = self.place.again_g.val();
        self.due.pop.next = self.place.due_pop.val();
        self.place.again_ready.next = self.due.again_ready.val();
        self.place.due_valid.next = self.due.valid.val();
        self.place.due_g.next = self.due.g.val();
        self.place.cfg_mps.next = self.cfg_mps.val();
        self.place.cfgw_valid.next = self.cfgw_valid.val();
        self.place.cfgw_g.next = self.cfgw_g.val();
        self.place.cfgw_index.next = self.cfgw_index.val();
        self.place.cfgw_data.next = self.cfgw_data.val();
        self.place.start_valid.next = self.start_valid.val();
        self.place.start_g.next = self.start_g.val();
        self.place.start_generation.next = self.start_generation.val();
        self.place.put_wen.next = self.changed.q.val();
        self.place.put_g.next = self.ended_g.q.val();
        self.place.put_value.next = self.put_value.q.val();
        self.place.put_since.next = self.put_since.q.val();
        self.place.armed.next = self.judge.armed_queues.val();
        self.place.init.next = self.cleared.q.val();
        self.place.tlp_ready.next = self.send.tlp_ready.val();
        self.done_valid.next = self.place.done_valid.val();
        self.done_g.next = self.place.done_g.val();
        self.done_value.next = self.place.done_value.val();

        self.send.rec_wr_ready.next = self.rec_wr_ready.val();
        self.send.w_valid.next = self.collect.collected.val();
        self.send.w_g.next = self.intake.change.val().g;
        self.send.w_slot.next = self.collect.slot.val();
        self.send.w_ended.next = self.intake.ended.val();
        self.send.tlp_valid.next = self.place.tlp_valid.val();
        self.send.tlp_g.next = self.place.tlp_g.val();
        self.send.tlp_slot.next = self.place.tlp_slot.val();
        self.send.tlp_less.next = self.place.tlp_less.val();
        self.send.tlp_address.next = self.place.tlp_address.val();
        self.send.tlp_queue.next = self.place.tlp_queue.val();
        self.send.tlp_generation.next = self.place.tlp_generation.val();
        self.send.tlp_phase.next = self.place.tlp_phase.val();
        self.send.tlp_done.next = self.place.tlp_done.val();
        self.send.written_ready.next = self.intake.written_ready.val();
        self.rec_wr_valid.next = self.send.rec_wr_valid.val();
        self.rec_wr_first.next = self.send.rec_wr_first.val();
        self.rec_wr_last.next = self.send.rec_wr_last.val();
        self.rec_wr_addr.next = self.send.rec_wr_addr.val();
        self.rec_wr_bytes.next = self.send.rec_wr_bytes.val();
        self.rec_wr_data.next = self.send.rec_wr_data.val();
        self.rec_wr_keep.next = self.send.rec_wr_keep.val();
    }
}
