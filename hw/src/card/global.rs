//! The global registers of the card.

use ferrolane_abi::card::global as abi;
use ferrolane_abi::table::Register;
use rust_hdl::prelude::*;

use super::config::index_of;
use crate::hw;
use crate::prim::Dffr;

fn parameter(register: &Register, fields: &[(&str, usize)]) -> Constant<Bits<32>> {
    let value = fields.iter().fold(0, |value, (name, of)| {
        let field = register.field(name).expect("a field of the table");
        assert_eq!(field.get(field.put(*of as u32)), *of as u32, "{}.{name} can't hold it", register.name);
        value | field.put(*of as u32)
    });
    Constant::new(u64::from(value).into())
}

hw! {
    /// Identification, and what concerns the card as a whole.
    ///
    /// ```text
    ///  addr ─► known, answer        data, write ─► registers ─► pattern, gate, raise
    /// ```
    /// `answer` is combinational; a write replaces the whole register.
    pub struct CardGlobal<const W: usize, const LB: usize, const NQ: usize, const SB: usize, const RA: usize, const NU: usize, const DA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub addr: Signal<In, Bits<16>> = Default::default(),
        pub known: Signal<Out, Bit> = Default::default(),
        pub answer: Signal<Out, Bits<32>> = Default::default(),
        pub write: Signal<In, Bit> = Default::default(),
        pub data: Signal<In, Bits<32>> = Default::default(),
        pub pattern: Signal<Out, Bits<NQ>> = Default::default(),
        pub gate: Signal<Out, Bit> = Default::default(),
        pub raise: Signal<Out, Bits<32>> = Default::default(),
        pub dram_timing: Signal<Out, Bits<28>> = Default::default(),
        scratch: Dffr<Bits<32>> = Default::default(),
        pattern_lo: Dffr<Bits<32>> = Default::default(),
        pattern_hi: Dffr<Bits<32>> = Default::default(),
        open: Dffr<Bit> = Dffr::new(true),
        user_irq: Dffr<Bits<32>> = Default::default(),
        raised: Dffr<Bit> = Default::default(),
        timing: Dffr<Bits<28>> = Dffr::new(u64::from(abi::DRAM_TIMING.reset()).into()),
        word: Signal<Local, Bits<5>> = Default::default(),
        takes: Signal<Local, Bit> = Default::default(),
        both: Signal<Local, Bits<64>> = Default::default(),
        mapped: Constant<Bits<32>> =
            Constant::new(abi::REGISTERS.iter().fold(0_u64, |set, r| set | 1 << (r.offset / 4)).into()),
        outside: Constant<Bits<16>> = Constant::new(0xFF80_u64.into()),
        magic_at: Constant<Bits<5>> = index_of(&abi::MAGIC),
        version_at: Constant<Bits<5>> = index_of(&abi::VERSION),
        card_at: Constant<Bits<5>> = index_of(&abi::PARAM_CARD),
        sizes_at: Constant<Bits<5>> = index_of(&abi::PARAM_SIZES),
        scratch_at: Constant<Bits<5>> = index_of(&abi::SCRATCH),
        pattern_lo_at: Constant<Bits<5>> = index_of(&abi::PATTERN_LO),
        pattern_hi_at: Constant<Bits<5>> = index_of(&abi::PATTERN_HI),
        gate_at: Constant<Bits<5>> = index_of(&abi::GATE),
        user_irq_at: Constant<Bits<5>> = index_of(&abi::USER_IRQ),
        timing_at: Constant<Bits<5>> = index_of(&abi::DRAM_TIMING),
        magic: Constant<Bits<32>> = Constant::new(u64::from(abi::MAGIC.reset()).into()),
        version: Constant<Bits<32>> = Constant::new(u64::from(abi::VERSION.reset()).into()),
        card: Constant<Bits<32>> =
            parameter(&abi::PARAM_CARD, &[("QUEUES", NQ), ("IRQS", NU), ("WIDTH", W)]),
        sizes: Constant<Bits<32>> =
            parameter(&abi::PARAM_SIZES, &[("SRAM", LB + RA), ("VISIT", SB), ("DRAM", LB + DA)]),
    }
}

impl<
        const W: usize,
        const LB: usize,
        const NQ: usize,
        const SB: usize,
        const RA: usize,
        const NU: usize,
        const DA: usize,
    > Logic for CardGlobal<W, LB, NQ, SB, RA, NU, DA>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, scratch, pattern_lo, pattern_hi, open, user_irq, raised, timing);
        self.scratch.rst.next = self.rst.val();
        self.pattern_lo.rst.next = self.rst.val();
        self.pattern_hi.rst.next = self.rst.val();
        self.open.rst.next = self.rst.val();
        self.user_irq.rst.next = self.rst.val();
        self.raised.rst.next = self.rst.val();
        self.timing.rst.next = self.rst.val();
        self.word.next = self.addr.val().get_bits::<5>(2);
        self.known.next = self.mapped.val().get_bit(self.word.val().index())
            & !(self.addr.val() & self.outside.val()).any();
        self.takes.next = self.write.val() & !(self.addr.val() & self.outside.val()).any();
        self.raised.d.next = false;
        self.answer.next = 0.into();
        if self.word.val() == self.magic_at.val() {
            self.answer.next = self.magic.val();
        }
        if self.word.val() == self.version_at.val() {
            self.answer.next = self.version.val();
        }
        if self.word.val() == self.card_at.val() {
            self.answer.next = self.card.val();
        }
        if self.word.val() == self.sizes_at.val() {
            self.answer.next = self.sizes.val();
        }
        if self.word.val() == self.scratch_at.val() {
            self.answer.next = self.scratch.q.val();
            if self.takes.val() {
                self.scratch.d.next = self.data.val();
            }
        }
        if self.word.val() == self.pattern_lo_at.val() {
            self.answer.next = self.pattern_lo.q.val();
            if self.takes.val() {
                self.pattern_lo.d.next = self.data.val();
            }
        }
        if self.word.val() == self.pattern_hi_at.val() {
            self.answer.next = self.pattern_hi.q.val();
            if self.takes.val() {
                self.pattern_hi.d.next = self.data.val();
            }
        }
        if self.word.val() == self.gate_at.val() {
            self.answer.next = self.answer.val().replace_bit(0, self.open.q.val());
            if self.takes.val() {
                self.open.d.next = self.data.val().get_bit(0);
            }
        }
        if self.word.val() == self.user_irq_at.val() {
            self.answer.next = self.user_irq.q.val();
            if self.takes.val() {
                self.user_irq.d.next = self.data.val();
                self.raised.d.next = true;
            }
        }
        if self.word.val() == self.timing_at.val() {
            self.answer.next = bit_cast::<32, 28>(self.timing.q.val());
            if self.takes.val() {
                self.timing.d.next = bit_cast::<28, 32>(self.data.val());
            }
        }
        self.dram_timing.next = self.timing.q.val();
        self.both.next =
            (bit_cast::<64, 32>(self.pattern_hi.q.val()) << 32) | bit_cast::<64, 32>(self.pattern_lo.q.val());
        self.pattern.next = bit_cast::<NQ, 64>(self.both.val());
        self.gate.next = self.open.q.val();
        self.raise.next = 0.into();
        if self.raised.q.val() {
            self.raise.next = self.user_irq.q.val();
        }
    }
}
