//! How full a queue's share of a FIFO is, and was.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Mirror;

hw! {
    /// Rows in use of the share of each queue, and the most that there were since the queue was cleared.
    ///
    /// ```text
    ///  in ──┬─► rows in ──┐
    ///  out ─┴─► rows out ─┴─► level of `q` ─► bytes
    ///  in, rows out ─► level ─► more than the peak? ─► peak ─► peak of `q`
    /// ```
    /// `in` and `out` are the buses that tell of rows written and read, free-running; `row_mask` holds the bits of
    /// them that count. The level rises with `in` alone, so the peak is looked at then. What comes for a queue that
    /// is being cleared sets its peak to 0. A row is 2^`OB` bytes.
    pub struct Level<const QB: usize, const RB: usize, const OB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_q: Signal<In, Bits<6>> = Default::default(),
        pub in_row: Signal<In, Bits<16>> = Default::default(),
        pub out_valid: Signal<In, Bit> = Default::default(),
        pub out_q: Signal<In, Bits<6>> = Default::default(),
        pub out_row: Signal<In, Bits<16>> = Default::default(),
        /// Queue `clear_q` of this direction is being cleared.
        pub clear_valid: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<7>> = Default::default(),
        /// Queue to show; the answers come one clock later.
        pub q: Signal<In, Bits<6>> = Default::default(),
        pub level: Signal<Out, Bits<32>> = Default::default(),
        pub peak: Signal<Out, Bits<32>> = Default::default(),
        ins: Mirror<16, QB> = Default::default(),
        outs: Mirror<16, QB> = Default::default(),
        outs_for_in: Mirror<16, QB> = Default::default(),
        peaks: Mirror<16, QB> = Default::default(),
        peaks_for_q: Mirror<16, QB> = Default::default(),
        came: Dffr<Bit> = Default::default(),
        came_q: Reg<Bits<QB>> = Default::default(),
        came_row: Reg<Bits<16>> = Default::default(),
        came_clear: Reg<Bit> = Default::default(),
        counted: Dffr<Bit> = Default::default(),
        counted_q: Reg<Bits<QB>> = Default::default(),
        counted_rows: Reg<Bits<16>> = Default::default(),
        counted_clear: Reg<Bit> = Default::default(),
        rows: Signal<Local, Bits<16>> = Default::default(),
        used: Signal<Local, Bits<16>> = Default::default(),
        row_mask: Constant<Bits<16>> = Constant::new(((2_u64 << RB) - 1).into()),
        row_shift: Constant<Bits<5>> = Constant::new((OB as u64).into()),
    }
}

impl<const QB: usize, const RB: usize, const OB: usize> Logic for Level<QB, RB, OB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, ins, outs, outs_for_in, peaks, peaks_for_q);
        dff_setup!(
            self,
            clock,
            came,
            came_q,
            came_row,
            came_clear,
            counted,
            counted_q,
            counted_rows,
            counted_clear
        );
        self.came.rst.next = self.rst.val();
        self.counted.rst.next = self.rst.val();
        self.ins.waddr.next = bit_cast::<QB, 6>(self.in_q.val());
        self.ins.wdata.next = self.in_row.val() & self.row_mask.val();
        self.ins.wen.next = self.in_valid.val();
        self.outs.waddr.next = bit_cast::<QB, 6>(self.out_q.val());
        self.outs.wdata.next = self.out_row.val() & self.row_mask.val();
        self.outs.wen.next = self.out_valid.val();
        self.outs_for_in.waddr.next = self.outs.waddr.val();
        self.outs_for_in.wdata.next = self.outs.wdata.val();
        self.outs_for_in.wen.next = self.outs.wen.val();
        self.ins.raddr.next = bit_cast::<QB, 6>(self.q.val());
        self.outs.raddr.next = bit_cast::<QB, 6>(self.q.val());
        self.used.next = self.ins.rdata.val() - self.outs.rdata.val();
        self.used.next = self.used.val() & self.row_mask.val();
        self.level.next = bit_cast::<32, 16>(self.used.val()) << self.row_shift.val();

        self.came.d.next = self.in_valid.val();
        self.came_q.d.next = bit_cast::<QB, 6>(self.in_q.val());
        self.came_row.d.next = self.ins.wdata.val();
        self.came_clear.d.next =
            self.clear_valid.val() & (self.clear_q.val() == bit_cast::<7, 6>(self.in_q.val()));
        self.outs_for_in.raddr.next = bit_cast::<QB, 6>(self.in_q.val());
        self.rows.next = self.came_row.q.val() - self.outs_for_in.rdata.val();
        self.counted.d.next = self.came.q.val();
        self.counted_q.d.next = self.came_q.q.val();
        self.counted_rows.d.next = self.rows.val() & self.row_mask.val();
        self.counted_clear.d.next = self.came_clear.q.val();
        self.peaks.raddr.next = self.came_q.q.val();
        self.peaks.waddr.next = self.counted_q.q.val();
        self.peaks.wdata.next = self.counted_rows.q.val();
        self.peaks.wen.next = self.counted.q.val() & (self.counted_rows.q.val() > self.peaks.rdata.val());
        if self.counted.q.val() & self.counted_clear.q.val() {
            self.peaks.wdata.next = 0.into();
            self.peaks.wen.next = true;
        }
        self.peaks_for_q.waddr.next = self.peaks.waddr.val();
        self.peaks_for_q.wdata.next = self.peaks.wdata.val();
        self.peaks_for_q.wen.next = self.peaks.wen.val();
        self.peaks_for_q.raddr.next = bit_cast::<QB, 6>(self.q.val());
        self.peak.next = bit_cast::<32, 16>(self.peaks_for_q.rdata.val()) << self.row_shift.val();
    }
}
