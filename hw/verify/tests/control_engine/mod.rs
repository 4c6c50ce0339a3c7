//! What surrounds control, as far as control can see it: each stage holds whose work it has.

mod host;
mod owners;
mod stages;

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, seq::IndexedRandom, Rng, SeedableRng};

use stages::Picker;

pub const NQ: usize = 4;
pub const GN: usize = 8;
/// Queues whose other end is the card's memory.
const MEMORY_H2C: usize = 1;
const MEMORY_C2H: usize = NQ + 2;

/// A write on its way: whose it is and when it is reported.
type Write = (usize, u64);

pub struct Engine {
    pub d: verilated::Dut,
    pub rng: StdRng,
    /// Work without a pause in all stages.
    pub saturate: bool,
    /// Clocks that the register sweep takes.
    pub sweep: u64,
    pub drains: u32,
    pub cleared: Vec<usize>,
    pub starts: Vec<(usize, u64)>,
    pub queue_errors: u32,
    /// A read that is never answered, a TLP that never ends.
    pub lost_read: bool,
    pub stuck_tlp: bool,
    run: u64,
    idle: u64,
    clock: u64,
    reset_at: u64,
    holding: bool,
    fetch: Picker,
    issue: Picker,
    plan: Picker,
    /// Reads of descriptors: queue, clock of the answer.
    fetching: Vec<(usize, u64)>,
    requests: VecDeque<(usize, u64)>,
    commit_out: Option<usize>,
    /// Transfers at the AXI4 port: queue, clock of the end, whether a record waits for it.
    memory: Vec<(usize, u64, bool)>,
    /// Entries of send: queue, whether it has a TLP, a record.
    jobs: VecDeque<(usize, bool, bool)>,
    send_records: VecDeque<usize>,
    /// What has moved in this clock: a TLP of send, a record of send, one of commit.
    moved: [bool; 3],
    records: VecDeque<usize>,
    writes: VecDeque<Write>,
    /// `rec_open` of the last clocks, latest first.
    open: VecDeque<u64>,
    open_late: usize,
    counts: [u16; 4],
    init: Option<usize>,
    /// Clock up to which each stage stands still: a pick or a hand-over can take its time.
    stall: [u64; 8],
    /// How often a hand-over happens: by record, from commit, from send, by send. And how long plan takes at most.
    chance: [f64; 4],
    plan_steps: u32,
    /// Clock in which `init_valid` fell.
    released: Option<u64>,
    /// Clock in which a queue was first cleared.
    pub first_clear: Option<u64>,
    /// Clock in which each owner answers, per owner.
    answers: [Option<u64>; 8],
    answered: u32,
}

const COUNTS: [&str; 4] = ["req_issued", "req_committed", "wr_issued", "wr_sent"];
/// Clocks from the acceptance of a record until `rec_open` shows it, at most.
const OPEN_LATE: usize = 6;

impl Engine {
    pub fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let counts = [0; 4].map(|_: u16| rng.random::<u16>());
        let chance = [0; 4].map(|_: u32| *[0.1, 0.3, 0.9].choose(&mut rng).unwrap());
        let plan_steps = rng.random_range(0..8);
        let open_late = rng.random_range(0..OPEN_LATE);
        let mut e = Engine {
            d: dut!(control, seed),
            rng,
            saturate: false,
            sweep: 0,
            drains: 0,
            cleared: vec![],
            starts: vec![],
            queue_errors: 0,
            lost_read: false,
            stuck_tlp: false,
            run: 0,
            idle: 0xFF,
            clock: 0,
            reset_at: 0,
            holding: false,
            fetch: Picker::default(),
            issue: Picker::default(),
            plan: Picker::default(),
            fetching: vec![],
            requests: VecDeque::new(),
            commit_out: None,
            memory: vec![],
            jobs: VecDeque::new(),
            send_records: VecDeque::new(),
            moved: [false; 3],
            records: VecDeque::new(),
            writes: VecDeque::new(),
            open: VecDeque::from([0; OPEN_LATE]),
            open_late,
            counts,
            init: None,
            stall: [0; 8],
            chance,
            plan_steps,
            released: None,
            first_clear: None,
            answers: [None; 8],
            answered: 0,
        };
        // Counts are free-running: they start anywhere, pairs equal.
        for pair in 0..2 {
            e.counts[2 * pair + 1] = e.counts[2 * pair];
        }
        e.d.pulse("rst", 2);
        e
    }

    /// Runs until control lets the host in.
    pub fn boot(&mut self) {
        self.tick();
        for _ in 0..3000 {
            if !self.d.is_set("host_wait") {
                return;
            }
            self.tick();
        }
        panic!("host_wait never falls");
    }

    pub fn ticks(&mut self, n: u64) {
        for _ in 0..n {
            self.tick();
        }
    }

    fn rd_pending(&self) -> bool {
        self.lost_read || !self.fetching.is_empty() || self.requests.iter().any(|r| r.1 > self.clock)
    }

    /// Between TLPs, to make FLR wait for that too.
    fn tlp_free(&self) -> bool {
        !self.stuck_tlp && (!self.holding || self.clock % 64 > 20)
    }

    fn cpl_busy(&self) -> bool {
        self.clock % 128 < 40
    }

    fn drive(&mut self) {
        for (name, value) in COUNTS.iter().zip(self.counts) {
            self.d.set(name, value as u64);
        }
        let open = self.records.iter().fold(0u64, |v, g| v | 1 << g);
        self.open.push_front(open);
        self.open.truncate(OPEN_LATE);
        // It rises late and falls at once.
        self.d.set("rec_open", open & self.open[self.open_late]);
        self.d.set("scanning_fetch", self.fetch.holds.is_none());
        self.d.set("scanning_issue", self.issue.holds.is_none());
        self.d.set("scanning_plan", self.plan.holds.is_none());
        let busy = self.fetching.iter().fold(0u64, |v, f| v | 1 << f.0);
        self.d.set("fetch_busy", busy);
        self.d.set("mem_busy", self.memory.iter().fold(0u64, |v, m| v | 1 << m.0));
        let [tlp, c2h, h2c] = self.moved;
        self.d.set("data_wr_valid", tlp || !self.jobs.is_empty());
        self.d.set("data_wr_ready", tlp);
        self.d.set("data_wr_done", tlp || self.rng.random());
        self.d.set("rec_c2h_valid", c2h || !self.send_records.is_empty());
        self.d.set("rec_c2h_ready", c2h);
        self.d.set("rec_h2c_valid", h2c || self.commit_out.is_some());
        self.d.set("rec_h2c_ready", h2c);
        self.d.set("send_busy", self.saturate || !self.jobs.is_empty() || !self.send_records.is_empty());
        self.d.set("rd_pending", self.rd_pending());
        self.d.set("arb_idle_wr", self.tlp_free());
        self.d.set("arb_idle_rd", self.clock % 256 >= 128);
        self.d.set("cpl_busy", self.cpl_busy());
        self.d.set("sweeping", self.clock < self.reset_at + self.sweep);
    }

    pub fn tick(&mut self) {
        if !self.d.is_set("core_rst") {
            self.work();
        }
        self.drive();
        self.d.step();
        self.clock += 1;
        self.holding = self.d.is_set("hold");
        self.judge();
        self.queue_errors += self.d.get("queue_error") as u32;
        self.clear();
        if self.d.is_set("core_rst") {
            self.everything_is_reset();
        }
    }

    /// Queues become idle with nothing in flight, and run once they are cleared and have a generation.
    fn judge(&mut self) {
        let (run, idle) = (self.d.get("run"), self.d.get("idle"));
        assert_eq!(run & idle, 0, "a queue runs and is idle");
        for g in 0..GN {
            if idle & !self.idle & 1 << g != 0 {
                self.drains += 1;
                assert_eq!(self.in_flight(g), None, "queue {g} is idle");
            }
            if run & !self.run & 1 << g != 0 {
                assert_eq!(self.cleared.last(), Some(&g), "queue {g} runs without being cleared");
                assert_eq!(self.starts.last().map(|s| s.0), Some(g), "queue {g} runs without a generation");
            }
        }
        self.run = run;
        self.idle = idle;
        if self.d.is_set("start_valid") {
            let g = self.d.get("start_g") as usize;
            assert_eq!(self.cleared.last(), Some(&g), "started before it was cleared");
            self.starts.push((g, self.d.get("start_generation")));
        }
    }

    fn everything_is_reset(&mut self) {
        self.fetch.holds = None;
        self.issue.holds = None;
        self.plan.holds = None;
        self.fetching.clear();
        self.requests.clear();
        self.commit_out = None;
        self.memory.clear();
        self.send_records.clear();
        self.moved = [false; 3];
        self.jobs.clear();
        self.records.clear();
        self.writes.clear();
        self.open = VecDeque::from([0; OPEN_LATE]);
        self.counts = [0; 4];
        self.reset_at = self.clock;
        self.cleared.clear();
        self.init = None;
        self.released = None;
        self.answers = [None; 8];
    }
}
