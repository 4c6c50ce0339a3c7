use std::path::PathBuf;

/// How to create a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of the power-up values and of X assignments. The same seed gives the same values on every run.
    pub seed: u64,
    /// Registers and memories without an initial value start with random bits instead of zeros. Needs a model built
    /// with `x_unique(true)`.
    pub randomize: bool,
    /// Write an FST waveform here from time 0. Needs a model built with `trace(true)` and the feature `trace`.
    pub trace: Option<PathBuf>,
    /// Clock period in ps, 2 or more; default 4000 (250 MHz). Only times and waveforms depend on it.
    pub period_ps: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { seed: 0, randomize: false, trace: None, period_ps: 4000 }
    }
}

impl Options {
    /// Random power-up values from `seed`, everything else as by default.
    pub fn seeded(seed: u64) -> Self {
        Options { seed, randomize: true, ..Options::default() }
    }
}
