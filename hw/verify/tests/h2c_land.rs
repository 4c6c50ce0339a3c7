//! `h2c::Land` alone, at each width: completions split at any DW, one beat of the same tag after the other, faults of every kind.

use std::collections::{BTreeMap, VecDeque};

use ferrolane_abi::status;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const ROWS: u64 = 512;

/// A request: where it lands and how far it is.
#[derive(Clone, Debug)]
struct Request {
    q: u64,
    pos: u64,
    low: u64,
    bytes: u64,
    dwords: u64,
    code: u8,
    data: Vec<u8>,
}

struct Bench {
    d: Dut,
    rng: StdRng,
    /// Bytes of a row.
    row: u64,
    /// Phase of each tag's last read that ended, as the memories next to the block hold it.
    phases: Vec<bool>,
    asked: Vec<bool>,
    requests: BTreeMap<u64, Request>,
    memory: Vec<Option<u8>>,
    ended: Vec<(u64, u8)>,
    unexpected: u64,
    /// Lower Address of the next completion, if it is not to be the right one.
    lower: Option<u64>,
    look: u64,
    /// Last known request per tag, since writes come some clocks after the end.
    past: BTreeMap<u64, Request>,
}

impl Bench {
    fn new(seed: u64, row: u64) -> Self {
        let mut d = match row {
            8 => dut!(h2c_land64, seed),
            16 => dut!(h2c_land, seed),
            _ => dut!(h2c_land256, seed),
        };
        d.pulse("rst", 1);
        let mut phases = vec![true; 64];
        for _ in 0..74 {
            d.step();
            if d.is_set("verdict_valid") {
                assert!(d.is_set("sweeping"));
                assert_eq!(d.get("verdict"), 0);
                phases[d.get("verdict_tag") as usize] = false;
            }
        }
        assert!(!d.is_set("sweeping"));
        assert_eq!(phases, [false; 64]);
        Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            row,
            asked: phases.clone(),
            phases,
            requests: BTreeMap::new(),
            memory: vec![None; 4 * (ROWS * row) as usize],
            ended: vec![],
            unexpected: 0,
            lower: None,
            look: 0,
            past: BTreeMap::new(),
        }
    }

    fn ask(&mut self, tag: u64, q: u64, pos: u64, low: u64, bytes: u64) {
        let data = (0..bytes + 8).map(|_| self.rng.random()).collect();
        let request = Request { q, pos, low, bytes, dwords: 0, code: 0, data };
        self.past.insert(tag, request.clone());
        self.requests.insert(tag, request);
        self.asked[tag as usize] = !self.phases[tag as usize];
        self.step();
    }

    fn step(&mut self) {
        let nobody = [0, (self.asked[self.look as usize] as u32) << 10];
        let landing = self.past.get(&self.look).map_or(nobody, |r| {
            // Fields from bit 0 up: q 6, base 21, end 13, low 2, phase 1.
            let base = r.pos.wrapping_sub(r.low) & 0x1F_FFFF;
            let phase = self.asked[self.look as usize] as u64;
            let packed = r.q | base << 6 | (r.low + r.bytes) << 27 | r.low << 40 | phase << 42;
            [packed as u32, (packed >> 32) as u32]
        });
        self.d.set_wide("landing", &landing);
        self.d.step();
        self.look = self.d.get("look_tag");
        self.unexpected += self.d.get("unexpected");
        if self.d.is_set("verdict_valid") {
            let (tag, verdict) = (self.d.get("verdict_tag"), self.d.get("verdict"));
            let phase = verdict >> 8 & 1 == 1;
            assert_eq!(verdict >> 9 == 1, verdict as u8 != 0);
            assert_ne!(self.phases[tag as usize], phase, "tag {tag} had ended");
            self.phases[tag as usize] = phase;
            self.ended.push((tag, verdict as u8));
        }
        let enable = self.d.get("w_enable");
        let data: Vec<u8> = self.d.get_wide("w_data").iter().flat_map(|w| w.to_le_bytes()).collect();
        for bank in (0..self.row).filter(|b| enable >> b & 1 == 1) {
            let row = if self.d.get("w_second") >> bank & 1 == 1 { "w_row2" } else { "w_row" };
            let at = self.d.get(row) * self.row + bank;
            let share = ROWS * self.row;
            let owned = |r: &Request| at / share == r.q && (at + share - r.pos % share) % share < r.bytes;
            assert!(self.past.values().any(owned), "byte {at:#x} belongs to nobody");
            self.memory[at as usize] = Some(data[bank as usize]);
        }
    }

    /// Sends a completion; `count` and `len` as the header says, whatever the payload is.
    #[allow(clippy::too_many_arguments)]
    fn send(&mut self, tag: u64, payload: &[u8], count: u64, len: u64, status: u64, ep: bool, error: bool) {
        let row = self.row as usize;
        let beats = payload.len().div_ceil(row).max(1);
        let right = self.requests.get(&tag).map_or(0, |r| if r.dwords == 0 { r.low } else { 0 });
        let low = self.lower.take().unwrap_or(right);
        for i in 0..beats {
            let mut words = vec![0u32; row / 4];
            let part = &payload[i * row..payload.len().min((i + 1) * row)];
            for (lane, byte) in part.iter().enumerate() {
                words[lane / 4] |= (*byte as u32) << (lane % 4 * 8);
            }
            if row == 8 {
                self.d.set("cpl_data", words[0] as u64 | (words[1] as u64) << 32);
            } else {
                self.d.set_wide("cpl_data", &words);
            }
            for (name, value) in [
                ("to_land", 1),
                ("cpl_open", 1),
                ("cpl_valid", 1),
                ("cpl_first", (i == 0) as u64),
                ("cpl_last", (i == beats - 1) as u64),
                ("cpl_keep", (1 << part.len().div_ceil(4)) - 1),
                ("cpl_error", (error && i == beats - 1) as u64),
                ("cpl_tag", tag),
                ("cpl_status", status),
                ("cpl_byte_count", count),
                ("cpl_len", len),
                ("cpl_low", low),
                ("cpl_ep", ep as u64),
                ("cpl_has_data", !payload.is_empty() as u64),
            ] {
                self.d.set(name, value);
            }
            self.step();
            self.d.set("cpl_valid", 0u64);
            if self.rng.random_bool(0.1) {
                self.step();
            }
        }
    }

    /// The next `dwords` DWs of a request, correct in every way.
    fn correct(&mut self, tag: u64, dwords: u64, error: bool, ep: bool) {
        let r = self.requests[&tag].clone();
        let total = (r.low + r.bytes).div_ceil(4);
        let dwords = dwords.min(total - r.dwords);
        let byte = |at: u64| match at.checked_sub(r.low) {
            Some(i) if i < r.bytes && !error => r.data[i as usize],
            _ => (at * 37) as u8,
        };
        let payload: Vec<u8> = (r.dwords * 4..(r.dwords + dwords) * 4).map(byte).collect();
        let count = r.low + r.bytes - if r.dwords == 0 { r.low } else { r.dwords * 4 };
        self.send(tag, &payload, count, dwords, 0, ep, error);
        if !error {
            let r = self.requests.get_mut(&tag).expect("asked for");
            r.dwords += dwords;
            if ep && r.code == 0 {
                r.code = status::DATA_POISONED;
            }
        }
    }

    fn over(&self, tag: u64) -> bool {
        let r = &self.requests[&tag];
        r.dwords == (r.low + r.bytes).div_ceil(4)
    }

    fn settle(&mut self) -> VecDeque<(u64, u8)> {
        (0..8).for_each(|_| self.step());
        self.ended.drain(..).collect()
    }
}

#[test]
fn any_split_in_any_order() {
    for seed in 0..30 {
        let mut b = Bench::new(seed, 8 << (seed % 3));
        for round in 0..30u64 {
            let tags = b.rng.random_range(1..20u64);
            for i in 0..tags {
                // Neighbours in the FIFO share rows.
                let (low, bytes) = (b.rng.random_range(0..4), b.rng.random_range(1..=200));
                let pos = round * 7001 + i * 200;
                b.ask(8 + (round + i) % 56, i % 4, pos, low, bytes);
            }
            let mut expected = BTreeMap::new();
            let mut order = vec![];
            while !b.requests.is_empty() {
                let tags: Vec<u64> = b.requests.keys().copied().collect();
                let tag = tags[b.rng.random_range(0..tags.len())];
                for _ in 0..b.rng.random_range(1..4) {
                    let small = b.rng.random_bool(0.7);
                    let dwords = if small { b.rng.random_range(1..=4) } else { b.rng.random_range(1..=50) };
                    let (error, ep) = (b.rng.random_bool(0.1), b.rng.random_bool(0.01));
                    b.correct(tag, dwords, error, ep);
                    if b.over(tag) {
                        let request = b.requests.remove(&tag).expect("there");
                        order.push((tag, request.code));
                        expected.insert(tag, request);
                        break;
                    }
                }
            }
            assert_eq!(b.settle(), order, "seed {seed}");
            for request in expected.values() {
                for (i, byte) in request.data[..request.bytes as usize].iter().enumerate() {
                    let at = request.q * ROWS * b.row + (request.pos + i as u64) % (ROWS * b.row);
                    assert_eq!(b.memory[at as usize], Some(*byte), "seed {seed}: {request:?} byte {i}");
                }
            }
            assert_eq!(b.unexpected, 0);
        }
    }
}

#[test]
fn faults_end_a_tag_and_write_nowhere_else() {
    for row in [8, 16, 32] {
        faults(row);
    }
}

fn faults(row: u64) {
    let mut b = Bench::new(77, row);
    for i in 0..600 {
        let tag = 8 + i % 56;
        b.past.clear();
        let (low, bytes) = (b.rng.random_range(0..4), b.rng.random_range(40..300));
        b.ask(tag, i % 4, i * 311, low, bytes);
        let before = b.rng.random_range(0..8);
        if before > 0 {
            b.correct(tag, before, false, false);
        }
        let r = b.requests[&tag].clone();
        let left = r.low + r.bytes - if r.dwords == 0 { r.low } else { r.dwords * 4 };
        let junk: Vec<u8> = (0..2000).map(|_| b.rng.random()).collect();
        let dwords = ((if r.dwords == 0 { r.low } else { 0 }) + left).div_ceil(4);
        let code = match i % 8 {
            0 => {
                b.send(tag, &[], left, 1, 1, false, false);
                status::DATA_UR
            }
            1 => {
                b.send(tag, &[], left, 1, 4, false, false);
                status::DATA_CA
            }
            2 => {
                b.send(tag, &junk[..16], left, 4, 2, false, false);
                status::DATA_UR
            }
            3 => {
                // More payload than asked for.
                b.send(tag, &junk[..(dwords as usize + 5) * 4], left, dwords + 5, 0, false, false);
                status::DATA_MALFORMED
            }
            4 => {
                // All of it, but more is announced.
                b.send(tag, &junk[..dwords as usize * 4], left + 64, dwords, 0, false, false);
                status::DATA_MALFORMED
            }
            5 => {
                // Not all of it, but nothing more is announced.
                b.send(tag, &junk[..8], 2, 2, 0, false, false);
                status::DATA_MALFORMED
            }
            6 => {
                // The last by its own header, but only with a Lower Address that is wrong.
                b.lower = Some(0);
                b.send(tag, &junk[..8], 8, 2, 0, false, false);
                status::DATA_MALFORMED
            }
            _ => {
                // A wrong count in the middle; the rest still comes.
                b.send(tag, &junk[..4], left + 12, 1, 0, false, false);
                let r = b.requests.get_mut(&tag).expect("there");
                r.dwords += 1;
                while !b.over(tag) {
                    b.correct(tag, 9, false, false);
                }
                status::DATA_MALFORMED
            }
        };
        assert_eq!(b.settle(), [(tag, code)], "case {}", i % 8);
        assert_eq!((b.phases[tag as usize], b.unexpected), (b.asked[tag as usize], 0));
        b.requests.remove(&tag);
        // Whatever comes after the end is dropped and counted.
        b.memory.fill(None);
        b.send(tag, &junk[..64], 64, 16, 0, false, false);
        b.settle();
        assert_eq!(std::mem::take(&mut b.unexpected), 1);
        assert!(b.memory.iter().all(Option::is_none));
    }
}

#[test]
fn a_beat_every_clock_with_one_beat_completions_of_one_tag() {
    for row in [8, 16, 32] {
        let mut b = Bench::new(5, row);
        b.ask(9, 1, 5, 3, 400);
        let clocks = b.d.clocks();
        let mut beats = 0;
        while !b.over(9) {
            b.correct(9, row / 4, false, false);
            beats += 1;
        }
        assert!(b.d.clocks() - clocks < beats + beats / 2);
        assert_eq!(b.settle(), [(9, 0)]);
    }
}
