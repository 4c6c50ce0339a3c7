//! Flushes, by time and by command.

use rand::{rngs::StdRng, Rng, SeedableRng};

use crate::bench::{Bench, BUILDS, MANY, W128, W64};
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

#[test]
fn a_command_closes_the_descriptor_once() {
    let mut b = Bench::still(0, 5);
    // Seven beats wait for a whole TLP of 256 bytes.
    b.send(7, false);
    b.run(300);
    assert_eq!(b.records(), 0);
    b.command();
    b.run(100);
    assert_eq!((b.q[1].records, b.q[1].bytes, b.q[1].flushes), (1, 112, 1));
    // Nothing waits any more, and the next descriptor has received nothing.
    b.command();
    b.run(300);
    assert_eq!(b.records(), 1);
    // The first command is forgotten: bytes that come now wait.
    b.resume();
    b.send(3, false);
    b.run(300);
    assert_eq!(b.records(), 1);
    // A descriptor that has received whole TLPs alone is closed without another.
    b.resume();
    b.send(13 + 16, false);
    b.run(300);
    let tlps = b.sink.tlps;
    b.command();
    b.run(100);
    assert_eq!((b.q[1].records, b.q[1].bytes, b.q[1].flushes), (2, 112 + 512, 2));
    assert_eq!(b.sink.tlps, tlps, "a flush of nothing wrote something");
    // The packet goes on in the next descriptor.
    b.resume();
    b.send(2, true);
    b.run(300);
    assert_eq!((b.q[1].records, b.q[1].eops, b.q[1].flushes), (3, 1, 2));
}

#[test]
fn bytes_without_a_descriptor_are_flushed_when_there_is_one() {
    for time in [0, 5] {
        let mut b = Bench::still(time, 0);
        b.q.iter_mut().enumerate().for_each(|(i, q)| q.post = i == 1);
        b.send(4, false);
        if time == 0 {
            b.command();
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
        let shape =
            Shape { card: 0.0, flush_time: time, post: 0.2, queues: 1, ..Shape::full_speed(4096, 4096) };
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
