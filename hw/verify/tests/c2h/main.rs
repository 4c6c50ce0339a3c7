//! The whole C2H block against a model.

mod bench;
mod bus;
mod by_hand;
mod card;
mod checks;
#[path = "../memory_content/mod.rs"]
mod content;
mod control;
mod flush;
mod host;
mod memory;
mod memory_queues;
mod policies;
mod rates;
mod records;
mod shape;
mod tlp;

use bench::{Bench, BUILDS, W128, W256, W64};
use rand::{rngs::StdRng, Rng, SeedableRng};
use shape::Shape;

#[test]
fn random_traffic_arrives_whole_and_in_order() {
    let mut fences = 0;
    for seed in 0..40 {
        let shape = Shape::random(&mut StdRng::seed_from_u64(seed));
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, shape);
        b.run(if b.nq == 64 { 10_000 } else { 20_000 });
        b.settle();
        assert!(b.records() > 20, "seed {seed}: {} records", b.records());
        fences += b.fences;
    }
    assert!(fences > 1000, "{fences} fences");
}

#[test]
fn counters_wrap() {
    // 16-bit rows and packets, 17 bits of an index: 132,000 packets of one beat each.
    let mut b = Bench::new(W128, 5, Shape { queues: 1, ..Shape::full_speed(1, 16) });
    while b.q[0].records < 132_000 {
        b.run(1000);
    }
    // And 66,000 rows in few packets, over all queues.
    let mut shape = Shape::full_speed(1 << 18, 10_000);
    shape.stray = 0.01;
    let mut c = Bench::new(W256, 6, shape);
    c.run(320_000);
    assert!(c.q.iter().all(|q| q.bytes > 66_000 * 32));
    for b in [&mut b, &mut c] {
        b.settle();
    }
}

#[test]
fn a_card_that_heeds_pause_never_waits() {
    for seed in 0..4 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut shape = Shape::random(&mut rng);
        // Seven beats are on their way at most: the card stops after 20 more.
        shape.heed = Some(20);
        shape.card = 1.0;
        shape.ready = 0.3;
        shape.packet = [1, 16, 200, 4096][seed as usize];
        shape.fence = 0.0;
        let mut b = Bench::new([W128, W256][seed as usize % 2], seed, shape);
        b.run(2_000);
        // One queue has no descriptors: it fills and pauses, the others go on.
        b.q[2].post = false;
        let (before, waits) = (b.q[1].records, b.waits);
        b.run(20_000);
        assert!(b.q[2].paused > 10_000, "{}", b.q[2].paused);
        assert!(b.q[1].records > before + 20);
        assert_eq!(b.waits, waits, "tready fell");
        b.q[2].post = true;
        b.settle();
        assert_eq!(b.d.get("c2h_pause"), 0);
    }
}

#[test]
fn a_bad_descriptor_stops_its_queue_and_no_other() {
    let mut errors = 0;
    for seed in 0..24 {
        let mut shape = Shape::random(&mut StdRng::seed_from_u64(100 + seed));
        shape.bad = 0.05;
        // Beats of a queue that is dead would stop a card that does not heed pause.
        shape.heed = Some(10);
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, shape);
        b.run(10_000);
        b.settle();
        errors += b.q.iter().filter(|q| q.error.is_some()).count();
        // A start clears the error.
        let Some(i) = b.q.iter().position(|q| q.error.is_some()) else { continue };
        b.stop(i);
        b.shape.bad = 0.0;
        b.start(i);
        b.run(5_000);
        assert!(b.q[i].records > 0, "seed {seed}");
        b.settle();
    }
    assert!(errors > 30, "{errors} errors");
}

#[test]
fn a_queue_restarts_clean_while_others_run() {
    for seed in 0..8 {
        let mut shape = Shape::random(&mut StdRng::seed_from_u64(200 + seed));
        shape.heed = Some(10);
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, shape);
        for _ in 0..12 {
            let clocks = b.rng.random_range(0..3000);
            b.run(clocks);
            let i = b.rng.random_range(0..b.nq);
            b.stop(i);
            let clocks = b.rng.random_range(0..100);
            b.run(clocks);
            b.start(i);
        }
        b.run(5_000);
        b.settle();
    }
}

#[test]
fn a_queue_is_cleared_while_the_link_stands_still() {
    let mut b = Bench::new(W128, 9, Shape::full_speed(4096, 4096));
    b.stop(3);
    b.run(1000);
    b.shape.ready = 0.0;
    b.run(500);
    assert!(b.d.is_set("send_busy"));
    // `start` fails if clearing takes more than 200 clocks.
    b.start(3);
    b.shape.ready = 1.0;
    b.run(5000);
    assert!(b.q[3].records > 0);
    b.settle();
}

#[test]
fn a_reset_at_any_time_leaves_nothing_behind() {
    for seed in 0..8 {
        let mut b = Bench::new(
            BUILDS[seed as usize % 3],
            seed,
            Shape::random(&mut StdRng::seed_from_u64(300 + seed)),
        );
        for _ in 0..6 {
            let clocks = b.rng.random_range(0..2000);
            b.run(clocks);
            b.reset();
        }
        b.run(5_000);
        b.settle();
        assert!(b.records() > 0);
    }
}

#[test]
fn stalls_tell_what_is_missing() {
    let mut shape = Shape::full_speed(4096, 4096);
    (shape.queues, shape.cpl_log2) = (1, Some(4));
    let mut b = Bench::new(W128, 3, shape);
    b.run(2_000);
    // No descriptor, then no place for records, then nobody takes the data. What was posted takes 128 · 256 clocks.
    b.q.iter_mut().for_each(|q| q.post = false);
    b.run(36_000);
    let before = b.stalls;
    b.run(100);
    assert!(b.stalls[0] - before[0] > 90, "{:?}", b.stalls);
    b.q[0].post = true;
    b.shape.consume = 0.0;
    b.run(10_000);
    let before = b.stalls;
    b.run(100);
    assert!(b.stalls[1] - before[1] > 90, "{:?}", b.stalls);
    b.shape.consume = 1.0;
    b.run(1_000);
    b.shape.ready = 0.0;
    b.run(1_000);
    let before = b.stalls;
    b.run(100);
    assert!(b.stalls[2] - before[2] > 90, "{:?}", b.stalls);
}

#[test]
fn levels_follow_the_rows() {
    for build in [W64, W128, W256] {
        let lanes = build.lanes as u64;
        let mut shape = Shape::full_speed(4096, 4096);
        (shape.post, shape.queues) = (0.0, 1);
        let mut b = Bench::new(build, 7, shape);
        b.run(100);
        b.q[0].feed = false;
        b.shape.heed = None;
        b.run(1_000);
        let beats = b.q[0].beat_clocks.len() as u64;
        b.d.set("level_q", 0u64);
        b.run(2);
        assert_eq!((b.d.get("level"), b.d.get("peak")), (beats * lanes, beats * lanes));
        b.shape.post = 1.0;
        b.settle();
        b.run(10);
        assert_eq!((b.d.get("level"), b.d.get("peak")), (0, beats * lanes));
        b.stop(0);
        b.start(0);
        b.q[0].feed = false;
        b.run(10);
        assert_eq!((b.d.get("level"), b.d.get("peak")), (0, 0));
    }
}
