//! Upper address DWORDs that attacks say: every byte is 0 or one mark, so that byte enables make nothing else of them.

use ferrolane_sim::rng::Rng;

const MARK: u32 = 0xA5;

/// An upper DWORD.
pub fn upper(rng: &mut Rng) -> u32 {
    let mask = rng.below(16) as u32;
    (0..4).fold(0, |word, byte| word | (mask >> byte & 1) * (MARK << (8 * byte)))
}

/// Whether an upper DWORD is one of them, or what a carry out of the lower one makes of one.
pub fn holds(upper: u32) -> bool {
    let pure = |word: u32| word.to_le_bytes().into_iter().all(|byte| byte == 0 || u32::from(byte) == MARK);
    pure(upper) || pure(upper.wrapping_sub(1))
}
