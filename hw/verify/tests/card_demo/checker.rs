//! Pattern checkers: nothing wrong passes, nothing right is refused, and a slow one holds up nobody else.

use ferrolane_abi::card::checker::*;
use ferrolane_abi::card::{checker_regs, pattern};
use rand::seq::SliceRandom;
use rand::Rng;

use crate::bench::{Beat, Bench};
use crate::{card, SIZES};

const RUN: u32 = 1;
const CHECK_LENGTH: u32 = 1 << 2;
const IRQ_END: u32 = 1 << 4;
const IRQ_ERROR: u32 = 1 << 5;
const DONE: u32 = 2;
const ERROR: u32 = 4;
const DATA: u32 = 1 << 8;
const KEEP: u32 = 1 << 9;
const LENGTH_FLAG: u32 = 1 << 10;
const CUT: u32 = 1 << 11;

fn start(b: &mut Bench, q: u32, length: u32, spread: u32, seed: u32, count: u32, ctrl: u32) {
    let at = checker_regs(q);
    b.write(at, &CTRL, 0);
    b.write(at, &LENGTH, length);
    b.write(at, &SPREAD, spread);
    b.write(at, &SEED, seed);
    b.write(at, &COUNT, count);
    b.write(at, &CTRL, RUN | ctrl);
}

fn send(b: &mut Bench, q: u32, seed: u32, length: u32, spread: u32, packets: std::ops::Range<u32>) -> u64 {
    let mut bytes = 0;
    for p in packets {
        let length = pattern::length(length, spread, p);
        let beats = b.pattern_beats(seed, q, p, length);
        b.to_send[q as usize].extend(beats);
        bytes += u64::from(length);
    }
    bytes
}

fn drain(b: &mut Bench) {
    for _ in 0..4000 {
        b.run(50);
        if b.to_send.iter().all(|q| q.is_empty()) {
            return b.run(60);
        }
    }
    panic!("beats are left");
}

#[test]
fn the_pattern_is_accepted() {
    for (build, size) in SIZES.iter().enumerate() {
        for seed in 0..4 {
            let mut b = card(build, seed);
            b.patterns(u64::MAX);
            b.offer = b.rng.random_range(0.4..=1.0);
            let (mut setups, mut bytes) = (vec![], vec![]);
            for q in 0..size.queues {
                let (length, spread) = (b.rng.random_range(1..200), b.rng.random_range(0..300));
                let s = b.rng.random_range(0..32);
                start(&mut b, q, length, spread, s, 20, CHECK_LENGTH | IRQ_END | IRQ_ERROR);
                setups.push((s, length, spread));
            }
            for (q, (s, length, spread)) in setups.into_iter().enumerate() {
                bytes.push(send(&mut b, q as u32, s, length, spread, 0..20));
            }
            drain(&mut b);
            assert_eq!(b.h2c_waits, 0, "a checker never makes a beat wait");
            for q in 0..size.queues {
                let at = checker_regs(q);
                assert_eq!(b.read(at, &STATUS), DONE, "build {build} seed {seed} queue {q}");
                assert_eq!(u64::from(b.read(at, &BYTES_LO)), bytes[q as usize]);
                assert_eq!(b.read(at, &BYTES_HI), 0);
                assert_eq!(b.read(at, &PACKETS), 20);
                assert_eq!(b.read(at, &ERRORS), 0);
            }
            assert_eq!(b.irqs[0], size.queues);
        }
    }
}

/// What can go wrong with a packet's beats, the flags that tell of it, and the offset of the first wrong beat.
fn spoil(b: &mut Bench, beats: &mut Vec<Beat>, kind: usize) -> (u32, usize) {
    let width = b.size.bytes;
    let n = beats.len();
    match kind {
        0 => {
            let at = b.rng.random_range(0..n);
            let lane = b.rng.random_range(0..beats[at].keep.count_ones()) as usize;
            beats[at].data[lane] ^= 1 << b.rng.random_range(0..8);
            (DATA, at * width)
        }
        1 => {
            let at = b.rng.random_range(0..n - 1);
            beats.remove(at);
            (DATA | LENGTH_FLAG, at * width)
        }
        2 => {
            let at = b.rng.random_range(0..n - 1);
            beats.insert(at, beats[at].clone());
            (DATA | LENGTH_FLAG, (at + 1) * width)
        }
        3 => {
            let at = b.rng.random_range(0..n - 2);
            beats.swap(at, at + 1);
            (DATA, at * width)
        }
        4 => {
            // A byte lost: the rest moves up.
            let bytes: Vec<u8> =
                beats.iter().flat_map(|x| x.data[..x.keep.count_ones() as usize].to_vec()).collect();
            let at = b.rng.random_range(0..n - 1) * width;
            let mut less = bytes.clone();
            less.remove(at);
            let first = (0..less.len()).find(|i| less[*i] != bytes[*i]).unwrap();
            *beats = crate::bench::beats(width, beats[0].dest, 0, &less);
            (DATA | LENGTH_FLAG, first / width * width)
        }
        5 => {
            let at = b.rng.random_range(0..n - 1);
            beats[at].keep &= !(1 << b.rng.random_range(0..width));
            (KEEP, at * width)
        }
        6 => {
            beats.truncate(n - 1);
            beats[n - 2].last = true;
            (LENGTH_FLAG, (n - 2) * width)
        }
        7 => {
            // As the engine does it, or with the packet's last bytes.
            beats[n - 1].err = true;
            if b.rng.random() {
                beats[n - 1].keep = 0;
            }
            (CUT, (n - 1) * width)
        }
        8 => {
            beats[n - 1].keep = 0;
            (KEEP | LENGTH_FLAG, (n - 1) * width)
        }
        9 => {
            let two = 1 | 1 << (width - 1);
            beats[n - 1].keep = two;
            beats[n - 1].data = vec![0; width];
            (KEEP | LENGTH_FLAG | DATA, (n - 1) * width)
        }
        _ => {
            let (a, c) = (b.rng.random_range(0..width), b.rng.random_range(0..width));
            if beats[0].data[a] == beats[0].data[c] {
                beats[0].data[a] ^= 0x10;
            } else {
                beats[0].data.swap(a, c);
            }
            (DATA, 0)
        }
    }
}

#[test]
fn whatever_is_wrong_is_found_where_it_is() {
    for (build, size) in SIZES.iter().enumerate() {
        for seed in 0..3 {
            let mut b = card(build, seed);
            b.patterns(u64::MAX);
            let s = b.rng.random_range(0..32);
            let mut kinds: Vec<usize> = (0..11).collect();
            kinds.shuffle(&mut b.rng);
            for kind in kinds {
                let q = b.rng.random_range(0..size.queues);
                let length = size.bytes as u32 * 6 - b.rng.random_range(1..size.bytes as u32 - 2);
                for other in 0..size.queues {
                    start(&mut b, other, length, 0, s, 6, CHECK_LENGTH | IRQ_ERROR);
                }
                let bad = b.rng.random_range(0..6);
                let (mut flags, mut offset) = (0, 0);
                for p in 0..6 {
                    let mut beats = b.pattern_beats(s, q, p, length);
                    if p == bad {
                        (flags, offset) = spoil(&mut b, &mut beats, kind);
                    }
                    b.to_send[q as usize].extend(beats);
                }
                for other in (0..size.queues).filter(|o| *o != q) {
                    send(&mut b, other, s, length, 0, 0..6);
                }
                let irqs = b.irqs[0];
                drain(&mut b);
                b.run(2 * size.visit);
                let at = checker_regs(q);
                let what = format!("build {build} seed {seed} kind {kind} packet {bad} of {length} bytes");
                assert_eq!(b.read(at, &STATUS), DONE | ERROR | flags, "{what}");
                assert_eq!(b.read(at, &FIRST_PACKET), bad, "{what}");
                assert_eq!(b.read(at, &FIRST_OFFSET) as usize, offset, "{what}");
                assert!(b.read(at, &ERRORS) >= 1);
                assert_eq!(b.irqs[0], irqs + 1, "one interrupt, {what}");
                for other in (0..size.queues).filter(|o| *o != q) {
                    assert_eq!(b.read(checker_regs(other), &STATUS), DONE, "{what}");
                }
            }
        }
    }
}

/// A packet lost, doubled, or swapped with another, and one of another queue or run.
#[test]
fn packets_out_of_place_are_found() {
    for (build, size) in SIZES.iter().enumerate() {
        for kind in 0..5 {
            let mut b = card(build, 20 + kind);
            b.patterns(u64::MAX);
            start(&mut b, 0, 100, 0, 3, 0, CHECK_LENGTH);
            let mut order: Vec<(u32, u32, u32)> = (0..8).map(|p| (3, 0, p)).collect();
            let first = match kind {
                0 => {
                    order.remove(4);
                    4
                }
                1 => {
                    order.insert(3, order[2]);
                    3
                }
                2 => {
                    order.swap(5, 6);
                    5
                }
                3 => {
                    order[1].1 = size.queues;
                    1
                }
                _ => {
                    order[7].0 = 4;
                    7
                }
            };
            for (seed, queue, packet) in order {
                let mut beats = b.pattern_beats(seed, queue, packet, 100);
                beats.iter_mut().for_each(|x| x.dest = 0);
                b.to_send[0].extend(beats);
            }
            drain(&mut b);
            assert_eq!(b.read(checker_regs(0), &STATUS), 1 | ERROR | DATA, "kind {kind}");
            assert_eq!(b.read(checker_regs(0), &FIRST_PACKET), first);
            assert_eq!(b.read(checker_regs(0), &FIRST_OFFSET), 0);
        }
    }
}

#[test]
fn a_slow_queue_keeps_its_rate_and_holds_up_no_other() {
    for (build, size) in SIZES.iter().enumerate() {
        for (rate, burst, pause) in [(0.7, 0, 0), (3.0, 0, 0), (4.0, 2000, 500)] {
            let mut b = card(build, 30);
            b.patterns(u64::MAX);
            b.prefer_first = 0.5;
            for q in 0..size.queues {
                if q == 0 {
                    b.write(checker_regs(0), &RATE, (rate * f64::from(1 << 20)) as u32);
                    b.write(checker_regs(0), &BURST, burst);
                    b.write(checker_regs(0), &PAUSE, pause);
                    b.write(checker_regs(0), &BUFFER, 512);
                }
                start(&mut b, q, 512, 0, 0, 0, 0);
            }
            let mut next = vec![0; size.queues as usize];
            let (mut at, mut clock) = (0, 0);
            let mut beats = 0;
            for i in 0..60 {
                for q in 0..size.queues {
                    while b.to_send[q as usize].len() < 1200 {
                        let n = next[q as usize];
                        send(&mut b, q, 0, 512, 0, n..n + 1);
                        next[q as usize] += 1;
                    }
                }
                if i == 10 {
                    (at, clock, beats) = (b.read(checker_regs(0), &BYTES_LO), b.clocks(), b.h2c_beats);
                }
                b.run(1000);
            }
            let used = f64::from(b.read(checker_regs(0), &BYTES_LO) - at);
            let clocks = (b.clocks() - clock) as f64;
            let wanted = if burst == 0 {
                rate
            } else {
                f64::from(burst) / (f64::from(burst) / rate + f64::from(pause))
            };
            let slack = 0.01 * wanted * clocks + f64::from(burst) + size.bytes as f64 * 80.0;
            assert!(
                (used - wanted * clocks).abs() < slack,
                "build {build}: {used} bytes for {}",
                wanted * clocks
            );
            assert!(b.h2c_waits <= u64::from(size.queues), "only for clearing");
            if size.queues > 1 {
                assert!((b.h2c_beats - beats) as f64 > 0.99 * clocks, "the others use every clock");
            }
            for q in 0..size.queues {
                assert_eq!(b.read(checker_regs(q), &STATUS), 1);
            }
        }
    }
}

#[test]
fn a_stopped_checker_drains_and_counts_nothing() {
    let mut b = card(0, 31);
    b.patterns(0xF);
    start(&mut b, 1, 64, 0, 0, 0, 0);
    send(&mut b, 1, 0, 64, 0, 0..5);
    drain(&mut b);
    b.write(checker_regs(1), &CTRL, 0);
    send(&mut b, 1, 9, 64, 0, 0..5);
    drain(&mut b);
    assert_eq!(b.read(checker_regs(1), &STATUS), 0);
    assert_eq!(b.read(checker_regs(1), &PACKETS), 5);
    start(&mut b, 1, 64, 0, 9, 0, 0);
    assert_eq!(b.read(checker_regs(1), &PACKETS), 0);
    send(&mut b, 1, 9, 64, 0, 0..5);
    drain(&mut b);
    assert_eq!(b.read(checker_regs(1), &STATUS), 1);
    assert_eq!(b.read(checker_regs(1), &PACKETS), 5);
}
