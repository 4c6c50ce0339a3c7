//! Randomness from one seed, a separate stream for each concern, so that drawing more in one place changes
//! nothing in another.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough for delays and choices.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The stream `concern` of `seed`.
    pub fn new(seed: u64, concern: &str) -> Self {
        // FNV-1a over the name keeps the streams apart.
        let name = concern.bytes().fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let mut rng = Rng { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ name };
        rng.next();
        rng
    }

    /// 64 random bits.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`; 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// True in `percent` of 100 cases. Draws nothing if that is 0.
    pub fn chance(&mut self, percent: u8) -> bool {
        percent != 0 && self.below(100) < u64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn same_seed_same_stream() {
        let draw = |seed, name| {
            let mut rng = Rng::new(seed, name);
            [rng.next(), rng.next(), rng.next()]
        };
        assert_eq!(draw(7, "latency"), draw(7, "latency"));
        assert_ne!(draw(7, "latency"), draw(8, "latency"));
        assert_ne!(draw(7, "latency"), draw(7, "split"));
    }

    #[test]
    fn below_stays_below_and_reaches_all() {
        let mut rng = Rng::new(1, "test");
        let mut seen = [false; 5];
        for _ in 0..1000 {
            seen[rng.below(5) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn chance_is_near_its_percentage() {
        let mut rng = Rng::new(1, "test");
        let hits = (0..10_000).filter(|_| rng.chance(30)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
        assert!(!rng.chance(0));
        assert!(rng.chance(100));
    }
}
