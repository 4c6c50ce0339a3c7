//! The ABI's queue registers as constants of a circuit.

use ferrolane_abi::regs::queue as abi;
use ferrolane_abi::table::{Access, Field, Register};
use rust_hdl::prelude::*;

/// Words of a queue's block that can hold a register; the rest of the block is empty.
pub(super) const WORDS: usize = 32;

fn at(word: usize) -> Option<&'static Register> {
    abi::REGISTERS.iter().find(|r| r.offset as usize == word * 4)
}

/// 32 bits per word, 0 where there is no register.
pub(super) fn table(value: fn(&Register) -> u32) -> Constant<Bits<{ 32 * WORDS }>> {
    let words = (0..WORDS).rev().map(|word| Bits::from(u64::from(at(word).map_or(0, value))));
    Constant::new(words.fold(Bits::default(), |all, word| (all << 32_u64) | word))
}

/// One bit per word.
pub(super) fn set(holds: fn(&Register) -> bool) -> Constant<Bits<WORDS>> {
    Constant::new(
        (0..WORDS).filter(|w| at(*w).is_some_and(holds)).fold(0, |bits, w| bits | 1_u64 << w).into(),
    )
}

/// CTRL has no storage here: control holds the run bits.
pub(super) fn stored(register: &Register) -> bool {
    register.mask(Access::Rw) != 0 && register.offset != abi::CTRL.offset
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
