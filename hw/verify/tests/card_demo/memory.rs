//! The card's memory port, against a model. Its times have a test of their own.

use ferrolane_abi::card::global::DRAM_TIMING;
use ferrolane_abi::card::{DRAM_BASE, SRAM_BASE};
use rand::Rng;

use crate::axi_bench::{Burst, Master};
use crate::{card, SIZES};

/// The port of a card whose DRAM_TIMING holds `timing`.
fn master(build: usize, seed: u64, timing: u32) -> Master {
    let size = SIZES[build];
    let mut card = card(build, seed);
    card.write(0, &DRAM_TIMING, timing);
    let memories = [(SRAM_BASE, size.sram_log2.into()), (DRAM_BASE, size.dram_log2.into())];
    Master::without_reset(card.d, size.bytes as u64, &memories, seed)
}

#[test]
fn random_bursts() {
    for build in 0..SIZES.len() {
        for (seed, timing) in [(0, DRAM_TIMING.reset()), (1, 0), (2, 9 | 100 << 8 | 40 << 20)] {
            let mut m = master(build, seed, timing);
            m.fill();
            m.stall = m.rng.random_range(0.0..0.7);
            m.random_rounds(60);
        }
    }
}

/// A beat per clock in both directions at once, with bursts of any length.
#[test]
fn full_throughput_both_ways() {
    for (build, size) in SIZES.iter().enumerate() {
        for (beats, base) in
            [(1, SRAM_BASE), (2, SRAM_BASE), (16, SRAM_BASE), (4, DRAM_BASE), (16, DRAM_BASE)]
        {
            let mut m = master(build, 9, 40);
            m.fill();
            let log2 = if base == SRAM_BASE { size.sram_log2 } else { size.dram_log2 };
            let (bytes, half) = (beats * size.bytes as u64, 1 << (log2 - 1));
            for i in 0..2000 / beats {
                let at = i * bytes % half;
                m.write_beats(base + at, beats);
                m.read(Burst::read(base + half + at, beats, m.width));
            }
            m.run(100);
            (m.w_clocks, m.r_clocks) = (Vec::new(), Vec::new());
            m.run(1000);
            let moved = (m.w_clocks.len(), m.r_clocks.len());
            assert!(moved.0 >= 999 && moved.1 >= 999, "build {build}, {beats} beats at {base:#x}: {moved:?}");
        }
    }
}
