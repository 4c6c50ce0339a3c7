//! Where rings and lists lie.

use rand::{rngs::StdRng, Rng};

use super::Bench;

/// Addresses that no two things share.
#[derive(Default)]
pub struct Places(u64);

impl Places {
    /// 2 MiB from some 16-byte boundary on; half of them reach over 4 GiB or start above it.
    pub fn next(&mut self, rng: &mut StdRng) -> u64 {
        self.0 += 1;
        // A ring begins with a page, or anywhere.
        let within =
            if rng.random() { rng.random_range(0..16) * 4096 } else { rng.random_range(0..4096) * 16 };
        match rng.random_range(0..4) {
            0 => ((4 * self.0 + 1) << 32) - rng.random_range(1..64) * 16,
            1 => ((4 * self.0 + 2) << 32) + within,
            _ if self.0 < 1500 => (self.0 << 21) + within,
            _ => ((4 * self.0 + 3) << 32) + within,
        }
    }
}

impl Bench {
    pub fn place(&mut self) -> u64 {
        self.places.next(&mut self.rng)
    }
}
