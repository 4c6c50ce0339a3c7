//! The card's registers.

use ferrolane_abi::card::{self, checker, generator};
use rust_hdl::prelude::*;

use super::config::{both, field_mask, index_of, mapped, reset, writable, WORDS};
use super::counters::CardCounters;
use super::global::CardGlobal;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum CardRegsState {
    Sweep,
    SweepClear,
    Idle,
    Look,
    Wait,
    Act,
    Clear,
}

hw! {
    /// Registers of the card from the ABI table: the global ones, and a block per checker and per generator.
    ///
    /// ```text
    ///  do_* ─► Look ─► Wait ─► Act ─┬─► memory of settings, cfgw bus
    ///                               ├─► Clear (RUN = 1): pacer, checker or generator ─► run
    ///                               └─► done_* ◄── settings, counters, events
    /// ```
    /// After reset a sweep writes the reset values of all blocks and clears all checkers and generators; accesses wait
    /// for it, `(16 + 2^SB + 8) · 2·NQ` clocks at most. A write that starts something ends when it runs.
    pub struct CardRegs<const W: usize, const LB: usize, const NQ: usize, const QB: usize, const SB: usize, const CB: usize, const RA: usize, const NU: usize, const DA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub do_valid: Signal<In, Bit> = Default::default(),
        pub do_write: Signal<In, Bit> = Default::default(),
        pub do_addr: Signal<In, Bits<16>> = Default::default(),
        pub do_data: Signal<In, Bits<32>> = Default::default(),
        pub do_strobe: Signal<In, Bits<4>> = Default::default(),
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_missing: Signal<Out, Bit> = Default::default(),
        pub done_data: Signal<Out, Bits<32>> = Default::default(),
        pub cfgw_valid: Signal<Out, Bit> = Default::default(),
        pub cfgw_gen: Signal<Out, Bit> = Default::default(),
        pub cfgw_q: Signal<Out, Bits<6>> = Default::default(),
        pub cfgw_index: Signal<Out, Bits<4>> = Default::default(),
        pub cfgw_data: Signal<Out, Bits<32>> = Default::default(),
        /// To the pacer, and to the checker or the generator: clear queue `clear_q`. Each until it has answered.
        pub clear_pacer: Signal<Out, Bit> = Default::default(),
        pub clear_check: Signal<Out, Bit> = Default::default(),
        pub clear_gen: Signal<Out, Bit> = Default::default(),
        pub clear_is_gen: Signal<Out, Bit> = Default::default(),
        pub clear_q: Signal<Out, Bits<6>> = Default::default(),
        pub pacer_cleared: Signal<In, Bit> = Default::default(),
        pub check_cleared: Signal<In, Bit> = Default::default(),
        pub gen_cleared: Signal<In, Bit> = Default::default(),
        /// With the gate.
        pub check_run: Signal<Out, Bits<NQ>> = Default::default(),
        pub gen_run: Signal<Out, Bits<NQ>> = Default::default(),
        pub gen_done: Signal<Out, Bits<NQ>> = Default::default(),
        /// Queues that check and generate; the others loop back.
        pub pattern: Signal<Out, Bits<NQ>> = Default::default(),
        /// Pulses: raise these user interrupts.
        pub raise: Signal<Out, Bits<32>> = Default::default(),
        /// The register.
        pub dram_timing: Signal<Out, Bits<28>> = Default::default(),
        pub check_done_valid: Signal<In, Bit> = Default::default(),
        pub check_done_q: Signal<In, Bits<6>> = Default::default(),
        pub gen_done_valid: Signal<In, Bit> = Default::default(),
        pub gen_done_q: Signal<In, Bits<6>> = Default::default(),
        /// Counters of this queue, valid two clocks later.
        pub stat_q: Signal<Out, Bits<6>> = Default::default(),
        pub check_bytes: Signal<In, Bits<48>> = Default::default(),
        pub check_packets: Signal<In, Bits<32>> = Default::default(),
        pub check_errors: Signal<In, Bits<32>> = Default::default(),
        pub check_flags: Signal<In, Bits<4>> = Default::default(),
        pub check_first_packet: Signal<In, Bits<32>> = Default::default(),
        pub check_first_offset: Signal<In, Bits<24>> = Default::default(),
        pub gen_bytes: Signal<In, Bits<48>> = Default::default(),
        pub gen_packets: Signal<In, Bits<32>> = Default::default(),
        pub gen_lost_bytes: Signal<In, Bits<48>> = Default::default(),
        pub gen_lost_packets: Signal<In, Bits<32>> = Default::default(),
        state: Dffr<CardRegsState> = Dffr::new(CardRegsState::Sweep),
        common: CardGlobal<W, LB, NQ, SB, RA, NU, DA> = Default::default(),
        counters: CardCounters = Default::default(),
        ram: Bram<Bits<32>, CB> = Default::default(),
        // Generator 4 + QB, queue, word 3:0.
        swept: Dffr<Bits<CB>> = Default::default(),
        bus: Dffr<Bit> = Default::default(),
        bus_at: Reg<Bits<CB>> = Default::default(),
        bus_data: Reg<Bits<32>> = Default::default(),
        ask_pacer: Dffr<Bit> = Default::default(),
        ask_check: Dffr<Bit> = Default::default(),
        ask_gen: Dffr<Bit> = Default::default(),
        check_on: Dffr<Bits<NQ>> = Default::default(),
        gen_on: Dffr<Bits<NQ>> = Default::default(),
        check_end: Dffr<Bits<NQ>> = Default::default(),
        gen_end: Dffr<Bits<NQ>> = Default::default(),

        page: Signal<Local, Bits<2>> = Default::default(),
        is_gen: Signal<Local, Bit> = Default::default(),
        is_global: Signal<Local, Bit> = Default::default(),
        q: Signal<Local, Bits<6>> = Default::default(),
        q7: Signal<Local, Bits<7>> = Default::default(),
        qb: Signal<Local, Bits<QB>> = Default::default(),
        word: Signal<Local, Bits<5>> = Default::default(),
        missing: Signal<Local, Bit> = Default::default(),
        flat: Signal<Local, Bits<CB>> = Default::default(),
        row: Signal<Local, Bits<5>> = Default::default(),
        mask: Signal<Local, Bits<32>> = Default::default(),
        strobe: Signal<Local, Bits<32>> = Default::default(),
        old: Signal<Local, Bits<32>> = Default::default(),
        merged: Signal<Local, Bits<32>> = Default::default(),
        answer: Signal<Local, Bits<32>> = Default::default(),
        flags: Signal<Local, Bits<32>> = Default::default(),
        on: Signal<Local, Bit> = Default::default(),
        ended: Signal<Local, Bit> = Default::default(),
        finish: Signal<Local, Bit> = Default::default(),
        swept_value: Signal<Local, Bits<32>> = Default::default(),
        swept_table: Signal<Local, Bits<5>> = Default::default(),
        swept_queue: Signal<Local, Bits<CB>> = Default::default(),
        target_gen: Signal<Local, Bit> = Default::default(),
        target_q: Signal<Local, Bits<6>> = Default::default(),
        own: Signal<Local, Bits<NQ>> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        others: Signal<Local, Bits<NQ>> = Default::default(),
        event_at: Signal<Local, Bits<QB>> = Default::default(),
        happened: Signal<Local, Bits<NQ>> = Default::default(),
        asked: Signal<Local, Bit> = Default::default(),
        gated: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        next_word: Constant<Bits<CB>> = Constant::new(1_u64.into()),

        gen_block: Constant<Bits<CB>> = Constant::new(((WORDS as u64) << QB).into()),
        last_queue: Constant<Bits<CB>> = Constant::new((NQ as u64 - 1).into()),
        queue_mask: Constant<Bits<CB>> = Constant::new(((1_u64 << QB) - 1).into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        mapped: Constant<Bits<32>> = mapped(),
        writable: [Constant<Bits<32>>; 32] = both(writable),
        resets: [Constant<Bits<32>>; 32] = both(reset),
        lane: [Constant<Bits<32>>; 4] = array_init::array_init(|b| Constant::new((0xFF_u64 << (8 * b)).into())),
        // Address bits above the word and queue of a block.
        block_outside: Constant<Bits<16>> = Constant::new(0x2000_u64.into()),
        checker_page: Constant<Bits<2>> = Constant::new((card::CHECKER_PAGE >> 14).into()),
        generator_page: Constant<Bits<2>> = Constant::new((card::GENERATOR_PAGE >> 14).into()),
        ctrl: Constant<Bits<5>> = index_of(&generator::CTRL),
        status: Constant<Bits<5>> = index_of(&generator::STATUS),
        running_bit: Constant<Bits<32>> = field_mask(&checker::STATUS, "RUNNING"),
        done_bit: Constant<Bits<32>> = field_mask(&checker::STATUS, "DONE"),
        error_bit: Constant<Bits<32>> = field_mask(&checker::STATUS, "ERROR"),
    }
}

impl<
        const W: usize,
        const LB: usize,
        const NQ: usize,
        const QB: usize,
        const SB: usize,
        const CB: usize,
        const RA: usize,
        const NU: usize,
        const DA: usize,
    > Logic for CardRegs<W, LB, NQ, QB, SB, CB, RA, NU, DA>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, common, counters, ram);
        dff_setup!(self, clock, state, swept, bus, bus_at, bus_data, ask_pacer, ask_check, ask_gen, check_on);
        dff_setup!(self, clock, gen_on, check_end, gen_end);
        self.common.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.swept.rst.next = self.rst.val();
        self.bus.rst.next = self.rst.val();
        self.ask_pacer.rst.next = self.rst.val();
        self.ask_check.rst.next = self.rst.val();
        self.ask_gen.rst.next = self.rst.val();
        self.check_on.rst.next = self.rst.val();
        self.gen_on.rst.next = self.rst.val();
        self.check_end.rst.next = self.rst.val();
        self.gen_end.rst.next = self.rst.val();

        // Whose register the access means.
        self.page.next = self.do_addr.val().get_bits::<2>(14);
        self.is_gen.next = self.page.val() == self.generator_page.val();
        self.is_global.next = !self.page.val().any();
        self.q.next = self.do_addr.val().get_bits::<6>(7);
        self.q7.next = bit_cast::<7, 6>(self.q.val());
        self.qb.next = bit_cast::<QB, 6>(self.q.val());
        self.word.next = self.do_addr.val().get_bits::<5>(2);
        self.missing.next = !self.mapped.val().get_bit(self.word.val().index())
            | (self.do_addr.val() & self.block_outside.val()).any()
            | (self.q7.val() >= self.queues.val())
            | (!self.is_gen.val() & (self.page.val() != self.checker_page.val()));
        if self.is_global.val() {
            self.missing.next = !self.common.known.val();
        }
        self.flat.next = (bit_cast::<CB, 6>(self.q.val()) << 4) | bit_cast::<CB, 5>(self.word.val() & 0xF);
        self.row.next = self.word.val() & 0xF;
        if self.is_gen.val() {
            self.flat.next = self.flat.val() | self.gen_block.val();
            self.row.next = self.row.val() | 0x10;
        }
        self.ram.raddr.next = self.flat.val();
        self.stat_q.next = self.q.val();

        // What a read gives.
        self.mask.next = 0.into();
        for i in 0..32 {
            if self.row.val().index() == i {
                self.mask.next = self.writable[i].val();
            }
        }
        self.old.next = self.ram.rdata.val() & self.mask.val();
        self.own.next = self.one.val() << self.qb.val();
        self.on.next = (self.check_on.q.val() & self.own.val()).any();
        self.ended.next = (self.check_end.q.val() & self.own.val()).any();
        self.flags.next = bit_cast::<32, 4>(self.check_flags.val()) << 8;
        if self.check_flags.val().any() {
            self.flags.next = self.flags.val() | self.error_bit.val();
        }
        if self.is_gen.val() {
            self.on.next = (self.gen_on.q.val() & self.own.val()).any();
            self.ended.next = (self.gen_end.q.val() & self.own.val()).any();
            self.flags.next = 0.into();
        }
        self.answer.next = self.old.val();
        if self.word.val() == self.status.val() {
            self.answer.next = self.flags.val();
            if self.ended.val() {
                self.answer.next = self.flags.val() | self.done_bit.val();
            } else if self.on.val() {
                self.answer.next = self.flags.val() | self.running_bit.val();
            }
        }
        if self.counters.known.val() {
            self.answer.next = self.counters.answer.val();
        }
        if self.is_global.val() {
            self.answer.next = self.common.answer.val();
        }
        self.counters.check_bytes.next = self.check_bytes.val();
        self.counters.check_packets.next = self.check_packets.val();
        self.counters.check_errors.next = self.check_errors.val();
        self.counters.check_first_packet.next = self.check_first_packet.val();
        self.counters.check_first_offset.next = self.check_first_offset.val();
        self.counters.gen_bytes.next = self.gen_bytes.val();
        self.counters.gen_packets.next = self.gen_packets.val();
        self.counters.gen_lost_bytes.next = self.gen_lost_bytes.val();
        self.counters.gen_lost_packets.next = self.gen_lost_packets.val();
        self.counters.word.next = self.word.val();
        self.counters.is_gen.next = self.is_gen.val();

        // What a write leaves.
        self.strobe.next = 0.into();
        for b in 0..4 {
            if self.do_strobe.val().get_bit(b) {
                self.strobe.next = self.strobe.val() | self.lane[b].val();
            }
        }
        self.merged.next =
            (self.do_data.val() & self.strobe.val()) | (self.answer.val() & !self.strobe.val());
        if !self.is_global.val() {
            self.merged.next = self.merged.val() & self.mask.val();
        }

        // The sweep.
        self.swept_table.next = bit_cast::<5, CB>(self.swept.q.val()) & 0xF;
        if (self.swept.q.val() & self.gen_block.val()).any() {
            self.swept_table.next = self.swept_table.val() | 0x10;
        }
        self.swept_queue.next = (self.swept.q.val() >> 4) & self.queue_mask.val();
        self.swept_value.next = 0.into();
        for i in 0..32 {
            if self.swept_table.val().index() == i {
                self.swept_value.next = self.resets[i].val();
            }
        }

        // Whom a clearing means.
        self.target_gen.next = self.is_gen.val();
        self.target_q.next = self.q.val();
        if self.state.q.val() == CardRegsState::SweepClear {
            self.target_gen.next = (self.swept.q.val() & self.gen_block.val()).any();
            self.target_q.next = bit_cast::<6, CB>(self.swept_queue.val());
        }
        self.event_at.next = bit_cast::<QB, 6>(self.target_q.val());
        self.hot.next = self.one.val() << self.event_at.val();
        self.others.next = !self.hot.val();
        if self.pacer_cleared.val() {
            self.ask_pacer.d.next = false;
        }
        if self.check_cleared.val() {
            self.ask_check.d.next = false;
        }
        if self.gen_cleared.val() {
            self.ask_gen.d.next = false;
        }
        self.asked.next = self.ask_pacer.q.val() | self.ask_check.q.val() | self.ask_gen.q.val();

        // Ends of runs.
        if self.check_done_valid.val() {
            self.event_at.next = bit_cast::<QB, 6>(self.check_done_q.val());
            self.happened.next = self.one.val() << self.event_at.val();
            self.check_end.d.next = self.check_end.q.val() | self.happened.val();
        } else {
            self.happened.next = 0.into();
        }
        if self.gen_done_valid.val() {
            self.event_at.next = bit_cast::<QB, 6>(self.gen_done_q.val());
            self.happened.next = self.one.val() << self.event_at.val();
            self.gen_end.d.next = self.gen_end.q.val() | self.happened.val();
        }

        self.ram.waddr.next = self.flat.val();
        self.ram.wdata.next = self.merged.val();
        self.ram.wen.next = false;
        self.bus.d.next = false;
        self.bus_at.d.next = self.flat.val();
        self.bus_data.d.next = self.merged.val();
        self.finish.next = false;
        match self.state.q.val() {
            CardRegsState::Sweep => {
                self.ram.waddr.next = self.swept.q.val();
                self.ram.wdata.next = self.swept_value.val();
                self.ram.wen.next = true;
                self.bus.d.next = true;
                self.bus_at.d.next = self.swept.q.val();
                self.bus_data.d.next = self.swept_value.val();
                if self.swept_table.val().get_bits::<4>(0) == 15 {
                    self.state.d.next = CardRegsState::SweepClear;
                    self.ask_pacer.d.next = true;
                    if (self.swept.q.val() & self.gen_block.val()).any() {
                        self.ask_gen.d.next = true;
                    } else {
                        self.ask_check.d.next = true;
                    }
                } else {
                    self.swept.d.next = self.swept.q.val() + self.next_word.val();
                }
            }
            CardRegsState::SweepClear => {
                if !self.asked.val() {
                    self.swept.d.next = self.swept.q.val() + self.next_word.val();
                    self.state.d.next = CardRegsState::Sweep;
                    if self.swept_queue.val() == self.last_queue.val() {
                        if self.target_gen.val() {
                            self.state.d.next = CardRegsState::Idle;
                        } else {
                            self.swept.d.next = self.gen_block.val();
                        }
                    }
                }
            }
            CardRegsState::Idle => {
                if self.do_valid.val() {
                    self.state.d.next = CardRegsState::Look;
                }
            }
            CardRegsState::Look => {
                self.state.d.next = CardRegsState::Wait;
            }
            CardRegsState::Wait => {
                self.state.d.next = CardRegsState::Act;
            }
            CardRegsState::Act => {
                self.state.d.next = CardRegsState::Idle;
                self.finish.next = true;
                if self.do_write.val() & !self.missing.val() {
                    if !self.is_global.val() & self.mask.val().any() & !self.word.val().get_bit(4) {
                        self.ram.wen.next = true;
                        self.bus.d.next = true;
                        if self.word.val() == self.ctrl.val() {
                            if !self.merged.val().get_bit(0) {
                                if self.is_gen.val() {
                                    self.gen_on.d.next = self.gen_on.q.val() & self.others.val();
                                } else {
                                    self.check_on.d.next = self.check_on.q.val() & self.others.val();
                                }
                            } else if !self.on.val() {
                                self.finish.next = false;
                                self.state.d.next = CardRegsState::Clear;
                                self.ask_pacer.d.next = true;
                                self.ask_gen.d.next = self.is_gen.val();
                                self.ask_check.d.next = !self.is_gen.val();
                            }
                        }
                    }
                }
            }
            CardRegsState::Clear => {
                if !self.asked.val() {
                    self.state.d.next = CardRegsState::Idle;
                    self.finish.next = true;
                    if self.is_gen.val() {
                        self.gen_on.d.next = self.gen_on.q.val() | self.hot.val();
                        self.gen_end.d.next = self.gen_end.q.val() & self.others.val();
                    } else {
                        self.check_on.d.next = self.check_on.q.val() | self.hot.val();
                        self.check_end.d.next = self.check_end.q.val() & self.others.val();
                    }
                }
            }
        }

        self.common.addr.next = self.do_addr.val();
        self.common.data.next = self.merged.val();
        self.common.write.next = self.finish.val() & self.do_write.val();
        self.counters.read.next = self.finish.val() & !self.do_write.val() & !self.is_global.val();
        self.done_valid.next = self.finish.val();
        self.done_missing.next = self.missing.val();
        self.done_data.next = self.answer.val();
        self.cfgw_valid.next = self.bus.q.val();
        self.cfgw_gen.next = (self.bus_at.q.val() & self.gen_block.val()).any();
        self.cfgw_q.next = bit_cast::<6, CB>((self.bus_at.q.val() >> 4) & self.queue_mask.val());
        self.cfgw_index.next = bit_cast::<4, CB>(self.bus_at.q.val());
        self.cfgw_data.next = self.bus_data.q.val();
        self.clear_pacer.next = self.ask_pacer.q.val();
        self.clear_check.next = self.ask_check.q.val();
        self.clear_gen.next = self.ask_gen.q.val();
        self.clear_is_gen.next = self.target_gen.val();
        self.clear_q.next = self.target_q.val();
        self.gated.next = 0.into();
        if self.common.gate.val() {
            self.gated.next = self.check_on.q.val();
        }
        self.check_run.next = self.gated.val();
        self.gated.next = 0.into();
        if self.common.gate.val() {
            self.gated.next = self.gen_on.q.val();
        }
        self.gen_run.next = self.gated.val();
        self.gen_done.next = self.gen_end.q.val();
        self.pattern.next = self.common.pattern.val();
        self.raise.next = self.common.raise.val();
        self.dram_timing.next = self.common.dram_timing.val();
    }
}
