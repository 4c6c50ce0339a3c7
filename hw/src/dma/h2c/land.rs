//! Completion payload to its place in the FIFO.

use rust_hdl::prelude::*;

use super::land_check::LandCheck;
use super::land_place::LandPlace;
use super::types::{Landing, Progress, Verdict};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::{Mirror, Rotate};
use crate::tlp::LAPSED;
use ferrolane_abi::status;

/// A fault's code is this and its kind, 1 to 7.
const CODES: u64 = status::DATA_UR as u64 - 1;
const _: () = assert!(CODES % 8 == 0);

hw! {
    /// Writes each completion beat straight to its place: one beat per clock, any split, any order between tags.
    ///
    /// ```text
    ///  clock   A             B               C                 D                E                  F
    ///  beat ─► tag to the ─► header only ─► DWs before and ─► place: position, part of the row ──► write
    ///          memories      │              after this TLP    rotator ───────────────────────────► banks
    ///                        │              ▲ │ progress      │                 │ asked for?
    ///                        │              └─┘ of the tag    │                 │ its first fault
    ///                        └─► check ─► byte count, end ────┴───────────────► verdict
    /// ```
    /// Progress of a tag is counted in DWs: completions of one read join at DW boundaries (all but the last end at a
    /// Read Completion Boundary, PCIe Base Spec r5 2.3.1.1), so the place of a beat is `base` + 4 · DWs before + W/8 · beats before. It is
    /// stored at the last beat, and not if the TLP is marked `error`: that one counts as never received. C stores it, so
    /// the two beats behind one that is in C have read too early and take it from D and E.
    ///
    /// A tag ends when all its DWs are in, when a header says that nothing follows, or with a completion without data; the
    /// first fault's code is kept. Data of faulty completions may be written, and so may lanes behind a completion's
    /// end, which the next one overwrites; but never outside of the request's own bytes, and commit passes on only what is whole.
    ///
    /// A read is unanswered while the phase of its `Landing` and the one in `status` differ; the progress counts if it has the phase of the
    /// `Landing`, else nothing has come yet. After `rst` all phases are cleared, one tag per clock down the stages; until the last is out
    /// (`sweeping`, 2^`TB` + 5 clocks) no read may be made.
    pub struct Land<const W: usize, const K: usize, const KB: usize, const SB: usize, const QB: usize, const RB: usize, const AB: usize, const TB: usize, const TB1: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub to_land: Signal<In, Bit> = Default::default(),
        pub cpl_valid: Signal<In, Bit> = Default::default(),
        pub cpl_first: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_data: Signal<In, Bits<W>> = Default::default(),
        pub cpl_keep: Signal<In, Bits<K>> = Default::default(),
        pub cpl_error: Signal<In, Bit> = Default::default(),
        pub cpl_tag: Signal<In, Bits<10>> = Default::default(),
        pub cpl_status: Signal<In, Bits<3>> = Default::default(),
        pub cpl_byte_count: Signal<In, Bits<13>> = Default::default(),
        pub cpl_len: Signal<In, Bits<11>> = Default::default(),
        pub cpl_ep: Signal<In, Bit> = Default::default(),
        pub cpl_has_data: Signal<In, Bit> = Default::default(),
        pub cpl_low: Signal<In, Bits<2>> = Default::default(),
        pub cpl_bad: Signal<In, Bit> = Default::default(),
        /// Of the clock before: the read has left, and its last completion has not come.
        pub cpl_open: Signal<In, Bit> = Default::default(),
        /// Phases are being cleared.
        pub sweeping: Signal<Out, Bit> = Default::default(),
        /// Entry of the request queue to look up; `landing` one clock later.
        pub look_tag: Signal<Out, Bits<TB>> = Default::default(),
        pub landing: Signal<In, Landing> = Default::default(),
        /// How the read with this tag ended; while sweeping, cleared phases.
        pub verdict_valid: Signal<Out, Bit> = Default::default(),
        pub verdict_tag: Signal<Out, Bits<TB>> = Default::default(),
        pub verdict: Signal<Out, Verdict> = Default::default(),
        /// Pulse: a completion nobody waits for was dropped.
        pub unexpected: Signal<Out, Bit> = Default::default(),
        pub w_row: Signal<Out, Bits<AB>> = Default::default(),
        pub w_row2: Signal<Out, Bits<AB>> = Default::default(),
        pub w_second: Signal<Out, Bits<KB>> = Default::default(),
        pub w_enable: Signal<Out, Bits<KB>> = Default::default(),
        pub w_data: Signal<Out, Bits<W>> = Default::default(),
        // So deep that synthesis takes a block RAM.
        progress: Bram<Progress, 9> = Default::default(),
        // Per tag: phase of the last read that ended, and the first fault of the present one.
        status: Mirror<4, TB> = Default::default(),
        sweep: Dffr<Bits<TB1>> = Default::default(),
        draining: Dffr<Bits<5>> = Default::default(),
        one_stage: Constant<Bits<5>> = Constant::new(1_u64.into()),
        // B
        b_sweep: Dffr<Bit> = Default::default(),
        b_valid: Dffr<Bit> = Default::default(),
        b_first: Reg<Bit> = Default::default(),
        b_last: Reg<Bit> = Default::default(),
        b_error: Reg<Bit> = Default::default(),
        b_ignore: Reg<Bit> = Default::default(),
        b_lapsed: Reg<Bit> = Default::default(),
        b_tag: Reg<Bits<TB>> = Default::default(),
        b_len: Reg<Bits<11>> = Default::default(),
        b_data: Reg<Bits<W>> = Default::default(),
        // C
        c_sweep: Dffr<Bit> = Default::default(),
        c_valid: Dffr<Bit> = Default::default(),
        c_whole: Dffr<Bit> = Default::default(),
        c_counts: Dffr<Bit> = Default::default(),
        c_first: Reg<Bit> = Default::default(),
        c_ignore: Reg<Bit> = Default::default(),
        c_tag: Reg<Bits<TB>> = Default::default(),
        c_len: Reg<Bits<11>> = Default::default(),
        c_data: Reg<Bits<W>> = Default::default(),
        c_landing: Reg<Landing> = Default::default(),
        c_stored: Reg<Progress> = Default::default(),
        // The TLP one and two clocks ahead is of the same tag.
        c_from_d: Dffr<Bit> = Default::default(),
        c_from_e: Dffr<Bit> = Default::default(),
        // D
        d_sweep: Dffr<Bit> = Default::default(),
        d_valid: Dffr<Bit> = Default::default(),
        d_whole: Dffr<Bit> = Default::default(),
        d_counts: Dffr<Bit> = Default::default(),
        d_first: Reg<Bit> = Default::default(),
        d_ignore: Reg<Bit> = Default::default(),
        d_begun: Reg<Bit> = Default::default(),
        d_tag: Reg<Bits<TB>> = Default::default(),
        d_next: Reg<Bits<12>> = Default::default(),
        // DWs from the request's first to lane 0 of the beat.
        d_at: Reg<Bits<12>> = Default::default(),
        d_phase: Reg<Bit> = Default::default(),
        d_data: Reg<Bits<W>> = Default::default(),
        check: LandCheck = Default::default(),
        place: LandPlace<KB, SB, QB, RB, AB> = Default::default(),
        rotate: Rotate<W, SB> = Default::default(),
        // E
        e_sweep: Dffr<Bit> = Default::default(),
        e_valid: Dffr<Bit> = Default::default(),
        e_whole: Dffr<Bit> = Default::default(),
        e_counts: Dffr<Bit> = Default::default(),
        e_first: Reg<Bit> = Default::default(),
        e_ignore: Reg<Bit> = Default::default(),
        e_tag: Reg<Bits<TB>> = Default::default(),
        e_next: Reg<Bits<12>> = Default::default(),
        e_phase: Reg<Bit> = Default::default(),
        // Whether the TLP's first beat was asked for.
        e_held: Dffr<Bit> = Default::default(),
        // F
        f_ended: Dffr<Bit> = Default::default(),
        f_unexpected: Dffr<Bit> = Default::default(),
        f_tag: Reg<Bits<TB>> = Default::default(),
        f_fault: Dffr<Bits<3>> = Default::default(),
        f_phase: Dffr<Bit> = Default::default(),
        tag: Signal<Local, Bits<TB>> = Default::default(),
        foreign: Signal<Local, Bits<10>> = Default::default(),
        whole: Signal<Local, Bit> = Default::default(),
        begun: Signal<Local, Bit> = Default::default(),
        start: Signal<Local, Bits<12>> = Default::default(),
        next: Signal<Local, Bits<12>> = Default::default(),
        stored: Signal<Local, Bits<4>> = Default::default(),
        fault: Signal<Local, Bits<3>> = Default::default(),
        kept: Signal<Local, Bits<4>> = Default::default(),
        live: Signal<Local, Bit> = Default::default(),
        final_beat: Signal<Local, Bit> = Default::default(),
        tag_shift: Constant<Bits<5>> = Constant::new((TB as u64).into()),
        swept: Constant<Bits<TB1>> = Constant::new((1_u64 << TB).into()),
        one_step: Constant<Bits<TB1>> = Constant::new(1_u64.into()),
        row: Constant<Bits<12>> = Constant::new((K as u64).into()),
        lapsed: Constant<Bits<3>> = Constant::new(LAPSED.into()),
        code: Constant<Bits<8>> = Constant::new(CODES.into()),
    }
}

impl<
        const W: usize,
        const K: usize,
        const KB: usize,
        const SB: usize,
        const QB: usize,
        const RB: usize,
        const AB: usize,
        const TB: usize,
        const TB1: usize,
    > Logic for Land<W, K, KB, SB, QB, RB, AB, TB, TB1>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, progress, status, check, place, rotate);
        dff_setup!(self, clock, sweep, draining, b_sweep, b_valid, b_first, b_last, b_error, b_ignore, b_tag);
        dff_setup!(self, clock, b_lapsed);
        dff_setup!(self, clock, b_len, b_data, c_sweep, c_valid, c_whole, c_counts, c_first, c_ignore, c_tag);
        dff_setup!(self, clock, c_len, c_data, c_landing, c_stored, c_from_d, c_from_e);
        dff_setup!(self, clock, d_sweep, d_valid, d_whole, d_counts, d_first, d_ignore, d_begun, d_tag);
        dff_setup!(self, clock, d_next, d_at, d_phase, d_data);
        dff_setup!(self, clock, e_sweep, e_valid, e_whole, e_counts, e_first, e_ignore, e_tag, e_next);
        dff_setup!(self, clock, e_phase, e_held, f_ended, f_unexpected, f_tag, f_fault, f_phase);
        self.sweep.rst.next = self.rst.val();
        self.draining.rst.next = self.rst.val();
        self.b_sweep.rst.next = self.rst.val();
        self.b_valid.rst.next = self.rst.val();
        self.c_sweep.rst.next = self.rst.val();
        self.c_valid.rst.next = self.rst.val();
        self.c_whole.rst.next = self.rst.val();
        self.c_counts.rst.next = self.rst.val();
        self.c_from_d.rst.next = self.rst.val();
        self.c_from_e.rst.next = self.rst.val();
        self.d_sweep.rst.next = self.rst.val();
        self.d_valid.rst.next = self.rst.val();
        self.d_whole.rst.next = self.rst.val();
        self.d_counts.rst.next = self.rst.val();
        self.e_sweep.rst.next = self.rst.val();
        self.e_valid.rst.next = self.rst.val();
        self.e_whole.rst.next = self.rst.val();
        self.e_counts.rst.next = self.rst.val();
        self.e_held.rst.next = self.rst.val();
        self.f_ended.rst.next = self.rst.val();
        self.f_unexpected.rst.next = self.rst.val();

        // A: look up by tag.
        self.tag.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.look_tag.next = self.tag.val();
        self.progress.raddr.next = bit_cast::<9, TB>(self.tag.val());
        self.b_sweep.d.next = self.sweep.q.val() != self.swept.val();
        if self.sweep.q.val() != self.swept.val() {
            self.sweep.d.next = self.sweep.q.val() + self.one_step.val();
            self.tag.next = bit_cast::<TB, TB1>(self.sweep.q.val());
        }
        self.b_valid.d.next = self.cpl_valid.val() & self.to_land.val();
        self.b_first.d.next = self.cpl_first.val();
        self.b_last.d.next = self.cpl_last.val();
        self.b_error.d.next = self.cpl_error.val();
        self.b_tag.d.next = self.tag.val();
        self.b_len.d.next = self.cpl_len.val();
        self.foreign.next = self.cpl_tag.val() >> self.tag_shift.val();
        self.b_ignore.d.next = self.cpl_bad.val() | self.foreign.val().any();
        self.b_lapsed.d.next = self.cpl_status.val() == self.lapsed.val();
        self.b_data.d.next = self.cpl_data.val();
        self.check.len.next = self.cpl_len.val();
        self.check.count.next = self.cpl_byte_count.val();
        self.check.status.next = self.cpl_status.val();
        self.check.ep.next = self.cpl_ep.val();
        self.check.has_data.next = self.cpl_has_data.val();
        self.check.lower.next = self.cpl_low.val();

        // B: what the memories say.
        self.c_sweep.d.next = self.b_sweep.q.val();
        self.c_valid.d.next = self.b_valid.q.val();
        self.whole.next = self.b_valid.q.val() & self.b_last.q.val() & !self.b_error.q.val();
        // One that is made up, for a read that nobody waits for any more, is not unexpected.
        self.c_whole.d.next = self.whole.val() & !self.b_lapsed.q.val();
        self.c_counts.d.next =
            self.whole.val() & !self.b_ignore.q.val() & !self.b_sweep.q.val() & self.cpl_open.val();
        self.c_first.d.next = self.b_first.q.val();
        self.c_ignore.d.next = self.b_ignore.q.val() | self.b_sweep.q.val() | !self.cpl_open.val();
        self.c_tag.d.next = self.b_tag.q.val();
        self.c_len.d.next = self.b_len.q.val();
        self.c_data.d.next = self.b_data.q.val();
        self.c_landing.d.next = self.landing.val();
        self.c_stored.d.next = self.progress.rdata.val();
        self.c_from_d.d.next = self.c_counts.q.val() & (self.c_tag.q.val() == self.b_tag.q.val());
        self.c_from_e.d.next = self.d_counts.q.val() & (self.d_tag.q.val() == self.b_tag.q.val());

        // C: where this TLP begins, and what comes behind it.
        self.begun.next = self.c_from_d.q.val()
            | self.c_from_e.q.val()
            | (self.c_stored.q.val().phase == self.c_landing.q.val().phase);
        self.start.next = 0.into();
        if self.c_from_d.q.val() {
            self.start.next = self.d_next.q.val();
        } else if self.c_from_e.q.val() {
            self.start.next = self.e_next.q.val();
        } else if self.begun.val() {
            self.start.next = self.c_stored.q.val().dwords;
        }
        self.next.next = self.start.val() + bit_cast::<12, 11>(self.c_len.q.val());
        self.progress.wen.next = self.c_counts.q.val() | self.c_sweep.q.val();
        self.progress.waddr.next = bit_cast::<9, TB>(self.c_tag.q.val());
        self.progress.wdata.next.dwords = self.next.val();
        self.progress.wdata.next.phase = self.c_landing.q.val().phase & !self.c_sweep.q.val();
        if self.c_first.q.val() {
            self.d_at.d.next = self.start.val();
        } else if self.c_valid.q.val() {
            self.d_at.d.next = self.d_at.q.val() + self.row.val();
        }
        self.d_sweep.d.next = self.c_sweep.q.val();
        self.d_valid.d.next = self.c_valid.q.val();
        self.d_whole.d.next = self.c_whole.q.val();
        self.d_counts.d.next = self.c_counts.q.val();
        self.d_first.d.next = self.c_first.q.val();
        self.d_ignore.d.next = self.c_ignore.q.val();
        self.d_begun.d.next = self.begun.val();
        self.d_tag.d.next = self.c_tag.q.val();
        self.d_next.d.next = self.next.val();
        self.d_phase.d.next = self.c_landing.q.val().phase;
        self.d_data.d.next = self.c_data.q.val();
        self.check.landing_low.next = self.c_landing.q.val().low;
        self.check.landing_end.next = self.c_landing.q.val().end;
        self.place.landing.next = self.c_landing.q.val();

        // D: the parts.
        self.check.begun.next = self.d_begun.q.val();
        self.check.next_dw.next = self.d_next.q.val();
        self.place.at.next = self.d_at.q.val();
        self.place.at_first.next = self.d_first.q.val() & !self.d_begun.q.val();
        self.rotate.in_data.next = self.d_data.q.val();
        self.rotate.in_amount.next = self.place.offset.val();
        self.status.raddr.next = self.d_tag.q.val();
        self.e_sweep.d.next = self.d_sweep.q.val();
        self.e_valid.d.next = self.d_valid.q.val();
        self.e_whole.d.next = self.d_whole.q.val();
        self.e_counts.d.next = self.d_counts.q.val();
        self.e_first.d.next = self.d_first.q.val();
        self.e_ignore.d.next = self.d_ignore.q.val();
        self.e_tag.d.next = self.d_tag.q.val();
        self.e_next.d.next = self.d_next.q.val();
        self.e_phase.d.next = self.d_phase.q.val();

        // E: is it asked for, and how does it end?
        self.stored.next = self.status.rdata.val();
        self.live.next = self.e_held.q.val();
        if self.e_first.q.val() {
            self.live.next = (self.stored.val().get_bit(3) != self.e_phase.q.val()) & !self.e_ignore.q.val();
        }
        if self.e_valid.q.val() {
            self.e_held.d.next = self.live.val();
        }
        self.final_beat.next = self.e_counts.q.val() & self.live.val();
        self.fault.next = self.check.fault.val();
        if self.stored.val().get_bits::<3>(0).any() {
            self.fault.next = bit_cast::<3, 4>(self.stored.val());
        }
        self.kept.next = bit_cast::<4, 3>(self.fault.val());
        if !self.e_phase.q.val() {
            self.kept.next = self.kept.val() | 8;
        }
        if self.check.ended.val() {
            self.kept.next = 0.into();
            if self.e_phase.q.val() {
                self.kept.next = 8.into();
            }
        }
        if self.e_sweep.q.val() {
            self.kept.next = 0.into();
        }
        self.status.wen.next = self.final_beat.val() | self.e_sweep.q.val();
        self.status.waddr.next = self.e_tag.q.val();
        self.status.wdata.next = self.kept.val();
        self.f_ended.d.next = (self.final_beat.val() & self.check.ended.val()) | self.e_sweep.q.val();
        self.f_tag.d.next = self.e_tag.q.val();
        self.f_fault.d.next = self.fault.val();
        self.f_phase.d.next = self.e_phase.q.val();
        self.f_fault.rst.next = self.e_sweep.q.val();
        self.f_phase.rst.next = self.e_sweep.q.val();
        // A TLP that was marked bad on the wire was never received, so it isn't unexpected either.
        self.f_unexpected.d.next = self.e_whole.q.val() & !self.live.val();
        self.place.drop.next = !(self.e_valid.q.val() & self.live.val());

        // F: verdict and write.
        self.verdict_valid.next = self.f_ended.q.val();
        self.verdict_tag.next = self.f_tag.q.val();
        self.verdict.next.code = 0.into();
        if self.f_fault.q.val().any() {
            self.verdict.next.code = self.code.val() | bit_cast::<8, 3>(self.f_fault.q.val());
        }
        self.verdict.next.phase = self.f_phase.q.val();
        self.verdict.next.bad = self.f_fault.q.val().any();
        self.unexpected.next = self.f_unexpected.q.val();
        self.w_row.next = self.place.w_row.val();
        self.w_row2.next = self.place.w_row2.val();
        self.w_second.next = self.place.w_second.val();
        self.w_enable.next = self.place.w_enable.val();
        self.w_data.next = self.rotate.out_data.val();

        // The stages that are still sweeping, E's verdict included.
        self.draining.d.next = (self.draining.q.val() << 1) | self.one_stage.val();
        if self.sweep.q.val() != self.swept.val() {
            self.draining.d.next = 0.into();
        }
        self.sweeping.next = !self.draining.q.val().get_bit(4);
    }
}
