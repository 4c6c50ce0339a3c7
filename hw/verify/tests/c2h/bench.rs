//! The C2H block with a card that sends packets, a host that posts descriptors and a model of what must come of it.

use std::collections::VecDeque;

use ferrolane_abi::{descriptor, regs};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::card::CardBeat;
use crate::host::Desc;
use crate::memory::Memory;
use crate::shape::Shape;
use crate::tlp::{Beat, Sink};

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

/// The latest value of each queue that a bus has not told yet.
#[derive(Default)]
pub struct Bus(VecDeque<(u64, u32)>);

impl Bus {
    pub fn tell(&mut self, g: usize, value: u32) {
        match self.0.iter_mut().find(|e| e.0 == g as u64) {
            Some(e) => e.1 = value,
            None => self.0.push_back((g as u64, value)),
        }
    }
    pub fn next(&mut self) -> Option<(u64, u32)> {
        self.0.pop_front()
    }
    pub fn has(&self, g: usize) -> bool {
        self.0.iter().any(|e| e.0 == g as u64)
    }
    pub fn forget(&mut self, g: usize) {
        self.0.retain(|e| e.0 != g as u64);
    }
}

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
    pub sent_beats: u64,
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
            sent_beats: 0,
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

    /// Resets the block in the middle of whatever it does, and starts all queues.
    pub fn reset(&mut self) {
        for q in &mut self.q {
            (q.run, q.feed, q.post) = (false, false, false);
            q.beats.clear();
        }
        self.offered = None;
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ends] {
            *bus = Bus::default();
        }
        self.d.set_wide("run", &[0]);
        self.d.set("c2h_axis_tvalid", 0u64);
        self.d.set("axi_arready", 0u64);
        self.d.set("axi_rvalid", 0u64);
        self.d.set("head_valid", 0u64);
        self.d.set("room_valid", 0u64);
        self.d.set("finished_valid", 0u64);
        let clocks = self.rng.random_range(1..4);
        self.d.set("core_rst", 1u64);
        for _ in 0..clocks {
            let lanes = self.lanes as u64;
            self.memory.before(&mut self.d, &mut self.rng, lanes, self.clock, self.shape.axi);
            self.d.step();
            self.clock += 1;
            self.memory.after(&self.d, lanes, self.clock);
        }
        self.d.set("core_rst", 0u64);
        self.sink = Sink::default();
        self.memory.before(&mut self.d, &mut self.rng, self.lanes as u64, self.clock, self.shape.axi);
        self.d.step();
        self.memory.after(&self.d, self.lanes as u64, self.clock);
        assert!(!self.d.is_set("send_busy") && !self.d.is_set("rec_c2h_valid"));
        for i in 0..self.nq {
            self.start(i);
        }
    }

    /// Clears the queue as control does and lets it run.
    pub fn start(&mut self, i: usize) {
        assert!(!self.q[i].run);
        let cpl_log2 = self.shape.cpl_log2.unwrap_or(self.rng.random_range(1..8));
        let old = std::mem::take(&mut self.q[i]);
        self.q[i] = Queue {
            store: vec![([0; 4], 0); SLOTS],
            next_addr: old.next_addr + 0x10_0000,
            cpl_log2,
            ..Queue::default()
        };
        let memory = self.rng.random_bool(self.shape.memory);
        if memory {
            // Any alignment, and sums that carry.
            self.q[i].memory = Some((i as u64 + 1) << 40 | self.rng.random::<u64>() >> 26);
        }
        let g = (self.nq + i) as u64;
        let mode = match self.shape.weight {
            Some(weight) => weight << 8,
            None => self.rng.random::<u32>() as u64,
        };
        let enabled = self.d.get("cfg_ro_enable") << 1 | self.d.get("cfg_ns_enable");
        self.q[i].attr = ((mode >> 4 & 1) << 1 | mode >> 5 & 1) as u32 & enabled as u32;
        let policy = regs::queue::MODE.field("DROP").unwrap().put(self.shape.drop as u32)
            | regs::queue::MODE.field("STORE_FORWARD").unwrap().put(self.shape.store as u32);
        let mode = mode & !(7 << 16 | 1 << 6) | policy as u64 | (memory as u64) << 6;
        let junk = self.rng.random::<u32>() & !(31 << 8);
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g);
        self.d.set("cfgw_index", regs::queue::RING_SIZE.offset as u64 / 4);
        self.d.set("cfgw_data", junk as u64 | (cpl_log2 as u64) << 8);
        self.step();
        self.d.set("cfgw_index", regs::queue::MODE.offset as u64 / 4);
        self.d.set("cfgw_data", mode);
        self.step();
        let base = self.q[i].memory.unwrap_or(self.rng.random());
        self.d.set("cfgw_index", regs::queue::CARD_BASE_LO.offset as u64 / 4);
        self.d.set("cfgw_data", base & 0xFFFF_FFFF);
        self.step();
        self.d.set("cfgw_index", regs::queue::CARD_BASE_HI.offset as u64 / 4);
        self.d.set("cfgw_data", base >> 32);
        self.step();
        self.d.set("cfgw_index", regs::queue::FLUSH_TIME.offset as u64 / 4);
        self.d.set("cfgw_data", self.shape.flush_time);
        self.step();
        // Other registers and the queues of the other direction must not count.
        self.d.set("cfgw_index", regs::queue::VECTOR.offset as u64 / 4);
        self.d.set("cfgw_data", u32::MAX as u64);
        self.step();
        self.d.set("cfgw_index", regs::queue::RING_SIZE.offset as u64 / 4);
        self.d.set("cfgw_g", i as u64);
        self.step();
        self.d.set("cfgw_valid", 0u64);
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ends] {
            bus.tell(self.nq + i, 0);
        }
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", i as u64);
        for _ in 0..3 {
            self.step();
            assert_eq!(self.d.get("init_done_ingress") + self.d.get("init_done_plan"), 0);
        }
        self.d.set("init_g", g);
        let (mut ingress, mut plan, mut clocks) = (false, false, 0);
        while !ingress || !plan || self.rng.random() {
            self.step();
            ingress |= self.d.is_set("init_done_ingress");
            plan |= self.d.is_set("init_done_plan");
            clocks += 1;
            assert!(clocks < 200, "clearing takes too long");
        }
        self.d.set("init_valid", 0u64);
        while [&self.heads, &self.rooms, &self.ends].iter().any(|bus| bus.has(self.nq + i)) {
            self.step();
        }
        self.step();
        let queue = &mut self.q[i];
        (queue.run, queue.feed, queue.post) = (true, i < self.shape.queues && !memory, true);
        if !old.leftover.is_empty() {
            // It counts as a packet.
            let (bytes, user) = old.packets.back().expect("the packet that was cut");
            let sent = bytes.len().div_ceil(self.lanes) - old.leftover.len();
            queue.packets.push_back((bytes[self.lanes * sent..].to_vec(), *user));
            queue.beats = old.leftover;
        }
    }

    /// Stops the queue, waits until the block has done with it and forgets what was on its way.
    pub fn stop(&mut self, i: usize) {
        self.q[i].feed = false;
        // The card ends its packet if it can, drops the rest of it, or sends the rest after the start.
        let paused = self.d.get("c2h_pause") >> i & 1 == 1;
        let mut clocks = 0;
        match self.rng.random_range(paused as u32..3) {
            0 => {
                while !self.q[i].beats.is_empty() {
                    self.step();
                    clocks += 1;
                    if self.d.get("c2h_pause") >> i & 1 == 1 {
                        break;
                    }
                }
                self.q[i].beats.clear();
            }
            1 => self.q[i].beats.clear(),
            _ => self.q[i].leftover = std::mem::take(&mut self.q[i].beats),
        }
        while self.offered.as_ref().is_some_and(|b| b.dest == i as u64) {
            self.step();
        }
        for _ in 0..8 {
            self.step();
        }
        self.q[i].run = false;
        // Control looks some clocks later at the earliest; plan needs one.
        self.step();
        self.step();
        while !self.d.is_set("scanning") {
            self.step();
        }
        let mut waited = 0;
        while self.d.get("mem_busy") >> i & 1 == 1 {
            self.step();
            waited += 1;
            assert!(waited < 100_000, "queue {i} stays busy");
        }
        loop {
            self.step();
            // Other queues may keep it busy for ever; the entries of one queue are gone after so many quiet clocks.
            if !self.d.is_set("send_busy") {
                break;
            }
            clocks += 1;
            if clocks > 20_000 {
                break;
            }
        }
        let (from, to) = (area(i), area(i + 1));
        self.sink.written.retain(|&at, _| at < from || at >= to);
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ends] {
            bus.forget(self.nq + i);
        }
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
        let command = self.rng.random_bool(self.shape.flush);
        let g = self.rng.random_range(0..2 * self.nq);
        self.d.set("flush_valid", command as u64);
        self.d.set("flush_g", g as u64);
        if command && g >= self.nq {
            self.q[g - self.nq].commands += 1;
        }
        let nq = self.nq;
        let mask = |f: fn(&Queue) -> bool, q: &[Queue], junk: u128| {
            let bits = q.iter().enumerate().map(|(i, q)| (f(q) as u128) << (nq + i)).sum::<u128>() | junk;
            [bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32]
        };
        // The H2C half of both is not this block's business.
        let junk = self.rng.random_range(0..1u128 << nq);
        self.d.set_wide("run", &mask(|q| q.run, &self.q, junk));
        self.d.set_wide("halted", &mask(|q| q.halted, &self.q, junk));
        self.d.step();
        self.after(ready, record_ready);
    }

    fn after(&mut self, ready: bool, record_ready: bool) {
        self.clock += 1;
        self.memory.after(&self.d, self.lanes as u64, self.clock);
        let stall = self.d.get("c2h_stall");
        (0..4).for_each(|k| self.stalls[k] += stall >> k & 1);
        let (q, slot) = (self.d.get("mem_desc_q") as usize, self.d.get("mem_desc_slot") as usize);
        let (dws, err) = match self.q.get(q) {
            Some(q) if (slot as u32).wrapping_sub(q.taken) % SLOTS as u32 >= q.head.wrapping_sub(q.taken) => {
                (self.rng.random(), self.rng.random())
            }
            Some(q) => q.store[slot],
            None => (self.rng.random(), self.rng.random()),
        };
        self.d.set_wide("mem_desc_data", &dws[2..]);
        self.d.set("mem_desc_err", err as u64);
        if self.d.is_set("drop_valid") {
            let q = &mut self.q[self.d.get("drop_q") as usize];
            q.dropped.0 += 1;
            q.dropped.1 += self.d.get("drop_bytes");
        }
        if self.offered.is_some() {
            if self.d.is_set("c2h_axis_tready") {
                let beat = self.offered.take().unwrap();
                if let Some(q) = self.q.get_mut(beat.dest as usize) {
                    q.beat_clocks.push(self.clock);
                }
                self.sent_beats += 1;
            } else {
                self.waits += 1;
            }
        }
        let pause = self.d.get("c2h_pause");
        for i in 0..self.nq {
            self.q[i].paused += pause >> i & 1;
        }
        let beat = Beat::offered(&self.d);
        self.gap_clocks += beat.is_none() as u64;
        let tlps = self.sink.tlps;
        self.sink.clock(beat, ready, 128 << self.shape.mps);
        if self.sink.tlps > tlps {
            let (at, attr) = self.sink.latest;
            let i = (0..self.nq).rposition(|i| area(i) <= at | 3).expect("an area");
            assert_eq!(attr, self.q[i].attr, "attributes of queue {i}");
        }
        // Descriptor store: data one clock behind the address.
        let (q, slot) = (self.d.get("c2h_desc_q") as usize, self.d.get("c2h_desc_slot") as usize);
        let (dws, err) = match self.q.get(q) {
            Some(q) if (slot as u32).wrapping_sub(q.taken) % SLOTS as u32 >= q.head.wrapping_sub(q.taken) => {
                (self.rng.random(), self.rng.random())
            }
            Some(q) => q.store[slot],
            None => (self.rng.random(), self.rng.random()),
        };
        self.d.set_wide("c2h_desc_data", &dws);
        self.d.set("c2h_desc_err", err as u64);
        if self.d.is_set("c2h_taken_valid") {
            let value = self.d.get("c2h_taken_value") as u32;
            let i = self.d.get("c2h_taken_q") as usize;
            let q = &mut self.q[i];
            if q.run || value != 0 {
                assert_eq!(value, q.taken + 1);
                assert!(value <= q.head);
                assert!(value - 1 - q.consumer < 1 << q.cpl_log2, "no room in the completion ring");
                assert!(q.error.is_none(), "a descriptor after an error");
                if q.store[(value - 1) as usize % SLOTS].0[2] >> 24 & descriptor::FENCE as u32 != 0 {
                    assert_eq!(q.finished, value - 1, "a fence was passed");
                    self.fences += 1;
                }
                q.taken = value;
            }
        }
        if self.d.is_set("c2h_err_valid") {
            let i = self.d.get("c2h_err_q") as usize;
            assert!(self.q[i].error.is_none());
            self.q[i].error = Some(self.d.get("c2h_err_code") as u8);
        }
        for i in 0..self.nq {
            // Control takes some clocks to halt the queue.
            if self.q[i].error.is_some() && self.rng.random_bool(0.1) {
                self.q[i].halted = true;
            }
        }
        if self.d.is_set("rec_c2h_valid") && record_ready {
            self.record();
        }
        self.scanning_age = if self.d.is_set("scanning") || !ready { 0 } else { self.scanning_age + 1 };
        if self.shape.ready == 1.0 && self.shape.record_ready == 1.0 {
            // The longest turn is 32 KiB.
            assert!(self.scanning_age < 32768 / 8 * 2, "plan keeps a queue for too long");
        }
    }
}

/// Where a queue's buffers lie: the first queue below 4 GiB, the second across, the others above, in ascending order.
fn area(i: usize) -> u64 {
    match i {
        0 => 0x1000_0000,
        1 => 0xFFFF_F000,
        _ => 0x12_3456_7000 + ((i as u64 - 2) << 57),
    }
}
