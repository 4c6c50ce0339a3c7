//! Issue between a descriptor store, the buses, a ring of tags and the read arbiter: its sizes, its queues, and a clock of it.

use std::collections::VecDeque;

use ferrolane_abi::descriptor::Descriptor;
use ferrolane_abi::regs;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::tags::Tags;

/// Sizes of the block under test.
#[derive(Clone, Copy)]
pub struct Shape {
    pub queues: usize,
    /// Rows of a share, bytes of a row, packet slots, tags.
    pub rows: u64,
    pub row: u64,
    pub slots: u64,
    pub tags: u64,
}

impl Shape {
    /// Below stand the tags of descriptor fetches.
    pub fn first_tag(&self) -> u64 {
        if self.tags < 256 {
            8
        } else {
            16
        }
    }
}

pub const SMALL: Shape = Shape { queues: 4, rows: 512, row: 16, slots: 32, tags: 64 };
pub const MANY: Shape = Shape { queues: 64, rows: 64, row: 8, slots: 8, tags: 256 };

#[derive(Default)]
pub struct Queue {
    pub descriptors: Vec<Descriptor>,
    pub head: u64,
    pub consumer: u64,
    pub finished: u64,
    pub taken: u64,
    /// Of the descriptor taken last: where it goes on, bytes that are left, bytes before.
    pub addr: u64,
    pub left: u64,
    pub before: u64,
    /// Byte of the share at which the next one goes; packets ended.
    pub pos: u64,
    pub pkts: u64,
    pub in_packet: bool,
    pub card: u64,
    pub freed: (u64, u64),
    pub dead: bool,
    /// Last row of each packet.
    pub ends: Vec<u64>,
    pub mode: u32,
    pub bytes: u64,
}

impl Queue {
    /// Whether all of so many descriptors were asked for, or it can't go on.
    pub fn done(&self, descriptors: u64) -> bool {
        self.dead || self.taken == descriptors && self.left == 0
    }
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub shape: Shape,
    pub q: Vec<Queue>,
    pub mrrs: u64,
    pub ring: u32,
    pub attr: u32,
    pub run: u64,
    /// Queues that were stopped, and that may still issue what they hold.
    pub stopping: u64,
    /// Room and descriptors come as fast as they can, to these queues.
    pub fast: Option<Vec<usize>>,
    pub tags: Tags,
    pub reads: VecDeque<[u64; 4]>,
    /// Memory queues, and CARD_BASE of all.
    pub memory: u64,
    pub bases: Vec<u32>,
    pub users: Vec<u64>,
    pub at: (usize, u64),
    pub requests: u64,
    pub last_queue: usize,
}

impl Bench {
    pub fn new(seed: u64, shape: Shape) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = if shape.queues == 4 { dut!(h2c_issue, seed) } else { dut!(h2c_issue64, seed) };
        d.set("tag_wait", 1u64);
        d.pulse("rst", 1);
        let (mrrs, ring) = (rng.random_range(0..=5u64), rng.random_range(1..7));
        let attr: u32 = rng.random_range(0..4);
        d.set("cfg_mrrs", mrrs);
        d.set("cfg_ext_tag", 1u64);
        d.set("cfg_ro_enable", attr as u64 >> 1);
        d.set("cfg_ns_enable", attr as u64 & 1);
        d.set("tail", 8u64);
        let mut b = Bench {
            d,
            q: (0..shape.queues).map(|_| Queue::default()).collect(),
            mrrs: 128 << mrrs,
            ring,
            attr,
            run: 0,
            stopping: 0,
            fast: None,
            tags: Tags::new(shape, &mut rng),
            reads: VecDeque::new(),
            memory: 0,
            bases: vec![0; shape.queues],
            users: vec![u64::MAX; shape.queues * shape.slots as usize],
            at: (0, 0),
            requests: 0,
            last_queue: 99,
            rng,
            shape,
        };
        for q in 0..shape.queues as u64 {
            b.clear(q);
        }
        for bus in ["room_valid", "head_valid", "finished_valid", "freed_valid"] {
            b.d.set(bus, 0u64);
        }
        b.d.steps(10);
        b.run = u64::MAX >> (64 - shape.queues);
        b
    }

    fn clear(&mut self, q: u64) {
        self.configure(q, regs::queue::RING_SIZE.offset, self.ring << 8);
        let mode = self.rng.random::<u32>() & 0x3F30;
        self.mode(q, mode);
        // Another register and the other direction: neither may count.
        self.configure(q, 0, 0x1F00);
        self.configure(64 + q, regs::queue::RING_SIZE.offset, 0x1F00);
        for bus in ["room", "head", "finished"] {
            self.d.set(&format!("{bus}_valid"), 1u64);
            self.d.set(&format!("{bus}_g"), q);
        }
        self.d.set("freed_valid", 1u64);
        self.d.set("freed_q", q);
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q);
        self.d.step_until("init_done", 50);
        self.d.set("init_valid", 0u64);
        self.d.step();
    }

    pub fn configure(&mut self, g: u64, offset: u32, data: u32) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g);
        self.d.set("cfgw_index", offset as u64 / 4);
        self.d.set("cfgw_data", data as u64);
        self.d.step();
        self.d.set("cfgw_valid", 0u64);
    }

    pub fn mode(&mut self, q: u64, mode: u32) {
        self.configure(q, regs::queue::MODE.offset, mode);
        self.q[q as usize].mode = mode;
    }

    /// Longest request.
    pub fn size(&self) -> u64 {
        self.mrrs.min(self.shape.rows * self.shape.row / 4)
    }

    pub fn step(&mut self, ready: f64) {
        self.buses();
        self.tags.before(&mut self.d, &mut self.rng, self.fast.is_some());
        self.vectors();
        self.store();
        self.d.set("rd_ready", self.rng.random_bool(ready) as u64);
        self.d.step();
        self.at = (self.d.get("desc_q") as usize, self.d.get("desc_slot"));
        self.tags.after(&self.d);
        // The register may be taken and filled again in one clock: look before the push.
        if self.d.is_set("rd_valid") && self.d.is_set("rd_ready") {
            let read = ["addr", "bytes", "tag", "attr"].map(|field| self.d.get(&format!("rd_{field}")));
            assert_eq!(Some(read), self.reads.pop_front());
        }
        if self.d.is_set("req_valid") {
            self.request();
        } else {
            assert!(!self.d.is_set("end_valid"));
        }
        if self.d.is_set("user_valid") {
            let slot = self.d.get("packet_q") * self.shape.slots + self.d.get("user_slot");
            self.users[slot as usize] = self.d.get("user");
        }
        if self.d.is_set("scanning") {
            self.stopping = 0;
        }
    }

    /// Runs without any limit but the block's own until `requests` more have come; gives clocks per request.
    pub fn pace(&mut self, requests: u64) -> f64 {
        let (clocks, stop) = (self.d.clocks(), self.requests + requests);
        while self.requests < stop {
            self.tags.out.clear();
            self.step(1.0);
            assert!(self.d.clocks() - clocks < requests * 20, "stuck after {} requests", self.requests);
        }
        (self.d.clocks() - clocks) as f64 / requests as f64
    }
}
