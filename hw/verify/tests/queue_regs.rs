//! `dma::queue::QueueRegs` against the ABI table.

use std::collections::{HashMap, VecDeque};

use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::queue as abi;
use ferrolane_abi::table::{Access, Register};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

/// Byte enable bits as a mask.
fn strobe(be: u32) -> u32 {
    (0..4).filter(|b| be >> b & 1 == 1).fold(0, |m, b| m | 0xFF << (8 * b))
}

#[derive(Clone, Default)]
struct Queue {
    stored: HashMap<u32, u32>,
    run: bool,
    busy: bool,
    halted: bool,
    code: u32,
    producer: u32,
    consumer: u32,
    head: u32,
    completed: u32,
    generation: u32,
    finished: u32,
    level: u32,
}

/// What the bus tells beside the count: bytes and metadata of the end.
fn of_finished(value: u32) -> (u32, u32) {
    (value.wrapping_mul(3) & 0xFF_FFFF, value.wrapping_mul(0x9E37_79B1))
}

/// What the bus says of a register's value: a ring size above the largest is the largest.
fn on_the_bus(index: u32, value: u32) -> u32 {
    if index * 4 != abi::RING_SIZE.offset {
        return value;
    }
    ["DESCRIPTORS", "COMPLETIONS"].into_iter().fold(0, |word, name| {
        let field = abi::RING_SIZE.field(name).unwrap();
        word | field.put(field.get(value).min(16))
    })
}

impl Queue {
    /// What a read of `r` gives in this clock.
    fn value(&self, r: &Register) -> u32 {
        let status = |name: &str, v: u32| r.field(name).unwrap().put(v);
        match r.name {
            "CTRL" => self.run as u32,
            "STATUS" => {
                let code = if self.halted { self.code } else { 0 };
                status("IDLE", !self.busy as u32) | status("ERROR", self.halted as u32) | status("CODE", code)
            }
            "PRODUCER" => self.producer,
            "HEAD" => self.head,
            "COMPLETED" => self.completed,
            "CONSUMER" => self.consumer,
            "GENERATION" => self.generation,
            "FINISHED" => self.finished,
            "RESULT_BYTES" => of_finished(self.finished).0,
            "FIFO_LEVEL" => self.level,
            "FIFO_PEAK" => self.level ^ 0xFF,
            "RESULT_META" => of_finished(self.finished).1,
            _ => self.stored.get(&r.offset).copied().unwrap_or(0),
        }
    }
}

/// What a block was built with: queues per direction, and the optional features.
#[derive(Clone, Copy)]
struct Build {
    nq: u32,
    feeds: bool,
    policies: bool,
    memory: bool,
}

const ALL: Build = Build { nq: 4, feeds: true, policies: true, memory: true };
const CORE: Build = Build { nq: 4, feeds: false, policies: false, memory: false };
const ONE: Build = Build { nq: 1, feeds: true, policies: false, memory: true };
const MANY: Build = Build { nq: 64, feeds: false, policies: true, memory: false };

impl Build {
    /// Read-write bits of `r` that this build has.
    fn mask(self, r: &Register) -> u32 {
        let field = |name: &str| r.field(name).unwrap().mask();
        let missing = match r.name {
            "CTRL" => u32::MAX,
            "MODE" => {
                let policies = field("DROP") | field("STORE_FORWARD");
                (!self.feeds as u32 * field("FEED"))
                    | (!self.policies as u32 * policies)
                    | (!self.memory as u32 * field("MEMORY"))
            }
            "FLUSH_TIME" => !self.policies as u32 * u32::MAX,
            "CARD_BASE_LO" | "CARD_BASE_HI" => !self.memory as u32 * u32::MAX,
            _ => (!self.feeds && any_time(r)) as u32 * u32::MAX,
        };
        r.mask(Access::Rw) & !missing
    }

    fn stores(self, r: &Register) -> bool {
        self.mask(r) != 0
    }
}

/// FEED registers may be written at any time.
fn any_time(r: &Register) -> bool {
    [abi::FEED_ADDR_LO, abi::FEED_ADDR_HI, abi::FEED_LEN, abi::FEED_CARD, abi::FEED_GO]
        .iter()
        .any(|f| f.offset == r.offset)
}

/// One bit per queue of a vector port.
type Flag = fn(&Queue) -> bool;

struct Bench {
    d: verilated::Dut,
    build: Build,
    /// Queues per direction, and of both.
    nq: u32,
    gn: usize,
    rng: StdRng,
    queues: Vec<Queue>,
    /// Broadcasts that must come.
    broadcasts: VecDeque<(usize, u32, u32)>,
    /// Pulses seen: reads, writes.
    unmapped: (u32, u32),
    /// Refusals of FEED_GO: pulses seen, and pulses that must come.
    refused: (u32, u32),
    /// FEED_GO taken by fetch.
    feeds: u32,
    feed_waits: bool,
    /// FLUSH: pulses seen, pulses that must come, and the queue they must tell.
    flushes: (u32, u32, usize),
    /// Whether other blocks are at work.
    traffic: bool,
    /// Queue that is being written: it doesn't become idle meanwhile, so that it is clear what happens.
    writing: Option<usize>,
    /// Queues that halt in the next clock.
    halting: Vec<usize>,
    /// Values that the register had since it was watched.
    watch: Option<(usize, &'static Register)>,
    values: Vec<u32>,
}

const BUSES: [(&str, &str, u32); 6] = [
    ("prod", "prod_value", u32::MAX),
    ("cons", "cons_value", 0x7FFF_FFFF),
    ("head", "head_value", u32::MAX),
    ("done", "done_value", u32::MAX),
    ("start", "start_generation", 0xFF),
    ("finished", "finished_value", u32::MAX),
];

impl Bench {
    fn new(build: Build, seed: u64) -> Self {
        let d = match build.nq {
            1 => dut!(queue_regs_1, seed),
            4 if !build.feeds => dut!(queue_regs_core, seed),
            4 => dut!(queue_regs, seed),
            _ => dut!(queue_regs_64, seed),
        };
        Self::reset(d, build, seed)
    }

    fn reset(mut d: verilated::Dut, build: Build, seed: u64) -> Self {
        let nq = build.nq;
        let gn = 2 * nq as usize;
        d.pulse("rst", 2);
        let words = || abi::REGISTERS.iter().filter(|r| build.stores(r));
        let reset = Queue { stored: words().map(|r| (r.offset, r.reset())).collect(), ..Queue::default() };
        let mut b = Bench {
            d,
            build,
            nq,
            gn,
            rng: StdRng::seed_from_u64(seed),
            queues: vec![reset; gn],
            broadcasts: (0..gn).flat_map(|g| words().map(move |r| (g, r.offset / 4, r.reset()))).collect(),
            unmapped: (0, 0),
            refused: (0, 0),
            feeds: 0,
            feed_waits: false,
            flushes: (0, 0, 0),
            traffic: false,
            writing: None,
            halting: vec![],
            watch: None,
            values: vec![],
        };
        // Memories power up with garbage: each owner broadcasts its cleared value.
        for g in 0..gn {
            b.broadcast(1, g, 0);
            b.step();
            for bus in (0..BUSES.len()).filter(|bus| *bus != 1) {
                b.broadcast(bus, g, 0);
            }
            b.step();
        }
        b
    }

    /// BAR0 address of a queue's block, `g` counting the queues of both directions.
    fn base(&self, g: usize) -> u64 {
        let direction = if g < self.nq as usize { Direction::H2c } else { Direction::C2h };
        map::queue_regs(direction, g as u32 % self.nq)
    }

    fn broadcast(&mut self, bus: usize, g: usize, value: u32) {
        let (name, port, mask) = BUSES[bus];
        let q = &mut self.queues[g];
        let place = [
            &mut q.producer,
            &mut q.consumer,
            &mut q.head,
            &mut q.completed,
            &mut q.generation,
            &mut q.finished,
        ];
        *place.into_iter().nth(bus).unwrap() = value & mask;
        self.d.set(&format!("{name}_valid"), 1u64);
        self.d.set(&format!("{name}_g"), g as u64);
        self.d.set(port, value & mask);
        if name == "finished" {
            let (bytes, meta) = of_finished(value);
            self.d.set("finished_bytes", bytes);
            self.d.set("finished_meta", meta);
        }
    }

    /// One clock with whatever is on the buses; checks what comes out.
    fn step(&mut self) {
        let flags: [(&str, Flag); 3] = [("run", |q| q.run), ("idle", |q| !q.busy), ("halted", |q| q.halted)];
        for (name, flag) in flags {
            let mut words = vec![0u32; self.gn.div_ceil(32)];
            for (g, q) in self.queues.iter().enumerate() {
                words[g / 32] |= u32::from(flag(q)) << (g % 32);
            }
            self.d.set_wide(name, &words);
        }
        self.d.step();
        let feed = self.d.is_set("feed_valid");
        assert!(!feed || !self.d.is_set("cfgw_valid"), "a feed in the clock of its flags");
        assert!(feed || !self.feed_waits, "a feed was withdrawn");
        self.feed_waits = feed && !self.d.is_set("feed_ready");
        self.refused.0 += self.d.get("feed_invalid") as u32;
        if self.d.is_set("cfgw_valid") {
            let seen = (
                self.d.get("cfgw_g") as usize,
                self.d.get("cfgw_index") as u32,
                self.d.get("cfgw_data") as u32,
            );
            let capped = |(g, index, value): (usize, u32, u32)| (g, index, on_the_bus(index, value));
            assert_eq!(Some(seen), self.broadcasts.pop_front().map(capped));
        }
        if self.d.is_set("flush_valid") {
            self.flushes.0 += 1;
            assert_eq!(self.d.get("flush_g") as usize, self.flushes.2);
        }
        let q = (self.d.get("level_q") % u64::from(self.nq)) as usize;
        for (name, g) in [("h2c", q), ("c2h", q + self.nq as usize)] {
            let level = self.queues[g].level;
            self.d.set(&format!("{name}_level"), level);
            self.d.set(&format!("{name}_peak"), if self.traffic { level ^ 0xFF } else { 0 });
        }
        self.unmapped.0 += self.d.get("queue_unmapped_rd") as u32;
        self.unmapped.1 += self.d.get("queue_unmapped_wr") as u32;
        for (name, ..) in BUSES {
            self.d.set(&format!("{name}_valid"), 0u64);
        }
        self.d.set("h2c_err_valid", 0u64);
        self.d.set("c2h_err_valid", 0u64);
        self.look();
    }

    fn look(&mut self) {
        if let Some((g, r)) = self.watch {
            self.values.push(self.queues[g].value(r));
        }
    }

    /// One clock in which other blocks may do something.
    fn tick(&mut self) {
        for g in std::mem::take(&mut self.halting) {
            self.queues[g].halted = true;
        }
        if self.traffic {
            for bus in 0..BUSES.len() {
                // Doorbell tells of one index at a time.
                if self.rng.random_bool(0.3) && !(bus == 1 && self.d.is_set("prod_valid")) {
                    let (g, value) = (self.rng.random_range(0..self.gn), self.rng.random());
                    self.broadcast(bus, g, value);
                }
            }
            for name in ["h2c", "c2h"] {
                if self.rng.random_bool(0.1) {
                    let (q, code) = (self.rng.random_range(0..self.nq), self.rng.random_range(1..=255u32));
                    let g = if name == "h2c" { q } else { q + self.nq } as usize;
                    if !self.queues[g].halted {
                        self.queues[g].code = code;
                        self.halting.push(g);
                    }
                    self.d.set(&format!("{name}_err_valid"), 1u64);
                    self.d.set(&format!("{name}_err_q"), q);
                    self.d.set(&format!("{name}_err_code"), code);
                }
            }
            let g = self.rng.random_range(0..self.gn);
            self.queues[g].level = self.rng.random::<u32>() & 0xFF_FFFF;
            if !self.queues[g].run && self.writing != Some(g) {
                self.queues[g].busy = false;
            }
        }
        self.look();
        self.step();
    }

    fn write(&mut self, addr: u64, data: u32, be: u32) {
        self.d.set("queue_w_valid", 1u64);
        self.d.set("t_w_addr", addr);
        self.d.set("t_w_data", data);
        self.d.set("t_w_be", be);
        for clock in 0.. {
            assert!(clock < 1000, "a write to {addr:#x} never ends");
            self.tick();
            let asked = self.d.is_set("ctl_valid");
            if asked && self.d.get("ctl_ready") == 0 && self.rng.random_bool(0.3) {
                let (g, run) = (self.d.get("ctl_g") as usize, self.d.is_set("ctl_run"));
                assert_eq!(addr, self.base(g) + abi::CTRL.offset as u64);
                assert_eq!(be & 1, 1);
                assert_eq!(run, data & 1 == 1);
                let q = &mut self.queues[g];
                if run && !q.busy {
                    (q.run, q.busy, q.halted) = (true, true, false);
                    self.halting.retain(|h| *h != g);
                } else if !run {
                    q.run = false;
                }
                self.d.set("ctl_ready", 1u64);
            }
            if self.d.is_set("feed_valid") && self.d.get("feed_ready") == 0 && self.rng.random_bool(0.3) {
                let g = self.d.get("feed_g") as usize;
                assert_eq!(addr, self.base(g) + abi::FEED_GO.offset as u64);
                assert_eq!(be & 1, 1);
                assert!(self.broadcasts.is_empty(), "a feed before its flags were told");
                let refused: bool = self.rng.random();
                self.d.set("feed_ready", 1u64);
                self.d.set("feed_refused", refused);
                self.feeds += 1;
                self.refused.1 += u32::from(refused);
            }
            if self.d.is_set("queue_w_ready") {
                break;
            }
        }
        self.d.set("ctl_ready", 0u64);
        self.d.set("feed_ready", 0u64);
        let anything = self.rng.random::<bool>();
        self.d.set("feed_refused", anything);
        self.d.set("queue_w_valid", 0u64);
    }

    fn read(&mut self, addr: u64) -> u32 {
        self.d.set("queue_r_valid", 1u64);
        self.d.set("t_r_addr", addr);
        for clock in 0.. {
            // The sweep of the most queues takes 4096 clocks.
            assert!(clock < 5000, "a read of {addr:#x} is never answered");
            self.tick();
            self.d.set("queue_r_valid", 0u64);
            if self.d.is_set("queue_r_done") {
                break;
            }
        }
        self.d.get("queue_r_data") as u32
    }

    fn check_read(&mut self, g: usize, r: &'static Register) {
        self.values.clear();
        self.watch = Some((g, r));
        let value = self.read(self.base(g) + r.offset as u64);
        self.watch = None;
        assert!(self.values.contains(&value), "queue {g} {}: {value:#x} not in {:x?}", r.name, self.values);
    }

    fn check_write(&mut self, g: usize, r: &'static Register, data: u32, be: u32) {
        let bytes = strobe(be);
        let feeds = self.feeds;
        let mask = self.build.mask(r);
        if mask != 0 && (!self.queues[g].busy || any_time(r)) {
            let word = self.queues[g].stored.get_mut(&r.offset).unwrap();
            *word = ((*word & !bytes) | (data & bytes)) & mask;
            let word = *word;
            self.broadcasts.push_back((g, r.offset / 4, word));
        }
        self.flushes.1 += data >> 1 & be & u32::from(self.build.policies && r.offset == abi::CTRL.offset);
        self.flushes.2 = g;
        self.writing = Some(g);
        self.write(self.base(g) + r.offset as u64, data, be);
        self.writing = None;
        self.tick();
        assert_eq!(self.flushes.0, self.flushes.1, "flushes of a write of {data:#x} to {}", r.name);
        assert!(self.broadcasts.is_empty(), "a write of {} was not broadcast", r.name);
        let fed = u32::from(self.build.feeds && r.offset == abi::FEED_GO.offset) & be;
        assert_eq!(self.feeds - feeds, fed, "feeds of a write of {} with {be:#x}", r.name);
        assert_eq!(self.refused.0, self.refused.1, "refused feeds");
    }
}

#[test]
fn every_register_keeps_to_the_table() {
    for (build, seed) in [(ALL, 0), (ALL, 1), (CORE, 2), (ONE, 3), (MANY, 4)] {
        let mut b = Bench::new(build, seed);
        for g in 0..b.gn {
            for r in abi::REGISTERS {
                let reset = r.reset();
                assert_eq!(b.read(b.base(g) + r.offset as u64), reset, "reset of queue {g} {}", r.name);
            }
        }
        assert!(b.broadcasts.is_empty(), "reset values not broadcast: {:?}", b.broadcasts);
        // Each queue gets values of its own, so a shared bit would show.
        let mut expected = HashMap::new();
        for g in 0..b.gn {
            for r in abi::REGISTERS.iter().filter(|r| r.offset != abi::CTRL.offset) {
                for data in [u32::MAX, 0, b.rng.random()] {
                    b.check_write(g, r, data, 0xF);
                    let value = (data & build.mask(r)) | (r.reset() & r.mask(Access::Ro));
                    assert_eq!(b.read(b.base(g) + r.offset as u64), value, "queue {g} {}", r.name);
                    expected.insert((g, r.offset), value);
                }
            }
        }
        for ((g, offset), value) in expected {
            assert_eq!(
                b.read(b.base(g) + offset as u64),
                value,
                "queue {g} offset {offset:#x} was disturbed"
            );
        }
        assert_eq!(b.unmapped, (0, 0));
    }
}

#[test]
fn random_accesses_match_the_model_while_other_blocks_are_at_work() {
    for seed in 0..8 {
        let mut b = Bench::new([ALL, ONE, MANY, CORE][seed as usize % 4], 100 + seed);
        b.read(b.base(0));
        b.traffic = true;
        let mut errors = 0;
        for _ in 0..4000 {
            let g = b.rng.random_range(0..b.gn);
            let r = &abi::REGISTERS[b.rng.random_range(0..abi::REGISTERS.len())];
            if b.rng.random_bool(0.4) {
                let (data, be) = (b.rng.random(), b.rng.random_range(0..16));
                b.check_write(g, r, data, be);
            } else {
                b.check_read(g, r);
                errors += (b.d.get("queue_r_data") & 2) * (r.name == "STATUS") as u64;
            }
            for _ in 0..b.rng.random_range(0..3) {
                b.tick();
            }
        }
        let fed = b.feeds > 10 && b.refused.1 > 5;
        assert_eq!(fed, b.build.feeds, "{} feeds, {} refused", b.feeds, b.refused.1);
        assert_eq!(b.flushes.1 > 5, b.build.policies, "{} flushes", b.flushes.1);
        assert!(errors > 10 || b.nq == 64, "only {errors} reads of a halted queue");
        assert_eq!(b.unmapped, (0, 0));
    }
}

#[test]
fn a_queue_that_is_not_idle_keeps_its_settings() {
    let mut b = Bench::new(ALL, 7);
    b.check_write(5, &abi::VECTOR, 3, 0xF);
    b.check_write(5, &abi::CTRL, 1, 0xF);
    assert_eq!(b.read(b.base(5)), 1);
    b.check_write(5, &abi::VECTOR, 9, 0xF);
    assert_eq!(b.read(b.base(5) + abi::VECTOR.offset as u64), 3);
    // Draining is not idle either; other queues are not concerned.
    b.check_write(5, &abi::CTRL, 0, 0xF);
    assert_eq!(b.read(b.base(5)), 0);
    b.check_write(5, &abi::VECTOR, 9, 0xF);
    assert_eq!(b.read(b.base(5) + abi::VECTOR.offset as u64), 3);
    b.check_write(1, &abi::VECTOR, 7, 0xF);
    assert_eq!(b.read(b.base(1) + abi::VECTOR.offset as u64), 7);
    b.queues[5].busy = false;
    b.check_write(5, &abi::VECTOR, 9, 0xF);
    assert_eq!(b.read(b.base(5) + abi::VECTOR.offset as u64), 9);
}

#[test]
fn where_no_register_is_reads_are_0_and_writes_are_dropped_and_counted() {
    let mut b = Bench::new(ALL, 8);
    let mut holes = vec![];
    for word in 0..map::QUEUE_STRIDE / 4 {
        if !abi::REGISTERS.iter().any(|r| r.offset as u64 == word * 4) {
            let g = b.rng.random_range(0..b.gn);
            holes.push(b.base(g) + word * 4);
        }
    }
    for q in b.nq..map::MAX_QUEUES {
        for direction in [Direction::H2c, Direction::C2h] {
            holes.push(map::queue_regs(direction, q) + abi::VECTOR.offset as u64);
        }
    }
    holes.push(map::QUEUE_PAGE + 0x8000 + abi::VECTOR.offset as u64);
    holes.push(map::DOORBELL_PAGE - 4);
    for (n, addr) in holes.iter().enumerate() {
        b.write(*addr, u32::MAX, 0xF);
        assert_eq!(b.read(*addr), 0, "{addr:#x}");
        b.step();
        assert_eq!(b.unmapped, (n as u32 + 1, n as u32 + 1), "{addr:#x}");
    }
    assert!(b.broadcasts.is_empty());
    for g in 0..b.gn {
        for r in abi::REGISTERS {
            assert_eq!(b.read(b.base(g) + r.offset as u64), r.reset(), "queue {g} {} was disturbed", r.name);
        }
    }
}

#[test]
fn feed_registers_are_taken_while_the_queue_runs() {
    let mut b = Bench::new(ALL, 9);
    b.check_write(2, &abi::CTRL, 1, 0xF);
    for r in abi::REGISTERS.iter().filter(|r| any_time(r)) {
        b.check_write(2, r, u32::MAX, 0xF);
        assert_eq!(b.read(b.base(2) + r.offset as u64), r.mask(Access::Rw), "{}", r.name);
    }
    // Flags are in the lowest byte: without it nothing is handed over.
    b.check_write(2, &abi::FEED_GO, 0, 0xE);
    assert_eq!(b.read(b.base(2) + abi::FEED_GO.offset as u64), 0xFF);
    assert_eq!(b.feeds, 1);
}

/// Address, memory, registers, data; a write ends in the clock behind.
#[test]
fn an_access_takes_few_clocks() {
    let mut b = Bench::new(ALL, 10);
    b.check_write(1, &abi::VECTOR, 5, 0xF);
    b.broadcasts.push_back((1, abi::VECTOR.offset / 4, 6));
    let start = b.d.clocks();
    b.write(b.base(1) + abi::VECTOR.offset as u64, 6, 0xF);
    assert_eq!(b.d.clocks() - start, 6);
    b.tick();
    let start = b.d.clocks();
    assert_eq!(b.read(b.base(1) + abi::VECTOR.offset as u64), 6);
    assert_eq!(b.d.clocks() - start, 7);
}

/// In any clock of an access: what comes behind the reset is as after power-up.
#[test]
fn a_reset_may_come_at_any_time() {
    for clocks in 0..60 {
        let mut b = Bench::new(ALL, 200 + clocks);
        let r = [&abi::FEED_GO, &abi::CTRL, &abi::VECTOR, &abi::FINISHED][clocks as usize % 4];
        b.read(b.base(0));
        b.d.set(if r.offset == abi::FINISHED.offset { "queue_r_valid" } else { "queue_w_valid" }, 1u64);
        b.d.set("t_w_addr", b.base(3) + r.offset as u64);
        b.d.set("t_r_addr", b.base(3) + r.offset as u64);
        b.d.set("t_w_data", 0xFFu64);
        b.d.set("t_w_be", 0xFu64);
        b.d.set("feed_ready", clocks % 3 == 0);
        b.d.steps(clocks / 4);
        for port in ["queue_w_valid", "queue_r_valid", "feed_ready"] {
            b.d.set(port, 0u64);
        }
        let mut b = Bench::reset(b.d, ALL, clocks);
        for g in 0..b.gn {
            for r in abi::REGISTERS {
                assert_eq!(b.read(b.base(g) + r.offset as u64), r.reset(), "queue {g} {}", r.name);
            }
        }
        assert!(b.broadcasts.is_empty() && b.feeds == 0 && b.refused == (0, 0));
        b.check_write(3, &abi::FEED_GO, 1, 0xF);
    }
}
