//! Send between plan, the shares, the write arbiter and the record writer: its builds, a clock of it, and what is judged.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::entry::Entry;
use crate::tlp::{Beat, Sink};

const ROWS: usize = 512;

/// A build of the block: bytes of a row, and how to make it.
pub type Build = (usize, fn(u64) -> Dut);
pub const BUILDS: [Build; 3] = [
    (8, |seed| dut!(c2h_send64, seed)),
    (16, |seed| dut!(c2h_send, seed)),
    (32, |seed| dut!(c2h_send256, seed)),
];

pub struct Bench {
    pub d: Dut,
    pub lanes: usize,
    pub rng: StdRng,
    pub memory: Vec<u8>,
    pub todo: VecDeque<Entry>,
    pub to_free: VecDeque<Entry>,
    pub tlps: VecDeque<Entry>,
    pub records: VecDeque<Entry>,
    pub sink: Sink,
    /// By which entries are cut, and what is told to the block.
    pub mps: u64,
    pub cfg_mps: u64,
    /// Beats accepted since that became smaller, and before the TLP under way.
    pub since: u64,
    pub since_first: u64,
    /// Bytes sent of the present entry.
    pub sent: u64,
    pub tlps_read: u64,
    pub entries: u64,
    pub busy: u64,
}

impl Bench {
    pub fn new((lanes, make): Build, seed: u64, mps: u64) -> Self {
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
            to_free: VecDeque::new(),
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

    pub fn resize(&mut self, cfg_mps: u64) {
        if cfg_mps < self.cfg_mps {
            // What is going out began before.
            (self.since, self.since_first) = (0, 0);
        }
        self.cfg_mps = cfg_mps;
    }

    pub fn step(&mut self, ready: bool, record_ready: bool) {
        self.d.set("cfg_mps", self.cfg_mps);
        self.d.set("data_wr_ready", ready as u64);
        self.d.set("rec_c2h_ready", record_ready as u64);
        self.d.set("entry_valid", !self.todo.is_empty() as u64);
        if let Some(e) = self.todo.front() {
            self.d.set_wide("entry", &e.words());
        }
        self.d.step();
        self.read_rows();
        if !self.todo.is_empty() && self.d.is_set("entry_ready") {
            self.accepted();
        }
        self.tlps_read += self.d.is_set("c2h_tlp_valid") as u64;
        if self.d.is_set("c2h_freed_valid") {
            self.freed();
        }
        // A record is compared before this clock's TLP counts: it must have been accepted earlier.
        self.drain_records();
        if self.d.is_set("rec_c2h_valid") && record_ready {
            self.record();
        }
        self.beat(ready);
    }

    /// Row memory: bank b gives row or row2.
    fn read_rows(&mut self) {
        let (row, row2) = (self.d.get("mem_row") as usize, self.d.get("mem_row2") as usize);
        let second = self.d.get("mem_second");
        let bytes: Vec<u8> = (0..self.lanes)
            .map(|b| self.memory[if second >> b & 1 == 1 { row2 } else { row } * self.lanes + b])
            .collect();
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
        self.d.set_wide("mem_data", &words);
    }

    fn accepted(&mut self) {
        let e = self.todo.pop_front().unwrap();
        self.entries += 1;
        if e.tlp {
            self.to_free.push_back(e.clone());
        }
        self.tlps.push_back(e);
    }

    /// Rows are freed with the last TLP of their entry, if it is sent in several. From now on they may be overwritten: what
    /// is sent must have been read.
    fn freed(&mut self) {
        let e = self.to_free.pop_front().expect("freed without a TLP");
        assert!(self.d.is_set("c2h_tlp_valid") && self.d.get("c2h_tlp_q") == e.q);
        let got = ["q", "row", "pkts"].map(|f| self.d.get(&format!("c2h_freed_{f}")));
        assert_eq!(got, [e.q, e.row, e.pkts]);
    }

    fn record(&mut self) {
        let e = self.records.pop_front().expect("a record before its TLP was accepted");
        let got = ["q", "bytes", "meta", "index", "flags", "status", "irq"]
            .map(|f| self.d.get(&format!("rec_c2h_{f}")));
        assert_eq!(got, [e.q, e.bytes, e.meta, e.index, e.eop as u64, e.status, e.irq as u64]);
    }

    fn beat(&mut self, ready: bool) {
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

    pub fn idle(&self) -> bool {
        self.todo.is_empty() && self.tlps.is_empty() && self.records.is_empty() && self.to_free.is_empty()
    }
}
