//! `h2c::Commit` alone: a request queue with random ends, codes and stalls against a walk in Rust.

use std::collections::VecDeque;

use ferrolane_abi::status;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

#[derive(Clone, Copy, Default)]
struct Entry {
    q: u64,
    bytes: u64,
    before: u64,
    index: u64,
    status: u64,
    row: u64,
    pkts: u64,
    eop: bool,
    last: bool,
    irq: bool,
    then: u64,
    phase: bool,
    land: u64,
}

impl Entry {
    /// As the memory holds it, fields from bit 0 up.
    fn words(&self) -> [u32; 4] {
        let fields = [
            (self.q, 6),
            (self.bytes, 13),
            (self.before, 24),
            (self.index, 32),
            (self.status, 8),
            (self.row, 16),
            (self.pkts, 16),
            (self.eop as u64, 1),
            (self.last as u64, 1),
            (self.irq as u64, 1),
            (self.then, 8),
            (self.phase as u64, 1),
            ((self.status != 0) as u64, 1),
        ];
        let (mut packed, mut at) = (0u128, 0);
        for (value, width) in fields {
            packed |= (value as u128) << at;
            at += width;
        }
        [packed as u32, (packed >> 32) as u32, (packed >> 64) as u32, (packed >> 96) as u32]
    }
}

#[test]
fn entries_are_committed_in_order() {
    for seed in 0..20 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = dut!(h2c_commit, seed);
        d.pulse("rst", 1);
        let ready = rng.random_range(0.05..1.0);
        let mut entries = [Entry::default(); 64];
        let mut phases: Vec<bool> = (0..64).map(|_| rng.random()).collect();
        let (mut next, mut outstanding, mut look) = (8usize, 0u64, 8usize);
        let mut queue: VecDeque<usize> = VecDeque::new();
        let mut dead = [false; 4];
        let (mut commits, mut records, mut errors) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        let (mut seen, mut init, mut empty): (usize, Option<u64>, bool) = (0, None, false);
        // Nothing is issued for a queue before it was cleared once.
        let mut uncleared = 4u64;
        // Clocks since clearing began or, once it has ended, whether `init_valid` was low for a clock.
        let (mut clearing, mut rested) = (0, true);
        for _ in 0..40_000 {
            // Push.
            empty |= rng.random_bool(0.005) || uncleared > 0;
            if queue.len() < 50 && init.is_none() && !empty && rng.random_bool(0.4) {
                let refused = rng.random_bool(0.02);
                let mut e = Entry {
                    q: rng.random_range(0..4),
                    bytes: rng.random_range(1..=4096),
                    before: rng.random_range(0..10_000_000),
                    index: rng.random::<u32>() as u64,
                    status: if refused { status::BAD_LENGTH as u64 } else { 0 },
                    row: rng.random::<u16>() as u64,
                    pkts: rng.random::<u16>() as u64,
                    eop: rng.random(),
                    last: rng.random(),
                    irq: rng.random(),
                    then: if next == 63 { 8 } else { next as u64 + 1 },
                    // As issue gives it: not the phase in which the tag's last read ended.
                    phase: !phases[next],
                    land: rng.random::<u8>() as u64,
                };
                if !refused {
                    outstanding |= 1 << next;
                    e.land = if rng.random_bool(0.03) { status::DATA_CA as u64 } else { 0 };
                }
                entries[next] = e;
                queue.push_back(next);
                next = if next == 63 { 8 } else { next + 1 };
            }
            // Complete any.
            if outstanding != 0 && rng.random_bool(0.5) {
                let tags: Vec<u32> = (8..64).filter(|t| outstanding >> t & 1 == 1).collect();
                let tag = tags[rng.random_range(0..tags.len())];
                outstanding &= !(1 << tag);
                phases[tag as usize] = !phases[tag as usize];
            }
            // Clear a dead queue now and then, when the request queue is empty as control waits for.
            if init.is_none() && rested && queue.is_empty() && commits.is_empty() && empty {
                empty = false;
                clearing = 0;
                init = Some(if uncleared > 0 { 4 - uncleared } else { rng.random_range(0..8) });
                uncleared = uncleared.saturating_sub(1);
            }
            if let Some(g) = init {
                d.set("init_valid", 1u64);
                d.set("init_g", g);
                clearing += 1;
                assert!(clearing < 50, "clearing {g} doesn't end");
            }
            // The same queue may be the next to be cleared, so there must be a clock in between.
            rested = init.is_none();
            d.set("next_tag", next as u64);
            d.set_wide("entry", &entries[look].words());
            d.set(
                "verdict",
                entries[look].land | (phases[look] as u64) << 8 | u64::from(entries[look].land != 0) << 9,
            );
            d.set("rec_ready", rng.random_bool(ready) as u64);
            d.step();
            // The model walks as far as the block may: whatever left the queue's head.
            let now = d.get("tail") as usize;
            while queue.front().is_some_and(|t| *t != now) {
                let tag = queue.pop_front().expect("not empty");
                assert_eq!(outstanding >> tag & 1, 0, "tag {tag} is unanswered");
                let e = entries[tag];
                let code = if e.status != 0 { e.status } else { e.land };
                let q = e.q as usize;
                if dead[q] {
                    continue;
                }
                if code != 0 {
                    dead[q] = true;
                    errors.push_back((e.q, code));
                    records.push_back((e.q, e.before, e.index, 0, code, e.irq as u64));
                } else {
                    commits.push_back((e.q, e.row, e.pkts));
                    if e.last {
                        records.push_back((e.q, e.before + e.bytes, e.index, e.eop as u64, 0, e.irq as u64));
                    }
                }
            }
            look = d.get("look") as usize;
            if d.is_set("commit_valid") {
                let got = (d.get("commit_q"), d.get("commit_row"), d.get("commit_pkts"));
                if let (Some(g), None) = (init, commits.front()) {
                    assert_eq!(got, (g, 0, 0));
                } else {
                    assert_eq!(Some(got), commits.pop_front());
                }
            }
            if d.is_set("err_valid") {
                assert_eq!(Some((d.get("err_q"), d.get("err_code"))), errors.pop_front());
            }
            if d.is_set("rec_valid") && d.is_set("rec_ready") {
                let field = |name: &str| d.get(&format!("rec_{name}"));
                let got = (
                    field("q"),
                    field("bytes"),
                    field("index"),
                    field("flags"),
                    field("status"),
                    field("irq"),
                );
                assert_eq!(Some(got), records.pop_front());
                seen += 1;
            }
            if let Some(g) = init {
                if d.is_set("init_done") || g >= 4 {
                    if g < 4 {
                        dead[g as usize] = false;
                    }
                    d.set("init_valid", 0u64);
                    init = None;
                }
            }
        }
        assert!(seen > 200, "{seen}");
    }
}

#[test]
fn two_clocks_per_entry() {
    let mut d = dut!(h2c_commit, 3);
    d.pulse("rst", 1);
    d.set("init_valid", 1u64);
    d.set("init_g", 1u64);
    d.steps(8);
    d.set("init_valid", 0u64);
    d.set("rec_ready", 1u64);
    d.set("next_tag", 40u64);
    d.set_wide("entry", &Entry { q: 1, bytes: 512, last: true, then: 9, ..Entry::default() }.words());
    d.steps(8);
    let before = d.get("req_committed");
    d.steps(64);
    assert_eq!(d.get("req_committed") - before, 32);
}
