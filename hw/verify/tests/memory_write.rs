//! `memory::MemoryWriter` alone, in three widths: packets of interleaved queues against an AXI4 memory that stalls, fails and is slow.

use std::collections::{HashMap, VecDeque};

use ferrolane_abi::regs;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

#[path = "h2c/axi.rs"]
mod axi;
use axi::{Habits, Memory};

#[derive(Clone, Copy)]
struct Shape {
    row: usize,
    queues: usize,
}

const SHAPES: [Shape; 3] =
    [Shape { row: 8, queues: 1 }, Shape { row: 16, queues: 4 }, Shape { row: 32, queues: 4 }];

struct Packet {
    address: u64,
    data: Vec<u8>,
    fixed: bool,
    card: u32,
    /// Rows sent.
    sent: usize,
    /// The queue is cleared before its end comes.
    cut: Option<usize>,
}

impl Packet {
    fn rows(&self, row: usize) -> usize {
        (self.address as usize % row + self.data.len()).div_ceil(row)
    }
}

#[derive(Default)]
struct Queue {
    base: u64,
    packets: VecDeque<Packet>,
    /// What was sent and is not done: whether it must fail, and what must be in the memory then.
    open: VecDeque<(bool, u64, Vec<u8>)>,
    committed: u16,
    rows_sent: u16,
    paused_for: u32,
    done: usize,
}

struct Bench {
    d: Dut,
    rng: StdRng,
    shape: Shape,
    q: Vec<Queue>,
    memory: Memory,
    /// What the memory must hold in the end, and what came to fixed addresses.
    expected: HashMap<u64, u8>,
    fixed: HashMap<u64, Vec<u8>>,
    current: usize,
    quantum: u32,
    next_card: u32,
    done_ready: f64,
    idle: f64,
    /// Nothing is sent.
    still: bool,
}

impl Bench {
    fn new(seed: u64, shape: Shape, habits: Habits) -> Self {
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

    fn base(&mut self, q: usize, base: u64) {
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
    fn clear(&mut self, q: usize) {
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q as u64);
        let more = self.rng.random_range(4..8);
        // Commit broadcasts the cleared rows.
        self.commit(q, 0);
        (0..more).for_each(|_| self.step());
        self.d.set("init_valid", 0u64);
        (0..16).for_each(|_| self.step());
        (self.q[q].committed, self.q[q].rows_sent) = (0, 0);
    }

    fn commit(&mut self, q: usize, row: u16) {
        self.d.set("commit_valid", 1u64);
        self.d.set("commit_q", q as u64);
        self.d.set("commit_row", row as u64);
        self.still = true;
        self.step();
        self.still = false;
        self.d.set("commit_valid", 0u64);
    }

    /// A packet of `len` bytes at `offset` behind the place of its own.
    fn packet(&mut self, q: usize, offset: u32, len: usize, fixed: bool) {
        let row = self.shape.row as u64;
        let mut card = self.next_card + offset;
        if fixed {
            let lane = self.q[q].base.wrapping_add(card as u64) % row;
            card = card.wrapping_add((row - lane) as u32);
        }
        self.next_card += len as u32 + 0x2000 + (offset & !0xFFF);
        let address = self.q[q].base.wrapping_add(card as u64);
        let data: Vec<u8> = (0..len).map(|_| self.rng.random()).collect();
        if fixed {
            self.fixed.entry(address).or_default().extend(&data);
        } else {
            for (i, byte) in data.iter().enumerate() {
                self.expected.insert(address.wrapping_add(i as u64), *byte);
            }
        }
        self.q[q].packets.push_back(Packet { address, data, fixed, card, sent: 0, cut: None });
    }

    /// Sends a beat if the sender would, then one clock.
    fn step(&mut self) {
        let row = self.shape.row;
        let all = self.shape.queues;
        let runs = |q: &Queue| q.paused_for <= 4 && !q.packets.is_empty();
        if self.quantum == 0 || !runs(&self.q[self.current]) {
            let ready: Vec<usize> = (0..all).filter(|q| runs(&self.q[*q])).collect();
            if !ready.is_empty() {
                self.current = ready[self.rng.random_range(0..ready.len())];
            }
            self.quantum = self.rng.random_range(1..=64);
        }
        let q = self.current;
        let mut beat = false;
        if runs(&self.q[q]) && !self.rng.random_bool(self.idle) && !self.still {
            beat = true;
            let packet = &self.q[q].packets[0];
            let lane = if packet.fixed { 0 } else { packet.address as usize % row };
            let first = packet.sent * row;
            let last = packet.sent + 1 == packet.rows(row);
            let mut bytes: Vec<u8> = (0..row).map(|_| self.rng.random()).collect();
            let mut keep = 0u64;
            for (i, byte) in bytes.iter_mut().enumerate() {
                let at = first + i;
                if at < lane + packet.data.len() {
                    keep |= 1 << i;
                    if at >= lane {
                        *byte = packet.data[at - lane];
                    }
                }
            }
            let words: Vec<u32> =
                bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
            if row == 8 {
                self.d.set("s_data", words[0] as u64 | (words[1] as u64) << 32);
            } else {
                self.d.set_wide("s_data", &words);
            }
            self.d.set("s_keep", keep);
            self.d.set("s_last", last as u64);
            self.d.set("s_q", q as u64);
            self.d.set("s_card", packet.card as u64);
            self.d.set("s_fixed", packet.fixed as u64);
        }
        self.d.set("s_valid", beat as u64);
        let ready = self.rng.random_bool(self.done_ready);
        self.d.set("done_ready", ready as u64);
        self.memory.drive(&mut self.d, &mut self.rng);
        self.d.step();
        self.memory.take(&mut self.d, &mut self.rng);
        let paused = self.d.is_set("pause");
        for queue in &mut self.q {
            queue.paused_for = if paused { queue.paused_for + 1 } else { 0 };
        }
        if beat && self.d.is_set("s_ready") {
            self.sent(q);
        } else if beat {
            assert!(paused || self.d.is_set("init_valid"), "not ready without a pause");
        }
        if self.d.is_set("done_valid") && ready && !self.d.is_set("core_rst") {
            let q = self.d.get("done_q") as usize;
            let (bad, address, data) = self.q[q].open.pop_front().expect("a packet that was sent");
            assert_eq!(self.d.is_set("done_error"), bad, "queue {q}");
            self.q[q].done += 1;
            for (i, byte) in data.iter().enumerate() {
                let at = address.wrapping_add(i as u64);
                assert_eq!(self.memory.answered.get(&at), Some(byte), "queue {q}: {at:#x} before its answer");
            }
        }
        for q in 0..all {
            let busy = self.d.get("busy") >> q & 1 == 1;
            let open = !self.q[q].open.is_empty();
            assert!(busy || !open || self.d.is_set("done_valid"), "queue {q} is not done");
        }
    }

    fn sent(&mut self, q: usize) {
        let row = self.shape.row;
        self.quantum = self.quantum.saturating_sub(1);
        let queue = &mut self.q[q];
        let packet = &mut queue.packets[0];
        packet.sent += 1;
        queue.rows_sent = queue.rows_sent.wrapping_add(1);
        if packet.cut == Some(packet.sent) {
            queue.packets.pop_front();
        } else if packet.sent == packet.rows(row) {
            let packet = queue.packets.pop_front().expect("it is there");
            let end = packet.address.wrapping_add(packet.data.len() as u64 - 1);
            let bad = self.memory.fails(packet.address, if packet.fixed { packet.address } else { end });
            let data = if packet.fixed { vec![] } else { packet.data };
            queue.open.push_back((bad, packet.address, data));
        }
    }

    /// Commits all packets of all queues, then runs until all are done.
    fn finish(&mut self, limit: u32) {
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

    fn compare(&self) {
        assert_eq!(self.memory.bytes.len(), self.expected.len(), "bytes written");
        for (at, byte) in &self.expected {
            assert_eq!(self.memory.bytes.get(at), Some(byte), "{at:#x}");
        }
        assert_eq!(self.memory.fixed, self.fixed);
    }
}

#[test]
fn every_byte_and_no_other() {
    for seed in 0..45 {
        let mut rng = StdRng::seed_from_u64(1000 + seed);
        let shape = SHAPES[seed as usize % 3];
        let habits = Habits::random(&mut rng);
        println!("seed {seed}: {habits:?}");
        let mut b = Bench::new(seed, shape, habits);
        b.done_ready = if rng.random() { 1.0 } else { rng.random_range(0.1..1.0) };
        b.idle = [0.0, 0.3, 0.95][rng.random_range(0..3)];
        for _ in 0..rng.random_range(1..4) {
            for _ in 0..rng.random_range(1..60) {
                let q = rng.random_range(0..shape.queues);
                let len = match rng.random_range(0..4) {
                    0 => rng.random_range(1..=40),
                    1 => shape.row * rng.random_range(1..20),
                    2 => rng.random_range(1..=600),
                    _ => rng.random_range(1..=5000),
                };
                let offset = if rng.random() { 0 } else { rng.random_range(0..4096) };
                let fixed = rng.random_bool(0.2);
                b.packet(q, offset, len, fixed);
            }
            b.finish(400_000);
        }
        b.compare();
    }
}

#[test]
fn every_alignment() {
    for shape in SHAPES {
        let mut b = Bench::new(7, shape, Habits::fast());
        b.base(0, 0x7_FFFF_FE03);
        for offset in 0..shape.row as u32 {
            for len in 1..=2 * shape.row + 2 {
                b.packet(0, offset, len, false);
                b.packet(0, 0x1FD - 2 * shape.row as u32 + offset, len, false);
            }
        }
        b.finish(100_000);
        b.compare();
    }
}

#[test]
fn an_error_fails_its_packet_and_no_other() {
    for seed in 0..24 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = SHAPES[seed as usize % 3];
        let mut b = Bench::new(seed, shape, Habits::random(&mut rng));
        for _ in 0..40 {
            let q = rng.random_range(0..shape.queues);
            let len = rng.random_range(1..3000);
            b.packet(q, rng.random_range(0..100), len, rng.random_bool(0.2));
            if rng.random_bool(0.3) {
                let packet = b.q[q].packets.back().expect("just made");
                let at = if packet.fixed { 0 } else { rng.random_range(0..len as u64) };
                let address = packet.address.wrapping_add(at);
                b.memory.faults.push(address);
            }
        }
        b.finish(200_000);
        b.compare();
    }
}

#[test]
fn a_packet_that_is_cut_short_is_written_and_forgotten() {
    for seed in 0..24 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = SHAPES[seed as usize % 3];
        let mut b = Bench::new(seed, shape, Habits::random(&mut rng));
        for _ in 0..6 {
            for q in 0..shape.queues {
                for _ in 0..rng.random_range(1..6) {
                    b.packet(q, rng.random_range(0..100), rng.random_range(1..2000), false);
                }
            }
            let q = rng.random_range(0..shape.queues);
            b.packet(q, rng.random_range(0..100), 3000, false);
            let rows = rng.random_range(1..2900 / shape.row);
            let packet = b.q[q].packets.back_mut().expect("just made");
            packet.cut = Some(rows);
            let lane = packet.address as usize % shape.row;
            let (address, bytes) = (packet.address, rows * shape.row - lane);
            for i in bytes as u64..3000 {
                b.expected.remove(&address.wrapping_add(i));
            }
            if rng.random() {
                // An error of what is forgotten is forgotten.
                b.memory.faults.push(address);
            }
            b.finish(200_000);
            // Others go on while it is cleared.
            for other in (0..shape.queues).filter(|other| *other != q) {
                b.packet(other, 5, 500, false);
                let rows = b.q[other].packets[0].rows(shape.row) as u16;
                let row = b.q[other].rows_sent.wrapping_add(rows);
                b.commit(other, row);
            }
            b.clear(q);
        }
        b.finish(200_000);
        b.compare();
    }
}

#[test]
fn a_reset_leaves_no_burst_open_and_writes_nothing_more() {
    for seed in 0..60 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = SHAPES[seed as usize % 3];
        let mut b = Bench::new(seed, shape, Habits::random(&mut rng));
        for _ in 0..4 {
            for q in 0..shape.queues {
                for _ in 0..10 {
                    b.packet(q, rng.random_range(0..100), rng.random_range(1..3000), rng.random_bool(0.1));
                }
                b.commit(q, 0x7FFF);
            }
            (0..rng.random_range(0..400)).for_each(|_| b.step());
            b.q.iter_mut().for_each(|q| {
                q.packets.clear();
                q.open.clear();
            });
            b.d.set("core_rst", 1u64);
            (0..rng.random_range(2..18)).for_each(|_| b.step());
            b.d.set("core_rst", 0u64);
            assert_eq!(b.d.get("busy"), 0);
            assert!(!b.d.is_set("done_valid"));
            for q in 0..shape.queues {
                b.clear(q);
            }
            let slow: u32 = rng.random_range(0..200);
            (0..slow).for_each(|_| b.step());
            // What was sent by then is what was asked for, though a slow memory may not have taken it; a beat that stands
            // can't be taken back. From here on it must be the new.
            let (before, fixed) = b.memory.with_sent();
            assert!(before.iter().all(|(at, byte)| b.expected.get(at) == Some(byte)));
            b.expected = before;
            b.fixed = fixed;
            for q in 0..shape.queues {
                for _ in 0..5 {
                    b.packet(q, rng.random_range(0..100), rng.random_range(1..3000), false);
                }
            }
            b.finish(200_000);
            b.compare();
        }
    }
}

#[test]
fn a_row_every_clock() {
    for shape in SHAPES {
        let mut b = Bench::new(3, shape, Habits { latency: 40, ..Habits::fast() });
        for _ in 0..40 {
            for q in 0..shape.queues {
                b.packet(q, 0, 4096, false);
                b.packet(q, 0, 4096, false);
            }
        }
        (0..shape.queues).for_each(|q| b.commit(q, 0x7FFF));
        let start = b.memory.beats;
        (0..200).for_each(|_| b.step());
        let (clock, beats) = (b.d.clocks(), b.memory.beats);
        assert!(beats > start);
        (0..4000).for_each(|_| b.step());
        let rate = (b.memory.beats - beats) as f64 / (b.d.clocks() - clock) as f64;
        println!("{} bytes a row: {rate:.3} rows a clock", shape.row);
        assert!(rate > 0.99, "{} bytes a row: {rate:.3}", shape.row);
    }
}

#[test]
fn a_packet_of_two_rows_takes_two_clocks() {
    for shape in SHAPES {
        let mut b = Bench::new(4, shape, Habits { latency: 10, ..Habits::fast() });
        for _ in 0..2000 {
            b.packet(0, 0, 2 * shape.row, false);
        }
        b.commit(0, 0x7FFF);
        (0..100).for_each(|_| b.step());
        let (clock, done) = (b.d.clocks(), b.q[0].done);
        (0..2000).for_each(|_| b.step());
        let clocks = (b.d.clocks() - clock) as f64 / (b.q[0].done - done) as f64;
        println!("{} bytes a row: {clocks:.3} clocks a packet", shape.row);
        assert!(clocks < 2.05, "{clocks:.3}");
    }
}
