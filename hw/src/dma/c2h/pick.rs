//! Which queue plan serves next.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::NextReady;

hw! {
    /// One bit per C2H queue that says "look at it", and the next queue behind the one in hand whose bit is set.
    ///
    /// ```text
    ///  fill, head, room, finished, wake ─► register ─► set ─┐
    ///  take: clear, again: set ───────────────────────┴─► bits & run & ~halted ─► NextReady ─► candidate
    /// ```
    /// A bit is set a clock behind the event, hence behind plan's copies: what a look that clears it finds in them
    /// is no older than the events it stands for, so no event is lost. A clear and an event together leave it set.
    pub struct Pick<const NQ: usize, const QB: usize, const GN: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub room_valid: Signal<In, Bit> = Default::default(),
        pub room_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub fill_valid: Signal<In, Bit> = Default::default(),
        pub fill_q: Signal<In, Bits<6>> = Default::default(),
        /// The queue is to be flushed; a clock behind what tells plan so.
        pub wake_valid: Signal<In, Bit> = Default::default(),
        pub wake_q: Signal<In, Bits<6>> = Default::default(),
        /// Queue in hand.
        pub q: Signal<In, Bits<6>> = Default::default(),
        /// The candidate is looked at.
        pub take: Signal<In, Bit> = Default::default(),
        /// The queue in hand has more to do; or had so in the clock before, and its turn is over.
        pub again: Signal<In, Bit> = Default::default(),
        /// There is a candidate, which might be worked on in the clock before. `early` tells it a clock before, without promise.
        pub found: Signal<Out, Bit> = Default::default(),
        /// It is another than `q` was in the clock before.
        pub differs: Signal<Out, Bit> = Default::default(),
        pub candidate: Signal<Out, Bits<6>> = Default::default(),
        pub early: Signal<Out, Bits<QB>> = Default::default(),
        /// The queue in hand might be worked on in the clock before.
        pub q_allowed: Signal<Out, Bit> = Default::default(),

        ready: Dffr<Bits<NQ>> = Default::default(),
        finder: NextReady<NQ, QB> = Default::default(),
        room_seen: Dffr<Bit> = Default::default(),
        room_at: Reg<Bits<7>> = Default::default(),
        finished_seen: Dffr<Bit> = Default::default(),
        finished_at: Reg<Bits<7>> = Default::default(),
        head_seen: Dffr<Bit> = Default::default(),
        head_at: Reg<Bits<7>> = Default::default(),
        fill_seen: Dffr<Bit> = Default::default(),
        fill_at: Reg<Bits<6>> = Default::default(),
        found_out: Dffr<Bit> = Default::default(),
        differs_out: Dffr<Bit> = Default::default(),
        candidate_out: Reg<Bits<6>> = Default::default(),
        q_allowed_out: Dffr<Bit> = Default::default(),
        unhalted: Signal<Local, Bits<GN>> = Default::default(),
        eligible: Signal<Local, Bits<NQ>> = Default::default(),
        of_winner: Signal<Local, Bits<NQ>> = Default::default(),
        allowed: Signal<Local, Bit> = Default::default(),
        in_hand: Signal<Local, Bits<QB>> = Default::default(),
        of_q: Signal<Local, Bits<NQ>> = Default::default(),
        bits: Signal<Local, Bits<NQ>> = Default::default(),
        keep: Signal<Local, Bits<NQ>> = Default::default(),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize> Logic for Pick<NQ, QB, GN> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, ready, room_seen, room_at, finished_seen, finished_at);
        dff_setup!(self, clock, head_seen, head_at, fill_seen, fill_at, found_out, candidate_out);
        dff_setup!(self, clock, differs_out, q_allowed_out);
        self.ready.rst.next = self.rst.val();
        self.room_seen.rst.next = self.rst.val();
        self.finished_seen.rst.next = self.rst.val();
        self.head_seen.rst.next = self.rst.val();
        self.fill_seen.rst.next = self.rst.val();
        self.found_out.rst.next = self.rst.val();
        self.differs_out.rst.next = self.rst.val();
        self.q_allowed_out.rst.next = self.rst.val();
        self.finder.clock.next = self.clock.val();
        self.finder.rst.next = self.rst.val();

        self.unhalted.next = !self.halted.val();
        self.unhalted.next = self.unhalted.val() & self.run.val();
        self.unhalted.next = self.unhalted.val() >> self.first_g.val();
        self.eligible.next = bit_cast::<NQ, GN>(self.unhalted.val());

        self.room_seen.d.next = self.room_valid.val() & (self.room_g.val() >= self.first_g.val());
        self.room_at.d.next = self.room_g.val() - self.first_g.val();
        self.finished_seen.d.next = self.finished_valid.val() & (self.finished_g.val() >= self.first_g.val());
        self.finished_at.d.next = self.finished_g.val() - self.first_g.val();
        self.head_seen.d.next = self.head_valid.val() & (self.head_g.val() >= self.first_g.val());
        self.head_at.d.next = self.head_g.val() - self.first_g.val();
        self.fill_seen.d.next = self.fill_valid.val();
        self.fill_at.d.next = self.fill_q.val();

        self.bits.next = self.ready.q.val();
        if self.take.val() {
            self.keep.next = self.one.val() << self.candidate_out.q.val();
            self.keep.next = !self.keep.val();
            self.bits.next = self.bits.val() & self.keep.val();
        } else {
            self.keep.next = 0.into();
        }
        if self.again.val() {
            self.bits.next = self.bits.val() | (self.one.val() << self.q.val());
        }
        if self.room_seen.q.val() {
            self.bits.next = self.bits.val() | (self.one.val() << self.room_at.q.val());
        }
        if self.finished_seen.q.val() {
            self.bits.next = self.bits.val() | (self.one.val() << self.finished_at.q.val());
        }
        if self.head_seen.q.val() {
            self.bits.next = self.bits.val() | (self.one.val() << self.head_at.q.val());
        }
        if self.fill_seen.q.val() {
            self.bits.next = self.bits.val() | (self.one.val() << self.fill_at.q.val());
        }
        if self.wake_valid.val() {
            self.bits.next = self.bits.val() | (self.one.val() << self.wake_q.val());
        }
        self.ready.d.next = self.bits.val();

        self.finder.ready.next = self.ready.q.val() & self.eligible.val();
        self.in_hand.next = bit_cast::<QB, 6>(self.q.val());
        self.finder.after.next = self.in_hand.val();
        self.early.next = self.finder.winner.val();
        // What may be worked on is looked up a clock before it counts, so that plan decides by flip-flops alone.
        self.of_winner.next = (self.eligible.val() >> self.finder.winner.val()) & self.one.val();
        self.allowed.next = self.finder.found.val() & self.of_winner.val().any();
        self.found_out.d.next = self.allowed.val();
        self.differs_out.d.next = self.allowed.val() & (self.finder.winner.val() != self.in_hand.val());
        self.candidate_out.d.next = bit_cast::<6, QB>(self.finder.winner.val());
        self.found.next = self.found_out.q.val();
        self.candidate.next = self.candidate_out.q.val();
        self.differs.next = self.differs_out.q.val();
        self.of_q.next = (self.eligible.val() >> self.q.val()) & self.one.val();
        self.q_allowed_out.d.next = self.of_q.val().any();
        self.q_allowed.next = self.q_allowed_out.q.val();
    }
}
