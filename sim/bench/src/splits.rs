//! How many completions the root complex makes of a read.

use ferrolane_sim::options::Options;
use ferrolane_sim::rng::Rng;
use ferrolane_sim::root_complex::reads::Cuts;

use crate::wire::Wire;

/// Reads that stand for all where the engine has made none of a size.
const SAMPLES: u32 = 2_000;
/// Reads of a size that give a mean of their own.
const ENOUGH: u64 = 64;

/// Completions per read by size: as counted on the wire, else as the root complex's rule has it in the mean.
pub struct Splits<'a> {
    options: &'a Options,
    wire: &'a Wire,
}

impl<'a> Splits<'a> {
    /// From a run.
    pub fn new(options: &'a Options, wire: &'a Wire) -> Self {
        Splits { options, wire }
    }

    /// Completions for an aligned read of `bytes`.
    pub fn of(&self, bytes: u64) -> f64 {
        self.wire.splits(bytes, ENOUGH).unwrap_or_else(|| mean(self.options, bytes))
    }
}

fn mean(options: &Options, bytes: u64) -> f64 {
    let mut cuts = Cuts::new(options, Rng::new(options.seed, "reference"));
    let mut answers = 0u32;
    for _ in 0..SAMPLES {
        let mut at = 0;
        while at < bytes {
            at = cuts.cut(at, bytes);
            answers += 1;
        }
    }
    f64::from(answers) / f64::from(SAMPLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_gives_the_mean() {
        let of = |preset: &str, bytes| mean(&Options::parse(preset).unwrap(), bytes);
        assert_eq!(of("sim:split=max", 512), 2.0);
        assert_eq!(of("sim:split=rcb", 512), 8.0);
        assert_eq!(of("sim:split=random", 64), 1.0);
        // Of the four boundaries up to 256 bytes the first alone lies inside.
        assert!((of("sim:split=random", 128) - 1.25).abs() < 0.05);
    }
}
