//! An AXI4 master with a model of the memories behind the port. Every beat and every response is compared.

// Each test binary takes what it needs.
#![allow(dead_code)]

mod burst;
mod channels;
mod traffic;

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

pub use burst::{Burst, Map, FIXED, INCR, WRAP};

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
        self.offer(coins);
        self.d.set("axi_bready", b_ready);
        self.d.set("axi_rready", r_ready);
        self.d.step();
        self.clock += 1;
        self.give_aw();
        self.take_b(b_ready);
        self.give_w();
        self.give_ar();
        self.take_r(r_ready);
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
}
