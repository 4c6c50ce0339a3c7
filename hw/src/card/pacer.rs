//! The clockwork of all generators and checkers.

use ferrolane_abi::card::generator as abi;
use rust_hdl::prelude::*;

use super::config::{field_lsb, index_of};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;

/// Where a source or sink stands in time.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Pace {
    /// Bytes that time has brought, modulo 2^32, and fractions of the next.
    pub due: Bits<32>,
    pub fraction: Bits<20>,
    /// Bytes to the next pause and clocks to its end; signed, what is below 0 counts for the next time.
    pub burst_left: Bits<32>,
    pub pause_left: Bits<32>,
}

hw! {
    /// Says how many bytes each generator and each checker is due.
    ///
    /// ```text
    ///  slot ─► state, settings, bytes moved ─► lag, step ─► full? ─► new state ─► due bus, has, over, stall
    ///           ▲                                                │
    ///           └────────────────────────────────────────────────┘
    /// ```
    /// Slot 2·q is the checker of queue q, slot 2·q + 1 its generator. Each is visited once in 2^`SB` clocks, `SB` at least
    /// `QB` + 1 and 3, and moves on by that much time then: it earns RATE · 2^`SB` bytes, or spends the time in a pause,
    /// or, BUFFER bytes ahead of what was moved, stands still. What a burst or a pause was too long counts for the next
    /// one, so averages are exact. `due` never waits for the data path: who moves bytes compares with its own count.
    pub struct Pacer<const NQ: usize, const QB: usize, const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub check_run: Signal<In, Bits<NQ>> = Default::default(),
        pub gen_run: Signal<In, Bits<NQ>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_gen: Signal<In, Bit> = Default::default(),
        pub cfgw_q: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<4>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// Held until `clear_done`.
        pub clear_valid: Signal<In, Bit> = Default::default(),
        pub clear_gen: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<6>> = Default::default(),
        pub clear_done: Signal<Out, Bit> = Default::default(),
        /// Bytes moved, modulo 2^32; of the generator at work its own count, which is newer.
        pub check_used_valid: Signal<In, Bit> = Default::default(),
        pub check_used_q: Signal<In, Bits<6>> = Default::default(),
        pub check_used: Signal<In, Bits<32>> = Default::default(),
        pub gen_used_valid: Signal<In, Bit> = Default::default(),
        pub gen_used_q: Signal<In, Bits<6>> = Default::default(),
        pub gen_used: Signal<In, Bits<32>> = Default::default(),
        pub gen_at_work: Signal<In, Bit> = Default::default(),
        pub gen_at_work_q: Signal<In, Bits<6>> = Default::default(),
        pub gen_at_work_used: Signal<In, Bits<32>> = Default::default(),
        /// Generators: bytes due.
        pub due_valid: Signal<Out, Bit> = Default::default(),
        pub due_q: Signal<Out, Bits<6>> = Default::default(),
        pub due: Signal<Out, Bits<32>> = Default::default(),
        /// Generators with bytes to hand over, and those with more than BUFFER that may lose them; as of their last visit.
        pub gen_has: Signal<Out, Bits<NQ>> = Default::default(),
        pub gen_over: Signal<Out, Bits<NQ>> = Default::default(),
        /// Checkers that have taken what they were due.
        pub check_full: Signal<Out, Bits<NQ>> = Default::default(),

        state: Bram<Pace, SB> = Default::default(),
        rate: Bram<Bits<28>, SB> = Default::default(),
        burst: Bram<Bits<31>, SB> = Default::default(),
        pause: Bram<Bits<31>, SB> = Default::default(),
        buffer: Bram<Bits<24>, SB> = Default::default(),
        loss: Bram<Bits<1>, SB> = Default::default(),
        check_moved: Mirror<32, QB> = Default::default(),
        gen_moved: Mirror<32, QB> = Default::default(),
        // The slot in each stage.
        slot: Dffr<Bits<SB>> = Default::default(),
        slot1: Reg<Bits<SB>> = Default::default(),
        slot2: Reg<Bits<SB>> = Default::default(),
        slot3: Reg<Bits<SB>> = Default::default(),
        slot4: Reg<Bits<SB>> = Default::default(),
        live2: Dffr<Bit> = Default::default(),
        live3: Dffr<Bit> = Default::default(),
        live4: Dffr<Bit> = Default::default(),
        clear2: Dffr<Bit> = Default::default(),
        clear3: Dffr<Bit> = Default::default(),
        clear4: Dffr<Bit> = Default::default(),
        run2: Reg<Bit> = Default::default(),
        run3: Reg<Bit> = Default::default(),
        run4: Reg<Bit> = Default::default(),
        loss2: Reg<Bit> = Default::default(),
        loss3: Reg<Bit> = Default::default(),
        over4: Reg<Bit> = Default::default(),
        now2: Reg<Pace> = Default::default(),
        now3: Reg<Pace> = Default::default(),
        lag2: Reg<Bits<32>> = Default::default(),
        lag3: Reg<Bits<32>> = Default::default(),
        lag4: Reg<Bits<32>> = Default::default(),
        sum2: Reg<Bits<36>> = Default::default(),
        fraction3: Reg<Bits<20>> = Default::default(),
        step3: Reg<Bits<16>> = Default::default(),
        burst2: Reg<Bits<32>> = Default::default(),
        burst3: Reg<Bits<32>> = Default::default(),
        pause2: Reg<Bits<32>> = Default::default(),
        buffer2: Reg<Bits<32>> = Default::default(),
        refill2: Reg<Bit> = Default::default(),
        refill3: Reg<Bit> = Default::default(),
        rest2: Reg<Bit> = Default::default(),
        rest3: Reg<Bit> = Default::default(),
        short2: Reg<Bit> = Default::default(),
        short3: Reg<Bit> = Default::default(),
        burst_by3: Reg<Bits<32>> = Default::default(),
        pause_by3: Reg<Bits<32>> = Default::default(),
        room3: Reg<Bits<32>> = Default::default(),
        full3: Reg<Bit> = Default::default(),
        due4: Reg<Bits<32>> = Default::default(),
        has: Dffr<Bits<NQ>> = Default::default(),
        over: Dffr<Bits<NQ>> = Default::default(),
        stall: Dffr<Bits<NQ>> = Default::default(),

        cfgw_slot: Signal<Local, Bits<SB>> = Default::default(),
        clear_slot: Signal<Local, Bits<SB>> = Default::default(),
        q0: Signal<Local, Bits<SB>> = Default::default(),
        q1: Signal<Local, Bits<SB>> = Default::default(),
        q1_six: Signal<Local, Bits<6>> = Default::default(),
        q4: Signal<Local, Bits<SB>> = Default::default(),
        gen1: Signal<Local, Bit> = Default::default(),
        used: Signal<Local, Bits<32>> = Default::default(),
        steps: Signal<Local, Bits<36>> = Default::default(),
        bursting: Signal<Local, Bit> = Default::default(),
        burst_now: Signal<Local, Bits<32>> = Default::default(),
        pause_now: Signal<Local, Bits<32>> = Default::default(),
        long: Signal<Local, Bits<32>> = Default::default(),
        room: Signal<Local, Bits<32>> = Default::default(),
        earned: Signal<Local, Bits<32>> = Default::default(),
        earns: Signal<Local, Bit> = Default::default(),
        after: Signal<Local, Pace> = Default::default(),
        lag_after: Signal<Local, Bits<32>> = Default::default(),
        hot1: Signal<Local, Bits<NQ>> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        others: Signal<Local, Bits<NQ>> = Default::default(),
        queues: Constant<Bits<SB>> = Constant::new((NQ as u64).into()),
        exact: Constant<Bit> = Constant::new(NQ >= 1 << (SB - 1)),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        odd: Constant<Bits<SB>> = Constant::new(1_u64.into()),
        visit: Constant<Bits<32>> = Constant::new((1_u64 << SB).into()),
        visit_log2: Constant<Bits<5>> = Constant::new((SB as u64).into()),
        whole: Constant<Bits<5>> = Constant::new(u64::from(ferrolane_abi::card::RATE_FRACTION).into()),
        loss_lsb: Constant<Bits<5>> = field_lsb(&abi::CTRL, "LOSS"),
        ctrl_at: Constant<Bits<4>> = index_of(&abi::CTRL),
        rate_at: Constant<Bits<4>> = index_of(&abi::RATE),
        burst_at: Constant<Bits<4>> = index_of(&abi::BURST),
        pause_at: Constant<Bits<4>> = index_of(&abi::PAUSE),
        buffer_at: Constant<Bits<4>> = index_of(&abi::BUFFER),
    }
}

impl<const NQ: usize, const QB: usize, const SB: usize> Logic for Pacer<NQ, QB, SB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, state, rate, burst, pause, buffer, loss, check_moved, gen_moved);
        dff_setup!(
            self, clock, slot, slot1, slot2, slot3, slot4, live2, live3, live4, clear2, clear3, clear4
        );
        dff_setup!(self, clock, run2, run3, run4, loss2, loss3, over4, now2, now3, lag2, lag3, lag4, sum2);
        dff_setup!(self, clock, fraction3, step3, burst2, burst3, pause2, buffer2, refill2, refill3, rest2);
        dff_setup!(
            self, clock, rest3, short2, short3, burst_by3, pause_by3, room3, full3, due4, has, over, stall
        );
        self.slot.rst.next = self.rst.val();
        self.live2.rst.next = self.rst.val();
        self.live3.rst.next = self.rst.val();
        self.live4.rst.next = self.rst.val();
        self.clear2.rst.next = self.rst.val();
        self.clear3.rst.next = self.rst.val();
        self.clear4.rst.next = self.rst.val();
        self.has.rst.next = self.rst.val();
        self.over.rst.next = self.rst.val();
        self.stall.rst.next = self.rst.val();

        // Copies of settings and of what was moved.
        self.cfgw_slot.next = bit_cast::<SB, 6>(self.cfgw_q.val()) << 1;
        if self.cfgw_gen.val() {
            self.cfgw_slot.next = self.cfgw_slot.val() | self.odd.val();
        }
        self.rate.waddr.next = self.cfgw_slot.val();
        self.rate.wdata.next = bit_cast::<28, 32>(self.cfgw_data.val());
        self.rate.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.rate_at.val());
        self.burst.waddr.next = self.cfgw_slot.val();
        self.burst.wdata.next = bit_cast::<31, 32>(self.cfgw_data.val());
        self.burst.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.burst_at.val());
        self.pause.waddr.next = self.cfgw_slot.val();
        self.pause.wdata.next = bit_cast::<31, 32>(self.cfgw_data.val());
        self.pause.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.pause_at.val());
        self.buffer.waddr.next = self.cfgw_slot.val();
        self.buffer.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val());
        self.buffer.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.buffer_at.val());
        self.loss.waddr.next = self.cfgw_slot.val();
        self.loss.wdata.next = bit_cast::<1, 32>(self.cfgw_data.val() >> self.loss_lsb.val());
        self.loss.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.ctrl_at.val());
        self.check_moved.waddr.next = bit_cast::<QB, 6>(self.check_used_q.val());
        self.check_moved.wdata.next = self.check_used.val();
        self.check_moved.wen.next = self.check_used_valid.val();
        self.gen_moved.waddr.next = bit_cast::<QB, 6>(self.gen_used_q.val());
        self.gen_moved.wdata.next = self.gen_used.val();
        self.gen_moved.wen.next = self.gen_used_valid.val();

        // Stage 0: addresses.
        self.slot.d.next = self.slot.q.val() + self.odd.val();
        self.slot1.d.next = self.slot.q.val();
        self.q0.next = self.slot.q.val() >> 1;
        self.state.raddr.next = self.slot.q.val();
        self.rate.raddr.next = self.slot.q.val();
        self.burst.raddr.next = self.slot.q.val();
        self.pause.raddr.next = self.slot.q.val();
        self.buffer.raddr.next = self.slot.q.val();
        self.loss.raddr.next = self.slot.q.val();
        self.check_moved.raddr.next = bit_cast::<QB, SB>(self.q0.val());
        self.gen_moved.raddr.next = bit_cast::<QB, SB>(self.q0.val());

        // Stage 1: how far behind, and what time would bring.
        self.slot2.d.next = self.slot1.q.val();
        self.q1.next = self.slot1.q.val() >> 1;
        self.q1_six.next = bit_cast::<6, SB>(self.q1.val());
        self.gen1.next = self.slot1.q.val().get_bit(0);
        self.live2.d.next = self.exact.val() | (self.q1.val() < self.queues.val());
        self.clear_slot.next = bit_cast::<SB, 6>(self.clear_q.val()) << 1;
        if self.clear_gen.val() {
            self.clear_slot.next = self.clear_slot.val() | self.odd.val();
        }
        self.clear2.d.next = self.clear_valid.val() & (self.clear_slot.val() == self.slot1.q.val());
        self.used.next = self.check_moved.rdata.val();
        self.hot1.next = self.one.val() << self.q1.val();
        self.run2.d.next = (self.check_run.val() & self.hot1.val()).any();
        if self.gen1.val() {
            self.run2.d.next = (self.gen_run.val() & self.hot1.val()).any();
            self.used.next = self.gen_moved.rdata.val();
            if self.gen_at_work.val() & (self.gen_at_work_q.val() == self.q1_six.val()) {
                self.used.next = self.gen_at_work_used.val();
            }
        }
        self.now2.d.next = self.state.rdata.val();
        self.lag2.d.next = self.used.val() - self.state.rdata.val().due;
        self.steps.next = bit_cast::<36, 28>(self.rate.rdata.val()) << self.visit_log2.val();
        self.sum2.d.next = self.steps.val() + bit_cast::<36, 20>(self.state.rdata.val().fraction);
        self.bursting.next = self.burst.rdata.val().any() & self.pause.rdata.val().any();
        self.burst_now.next = self.state.rdata.val().burst_left;
        self.pause_now.next = self.state.rdata.val().pause_left;
        self.refill2.d.next =
            self.bursting.val() & (self.burst_now.val().get_bit(31) | !self.burst_now.val().any());
        self.rest2.d.next =
            self.bursting.val() & !self.pause_now.val().get_bit(31) & self.pause_now.val().any();
        self.burst2.d.next = bit_cast::<32, 31>(self.burst.rdata.val());
        self.pause2.d.next = bit_cast::<32, 31>(self.pause.rdata.val());
        self.long.next = bit_cast::<32, 31>(self.pause.rdata.val()) >> self.visit_log2.val();
        self.short2.d.next = !self.long.val().any();
        self.buffer2.d.next = bit_cast::<32, 24>(self.buffer.rdata.val());
        self.loss2.d.next = self.loss.rdata.val().any() & self.gen1.val();

        // Stage 2: whether time stands still, and by how much the counts move.
        self.slot3.d.next = self.slot2.q.val();
        self.live3.d.next = self.live2.q.val();
        self.clear3.d.next = self.clear2.q.val();
        self.run3.d.next = self.run2.q.val();
        self.loss3.d.next = self.loss2.q.val();
        self.now3.d.next = self.now2.q.val();
        self.lag3.d.next = self.lag2.q.val();
        self.refill3.d.next = self.refill2.q.val();
        self.rest3.d.next = self.rest2.q.val() & !self.refill2.q.val();
        self.short3.d.next = self.short2.q.val();
        self.burst3.d.next = self.burst2.q.val();
        self.fraction3.d.next = bit_cast::<20, 36>(self.sum2.q.val());
        self.step3.d.next = bit_cast::<16, 36>(self.sum2.q.val() >> self.whole.val());
        self.burst_by3.d.next = self.burst2.q.val();
        self.pause_by3.d.next = self.pause2.q.val() - self.visit.val();
        if !self.refill2.q.val() {
            self.earned.next = bit_cast::<32, 36>(self.sum2.q.val() >> self.whole.val());
            self.burst_by3.d.next = !self.earned.val();
            self.pause_by3.d.next = !self.visit.val();
        } else {
            self.earned.next = 0.into();
        }
        // Bytes that still fit BUFFER, 0 or below if none do. A source that loses packets waits only for 2^30 bytes.
        self.room.next = self.lag2.q.val() + self.buffer2.q.val();
        self.room3.d.next = self.room.val();
        self.full3.d.next = self.room.val().get_bit(31) | !self.room.val().any();
        if self.loss2.q.val() {
            self.full3.d.next = self.lag2.q.val().get_bit(31) & !self.lag2.q.val().get_bit(30);
        }

        // Stage 3: the new state.
        self.slot4.d.next = self.slot3.q.val();
        self.live4.d.next = self.live3.q.val();
        self.clear4.d.next = self.clear3.q.val();
        self.run4.d.next = self.run3.q.val();
        self.over4.d.next = self.loss3.q.val() & self.room3.q.val().get_bit(31);
        self.after.next = self.now3.q.val();
        self.earns.next = self.run3.q.val()
            & !self.full3.q.val()
            & !self.refill3.q.val()
            & !self.rest3.q.val()
            & !self.clear3.q.val();
        if self.run3.q.val() & !self.full3.q.val() {
            if self.earns.val() {
                self.after.next.due = self.now3.q.val().due + bit_cast::<32, 16>(self.step3.q.val());
                self.after.next.fraction = self.fraction3.q.val();
                // The complement plus one is the negative.
                self.after.next.burst_left = self.now3.q.val().burst_left + self.burst_by3.q.val() + 1;
            } else if self.refill3.q.val() {
                self.after.next.burst_left = self.now3.q.val().burst_left + self.burst_by3.q.val();
                self.after.next.pause_left = self.now3.q.val().pause_left + self.pause_by3.q.val();
                if self.short3.q.val() {
                    self.after.next.pause_left = 0.into();
                }
            } else {
                self.after.next.pause_left = self.now3.q.val().pause_left + self.pause_by3.q.val() + 1;
            }
        }
        self.lag_after.next = self.lag3.q.val();
        if self.earns.val() {
            self.lag_after.next = self.lag3.q.val() - bit_cast::<32, 16>(self.step3.q.val());
        }
        self.lag4.d.next = self.lag_after.val();
        if self.clear3.q.val() {
            self.after.next.due = 0.into();
            self.after.next.fraction = 0.into();
            self.after.next.burst_left = self.burst3.q.val();
            self.after.next.pause_left = 0.into();
            self.lag4.d.next = 0.into();
        }
        self.state.waddr.next = self.slot3.q.val();
        self.state.wdata.next = self.after.val();
        self.state.wen.next = self.live3.q.val();
        self.due4.d.next = self.after.val().due;

        // Stage 4: tell.
        self.q4.next = self.slot4.q.val() >> 1;
        self.hot.next = self.one.val() << self.q4.val();
        self.others.next = !self.hot.val();
        if self.live4.q.val() {
            if self.slot4.q.val().get_bit(0) {
                self.has.d.next = self.has.q.val() & self.others.val();
                self.over.d.next = self.over.q.val() & self.others.val();
                if self.lag4.q.val().get_bit(31) {
                    self.has.d.next = self.has.q.val() | self.hot.val();
                }
                if self.over4.q.val() & !self.clear4.q.val() {
                    self.over.d.next = self.over.q.val() | self.hot.val();
                }
            } else {
                self.stall.d.next = self.stall.q.val() & self.others.val();
                if self.run4.q.val() & !self.lag4.q.val().get_bit(31) {
                    self.stall.d.next = self.stall.q.val() | self.hot.val();
                }
            }
        }
        self.due_valid.next = self.live4.q.val() & self.slot4.q.val().get_bit(0);
        self.due_q.next = bit_cast::<6, SB>(self.q4.val());
        self.due.next = self.due4.q.val();
        self.clear_done.next = self.clear4.q.val();
        self.gen_has.next = self.has.q.val();
        self.gen_over.next = self.over.q.val();
        self.check_full.next = self.stall.q.val();
    }
}
