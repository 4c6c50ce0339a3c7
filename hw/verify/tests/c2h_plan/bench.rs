//! Plan between shares, packets and descriptors: its queues, and a clock of it.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::surroundings::Desc;

pub const NQ: usize = 4;
pub const SLOTS: u32 = 128;

#[derive(Default)]
pub struct Queue {
    pub run: bool,
    /// In the clock before: plan hears of it a clock later.
    pub ran: bool,
    pub halted: bool,
    pub cpl_log2: u32,
    // Share: bytes of each packet in it and its TUSER; rows written, packets ended and told of on the fill bus.
    pub packets: VecDeque<(u64, u32, bool)>,
    /// Bytes in the share, position of the end among them, TUSER, cut by an error.
    pub writing: Option<(u64, u64, u32, bool)>,
    /// Memory queue: lane of CARD_BASE, and the packets of its descriptors that are not written yet.
    pub memory: bool,
    pub lane: u64,
    pub reads: VecDeque<(u64, u64, u32, bool)>,
    pub written: u64,
    pub row: u16,
    pub pkts: u16,
    pub told_pkts: u16,
    pub told_row: u16,
    pub ends: Vec<[u32; 3]>,
    // What plan has read.
    pub pos: u64,
    pub into: u64,
    pub read_pkts: u16,
    pub descs: VecDeque<Desc>,
    pub store: Vec<([u32; 4], u8)>,
    pub head: u32,
    pub taken: u32,
    pub index: u32,
    pub consumer: u32,
    /// Ends told of on the finished bus.
    pub finished: u32,
    pub told_finished: u32,
    pub attr: u64,
    pub moved: u64,
    pub error: Option<u8>,
    pub entries_since_stop: u32,
}

impl Queue {
    pub fn new(cpl_log2: u32) -> Self {
        Queue {
            cpl_log2,
            ends: vec![[0; 3]; 64],
            store: vec![([0; 4], 0); SLOTS as usize],
            ..Queue::default()
        }
    }

    /// Rows that were told and not read.
    pub fn used(&self) -> u16 {
        self.row.wrapping_sub((self.pos >> 4) as u16)
    }
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub q: Vec<Queue>,
    pub mps: u64,
    pub cfg_mps: u64,
    pub packet: u64,
    pub descriptor: u64,
    pub bad: f64,
    /// Sizes are the greatest ones instead of random ones.
    pub fixed: bool,
    /// log2 of the completion ring of a queue that is cleared, if not random.
    pub ring: Option<u32>,
    /// What is written to MODE, if not random.
    pub mode: Option<u64>,
    /// cfg_ro_enable is bit 0, cfg_ns_enable bit 1.
    pub enabled: u64,
    pub ready: f64,
    pub write: usize,
    pub turn: (usize, u64),
    /// Turns that have ended: queue and bytes.
    pub turns: Vec<(usize, u64)>,
    pub fences: u64,
    pub entries: u64,
    pub errors: u64,
    /// Descriptors of memory queues that ended without error.
    pub memory_ends: u64,
    pub fills: VecDeque<(usize, u16, u16)>,
    pub heads: VecDeque<(usize, u32)>,
    pub rooms: VecDeque<(usize, u32)>,
    pub ended: VecDeque<(usize, u32)>,
}

impl Bench {
    pub fn new(seed: u64) -> Self {
        let mut d = dut!(c2h_plan, seed);
        d.set("cfg_ro_enable", seed & 1);
        d.set("cfg_ns_enable", seed >> 1 & 1);
        let mut rng = StdRng::seed_from_u64(seed);
        d.pulse("rst", 2);
        d.set("clear_ready", 1u64);
        d.set("flush_valid", 0u64);
        d.set("shed", 0u64);
        d.set("shed_ready", 1u64);
        let cfg_mps = rng.random_range(0..8u64);
        let mut bench = Bench {
            q: (0..NQ).map(|_| Queue::new(rng.random_range(1..7))).collect(),
            // Encodings above 1 KiB count as 1 KiB.
            mps: 128 << cfg_mps.min(3),
            cfg_mps,
            packet: 1 << rng.random_range(1..13),
            descriptor: 1 << rng.random_range(1..13),
            bad: 0.0,
            ready: [0.1, 0.5, 1.0][rng.random_range(0..3)],
            fixed: false,
            ring: None,
            mode: None,
            enabled: seed & 3,
            write: 2,
            turn: (0, 0),
            turns: Vec::new(),
            fences: 0,
            entries: 0,
            errors: 0,
            memory_ends: 0,
            fills: VecDeque::new(),
            heads: VecDeque::new(),
            rooms: VecDeque::new(),
            ended: VecDeque::new(),
            d,
            rng,
        };
        (0..NQ).for_each(|i| bench.clear(i));
        bench
    }

    pub fn step(&mut self) {
        for _ in 0..self.write {
            let i = self.rng.random_range(0..NQ);
            if self.fills.len() < 4 {
                self.others(i);
            }
        }
        self.tell_fill();
        self.tell_indices();
        let mask = |f: fn(&Queue) -> bool| -> u64 {
            self.q.iter().enumerate().map(|(i, q)| (f(q) as u64) << (NQ + i)).sum()
        };
        let (run, halted) = (mask(|q| q.run), mask(|q| q.halted));
        self.d.set("run", run);
        self.d.set("halted", halted);
        self.d.set("cfg_mps", self.cfg_mps);
        let ready = self.rng.random_bool(self.ready);
        self.d.set("entry_ready", ready as u64);
        self.d.step();
        self.read_stores();
        self.taken();
        self.error();
        if self.d.is_set("entry_valid") && ready {
            self.entry();
        }
        self.q.iter_mut().for_each(|q| q.ran = q.run);
    }
}
