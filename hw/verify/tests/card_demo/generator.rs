//! Pattern generators: every byte, rates, losses, starts and stops.

use ferrolane_abi::card::generator::*;
use ferrolane_abi::card::{generator_regs, global, pattern};
use rand::Rng;

use crate::bench::{Bench, Packet};
use crate::{card, SIZES};

const ONE: u32 = 1 << 20;
const RUN: u32 = 1;
const LOSS: u32 = 2;
const IRQ_END: u32 = 1 << 4;

#[derive(Clone, Copy, Debug)]
struct Setup {
    length: u32,
    spread: u32,
    count: u32,
    seed: u32,
    rate: u32,
    burst: u32,
    pause: u32,
    buffer: u32,
}

const PLAIN: Setup =
    Setup { length: 256, spread: 0, count: 0, seed: 0, rate: 0xFFF_FFFF, burst: 0, pause: 0, buffer: 4096 };

fn set(b: &mut Bench, q: u32, s: Setup) {
    let at = generator_regs(q);
    for (register, value) in [
        (&LENGTH, s.length),
        (&SPREAD, s.spread),
        (&COUNT, s.count),
        (&SEED, s.seed),
        (&RATE, s.rate),
        (&BURST, s.burst),
        (&PAUSE, s.pause),
        (&BUFFER, s.buffer),
    ] {
        b.write(at, register, value);
    }
}

fn check_packet(s: &Setup, p: &Packet) {
    let length = pattern::length(s.length, s.spread, p.user);
    assert_eq!(p.data.len() as u32, length, "queue {} packet {}", p.queue, p.user);
    for (i, byte) in p.data.iter().enumerate() {
        assert_eq!(
            *byte,
            pattern::byte(s.seed, p.queue, p.user, i as u32),
            "queue {} packet {} byte {i}",
            p.queue,
            p.user
        );
    }
}

fn bytes(packets: &[Packet]) -> u64 {
    packets.iter().map(|p| p.data.len() as u64).sum()
}

fn counter(
    b: &mut Bench,
    q: u32,
    lo: &ferrolane_abi::table::Register,
    hi: &ferrolane_abi::table::Register,
) -> u64 {
    let low = b.read(generator_regs(q), lo);
    u64::from(low) | u64::from(b.read(generator_regs(q), hi)) << 32
}

/// All queues with random settings under random stalls and pauses: what comes is the pattern, whole and in order.
#[test]
fn packets_are_the_pattern() {
    for (build, size) in SIZES.iter().enumerate() {
        for seed in 0..4 {
            let mut b = card(build, seed);
            b.ready = b.rng.random_range(0.3..=1.0);
            b.patterns(u64::MAX);
            b.write(0, &global::GATE, 0);
            let mut setups = vec![];
            for q in 0..size.queues {
                let s = Setup {
                    length: b.rng.random_range(1..200),
                    spread: if b.rng.random() { b.rng.random_range(0..512) } else { 0 },
                    count: b.rng.random_range(1..40),
                    seed: b.rng.random_range(0..32),
                    rate: b.rng.random_range(ONE / 2..ONE * 64),
                    burst: if b.rng.random() { b.rng.random_range(64..2000) } else { 0 },
                    pause: b.rng.random_range(0..200),
                    buffer: b.rng.random_range(64..4096),
                };
                set(&mut b, q, s);
                b.write(generator_regs(q), &CTRL, RUN | IRQ_END | (q % size.irqs) << 8);
                setups.push(s);
            }
            assert_eq!(b.c2h_beats, 0, "the gate is closed");
            b.write(0, &global::GATE, 1);
            let total: usize = setups.iter().map(|s| s.count as usize).sum();
            for _ in 0..3000 {
                b.run(50);
                b.pause = b.rng.random::<u64>() & b.rng.random::<u64>() & (u64::MAX >> (64 - size.queues));
                if b.packets.len() == total {
                    break;
                }
            }
            b.pause = 0;
            b.run(2 * size.visit + 200);
            assert_eq!(b.packets.len(), total, "seed {seed}");
            for q in 0..size.queues {
                let mine: Vec<&Packet> = b.packets.iter().filter(|p| p.queue == q).collect();
                assert!(mine.iter().map(|p| p.user).eq(0..setups[q as usize].count));
                mine.iter().for_each(|p| check_packet(&setups[q as usize], p));
                let moved: u64 = mine.iter().map(|p| p.data.len() as u64).sum();
                let at = generator_regs(q);
                assert_eq!(b.read(at, &STATUS), 2, "done");
                assert_eq!(counter(&mut b, q, &BYTES_LO, &BYTES_HI), moved);
                assert_eq!(b.read(at, &PACKETS), setups[q as usize].count);
                assert_eq!(counter(&mut b, q, &LOST_BYTES_LO, &LOST_BYTES_HI), 0);
                assert_eq!(b.read(at, &LOST_PACKETS), 0);
            }
            assert_eq!(b.irqs.iter().sum::<u32>(), size.queues, "one interrupt for each end");
        }
    }
}

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

/// A source in real time that is held up loses whole packets, and says exactly which and how many bytes.
#[test]
fn losses_are_counted_exactly() {
    for (build, size) in SIZES.iter().enumerate() {
        for seed in 0..4 {
            let mut b = card(build, seed);
            b.patterns(u64::MAX);
            let queues = size.queues.min(4);
            let rate = size.bytes as f64 * 0.8 / f64::from(queues);
            let mut setups = vec![];
            b.write(0, &global::GATE, 0);
            for q in 0..queues {
                let s = Setup {
                    length: b.rng.random_range(40..300),
                    spread: b.rng.random_range(0..256),
                    rate: (rate * f64::from(ONE)) as u32,
                    buffer: b.rng.random_range(512..3000),
                    ..PLAIN
                };
                set(&mut b, q, s);
                b.write(generator_regs(q), &CTRL, RUN | LOSS);
                setups.push(s);
            }
            b.write(0, &global::GATE, 1);
            let start = b.clocks();
            for _ in 0..100 {
                let clocks = b.rng.random_range(1..400);
                b.run(clocks);
                b.ready = [1.0, 1.0, 0.5, 0.0][b.rng.random_range(0..4)];
                b.pause = b.rng.random_range(0..16) & (u64::MAX >> (64 - queues));
            }
            b.ready = 1.0;
            b.pause = 0;
            b.run(3000);
            b.write(0, &global::GATE, 0);
            let ran = b.clocks() - start;
            b.run(1000);
            for q in 0..queues {
                let s = &setups[q as usize];
                let came: Vec<u32> = b.packets.iter().filter(|p| p.queue == q).map(|p| p.user).collect();
                b.packets.iter().filter(|p| p.queue == q).for_each(|p| check_packet(s, p));
                let packets = b.read(generator_regs(q), &PACKETS);
                assert!(came.windows(2).all(|w| w[0] < w[1]), "in order");
                let lost: Vec<u32> = (0..packets).filter(|p| came.binary_search(p).is_err()).collect();
                let length = |p: &u32| u64::from(pattern::length(s.length, s.spread, *p));
                assert_eq!(
                    b.read(generator_regs(q), &LOST_PACKETS),
                    lost.len() as u32,
                    "build {build} seed {seed}"
                );
                assert_eq!(counter(&mut b, q, &LOST_BYTES_LO, &LOST_BYTES_HI), lost.iter().map(length).sum());
                let all = counter(&mut b, q, &BYTES_LO, &BYTES_HI);
                assert_eq!(all, (0..packets).map(|p| length(&p)).sum::<u64>());
                assert!(!lost.is_empty() && !came.is_empty());
                let expected = rate * ran as f64;
                let slack = 0.01 * expected + f64::from(s.buffer);
                assert!((all as f64 - expected).abs() < slack, "time went on: {all} for {expected}");
            }
        }
    }
}

/// A source that waits loses nothing, and after a hold-up only its buffer is to be caught up with.
#[test]
fn a_waiting_source_loses_nothing() {
    let mut b = card(0, 7);
    b.patterns(1);
    let s = Setup { length: 128, rate: 2 * ONE, buffer: 1024, ..PLAIN };
    set(&mut b, 0, s);
    b.write(generator_regs(0), &CTRL, RUN);
    b.run(1000);
    b.pause = 1;
    b.run(20_000);
    let before = bytes(&b.packets);
    b.pause = 0;
    b.run(1000);
    let caught_up = bytes(&b.packets) - before;
    assert!((2000 + 700..2000 + 1500).contains(&caught_up), "{caught_up}");
    assert!(b.packets.iter().map(|p| p.user).eq(0..b.packets.len() as u32));
    b.packets.iter().for_each(|p| check_packet(&s, p));
}

#[test]
fn a_stop_ends_the_packet_and_a_start_begins_anew() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 8);
        b.patterns(u64::MAX);
        let s = Setup { length: 2000, rate: ONE, ..PLAIN };
        for q in 0..size.queues {
            set(&mut b, q, s);
        }
        for round in 0..3 {
            for q in 0..size.queues {
                b.write(generator_regs(q), &CTRL, RUN);
                assert_eq!(b.read(generator_regs(q), &STATUS), 1, "running");
            }
            let clocks = b.rng.random_range(2500..9000);
            b.run(clocks);
            for q in 0..size.queues {
                b.write(generator_regs(q), &CTRL, 0);
            }
            // What is left of a packet goes at full speed.
            b.run(2000 / size.bytes as u64 * u64::from(size.queues) + 500);
            let beats = b.c2h_beats;
            b.run(3000);
            assert_eq!(b.c2h_beats, beats, "silent");
            for q in 0..size.queues {
                let mine: Vec<&Packet> = b.packets.iter().filter(|p| p.queue == q).collect();
                assert!(
                    mine.iter().map(|p| p.user).eq(0..mine.len() as u32),
                    "build {build} round {round} queue {q}"
                );
                mine.iter().for_each(|p| check_packet(&s, p));
                let moved = 2000 * mine.len() as u64;
                assert_eq!(counter(&mut b, q, &BYTES_LO, &BYTES_HI), moved, "no packet is left open");
            }
            b.packets.clear();
        }
    }
}

#[test]
fn the_gate_starts_all_in_one_clock() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 9);
        b.patterns(u64::MAX);
        b.write(0, &global::GATE, 0);
        for q in 0..size.queues {
            set(&mut b, q, Setup { length: size.bytes as u32, rate: ONE / 4, count: 1, ..PLAIN });
            b.write(generator_regs(q), &CTRL, RUN);
        }
        b.run(3000);
        assert!(b.packets.is_empty());
        b.write(0, &global::GATE, 1);
        b.run(3000);
        assert_eq!(b.packets.len() as u32, size.queues);
        let (first, last) = (b.packets[0].at, b.packets.last().unwrap().at);
        assert!(last - first <= size.visit + 6 * u64::from(size.queues), "{}", last - first);
    }
}

#[test]
fn long_packets() {
    let mut b = card(2, 10);
    b.patterns(u64::MAX);
    let s = Setup { length: 0x4_0001, seed: 31, ..PLAIN };
    set(&mut b, 31, s);
    b.write(generator_regs(31), &CTRL, RUN);
    b.run(30_000);
    assert!(b.packets.len() >= 3);
    b.packets.iter().for_each(|p| check_packet(&s, p));
}
