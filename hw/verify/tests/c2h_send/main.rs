//! `c2h::Send`: entries in, TLPs, records and freed rows out, against a memory of random bytes.

mod bench;
mod entry;
#[path = "../c2h/tlp.rs"]
mod tlp;

use bench::{Bench, Build, BUILDS};
use entry::Entry;
use rand::{rngs::StdRng, Rng};

#[test]
fn tlps_carry_the_right_bytes_and_records_follow_them() {
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], seed, 128 << (seed / 3 % 4));
        let p = |rng: &mut StdRng| [0.2, 0.6, 1.0][rng.random_range(0..3)];
        let (ready, record_ready, rate) = (p(&mut b.rng), p(&mut b.rng) / 2.0, p(&mut b.rng) / 4.0);
        for _ in 0..20_000 {
            if b.todo.len() < 4 && b.rng.random_bool(rate) {
                let mps = b.mps;
                let entry = Entry::random(&mut b.rng, mps);
                b.todo.push_back(entry);
            }
            let (ready, record_ready) = (b.rng.random_bool(ready), b.rng.random_bool(record_ready));
            b.step(ready, record_ready);
        }
        let mut clocks = 0;
        while !b.idle() {
            assert!(b.d.is_set("send_busy") || !b.todo.is_empty());
            b.step(true, true);
            clocks += 1;
            assert!(clocks < 10_000, "stuck");
        }
        // It falls a few clocks behind the last acceptance.
        (0..3).for_each(|_| b.step(true, true));
        assert!(!b.d.is_set("send_busy") && b.sink.idle());
        assert!(b.entries > 80, "seed {seed}: {} entries", b.entries);
    }
}

#[test]
fn a_smaller_payload_counts_for_what_is_not_read_yet() {
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 100 + seed, 1024);
        let p = |rng: &mut StdRng| [0.2, 0.6, 1.0][rng.random_range(0..3)];
        let (ready, record_ready) = (p(&mut b.rng), p(&mut b.rng) / 2.0);
        let changes = [0.002, 0.02, 0.5][seed as usize / 3 % 3];
        for _ in 0..20_000 {
            if b.rng.random_bool(changes) {
                let cfg_mps = b.rng.random_range(0..4);
                b.resize(cfg_mps);
            }
            if b.todo.len() < 2 {
                let planned = 128 << b.rng.random_range(0..4);
                let entry = Entry::random(&mut b.rng, planned);
                b.todo.push_back(entry);
            }
            let (ready, record_ready) = (b.rng.random_bool(ready), b.rng.random_bool(record_ready));
            b.step(ready, record_ready);
        }
        (0..10_000).for_each(|_| b.step(true, true));
        assert!(b.idle() && b.sink.idle() && !b.d.is_set("send_busy"));
        assert_eq!(b.tlps_read, b.sink.tlps, "TLPs counted and sent");
        assert!(b.tlps_read > b.entries, "{} TLPs of {} entries", b.tlps_read, b.entries);
    }
}

/// Clocks of 4900 in which a beat was offered.
fn offered(build: Build, next: impl FnMut(&mut StdRng, u64) -> Entry) -> u64 {
    offered_at(build, 1, next)
}

fn offered_at(build: Build, cfg_mps: u64, mut next: impl FnMut(&mut StdRng, u64) -> Entry) -> u64 {
    let mut b = Bench::new(build, 2, 256);
    b.resize(cfg_mps);
    for n in 0..5000 {
        while b.todo.len() < 2 {
            let e = next(&mut b.rng, n);
            b.todo.push_back(e);
        }
        b.step(true, true);
        if n == 99 {
            b.busy = 0;
        }
    }
    b.busy
}

#[test]
fn beats_follow_each_other_without_a_gap() {
    for build in BUILDS {
        let busy = offered(build, |rng, n| {
            let mut e = Entry::random(rng, 256);
            (e.tlp, e.record) = (true, n % 5 == 0);
            e
        });
        assert!(busy >= 4900 - 2, "{busy} of 4900 clocks");
        // Every other entry is a record without TLP.
        let mut odd = false;
        let busy = offered(build, |rng, n| {
            let mut e = Entry::random(rng, 256);
            odd = !odd;
            (e.tlp, e.record, e.addr, e.n) = (odd, !odd, 0x4000_0000 + 64 * n, 64);
            e
        });
        assert!(busy >= 4900 - 2, "{busy} of 4900 clocks");
        // Fragments of 64 bytes with a record each: a record every 2 clocks at 256 bit.
        let busy = offered(build, |rng, n| {
            let mut e = Entry::random(rng, 256);
            (e.tlp, e.record, e.addr, e.n) = (true, true, 0x4000_0000 + 64 * n, 64);
            e
        });
        assert!(busy >= 4900 - 2, "64 bytes: {busy} of 4900 clocks");
        // What is cut again, in TLPs of half the size.
        let busy = offered_at(build, 0, |rng, n| {
            let mut e = Entry::random(rng, 256);
            (e.tlp, e.record, e.addr, e.n) = (true, n % 5 == 0, 0x4000_0000 + 256 * n, 256);
            e
        });
        assert!(busy >= 4900 - 2, "cut again: {busy} of 4900 clocks");
        // TLPs of one beat, one per clock.
        let busy = offered(build, |rng, n| {
            let mut e = Entry::random(rng, 256);
            (e.tlp, e.record, e.addr, e.n) = (true, false, 0x4000_0000 + 64 * n, 8);
            e
        });
        assert!(busy >= 4900 - 2, "8 bytes: {busy} of 4900 clocks");
    }
}

#[test]
fn a_cleared_queue_is_told_to_ingress_while_the_link_stands_still() {
    let mut b = Bench::new(BUILDS[1], 4, 256);
    for _ in 0..20 {
        let entry = Entry::random(&mut b.rng, 256);
        b.todo.push_back(entry);
    }
    for _ in 0..200 {
        b.step(false, false);
    }
    assert!(b.d.is_set("clear_ready"));
    b.d.set("clear_valid", 1u64);
    b.d.set("clear_q", 3u64);
    b.step(false, false);
    b.d.set("clear_valid", 0u64);
    assert!(b.d.step_until("c2h_freed_valid", 4) <= 3);
    assert_eq!((b.d.get("c2h_freed_q"), b.d.get("c2h_freed_row"), b.d.get("c2h_freed_pkts")), (3, 0, 0));
}

#[test]
fn it_holds_no_more_than_control_counts_on() {
    for (build, tlp) in [(BUILDS[0], true), (BUILDS[1], false), (BUILDS[2], true)] {
        let mut b = Bench::new(build, 6, 256);
        for _ in 0..200 {
            let mut e = Entry::random(&mut b.rng, 256);
            (e.tlp, e.record, e.n) = (tlp, true, 1);
            b.todo.push_back(e);
            b.step(false, false);
        }
        // TLPs and records, and records that are not offered yet.
        let (entries, offered) = (b.entries, b.d.get("rec_c2h_valid"));
        assert!(entries >= 8 && entries * (1 + tlp as u64) <= 65, "{entries} entries");
        assert!(entries - offered <= 16 && entries <= 16 + 16 * tlp as u64 + 1, "{entries} records");
        // With the records held up TLPs go on until their records' places are taken.
        for _ in 0..200 {
            b.step(true, false);
        }
        assert!(b.entries <= entries + 16, "{} entries", b.entries);
        b.todo.clear();
        for _ in 0..200 {
            b.step(true, true);
        }
        assert!(b.idle() && !b.d.is_set("send_busy"));
    }
}
