//! The block between rings, lists, windows, host and data paths: its sizes, its queues, and a clock of it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use super::feed::{Feed, Push};
use super::host::Tlp;
use super::list::List;
use super::places::Places;

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

impl Queue {
    fn new() -> Self {
        Queue {
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
        }
    }

    /// A new life begins with nothing.
    pub fn start(&mut self, clock: u64) {
        self.life = Life::Running;
        (self.asked, self.passed, self.epoch) = (0, 0, self.epoch + 1);
        (self.head, self.limit, self.taken, self.prod, self.pushing) = (0, 0, 0, 0, 0);
        (self.dead, self.list_done, self.bad_pending, self.changed) = (false, true, false, clock);
        self.came.clear();
        self.written.clear();
        self.entries.clear();
    }
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
        Bench {
            d,
            shape,
            rng: StdRng::seed_from_u64(seed),
            clock: 0,
            queues: (0..shape.gn()).map(|_| Queue::new()).collect(),
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
