//! Rows per clock, and clocks per descriptor.

use ferrolane_abi::descriptor::EOP;

use crate::bench::{Bench, SHAPES, W256, W64};
use crate::descriptor;
use crate::knobs::Knobs;

/// Of `all` bytes, without the first and last 16 KiB.
fn rows_per_clock(b: &mut Bench, all: u64) -> f64 {
    while b.card_bytes < 16384 {
        b.step();
    }
    let (clock, bytes) = (b.clock, b.card_bytes);
    while b.card_bytes < all - 16384 {
        b.step();
    }
    (b.card_bytes - bytes) as f64 / (b.clock - clock) as f64 / b.shape.row as f64
}

/// Of 3,000 records behind the first 400.
fn clocks_per_record(b: &mut Bench) -> f64 {
    let recorded = |b: &Bench| b.q.iter().map(|q| q.recorded).sum::<u32>();
    while recorded(b) < 400 {
        b.step();
    }
    let clock = b.clock;
    while recorded(b) < 3400 {
        b.step();
    }
    (b.clock - clock) as f64 / 3000.0
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
            let rate = rows_per_clock(&mut b, queues as u64 * 64 * 4096);
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
        let clocks = clocks_per_record(&mut b);
        println!("{queues} queues, flags {flags}, {len} bytes: {clocks:.3} clocks per descriptor");
        assert!(clocks <= 2.1, "{queues} queues: {clocks:.3} clocks per descriptor");
        b.finish(50_000);
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
            let rate = rows_per_clock(&mut b, shape.queues as u64 * 64 * 4096);
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
            let lane = (32 - b.q[q].base % 32) as u32 % 32;
            let card = (q as u32 * 1000 + i) * 64 + lane;
            b.offer(q, descriptor(0x100_0000 + i as u64 * 64, 64, 0, card), 0);
        }
    }
    (0..4).for_each(|q| b.tell(q));
    let clocks = clocks_per_record(&mut b);
    println!("{clocks:.3} clocks per descriptor");
    assert!(clocks <= 2.25, "{clocks:.3} clocks per descriptor");
    b.finish(50_000);
    b.compare_memory(true);
}
