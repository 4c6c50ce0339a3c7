//! The joined H2C path: every byte from host memory to the card, compared.

mod axi;
mod bench;
mod checks;
mod control;
mod errors;
mod host;
mod knobs;
mod model;
mod rates;
mod surroundings;

use bench::{Bench, SHAPES, W128, W256, W64};
use ferrolane_abi::descriptor::{Descriptor, EOP, FENCE, IRQ, SOP};
use knobs::Knobs;
use rand::{rngs::StdRng, Rng, SeedableRng};

fn descriptor(addr: u64, len: u32, flags: u8, card: u32) -> Descriptor {
    Descriptor { host_addr: addr, len, flags, card }
}

/// A random descriptor somewhere in 64 bits of address space, often around a 4 KiB or 4 GiB boundary.
fn any(rng: &mut StdRng, max: u32) -> Descriptor {
    let base: u64 = match rng.random_range(0..4) {
        0 => 0x1_0000_0000 - rng.random_range(0..300),
        1 => rng.random::<u64>() >> rng.random_range(8..40) & !0xFFF,
        _ => rng.random::<u32>() as u64,
    };
    let len = match rng.random_range(0..3) {
        0 => rng.random_range(1..=40),
        1 => rng.random_range(1..=max.min(600)),
        _ => rng.random_range(1..=max),
    };
    let mut flags = if rng.random_bool(0.6) { EOP } else { 0 };
    flags |= if rng.random_bool(0.3) { IRQ } else { 0 } | if rng.random_bool(0.5) { SOP } else { 0 };
    flags |= if rng.random_bool(0.05) { FENCE } else { 0 };
    descriptor(base.min(u64::MAX >> 1) + rng.random_range(0..32), len, flags, rng.random())
}

#[test]
fn every_alignment_of_address_and_length() {
    for (seed, mrrs, shape) in [(1, 0, W128), (2, 2, W128), (3, 1, W64), (4, 3, W256)] {
        let mut knobs = Knobs::fast();
        (knobs.mrrs, knobs.host.split, knobs.host.reorder) = (mrrs, 0.5, true);
        let mut b = Bench::new(seed, knobs, shape);
        let mut n = 0;
        for addr in 0..shape.row {
            for len in 1..=36 {
                let q = n % shape.queues;
                b.offer(q, descriptor(0x4FF0 + addr, len, EOP, n as u32), 0);
                // Without EOP the next descriptor goes on at the byte behind.
                b.offer(q, descriptor(0x7FC0 + addr, len * 4, 0, 0x8000 + n as u32), 0);
                n += 1;
            }
        }
        (0..shape.queues).for_each(|q| b.tell(q));
        b.finish(400_000);
    }
}

#[test]
fn random_traffic_of_all_queues() {
    for seed in 0..60 {
        let mut rng = StdRng::seed_from_u64(1000 + seed);
        let knobs = Knobs::random(&mut rng);
        let shape = SHAPES[seed as usize % 3];
        println!("seed {seed}: {shape:?} {knobs:?}");
        let mut b = Bench::new(seed, knobs, shape);
        for _ in 0..rng.random_range(20..120) {
            let q = rng.random_range(0..shape.queues);
            let d = any(&mut rng, 12_000);
            b.offer(q, d, 0);
            if rng.random_bool(0.5) {
                b.tell(q);
                for _ in 0..rng.random_range(0..200) {
                    b.step();
                }
            }
        }
        (0..shape.queues).for_each(|q| b.tell(q));
        // A pause that nobody lifts would last for ever.
        b.knobs.pause = 0.0;
        b.pause = 0;
        b.finish(3_000_000);
        b.host.habits.stray = 0.0;
        for _ in 0..300 {
            b.step();
        }
        assert_eq!(b.unexpected, b.host.strays, "seed {seed}: {knobs:?}");
        assert!(!b.d.is_set("trans_pending"), "seed {seed}");
        b.compare_memory(true);
    }
}

#[test]
fn a_paused_queue_stops_nobody_else() {
    let mut b = Bench::new(3, Knobs::fast(), W128);
    b.pause = 1 << 2;
    for q in 0..4 {
        for i in 0..40 {
            b.offer(q, descriptor(0x10_0000 + i * 4096, 4000, EOP, i as u32), 0);
        }
        b.tell(q);
    }
    for _ in 0..40_000 {
        b.step();
    }
    assert_eq!(b.q[2].beats, 0);
    // It fills its share with two descriptors, and no other queue waits for it.
    assert_eq!(b.q.iter().map(|q| q.recorded).collect::<Vec<_>>(), [40, 40, 2, 40]);
    b.pause = 0;
    b.finish(50_000);
}

#[test]
fn packet_slots_are_not_overcommitted() {
    for shape in SHAPES {
        let mut b = Bench::new(6, Knobs::fast(), shape);
        let packets = shape.slots + 36;
        b.pause = 1;
        for i in 0..packets as u64 {
            b.offer(0, descriptor(0x2000 + i * 3, 1 + i as u32 % 20, EOP, i as u32), 0);
        }
        b.tell(0);
        (0..5000).for_each(|_| b.step());
        // A packet that begins while none is under way keeps a slot free.
        assert!((shape.slots - 1..=shape.slots).contains(&b.q[0].recorded), "{shape:?}");
        b.pause = 0;
        b.finish(20_000);
        assert_eq!(b.q[0].recorded, packets);
    }
}

#[test]
fn a_full_completion_ring_holds_its_queue_only() {
    let mut b = Bench::new(7, Knobs { ring: 3, consume: false, ..Knobs::fast() }, W128);
    for i in 0..30 {
        b.offer(0, descriptor(0x2000 + i * 3, 100, EOP, i as u32), 0);
        if i < 7 {
            b.offer(1, descriptor(0x2000 + i * 3, 3000, EOP, i as u32), 0);
        }
    }
    b.tell(0);
    b.tell(1);
    (0..10_000).for_each(|_| b.step());
    assert_eq!((b.q[0].recorded, b.q[1].recorded), (8, 7));
    b.knobs.consume = true;
    b.finish(20_000);
    assert_eq!(b.q[0].recorded, 30);
}

#[test]
fn tags_follow_the_extended_tag_enable_once_none_is_in_use() {
    let mut b = Bench::new(4, Knobs { ext_tag: true, mrrs: 0, ..Knobs::fast() }, W256);
    let mut rng = StdRng::seed_from_u64(4);
    for round in 0..40u64 {
        for q in 0..b.shape.queues {
            b.offer(q, descriptor(0x8000 + round * 33, rng.random_range(1..4000), EOP, 0), 0);
            b.tell(q);
        }
        // Software may change it while nothing is outstanding only; the switch must not lose anything at any point.
        b.finish(100_000);
        b.knobs.ext_tag = rng.random_bool(0.5);
        b.d.set("cfg_ext_tag", b.knobs.ext_tag as u64);
        (0..rng.random_range(10..20)).for_each(|_| b.step());
    }
}

#[test]
fn a_stop_in_the_middle_and_a_new_start() {
    let mut closed = 0;
    for seed in 0..30 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = SHAPES[seed as usize % 3];
        println!("seed {seed}");
        let mut b = Bench::new(seed, Knobs { ring: 8, ..Knobs::random(&mut rng) }, shape);
        for round in 0..4 {
            for q in 0..b.shape.queues {
                for _ in 0..rng.random_range(1..30) {
                    let d = any(&mut rng, 9000);
                    b.offer(q, d, 0);
                }
                b.tell(q);
            }
            for _ in 0..rng.random_range(0..4000) {
                b.step();
            }
            let q = rng.random_range(0..shape.queues);
            b.drain(q);
            // What was committed has gone to the card before the host can know of it, or it is discarded.
            let before = b.q[q].recorded;
            for _ in 0..50 {
                b.step();
            }
            assert_eq!(b.q[q].recorded, before, "seed {seed} round {round}");
            b.start(q);
        }
        b.knobs.pause = 0.0;
        b.pause = 0;
        b.finish(3_000_000);
        closed += b.closed;
    }
    assert!(closed > 10, "{closed} packets were cut");
}

#[test]
fn a_reset_at_any_time() {
    let mut closed = 0;
    for seed in 0..12 {
        let mut rng = StdRng::seed_from_u64(seed);
        let knobs = Knobs { ring: 8, pause: 0.0, ..Knobs::random(&mut rng) };
        let mut b = Bench::new(seed, knobs, SHAPES[seed as usize % 3]);
        for _ in 0..5 {
            for q in 0..b.shape.queues {
                for _ in 0..rng.random_range(1..20) {
                    b.offer(q, any(&mut rng, 5000), 0);
                }
                b.tell(q);
            }
            (0..rng.random_range(0..1500)).for_each(|_| b.step());
            b.reset();
            assert!(!b.d.is_set("trans_pending"), "seed {seed}");
        }
        for q in 0..b.shape.queues {
            (0..20).for_each(|_| b.offer(q, any(&mut rng, 3000), 0));
            b.tell(q);
        }
        b.finish(500_000);
        b.compare_memory(false);
        closed += b.closed;
    }
    assert!(closed > 10, "{closed} packets were cut");
}

#[test]
fn indices_wrap() {
    let mut knobs = Knobs::fast();
    (knobs.host.latency, knobs.mrrs) = (20, 5);
    let mut b = Bench::new(5, knobs, W128);
    // 70,000 one-byte packets: rows and packets pass 2^16.
    for round in 0..70 {
        for i in 0..1000 {
            b.offer(1, descriptor(0x1000 + round * 16 + i % 7, 1, EOP, i as u32), 0);
        }
        b.tell(1);
        b.finish(100_000);
    }
    assert_eq!(b.q[1].recorded, 70_000);
    // And 32 MiB in large ones.
    for i in 0..8 {
        b.offer(3, descriptor(0x1_0000_0001 * i, 4 << 20, EOP, i as u32), 0);
        b.tell(3);
        b.finish(1_000_000);
    }
}
