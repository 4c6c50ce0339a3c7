//! The record writer's surroundings: data paths, wr_arb, MSI-X, control, and the host with its rings.

// Each of the tests uses a part of it.
#![allow(dead_code)]

mod buses;
mod control;
mod data_paths;
mod host;
mod queue;

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

pub use queue::{Ask, Queue, Settings};

/// `rec_open` shows a record this many clocks behind its acceptance, at most.
pub const OPEN_LATE: u64 = 6;

/// A TLP as it comes out, beat by beat.
#[derive(Default)]
pub(crate) struct Tlp {
    pub addr: u64,
    pub bytes: u64,
    pub dws: Vec<u32>,
    /// It is offered: valid must not fall.
    pub offered: bool,
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub now: u64,
    pub w: usize,
    pub nq: usize,
    pub gn: usize,
    pub mps: u32,
    pub queues: Vec<Queue>,
    pub run: u64,
    /// What the data paths offer.
    pub offered: [Option<Ask>; 2],
    pub cons: Option<(usize, u32, bool)>,
    pub wr_ready: f64,
    pub irq_ready: f64,
    /// Clocks in which a TLP began, and how many records it had.
    pub tlps: Vec<(u64, usize)>,
    pub accepted: u64,
    pub written: u64,
    pub irqs: u64,
    pub(crate) tlp: Tlp,
    taken: [Option<(u64, u32)>; 2],
    clearing: Option<usize>,
    cleared: bool,
    /// Last `room` of the queue that is being cleared.
    cleared_room: Option<u64>,
    /// Expected on the buses, in order, and since when.
    finished: VecDeque<(u64, [u64; 4])>,
    rooms: VecDeque<(u64, [u64; 2])>,
}

impl Bench {
    /// `W` 64 with 1 queue per direction, 128 with 4, 256 with 32.
    pub fn new(w: usize, seed: u64) -> Self {
        let (mut d, nq) = match w {
            64 => (dut!(record64, seed), 1),
            128 => (dut!(record, seed), 4),
            _ => (dut!(record256, seed), 32),
        };
        d.pulse("rst", 2);
        let mut bench = Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            now: 0,
            w,
            nq,
            gn: 2 * nq,
            mps: 1,
            queues: vec![Queue::default(); 2 * nq],
            run: 0,
            offered: [None, None],
            cons: None,
            wr_ready: 1.0,
            irq_ready: 1.0,
            tlps: vec![],
            accepted: 0,
            written: 0,
            irqs: 0,
            tlp: Tlp::default(),
            taken: [None; 2],
            clearing: None,
            cleared: false,
            cleared_room: None,
            finished: VecDeque::new(),
            rooms: VecDeque::new(),
        };
        bench.set_mps(1);
        for g in 0..bench.gn {
            let settings = Settings::default();
            bench.restart(g, settings);
        }
        bench
    }

    pub fn set_mps(&mut self, mps: u32) {
        self.mps = mps;
        self.d.set("cfg_mps", mps);
    }

    pub fn is_open(&self, g: usize) -> bool {
        self.d.get("rec_open") >> g & 1 == 1
    }

    pub fn clocks(&mut self, n: u64) {
        for _ in 0..n {
            self.clock();
        }
    }

    pub fn idle(&self) -> bool {
        self.offered.iter().all(Option::is_none)
            && self.queues.iter().all(|q| q.waiting.is_empty())
            && !self.tlp.offered
    }

    fn drive(&mut self) {
        self.drive_ends();
        self.d.set("rec_wr_ready", self.rng.random_bool(self.wr_ready) as u64);
        self.d.set("irq_ready", self.rng.random_bool(self.irq_ready) as u64);
        self.drive_clearing();
        self.drive_consumer();
    }

    pub fn clock(&mut self) {
        self.drive();
        self.now += 1;
        self.d.step();
        self.clear();
        self.check_done();
        self.check_tlp();
        self.check_ends();
        self.check_buses();
        if self.d.get("irq_valid") == 1 && self.d.get("irq_ready") == 1 {
            self.interrupt();
        }
        let open = self.d.get("rec_open");
        for (g, q) in self.queues.iter_mut().enumerate() {
            q.pass(self.now, self.gn as u64);
            let known = q.waiting.front().is_some_and(|a| a.at + OPEN_LATE <= self.now);
            assert!(!known || open >> g & 1 == 1, "rec_open of {g}");
        }
    }
}
