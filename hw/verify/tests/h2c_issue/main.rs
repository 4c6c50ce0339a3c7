//! `h2c::Issue` alone, with 4 queues and with 64: every request against a model that cuts descriptors in Rust, with room that comes and goes.

mod bench;
mod checks;
mod surroundings;
mod tags;

use bench::{Bench, Shape, MANY, SMALL};
use ferrolane_abi::descriptor::{Descriptor, EOP, FENCE, FIXED, IRQ, LINK};
use ferrolane_abi::regs;
use rand::Rng;

/// A random descriptor; few are refused.
fn any(b: &mut Bench, q: usize) -> Descriptor {
    let memory = b.memory >> q & 1 == 1;
    let high: u64 = if b.rng.random() { b.rng.random_range(0..1 << 20) } else { 0 };
    let len = if b.rng.random() { b.rng.random_range(1..40) } else { b.rng.random_range(1..9000) };
    let mut flags = if b.rng.random_bool(if memory { 0.001 } else { 0.7 }) { EOP } else { 0 };
    flags |= if b.rng.random_bool(if memory { 0.2 } else { 0.001 }) { FIXED } else { 0 };
    let mut card: u32 = b.rng.random();
    if flags & FIXED != 0 && b.rng.random_bool(0.99) {
        card = card.wrapping_sub(b.bases[q].wrapping_add(card) % b.shape.row as u32);
    }
    flags |= if b.rng.random_bool(0.2) { IRQ } else { 0 };
    flags |= if b.rng.random_bool(0.05) { FENCE } else { 0 };
    flags |= if b.rng.random_bool(0.002) { LINK } else { 0 };
    let len = if b.rng.random_bool(0.002) { 0 } else { len };
    let host_addr = (high << 32 | b.rng.random_range(0..0xFFFF_0000u64)) & !0xF | b.rng.random_range(0..16);
    Descriptor { host_addr, len, flags, card }
}

/// Runs with queues that are stopped and go on, then until `each` descriptors of all queues have been asked for.
fn ask_for_all(b: &mut Bench, each: u64, ready: f64) {
    let all = b.run;
    for _ in 0..30_000 {
        if b.rng.random_bool(0.002) {
            let run = b.rng.random::<u64>() & all;
            b.stopping |= b.run & !run;
            b.run = run;
        }
        b.step(ready);
    }
    b.run = all;
    for _ in 0..400_000 {
        if b.q.iter().all(|q| q.done(each)) && b.reads.is_empty() {
            break;
        }
        b.step(1.0);
    }
}

#[test]
fn every_request_is_what_its_descriptor_says() {
    let mut skipped = 0;
    for seed in 0..30 {
        let (shape, each) = if seed % 5 == 4 { (MANY, 12) } else { (SMALL, 200) };
        println!("seed {seed}");
        let mut b = Bench::new(seed, shape);
        b.memory = if seed % 3 == 0 { 0 } else { b.rng.random::<u64>() & b.run };
        b.d.set("memory", b.memory);
        for q in 0..shape.queues {
            b.bases[q] = b.rng.random();
            b.configure(q as u64, regs::queue::CARD_BASE_LO.offset, b.bases[q]);
            b.configure(64 + q as u64, regs::queue::CARD_BASE_LO.offset, 0x55);
            for _ in 0..each {
                let d = any(&mut b, q);
                b.q[q].descriptors.push(d);
            }
        }
        ask_for_all(&mut b, each, [1.0, 0.1][seed as usize % 2]);
        for (i, q) in b.q.iter().enumerate() {
            assert!(
                q.done(each),
                "seed {seed}: queue {i} is stuck at {} of {}, left {}, consumer {}, finished {}, rows {} - {:?}",
                q.taken,
                q.head,
                q.left,
                q.consumer,
                q.finished,
                q.pos / shape.row,
                q.freed
            );
        }
        b.step(1.0);
        assert_eq!(b.requests & 0xFFFF, b.d.get("req_issued"));
        skipped += b.tags.skipped;
    }
    println!("{skipped} tags were open on the wire and passed over");
    assert!(skipped > 100);
}

/// A bench whose queues `queues` have `len`-byte fragments without end, with the default weight.
fn streaming(shape: Shape, queues: &[usize], len: u32, mrrs: u64) -> Bench {
    streaming_from(shape, queues, len, mrrs, 0)
}

/// The same; all tags are open up to a clock.
fn streaming_from(shape: Shape, queues: &[usize], len: u32, mrrs: u64, clock: u64) -> Bench {
    let mut b = Bench::new(2, shape);
    b.tags.open_until.fill(clock);
    (b.mrrs, b.ring) = (128 << mrrs, 8);
    b.d.set("cfg_mrrs", mrrs);
    for q in 0..shape.queues as u64 {
        b.configure(q, regs::queue::RING_SIZE.offset, 8 << 8);
        b.mode(q, 7 << 8);
    }
    for q in queues {
        let fragment = |i: u64| Descriptor { host_addr: 0x10000 + i * 4096, len, flags: EOP, card: 0 };
        b.q[*q].descriptors = (0..40_000).map(fragment).collect();
    }
    b.fast = Some(queues.to_vec());
    b
}

/// Behind a reset all tags are open for a while, and a queue may wait all that time: it then has them all, not only those below 32.
#[test]
fn a_queue_that_waits_for_its_first_tag_gets_extended_ones() {
    for (shape, queue) in [(SMALL, 2), (MANY, 17)] {
        let mut b = streaming_from(shape, &[queue], 64, 2, 2_000);
        while b.requests == 0 {
            b.step(1.0);
        }
        assert!(b.d.clocks() > 2_000);
        // The bench refuses a tag that is not the one behind the last.
        b.pace(2 * shape.tags);
    }
}

#[test]
fn two_clocks_per_request_of_64_bytes() {
    for (shape, queues) in
        [(SMALL, vec![2]), (SMALL, vec![0, 1, 2, 3]), (MANY, vec![17]), (MANY, vec![3, 40])]
    {
        let mut b = streaming(shape, &queues, 64, 2);
        b.pace(200);
        let clocks = b.pace(8000);
        println!("{} of {} queues: {clocks:.3} clocks per request", queues.len(), shape.queues);
        assert!(clocks <= 2.1, "{} of {} queues: {clocks:.3} clocks per request", queues.len(), shape.queues);
    }
}

#[test]
fn the_first_read_is_out_nine_clocks_after_its_descriptor() {
    let mut worst = 0;
    for idle in 30..60 {
        let mut b = streaming(SMALL, &[1], 64, 2);
        b.fast = None;
        b.q[1].descriptors.clear();
        let mut quiet = 0;
        while quiet < idle {
            b.step(1.0);
            quiet = if b.d.is_set("head_valid") { 0 } else { quiet + 1 };
        }
        let q = idle % 4;
        b.q[q].descriptors = vec![Descriptor { host_addr: 0x123456, len: 100, flags: EOP, card: 3 }];
        b.fast = Some(vec![q]);
        let mut clocks = 0;
        b.step(1.0);
        assert!(b.d.is_set("head_valid"));
        while !b.d.is_set("rd_valid") {
            clocks += 1;
            b.step(1.0);
        }
        worst = worst.max(clocks);
    }
    println!("head to read: {worst} clocks");
    assert!(worst <= 9, "{worst} clocks");
}

#[test]
fn changing_the_queue_costs_four_clocks() {
    let mut b = streaming(SMALL, &[0, 1, 2, 3], 64, 2);
    for q in 0..4 {
        // Turns of one request each.
        b.mode(q, 0);
    }
    (0..4).for_each(|q| b.q[q].descriptors.iter_mut().for_each(|d| d.len = 512));
    b.pace(100);
    let clocks = b.pace(2000);
    println!("turns of one request: {clocks:.3} clocks each");
    assert!(clocks <= 6.1, "{clocks:.3}");
}

#[test]
fn weights_divide_the_bytes_whatever_the_request_size() {
    for (len, mrrs) in [(64, 2), (2048, 4), (1500, 5), (300, 0)] {
        let mut b = streaming(SMALL, &[0, 1, 2, 3], len, mrrs);
        let weights = [1u64, 2, 8, 5];
        for (q, weight) in weights.iter().enumerate() {
            b.mode(q as u64, (*weight as u32 - 1) << 8);
        }
        // What one queue needs mustn't be what limits it.
        b.pace(500);
        let before: Vec<u64> = b.q.iter().map(|q| q.bytes).collect();
        b.pace(8000);
        let moved: Vec<u64> = b.q.iter().zip(before).map(|(q, before)| q.bytes - before).collect();
        let total: u64 = moved.iter().sum();
        for (q, weight) in weights.iter().enumerate() {
            let share = moved[q] as f64 / total as f64 * 16.0 / *weight as f64;
            assert!((0.9..1.1).contains(&share), "{len} bytes: {moved:?} for weights {weights:?}");
        }
    }
}

#[test]
fn every_queue_of_64_comes_in_turn() {
    let all: Vec<usize> = (0..64).collect();
    let mut b = streaming(MANY, &all, 64, 2);
    b.ring = 8;
    let mut since = [0; 64];
    for turn in 0..2000 {
        let last = b.last_queue;
        let mut clocks = 0;
        while b.last_queue == last {
            b.tags.out.clear();
            b.step(1.0);
            clocks += 1;
            assert!(clocks < 400, "turn {turn}");
        }
        since.iter_mut().for_each(|n| *n += 1);
        since[b.last_queue] = 0;
        // A queue whose room is told late misses a round at most.
        assert!(turn < 200 || since.iter().all(|n| *n <= 64 * 3), "turn {turn}: {since:?}");
    }
}
