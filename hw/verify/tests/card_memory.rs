//! The demo card's memories behind one AXI4 port: SRAM, and a DRAM with its times.

mod axi_bench;

use axi_bench::{Burst, Master};
use ferrolane_abi::card::global::DRAM_TIMING;
use ferrolane_abi::card::{DRAM_BASE, SRAM_BASE};
use ferrolane_hw_verify::dut;
use rand::Rng;

/// Bytes of a beat, log2 of the bytes of SRAM and of DRAM, in the order of [`memory`].
const SIZES: [(u64, u64, u64); 3] = [(16, 13, 14), (8, 12, 12), (32, 12, 14)];

fn timing(latency: u32, period: u32, refresh: u32) -> u32 {
    let put = |name, value| DRAM_TIMING.field(name).unwrap().put(value);
    put("LATENCY", latency) | put("PERIOD", period) | put("REFRESH", refresh)
}

fn memory(build: usize, seed: u64, timing: u32) -> Master {
    let mut d = match build {
        0 => dut!(card_memory, seed),
        1 => dut!(card_memory64, seed),
        _ => dut!(card_memory256, seed),
    };
    d.set("timing", u64::from(timing));
    let (width, sram, dram) = SIZES[build];
    Master::new(d, width, &[(SRAM_BASE, sram), (DRAM_BASE, dram)], seed)
}

#[test]
fn random_bursts_with_every_timing() {
    for build in 0..SIZES.len() {
        for seed in 0..6 {
            let first = match seed {
                0 => DRAM_TIMING.reset(),
                1 => 0,
                2 => timing(0, 60, 50),
                _ => timing(200, 100, 20),
            };
            let mut m = memory(build, seed, first);
            m.fill();
            m.stall = m.rng.random_range(0.0..0.7);
            for _ in 0..30 {
                m.random_rounds(1);
                // Changed while nothing is under way, and in the middle of it.
                if seed > 2 {
                    let (latency, period) = (m.rng.random_range(0..256), m.rng.random_range(0..300));
                    let value = timing(latency, period, m.rng.random_range(0..256));
                    m.d.set("timing", u64::from(value));
                    let (write, read) = (m.any_burst(true), m.any_burst(true));
                    m.write(write);
                    m.write(read);
                    let clocks = m.rng.random_range(0..60);
                    m.run(clocks);
                    let value = timing(m.rng.random_range(0..256), 0, 0);
                    m.d.set("timing", u64::from(value));
                    m.finish();
                }
            }
        }
    }
}

#[test]
fn the_latency_is_what_is_set() {
    for build in 0..SIZES.len() {
        for latency in [0, 1, 5, 6, 7, 8, 40, 100, 255] {
            let mut m = memory(build, 20 + build as u64, timing(latency, 0, 0));
            m.fill();
            (m.b_latency, m.r_latency) = (Vec::new(), Vec::new());
            for _ in 0..10 {
                m.write_beats(DRAM_BASE, 3);
                m.finish();
                m.read(Burst::read(DRAM_BASE + 64, 2, m.width));
                m.finish();
                let pause = m.rng.random_range(0..40);
                m.run(pause);
            }
            // The circuit itself takes some.
            let (reads, writes) = (u64::from(latency.max(7)), u64::from(latency.max(5)));
            assert_eq!(m.r_latency, [reads; 10], "latency {latency} of reads");
            assert_eq!(m.b_latency, [writes; 10], "latency {latency} of writes");
            // The SRAM has none of it.
            (m.b_latency, m.r_latency) = (Vec::new(), Vec::new());
            m.write_beats(SRAM_BASE, 3);
            m.finish();
            m.read(Burst::read(SRAM_BASE, 2, m.width));
            m.finish();
            assert!(m.r_latency[0] <= 6 && m.b_latency[0] <= 6, "{:?} {:?}", m.r_latency, m.b_latency);
        }
    }
}

#[test]
fn several_bursts_wait_at_a_time() {
    let mut m = memory(0, 30, timing(200, 0, 0));
    m.fill();
    let start = m.clock;
    for i in 0..12 {
        m.read(Burst::read(DRAM_BASE + 512 * i, 1, 16));
    }
    m.finish();
    let took = m.clock - start;
    assert!((200..240).contains(&took), "{took} clocks for twelve reads");
    let start = m.clock;
    for i in 0..12 {
        m.write_beats(DRAM_BASE + 512 * i, 1);
    }
    m.finish();
    let took = m.clock - start;
    assert!((200..240).contains(&took), "{took} clocks for twelve writes");
}

/// Bursts of 512 bytes, both ways at once, without a gap in what is asked for.
fn stream(m: &mut Master, base: u64, clocks: u64) -> (u64, u64) {
    let beats = 512 / m.width;
    let half = 2048;
    for i in 0..clocks / beats + 20 {
        m.write_beats(base + i * 512 % half, beats);
        m.read(Burst::read(base + half + i * 512 % half, beats, m.width));
    }
    m.run(300);
    (m.w_clocks, m.r_clocks) = (Vec::new(), Vec::new());
    m.run(clocks);
    let moved = (m.w_clocks.len() as u64, m.r_clocks.len() as u64);
    m.finish();
    moved
}

#[test]
fn a_beat_per_clock_both_ways() {
    for build in 0..SIZES.len() {
        for (base, latency) in [(SRAM_BASE, 0), (DRAM_BASE, 0), (DRAM_BASE, 40), (DRAM_BASE, 200)] {
            let mut m = memory(build, 40, timing(latency, 0, 0));
            m.fill();
            let (written, read) = stream(&mut m, base, 2000);
            assert!(written >= 1999 && read >= 1999, "build {build}, latency {latency}: {written}, {read}");
        }
    }
}

#[test]
fn a_refresh_stops_all_beats() {
    const CLOCKS: u64 = 8_000;
    for build in 0..SIZES.len() {
        for (period, refresh) in [(400, 88), (1950, 88), (300, 200)] {
            let mut m = memory(build, 50, timing(40, period, refresh));
            m.fill();
            let (written, read) = stream(&mut m, DRAM_BASE, CLOCKS);
            let (period, refresh) = (u64::from(period), u64::from(refresh));
            let want = CLOCKS - CLOCKS * refresh / period;
            let place =
                format!("build {build}, {refresh} of {period}: {written} and {read} instead of {want}");
            assert!(written.abs_diff(want) <= refresh + 2 && read.abs_diff(want) <= refresh + 2, "{place}");
            // All writes stop for as long as is set; reads for what the beats before leave of it.
            let gaps = |clocks: &[u64]| -> Vec<(u64, u64)> {
                let gaps = clocks.windows(2).filter(|w| w[1] - w[0] > 12);
                gaps.map(|w| (w[0], w[1] - w[0] - 1)).filter(|gap| gap.1 < 2 * 256).collect()
            };
            let stops = gaps(&m.w_clocks);
            assert!(stops.len() as u64 >= CLOCKS / period - 1, "{place}: {stops:?}");
            for pair in stops.windows(2).take((CLOCKS / period) as usize - 2) {
                assert_eq!(pair[0].1, refresh, "{place}");
                assert_eq!(pair[1].0 - pair[0].0, period, "{place}");
            }
            let stops = gaps(&m.r_clocks);
            let during = stops.iter().take((CLOCKS / period) as usize - 2);
            assert!(stops.len() as u64 >= CLOCKS / period - 1, "{place}: {stops:?}");
            during.for_each(|gap| assert!((refresh - 9..=refresh + 1).contains(&gap.1), "{place}: {gap:?}"));
            // The SRAM does not refresh.
            let moved = stream(&mut m, SRAM_BASE, 2000);
            assert!(moved.0 >= 1999 && moved.1 >= 1999, "{moved:?}");
        }
    }
}

#[test]
fn the_worst_timing_still_moves() {
    for (period, refresh) in [(1, 255), (1, 1), (255, 255), (256, 255)] {
        let mut m = memory(0, 60, timing(255, period, refresh));
        for i in 0..4 {
            m.write_beats(DRAM_BASE + 256 * i, 8);
        }
        m.finish();
        for i in 0..4 {
            m.read(Burst::read(DRAM_BASE + 256 * i, 8, 16));
        }
        m.finish();
    }
}

#[test]
fn what_lies_between_and_beyond_is_refused_in_order() {
    for (build, &(_, sram, dram)) in SIZES.iter().enumerate() {
        let mut m = memory(build, 70, DRAM_TIMING.reset());
        m.fill();
        let outside =
            [1 << sram, DRAM_BASE - 4096, DRAM_BASE + (1 << dram), 2 * DRAM_BASE, 3 * DRAM_BASE, 1 << 63];
        for addr in outside {
            for (before, behind) in [(SRAM_BASE, DRAM_BASE), (DRAM_BASE, SRAM_BASE)] {
                for addr in [before, addr, behind] {
                    m.read(Burst::read(addr, 5, m.width));
                }
                m.finish();
                for addr in [before, addr, behind] {
                    m.write_beats(addr, 5);
                }
                m.finish();
            }
        }
        // Nothing of it came anywhere else.
        for (base, log2) in [(SRAM_BASE, sram), (DRAM_BASE, dram)] {
            for at in (0..1 << log2).step_by(512) {
                m.read(Burst::read(base + at, 512 / m.width, m.width));
            }
        }
        m.finish();
    }
}

#[test]
fn a_reset_at_any_time_leaves_a_port_that_works() {
    for build in 0..SIZES.len() {
        let mut m = memory(build, 80, timing(30, 50, 20));
        for _ in 0..40 {
            m.stall = m.rng.random_range(0.0..0.5);
            for _ in 0..6 {
                let (write, read) = (m.any_burst(true), m.any_burst(false));
                m.write(write);
                // What is read while it is written is not compared here: elsewhere.
                if m.rng.random_bool(0.2) {
                    m.read(Burst::read(3 * DRAM_BASE, read.beats, m.width));
                }
            }
            let clocks = m.rng.random_range(0..200);
            m.run(clocks);
            m.reset();
        }
        m.stall = 0.2;
        m.fill();
        m.random_rounds(10);
    }
}
