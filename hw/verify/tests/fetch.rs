//! `dma::Fetch` against a model of rings, host and data paths: sizes and places of reads, contents of the stores, every kind of bad
//! completion, queues stopped and cleared while others run.

use std::collections::{HashMap, VecDeque};

use ferrolane_abi::{regs::queue, status};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

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

/// A completion on its way: beats and what it means once its last beat was taken.
#[derive(Clone)]
struct Tlp {
    tag: u32,
    status: u32,
    byte_count: u32,
    len: u32,
    ep: bool,
    has_data: bool,
    bad: bool,
    error: bool,
    beats: Vec<[u32; 4]>,
    meaning: Meaning,
}

#[derive(Clone, PartialEq)]
enum Meaning {
    Nothing,
    Stray,
    Descriptors(u32),
    /// Code, and how many descriptors of the request it stands for; `None`: the request is over.
    Fault(u8, Option<u32>),
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

    /// Doing what control does: one queue at a time is stopped, cleared or started.
    fn control(&mut self) {
        let moving = (0..GN).find(|&g| !matches!(self.queues[g].life, Life::Stopped | Life::Running));
        if moving.is_none() {
            let g = self.rng.random_range(0..GN);
            match self.queues[g].life {
                Life::Stopped if self.rng.random_bool(0.05) => {
                    let q = &mut self.queues[g];
                    q.life = Life::Clearing;
                    q.heads.push_back(0);
                    q.clearing_for = 0;
                    q.cleared = false;
                }
                Life::Running if self.queues[g].halted || self.rng.random_bool(0.0005) => {
                    self.queues[g].life = Life::Draining(0);
                }
                _ => {}
            }
        }
        let mut run = 0u64;
        let mut halted = 0u64;
        for (g, q) in self.queues.iter().enumerate() {
            run |= ((q.life == Life::Running) as u64) << g;
            halted |= (q.halted as u64) << g;
        }
        self.d.set("run", run);
        self.d.set("halted", halted);
        let clearing = (0..GN).find(|&g| self.queues[g].life == Life::Clearing);
        self.d.set("init_valid", clearing.is_some_and(|g| !self.queues[g].cleared) as u64);
        if let Some(g) = clearing {
            self.d.set("init_g", g as u64);
        }
    }

    /// Buses: ring registers, producer, taken. `prod` at most a ring ahead of the head.
    fn buses(&mut self) {
        self.d.set("prod_valid", 0u64);
        self.d.set("h2c_taken_valid", 0u64);
        self.d.set("c2h_taken_valid", 0u64);
        self.d.set("cfgw_valid", 0u64);
        if let Some(g) = (0..GN).find(|&g| self.queues[g].life == Life::Clearing) {
            self.set_up(g);
            if self.queues[g].clearing_for == 20 {
                return;
            }
        }
        if self.rng.random_bool(0.3) {
            let g = self.rng.random_range(0..GN);
            let q = &mut self.queues[g];
            if q.life == Life::Running {
                let room = (1u32 << q.log2) - q.prod.wrapping_sub(q.head);
                let most = if self.rng.random() { 3 } else { 200 };
                q.prod = q.prod.wrapping_add(self.rng.random_range(0..=room.min(most)));
                self.d.set("prod_valid", 1u64);
                self.d.set("prod_g", g as u64);
                self.d.set("prod_value", q.prod);
            }
        }
        // The stores are read one slot per direction and clock; what was seen is taken the clock after.
        for (dir, name) in ["h2c", "c2h"].iter().enumerate() {
            if let Some((g, index)) = self.verified[dir].take() {
                let q = &mut self.queues[g];
                if q.life == Life::Running && q.taken == index {
                    q.taken = q.taken.wrapping_add(1);
                    self.d.set(&format!("{name}_taken_valid"), 1u64);
                    self.d.set(&format!("{name}_taken_q"), (g % NQ) as u64);
                    self.d.set(&format!("{name}_taken_value"), q.taken);
                }
            }
            let g = dir * NQ + self.rng.random_range(0..NQ);
            let q = &self.queues[g];
            let readable = q.taken != q.head && q.life == Life::Running && !q.halted;
            if self.look[dir].is_none() && readable && self.rng.random_bool(0.7) {
                self.d.set(&format!("{name}_desc_q"), (g % NQ) as u64);
                self.d.set(&format!("{name}_desc_slot"), (q.taken % 64) as u64);
                self.look[dir] = Some((0, g, q.taken));
            }
        }
    }

    /// A cleared queue gets a ring of its own for each life, anywhere below or above 4 GiB.
    fn set_up(&mut self, g: usize) {
        let q = &mut self.queues[g];
        if q.clearing_for == 0 {
            q.lives += 1;
            q.log2 = *[1, 2, 3, 5, 7, 9, 16].get(self.rng.random_range(0..7)).expect("in range");
            let place = (q.lives as u64 * GN as u64 + g as u64) << 21;
            let top: u64 = if self.rng.random() { 0 } else { (self.rng.random::<u32>() as u64 | 1) << 32 };
            q.base = top + (place & 0xFFFF_FFFF) + self.rng.random_range(0..4096) * 16;
            let junk = self.rng.random_range(0..16u32) << 8;
            for (register, data) in [
                (queue::RING_BASE_LO, q.base as u32),
                (queue::RING_BASE_HI, (q.base >> 32) as u32),
                (queue::RING_SIZE, q.log2 | junk),
                (queue::CPL_BASE_LO, self.rng.random()),
                (queue::VECTOR, self.rng.random()),
            ] {
                self.cfg.push_back((g, register.offset / 4, data));
            }
        }
        if q.clearing_for == 20 {
            q.prod = 0;
            q.taken = 0;
            self.d.set("prod_valid", 1u64);
            self.d.set("prod_g", g as u64);
            self.d.set("prod_value", 0u64);
            let name = ["h2c", "c2h"][g / NQ];
            self.d.set(&format!("{name}_taken_valid"), 1u64);
            self.d.set(&format!("{name}_taken_q"), (g % NQ) as u64);
            self.d.set(&format!("{name}_taken_value"), 0u64);
        }
        if let Some((g, index, data)) = self.cfg.pop_front() {
            self.d.set("cfgw_valid", 1u64);
            self.d.set("cfgw_g", g as u64);
            self.d.set("cfgw_index", index);
            self.d.set("cfgw_data", data);
        }
    }

    /// Next completion: of any unanswered read, in pieces cut at a multiple of 64 bytes, some with a fault.
    fn make_tlp(&mut self) -> Option<Tlp> {
        let rng = &mut self.rng;
        let tag = rng.random_range(0..8u32);
        if rng.random_bool(self.fault) {
            // Nobody asked: a free tag, or another requester's, or not a completion.
            let bad: bool = rng.random();
            if !bad && self.reads[tag as usize].is_some() {
                return None;
            }
            let beats = (0..rng.random_range(1..5)).map(|_| rng.random()).collect::<Vec<_>>();
            let len = 4 * beats.len() as u32;
            self.strays += 1;
            return Some(Tlp {
                tag,
                status: 0,
                byte_count: len * 4,
                len,
                ep: false,
                has_data: true,
                bad,
                error: false,
                beats,
                meaning: Meaning::Stray,
            });
        }
        let read = self.reads[tag as usize].as_ref()?;
        let q = &self.queues[read.g];
        let boundaries: Vec<u32> = (1..=read.left)
            .filter(|n| (read.address + *n as u64 * 16).is_multiple_of(64) || *n == read.left)
            .collect();
        let n = boundaries[rng.random_range(0..boundaries.len())];
        let mut tlp = Tlp {
            tag,
            status: 0,
            byte_count: read.left * 16,
            len: n * 4,
            ep: false,
            has_data: true,
            bad: false,
            error: rng.random_bool(0.05),
            beats: (0..n).map(|i| descriptor(read.g, q.lives, read.index.wrapping_add(i))).collect(),
            meaning: Meaning::Descriptors(n),
        };
        if rng.random_bool(self.fault) {
            let malformed = Meaning::Fault(status::FETCH_MALFORMED, None);
            match rng.random_range(0..8) {
                0 => {
                    tlp.status = 4;
                    tlp.meaning = Meaning::Fault(status::FETCH_CA, None);
                }
                1 => {
                    tlp.status = *[1, 2, 3].get(rng.random_range(0..3)).expect("in range");
                    tlp.meaning = Meaning::Fault(status::FETCH_UR, None);
                }
                2 => {
                    tlp.ep = true;
                    tlp.meaning = Meaning::Fault(status::FETCH_POISONED, Some(n));
                }
                3 => {
                    tlp.byte_count = (tlp.byte_count + rng.random_range(1..4096)) % 4096 + 1;
                    if tlp.byte_count != read.left * 16 {
                        tlp.meaning = malformed;
                    }
                }
                4 => {
                    tlp.len += rng.random_range(1..4);
                    tlp.beats.push(rng.random());
                    tlp.meaning = malformed;
                }
                5 => {
                    tlp.len = (read.left + rng.random_range(1..100)) * 4;
                    tlp.beats = (0..tlp.len / 4).map(|_| rng.random()).collect();
                    tlp.meaning = malformed;
                }
                6 => {
                    // Other than Length says: one beat more, many more, one fewer.
                    match rng.random_range(0..3) {
                        0 => tlp.beats.push(rng.random()),
                        1 => tlp.beats.extend((0..100).map(|_| rng.random::<[u32; 4]>())),
                        _ if n > 1 => drop(tlp.beats.pop()),
                        _ => tlp.beats.push(rng.random()),
                    }
                    tlp.meaning = malformed;
                }
                _ => {
                    tlp.has_data = false;
                    tlp.meaning = malformed;
                }
            }
            if !tlp.has_data || tlp.status != 0 {
                tlp.has_data = false;
                tlp.len = 0;
                tlp.beats = vec![rng.random()];
            }
        }
        if tlp.error {
            // Comes again.
            tlp.meaning = Meaning::Nothing;
        }
        Some(tlp)
    }

    fn completions(&mut self) {
        if self.tlp.is_none() && self.rng.random_bool(0.6) {
            self.tlp = self.make_tlp().map(|t| (t, 0));
        }
        self.d.set("to_fetch", 0u64);
        if self.rng.random_bool(0.2) {
            return;
        }
        let Some((tlp, beat)) = &mut self.tlp else { return };
        if *beat == 0 && tlp.meaning == Meaning::Stray && !tlp.bad && self.reads[tlp.tag as usize].is_some() {
            // The tag has come into use meanwhile.
            self.tlp = None;
            self.strays -= 1;
            return;
        }
        self.d.set("to_fetch", 1u64);
        self.d.set("cpl_first", (*beat == 0) as u64);
        let last = *beat + 1 == tlp.beats.len();
        self.d.set("cpl_last", last as u64);
        self.d.set("cpl_error", (last && tlp.error) as u64);
        self.d.set_wide("cpl_data", &tlp.beats[*beat]);
        self.d.set("cpl_tag", tlp.tag);
        self.d.set("cpl_status", tlp.status);
        self.d.set("cpl_byte_count", tlp.byte_count);
        self.d.set("cpl_len", tlp.len);
        self.d.set("cpl_ep", tlp.ep as u64);
        self.d.set("cpl_has_data", tlp.has_data as u64);
        self.d.set("cpl_bad", tlp.bad as u64);
        *beat += 1;
        if last {
            let (tlp, _) = self.tlp.take().expect("it is there");
            self.arrive(&tlp);
        }
    }

    fn arrive(&mut self, tlp: &Tlp) {
        let (code, n) = match tlp.meaning {
            Meaning::Nothing | Meaning::Stray => return,
            Meaning::Descriptors(n) => (status::OK, Some(n)),
            Meaning::Fault(code, n) => (code, n),
        };
        let slot = &mut self.reads[tlp.tag as usize];
        let read = slot.as_mut().expect("a read");
        let q = &mut self.queues[read.g];
        if !q.dead {
            if code == status::OK {
                for i in 0..n.expect("descriptors") {
                    let index = read.index.wrapping_add(i);
                    q.entries.insert(index, (descriptor(read.g, q.lives, index), 0));
                }
                q.arrived = read.index.wrapping_add(n.expect("descriptors"));
            } else {
                q.entries.insert(read.index, ([0; 4], code));
                q.arrived = read.index.wrapping_add(1);
                q.dead = true;
                *self.faults.entry(code).or_default() += 1;
            }
            q.heads.push_back(q.arrived);
        }
        let n = n.unwrap_or(read.left);
        read.left -= n;
        read.index = read.index.wrapping_add(n);
        read.address += n as u64 * 16;
        if read.left == 0 {
            *slot = None;
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
