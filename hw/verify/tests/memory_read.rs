//! `memory::MemoryReader` between a model of the card's memory (an AXI4 slave) and one of ingress with its shares.

use std::collections::VecDeque;

use ferrolane_abi::{descriptor, regs};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const SLOTS: u32 = 128;

#[derive(Clone, Copy)]
struct Build {
    nq: usize,
    lanes: u64,
    rows: u64,
    slots: u64,
    make: fn(u64) -> Dut,
}

const W128: Build = Build { nq: 4, lanes: 16, rows: 512, slots: 64, make: |seed| dut!(memory_read, seed) };
const W64: Build = Build { nq: 1, lanes: 8, rows: 128, slots: 8, make: |seed| dut!(memory_read64, seed) };
const W256: Build = Build { nq: 64, lanes: 32, rows: 64, slots: 64, make: |seed| dut!(memory_read256, seed) };
const BUILDS: [Build; 3] = [W128, W64, W256];

#[derive(Clone, Copy, Debug)]
struct Desc {
    addr: u64,
    len: u64,
    fixed: bool,
    fence: bool,
    index: u32,
}

/// Bytes of a memory that never change.
fn byte(addr: u64) -> u8 {
    let x = addr.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (x >> 40) as u8 ^ (x >> 52) as u8
}

fn fails(addr: u64, one_in: u64) -> bool {
    one_in != 0 && (addr >> 6).wrapping_mul(0xD134_2543_DE82_EF95) >> 32 & 0xFFFF_FFFF < (1 << 32) / one_in
}

#[derive(Default)]
struct Queue {
    memory: bool,
    run: bool,
    halted: bool,
    /// Descriptors are posted.
    post: bool,
    base: u64,
    store: Vec<([u32; 2], u8)>,
    head: u32,
    told_head: u32,
    told_finished: u32,
    /// A descriptor that is refused was posted: the last one.
    refused: bool,
    /// Not yet wholly asked for, with bytes asked for; asked for and not wholly come, with beats come.
    wanted: VecDeque<Desc>,
    asked: u64,
    coming: VecDeque<Desc>,
    beats: u64,
    dead: bool,
    /// Rows and packets given out, written and freed.
    rows_out: u64,
    pkts_out: u64,
    rows_in: u64,
    pkts_in: u64,
    freed: (u64, u64),
    packets: u64,
    bads: u64,
    bytes: u64,
    /// Rows at which each packet in the share ends.
    ends: VecDeque<u64>,
    since_stop: u32,
}

struct Burst {
    addr: u64,
    beats: u64,
    fixed: bool,
    after: u64,
}

struct Bench {
    d: Dut,
    b: Build,
    rng: StdRng,
    q: Vec<Queue>,
    bursts: VecDeque<Burst>,
    beat: u64,
    offered: bool,
    /// What the memory gave for FIXED bursts, in order: bytes and whether it failed.
    given: VecDeque<(Vec<u8>, bool)>,
    /// Errors of a burst that waits for its beat.
    answer: Option<(Vec<u8>, bool)>,
    held_ar: Option<(u64, u64, u64)>,
    held_m: Option<Vec<u32>>,
    pipe: VecDeque<(usize, u64)>,
    clock: u64,
    latency: u64,
    ar: f64,
    r: f64,
    m: f64,
    free: f64,
    post: f64,
    most: u64,
    fixed: f64,
    bad: f64,
    fence: f64,
    errors: u64,
    /// Bytes of every descriptor, at random addresses or behind each other.
    even: bool,
    taken_beats: u64,
    stray: u64,
    /// What comes was asked for before a reset.
    stale: u64,
    /// Queues whose MODE.MEMORY was written.
    known: Vec<bool>,
}

impl Bench {
    fn new(b: Build, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut p = || [0.1, 0.5, 0.9, 1.0][rng.random_range(0..4)];
        let (ar, r, m, free, post) = (p(), p(), p(), p(), p() / 4.0);
        let mut bench = Bench {
            d: (b.make)(seed),
            b,
            q: (0..b.nq).map(|_| Queue::default()).collect(),
            bursts: VecDeque::new(),
            beat: 0,
            offered: false,
            given: VecDeque::new(),
            answer: None,
            held_ar: None,
            held_m: None,
            pipe: VecDeque::new(),
            clock: 0,
            latency: rng.random_range(1..60),
            ar,
            r,
            m,
            free,
            post,
            most: 1 << rng.random_range(1..15),
            fixed: 0.2,
            bad: 0.0,
            fence: [0.0, 0.1, 0.5][rng.random_range(0..3)],
            errors: 0,
            even: false,
            taken_beats: 0,
            stray: 0,
            stale: 0,
            known: vec![false; b.nq],
            rng,
        };
        bench.d.pulse("rst", 2);
        (0..b.nq).for_each(|i| bench.start(i));
        bench
    }

    fn write(&mut self, g: usize, register: u32, value: u64) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g as u64);
        self.d.set("cfgw_index", register as u64 / 4);
        self.d.set("cfgw_data", value);
        self.step();
        self.d.set("cfgw_valid", 0u64);
    }

    fn start(&mut self, i: usize) {
        let g = self.b.nq + i;
        let base = (i as u64 + 1) << 40 | self.rng.random::<u64>() >> 25;
        let memory = self.b.nq == 1 || self.rng.random_bool(0.8);
        self.q[i] = Queue { memory, base, store: vec![([0; 2], 0); SLOTS as usize], ..Queue::default() };
        self.write(g, regs::queue::CARD_BASE_LO.offset, base & 0xFFFF_FFFF);
        self.write(g, regs::queue::CARD_BASE_HI.offset, base >> 32);
        self.write(g, regs::queue::VECTOR.offset, 0x5555_5555);
        let junk = self.rng.random::<u32>() as u64 & !64;
        self.write(g, regs::queue::MODE.offset, junk | (memory as u64) << 6);
        self.known[i] = memory;
        self.write(i, regs::queue::MODE.offset, !junk & 0xFFFF_FFFF);
        self.write(i, regs::queue::CARD_BASE_LO.offset, 0);
        for name in ["head", "finished"] {
            self.d.set(&format!("{name}_valid"), 1u64);
            self.d.set(&format!("{name}_g"), g as u64);
            self.d.set(&format!("{name}_value"), 0u64);
        }
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", g as u64);
        self.d.set("c2h_freed_valid", 1u64);
        self.d.set("c2h_freed_q", i as u64);
        self.d.set("c2h_freed_row", 0u64);
        self.d.set("c2h_freed_pkts", 0u64);
        self.clock();
        self.d.set("init_valid", 0u64);
        self.d.set("init_g", self.rng.random_range(0..2 * self.b.nq) as u64);
        let clocks = self.rng.random_range(1..6);
        (0..clocks).for_each(|_| self.step());
        (self.q[i].run, self.q[i].post) = (true, true);
    }

    /// Stops a queue as control does: nothing of it may be under way when its bit has fallen.
    fn stop(&mut self, i: usize) {
        (self.q[i].run, self.q[i].post) = (false, false);
        self.step();
        let mut clocks = 0;
        while self.busy(i) {
            self.step();
            clocks += 1;
            assert!(clocks < 20_000, "queue {i} stays busy");
        }
        assert!(self.bursts.iter().all(|b| self.queue_of(b.addr) != i), "a burst of queue {i} is under way");
        assert!(self.pipe.iter().all(|b| b.0 != i), "a beat of queue {i} is under way");
        assert!(self.held_ar.is_none_or(|ar| self.queue_of(ar.0) != i));
        assert!(self.answer.is_none() || self.bursts.front().is_none_or(|b| self.queue_of(b.addr) != i));
        let area = i as u64 + 1;
        assert!(self.q[i].coming.iter().all(|d| d.addr >> 40 == area));
    }

    fn busy(&self, i: usize) -> bool {
        self.d.get("mem_busy") >> i & 1 == 1
    }

    fn queue_of(&self, addr: u64) -> usize {
        (addr >> 40) as usize - 1
    }

    fn host(&mut self) {
        let i = self.rng.random_range(0..self.b.nq);
        let (b, most, even) = (self.b, self.most, self.even);
        let q = &mut self.q[i];
        // Fetch keeps 128 descriptors that plan has not taken: with the packet in its share.
        let taken = q.packets.min(q.ends.len() as u64 + q.packets);
        let room = q.head as u64 - taken < SLOTS as u64;
        if q.run && q.post && room && !q.refused && self.rng.random_bool(self.post) {
            let top = 1 << self.rng.random_range(0..=most.ilog2());
            let mut len = if even { most } else { self.rng.random_range(1..=top) };
            let mut card: u32 = if even { q.head.wrapping_mul(most as u32) } else { self.rng.random() };
            if even {
                card = card.wrapping_sub(q.base as u32 & 63) & 0x0FFF_FFFF;
            }
            let fixed = q.memory && self.rng.random_bool(self.fixed);
            if fixed {
                card = card.wrapping_sub(q.base.wrapping_add(card as u64) as u32 % b.lanes as u32);
            }
            let mut flags = self.rng.random::<u8>() & descriptor::IRQ;
            if self.rng.random_bool(self.fence) {
                flags |= descriptor::FENCE;
            }
            let mut err = 0;
            let mut addr = q.base.wrapping_add(card as u64);
            if q.memory && self.rng.random_bool(self.bad) {
                q.refused = true;
                match self.rng.random_range(0..4) {
                    0 => err = self.rng.random_range(1..=255),
                    1 => len = 0,
                    2 => flags |= [1, 2, 8, 16, 128][self.rng.random_range(0..5)],
                    _ => {
                        if addr.is_multiple_of(b.lanes) {
                            card ^= 1 + (self.rng.random::<u32>() & (b.lanes as u32 - 1)) / 2;
                            addr = q.base.wrapping_add(card as u64);
                        }
                        flags |= descriptor::FIXED;
                        q.refused = !addr.is_multiple_of(b.lanes);
                    }
                }
            }
            if fixed {
                flags |= descriptor::FIXED;
            }
            let fixed = flags & descriptor::FIXED != 0;
            let fence = flags & descriptor::FENCE != 0;
            q.store[(q.head % SLOTS) as usize] = ([len as u32 | (flags as u32) << 24, card], err);
            if q.memory && !q.refused {
                q.wanted.push_back(Desc { addr, len, fixed, fence, index: q.head });
            }
            q.head += 1;
        }
        for name in ["head", "finished"] {
            let i = self.rng.random_range(0..b.nq);
            let q = &mut self.q[i];
            let other = self.rng.random::<bool>() || !q.run;
            self.d.set(&format!("{name}_valid"), self.rng.random::<bool>() as u64);
            let mut value = self.rng.random::<u32>();
            if !other {
                self.d.set(&format!("{name}_valid"), 1u64);
                if name == "head" {
                    q.told_head = q.head;
                    value = q.head;
                } else {
                    // A descriptor has ended once its packet has left the share.
                    let ended = q.packets as u32 - q.ends.len() as u32;
                    q.told_finished = ended;
                    value = ended;
                }
            }
            self.d.set(&format!("{name}_g"), (i + if other { 0 } else { b.nq }) as u64);
            self.d.set(&format!("{name}_value"), value as u64);
        }
        // Plan and send read the shares.
        let i = self.rng.random_range(0..b.nq);
        let q = &mut self.q[i];
        let frees = self.rng.random_bool(self.free) && q.run && q.freed.0 != q.rows_in;
        if frees {
            q.freed.0 = if self.even { q.rows_in } else { self.rng.random_range(q.freed.0..=q.rows_in) };
            while q.ends.front().is_some_and(|end| *end <= q.freed.0) {
                q.ends.pop_front();
                q.freed.1 += 1;
            }
        }
        self.d.set("c2h_freed_valid", frees as u64);
        self.d.set("c2h_freed_q", i as u64);
        // Of rows send tells as many bits as tell the difference.
        let row = if frees { q.freed.0 & (2 * b.rows - 1) } else { self.rng.random::<u16>() as u64 };
        self.d.set("c2h_freed_row", row);
        self.d.set("c2h_freed_pkts", q.freed.1 & 0xFFFF);
    }

    /// The memory's side before the clock.
    fn memory(&mut self) -> bool {
        let ready = self.rng.random_bool(self.ar) && self.bursts.len() < 40;
        self.d.set("axi_arready", ready as u64);
        if self.answer.is_none() {
            if let Some(burst) = self.bursts.front() {
                if burst.after <= self.clock && self.rng.random_bool(self.r) {
                    let lanes = self.b.lanes;
                    let at = burst.addr / lanes * lanes + if burst.fixed { 0 } else { self.beat * lanes };
                    let mut bytes: Vec<u8> = (0..lanes).map(|k| byte(at + k)).collect();
                    let mut failed = fails(at, self.errors);
                    if burst.fixed {
                        self.rng.fill(&mut bytes[..]);
                        failed = self.errors != 0 && self.rng.random_range(0..self.errors) == 0;
                        if self.stale == 0 {
                            self.given.push_back((bytes.clone(), failed));
                        }
                    }
                    self.answer = Some((bytes, failed));
                }
            }
        }
        self.d.set("axi_rvalid", self.answer.is_some() as u64);
        if let Some((bytes, failed)) = &self.answer {
            let words: Vec<u32> =
                bytes.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            self.d.set_wide("axi_rdata", &words);
            let resp =
                if *failed { 2 + self.rng.random_range(0..2u64) } else { self.rng.random_range(0..2u64) };
            self.d.set("axi_rresp", if self.held_r() { self.d.get("axi_rresp") } else { resp });
            self.d.set("axi_rlast", (self.beat + 1 == self.bursts[0].beats) as u64);
        }
        ready
    }

    fn held_r(&self) -> bool {
        self.offered
    }

    fn step(&mut self) {
        self.host();
        self.clock();
    }

    fn clock(&mut self) {
        self.clock += 1;
        let ready = self.memory();
        let nq = self.b.nq;
        let mask = |f: fn(&Queue) -> bool, q: &[Queue], junk: u128| {
            let bits = q.iter().enumerate().map(|(i, q)| (f(q) as u128) << (nq + i)).sum::<u128>() | junk;
            [bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32]
        };
        let junk = self.rng.random_range(0..1u128 << nq);
        self.d.set_wide("run", &mask(|q| q.run, &self.q, junk));
        self.d.set_wide("halted", &mask(|q| q.halted, &self.q, junk));
        let m_ready = self.pipe.len() < 8 && self.rng.random_bool(self.m);
        self.d.set("m_ready", m_ready as u64);
        let stored = if self.even || self.rng.random_bool(0.9) { self.pipe.pop_front() } else { None };
        self.d.set("stored_valid", stored.is_some() as u64);
        // Between them, beats of stream queues.
        let mut other = self.rng.random_range(0..nq);
        if stored.is_none() && !self.known[other] {
            self.d.set("stored_valid", 1u64);
        } else if stored.is_none() {
            other = self.rng.random_range(0..nq);
        }
        self.d.set("stored_q", stored.map_or(other, |s| s.0) as u64);
        if let Some((i, ends)) = stored {
            let q = &mut self.q[i];
            q.rows_in += 1;
            if ends == 1 {
                q.pkts_in += 1;
                q.packets += 1;
                q.ends.push_back(q.rows_in);
            }
        }
        self.d.step();

        let (desc_q, slot) = (self.d.get("mem_desc_q") as usize, self.d.get("mem_desc_slot") as usize);
        let (dws, err) = self.q[desc_q % nq].store[slot];
        self.d.set_wide("mem_desc_data", &dws);
        self.d.set("mem_desc_err", err as u64);

        // R, AR, beats.
        self.offered = self.answer.is_some();
        if self.answer.is_some() && self.d.is_set("axi_rready") {
            self.answer = None;
            self.offered = false;
            self.beat += 1;
            self.taken_beats += 1;
            self.stale = self.stale.saturating_sub(1);
            if self.beat == self.bursts[0].beats {
                self.bursts.pop_front();
                self.beat = 0;
            }
        }
        if self.d.is_set("m_valid") {
            self.m(m_ready);
        } else {
            assert!(self.held_m.is_none(), "m_valid fell");
        }
        let ar = self
            .d
            .is_set("axi_arvalid")
            .then(|| (self.d.get("axi_araddr"), self.d.get("axi_arlen"), self.d.get("axi_arburst")));
        if let Some(held) = self.held_ar.take() {
            assert_eq!(ar, Some(held), "AR changed while it waited");
        } else if let Some((addr, len, burst)) = ar {
            self.asks(addr, len + 1, burst);
        }
        if let Some(ar) = ar {
            if ready {
                let after = self.clock + self.latency;
                self.bursts.push_back(Burst { addr: ar.0, beats: ar.1 + 1, fixed: ar.2 == 0, after });
            } else {
                self.held_ar = Some(ar);
            }
        }
    }

    /// A burst is offered for the first time.
    fn asks(&mut self, addr: u64, beats: u64, burst: u64) {
        let (i, lanes) = (self.queue_of(addr), self.b.lanes);
        assert_eq!(1 << self.d.get("axi_arsize"), lanes);
        let b = self.b;
        let busy = self.busy(i);
        let q = &mut self.q[i];
        assert!(q.memory && busy, "queue {i} is not busy");
        if !q.run {
            q.since_stop += 1;
            assert!(q.since_stop <= 2, "queue {i} goes on after a stop");
        }
        let d = *q.wanted.front().unwrap_or_else(|| panic!("queue {i} asks for no descriptor: {addr:#x}"));
        assert!(d.index < q.told_head);
        if q.asked == 0 {
            assert!(!d.fence || q.told_finished >= d.index, "a fence was passed");
            q.pkts_out += 1;
            assert!(q.pkts_out - q.freed.1 <= b.slots, "no packet slot");
        }
        let from = d.addr + if d.fixed { 0 } else { q.asked };
        let most = if d.fixed { 16 * lanes } else { 512 - from % 512 };
        let n = most.min(d.len - q.asked);
        assert_eq!((addr, burst), (from, !d.fixed as u64));
        assert_eq!(beats, (from % lanes + n).div_ceil(lanes));
        assert!(beats <= 16 || !d.fixed);
        if !d.fixed {
            assert_eq!(addr >> 12, (addr / lanes * lanes + beats * lanes - 1) >> 12, "crosses 4 KiB");
        }
        q.rows_out += beats;
        assert!(q.rows_out - q.freed.0 <= b.rows, "no room: {} rows", q.rows_out - q.freed.0);
        if q.asked == 0 {
            q.coming.push_back(d);
        }
        q.asked += n;
        if q.asked == d.len {
            q.asked = 0;
            q.wanted.pop_front();
        }
    }

    /// A beat for ingress.
    fn m(&mut self, ready: bool) {
        let data = self.d.get_wide("m_data");
        let keep = self.d.get("m_keep");
        let (last, bad) = (self.d.is_set("m_last"), self.d.is_set("m_bad"));
        let i = self.d.get("m_q") as usize;
        let mut all = data.clone();
        all.extend([i as u32, last as u32, bad as u32, keep as u32]);
        if let Some(held) = self.held_m.take() {
            assert_eq!(all, held, "a beat changed while it waited");
        }
        if !ready {
            self.held_m = Some(all);
            return;
        }
        let lanes = self.b.lanes;
        let errors = self.errors;
        let q = &mut self.q[i];
        assert!(!q.dead, "queue {i} goes on after an error");
        let d = *q.coming.front().unwrap_or_else(|| panic!("a beat of queue {i} that nobody asked for"));
        let lane = if d.fixed { 0 } else { d.addr % lanes };
        let at = d.addr / lanes * lanes + q.beats * lanes;
        let (given, failed) = if d.fixed {
            loop {
                // What was swallowed has been given, too.
                let (bytes, failed) = self.given.pop_front().expect("a beat of a FIXED burst");
                let words: Vec<u32> =
                    bytes.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
                if words == data {
                    break (bytes, failed);
                }
                self.stray += 1;
                assert!(errors != 0, "a FIXED beat was lost");
            }
        } else {
            ((0..lanes).map(|k| byte(at + k)).collect(), fails(at, errors))
        };
        assert_eq!(bad, failed);
        let first = if q.beats == 0 { lane } else { 0 };
        let end = (lane + d.len - q.beats * lanes).min(lanes);
        let ends = lane + d.len <= (q.beats + 1) * lanes;
        assert_eq!(last, ends || failed, "{d:?} beat {}", q.beats);
        if failed {
            assert_eq!(keep, (1 << first) - 1);
            q.dead = true;
            q.bads += 1;
        } else {
            if last {
                assert_eq!(keep, (1u64 << end) - 1);
            }
            for k in first..end {
                let got = (data[k as usize / 4] >> (k % 4 * 8)) as u8;
                assert_eq!(got, given[k as usize], "byte {k} of {at:#x}");
            }
            q.bytes += end - first;
        }
        q.beats += 1;
        if last {
            q.beats = 0;
            q.coming.pop_front();
        }
        self.pipe.push_back((i, last as u64));
    }

    fn settle(&mut self) {
        self.q.iter_mut().for_each(|q| q.post = false);
        (self.free, self.m, self.ar, self.r) = (1.0, 0.9, 0.9, 0.9);
        for clocks in 0.. {
            self.step();
            let left =
                |q: &Queue| q.memory && q.run && !q.dead && !(q.wanted.is_empty() && q.coming.is_empty());
            if !self.q.iter().any(left) && self.bursts.is_empty() {
                break;
            }
            if clocks > 400_000 {
                for (i, q) in self.q.iter().enumerate().filter(|q| left(q.1)) {
                    println!(
                        "queue {i}: wants {:?} asked {}, {} coming, told {} {}, rows {} {} {}, packets {} {} {}",
                        q.wanted.front(), q.asked, q.coming.len(), q.told_head, q.told_finished, q.rows_out, q.rows_in, q.freed.0,
                        q.pkts_out, q.pkts_in, q.freed.1
                    );
                }
                panic!("descriptors left, {} bursts, busy {:#x}", self.bursts.len(), self.d.get("mem_busy"));
            }
        }
        (0..self.b.nq).for_each(|i| self.stop(i));
        assert!(self.pipe.is_empty() && !self.d.is_set("mem_busy"));
    }

    fn bytes(&self) -> u64 {
        self.q.iter().map(|q| q.bytes).sum()
    }
}

#[test]
fn descriptors_become_packets() {
    for seed in 0..30 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], seed);
        (0..20_000).for_each(|_| b.step());
        b.settle();
        let packets: u64 = b.q.iter().map(|q| q.packets).sum();
        assert!(packets > 5, "seed {seed}: {packets}");
        assert_eq!(b.stray, 0);
    }
}

#[test]
fn an_error_ends_the_packet_and_the_queue() {
    let (mut bads, mut revived) = (0, 0);
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 100 + seed);
        (b.errors, b.fixed) = ([20, 200][seed as usize % 2], if seed % 4 == 0 { 0.5 } else { 0.0 });
        for _ in 0..10 {
            (0..1000).for_each(|_| b.step());
            let Some(i) = b.q.iter().position(|q| q.dead) else { continue };
            // Control hears of it some time later.
            b.q[i].halted = b.rng.random();
            (0..20).for_each(|_| b.step());
            bads += 1;
            b.stop(i);
            b.start(i);
            revived += 1;
        }
    }
    assert!(bads > 60 && revived > 60, "{bads} {revived}");
}

#[test]
fn refused_descriptors_end_their_queue() {
    let mut refused = 0;
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 200 + seed);
        b.bad = 0.05;
        b.most = b.most.min(1024);
        for _ in 0..10 {
            (0..1500).for_each(|_| b.step());
            if let Some(i) = b.q.iter().position(|q| q.refused && q.wanted.is_empty()) {
                refused += 1;
                b.stop(i);
                b.start(i);
            }
        }
        b.settle();
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn a_stopped_queue_ends_and_restarts_clean() {
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 300 + seed);
        for _ in 0..20 {
            let clocks = b.rng.random_range(0..400);
            (0..clocks).for_each(|_| b.step());
            let i = b.rng.random_range(0..b.b.nq);
            b.stop(i);
            let clocks = b.rng.random_range(0..30);
            (0..clocks).for_each(|_| b.step());
            b.start(i);
        }
        b.settle();
    }
}

#[test]
fn a_reset_leaves_the_port_in_order() {
    for seed in 0..24 {
        let mut b = Bench::new(BUILDS[seed as usize % 3], 400 + seed);
        b.fixed = 0.0;
        for _ in 0..6 {
            let clocks = b.rng.random_range(0..1500);
            (0..clocks).for_each(|_| b.step());
            // What was asked for comes yet; the burst that is offered is kept.
            let clocks = b.rng.random_range(1..20);
            b.d.set("core_rst", 1u64);
            for q in &mut b.q {
                (q.run, q.post) = (false, false);
                q.coming.clear();
                q.wanted.clear();
            }
            b.pipe.clear();
            b.held_m = None;
            b.known.fill(false);
            for k in 0..clocks {
                b.q.iter_mut().for_each(|q| q.since_stop = 0);
                reset_clock(&mut b, k);
            }
            b.d.set("core_rst", 0u64);
            for i in 0..b.b.nq {
                b.start(i);
            }
        }
        (0..2000).for_each(|_| b.step());
        b.settle();
        assert!(b.bytes() > 0);
    }
}

/// A clock of `core_rst`: in the first one what was decided before may still be seen.
fn reset_clock(b: &mut Bench, k: u32) {
    b.clock += 1;
    let ready = b.memory();
    b.d.set_wide("run", &[0]);
    b.d.set("stored_valid", 0u64);
    b.d.set("head_valid", 0u64);
    b.d.set("finished_valid", 0u64);
    b.d.set("c2h_freed_valid", 0u64);
    b.d.step();
    if b.answer.is_some() && b.d.is_set("axi_rready") {
        b.answer = None;
        b.beat += 1;
        if b.beat == b.bursts[0].beats {
            b.bursts.pop_front();
            b.beat = 0;
        }
    }
    b.offered = b.answer.is_some();
    assert!(k == 0 || !b.d.is_set("m_valid"));
    let ar =
        b.d.is_set("axi_arvalid")
            .then(|| (b.d.get("axi_araddr"), b.d.get("axi_arlen"), b.d.get("axi_arburst")));
    if let Some(held) = b.held_ar.take() {
        assert_eq!(ar, Some(held), "AR fell");
    } else {
        assert!(ar.is_none() || k < 2);
    }
    if let Some(ar) = ar {
        if ready {
            let after = b.clock + b.latency;
            b.bursts.push_back(Burst { addr: ar.0, beats: ar.1 + 1, fixed: ar.2 == 0, after });
        } else {
            b.held_ar = Some(ar);
        }
    }
}

/// Part of the clocks that had a beat.
fn speed(build: Build, len: u64, latency: u64) -> f64 {
    let mut b = Bench::new(build, 7);
    (b.ar, b.r, b.m, b.free, b.post) = (1.0, 1.0, 1.0, 1.0, 1.0);
    (b.most, b.even, b.fixed, b.fence, b.latency) = (len, true, 0.0, 0.0, latency);
    for i in 0..build.nq {
        b.stop(i);
        b.start(i);
    }
    (0..4000).for_each(|_| b.step());
    let before = b.taken_beats;
    (0..8000).for_each(|_| b.step());
    let part = (b.taken_beats - before) as f64 / 8000.0;
    println!("{} lanes, {len} bytes, latency {latency}: {part:.3} beats per clock", build.lanes);
    part
}

#[test]
fn a_beat_per_clock() {
    // Bursts of 4 KiB descriptors; small ones take 4 clocks each. Bus events of the bench come at random, one in two clocks.
    assert!(speed(W128, 4096, 20) > 0.97);
    assert!(speed(W64, 4096, 20) > 0.9);
    assert!(speed(W128, 512, 20) > 0.97);
    assert!(speed(W128, 64, 20) > 0.8);
}
