//! What ends a queue: descriptors that are refused, reads and writes that fail.

use ferrolane_abi::descriptor::{EOP, FIXED, IRQ, SOP};
use ferrolane_abi::status;
use rand::{rngs::StdRng, Rng, SeedableRng};

use crate::bench::{Bench, W128, W256};
use crate::descriptor;
use crate::host::Fault;
use crate::knobs::Knobs;
use crate::model::code;

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
        b.drain(0);
        b.start(0);
        b.offer(0, descriptor(0x1001, 5000, EOP, 5), 0);
        b.tell(0);
        b.finish(5000);
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
        let lane = if memory == 1 { (16 - b.q[0].base % 16) as u32 % 16 } else { 0 };
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
        assert_eq!(
            b.q.iter().map(|q| q.error).collect::<Vec<_>>(),
            [None, Some(code(fault) as u64), None, None]
        );
        assert_eq!(b.q[1].recorded, 6, "nothing behind the bad one");
        (0..300).for_each(|_| b.step());
        assert_eq!(b.mid & 2, 0, "the error ends what the card has of the packet");
        b.drain(1);
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
        b.drain(2);
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
