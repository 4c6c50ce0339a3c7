//! The writer between sender, control and memory: its shapes, its queues, and a clock of it.

use std::collections::{HashMap, VecDeque};

use ferrolane_abi::regs;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::axi::{Habits, Memory};
use crate::sender::Packet;

#[derive(Clone, Copy)]
pub struct Shape {
    pub row: usize,
    pub queues: usize,
}

pub const SHAPES: [Shape; 3] =
    [Shape { row: 8, queues: 1 }, Shape { row: 16, queues: 4 }, Shape { row: 32, queues: 4 }];

#[derive(Default)]
pub struct Queue {
    pub base: u64,
    pub packets: VecDeque<Packet>,
    /// What was sent and is not done: whether it must fail, and what must be in the memory then.
    pub open: VecDeque<(bool, u64, Vec<u8>)>,
    pub rows_sent: u16,
    pub paused_for: u32,
    pub done: usize,
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub shape: Shape,
    pub q: Vec<Queue>,
    pub memory: Memory,
    /// What the memory must hold in the end, and what came to fixed addresses.
    pub expected: HashMap<u64, u8>,
    pub fixed: HashMap<u64, Vec<u8>>,
    /// The queue that sends, and beats until another may.
    pub current: usize,
    pub quantum: u32,
    pub next_card: u32,
    pub done_ready: f64,
    pub idle: f64,
    /// Nothing is sent.
    pub still: bool,
}

impl Bench {
    pub fn new(seed: u64, shape: Shape, habits: Habits) -> Self {
        let d = match shape.row {
            8 => dut!(memory_write64, seed),
            16 => dut!(memory_write, seed),
            _ => dut!(memory_write256, seed),
        };
        let mut b = Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            shape,
            q: (0..shape.queues).map(|_| Queue::default()).collect(),
            memory: Memory::new(shape.row, habits),
            expected: HashMap::new(),
            fixed: HashMap::new(),
            current: 0,
            quantum: 0,
            next_card: 0x1000,
            done_ready: 1.0,
            idle: 0.0,
            still: false,
        };
        b.d.set("memory", (1u64 << shape.queues) - 1);
        b.d.pulse("rst", 2);
        for q in 0..shape.queues {
            let base = match q {
                0 => 1 << 40,
                1 => 0xFFFF_FFFF_FFF0_0000 | b.rng.random_range(0..4096),
                2 => b.rng.random::<u64>() >> 8,
                _ => 0xFFFF_F000 + b.rng.random_range(0..64),
            };
            b.base(q, base);
            b.clear(q);
        }
        b
    }

    pub fn base(&mut self, q: usize, base: u64) {
        self.q[q].base = base;
        for (register, value) in [
            (regs::queue::CARD_BASE_LO.offset, base & 0xFFFF_FFFF),
            (regs::queue::CARD_BASE_HI.offset, base >> 32),
            (regs::queue::MODE.offset, 0xFFFF_FFFF),
        ] {
            for g in [q as u64, 64 + q as u64] {
                self.d.set("cfgw_valid", 1u64);
                self.d.set("cfgw_g", g);
                self.d.set("cfgw_index", register as u64 / 4);
                // The other direction's registers are none of its business.
                self.d.set("cfgw_data", if g < 64 { value } else { 0x5555_5555 });
                self.step();
            }
        }
        self.d.set("cfgw_valid", 0u64);
    }

    /// Clears a queue as control does, in any clock, while others are busy.
    pub fn clear(&mut self, q: usize) {
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q as u64);
        let more = self.rng.random_range(4..8);
        // Commit broadcasts the cleared rows.
        self.commit(q, 0);
        (0..more).for_each(|_| self.step());
        self.d.set("init_valid", 0u64);
        (0..16).for_each(|_| self.step());
        self.q[q].rows_sent = 0;
    }

    pub fn commit(&mut self, q: usize, row: u16) {
        self.d.set("commit_valid", 1u64);
        self.d.set("commit_q", q as u64);
        self.d.set("commit_row", row as u64);
        self.still = true;
        self.step();
        self.still = false;
        self.d.set("commit_valid", 0u64);
    }

    /// So many clocks of `core_rst`, in which all that was to be sent is forgotten; then all queues are cleared.
    pub fn reset(&mut self, clocks: u32) {
        self.q.iter_mut().for_each(|q| {
            q.packets.clear();
            q.open.clear();
        });
        self.d.set("core_rst", 1u64);
        (0..clocks).for_each(|_| self.step());
        self.d.set("core_rst", 0u64);
        assert_eq!(self.d.get("busy"), 0);
        assert!(!self.d.is_set("done_valid"));
        for q in 0..self.shape.queues {
            self.clear(q);
        }
    }

    /// Sends a beat if the sender would, then one clock.
    pub fn step(&mut self) {
        self.turn();
        let sends = self.offer();
        let ready = self.rng.random_bool(self.done_ready);
        self.d.set("done_ready", ready as u64);
        self.memory.drive(&mut self.d, &mut self.rng);
        self.d.step();
        self.memory.take(&mut self.d, &mut self.rng);
        let paused = self.d.is_set("pause");
        for queue in &mut self.q {
            queue.paused_for = if paused { queue.paused_for + 1 } else { 0 };
        }
        if sends && self.d.is_set("s_ready") {
            self.sent();
        } else if sends {
            assert!(paused || self.d.is_set("init_valid"), "not ready without a pause");
        }
        if self.d.is_set("done_valid") && ready && !self.d.is_set("core_rst") {
            self.done();
        }
        self.judge_busy();
    }

    /// Commits all packets of all queues, then runs until all are done.
    pub fn finish(&mut self, limit: u32) {
        let row = self.shape.row;
        for q in 0..self.shape.queues {
            let rows: usize = self.q[q].packets.iter().map(|p| p.cut.unwrap_or(p.rows(row)) - p.sent).sum();
            let row = self.q[q].rows_sent.wrapping_add(rows as u16);
            self.commit(q, row);
        }
        for _ in 0..limit {
            self.step();
            if self.q.iter().all(|q| q.packets.is_empty() && q.open.is_empty())
                && self.d.get("busy") == 0
                && self.memory.idle()
            {
                return;
            }
        }
        let left: Vec<_> = self.q.iter().map(|q| (q.packets.len(), q.open.len())).collect();
        panic!("not finished: {left:?}, busy {:#x}", self.d.get("busy"));
    }
}
