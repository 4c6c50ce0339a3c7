//! `memory::MemoryWriter` alone, in three widths: packets of interleaved queues against an AXI4 memory that stalls, fails and is slow.

#[path = "../h2c/axi.rs"]
mod axi;
mod bench;
mod checks;
mod sender;

use axi::Habits;
use bench::{Bench, SHAPES};
use rand::{rngs::StdRng, Rng, SeedableRng};

#[test]
fn every_byte_and_no_other() {
    for seed in 0..45 {
        let mut rng = StdRng::seed_from_u64(1000 + seed);
        let shape = SHAPES[seed as usize % 3];
        let habits = Habits::random(&mut rng);
        println!("seed {seed}: {habits:?}");
        let mut b = Bench::new(seed, shape, habits);
        b.done_ready = if rng.random() { 1.0 } else { rng.random_range(0.1..1.0) };
        b.idle = [0.0, 0.3, 0.95][rng.random_range(0..3)];
        for _ in 0..rng.random_range(1..4) {
            for _ in 0..rng.random_range(1..60) {
                let q = rng.random_range(0..shape.queues);
                let len = match rng.random_range(0..4) {
                    0 => rng.random_range(1..=40),
                    1 => shape.row * rng.random_range(1..20),
                    2 => rng.random_range(1..=600),
                    _ => rng.random_range(1..=5000),
                };
                let offset = if rng.random() { 0 } else { rng.random_range(0..4096) };
                let fixed = rng.random_bool(0.2);
                b.packet(q, offset, len, fixed);
            }
            b.finish(400_000);
        }
        b.compare();
    }
}

#[test]
fn every_alignment() {
    for shape in SHAPES {
        let mut b = Bench::new(7, shape, Habits::fast());
        b.base(0, 0x7_FFFF_FE03);
        for offset in 0..shape.row as u32 {
            for len in 1..=2 * shape.row + 2 {
                b.packet(0, offset, len, false);
                b.packet(0, 0x1FD - 2 * shape.row as u32 + offset, len, false);
            }
        }
        b.finish(100_000);
        b.compare();
    }
}

#[test]
fn an_error_fails_its_packet_and_no_other() {
    for seed in 0..24 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = SHAPES[seed as usize % 3];
        let mut b = Bench::new(seed, shape, Habits::random(&mut rng));
        for _ in 0..40 {
            let q = rng.random_range(0..shape.queues);
            let len = rng.random_range(1..3000);
            b.packet(q, rng.random_range(0..100), len, rng.random_bool(0.2));
            if rng.random_bool(0.3) {
                let packet = b.q[q].packets.back().expect("just made");
                let at = if packet.fixed { 0 } else { rng.random_range(0..len as u64) };
                let address = packet.address.wrapping_add(at);
                b.memory.faults.push(address);
            }
        }
        b.finish(200_000);
        b.compare();
    }
}

/// A packet of 3000 bytes of which some rows come, before the queue is cleared.
fn cut_short(b: &mut Bench, rng: &mut StdRng, q: usize) {
    let row = b.shape.row;
    b.packet(q, rng.random_range(0..100), 3000, false);
    let rows = rng.random_range(1..2900 / row);
    let packet = b.q[q].packets.back_mut().expect("just made");
    packet.cut = Some(rows);
    let lane = packet.address as usize % row;
    let (address, bytes) = (packet.address, rows * row - lane);
    for i in bytes as u64..3000 {
        b.expected.remove(&address.wrapping_add(i));
    }
    if rng.random() {
        // An error of what is forgotten is forgotten.
        b.memory.faults.push(address);
    }
}

#[test]
fn a_packet_that_is_cut_short_is_written_and_forgotten() {
    for seed in 0..24 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = SHAPES[seed as usize % 3];
        let mut b = Bench::new(seed, shape, Habits::random(&mut rng));
        for _ in 0..6 {
            for q in 0..shape.queues {
                for _ in 0..rng.random_range(1..6) {
                    b.packet(q, rng.random_range(0..100), rng.random_range(1..2000), false);
                }
            }
            let q = rng.random_range(0..shape.queues);
            cut_short(&mut b, &mut rng, q);
            b.finish(200_000);
            // Others go on while it is cleared.
            for other in (0..shape.queues).filter(|other| *other != q) {
                b.packet(other, 5, 500, false);
                let rows = b.q[other].packets[0].rows(shape.row) as u16;
                let row = b.q[other].rows_sent.wrapping_add(rows);
                b.commit(other, row);
            }
            b.clear(q);
        }
        b.finish(200_000);
        b.compare();
    }
}

#[test]
fn a_reset_leaves_no_burst_open_and_writes_nothing_more() {
    for seed in 0..60 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = SHAPES[seed as usize % 3];
        let mut b = Bench::new(seed, shape, Habits::random(&mut rng));
        for _ in 0..4 {
            for q in 0..shape.queues {
                for _ in 0..10 {
                    b.packet(q, rng.random_range(0..100), rng.random_range(1..3000), rng.random_bool(0.1));
                }
                b.commit(q, 0x7FFF);
            }
            (0..rng.random_range(0..400)).for_each(|_| b.step());
            b.reset(rng.random_range(2..18));
            let slow: u32 = rng.random_range(0..200);
            (0..slow).for_each(|_| b.step());
            // From here on it must be the new.
            b.expect_what_was_sent();
            for q in 0..shape.queues {
                for _ in 0..5 {
                    b.packet(q, rng.random_range(0..100), rng.random_range(1..3000), false);
                }
            }
            b.finish(200_000);
            b.compare();
        }
    }
}

#[test]
fn a_row_every_clock() {
    for shape in SHAPES {
        let mut b = Bench::new(3, shape, Habits { latency: 40, ..Habits::fast() });
        for _ in 0..40 {
            for q in 0..shape.queues {
                b.packet(q, 0, 4096, false);
                b.packet(q, 0, 4096, false);
            }
        }
        (0..shape.queues).for_each(|q| b.commit(q, 0x7FFF));
        let start = b.memory.beats;
        (0..200).for_each(|_| b.step());
        let (clock, beats) = (b.d.clocks(), b.memory.beats);
        assert!(beats > start);
        (0..4000).for_each(|_| b.step());
        let rate = (b.memory.beats - beats) as f64 / (b.d.clocks() - clock) as f64;
        println!("{} bytes a row: {rate:.3} rows a clock", shape.row);
        assert!(rate > 0.99, "{} bytes a row: {rate:.3}", shape.row);
    }
}

#[test]
fn a_packet_of_two_rows_takes_two_clocks() {
    for shape in SHAPES {
        let mut b = Bench::new(4, shape, Habits { latency: 10, ..Habits::fast() });
        for _ in 0..2000 {
            b.packet(0, 0, 2 * shape.row, false);
        }
        b.commit(0, 0x7FFF);
        (0..100).for_each(|_| b.step());
        let (clock, done) = (b.d.clocks(), b.q[0].done);
        (0..2000).for_each(|_| b.step());
        let clocks = (b.d.clocks() - clock) as f64 / (b.q[0].done - done) as f64;
        println!("{} bytes a row: {clocks:.3} clocks a packet", shape.row);
        assert!(clocks < 2.05, "{clocks:.3}");
    }
}
