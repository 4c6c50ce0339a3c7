//! Pattern generators: every byte, rates, losses, starts and stops.

mod losses;
mod rates;

use ferrolane_abi::card::generator::*;
use ferrolane_abi::card::{generator_regs, global, pattern};
use ferrolane_abi::table::Register;
use rand::Rng;

use crate::bench::{Bench, Packet};
use crate::{card, SIZES};

const ONE: u32 = 1 << 20;
const RUN: u32 = 1;
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

fn counter(b: &mut Bench, q: u32, lo: &Register, hi: &Register) -> u64 {
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
