//! Bytes per clock: of one queue and of all, with bursts and pauses.

use ferrolane_abi::card::generator::*;
use ferrolane_abi::card::generator_regs;

use super::{bytes, set, Setup, ONE, PLAIN, RUN};
use crate::bench::Bench;
use crate::{card, SIZES};

/// Bytes per clock of what comes within `clocks`, after some time to settle.
fn measure(b: &mut Bench, clocks: u64) -> f64 {
    b.run(2000);
    let before = bytes(&b.packets);
    b.run(clocks);
    (bytes(&b.packets) - before) as f64 / clocks as f64
}

fn near(measured: f64, expected: f64, what: &str) {
    assert!((measured / expected - 1.0).abs() < 0.01, "{what}: {measured} for {expected}");
}

#[test]
fn one_queue_keeps_its_rate() {
    for (build, size) in SIZES.iter().enumerate() {
        for rate in [0.3, 1.0, 5.0, size.bytes as f64 * 0.77, size.bytes as f64] {
            let mut b = card(build, 1);
            b.patterns(u64::MAX);
            let length = size.bytes as u32 * 2;
            set(&mut b, 0, Setup { length, rate: (rate * f64::from(ONE)) as u32, ..PLAIN });
            b.write(generator_regs(0), &CTRL, RUN);
            near(measure(&mut b, 20_000), rate, &format!("build {build}"));
        }
    }
}

#[test]
fn one_queue_alone_has_a_beat_in_every_clock() {
    for (build, size) in SIZES.iter().enumerate() {
        for beats in [2, 3, 64] {
            let mut b = card(build, 2);
            b.patterns(u64::MAX);
            set(&mut b, 0, Setup { length: size.bytes as u32 * beats, ..PLAIN });
            b.write(generator_regs(0), &CTRL, RUN);
            b.run(200);
            let before = b.c2h_beats;
            b.run(5000);
            assert_eq!(b.c2h_beats - before, 5000, "build {build}, packets of {beats} beats");
        }
    }
}

#[test]
fn all_queues_share_the_port() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 3);
        b.patterns(u64::MAX);
        for q in 0..size.queues {
            set(&mut b, q, Setup { length: size.bytes as u32 * 4, ..PLAIN });
            b.write(generator_regs(q), &CTRL, RUN);
        }
        b.run(2000);
        let (before, packets) = (b.c2h_beats, b.packets.len());
        b.run(40_000);
        let beats = b.c2h_beats - before;
        assert!(beats >= 39_600, "build {build}: {beats} beats in 40000 clocks");
        for q in 0..size.queues {
            let mine = b.packets[packets..].iter().filter(|p| p.queue == q).count();
            let share = (beats / 4 / u64::from(size.queues)) as f64;
            assert!((mine as f64 / share - 1.0).abs() < 0.25, "queue {q}: {mine} packets for {share}");
        }
    }
}

#[test]
fn all_queues_keep_their_rates_at_once() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 4);
        b.patterns(u64::MAX);
        // 95 % of the port in all, each queue a share of its own.
        let weights: u32 = (1..=size.queues).sum();
        let rate = |q: u32| 0.95 * size.bytes as f64 * f64::from(q + 1) / f64::from(weights);
        for q in 0..size.queues {
            set(&mut b, q, Setup { length: 64, rate: (rate(q) * f64::from(ONE)) as u32, ..PLAIN });
            b.write(generator_regs(q), &CTRL, RUN);
        }
        b.run(2000);
        b.packets.clear();
        let clocks = 200_000;
        b.run(clocks);
        for q in 0..size.queues {
            let moved: u64 = b.packets.iter().filter(|p| p.queue == q).map(|p| p.data.len() as u64).sum();
            // A visit's bytes are an uncertainty where a queue is slow.
            let expected = rate(q) * clocks as f64;
            let slack = 0.01 * expected + 64.0 + rate(q) * size.visit as f64;
            assert!(
                (moved as f64 - expected).abs() < slack,
                "build {build} queue {q}: {moved} for {expected}"
            );
        }
    }
}

#[test]
fn bursts_and_pauses() {
    for (build, size) in SIZES.iter().enumerate() {
        let half = size.bytes as f64 / 2.0;
        for (rate, burst, pause) in [(half, 1000, 300), (1.0, 300, 100), (half, 5000, 2000), (half, 64, 77)] {
            let mut b = card(build, 5);
            b.patterns(u64::MAX);
            let rate_value = (rate * f64::from(ONE)) as u32;
            set(&mut b, 0, Setup { length: 64, rate: rate_value, burst, pause, ..PLAIN });
            b.write(generator_regs(0), &CTRL, RUN);
            // A refill of the burst takes no time of its own: it counts as part of the pause.
            let period = f64::from(burst) / rate + f64::from(pause);
            let periods = (60_000.0 / period).max(60.0).round();
            let clocks = (period * periods) as u64;
            b.run(2000);
            let before = bytes(&b.packets);
            b.run(clocks);
            let moved = (bytes(&b.packets) - before) as f64;
            let expected = f64::from(burst) * periods;
            assert!(
                (moved - expected).abs() < 0.01 * expected + 64.0 + f64::from(burst),
                "build {build}: {moved} for {expected} with bursts of {burst} and pauses of {pause}"
            );
        }
    }
}

#[test]
fn a_pause_is_silent() {
    let mut b = card(0, 6);
    b.patterns(1);
    set(&mut b, 0, Setup { length: 64, rate: 8 * ONE, burst: 4096, pause: 3000, ..PLAIN });
    b.write(generator_regs(0), &CTRL, RUN);
    b.run(40_000);
    let gaps: Vec<u64> = b.packets.windows(2).map(|w| w[1].at - w[0].at).filter(|g| *g > 1000).collect();
    assert!(gaps.len() >= 10);
    gaps.iter().for_each(|g| assert!((2950..3050).contains(g), "{g}"));
    // 4096 bytes between two pauses.
    let bursts: Vec<u64> = b
        .packets
        .iter()
        .map(|p| p.at)
        .collect::<Vec<_>>()
        .chunk_by(|a, b| b - a < 1000)
        .map(|c| c.len() as u64 * 64)
        .collect();
    let inner = &bursts[1..bursts.len() - 1];
    assert!(inner.iter().all(|n| (4032..=4224).contains(n)), "{bursts:?}");
}
