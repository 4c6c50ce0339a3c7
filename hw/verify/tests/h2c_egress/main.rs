//! `h2c::Egress` alone, with 4 queues of 128 bit and with 64 of 64 bit: random commits of random packets, a card that stalls and pauses, and clearing, stops and resets in between.

mod bench;
mod checks;
mod commit;
mod memories;

use bench::{Bench, Shape, MANY, SMALL};
use rand::Rng;

#[test]
fn rows_come_out_in_order_and_packets_whole() {
    for seed in 0..12 {
        let ready = [1.0, 0.5, 0.9][seed as usize % 3];
        let shape = if seed % 4 == 3 { MANY } else { SMALL };
        println!("seed {seed}");
        let mut b = Bench::new(seed, ready, shape);
        for round in 0..3000 {
            let q = b.rng.random_range(0..shape.queues);
            b.commit(q, 60);
            for _ in 0..b.rng.random_range(0..40) {
                b.step(None);
            }
            if b.rng.random_bool(0.1) {
                b.pause_some();
            }
            if round % 500 == 499 {
                b.pause = 0;
                b.drain();
                b.clear(q);
            }
        }
        b.pause = 0;
        b.drain();
        assert!(b.beats > 5000, "{}", b.beats);
    }
}

#[test]
fn with_store_and_forward_a_packet_starts_when_its_end_is_there() {
    let mut early = 0;
    for seed in 0..12 {
        let ready = [1.0, 0.5, 0.9][seed as usize % 3];
        let shape = if seed % 4 == 3 { MANY } else { SMALL };
        let mut b = Bench::new(900 + seed, ready, shape);
        b.store = 0.7;
        (0..shape.queues).for_each(|q| b.clear(q));
        for round in 0..3000 {
            let q = b.rng.random_range(0..shape.queues);
            b.commit(q, 60);
            for _ in 0..b.rng.random_range(0..40) {
                b.step(None);
            }
            if round % 50 == 0 {
                // A packet larger than the share.
                let (user, rows) =
                    (b.rng.random::<u32>() as u64, b.rng.random_range(shape.rows..3 * shape.rows));
                let queue = &mut b.q[q];
                queue.rows += rows;
                queue.packets.push((user, queue.rows - 1, 3));
            }
            if b.rng.random_bool(0.1) {
                b.pause_some();
            }
            if round % 500 == 499 {
                b.pause = 0;
                b.drain_stored();
                b.clear(q);
            }
        }
        b.pause = 0;
        b.drain_stored();
        assert!(b.beats > 8000, "{}", b.beats);
        early += b.early;
    }
    assert!(early > 20, "{early}");
}

#[test]
fn a_stored_packet_comes_without_a_pause() {
    for (seed, store) in [(1, 1.0), (2, 1.0), (3, 0.0)] {
        let mut b = Bench::new(seed, 1.0, SMALL);
        (b.store, b.memories) = (store, 0.0);
        (0..4).for_each(|q| b.clear(q));
        b.gaps = 0;
        // The host's data come in small pieces with long pauses.
        for _ in 0..2000 {
            b.commit(2, 8);
            let pause = b.rng.random_range(0..30);
            b.steps(pause);
        }
        b.drain_stored();
        assert!(b.beats > 5_000, "{}", b.beats);
        assert!(if store == 1.0 { b.gaps == 0 } else { b.gaps > 5_000 }, "{} pauses", b.gaps);
    }
}

#[test]
fn a_clear_in_the_middle_forgets_the_rest() {
    let mut b = Bench::new(50, 0.7, SMALL);
    for _ in 0..300 {
        for q in 0..4 {
            b.commit(q, 100);
        }
        for _ in 0..b.rng.random_range(0..60) {
            b.step(None);
        }
        // The model can't tell which rows of a life that ends were still sent, so only the others are compared then.
        let q = b.rng.random_range(0..4);
        b.clear(q);
        b.drain();
    }
}

/// Random traffic with many cuts; `cut` makes one, after which nothing more of the queue is committed until it is cleared.
fn cuts(seed: u64, shape: Shape, store: f64, cut: impl Fn(&mut Bench, usize)) {
    println!("seed {seed}");
    let mut b = Bench::new(seed, [1.0, 0.3, 0.8][seed as usize % 3], shape);
    b.store = store;
    for _ in 0..400 {
        for _ in 0..b.rng.random_range(1..5) {
            let q = b.rng.random_range(0..shape.queues);
            if b.stopped >> q & 1 == 0 {
                b.commit(q, 60);
            }
        }
        for _ in 0..b.rng.random_range(0..60) {
            b.step(None);
        }
        if b.rng.random_bool(0.2) {
            b.pause_some();
        }
        let q = b.rng.random_range(0..shape.queues);
        cut(&mut b, q);
    }
    // All are cut at last, and nothing stays open.
    (b.pause, b.stopped) = (0, shape.all());
    for _ in 0..20_000 {
        b.step(None);
        if b.open.iter().all(Option::is_none) && b.all_sent() {
            break;
        }
    }
    assert!(b.open.iter().all(Option::is_none), "{:?}", b.open);
    assert!(b.closed > 10, "{}", b.closed);
}

#[test]
fn a_packet_that_is_cut_ends_on_the_stream_once() {
    for seed in 0..12 {
        let shape = if seed % 4 == 3 { MANY } else { SMALL };
        let store = if seed % 2 == 0 { 0.0 } else { 0.5 };
        cuts(100 + seed, shape, store, |b, q| b.clear(q));
        cuts(200 + seed, shape, store, |b, _| {
            if b.rng.random_bool(0.3) {
                b.reset();
            }
        });
        cuts(300 + seed, shape, store, |b, q| {
            if b.stopped >> q & 1 == 0 {
                b.stopped |= 1 << q;
            } else {
                b.clear(q);
                b.stopped &= !(1 << q);
            }
        });
    }
}

#[test]
fn a_stopped_queue_is_closed_without_being_cleared() {
    let mut b = Bench::new(60, 1.0, SMALL);
    b.memories = 0.0;
    (0..4).for_each(|q| b.clear(q));
    for _ in 0..200 {
        for q in 0..4 {
            b.commit(q, 100);
        }
        let q = b.rng.random_range(0..4);
        b.stopped = 1 << q;
        b.drain();
        b.steps(16);
        assert_eq!(b.open[q], None, "the packet ends as soon as its last row was sent");
        b.stopped = 0;
        b.clear(q);
    }
    assert!(b.closed > 100, "{}", b.closed);
}

#[test]
fn a_card_that_takes_nothing_holds_up_no_clearing() {
    let mut b = Bench::new(70, 1.0, SMALL);
    b.memories = 0.0;
    for q in 0..4 {
        b.clear(q);
        b.q[q].packets = vec![(1, 5000, 16)];
        b.q[q].rows = 5001;
        b.commit(q, 100);
    }
    b.drain();
    b.ready = 0.0;
    for _ in 0..20 {
        b.reset();
        (0..4).for_each(|q| b.commit(q, 100));
        b.steps(100);
    }
    b.ready = 1.0;
    b.drain();
    b.steps(100);
    assert!(
        (4..=5).contains(&b.closed),
        "{} for four packets, and maybe one of which a beat stood",
        b.closed
    );
}

#[test]
fn a_paused_queue_keeps_its_closing_beat_and_holds_up_nobody() {
    let mut b = Bench::new(80, 1.0, SMALL);
    b.memories = 0.0;
    (0..4).for_each(|q| b.clear(q));
    b.q[1].packets = vec![(1, 5000, 16)];
    b.q[1].rows = 5001;
    b.commit(1, 60);
    b.drain();
    b.pause = 2;
    b.steps(10);
    b.clear(1);
    b.commit(1, 60);
    for _ in 0..20 {
        b.commit(2, 60);
        b.steps(100);
    }
    assert_eq!((b.closed, b.q[1].sent.0), (0, 0));
    assert_eq!(b.q[2].sent.0, b.q[2].committed.0);
    b.pause = 0;
    b.drain();
    assert_eq!(b.closed, 1);
}

#[test]
fn a_beat_every_clock_and_one_clock_between_queues() {
    let mut b = Bench::new(1, 1.0, SMALL);
    b.q.iter_mut().for_each(|q| {
        q.packets = vec![(1, 5000, 16)];
        q.rows = 5001;
    });
    for queues in [1, 4] {
        for _ in 0..12 {
            (0..queues).for_each(|q| b.commit(q, 512));
        }
        let (beats, clocks) = (b.beats, 256);
        b.steps(clocks);
        println!("{queues} queues: {} beats in {clocks} clocks", b.beats - beats);
        assert!(b.beats - beats >= if queues == 1 { 256 } else { 252 }, "{} with {queues}", b.beats - beats);
        b.drain();
    }
}

#[test]
fn at_most_one_clock_between_small_packets() {
    for (rows, clocks) in [(1, 2), (2, 2), (4, 4), (5, 5)] {
        let mut b = Bench::new(1, 1.0, SMALL);
        b.q[2].packets = (1..200).map(|i| (i, i * rows - 1, 5)).collect();
        b.q[2].rows = 200 * rows;
        b.pause = 4;
        for _ in 0..10 {
            b.commit(2, 28 * rows / 10);
        }
        let waiting = b.q[2].committed.1;
        b.pause = 0;
        let start = b.d.clocks();
        while b.q[2].sent.1 < waiting {
            b.step(None);
            assert!(b.d.clocks() < start + 1000);
        }
        let took = b.d.clocks() - start;
        println!("{waiting} packets of {rows} rows: {took} clocks");
        assert!(
            waiting > 5 && took <= waiting * clocks + 10,
            "{waiting} packets of {rows} rows: {took} clocks"
        );
    }
}
