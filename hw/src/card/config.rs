//! The ABI table of the card as constants of a circuit.

use ferrolane_abi::card::{checker, generator};
use ferrolane_abi::table::{Access, Register};
use rust_hdl::prelude::*;

/// Words of settings at the start of a checker's or generator's block; what comes behind them only reads.
pub(super) const WORDS: usize = 16;

fn at(registers: &'static [Register], word: usize) -> Option<&'static Register> {
    registers.iter().find(|r| r.offset as usize == word * 4)
}

/// Per word of settings: a value of the checker's and of the generator's register.
pub(super) fn both(value: fn(&Register) -> u32) -> [Constant<Bits<32>>; 2 * WORDS] {
    array_init::array_init(|i| {
        let registers = if i < WORDS { checker::REGISTERS } else { generator::REGISTERS };
        Constant::new(u64::from(at(registers, i % WORDS).map_or(0, value)).into())
    })
}

/// Bits that hold what was written.
pub(super) fn writable(register: &Register) -> u32 {
    register.mask(Access::Rw)
}

/// Value after reset of those bits.
pub(super) fn reset(register: &Register) -> u32 {
    register.reset() & register.mask(Access::Rw)
}

/// One bit per word of a block that holds a register: the same places for checkers and generators.
pub(super) fn mapped() -> Constant<Bits<32>> {
    let set = |registers: &[Register]| registers.iter().fold(0_u64, |set, r| set | 1 << (r.offset / 4));
    assert_eq!(set(checker::REGISTERS), set(generator::REGISTERS));
    Constant::new(set(checker::REGISTERS).into())
}

/// Number of a register's word in its block.
pub(super) fn index_of<const N: usize>(register: &Register) -> Constant<Bits<N>> {
    Constant::new(u64::from(register.offset / 4).into())
}

/// Lowest bit of a field.
pub(super) fn field_lsb(register: &Register, name: &str) -> Constant<Bits<5>> {
    Constant::new(u64::from(register.field(name).expect(name).lsb).into())
}

/// A field's bits in place.
pub(super) fn field_mask(register: &Register, name: &str) -> Constant<Bits<32>> {
    Constant::new(u64::from(register.field(name).expect(name).mask()).into())
}
