//! `c2h::Plan`: the entries it makes, against a model of shares, packets and descriptors.

mod bench;

use bench::{Bench, NQ};
use rand::Rng;

#[test]
fn entries_follow_the_rules() {
    for seed in 0..24 {
        let mut b = Bench::new(seed);
        for _ in 0..30_000 {
            b.step();
        }
        assert!(b.entries > 500, "seed {seed}: {} entries", b.entries);
    }
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

#[test]
fn a_turn_is_4_kib_and_a_tlp_takes_four_clocks() {
    let mut b = Bench::new(1);
    (b.cfg_mps, b.mps) = (0, 128);
    (b.packet, b.descriptor) = (1 << 16, 1 << 16);
    b.fixed = true;
    // Fill the shares first.
    (b.write, b.ready) = (8, 0.0);
    (0..6000).for_each(|_| b.step());
    b.ready = 1.0;
    let before = b.entries;
    (0..500).for_each(|_| b.step());
    let clocks = 500.0 / (b.entries - before) as f64;
    println!("{clocks:.2} clocks per TLP, longest turn {} bytes", b.longest_turn);
    assert!(clocks <= 5.0, "{clocks} clocks per TLP");
    assert!((4096..4096 + 128).contains(&b.longest_turn), "{}", b.longest_turn);
}
