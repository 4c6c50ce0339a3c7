//! The whole C2H block against a model.

mod bench;
mod card;
mod host;
mod shape;
mod tlp;

use bench::{Bench, NQ};
use rand::{rngs::StdRng, Rng, SeedableRng};
use shape::Shape;

/// A card and a host that never stop.
fn full_speed(packet: usize, descriptor: usize) -> Shape {
    Shape {
        card: 1.0,
        ready: 1.0,
        record_ready: 1.0,
        post: 1.0,
        consume: 1.0,
        packet,
        descriptor,
        fixed: true,
        bad: 0.0,
        heed: None,
        stray: 0.0,
        mps: 1,
        cpl_log2: Some(7),
    }
}

#[test]
fn random_traffic_arrives_whole_and_in_order() {
    for seed in 0..32 {
        let shape = Shape::random(&mut StdRng::seed_from_u64(seed));
        let mut b = Bench::new(seed, shape);
        b.run(20_000);
        b.settle();
        assert!(b.records() > 20, "seed {seed}: {} records", b.records());
    }
}

#[test]
fn descriptors_of_4_kib_move_at_15_bytes_per_clock() {
    for (seed, queues) in [(1, 1), (2, 4), (3, 2)] {
        let mut b = Bench::new(seed, full_speed(1 << 20, 4096));
        b.q[queues..].iter_mut().for_each(|q| q.feed = false);
        b.run(3000);
        let before = b.sink.bytes;
        b.run(40_000);
        let rate = (b.sink.bytes - before) as f64 / 40_000.0;
        println!("{queues} queues: {rate:.3} bytes per clock");
        assert!(rate >= 15.0, "{queues} queues: {rate} bytes per clock");
    }
}

#[test]
fn small_packets_take_few_clocks_each() {
    for (seed, packet) in [(1, 1), (2, 64), (3, 256)] {
        let mut b = Bench::new(seed, full_speed(packet, 2048));
        b.run(20_000);
        let clocks = 20_000.0 / b.records() as f64;
        println!("{packet} bytes: {clocks:.2} clocks per packet");
        // Plan needs 8 clocks for a descriptor; a packet of 256 bytes at any alignment is 17 or 18 beats in up to 2 TLPs.
        assert!(
            clocks < if packet == 256 { 20.0 } else { 10.5 },
            "{packet} bytes: {clocks} clocks per packet"
        );
    }
}

#[test]
fn counters_wrap() {
    // 16-bit rows and packets: 66,000 packets of one beat each.
    let mut shape = full_speed(1, 16);
    shape.fixed = true;
    let mut b = Bench::new(5, shape);
    b.q[1..].iter_mut().for_each(|q| q.feed = false);
    while b.q[0].records < 66_000 {
        b.run(1000);
    }
    // And 66,000 rows in few packets, over all queues.
    let mut shape = full_speed(1 << 18, 10_000);
    shape.stray = 0.01;
    let mut c = Bench::new(6, shape);
    c.run(300_000);
    assert!(c.q.iter().all(|q| q.bytes > 66_000 * 16));
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
        let mut b = Bench::new(seed, shape);
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
        let mut b = Bench::new(seed, shape);
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
        let mut b = Bench::new(seed, shape);
        for _ in 0..12 {
            let clocks = b.rng.random_range(0..3000);
            b.run(clocks);
            let i = b.rng.random_range(0..NQ);
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
    let mut b = Bench::new(9, full_speed(4096, 4096));
    b.stop(3);
    b.run(1000);
    b.shape.ready = 0.0;
    b.run(500);
    assert!(b.d.is_set("send_busy"));
    // `start` fails if clearing takes more than 100 clocks.
    b.start(3);
    b.shape.ready = 1.0;
    b.run(5000);
    assert!(b.q[3].records > 0);
    b.settle();
}
