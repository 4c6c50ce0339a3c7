//! Egress between commit, the memories it reads and a card: its sizes, its queues, and a clock of it.

use ferrolane_abi::regs::queue::MODE;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

/// Rows 0.. of one queue's life: which packet they belong to, and which end there with how many bytes.
#[derive(Default)]
pub struct Queue {
    /// (user with FIXED as bit 32, last row, bytes in it) of each packet planned.
    pub packets: Vec<(u64, u64, u64)>,
    pub rows: u64,
    pub committed: (u64, u64),
    /// What the packet memories hold: ahead of what is committed.
    pub written: (u64, u64),
    pub sent: (u64, u64),
    pub freed: (u64, u64),
    pub life: u64,
    pub store: bool,
}

/// Sizes of the block under test.
#[derive(Clone, Copy)]
pub struct Shape {
    pub queues: usize,
    pub rows: u64,
    pub row: u64,
    pub slots: u64,
}

pub const SMALL: Shape = Shape { queues: 4, rows: 512, row: 16, slots: 32 };
pub const MANY: Shape = Shape { queues: 64, rows: 64, row: 8, slots: 8 };

impl Shape {
    /// Rows of a packet that may be larger than the share: what is left is less than the largest request, and two rows.
    pub fn deep(&self) -> u64 {
        self.rows.saturating_sub((self.rows / 4).max(512 / self.row) + 2).max(1)
    }

    /// A bit for each queue.
    pub fn all(&self) -> u64 {
        u64::MAX >> (64 - self.queues)
    }
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub shape: Shape,
    pub q: Vec<Queue>,
    /// What the memory gives next.
    pub data: Vec<u32>,
    pub slot_at: u64,
    pub beats: u64,
    pub ready: f64,
    pub pause: u64,
    /// Beats since the clock in which the queue was paused.
    pub after_pause: Vec<Option<u64>>,
    /// Queue that is being cleared and what it gave back last.
    pub clearing: Option<(u64, u64)>,
    /// Chance of a queue with store-and-forward.
    pub store: f64,
    /// Clocks within a packet without a beat.
    pub gaps: u64,
    pub early: u64,
    /// Queues at the card's memory: any queue between two lives.
    pub memory: u64,
    /// Chance of that.
    pub memories: f64,
    /// Queues of which nothing more is committed.
    pub stopped: u64,
    /// The packet that is open on the card's stream, by the life it is of.
    pub open: Vec<Option<u64>>,
    /// Closing beats.
    pub closed: u64,
    /// The beat that stood in the clock before.
    pub stood: Option<(Vec<u32>, [u64; 5])>,
}

impl Bench {
    pub fn new(seed: u64, ready: f64, shape: Shape) -> Self {
        let mut d = if shape.queues == 4 { dut!(h2c_egress, seed) } else { dut!(h2c_egress64, seed) };
        d.set("cfgw_valid", 0u64);
        d.set("card_rst", 1u64);
        d.pulse("rst", 1);
        d.set("card_rst", 0u64);
        let mut b = Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            shape,
            q: (0..shape.queues).map(|_| Queue::default()).collect(),
            data: vec![0; shape.row as usize / 4],
            slot_at: 0,
            beats: 0,
            ready,
            pause: 0,
            after_pause: vec![None; shape.queues],
            clearing: None,
            store: 0.0,
            gaps: 0,
            early: 0,
            memory: 0,
            memories: 0.5,
            stopped: 0,
            open: vec![None; shape.queues],
            closed: 0,
            stood: None,
        };
        b.steps(20);
        assert_eq!(b.beats, 0, "nothing is sent before a queue is cleared");
        (0..shape.queues).for_each(|q| b.clear(q));
        b
    }

    pub fn clear(&mut self, q: usize) {
        let store = self.rng.random_bool(self.store);
        self.set_mode(q, store);
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q as u64);
        // Commit clears its side some time during this.
        let at = self.rng.random_range(0..5);
        for clock in 0..8 {
            self.step(if clock == at { Some((q, 0, 0)) } else { None });
            if clock == 1 {
                // A row that goes in the first two clocks is still one of the old life.
                self.memory = self.memory & !(1 << q) | u64::from(self.rng.random_bool(self.memories)) << q;
                self.clearing = Some((q as u64, 1));
                let life = self.q[q].life + 1;
                self.q[q] = Queue { life, store, ..Queue::default() };
            }
        }
        self.d.set("init_valid", 0u64);
        assert_eq!(self.clearing.take(), Some((q as u64, 0)), "what was given back is taken back");
    }

    fn set_mode(&mut self, q: usize, store: bool) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", q as u64);
        self.d.set("cfgw_index", MODE.offset as u64 / 4);
        self.d.set("cfgw_data", MODE.field("STORE_FORWARD").unwrap().put(store as u32) as u64);
        self.step(None);
        // Another register, and a queue of the other direction.
        let junk = self.rng.random::<u32>();
        self.d.set("cfgw_data", junk as u64);
        self.d.set("cfgw_g", (q + self.shape.queues) as u64);
        self.step(None);
        self.d.set("cfgw_g", q as u64);
        self.d.set("cfgw_index", MODE.offset as u64 / 4 + 1);
        self.step(None);
        self.d.set("cfgw_valid", 0u64);
    }

    /// A Function Level Reset: only what faces the card is kept.
    pub fn reset(&mut self) {
        self.d.set("rst", 1u64);
        self.step(None);
        self.d.set("rst", 0u64);
        for q in 0..self.shape.queues {
            self.q[q] = Queue { life: self.q[q].life + 1, ..Queue::default() };
        }
        self.stopped = 0;
        (0..self.shape.queues).for_each(|q| self.clear(q));
    }

    pub fn pause_some(&mut self) {
        self.pause = self.rng.random::<u64>() & self.shape.all();
    }

    pub fn steps(&mut self, clocks: u32) {
        (0..clocks).for_each(|_| self.step(None));
    }

    /// One clock, in which commit may tell (queue, row, packets).
    pub fn step(&mut self, commit: Option<(usize, u64, u64)>) {
        self.give();
        self.d.set("memory", self.memory);
        self.d.set("commit_valid", commit.is_some() as u64);
        let (q, row, pkts) = commit.unwrap_or_default();
        self.d.set("commit_q", q as u64);
        self.d.set("commit_row", row & 0xFFFF);
        self.d.set("commit_pkts", pkts & 0xFFFF);
        self.d.set("h2c_pause", self.pause);
        self.d.set("stopped", self.stopped);
        let ready = self.rng.random_bool(self.ready);
        self.d.set("h2c_axis_tready", ready as u64);
        self.d.step();
        self.look_up();
        self.gives_back();
        self.sends(ready);
    }

    /// Until all that is committed is sent.
    pub fn drain(&mut self) {
        for _ in 0..100_000 {
            if self.all_sent() {
                return;
            }
            self.step(None);
        }
        panic!("rows left: {:?}", self.q.iter().map(|q| q.committed.0 - q.sent.0).collect::<Vec<_>>());
    }

    pub fn all_sent(&self) -> bool {
        self.q.iter().all(|q| q.sent.0 == q.committed.0)
    }
}
