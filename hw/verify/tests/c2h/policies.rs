//! Drop and store-and-forward.

use rand::{rngs::StdRng, Rng, SeedableRng};

use crate::bench::{Bench, BUILDS, MANY, W128, W256, W64};
use crate::shape::Shape;

fn dropping(seed: u64, drop: u64) -> Shape {
    let mut rng = StdRng::seed_from_u64(500 + seed);
    let mut shape = Shape::random(&mut rng);
    shape.drop = drop;
    shape.card = [0.3, 1.0][seed as usize % 2];
    // Above 8 KiB a packet never fits.
    shape.packet = [64, 1500, 16384][seed as usize % 3];
    shape.flush_time = seed % 3;
    shape.flush = 0.001;
    shape
}

#[test]
fn packets_without_room_are_dropped_whole_and_counted() {
    for drop in [1, 2, 3] {
        let (mut dropped, mut arrived) = (0, 0);
        for seed in 0..16 {
            let mut b = Bench::new(BUILDS[seed as usize % 4], seed, dropping(seed, drop));
            let waits = b.waits;
            b.run(20_000);
            assert_eq!(b.waits, waits, "TREADY fell");
            assert!(b.q.iter().all(|q| q.paused == 0), "the card was paused");
            b.settle();
            for i in 0..b.nq {
                b.d.set("level_q", i as u64);
                b.run(1);
                assert_eq!(b.d.get("level"), 0, "seed {seed}: queue {i} is stuck");
            }
            for (i, q) in b.q.iter().enumerate() {
                let (packets, bytes) =
                    q.packets.iter().fold(q.passed, |n, p| (n.0 + 1, n.1 + p.0.len() as u64));
                assert_eq!(q.dropped, (packets, bytes), "seed {seed}: queue {i}");
                assert_eq!(q.dropped.0 + q.eops, q.offered_packets);
                assert_eq!(q.dropped.1 + q.bytes, q.offered_bytes);
                dropped += q.dropped.0;
                arrived += q.eops;
            }
        }
        println!("policy {drop}: {dropped} packets dropped, {arrived} arrived");
        assert!(dropped > 2000 && arrived > 2000);
    }
}

#[test]
fn nothing_is_dropped_that_has_room() {
    for build in [W64, W128, W256] {
        for drop in [1, 2] {
            let mut shape = Shape::full_speed(256, 2048);
            (shape.drop, shape.card) = (drop, 0.6);
            let mut b = Bench::new(build, 3, shape);
            b.run(20_000);
            assert!(b.q.iter().all(|q| q.dropped.0 == 0));
            b.settle();
            assert!(b.q.iter().all(|q| q.eops > 0));
        }
    }
}

#[test]
fn tail_drop_keeps_the_oldest_and_head_drop_the_newest() {
    for drop in [1, 2] {
        for build in [W64, W128, MANY] {
            let mut shape = Shape::full_speed(100, 2048);
            (shape.drop, shape.post, shape.queues) = (drop, 0.0, 1);
            let mut b = Bench::new(build, 4, shape);
            b.run(8_000);
            b.q[0].feed = false;
            b.run(200);
            let q = &b.q[0];
            assert!(q.dropped.0 > 300, "{}", q.dropped.0);
            let users: Vec<u32> = q.packets.iter().map(|p| p.1).collect();
            let kept = users.len() - q.dropped.0 as usize;
            assert!(kept > 8, "{kept} kept");
            b.shape.post = 0.5;
            b.settle();
            let (passed, left) = (b.q[0].passed.0, b.q[0].packets.len() as u64);
            assert_eq!(b.q[0].eops as usize, kept);
            if drop == 1 {
                assert_eq!(passed, 0, "the oldest arrive");
                assert_eq!(left as usize, users.len() - kept);
            } else {
                // The last ones may have come in a burst that was faster than the oldest could go.
                assert!(left <= 8 && passed >= users.len() as u64 - kept as u64 - 8, "{passed} {left}");
            }
        }
    }
}

#[test]
fn store_and_forward_starts_no_packet_before_its_end() {
    let mut b = Bench::still(0, 9);
    b.shape.store = true;
    b.stop(1);
    b.start(1);
    b.q[1].post = true;
    b.q[1].feed = false;
    b.shape.post = 1.0;
    b.run(4);
    b.shape.post = 0.0;
    b.send(300, false);
    b.run(300);
    b.command();
    b.run(300);
    assert_eq!((b.sink.bytes, b.records()), (0, 0));
    b.resume();
    b.send(1, true);
    b.run(600);
    assert_eq!(b.q[1].eops, 1);
}

#[test]
fn store_and_forward_passes_packets_of_any_size() {
    for seed in 0..16 {
        let mut shape = Shape::random(&mut StdRng::seed_from_u64(600 + seed));
        shape.store = true;
        shape.packet = [500, 1 << 14, 1 << 16][seed as usize % 3];
        shape.heed = if seed % 2 == 0 { Some(0) } else { None };
        shape.flush_time = if seed % 2 == 0 { seed % 3 } else { 0 };
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, shape);
        b.run(20_000);
        b.settle();
        assert!(b.records() > 0);
    }
}

#[test]
fn policies_survive_stops_and_resets() {
    for seed in 0..12 {
        let mut shape = dropping(seed, seed % 3);
        shape.store = true;
        shape.heed = Some(10);
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, shape);
        for _ in 0..8 {
            let clocks = b.rng.random_range(0..2000);
            b.run(clocks);
            let i = b.rng.random_range(0..b.nq);
            b.stop(i);
            b.start(i);
        }
        b.reset();
        b.run(3_000);
        b.settle();
        assert!(b.records() > 0);
    }
}
