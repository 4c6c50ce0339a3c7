//! A model of rings, lists, windows, host and data paths around the block.

use std::collections::{BTreeMap, HashMap, VecDeque};

use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use super::feed::{Feed, Push};
use super::host::Tlp;
use super::list::{stored, List, Meaning};

pub const RING: u32 = 0;
pub const LIST: u32 = 1;
pub const PUSH: u32 = 2;
pub const DIRECT: u32 = 3;

/// What the block was built for.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub w: u32,
    pub nq: usize,
    pub db: u32,
    /// Fetches at once.
    pub tags: usize,
    /// List, push and direct mode, and `mem_desc`, are built.
    pub feeds: bool,
    pub memory: bool,
}

impl Shape {
    pub fn gn(&self) -> usize {
        2 * self.nq
    }
}

/// Contents of a ring's descriptor: never the same twice.
pub fn descriptor(g: usize, life: u32, index: u32) -> [u32; 4] {
    [index, life, g as u32 | 0xABC0_0000, index.wrapping_mul(0x9E37_79B9) ^ life]
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Life {
    Stopped,
    Running,
    /// `run` is low; 0: waiting for `scanning`, 1: for the fetches to end.
    Draining(u8),
    Clearing,
}

pub struct Queue {
    pub life: Life,
    pub lives: u32,
    pub mode: u32,
    pub base: u64,
    pub log2: u32,
    pub prod: u32,
    pub taken: u32,
    /// As last broadcast, and where it must come to.
    pub head: u32,
    pub limit: u32,
    pub changed: u64,
    pub dead: bool,
    pub halted: bool,
    pub entries: HashMap<u32, ([u32; 4], u8)>,
    /// Entries of host memory by number: asked for, come (with a fault or without), passed in order.
    pub asked: u64,
    pub came: BTreeMap<u64, Option<u8>>,
    pub passed: u64,
    /// Reads of an older one count no more.
    pub epoch: u32,
    pub list: List,
    pub list_done: bool,
    /// An entry for a segment that is none may come.
    pub bad_pending: bool,
    /// Push mode: DWORDs to be written, and the index behind them.
    pub written: Vec<(u32, usize)>,
    pub pushing: u32,
    pub clearing_for: u32,
    pub cleared: bool,
    pub cleared_told: bool,
}

#[derive(Clone)]
pub struct Read {
    pub g: usize,
    pub epoch: u32,
    pub entry: u64,
    pub left: u32,
    pub address: u64,
    /// Not answered before this clock.
    pub due: u64,
}

/// Addresses that no two things share.
#[derive(Default)]
pub struct Places(u64);

impl Places {
    /// 2 MiB from some 16-byte boundary on; half of them reach over 4 GiB or start above it.
    pub fn next(&mut self, rng: &mut StdRng) -> u64 {
        self.0 += 1;
        // A ring begins with a page, or anywhere.
        let within =
            if rng.random() { rng.random_range(0..16) * 4096 } else { rng.random_range(0..4096) * 16 };
        match rng.random_range(0..4) {
            0 => ((4 * self.0 + 1) << 32) - rng.random_range(1..64) * 16,
            1 => ((4 * self.0 + 2) << 32) + within,
            _ if self.0 < 1500 => (self.0 << 21) + within,
            _ => ((4 * self.0 + 3) << 32) + within,
        }
    }
}

pub struct Bench {
    pub d: Dut,
    pub shape: Shape,
    pub rng: StdRng,
    pub clock: u64,
    pub queues: Vec<Queue>,
    pub reads: [Option<Read>; 16],
    /// Until when a tag whose read has ended stays open on the wire.
    pub open_until: [u64; 16],
    pub tlp: Option<(Tlp, usize)>,
    pub places: Places,
    pub memory: HashMap<u64, [u32; 4]>,
    pub mrrs: u32,
    pub modes: Vec<u32>,
    /// MODE.FEED is anything, and means ring.
    pub odd_modes: bool,
    pub fault: f64,
    pub bad_lists: bool,
    pub stops: f64,
    pub takes: f64,
    pub feeds: f64,
    pub pushes: f64,
    pub eager: f64,
    /// Clocks between a read and its first completion, at most.
    pub latency: u64,
    pub strays: u64,
    pub counted: u64,
    pub checked: [u64; 4],
    pub memory_checked: u64,
    pub faults: HashMap<u8, u32>,
    pub batches: Vec<u32>,
    /// Of a queue, and of all.
    pub most_in_flight: [usize; 2],
    pub cfg: VecDeque<(usize, u32, u32)>,
    pub feed: Option<Feed>,
    pub feed_count: [u64; 2],
    pub next_list: List,
    pub pushed: Option<Push>,
    pub push_count: u64,
    pub to_drop: u64,
    pub unmapped: u64,
    pub push_heads: VecDeque<(u64, usize, u32)>,
    /// Store entries asked for: how many clocks ago, queue, index.
    pub look: [Option<(u8, usize, u32)>; 3],
    pub verified: [Option<(usize, u32)>; 2],
}

impl Bench {
    pub fn new(mut d: Dut, shape: Shape, seed: u64, mrrs: u32) -> Self {
        println!("seed {seed}, {shape:?}, mrrs {mrrs}");
        d.pulse("rst", 3);
        d.set("cfg_mrrs", mrrs);
        let queues = (0..shape.gn()).map(|_| Queue {
            life: Life::Stopped,
            lives: 0,
            mode: RING,
            base: 0,
            log2: 1,
            prod: 0,
            taken: 0,
            head: 0,
            limit: 0,
            changed: 0,
            dead: false,
            halted: false,
            entries: HashMap::new(),
            asked: 0,
            came: BTreeMap::new(),
            passed: 0,
            epoch: 0,
            list: List::default(),
            list_done: true,
            bad_pending: false,
            written: vec![],
            pushing: 0,
            clearing_for: 0,
            cleared: false,
            cleared_told: false,
        });
        Bench {
            d,
            shape,
            rng: StdRng::seed_from_u64(seed),
            clock: 0,
            queues: queues.collect(),
            reads: Default::default(),
            open_until: [0; 16],
            tlp: None,
            places: Places::default(),
            memory: HashMap::new(),
            mrrs,
            modes: if shape.feeds { vec![RING, LIST, PUSH, DIRECT] } else { vec![RING] },
            odd_modes: false,
            fault: 0.0,
            bad_lists: false,
            stops: 0.0005,
            takes: 0.7,
            feeds: 0.1,
            pushes: 0.3,
            eager: 0.6,
            latency: 100,
            strays: 0,
            counted: 0,
            checked: [0; 4],
            memory_checked: 0,
            faults: HashMap::new(),
            batches: vec![],
            most_in_flight: [0; 2],
            cfg: VecDeque::new(),
            feed: None,
            feed_count: [0; 2],
            next_list: List::default(),
            pushed: None,
            push_count: 0,
            to_drop: 0,
            unmapped: 0,
            push_heads: VecDeque::new(),
            look: [None; 3],
            verified: [None; 2],
        }
    }

    pub fn place(&mut self) -> u64 {
        self.places.next(&mut self.rng)
    }

    /// What host memory holds.
    pub fn memory(&self, g: usize, address: u64) -> [u32; 4] {
        let q = &self.queues[g];
        if q.mode != RING {
            return self.memory[&address];
        }
        // A ring's slot holds the descriptor of the lap that is fetched.
        let slot = ((address - q.base) / 16) as u32;
        let behind = (q.passed as u32).wrapping_sub(slot) & !((1 << q.log2) - 1);
        let index = behind.wrapping_add(slot);
        let back = index.wrapping_sub(q.passed as u32) as i32;
        descriptor(g, q.lives, if back < 0 { index.wrapping_add(1 << q.log2) } else { index })
    }

    /// Passes what has come, in order.
    pub fn count(&mut self, g: usize) {
        let q = &mut self.queues[g];
        while !q.dead && !q.bad_pending && (q.mode == RING || !q.list_done) {
            let Some(what) = q.came.remove(&q.passed) else { break };
            let meaning = match q.mode {
                RING => Meaning::Data(descriptor(g, q.lives, q.passed as u32), false),
                _ => q.list.entries[q.passed as usize],
            };
            q.changed = self.clock;
            let (entry, ends) = match (what, meaning) {
                (Some(code), _) | (None, Meaning::Fault(code)) => {
                    if what.is_none() {
                        *self.faults.entry(code).or_default() += 1;
                    }
                    q.dead = true;
                    (Some(([0; 4], code)), false)
                }
                (None, Meaning::Data(data, ends)) => (Some((stored(data), 0)), ends),
                (None, Meaning::Link) => (None, false),
                (None, Meaning::LinkToNothing) => {
                    q.bad_pending = true;
                    (None, false)
                }
            };
            if q.mode == RING {
                if let (Some(e), None) = (entry, what) {
                    q.entries.insert(q.limit, (descriptor(g, q.lives, q.passed as u32), e.1));
                } else if let Some(e) = entry {
                    q.entries.insert(q.limit, e);
                }
            } else if let Some(e) = entry {
                q.entries.insert(q.limit, e);
            }
            q.limit = q.limit.wrapping_add(entry.is_some() as u32);
            q.passed += 1;
            if q.mode == LIST
                && !q.dead
                && !q.bad_pending
                && (ends || q.passed as usize == q.list.entries.len())
            {
                q.list_done = true;
            }
        }
    }

    /// Where the next read of a queue starts, and how many entries it may bring.
    fn expected_read(&self, g: usize) -> Option<(u64, u64)> {
        let q = &self.queues[g];
        match q.mode {
            _ if matches!(q.life, Life::Stopped | Life::Clearing) => None,
            RING => {
                let slot = q.asked & ((1 << q.log2) - 1);
                let there = q.prod.wrapping_sub(q.asked as u32) as u64;
                Some((q.base + slot * 16, there.min((1 << q.log2) - slot)))
            }
            LIST => {
                let s =
                    q.list.segments.iter().find(|s| (s.first..s.first + s.len as u64).contains(&q.asked))?;
                let off = q.asked - s.first;
                if off == 0 && q.passed != s.first {
                    return None;
                }
                Some((s.address + off * 16, s.len as u64 - off))
            }
            _ => None,
        }
    }

    pub fn check_read(&mut self) {
        let (address, tag) = (self.d.get("fetch_rd_addr"), self.d.get("fetch_rd_tag") as usize);
        let bytes = self.d.get("fetch_rd_bytes") as u32;
        assert_eq!(self.d.get("fetch_rd_attr"), 0);
        let n = bytes / 16;
        let largest = (128 << self.mrrs).min(512);
        assert!(bytes.is_multiple_of(16) && (1..=32).contains(&n) && bytes <= largest, "{bytes} bytes");
        assert_eq!(
            address / largest as u64,
            (address + bytes as u64 - 1) / largest as u64,
            "over a multiple of the largest read"
        );
        assert!(tag < self.shape.tags && self.reads[tag].is_none(), "tag {tag} twice");
        assert!(self.open_until[tag] < self.clock, "tag {tag} is open on the wire");
        let (g, most) = (0..self.shape.gn())
            .find_map(|g| self.expected_read(g).filter(|e| e.0 == address).map(|e| (g, e.1)))
            .expect("the next descriptor of some queue");
        let older = self.reads.iter().flatten().any(|r| r.g == g && r.epoch != self.queues[g].epoch);
        assert!(!older, "a list is started on while the last one is unanswered");
        let due = self.clock + self.rng.random_range(0..=self.latency);
        let q = &mut self.queues[g];
        assert!(matches!(q.life, Life::Running | Life::Draining(0)));
        assert!(!(q.dead && q.head == q.limit && self.clock > q.changed + 1000), "a dead queue fetches");
        assert!(n as u64 <= most, "beyond producer, ring or segment");
        // A list's indices lag behind its entries by its LINKs, all of which have been passed but one of this segment.
        let index = q.limit.wrapping_add((q.asked - q.passed) as u32);
        assert!(index.wrapping_add(n).wrapping_sub(q.taken) <= 1 << self.shape.db, "beyond the store");
        self.reads[tag] = Some(Read { g, epoch: q.epoch, entry: q.asked, left: n, address, due });
        q.asked += n as u64;
        self.batches.push(n);
        let flying = self.reads.iter().flatten();
        let counts = [flying.clone().filter(|r| r.g == g).count(), flying.count()];
        self.most_in_flight = std::array::from_fn(|i| self.most_in_flight[i].max(counts[i]));
    }

    pub fn check_head(&mut self) {
        if self.push_heads.front().is_some_and(|p| p.0 < self.clock) {
            panic!("head did not follow the producer within two clocks");
        }
        if self.d.get("head_valid") == 0 {
            return;
        }
        let (g, value) = (self.d.get("head_g") as usize, self.d.get("head_value") as u32);
        let q = &mut self.queues[g];
        if q.life == Life::Clearing {
            assert_eq!(value, 0, "a cleared head");
            q.cleared_told = true;
            return;
        }
        if q.mode == PUSH {
            assert_eq!(self.push_heads.pop_front().map(|p| (p.1, p.2)), Some((g, value)));
        }
        if q.bad_pending && value == q.limit.wrapping_add(1) {
            q.bad_pending = false;
            q.dead = true;
            q.entries.insert(q.limit, ([0; 4], ferrolane_abi::status::BAD_SEGMENT));
            *self.faults.entry(ferrolane_abi::status::BAD_SEGMENT).or_default() += 1;
            q.limit = value;
        }
        let by = value.wrapping_sub(q.head);
        assert!(
            by != 0 && by <= q.limit.wrapping_sub(q.head),
            "head {value:#x} of {g}: {:#x} to {:#x}",
            q.head,
            q.limit
        );
        q.head = value;
    }

    fn check_store(&mut self) {
        for dir in 0..3 {
            match self.look[dir] {
                Some((0, g, index)) => self.look[dir] = Some((1, g, index)),
                Some((_, g, index)) => {
                    self.look[dir] = None;
                    if self.queues[g].life == Life::Running {
                        match dir {
                            2 => self.check_memory_port(g, index),
                            _ => self.check_entry(dir, g, index),
                        }
                    }
                }
                None => {}
            }
        }
    }

    fn check_entry(&mut self, dir: usize, g: usize, index: u32) {
        let name = ["h2c", "c2h"][dir];
        let q = &mut self.queues[g];
        let (data, err) = q.entries[&index];
        assert_eq!(self.d.get(&format!("{name}_desc_err")), err as u64);
        if err == 0 {
            assert_eq!(self.d.get_wide(&format!("{name}_desc_data")), data, "queue {g} {index:#x}");
            self.verified[dir] = Some((g, index));
            self.checked[q.mode as usize] += 1;
            q.entries.remove(&index.wrapping_sub(200));
        } else {
            assert_eq!(index.wrapping_add(1), q.head, "something behind the fault");
            q.halted = true;
        }
    }

    fn check_memory_port(&mut self, g: usize, index: u32) {
        let (data, err) = (self.d.get("mem_desc_data"), self.d.get("mem_desc_err"));
        if !self.shape.memory {
            assert_eq!((data, err), (0, 0));
            return;
        }
        let (entry, code) = self.queues[g].entries[&index];
        assert_eq!(err, code as u64);
        if code == 0 {
            assert_eq!(data, entry[2] as u64 | (entry[3] as u64) << 32, "queue {g} {index:#x}");
            self.memory_checked += 1;
        }
    }

    fn check_lives(&mut self) {
        let busy = self.d.get_wide("fetch_busy");
        for g in 0..self.shape.gn() {
            let open = self.reads.iter().flatten().any(|r| r.g == g);
            let is_busy = busy[g / 32] >> (g % 32) & 1 == 1;
            let clock = self.clock;
            let q = &mut self.queues[g];
            assert!(is_busy || !open, "queue {g} is unanswered and not busy");
            if q.life == Life::Draining(0) && self.d.get("scanning") == 1 {
                q.life = Life::Draining(1);
            }
            if q.life == Life::Draining(1) && !is_busy {
                assert!(q.mode == PUSH || q.head == q.limit, "idle before the head was told");
                q.life = Life::Stopped;
                q.halted = false;
            }
            if q.life == Life::Running && !q.bad_pending && q.head != q.limit && q.mode != PUSH {
                assert!(
                    clock < q.changed + 300,
                    "queue {g} in mode {}: head {:#x} is not moved to {:#x}",
                    q.mode,
                    q.head,
                    q.limit
                );
            }
            if q.life == Life::Clearing {
                q.clearing_for += 1;
                q.cleared |= self.d.get("init_done") == 1;
                assert!(q.cleared || q.clearing_for < 80, "never cleared");
                if q.clearing_for > 60 && q.cleared {
                    assert!(q.cleared_told, "the cleared head was not told");
                    q.life = Life::Running;
                    (q.asked, q.passed, q.epoch) = (0, 0, q.epoch + 1);
                    (q.head, q.limit, q.taken, q.prod, q.pushing) = (0, 0, 0, 0, 0);
                    (q.dead, q.list_done, q.bad_pending, q.changed) = (false, true, false, clock);
                    q.came.clear();
                    q.written.clear();
                    q.entries.clear();
                }
            }
        }
    }

    /// `rst`, with everything forgotten on both sides.
    pub fn reset(&mut self) {
        for name in ["to_fetch", "feed_valid", "push_w_valid", "init_valid", "fetch_rd_ready", "cfgw_valid"] {
            self.d.set(name, 0u64);
        }
        for name in ["prod_valid", "h2c_taken_valid", "c2h_taken_valid"] {
            self.d.set(name, 0u64);
        }
        self.d.pulse("rst", 1);
        self.tlp = None;
        (self.counted, self.unmapped) = (self.strays, self.to_drop);
        self.reads = Default::default();
        self.cfg.clear();
        self.feed = None;
        self.pushed = None;
        self.push_heads.clear();
        self.look = [None; 3];
        self.verified = [None; 2];
        for q in &mut self.queues {
            q.life = Life::Stopped;
            q.halted = false;
            q.epoch += 1;
        }
    }

    pub fn clock(&mut self) {
        self.clock += 1;
        self.control();
        self.buses();
        self.completions();
        self.feed();
        self.push();
        self.d.set("fetch_rd_ready", self.rng.random_bool(0.5) as u64);
        self.d.step();
        self.fed();
        self.was_pushed();
        self.counted += self.d.get("unexpected");
        self.check_head();
        self.check_lives();
        self.check_store();
        if self.d.get("fetch_rd_valid") == 1 && self.d.get("fetch_rd_ready") == 1 {
            self.check_read();
        }
    }
}
