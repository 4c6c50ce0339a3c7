//! Where a completion beat goes in the FIFO.

use rust_hdl::prelude::*;

use super::types::Landing;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Stages C to F of land for a beat's place: rows, and the banks of them that the request asked for.
    ///
    /// ```text
    ///  C  first and last      D  position = base + 4 · at     E  rows, banks from    F  w_*
    ///     bank of request        left = end − 4 · at             `from` to `to`
    /// ```
    /// The bytes wanted of a beat are banks `from` up to `to`, going round from the last bank to bank 0. `from` is the bank of lane 0,
    /// or of the request's first byte if that is in this beat; `to` is the bank of lane 0 again, or the one behind the
    /// request's last byte. Banks below that of lane 0 use the second row.
    pub struct LandPlace<const KB: usize, const SB: usize, const QB: usize, const RB: usize, const AB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        // C
        pub landing: Signal<In, Landing> = Default::default(),
        // D: DWs from the request's first to lane 0; the beat holds the request's first byte.
        pub at: Signal<In, Bits<12>> = Default::default(),
        pub at_first: Signal<In, Bit> = Default::default(),
        /// In D: bank of lane 0.
        pub offset: Signal<Out, Bits<SB>> = Default::default(),
        /// In E: write nothing of it.
        pub drop: Signal<In, Bit> = Default::default(),
        // F
        pub w_row: Signal<Out, Bits<AB>> = Default::default(),
        pub w_row2: Signal<Out, Bits<AB>> = Default::default(),
        pub w_second: Signal<Out, Bits<KB>> = Default::default(),
        pub w_enable: Signal<Out, Bits<KB>> = Default::default(),
        d_landing: Reg<Landing> = Default::default(),
        d_from: Reg<Bits<SB>> = Default::default(),
        d_to: Reg<Bits<SB>> = Default::default(),
        e_q: Reg<Bits<QB>> = Default::default(),
        e_pos: Reg<Bits<21>> = Default::default(),
        e_nothing: Reg<Bit> = Default::default(),
        e_from: Reg<Bits<SB>> = Default::default(),
        e_to: Reg<Bits<SB>> = Default::default(),
        f_row: Reg<Bits<AB>> = Default::default(),
        f_row2: Reg<Bits<AB>> = Default::default(),
        f_second: Reg<Bits<KB>> = Default::default(),
        f_enable: Dffr<Bits<KB>> = Default::default(),
        base: Signal<Local, Bits<21>> = Default::default(),
        limit: Signal<Local, Bits<13>> = Default::default(),
        low: Signal<Local, Bits<2>> = Default::default(),
        pos: Signal<Local, Bits<21>> = Default::default(),
        left: Signal<Local, Bits<15>> = Default::default(),
        rows_left: Signal<Local, Bits<15>> = Default::default(),
        bank: Signal<Local, Bits<SB>> = Default::default(),
        row: Signal<Local, Bits<RB>> = Default::default(),
        row2: Signal<Local, Bits<RB>> = Default::default(),
        from_on: Signal<Local, Bits<KB>> = Default::default(),
        to_on: Signal<Local, Bits<KB>> = Default::default(),
        zero_on: Signal<Local, Bits<KB>> = Default::default(),
        all: Constant<Bits<KB>> = Constant::new((u64::MAX >> (64 - KB)).into()),
        one_row: Constant<Bits<RB>> = Constant::new(1_u64.into()),
        row_shift: Constant<Bits<5>> = Constant::new((SB as u64).into()),
        queue_shift: Constant<Bits<5>> = Constant::new((RB as u64).into()),
    }
}

impl<const KB: usize, const SB: usize, const QB: usize, const RB: usize, const AB: usize> Logic
    for LandPlace<KB, SB, QB, RB, AB>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, d_landing, d_from, d_to, e_q, e_pos, e_nothing, e_from, e_to);
        dff_setup!(self, clock, f_row, f_row2, f_second, f_enable);

        // C
        self.base.next = self.landing.val().base;
        self.limit.next = self.landing.val().end;
        self.low.next = self.landing.val().low;
        self.d_landing.d.next = self.landing.val();
        self.d_from.d.next = bit_cast::<SB, 21>(self.base.val()) + bit_cast::<SB, 2>(self.low.val());
        self.d_to.d.next = bit_cast::<SB, 21>(self.base.val()) + bit_cast::<SB, 13>(self.limit.val());

        // D
        self.pos.next = self.d_landing.q.val().base + (bit_cast::<21, 12>(self.at.val()) << 2);
        self.left.next =
            bit_cast::<15, 13>(self.d_landing.q.val().end) - (bit_cast::<15, 12>(self.at.val()) << 2);
        self.bank.next = bit_cast::<SB, 21>(self.pos.val());
        self.offset.next = self.bank.val();
        self.e_q.d.next = bit_cast::<QB, 6>(self.d_landing.q.val().q);
        self.e_pos.d.next = self.pos.val();
        self.rows_left.next = self.left.val() >> self.row_shift.val();
        // Bit 14 is the sign.
        self.e_nothing.d.next = self.left.val().get_bit(14) | !self.left.val().any();
        self.e_from.d.next = self.bank.val();
        if self.at_first.val() {
            self.e_from.d.next = self.d_from.q.val();
        }
        self.e_to.d.next = self.bank.val();
        if !self.rows_left.val().any() {
            self.e_to.d.next = self.d_to.q.val();
        }

        // E. Shifted ones are a LUT per bank, comparisons a carry chain each.
        self.from_on.next = self.all.val() << self.e_from.q.val();
        self.to_on.next = self.all.val() << self.e_to.q.val();
        self.f_enable.d.next = self.from_on.val() & !self.to_on.val();
        if self.e_to.q.val() <= self.e_from.q.val() {
            self.f_enable.d.next = self.from_on.val() | !self.to_on.val();
        }
        self.f_enable.rst.next = self.drop.val() | self.e_nothing.q.val();
        self.zero_on.next = self.all.val() << bit_cast::<SB, 21>(self.e_pos.q.val());
        self.f_second.d.next = !self.zero_on.val();
        self.row.next = bit_cast::<RB, 21>(self.e_pos.q.val() >> self.row_shift.val());
        self.row2.next = self.row.val() + self.one_row.val();
        self.f_row.d.next = (bit_cast::<AB, QB>(self.e_q.q.val()) << self.queue_shift.val())
            | bit_cast::<AB, RB>(self.row.val());
        self.f_row2.d.next = (bit_cast::<AB, QB>(self.e_q.q.val()) << self.queue_shift.val())
            | bit_cast::<AB, RB>(self.row2.val());

        // F
        self.w_row.next = self.f_row.q.val();
        self.w_row2.next = self.f_row2.q.val();
        self.w_second.next = self.f_second.q.val();
        self.w_enable.next = self.f_enable.q.val();
    }
}
