//! Where plan stands in the queue in hand, and the contexts of the others.

use rust_hdl::prelude::*;

use super::types::Context;
use crate::hw;
use crate::prim::{Bram, Dffr};

hw! {
    /// Position in the share, packets passed and what else of a queue lasts; put away and taken up with its descriptor.
    ///
    /// ```text
    ///  read ─► contexts ─► load ─► pos, pkts, dead, midway, gap ─► save ─► contexts
    ///                      wipe ─► all 0                 ▲ accept
    ///  clear ─► fresh
    /// ```
    /// A queue that is cleared is only marked: its context counts as 0 until it is written, and `wipe`, behind `load`, sees to that by the
    /// registers' resets.
    pub struct Place<const NQ: usize, const QB: usize, const OB: usize, const PW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Queue in hand.
        pub queue: Signal<In, Bits<6>> = Default::default(),
        /// Queue whose context shows one clock later, and the one that comes in hand with `load`.
        pub read: Signal<In, Bits<QB>> = Default::default(),
        pub candidate: Signal<In, Bits<6>> = Default::default(),
        /// Nothing but `load`, `save` and `clear` can come.
        pub idle: Signal<In, Bit> = Default::default(),
        /// Only while `idle`.
        pub load: Signal<In, Bit> = Default::default(),
        pub wipe: Signal<In, Bit> = Default::default(),
        pub save: Signal<In, Bit> = Default::default(),
        pub clear: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<6>> = Default::default(),
        /// The descriptor's part of the context, and the descriptors taken.
        pub saved: Signal<In, Context> = Default::default(),
        pub taken: Signal<In, Bits<32>> = Default::default(),
        /// The present descriptor has not begun, and `pos` stands in its lane.
        pub unbegun: Signal<In, Bit> = Default::default(),
        /// A TLP of `n` bytes was handed on; with `ends` the packet has ended with it, and the next one begins in row `after`,
        /// `passed` packets being passed then.
        pub accept: Signal<In, Bit> = Default::default(),
        pub n: Signal<In, Bits<11>> = Default::default(),
        pub ends: Signal<In, Bit> = Default::default(),
        pub after: Signal<In, Bits<16>> = Default::default(),
        pub passed: Signal<In, Bits<16>> = Default::default(),
        /// It was none: the packet was passed over. The queue is dead.
        pub skip: Signal<In, Bit> = Default::default(),
        pub dies: Signal<In, Bit> = Default::default(),
        /// The descriptor that comes next becomes the present one, and begins in this lane.
        pub begins: Signal<In, Bit> = Default::default(),
        pub lane: Signal<In, Bits<OB>> = Default::default(),
        pub loaded: Signal<Out, Context> = Default::default(),
        /// The candidate's context counts as 0.
        pub fresh: Signal<Out, Bit> = Default::default(),
        pub pos: Signal<Out, Bits<PW>> = Default::default(),
        pub dead: Signal<Out, Bit> = Default::default(),
        pub midway: Signal<Out, Bit> = Default::default(),
        pub gap: Signal<Out, Bit> = Default::default(),
        /// Row and packets once the TLP was handed on.
        pub next_row: Signal<Out, Bits<16>> = Default::default(),
        pub next_pkts: Signal<Out, Bits<16>> = Default::default(),

        contexts: Bram<Context, QB> = Default::default(),
        cleared: Dffr<Bits<NQ>> = Default::default(),
        at: Dffr<Bits<PW>> = Default::default(),
        pkts: Dffr<Bits<16>> = Default::default(),
        gone: Dffr<Bit> = Default::default(),
        begun: Dffr<Bit> = Default::default(),
        hole: Dffr<Bit> = Default::default(),
        next_pos: Signal<Local, Bits<PW>> = Default::default(),
        rows: Signal<Local, Bits<PW>> = Default::default(),
        passed_now: Signal<Local, Bits<16>> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        of_candidate: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const OB: usize, const PW: usize> Logic for Place<NQ, QB, OB, PW> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, cleared, at, pkts, gone, begun, hole);
        self.contexts.clock.next = self.clock.val();
        self.cleared.rst.next = self.rst.val();
        self.at.rst.next = self.wipe.val();
        self.pkts.rst.next = self.wipe.val();
        self.gone.rst.next = self.wipe.val();
        self.begun.rst.next = self.wipe.val();
        self.hole.rst.next = self.wipe.val();

        // A packet begins in a fresh row.
        self.next_pos.next = self.at.q.val() + bit_cast::<PW, 11>(self.n.val());
        self.passed_now.next = self.pkts.q.val();
        if self.ends.val() {
            self.next_pos.next = bit_cast::<PW, 16>(self.after.val()) << self.lane_bits.val();
            self.passed_now.next = self.passed.val();
        }
        if self.load.val() | self.accept.val() {
            self.at.d.next = self.next_pos.val();
            self.pkts.d.next = self.passed_now.val();
            self.gone.d.next = self.dies.val();
            self.begun.d.next = !self.ends.val();
            if self.idle.val() {
                self.at.d.next = bit_cast::<PW, 24>(self.contexts.rdata.val().pos);
                self.pkts.d.next = self.contexts.rdata.val().pkts;
                self.gone.d.next = self.contexts.rdata.val().dead;
                self.begun.d.next = self.contexts.rdata.val().inside;
            }
        }
        if self.load.val() | (self.accept.val() & self.ends.val()) {
            self.hole.d.next = self.skip.val();
            if self.idle.val() {
                self.hole.d.next = self.contexts.rdata.val().gap;
            }
        }
        // Lanes are those of a row that begins.
        if self.begins.val() {
            self.at.d.next = self.at.d.val() | bit_cast::<PW, OB>(self.lane.val());
        }
        self.contexts.raddr.next = self.read.val();
        self.contexts.waddr.next = bit_cast::<QB, 6>(self.queue.val());
        self.contexts.wen.next = self.save.val();
        self.rows.next = self.at.q.val();
        if self.unbegun.val() {
            self.rows.next = self.at.q.val() >> self.lane_bits.val();
            self.rows.next = self.rows.val() << self.lane_bits.val();
        }
        self.contexts.wdata.next = self.saved.val();
        self.contexts.wdata.next.taken = self.taken.val();
        self.contexts.wdata.next.pos = bit_cast::<24, PW>(self.rows.val());
        self.contexts.wdata.next.pkts = self.pkts.q.val();
        self.contexts.wdata.next.dead = self.gone.q.val();
        self.contexts.wdata.next.inside = self.begun.q.val();
        self.contexts.wdata.next.gap = self.hole.q.val();
        self.hot.next = self.one.val() << self.queue.val();
        self.hot.next = !self.hot.val();
        if self.save.val() {
            self.cleared.d.next = self.cleared.q.val() & self.hot.val();
        }
        if self.clear.val() {
            self.cleared.d.next = self.cleared.d.val() | (self.one.val() << self.clear_q.val());
        }
        self.of_candidate.next = (self.cleared.q.val() >> self.candidate.val()) & self.one.val();
        self.fresh.next = self.of_candidate.val().any();

        self.rows.next = self.next_pos.val() >> self.lane_bits.val();
        self.next_row.next = bit_cast::<16, PW>(self.rows.val());
        self.next_pkts.next = self.passed_now.val();
        self.loaded.next = self.contexts.rdata.val();
        self.pos.next = self.at.q.val();
        self.dead.next = self.gone.q.val();
        self.midway.next = self.begun.q.val();
        self.gap.next = self.hole.q.val();
    }
}
