//! Ends packets that were cut on the card's stream.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Offers a closing beat for each queue that was left within a packet: TLAST and `terr`, no byte.
    ///
    /// ```text
    ///  beats ─► open: without TLAST so far ─┬─► cut: a closing beat is due ─► turn ─► offer ─► small FIFO
    ///  reset, cleared, nothing more comes ──┘        └─► due: egress holds the queue
    /// ```
    /// A queue is cut by the reset of the engine, by its clearing, and as soon as it is `stopped`, by an error or by the host, and
    /// has sent everything that was committed. `open` is kept through a Function Level Reset: the card sees none, and a packet
    /// of the new life would be taken for the rest of the old one. Only `rst` forgets.
    ///
    /// One queue is looked at per clock; a paused one is passed over, so a card that can't take its closing beat holds up
    /// nobody else. Nobody waits for a closing beat but the queue's own next packet.
    pub struct Closer<const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// All queues are cut; their last beats come in the clock behind at the latest.
        pub core_rst: Signal<In, Bit> = Default::default(),
        /// A beat is on its way to the card.
        pub beat: Signal<In, Bit> = Default::default(),
        pub beat_q: Signal<In, Bits<QB>> = Default::default(),
        pub beat_last: Signal<In, Bit> = Default::default(),
        /// The queue was cleared; its last beat came in the clock before at the latest.
        pub clear: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<QB>> = Default::default(),
        /// Nothing more of the queue is committed.
        pub stopped: Signal<In, Bits<NQ>> = Default::default(),
        /// It may have something to send that is committed. Falls with its last `beat` at the earliest.
        pub sending: Signal<In, Bits<NQ>> = Default::default(),
        pub pause: Signal<In, Bits<NQ>> = Default::default(),
        pub due: Signal<Out, Bits<NQ>> = Default::default(),
        /// Nothing else is sent meanwhile.
        pub offer: Signal<Out, Bit> = Default::default(),
        pub offer_q: Signal<Out, Bits<QB>> = Default::default(),
        /// The offer is taken.
        pub taken: Signal<In, Bit> = Default::default(),
        open: Dffr<Bits<NQ>> = Default::default(),
        cut: Dffr<Bits<NQ>> = Default::default(),
        over: Reg<Bits<NQ>> = Default::default(),
        turn: Dffr<Bits<QB>> = Default::default(),
        want: Dffr<Bit> = Default::default(),
        // `core_rst` of the last two clocks: `open` has every beat by then.
        resets: Dffr<Bits<2>> = Default::default(),
        beats: Signal<Local, Bits<NQ>> = Default::default(),
        clears: Signal<Local, Bits<NQ>> = Default::default(),
        closes: Signal<Local, Bits<NQ>> = Default::default(),
        ends: Signal<Local, Bits<NQ>> = Default::default(),
        here: Signal<Local, Bits<NQ>> = Default::default(),
        none: Constant<Bits<NQ>> = Constant::new(0_u64.into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

impl<const NQ: usize, const QB: usize> Logic for Closer<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, open, cut, over, turn, want, resets);
        self.open.rst.next = self.rst.val();
        self.cut.rst.next = self.rst.val();
        self.turn.rst.next = self.rst.val();
        self.want.rst.next = self.rst.val();
        self.resets.rst.next = self.rst.val();

        self.beats.next = self.none.val();
        if self.beat.val() {
            self.beats.next = self.one.val() << self.beat_q.val();
        }
        self.closes.next = self.none.val();
        if self.want.q.val() & self.taken.val() {
            self.closes.next = self.one.val() << self.turn.q.val();
        }
        self.ends.next = self.beats.val() | self.closes.val();
        self.open.d.next = self.open.q.val() & !self.ends.val();
        if !self.beat_last.val() {
            self.open.d.next = (self.open.q.val() & !self.closes.val()) | self.beats.val();
        }

        self.clears.next = self.none.val();
        if self.clear.val() {
            self.clears.next = self.one.val() << self.clear_q.val();
        }
        self.over.d.next = self.stopped.val() & !self.sending.val();
        self.here.next = self.open.q.val() & (self.over.q.val() | self.clears.val());
        self.resets.d.next = self.resets.q.val() << 1;
        if self.core_rst.val() {
            self.resets.d.next = 1.into();
        }
        if self.resets.q.val().get_bit(1) {
            self.here.next = self.open.q.val();
        }
        self.cut.d.next = (self.cut.q.val() | self.here.val()) & !self.closes.val();
        self.due.next = self.cut.q.val();

        self.here.next = ((self.cut.q.val() & !self.pause.val()) >> self.turn.q.val()) & self.one.val();
        self.want.d.next = self.here.val().any() & !(self.want.q.val() & self.taken.val());
        if !self.here.val().any() {
            self.turn.d.next = self.turn.q.val() + 1;
        }
        self.offer.next = self.want.q.val();
        self.offer_q.next = self.turn.q.val();
    }
}
