//! The H2C path between a host, a descriptor store, a record writer and a card, all checked.

use std::collections::VecDeque;

use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::{completion, regs, status};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::axi::{self, Memory};
use crate::host::{memory, Fault, Habits, Host};
use std::collections::HashMap;

/// Sizes of the path under test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    pub queues: usize,
    /// Rows of a share, bytes of a row, tags.
    pub rows: u64,
    pub row: u64,
    pub tags: u64,
    pub slots: u64,
}

pub const W64: Shape = Shape { queues: 1, rows: 256, row: 8, tags: 32, slots: 32 };
pub const W128: Shape = Shape { queues: 4, rows: 512, row: 16, tags: 64, slots: 64 };
pub const W256: Shape = Shape { queues: 4, rows: 1024, row: 32, tags: 256, slots: 128 };
pub const SHAPES: [Shape; 3] = [W64, W128, W256];

/// How the surroundings behave; probabilities are per clock.
#[derive(Clone, Copy, Debug)]
pub struct Knobs {
    pub host: Habits,
    /// Max_Read_Request_Size is 128 << `mrrs`.
    pub mrrs: u64,
    pub ext_tag: bool,
    pub read_ready: f64,
    pub card_ready: f64,
    pub record_ready: f64,
    /// That a queue's pause changes.
    pub pause: f64,
    /// log2 of the completion ring.
    pub ring: u32,
    /// The host takes records.
    pub consume: bool,
    /// `cfg_ns_enable`, `cfg_ro_enable`; the queues want Relaxed Ordering only.
    pub attr: u32,
    /// Memory queues, and how their memory behaves.
    pub memory: u64,
    pub axi: axi::Habits,
}

impl Knobs {
    /// Nobody stalls.
    pub fn fast() -> Self {
        Knobs {
            host: Habits {
                rcb: 64,
                split: 0.0,
                reorder: false,
                beat: 1.0,
                latency: 100,
                retry: 0.0,
                stray: 0.0,
            },
            mrrs: 2,
            ext_tag: true,
            read_ready: 1.0,
            card_ready: 1.0,
            record_ready: 1.0,
            pause: 0.0,
            ring: 16,
            consume: true,
            attr: 0,
            memory: 0,
            axi: axi::Habits::fast(),
        }
    }

    /// Anything.
    pub fn random(rng: &mut StdRng) -> Self {
        let mut p = |low: f64| if rng.random_bool(0.4) { 1.0 } else { rng.random_range(low..1.0) };
        let (beat, read_ready, card_ready, record_ready) = (p(0.2), p(0.05), p(0.2), p(0.05));
        Knobs {
            host: Habits {
                rcb: if rng.random_bool(0.5) { 64 } else { 128 },
                split: rng.random_range(0.0..=1.0),
                reorder: rng.random_bool(0.7),
                beat,
                latency: rng.random_range(5..300),
                retry: if rng.random_bool(0.3) { 0.1 } else { 0.0 },
                stray: if rng.random_bool(0.3) { 0.02 } else { 0.0 },
            },
            mrrs: rng.random_range(0..=5),
            ext_tag: rng.random_bool(0.7),
            read_ready,
            card_ready,
            record_ready,
            pause: if rng.random_bool(0.4) { 0.01 } else { 0.0 },
            ring: rng.random_range(1..=5),
            consume: true,
            attr: rng.random_range(0..4),
            memory: if rng.random() { rng.random() } else { 0 },
            axi: axi::Habits::random(rng),
        }
    }
}

/// A record as it must come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    pub bytes: u64,
    pub index: u64,
    pub flags: u64,
    pub status: u64,
    pub irq: u64,
}

#[derive(Default)]
pub struct Packet {
    pub user: u32,
    pub bytes: VecDeque<u8>,
    pub ended: bool,
}

#[derive(Default)]
pub struct Queue {
    descriptors: Vec<(Descriptor, u8)>,
    head: u32,
    told: u32,
    taken: u32,
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
    base: u64,
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
    open: bool,
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
    next_card: u32,
    /// Descriptors of memory queues are offered as they are.
    pub raw: bool,
    tell_bus: Option<(&'static str, usize, u32)>,
    desc_at: (usize, u32),
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

    /// A Function Level Reset in the middle of everything; the host's answers are lost with it. All queues are cleared and run again.
    pub fn reset(&mut self) {
        self.d.set("cpl_valid", 0u64);
        for name in ["axi_awready", "axi_wready", "axi_bvalid", "h2c_axis_tready"] {
            self.d.set(name, 0u64);
        }
        self.d.pulse("rst", 1);
        self.host = Host::new(self.knobs.host, self.shape.row as usize / 4);
        // The card gets what was on its way to it.
        self.q = (0..self.shape.queues).map(|_| Queue { flushing: true, ..Queue::default() }).collect();
        (self.run, self.halted, self.failed, self.pause, self.desc_at) = (0, 0, 0, 0, (0, 0));
        for q in 0..self.shape.queues {
            self.start(q);
        }
    }

    /// Longest request.
    pub fn size(&self) -> u64 {
        (128 << self.knobs.mrrs).min(self.shape.rows * self.shape.row / 4)
    }

    /// Clears a stopped queue and lets it run, as control does.
    pub fn start(&mut self, q: usize) {
        self.run &= !(1 << q);
        self.halted &= !(1 << q);
        self.failed &= !(1 << q);
        let queue = &mut self.q[q];
        (queue.told, queue.consumed, queue.flushing) = (queue.head, queue.recorded, true);
        let memory = (self.knobs.memory >> q & 1) as u32;
        let base = if q == 1 { u64::MAX - 0x7FF_FFF0 } else { self.rng.random::<u64>() >> 4 };
        for (register, data) in [
            (regs::queue::MODE.offset, 7 << 8 | memory << 6 | 1 << 4),
            (regs::queue::RING_SIZE.offset, self.knobs.ring << 8 | 9),
            (regs::queue::CARD_BASE_LO.offset, base as u32),
            (regs::queue::CARD_BASE_HI.offset, (base >> 32) as u32),
        ] {
            self.d.set("cfgw_index", register as u64 / 4);
            self.tell_bus = Some(("cfgw", q, data));
            self.step();
        }
        for bus in ["room", "finished", "head"] {
            self.tell_bus = Some((bus, q, 0));
            self.step();
        }
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q as u64);
        let mut waits = vec!["init_done_h2c_issue", "init_done_h2c_commit", "init_done_h2c_egress"];
        for clocks in 0.. {
            self.step();
            waits.retain(|name| !self.d.is_set(name));
            if waits.is_empty() {
                break;
            }
            assert!(clocks < 500, "no {waits:?}");
        }
        self.d.set("init_valid", 0u64);
        // What the last life left in the small FIFO behind egress comes out first.
        let mut left = 5;
        while left > 0 {
            self.step();
            if self.d.is_set("h2c_axis_tready") || !self.d.is_set("h2c_axis_tvalid") {
                left -= 1;
            }
        }
        self.q[q] = Queue { base, ..Queue::default() };
        self.run |= 1 << q;
        self.idle &= !(1 << q);
    }

    /// Offers a descriptor; `err` is the descriptor store's verdict.
    pub fn offer(&mut self, q: usize, mut descriptor: Descriptor, err: u8) {
        let to_memory = self.knobs.memory >> q & 1 == 1;
        let row = self.shape.row;
        let mut address = self.q[q].base.wrapping_add(descriptor.card as u64);
        if to_memory && !self.raw {
            // A place of its own.
            descriptor.flags &= !(descriptor::SOP | descriptor::EOP);
            descriptor.card = self.next_card + self.rng.random_range(0..600);
            self.next_card += descriptor.len + 1000;
            address = self.q[q].base.wrapping_add(descriptor.card as u64);
            if descriptor.len < 2000 && self.rng.random_bool(0.2) {
                descriptor.flags |= descriptor::FIXED;
                let up = (row - address % row) % row;
                descriptor.card += up as u32;
                address = address.wrapping_add(up);
            }
        }
        let fixed = descriptor.flags & descriptor::FIXED != 0;
        let refused_flags = match to_memory {
            true => descriptor::REFUSED & !descriptor::FIXED | descriptor::SOP | descriptor::EOP,
            false => descriptor::REFUSED,
        };
        let mrrs = self.size();
        if to_memory {
            // What is behind a failed write may have been on its way.
            let bytes = (0..descriptor.len as u64).map(|i| memory(descriptor.host_addr + i));
            if fixed {
                self.fixed.entry(address).or_default().extend(bytes);
            } else {
                self.allowed.extend((0..).map(|i| address.wrapping_add(i)).zip(bytes));
            }
        }
        let queue = &mut self.q[q];
        let irq = u64::from(descriptor.flags & descriptor::IRQ != 0);
        let mut record = Record { bytes: 0, index: queue.descriptors.len() as u64, flags: 0, status: 0, irq };
        queue.descriptors.push((descriptor, err));
        if self.failed >> q & 1 == 1 {
            return;
        }
        let refused = if err != 0 {
            err
        } else if descriptor.len == 0 {
            status::BAD_LENGTH
        } else if descriptor.flags & refused_flags != 0 {
            status::BAD_FLAGS
        } else if fixed && !address.is_multiple_of(row) {
            status::BAD_CARD_ADDRESS
        } else {
            status::OK
        };
        let mut len = descriptor.len as u64;
        if refused != status::OK {
            record.status = refused as u64;
            len = 0;
        }
        let range = descriptor.host_addr..descriptor.host_addr + len;
        if let Some((at, fault)) = self.faults.iter().filter(|(at, _)| range.contains(at)).min_by_key(|f| f.0)
        {
            record.status = match fault {
                Fault::Ur => status::DATA_UR,
                Fault::Ca => status::DATA_CA,
                Fault::Lapsed => status::DATA_TIMEOUT,
                Fault::Poisoned => status::DATA_POISONED,
                _ => status::DATA_MALFORMED,
            } as u64;
            // The request that holds the address moved nothing.
            len = (at / mrrs * mrrs).saturating_sub(range.start);
        }
        if to_memory && record.status == 0 {
            let last = if fixed { address } else { address.wrapping_add(len - 1) };
            if self.memory.fails(address, last) {
                record.status = status::CARD_WRITE_ERROR as u64;
            }
        }
        if record.status != 0 {
            self.failed |= 1 << q;
        }
        record.bytes = len;
        if to_memory {
            self.q[q].writes.push_back((address, range.start, len, fixed));
            self.q[q].records.push_back(record);
            return;
        }
        let queue = &mut self.q[q];
        if len > 0 {
            if queue.packets.back().is_none_or(|p| p.ended) {
                queue.packets.push_back(Packet { user: descriptor.card, ..Packet::default() });
            }
            let packet = queue.packets.back_mut().expect("just made");
            packet.bytes.extend((range.start..range.start + len).map(memory));
            if record.status == 0 && descriptor.flags & descriptor::EOP != 0 {
                packet.ended = true;
                record.flags = completion::EOP as u64;
            }
        }
        queue.records.push_back(record);
    }

    /// The descriptor offered last is the queue's last, and its record has this code.
    pub fn fail_last(&mut self, q: usize, code: u8) {
        self.q[q].records.back_mut().expect("one was offered").status = code as u64;
        self.failed |= 1 << q;
    }

    pub fn base(&self, q: usize) -> u64 {
        self.q[q].base
    }

    /// Makes all offered descriptors of a queue available at once.
    pub fn tell(&mut self, q: usize) {
        self.q[q].head = self.q[q].descriptors.len() as u32;
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
        self.drive_buses();
        let (q, slot) = self.desc_at;
        // The slot number wraps; the entry is the one not before what was taken last.
        let taken = self.q[q].taken.saturating_sub(2);
        let entry = taken as usize + (slot.wrapping_sub(taken) & 127) as usize;
        let (descriptor, err) = self.q[q].descriptors.get(entry).copied().unwrap_or_default();
        self.d.set_wide("h2c_desc_data", words(&descriptor.to_bytes()).as_slice());
        self.d.set("h2c_desc_err", err as u64);
        self.d.set("run", self.run);
        self.d.set("halted", self.halted);
        self.d.set("idle", self.idle);
        self.d.set("data_rd_ready", self.rng.random_bool(self.knobs.read_ready) as u64);
        self.d.set("rec_h2c_ready", self.rng.random_bool(self.knobs.record_ready) as u64);
        self.d.set("h2c_axis_tready", self.rng.random_bool(self.knobs.card_ready) as u64);
        if self.knobs.pause > 0.0 {
            for q in 0..self.shape.queues {
                if self.rng.random_bool(self.knobs.pause) {
                    self.pause ^= 1 << q;
                }
            }
        }
        self.d.set("h2c_pause", self.pause);
        self.drive_completion();
        self.memory.drive(&mut self.d, &mut self.rng);
        self.d.step();
        self.memory.take(&mut self.d, &mut self.rng);
        self.desc_at = (self.d.get("h2c_desc_q") as usize, self.d.get("h2c_desc_slot") as u32);
        self.unexpected += self.d.get("unexpected");
        if self.d.is_set("h2c_taken_valid") {
            let q = self.d.get("h2c_taken_q") as usize;
            self.q[q].taken = self.d.get("h2c_taken_value") as u32;
        }
        if self.d.is_set("h2c_err_valid") {
            let q = self.d.get("h2c_err_q") as usize;
            assert!(self.q[q].error.replace(self.d.get("h2c_err_code")).is_none(), "one error per life");
            self.halted |= 1 << q;
        }
        assert!(self.host.reads.is_empty() || self.d.is_set("trans_pending"), "a read is on its way");
        self.take_read();
        self.take_record();
        self.take_beat();
    }

    fn drive_buses(&mut self) {
        self.d.set("head_valid", 0u64);
        self.d.set("room_valid", 0u64);
        self.d.set("finished_valid", 0u64);
        self.d.set("cfgw_valid", 0u64);
        if let Some((bus, q, value)) = self.tell_bus.take() {
            let field = if bus == "cfgw" { "data" } else { "value" };
            self.d.set(&format!("{bus}_valid"), 1u64);
            self.d.set(&format!("{bus}_g"), q as u64);
            self.d.set(&format!("{bus}_{field}"), value as u64);
            return;
        }
        let q = self.rng.random_range(0..self.shape.queues);
        let queue = &mut self.q[q];
        if queue.told != queue.head {
            // The store holds at most 120.
            queue.told = queue.head.min(queue.taken + 120);
            self.d.set("head_valid", 1u64);
            self.d.set("head_g", q as u64);
            self.d.set("head_value", queue.told as u64);
        }
        let queue = &mut self.q[q];
        if queue.consumed != queue.recorded && self.knobs.consume {
            queue.consumed = queue.recorded;
            self.d.set("room_valid", 1u64);
            self.d.set("room_g", q as u64);
            self.d.set("room_value", queue.consumed as u64);
        }
        if queue.finished != queue.recorded {
            queue.finished = queue.recorded;
            self.d.set("finished_valid", 1u64);
            self.d.set("finished_g", q as u64);
            self.d.set("finished_value", queue.finished as u64);
        }
    }

    fn drive_completion(&mut self) {
        // `cpl_open` is of the beat before.
        let beat = self.host.beat(self.clock, &mut self.rng);
        self.d.set("cpl_valid", beat.is_some() as u64);
        let beat = beat.unwrap_or_default();
        self.d.set("to_land", 1u64);
        match beat.data[..] {
            [] => {}
            [low, high] => self.d.set("cpl_data", low as u64 | (high as u64) << 32),
            _ => self.d.set_wide("cpl_data", &beat.data),
        }
        for (name, value) in [
            ("cpl_open", self.open as u64),
            ("cpl_keep", beat.keep),
            ("cpl_first", beat.first as u64),
            ("cpl_last", beat.last as u64),
            ("cpl_error", beat.error as u64),
            ("cpl_tag", beat.tag),
            ("cpl_status", beat.status),
            ("cpl_byte_count", beat.byte_count),
            ("cpl_len", beat.len),
            ("cpl_low", beat.low),
            ("cpl_ep", beat.ep as u64),
            ("cpl_has_data", beat.has_data as u64),
            ("cpl_bad", beat.bad as u64),
        ] {
            self.d.set(name, value);
        }
        self.open = !beat.shut;
    }
}

fn words(bytes: &[u8; 16]) -> Vec<u32> {
    bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
}
