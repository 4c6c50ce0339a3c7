//! Which memory queues have a read under way.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// A bit per queue that rises as the queue is taken in hand and falls when all its beats are in its share.
    ///
    /// ```text
    ///  Mark ─► Bursts ─► Beats ─► Fall ─► Mark …
    ///  not in hand  come up to   taken up to   those not taken
    ///               the mark     their mark    in hand since
    /// ```
    /// Bursts come back in order, and beats enter the shares in order; so what has been asked for by the time of `Mark` is in when as
    /// many have come. Only the beats of memory queues are counted.
    pub struct ReadBusy<const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// This queue is taken in hand.
        pub pick: Signal<In, Bit> = Default::default(),
        pub pick_q: Signal<In, Bits<6>> = Default::default(),
        /// Queue in hand.
        pub held: Signal<In, Bit> = Default::default(),
        pub held_q: Signal<In, Bits<6>> = Default::default(),
        /// Bursts asked for and come, free-running.
        pub asked: Signal<In, Bits<5>> = Default::default(),
        pub came: Signal<In, Bits<5>> = Default::default(),
        /// A beat was handed to ingress, a beat has got into a share.
        pub sent: Signal<In, Bit> = Default::default(),
        pub stored: Signal<In, Bit> = Default::default(),
        pub busy: Signal<Out, Bits<NQ>> = Default::default(),

        phase: Dffr<ReadPhase> = Dffr::new(ReadPhase::Mark),
        bits: Dffr<Bits<NQ>> = Default::default(),
        old: Reg<Bits<NQ>> = Default::default(),
        mark: Reg<Bits<5>> = Default::default(),
        beat_mark: Reg<Bits<5>> = Default::default(),
        sent_count: Dffr<Bits<5>> = Default::default(),
        stored_count: Dffr<Bits<5>> = Default::default(),
        pick_hot: Signal<Local, Bits<NQ>> = Default::default(),
        held_hot: Signal<Local, Bits<NQ>> = Default::default(),
        keep: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

/// Steps of a round.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum ReadPhase {
    /// Notes the queues and the bursts asked for.
    Mark,
    /// Until these bursts have come.
    Bursts,
    /// Until their beats are in.
    Beats,
    /// The bits fall.
    Fall,
}

impl<const NQ: usize, const QB: usize> Logic for ReadBusy<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, bits, old, mark, beat_mark, sent_count, stored_count);
        self.phase.rst.next = self.rst.val();
        self.bits.rst.next = self.rst.val();
        self.sent_count.rst.next = self.rst.val();
        self.stored_count.rst.next = self.rst.val();
        if self.sent.val() {
            self.sent_count.d.next = self.sent_count.q.val() + 1;
        }
        if self.stored.val() {
            self.stored_count.d.next = self.stored_count.q.val() + 1;
        }
        self.held_hot.next = 0.into();
        if self.held.val() {
            self.held_hot.next = self.one.val() << self.held_q.val();
        }
        match self.phase.q.val() {
            ReadPhase::Mark => {
                self.keep.next = !self.held_hot.val();
                self.old.d.next = self.bits.q.val() & self.keep.val();
                self.mark.d.next = self.asked.val();
                self.phase.d.next = ReadPhase::Bursts;
            }
            ReadPhase::Bursts => {
                self.keep.next = 0.into();
                self.beat_mark.d.next = self.sent_count.q.val();
                if self.came.val() == self.mark.q.val() {
                    self.phase.d.next = ReadPhase::Beats;
                }
            }
            ReadPhase::Beats => {
                self.keep.next = 0.into();
                if self.stored_count.q.val() == self.beat_mark.q.val() {
                    self.phase.d.next = ReadPhase::Fall;
                }
            }
            _ => {
                self.keep.next = !self.old.q.val();
                self.bits.d.next = self.bits.q.val() & self.keep.val();
                self.phase.d.next = ReadPhase::Mark;
            }
        }
        self.pick_hot.next = 0.into();
        if self.pick.val() {
            self.pick_hot.next = self.one.val() << self.pick_q.val();
        }
        self.bits.d.next = self.bits.d.val() | self.pick_hot.val();
        self.keep.next = !self.pick_hot.val();
        self.old.d.next = self.old.d.val() & self.keep.val();
        self.busy.next = self.bits.q.val();
    }
}
