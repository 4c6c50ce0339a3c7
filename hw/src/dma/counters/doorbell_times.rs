//! How long doorbells take.

use rust_hdl::prelude::*;

use super::latency::Latency;
use crate::hw;
use crate::prim::{Dffr, Mirror, Reg};

hw! {
    /// Clocks from a doorbell that gives a queue without work some to its first TLP, both directions apart.
    ///
    /// ```text
    ///  finished = producer? ─► idle ─┐
    ///  prod ─────────────────────────┴► start ─► Latency ─► h2c_*, c2h_*
    ///  TLPs ──────────────────────────► end ───►
    /// ```
    /// A queue has no work once all that it was given has ended; a doorbell in the clock that tells so isn't timed. Start and
    /// end both go through a register, so what is measured is the time between them.
    pub struct DoorbellTimes<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub prod_valid: Signal<In, Bit> = Default::default(),
        pub prod_g: Signal<In, Bits<7>> = Default::default(),
        pub prod_value: Signal<In, Bits<32>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub h2c_tlp_valid: Signal<In, Bit> = Default::default(),
        pub h2c_tlp_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_tlp_valid: Signal<In, Bit> = Default::default(),
        pub c2h_tlp_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_count: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_sum: Signal<Out, Bits<64>> = Default::default(),
        pub h2c_least: Signal<Out, Bits<20>> = Default::default(),
        pub h2c_most: Signal<Out, Bits<20>> = Default::default(),
        pub c2h_count: Signal<Out, Bits<32>> = Default::default(),
        pub c2h_sum: Signal<Out, Bits<64>> = Default::default(),
        pub c2h_least: Signal<Out, Bits<20>> = Default::default(),
        pub c2h_most: Signal<Out, Bits<20>> = Default::default(),
        h2c: Latency<NQ, QB> = Default::default(),
        c2h: Latency<NQ, QB> = Default::default(),
        producers: Mirror<32, GB> = Default::default(),
        idle: Dffr<Bits<GN>> = Default::default(),
        ended: Dffr<Bit> = Default::default(),
        ended_g: Reg<Bits<7>> = Default::default(),
        ended_value: Reg<Bits<32>> = Default::default(),
        // The queue has nothing left to do.
        rests: Dffr<Bit> = Default::default(),
        rests_g: Reg<Bits<7>> = Default::default(),
        h2c_starts: Dffr<Bit> = Default::default(),
        c2h_starts: Dffr<Bit> = Default::default(),
        start_q: Reg<Bits<7>> = Default::default(),
        h2c_ends: Dffr<Bit> = Default::default(),
        h2c_end_q: Reg<Bits<6>> = Default::default(),
        c2h_ends: Dffr<Bit> = Default::default(),
        c2h_end_q: Reg<Bits<6>> = Default::default(),
        rings: Signal<Local, Bit> = Default::default(),
        rings_mask: Signal<Local, Bits<GN>> = Default::default(),
        rests_mask: Signal<Local, Bits<GN>> = Default::default(),
        ring_c2h: Signal<Local, Bit> = Default::default(),
        init_c2h: Signal<Local, Bit> = Default::default(),
        init_q: Signal<Local, Bits<7>> = Default::default(),
        again: Signal<Local, Bit> = Default::default(),
        one: Constant<Bits<GN>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> Logic
    for DoorbellTimes<NQ, QB, GN, GB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, h2c, c2h, producers);
        dff_setup!(self, clock, idle, ended, ended_g, ended_value, rests, rests_g);
        dff_setup!(self, clock, h2c_starts, c2h_starts, start_q, h2c_ends, h2c_end_q, c2h_ends, c2h_end_q);
        self.h2c.rst.next = self.rst.val();
        self.c2h.rst.next = self.rst.val();
        self.idle.rst.next = self.rst.val();
        self.ended.rst.next = self.rst.val();
        self.rests.rst.next = self.rst.val();
        self.h2c_starts.rst.next = self.rst.val();
        self.c2h_starts.rst.next = self.rst.val();
        self.h2c_ends.rst.next = self.rst.val();
        self.c2h_ends.rst.next = self.rst.val();

        self.producers.wen.next = self.prod_valid.val();
        self.producers.waddr.next = bit_cast::<GB, 7>(self.prod_g.val());
        self.producers.wdata.next = self.prod_value.val();
        self.producers.raddr.next = bit_cast::<GB, 7>(self.finished_g.val());
        self.ended.d.next = self.finished_valid.val();
        self.ended_g.d.next = self.finished_g.val();
        self.ended_value.d.next = self.finished_value.val();
        self.again.next = self.prod_valid.val() & (self.prod_g.val() == self.ended_g.q.val());
        self.rests.d.next =
            self.ended.q.val() & (self.ended_value.q.val() == self.producers.rdata.val()) & !self.again.val();
        self.rests_g.d.next = self.ended_g.q.val();
        self.rests_mask.next = 0.into();
        if self.rests.q.val() {
            self.rests_mask.next = self.one.val() << self.rests_g.q.val();
        }
        self.rings_mask.next = 0.into();
        if self.prod_valid.val() {
            self.rings_mask.next = self.one.val() << self.prod_g.val();
        }
        self.idle.d.next = (self.idle.q.val() | self.rests_mask.val()) & !self.rings_mask.val();

        self.rings.next = self.prod_valid.val() & self.idle.q.val().get_bit(self.prod_g.val().index());
        self.ring_c2h.next = self.prod_g.val() >= self.queues.val();
        self.h2c_starts.d.next = self.rings.val() & !self.ring_c2h.val();
        self.c2h_starts.d.next = self.rings.val() & self.ring_c2h.val();
        self.start_q.d.next = self.prod_g.val();
        if self.ring_c2h.val() {
            self.start_q.d.next = self.prod_g.val() - self.queues.val();
        }
        self.h2c_ends.d.next = self.h2c_tlp_valid.val();
        self.h2c_end_q.d.next = self.h2c_tlp_q.val();
        self.c2h_ends.d.next = self.c2h_tlp_valid.val();
        self.c2h_end_q.d.next = self.c2h_tlp_q.val();
        self.init_c2h.next = self.init_g.val() >= self.queues.val();
        self.init_q.next = self.init_g.val();
        if self.init_c2h.val() {
            self.init_q.next = self.init_g.val() - self.queues.val();
        }
        self.h2c.start_valid.next = self.h2c_starts.q.val();
        self.h2c.start_index.next = bit_cast::<QB, 7>(self.start_q.q.val());
        self.h2c.end_valid.next = self.h2c_ends.q.val();
        self.h2c.end_index.next = bit_cast::<QB, 6>(self.h2c_end_q.q.val());
        self.h2c.drop_valid.next = self.init_valid.val() & !self.init_c2h.val();
        self.h2c.drop_index.next = bit_cast::<QB, 7>(self.init_q.val());
        self.c2h.start_valid.next = self.c2h_starts.q.val();
        self.c2h.start_index.next = bit_cast::<QB, 7>(self.start_q.q.val());
        self.c2h.end_valid.next = self.c2h_ends.q.val();
        self.c2h.end_index.next = bit_cast::<QB, 6>(self.c2h_end_q.q.val());
        self.c2h.drop_valid.next = self.init_valid.val() & self.init_c2h.val();
        self.c2h.drop_index.next = bit_cast::<QB, 7>(self.init_q.val());
        self.h2c_count.next = self.h2c.count.val();
        self.h2c_sum.next = self.h2c.sum.val();
        self.h2c_least.next = self.h2c.least.val();
        self.h2c_most.next = self.h2c.most.val();
        self.c2h_count.next = self.c2h.count.val();
        self.c2h_sum.next = self.c2h.sum.val();
        self.c2h_least.next = self.c2h.least.val();
        self.c2h_most.next = self.c2h.most.val();
    }
}
