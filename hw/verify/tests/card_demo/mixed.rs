//! Loopback beside patterns, and patterns through a loop outside.

use ferrolane_abi::card::{checker, checker_regs, generator, generator_regs, global};
use rand::Rng;

use crate::bench::{beats, Bench};
use crate::{card, SIZES};

fn drain(b: &mut Bench, packets: usize) {
    for _ in 0..4000 {
        b.run(50);
        if b.to_send.iter().all(|q| q.is_empty()) && b.packets.len() >= packets {
            return;
        }
    }
    panic!("{} of {packets} packets", b.packets.len());
}

/// Random packets to every queue come back unchanged, TUSER too.
#[test]
fn after_reset_every_queue_loops_back() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 1);
        (b.ready, b.offer) = (0.7, 0.8);
        let mut sent = vec![vec![]; size.queues as usize];
        for i in 0..20 * size.queues {
            let length = b.rng.random_range(1..300);
            let data: Vec<u8> = (0..length).map(|_| b.rng.random()).collect();
            let (q, user) = (i % size.queues, b.rng.random());
            b.to_send[q as usize].extend(beats(size.bytes, q, user, &data));
            sent[q as usize].push((user, data));
        }
        drain(&mut b, 20 * size.queues as usize);
        for q in 0..size.queues {
            let came: Vec<(u32, Vec<u8>)> =
                b.packets.iter().filter(|p| p.queue == q).map(|p| (p.user, p.data.clone())).collect();
            assert!(came == sent[q as usize], "build {build} queue {q}");
        }
    }
}

/// The way back is the pause of the way there: `c2h_pause` and `card_stop` of a queue that loops back.
#[test]
fn a_loop_is_paused_by_its_way_back() {
    let mut b = card(0, 2);
    b.patterns(0b0100);
    b.pause = 0b0001;
    b.d.set("card_stop", 0b1010u64);
    b.run(3);
    assert_eq!(b.d.get("h2c_pause"), 0b1011);
    b.pause = 0;
    b.d.set("card_stop", 0u64);
    b.run(3);
    assert_eq!(b.d.get("h2c_pause"), 0);
}

/// Queue 0 loops back at full rate while queue 1 generates at full rate: each gets half of the port, nothing is lost.
#[test]
fn loopback_and_generators_share_the_port() {
    for (build, size) in SIZES.iter().enumerate().filter(|(_, s)| s.queues > 1) {
        let mut b = card(build, 3);
        b.patterns(u64::MAX - 1);
        b.write(generator_regs(1), &generator::CTRL, 1);
        let data: Vec<u8> = (0..size.bytes * 4000).map(|i| i as u8).collect();
        b.to_send[0].extend(beats(size.bytes, 0, 5, &data));
        let before = b.c2h_beats;
        b.run(4000);
        let left = b.to_send[0].len() as u64;
        assert!((b.c2h_beats - before) > 3990, "{}", b.c2h_beats - before);
        assert!((1950..2050).contains(&left), "{left}");
        b.run(6000);
        let looped: Vec<_> = b.packets.iter().filter(|p| p.queue == 0).collect();
        assert_eq!(looped.len(), 1);
        assert!(looped[0].data == data);
    }
}

/// What the generators make is what the checkers accept: C2H beats go back in on H2C.
#[test]
fn checkers_accept_what_generators_make() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 4);
        b.patterns(u64::MAX);
        b.write(0, &global::GATE, 0);
        for q in 0..size.queues {
            let (seed, length, spread) =
                (b.rng.random_range(0..32), b.rng.random_range(1..400), b.rng.random_range(0..1024));
            for (at, ctrl) in [(checker_regs(q), 1 << 2 | 1), (generator_regs(q), 1)] {
                b.write(at, &generator::SEED, seed);
                b.write(at, &generator::LENGTH, length);
                b.write(at, &generator::SPREAD, spread);
                b.write(at, &generator::COUNT, 10);
                b.write(at, &generator::CTRL, ctrl);
            }
        }
        b.write(0, &global::GATE, 1);
        drain(&mut b, 10 * size.queues as usize);
        for p in std::mem::take(&mut b.packets) {
            b.to_send[p.queue as usize].extend(beats(size.bytes, p.queue, p.user, &p.data));
        }
        drain(&mut b, 0);
        b.run(100);
        for q in 0..size.queues {
            assert_eq!(b.read(checker_regs(q), &checker::STATUS), 2, "build {build} queue {q}");
        }
    }
}

/// Reset at any time: loopback on every queue, and nothing of before comes out.
#[test]
fn reset_at_any_time() {
    for (build, size) in SIZES.iter().enumerate() {
        for seed in 0..4 {
            let mut b = card(build, seed);
            b.patterns(u64::MAX);
            for q in 0..size.queues {
                b.write(generator_regs(q), &generator::CTRL, 1);
            }
            let clocks = b.rng.random_range(1..500);
            b.run(clocks);
            let (dut, size) = (b.d, b.size);
            let mut b = Bench::new(dut, size, seed);
            b.run(1000);
            assert_eq!(b.c2h_beats, 0);
            assert_eq!(b.read(0, &global::PATTERN_LO), 0);
            let data = [7; 100];
            b.to_send[0].extend(beats(size.bytes, 0, 1, &data));
            drain(&mut b, 1);
            assert_eq!(b.packets[0].data, data);
        }
    }
}
