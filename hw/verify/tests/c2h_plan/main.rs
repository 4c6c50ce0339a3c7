//! `c2h::Plan`: the entries it makes, against a model of shares, packets and descriptors.

mod bench;
mod checks;
mod control;
mod surroundings;

use bench::{Bench, NQ};
use rand::Rng;

#[test]
fn entries_follow_the_rules() {
    let mut memory = 0;
    for seed in 0..24 {
        let mut b = Bench::new(seed);
        for _ in 0..30_000 {
            b.step();
        }
        assert!(b.entries > 500, "seed {seed}: {} entries", b.entries);
        memory += b.memory_ends;
    }
    assert!(memory > 5_000, "{memory} descriptors of memory queues");
}

#[test]
fn bad_descriptors_end_their_queue_and_clearing_revives_it() {
    let mut errors = 0;
    for seed in 0..16 {
        let mut b = Bench::new(seed);
        b.bad = 0.03;
        for _ in 0..30 {
            for _ in 0..1000 {
                b.step();
            }
            if let Some(i) = b.q.iter().position(|q| q.error.is_some() && q.halted) {
                b.q[i].run = false;
                b.until_scanning();
                b.clear(i);
            }
        }
        errors += b.errors;
    }
    assert!(errors > 50, "{errors} errors");
}

#[test]
fn a_stopped_queue_ends_after_one_tlp_and_restarts_clean() {
    for seed in 0..12 {
        let mut b = Bench::new(seed);
        for _ in 0..40 {
            let clocks = b.rng.random_range(0..600);
            (0..clocks).for_each(|_| b.step());
            let i = b.rng.random_range(0..NQ);
            b.q[i].run = false;
            // After scanning was seen nothing more may come: an entry would find no descriptors.
            b.until_scanning();
            b.q[i].descs.clear();
            (0..20).for_each(|_| b.step());
            b.clear(i);
        }
    }
}

/// A bench with full shares and small descriptors of whole packets.
fn full(seed: u64, mps: u64, size: u64, mode: u64) -> Bench {
    let mut b = Bench::new(seed);
    (b.mode, b.ring) = (Some(mode), Some(6));
    (b.cfg_mps, b.mps) = (mps, 128 << mps);
    (b.packet, b.descriptor) = (1 << 16, size);
    b.fixed = true;
    for i in 0..NQ {
        b.q[i].run = false;
        b.until_scanning();
        b.clear(i);
    }
    (b.write, b.ready) = (8, 0.0);
    (0..6000).for_each(|_| b.step());
    b.ready = 1.0;
    b
}

#[test]
fn a_turn_follows_the_weight_and_a_tlp_takes_two_clocks() {
    for (seed, weight) in [(1, 7), (2, 0), (3, 1)] {
        let mut b = full(seed, 0, 1 << 16, weight << 8);
        b.turns.clear();
        let before = b.entries;
        (0..600).for_each(|_| b.step());
        let entries = b.entries - before;
        println!("weight {weight}: {:.2} clocks per TLP", 600.0 / entries as f64);
        let turn = (weight + 1) * 512;
        let turns = &b.turns[2..];
        // The first TLP of a descriptor may be shorter than MPS, and with it the turn's overshoot is below it.
        assert!(turns.iter().all(|t| (turn..turn + 128).contains(&t.1)), "{turns:?}");
        assert!(turns.windows(2).all(|w| w[1].0 == (w[0].0 + 1) % NQ), "{turns:?}");
        // Two clocks each, and four per change of the queue.
        let due = 600.0 / (2.0 + 4.0 * 128.0 / turn as f64);
        assert!(entries as f64 > due * 0.97, "{entries} TLPs, {due:.0} due");
    }
}

#[test]
fn every_queue_gets_its_turn() {
    for seed in 0..8 {
        let mut b = Bench::new(seed);
        b.ready = 1.0;
        let mut last = [0; NQ];
        for clock in 0..30_000 {
            let before: Vec<u32> = b.q.iter().map(|q| q.index).collect();
            b.step();
            for i in 0..NQ {
                let idle = b.q[i].descs.is_empty() || b.q[i].packets.is_empty();
                if b.q[i].index != before[i] || idle {
                    last[i] = clock;
                }
                assert!(clock - last[i] < 20_000, "seed {seed}: queue {i} waits");
            }
        }
        assert!(b.fences > 0);
    }
}

#[test]
fn descriptors_of_memory_queues_take_two_clocks_each() {
    let mut b = full(4, 2, 64, 7 << 8 | 1 << 6);
    let (before, ends) = (b.entries, b.memory_ends);
    (0..200).for_each(|_| b.step());
    let (entries, ends) = (b.entries - before, b.memory_ends - ends);
    println!("{entries} TLPs, {ends} descriptors in 200 clocks");
    // The bench writes 8 rows per clock at most; 64 bytes at any two alignments take up to 2 TLPs.
    assert!(entries as f64 > 200.0 / 2.0 * 0.9, "{entries} TLPs");
}
