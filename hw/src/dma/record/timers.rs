//! Time: coalescing, moderation, idle queues, queues that are stopped; and the interrupts' vectors.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;
use ferrolane_abi::regs;

hw! {
    /// Looks at one queue per clock.
    ///
    /// ```text
    ///  look ─► memories ─► ages ─► register ─► over? ─► visit_* (an event for intake)
    ///             └─► wanted? ─► irq_*
    /// ```
    /// Ages are kept as the time of their start, in units of 16 clocks, and 17 bits so that TIME can't be missed between two looks.
    /// What is said here is a hint: collect and judge look at the queue's state again when the visit is its turn.
    pub struct RecordTimers<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub h2c_taken_valid: Signal<In, Bit> = Default::default(),
        pub h2c_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_taken_valid: Signal<In, Bit> = Default::default(),
        pub c2h_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub open: Signal<In, Bits<GN>> = Default::default(),
        pub waiting: Signal<In, Bits<GN>> = Default::default(),
        pub wanted: Signal<In, Bits<GN>> = Default::default(),
        /// Pulse: `waiting` of queue `begins_g` rises.
        pub begins: Signal<In, Bit> = Default::default(),
        pub begins_g: Signal<In, Bits<7>> = Default::default(),
        /// An event of queue `g`: whether it collected a record, and whether records wait for a close behind it.
        pub g: Signal<In, Bits<7>> = Default::default(),
        pub changed: Signal<In, Bit> = Default::default(),
        pub waits: Signal<In, Bit> = Default::default(),
        pub collected: Signal<In, Bit> = Default::default(),
        /// It was the first behind a close.
        pub opens: Signal<In, Bit> = Default::default(),
        pub ended: Signal<In, Bit> = Default::default(),
        pub ends: Signal<In, Bits<32>> = Default::default(),
        pub visit_valid: Signal<Out, Bit> = Default::default(),
        pub visit_ready: Signal<In, Bit> = Default::default(),
        pub visit_g: Signal<Out, Bits<7>> = Default::default(),
        pub visit_flush: Signal<Out, Bit> = Default::default(),
        pub visit_tick: Signal<Out, Bit> = Default::default(),
        /// An interrupt of `sent_g` is on its way.
        pub sent_valid: Signal<Out, Bit> = Default::default(),
        pub sent_g: Signal<Out, Bits<7>> = Default::default(),
        pub irq_valid: Signal<Out, Bit> = Default::default(),
        pub irq_ready: Signal<In, Bit> = Default::default(),
        pub irq_vector: Signal<Out, Bits<8>> = Default::default(),
        collect_times: Bram<Bits<16>, 9> = Default::default(),
        moderate_times: Bram<Bits<16>, 9> = Default::default(),
        vectors: Bram<Bits<8>, GB> = Default::default(),
        // When the first record that waits was collected, when the last one, and since when something is unread.
        firsts: Bram<Bits<17>, GB> = Default::default(),
        lasts: Bram<Bits<5>, GB> = Default::default(),
        unreads: Mirror<17, GB> = Default::default(),
        waitings: Bram<Bits<1>, GB> = Default::default(),
        // Enough bits to tell whether something is in hand: less than this many descriptors are.
        ended_counts: Bram<Bits<12>, GB> = Default::default(),
        h2c_takens: Bram<Bits<12>, QB> = Default::default(),
        c2h_takens: Bram<Bits<12>, QB> = Default::default(),
        fraction: Dffr<Bits<4>> = Default::default(),
        now: Dffr<Bits<17>> = Default::default(),
        look: Dffr<Bits<7>> = Default::default(),
        look2: Dffr<Bits<7>> = Default::default(),
        look3: Dffr<Bits<7>> = Default::default(),
        collect_age: Reg<Bits<17>> = Default::default(),
        collect_time: Reg<Bits<16>> = Default::default(),
        moderate_age: Reg<Bits<17>> = Default::default(),
        moderate_time: Reg<Bits<16>> = Default::default(),
        // The last record is old; nothing is in hand; the queue is stopped.
        old: Reg<Bit> = Default::default(),
        empty: Reg<Bit> = Default::default(),
        stopped: Reg<Bit> = Default::default(),
        holds: Dffr<Bit> = Default::default(),
        waits3: Dffr<Bit> = Default::default(),
        visiting: Dffr<Bit> = Default::default(),
        visiting_g: Reg<Bits<7>> = Default::default(),
        visiting_flush: Reg<Bit> = Default::default(),
        visiting_tick: Reg<Bit> = Default::default(),
        calls: Dffr<Bit> = Default::default(),
        vector: Reg<Bits<8>> = Default::default(),
        is_c2h: Reg<Bit> = Default::default(),
        must: Signal<Local, Bit> = Default::default(),
        look_q: Signal<Local, Bits<7>> = Default::default(),
        taken: Signal<Local, Bits<12>> = Default::default(),
        idle_age: Signal<Local, Bits<5>> = Default::default(),
        now_low: Signal<Local, Bits<5>> = Default::default(),
        is_waiting: Signal<Local, Bit> = Default::default(),
        call: Signal<Local, Bit> = Default::default(),
        flush: Signal<Local, Bit> = Default::default(),
        tick: Signal<Local, Bit> = Default::default(),
        index_vector: Constant<Bits<6>> = Constant::new((regs::queue::VECTOR.offset as u64 / 4).into()),
        index_coalesce: Constant<Bits<6>> = Constant::new((regs::queue::COALESCE.offset as u64 / 4).into()),
        index_moderate: Constant<Bits<6>> = Constant::new((regs::queue::MODERATE.offset as u64 / 4).into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        last_g: Constant<Bits<7>> = Constant::new((GN as u64 - 1).into()),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> Logic
    for RecordTimers<NQ, QB, GN, GB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, collect_times, moderate_times, vectors, firsts, lasts, unreads, waitings);
        clock!(self, clock, ended_counts, h2c_takens, c2h_takens);
        dff_setup!(self, clock, fraction, now, look, look2, look3, collect_age, collect_time, moderate_age);
        dff_setup!(self, clock, moderate_time, old, empty, stopped, is_c2h, holds, waits3, visiting);
        dff_setup!(self, clock, visiting_g, visiting_flush, visiting_tick, calls, vector);
        self.fraction.rst.next = self.rst.val();
        self.now.rst.next = self.rst.val();
        self.look.rst.next = self.rst.val();
        self.look2.rst.next = self.rst.val();
        self.look3.rst.next = self.rst.val();
        self.holds.rst.next = self.rst.val();
        self.waits3.rst.next = self.rst.val();
        self.visiting.rst.next = self.rst.val();
        self.calls.rst.next = self.rst.val();

        self.fraction.d.next = self.fraction.q.val() + 1;
        if self.fraction.q.val().all() {
            self.now.d.next = self.now.q.val() + 1;
        }
        self.collect_times.wen.next =
            self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_coalesce.val());
        self.collect_times.waddr.next = bit_cast::<9, 7>(self.cfgw_g.val());
        self.collect_times.wdata.next = self.cfgw_data.val().get_bits::<16>(16);
        self.moderate_times.wen.next =
            self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_moderate.val());
        self.moderate_times.waddr.next = bit_cast::<9, 7>(self.cfgw_g.val());
        self.moderate_times.wdata.next = self.cfgw_data.val().get_bits::<16>(16);
        self.vectors.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_vector.val());
        self.vectors.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.vectors.wdata.next = self.cfgw_data.val().get_bits::<8>(0);

        self.firsts.wen.next = self.opens.val();
        self.firsts.waddr.next = bit_cast::<GB, 7>(self.g.val());
        self.firsts.wdata.next = self.now.q.val();
        self.now_low.next = bit_cast::<5, 17>(self.now.q.val());
        self.lasts.wen.next = self.collected.val();
        self.lasts.waddr.next = bit_cast::<GB, 7>(self.g.val());
        self.lasts.wdata.next = self.now_low.val();
        self.waitings.wen.next = self.changed.val();
        self.waitings.waddr.next = bit_cast::<GB, 7>(self.g.val());
        self.waitings.wdata.next = 0.into();
        if self.waits.val() {
            self.waitings.wdata.next = 1.into();
        }
        self.ended_counts.wen.next = self.ended.val();
        self.ended_counts.waddr.next = bit_cast::<GB, 7>(self.g.val());
        self.ended_counts.wdata.next = bit_cast::<12, 32>(self.ends.val());
        self.h2c_takens.wen.next = self.h2c_taken_valid.val();
        self.h2c_takens.waddr.next = bit_cast::<QB, 6>(self.h2c_taken_q.val());
        self.h2c_takens.wdata.next = bit_cast::<12, 32>(self.h2c_taken_value.val());
        self.c2h_takens.wen.next = self.c2h_taken_valid.val();
        self.c2h_takens.waddr.next = bit_cast::<QB, 6>(self.c2h_taken_q.val());
        self.c2h_takens.wdata.next = bit_cast::<12, 32>(self.c2h_taken_value.val());

        // Look.
        self.look.d.next = self.look.q.val() + 1;
        if self.look.q.val() == self.last_g.val() {
            self.look.d.next = 0.into();
        }
        self.look2.d.next = self.look.q.val();
        self.look_q.next = self.look.q.val();
        self.is_c2h.d.next = self.look.q.val() >= self.queues.val();
        if self.look.q.val() >= self.queues.val() {
            self.look_q.next = self.look.q.val() - self.queues.val();
        }
        self.collect_times.raddr.next = bit_cast::<9, 7>(self.look.q.val());
        self.moderate_times.raddr.next = bit_cast::<9, 7>(self.look.q.val());
        self.vectors.raddr.next = bit_cast::<GB, 7>(self.look.q.val());
        self.firsts.raddr.next = bit_cast::<GB, 7>(self.look.q.val());
        self.lasts.raddr.next = bit_cast::<GB, 7>(self.look.q.val());
        self.unreads.raddr.next = bit_cast::<GB, 7>(self.look.q.val());
        self.waitings.raddr.next = bit_cast::<GB, 7>(self.look.q.val());
        self.ended_counts.raddr.next = bit_cast::<GB, 7>(self.look.q.val());
        self.h2c_takens.raddr.next = bit_cast::<QB, 7>(self.look_q.val());
        self.c2h_takens.raddr.next = bit_cast::<QB, 7>(self.look_q.val());

        // Ages.
        self.look3.d.next = self.look2.q.val();
        self.taken.next = self.h2c_takens.rdata.val();
        if self.is_c2h.q.val() {
            self.taken.next = self.c2h_takens.rdata.val();
        }
        self.is_waiting.next = self.waiting.val().get_bit(self.look2.q.val().index());
        self.collect_age.d.next = self.now.q.val() - self.firsts.rdata.val();
        self.collect_time.d.next = self.collect_times.rdata.val();
        self.moderate_age.d.next = self.now.q.val() - self.unreads.rdata.val();
        self.moderate_time.d.next = self.moderate_times.rdata.val();
        // Since the last record's end nothing was in hand, if nothing is: at least 32 clocks behind it.
        self.idle_age.next = self.now_low.val() - self.lasts.rdata.val();
        self.old.d.next = self.idle_age.val() > 2;
        self.empty.d.next = self.taken.val() == self.ended_counts.rdata.val();
        self.stopped.d.next = !self.run.val().get_bit(self.look2.q.val().index());
        self.holds.d.next =
            self.waitings.rdata.val().any() & self.open.val().get_bit(self.look2.q.val().index());
        self.waits3.d.next = self.is_waiting.val();
        self.unreads.waddr.next = bit_cast::<GB, 7>(self.begins_g.val());
        self.unreads.wdata.next = self.now.q.val();
        self.unreads.wen.next = self.begins.val();

        // Interrupts.
        self.call.next = self.wanted.val().get_bit(self.look2.q.val().index()) & !self.calls.q.val();
        self.sent_valid.next = self.call.val();
        self.sent_g.next = self.look2.q.val();
        if self.irq_ready.val() {
            self.calls.d.next = false;
        }
        if self.call.val() {
            self.calls.d.next = true;
            self.vector.d.next = self.vectors.rdata.val();
        }
        self.irq_valid.next = self.calls.q.val();
        self.irq_vector.next = self.vector.q.val();

        // Over?
        self.must.next = self.stopped.q.val() | (self.old.q.val() & self.empty.q.val());
        self.flush.next = self.holds.q.val()
            & (self.must.val() | (self.collect_age.q.val() >= bit_cast::<17, 16>(self.collect_time.q.val())));
        self.tick.next = self.waits3.q.val()
            & self.moderate_time.q.val().any()
            & (self.moderate_age.q.val() >= bit_cast::<17, 16>(self.moderate_time.q.val()));
        if self.visit_ready.val() {
            self.visiting.d.next = false;
        }
        if !self.visiting.q.val() {
            self.visiting.d.next = self.flush.val() | self.tick.val();
            self.visiting_g.d.next = self.look3.q.val();
            self.visiting_flush.d.next = self.flush.val();
            self.visiting_tick.d.next = self.tick.val();
        }
        self.visit_valid.next = self.visiting.q.val();
        self.visit_g.next = self.visiting_g.q.val();
        self.visit_flush.next = self.visiting_flush.q.val();
        self.visit_tick.next = self.visiting_tick.q.val();
    }
}
