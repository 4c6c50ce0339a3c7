//! Moves the heads.

use rust_hdl::prelude::*;

use super::batch::{Batch, Progress, ENDS, FAILS, GOES_ON, LINKS};
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::tlp::fetch_tags;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum HeadState {
    Idle,
    Visit,
    Judge,
    Read,
    Step,
    Clear,
    Move,
}

hw! {
    /// Owns the heads. Visits fetches of which something has come and moves the head behind it, if the fetch is the oldest
    /// of its queue; clears queues; steps the head for entries made on chip; passes producer indices on in push mode.
    ///
    /// ```text
    ///  news ─► Visit ─► Judge ─┐
    ///  step ─► Read ──► Step ──┼─► Move ─► head bus, state bits, tag free
    ///  init ─► Read ──► Clear ─┘             ▲ first
    ///  prod of a queue in push mode ─────────┘
    /// ```
    /// The oldest fetch of a queue is the one whose number is that of the fetches that have ended. One that is not waits until another
    /// one has moved on. The fetches of a queue that is not open bring nothing but their end, in any order.
    ///
    /// Tags with news are visited highest first, and none again before the others.
    pub struct FetchHead<const GN: usize, const GB: usize, const TB: usize, const FEEDS: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        /// A producer index of a queue in push mode.
        pub push_valid: Signal<In, Bit> = Default::default(),
        pub push_g: Signal<In, Bits<7>> = Default::default(),
        pub push_value: Signal<In, Bits<32>> = Default::default(),
        /// Pulse: a fetch of `ask_g` was taken.
        pub ask_valid: Signal<In, Bit> = Default::default(),
        pub ask_g: Signal<In, Bits<7>> = Default::default(),
        /// Tags of which something has come.
        pub news: Signal<In, Bits<16>> = Default::default(),
        pub look_tag: Signal<Out, Bits<4>> = Default::default(),
        pub batch: Signal<In, Batch> = Default::default(),
        pub progress: Signal<In, Progress> = Default::default(),
        pub torn: Signal<In, Bit> = Default::default(),
        /// Queue whose state is read in this clock.
        pub at: Signal<Out, Bits<GB>> = Default::default(),
        /// Of it, one clock later.
        pub ring: Signal<In, Bit> = Default::default(),
        pub number: Signal<In, Bits<4>> = Default::default(),
        /// Queues whose batches count.
        pub open: Signal<In, Bits<GN>> = Default::default(),
        /// Held until `step_done`: the next entry of `step_g` is in its store (`step_fault`: with a status code), or
        /// (`step_renews`) its list is to be started on.
        pub step_valid: Signal<In, Bit> = Default::default(),
        pub step_g: Signal<In, Bits<7>> = Default::default(),
        pub step_fault: Signal<In, Bit> = Default::default(),
        pub step_renews: Signal<In, Bit> = Default::default(),
        pub step_done: Signal<Out, Bit> = Default::default(),
        /// Queue that the five below are about.
        pub g: Signal<Out, Bits<7>> = Default::default(),
        pub renews: Signal<Out, Bit> = Default::default(),
        pub stales: Signal<Out, Bit> = Default::default(),
        pub closes: Signal<Out, Bit> = Default::default(),
        pub kills: Signal<Out, Bit> = Default::default(),
        pub revives: Signal<Out, Bit> = Default::default(),
        /// The last fetch of `head_g` has ended.
        pub rests: Signal<Out, Bit> = Default::default(),
        pub free_valid: Signal<Out, Bit> = Default::default(),
        pub free_tag: Signal<Out, Bits<4>> = Default::default(),
        pub head_valid: Signal<Out, Bit> = Default::default(),
        pub head_g: Signal<Out, Bits<7>> = Default::default(),
        pub head_value: Signal<Out, Bits<32>> = Default::default(),
        init: InitOnce = Default::default(),
        state: Dffr<HeadState> = Dffr::new(HeadState::Idle),
        heads: Bram<Bits<32>, GB> = Default::default(),
        ends: Bram<Bits<4>, GB> = Default::default(),
        pending: Dffr<Bits<16>> = Default::default(),
        waiting: Dffr<Bits<16>> = Default::default(),
        served: Dffr<Bits<16>> = Default::default(),
        any_pending: Dffr<Bit> = Default::default(),
        pick: Reg<Bits<4>> = Default::default(),
        clearing: Reg<Bit> = Default::default(),
        tag: Reg<Bits<4>> = Default::default(),
        g_now: Reg<Bits<7>> = Default::default(),
        // Of the fetch that is visited.
        batch_number: Reg<Bits<4>> = Default::default(),
        behind: Reg<Bits<7>> = Default::default(),
        came: Reg<Bit> = Default::default(),
        finishes: Reg<Bit> = Default::default(),
        kind: Reg<Bits<2>> = Default::default(),
        // What Move does.
        by: Reg<Bits<6>> = Default::default(),
        tells: Reg<Bit> = Default::default(),
        frees: Reg<Bit> = Default::default(),
        lone: Reg<Bit> = Default::default(),
        will_renew: Reg<Bit> = Default::default(),
        will_close: Reg<Bit> = Default::default(),
        will_kill: Reg<Bit> = Default::default(),
        will_wait: Reg<Bit> = Default::default(),
        steps: Reg<Bit> = Default::default(),
        late_ask: Dffr<Bit> = Default::default(),
        late_g: Reg<Bits<7>> = Default::default(),
        out_valid: Dffr<Bit> = Default::default(),
        out_g: Reg<Bits<7>> = Default::default(),
        out_value: Dffr<Bits<32>> = Default::default(),
        out_rests: Dffr<Bit> = Default::default(),
        out_renews: Dffr<Bit> = Default::default(),
        unserved: Signal<Local, Bits<16>> = Default::default(),
        highest: Signal<Local, Bits<4>> = Default::default(),
        pick_mask: Signal<Local, Bits<16>> = Default::default(),
        tag_mask: Signal<Local, Bits<16>> = Default::default(),
        wait_mask: Signal<Local, Bits<16>> = Default::default(),
        wakes: Signal<Local, Bit> = Default::default(),
        same: Signal<Local, Bit> = Default::default(),
        look_g: Signal<Local, Bits<7>> = Default::default(),
        head: Signal<Local, Bits<32>> = Default::default(),
        head_low: Signal<Local, Bits<7>> = Default::default(),
        by_now: Signal<Local, Bits<7>> = Default::default(),
        oldest: Signal<Local, Bit> = Default::default(),
        counts: Signal<Local, Bit> = Default::default(),
        ended: Signal<Local, Bits<4>> = Default::default(),
        moved: Signal<Local, Bits<32>> = Default::default(),
        feeds: Constant<Bit> = Constant::new(FEEDS != 0),
        one: Constant<Bits<16>> = Constant::new(1_u64.into()),
        goes_on: Constant<Bits<2>> = Constant::new(GOES_ON.into()),
        has_end: Constant<Bits<2>> = Constant::new(ENDS.into()),
        has_link: Constant<Bits<2>> = Constant::new(LINKS.into()),
        has_fault: Constant<Bits<2>> = Constant::new(FAILS.into()),
        // What a tag may have, so that no more is built.
        tag_bits: Constant<Bits<4>> = Constant::new((fetch_tags(TB) - 1).into()),
        tag_number: [Constant<Bits<4>>; 16] = array_init::array_init(|i| Constant::new((i as u64).into())),
    }
}

impl<const GN: usize, const GB: usize, const TB: usize, const FEEDS: usize> Logic
    for FetchHead<GN, GB, TB, FEEDS>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init, heads, ends);
        dff_setup!(
            self,
            clock,
            state,
            pending,
            waiting,
            served,
            any_pending,
            pick,
            clearing,
            tag,
            g_now,
            batch_number,
            behind,
            came,
            finishes,
            kind
        );
        dff_setup!(self, clock, by, tells, frees, lone, will_renew, will_close, will_kill, will_wait, steps);
        dff_setup!(self, clock, late_ask, late_g, out_valid, out_g, out_value, out_rests, out_renews);
        self.state.rst.next = self.rst.val();
        self.pending.rst.next = self.rst.val();
        self.waiting.rst.next = self.rst.val();
        self.served.rst.next = self.rst.val();
        self.any_pending.rst.next = self.rst.val();
        self.late_ask.rst.next = self.rst.val();
        self.out_valid.rst.next = self.rst.val();
        self.out_rests.rst.next = self.rst.val();
        self.out_renews.rst.next = self.rst.val();
        self.init.rst.next = self.rst.val();
        self.init.init_valid.next = self.init_valid.val();
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = false;
        self.init_done.next = self.init.done.val();

        self.unserved.next = self.pending.q.val() & !self.served.q.val();
        self.highest.next = 0.into();
        for i in 0..16 {
            if self.unserved.val().get_bit(i) {
                self.highest.next = self.tag_number[i].val();
            }
        }
        self.any_pending.d.next = self.unserved.val().any();
        self.pick.d.next = self.highest.val() & self.tag_bits.val();
        self.look_tag.next = self.pick.q.val();
        if !self.unserved.val().any() {
            self.served.d.next = 0.into();
        }

        // A fetch that is taken keeps its queue busy, even in the clocks in which the number of fetches is compared.
        self.late_ask.d.next = self.ask_valid.val();
        self.late_g.d.next = self.ask_g.val();
        self.same.next = self.late_ask.q.val() & (self.late_g.q.val() == self.g_now.q.val());

        self.look_g.next = self.g_now.q.val();
        if self.state.q.val() == HeadState::Visit {
            self.look_g.next = self.batch.val().g;
        }
        self.at.next = bit_cast::<GB, 7>(self.look_g.val());
        self.heads.raddr.next = bit_cast::<GB, 7>(self.look_g.val());
        self.ends.raddr.next = bit_cast::<GB, 7>(self.look_g.val());
        self.head.next = self.heads.rdata.val();
        self.head_low.next = bit_cast::<7, 32>(self.head.val());
        self.moved.next = self.head.val() + bit_cast::<32, 6>(self.by.q.val());
        // What was told is kept. Nobody looks at it before.
        self.heads.waddr.next = bit_cast::<GB, 7>(self.out_g.q.val());
        self.heads.wdata.next = self.out_value.q.val();
        self.heads.wen.next = self.out_valid.q.val();
        self.ended.next = self.ends.rdata.val() + 1;
        self.ends.waddr.next = bit_cast::<GB, 7>(self.g_now.q.val());
        self.ends.wdata.next = self.ended.val();
        self.ends.wen.next = false;

        self.by_now.next = self.behind.q.val() - bit_cast::<7, 32>(self.head.val());
        self.oldest.next = self.batch_number.q.val() == self.ends.rdata.val();
        self.counts.next = self.open.val().get_bit(self.g_now.q.val().index());

        self.tag_mask.next = self.one.val() << self.pick.q.val();
        self.pick_mask.next = 0.into();
        self.wait_mask.next = 0.into();
        self.wakes.next = false;
        self.step_done.next = false;
        self.out_renews.d.next = false;
        self.stales.next = false;
        self.closes.next = false;
        self.kills.next = false;
        self.revives.next = false;
        self.free_valid.next = false;
        self.out_valid.d.next = self.push_valid.val();
        self.out_rests.d.next = false;
        self.out_g.d.next = self.g_now.q.val();
        self.out_value.d.next = self.moved.val();
        self.out_value.rst.next = false;
        if self.push_valid.val() {
            self.out_g.d.next = self.push_g.val();
            self.out_value.d.next = self.push_value.val();
        }
        match self.state.q.val() {
            HeadState::Idle => {
                self.clearing.d.next = self.init.ask.val();
                if self.init.ask.val() {
                    self.g_now.d.next = self.init_g.val();
                    self.state.d.next = HeadState::Read;
                } else if self.feeds.val() & self.step_valid.val() {
                    self.g_now.d.next = self.step_g.val();
                    self.state.d.next = HeadState::Read;
                } else if self.any_pending.q.val() {
                    self.tag.d.next = self.pick.q.val();
                    self.pick_mask.next = self.tag_mask.val();
                    self.served.d.next = self.served.q.val() | self.tag_mask.val();
                    self.state.d.next = HeadState::Visit;
                }
            }
            HeadState::Visit => {
                self.g_now.d.next = self.batch.val().g;
                self.batch_number.d.next = self.batch.val().number;
                self.behind.d.next = self.progress.val().at;
                if self.progress.val().kind == self.has_fault.val() {
                    self.behind.d.next = self.progress.val().at + 1;
                }
                self.came.d.next = !self.progress.val().open;
                self.kind.d.next = self.progress.val().kind;
                self.finishes.d.next = self.batch.val().list & self.batch.val().last;
                self.state.d.next = HeadState::Judge;
                if self.torn.val() {
                    self.state.d.next = HeadState::Idle;
                }
            }
            HeadState::Judge => {
                self.by.d.next = bit_cast::<6, 7>(self.by_now.val());
                self.tells.d.next =
                    self.counts.val() & self.oldest.val() & (self.behind.q.val() != self.head_low.val());
                self.frees.d.next = self.came.q.val() & (!self.counts.val() | self.oldest.val());
                self.lone.d.next = (self.ended.val() == self.number.val()) & !self.same.val();
                self.will_renew.d.next =
                    self.counts.val() & self.oldest.val() & (self.kind.q.val() == self.has_link.val());
                self.will_close.d.next = self.counts.val()
                    & self.oldest.val()
                    & ((self.kind.q.val() == self.has_end.val())
                        | (self.kind.q.val() == self.has_fault.val())
                        | (self.came.q.val()
                            & self.finishes.q.val()
                            & (self.kind.q.val() == self.goes_on.val())));
                self.will_kill.d.next =
                    self.counts.val() & self.oldest.val() & (self.kind.q.val() == self.has_fault.val());
                self.will_wait.d.next = self.counts.val() & !self.oldest.val();
                self.steps.d.next = false;
                self.state.d.next = HeadState::Move;
            }
            HeadState::Read => {
                self.state.d.next = HeadState::Step;
                if self.clearing.q.val() | !self.feeds.val() {
                    self.state.d.next = HeadState::Clear;
                }
            }
            HeadState::Step => {
                self.steps.d.next = true;
                self.by.d.next = 1.into();
                self.tells.d.next = !self.step_renews.val();
                self.frees.d.next = false;
                self.will_renew.d.next = self.step_renews.val();
                self.will_close.d.next = self.step_fault.val();
                self.will_kill.d.next = self.step_fault.val();
                self.will_wait.d.next = false;
                self.state.d.next = HeadState::Move;
            }
            HeadState::Clear => {
                if !self.push_valid.val() {
                    self.init.take.next = true;
                    self.out_valid.d.next = true;
                    self.out_value.rst.next = true;
                    self.ends.wdata.next = self.number.val();
                    self.ends.wen.next = true;
                    self.out_renews.d.next = self.ring.val();
                    self.stales.next = !self.ring.val();
                    self.closes.next = true;
                    self.revives.next = true;
                    self.state.d.next = HeadState::Idle;
                }
            }
            HeadState::Move => {
                self.lone.d.next = self.lone.q.val() & !self.same.val();
                if !self.push_valid.val() {
                    // Not before the state bits change: a segment that is none would be found again.
                    self.step_done.next = self.steps.q.val();
                    self.out_valid.d.next = self.tells.q.val();
                    self.out_renews.d.next = self.will_renew.q.val();
                    self.closes.next = self.will_close.q.val();
                    self.kills.next = self.will_kill.q.val();
                    // A queue that dies is not started on.
                    self.stales.next = self.will_kill.q.val();
                    self.free_valid.next = self.frees.q.val();
                    self.ends.wen.next = self.frees.q.val();
                    self.out_rests.d.next = self.frees.q.val() & self.lone.q.val() & !self.same.val();
                    self.wakes.next = !self.will_wait.q.val();
                    if self.will_wait.q.val() {
                        self.wait_mask.next = self.one.val() << self.tag.q.val();
                    }
                    self.state.d.next = HeadState::Idle;
                }
            }
        }
        self.free_tag.next = self.tag.q.val();
        self.pending.d.next = (self.pending.q.val() & !self.pick_mask.val()) | self.news.val();
        self.waiting.d.next = self.waiting.q.val() | self.wait_mask.val();
        if self.wakes.val() {
            self.pending.d.next =
                (self.pending.q.val() & !self.pick_mask.val()) | self.news.val() | self.waiting.q.val();
            self.waiting.d.next = 0.into();
        }

        self.g.next = self.g_now.q.val();
        // With the head: what is started on goes by the head.
        self.renews.next = self.out_renews.q.val();
        self.rests.next = self.out_rests.q.val() & !self.same.val();
        self.head_valid.next = self.out_valid.q.val();
        self.head_g.next = self.out_g.q.val();
        self.head_value.next = self.out_value.q.val();
    }
}
