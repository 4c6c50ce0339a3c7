//! `dma::Record`: contents and places of records, counts, interrupts, and that no ARM is ever missed.

use std::collections::VecDeque;

use ferrolane_abi::{completion::Completion, map, regs::queue};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const NQ: usize = 4;
const GN: usize = 2 * NQ;
const REQUESTER: u32 = 0x4321;
const NAMES: [&str; 2] = ["h2c", "c2h"];

#[derive(Clone, Debug)]
struct Ask {
    g: usize,
    bytes: u32,
    meta: u32,
    index: u32,
    flags: u8,
    status: u8,
    irq: bool,
}

#[derive(Clone, Default)]
struct Queue {
    base: u64,
    log2: u32,
    vector: u8,
    generation: u8,
    /// Records as broadcast, and as taken by wr_arb.
    told: u32,
    written: u32,
    /// Records asked for and not written.
    waiting: u32,
    consumer: u32,
    /// Clock and consumer index of the last ARM.
    arm: Option<(u64, u32)>,
    /// Clock in which record number `i` was taken by wr_arb.
    times: Vec<u64>,
    last_irq: Option<u64>,
    irqs: u32,
    /// Reasons for interrupts so far.
    reasons: u32,
}

struct Bench {
    d: Dut,
    rng: StdRng,
    now: u64,
    queues: Vec<Queue>,
    offered: [Option<Ask>; 2],
    accepted: [VecDeque<Ask>; 2],
    counts: [u64; 2],
    cons: Option<(usize, u32, bool)>,
    offering: bool,
    clearing: Option<usize>,
    cleared: bool,
    wr_ready: f64,
    irq_ready: f64,
}

fn set_register(d: &mut Dut, g: usize, offset: u32, data: u32) {
    d.set("cfgw_valid", 1u64);
    d.set("cfgw_g", g as u64);
    d.set("cfgw_index", offset / 4);
    d.set("cfgw_data", data);
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut d = dut!(record, seed);
        d.pulse("rst", 2);
        d.set("cfg_requester_id", REQUESTER);
        let mut bench = Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            now: 0,
            queues: vec![Queue::default(); GN],
            offered: [None, None],
            accepted: Default::default(),
            counts: [0; 2],
            cons: None,
            offering: false,
            clearing: None,
            cleared: false,
            wr_ready: 1.0,
            irq_ready: 1.0,
        };
        for g in 0..GN {
            bench.restart(g);
        }
        bench
    }

    /// Clears a queue that has nothing waiting, and sets it up again, while the others go on.
    fn restart(&mut self, g: usize) {
        assert_eq!(self.queues[g].waiting, 0);
        self.clearing = Some(g);
        self.cleared = false;
        for _ in 0..40 {
            self.clock();
        }
        assert!(self.cleared, "not cleared in 40 clocks");
        self.clearing = None;
        let rng = &mut self.rng;
        let top = if rng.random() { 0 } else { rng.random::<u32>() as u64 };
        let q = Queue {
            base: top << 32 | (rng.random::<u32>() & 0x7FFF_FFF0) as u64,
            log2: *[1, 2, 4, 9, 16].get(rng.random_range(0..5)).expect("in range"),
            vector: rng.random(),
            generation: rng.random(),
            ..Queue::default()
        };
        let size = q.log2 << 8 | rng.random_range(0..32);
        for (register, data) in [
            (queue::CPL_BASE_LO, q.base as u32),
            (queue::CPL_BASE_HI, (q.base >> 32) as u32),
            (queue::RING_SIZE, size),
            (queue::VECTOR, q.vector as u32),
            (queue::RING_BASE_LO, rng.random()),
        ] {
            set_register(&mut self.d, g, register.offset, data);
            self.clock();
        }
        self.d.set("cfgw_valid", 0u64);
        self.d.set("start_valid", 1u64);
        self.d.set("start_g", g as u64);
        self.d.set("start_generation", q.generation);
        self.queues[g] = q;
        // As the doorbell does when it clears its own state.
        self.cons = Some((g, 0, false));
        self.clock();
        self.d.set("start_valid", 0u64);
    }

    fn ask(&mut self, g: usize) -> Ask {
        Ask {
            g,
            bytes: self.rng.random_range(0..1 << 24),
            meta: self.rng.random(),
            index: self.rng.random(),
            flags: self.rng.random_range(0..128),
            status: self.rng.random(),
            irq: self.rng.random_bool(0.1),
        }
    }

    fn offer(&mut self, ask: Ask) {
        let dir = ask.g / NQ;
        assert!(self.offered[dir].is_none());
        self.queues[ask.g].waiting += 1;
        self.offered[dir] = Some(ask);
    }

    fn idle(&self) -> bool {
        self.offered.iter().all(Option::is_none) && self.queues.iter().all(|q| q.waiting == 0)
    }

    fn clock(&mut self) {
        self.now += 1;
        for (dir, name) in NAMES.iter().enumerate() {
            self.d.set(&format!("rec_{name}_valid"), self.offered[dir].is_some() as u64);
            if let Some(a) = &self.offered[dir] {
                self.d.set(&format!("rec_{name}_q"), (a.g % NQ) as u64);
                self.d.set(&format!("rec_{name}_bytes"), a.bytes);
                self.d.set(&format!("rec_{name}_meta"), a.meta);
                self.d.set(&format!("rec_{name}_index"), a.index);
                self.d.set(&format!("rec_{name}_flags"), a.flags as u64);
                self.d.set(&format!("rec_{name}_status"), a.status as u64);
                self.d.set(&format!("rec_{name}_irq"), a.irq as u64);
            }
        }
        self.d.set("rec_wr_ready", self.rng.random_bool(self.wr_ready) as u64);
        self.d.set("irq_ready", self.rng.random_bool(self.irq_ready) as u64);
        self.d.set("init_valid", (self.clearing.is_some() && !self.cleared) as u64);
        self.d.set("init_g", self.clearing.unwrap_or(0) as u64);
        let cons = self.cons.take();
        self.d.set("cons_valid", cons.is_some() as u64);
        if let Some((g, value, arm)) = cons {
            self.d.set("cons_g", g as u64);
            self.d.set("cons_value", value);
            self.d.set("cons_arm", arm as u64);
            let q = &mut self.queues[g];
            q.consumer = value;
            if arm {
                q.arm = Some((self.now, value));
                q.reasons += 1;
            }
        }
        self.d.step();
        assert_eq!(self.d.get("rec_accepted"), self.counts[0] & 0xFFFF);
        assert_eq!(self.d.get("rec_written"), self.counts[1] & 0xFFFF);
        if self.d.get("done_valid") == 1 {
            let g = self.d.get("done_g") as usize;
            let value = self.d.get("done_value") as u32;
            if self.clearing == Some(g) {
                assert_eq!(value, 0);
            } else {
                assert_eq!(value, self.queues[g].told + 1);
            }
            self.queues[g].told = value;
        }
        if let Some(g) = self.clearing.filter(|_| self.d.get("init_done") == 1) {
            assert!(!self.cleared, "answered twice");
            self.cleared = true;
            self.queues[g] = Queue::default();
        }
        if self.d.get("rec_wr_valid") == 1 {
            self.check_write();
        } else {
            assert!(!self.offering, "withdrawn");
        }
        for (dir, name) in NAMES.iter().enumerate() {
            if self.d.get(&format!("rec_{name}_ready")) == 1 {
                if let Some(a) = self.offered[dir].take() {
                    self.accepted[dir].push_back(a);
                    self.counts[0] += 1;
                }
            }
        }
        if self.d.get("irq_valid") == 1 && self.d.get("irq_ready") == 1 {
            self.interrupt();
        }
    }

    fn check_write(&mut self) {
        assert_eq!(
            [self.d.get("rec_wr_first"), self.d.get("rec_wr_last"), self.d.get("rec_wr_keep")],
            [1, 1, 15]
        );
        let w = self.d.get_wide("rec_wr_data");
        let record = Completion::from_dws([w[0], w[1], w[2], w[3]]);
        let dir = (record.queue >> 6) as usize;
        let a = self.accepted[dir].front().expect("a record asked for");
        let q = &mut self.queues[a.g];
        let direction = if dir == 0 { map::Direction::H2c } else { map::Direction::C2h };
        let expected = Completion {
            bytes: a.bytes,
            meta: a.meta,
            index: a.index,
            phase: (q.written >> q.log2) & 1 == 0,
            flags: a.flags,
            status: a.status,
            queue: map::queue_id(direction, (a.g % NQ) as u32) as u8,
            generation: q.generation,
        };
        assert_eq!(record, expected);
        assert_eq!(q.told, q.written + 1, "told before it is offered");
        let address = q.base + ((q.written as u64) & ((1 << q.log2) - 1)) * 16;
        let h = self.d.get_wide("rec_wr_hdr");
        let (dw0, dw2, dw3) = match address >> 32 {
            0 => (0x4000_0004, address as u32, 0),
            high => (0x6000_0004, high as u32, address as u32),
        };
        assert_eq!(h, [dw0, REQUESTER << 16 | 0xFF, dw2, dw3]);
        self.offering = self.d.get("rec_wr_ready") == 0;
        if !self.offering {
            let a = self.accepted[dir].pop_front().expect("it was there");
            q.written += 1;
            q.waiting -= 1;
            q.times.push(self.now);
            q.reasons += a.irq as u32;
            self.counts[1] += 1;
        }
    }

    fn interrupt(&mut self) {
        // Queues may share a vector by chance; then either is meant.
        let vector = self.d.get("irq_vector") as u8;
        let g = (0..GN)
            .find(|&g| self.queues[g].vector == vector && self.queues[g].irqs < self.queues[g].reasons)
            .expect("no reason for an interrupt");
        self.queues[g].irqs += 1;
        for q in self.queues.iter_mut().filter(|q| q.vector == vector) {
            q.last_irq = Some(self.now);
        }
    }

    /// With nothing in flight: whoever armed and is behind has been called since.
    fn check_arms(&self) {
        for (g, q) in self.queues.iter().enumerate() {
            let Some((when, consumer)) = q.arm else { continue };
            if q.consumer != q.written {
                let differs = q.times[consumer as usize].max(when);
                assert!(
                    q.last_irq.is_some_and(|t| t >= differs),
                    "queue {g}: armed at {when} with {consumer}, record at {differs}, last interrupt {:?}",
                    q.last_irq
                );
            }
        }
    }
}

#[test]
fn random_traffic_with_arms_and_restarts() {
    for seed in 0..10 {
        let mut bench = Bench::new(seed);
        let mut most = 0;
        for _ in 0..60 {
            bench.wr_ready = bench.rng.random_range(0.1..=1.0);
            bench.irq_ready = bench.rng.random_range(0.2..=1.0);
            let (ask, arm) = (bench.rng.random_range(0.01..0.5), bench.rng.random_range(0.0..0.5));
            for _ in 0..300 {
                for dir in 0..2 {
                    if bench.offered[dir].is_none() && bench.rng.random_bool(ask) {
                        let g = dir * NQ + bench.rng.random_range(0..NQ);
                        let a = bench.ask(g);
                        bench.offer(a);
                    }
                }
                if bench.rng.random_bool(arm) {
                    let g = bench.rng.random_range(0..GN);
                    let q = &bench.queues[g];
                    let value = bench.rng.random_range(q.consumer..=q.written);
                    // Often all there is, as a host does that is about to sleep.
                    let value = if bench.rng.random() { q.written } else { value };
                    bench.cons = Some((g, value, bench.rng.random_bool(0.7)));
                }
                bench.clock();
            }
            for _ in 0..1000 {
                bench.clock();
                if bench.idle() {
                    break;
                }
            }
            assert!(bench.idle());
            for _ in 0..200 {
                bench.clock();
            }
            bench.check_arms();
            most = most.max(bench.queues.iter().map(|q| q.irqs).max().unwrap_or(0));
            let g = bench.rng.random_range(0..GN);
            // Others have records in flight while this one is cleared.
            for other in (0..GN).filter(|o| *o != g) {
                if bench.offered[other / NQ].is_none() {
                    let a = bench.ask(other);
                    bench.offer(a);
                }
            }
            bench.restart(g);
        }
        assert!(bench.counts[1] > 1500 && most > 10, "{:?} {most}", bench.counts);
    }
}

/// A record and an ARM at every distance, with every delay of wr_arb: exactly one interrupt, after the record was taken.
#[test]
fn record_against_arm_at_every_distance() {
    for c2h in [false, true] {
        for delay in 0..8u64 {
            for distance in 0..24u64 {
                let mut bench = Bench::new(distance);
                let g = if c2h { NQ + 2 } else { 1 };
                let other = if c2h { 0 } else { NQ };
                bench.queues[other].vector = !bench.queues[g].vector;
                let start = bench.now;
                let mut a = bench.ask(g);
                a.irq = false;
                let mut taken = None;
                let mut irqs = vec![];
                for t in 0..60 {
                    if t == 8 {
                        bench.offer(a.clone());
                    }
                    if t == distance {
                        bench.cons = Some((g, 0, true));
                    }
                    // Taken `delay` clocks after it is offered.
                    let offered = bench.offering;
                    bench.wr_ready = 0.0;
                    if (delay == 0) || (offered && taken == Some(bench.now)) {
                        bench.wr_ready = 1.0;
                    }
                    let before = bench.queues[g].irqs;
                    bench.clock();
                    if bench.offering && taken.is_none() {
                        taken = Some(bench.now + delay - 1);
                    }
                    if bench.queues[g].irqs > before {
                        irqs.push(bench.now - start);
                        assert_eq!(bench.queues[g].written, 1, "before its record");
                    }
                }
                assert_eq!(bench.queues[g].written, 1);
                assert_eq!(irqs.len(), 1, "delay {delay}, distance {distance}: {irqs:?}");
            }
        }
    }
}

#[test]
fn an_arm_is_used_up_and_does_not_outlive_its_queue() {
    let mut bench = Bench::new(5);
    let g = 3;
    let irqs = |b: &mut Bench, n: u32| {
        for _ in 0..n {
            b.clock();
        }
        b.queues[g].irqs
    };
    let mut plain = bench.ask(g);
    plain.irq = false;
    bench.cons = Some((g, 0, true));
    assert_eq!(irqs(&mut bench, 30), 0, "nothing to tell");
    bench.offer(plain.clone());
    assert_eq!(irqs(&mut bench, 30), 1);
    bench.offer(plain.clone());
    assert_eq!(irqs(&mut bench, 30), 1, "one ARM, one interrupt");
    bench.cons = Some((g, 1, true));
    assert_eq!(irqs(&mut bench, 30), 2, "at once: one record is unread");
    bench.cons = Some((g, 2, false));
    assert_eq!(irqs(&mut bench, 30), 2, "no ARM, no interrupt");
    bench.cons = Some((g, 2, true));
    assert_eq!(irqs(&mut bench, 30), 2);
    bench.restart(g);
    plain.irq = false;
    bench.offer(plain.clone());
    assert_eq!(irqs(&mut bench, 30), 0, "armed in an earlier life");
    plain.irq = true;
    bench.offer(plain);
    assert_eq!(irqs(&mut bench, 30), 1, "asked for by the descriptor");
}

#[test]
fn a_record_every_few_clocks() {
    let mut bench = Bench::new(6);
    for _ in 0..600 {
        for dir in 0..2 {
            if bench.offered[dir].is_none() {
                let mut a = bench.ask(dir * NQ + 1);
                a.irq = false;
                bench.offer(a);
            }
        }
        bench.clock();
    }
    assert!(bench.counts[1] >= 195, "{} records in 600 clocks", bench.counts[1]);
    let [a, b] = [bench.queues[1].written, bench.queues[NQ + 1].written];
    assert!(a.abs_diff(b) <= 1, "directions take turns: {a} {b}");
}
