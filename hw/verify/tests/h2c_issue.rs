//! `h2c::Issue` alone: every request against a model that cuts descriptors in Rust, with room that comes and goes.

use std::collections::VecDeque;

use ferrolane_abi::descriptor::{Descriptor, EOP, IRQ, LINK};
use ferrolane_abi::{regs, status};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

/// Takes fields of `widths` bits from bit 0 up.
fn unpack<const N: usize>(words: &[u32], widths: [u32; N]) -> [u64; N] {
    let packed = words.iter().rev().fold(0u128, |all, w| all << 32 | *w as u128);
    let mut at = 0;
    widths.map(|width| {
        let field = (packed >> at) as u64 & ((1u64 << width) - 1);
        at += width;
        field
    })
}

#[derive(Default)]
struct Queue {
    descriptors: Vec<Descriptor>,
    head: u64,
    consumer: u64,
    taken: u64,
    addr: u64,
    left: u64,
    before: u64,
    pos: u64,
    pkts: u64,
    in_packet: bool,
    card: u32,
    freed: (u64, u64),
    dead: bool,
    ends: Vec<u64>,
}

struct Bench {
    d: Dut,
    rng: StdRng,
    q: Vec<Queue>,
    mrrs: u64,
    ring: u32,
    run: u64,
    /// Queues that were stopped, and that may still issue what they hold.
    stopping: u64,
    tags: VecDeque<u64>,
    next_tag: u64,
    reads: VecDeque<[u32; 4]>,
    users: Vec<u64>,
    at: (usize, u64),
    requests: u64,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = dut!(h2c_issue, seed);
        d.pulse("rst", 1);
        let (mrrs, ring) = (rng.random_range(0..=5u64), rng.random_range(2..7));
        d.set("cfg_mrrs", mrrs);
        d.set("cfg_ext_tag", 1u64);
        d.set("tail", 8u64);
        for q in 0..4u64 {
            d.set("cfgw_valid", 1u64);
            d.set("cfgw_g", q);
            d.set("cfgw_index", regs::queue::RING_SIZE.offset as u64 / 4);
            d.set("cfgw_data", (ring << 8) as u64);
            for bus in ["cons", "head"] {
                d.set(&format!("{bus}_valid"), 1u64);
                d.set(&format!("{bus}_g"), q);
            }
            d.set("freed_valid", 1u64);
            d.set("freed_q", q);
            d.step();
            // Another register and the other direction: neither may count.
            d.set("cfgw_index", 0u64);
            d.set("cfgw_data", 0x1F00u64);
            d.step();
            d.set("cfgw_valid", 0u64);
            d.set("init_valid", 1u64);
            d.set("init_g", q);
            d.step_until("init_done", 50);
            d.set("init_valid", 0u64);
            d.step();
        }
        for bus in ["cons_valid", "head_valid", "freed_valid"] {
            d.set(bus, 0u64);
        }
        Bench {
            d,
            rng,
            q: (0..4).map(|_| Queue::default()).collect(),
            mrrs: 128 << mrrs,
            ring,
            run: 15,
            stopping: 0,
            tags: VecDeque::new(),
            next_tag: 8,
            reads: VecDeque::new(),
            users: vec![u64::MAX; 4 * 32],
            at: (0, 0),
            requests: 0,
        }
    }

    /// Bus messages: at most one of each kind.
    fn drive(&mut self) {
        let q = self.rng.random_range(0..4usize);
        let share = self.rng.random_bool(0.3);
        let queue = &mut self.q[q];
        let head = (queue.head + self.rng.random_range(0..4)).min(queue.descriptors.len() as u64);
        queue.head = head.min(queue.taken + 60);
        let consumer = self.rng.random_range(queue.consumer..=queue.taken);
        if self.rng.random_bool(0.1) {
            queue.consumer = consumer;
        }
        if share {
            queue.freed.0 = self.rng.random_range(queue.freed.0..=queue.pos / 16);
            queue.freed.1 = queue.ends.iter().filter(|end| **end < queue.freed.0).count() as u64;
        }
        for (bus, value) in [("head", queue.head), ("cons", queue.consumer)] {
            self.d.set(&format!("{bus}_valid"), 1u64);
            self.d.set(&format!("{bus}_g"), q as u64);
            self.d.set(&format!("{bus}_value"), value);
        }
        self.d.set("freed_valid", 1u64);
        self.d.set("freed_q", q as u64);
        self.d.set("freed_row", queue.freed.0 & 0xFFFF);
        self.d.set("freed_pkts", queue.freed.1 & 0xFFFF);
        if !self.tags.is_empty() && self.rng.random_bool(0.1) {
            self.tags.pop_front();
        }
        let tail = self.tags.front().copied().unwrap_or(self.next_tag);
        self.d.set("tail", tail);
        let halted: u64 = (0..4).filter(|q| self.q[*q].dead).map(|q| 1 << q).sum();
        self.d.set("run", self.run);
        self.d.set("halted", halted);
        let (q, slot) = self.at;
        let queue = &self.q[q];
        let taken = queue.taken.saturating_sub(1);
        let index = taken + (slot.wrapping_sub(taken) & 63);
        let bytes = queue.descriptors.get(index as usize).copied().unwrap_or_default().to_bytes();
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        self.d.set_wide("desc_data", &words);
    }

    fn step(&mut self, ready: f64) {
        self.drive();
        self.d.set("rd_ready", self.rng.random_bool(ready) as u64);
        self.d.step();
        self.at = (self.d.get("desc_q") as usize, self.d.get("desc_slot"));
        if self.d.is_set("user_valid") {
            let slot = self.d.get("packet_q") * 32 + self.d.get("packet_slot");
            self.users[slot as usize] = self.d.get("user");
        }
        // The register may be taken and filled again in one clock: look before the push.
        if self.d.is_set("rd_valid") && self.d.is_set("rd_ready") {
            let hdr = self.d.get_wide("rd_hdr");
            assert_eq!(Some(hdr), self.reads.pop_front().map(|h| h.to_vec()));
        }
        if self.d.is_set("req_valid") {
            self.request();
        } else {
            assert!(!self.d.is_set("end_valid"));
        }
        if self.d.is_set("scanning") {
            self.stopping = 0;
        }
    }

    fn request(&mut self) {
        self.requests += 1;
        let widths = [6, 13, 24, 32, 8, 16, 16, 1, 1, 1, 1];
        let [q, bytes, before, index, code, row, pkts, eop, last, irq, wrap] =
            unpack(&self.d.get_wide("req"), widths);
        assert_ne!((self.run | self.stopping) >> q & 1, 0, "queue {q} is stopped");
        let tag = self.d.get("req_tag");
        assert_eq!(tag, self.next_tag);
        assert_eq!(wrap == 1, tag == 63);
        self.next_tag = if wrap == 1 { 8 } else { tag + 1 };
        self.tags.push_back(tag);
        assert!(self.tags.len() <= 55);
        let queue = &mut self.q[q as usize];
        if queue.left == 0 {
            assert!(queue.taken < queue.head, "descriptor {} is not there", queue.taken);
            assert!(queue.taken - queue.consumer < 1 << self.ring, "no room for its record");
            queue.taken += 1;
            let d = queue.descriptors[queue.taken as usize - 1];
            let refused = match (d.len, d.flags & LINK) {
                (0, _) => status::BAD_LENGTH,
                (_, 0) => status::OK,
                _ => status::BAD_FLAGS,
            };
            assert_eq!(code, refused as u64);
            if refused != status::OK {
                assert_eq!((self.d.is_set("req_read"), before, index), (false, 0, queue.taken - 1));
                // Control would halt it.
                queue.dead = true;
                return;
            }
            (queue.addr, queue.left, queue.before) = (d.host_addr, d.len as u64, 0);
            if !queue.in_packet {
                queue.in_packet = true;
                queue.card = d.card;
                assert!(queue.pkts - queue.freed.1 < 32);
            }
        }
        let d = queue.descriptors[queue.taken as usize - 1];
        let chunk = queue.left.min(self.mrrs - queue.addr % self.mrrs);
        let whole = chunk == queue.left;
        let closes = whole && d.flags & EOP != 0;
        assert!(self.d.is_set("req_read"));
        assert_eq!((bytes, before, index, code), (chunk, queue.before, queue.taken - 1, 0));
        assert_eq!((eop == 1, last == 1, irq == 1), (d.flags & EOP != 0, whole, d.flags & IRQ != 0));
        let [lq, base, end, low] = unpack(&self.d.get_wide("req_landing"), [6, 24, 13, 2]);
        assert_eq!((lq, low, end), (q, queue.addr % 4, queue.addr % 4 + chunk));
        assert_eq!(base, queue.pos.wrapping_sub(low) & 0xFF_FFFF);
        self.reads.push_back(header(queue.addr, chunk, tag));
        let slot = (q * 32 + queue.pkts % 32) as usize;
        assert_eq!(self.users[slot], queue.card as u64);
        queue.addr += chunk;
        queue.left -= chunk;
        queue.before += chunk;
        queue.pos += chunk;
        let rows = queue.pos.div_ceil(16);
        assert!(rows - queue.freed.0 <= 512, "queue {q} has {} rows", rows - queue.freed.0);
        assert_eq!(self.d.is_set("end_valid"), closes);
        if closes {
            let [last_row, last_byte] = unpack(&self.d.get_wide("packet_end"), [16, 8]);
            assert_eq!((last_row, last_byte), ((rows - 1) & 0xFFFF, (queue.pos - 1) % 16));
            assert_eq!(self.d.get("packet_slot"), queue.pkts % 32);
            queue.ends.push(rows - 1);
            queue.pos = rows * 16;
            queue.pkts += 1;
            queue.in_packet = false;
        }
        assert_eq!((row, pkts), (queue.pos / 16 & 0xFFFF, queue.pkts & 0xFFFF));
    }
}

/// The memory read, PCIe Base Spec 2.2.5 and 2.2.7.
fn header(addr: u64, bytes: u64, tag: u64) -> [u32; 4] {
    let enable =
        |dw: u64| (0..4).filter(|b| (addr..addr + bytes).contains(&(dw * 4 + b))).map(|b| 1 << b).sum();
    let (first, last) = (addr / 4, (addr + bytes - 1) / 4);
    let first_be: u32 = enable(first);
    let last_be: u32 = if first == last { 0 } else { enable(last) };
    let dw0 = (last - first + 1) as u32 & 0x3FF;
    let dw1 = (tag as u32) << 8 | last_be << 4 | first_be;
    let (high, low) = ((addr >> 32) as u32, addr as u32 & !3);
    if high == 0 {
        [dw0, dw1, low, 0]
    } else {
        [dw0 | 0x2000_0000, dw1, high, low]
    }
}

#[test]
fn every_request_is_what_its_descriptor_says() {
    for seed in 0..24 {
        let mut b = Bench::new(seed);
        for q in 0..4 {
            for _ in 0..200 {
                let high: u64 = if b.rng.random() { b.rng.random_range(0..1 << 20) } else { 0 };
                let len =
                    if b.rng.random() { b.rng.random_range(1..40) } else { b.rng.random_range(1..9000) };
                let mut flags = if b.rng.random_bool(0.7) { EOP } else { 0 };
                flags |= if b.rng.random_bool(0.2) { IRQ } else { 0 };
                flags |= if b.rng.random_bool(0.002) { LINK } else { 0 };
                let len = if b.rng.random_bool(0.002) { 0 } else { len };
                let host_addr =
                    (high << 32 | b.rng.random_range(0..0xFFFF_0000u64)) & !0xF | b.rng.random_range(0..16);
                b.q[q].descriptors.push(Descriptor { host_addr, len, flags, card: b.rng.random() });
            }
        }
        let ready = [1.0, 0.1][seed as usize % 2];
        for _ in 0..30_000 {
            if b.rng.random_bool(0.002) {
                let run = b.rng.random_range(0..16);
                b.stopping |= b.run & !run;
                b.run = run;
            }
            b.step(ready);
        }
        b.run = 15;
        for _ in 0..400_000 {
            let done = |q: &Queue| q.dead || q.taken == 200 && q.left == 0;
            if b.q.iter().all(done) && b.reads.is_empty() {
                break;
            }
            b.step(1.0);
        }
        assert!(b.q.iter().all(|q| q.dead || q.taken == 200 && q.left == 0), "seed {seed} is stuck");
        b.step(1.0);
        assert_eq!(b.requests & 0xFFFF, b.d.get("req_issued"));
    }
}

#[test]
fn three_clocks_per_request_and_turns_of_four_kib() {
    let mut b = Bench::new(2);
    b.mrrs = 128;
    b.d.set("cfg_mrrs", 0u64);
    for q in 0..4 {
        b.q[q].descriptors = vec![Descriptor { host_addr: 0x10000, len: 1 << 20, flags: EOP, card: 0 }; 3];
    }
    let (mut turns, mut last, mut bytes) = (vec![], 9, 0);
    let clocks = b.d.clocks();
    while turns.len() < 40 {
        b.step(1.0);
        // Room is always there.
        b.tags.clear();
        for q in &mut b.q {
            q.freed.0 = q.pos / 16;
        }
        if b.d.is_set("req_valid") {
            let q = unpack(&b.d.get_wide("req"), [6])[0];
            if q != last {
                turns.push(bytes);
                (last, bytes) = (q, 0);
            }
            bytes += 128;
        }
    }
    assert!(turns[5..].iter().all(|bytes| *bytes <= 4096), "{turns:?}");
    // 32 requests take 96 clocks; a visit costs a few more. Rows run out at times, since the bus tells of one queue per clock.
    assert!(b.d.clocks() - clocks < 40 * 120, "{} clocks", b.d.clocks() - clocks);
}
