//! Which tags are open on the wire, and which of them have been for too long.

use rust_hdl::prelude::*;

use super::timeout_tick::TimeoutTick;
use crate::hw;
use crate::prim::{Bram, Bram2, Dffr, Reg};

/// What is stored when a read leaves.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Left {
    /// Changes with each read of the tag.
    pub phase: Bit,
    /// Number of the tick, modulo 8.
    pub tick: Bits<3>,
}

/// What is stored when it is answered or given up.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Ended {
    /// Phase of the last read whose last completion has come: the tag is closed if it is that of [`Left`].
    pub closed: Bit,
    /// Phase of the last read that was given up, or closed.
    pub lapsed: Bit,
}

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum SweepState {
    Rest,
    Look,
    Judge,
    Lapse,
    Again,
    Write,
}

hw! {
    /// A tag is open from the clock in which its read leaves until the last completion of it has come, whoever waits for
    /// it or doesn't: Function Level Reset and a queue's clearing leave this alone. An open tag is given to no read.
    ///
    /// ```text
    ///  tx_rd ──────────► left ──┬──► by the completion's tag: open? ─► fetch, h2c: only an open tag's completion counts
    ///  last completion ► ended ─┤
    ///                           ├──► by `tag_look`: open? ─► h2c: skip it
    ///                           └──► sweep, tag by tag ─► too old: lapse ─► cpl_route makes a completion of it
    /// ```
    /// A read whose time is up ends as if a completion had come with a status of its own (`LAPSED`). Its tag stays open: what
    /// comes late is dropped, and until then, or until the link has been down, nobody else has the tag (PCIe Base Spec r5
    /// 2.8: a late completion is an unexpected one, and must not be taken for another request's).
    ///
    /// While the link is down no completion can come any more: every open tag lapses and is closed, and `hold_reads` keeps reads back until
    /// a sweep has begun and ended with the link up. A port discards reads that it takes while `cfg_link_up` is 0. One that it
    /// takes behind that has been sent: ticks rest meanwhile, and one more when the link is back tells such a read from the others.
    ///
    /// The last completion is told by its header: an error status, no data, or no more bytes left than it carries (2.2.9). One that began
    /// before its tag was open is no answer, though its end may come behind the read: it closes nothing.
    pub struct OpenReads<const TB: usize, const KHZ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Fundamental reset only.
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_cpl_timeout: Signal<In, Bits<4>> = Default::default(),
        pub cfg_link_up: Signal<In, Bit> = Default::default(),
        pub tx_rd_valid: Signal<In, Bit> = Default::default(),
        pub tx_rd_ready: Signal<In, Bit> = Default::default(),
        pub tx_rd_hdr: Signal<In, Bits<128>> = Default::default(),
        pub cpl_valid: Signal<In, Bit> = Default::default(),
        pub cpl_first: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_error: Signal<In, Bit> = Default::default(),
        pub cpl_bad: Signal<In, Bit> = Default::default(),
        pub cpl_tag: Signal<In, Bits<10>> = Default::default(),
        pub cpl_status: Signal<In, Bits<3>> = Default::default(),
        pub cpl_byte_count: Signal<In, Bits<13>> = Default::default(),
        pub cpl_len: Signal<In, Bits<11>> = Default::default(),
        pub cpl_low: Signal<In, Bits<2>> = Default::default(),
        pub cpl_has_data: Signal<In, Bit> = Default::default(),
        /// The tag of the beat of the clock before is open, and was when its TLP began.
        pub cpl_open: Signal<Out, Bit> = Default::default(),
        /// Tags that descriptor fetch may not use, and whose completions count there.
        pub fetch_open: Signal<Out, Bits<16>> = Default::default(),
        /// A tag that may be used next; one clock later: it is open. In the same clock: `tag_open` will say nothing of it.
        pub tag_look: Signal<In, Bits<TB>> = Default::default(),
        pub tag_open: Signal<Out, Bit> = Default::default(),
        pub tag_wait: Signal<Out, Bit> = Default::default(),
        /// A read's time is up.
        pub lapse_valid: Signal<Out, Bit> = Default::default(),
        pub lapse_ready: Signal<In, Bit> = Default::default(),
        pub lapse_tag: Signal<Out, Bits<TB>> = Default::default(),
        /// Start no read.
        pub hold_reads: Signal<Out, Bit> = Default::default(),
        timer: TimeoutTick<KHZ> = Default::default(),
        lefts: Bram2<Left, TB> = Default::default(),
        ends: Bram2<Ended, TB> = Default::default(),
        // By the tag of a read that leaves.
        last_ends: Bram<Ended, TB> = Default::default(),
        now: Dffr<Bits<3>> = Default::default(),
        due: Dffr<Bit> = Default::default(),
        sent: Dffr<Bit> = Default::default(),
        sent_tag: Reg<Bits<TB>> = Default::default(),
        close: Dffr<Bit> = Default::default(),
        closed_before: Dffr<Bit> = Default::default(),
        close_tag: Reg<Bits<TB>> = Default::default(),
        // Of the beat of the clock before: there is one, it is its TLP's first. The beats before it met an open tag.
        heard: Dffr<Bit> = Default::default(),
        heard_first: Dffr<Bit> = Default::default(),
        met_open: Dffr<Bit> = Default::default(),
        answers: Signal<Local, Bit> = Default::default(),
        fetching: Dffr<Bits<16>> = Dffr::new(0xFFFF_u64.into()),
        state: Dffr<SweepState> = Dffr::new(SweepState::Look),
        booting: Dffr<Bit> = Dffr::new(true),
        down: Dffr<Bit> = Default::default(),
        was_up: Dffr<Bit> = Default::default(),
        // This sweep began with the link up again.
        final_sweep: Dffr<Bit> = Default::default(),
        at: Dffr<Bits<TB>> = Default::default(),
        // Phase of the read that the sweep has judged.
        judged: Reg<Bit> = Default::default(),
        swept: Dffr<Bit> = Default::default(),
        foreign: Signal<Local, Bits<10>> = Default::default(),
        payload: Signal<Local, Bits<14>> = Default::default(),
        remaining: Signal<Local, Bits<14>> = Default::default(),
        final_cpl: Signal<Local, Bit> = Default::default(),
        // Of the sweep's tag.
        mine: Signal<Local, Left> = Default::default(),
        fate: Signal<Local, Ended> = Default::default(),
        age: Signal<Local, Bits<3>> = Default::default(),
        is_open: Signal<Local, Bit> = Default::default(),
        // Its completion was lost with the link.
        lost: Signal<Local, Bit> = Default::default(),
        lapses: Signal<Local, Bit> = Default::default(),
        closes: Signal<Local, Bit> = Default::default(),
        next: Signal<Local, Bit> = Default::default(),
        closed_tag: Signal<Local, Bits<TB>> = Default::default(),
        closing: Signal<Local, Bit> = Default::default(),
        // And the tag is closed with that.
        shuts: Signal<Local, Bit> = Default::default(),
        sent_high: Signal<Local, Bits<TB>> = Default::default(),
        closed_high: Signal<Local, Bits<TB>> = Default::default(),
        set_mask: Signal<Local, Bits<16>> = Default::default(),
        clear_mask: Signal<Local, Bits<16>> = Default::default(),
        one: Constant<Bits<16>> = Constant::new(1_u64.into()),
        one_tag: Constant<Bits<TB>> = Constant::new(1_u64.into()),
        last_tag: Constant<Bits<TB>> = Constant::new(((1_u64 << TB) - 1).into()),
        tag_shift: Constant<Bits<5>> = Constant::new((TB as u64).into()),
        fetch_shift: Constant<Bits<3>> = Constant::new(4_u64.into()),
        lapsed: Constant<Bits<3>> = Constant::new(super::header::LAPSED.into()),
    }
}

impl<const TB: usize, const KHZ: usize> Logic for OpenReads<TB, KHZ> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, timer, lefts, ends, last_ends);
        dff_setup!(self, clock, now, due, sent, sent_tag, close, closed_before, close_tag, fetching, state);
        dff_setup!(self, clock, booting, down, was_up, final_sweep, at, judged, swept);
        dff_setup!(self, clock, heard, heard_first, met_open);
        self.now.rst.next = self.rst.val();
        self.due.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.close.rst.next = self.rst.val();
        self.closed_before.rst.next = self.rst.val();
        self.fetching.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.booting.rst.next = self.rst.val();
        self.down.rst.next = self.rst.val();
        self.was_up.rst.next = self.rst.val();
        self.final_sweep.rst.next = self.rst.val();
        self.at.rst.next = self.rst.val();
        self.swept.rst.next = self.rst.val();
        self.heard.rst.next = self.rst.val();
        self.heard_first.rst.next = self.rst.val();
        self.met_open.rst.next = self.rst.val();
        self.timer.rst.next = self.rst.val();
        self.timer.cfg_cpl_timeout.next = self.cfg_cpl_timeout.val();
        self.was_up.d.next = self.cfg_link_up.val();
        if self.timer.tick.val() & !self.down.q.val() {
            self.due.d.next = true;
        }
        if (self.timer.tick.val() & !self.down.q.val())
            | (self.down.q.val() & self.cfg_link_up.val() & !self.was_up.q.val())
        {
            self.now.d.next = self.now.q.val() + 1;
        }

        // A read leaves. The tag stands in DW1 of its header.
        self.sent.d.next = self.tx_rd_valid.val() & self.tx_rd_ready.val();
        self.sent_tag.d.next = self.tx_rd_hdr.val().get_bits::<TB>(40);
        self.last_ends.raddr.next = self.tx_rd_hdr.val().get_bits::<TB>(40);
        self.lefts.waddr.next = self.sent_tag.q.val();
        self.lefts.wdata.next.phase = !self.last_ends.rdata.val().closed;
        self.lefts.wdata.next.tick = self.now.q.val();
        self.lefts.wen.next = self.sent.q.val();

        // A completion: the last of its read?
        self.foreign.next = self.cpl_tag.val() >> self.tag_shift.val();
        self.payload.next = bit_cast::<14, 11>(self.cpl_len.val()) << 2;
        self.remaining.next =
            bit_cast::<14, 13>(self.cpl_byte_count.val()) + bit_cast::<14, 2>(self.cpl_low.val());
        self.final_cpl.next = (self.cpl_status.val() != 0)
            | !self.cpl_has_data.val()
            | (self.remaining.val() <= self.payload.val());
        self.lefts.raddr.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.ends.raddr.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.close_tag.d.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.close.d.next = self.cpl_valid.val()
            & self.cpl_last.val()
            & !self.cpl_error.val()
            & !self.cpl_bad.val()
            & !self.foreign.val().any()
            & (self.cpl_status.val() != self.lapsed.val())
            & self.final_cpl.val();
        self.closed_before.d.next = self.close.q.val();
        self.heard.d.next = self.cpl_valid.val();
        self.heard_first.d.next = self.cpl_first.val();
        self.answers.next = (self.lefts.rdata.val().phase != self.ends.rdata.val().closed)
            & (self.heard_first.q.val() | self.met_open.q.val());
        if self.heard.q.val() {
            self.met_open.d.next = self.answers.val();
        }
        self.cpl_open.next = self.answers.val();

        // The sweep, which has the second read port every other clock at most.
        self.lefts.raddr2.next = self.tag_look.val();
        self.ends.raddr2.next = self.tag_look.val();
        self.swept.d.next = false;
        self.mine.next = self.lefts.rdata2.val();
        self.fate.next = self.ends.rdata2.val();
        self.is_open.next = self.mine.val().phase != self.fate.val().closed;
        self.tag_open.next = self.is_open.val();
        self.age.next = self.now.q.val() - self.mine.val().tick;
        self.lost.next = self.down.q.val() & !(self.cfg_link_up.val() & (self.age.val() == 0));
        self.lapses.next = self.is_open.val()
            & (self.fate.val().lapsed != self.mine.val().phase)
            & (self.lost.val() | (self.age.val() == 6) | (self.age.val() == 7))
            & !self.booting.q.val();
        self.closes.next = self.booting.q.val() | self.lost.val();
        self.lapse_valid.next = false;
        self.lapse_tag.next = self.at.q.val();
        self.next.next = false;
        self.closing.next = self.close.q.val() & self.answers.val();
        self.shuts.next = self.closing.val();
        self.closed_tag.next = self.close_tag.q.val();
        self.ends.wdata.next.closed = self.lefts.rdata.val().phase;
        self.ends.wdata.next.lapsed = self.lefts.rdata.val().phase;
        match self.state.q.val() {
            SweepState::Rest => {
                self.final_sweep.d.next = self.down.q.val() & self.cfg_link_up.val() & self.was_up.q.val();
                if self.due.q.val() | self.down.q.val() {
                    self.due.d.next = false;
                    self.state.d.next = SweepState::Look;
                }
            }
            SweepState::Look => {
                self.swept.d.next = true;
                self.state.d.next = SweepState::Judge;
            }
            SweepState::Judge => {
                self.judged.d.next = self.mine.val().phase;
                if self.lapses.val() {
                    self.state.d.next = SweepState::Lapse;
                } else if self.booting.q.val() | (self.is_open.val() & self.lost.val()) {
                    self.state.d.next = SweepState::Again;
                } else {
                    self.next.next = true;
                }
            }
            SweepState::Lapse => {
                // Its completion may come now after all.
                self.lapse_valid.next = true;
                if self.closing.val() & (self.close_tag.q.val() == self.at.q.val()) {
                    self.lapse_valid.next = false;
                    self.next.next = true;
                } else if self.lapse_ready.val() {
                    self.state.d.next = SweepState::Again;
                }
            }
            SweepState::Again => {
                self.swept.d.next = true;
                self.state.d.next = SweepState::Write;
            }
            SweepState::Write => {
                // What was read is good if no completion has closed a tag since.
                if self.close.q.val() | self.closed_before.q.val() {
                    self.state.d.next = SweepState::Again;
                } else {
                    // And if it is still the same read that is open.
                    self.closing.next = self.booting.q.val()
                        | (self.is_open.val() & (self.mine.val().phase == self.judged.q.val()));
                    self.shuts.next = self.closing.val() & self.closes.val();
                    self.closed_tag.next = self.at.q.val();
                    self.ends.wdata.next.closed = self.fate.val().closed;
                    if self.closes.val() {
                        self.ends.wdata.next.closed = self.mine.val().phase;
                    }
                    self.ends.wdata.next.lapsed = self.mine.val().phase;
                    self.next.next = true;
                }
            }
        }
        self.tag_wait.next = self.swept.d.val() | self.booting.q.val();
        if self.swept.d.val() {
            self.lefts.raddr2.next = self.at.q.val();
            self.ends.raddr2.next = self.at.q.val();
        }
        if self.next.val() {
            self.at.d.next = self.at.q.val() + self.one_tag.val();
            self.state.d.next = SweepState::Look;
            if self.at.q.val() == self.last_tag.val() {
                self.state.d.next = SweepState::Rest;
                self.booting.d.next = false;
                if self.final_sweep.q.val() {
                    self.down.d.next = false;
                }
            }
        }
        if !self.cfg_link_up.val() {
            self.down.d.next = true;
            self.final_sweep.d.next = false;
        }
        self.hold_reads.next = self.down.q.val();
        self.ends.waddr.next = self.closed_tag.val();
        self.ends.wen.next = self.closing.val();
        self.last_ends.waddr.next = self.closed_tag.val();
        self.last_ends.wdata.next = self.ends.wdata.val();
        self.last_ends.wen.next = self.closing.val();

        // The tags of descriptor fetch once more, all at a glance.
        self.sent_high.next = self.sent_tag.q.val() >> self.fetch_shift.val();
        self.closed_high.next = self.closed_tag.val() >> self.fetch_shift.val();
        self.set_mask.next = 0.into();
        if self.sent.q.val() & !self.sent_high.val().any() {
            self.set_mask.next = self.one.val() << bit_cast::<4, TB>(self.sent_tag.q.val());
        }
        self.clear_mask.next = 0.into();
        if self.shuts.val() & !self.closed_high.val().any() {
            self.clear_mask.next = self.one.val() << bit_cast::<4, TB>(self.closed_tag.val());
        }
        self.fetching.d.next = (self.fetching.q.val() & !self.clear_mask.val()) | self.set_mask.val();
        self.fetch_open.next = self.fetching.q.val();
    }
}
