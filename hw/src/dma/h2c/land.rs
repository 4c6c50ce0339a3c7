//! Completion payload to its place in the FIFO.

use rust_hdl::prelude::*;

use super::land_check::LandCheck;
use super::types::{Landing, Progress, Verdict};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Rotate;

hw! {
    /// Writes each completion beat straight to its place: one beat per clock, any split, any order between tags.
    ///
    /// ```text
    ///  clock   A                B                     D                        E                  F
    ///  beat ─► tag to the ────► where this TLP ─────► position, byte mask ───► end or progress ─► write
    ///          memories         begins; asked for?    │ check of the header                       banks
    ///                           ▲                     └─► rotator ──────────────────────────────► data
    ///                           └────── newer progress of the same tag from D, E, F
    /// ```
    /// Progress of a tag is counted in DWs: completions of one read join at DW boundaries (all but the last end at a
    /// Read Completion Boundary, PCIe Base Spec r5 2.3.1.1), so the place of a beat is `base` + 4 · DWs before + W/8 · beats before. It is
    /// stored at the last beat, and not if the TLP is marked `error`: that one counts as never received.
    ///
    /// A tag ends when all its DWs are in, when a header says that nothing follows, or with a completion without data; the
    /// first fault's code is kept. Data of faulty completions may be written, but never outside of the
    /// request's own bytes, and commit never passes them on.
    ///
    /// A read is unanswered while the phases of its `Landing` and of its tag's `Progress` differ. After `rst` both memories of
    /// phases are cleared in 2^`TB` clocks (`sweeping`), during which no read may be made.
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
        pub cpl_bad: Signal<In, Bit> = Default::default(),
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
        progress: Bram<Progress, TB> = Default::default(),
        sweep: Dffr<Bits<TB1>> = Default::default(),
        // B
        b_valid: Dffr<Bit> = Default::default(),
        b_first: Reg<Bit> = Default::default(),
        b_last: Reg<Bit> = Default::default(),
        b_error: Reg<Bit> = Default::default(),
        b_tag: Reg<Bits<TB>> = Default::default(),
        b_len: Reg<Bits<11>> = Default::default(),
        b_count: Reg<Bits<13>> = Default::default(),
        b_status: Reg<Bits<3>> = Default::default(),
        b_ep: Reg<Bit> = Default::default(),
        b_has_data: Reg<Bit> = Default::default(),
        b_ignore: Reg<Bit> = Default::default(),
        b_data: Reg<Bits<W>> = Default::default(),
        b_keep: Reg<Bits<K>> = Default::default(),
        // D: the values of the TLP hold over all of its beats.
        check: LandCheck<K, KB, SB> = Default::default(),
        d_valid: Dffr<Bit> = Default::default(),
        d_last: Reg<Bit> = Default::default(),
        d_error: Reg<Bit> = Default::default(),
        d_live: Reg<Bit> = Default::default(),
        d_tag: Reg<Bits<TB>> = Default::default(),
        d_data: Reg<Bits<W>> = Default::default(),
        d_start: Reg<Progress> = Default::default(),
        d_next: Reg<Bits<12>> = Default::default(),
        d_offset: Reg<Bits<14>> = Default::default(),
        rotate: Rotate<W, SB> = Default::default(),
        // E
        e_valid: Dffr<Bit> = Default::default(),
        e_whole: Dffr<Bit> = Default::default(),
        e_counts: Dffr<Bit> = Default::default(),
        e_live: Dffr<Bit> = Default::default(),
        e_tag: Reg<Bits<TB>> = Default::default(),
        e_after: Reg<Progress> = Default::default(),
        e_code: Reg<Bits<8>> = Default::default(),
        e_ended: Reg<Bit> = Default::default(),
        e_q: Reg<Bits<QB>> = Default::default(),
        e_pos: Reg<Bits<21>> = Default::default(),
        e_mask: Reg<Bits<KB>> = Default::default(),
        // F
        f_counts: Dffr<Bit> = Default::default(),
        f_tag: Reg<Bits<TB>> = Default::default(),
        f_after: Reg<Progress> = Default::default(),
        f_enable: Dffr<Bits<KB>> = Default::default(),
        f_second: Reg<Bits<KB>> = Default::default(),
        f_row: Reg<Bits<AB>> = Default::default(),
        f_row2: Reg<Bits<AB>> = Default::default(),
        foreign: Signal<Local, Bits<10>> = Default::default(),
        after: Signal<Local, Progress> = Default::default(),
        last: Signal<Local, Progress> = Default::default(),
        start: Signal<Local, Progress> = Default::default(),
        first_offset: Signal<Local, Bits<14>> = Default::default(),
        d_counts: Signal<Local, Bit> = Default::default(),
        offset: Signal<Local, Bits<SB>> = Default::default(),
        rotated: Signal<Local, Bits<KB>> = Default::default(),
        second: Signal<Local, Bits<KB>> = Default::default(),
        row: Signal<Local, Bits<RB>> = Default::default(),
        row2: Signal<Local, Bits<RB>> = Default::default(),
        zero: Constant<Progress> = Constant::new(Progress::default()),
        beat: Constant<Bits<14>> = Constant::new((KB as u64).into()),
        tag_shift: Constant<Bits<5>> = Constant::new((TB as u64).into()),
        swept: Constant<Bits<TB1>> = Constant::new((1_u64 << TB).into()),
        one_step: Constant<Bits<TB1>> = Constant::new(1_u64.into()),
        one_row: Constant<Bits<RB>> = Constant::new(1_u64.into()),
        row_shift: Constant<Bits<5>> = Constant::new((SB as u64).into()),
        queue_shift: Constant<Bits<5>> = Constant::new((RB as u64).into()),
        lanes: Constant<Bits<6>> = Constant::new((KB as u64).into()),
        all_lanes: Constant<Bits<KB>> = Constant::new(((1_u64 << KB) - 1).into()),
        back: Signal<Local, Bits<6>> = Default::default(),
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
        clock!(self, clock, progress, check, rotate);
        dff_setup!(self, clock, sweep, b_valid, b_first, b_last, b_error, b_tag, b_len, b_count);
        dff_setup!(self, clock, b_status, b_ep, b_has_data, b_ignore, b_data, b_keep);
        dff_setup!(self, clock, d_valid, d_last, d_error, d_live, d_tag, d_data, d_start, d_next, d_offset);
        dff_setup!(
            self, clock, e_valid, e_whole, e_counts, e_live, e_tag, e_after, e_code, e_ended, e_q, e_pos
        );
        dff_setup!(self, clock, e_mask, f_counts, f_tag, f_after, f_enable, f_second, f_row, f_row2);
        self.sweep.rst.next = self.rst.val();
        self.b_valid.rst.next = self.rst.val();
        self.d_valid.rst.next = self.rst.val();
        self.e_valid.rst.next = self.rst.val();
        self.e_whole.rst.next = self.rst.val();
        self.e_counts.rst.next = self.rst.val();
        self.e_live.rst.next = self.rst.val();
        self.f_counts.rst.next = self.rst.val();
        self.f_enable.rst.next = self.rst.val();

        self.sweeping.next = self.sweep.q.val() != self.swept.val();
        // A: look up by tag.
        self.look_tag.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.progress.raddr.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.b_valid.d.next = self.cpl_valid.val() & self.to_land.val();
        self.b_first.d.next = self.cpl_first.val();
        self.b_last.d.next = self.cpl_last.val();
        self.b_error.d.next = self.cpl_error.val();
        self.b_tag.d.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.b_len.d.next = self.cpl_len.val();
        self.b_count.d.next = self.cpl_byte_count.val();
        self.b_status.d.next = self.cpl_status.val();
        self.b_ep.d.next = self.cpl_ep.val();
        self.b_has_data.d.next = self.cpl_has_data.val();
        self.foreign.next = self.cpl_tag.val() >> self.tag_shift.val();
        self.b_ignore.d.next = self.cpl_bad.val() | self.foreign.val().any();
        self.b_data.d.next = self.cpl_data.val();
        self.b_keep.d.next = self.cpl_keep.val();

        // D's outcome, needed by B: what the check says of the TLP in D.
        self.check.landing_in.next = self.landing.val();
        self.check.len_in.next = self.b_len.q.val();
        self.check.count_in.next = self.b_count.q.val();
        self.check.status_in.next = self.b_status.q.val();
        self.check.ep_in.next = self.b_ep.q.val();
        self.check.has_data_in.next = self.b_has_data.q.val();
        self.check.keep_in.next = self.b_keep.q.val();
        self.check.start.next = self.d_start.q.val();
        self.check.after.next = self.d_next.q.val();
        self.check.offset.next = self.d_offset.q.val();
        self.d_counts.next =
            self.d_valid.q.val() & self.d_last.q.val() & !self.d_error.q.val() & self.d_live.q.val();
        self.after.next.dwords = self.d_next.q.val();
        self.after.next.code = self.check.code.val();
        self.after.next.phase = self.d_start.q.val().phase;
        if self.check.ended.val() {
            self.after.next.dwords = 0.into();
            self.after.next.code = 0.into();
            self.after.next.phase = !self.d_start.q.val().phase;
        }

        // B: where this TLP begins. The memory misses what is still in D, E and F; the youngest wins.
        self.start.next = self.progress.rdata.val();
        if self.f_counts.q.val() & (self.f_tag.q.val() == self.b_tag.q.val()) {
            self.start.next = self.f_after.q.val();
        }
        if self.e_counts.q.val() & (self.e_tag.q.val() == self.b_tag.q.val()) {
            self.start.next = self.e_after.q.val();
        }
        if self.d_counts.val() & (self.d_tag.q.val() == self.b_tag.q.val()) {
            self.start.next = self.after.val();
        }
        self.first_offset.next = bit_cast::<14, 12>(self.start.val().dwords) << 2;
        self.d_valid.d.next = self.b_valid.q.val();
        if self.b_valid.q.val() {
            self.d_last.d.next = self.b_last.q.val();
            self.d_error.d.next = self.b_error.q.val();
            self.d_tag.d.next = self.b_tag.q.val();
            self.d_data.d.next = self.b_data.q.val();
            self.d_offset.d.next = self.d_offset.q.val() + self.beat.val();
            if self.b_first.q.val() {
                self.d_start.d.next = self.start.val();
                self.d_live.d.next = !self.b_ignore.q.val()
                    & !self.sweeping.val()
                    & (self.start.val().phase != self.landing.val().phase);
                self.d_next.d.next = self.start.val().dwords + bit_cast::<12, 11>(self.b_len.q.val());
                self.d_offset.d.next = self.first_offset.val();
            }
        }

        // D: position, mask and verdict come from the check.
        self.rotate.in_data.next = self.d_data.q.val();
        self.rotate.in_amount.next = bit_cast::<SB, 21>(self.check.pos.val());
        self.e_valid.d.next = self.d_valid.q.val();
        self.e_whole.d.next = self.d_valid.q.val() & self.d_last.q.val() & !self.d_error.q.val();
        self.e_counts.d.next = self.d_counts.val();
        self.e_live.d.next = self.d_valid.q.val() & self.d_live.q.val();
        self.e_tag.d.next = self.d_tag.q.val();
        self.e_after.d.next = self.after.val();
        self.e_code.d.next = self.check.code.val();
        self.e_ended.d.next = self.check.ended.val();
        self.e_q.d.next = bit_cast::<QB, 6>(self.check.q.val());
        self.e_pos.d.next = self.check.pos.val();
        self.e_mask.d.next = self.check.mask.val();

        // E: the TLP counts once it is whole.
        self.last.next = self.e_after.q.val();
        self.verdict_valid.next = self.e_counts.q.val() & self.e_ended.q.val();
        self.verdict_tag.next = self.e_tag.q.val();
        self.verdict.next.code = self.e_code.q.val();
        self.verdict.next.phase = self.last.val().phase;
        self.progress.wen.next = self.e_counts.q.val();
        self.progress.waddr.next = self.e_tag.q.val();
        self.progress.wdata.next = self.last.val();
        // A TLP that was marked bad on the wire was never received, so it isn't unexpected either.
        self.unexpected.next = self.e_whole.q.val() & !self.e_live.q.val();
        self.f_counts.d.next = self.e_counts.q.val();
        self.f_tag.d.next = self.e_tag.q.val();
        self.f_after.d.next = self.e_after.q.val();
        self.offset.next = bit_cast::<SB, 21>(self.e_pos.q.val());
        self.back.next = self.lanes.val() - bit_cast::<6, SB>(self.offset.val());
        self.rotated.next =
            (self.e_mask.q.val() << self.offset.val()) | (self.e_mask.q.val() >> self.back.val());
        // Banks below the offset hold the part that reaches into the next row.
        self.second.next = self.all_lanes.val() >> self.back.val();
        self.f_enable.d.next = 0.into();
        if self.e_live.q.val() {
            self.f_enable.d.next = self.rotated.val();
        }
        self.f_second.d.next = self.second.val();
        self.row.next = bit_cast::<RB, 21>(self.e_pos.q.val() >> self.row_shift.val());
        self.row2.next = self.row.val() + self.one_row.val();
        self.f_row.d.next = (bit_cast::<AB, QB>(self.e_q.q.val()) << self.queue_shift.val())
            | bit_cast::<AB, RB>(self.row.val());
        self.f_row2.d.next = (bit_cast::<AB, QB>(self.e_q.q.val()) << self.queue_shift.val())
            | bit_cast::<AB, RB>(self.row2.val());

        // F: write.
        self.w_row.next = self.f_row.q.val();
        self.w_row2.next = self.f_row2.q.val();
        self.w_second.next = self.f_second.q.val();
        self.w_enable.next = self.f_enable.q.val();
        self.w_data.next = self.rotate.out_data.val();

        if self.sweeping.val() {
            self.sweep.d.next = self.sweep.q.val() + self.one_step.val();
            self.progress.wen.next = true;
            self.progress.waddr.next = bit_cast::<TB, TB1>(self.sweep.q.val());
            self.progress.wdata.next = self.zero.val();
            self.verdict_valid.next = true;
            self.verdict_tag.next = bit_cast::<TB, TB1>(self.sweep.q.val());
            self.verdict.next.code = 0.into();
            self.verdict.next.phase = false;
        }
    }
}
