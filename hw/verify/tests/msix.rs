//! `dma::Msix`: the table as the host sees it, and which messages are sent when.

mod msix_bench;

use std::collections::HashMap;

use ferrolane_abi::map::{MSIX_PBA_PAGE, MSIX_TABLE_PAGE};
use msix_bench::{entry, Bench};
use rand::{rngs::StdRng, Rng, SeedableRng};

#[test]
fn after_reset_all_vectors_are_masked() {
    for seed in 0..4 {
        let mut b = Bench::new(128, seed);
        // Asked for while the table is still being cleared.
        assert_eq!(b.read(entry(15, 0)), 0);
        for v in 0..b.nv {
            assert_eq!([0, 1, 2, 3].map(|w| b.read(entry(v, w))), [0, 0, 0, 1]);
        }
        assert_eq!(b.read(MSIX_PBA_PAGE), 0);
        assert_eq!(b.read(MSIX_TABLE_PAGE + 16 * b.nv as u64), 0);
        b.quiet(2);
        assert_eq!(b.counted, [1, 0]);
    }
}

#[test]
fn a_masked_vector_waits_in_the_pending_bits() {
    let mut b = Bench::new(128, 1);
    for v in 0..b.nv {
        b.write(entry(v, 0), 0xFEE0_0000 + 0x1000 * v as u32);
        b.write(entry(v, 1), if v % 2 == 0 { 0 } else { v as u32 });
        b.write(entry(v, 2), 0x40 + v as u32);
    }
    for _ in 0..3 {
        b.clock(Some(5), false, true, None);
    }
    b.clock(Some(9), true, true, None);
    b.quiet(100);
    assert!(b.sent.is_empty());
    assert_eq!(b.read(MSIX_PBA_PAGE), 1 << 5 | 1 << 9 | 1);
    b.write(entry(5, 3), 0);
    b.quiet(40);
    assert_eq!(b.sent, HashMap::from([(5, 1)]), "three requests while pending are one message");
    b.configure(true, true, true);
    b.write(entry(9, 3), 0xFFFF_FFFE);
    b.quiet(40);
    assert_eq!(b.sent.len(), 1, "function mask");
    b.configure(true, false, false);
    b.quiet(40);
    assert_eq!(b.sent.len(), 1, "no bus mastering");
    b.configure(true, false, true);
    b.quiet(40);
    assert_eq!(b.sent, HashMap::from([(5, 1), (9, 1)]));
    b.write(entry(0, 3), 0);
    b.quiet(40);
    assert_eq!(b.sent.get(&0), Some(&1), "vector 0 is for errors");
    assert_eq!(b.read(MSIX_PBA_PAGE), 0);
}

/// A second request at every distance from the first: one message more if it comes with the first message's acceptance or
/// later, else none. The last request is followed by a message in any case.
#[test]
fn a_request_is_never_lost() {
    for stall in 0..6 {
        for distance in 1..50 {
            let mut b = Bench::new(128, 2);
            b.write(entry(3, 0), 0xFEE0_0000);
            b.write(entry(3, 3), 0);
            let mut last = 0;
            let mut sent_at = vec![];
            let mut offered = 0;
            for t in 0..120 {
                let ask = t == 0 || t == distance;
                if ask {
                    last = t;
                }
                let before = b.sent.len() as u32 + b.sent.values().sum::<u32>();
                let ready = offered >= stall;
                b.clock(ask.then_some(3), false, ready, None);
                offered = if b.d.get("msi_wr_valid") == 1 && !ready { offered + 1 } else { 0 };
                if b.sent.len() as u32 + b.sent.values().sum::<u32>() > before {
                    sent_at.push(t);
                }
            }
            let first = sent_at[0];
            assert_eq!(
                sent_at.len(),
                if distance >= first { 2 } else { 1 },
                "distance {distance} stall {stall}"
            );
            assert!(*sent_at.last().expect("a message") > last || last < first);
        }
    }
}

/// The host masks a vector at every distance from a request. Once the write is through no message comes; after unmasking one does,
/// if none came before.
#[test]
fn masking_at_every_distance() {
    for stall in [0, 1, 3, 1000] {
        for distance in 0..40 {
            let mut b = Bench::new(128, 3);
            b.write(entry(7, 0), 0xFEE0_0000);
            b.write(entry(7, 3), 0);
            let mut offered = 0;
            for t in 0..80 {
                if t == distance {
                    b.write = Some((entry(7, 3), 1, 15));
                }
                let ready = offered >= stall;
                // The model refuses a message of a masked vector.
                b.clock((t == 10).then_some(7), false, ready, None);
                offered = if b.d.get("msi_wr_valid") == 1 && !ready { offered + 1 } else { 0 };
            }
            assert!(b.write.is_none(), "a write waits for the transmit stream");
            let before = b.sent.get(&7).copied().unwrap_or(0);
            assert_eq!(b.read(MSIX_PBA_PAGE) >> 7 & 1, 1 - before, "pending until sent");
            b.write(entry(7, 3), 0);
            b.quiet(60);
            assert_eq!(b.sent.get(&7), Some(&1), "distance {distance} stall {stall}");
        }
    }
}

/// Pulses on all of the card's lines at once, while masked, and again and again while the message waits.
#[test]
fn the_cards_own_vectors() {
    for w in [64, 128, 256] {
        let mut b = Bench::new(w, 6);
        let all = (1u64 << b.users) - 1;
        let vectors: Vec<_> = (b.first_user..b.first_user + b.users).collect();
        for &v in &vectors {
            b.write(entry(v, 0), 0xFEE0_0000 + 0x10 * v as u32);
        }
        for _ in 0..3 {
            b.user = all;
            b.clock(None, false, true, None);
        }
        b.quiet(2 * b.nv as u32 + 20);
        assert!(b.sent.is_empty(), "masked");
        for &v in &vectors {
            b.write(entry(v, 3), 0);
        }
        b.quiet(3 * b.nv as u32 + 50);
        assert_eq!(b.sent, vectors.iter().map(|&v| (v, 1)).collect());
        // With a queue's request and an error in the same clock.
        b.write(entry(0, 3), 0);
        b.write(entry(1, 3), 0);
        b.user = all;
        b.clock(Some(1), true, true, None);
        b.quiet(3 * b.nv as u32 + 50);
        assert!(vectors.iter().all(|v| b.sent[v] == 2) && b.sent[&0] == 1 && b.sent[&1] == 1);
    }
}

#[test]
fn random_accesses_and_requests() {
    for seed in 0..9 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut b = Bench::new([128, 64, 256][seed as usize % 3], seed);
        let ready = rng.random_range(0.1..=1.0);
        let ask = rng.random_range(0.01..0.3);
        // Each message can be told from the others'.
        for v in 0..b.nv {
            b.write(entry(v, 0), 0x1000_0000 + 4 * v as u32);
            b.write(entry(v, 2), v as u32);
        }
        let mut reads = 0;
        for clock in 0..20_000 {
            if clock % 500 == 0 {
                let off: u32 = rng.random_range(0..8);
                b.configure(off != 0, off == 1, off != 2);
            }
            if b.write.is_none() && rng.random_bool(0.2) {
                let v = rng.random_range(0..b.nv);
                let addr = match rng.random_range(0..8) {
                    0 => MSIX_PBA_PAGE + rng.random_range(0..8u64) * 4,
                    1 => MSIX_TABLE_PAGE + rng.random_range(0..0x4000u64) * 4,
                    2..=4 => entry(v, 3),
                    // Address and data are changed only while masked (PCIe Base Spec r5 6.1.4.2).
                    _ if b.model.entries[v].masked => entry(v, rng.random_range(0..3)),
                    _ => entry(v, 3),
                };
                let in_use = addr < MSIX_PBA_PAGE
                    && addr < MSIX_TABLE_PAGE + 16 * b.nv as u64
                    && addr / 4 % 4 != 3
                    && !b.model.entries[(addr - MSIX_TABLE_PAGE) as usize / 16].masked;
                if !in_use {
                    b.write = Some((addr, rng.random(), rng.random_range(0..16)));
                }
            }
            let read = (b.read.is_none() && rng.random_bool(0.1)).then(|| match rng.random_range(0..6) {
                0 => MSIX_PBA_PAGE + rng.random_range(0..8u64) * 4,
                1 => MSIX_TABLE_PAGE + rng.random_range(0..0x4000u64) * 4,
                _ => entry(rng.random_range(0..b.nv), rng.random_range(0..4)),
            });
            reads += read.is_some() as u32;
            let most = (b.nv as u32 + 4).min(255) as u8;
            let irq = rng.random_bool(ask).then(|| rng.random_range(0..most));
            b.user = if rng.random_bool(0.02) { rng.random_range(0..1 << b.users) } else { 0 };
            let (err, ready) = (rng.random_bool(0.01), rng.random_bool(ready));
            b.withdrawn = rng.random_bool(0.2);
            b.clock(irq, err, ready, read);
        }
        b.withdrawn = false;
        b.configure(true, false, true);
        b.quiet(800);
        for v in 0..b.nv {
            b.write(entry(v, 3), 0);
        }
        b.quiet(800);
        assert!(!b.model.pending.contains(&true), "a request without a message");
        assert_eq!(b.counted, b.missed);
        assert!(b.missed[0] > 50 && b.missed[1] > 50 && reads > 1000, "{:?} {reads}", b.missed);
        assert!(b.sent.len() * 5 > b.nv * 4 && b.sent.values().sum::<u32>() > 150, "{:?}", b.sent);
    }
}
