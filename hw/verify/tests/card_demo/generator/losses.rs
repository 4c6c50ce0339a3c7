//! Sources in real time, which lose what they can't send, and sources that wait.

use ferrolane_abi::card::generator::*;
use ferrolane_abi::card::{generator_regs, global, pattern};
use rand::Rng;

use super::{bytes, check_packet, counter, set, Setup, ONE, PLAIN, RUN};
use crate::bench::Bench;
use crate::{card, SIZES};

const LOSS: u32 = 2;

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
            hold_up(&mut b, queues);
            b.ready = 1.0;
            b.pause = 0;
            b.run(3000);
            b.write(0, &global::GATE, 0);
            let ran = b.clocks() - start;
            b.run(1000);
            for (q, s) in setups.iter().enumerate() {
                let all = judge(&mut b, q as u32, s);
                let expected = rate * ran as f64;
                let slack = 0.01 * expected + f64::from(s.buffer);
                assert!((all as f64 - expected).abs() < slack, "time went on: {all} for {expected}");
            }
        }
    }
}

/// The card is slow or stands still, and queues pause.
fn hold_up(b: &mut Bench, queues: u32) {
    for _ in 0..100 {
        let clocks = b.rng.random_range(1..400);
        b.run(clocks);
        b.ready = [1.0, 1.0, 0.5, 0.0][b.rng.random_range(0..4)];
        b.pause = b.rng.random_range(0..16) & (u64::MAX >> (64 - queues));
    }
}

/// Packets that came and counters of a queue against each other; gives the bytes of all its packets.
fn judge(b: &mut Bench, q: u32, s: &Setup) -> u64 {
    let came: Vec<u32> = b.packets.iter().filter(|p| p.queue == q).map(|p| p.user).collect();
    b.packets.iter().filter(|p| p.queue == q).for_each(|p| check_packet(s, p));
    let packets = b.read(generator_regs(q), &PACKETS);
    assert!(came.windows(2).all(|w| w[0] < w[1]), "in order");
    let lost: Vec<u32> = (0..packets).filter(|p| came.binary_search(p).is_err()).collect();
    let length = |p: &u32| u64::from(pattern::length(s.length, s.spread, *p));
    assert_eq!(b.read(generator_regs(q), &LOST_PACKETS), lost.len() as u32, "queue {q}");
    assert_eq!(counter(b, q, &LOST_BYTES_LO, &LOST_BYTES_HI), lost.iter().map(length).sum());
    let all = counter(b, q, &BYTES_LO, &BYTES_HI);
    assert_eq!(all, (0..packets).map(|p| length(&p)).sum::<u64>());
    assert!(!lost.is_empty() && !came.is_empty());
    all
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
