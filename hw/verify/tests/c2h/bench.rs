//! The C2H block with a card that sends packets, a host that posts descriptors and a model of what must come of it.

use std::collections::VecDeque;

use ferrolane_abi::{completion, descriptor, regs, status};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::tlp::{Beat, Sink};

pub const NQ: usize = 4;
const SLOTS: usize = 64;
pub const REQUESTER: u32 = 0x0301;

/// What the traffic looks like.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Chance that the card offers a beat in a clock, and that a beat or record is taken.
    pub card: f64,
    pub ready: f64,
    pub record_ready: f64,
    /// Chance per clock that the host posts a descriptor, and that it takes a record.
    pub post: f64,
    pub consume: f64,
    /// Longest packet and descriptor in bytes; lengths are log-uniform unless fixed.
    pub packet: usize,
    pub descriptor: usize,
    pub fixed: bool,
    /// Chance that a descriptor is bad.
    pub bad: f64,
    /// The card stops at `c2h_pause`, at the latest after this many more beats; None: it never stops.
    pub heed: Option<u32>,
    /// Chance of a beat for a queue that doesn't exist.
    pub stray: f64,
    /// Max_Payload_Size is 128 << this.
    pub mps: u32,
    /// log2 of the completion ring's entries, if given.
    pub cpl_log2: Option<u32>,
}

impl Shape {
    pub fn random(rng: &mut StdRng) -> Self {
        let mut p = || [0.1, 0.3, 0.7, 1.0][rng.random_range(0..4)];
        let (card, ready, record_ready, post, consume) = (p(), p(), p(), p() / 8.0, p() / 4.0);
        Shape {
            card,
            ready,
            record_ready,
            post,
            consume,
            packet: 1 << rng.random_range(1..14),
            descriptor: 1 << rng.random_range(1..14),
            fixed: false,
            bad: 0.0,
            heed: if rng.random() { Some(rng.random_range(0..16)) } else { None },
            stray: 0.02,
            mps: rng.random_range(0..4),
            cpl_log2: None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Desc {
    pub addr: u64,
    pub len: u32,
    pub flags: u8,
    pub err: u8,
}

impl Desc {
    fn status(&self) -> u8 {
        if self.err != 0 {
            self.err
        } else if self.len == 0 {
            status::BAD_LENGTH
        } else if self.flags & descriptor::REFUSED != 0 {
            status::BAD_FLAGS
        } else {
            status::OK
        }
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
    head: u32,
    taken: u32,
    pub records: u32,
    consumer: u32,
    store: Vec<([u32; 4], u8)>,
    descs: VecDeque<Desc>,
    pub packets: VecDeque<(Vec<u8>, u32)>,
    consumed: usize,
    beats: VecDeque<CardBeat>,
    /// Rest of a packet that was cut by a stop.
    leftover: VecDeque<CardBeat>,
    /// Beats sent although the queue was paused.
    late: u32,
    next_addr: u64,
    /// An error was announced with this code.
    pub error: Option<u8>,
    /// The next descriptor that is bad is the last one posted.
    bad_posted: bool,
    pub eops: u64,
    pub bytes: u64,
    /// Clocks in which `c2h_pause` was high.
    pub paused: u64,
}

#[derive(Clone, Debug)]
struct CardBeat {
    dest: u64,
    data: [u32; 4],
    keep: u64,
    last: bool,
    user: u32,
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub shape: Shape,
    pub q: Vec<Queue>,
    pub sink: Sink,
    offered: Option<CardBeat>,
    pub waits: u64,
    pub sent_beats: u64,
    pub gap_clocks: u64,
    head_events: VecDeque<(u64, u32)>,
    cons_events: VecDeque<(u64, u32)>,
    scanning_age: u32,
}

impl Bench {
    pub fn new(seed: u64, shape: Shape) -> Self {
        let mut d = dut!(c2h, seed);
        let rng = StdRng::seed_from_u64(seed);
        d.set("cfg_requester_id", REQUESTER as u64);
        d.pulse("rst", 3);
        let q = (0..NQ)
            .map(|i| Queue { store: vec![([0; 4], 0); SLOTS], next_addr: area(i), ..Queue::default() })
            .collect();
        let mut bench = Bench {
            d,
            rng,
            shape,
            q,
            sink: Sink::default(),
            offered: None,
            waits: 0,
            sent_beats: 0,
            gap_clocks: 0,
            head_events: VecDeque::new(),
            cons_events: VecDeque::new(),
            scanning_age: 0,
        };
        for i in 0..NQ {
            bench.start(i);
        }
        bench
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
        let g = (NQ + i) as u64;
        let junk = self.rng.random::<u32>() & !(31 << 8);
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g);
        self.d.set("cfgw_index", regs::queue::RING_SIZE.offset as u64 / 4);
        self.d.set("cfgw_data", junk as u64 | (cpl_log2 as u64) << 8);
        self.step();
        // Other registers and the queues of the other direction must not count.
        self.d.set("cfgw_index", regs::queue::VECTOR.offset as u64 / 4);
        self.d.set("cfgw_data", u32::MAX as u64);
        self.step();
        self.d.set("cfgw_index", regs::queue::RING_SIZE.offset as u64 / 4);
        self.d.set("cfgw_g", i as u64);
        self.step();
        self.d.set("cfgw_valid", 0u64);
        self.head_events.push_back((g, 0));
        self.cons_events.push_back((g, 0));
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
            assert!(clocks < 100, "clearing takes too long");
        }
        self.d.set("init_valid", 0u64);
        while self.head_events.iter().chain(&self.cons_events).any(|e| e.0 == g) {
            self.step();
        }
        self.step();
        let queue = &mut self.q[i];
        (queue.run, queue.feed, queue.post) = (true, true, true);
        if !old.leftover.is_empty() {
            // It counts as a packet.
            let (bytes, user) = old.packets.back().expect("the packet that was cut");
            let sent = bytes.len().div_ceil(16) - old.leftover.len();
            queue.packets.push_back((bytes[16 * sent..].to_vec(), *user));
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
        self.step();
        while !self.d.is_set("scanning") {
            self.step();
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
        self.head_events.retain(|e| e.0 != (NQ + i) as u64);
        self.cons_events.retain(|e| e.0 != (NQ + i) as u64);
    }

    pub fn run(&mut self, clocks: u64) {
        for _ in 0..clocks {
            self.step();
        }
    }

    /// Lets all that was sent and has a descriptor arrive.
    pub fn settle(&mut self) {
        self.q.iter_mut().for_each(|q| q.feed = false);
        self.shape.post = self.shape.post.max(0.2);
        self.shape.consume = self.shape.consume.max(0.2);
        let mut quiet = 0;
        let mut clocks = 0;
        while quiet < 300 {
            let before = (self.sink.bytes, self.records());
            self.step();
            let all = self.q.iter().all(|q| q.packets.is_empty() || q.halted || !q.run || !q.post);
            let same = before == (self.sink.bytes, self.records());
            quiet = if all && same { quiet + 1 } else { 0 };
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

    pub fn records(&self) -> u64 {
        self.q.iter().map(|q| q.records as u64).sum()
    }

    pub fn step(&mut self) {
        self.host();
        self.card();
        let ready = self.rng.random_bool(self.shape.ready);
        let record_ready = self.rng.random_bool(self.shape.record_ready);
        self.d.set("data_wr_ready", ready as u64);
        self.d.set("rec_c2h_ready", record_ready as u64);
        self.d.set("cfg_mps", self.shape.mps as u64);
        let mask = |f: fn(&Queue) -> bool, q: &[Queue]| {
            q.iter().enumerate().map(|(i, q)| (f(q) as u64) << (NQ + i)).sum::<u64>()
        };
        // The H2C half of both is not this block's business.
        let junk = self.rng.random_range(0..1u64 << NQ);
        self.d.set("run", mask(|q| q.run, &self.q) | junk);
        self.d.set("halted", mask(|q| q.halted, &self.q) | junk);
        self.d.step();
        self.after(ready, record_ready);
    }

    fn host(&mut self) {
        let post = self.shape.post;
        for i in 0..NQ {
            let full = self.q[i].head.wrapping_sub(self.q[i].taken) as usize >= SLOTS;
            let q = &self.q[i];
            if q.run && q.post && !full && !q.bad_posted && self.rng.random_bool(post.min(1.0)) {
                let desc = self.descriptor(i);
                let q = &mut self.q[i];
                q.bad_posted = desc.status() != 0;
                let dws = [
                    desc.addr as u32,
                    (desc.addr >> 32) as u32,
                    desc.len | (desc.flags as u32) << 24,
                    self.rng.random(),
                ];
                q.store[q.head as usize % SLOTS] = (dws, desc.err);
                q.head += 1;
                q.descs.push_back(desc);
                self.head_events.push_back(((NQ + i) as u64, q.head));
            }
            let q = &mut self.q[i];
            if q.consumer != q.records && self.rng.random_bool(self.shape.consume.min(1.0)) {
                q.consumer = self.rng.random_range(q.consumer + 1..=q.records);
                self.cons_events.push_back(((NQ + i) as u64, q.consumer));
            }
        }
        // A bus carries one event per clock; those of the other direction are not for this block.
        let bus =
            |name: &str, events: &mut VecDeque<(u64, u32)>, width: u32, rng: &mut StdRng, d: &mut Dut| {
                let event = match rng.random_range(0..4) {
                    0 => None,
                    1 => Some((rng.random_range(0..NQ as u64), rng.random::<u32>() >> (32 - width))),
                    _ => events.pop_front(),
                };
                d.set(&format!("{name}_valid"), event.is_some() as u64);
                let (g, value) = event
                    .unwrap_or((rng.random_range(0..2 * NQ as u64), rng.random::<u32>() >> (32 - width)));
                d.set(&format!("{name}_g"), g);
                d.set(&format!("{name}_value"), value as u64);
            };
        bus("head", &mut self.head_events, 32, &mut self.rng, &mut self.d);
        bus("cons", &mut self.cons_events, 31, &mut self.rng, &mut self.d);
        self.d.set("cons_arm", self.rng.random::<bool>() as u64);
    }

    fn descriptor(&mut self, i: usize) -> Desc {
        let len = self.length(self.shape.descriptor) as u32;
        let addr = if self.shape.fixed {
            // Any offset within a page, so that alignments of all kinds come.
            self.q[i].next_addr.next_multiple_of(4096) + self.rng.random_range(0..4096)
        } else {
            self.q[i].next_addr + if self.rng.random() { self.rng.random_range(0..300) } else { 0 }
        };
        self.q[i].next_addr = addr + len as u64;
        let flags = self.rng.random::<u8>() & (descriptor::SOP | descriptor::EOP | descriptor::IRQ);
        let mut desc = Desc { addr, len, flags, err: 0 };
        if self.rng.random_bool(self.shape.bad) {
            match self.rng.random_range(0..3) {
                0 => desc.err = status::FETCH_UR + self.rng.random_range(0..4),
                1 => desc.len = 0,
                _ => desc.flags |= 8 << self.rng.random_range(0..5),
            }
        }
        desc
    }

    fn length(&mut self, most: usize) -> usize {
        if self.shape.fixed {
            return most;
        }
        let top = 1 << self.rng.random_range(0..=most.ilog2());
        self.rng.random_range(1..=top)
    }

    fn card(&mut self) {
        if self.offered.is_none() && self.rng.random_bool(self.shape.card) {
            self.offered = self.next_beat();
        }
        self.d.set("c2h_axis_tvalid", self.offered.is_some() as u64);
        if let Some(b) = &self.offered {
            self.d.set("c2h_axis_tdest", b.dest);
            self.d.set_wide("c2h_axis_tdata", &b.data);
            self.d.set("c2h_axis_tkeep", b.keep);
            self.d.set("c2h_axis_tlast", b.last as u64);
            self.d.set("c2h_axis_tuser", b.user as u64);
        }
    }

    fn next_beat(&mut self) -> Option<CardBeat> {
        if self.rng.random_bool(self.shape.stray) {
            let dest = self.rng.random_range(NQ as u64..64);
            let last = self.rng.random();
            return Some(CardBeat {
                dest,
                data: self.rng.random(),
                keep: 0xFFFF,
                last,
                user: self.rng.random(),
            });
        }
        let pause = self.d.get("c2h_pause");
        let start = self.rng.random_range(0..NQ);
        for i in (0..NQ).map(|k| (start + k) % NQ) {
            if let Some(heed) = self.shape.heed {
                if pause >> i & 1 == 0 {
                    self.q[i].late = 0;
                } else if self.q[i].late >= heed {
                    continue;
                } else {
                    self.q[i].late += 1;
                }
            }
            if self.q[i].beats.is_empty() && self.q[i].feed {
                self.packet(i);
            }
            if let Some(beat) = self.q[i].beats.pop_front() {
                return Some(beat);
            }
        }
        None
    }

    fn packet(&mut self, i: usize) {
        let len = self.length(self.shape.packet);
        let bytes: Vec<u8> = (0..len).map(|_| self.rng.random()).collect();
        let mut user = 0;
        for (n, chunk) in bytes.chunks(16).enumerate() {
            let last = n == (len - 1) / 16;
            let mut row: [u8; 16] = self.rng.random();
            row[..chunk.len()].copy_from_slice(chunk);
            // Without TLAST, TKEEP doesn't count; with it, nothing counts behind the first gap.
            let junk = self.rng.random_range(0..0x10000);
            let keep = if !last {
                junk
            } else if chunk.len() == 16 {
                0xFFFF
            } else {
                let full = (1u64 << chunk.len()) - 1;
                let lowest = if chunk.len() == 1 { self.rng.random_range(0..2) } else { full };
                lowest | junk & !(full << 1 | 1)
            };
            user = self.rng.random();
            let data = std::array::from_fn(|k| u32::from_le_bytes(row[4 * k..4 * k + 4].try_into().unwrap()));
            self.q[i].beats.push_back(CardBeat { dest: i as u64, data, keep, last, user });
        }
        self.q[i].packets.push_back((bytes, user));
    }

    fn after(&mut self, ready: bool, record_ready: bool) {
        if self.offered.is_some() {
            if self.d.is_set("c2h_axis_tready") {
                self.offered = None;
                self.sent_beats += 1;
            } else {
                self.waits += 1;
            }
        }
        let pause = self.d.get("c2h_pause");
        for i in 0..NQ {
            self.q[i].paused += pause >> i & 1;
        }
        let beat = self.d.is_set("data_wr_valid").then(|| Beat {
            first: self.d.is_set("data_wr_first"),
            last: self.d.is_set("data_wr_last"),
            hdr: self.d.get_wide("data_wr_hdr"),
            data: self.d.get_wide("data_wr_data"),
            keep: self.d.get("data_wr_keep"),
        });
        self.gap_clocks += beat.is_none() as u64;
        self.sink.clock(beat, ready, 128 << self.shape.mps, REQUESTER);
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
                q.taken = value;
            }
        }
        if self.d.is_set("c2h_err_valid") {
            let i = self.d.get("c2h_err_q") as usize;
            assert!(self.q[i].error.is_none());
            self.q[i].error = Some(self.d.get("c2h_err_code") as u8);
        }
        for i in 0..NQ {
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
            assert!(self.scanning_age < 4096 / 16 * 2, "plan keeps a queue for too long");
        }
    }

    fn record(&mut self) {
        let i = self.d.get("rec_c2h_q") as usize;
        let bytes = self.d.get("rec_c2h_bytes") as usize;
        let got = (
            self.d.get("rec_c2h_index") as u32,
            self.d.get("rec_c2h_status") as u8,
            self.d.get("rec_c2h_flags") as u8,
            self.d.get("rec_c2h_meta") as u32,
            self.d.is_set("rec_c2h_irq"),
        );
        let q = &mut self.q[i];
        let desc = q.descs.pop_front().expect("a record without descriptor");
        let index = q.records;
        q.records += 1;
        assert!(q.records <= q.taken);
        if desc.status() != 0 {
            assert_eq!(bytes, 0);
            assert_eq!(got, (index, desc.status(), 0, 0, true));
            assert_eq!(q.error, Some(desc.status()));
            return;
        }
        let (packet, user) = q.packets.front().expect("a record without a packet");
        let rest = &packet[q.consumed..];
        let n = rest.len().min(desc.len as usize);
        let eop = n == rest.len();
        assert_eq!(bytes, n, "bytes of descriptor {index} of queue {i}");
        let flags = if eop { completion::EOP } else { 0 };
        let meta = if eop { *user } else { 0 };
        assert_eq!(got, (index, 0, flags, meta, desc.flags & descriptor::IRQ != 0));
        for (k, &byte) in rest[..n].iter().enumerate() {
            let at = desc.addr + k as u64;
            assert_eq!(
                self.sink.written.remove(&at),
                Some(byte),
                "byte {k} of descriptor {index} of queue {i}"
            );
        }
        q.bytes += n as u64;
        q.consumed += n;
        if eop {
            q.eops += 1;
            q.packets.pop_front();
            q.consumed = 0;
        }
    }
}

/// Where a queue's buffers lie: the first queue below 4 GiB, the second across, the others above.
fn area(i: usize) -> u64 {
    [0x1000_0000, 0xFFFF_F000, 0x12_3456_7000, 0x8765_0000_0000_0000, 0x8766_0000_0000_0000][i]
}
