//! The whole C2H block against a model.

mod bench;
mod card;
mod host;
mod memory;
mod policies;
mod shape;
mod tlp;

use bench::{Bench, Build, BUILDS, MANY, W128, W256, W64};
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
        aligned: true,
        buses_busy: false,
        fence: 0.0,
        weight: Some(7),
        bad: 0.0,
        heed: Some(8),
        stray: 0.0,
        queues: 64,
        mps: 1,
        drop: 0,
        store: false,
        flush_time: 0,
        flush: 0.0,
        memory: 0.0,
        errors: 0,
        axi: 1.0,
        cpl_log2: Some(7),
    }
}

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

/// Runs `queues` queues, after a while gives clocks per record and the part of the clocks that had a beat.
fn speed(build: Build, seed: u64, queues: usize, shape: Shape) -> (f64, f64) {
    let mut b = Bench::new(build, seed, Shape { queues, ..shape });
    b.run(6_000);
    let before = (b.records(), b.gap_clocks);
    b.run(20_000);
    let clocks = 20_000.0 / (b.records() - before.0) as f64;
    let beats = 1.0 - (b.gap_clocks - before.1) as f64 / 20_000.0;
    println!(
        "{} bytes, {queues} queues: {clocks:.3} clocks per record, {beats:.4} beats per clock",
        build.lanes
    );
    (clocks, beats)
}

#[test]
fn descriptors_of_4_kib_fill_every_clock() {
    for build in [W64, W128, W256] {
        for aligned in [false, true] {
            for queues in [1, build.nq] {
                let mut shape = full_speed(1 << 20, 4096);
                shape.aligned = aligned;
                let (_, beats) = speed(build, queues as u64, queues, shape);
                assert!(beats >= 0.99, "{beats}");
            }
        }
    }
}

#[test]
fn fragments_of_64_bytes_take_two_clocks_at_256_bits() {
    for (build, due) in [(W64, 8.01), (W128, 4.01), (W256, 2.07)] {
        for queues in [1, build.nq] {
            let (clocks, _) = speed(build, queues as u64, queues, full_speed(1 << 20, 64));
            // A turn of 64 descriptors, and 4 clocks to change the queue.
            assert!(clocks <= due, "{clocks} clocks per descriptor");
        }
    }
}

#[test]
fn packets_of_64_bytes_take_few_clocks_each() {
    for (build, due) in [(W64, 8.01), (W128, 4.01), (W256, 2.1)] {
        for queues in [1, build.nq] {
            let (clocks, _) = speed(build, queues as u64, queues, full_speed(64, 2048));
            assert!(clocks <= due, "{clocks} clocks per packet");
        }
    }
}

#[test]
fn idle_queues_cost_nothing() {
    // Packets of one beat: the card could send one per clock, plan's two clocks count.
    for queues in [1, 2, 64] {
        let (clocks, _) = speed(MANY, queues as u64, queues, full_speed(16, 2048));
        assert!(clocks <= 2.1, "{clocks} clocks per packet");
    }
}

#[test]
fn none_of_64_queues_waits_longer_than_a_round() {
    // All have data, buffers and places all the time, in shares of 2 KiB; turns of 512 bytes, and of all that is there.
    for weight in [0, 7] {
        let mut b = Bench::new(MANY, weight, Shape { weight: Some(weight), ..full_speed(512, 512) });
        b.shape.ready = 0.0;
        b.run(12_000);
        assert!(b.q.iter().all(|q| q.paused > 1_000), "a share is not full");
        b.shape.ready = 1.0;
        let turn = 512 * (weight + 1).min(4) / 16;
        let mut last: Vec<(u32, u64)> = b.q.iter().map(|q| (q.records, b.clock)).collect();
        let mut longest = 0;
        for _ in 0..30_000 {
            b.run(1);
            for (q, (records, since)) in b.q.iter().zip(&mut last) {
                longest = longest.max(b.clock - *since);
                if q.records != *records {
                    (*records, *since) = (q.records, b.clock);
                }
            }
        }
        // A turn of each, what it overran, and the clocks between two queues.
        let round = 64 * (turn + 16 + 8);
        println!("WEIGHT {weight}: {longest} clocks at most, a round is {round}");
        assert!(longest <= round, "{longest} clocks without a record, a round is {round}");
        assert!(longest > round / 4, "{longest} clocks: the queues don't compete");
    }
}

#[test]
fn any_alignment_and_size_keeps_the_pace() {
    for (build, seed, packet) in [(W64, 1, 1), (W128, 2, 64), (W256, 3, 256)] {
        let mut shape = full_speed(packet, 2048);
        shape.aligned = false;
        let (clocks, beats) = speed(build, seed, build.nq, shape);
        assert!(if packet == 1 { clocks < 2.5 } else { beats >= 0.95 }, "{clocks} {beats}");
    }
}

#[test]
fn counters_wrap() {
    // 16-bit rows and packets, 17 bits of an index: 132,000 packets of one beat each.
    let mut b = Bench::new(W128, 5, Shape { queues: 1, ..full_speed(1, 16) });
    while b.q[0].records < 132_000 {
        b.run(1000);
    }
    // And 66,000 rows in few packets, over all queues.
    let mut shape = full_speed(1 << 18, 10_000);
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
    let mut b = Bench::new(W128, 9, full_speed(4096, 4096));
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

/// Traffic of memory queues, and of stream queues between them.
fn mixed(seed: u64) -> Shape {
    let mut rng = StdRng::seed_from_u64(700 + seed);
    let mut shape = Shape::random(&mut rng);
    shape.memory = [0.5, 1.0][seed as usize % 2];
    shape.axi = [0.2, 0.7, 1.0][rng.random_range(0..3)];
    // A stream queue that fills its share stops the memory's beats, too.
    shape.heed = Some(rng.random_range(0..16));
    shape.flush_time = seed % 3;
    shape
}

#[test]
fn memory_queues_carry_the_memory_to_the_host() {
    let mut bytes = 0;
    for seed in 0..32 {
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, mixed(seed));
        b.run(if b.nq == 64 { 10_000 } else { 20_000 });
        b.settle();
        assert!(b.memory.idle());
        bytes += b.q.iter().filter(|q| q.memory.is_some()).map(|q| q.bytes).sum::<u64>();
    }
    assert!(bytes > 1_000_000, "{bytes}");
}

#[test]
fn a_memory_that_fails_ends_its_queue_and_no_other() {
    let mut errors = 0;
    for seed in 0..24 {
        let mut shape = mixed(40 + seed);
        shape.errors = [30, 300][seed as usize / 2 % 2];
        shape.bad = if seed % 3 == 0 { 0.02 } else { 0.0 };
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, shape);
        b.run(8_000);
        b.settle();
        errors += b.q.iter().filter(|q| q.error == Some(ferrolane_abi::status::CARD_READ_ERROR)).count();
        for i in 0..b.nq.min(4) {
            b.stop(i);
            b.start(i);
        }
        b.run(3_000);
        b.settle();
    }
    assert!(errors > 20, "{errors} errors");
}

#[test]
fn memory_queues_restart_clean_and_survive_resets() {
    for seed in 0..16 {
        let mut b = Bench::new(BUILDS[seed as usize % 4], seed, mixed(80 + seed));
        for _ in 0..8 {
            let clocks = b.rng.random_range(0..1500);
            b.run(clocks);
            let i = b.rng.random_range(0..b.nq);
            b.stop(i);
            b.start(i);
            if b.rng.random_bool(0.3) {
                b.reset();
            }
        }
        b.run(3_000);
        b.settle();
        assert!(b.records() > 0);
    }
}

#[test]
fn memory_queues_keep_the_pace() {
    for (build, descriptor, due) in [(W128, 4096, 0.97), (W128, 256, 0.8), (W64, 4096, 0.9)] {
        let mut shape = full_speed(64, descriptor);
        (shape.memory, shape.aligned) = (1.0, true);
        let (_, beats) = speed(build, 3, build.nq, shape);
        assert!(beats >= due, "{beats} with {descriptor} bytes");
    }
}

#[test]
fn stalls_tell_what_is_missing() {
    let mut shape = full_speed(4096, 4096);
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
