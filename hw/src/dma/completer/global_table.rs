//! The ABI's global registers as constants of a circuit.

use ferrolane_abi::regs::global::*;
use ferrolane_abi::table::Access::{Rw, W1c};
use ferrolane_abi::table::{Field, Register};
use rust_hdl::prelude::*;

/// Words at the start of the page that can hold a register; the rest of the page is empty.
pub(super) const WORDS: usize = 64;
/// Number of counters.
pub(super) const COUNTERS: usize = 10;

/// In the order of their offsets, without a gap.
const COUNTER_REGISTERS: [&Register; COUNTERS] = [
    &CNT_UNMAPPED_READ,
    &CNT_UNMAPPED_WRITE,
    &CNT_UNSUPPORTED,
    &CNT_UNEXPECTED_CPL,
    &CNT_INVALID_DOORBELL,
    &CNT_TX_WRITE,
    &CNT_TX_READ,
    &CNT_RX_CPL,
    &CNT_AXIL_ERROR,
    &CNT_CPL_TIMEOUT,
];

/// Causes in ERROR, in the order of their bits.
const CAUSES: [&str; 5] =
    ["INVALID_DOORBELL", "UNEXPECTED_CPL", "UNSUPPORTED_REQUEST", "QUEUE_ERROR", "CPL_TIMEOUT"];

fn named<'a>(register: &'a Register, name: &str) -> &'a Field {
    register.field(name).unwrap_or_else(|| panic!("{} has no {name}", register.name))
}

/// Number of a register's word.
pub(super) fn word_of(register: &Register) -> Constant<Bits<6>> {
    Constant::new((register.offset as u64 / 4).into())
}

/// Place of counter `index` in the counters' memory: the lower bits of its word.
pub(super) fn slot_of(index: usize) -> Constant<Bits<4>> {
    let word = |i: usize| COUNTER_REGISTERS[i].offset as usize / 4;
    assert_eq!(word(index), word(0) + index, "{} is out of order", COUNTER_REGISTERS[index].name);
    assert!(word(0) % 16 + COUNTERS <= 16, "the counters' places are in one piece");
    Constant::new((word(index) as u64 % 16).into())
}

/// One bit per word.
pub(super) fn set(holds: fn(&Register) -> bool) -> Constant<Bits<WORDS>> {
    let words = REGISTERS.iter().filter(|r| holds(r)).map(|r| 1_u64 << (r.offset / 4));
    Constant::new(words.sum::<u64>().into())
}

pub(super) fn is_counter(register: &Register) -> bool {
    COUNTER_REGISTERS.iter().any(|r| r.offset == register.offset)
}

/// What each word reads but for what hardware drives: the reset value of read-only fields, and `values` of this build.
///
/// The circuit knows one register with RW bits, all of them, and one with W1C bits.
pub(super) fn fixed(values: &[(&Register, &str, usize)]) -> Constant<Bits<{ 32 * WORDS }>> {
    for register in REGISTERS {
        let (rw, w1c) = (register.mask(Rw), register.mask(W1c));
        assert!(rw == if register.offset == SCRATCH.offset { u32::MAX } else { 0 }, "{}", register.name);
        assert!(
            w1c == if register.offset == ERROR.offset { (1 << CAUSES.len()) - 1 } else { 0 },
            "{}",
            register.name
        );
        assert!(register.reset() == 0 || rw | w1c == 0, "{}", register.name);
    }
    for (bit, cause) in CAUSES.into_iter().enumerate() {
        assert_eq!(named(&ERROR, cause).lsb as usize, bit, "{cause}");
    }
    let of_word = |word: usize| {
        let register = REGISTERS.iter().find(|r| r.offset as usize == word * 4);
        let of_build = values.iter().filter(|(r, ..)| r.offset as usize == word * 4);
        let value = of_build.fold(register.map_or(0, Register::reset), |value, (register, name, of)| {
            let (field, of) = (named(register, name), *of as u32);
            assert_eq!(field.get(field.put(of)), of, "{}.{name} can't hold {of}", register.name);
            value | field.put(of)
        });
        value
    };
    let words = (0..WORDS).rev().map(|word| Bits::from(u64::from(of_word(word))));
    Constant::new(words.fold(Bits::default(), |all, word| (all << 32_u64) | word))
}

pub(super) fn mask(register: &Register, field: &str) -> Constant<Bits<32>> {
    Constant::new(u64::from(named(register, field).mask()).into())
}

pub(super) fn lsb(register: &Register, field: &str) -> Constant<Bits<5>> {
    Constant::new(u64::from(named(register, field).lsb).into())
}
