//! Takes the completions that bring descriptors.

use rust_hdl::prelude::*;

use super::batch::{Batch, EntryWrite, Line, Progress, ENDS, FAILS, GOES_ON, LINKS};
use crate::hw;
use crate::prim::{Bram2, Dffr, Reg};
use ferrolane_abi::{descriptor, status};

/// Bit of a descriptor's word 2 (len and flags) within 128 bits that holds a flag.
fn flag(mask: u8) -> Constant<Bits<7>> {
    Constant::new((64 + 24 + mask.trailing_zeros() as u64).into())
}

hw! {
    /// Judges each line of a completion, writes it to the store and notes how far its fetch has come.
    ///
    /// ```text
    ///  tag ─► batch, progress ─┐        ┌─► store write (or, in a clock without a line, one of `side`)
    ///                          ▼        │
    ///  line ─────────────────► judge ───┼─► progress, news ─► head
    ///                                   └─► link: next segment of a list
    /// ```
    /// Completions of one read come in order of address (PCIe Base Spec r5 2.3.1.1), cut anywhere at a multiple of
    /// RCB; rings and segments are 16-byte aligned, so a cut never splits a descriptor.
    ///
    /// A fault puts an entry with its status code where the first missing descriptor belongs. A TLP flagged `error`
    /// leaves no trace but in entries that it will bring again.
    pub struct FetchAnswer<const LW: usize, const GN: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub ask_valid: Signal<In, Bit> = Default::default(),
        pub ask: Signal<In, Batch> = Default::default(),
        pub ask_tag: Signal<In, Bits<3>> = Default::default(),
        /// Tag of the beat that makes the next clock's line.
        pub tag_ahead: Signal<In, Bits<3>> = Default::default(),
        pub line: Signal<In, Line> = Default::default(),
        pub data: Signal<In, Bits<LW>> = Default::default(),
        /// Queues whose batches count.
        pub open: Signal<In, Bits<GN>> = Default::default(),
        pub side: Signal<In, EntryWrite> = Default::default(),
        pub side_ready: Signal<Out, Bit> = Default::default(),
        pub free_valid: Signal<In, Bit> = Default::default(),
        pub free_tag: Signal<In, Bits<3>> = Default::default(),
        pub tag_busy: Signal<Out, Bits<8>> = Default::default(),
        /// Tags whose progress was written.
        pub news: Signal<Out, Bits<8>> = Default::default(),
        pub look_tag: Signal<In, Bits<3>> = Default::default(),
        /// Of `look_tag` of the clock before; `look_torn`: it was written in that clock and may be anything.
        pub look_batch: Signal<Out, Batch> = Default::default(),
        pub look_progress: Signal<Out, Progress> = Default::default(),
        pub look_torn: Signal<Out, Bit> = Default::default(),
        pub link_valid: Signal<Out, Bit> = Default::default(),
        pub link_g: Signal<Out, Bits<7>> = Default::default(),
        pub link: Signal<Out, Bits<128>> = Default::default(),
        pub wen_h2c: Signal<Out, Bits<2>> = Default::default(),
        pub wen_c2h: Signal<Out, Bits<2>> = Default::default(),
        pub store_q: Signal<Out, Bits<6>> = Default::default(),
        pub slot0: Signal<Out, Bits<7>> = Default::default(),
        pub slot1: Signal<Out, Bits<7>> = Default::default(),
        pub words: Signal<Out, Bits<4>> = Default::default(),
        pub store_data: Signal<Out, Bits<LW>> = Default::default(),
        pub err0: Signal<Out, Bits<8>> = Default::default(),
        pub err1: Signal<Out, Bits<8>> = Default::default(),
        /// Pulse: a completion was dropped that nobody waits for.
        pub unexpected: Signal<Out, Bit> = Default::default(),
        batches: Bram2<Batch, 3> = Default::default(),
        progress: Bram2<Progress, 3> = Default::default(),
        tags: Dffr<Bits<8>> = Default::default(),
        begun: Reg<Bits<8>> = Default::default(),
        was_begun: Reg<Bit> = Default::default(),
        hit: Reg<Bit> = Default::default(),
        torn: Reg<Bit> = Default::default(),
        written: Reg<Progress> = Default::default(),
        // Of the TLP, behind the lines so far.
        rest: Reg<Bits<6>> = Default::default(),
        todo: Reg<Bits<6>> = Default::default(),
        run: Reg<Progress> = Default::default(),
        stray: Dffr<Bit> = Default::default(),
        // Store write.
        out_h2c: Dffr<Bits<2>> = Default::default(),
        out_c2h: Dffr<Bits<2>> = Default::default(),
        out_q: Reg<Bits<6>> = Default::default(),
        out_slot0: Reg<Bits<7>> = Default::default(),
        out_slot1: Reg<Bits<7>> = Default::default(),
        out_words: Reg<Bits<4>> = Default::default(),
        out_data: Reg<Bits<LW>> = Default::default(),
        out_err0: Reg<Bits<8>> = Default::default(),
        out_err1: Reg<Bits<8>> = Default::default(),
        out_link: Dffr<Bit> = Default::default(),
        out_link_odd: Reg<Bit> = Default::default(),
        out_g: Reg<Bits<7>> = Default::default(),
        batch: Signal<Local, Batch> = Default::default(),
        now: Signal<Local, Progress> = Default::default(),
        at: Signal<Local, Progress> = Default::default(),
        behind: Signal<Local, Progress> = Default::default(),
        update: Signal<Local, Progress> = Default::default(),
        is_begun: Signal<Local, Bit> = Default::default(),
        here: Signal<Local, Bits<6>> = Default::default(),
        open_here: Signal<Local, Bits<6>> = Default::default(),
        upper: Signal<Local, Bits<128>> = Default::default(),
        has0: Signal<Local, Bit> = Default::default(),
        has1: Signal<Local, Bit> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        whole: Signal<Local, Bit> = Default::default(),
        fatal: Signal<Local, Bit> = Default::default(),
        fault: Signal<Local, Bit> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        list_err0: Signal<Local, Bits<8>> = Default::default(),
        list_err1: Signal<Local, Bits<8>> = Default::default(),
        link0: Signal<Local, Bit> = Default::default(),
        link1: Signal<Local, Bit> = Default::default(),
        knows: Signal<Local, Bit> = Default::default(),
        takes: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        swap: Signal<Local, Bit> = Default::default(),
        low_err: Signal<Local, Bits<8>> = Default::default(),
        high_err: Signal<Local, Bits<8>> = Default::default(),
        low_slot: Signal<Local, Bits<7>> = Default::default(),
        high_slot: Signal<Local, Bits<7>> = Default::default(),
        wen: Signal<Local, Bits<2>> = Default::default(),
        is_c2h: Signal<Local, Bit> = Default::default(),
        kept: Signal<Local, Bits<LW>> = Default::default(),
        side_line: Signal<Local, Bits<LW>> = Default::default(),
        ask_mask: Signal<Local, Bits<8>> = Default::default(),
        free_mask: Signal<Local, Bits<8>> = Default::default(),
        news_mask: Signal<Local, Bits<8>> = Default::default(),
        one: Constant<Bits<8>> = Constant::new(1_u64.into()),
        // Two descriptors make a line.
        pair: Constant<Bit> = Constant::new(LW == 256),
        step: Constant<Bits<6>> = Constant::new(((LW / 128) as u64).into()),
        goes_on: Constant<Bits<2>> = Constant::new(GOES_ON.into()),
        has_end: Constant<Bits<2>> = Constant::new(ENDS.into()),
        has_link: Constant<Bits<2>> = Constant::new(LINKS.into()),
        has_fault: Constant<Bits<2>> = Constant::new(FAILS.into()),
        link_bit: Constant<Bits<7>> = flag(descriptor::LINK),
        end_bit: Constant<Bits<7>> = flag(descriptor::END),
        all_words: Constant<Bits<4>> = Constant::new(15_u64.into()),
        no_end: Constant<Bits<LW>> = Constant::new(without_end::<LW>()),
        ok: Constant<Bits<8>> = Constant::new((status::OK as u64).into()),
        code_ur: Constant<Bits<8>> = Constant::new((status::FETCH_UR as u64).into()),
        code_ca: Constant<Bits<8>> = Constant::new((status::FETCH_CA as u64).into()),
        code_poisoned: Constant<Bits<8>> = Constant::new((status::FETCH_POISONED as u64).into()),
        code_malformed: Constant<Bits<8>> = Constant::new((status::FETCH_MALFORMED as u64).into()),
        code_loop: Constant<Bits<8>> = Constant::new((status::LINK_LOOP as u64).into()),
        code_segment: Constant<Bits<8>> = Constant::new((status::BAD_SEGMENT as u64).into()),
        // Completion status (PCIe Base Spec r5 table 2-34).
        completer_abort: Constant<Bits<3>> = Constant::new(4_u64.into()),
    }
}

/// All bits of a line but the END flags.
fn without_end<const LW: usize>() -> Bits<LW> {
    let end = 64 + 24 + descriptor::END.trailing_zeros() as usize;
    (0..LW).fold(Bits::<LW>::default(), |line, bit| line.replace_bit(bit, bit % 128 != end))
}

impl<const LW: usize, const GN: usize> Logic for FetchAnswer<LW, GN> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, batches, progress);
        dff_setup!(self, clock, tags, begun, was_begun, hit, torn, written, rest, todo, run, stray);
        dff_setup!(self, clock, out_h2c, out_c2h, out_q, out_slot0, out_slot1, out_words, out_data);
        dff_setup!(self, clock, out_err0, out_err1, out_link, out_link_odd, out_g);
        self.tags.rst.next = self.rst.val();
        self.stray.rst.next = self.rst.val();
        self.out_h2c.rst.next = self.rst.val();
        self.out_c2h.rst.next = self.rst.val();
        self.out_link.rst.next = self.rst.val();

        // The fetch that the tag stands for. Its progress may have been written in the clock in which it was read.
        self.batches.raddr.next = self.tag_ahead.val();
        self.batches.waddr.next = self.ask_tag.val();
        self.batches.wdata.next = self.ask.val();
        self.batches.wen.next = self.ask_valid.val();
        self.batch.next = self.batches.rdata.val();
        self.progress.raddr.next = self.tag_ahead.val();
        self.was_begun.d.next = self.begun.q.val().get_bit(self.tag_ahead.val().index());
        self.is_begun.next = self.was_begun.q.val() | self.hit.q.val();
        self.now.next = self.progress.rdata.val();
        if self.hit.q.val() {
            self.now.next = self.written.q.val();
        }
        if !self.is_begun.val() {
            self.now.next.left = self.batch.val().count;
            self.now.next.at = self.batch.val().slot;
            self.now.next.good = 0.into();
            self.now.next.kind = self.goes_on.val();
        }

        // Where this line stands in its TLP.
        self.here.next = self.rest.q.val();
        self.open_here.next = self.todo.q.val();
        self.at.next = self.run.q.val();
        if self.line.val().first {
            self.here.next = self.line.val().count;
            self.open_here.next = self.now.val().left;
            self.at.next = self.now.val();
        }
        self.has0.next = self.here.val() != 0;
        self.has1.next = self.pair.val() & (self.here.val() > 1);

        // Byte Count is what remains of the request, this TLP included (PCIe Base Spec r5 2.2.9).
        self.fits.next = self.line.val().shape
            & (self.line.val().remaining == self.now.val().left)
            & (self.line.val().count <= self.now.val().left);
        self.whole.next = self.has0.val() & (self.here.val() <= self.step.val()) & !self.line.val().short;
        self.fatal.next =
            (self.line.val().status != 0) | !self.fits.val() | (self.line.val().last & !self.whole.val());
        self.fault.next = self.fatal.val() | self.line.val().ep;
        self.code.next = self.code_malformed.val();
        if self.line.val().status == self.completer_abort.val() {
            self.code.next = self.code_ca.val();
        } else if self.line.val().status != 0 {
            self.code.next = self.code_ur.val();
        } else if !self.fatal.val() {
            self.code.next = self.code_poisoned.val();
        }
        if !self.fault.val() {
            self.code.next = self.ok.val();
        }

        // List mode: END and LINK end what the head may pass. A LINK is nothing to go by behind another or in the middle.
        self.upper.next = 0.into();
        if self.pair.val() {
            for i in (LW - 128)..(LW - 127) {
                self.upper.next = self.data.val().get_bits::<128>(i);
            }
        }
        self.list_err0.next = self.ok.val();
        self.list_err1.next = self.ok.val();
        self.link0.next = false;
        self.link1.next = false;
        self.behind.next = self.at.val();
        self.behind.next.at = self.at.val().at + bit_cast::<7, 6>(self.step.val());
        if self.has0.val() & (self.at.val().kind == self.goes_on.val()) {
            self.behind.next.good = self.at.val().good + 1;
            if self.batch.val().list & self.data.val().get_bit(self.link_bit.val().index()) {
                self.behind.next.kind = self.has_fault.val();
                if self.batch.val().first & self.line.val().first & !self.is_begun.val() {
                    self.list_err0.next = self.code_loop.val();
                } else if !self.batch.val().last | (self.open_here.val() != 1) {
                    self.list_err0.next = self.code_segment.val();
                } else {
                    self.behind.next.kind = self.has_link.val();
                    self.behind.next.good = self.at.val().good;
                    self.link0.next = true;
                }
            } else if self.batch.val().list & self.data.val().get_bit(self.end_bit.val().index()) {
                self.behind.next.kind = self.has_end.val();
            } else if self.has1.val() {
                self.behind.next.good = self.at.val().good + 2;
                if self.batch.val().list & self.upper.val().get_bit(self.link_bit.val().index()) {
                    if !self.batch.val().last | (self.open_here.val() != 2) {
                        self.behind.next.kind = self.has_fault.val();
                        self.list_err1.next = self.code_segment.val();
                    } else {
                        self.behind.next.kind = self.has_link.val();
                        self.behind.next.good = self.at.val().good + 1;
                        self.link1.next = true;
                    }
                } else if self.batch.val().list & self.upper.val().get_bit(self.end_bit.val().index()) {
                    self.behind.next.kind = self.has_end.val();
                }
            }
        }
        // A fetch of which everything has come is unanswered no more, even if its tag waits for older ones.
        self.knows.next = self.line.val().known & !(self.is_begun.val() & (self.now.val().left == 0));
        self.takes.next = self.line.val().valid & self.knows.val();
        self.ends.next = self.takes.val() & self.line.val().last & !self.line.val().error;
        if self.line.val().valid {
            self.run.d.next = self.behind.val();
            self.todo.d.next = self.open_here.val() - self.step.val();
            self.rest.d.next = self.here.val() - self.step.val();
            if self.here.val() <= self.step.val() {
                self.rest.d.next = 0.into();
            }
        }

        // A poisoned completion is followed by the rest; any other fault is the last that is heard of the request.
        self.update.next = self.behind.val();
        self.update.next.left = self.now.val().left - self.line.val().count;
        self.update.next.at = self.now.val().at + bit_cast::<7, 6>(self.line.val().count);
        if self.fault.val() {
            self.update.next.kind = self.now.val().kind;
            self.update.next.good = self.now.val().good;
            if self.now.val().kind == self.goes_on.val() {
                self.update.next.kind = self.has_fault.val();
                self.update.next.good = self.now.val().good + 1;
            }
            if self.fatal.val() {
                self.update.next.left = 0.into();
            }
        }
        self.written.d.next = self.update.val();
        self.progress.waddr.next = self.line.val().tag;
        self.progress.wdata.next = self.update.val();
        self.progress.wen.next = self.ends.val();
        self.hit.d.next = self.ends.val() & (self.line.val().tag == self.tag_ahead.val());
        self.torn.d.next = self.ends.val() & (self.line.val().tag == self.look_tag.val());
        self.stray.d.next =
            self.line.val().valid & self.line.val().last & !self.knows.val() & !self.line.val().error;
        self.news_mask.next = 0.into();
        if self.ends.val() {
            self.news_mask.next = self.one.val() << self.line.val().tag;
        }
        self.ask_mask.next = 0.into();
        if self.ask_valid.val() {
            self.ask_mask.next = self.one.val() << self.ask_tag.val();
        }
        self.free_mask.next = 0.into();
        if self.free_valid.val() {
            self.free_mask.next = self.one.val() << self.free_tag.val();
        }
        self.tags.d.next = (self.tags.q.val() & !self.free_mask.val()) | self.ask_mask.val();
        self.begun.d.next = (self.begun.q.val() & !self.ask_mask.val()) | self.news_mask.val();

        // The store is written in the next clock. An odd slot stands in banks 4 to 7 of a 256-bit line.
        self.low_slot.next = self.at.val().at;
        self.wen.next = 0.into();
        self.wen.next = self.wen.val().replace_bit(0, self.has0.val());
        self.wen.next = self.wen.val().replace_bit(1, self.has1.val());
        if self.fault.val() {
            self.low_slot.next = self.now.val().at;
            self.wen.next = 1.into();
        }
        self.low_err.next = self.list_err0.val();
        self.high_err.next = self.list_err1.val();
        if self.fault.val() {
            self.low_err.next = self.code.val();
        }
        self.kept.next = self.data.val();
        if self.batch.val().list {
            self.kept.next = self.data.val() & self.no_end.val();
        }
        self.is_c2h.next = self.batch.val().c2h;
        self.out_q.d.next = self.batch.val().q;
        self.out_words.d.next = self.all_words.val();
        self.out_g.d.next = self.batch.val().g;
        self.out_link.d.next = self.takes.val() & !self.fault.val() & (self.link0.val() | self.link1.val());
        if !self.takes.val() {
            self.wen.next = 0.into();
        }
        if !self.line.val().valid {
            self.low_slot.next = self.side.val().slot;
            self.is_c2h.next = self.side.val().c2h;
            self.out_q.d.next = self.side.val().q;
            self.out_words.d.next = self.side.val().words;
            self.low_err.next = self.side.val().err;
            if self.side.val().valid {
                self.wen.next = 1.into();
            }
        }
        self.side_ready.next = !self.line.val().valid;
        self.swap.next = self.pair.val() & self.low_slot.val().get_bit(0);
        self.out_link_odd.d.next = self.pair.val() & (self.swap.val() ^ self.link1.val());
        self.side_line.next = bit_cast::<LW, 32>(self.side.val().data);
        self.side_line.next = self.side_line.val() | (self.side_line.val() << 32);
        self.side_line.next = self.side_line.val() | (self.side_line.val() << 64);
        self.side_line.next = self.side_line.val() | (self.side_line.val() << 128);
        self.out_data.d.next = self.kept.val();
        self.out_err0.d.next = self.low_err.val();
        self.out_err1.d.next = self.high_err.val();
        if self.swap.val() {
            self.out_data.d.next = (self.kept.val() >> 128) | (self.kept.val() << 128);
            self.out_err0.d.next = self.high_err.val();
            self.out_err1.d.next = self.low_err.val();
            self.wen.next = (self.wen.val() >> 1) | (self.wen.val() << 1);
        }
        if !self.line.val().valid {
            self.out_data.d.next = self.side_line.val();
        }
        self.high_slot.next = self.low_slot.val() + 1;
        self.out_slot0.d.next = self.low_slot.val();
        self.out_slot1.d.next = self.low_slot.val() >> 1;
        if self.pair.val() {
            self.out_slot0.d.next = self.high_slot.val() >> 1;
        }
        self.out_h2c.d.next = 0.into();
        self.out_c2h.d.next = 0.into();
        if self.is_c2h.val() {
            self.out_c2h.d.next = self.wen.val();
        } else {
            self.out_h2c.d.next = self.wen.val();
        }

        self.wen_h2c.next = self.out_h2c.q.val();
        self.wen_c2h.next = self.out_c2h.q.val();
        self.store_q.next = self.out_q.q.val();
        self.slot0.next = self.out_slot0.q.val();
        self.slot1.next = self.out_slot1.q.val();
        self.words.next = self.out_words.q.val();
        self.store_data.next = self.out_data.q.val();
        self.err0.next = self.out_err0.q.val();
        self.err1.next = self.out_err1.q.val();
        self.link.next = bit_cast::<128, LW>(self.out_data.q.val());
        if self.out_link_odd.q.val() {
            for i in (LW - 128)..(LW - 127) {
                self.link.next = self.out_data.q.val().get_bits::<128>(i);
            }
        }
        // What comes of a list that has ended must not meet the next one.
        self.link_valid.next = self.out_link.q.val() & self.open.val().get_bit(self.out_g.q.val().index());
        self.link_g.next = self.out_g.q.val();
        self.batches.raddr2.next = self.look_tag.val();
        self.progress.raddr2.next = self.look_tag.val();
        self.look_batch.next = self.batches.rdata2.val();
        self.look_progress.next = self.progress.rdata2.val();
        self.look_torn.next = self.torn.q.val();
        self.news.next = self.news_mask.val();
        self.tag_busy.next = self.tags.q.val();
        self.unexpected.next = self.stray.q.val();
    }
}
