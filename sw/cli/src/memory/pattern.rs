//! What `memory check` writes: every eight bytes tell where they belong.

use std::io::{self, Read};

/// The pattern from a card address on, without end.
#[derive(Clone)]
pub struct Pattern {
    seed: u32,
    next: u64,
}

impl Pattern {
    /// From `address` on.
    pub fn new(seed: u32, address: u64) -> Self {
        Pattern { seed, next: address }
    }

    /// The byte at an address: of its word's number, spread over all bits by steps that can be undone, so that no two words in
    /// 2^64 bytes are equal.
    pub fn byte(seed: u32, address: u64) -> u8 {
        let key = (address / 8) ^ u64::from(seed) << 32;
        let spread = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let word = (spread ^ spread >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        ((word ^ word >> 32) >> (address % 8 * 8)) as u8
    }
}

impl Read for Pattern {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        for byte in into.iter_mut() {
            *byte = Self::byte(self.seed, self.next);
            self.next = self.next.wrapping_add(1);
        }
        Ok(into.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_depends_on_the_address_alone_and_no_two_words_are_equal() {
        let take = |seed, address, len| {
            let mut bytes = Vec::new();
            Pattern::new(seed, address).take(len).read_to_end(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(take(3, 1003, 500), take(3, 1000, 503)[3..]);
        let mut words: Vec<Vec<u8>> = take(0, 0, 80_000).chunks(8).map(<[u8]>::to_vec).collect();
        words.extend(take(1, 1 << 32, 80_000).chunks(8).map(<[u8]>::to_vec));
        words.sort();
        words.dedup();
        assert_eq!(words.len(), 20_000);
    }
}
