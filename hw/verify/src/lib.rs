//! The engine's blocks, each as a Verilated model of its own. The tests stand in `tests/`, one file per block.

include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// A block's model by name: `dut!(fifo, 7)` is block `fifo` powered up with the random contents of seed 7.
#[macro_export]
macro_rules! dut {
    ($block:ident, $seed:expr) => {
        verilated::Dut::new(
            $crate::$block::Model::new(&verilated::Options::seeded($seed))
                .expect("a model without trace always starts"),
        )
    };
}
