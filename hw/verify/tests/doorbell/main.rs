//! `dma::queue::Doorbell` against the rules of the ABI.

mod bench;
mod rules;
mod traffic;

use bench::Bench;
use ferrolane_abi::doorbell::{ARM_BIT, CONSUMER_MASK};
use ferrolane_abi::map::{self, Direction};
use rand::{rngs::StdRng, Rng};
use rules::{Queue, PUSH, RING};

#[test]
fn random_doorbells_are_judged_by_the_rules() {
    // Refused and accepted: of queues without producer, rings, push queues; consumers.
    let mut counts = [0; 8];
    for seed in 0..16 {
        let nq = [4, 1, 4, 64][seed as usize % 4];
        let mut b = Bench::new(nq, seed);
        b.traffic = true;
        for _ in 0..2000 * nq {
            let g = b.rng.random_range(0..b.gn);
            let q = b.queues[g];
            match b.rng.random_range(0..20) {
                0 if !q.busy => {
                    b.traffic = false;
                    b.clear(g);
                    b.traffic = true;
                    b.queues[g].run = true;
                    b.queues[g].busy = true;
                }
                0 => b.queues[g].run = false,
                1 if !q.run => b.queues[g].busy = false,
                2..=10 => {
                    let producer = some_producer(&mut b.rng, &q);
                    let kind = matches!(q.mode, RING | PUSH) as usize * (1 + (q.mode == PUSH) as usize);
                    counts[2 * kind + b.ring(g, false, producer) as usize] += 1;
                }
                _ => {
                    let consumer = some_consumer(&mut b.rng, &q);
                    counts[6 + b.ring(g, true, consumer) as usize] += 1;
                }
            }
        }
    }
    assert_eq!(counts[1], 0, "list and direct queues have no producer");
    assert!(counts.iter().enumerate().all(|(i, c)| i == 1 || *c > 1000), "{counts:?}");
}

/// A producer within the bounds, on them, just behind them or anywhere.
fn some_producer(rng: &mut StdRng, q: &Queue) -> u32 {
    let room = match q.mode {
        RING => (1 << q.size_log2) - q.producer.wrapping_sub(q.head),
        _ => map::PUSH_SLOTS.saturating_sub(q.producer.wrapping_sub(q.taken)),
    };
    let step = match rng.random_range(0..10) {
        0..=3 => rng.random_range(0..=room),
        4 => room,
        5 => room.wrapping_add(1),
        6 => u32::MAX,
        // Lower bits that would do.
        7 => room | 1 << rng.random_range(17..32),
        8 => rng.random_range(0..=1 << 17),
        _ => rng.random(),
    };
    q.producer.wrapping_add(step)
}

/// A consumer likewise, with ARM or without.
fn some_consumer(rng: &mut StdRng, q: &Queue) -> u32 {
    let room = q.done.wrapping_sub(q.consumer) & CONSUMER_MASK;
    let step = match rng.random_range(0..8) {
        0..=3 => rng.random_range(0..=room),
        4 => room,
        5 => room.wrapping_add(1),
        6 => room | 1 << rng.random_range(17..31),
        _ => rng.random(),
    };
    q.consumer.wrapping_add(step) & CONSUMER_MASK | rng.random_range(0..2u32) << ARM_BIT
}

#[test]
fn a_stopped_queue_takes_no_producer_and_an_idle_one_nothing() {
    let mut b = Bench::new(4, 3);
    for g in 0..b.gn {
        b.clear_as(g, RING);
        assert!(!b.ring(g, false, 0));
        assert!(!b.ring(g, true, 0));
        b.queues[g].busy = true;
        assert!(!b.ring(g, false, 0));
        assert!(b.ring(g, true, 1 << ARM_BIT));
        b.queues[g].run = true;
        assert!(b.ring(g, false, 0));
    }
}

#[test]
fn parts_of_a_dword_are_refused_and_no_byte_is_nothing() {
    let mut b = Bench::new(4, 4);
    b.queues[2].run = true;
    b.queues[2].busy = true;
    for be in 0..15 {
        let invalid = b.invalid;
        b.write(b.place(2), 0, be);
        assert_eq!(b.invalid - invalid, (be != 0) as u32, "byte enables {be:#x}");
    }
    assert!(b.out.is_empty());
}

#[test]
fn places_without_a_queue_are_counted_as_unmapped() {
    let mut b = Bench::new(4, 5);
    let mut holes = vec![map::DOORBELL_PAGE + 0x400, map::DOORBELL_PAGE + 0x8000, map::MSIX_TABLE_PAGE - 4];
    for q in b.nq..map::MAX_QUEUES {
        holes.push(map::queue_doorbell(Direction::H2c, q));
        holes.push(map::queue_doorbell(Direction::C2h, q) + 4);
    }
    for (n, addr) in holes.iter().enumerate() {
        b.write(*addr, 0, 0xF);
        assert_eq!(b.unmapped, n as u32 + 1, "{addr:#x}");
    }
    assert_eq!((b.invalid, b.out.len()), (0, 0));
}

#[test]
fn a_push_queue_may_be_32_descriptors_ahead_of_what_was_taken() {
    let mut b = Bench::new(4, 6);
    for g in [1, 6] {
        b.clear_as(g, PUSH);
        (b.queues[g].run, b.queues[g].busy) = (true, true);
        // Many laps, across the wrap of the bits that are kept.
        for lap in 0..100u32 {
            let base = lap * 20;
            assert!(!b.ring(g, false, base + 33));
            assert!(b.ring(g, false, base + 32), "lap {lap}");
            b.queues[g].taken = base + 20;
            b.take(g, base + 20);
            b.step();
        }
    }
}

/// The judgement of a doorbell, and the next one right behind it.
#[test]
fn a_doorbell_is_told_in_the_fifth_clock() {
    let mut b = Bench::new(4, 7);
    for g in 0..b.gn {
        b.clear_as(g, RING);
        (b.queues[g].run, b.queues[g].busy) = (true, true);
    }
    for (told, g) in [(0, 0), (1, 7), (2, 3)] {
        b.d.set("db_w_valid", 1u64);
        b.d.set("t_w_addr", b.place(g));
        b.d.set("t_w_data", 1u64);
        b.d.set("t_w_be", 0xFu64);
        let start = b.d.clocks();
        while !b.d.is_set("db_w_ready") {
            b.step();
        }
        b.d.set("db_w_valid", 0u64);
        while b.out.len() <= told {
            b.step();
        }
        assert_eq!(b.d.clocks() - start, 5);
    }
}

#[test]
fn refused_feeds_count_as_invalid() {
    let mut b = Bench::new(4, 8);
    b.d.set("feed_invalid", 1u64);
    (0..3).for_each(|_| b.step());
    b.d.set("feed_invalid", 0u64);
    b.step();
    assert_eq!(b.invalid, 3);
}
