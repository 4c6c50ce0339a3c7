//! User interrupts of checkers and generators.

use ferrolane_abi::card::checker as abi;
use rust_hdl::prelude::*;

use super::config::{field_lsb, index_of};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

hw! {
    /// Raises what a queue's CTRL asks for at the end of a run or at its first error.
    ///
    /// ```text
    ///  events ─► bits per queue ─► looked at in turn ─► CTRL of the queue ─► user_irq
    ///  raise ──────────────────────────────────────────────────────────────┘
    /// ```
    /// An event is served within 2^`SB` + 2 clocks. Interrupts are pulses of a clock.
    pub struct CardIrq<const NQ: usize, const QB: usize, const SB: usize, const NU: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_gen: Signal<In, Bit> = Default::default(),
        pub cfgw_q: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<4>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub check_done_valid: Signal<In, Bit> = Default::default(),
        pub check_done_q: Signal<In, Bits<6>> = Default::default(),
        pub check_error_valid: Signal<In, Bit> = Default::default(),
        pub check_error_q: Signal<In, Bits<6>> = Default::default(),
        pub gen_done_valid: Signal<In, Bit> = Default::default(),
        pub gen_done_q: Signal<In, Bits<6>> = Default::default(),
        pub raise: Signal<In, Bits<32>> = Default::default(),
        pub user_irq: Signal<Out, Bits<NU>> = Default::default(),
        ctrl: Bram<Bits<32>, SB> = Default::default(),
        slot: Dffr<Bits<SB>> = Default::default(),
        slot1: Reg<Bits<SB>> = Default::default(),
        check_done: Dffr<Bits<NQ>> = Default::default(),
        check_error: Dffr<Bits<NQ>> = Default::default(),
        gen_done: Dffr<Bits<NQ>> = Default::default(),
        pulses: Dffr<Bits<NU>> = Default::default(),
        cfgw_slot: Signal<Local, Bits<SB>> = Default::default(),
        q: Signal<Local, Bits<SB>> = Default::default(),
        event_q: Signal<Local, Bits<QB>> = Default::default(),
        happened: Signal<Local, Bits<NQ>> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        others: Signal<Local, Bits<NQ>> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        fails: Signal<Local, Bit> = Default::default(),
        settings: Signal<Local, Bits<32>> = Default::default(),
        number: Signal<Local, Bits<5>> = Default::default(),
        line: Signal<Local, Bits<32>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        first_line: Constant<Bits<32>> = Constant::new(1_u64.into()),
        odd: Constant<Bits<SB>> = Constant::new(1_u64.into()),
        at_end: Constant<Bits<5>> = field_lsb(&abi::CTRL, "IRQ_END"),
        at_error: Constant<Bits<5>> = field_lsb(&abi::CTRL, "IRQ_ERROR"),
        number_lsb: Constant<Bits<5>> = field_lsb(&abi::CTRL, "IRQ"),
        ctrl_at: Constant<Bits<4>> = index_of(&abi::CTRL),
    }
}

impl<const NQ: usize, const QB: usize, const SB: usize, const NU: usize> Logic for CardIrq<NQ, QB, SB, NU> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, ctrl);
        dff_setup!(self, clock, slot, slot1, check_done, check_error, gen_done, pulses);
        self.slot.rst.next = self.rst.val();
        self.check_done.rst.next = self.rst.val();
        self.check_error.rst.next = self.rst.val();
        self.gen_done.rst.next = self.rst.val();
        self.pulses.rst.next = self.rst.val();
        self.cfgw_slot.next = bit_cast::<SB, 6>(self.cfgw_q.val()) << 1;
        if self.cfgw_gen.val() {
            self.cfgw_slot.next = self.cfgw_slot.val() | self.odd.val();
        }
        self.ctrl.waddr.next = self.cfgw_slot.val();
        self.ctrl.wdata.next = self.cfgw_data.val();
        self.ctrl.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.ctrl_at.val());
        self.slot.d.next = self.slot.q.val() + self.odd.val();
        self.slot1.d.next = self.slot.q.val();
        self.ctrl.raddr.next = self.slot.q.val();

        self.q.next = self.slot1.q.val() >> 1;
        self.hot.next = self.one.val() << self.q.val();
        self.others.next = !self.hot.val();
        if self.slot1.q.val().get_bit(0) {
            self.ends.next = (self.gen_done.q.val() & self.hot.val()).any();
            self.fails.next = false;
            self.gen_done.d.next = self.gen_done.q.val() & self.others.val();
        } else {
            self.ends.next = (self.check_done.q.val() & self.hot.val()).any();
            self.fails.next = (self.check_error.q.val() & self.hot.val()).any();
            self.check_done.d.next = self.check_done.q.val() & self.others.val();
            self.check_error.d.next = self.check_error.q.val() & self.others.val();
        }
        // An event in the clock of its looking at stays for the next time.
        self.event_q.next = bit_cast::<QB, 6>(self.check_done_q.val());
        self.happened.next = self.one.val() << self.event_q.val();
        if self.check_done_valid.val() {
            self.check_done.d.next = self.check_done.d.val() | self.happened.val();
        }
        self.event_q.next = bit_cast::<QB, 6>(self.check_error_q.val());
        self.happened.next = self.one.val() << self.event_q.val();
        if self.check_error_valid.val() {
            self.check_error.d.next = self.check_error.d.val() | self.happened.val();
        }
        self.event_q.next = bit_cast::<QB, 6>(self.gen_done_q.val());
        self.happened.next = self.one.val() << self.event_q.val();
        if self.gen_done_valid.val() {
            self.gen_done.d.next = self.gen_done.d.val() | self.happened.val();
        }

        self.settings.next = self.ctrl.rdata.val();
        self.number.next = bit_cast::<5, 32>(self.settings.val() >> self.number_lsb.val());
        self.line.next = self.raise.val();
        if (self.ends.val() & self.settings.val().get_bit(self.at_end.val().index()))
            | (self.fails.val() & self.settings.val().get_bit(self.at_error.val().index()))
        {
            self.line.next = self.raise.val() | (self.first_line.val() << self.number.val());
        }
        self.pulses.d.next = bit_cast::<NU, 32>(self.line.val());
        self.user_irq.next = self.pulses.q.val();
    }
}
