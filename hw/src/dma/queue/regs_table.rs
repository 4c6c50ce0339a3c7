//! The ABI's queue registers as constants of a circuit.

use ferrolane_abi::regs::queue as abi;
use ferrolane_abi::table::{Access, Field, Register};
use rust_hdl::prelude::*;

/// Words of a queue's block that can hold a register; the rest of the block is empty.
pub(super) const WORDS: usize = 32;

/// Optional features, each 1 or 0. What was not built has its bits at 0.
#[derive(Clone, Copy)]
pub(super) struct Built {
    pub feeds: usize,
    pub policies: usize,
    pub memory: usize,
}

impl Built {
    /// Whether the circuit keeps this field.
    fn keeps(self, register: &Register, field: &Field) -> bool {
        let needs = match (register.name, field.name) {
            ("MODE", "FEED") => self.feeds,
            ("MODE", "MEMORY") | ("CARD_BASE_LO" | "CARD_BASE_HI", _) => self.memory,
            ("MODE", "DROP" | "STORE_FORWARD") | ("FLUSH_TIME", _) | ("CTRL", "FLUSH") => self.policies,
            (name, _) if name.starts_with("FEED_") => self.feeds,
            _ => 1,
        };
        needs == 1
    }

    fn fields(self, register: &Register) -> impl Iterator<Item = &Field> {
        // CTRL has no storage here: control holds the run bits.
        let stored = register.offset != abi::CTRL.offset;
        let kept =
            move |f: &&Field| stored && f.access as u32 == Access::Rw as u32 && self.keeps(register, f);
        register.fields.iter().filter(kept)
    }

    /// Bits with storage here.
    pub fn writable(self, register: &Register) -> u32 {
        self.fields(register).fold(0, |bits, f| bits | f.mask())
    }

    pub fn reset(self, register: &Register) -> u32 {
        self.fields(register).fold(0, |bits, f| bits | f.put(f.reset))
    }

    pub fn stores(self, register: &Register) -> bool {
        self.writable(register) != 0
    }

    /// A field's bits, 0 where it was not built.
    pub fn mask(self, register: &Register, name: &str) -> Constant<Bits<32>> {
        let field = field(register, name);
        Constant::new(u64::from(if self.keeps(register, field) { field.mask() } else { 0 }).into())
    }
}

fn at(word: usize) -> Option<&'static Register> {
    abi::REGISTERS.iter().find(|r| r.offset as usize == word * 4)
}

/// 32 bits per word, 0 where there is no register.
pub(super) fn table(value: impl Fn(&Register) -> u32) -> Constant<Bits<{ 32 * WORDS }>> {
    let words = (0..WORDS).rev().map(|word| Bits::from(u64::from(at(word).map_or(0, &value))));
    Constant::new(words.fold(Bits::default(), |all, word| (all << 32_u64) | word))
}

/// One bit per word.
pub(super) fn set(holds: impl Fn(&Register) -> bool) -> Constant<Bits<WORDS>> {
    Constant::new(
        (0..WORDS).filter(|w| at(*w).is_some_and(&holds)).fold(0, |bits, w| bits | 1_u64 << w).into(),
    )
}

/// What the host may write while the queue is at work.
pub(super) fn any_time(register: &Register) -> bool {
    register.name.starts_with("FEED_")
}

pub(super) fn word_of(register: &Register) -> Constant<Bits<5>> {
    Constant::new((register.offset as u64 / 4).into())
}

pub(super) fn field(register: &Register, name: &str) -> &'static Field {
    register.field(name).expect("a field of the table")
}

pub(super) fn mask(register: &Register, name: &str) -> Constant<Bits<32>> {
    Constant::new((field(register, name).mask() as u64).into())
}
