//! `dma::Record` under random traffic: contents and places of records, buses, interrupts, clearing.

mod record_bench;

use rand::Rng;
use record_bench::{Bench, Settings};

/// Anything goes, small things more often.
fn settings(bench: &mut Bench) -> Settings {
    let rng = &mut bench.rng;
    let top = if rng.random() { 0 } else { rng.random::<u32>() as u64 };
    // Close below 4 GiB and below a 4 KiB boundary too.
    let low = match rng.random_range(0..3) {
        0 => rng.random::<u32>() & 0x7FFF_FFF0,
        1 => 0xFFFF_FF00 + rng.random_range(0..16) * 16,
        _ => 0x5000_0F00 + rng.random_range(0..16) * 16,
    };
    Settings {
        base: top << 32 | low as u64,
        log2: [1, 2, 3, 4, 5, 7, 9, 16][rng.random_range(0..8)],
        policy: [0, 0, 0, 1, 1, 2, 3][rng.random_range(0..7)],
        count: rng.random_range(0..20),
        time: [0, 1, 2, 5, 20][rng.random_range(0..5)],
        enough: [0, 1, 2, 5, 12][rng.random_range(0..5)],
        wait: [0, 0, 1, 3, 10][rng.random_range(0..5)],
        first_index: if rng.random() { 0 } else { 0u32.wrapping_sub(rng.random_range(1..200)) },
    }
}

/// Offers ends and consumer indices for `clocks` clocks; queue `spared` gets none.
fn traffic(bench: &mut Bench, clocks: u32, ask: f64, arm: f64, spared: Option<usize>) {
    let focus = bench.rng.random_range(0..bench.nq);
    for _ in 0..clocks {
        for dir in 0..2 {
            if bench.offered[dir].is_some() || !bench.rng.random_bool(ask) {
                continue;
            }
            let any = bench.rng.random_range(0..bench.nq);
            let g = dir * bench.nq + if bench.rng.random() { any } else { focus };
            if Some(g) != spared && bench.queues[g].has_room() {
                let mut a = bench.plain(g);
                a.flags = bench.rng.random_range(0..128);
                a.irq = bench.rng.random_bool(0.05);
                if bench.rng.random_bool(0.02) {
                    a.status = bench.rng.random();
                }
                bench.offer(a);
            }
        }
        if bench.rng.random_bool(arm) {
            let g = bench.rng.random_range(0..bench.gn);
            if Some(g) != spared {
                let q = &bench.queues[g];
                // Often all there is, as a host does that is about to sleep; and one that runs ahead of what it has read.
                let value = match bench.rng.random_range(0..8) {
                    0..=3 => q.written.max(q.consumer),
                    4 => q.told,
                    _ => bench.rng.random_range(q.consumer..=q.written.max(q.consumer)),
                };
                bench.cons = Some((g, value, bench.rng.random_bool(0.7)));
            }
        }
        bench.clock();
    }
}

fn exercise(w: usize, seeds: u64, rounds: u32) {
    for seed in 0..seeds {
        println!("width {w}, seed {seed}");
        let mut bench = Bench::new(w, seed);
        for g in 0..bench.gn {
            bench.drain(g);
            let s = settings(&mut bench);
            bench.restart(g, s);
        }
        for _ in 0..rounds {
            bench.wr_ready = bench.rng.random_range(0.1..=1.0);
            bench.irq_ready = bench.rng.random_range(0.2..=1.0);
            let (ask, arm) = (bench.rng.random_range(0.02..1.0), bench.rng.random_range(0.0..0.3));
            traffic(&mut bench, 300, ask, arm, None);
            // One is stopped and started again while the others go on.
            let g = bench.rng.random_range(0..bench.gn);
            bench.run &= !(1 << g);
            traffic(&mut bench, 10, ask, arm, Some(g));
            bench.drain(g);
            traffic(&mut bench, 40, ask, 0.0, Some(g));
            let s = settings(&mut bench);
            bench.restart(g, s);
            if bench.rng.random_bool(0.2) {
                // All that is left comes out by itself: no timer is longer than 20 units.
                bench.wr_ready = 1.0;
                for _ in 0..4000 {
                    bench.clock();
                    if bench.idle() {
                        break;
                    }
                }
                assert!(bench.idle(), "records are left behind");
                bench.clocks(40 * bench.gn as u64 + 600);
                let mps = [0, 1, 2, 5][bench.rng.random_range(0..4)];
                bench.set_mps(mps);
            }
        }
        println!(
            "{} ends, {} records, {} TLPs, {} interrupts",
            bench.accepted,
            bench.written,
            bench.tlps.len(),
            bench.irqs
        );
        assert!(bench.written > rounds as u64 * 10 && bench.irqs > rounds as u64 / 2);
        assert!(bench.tlps.iter().any(|t| t.1 > 4) && bench.tlps.iter().any(|t| t.1 == 1));
    }
}

#[test]
fn random_traffic_128() {
    exercise(128, 12, 60);
}

#[test]
fn random_traffic_64() {
    exercise(64, 8, 60);
}

#[test]
fn random_traffic_256() {
    exercise(256, 4, 40);
}

/// Counts of records beyond 2^18, laps of the largest ring, indices beyond 2^32.
#[test]
fn counts_wrap() {
    let mut bench = Bench::new(256, 77);
    let g = 33;
    bench.drain(g);
    bench.restart(
        g,
        Settings {
            base: 0xFFFF_8000,
            log2: 16,
            count: 16,
            time: 1000,
            enough: 40_000,
            first_index: 0u32.wrapping_sub(150_000),
            ..Settings::default()
        },
    );
    let mut calls = 0;
    while bench.queues[g].written < 300_000 {
        if bench.offered[1].is_none() && bench.queues[g].has_room() {
            let a = bench.plain(g);
            bench.offer(a);
        }
        // The host sleeps until 40,000 are there.
        let q = &bench.queues[g];
        if !q.armed {
            calls += 1;
            bench.cons = Some((g, q.written, true));
        }
        bench.clock();
    }
    assert_eq!(calls, 300_000 / 40_000 + 1);
}

/// After a reset nothing of before is left, whatever was under way.
#[test]
fn a_reset_at_any_time() {
    for (w, seeds) in [(64, 60), (128, 60), (256, 6)] {
        let mut bench = Bench::new(w, 3);
        for _ in 0..seeds {
            bench.wr_ready = bench.rng.random_range(0.1..=1.0);
            let clocks = bench.rng.random_range(1..60);
            traffic(&mut bench, clocks, 0.9, 0.3, None);
            let s = settings(&mut bench);
            bench.reset(Settings { policy: 0, ..s });
            for g in 0..bench.gn {
                let mut a = bench.plain(g);
                a.irq = true;
                let before = bench.irqs;
                bench.end(a);
                bench.clocks(3 * bench.gn as u64 + 60);
                assert!(bench.idle() && bench.irqs == before + 1 && bench.queues[g].written == 1);
            }
        }
    }
}
