//! The card's memory over AXI4, against a model.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

use crate::{card, SIZES};

#[derive(Clone, Debug)]
struct Burst {
    addr: u64,
    beats: u64,
    size: u32,
    kind: u64,
    /// Write beats: data and strobes.
    data: VecDeque<(Vec<u8>, u64)>,
}

const FIXED: u64 = 0;
const INCR: u64 = 1;
const WRAP: u64 = 2;

impl Burst {
    fn resp(&self, memory: u64) -> u64 {
        match () {
            () if self.addr >= memory => 3,
            () if self.kind == WRAP => 2,
            () => 0,
        }
    }

    /// First byte of the row of beat `i`.
    fn row(&self, i: u64, width: u64) -> u64 {
        let step = 1 << self.size;
        let at = if self.kind == FIXED || i == 0 { self.addr } else { self.addr / step * step + i * step };
        at / width * width
    }
}

fn any_burst(rng: &mut StdRng, width: u64, memory: u64, write: bool) -> Burst {
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
    let mut addr = rng.random_range(0..memory / 4096) * 4096
        + rng.random_range(0..=4096 - bytes) / (1 << size) * (1 << size);
    if rng.random_bool(0.2) && beats > 1 && kind == INCR {
        addr += rng.random_range(0..1 << size);
    }
    if rng.random_bool(0.1) {
        addr = memory + (addr | rng.random::<u64>() >> rng.random_range(1..50)) / 4096 * 4096;
    }
    let mut data = VecDeque::new();
    for _ in 0..if write { beats } else { 0 } {
        let mask = u64::MAX >> (64 - width);
        let strobes = if rng.random() { mask } else { rng.random::<u64>() & mask };
        data.push_back(((0..width).map(|_| rng.random()).collect(), strobes));
    }
    Burst { addr, beats, size, kind, data }
}

struct Master {
    width: u64,
    memory: Vec<u8>,
    rng: StdRng,
    stall: f64,
    aw: VecDeque<Burst>,
    w: VecDeque<Burst>,
    b: VecDeque<u64>,
    ar: VecDeque<Burst>,
    r: VecDeque<(Burst, u64)>,
    valid: [bool; 3],
    shown_b: Option<u64>,
    shown_r: Option<(Vec<u32>, u64, u64)>,
    w_beats: u64,
    r_beats: u64,
}

impl Master {
    fn idle(&self) -> bool {
        self.aw.is_empty()
            && self.w.is_empty()
            && self.b.is_empty()
            && self.ar.is_empty()
            && self.r.is_empty()
    }

    fn burst(d: &mut Dut, channel: &str, b: &Burst) {
        d.set(&format!("axi_{channel}addr"), b.addr);
        d.set(&format!("axi_{channel}len"), b.beats - 1);
        d.set(&format!("axi_{channel}size"), u64::from(b.size));
        d.set(&format!("axi_{channel}burst"), b.kind);
    }

    fn step(&mut self, d: &mut Dut) {
        let mut go = || self.rng.random_bool(1.0 - self.stall);
        let coins = [go(), go(), go()];
        let (b_ready, r_ready) = (go(), go());
        let any = [!self.aw.is_empty(), !self.w.is_empty(), !self.ar.is_empty()];
        for i in 0..3 {
            self.valid[i] = any[i] && (self.valid[i] || coins[i]);
        }
        d.set("axi_awvalid", self.valid[0]);
        if let Some(b) = self.aw.front() {
            Self::burst(d, "aw", b);
        }
        d.set("axi_wvalid", self.valid[1]);
        if let Some(b) = self.w.front() {
            let words: Vec<u32> =
                b.data[0].0.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            d.set_wide("axi_wdata", &words);
            d.set("axi_wstrb", b.data[0].1);
            d.set("axi_wlast", b.data.len() == 1);
        }
        d.set("axi_arvalid", self.valid[2]);
        if let Some(b) = self.ar.front() {
            Self::burst(d, "ar", b);
        }
        d.set("axi_bready", b_ready);
        d.set("axi_rready", r_ready);
        d.step();
        if self.valid[0] && d.is_set("axi_awready") {
            let b = self.aw.pop_front().unwrap();
            self.b.push_back(b.resp(self.memory.len() as u64));
            self.valid[0] = false;
        }
        let b_valid = d.is_set("axi_bvalid");
        if let Some(resp) = self.shown_b.take() {
            assert!(b_valid && d.get("axi_bresp") == resp, "a response stays until it is taken");
        }
        if b_valid {
            assert!(self.w.len() < self.b.len() + self.aw.len(), "a response before its data");
            if b_ready {
                assert_eq!(Some(d.get("axi_bresp")), self.b.pop_front());
            } else {
                self.shown_b = Some(d.get("axi_bresp"));
            }
        }
        if self.valid[1] && d.is_set("axi_wready") {
            let (width, memory) = (self.width, self.memory.len() as u64);
            let b = self.w.front_mut().unwrap();
            let (data, strobes) = b.data.pop_front().unwrap();
            let i = b.beats - b.data.len() as u64 - 1;
            if b.resp(memory) == 0 {
                let row = b.row(i, width) as usize;
                for lane in (0..width as usize).filter(|l| strobes >> l & 1 == 1) {
                    self.memory[row + lane] = data[lane];
                }
            }
            if b.data.is_empty() {
                self.w.pop_front();
            }
            self.valid[1] = false;
            self.w_beats += 1;
        }
        if self.valid[2] && d.is_set("axi_arready") {
            self.r.push_back((self.ar.pop_front().unwrap(), 0));
            self.valid[2] = false;
        }
        let r_valid = d.is_set("axi_rvalid");
        let shows = (d.get_wide("axi_rdata"), d.get("axi_rresp"), d.get("axi_rlast"));
        if let Some(shown) = self.shown_r.take() {
            assert!(r_valid && shown == shows, "a beat stays until it is taken");
        }
        if r_valid && !r_ready {
            self.shown_r = Some(shows);
        } else if r_valid {
            let (burst, i) = self.r.front_mut().expect("a beat that was asked for");
            let resp = burst.resp(self.memory.len() as u64);
            assert_eq!(shows.1, resp);
            if resp == 0 {
                let row = burst.row(*i, self.width) as usize;
                let bytes: Vec<u8> = shows.0.iter().flat_map(|w| w.to_le_bytes()).collect();
                assert_eq!(bytes, self.memory[row..row + self.width as usize], "{burst:x?} beat {i}");
            }
            *i += 1;
            assert_eq!(shows.2 == 1, *i == burst.beats);
            if *i == burst.beats {
                self.r.pop_front();
            }
            self.r_beats += 1;
        }
    }
}

fn master(build: usize, seed: u64) -> (Dut, Master) {
    let size = SIZES[build];
    let master = Master {
        width: size.bytes as u64,
        memory: vec![0; 1 << size.sram_log2],
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
        w_beats: 0,
        r_beats: 0,
    };
    (card(build, seed).d, master)
}

fn push_write(m: &mut Master, b: Burst) {
    m.aw.push_back(b.clone());
    m.w.push_back(b);
}

fn finish(d: &mut Dut, m: &mut Master) {
    for _ in 0..200_000 {
        m.step(d);
        if m.idle() {
            return;
        }
    }
    panic!("bursts are left");
}

fn fill(d: &mut Dut, m: &mut Master) {
    let width = m.width;
    let beats = (4096 / width).min(256);
    for addr in (0..m.memory.len() as u64).step_by((beats * width) as usize) {
        let data = (0..beats)
            .map(|_| ((0..width).map(|_| m.rng.random()).collect(), u64::MAX >> (64 - width)))
            .collect();
        push_write(m, Burst { addr, beats, size: width.trailing_zeros(), kind: INCR, data });
    }
    finish(d, m);
}

#[test]
fn random_bursts() {
    for (build, size) in SIZES.iter().enumerate() {
        for seed in 0..3 {
            let (mut d, mut m) = master(build, seed);
            fill(&mut d, &mut m);
            m.stall = m.rng.random_range(0.0..0.7);
            for _ in 0..60 {
                // Writes, then reads: between them the order is the master's.
                for _ in 0..m.rng.random_range(1..6) {
                    let b = any_burst(&mut m.rng, size.bytes as u64, 1 << size.sram_log2, true);
                    push_write(&mut m, b);
                }
                finish(&mut d, &mut m);
                for _ in 0..m.rng.random_range(1..6) {
                    let b = any_burst(&mut m.rng, size.bytes as u64, 1 << size.sram_log2, false);
                    m.ar.push_back(b);
                }
                finish(&mut d, &mut m);
            }
        }
    }
}

/// A beat per clock in both directions at once, with bursts of any length.
#[test]
fn full_throughput_both_ways() {
    for (build, size) in SIZES.iter().enumerate() {
        for beats in [1, 2, 16] {
            let (mut d, mut m) = master(build, 9);
            fill(&mut d, &mut m);
            let (width, half) = (size.bytes as u64, m.memory.len() as u64 / 2);
            for i in 0..2000 / beats {
                let addr = i * beats * width % (half - beats * width + 1) / (beats * width) * (beats * width);
                let data =
                    (0..beats).map(|_| (vec![i as u8; width as usize], u64::MAX >> (64 - width))).collect();
                let burst = Burst { addr, beats, size: width.trailing_zeros(), kind: INCR, data };
                push_write(&mut m, burst);
                let read = Burst {
                    addr: half + addr,
                    beats,
                    size: width.trailing_zeros(),
                    kind: INCR,
                    data: VecDeque::new(),
                };
                m.ar.push_back(read);
            }
            (m.w_beats, m.r_beats) = (0, 0);
            for _ in 0..1000 {
                m.step(&mut d);
            }
            assert!(m.w_beats >= 998, "build {build}, bursts of {beats}: {} written", m.w_beats);
            assert!(m.r_beats >= 990, "build {build}, bursts of {beats}: {} read", m.r_beats);
        }
    }
}
