//! The joined H2C path: every byte from host memory to the card, compared.

mod axi;
mod bench;
mod checks;
mod host;

use bench::{Bench, Knobs, SHAPES, W128, W256, W64};
use ferrolane_abi::descriptor::{Descriptor, EOP, FENCE, FIXED, IRQ, SOP};
use ferrolane_abi::status;
use host::Fault;
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
    let mut b = Bench::new(6, Knobs::fast(), W128);
    b.pause = 1;
    for i in 0..100 {
        b.offer(0, descriptor(0x2000 + i * 3, 1 + i as u32 % 20, EOP, i as u32), 0);
    }
    b.tell(0);
    (0..5000).for_each(|_| b.step());
    // A packet that begins while none is under way keeps a slot free.
    assert!((63..=64).contains(&b.q[0].recorded));
    b.pause = 0;
    b.finish(20_000);
    assert_eq!(b.q[0].recorded, 100);
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
fn a_fault_ends_one_queue_and_a_restart_revives_it() {
    use Fault::*;
    let faults = [Ur, Ca, Lapsed, Poisoned, ByteCountHigh, ByteCountLow, TooLong, NoData];
    for (seed, fault) in faults.into_iter().cycle().take(32).enumerate() {
        let mut rng = StdRng::seed_from_u64(seed as u64);
        let mut knobs = Knobs::random(&mut rng);
        (knobs.host.retry, knobs.ring) = (0.0, 8);
        // A completion that lies about what follows leaves others of its read behind it; keep it the only one.
        if fault == ByteCountLow || fault == TooLong {
            knobs.host.split = 0.0;
        }
        let mut b = Bench::new(seed as u64, knobs, if seed % 2 == 0 { W128 } else { W256 });
        let at = 0x77_0000 + rng.random_range(0..3000);
        b.faults = vec![(at, fault)];
        for i in 0..12u64 {
            for q in 0..b.shape.queues {
                let addr =
                    if q == 1 && i == 5 { 0x77_0000 - 900 } else { 0x100_0000 * (q as u64 + 1) + i * 5000 };
                b.offer(q, descriptor(addr, 4500, EOP, rng.random()), 0);
            }
        }
        (0..b.shape.queues).for_each(|q| b.tell(q));
        (b.knobs.pause, b.pause) = (0.0, 0);
        b.finish(500_000);
        let code = match fault {
            Ur => status::DATA_UR,
            Ca => status::DATA_CA,
            Lapsed => status::DATA_TIMEOUT,
            Poisoned => status::DATA_POISONED,
            _ => status::DATA_MALFORMED,
        };
        assert_eq!(b.q.iter().map(|q| q.error).collect::<Vec<_>>(), [None, Some(code as u64), None, None]);
        assert_eq!(b.q[1].recorded, 6, "nothing behind the bad one");
        (0..300).for_each(|_| b.step());
        assert_eq!(b.mid & 2, 0, "the error ends what the card has of the packet");
        drain(&mut b, 1);
        b.faults.clear();
        b.start(1);
        for i in 0..20 {
            b.offer(1, descriptor(0x55_0003 + i * 777, 700 + i as u32, EOP, i as u32), 0);
        }
        b.tell(1);
        b.finish(500_000);
        assert_eq!(b.q[1].recorded, 20);
    }
}

/// Stops a queue and waits as control does.
fn drain(b: &mut Bench, q: usize) {
    b.run &= !(1 << q);
    let mut clocks = 0;
    while !b.d.is_set("scanning") || clocks < 2 {
        b.step();
        clocks += 1;
    }
    let issued = b.d.get("req_issued");
    for _ in 0..20_000 {
        let left = issued.wrapping_sub(b.d.get("req_committed")) & 0xFFFF;
        let mut free = 0;
        // As control does: what was offered by then is accepted.
        while (left == 0 || left > 0x8000) && free < 8 {
            b.step();
            if b.d.get("mem_busy") >> q & 1 == 1 {
                free = 0;
                break;
            }
            free = if b.d.is_set("rec_h2c_valid") { 0 } else { free + 1 };
        }
        if free == 8 {
            b.idle |= 1 << q;
            return;
        }
        b.step();
    }
    panic!("queue {q} does not drain");
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
fn refused_descriptors_get_their_code() {
    for (len, flags, err, code) in [
        (0, EOP, 0, status::BAD_LENGTH),
        (16, 0x80 | EOP, 0, status::BAD_FLAGS),
        (16, 0x08, 0, status::BAD_FLAGS),
        (16, EOP, status::FETCH_UR, status::FETCH_UR),
    ] {
        let mut b = Bench::new(9, Knobs::fast(), W128);
        b.offer(0, descriptor(0x1000, 100, EOP, 5), 0);
        b.offer(0, descriptor(0x2000, len, flags | IRQ, 6), err);
        b.offer(0, descriptor(0x3000, 100, EOP, 7), 0);
        b.offer(1, descriptor(0x3000, 1000, EOP, 8), 0);
        b.tell(0);
        b.tell(1);
        b.finish(5000);
        b.d.steps(500);
        assert_eq!((b.q[0].error, b.q[0].recorded), (Some(code as u64), 2));
        drain(&mut b, 0);
        b.start(0);
        b.offer(0, descriptor(0x1001, 5000, EOP, 5), 0);
        b.tell(0);
        b.finish(5000);
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
            drain(&mut b, q);
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
fn a_row_every_clock() {
    for shape in SHAPES {
        for (queues, odd) in [(1, 0), (1, 5), (4, 0), (4, 13)] {
            if queues > shape.queues {
                continue;
            }
            let mut knobs = Knobs::fast();
            // What a share or the tags hold must cover the time on the way.
            knobs.host.latency = if shape == W64 { 60 } else { 150 };
            let mut b = Bench::new(1, knobs, shape);
            for i in 0..64 {
                for q in 0..queues {
                    b.offer(q, descriptor(0x100_0000 + i * 4096 + odd, 4096, EOP, 0), 0);
                }
            }
            (0..queues).for_each(|q| b.tell(q));
            while b.card_bytes < 16384 {
                b.step();
            }
            let (clock, bytes) = (b.clock, b.card_bytes);
            while b.card_bytes < queues as u64 * 64 * 4096 - 16384 {
                b.step();
            }
            let rate = (b.card_bytes - bytes) as f64 / (b.clock - clock) as f64 / shape.row as f64;
            println!("{} bit, {queues} queues, offset {odd}: {rate:.3} rows a clock", shape.row * 8);
            // A row is shared by two beats where the address isn't that of a row.
            let least = if odd == 0 { 0.97 } else { 0.93 };
            assert!(rate >= least, "{shape:?}: {queues} queues at offset {odd}: {rate:.3} rows per clock");
            b.finish(100_000);
        }
    }
}

#[test]
fn small_fragments_take_little_more_than_two_clocks() {
    // 64 bytes are two rows of 256 bit: the descriptor, the request, the record and the card keep pace.
    for (queues, flags, len) in [(1, EOP, 64), (4, EOP, 64), (1, 0, 64), (4, 0, 40)] {
        let mut knobs = Knobs::fast();
        knobs.host.latency = 40;
        let mut b = Bench::new(1, knobs, W256);
        for i in 0..4000 / queues as u64 {
            for q in 0..queues {
                b.offer(q, descriptor(0x100_0000 + i * 64, len, flags, i as u32), 0);
            }
        }
        (0..queues).for_each(|q| b.tell(q));
        let recorded = |b: &Bench| b.q.iter().map(|q| q.recorded).sum::<u32>();
        while recorded(&b) < 400 {
            b.step();
        }
        let clock = b.clock;
        while recorded(&b) < 3400 {
            b.step();
        }
        let clocks = (b.clock - clock) as f64 / 3000.0;
        println!("{queues} queues, flags {flags}, {len} bytes: {clocks:.3} clocks per descriptor");
        assert!(clocks <= 2.1, "{queues} queues: {clocks:.3} clocks per descriptor");
        b.finish(50_000);
    }
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

#[test]
fn a_failed_write_halts_its_queue_and_no_record_comes_behind_it() {
    for seed in 0..24 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut knobs = Knobs { ring: 8, pause: 0.0, ..Knobs::random(&mut rng) };
        knobs.memory = 0b1110;
        let mut b = Bench::new(seed, knobs, if seed % 2 == 0 { W128 } else { W256 });
        let failing = rng.random_range(0..12);
        for i in 0..12 {
            for q in 0..4 {
                b.offer(
                    q,
                    descriptor(0x100_0000 * (q as u64 + 1) + i * 5003, rng.random_range(1..4500), 0, 0),
                    0,
                );
                if q == 2 && i == failing {
                    // A read that fails behind it isn't heard of.
                    let (address, host, ..) = *b.q[2].writes.back().expect("just offered");
                    b.memory.faults.push(address);
                    b.faults = vec![(host + 5003, Fault::Ur)];
                    b.fail_last(2, status::CARD_WRITE_ERROR);
                }
            }
        }
        (0..4).for_each(|q| b.tell(q));
        b.finish(500_000);
        (0..500).for_each(|_| b.step());
        let errors: Vec<_> = b.q.iter().map(|q| q.error).collect();
        assert_eq!(errors, [None, None, Some(status::CARD_WRITE_ERROR as u64), None]);
        assert_eq!(b.q[2].recorded as u64, failing + 1);
        drain(&mut b, 2);
        b.memory.faults.clear();
        b.faults.clear();
        b.start(2);
        for i in 0..20 {
            b.offer(2, descriptor(0x55_0003 + i * 777, 700 + i as u32, 0, 0), 0);
        }
        b.tell(2);
        b.finish(500_000);
        assert_eq!(b.q[2].recorded, 20);
        b.compare_memory(false);
    }
}

#[test]
fn refused_descriptors_of_memory_queues_get_their_code() {
    for (flags, card, memory, code) in [
        (EOP, 16, 1, status::BAD_FLAGS),
        (SOP, 16, 1, status::BAD_FLAGS),
        (FIXED, 17, 1, status::BAD_CARD_ADDRESS),
        (FIXED, 16, 0, status::BAD_FLAGS),
    ] {
        let mut knobs = Knobs::fast();
        knobs.memory = memory;
        let mut b = Bench::new(9, knobs, W128);
        b.offer(0, descriptor(0x1000, 1000, 0, 5), 0);
        b.offer(1, descriptor(0x3000, 1000, EOP, 8), 0);
        b.raw = true;
        let lane = if memory == 1 { (16 - b.base(0) % 16) as u32 % 16 } else { 0 };
        b.offer(0, descriptor(0x2000, 100, flags | IRQ, 0x10_0000 + lane + card), 0);
        b.offer(0, descriptor(0x3000, 100, 0, 0x20_0000), 0);
        b.tell(0);
        b.tell(1);
        for _ in 0..5000 {
            b.step();
        }
        assert_eq!((b.q[0].error, b.q[0].recorded), (Some(code as u64), 2));
        b.compare_memory(false);
    }
}

#[test]
fn memory_queues_are_as_fast_as_streams() {
    for shape in SHAPES {
        for odd in [0, 13] {
            let mut knobs = Knobs::fast();
            (knobs.host.latency, knobs.memory) = (if shape == W64 { 60 } else { 150 }, u64::MAX);
            let mut b = Bench::new(1, knobs, shape);
            for i in 0..64 {
                for q in 0..shape.queues {
                    b.offer(q, descriptor(0x100_0000 + i * 4096 + odd, 4096, 0, 0), 0);
                }
            }
            (0..shape.queues).for_each(|q| b.tell(q));
            while b.card_bytes < 16384 {
                b.step();
            }
            let (clock, bytes) = (b.clock, b.card_bytes);
            while b.card_bytes < shape.queues as u64 * 64 * 4096 - 16384 {
                b.step();
            }
            let rate = (b.card_bytes - bytes) as f64 / (b.clock - clock) as f64 / shape.row as f64;
            println!("{} bit, offset {odd}: {rate:.3} rows a clock", shape.row * 8);
            assert!(rate >= 0.92, "{shape:?}: {rate:.3} rows per clock");
            b.finish(100_000);
            b.compare_memory(true);
        }
    }
}

#[test]
fn small_writes_take_little_more_than_two_clocks() {
    let mut knobs = Knobs::fast();
    (knobs.host.latency, knobs.memory) = (40, u64::MAX);
    let mut b = Bench::new(1, knobs, W256);
    b.raw = true;
    for i in 0..1000 {
        for q in 0..4 {
            let lane = (32 - b.base(q) % 32) as u32 % 32;
            let card = (q as u32 * 1000 + i) * 64 + lane;
            b.offer(q, descriptor(0x100_0000 + i as u64 * 64, 64, 0, card), 0);
        }
    }
    (0..4).for_each(|q| b.tell(q));
    let recorded = |b: &Bench| b.q.iter().map(|q| q.recorded).sum::<u32>();
    while recorded(&b) < 400 {
        b.step();
    }
    let clock = b.clock;
    while recorded(&b) < 3400 {
        b.step();
    }
    let clocks = (b.clock - clock) as f64 / 3000.0;
    println!("{clocks:.3} clocks per descriptor");
    assert!(clocks <= 2.25, "{clocks:.3} clocks per descriptor");
    b.finish(50_000);
    b.compare_memory(true);
}
