//! `c2h::Send`: entries in, TLPs, records and freed rows out, against a memory of random bytes.

#[path = "c2h/tlp.rs"]
mod tlp;

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use tlp::{Beat, Sink};
use verilated::Dut;

const ROWS: usize = 512;

/// A build of the block: bytes of a row, and how to make it.
type Build = (usize, fn(u64) -> Dut);
const BUILDS: [Build; 3] = [
    (8, |seed| dut!(c2h_send64, seed)),
    (16, |seed| dut!(c2h_send, seed)),
    (32, |seed| dut!(c2h_send256, seed)),
];

/// An entry as plan makes it, see `types::Entry`.
#[derive(Clone, Debug)]
struct Entry {
    q: u64,
    tlp: bool,
    record: bool,
    pos: u64,
    addr: u64,
    n: u64,
    attr: u64,
    row: u64,
    pkts: u64,
    bytes: u64,
    meta: u64,
    index: u64,
    eop: bool,
    irq: bool,
    status: u64,
}

impl Entry {
    fn random(rng: &mut StdRng, mps: u64) -> Self {
        // Above, below and across 4 GiB.
        let base = [0x1000u64, 0xFFFF_0000, 0x1_0000_0000, 0xFEDC_BA98_0000_0000][rng.random_range(0..4)];
        let addr = base + rng.random_range(0..1u64 << 16);
        let room = mps - addr % mps;
        let n = if rng.random() { room } else { rng.random_range(1..=room) };
        let tlp = rng.random_bool(0.9);
        Entry {
            q: rng.random_range(0..4),
            tlp,
            record: !tlp || rng.random_bool(0.3),
            pos: rng.random_range(0..1 << 20),
            addr,
            n,
            attr: rng.random_range(0..4),
            row: rng.random_range(0..0x10000),
            pkts: rng.random_range(0..0x10000),
            bytes: rng.random_range(0..1 << 24),
            meta: rng.random_range(0..1 << 32),
            index: rng.random_range(0..1 << 32),
            eop: rng.random(),
            irq: rng.random(),
            status: rng.random_range(0..256),
        }
    }

    fn words(&self) -> Vec<u32> {
        let mut words = vec![0u32; 8];
        let mut at = 0;
        let fields = [
            (self.q, 6),
            (self.tlp as u64, 1),
            (self.record as u64, 1),
            (self.pos, 24),
            (self.addr, 64),
            (self.n, 11),
            (self.attr, 2),
            (self.row, 16),
            (self.pkts, 16),
            (self.bytes, 24),
            (self.meta, 32),
            (self.index, 32),
            (self.eop as u64, 1),
            (self.irq as u64, 1),
            (self.status, 8),
        ];
        for (value, width) in fields {
            for bit in 0..width {
                words[at / 32] |= ((value >> bit & 1) as u32) << (at % 32);
                at += 1;
            }
        }
        words
    }
}

struct Bench {
    d: Dut,
    lanes: usize,
    rng: StdRng,
    memory: Vec<u8>,
    todo: VecDeque<Entry>,
    freed: VecDeque<Entry>,
    tlps: VecDeque<Entry>,
    records: VecDeque<Entry>,
    sink: Sink,
    /// By which entries are cut, and what is told to the block.
    mps: u64,
    cfg_mps: u64,
    /// Beats accepted since that became smaller, and before the TLP under way.
    since: u64,
    since_first: u64,
    /// Bytes sent of the present entry.
    sent: u64,
    tlps_read: u64,
    entries: u64,
    busy: u64,
}

impl Bench {
    fn new((lanes, make): Build, seed: u64, mps: u64) -> Self {
        let mut d = make(seed);
        let mut rng = StdRng::seed_from_u64(seed);
        d.pulse("rst", 2);
        let memory = (0..4 * ROWS * lanes).map(|_| rng.random()).collect();
        Bench {
            d,
            lanes,
            rng,
            memory,
            todo: VecDeque::new(),
            freed: VecDeque::new(),
            tlps: VecDeque::new(),
            records: VecDeque::new(),
            sink: Sink::default(),
            mps,
            cfg_mps: mps.ilog2() as u64 - 7,
            since: 0,
            since_first: 0,
            sent: 0,
            tlps_read: 0,
            entries: 0,
            busy: 0,
        }
    }

    fn resize(&mut self, cfg_mps: u64) {
        if cfg_mps < self.cfg_mps {
            // What is going out began before.
            (self.since, self.since_first) = (0, 0);
        }
        self.cfg_mps = cfg_mps;
    }

    fn step(&mut self, ready: bool, record_ready: bool) {
        self.d.set("cfg_mps", self.cfg_mps);
        self.d.set("data_wr_ready", ready as u64);
        self.d.set("rec_c2h_ready", record_ready as u64);
        self.d.set("entry_valid", !self.todo.is_empty() as u64);
        if let Some(e) = self.todo.front() {
            self.d.set_wide("entry", &e.words());
        }
        self.d.step();
        // Row memory: bank b gives row or row2.
        let (row, row2) = (self.d.get("mem_row") as usize, self.d.get("mem_row2") as usize);
        let second = self.d.get("mem_second");
        let bytes: Vec<u8> = (0..self.lanes)
            .map(|b| self.memory[if second >> b & 1 == 1 { row2 } else { row } * self.lanes + b])
            .collect();
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
        self.d.set_wide("mem_data", &words);
        if !self.todo.is_empty() && self.d.is_set("entry_ready") {
            let e = self.todo.pop_front().unwrap();
            self.entries += 1;
            if e.tlp {
                self.freed.push_back(e.clone());
            }
            self.tlps.push_back(e);
        }
        self.tlps_read += self.d.is_set("c2h_tlp_valid") as u64;
        if self.d.is_set("c2h_freed_valid") {
            let e = self.freed.pop_front().expect("freed without a TLP");
            // With its last TLP, if it is sent in several.
            assert!(self.d.is_set("c2h_tlp_valid") && self.d.get("c2h_tlp_q") == e.q);
            let got = (self.d.get("c2h_freed_q"), self.d.get("c2h_freed_row"), self.d.get("c2h_freed_pkts"));
            assert_eq!(got, (e.q, e.row, e.pkts));
            // From now on the rows may be overwritten: what is sent must have been read.
        }
        // A record is compared before this clock's TLP counts: it must have been accepted earlier.
        self.drain_records();
        if self.d.is_set("rec_c2h_valid") && record_ready {
            let e = self.records.pop_front().expect("a record before its TLP was accepted");
            let got = ["q", "bytes", "meta", "index", "flags", "status", "irq"]
                .map(|f| self.d.get(&format!("rec_c2h_{f}")));
            assert_eq!(got, [e.q, e.bytes, e.meta, e.index, e.eop as u64, e.status, e.irq as u64]);
        }
        let before = self.sink.tlps;
        let beat = Beat::offered(&self.d);
        self.busy += beat.is_some() as u64;
        let done = self.d.is_set("data_wr_done");
        if beat.as_ref().is_some_and(|beat| ready && beat.first) {
            self.since_first = self.since;
        }
        self.since += (beat.is_some() && ready) as u64;
        self.sink.clock(beat, ready, self.mps);
        if self.sink.tlps > before {
            self.judge(done);
        }
    }

    /// A TLP was sent; its entry may go on.
    fn judge(&mut self, done: bool) {
        let e = self.tlps.front().expect("a TLP without entry");
        let from = std::mem::replace(&mut self.sent, self.sink.written.len() as u64);
        assert_eq!(self.sink.latest, (e.addr + from, e.attr as u32));
        let (addr, last) = (e.addr + from, e.addr + self.sent - 1);
        let mps = 128 << self.cfg_mps;
        assert!(
            addr / mps == last / mps || self.since_first <= 18,
            "still the old size, {} beats after the change",
            self.since_first
        );
        assert!(done || (last + 1) % 128 == 0);
        assert_eq!(done, self.sent == e.n);
        if !done {
            return;
        }
        self.sent = 0;
        let e = self.tlps.pop_front().unwrap();
        let written = std::mem::take(&mut self.sink.written);
        let share = ROWS * self.lanes;
        for k in 0..e.n {
            let from = e.q as usize * share + (e.pos + k) as usize % share;
            assert_eq!(written.get(&(e.addr + k)), Some(&self.memory[from]), "byte {k} of {e:x?}");
        }
        if e.record {
            self.records.push_back(e);
        }
    }

    /// Entries without TLP go on at once.
    fn drain_records(&mut self) {
        while self.tlps.front().is_some_and(|e| !e.tlp) {
            self.records.extend(self.tlps.pop_front());
        }
    }

    fn idle(&self) -> bool {
        self.todo.is_empty() && self.tlps.is_empty() && self.records.is_empty() && self.freed.is_empty()
    }
}

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

/// Clocks of 4900 in which a beat was offered, and beats that the entries had.
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
