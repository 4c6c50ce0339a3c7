//! The fetches under way, by tag.

use rust_hdl::prelude::*;

use super::batch::{Batch, Progress, GOES_ON};
use crate::hw;
use crate::prim::{Bram, Bram2, Dffr};

hw! {
    /// Keeps what was asked for with each tag and how much of it has come.
    ///
    /// ```text
    ///  note ────┬─► batches ──┬─► by `tag_ahead`: for the line of the next clock
    ///  update ──┴─► progress ─┴─► by `look_tag`: for the head
    ///  ask, free ─► tag_busy
    /// ```
    /// A batch is noted before its read is offered, in a clock without an update, and counts from the clock on in which
    /// the read is taken.
    pub struct FetchTags<const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub note_valid: Signal<In, Bit> = Default::default(),
        pub note: Signal<In, Batch> = Default::default(),
        pub note_tag: Signal<In, Bits<4>> = Default::default(),
        /// The read of `note_tag` was taken.
        pub ask_valid: Signal<In, Bit> = Default::default(),
        pub free_valid: Signal<In, Bit> = Default::default(),
        pub free_tag: Signal<In, Bits<4>> = Default::default(),
        pub update_valid: Signal<In, Bit> = Default::default(),
        pub update_tag: Signal<In, Bits<4>> = Default::default(),
        pub update: Signal<In, Progress> = Default::default(),
        pub update_left: Signal<In, Bits<6>> = Default::default(),
        /// Tag of the beat that makes the next clock's line.
        pub tag_ahead: Signal<In, Bits<4>> = Default::default(),
        pub batch: Signal<Out, Batch> = Default::default(),
        pub progress: Signal<Out, Progress> = Default::default(),
        /// Entries still to come.
        pub left: Signal<Out, Bits<6>> = Default::default(),
        pub look_tag: Signal<In, Bits<4>> = Default::default(),
        /// Of `look_tag` of the clock before; `look_torn`: it was written in that clock and may be anything.
        pub look_batch: Signal<Out, Batch> = Default::default(),
        pub look_progress: Signal<Out, Progress> = Default::default(),
        pub look_torn: Signal<Out, Bit> = Default::default(),
        pub tag_busy: Signal<Out, Bits<16>> = Default::default(),
        /// Tags whose progress is updated.
        pub news: Signal<Out, Bits<16>> = Default::default(),
        tags: Dffr<Bits<16>> = Default::default(),
        torn: Dffr<Bit> = Default::default(),
        queues: Bram<Bits<GB>, 4> = Default::default(),
        kinds: Bram<Bits<3>, 4> = Default::default(),
        look_queues: Bram<Bits<GB>, 4> = Default::default(),
        look_numbers: Bram<Bits<5>, 4> = Default::default(),
        steps: Bram2<Progress, 4> = Default::default(),
        lefts: Bram<Bits<6>, 4> = Default::default(),
        kind: Signal<Local, Bits<3>> = Default::default(),
        number: Signal<Local, Bits<5>> = Default::default(),
        ahead: Signal<Local, Batch> = Default::default(),
        look: Signal<Local, Batch> = Default::default(),
        tag: Signal<Local, Bits<4>> = Default::default(),
        step: Signal<Local, Progress> = Default::default(),
        entries: Signal<Local, Bits<6>> = Default::default(),
        ask_mask: Signal<Local, Bits<16>> = Default::default(),
        free_mask: Signal<Local, Bits<16>> = Default::default(),
        news_mask: Signal<Local, Bits<16>> = Default::default(),
        one: Constant<Bits<16>> = Constant::new(1_u64.into()),
        goes_on: Constant<Bits<2>> = Constant::new(GOES_ON.into()),
    }
}

impl<const GB: usize> Logic for FetchTags<GB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, queues, kinds, look_queues, look_numbers, steps, lefts);
        dff_setup!(self, clock, tags, torn);
        self.tags.rst.next = self.rst.val();
        self.torn.rst.next = self.rst.val();

        self.kind.next = 0.into();
        self.kind.next = self.kind.val().replace_bit(0, self.note.val().list);
        self.kind.next = self.kind.val().replace_bit(1, self.note.val().first);
        self.kind.next = self.kind.val().replace_bit(2, self.note.val().last);
        self.queues.waddr.next = self.note_tag.val();
        self.queues.wdata.next = bit_cast::<GB, 7>(self.note.val().g);
        self.queues.wen.next = self.note_valid.val();
        self.queues.raddr.next = self.tag_ahead.val();
        self.kinds.waddr.next = self.note_tag.val();
        self.kinds.wdata.next = self.kind.val();
        self.kinds.wen.next = self.note_valid.val();
        self.kinds.raddr.next = self.tag_ahead.val();
        self.ahead.next.g = bit_cast::<7, GB>(self.queues.rdata.val());
        self.ahead.next.number = 0.into();
        self.ahead.next.slot = 0.into();
        self.ahead.next.count = 0.into();
        self.ahead.next.list = self.kinds.rdata.val().get_bit(0);
        self.ahead.next.first = self.kinds.rdata.val().get_bit(1);
        self.ahead.next.last = self.kinds.rdata.val().get_bit(2);
        self.batch.next = self.ahead.val();

        // Of the kind, the head asks whether a list ends here if its last entry is no LINK.
        self.number.next = bit_cast::<5, 4>(self.note.val().number);
        self.number.next = self.number.val().replace_bit(4, self.note.val().list & self.note.val().last);
        self.look_queues.waddr.next = self.note_tag.val();
        self.look_queues.wdata.next = bit_cast::<GB, 7>(self.note.val().g);
        self.look_queues.wen.next = self.note_valid.val();
        self.look_queues.raddr.next = self.look_tag.val();
        self.look_numbers.waddr.next = self.note_tag.val();
        self.look_numbers.wdata.next = self.number.val();
        self.look_numbers.wen.next = self.note_valid.val();
        self.look_numbers.raddr.next = self.look_tag.val();
        self.look.next.g = bit_cast::<7, GB>(self.look_queues.rdata.val());
        self.look.next.number = bit_cast::<4, 5>(self.look_numbers.rdata.val());
        self.look.next.slot = 0.into();
        self.look.next.count = 0.into();
        self.look.next.list = self.look_numbers.rdata.val().get_bit(4);
        self.look.next.first = false;
        self.look.next.last = self.look_numbers.rdata.val().get_bit(4);
        self.look_batch.next = self.look.val();

        self.tag.next = self.note_tag.val();
        self.step.next.open = true;
        self.step.next.fresh = true;
        self.step.next.at = self.note.val().slot;
        self.step.next.kind = self.goes_on.val();
        self.entries.next = self.note.val().count;
        if !self.note_valid.val() {
            self.tag.next = self.update_tag.val();
            self.step.next = self.update.val();
            self.entries.next = self.update_left.val();
        }
        self.steps.waddr.next = self.tag.val();
        self.steps.wdata.next = self.step.val();
        self.steps.wen.next = self.note_valid.val() | self.update_valid.val();
        self.steps.raddr.next = self.tag_ahead.val();
        self.steps.raddr2.next = self.look_tag.val();
        self.lefts.waddr.next = self.tag.val();
        self.lefts.wdata.next = self.entries.val();
        self.lefts.wen.next = self.note_valid.val() | self.update_valid.val();
        self.lefts.raddr.next = self.tag_ahead.val();
        self.progress.next = self.steps.rdata.val();
        self.look_progress.next = self.steps.rdata2.val();
        self.left.next = self.lefts.rdata.val();
        self.torn.d.next = self.update_valid.val() & (self.update_tag.val() == self.look_tag.val());
        self.look_torn.next = self.torn.q.val();

        self.ask_mask.next = 0.into();
        if self.ask_valid.val() {
            self.ask_mask.next = self.one.val() << self.note_tag.val();
        }
        self.free_mask.next = 0.into();
        if self.free_valid.val() {
            self.free_mask.next = self.one.val() << self.free_tag.val();
        }
        self.news_mask.next = 0.into();
        if self.update_valid.val() {
            self.news_mask.next = self.one.val() << self.update_tag.val();
        }
        self.tags.d.next = (self.tags.q.val() & !self.free_mask.val()) | self.ask_mask.val();
        self.tag_busy.next = self.tags.q.val();
        self.news.next = self.news_mask.val();
    }
}
