//! Flush, drop and store-and-forward.
use rand::{rngs::StdRng, Rng, SeedableRng};

use crate::bench::{Bench, BUILDS, MANY, W128, W256, W64};
use crate::card::CardBeat;
use crate::full_speed;
use crate::shape::Shape;

#[test]
fn flushes_write_what_is_there_and_change_nothing_else() {
    let (mut timed, mut commanded, mut empty) = (0, 0, 0);
    for seed in 0..24 {
        let mut shape = Shape::random(&mut StdRng::seed_from_u64(400 + seed));
        shape.flush_time = [0, 1, 1, 3, 10][seed as usize % 5];
        shape.flush = [0.02, 0.0, 0.001][seed as usize % 3];
        shape.card = [0.02, 0.1, 0.5, 1.0][seed as usize % 4];
        shape.store = seed % 8 == 7;
        // Else a beat may rest within the block.
        shape.heed = Some(10);
        shape.packet = shape.packet.max(1024);
        shape.descriptor = shape.descriptor.max(512);
        let mut b = Bench::new(BUILDS[(seed / 3) as usize % 4], seed, shape);
        b.run(15_000);
        let i = b.rng.random_range(0..b.nq);
        if b.q[i].run {
            b.stop(i);
            b.start(i);
        }
        b.run(5_000);
        b.settle();
        timed += b.q.iter().map(|q| q.flushes - q.commanded).sum::<u64>();
        commanded += b.q.iter().map(|q| q.commanded).sum::<u64>();
        empty += b.q.iter().map(|q| q.commands - q.commanded).sum::<u64>();
    }
    println!("{timed} flushes by time, {commanded} by command, {empty} of nothing");
    assert!(timed > 500 && commanded > 80 && empty > 100, "{timed} {commanded} {empty}");
}

/// A bench in which nothing comes of itself, with a queue that has `posted` descriptors.
fn still(time: u64, posted: u32) -> Bench {
    let mut b = Bench::new(
        W128,
        1,
        Shape {
            card: 0.0,
            post: 0.0,
            consume: 0.5,
            flush_time: time,
            cpl_log2: Some(7),
            ..full_speed(4096, 4096)
        },
    );
    b.q.iter_mut().for_each(|q| q.feed = false);
    if posted > 0 {
        b.q.iter_mut().enumerate().for_each(|(i, q)| q.post = i == 1);
        b.shape.post = 1.0;
        b.run(posted as u64);
        b.shape.post = 0.0;
        assert_eq!(b.q[1].head, posted);
        b.run(20);
    }
    b
}

/// Beats of one packet of queue 1; with `last` the last one ends it.
fn send(b: &mut Bench, beats: usize, last: bool) {
    let start = b.q[1].packets.pop_back().map_or(vec![], |p| p.0);
    let mut bytes = start;
    b.shape.card = 1.0;
    for n in 0..beats {
        let data: Vec<u32> = (0..4).map(|_| b.rng.random()).collect();
        bytes.extend(data.iter().flat_map(|w| w.to_le_bytes()));
        let last = last && n == beats - 1;
        b.q[1].beats.push_back(CardBeat { dest: 1, data, keep: 0xFFFF, last, user: 7 });
    }
    // Until it ends the model takes it for longer.
    let mut all = bytes;
    if !last {
        all.extend([0; 1 << 16]);
    }
    b.q[1].packets.push_back((all, 7));
    while !b.q[1].beats.is_empty() || b.offered.is_some() {
        b.step();
    }
    b.shape.card = 0.0;
    if !last {
        let (mut p, user) = b.q[1].packets.pop_back().unwrap();
        p.truncate(p.len() - (1 << 16));
        // One more than there is, so that these bytes are not its end.
        p.push(0);
        b.q[1].packets.push_back((p, user));
    }
}

/// The model's packet goes on: what stands for the bytes to come is taken away.
fn resume(b: &mut Bench) {
    b.q[1].packets.back_mut().unwrap().0.pop();
}

fn command(b: &mut Bench) {
    b.d.set("c2h_axis_tvalid", 0u64);
    b.d.set("flush_valid", 1u64);
    b.d.set("flush_g", b.nq as u64 + 1);
    b.q[1].commands += 1;
    b.d.set("data_wr_ready", 1u64);
    b.d.step();
    b.d.set("flush_valid", 0u64);
}

#[test]
fn a_command_closes_the_descriptor_once() {
    let mut b = still(0, 5);
    // Seven beats wait for a whole TLP of 256 bytes.
    send(&mut b, 7, false);
    b.run(300);
    assert_eq!(b.records(), 0);
    command(&mut b);
    b.run(100);
    assert_eq!((b.q[1].records, b.q[1].bytes, b.q[1].flushes), (1, 112, 1));
    // Nothing waits any more, and the next descriptor has received nothing.
    command(&mut b);
    b.run(300);
    assert_eq!(b.records(), 1);
    // The first command is forgotten: bytes that come now wait.
    resume(&mut b);
    send(&mut b, 3, false);
    b.run(300);
    assert_eq!(b.records(), 1);
    // A descriptor that has received whole TLPs alone is closed without another.
    resume(&mut b);
    send(&mut b, 13 + 16, false);
    b.run(300);
    let tlps = b.sink.tlps;
    command(&mut b);
    b.run(100);
    assert_eq!((b.q[1].records, b.q[1].bytes, b.q[1].flushes), (2, 112 + 512, 2));
    assert_eq!(b.sink.tlps, tlps, "a flush of nothing wrote something");
    // The packet goes on in the next descriptor.
    resume(&mut b);
    send(&mut b, 2, true);
    b.run(300);
    assert_eq!((b.q[1].records, b.q[1].eops, b.q[1].flushes), (3, 1, 2));
}

#[test]
fn bytes_without_a_descriptor_are_flushed_when_there_is_one() {
    for time in [0, 5] {
        let mut b = still(time, 0);
        b.q.iter_mut().enumerate().for_each(|(i, q)| q.post = i == 1);
        send(&mut b, 4, false);
        if time == 0 {
            command(&mut b);
        }
        b.run(500);
        b.shape.post = 1.0;
        b.run(2);
        b.shape.post = 0.0;
        b.run(100);
        assert_eq!((b.q[1].records, b.q[1].flushes, b.q[1].bytes), (1, 1, 64));
    }
}

#[test]
fn a_rest_of_the_card_flushes_in_time() {
    for (build, time) in [(W128, 1u64), (MANY, 4), (W64, 100)] {
        let shape = Shape { card: 0.0, flush_time: time, post: 0.2, queues: 1, ..full_speed(4096, 4096) };
        let mut b = Bench::new(build, 5, shape);
        b.run(300);
        for _ in 0..10 {
            b.shape.card = 1.0;
            b.run(7);
            b.shape.card = 0.0;
            while b.offered.is_some() {
                b.step();
            }
            let (start, before) = (b.clock, b.records());
            while b.records() == before {
                b.step();
                assert!(b.clock < start + 10_000);
            }
            let took = b.clock - start;
            println!("{time} units: {took} clocks");
            // The unit that has begun, a round, and the way of the bytes.
            let most = 16 * (time + 1) + b.nq as u64 + 60;
            assert!((16 * time..most).contains(&took), "{took} clocks for {time} units");
        }
    }
}

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
            let mut shape = full_speed(256, 2048);
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
            let mut shape = full_speed(100, 2048);
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
    let mut b = still(0, 9);
    b.shape.store = true;
    b.stop(1);
    b.start(1);
    b.q[1].post = true;
    b.q[1].feed = false;
    b.shape.post = 1.0;
    b.run(4);
    b.shape.post = 0.0;
    send(&mut b, 300, false);
    b.run(300);
    command(&mut b);
    b.run(300);
    assert_eq!((b.sink.bytes, b.records()), (0, 0));
    resume(&mut b);
    send(&mut b, 1, true);
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

#[test]
fn levels_follow_the_rows() {
    for build in [W64, W128, W256] {
        let lanes = build.lanes as u64;
        let mut shape = full_speed(4096, 4096);
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
