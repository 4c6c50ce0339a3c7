//! Judges the completions that bring descriptors.

use rust_hdl::prelude::*;

use super::batch::{Batch, Line, Progress, ENDS, FAILS, GOES_ON, LINKS};
use crate::hw;
use crate::prim::{Dffr, Reg};
use ferrolane_abi::{descriptor, status};

/// Bit of a descriptor's word 2 (len and flags) within 128 bits that holds a flag.
fn flag(mask: u8) -> Constant<Bits<7>> {
    Constant::new((64 + 24 + mask.trailing_zeros() as u64).into())
}

hw! {
    /// Judges each line of a completion, says where it belongs and how far its fetch has come.
    ///
    /// ```text
    ///  batch, progress, left ─┐  ┌─► slot, wen, err: the line's place
    ///                         ▼  │
    ///  line ────────────────► judge ─► update ─► progress, news
    ///                         ▲  │ └─► link: next segment of a list
    ///                         └──┘ of the line before
    /// ```
    /// Completions of one read come in order of address (PCIe Base Spec r5 2.3.1.1), cut anywhere at a multiple of
    /// RCB; rings and segments are 16-byte aligned, so a cut never splits a descriptor.
    ///
    /// A fault puts an entry with its status code where the first missing descriptor belongs. A TLP flagged `error`
    /// leaves no trace but in entries that it will bring again.
    pub struct FetchAnswer<const LW: usize, const GN: usize, const FEEDS: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub line: Signal<In, Line> = Default::default(),
        pub data: Signal<In, Bits<LW>> = Default::default(),
        // Of the line's tag.
        pub batch: Signal<In, Batch> = Default::default(),
        pub progress: Signal<In, Progress> = Default::default(),
        pub left: Signal<In, Bits<6>> = Default::default(),
        /// Queues whose batches count.
        pub open: Signal<In, Bits<GN>> = Default::default(),
        pub update_valid: Signal<Out, Bit> = Default::default(),
        pub update: Signal<Out, Progress> = Default::default(),
        /// Descriptors of the line that go to the store: the lower, the upper. The lower one's slot, modulo 128.
        pub wen: Signal<Out, Bits<2>> = Default::default(),
        pub slot: Signal<Out, Bits<7>> = Default::default(),
        pub err0: Signal<Out, Bits<8>> = Default::default(),
        pub err1: Signal<Out, Bits<8>> = Default::default(),
        /// The line as it is stored: without END.
        pub kept: Signal<Out, Bits<LW>> = Default::default(),
        pub link_valid: Signal<Out, Bit> = Default::default(),
        pub link_g: Signal<Out, Bits<7>> = Default::default(),
        pub link: Signal<Out, Bits<128>> = Default::default(),
        /// Pulse: a completion was dropped that nobody waits for.
        pub unexpected: Signal<Out, Bit> = Default::default(),
        // Behind the line of the clock before, and whether that ended a TLP.
        run: Reg<Progress> = Default::default(),
        ended: Dffr<Bit> = Default::default(),
        stray: Dffr<Bit> = Default::default(),
        linked: Dffr<Bit> = Default::default(),
        linked_g: Reg<Bits<7>> = Default::default(),
        knew: Dffr<Bit> = Default::default(),
        linked_entry: Reg<Bits<128>> = Default::default(),
        hit: Signal<Local, Bit> = Default::default(),
        now: Signal<Local, Progress> = Default::default(),
        at: Signal<Local, Progress> = Default::default(),
        behind: Signal<Local, Progress> = Default::default(),
        next: Signal<Local, Progress> = Default::default(),
        list: Signal<Local, Bit> = Default::default(),
        upper: Signal<Local, Bits<128>> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        fatal: Signal<Local, Bit> = Default::default(),
        fault: Signal<Local, Bit> = Default::default(),
        list_err0: Signal<Local, Bits<8>> = Default::default(),
        list_err1: Signal<Local, Bits<8>> = Default::default(),
        closes: Signal<Local, Bit> = Default::default(),
        link0: Signal<Local, Bit> = Default::default(),
        link1: Signal<Local, Bit> = Default::default(),
        counts: Signal<Local, Bit> = Default::default(),
        counts_now: Signal<Local, Bit> = Default::default(),
        knows: Signal<Local, Bit> = Default::default(),
        takes: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        writes: Signal<Local, Bits<2>> = Default::default(),
        feeds: Constant<Bit> = Constant::new(FEEDS != 0),
        // Two descriptors make a line.
        pair: Constant<Bit> = Constant::new(LW == 256),
        goes_on: Constant<Bits<2>> = Constant::new(GOES_ON.into()),
        has_end: Constant<Bits<2>> = Constant::new(ENDS.into()),
        has_link: Constant<Bits<2>> = Constant::new(LINKS.into()),
        has_fault: Constant<Bits<2>> = Constant::new(FAILS.into()),
        link_bit: Constant<Bits<7>> = flag(descriptor::LINK),
        end_bit: Constant<Bits<7>> = flag(descriptor::END),
        no_end: Constant<Bits<LW>> = Constant::new(without_end::<LW>()),
        ok: Constant<Bits<8>> = Constant::new((status::OK as u64).into()),
        code_malformed: Constant<Bits<8>> = Constant::new((status::FETCH_MALFORMED as u64).into()),
        code_loop: Constant<Bits<8>> = Constant::new((status::LINK_LOOP as u64).into()),
        code_segment: Constant<Bits<8>> = Constant::new((status::BAD_SEGMENT as u64).into()),
    }
}

/// All bits of a line but the END flags.
fn without_end<const LW: usize>() -> Bits<LW> {
    let end = 64 + 24 + descriptor::END.trailing_zeros() as usize;
    (0..LW).fold(Bits::<LW>::default(), |line, bit| line.replace_bit(bit, bit % 128 != end))
}

impl<const LW: usize, const GN: usize, const FEEDS: usize> Logic for FetchAnswer<LW, GN, FEEDS> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, run, knew, ended, stray, linked, linked_g, linked_entry);
        self.ended.rst.next = self.rst.val();
        self.stray.rst.next = self.rst.val();
        self.linked.rst.next = self.rst.val();
        self.knew.rst.next = self.rst.val();

        // The fetch before this TLP, and before this line. Its progress may have been written in the clock in which it was
        // read.
        self.hit.next = self.ended.q.val() & self.line.val().again;
        self.now.next = self.progress.val();
        if self.hit.val() {
            self.now.next = self.run.q.val();
        }
        self.at.next = self.progress.val();
        if self.hit.val() | !self.line.val().first {
            self.at.next = self.run.q.val();
        }
        self.list.next = self.feeds.val() & self.batch.val().list;

        // Byte Count is what is left of the request.
        self.fits.next = self.line.val().remaining == self.left.val();
        if self.hit.val() {
            self.fits.next = self.line.val().follows;
        }
        self.fatal.next = self.line.val().fatal | !self.fits.val();
        self.fault.next = self.fatal.val() | self.line.val().ep;

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
        self.closes.next = self.batch.val().last & self.line.val().ending & (self.line.val().behind == 0);
        self.counts.next = self.at.val().kind == self.goes_on.val();
        self.counts_now.next = self.now.val().kind == self.goes_on.val();
        self.behind.next = self.at.val();
        self.behind.next.fresh = false;
        if self.line.val().has0 & self.counts.val() {
            self.behind.next.at = self.at.val().at + 1;
            if self.list.val() & self.data.val().get_bit(self.link_bit.val().index()) {
                self.behind.next.at = self.at.val().at;
                self.behind.next.kind = self.has_fault.val();
                if self.batch.val().first & self.line.val().first & self.now.val().fresh {
                    self.list_err0.next = self.code_loop.val();
                } else if !self.closes.val() | self.line.val().has1 {
                    self.list_err0.next = self.code_segment.val();
                } else {
                    self.behind.next.kind = self.has_link.val();
                    self.link0.next = true;
                }
            } else if self.list.val() & self.data.val().get_bit(self.end_bit.val().index()) {
                self.behind.next.kind = self.has_end.val();
            } else if self.line.val().has1
                & self.list.val()
                & self.upper.val().get_bit(self.link_bit.val().index())
            {
                self.behind.next.kind = self.has_fault.val();
                self.list_err1.next = self.code_segment.val();
                if self.closes.val() {
                    self.behind.next.kind = self.has_link.val();
                    self.list_err1.next = self.ok.val();
                    self.link1.next = true;
                }
            } else if self.line.val().has1 {
                self.behind.next.at = self.at.val().at + 2;
                if self.list.val() & self.upper.val().get_bit(self.end_bit.val().index()) {
                    self.behind.next.kind = self.has_end.val();
                }
            }
        }

        // A fetch of which everything has come is unanswered no more, even if its tag waits for older ones.
        // The first line decides: until the last one comes, its tag may have become another fetch's.
        self.knows.next = self.line.val().known & self.now.val().open;
        if !self.line.val().first {
            self.knows.next = self.knew.q.val();
        }
        self.takes.next = self.line.val().valid & self.knows.val();
        self.ends.next = self.takes.val() & self.line.val().last & !self.line.val().error;

        // A poisoned completion is followed by the rest; any other fault is the last that is heard of the request.
        self.next.next = self.behind.val();
        self.next.next.open = (self.line.val().behind != 0) & !self.fatal.val();
        if self.fault.val() {
            self.next.next.at = self.now.val().at;
            self.next.next.kind = self.now.val().kind;
            if self.counts_now.val() {
                self.next.next.kind = self.has_fault.val();
            }
        }
        if self.line.val().valid {
            self.run.d.next = self.next.val();
            self.knew.d.next = self.knows.val();
        }
        self.ended.d.next = self.ends.val();
        self.update_valid.next = self.ends.val();
        self.update.next = self.next.val();
        self.stray.d.next = self.line.val().valid
            & self.line.val().last
            & !self.knows.val()
            & !self.line.val().error
            & !self.line.val().lapsed;
        self.unexpected.next = self.stray.q.val();

        self.slot.next = self.at.val().at;
        self.err0.next = self.list_err0.val();
        self.err1.next = self.list_err1.val();
        self.writes.next = 0.into();
        if self.takes.val() & self.counts.val() {
            self.writes.next = self.writes.val().replace_bit(0, self.line.val().has0);
            self.writes.next = self.writes.val().replace_bit(1, self.line.val().has1);
        }
        if self.fault.val() {
            self.slot.next = self.now.val().at;
            self.err0.next = self.line.val().code;
            if self.line.val().success & self.fatal.val() {
                self.err0.next = self.code_malformed.val();
            }
            self.writes.next = 0.into();
            self.writes.next = self.writes.val().replace_bit(0, self.takes.val() & self.counts_now.val());
        }
        self.wen.next = self.writes.val();
        self.kept.next = self.data.val();
        if self.list.val() {
            self.kept.next = self.data.val() & self.no_end.val();
        }

        self.linked.d.next = self.takes.val() & !self.fault.val() & (self.link0.val() | self.link1.val());
        self.linked_g.d.next = self.batch.val().g;
        self.linked_entry.d.next = bit_cast::<128, LW>(self.data.val());
        if self.link1.val() {
            self.linked_entry.d.next = self.upper.val();
        }
        // What comes of a list that has ended must not meet the next one.
        self.link_valid.next = self.linked.q.val() & self.open.val().get_bit(self.linked_g.q.val().index());
        self.link_g.next = self.linked_g.q.val();
        self.link.next = self.linked_entry.q.val();
    }
}
