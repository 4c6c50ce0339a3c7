//! `dma::Record`: each reason to write collected records, and each to wait; ARM and moderation to the clock.

mod record_bench;

use record_bench::{Bench, Settings};

/// No timer ends within a test unless it is set.
const PATIENT: Settings = Settings {
    base: 0x9_8000_0000,
    log2: 8,
    policy: 0,
    count: 16,
    time: 60_000,
    enough: 0,
    wait: 0,
    first_index: 0,
};
/// Clocks from the acceptance of an end to its TLP, at most, if nothing is in the way.
const SOON: u64 = 18;

/// A bench with queue `g` set up, which has so much in hand that it is never idle.
fn bench(w: usize, g: usize, settings: Settings) -> Bench {
    let mut b = Bench::new(w, w as u64 + g as u64);
    b.drain(g);
    b.restart(g, settings);
    b.take_ahead(g, 1000);
    b
}

/// The next `n` ends of a queue that has more in hand.
fn ends(b: &mut Bench, g: usize, n: u32) {
    for _ in 0..n {
        let a = b.plain(g);
        b.end(a);
    }
}

fn sizes(b: &Bench) -> Vec<usize> {
    b.tlps.iter().map(|t| t.1).collect()
}

/// Waits for a TLP; gives the clocks since `from`.
fn next_tlp(b: &mut Bench, from: u64, limit: u64) -> u64 {
    let before = b.tlps.len();
    while b.tlps.len() == before {
        assert!(b.now - from <= limit, "no TLP");
        b.clock();
    }
    b.now - from
}

#[test]
fn so_many_records_make_a_tlp_and_fewer_wait() {
    for (w, g) in [(64, 1), (128, 6), (256, 40)] {
        for (mps, most) in [(0, 8), (1, 16), (7, 16)] {
            for (count, n) in [(0, 1), (1, 1), (2, 2), (3, 3), (8, 8), (15, 15), (16, 16), (21, 16)] {
                let mut b = bench(w, g, Settings { count, ..PATIENT });
                b.set_mps(mps);
                let n = most.min(n);
                for _ in 0..3 {
                    ends(&mut b, g, n - 1);
                    b.clocks(300);
                    assert_eq!(b.queues[g].waiting.len(), n as usize - 1, "count {count}: too early");
                    ends(&mut b, g, 1);
                    let from = b.now;
                    assert!(next_tlp(&mut b, from, SOON) <= SOON);
                    b.clocks(40);
                }
                assert_eq!(sizes(&b), [n as usize; 3], "width {w}, mps {mps}, count {count}");
            }
        }
    }
}

#[test]
fn time_is_the_longest_wait() {
    for (w, g) in [(64, 0), (128, 1), (256, 63)] {
        for time in [0, 1, 2, 7, 100] {
            let mut b = bench(w, g, Settings { time, ..PATIENT });
            for round in 0..5 {
                b.clocks(round * 3);
                ends(&mut b, g, 1);
                let from = b.now;
                ends(&mut b, g, 2);
                let waited = next_tlp(&mut b, from, 5000);
                let (least, most) = (time as u64 * 16, time as u64 * 16 + b.gn as u64 + SOON);
                assert!(waited + 16 >= least && waited <= most, "{waited} clocks for TIME {time}");
                b.clocks(60);
                assert!(b.idle());
            }
        }
    }
}

#[test]
fn a_queue_with_nothing_in_hand_does_not_wait() {
    for (w, g) in [(64, 1), (128, 4), (256, 17)] {
        let mut b = Bench::new(w, 5);
        b.drain(g);
        b.restart(g, PATIENT);
        // The first end leaves one in hand, which ends 500 clocks later.
        b.take_ahead(g, 2);
        ends(&mut b, g, 1);
        b.clocks(500);
        assert_eq!(b.tlps.len(), 0);
        ends(&mut b, g, 1);
        let from = b.now;
        let waited = next_tlp(&mut b, from, 200);
        assert!((32..=64 + b.gn as u64 + SOON).contains(&waited), "{waited}");
        assert_eq!(sizes(&b), [2]);
    }
}

#[test]
fn what_must_not_wait_takes_the_others_with_it() {
    for (w, g) in [(64, 1), (128, 5), (256, 2)] {
        let mut b = bench(w, g, PATIENT);
        for (irq, status) in [(true, 0), (false, 7), (true, 9)] {
            ends(&mut b, g, 4);
            b.clocks(100);
            let mut a = b.plain(g);
            (a.irq, a.status) = (irq, status);
            let before = b.irqs;
            b.end(a);
            let from = b.now;
            assert!(next_tlp(&mut b, from, SOON) <= SOON);
            b.clocks(b.gn as u64 + 40);
            assert_eq!(b.irqs - before, irq as u64, "an interrupt is asked for by the flag only");
        }
        // A queue that is stopped.
        ends(&mut b, g, 3);
        b.clocks(100);
        b.run &= !(1 << g);
        let from = b.now;
        let limit = b.gn as u64 + SOON;
        assert!(next_tlp(&mut b, from, limit) <= limit);
        b.drain(g);
        assert_eq!(sizes(&b), [5, 5, 5, 3]);
    }
}

#[test]
fn a_tlp_ends_with_the_ring_and_with_the_page() {
    for (w, g) in [(64, 0), (128, 2), (256, 33)] {
        // 4 entries; 32 entries, of which 5 are in the first page; MPS 128.
        for (log2, base, mps, expected) in [
            (2, 0x1_0000, 1, vec![4, 4, 4]),
            (5, 0x1FB0, 1, vec![5, 16, 11, 5]),
            (5, 0x1FB0, 0, vec![5, 8, 8, 8, 3, 5]),
            (3, 0xFFFF_FFD0, 1, vec![3, 5, 3]),
        ] {
            let mut b = bench(w, g, Settings { log2, base, ..PATIENT });
            b.set_mps(mps);
            let total: usize = expected.iter().sum();
            for n in 0..total as u32 {
                ends(&mut b, g, 1);
                b.clocks(60);
                let written = b.queues[g].written;
                b.cons = Some((g, written, false));
                let complete = expected.iter().scan(0, |sum, n| {
                    *sum += n;
                    Some(*sum)
                });
                assert_eq!(written as usize, complete.filter(|s| *s <= n as usize + 1).max().unwrap_or(0));
            }
            assert_eq!(sizes(&b), expected, "width {w}, ring 2^{log2} at {base:#x}, mps {mps}");
        }
    }
}

#[test]
fn an_arm_writes_what_is_collected_before_it_finds_nothing() {
    for (w, g) in [(64, 1), (128, 7), (256, 50)] {
        let mut b = bench(w, g, PATIENT);
        ends(&mut b, g, 3);
        b.clocks(200);
        b.cons = Some((g, 0, true));
        b.clock();
        let from = b.now;
        assert!(next_tlp(&mut b, from, SOON) <= SOON);
        b.clocks(b.gn as u64 + 40);
        assert_eq!((b.irqs, sizes(&b)), (1, vec![3]));
        // Armed with nothing there: the next record is told of at once, the one behind it waits.
        b.cons = Some((g, 3, true));
        b.clocks(100);
        ends(&mut b, g, 1);
        b.clocks(b.gn as u64 + 40);
        assert_eq!((b.irqs, sizes(&b)), (2, vec![3, 1]));
        ends(&mut b, g, 1);
        b.clocks(300);
        assert_eq!((b.irqs, sizes(&b)), (2, vec![3, 1]));
    }
}

#[test]
fn moderation_waits_for_enough_records() {
    for (w, g) in [(64, 0), (128, 3), (256, 9)] {
        for enough in [1, 2, 5, 20] {
            let mut b = bench(w, g, Settings { enough, ..PATIENT });
            b.cons = Some((g, 0, true));
            b.clocks(20);
            ends(&mut b, g, enough - 1);
            b.clocks(300);
            assert_eq!(b.irqs, 0, "too early");
            // The last one of them doesn't wait for company.
            ends(&mut b, g, 1);
            let limit = b.gn as u64 + 2 * SOON + 20;
            b.clocks(limit);
            assert_eq!((b.irqs, b.queues[g].written), (1, enough));
            // One ARM, one interrupt.
            ends(&mut b, g, 2 * enough);
            b.clocks(300);
            assert_eq!(b.irqs, 1);
            // Enough is there when the next ARM comes.
            b.cons = Some((g, enough, true));
            b.clocks(limit);
            assert_eq!(b.irqs, 2);
        }
    }
}

#[test]
fn moderation_time_is_the_longest_wait() {
    for (w, g) in [(64, 1), (128, 0), (256, 47)] {
        for wait in [1, 2, 9, 60] {
            let mut b = bench(w, g, Settings { count: 1, enough: 1000, wait, ..PATIENT });
            for round in 0..4 {
                let written = b.queues[g].written;
                b.cons = Some((g, written, true));
                b.clocks(50 + 7 * round);
                let before = b.irqs;
                ends(&mut b, g, 1);
                while b.queues[g].written == written {
                    b.clock();
                }
                let from = b.now;
                // More of them don't move the time, nor does a consumer index that leaves something unread.
                ends(&mut b, g, 2);
                b.cons = Some((g, written + 1, false));
                while b.irqs == before {
                    b.clock();
                    assert!(b.now < from + 2000, "no interrupt");
                }
                let waited = b.now - from;
                let (least, most) = (wait as u64 * 16, wait as u64 * 16 + 2 * b.gn as u64 + 24);
                assert!(waited + 16 >= least && waited <= most, "{waited} clocks for TIME {wait}");
            }
        }
    }
}

/// An end and an ARM at every distance, with every delay of wr_arb, with and without coalescing: exactly one interrupt,
/// after the record was taken.
#[test]
fn record_against_arm_at_every_distance() {
    for (w, g) in [(64, 1), (128, 6), (256, 20)] {
        for (count, time) in [(1, 0), (4, 1), (4, 60_000)] {
            for delay in 0..6u64 {
                for distance in 0..36u64 {
                    let mut b = bench(w, g, Settings { count, time, ..PATIENT });
                    b.wr_ready = 0.0;
                    let mut offered = 0;
                    let mut irq_at = 0;
                    for t in 0..150 + b.gn as u64 {
                        if t == 10 {
                            let a = b.plain(g);
                            b.offer(a);
                        }
                        if t == distance {
                            b.cons = Some((g, 0, true));
                        }
                        b.wr_ready = if offered >= delay { 1.0 } else { 0.0 };
                        b.clock();
                        offered = if b.tlp.offered { offered + 1 } else { 0 };
                        if b.irqs == 1 && irq_at == 0 {
                            irq_at = t;
                            assert_eq!(b.queues[g].written, 1, "before its record");
                        }
                    }
                    assert_eq!(b.queues[g].written, 1);
                    assert_eq!(b.irqs, 1, "width {w}, count {count}, delay {delay}, distance {distance}");
                }
            }
        }
    }
}

/// An ARM around the end of TIME, of the TLP, and of MODERATE.TIME: the host reads all it sees and arms with that.
#[test]
fn arm_against_timers_at_every_distance() {
    for (w, g) in [(64, 0), (128, 5)] {
        for distance in 0..120u64 {
            let mut b = bench(w, g, Settings { time: 1, enough: 2, wait: 2, ..PATIENT });
            ends(&mut b, g, 1);
            b.clocks(distance);
            let seen = b.queues[g].written;
            b.cons = Some((g, seen, true));
            b.clocks(250);
            assert_eq!(b.queues[g].written, 1);
            assert_eq!(b.irqs, 1 - seen as u64, "distance {distance}");
            ends(&mut b, g, 1);
            b.clocks(250);
            assert_eq!(b.irqs, 1, "distance {distance}");
        }
    }
}

#[test]
fn an_irq_flag_does_not_disarm_and_an_arm_does_not_outlive_its_queue() {
    let g = 3;
    let mut b = bench(128, g, Settings { enough: 3, ..PATIENT });
    b.cons = Some((g, 0, true));
    let mut a = b.plain(g);
    a.irq = true;
    b.end(a);
    b.clocks(50);
    assert_eq!(b.irqs, 1);
    ends(&mut b, g, 2);
    b.clocks(50);
    assert_eq!(b.irqs, 2, "still armed");
    // A consumer index without ARM leaves it armed.
    b.cons = Some((g, 3, true));
    b.clocks(10);
    b.cons = Some((g, 3, false));
    b.clocks(10);
    ends(&mut b, g, 3);
    b.clocks(50);
    assert_eq!(b.irqs, 3);
    b.cons = Some((g, 6, true));
    b.clocks(50);
    b.drain(g);
    b.restart(g, Settings { count: 1, ..PATIENT });
    ends(&mut b, g, 3);
    b.clocks(100);
    assert_eq!(b.irqs, 3, "armed in an earlier life");
}

/// wr_arb takes nothing: other queues are cleared all the same, what can be collected is, and nothing is lost.
#[test]
fn a_link_that_stands_still() {
    for (w, g) in [(128, 0), (256, 40)] {
        let mut b = bench(w, g, Settings { count: 1, ..PATIENT });
        b.wr_ready = 0.0;
        let a = b.plain(g);
        b.end(a);
        b.clocks(30);
        for other in (0..b.gn).filter(|o| *o != g) {
            b.restart(other, PATIENT);
        }
        let dir = g / b.nq;
        for _ in 0..200 {
            if b.offered[dir].is_none() {
                let a = b.plain(g);
                b.offer(a);
            }
            b.clock();
        }
        let held = b.queues[g].waiting.len();
        assert!((60..=64).contains(&held), "{held}");
        b.wr_ready = 1.0;
        b.clocks(200);
        assert!(b.idle());
    }
}
