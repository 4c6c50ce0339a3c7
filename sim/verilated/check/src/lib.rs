//! Models for the tests of `verilated` and `verilated-build`.

verilated::model! {
    /// The probe without any option.
    pub mod plain;
    /// The probe with random power-up values, coverage and, with the feature `trace`, waveforms.
    pub mod probe;
    /// Two clocks, both driven as inputs.
    pub mod dual;
    /// The same with its write clock made the clock.
    pub mod by_name;
    /// A combinational loop.
    pub mod spin;
}
