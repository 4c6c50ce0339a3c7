//! An AXI4 master with a model of the memories behind the port. Every beat and every response is compared.

// Each test binary takes what it needs.
#![allow(dead_code)]

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

pub const FIXED: u64 = 0;
pub const INCR: u64 = 1;
pub const WRAP: u64 = 2;

#[derive(Clone, Debug)]
pub struct Burst {
    pub addr: u64,
    pub beats: u64,
    pub size: u32,
    pub kind: u64,
    /// Write beats: data and strobes.
    pub data: VecDeque<(Vec<u8>, u64)>,
    /// Clock in which its address, or its last data beat, was taken.
    taken: u64,
}

impl Burst {
    /// A read of whole beats.
    pub fn read(addr: u64, beats: u64, width: u64) -> Burst {
        Burst { addr, beats, size: width.trailing_zeros(), kind: INCR, data: VecDeque::new(), taken: 0 }
    }

    /// First byte of the row of beat `i`.
    fn row(&self, i: u64, width: u64) -> u64 {
        let step = 1 << self.size;
        let at = if self.kind == FIXED || i == 0 { self.addr } else { self.addr / step * step + i * step };
        at / width * width
    }
}

/// Memories by first address.
pub struct Map(pub Vec<(u64, Vec<u8>)>);

impl Map {
    fn find(&mut self, addr: u64) -> Option<(&mut Vec<u8>, usize)> {
        let inside = |base: u64, len: usize| addr >= base && addr - base < len as u64;
        let (base, memory) = self.0.iter_mut().find(|(base, memory)| inside(*base, memory.len()))?;
        Some((memory, (addr - *base) as usize))
    }

    /// What the port answers to a burst (AMBA AXI4 A3.4.4).
    fn resp(&mut self, burst: &Burst) -> u64 {
        match self.find(burst.addr) {
            None => 3,
            Some(_) if burst.kind == WRAP => 2,
            Some(_) => 0,
        }
    }
}

pub struct Master {
    pub d: Dut,
    pub width: u64,
    pub map: Map,
    pub rng: StdRng,
    /// Probability that each of the five handshakes pauses in a clock.
    pub stall: f64,
    aw: VecDeque<Burst>,
    w: VecDeque<Burst>,
    /// Response, and the clock of the last beat.
    b: VecDeque<(u64, u64)>,
    ar: VecDeque<Burst>,
    r: VecDeque<(Burst, u64)>,
    valid: [bool; 3],
    shown_b: Option<u64>,
    shown_r: Option<(Vec<u32>, u64, u64)>,
    ended_w: VecDeque<u64>,
    pub clock: u64,
    /// Clocks of the beats.
    pub w_clocks: Vec<u64>,
    pub r_clocks: Vec<u64>,
    /// Clocks from a last beat to its response, and from an address to its first beat.
    pub b_latency: Vec<u64>,
    pub r_latency: Vec<u64>,
}

impl Master {
    /// `memories` are their first addresses and the log2 of their sizes.
    pub fn new(mut d: Dut, width: u64, memories: &[(u64, u64)], seed: u64) -> Master {
        d.pulse("rst", 2);
        Self::without_reset(d, width, memories, seed)
    }

    /// As [`Master::new`], in the state in which the card is.
    pub fn without_reset(d: Dut, width: u64, memories: &[(u64, u64)], seed: u64) -> Master {
        println!("seed {seed}");
        Master {
            d,
            width,
            map: Map(memories.iter().map(|(base, log2)| (*base, vec![0; 1 << log2])).collect()),
            rng: StdRng::seed_from_u64(seed),
            stall: 0.0,
            aw: VecDeque::new(),
            w: VecDeque::new(),
            b: VecDeque::new(),
            ar: VecDeque::new(),
            r: VecDeque::new(),
            valid: [false; 3],
            shown_b: None,
            shown_r: None,
            ended_w: VecDeque::new(),
            clock: 0,
            w_clocks: Vec::new(),
            r_clocks: Vec::new(),
            b_latency: Vec::new(),
            r_latency: Vec::new(),
        }
    }

    pub fn write(&mut self, burst: Burst) {
        self.aw.push_back(burst.clone());
        self.w.push_back(burst);
    }

    pub fn read(&mut self, burst: Burst) {
        self.ar.push_back(burst);
    }

    /// Writes whole beats of random data.
    pub fn write_beats(&mut self, addr: u64, beats: u64) {
        let width = self.width;
        let strobes = u64::MAX >> (64 - width);
        let data = (0..beats).map(|_| ((0..width).map(|_| self.rng.random()).collect(), strobes)).collect();
        self.write(Burst { data, ..Burst::read(addr, beats, width) });
    }

    fn idle(&self) -> bool {
        let addresses = self.aw.is_empty() && self.ar.is_empty();
        addresses && self.w.is_empty() && self.b.is_empty() && self.r.is_empty()
    }

    fn address(&mut self, channel: &str, b: &Burst) {
        self.d.set(&format!("axi_{channel}addr"), b.addr);
        self.d.set(&format!("axi_{channel}len"), b.beats - 1);
        self.d.set(&format!("axi_{channel}size"), u64::from(b.size));
        self.d.set(&format!("axi_{channel}burst"), b.kind);
    }

    /// Forgets everything and resets the card.
    pub fn reset(&mut self) {
        for queue in [&mut self.aw, &mut self.w, &mut self.ar] {
            queue.clear();
        }
        self.b.clear();
        self.r.clear();
        self.ended_w.clear();
        self.valid = [false; 3];
        (self.shown_b, self.shown_r) = (None, None);
        for channel in ["aw", "w", "ar"] {
            self.d.set(&format!("axi_{channel}valid"), 0u64);
        }
        self.d.pulse("rst", 2);
    }

    pub fn step(&mut self) {
        let mut go = || self.rng.random_bool(1.0 - self.stall);
        let coins = [go(), go(), go()];
        let (b_ready, r_ready) = (go(), go());
        let any = [!self.aw.is_empty(), !self.w.is_empty(), !self.ar.is_empty()];
        for i in 0..3 {
            self.valid[i] = any[i] && (self.valid[i] || coins[i]);
        }
        self.d.set("axi_awvalid", self.valid[0]);
        if let Some(b) = self.aw.front().cloned() {
            self.address("aw", &b);
        }
        self.d.set("axi_wvalid", self.valid[1]);
        if let Some(b) = self.w.front() {
            let words: Vec<u32> =
                b.data[0].0.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            self.d.set_wide("axi_wdata", &words);
            self.d.set("axi_wstrb", b.data[0].1);
            self.d.set("axi_wlast", b.data.len() == 1);
        }
        self.d.set("axi_arvalid", self.valid[2]);
        if let Some(b) = self.ar.front().cloned() {
            self.address("ar", &b);
        }
        self.d.set("axi_bready", b_ready);
        self.d.set("axi_rready", r_ready);
        self.d.step();
        self.clock += 1;
        if self.valid[0] && self.d.is_set("axi_awready") {
            let b = self.aw.pop_front().unwrap();
            self.b.push_back((self.map.resp(&b), 0));
            self.valid[0] = false;
        }
        self.take_b(b_ready);
        self.give_w();
        if self.valid[2] && self.d.is_set("axi_arready") {
            let mut b = self.ar.pop_front().unwrap();
            b.taken = self.clock;
            self.r.push_back((b, 0));
            self.valid[2] = false;
        }
        self.take_r(r_ready);
    }

    fn take_b(&mut self, ready: bool) {
        let valid = self.d.is_set("axi_bvalid");
        let shown = self.d.get("axi_bresp");
        // A3.2.1: VALID and what goes with it stay until READY.
        if let Some(before) = self.shown_b.take() {
            assert!(valid && shown == before, "a response stays until it is taken");
        }
        if !valid {
            return;
        }
        let last = *self.ended_w.front().expect("a response behind its data");
        if ready {
            assert_eq!(Some(shown), self.b.pop_front().map(|b| b.0));
            self.ended_w.pop_front();
            self.b_latency.push(self.clock - last);
        } else {
            self.shown_b = Some(shown);
        }
    }

    fn give_w(&mut self) {
        if !self.valid[1] || !self.d.is_set("axi_wready") {
            return;
        }
        let width = self.width;
        let b = self.w.front_mut().unwrap();
        let (data, strobes) = b.data.pop_front().unwrap();
        let i = b.beats - b.data.len() as u64 - 1;
        let (resp, row, ended) = (self.map.resp(b), b.row(i, width), b.data.is_empty());
        if resp == 0 {
            let (memory, at) = self.map.find(row).unwrap();
            for lane in (0..width as usize).filter(|lane| strobes >> lane & 1 == 1) {
                memory[at + lane] = data[lane];
            }
        }
        if ended {
            self.w.pop_front();
            self.ended_w.push_back(self.clock);
        }
        self.valid[1] = false;
        self.w_clocks.push(self.clock);
    }

    fn take_r(&mut self, ready: bool) {
        let valid = self.d.is_set("axi_rvalid");
        let shows = (self.d.get_wide("axi_rdata"), self.d.get("axi_rresp"), self.d.get("axi_rlast"));
        if let Some(shown) = self.shown_r.take() {
            assert!(valid && shown == shows, "a beat stays until it is taken");
        }
        if valid && !ready {
            self.shown_r = Some(shows);
        } else if valid {
            let (burst, i) = self.r.front_mut().expect("a beat that was asked for");
            let resp = self.map.resp(burst);
            assert_eq!(shows.1, resp, "{burst:x?} beat {i}");
            if resp == 0 {
                let row = burst.row(*i, self.width);
                let bytes: Vec<u8> = shows.0.iter().flat_map(|w| w.to_le_bytes()).collect();
                let (memory, at) = self.map.find(row).unwrap();
                assert_eq!(bytes, memory[at..at + self.width as usize], "{burst:x?} beat {i}");
            }
            if *i == 0 {
                self.r_latency.push(self.clock - burst.taken);
            }
            *i += 1;
            assert_eq!(shows.2 == 1, *i == burst.beats);
            if *i == burst.beats {
                self.r.pop_front();
            }
            self.r_clocks.push(self.clock);
        }
    }

    pub fn run(&mut self, clocks: u64) {
        for _ in 0..clocks {
            self.step();
        }
    }

    /// Runs until everything has ended.
    pub fn finish(&mut self) {
        for _ in 0..400_000 {
            self.step();
            if self.idle() {
                return;
            }
        }
        panic!("bursts are left");
    }

    /// Gives every byte of the memories a known value.
    pub fn fill(&mut self) {
        let beats = (4096 / self.width).min(256);
        let memories: Vec<(u64, u64)> = self.map.0.iter().map(|(base, m)| (*base, m.len() as u64)).collect();
        for (base, len) in memories {
            for addr in (0..len).step_by((beats * self.width) as usize) {
                self.write_beats(base + addr, beats);
            }
        }
        self.finish();
    }

    /// A burst that may have any length, size and place, also where there is no memory.
    pub fn any_burst(&mut self, write: bool) -> Burst {
        let width = self.width;
        let rng = &mut self.rng;
        let full = width.trailing_zeros();
        let size = if rng.random_bool(0.8) { full } else { rng.random_range(0..=full) };
        let kinds = if rng.random_bool(0.1) { 5 } else { 4 };
        let kind = [INCR, INCR, INCR, FIXED, WRAP][rng.random_range(0..kinds)];
        let mut beats: u64 = [1, 2, 16, 256][rng.random_range(0..4)];
        beats = rng.random_range(1..=beats);
        if kind == FIXED {
            beats = beats.min(16);
        }
        // A burst stays within its 4 KiB (A3.4.1).
        let bytes = if kind == FIXED { 1 << size } else { (beats << size).min(4096) };
        if kind != FIXED {
            beats = bytes >> size;
        }
        let (base, memory) = &self.map.0[rng.random_range(0..self.map.0.len())];
        let len = memory.len() as u64;
        let mut addr = rng.random_range(0..len / 4096) * 4096
            + rng.random_range(0..=4096 - bytes) / (1 << size) * (1 << size);
        if rng.random_bool(0.2) && beats > 1 && kind == INCR {
            addr += rng.random_range(0..1 << size);
        }
        addr += base;
        if rng.random_bool(0.1) {
            addr = (base + len)
                .wrapping_add((addr | rng.random::<u64>() >> rng.random_range(1..50)) / 4096 * 4096);
        }
        let mut data = VecDeque::new();
        for _ in 0..if write { beats } else { 0 } {
            let mask = u64::MAX >> (64 - width);
            let strobes = if rng.random() { mask } else { rng.random::<u64>() & mask };
            data.push_back(((0..width).map(|_| rng.random()).collect(), strobes));
        }
        Burst { addr, beats, size, kind, data, taken: 0 }
    }

    /// Rounds of a few writes, then a few reads: between them the order is the master's.
    pub fn random_rounds(&mut self, rounds: u32) {
        for _ in 0..rounds {
            for write in [true, false] {
                for _ in 0..self.rng.random_range(1..6) {
                    let burst = self.any_burst(write);
                    match write {
                        true => self.write(burst),
                        false => self.read(burst),
                    }
                }
                self.finish();
            }
        }
    }
}
