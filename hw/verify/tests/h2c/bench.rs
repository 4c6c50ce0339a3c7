//! The H2C path between a host, a descriptor store, a record writer and a card: its sizes, its queues, and a clock of it.

use std::collections::{HashMap, VecDeque};

use ferrolane_abi::descriptor::Descriptor;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, SeedableRng};
use verilated::Dut;

use crate::axi::Memory;
use crate::host::{Fault, Host};
use crate::knobs::Knobs;
use crate::model::{Packet, Record};

/// Sizes of the path under test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    pub queues: usize,
    /// Rows of a share, bytes of a row, tags.
    pub rows: u64,
    pub row: u64,
    pub tags: u64,
    /// Packets in a share.
    pub slots: u32,
}

pub const W64: Shape = Shape { queues: 1, rows: 256, row: 8, tags: 32, slots: 32 };
pub const W128: Shape = Shape { queues: 4, rows: 512, row: 16, tags: 64, slots: 64 };
pub const W256: Shape = Shape { queues: 4, rows: 1024, row: 32, tags: 256, slots: 128 };
pub const SHAPES: [Shape; 3] = [W64, W128, W256];

#[derive(Default)]
pub struct Queue {
    /// With the descriptor store's verdict of each.
    pub descriptors: Vec<(Descriptor, u8)>,
    pub head: u32,
    pub told: u32,
    pub taken: u32,
    pub packets: VecDeque<Packet>,
    pub records: VecDeque<Record>,
    pub recorded: u32,
    pub consumed: u32,
    pub finished: u32,
    pub beats: u64,
    pub error: Option<u64>,
    pub paused_for: u64,
    pub flushing: bool,
    /// A beat of the first of `packets` has come.
    pub begun: bool,
    pub base: u64,
    /// Where in the card's memory the descriptors go, in step with `records`: address, host address, bytes; FIXED.
    pub writes: VecDeque<(u64, u64, u64, bool)>,
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub knobs: Knobs,
    pub shape: Shape,
    pub host: Host,
    /// The tag of the beat before is open on the wire.
    pub open: bool,
    pub q: Vec<Queue>,
    /// Reads that touch this address get this fault.
    pub faults: Vec<(u64, Fault)>,
    pub run: u64,
    pub halted: u64,
    pub idle: u64,
    pub pause: u64,
    /// Queues whose stream may end anywhere: they failed, so the card sees a part of what was asked for.
    pub failed: u64,
    pub unexpected: u64,
    /// Queues within a packet on the card's stream, and closing beats so far.
    pub mid: u64,
    pub closed: u64,
    /// The beat that stood in the clock before.
    pub stood: Option<(Vec<u32>, [u64; 5])>,
    pub clock: u64,
    pub card_bytes: u64,
    pub memory: Memory,
    /// What may be in the card's memory, what must come to fixed addresses, and where the next descriptor goes.
    pub allowed: HashMap<u64, u8>,
    pub fixed: HashMap<u64, Vec<u8>>,
    pub next_card: u32,
    /// Descriptors of memory queues are offered as they are.
    pub raw: bool,
    /// What a bus tells in the next clock: its name, queue, value.
    pub tell_bus: Option<(&'static str, usize, u32)>,
    /// Queue and slot of the descriptor that is looked at.
    pub desc_at: (usize, u32),
}

impl Bench {
    /// After reset, all queues cleared and running.
    pub fn new(seed: u64, knobs: Knobs, shape: Shape) -> Self {
        let mut bench = Bench {
            d: match shape.row {
                8 => dut!(h2c64, seed),
                16 => dut!(h2c, seed),
                _ => dut!(h2c256, seed),
            },
            shape,
            rng: StdRng::seed_from_u64(seed),
            knobs,
            open: true,
            host: Host::new(knobs.host, shape.row as usize / 4),
            q: (0..shape.queues).map(|_| Queue::default()).collect(),
            faults: vec![],
            run: 0,
            halted: 0,
            idle: 0,
            pause: 0,
            mid: 0,
            closed: 0,
            stood: None,
            failed: 0,
            unexpected: 0,
            clock: 0,
            card_bytes: 0,
            memory: Memory::new(shape.row as usize, knobs.axi),
            allowed: HashMap::new(),
            fixed: HashMap::new(),
            next_card: 0,
            raw: false,
            tell_bus: None,
            desc_at: (0, 0),
        };
        bench.d.set("card_rst", 1u64);
        bench.d.pulse("rst", 2);
        bench.d.set("card_rst", 0u64);
        bench.knobs.memory &= (1 << shape.queues) - 1;
        bench.d.set("cfg_mrrs", knobs.mrrs);
        bench.d.set("cfg_ext_tag", knobs.ext_tag as u64);
        bench.d.set("cfg_ro_enable", knobs.attr as u64 >> 1);
        bench.d.set("cfg_ns_enable", knobs.attr as u64 & 1);
        for q in 0..shape.queues {
            bench.start(q);
        }
        bench
    }

    pub fn to_memory(&self, q: usize) -> bool {
        self.knobs.memory >> q & 1 == 1
    }

    /// Longest request.
    pub fn size(&self) -> u64 {
        (128 << self.knobs.mrrs).min(self.shape.rows * self.shape.row / 4)
    }

    /// Whether every record has come and every complete row was sent.
    pub fn finished(&self) -> bool {
        self.q.iter().all(|q| {
            q.records.is_empty()
                && q.packets.iter().all(|p| !p.ended && p.bytes.len() < self.shape.row as usize)
        }) && self.host.idle()
            && self.d.get("mem_busy") == 0
    }

    /// Runs until everything has come out.
    pub fn finish(&mut self, limit: u64) {
        for _ in 0..limit {
            if self.finished() {
                return;
            }
            self.step();
        }
        for (i, q) in self.q.iter().enumerate() {
            eprintln!(
                "queue {i}: taken {} of {}, records missing {} (first {:?}), packets {} bytes {:?}",
                q.taken,
                q.head,
                q.records.len(),
                q.records.front(),
                q.packets.len(),
                q.packets.front().map(|p| p.bytes.len())
            );
        }
        panic!("not finished at clock {}; reads {:?}", self.clock, self.host.reads);
    }

    /// One clock with everything around.
    pub fn step(&mut self) {
        self.clock += 1;
        self.drive();
        self.d.step();
        self.memory.take(&mut self.d, &mut self.rng);
        self.desc_at = (self.d.get("h2c_desc_q") as usize, self.d.get("h2c_desc_slot") as u32);
        self.unexpected += self.d.get("unexpected");
        if self.d.is_set("h2c_taken_valid") {
            let q = self.d.get("h2c_taken_q") as usize;
            self.q[q].taken = self.d.get("h2c_taken_value") as u32;
        }
        self.take_error();
        self.take_read();
        self.take_record();
        self.take_beat();
    }
}
