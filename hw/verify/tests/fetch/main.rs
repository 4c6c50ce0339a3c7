//! `dma::Fetch` against a model of rings, host and data paths: sizes and places of reads, contents of the stores, every kind of bad
//! completion, queues stopped and cleared while others run.

mod engine;
mod host;

use std::collections::{HashMap, VecDeque};

use ferrolane_abi::status;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use host::{Meaning, Tlp};

const NQ: usize = 4;
const GN: usize = 2 * NQ;
const REQUESTER: u32 = 0x0508;

/// Contents of a descriptor: never the same twice.
fn descriptor(g: usize, life: u32, index: u32) -> [u32; 4] {
    [index, life, g as u32 | 0xABC0_0000, index.wrapping_mul(0x9E37_79B9) ^ life]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Life {
    Stopped,
    Running,
    /// `run` is low; 0: waiting for `scanning`, 1: for the fetch to end.
    Draining(u8),
    Clearing,
}

struct Queue {
    life: Life,
    lives: u32,
    base: u64,
    log2: u32,
    prod: u32,
    requested: u32,
    /// Head by the model, and as last broadcast.
    arrived: u32,
    head: u32,
    taken: u32,
    dead: bool,
    halted: bool,
    /// Heads that must be broadcast, in order.
    heads: VecDeque<u32>,
    entries: HashMap<u32, ([u32; 4], u8)>,
    clearing_for: u32,
    cleared: bool,
}

struct Read {
    g: usize,
    index: u32,
    left: u32,
    address: u64,
}

struct Bench {
    d: Dut,
    rng: StdRng,
    clock: u64,
    queues: Vec<Queue>,
    reads: [Option<Read>; 8],
    tlp: Option<(Tlp, usize)>,
    mrrs: u32,
    fault: f64,
    strays: u64,
    counted: u64,
    checked: u64,
    faults: HashMap<u8, u32>,
    batches: Vec<u32>,
    cfg: VecDeque<(usize, u32, u32)>,
    /// Store entries asked for: how many clocks ago, queue, index.
    look: [Option<(u8, usize, u32)>; 2],
    verified: [Option<(usize, u32)>; 2],
}

impl Bench {
    fn new(seed: u64, mrrs: u32, fault: f64) -> Self {
        let mut d = dut!(fetch, seed);
        d.pulse("rst", 3);
        d.set("cfg_mrrs", mrrs);
        d.set("cfg_requester_id", REQUESTER);
        let queues = (0..GN).map(|_| Queue {
            life: Life::Stopped,
            lives: 0,
            base: 0,
            log2: 1,
            prod: 0,
            requested: 0,
            arrived: 0,
            head: 0,
            taken: 0,
            dead: false,
            halted: false,
            heads: VecDeque::new(),
            entries: HashMap::new(),
            clearing_for: 0,
            cleared: false,
        });
        Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            clock: 0,
            queues: queues.collect(),
            reads: Default::default(),
            tlp: None,
            mrrs,
            fault,
            strays: 0,
            counted: 0,
            checked: 0,
            faults: HashMap::new(),
            batches: vec![],
            cfg: VecDeque::new(),
            look: [None; 2],
            verified: [None; 2],
        }
    }

    fn check_read(&mut self) {
        let h = self.d.get_wide("fetch_rd_hdr");
        let four = h[0] >> 29 == 1;
        assert_eq!(h[0] >> 24, if four { 0x20 } else { 0 }, "a memory read");
        assert_eq!(h[0] & 0x00FF_FC00, 0, "no attributes");
        assert_eq!(h[1] >> 16, REQUESTER);
        assert_eq!(h[1] & 0xFF, 0xFF, "byte enables");
        let tag = (h[1] >> 8 & 0xFF) as usize;
        let address = if four { (h[2] as u64) << 32 | h[3] as u64 } else { h[2] as u64 };
        assert_eq!(four, address >> 32 != 0, "3-DW form below 4 GiB");
        assert!(four || h[3] == 0);
        let n = (h[0] & 0x3FF) / 4;
        assert!((h[0] & 3) == 0 && (1..=32).contains(&n) && n * 16 <= 128 << self.mrrs, "{n} descriptors");
        assert_eq!(address >> 12, (address + n as u64 * 16 - 1) >> 12, "over a 4 KiB boundary");
        assert!(self.reads[tag].is_none(), "tag {tag} twice");
        let g = (0..GN)
            .find(|&g| {
                let q = &self.queues[g];
                address == q.base + ((q.requested as u64) & ((1 << q.log2) - 1)) * 16
                    && q.life != Life::Stopped
            })
            .expect("the next descriptor of some queue");
        assert!(self.reads.iter().flatten().all(|r| r.g != g), "two fetches of a queue");
        let q = &mut self.queues[g];
        assert!(matches!(q.life, Life::Running | Life::Draining(0)) && !q.dead);
        assert!(n <= q.prod.wrapping_sub(q.requested), "beyond the producer");
        assert!(n <= (1 << q.log2) - (q.requested & ((1 << q.log2) - 1)), "beyond the ring");
        assert!(q.requested.wrapping_add(n).wrapping_sub(q.taken) <= 64, "beyond the store");
        self.reads[tag] = Some(Read { g, index: q.requested, left: n, address });
        q.requested = q.requested.wrapping_add(n);
        self.batches.push(n);
    }

    fn clock(&mut self) {
        self.clock += 1;
        self.control();
        self.buses();
        self.completions();
        self.d.set("fetch_rd_ready", self.rng.random_bool(0.5) as u64);
        self.d.step();
        let busy = self.d.get("fetch_busy");
        for g in 0..GN {
            let q = &mut self.queues[g];
            match q.life {
                Life::Draining(0) if self.d.get("scanning") == 1 => q.life = Life::Draining(1),
                _ => {}
            }
            if q.life == Life::Draining(1) && busy >> g & 1 == 0 {
                assert!(self.reads.iter().flatten().all(|r| r.g != g), "not busy, but unanswered");
                assert!(q.heads.is_empty(), "idle before the head was told");
                q.life = Life::Stopped;
                q.halted = false;
            }
            if q.life == Life::Clearing {
                q.clearing_for += 1;
                q.cleared |= self.d.get("init_done") == 1;
                assert!(q.cleared || q.clearing_for < 30, "never cleared");
                if q.clearing_for > 30 {
                    assert!(q.heads.is_empty(), "the cleared head was not told");
                    (q.requested, q.arrived, q.head, q.taken, q.prod, q.dead) = (0, 0, 0, 0, 0, false);
                    q.entries.clear();
                    q.life = Life::Running;
                }
            }
        }
        self.counted += self.d.get("unexpected");
        if self.d.get("head_valid") == 1 {
            let q = &mut self.queues[self.d.get("head_g") as usize];
            q.head = self.d.get("head_value") as u32;
            assert_eq!(Some(q.head), q.heads.pop_front());
        }
        for (dir, name) in ["h2c", "c2h"].iter().enumerate() {
            match self.look[dir] {
                Some((0, g, index)) => self.look[dir] = Some((1, g, index)),
                Some((_, g, index)) => {
                    self.look[dir] = None;
                    let q = &mut self.queues[g];
                    let (data, err) = q.entries[&index];
                    assert_eq!(self.d.get(&format!("{name}_desc_err")), err as u64);
                    if err == status::OK {
                        assert_eq!(self.d.get_wide(&format!("{name}_desc_data")), data);
                        self.verified[dir] = Some((g, index));
                        self.checked += 1;
                    } else {
                        assert_eq!(index.wrapping_add(1), q.head, "something behind the fault");
                        q.halted = true;
                    }
                }
                None => {}
            }
        }
        if self.d.get("fetch_rd_valid") == 1 && self.d.get("fetch_rd_ready") == 1 {
            self.check_read();
        }
    }
}

#[test]
fn rings_are_read_completely_and_in_order() {
    for seed in 0..6 {
        let mut bench = Bench::new(seed, seed as u32 % 4, 0.0);
        for _ in 0..30_000 {
            bench.clock();
        }
        assert_eq!(bench.counted, 0);
        assert!(bench.checked > 4000, "seed {seed}: {} descriptors", bench.checked);
        let largest = *bench.batches.iter().max().expect("reads");
        assert_eq!(largest, (8 << (seed as u32 % 4)).min(32), "seed {seed}: largest batch");
    }
}

#[test]
fn every_fault_halts_its_queue_at_the_first_missing_descriptor() {
    let mut faults = HashMap::new();
    for seed in 10..18 {
        let mut bench = Bench::new(seed, seed as u32 % 4, 0.03);
        for _ in 0..30_000 {
            bench.clock();
        }
        for _ in 0..3 {
            bench.d.set("to_fetch", 0u64);
            bench.d.step();
            bench.counted += bench.d.get("unexpected");
        }
        let open = bench.tlp.as_ref().is_some_and(|(t, _)| t.meaning == Meaning::Stray);
        assert_eq!(bench.counted, bench.strays - open as u64);
        assert!(bench.checked > 1000 && bench.strays > 20);
        for (code, n) in bench.faults {
            *faults.entry(code).or_insert(0) += n;
        }
    }
    for code in [status::FETCH_UR, status::FETCH_CA, status::FETCH_POISONED, status::FETCH_MALFORMED] {
        assert!(faults.get(&code).is_some_and(|&n| n > 20), "{faults:?}");
    }
}
