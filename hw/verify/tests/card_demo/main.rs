//! The demo card as a whole, at three widths and with 1, 4 and 32 queues.

#[path = "../axi_bench/mod.rs"]
mod axi_bench;
mod bench;
mod checker;
mod generator;
mod memory;
mod mixed;
mod registers;

use bench::{Bench, Size};
use ferrolane_hw_verify::dut;

/// What the three builds are, in the order of [`card`].
const SIZES: [Size; 3] = [
    Size { bytes: 16, queues: 4, visit: 8, irqs: 8, sram_log2: 16, dram_log2: 14 },
    Size { bytes: 8, queues: 1, visit: 8, irqs: 1, sram_log2: 12, dram_log2: 12 },
    Size { bytes: 32, queues: 32, visit: 64, irqs: 32, sram_log2: 12, dram_log2: 13 },
];

fn card(build: usize, seed: u64) -> Bench {
    let dut = match build {
        0 => dut!(demo_card, seed),
        1 => dut!(demo_card64, seed),
        _ => dut!(demo_card256, seed),
    };
    Bench::new(dut, SIZES[build], seed)
}
