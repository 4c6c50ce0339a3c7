//! The C2H block with a card that sends packets and a host that posts descriptors: its builds, its queues, and a clock of it.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::bus::Bus;
use crate::card::CardBeat;
use crate::host::Desc;
use crate::memory::Memory;
use crate::shape::Shape;
use crate::tlp::Sink;

/// Descriptors of a queue in the store.
pub const SLOTS: usize = 128;

/// A build of the block: queues, bytes of a beat, and how to make it.
#[derive(Clone, Copy)]
pub struct Build {
    pub nq: usize,
    pub lanes: usize,
    make: fn(u64) -> Dut,
}

pub const W128: Build = Build { nq: 4, lanes: 16, make: |seed| dut!(c2h, seed) };
pub const W64: Build = Build { nq: 1, lanes: 8, make: |seed| dut!(c2h64, seed) };
pub const W256: Build = Build { nq: 4, lanes: 32, make: |seed| dut!(c2h256, seed) };
/// 128 bit with 64 queues.
pub const MANY: Build = Build { nq: 64, lanes: 16, make: |seed| dut!(c2h_many, seed) };
pub const BUILDS: [Build; 4] = [W128, W64, W256, MANY];

#[derive(Default)]
pub struct Queue {
    pub run: bool,
    pub halted: bool,
    /// The card sends packets of this queue.
    pub feed: bool,
    /// Descriptors are posted.
    pub post: bool,
    pub cpl_log2: u32,
    pub head: u32,
    pub taken: u32,
    pub records: u32,
    pub consumer: u32,
    /// Descriptors that have ended, as the bus told it.
    pub finished: u32,
    /// Its other end is the card's memory, from this address on.
    pub memory: Option<u64>,
    /// What its data TLPs must carry as attributes.
    pub attr: u32,
    pub store: Vec<([u32; 4], u8)>,
    pub descs: VecDeque<Desc>,
    pub packets: VecDeque<(Vec<u8>, u32)>,
    pub consumed: usize,
    pub beats: VecDeque<CardBeat>,
    /// Rest of a packet that was cut by a stop.
    pub leftover: VecDeque<CardBeat>,
    /// Beats sent although the queue was paused.
    pub late: u32,
    pub next_addr: u64,
    /// An error was announced with this code.
    pub error: Option<u8>,
    /// The next descriptor that is bad is the last one posted.
    pub bad_posted: bool,
    pub eops: u64,
    pub bytes: u64,
    /// Clock in which each beat was taken, and beats that stand before the present packet.
    pub beat_clocks: Vec<u64>,
    pub beats_before: usize,
    /// Commands to flush, and flushes that no rest of the card explains.
    pub commands: u64,
    pub flushes: u64,
    pub commanded: u64,
    /// Packets and bytes the card has begun to send, that arrived, that were passed over, and that the block says were dropped.
    pub offered_packets: u64,
    pub offered_bytes: u64,
    pub passed: (u64, u64),
    pub dropped: (u64, u64),
    pub gap_due: bool,
    /// Clocks in which `c2h_pause` was high.
    pub paused: u64,
}

pub struct Bench {
    pub d: Dut,
    pub nq: usize,
    pub lanes: usize,
    pub rng: StdRng,
    pub shape: Shape,
    pub q: Vec<Queue>,
    pub sink: Sink,
    pub offered: Option<CardBeat>,
    pub waits: u64,
    pub gap_clocks: u64,
    pub heads: Bus,
    pub rooms: Bus,
    pub ends: Bus,
    pub fences: u64,
    pub scanning_age: u32,
    pub clock: u64,
    pub memory: Memory,
    /// Clocks in which each bit of `c2h_stall` was set.
    pub stalls: [u64; 4],
}

impl Bench {
    pub fn new(build: Build, seed: u64, shape: Shape) -> Self {
        let mut d = (build.make)(seed);
        let rng = StdRng::seed_from_u64(seed);
        d.set("flush_valid", 0u64);
        d.set("level_q", 0u64);
        d.set("cfgw_valid", 0u64);
        d.set("cfg_ro_enable", seed & 1);
        d.set("cfg_ns_enable", seed >> 1 & 1);
        d.set("core_rst", 1u64);
        d.pulse("rst", 3);
        d.set("core_rst", 0u64);
        let q = (0..build.nq)
            .map(|i| Queue { store: vec![([0; 4], 0); SLOTS], next_addr: area(i), ..Queue::default() })
            .collect();
        let mut bench = Bench {
            d,
            nq: build.nq,
            lanes: build.lanes,
            rng,
            shape,
            q,
            sink: Sink::default(),
            offered: None,
            waits: 0,
            gap_clocks: 0,
            heads: Bus::default(),
            rooms: Bus::default(),
            ends: Bus::default(),
            fences: 0,
            scanning_age: 0,
            clock: 0,
            memory: Memory::default(),
            stalls: [0; 4],
        };
        bench.memory.errors = bench.shape.errors;
        bench.memory.latency = bench.rng.random_range(1..40);
        for i in 0..build.nq {
            bench.start(i);
        }
        bench
    }

    pub fn run(&mut self, clocks: u64) {
        for _ in 0..clocks {
            self.step();
        }
    }

    /// Lets all that was sent and has a descriptor arrive.
    pub fn settle(&mut self) {
        self.q.iter_mut().for_each(|q| q.feed = false);
        self.q.iter_mut().filter(|q| q.memory.is_some()).for_each(|q| q.post = false);
        self.shape.post = self.shape.post.max(0.2);
        self.shape.consume = self.shape.consume.max(0.2);
        let mut quiet = 0;
        let mut clocks = 0;
        // With drops nothing else tells that all has come.
        let rest = if self.shape.drop != 0 { 5000 } else { 300 };
        while quiet < rest {
            let before = (self.sink.bytes, self.records(), self.drops());
            self.step();
            let all = self.shape.drop != 0
                || self.q.iter().all(|q| q.packets.is_empty() || q.halted || !q.run || !q.post)
                    && self.q.iter().all(|q| q.memory.is_none() || q.halted || !q.run || q.descs.is_empty());
            let same = before == (self.sink.bytes, self.records(), self.drops());
            // A TLP counts with its end, for which a slow link may take long.
            quiet = if all && same && self.sink.idle() { quiet + 1 } else { 0 };
            clocks += 1;
            assert!(
                clocks < 3_000_000,
                "packets left: {:?}",
                self.q.iter().map(|q| q.packets.len()).collect::<Vec<_>>()
            );
        }
        assert!(self.offered.is_none());
        assert!(self.sink.idle());
        assert!(!self.d.is_set("send_busy"));
        assert!(
            self.sink.written.is_empty(),
            "{} bytes written that no record told of",
            self.sink.written.len()
        );
    }

    fn drops(&self) -> u64 {
        self.q.iter().map(|q| q.dropped.0).sum()
    }

    pub fn records(&self) -> u64 {
        self.q.iter().map(|q| q.records as u64).sum()
    }

    pub fn step(&mut self) {
        self.host();
        self.card();
        let lanes = self.lanes as u64;
        self.memory.before(&mut self.d, &mut self.rng, lanes, self.clock, self.shape.axi);
        let ready = self.rng.random_bool(self.shape.ready);
        let record_ready = self.rng.random_bool(self.shape.record_ready);
        self.d.set("data_wr_ready", ready as u64);
        self.d.set("rec_c2h_ready", record_ready as u64);
        self.d.set("cfg_mps", self.shape.mps as u64);
        self.flush();
        self.vectors();
        self.d.step();
        self.after(ready, record_ready);
    }

    /// Control's commands to flush.
    fn flush(&mut self) {
        let command = self.rng.random_bool(self.shape.flush);
        let g = self.rng.random_range(0..2 * self.nq);
        self.d.set("flush_valid", command as u64);
        self.d.set("flush_g", g as u64);
        if command && g >= self.nq {
            self.q[g - self.nq].commands += 1;
        }
    }

    /// RUN and halted of all queues.
    fn vectors(&mut self) {
        let nq = self.nq;
        let mask = |f: fn(&Queue) -> bool, q: &[Queue], junk: u128| {
            let bits = q.iter().enumerate().map(|(i, q)| (f(q) as u128) << (nq + i)).sum::<u128>() | junk;
            [bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32]
        };
        // The H2C half of both is not this block's business.
        let junk = self.rng.random_range(0..1u128 << nq);
        self.d.set_wide("run", &mask(|q| q.run, &self.q, junk));
        self.d.set_wide("halted", &mask(|q| q.halted, &self.q, junk));
    }

    /// Behind the clock's edge.
    fn after(&mut self, ready: bool, record_ready: bool) {
        self.clock += 1;
        self.memory.after(&self.d, self.lanes as u64, self.clock);
        self.counts();
        let (dws, err) = self.stored("mem");
        self.d.set_wide("mem_desc_data", &dws[2..]);
        self.d.set("mem_desc_err", err as u64);
        self.dropped();
        self.card_sent();
        self.written(ready);
        let (dws, err) = self.stored("c2h");
        self.d.set_wide("c2h_desc_data", &dws);
        self.d.set("c2h_desc_err", err as u64);
        self.taken();
        self.errors();
        if self.d.is_set("rec_c2h_valid") && record_ready {
            self.record();
        }
        self.turn(ready);
    }

    /// What the descriptor store answers to `mem` or `c2h`, one clock behind the address: of what fetch has not stored, anything.
    fn stored(&mut self, who: &str) -> ([u32; 4], u8) {
        let q = self.d.get(&format!("{who}_desc_q")) as usize;
        let slot = self.d.get(&format!("{who}_desc_slot")) as usize;
        match self.q.get(q) {
            Some(q)
                if (slot as u32).wrapping_sub(q.taken) % (SLOTS as u32) < q.head.wrapping_sub(q.taken) =>
            {
                q.store[slot]
            }
            _ => (self.rng.random(), self.rng.random()),
        }
    }
}

/// Where a queue's buffers lie: the first queue below 4 GiB, the second across, the others above, in ascending order.
pub fn area(i: usize) -> u64 {
    match i {
        0 => 0x1000_0000,
        1 => 0xFFFF_F000,
        _ => 0x12_3456_7000 + ((i as u64 - 2) << 57),
    }
}
