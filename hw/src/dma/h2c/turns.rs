//! Whose turn it is at issue.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::NextReady;

hw! {
    /// Ready bits of all queues, and the queue in hand.
    ///
    /// ```text
    ///  head ───────────────► ready ─┐
    ///  freed, room, finished ► & waits ► ready & run & ~halted ─► NextReady ─► seen ─► start
    ///                          ▲                  head of an idle engine ────────┘      │ queue in hand
    ///                          └─ parked without room ◄──────────── leave ◄─────────────┘
    /// ```
    /// A bit falls when its turn has started. In the clock behind the turn it is set again if work is left (`keep`), or if an event
    /// came that the decision may not have seen (the last four clocks'); a queue that lacks room `waits` for an event that may
    /// bring some. So idle queues cost nothing, and none is forgotten. While a queue is in hand the next one is looked for
    /// and its context read (`next_q`), so changing costs four clocks. A head that comes while nothing is in hand, and nothing
    /// was found, skips the search.
    /// Events are taken into registers first.
    ///
    /// Between two turns nothing is in hand for one clock at least, in which `run` and `halted` are sampled.
    pub struct Turns<const NQ: usize, const QB: usize, const GN: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Start no turn.
        pub hold: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub freed_valid: Signal<In, Bit> = Default::default(),
        pub freed_q: Signal<In, Bits<6>> = Default::default(),
        pub room_valid: Signal<In, Bit> = Default::default(),
        pub room_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        /// The queue in hand has work, so it may be the next one again.
        pub working: Signal<In, Bit> = Default::default(),
        /// The turn ends with this clock, and the context is written in it; with work (`keep`), for want of room (`blocked`), or without work.
        pub leave: Signal<In, Bit> = Default::default(),
        pub keep: Signal<In, Bit> = Default::default(),
        pub blocked: Signal<In, Bit> = Default::default(),
        /// A queue is in hand.
        pub have: Signal<Out, Bit> = Default::default(),
        /// None is, and one waits for room.
        pub waiting: Signal<Out, Bit> = Default::default(),
        /// Bit of the queue in hand.
        pub mine: Signal<Out, Bits<NQ>> = Default::default(),
        /// It may go on.
        pub live: Signal<Out, Bit> = Default::default(),
        /// Queue `q` is in hand from the next clock on; `q` is the queue in hand, or else the one that may start.
        pub start: Signal<Out, Bit> = Default::default(),
        pub q: Signal<Out, Bits<QB>> = Default::default(),
        /// What `q` may be in the next clock without a queue in hand: the context to read.
        pub next_q: Signal<Out, Bits<QB>> = Default::default(),
        pub next_bit: Signal<Out, Bits<NQ>> = Default::default(),
        search: NextReady<NQ, QB> = Default::default(),
        ready: Dffr<Bits<NQ>> = Default::default(),
        waits: Dffr<Bits<NQ>> = Default::default(),
        wants: Dffr<Bits<NQ>> = Default::default(),
        held: Dffr<Bit> = Default::default(),
        held_q: Dffr<Bits<QB>> = Default::default(),
        held_bit: Dffr<Bits<NQ>> = Default::default(),
        goes_on: Dffr<Bit> = Default::default(),
        seen: Reg<Bits<QB>> = Default::default(),
        seen_bit: Reg<Bits<NQ>> = Default::default(),
        seen_ok: Dffr<Bit> = Default::default(),
        // Until the search has seen the present turn.
        settle: Dffr<Bits<3>> = Default::default(),
        heads: Dffr<Bits<3>> = Default::default(),
        others: Dffr<Bits<3>> = Default::default(),
        // Events of the clock before.
        came: Dffr<Bit> = Default::default(),
        came_q: Reg<Bits<QB>> = Default::default(),
        head_bits: Dffr<Bits<NQ>> = Default::default(),
        other_bits: Dffr<Bits<NQ>> = Default::default(),
        // A turn ended in the clock before, like this.
        left: Dffr<Bit> = Default::default(),
        kept: Reg<Bit> = Default::default(),
        parked: Reg<Bit> = Default::default(),
        active: Signal<Local, Bits<GN>> = Default::default(),
        mine_active: Signal<Local, Bits<NQ>> = Default::default(),
        head_in: Signal<Local, Bit> = Default::default(),
        room_in: Signal<Local, Bit> = Default::default(),
        finished_in: Signal<Local, Bit> = Default::default(),
        head_q: Signal<Local, Bits<QB>> = Default::default(),
        freed_to: Signal<Local, Bits<QB>> = Default::default(),
        room_q: Signal<Local, Bits<QB>> = Default::default(),
        finished_q: Signal<Local, Bits<QB>> = Default::default(),
        bits: Signal<Local, Bits<NQ>> = Default::default(),
        skip: Signal<Local, Bit> = Default::default(),
        held_mask: Signal<Local, Bits<NQ>> = Default::default(),
        parks_mask: Signal<Local, Bits<NQ>> = Default::default(),
        stays_mask: Signal<Local, Bits<NQ>> = Default::default(),
        happened: Signal<Local, Bits<3>> = Default::default(),
        next: Signal<Local, Bits<QB>> = Default::default(),
        begins: Signal<Local, Bit> = Default::default(),
        stays: Signal<Local, Bit> = Default::default(),
        parks: Signal<Local, Bit> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize> Logic for Turns<NQ, QB, GN> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, search);
        dff_setup!(
            self, clock, ready, waits, wants, held, held_q, held_bit, goes_on, seen, seen_bit, seen_ok
        );
        dff_setup!(
            self, clock, settle, heads, others, came, came_q, head_bits, other_bits, left, kept, parked
        );
        self.search.rst.next = self.rst.val();
        self.ready.rst.next = self.rst.val();
        self.waits.rst.next = self.rst.val();
        self.wants.rst.next = self.rst.val();
        self.held.rst.next = self.rst.val();
        self.held_q.rst.next = self.rst.val();
        self.held_bit.rst.next = self.rst.val();
        self.goes_on.rst.next = self.rst.val();
        self.seen_ok.rst.next = self.rst.val();
        self.settle.rst.next = self.rst.val();
        self.heads.rst.next = self.rst.val();
        self.others.rst.next = self.rst.val();
        self.came.rst.next = self.rst.val();
        self.head_bits.rst.next = self.rst.val();
        self.other_bits.rst.next = self.rst.val();
        self.left.rst.next = self.rst.val();

        self.head_in.next = self.head_valid.val() & (self.head_g.val() < self.queues.val());
        self.room_in.next = self.room_valid.val() & (self.room_g.val() < self.queues.val());
        self.finished_in.next = self.finished_valid.val() & (self.finished_g.val() < self.queues.val());
        self.head_q.next = bit_cast::<QB, 7>(self.head_g.val());
        self.freed_to.next = bit_cast::<QB, 6>(self.freed_q.val());
        self.room_q.next = bit_cast::<QB, 7>(self.room_g.val());
        self.finished_q.next = bit_cast::<QB, 7>(self.finished_g.val());
        // H2C queues are the lower half of all (g = q).
        self.active.next = self.run.val() & !self.halted.val();
        self.mine_active.next = bit_cast::<NQ, GN>(self.active.val());

        // May the queue that was found start?
        self.begins.next = !self.held.q.val()
            & self.seen_ok.q.val()
            & !self.hold.val()
            & (self.settle.q.val() == 0)
            & (self.seen_bit.q.val() & self.ready.q.val() & self.mine_active.val()).any();

        // Events.
        self.came.d.next = self.head_in.val();
        self.came_q.d.next = self.head_q.val();
        self.bits.next = 0.into();
        if self.head_in.val() {
            self.bits.next = self.one.val() << self.head_q.val();
        }
        self.head_bits.d.next = self.bits.val();
        self.other_bits.d.next = 0.into();
        if self.freed_valid.val() {
            self.other_bits.d.next = self.one.val() << self.freed_to.val();
        }
        self.bits.next = 0.into();
        if self.room_in.val() {
            self.bits.next = self.one.val() << self.room_q.val();
        }
        self.other_bits.d.next = self.other_bits.d.val() | self.bits.val();
        self.bits.next = 0.into();
        if self.finished_in.val() {
            self.bits.next = self.one.val() << self.finished_q.val();
        }
        self.other_bits.d.next = self.other_bits.d.val() | self.bits.val();

        // Those for the queue in hand that a decision may not have seen.
        self.heads.d.next = (self.heads.q.val() << 1)
            | bit_cast::<3, 1>((self.head_bits.q.val() & self.held_bit.q.val()).any().into());
        self.others.d.next = (self.others.q.val() << 1)
            | bit_cast::<3, 1>((self.other_bits.q.val() & self.held_bit.q.val()).any().into());
        if self.begins.val() {
            // What came before was for another queue.
            self.heads.d.next = 0.into();
            self.others.d.next = 0.into();
        }
        self.left.d.next = self.leave.val();
        self.kept.d.next = self.keep.val();
        self.parked.d.next = self.blocked.val();
        self.happened.next = self.heads.q.val();
        if self.parked.q.val() {
            self.happened.next = self.others.q.val();
        }
        self.stays.next = self.left.q.val() & (self.kept.q.val() | self.happened.val().any());
        self.parks.next = self.left.q.val() & self.parked.q.val() & !self.stays.val();

        // Ready bits. That of the queue in hand is held down.
        self.held_mask.next = 0.into();
        if self.held.q.val() {
            self.held_mask.next = self.held_bit.q.val();
        }
        self.stays_mask.next = 0.into();
        if self.stays.val() {
            self.stays_mask.next = self.held_bit.q.val();
        }
        self.parks_mask.next = 0.into();
        if self.parks.val() {
            self.parks_mask.next = self.held_bit.q.val();
        }
        self.bits.next = self.waits.q.val() | self.parks_mask.val();
        self.waits.d.next = self.bits.val() & !self.other_bits.q.val() & !self.held_mask.val();
        self.bits.next = self.bits.val() & self.other_bits.q.val();
        self.bits.next =
            self.ready.q.val() | self.head_bits.q.val() | self.stays_mask.val() | self.bits.val();
        self.ready.d.next = self.bits.val() & !self.held_mask.val();
        self.bits.next = self.ready.q.val() & !self.held_mask.val();
        if self.working.val() {
            self.bits.next = self.ready.q.val() | self.held_mask.val();
        }
        self.wants.d.next = self.bits.val() & self.mine_active.val();

        // The next queue. Its context is read in the clock before it may start, so not while it is written.
        self.search.ready.next = self.wants.q.val();
        self.search.after.next = self.held_q.q.val();
        self.skip.next = self.came.q.val() & !self.held.q.val() & !self.search.found.val();
        self.next.next = self.search.winner.val();
        if self.skip.val() {
            self.next.next = self.came_q.q.val();
        }
        self.seen.d.next = self.next.val();
        self.bits.next = self.one.val() << self.next.val();
        self.next_bit.next = self.bits.val();
        self.seen_bit.d.next = self.bits.val();
        self.seen_ok.d.next = self.search.found.val() | self.skip.val();
        if self.settle.q.val() != 0 {
            self.settle.d.next = self.settle.q.val() - 1;
        }
        self.goes_on.d.next = (self.held_bit.q.val() & self.mine_active.val()).any();
        if self.leave.val() {
            self.held.d.next = false;
        }
        if self.begins.val() {
            self.held.d.next = true;
            self.held_q.d.next = self.seen.q.val();
            self.held_bit.d.next = self.seen_bit.q.val();
            self.goes_on.d.next = true;
            self.settle.d.next = 4.into();
        }
        self.have.next = self.held.q.val();
        self.waiting.next = !self.held.q.val() & self.waits.q.val().any();
        self.mine.next = self.held_bit.q.val();
        self.live.next = self.goes_on.q.val();
        self.start.next = self.begins.val();
        self.q.next = self.seen.q.val();
        if self.held.q.val() {
            self.q.next = self.held_q.q.val();
        }
        self.next_q.next = self.next.val();
    }
}
