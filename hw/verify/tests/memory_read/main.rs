//! `memory::MemoryReader` between a model of the card's memory (an AXI4 slave) and one of ingress with its shares.

mod axi;
mod bench;
mod checks;
#[path = "../memory_content/mod.rs"]
mod content;
mod host;

use bench::{Bench, Build, BUILDS, W128, W64};
use rand::Rng;

#[test]
fn descriptors_become_packets() {
    for seed in 0..30 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], seed);
        (0..20_000).for_each(|_| b.step());
        b.settle();
        let packets: u64 = b.q.iter().map(|q| q.packets).sum();
        assert!(packets > 5, "seed {seed}: {packets}");
        assert_eq!(b.stray, 0);
    }
}

#[test]
fn an_error_ends_the_packet_and_the_queue() {
    let (mut bads, mut revived) = (0, 0);
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 100 + seed);
        (b.memory.errors, b.fixed) = ([20, 200][seed as usize % 2], if seed % 4 == 0 { 0.5 } else { 0.0 });
        for _ in 0..10 {
            (0..1000).for_each(|_| b.step());
            let Some(i) = b.q.iter().position(|q| q.dead) else { continue };
            // Control hears of it some time later.
            b.q[i].halted = b.rng.random();
            (0..20).for_each(|_| b.step());
            bads += 1;
            b.stop(i);
            b.start(i);
            revived += 1;
        }
    }
    assert!(bads > 60 && revived > 60, "{bads} {revived}");
}

#[test]
fn refused_descriptors_end_their_queue() {
    let mut refused = 0;
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 200 + seed);
        b.bad = 0.05;
        b.most = b.most.min(1024);
        for _ in 0..10 {
            (0..1500).for_each(|_| b.step());
            if let Some(i) = b.q.iter().position(|q| q.refused && q.wanted.is_empty()) {
                refused += 1;
                b.stop(i);
                b.start(i);
            }
        }
        b.settle();
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn a_stopped_queue_ends_and_restarts_clean() {
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 300 + seed);
        for _ in 0..20 {
            let clocks = b.rng.random_range(0..400);
            (0..clocks).for_each(|_| b.step());
            let i = b.rng.random_range(0..b.b.nq);
            b.stop(i);
            let clocks = b.rng.random_range(0..30);
            (0..clocks).for_each(|_| b.step());
            b.start(i);
        }
        b.settle();
    }
}

#[test]
fn a_reset_leaves_the_port_in_order() {
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 400 + seed);
        for _ in 0..6 {
            let clocks = b.rng.random_range(0..1500);
            (0..clocks).for_each(|_| b.step());
            let clocks = b.rng.random_range(1..20);
            b.reset(clocks);
        }
        (0..2000).for_each(|_| b.step());
        b.settle();
        assert!(b.bytes() > 0);
    }
}

/// Part of the clocks that had a beat.
fn speed(build: Build, len: u64, latency: u64) -> f64 {
    let mut b = Bench::new(build, 7);
    (b.memory.ar, b.memory.r, b.m, b.free, b.post) = (1.0, 1.0, 1.0, 1.0, 1.0);
    (b.most, b.even, b.fixed, b.fence, b.memory.latency) = (len, true, 0.0, 0.0, latency);
    for i in 0..build.nq {
        b.stop(i);
        b.start(i);
    }
    (0..4000).for_each(|_| b.step());
    let before = b.memory.beats;
    (0..8000).for_each(|_| b.step());
    let part = (b.memory.beats - before) as f64 / 8000.0;
    println!("{} lanes, {len} bytes, latency {latency}: {part:.3} beats per clock", build.lanes);
    part
}

#[test]
fn a_beat_per_clock() {
    // Bursts of 4 KiB descriptors; small ones take 4 clocks each. Bus events of the bench come at random, one in two clocks.
    assert!(speed(W128, 4096, 20) > 0.97);
    assert!(speed(W64, 4096, 20) > 0.9);
    assert!(speed(W128, 512, 20) > 0.97);
    assert!(speed(W128, 64, 20) > 0.8);
}
