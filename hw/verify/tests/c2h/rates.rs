//! Clocks per record and beats per clock, and the longest wait among many queues.

use crate::bench::{Bench, Build, MANY, W128, W256, W64};
use crate::shape::Shape;

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
                let mut shape = Shape::full_speed(1 << 20, 4096);
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
            let (clocks, _) = speed(build, queues as u64, queues, Shape::full_speed(1 << 20, 64));
            // A turn of 64 descriptors, and 4 clocks to change the queue.
            assert!(clocks <= due, "{clocks} clocks per descriptor");
        }
    }
}

#[test]
fn packets_of_64_bytes_take_few_clocks_each() {
    for (build, due) in [(W64, 8.01), (W128, 4.01), (W256, 2.1)] {
        for queues in [1, build.nq] {
            let (clocks, _) = speed(build, queues as u64, queues, Shape::full_speed(64, 2048));
            assert!(clocks <= due, "{clocks} clocks per packet");
        }
    }
}

#[test]
fn idle_queues_cost_nothing() {
    // Packets of one beat: the card could send one per clock, plan's two clocks count.
    for queues in [1, 2, 64] {
        let (clocks, _) = speed(MANY, queues as u64, queues, Shape::full_speed(16, 2048));
        assert!(clocks <= 2.1, "{clocks} clocks per packet");
    }
}

#[test]
fn any_alignment_and_size_keeps_the_pace() {
    for (build, seed, packet) in [(W64, 1, 1), (W128, 2, 64), (W256, 3, 256)] {
        let mut shape = Shape::full_speed(packet, 2048);
        shape.aligned = false;
        let (clocks, beats) = speed(build, seed, build.nq, shape);
        assert!(if packet == 1 { clocks < 2.5 } else { beats >= 0.95 }, "{clocks} {beats}");
    }
}

#[test]
fn memory_queues_keep_the_pace() {
    for (build, descriptor, due) in [(W128, 4096, 0.97), (W128, 256, 0.8), (W64, 4096, 0.9)] {
        let mut shape = Shape::full_speed(64, descriptor);
        (shape.memory, shape.aligned) = (1.0, true);
        let (_, beats) = speed(build, 3, build.nq, shape);
        assert!(beats >= due, "{beats} with {descriptor} bytes");
    }
}

#[test]
fn none_of_64_queues_waits_longer_than_a_round() {
    // All have data, buffers and places all the time, in shares of 2 KiB; turns of 512 bytes, and of all that is there.
    for weight in [0, 7] {
        let mut b = Bench::new(MANY, weight, Shape { weight: Some(weight), ..Shape::full_speed(512, 512) });
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
