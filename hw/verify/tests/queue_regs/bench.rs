//! The registers between their buses, and a clock of it with what is judged in each.

use std::collections::VecDeque;

use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::table::Register;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, SeedableRng};
use verilated::Dut;

use crate::model::{of_finished, on_the_bus, Build, Queue};

/// One bit per queue of a vector port.
type Flag = fn(&Queue) -> bool;

pub struct Bench {
    pub d: Dut,
    pub build: Build,
    /// Queues per direction, and of both.
    pub nq: u32,
    pub gn: usize,
    pub rng: StdRng,
    pub queues: Vec<Queue>,
    /// Broadcasts that must come.
    pub broadcasts: VecDeque<(usize, u32, u32)>,
    /// Pulses seen: reads, writes.
    pub unmapped: (u32, u32),
    /// Refusals of FEED_GO: pulses seen, and pulses that must come.
    pub refused: (u32, u32),
    /// FEED_GO taken by fetch.
    pub feeds: u32,
    feed_waits: bool,
    /// FLUSH: pulses seen, pulses that must come, and the queue they must tell.
    pub flushes: (u32, u32, usize),
    /// Whether other blocks are at work.
    pub traffic: bool,
    /// Queue that is being written: it doesn't become idle meanwhile, so that it is clear what happens.
    pub writing: Option<usize>,
    /// Queues that halt in the next clock.
    pub halting: Vec<usize>,
    /// Values that the register had since it was watched.
    pub watch: Option<(usize, &'static Register)>,
    pub values: Vec<u32>,
}

/// Name, port of the value and its bits of each bus by which other blocks tell of a queue.
pub const BUSES: [(&str, &str, u32); 6] = [
    ("prod", "prod_value", u32::MAX),
    ("cons", "cons_value", 0x7FFF_FFFF),
    ("head", "head_value", u32::MAX),
    ("done", "done_value", u32::MAX),
    ("start", "start_generation", 0xFF),
    ("finished", "finished_value", u32::MAX),
];

impl Bench {
    pub fn new(build: Build, seed: u64) -> Self {
        let d = match build.nq {
            1 => dut!(queue_regs_1, seed),
            4 if !build.feeds => dut!(queue_regs_core, seed),
            4 => dut!(queue_regs, seed),
            _ => dut!(queue_regs_64, seed),
        };
        Self::reset(d, build, seed)
    }

    pub fn reset(mut d: Dut, build: Build, seed: u64) -> Self {
        let nq = build.nq;
        let gn = 2 * nq as usize;
        d.pulse("rst", 2);
        let told = |g: usize| build.words().map(move |r| (g, r.offset / 4, r.reset()));
        let mut b = Bench {
            d,
            build,
            nq,
            gn,
            rng: StdRng::seed_from_u64(seed),
            queues: vec![Queue::of(build); gn],
            broadcasts: (0..gn).flat_map(told).collect(),
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
    pub fn base(&self, g: usize) -> u64 {
        let direction = if g < self.nq as usize { Direction::H2c } else { Direction::C2h };
        map::queue_regs(direction, g as u32 % self.nq)
    }

    /// Another block tells a value in the next clock.
    pub fn broadcast(&mut self, bus: usize, g: usize, value: u32) {
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
    pub fn step(&mut self) {
        self.vectors();
        self.d.step();
        self.feed_port();
        self.told();
        self.levels();
        self.unmapped.0 += self.d.get("queue_unmapped_rd") as u32;
        self.unmapped.1 += self.d.get("queue_unmapped_wr") as u32;
        for (name, ..) in BUSES {
            self.d.set(&format!("{name}_valid"), 0u64);
        }
        self.d.set("h2c_err_valid", 0u64);
        self.d.set("c2h_err_valid", 0u64);
        self.look();
    }

    /// RUN, idle and halted of all queues.
    fn vectors(&mut self) {
        let flags: [(&str, Flag); 3] = [("run", |q| q.run), ("idle", |q| !q.busy), ("halted", |q| q.halted)];
        for (name, flag) in flags {
            let mut words = vec![0u32; self.gn.div_ceil(32)];
            for (g, q) in self.queues.iter().enumerate() {
                words[g / 32] |= u32::from(flag(q)) << (g % 32);
            }
            self.d.set_wide(name, &words);
        }
    }

    fn feed_port(&mut self) {
        let feed = self.d.is_set("feed_valid");
        assert!(!feed || !self.d.is_set("cfgw_valid"), "a feed in the clock of its flags");
        assert!(feed || !self.feed_waits, "a feed was withdrawn");
        self.feed_waits = feed && !self.d.is_set("feed_ready");
        self.refused.0 += self.d.get("feed_invalid") as u32;
    }

    /// What other blocks are told: registers that were written, and FLUSH.
    fn told(&mut self) {
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
    }

    /// Level and peak of the queue that is asked for.
    fn levels(&mut self) {
        let q = (self.d.get("level_q") % u64::from(self.nq)) as usize;
        for (name, g) in [("h2c", q), ("c2h", q + self.nq as usize)] {
            let level = self.queues[g].level;
            self.d.set(&format!("{name}_level"), level);
            self.d.set(&format!("{name}_peak"), if self.traffic { level ^ 0xFF } else { 0 });
        }
    }

    /// Notes the value of the register that is watched.
    pub fn look(&mut self) {
        if let Some((g, r)) = self.watch {
            self.values.push(self.queues[g].value(r));
        }
    }
}
