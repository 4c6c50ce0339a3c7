//! The record writer's surroundings: data paths, wr_arb, MSI-X, control, and the host with its rings.

// Each of the tests uses a part of it.
#![allow(dead_code)]

mod host;
mod queue;

use std::collections::VecDeque;

use ferrolane_abi::regs::queue as regs;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

pub use queue::{Ask, Queue, Settings};

/// `rec_open` shows a record this many clocks behind its acceptance, at most.
pub const OPEN_LATE: u64 = 6;

/// Names of a direction's ports, so that they are not put together in every clock.
struct Ports {
    valid: &'static str,
    ready: &'static str,
    fields: [&'static str; 7],
    taken: [&'static str; 3],
}

const PORTS: [Ports; 2] = [
    Ports {
        valid: "rec_h2c_valid",
        ready: "rec_h2c_ready",
        fields: [
            "rec_h2c_q",
            "rec_h2c_bytes",
            "rec_h2c_meta",
            "rec_h2c_index",
            "rec_h2c_flags",
            "rec_h2c_status",
            "rec_h2c_irq",
        ],
        taken: ["h2c_taken_valid", "h2c_taken_q", "h2c_taken_value"],
    },
    Ports {
        valid: "rec_c2h_valid",
        ready: "rec_c2h_ready",
        fields: [
            "rec_c2h_q",
            "rec_c2h_bytes",
            "rec_c2h_meta",
            "rec_c2h_index",
            "rec_c2h_flags",
            "rec_c2h_status",
            "rec_c2h_irq",
        ],
        taken: ["c2h_taken_valid", "c2h_taken_q", "c2h_taken_value"],
    },
];

/// A TLP as it comes out, beat by beat.
#[derive(Default)]
pub(crate) struct Tlp {
    pub addr: u64,
    pub bytes: u64,
    pub dws: Vec<u32>,
    /// It is offered: valid must not fall.
    pub offered: bool,
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub now: u64,
    pub w: usize,
    pub nq: usize,
    pub gn: usize,
    pub mps: u32,
    pub queues: Vec<Queue>,
    pub run: u64,
    /// What the data paths offer.
    pub offered: [Option<Ask>; 2],
    pub cons: Option<(usize, u32, bool)>,
    pub wr_ready: f64,
    pub irq_ready: f64,
    /// Clocks in which a TLP began, and how many records it had.
    pub tlps: Vec<(u64, usize)>,
    pub accepted: u64,
    pub written: u64,
    pub irqs: u64,
    pub(crate) tlp: Tlp,
    taken: [Option<(u64, u32)>; 2],
    clearing: Option<usize>,
    cleared: bool,
    /// Last `room` of the queue that is being cleared.
    cleared_room: Option<u64>,
    /// Expected on the buses, in order, and since when.
    finished: VecDeque<(u64, [u64; 4])>,
    rooms: VecDeque<(u64, [u64; 2])>,
}

impl Bench {
    /// `W` 64 with 1 queue per direction, 128 with 4, 256 with 32.
    pub fn new(w: usize, seed: u64) -> Self {
        let (mut d, nq) = match w {
            64 => (dut!(record64, seed), 1),
            128 => (dut!(record, seed), 4),
            _ => (dut!(record256, seed), 32),
        };
        d.pulse("rst", 2);
        let mut bench = Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            now: 0,
            w,
            nq,
            gn: 2 * nq,
            mps: 1,
            queues: vec![Queue::default(); 2 * nq],
            run: 0,
            offered: [None, None],
            cons: None,
            wr_ready: 1.0,
            irq_ready: 1.0,
            tlps: vec![],
            accepted: 0,
            written: 0,
            irqs: 0,
            tlp: Tlp::default(),
            taken: [None; 2],
            clearing: None,
            cleared: false,
            cleared_room: None,
            finished: VecDeque::new(),
            rooms: VecDeque::new(),
        };
        bench.set_mps(1);
        for g in 0..bench.gn {
            let settings = Settings::default();
            bench.restart(g, settings);
        }
        bench
    }

    /// Resets the engine in the middle of whatever it does; all queues are cleared and set up anew.
    pub fn reset(&mut self, settings: Settings) {
        self.offered = [None, None];
        self.cons = None;
        self.taken = [None; 2];
        self.run = 0;
        self.tlp = Tlp::default();
        self.finished.clear();
        self.rooms.clear();
        for name in ["rec_h2c_valid", "rec_c2h_valid", "cons_valid", "init_valid"] {
            self.d.set(name, 0u64);
        }
        self.d.pulse("rst", 1);
        for g in 0..self.gn {
            self.queues[g] = Queue::default();
        }
        for g in 0..self.gn {
            self.restart(g, settings);
        }
    }

    pub fn set_mps(&mut self, mps: u32) {
        self.mps = mps;
        self.d.set("cfg_mps", mps);
    }

    pub fn write_register(&mut self, g: usize, offset: u32, data: u32) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g as u64);
        self.d.set("cfgw_index", offset / 4);
        self.d.set("cfgw_data", data);
        self.clock();
        self.d.set("cfgw_valid", 0u64);
    }

    /// Clears a queue in which nothing is in flight, and sets it up again, while the others go on.
    pub fn restart(&mut self, g: usize, s: Settings) {
        let q = &self.queues[g];
        assert!(q.waiting.is_empty() && q.written == q.told, "in flight");
        self.clearing = Some(g);
        self.cleared = false;
        // Control waits 16 clocks between two queues, so what follows comes when all is quiet.
        for _ in 0..24 {
            self.clock();
        }
        assert!(self.cleared, "not cleared in 24 clocks");
        assert_eq!(self.cleared_room.take(), Some(0));
        self.clearing = None;
        let moderate = s.wait << 16 | s.enough;
        let coalesce = s.time << 16 | s.policy << 8 | s.count;
        let junk = self.rng.random_range(0..32);
        let generation = self.rng.random();
        for (register, data) in [
            (regs::CPL_BASE_LO, s.base as u32),
            (regs::CPL_BASE_HI, (s.base >> 32) as u32),
            (regs::RING_SIZE, s.log2 << 8 | junk),
            (regs::VECTOR, s.vector(g)),
            (regs::COALESCE, coalesce),
            (regs::MODERATE, moderate),
            (regs::RING_BASE_LO, self.rng.random()),
        ] {
            self.write_register(g, register.offset, data);
        }
        self.queues[g] =
            Queue { settings: s, generation, first_index: s.first_index, credits: 1, ..Queue::default() };
        self.tell_taken(g);
        self.d.set("start_valid", 1u64);
        self.d.set("start_g", g as u64);
        self.d.set("start_generation", generation);
        self.clock();
        self.d.set("start_valid", 0u64);
        self.run |= 1 << g;
        self.clock();
    }

    /// Control's part of stopping a queue for which nothing is offered any more: waits until no record of it is open.
    pub fn drain(&mut self, g: usize) {
        self.run &= !(1 << g);
        while self.offered[g / self.nq].as_ref().is_some_and(|a| a.g == g) {
            self.clock();
        }
        for clocks in 0.. {
            self.clock();
            if clocks >= OPEN_LATE && !self.is_open(g) {
                break;
            }
            assert!(clocks < 20_000, "queue {g} never drains");
        }
        assert!(self.queues[g].waiting.is_empty(), "a record of queue {g} is behind");
    }

    pub fn is_open(&self, g: usize) -> bool {
        self.d.get("rec_open") >> g & 1 == 1
    }

    fn tell_taken(&mut self, g: usize) {
        let q = &self.queues[g];
        self.taken[g / self.nq] = Some(((g % self.nq) as u64, q.first_index.wrapping_add(q.taken)));
    }

    /// The next end of queue `g`, with no reason to hurry.
    pub fn plain(&mut self, g: usize) -> Ask {
        Ask { g, bytes: self.rng.random_range(0..1 << 24), meta: self.rng.random(), ..Ask::default() }
    }

    /// Offers an end; the queue has taken its descriptor at the latest now.
    pub fn offer(&mut self, mut ask: Ask) {
        let dir = ask.g / self.nq;
        assert!(self.offered[dir].is_none());
        let q = &mut self.queues[ask.g];
        ask.index = q.first_index.wrapping_add(q.offers);
        q.offers += 1;
        if q.taken < q.offers {
            q.taken = q.offers;
            self.tell_taken(ask.g);
        }
        self.offered[dir] = Some(ask);
    }

    /// Takes `n` descriptors more than have ended: they are in hand.
    pub fn take_ahead(&mut self, g: usize, n: u32) {
        let q = &mut self.queues[g];
        q.taken = q.offers + n;
        self.tell_taken(g);
        self.clock();
    }

    /// Offers an end and waits until it is accepted.
    pub fn end(&mut self, ask: Ask) {
        let dir = ask.g / self.nq;
        self.offer(ask);
        while self.offered[dir].is_some() {
            self.clock();
        }
    }

    pub fn clocks(&mut self, n: u64) {
        for _ in 0..n {
            self.clock();
        }
    }

    pub fn idle(&self) -> bool {
        self.offered.iter().all(Option::is_none)
            && self.queues.iter().all(|q| q.waiting.is_empty())
            && !self.tlp.offered
    }

    fn drive(&mut self) {
        for (dir, ports) in PORTS.iter().enumerate() {
            self.d.set(ports.valid, self.offered[dir].is_some() as u64);
            if let Some(a) = &self.offered[dir] {
                let q = a.g % self.nq;
                let values =
                    [q as u32, a.bytes, a.meta, a.index, a.flags as u32, a.status as u32, a.irq as u32];
                for (name, value) in ports.fields.iter().zip(values) {
                    self.d.set(name, value);
                }
            }
            let taken = self.taken[dir].take();
            self.d.set(ports.taken[0], taken.is_some() as u64);
            if let Some((q, value)) = taken {
                self.d.set(ports.taken[1], q);
                self.d.set(ports.taken[2], value);
            }
        }
        self.d.set("rec_wr_ready", self.rng.random_bool(self.wr_ready) as u64);
        self.d.set("irq_ready", self.rng.random_bool(self.irq_ready) as u64);
        self.d.set("run", self.run);
        let init = self.clearing.is_some() && !self.cleared;
        self.d.set("init_valid", init as u64);
        self.d.set("init_g", self.clearing.unwrap_or(0) as u64);
        // As the doorbell does when it clears its own state.
        if init && self.cons.is_none() && self.rng.random_bool(0.3) {
            self.cons = self.clearing.map(|g| (g, 0, false));
        }
        let cons = self.cons.take();
        self.d.set("cons_valid", cons.is_some() as u64);
        if let Some((g, value, arm)) = cons {
            self.d.set("cons_g", g as u64);
            self.d.set("cons_value", value);
            self.d.set("cons_arm", arm as u64);
            if Some(g) != self.clearing {
                let q = &mut self.queues[g];
                q.tell_consumer(value, arm);
                self.rooms.push_back((self.now, [g as u64, q.room()]));
            }
        }
    }

    pub fn clock(&mut self) {
        self.drive();
        self.now += 1;
        self.d.step();
        self.clear();
        self.check_done();
        self.check_tlp();
        for (dir, ports) in PORTS.iter().enumerate() {
            if self.d.get(ports.ready) == 1 {
                if let Some(a) = self.offered[dir].take() {
                    self.accept(a);
                }
            }
        }
        self.check_buses();
        if self.d.get("irq_valid") == 1 && self.d.get("irq_ready") == 1 {
            self.interrupt();
        }
        let open = self.d.get("rec_open");
        for (g, q) in self.queues.iter_mut().enumerate() {
            q.pass(self.now, self.gn as u64);
            let known = q.waiting.front().is_some_and(|a| a.at + OPEN_LATE <= self.now);
            assert!(!known || open >> g & 1 == 1, "rec_open of {g}");
        }
    }

    fn accept(&mut self, mut a: Ask) {
        a.at = self.now;
        self.accepted += 1;
        let q = &mut self.queues[a.g];
        let value = a.index.wrapping_add(1);
        self.finished.push_back((self.now, [a.g as u64, value as u64, a.bytes as u64, a.meta as u64]));
        if q.settings.has_record(&a) {
            q.waiting.push_back(a);
        } else {
            q.skipped += 1;
            self.rooms.push_back((self.now, [a.g as u64, q.room()]));
        }
    }

    fn clear(&mut self) {
        let Some(g) = self.clearing.filter(|_| self.d.get("init_done") == 1) else { return };
        assert!(!self.cleared, "answered twice");
        self.cleared = true;
        // An interrupt of its former life may be on its way.
        self.queues[g] = Queue { credits: 1, ..Queue::default() };
    }

    /// `room` and `finished`: everything that happened, in order, soon. The queue that is being cleared sends zeros.
    fn check_buses(&mut self) {
        if self.d.get("finished_valid") == 1 {
            let names = ["finished_g", "finished_value", "finished_bytes", "finished_meta"];
            let got = names.map(|n| self.d.get(n));
            if self.clearing == Some(got[0] as usize) {
                assert_eq!(got[1..], [0; 3]);
            } else {
                assert_eq!(got, self.finished.pop_front().expect("an end").1);
            }
        }
        if self.d.get("room_valid") == 1 {
            let got = [self.d.get("room_g"), self.d.get("room_value")];
            if self.clearing == Some(got[0] as usize) {
                self.cleared_room = Some(got[1]);
            } else {
                assert_eq!(got, self.rooms.pop_front().expect("an event").1);
            }
        }
        assert!(self.finished.front().is_none_or(|f| f.0 + 5 > self.now), "finished is late");
        assert!(self.rooms.front().is_none_or(|r| r.0 + 6 > self.now), "room is late");
    }
}
