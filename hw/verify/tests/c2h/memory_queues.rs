//! Queues whose other end is the card's memory.

use ferrolane_abi::status;
use rand::{rngs::StdRng, Rng, SeedableRng};

use crate::bench::{Bench, BUILDS};
use crate::shape::Shape;

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
        errors += b.q.iter().filter(|q| q.error == Some(status::CARD_READ_ERROR)).count();
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
