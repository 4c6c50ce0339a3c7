//! What each queue's fetching waits for, one bit per queue.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::NextReady;

hw! {
    /// Keeps the queues' states and finds the next one that has something to fetch.
    ///
    /// ```text
    ///  prod, taken ──► ready ─┐
    ///  run, halted ───────────┼─► eligible ─► NextReady ─► found, winner
    ///  open, fresh, busy ─────┘
    /// ```
    /// | bit | meaning |
    /// | --- | --- |
    /// | ready | something has changed since the queue was last found to have nothing to fetch |
    /// | fresh | a ring or a segment is to be started on |
    /// | open | of a ring, or of a list up to its end, entries are fetched, and what comes counts |
    /// | dead | after a fault, until it is cleared |
    /// | busy | a fetch is unanswered |
    ///
    /// A queue that is fresh and not open waits for its unanswered fetches: what they bring counts no more.
    pub struct FetchQueues<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub prod_valid: Signal<In, Bit> = Default::default(),
        pub prod_g: Signal<In, Bits<7>> = Default::default(),
        pub h2c_taken_valid: Signal<In, Bit> = Default::default(),
        pub h2c_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_taken_valid: Signal<In, Bit> = Default::default(),
        pub c2h_taken_q: Signal<In, Bits<6>> = Default::default(),
        /// Queue that the four below are about, and behind which the next is looked for.
        pub ask_g: Signal<In, Bits<7>> = Default::default(),
        /// It is being looked at: not ready.
        pub ask_looks: Signal<In, Bit> = Default::default(),
        /// It had something to fetch: ready.
        pub ask_again: Signal<In, Bit> = Default::default(),
        /// It was started on: open, not fresh.
        pub ask_opens: Signal<In, Bit> = Default::default(),
        /// Its fetch was taken: busy.
        pub ask_valid: Signal<In, Bit> = Default::default(),
        /// Queue that the five below are about.
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        /// Fresh.
        pub head_renews: Signal<In, Bit> = Default::default(),
        /// Not fresh.
        pub head_stales: Signal<In, Bit> = Default::default(),
        /// Not open.
        pub head_closes: Signal<In, Bit> = Default::default(),
        pub head_kills: Signal<In, Bit> = Default::default(),
        pub head_revives: Signal<In, Bit> = Default::default(),
        /// Not busy.
        pub rests_valid: Signal<In, Bit> = Default::default(),
        pub rests_g: Signal<In, Bits<7>> = Default::default(),
        /// Queue `winner` may be worth a look; `alive` tells of the queue in hand whether it could be picked in the clock before.
        pub found: Signal<Out, Bit> = Default::default(),
        pub alive: Signal<Out, Bit> = Default::default(),
        pub winner: Signal<Out, Bits<GB>> = Default::default(),
        pub fresh: Signal<Out, Bits<GN>> = Default::default(),
        pub open: Signal<Out, Bits<GN>> = Default::default(),
        pub dead: Signal<Out, Bits<GN>> = Default::default(),
        pub busy: Signal<Out, Bits<GN>> = Default::default(),
        ready_now: Dffr<Bits<GN>> = Default::default(),
        fresh_now: Dffr<Bits<GN>> = Default::default(),
        open_now: Dffr<Bits<GN>> = Default::default(),
        dead_now: Dffr<Bits<GN>> = Default::default(),
        busy_now: Dffr<Bits<GN>> = Default::default(),
        eligible: Reg<Bits<GN>> = Default::default(),
        finder: NextReady<GN, GB> = Default::default(),
        active: Signal<Local, Bits<GN>> = Default::default(),
        ask_mask: Signal<Local, Bits<GN>> = Default::default(),
        head_mask: Signal<Local, Bits<GN>> = Default::default(),
        rest_mask: Signal<Local, Bits<GN>> = Default::default(),
        c2h_mask: Signal<Local, Bits<GN>> = Default::default(),
        sets: Signal<Local, Bits<GN>> = Default::default(),
        clears: Signal<Local, Bits<GN>> = Default::default(),
        fresh_sets: Signal<Local, Bits<GN>> = Default::default(),
        fresh_clears: Signal<Local, Bits<GN>> = Default::default(),
        open_sets: Signal<Local, Bits<GN>> = Default::default(),
        open_clears: Signal<Local, Bits<GN>> = Default::default(),
        dead_sets: Signal<Local, Bits<GN>> = Default::default(),
        dead_clears: Signal<Local, Bits<GN>> = Default::default(),
        busy_sets: Signal<Local, Bits<GN>> = Default::default(),
        one: Constant<Bits<GN>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> Logic
    for FetchQueues<NQ, QB, GN, GB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, finder);
        dff_setup!(self, clock, ready_now, fresh_now, open_now, dead_now, busy_now, eligible);
        self.ready_now.rst.next = self.rst.val();
        self.fresh_now.rst.next = self.rst.val();
        self.open_now.rst.next = self.rst.val();
        self.dead_now.rst.next = self.rst.val();
        self.busy_now.rst.next = self.rst.val();
        self.finder.rst.next = self.rst.val();

        self.ask_mask.next = self.one.val() << bit_cast::<GB, 7>(self.ask_g.val());
        self.head_mask.next = self.one.val() << bit_cast::<GB, 7>(self.head_g.val());
        self.rest_mask.next = self.one.val() << bit_cast::<GB, 7>(self.rests_g.val());
        self.sets.next = 0.into();
        self.clears.next = 0.into();
        self.fresh_sets.next = 0.into();
        self.fresh_clears.next = 0.into();
        self.open_sets.next = 0.into();
        self.open_clears.next = 0.into();
        self.dead_sets.next = 0.into();
        self.dead_clears.next = 0.into();
        self.busy_sets.next = 0.into();
        if self.prod_valid.val() {
            self.sets.next = self.one.val() << bit_cast::<GB, 7>(self.prod_g.val());
        }
        if self.h2c_taken_valid.val() {
            self.sets.next = self.sets.val() | (self.one.val() << bit_cast::<QB, 6>(self.h2c_taken_q.val()));
        }
        self.c2h_mask.next = self.one.val() << bit_cast::<QB, 6>(self.c2h_taken_q.val());
        if self.c2h_taken_valid.val() {
            self.sets.next = self.sets.val() | (self.c2h_mask.val() << self.queues.val());
        }
        if self.ask_looks.val() {
            self.clears.next = self.ask_mask.val();
        }
        if self.ask_again.val() {
            self.sets.next = self.sets.val() | self.ask_mask.val();
        }
        if self.ask_opens.val() {
            self.fresh_clears.next = self.ask_mask.val();
            self.open_sets.next = self.ask_mask.val();
        }
        if self.ask_valid.val() {
            self.busy_sets.next = self.ask_mask.val();
        }
        if self.head_renews.val() {
            self.fresh_sets.next = self.head_mask.val();
        }
        if self.head_stales.val() {
            self.fresh_clears.next = self.fresh_clears.val() | self.head_mask.val();
        }
        if self.head_closes.val() {
            self.open_clears.next = self.head_mask.val();
        }
        if self.head_kills.val() {
            self.dead_sets.next = self.head_mask.val();
        }
        if self.head_revives.val() {
            self.dead_clears.next = self.head_mask.val();
        }
        if !self.rests_valid.val() {
            self.rest_mask.next = 0.into();
        }
        self.ready_now.d.next = (self.ready_now.q.val() & !self.clears.val()) | self.sets.val();
        self.fresh_now.d.next = (self.fresh_now.q.val() & !self.fresh_clears.val()) | self.fresh_sets.val();
        self.open_now.d.next = (self.open_now.q.val() & !self.open_clears.val()) | self.open_sets.val();
        self.dead_now.d.next = (self.dead_now.q.val() & !self.dead_clears.val()) | self.dead_sets.val();
        self.busy_now.d.next = (self.busy_now.q.val() & !self.rest_mask.val()) | self.busy_sets.val();

        self.active.next = self.run.val()
            & !self.halted.val()
            & ((self.open_now.q.val() & (self.ready_now.q.val() | self.fresh_now.q.val()))
                | (self.fresh_now.q.val() & !self.busy_now.q.val()));
        self.eligible.d.next = self.active.val();
        self.finder.ready.next = self.eligible.q.val();
        self.finder.after.next = bit_cast::<GB, 7>(self.ask_g.val());
        self.winner.next = self.finder.winner.val();
        self.found.next = self.finder.found.val();
        self.alive.next = self.eligible.q.val().get_bit(self.ask_g.val().index());
        self.fresh.next = self.fresh_now.q.val();
        self.open.next = self.open_now.q.val();
        self.dead.next = self.dead_now.q.val();
        self.busy.next = self.busy_now.q.val();
    }
}
