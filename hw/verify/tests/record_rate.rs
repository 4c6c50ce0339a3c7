//! `dma::Record`: clocks per end.

mod record_bench;

use record_bench::{Bench, Settings};

/// Ends of `queues` as fast as they are taken, with wr_arb ready; gives the clocks per end and records per TLP in hundredths.
fn rate(w: usize, queues: &[usize], count: u32, mps: u32, policy: u32) -> (u64, u64) {
    let mut b = Bench::new(w, 1);
    b.set_mps(mps);
    for &g in queues {
        b.drain(g);
        b.restart(g, Settings { count, policy, time: 1000, log2: 16, ..Settings::default() });
        // Always something in hand.
        b.take_ahead(g, 4000);
    }
    let mut turn = [0; 2];
    let (mut from, mut accepted, mut tlps) = (0, 0, 0);
    for clock in 0..4400 {
        if clock == 400 {
            (from, accepted, tlps) = (b.now, b.accepted, b.tlps.len());
        }
        for dir in 0..2 {
            let mine: Vec<_> = queues.iter().copied().filter(|g| g / b.nq == dir).collect();
            if b.offered[dir].is_none() && !mine.is_empty() {
                turn[dir] += 1;
                let a = b.plain(mine[turn[dir] % mine.len()]);
                b.offer(a);
            }
        }
        b.clock();
    }
    let ends = b.accepted - accepted;
    let rate = (b.now - from) * 100 / ends;
    let size = ends * 100 / (b.tlps.len() - tlps).max(1) as u64;
    println!("width {w}, {} queues, count {count}, mps {mps}: {rate} % of a clock per end, {size} % of a record per TLP", queues.len());
    (rate, size)
}

#[test]
fn an_end_in_little_more_than_a_clock_with_coalescing() {
    let all: Vec<_> = (0..8).collect();
    for (queues, count, mps, most) in [
        (&all[..], 16, 1, 115),
        (&all[..], 8, 0, 127),
        (&[1, 5][..], 16, 1, 115),
        (&[6][..], 16, 1, 115),
        (&[2][..], 8, 0, 127),
    ] {
        let (clocks, size) = rate(128, queues, count, mps, 0);
        assert!(clocks <= most, "{queues:?}, count {count}: {clocks}");
        assert!(size >= 95 * count as u64, "{size}");
    }
    let wide: Vec<_> = (0..64).collect();
    assert!(rate(256, &wide, 16, 1, 0).0 <= 108);
    assert!(rate(256, &[33], 16, 1, 0).0 <= 110);
    // Two beats per record.
    assert!(rate(64, &[0, 1], 16, 1, 0).0 <= 215);
    assert!(rate(64, &[1], 8, 0, 0).0 <= 227);
}

#[test]
fn without_coalescing_two_clocks() {
    let all: Vec<_> = (0..8).collect();
    assert!(rate(128, &all, 1, 1, 0).0 <= 205);
    // What is collected while a TLP is on its way makes the next one longer.
    assert!(rate(128, &[3], 1, 1, 0).0 <= 205);
    let wide: Vec<_> = (0..64).collect();
    assert!(rate(256, &wide, 1, 1, 0).0 <= 205);
}

#[test]
fn an_end_without_record_takes_a_clock() {
    assert_eq!(rate(128, &[0, 4], 1, 1, 3).0, 100);
}
