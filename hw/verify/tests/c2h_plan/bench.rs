//! Plan with a model of shares, packets and descriptors around it.

use std::collections::VecDeque;

use ferrolane_abi::{descriptor, regs, status};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

pub const NQ: usize = 4;
const SLOTS: u32 = 128;
/// Positions in a share are modulo this.
const POSITIONS: u64 = 1 << 14;

#[derive(Default)]
pub struct Queue {
    pub run: bool,
    /// In the clock before: plan hears of it a clock later.
    ran: bool,
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
    pub weight: u64,
    pub attr: u64,
    pub moved: u64,
    pub error: Option<u8>,
    pub entries_since_stop: u32,
}

impl Queue {
    pub fn new(cpl_log2: u32) -> Self {
        Queue { cpl_log2, ends: vec![[0; 3]; 64], store: vec![([0; 4], 0); 128], ..Queue::default() }
    }

    /// Rows that were told and not read.
    fn used(&self) -> u16 {
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

#[derive(Clone, Copy)]
pub struct Desc {
    addr: u64,
    len: u64,
    flags: u8,
    code: u8,
    /// On a memory queue: the lane it begins in.
    lane: Option<u64>,
}

fn status_of(d: &Desc) -> u8 {
    const PACKET: u8 = descriptor::SOP | descriptor::EOP;
    let refused = match d.lane {
        Some(_) => descriptor::REFUSED & !descriptor::FIXED | PACKET,
        None => descriptor::REFUSED,
    };
    if d.code != 0 {
        d.code
    } else if d.len == 0 {
        status::BAD_LENGTH
    } else if d.flags & refused != 0 {
        status::BAD_FLAGS
    } else if d.flags & descriptor::FIXED != 0 && d.lane != Some(0) {
        status::BAD_CARD_ADDRESS
    } else {
        0
    }
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

    pub fn clear(&mut self, i: usize) {
        let cpl_log2 = self.rng.random_range(1..7);
        self.q[i] = Queue::new(cpl_log2);
        self.fills.retain(|e| e.0 != i);
        self.heads.retain(|e| e.0 != i);
        self.rooms.retain(|e| e.0 != i);
        self.ended.retain(|e| e.0 != i);
        let g = (NQ + i) as u64;
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g);
        self.d.set("cfgw_index", regs::queue::RING_SIZE.offset as u64 / 4);
        self.d.set("cfgw_data", (cpl_log2 as u64) << 8 | 0xE0FF);
        self.step();
        let mode = self.mode.unwrap_or(self.rng.random::<u32>() as u64 & 0x7FF8_FFFF);
        // Of a memory queue the policies mean nothing.
        let policies = if mode >> 6 & 1 == 1 { self.rng.random_range(0..8u64) << 16 } else { 0 };
        self.q[i].weight = mode >> 8 & 63;
        self.q[i].attr = (mode >> 4 & self.enabled & 1) << 1 | mode >> 5 & self.enabled >> 1 & 1;
        self.d.set("cfgw_index", regs::queue::MODE.offset as u64 / 4);
        self.d.set("cfgw_data", mode | policies);
        self.step();
        (self.q[i].memory, self.q[i].lane) = (mode >> 6 & 1 == 1, self.rng.random_range(0..16));
        let base = self.rng.random::<u32>() as u64 & !15 | self.q[i].lane;
        self.d.set("cfgw_index", regs::queue::CARD_BASE_LO.offset as u64 / 4);
        self.d.set("cfgw_data", base);
        self.step();
        self.d.set("cfgw_index", regs::queue::FLUSH_TIME.offset as u64 / 4);
        self.d.set("cfgw_data", 0u64);
        self.step();
        // Other registers and the queues of the other direction must not count.
        self.d.set("cfgw_index", regs::queue::VECTOR.offset as u64 / 4);
        self.d.set("cfgw_data", 0x5555_5555u64);
        self.step();
        self.d.set("cfgw_index", regs::queue::MODE.offset as u64 / 4);
        self.d.set("cfgw_g", i as u64);
        self.fills.push_back((i, 0, 0));
        self.heads.push_back((i, 0));
        self.rooms.push_back((i, 0));
        self.ended.push_back((i, 0));
        self.step();
        self.d.set("cfgw_valid", 0u64);
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", g);
        let mut waited = 0;
        loop {
            self.step();
            if self.d.is_set("init_done_plan") {
                break;
            }
            waited += 1;
            assert!(waited < 20, "clearing waits for something");
        }
        self.step();
        assert!(!self.d.is_set("init_done_plan"), "once only");
        assert_eq!((self.d.get("c2h_taken_valid"), self.d.get("c2h_taken_q")), (1, i as u64));
        assert_eq!(self.d.get("c2h_taken_value"), 0);
        assert_eq!((self.d.get("clear_valid"), self.d.get("clear_q")), (1, i as u64));
        while self.fills.iter().any(|e| e.0 == i)
            || self.heads.iter().chain(&self.rooms).chain(&self.ended).any(|e| e.0 == i)
        {
            self.step();
        }
        self.d.set("init_valid", 0u64);
        self.step();
        self.q[i].run = true;
    }

    fn size(&mut self, most: u64) -> u64 {
        if self.fixed {
            return most;
        }
        let top = 1 << self.rng.random_range(0..=most.ilog2());
        self.rng.random_range(1..=top)
    }

    /// The card writes a row, the host posts a descriptor or takes records.
    fn others(&mut self, i: usize) {
        if !self.q[i].run {
            return;
        }
        if self.q[i].used() < 500 && self.q[i].pkts.wrapping_sub(self.q[i].read_pkts) < 60 {
            let packet = match self.q[i].writing {
                None if self.q[i].memory => self.q[i].reads.pop_front(),
                None => {
                    let n = self.size(self.packet);
                    Some((n, n, self.rng.random(), false))
                }
                writing => writing,
            };
            if let Some(packet) = packet {
                self.row(i, packet);
            }
        }
        self.post(i);
        let q = &mut self.q[i];
        // What was told to be taken before it ended.
        let ended = q.index.min(q.taken);
        if q.consumer < ended && self.rng.random_bool(0.3) {
            q.consumer = self.rng.random_range(q.consumer + 1..=ended);
            self.rooms.push_back((i, q.consumer));
        }
        if q.finished < ended && self.rng.random_bool(0.3) {
            q.finished += 1 + self.rng.random_range(0..=(ended - q.finished - 1).min(2));
            self.ended.push_back((i, q.finished));
        }
    }

    /// The next row of a packet.
    fn row(&mut self, i: usize, packet: (u64, u64, u32, bool)) {
        let q = &mut self.q[i];
        let (all, stop, user, bad) = packet;
        if q.writing.is_none() {
            q.packets.push_back((stop, user, bad));
        }
        q.written += 16;
        q.writing = Some(packet);
        if q.written >= all {
            // Position behind the last byte, row behind it, TUSER, cut by an error, from the lowest bit.
            let stop = (q.row as u64 * 16 + 16 + stop - all.next_multiple_of(16)) as u32 & 0xF_FFFF;
            let after = q.row.wrapping_add(1) as u32;
            q.ends[q.pkts as usize % 64] =
                [stop | after << 24, after >> 8 | user << 8, user >> 24 | (bad as u32) << 9];
            q.pkts = q.pkts.wrapping_add(1);
            (q.writing, q.written) = (None, 0);
        }
        q.row = q.row.wrapping_add(1);
        self.fills.push_back((i, q.row, q.pkts));
    }

    /// The host posts a descriptor.
    fn post(&mut self, i: usize) {
        let room = self.q[i].head.wrapping_sub(self.q[i].taken) < SLOTS;
        if !room || self.q[i].descs.iter().any(|d| status_of(d) != 0) || !self.rng.random::<bool>() {
            return;
        }
        let addr = self.rng.random::<u64>() >> self.rng.random_range(0..40);
        let card: u32 = self.rng.random();
        let memory = self.q[i].memory;
        let lane = (self.q[i].lane + card as u64) % 16;
        let mut flags = self.rng.random_range(0..8);
        if memory {
            let fixed = if lane == 0 { descriptor::FIXED } else { 0 };
            flags = flags & descriptor::IRQ | fixed;
        }
        if !self.fixed && self.rng.random_bool(0.1) {
            flags |= descriptor::FENCE;
        }
        let len = self.size(self.descriptor);
        let mut desc = Desc { addr, len, flags, code: 0, lane: memory.then_some(lane) };
        if self.rng.random_bool(self.bad) {
            match self.rng.random_range(0..4) {
                0 => desc.code = self.rng.random_range(1..=255),
                1 => desc.len = 0,
                2 if memory => desc.flags |= [1, 2, 64][self.rng.random_range(0..3)],
                _ => desc.flags |= [8, 16, 64, 128][self.rng.random_range(0..4)],
            }
        }
        if memory && status_of(&desc) == 0 {
            let all = lane + len;
            let rows = all.div_ceil(16);
            let good = if self.rng.random_bool(self.bad) { self.rng.random_range(0..rows) } else { rows };
            self.q[i].reads.push_back(match good {
                _ if good == rows => (all, all, 0, false),
                0 => (16, lane, 0, true),
                _ => (16 * (good + 1), 16 * good, 0, true),
            });
        }
        let q = &mut self.q[i];
        let dws = [addr as u32, (addr >> 32) as u32, desc.len as u32 | (desc.flags as u32) << 24, card];
        q.store[(q.head % SLOTS) as usize] = (dws, desc.code);
        q.descs.push_back(desc);
        q.head += 1;
        self.heads.push_back((i, q.head));
    }

    pub fn step(&mut self) {
        for _ in 0..self.write {
            let i = self.rng.random_range(0..NQ);
            if self.fills.len() < 4 {
                self.others(i);
            }
        }
        let fill = self.fills.pop_front();
        self.d.set("fill_valid", fill.is_some() as u64);
        let (i, row, pkts) =
            fill.unwrap_or((self.rng.random_range(0..NQ), self.rng.random(), self.rng.random()));
        self.d.set("fill_q", i as u64);
        self.d.set("fill_row", row as u64);
        self.d.set("fill_pkts", pkts as u64);
        if fill.is_some() {
            (self.q[i].told_row, self.q[i].told_pkts) = (row, pkts);
        }
        let events = [
            ("head", self.heads.pop_front()),
            ("room", self.rooms.pop_front()),
            ("finished", self.ended.pop_front()),
        ];
        if let (_, Some((i, value))) = events[2] {
            self.q[i].told_finished = value;
        }
        for (name, event) in events {
            // Between them, events of the other direction.
            let other = self.rng.random_range(0..NQ);
            let (g, value) = event.map_or((other, self.rng.random::<u32>() >> 1), |(i, v)| (NQ + i, v));
            self.d.set(&format!("{name}_valid"), 1u64);
            self.d.set(&format!("{name}_g"), g as u64);
            self.d.set(&format!("{name}_value"), value as u64);
        }
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
        let (desc_q, slot) = (self.d.get("c2h_desc_q") as usize, self.d.get("c2h_desc_slot") as usize);
        let (dws, err) = self.q[desc_q].store[slot];
        self.d.set_wide("c2h_desc_data", &dws);
        self.d.set("c2h_desc_err", err as u64);
        let at = self.d.get("pkt_raddr") as usize;
        let end = self.q[at / 64].ends[at % 64];
        self.d.set_wide("pkt_rdata", &end);
        if self.d.is_set("c2h_taken_valid") && self.d.get("c2h_taken_value") != 0 {
            let q = &mut self.q[self.d.get("c2h_taken_q") as usize];
            q.taken += 1;
            assert_eq!(self.d.get("c2h_taken_value"), q.taken as u64);
            assert!(q.taken <= q.head && q.taken - 1 - q.consumer < 1 << q.cpl_log2);
            if q.store[(q.taken - 1) as usize % 128].0[2] >> 24 & descriptor::FENCE as u32 != 0 {
                assert_eq!(q.told_finished, q.taken - 1, "a fence was passed");
                self.fences += 1;
            }
        }
        if self.d.is_set("c2h_err_valid") {
            let q = &mut self.q[self.d.get("c2h_err_q") as usize];
            assert_eq!(q.error, Some(self.d.get("c2h_err_code") as u8));
            assert!(!q.halted);
            q.halted = true;
            self.errors += 1;
        }
        if self.d.is_set("entry_valid") && ready {
            self.entry();
        }
        self.q.iter_mut().for_each(|q| q.ran = q.run);
    }

    /// Until plan holds no queue, as control waits for it after `run` has fallen. Control looks some clocks later at the
    /// earliest; plan needs one, in which it may still begin what it decided before.
    pub fn until_scanning(&mut self) {
        self.step();
        self.step();
        let mut clocks = 0;
        while !self.d.is_set("scanning") {
            self.step();
            clocks += 1;
            assert!(clocks < 20_000, "plan keeps a queue");
        }
    }

    fn entry(&mut self) {
        let words = self.d.get_wide("entry");
        let mut at = 0;
        let mut field = |width: usize| -> u64 {
            let value = (0..width).map(|k| (words[(at + k) / 32] as u64 >> ((at + k) % 32) & 1) << k).sum();
            at += width;
            value
        };
        let i = field(6) as usize;
        let (tlp, record) = (field(1) == 1, field(1) == 1);
        let (pos, addr, n) = (field(24), field(64), field(11));
        let (attr, row, pkts) = (field(2), field(16), field(16));
        let (bytes, meta, index, eop, irq, code) =
            (field(24), field(32), field(32), field(1), field(1), field(8));
        let mps = self.mps;
        let q = &mut self.q[i];
        self.entries += 1;
        assert!(q.error.is_none(), "queue {i} goes on after an error");
        if !q.ran {
            q.entries_since_stop += 1;
            assert!(q.entries_since_stop <= 1, "queue {i} goes on after a stop");
        }
        let desc = *q.descs.front().expect("an entry without descriptor");
        assert!(q.index <= q.taken + 1);
        if status_of(&desc) != 0 {
            assert_eq!((tlp, record, bytes, meta), (false, true, 0, 0));
            assert_eq!((index, eop, irq, code), (q.index as u64, 0, 1, status_of(&desc) as u64));
            q.error = Some(status_of(&desc));
            return;
        }
        let (length, user, bad) = q.packets[0];
        if let (Some(lane), 0) = (desc.lane, q.moved) {
            q.into += lane;
            q.pos += lane;
        }
        let rest = length - q.into;
        let left = desc.len - q.moved;
        let limit = left.min(mps - (desc.addr.wrapping_add(q.moved)) % mps);
        assert_eq!(n, limit.min(rest), "{limit} {rest}");
        assert_eq!(tlp, n != 0);
        if tlp {
            assert_eq!(attr, q.attr);
            assert_eq!((pos, addr), (q.pos % POSITIONS, desc.addr.wrapping_add(q.moved)));
        }
        // All its bytes are in the share.
        let ends = n == rest;
        let there = q.told_row.wrapping_sub((q.pos >> 4) as u16) as u64 * 16 - q.pos % 16;
        assert!(n <= there && (!ends || q.told_pkts != q.read_pkts), "bytes that are not there");
        q.pos += n;
        q.into += n;
        q.moved += n;
        if ends {
            // An error leaves a row without bytes.
            q.pos = if bad { (q.pos + 1).next_multiple_of(16) } else { q.pos.next_multiple_of(16) };
            q.into = 0;
            q.read_pkts = q.read_pkts.wrapping_add(1);
            q.packets.pop_front();
        }
        assert_eq!((row, pkts), (q.pos % POSITIONS >> 4, q.read_pkts as u64));
        let done = ends || q.moved == desc.len;
        if desc.lane.is_some() {
            assert_eq!(ends, done, "a descriptor of a memory queue is a packet");
        }
        assert_eq!(record, done);
        if done {
            let meta_due = if ends { user as u64 } else { 0 };
            let code_due = if bad { status::CARD_READ_ERROR } else { 0 };
            assert_eq!((bytes, meta, index, code), (q.moved, meta_due, q.index as u64, code_due as u64));
            assert_eq!(eop == 1, ends && desc.lane.is_none());
            assert_eq!(irq == 1, bad || desc.flags & descriptor::IRQ != 0);
            if bad {
                q.error = Some(code_due);
                return;
            }
            self.memory_ends += desc.lane.is_some() as u64;
            q.index += 1;
            q.moved = 0;
            q.descs.pop_front();
        }
        if self.turn.0 != i {
            self.turns.push(self.turn);
            self.turn = (i, 0);
        }
        self.turn.1 += n;
    }
}
