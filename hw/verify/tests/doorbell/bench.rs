//! The doorbells between a host, fetch, records and control: its queues, a clock of it, and what a host does.

use ferrolane_abi::doorbell::{ARM_BIT, CONSUMER_MASK};
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::queue as abi;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::rules::{Queue, PUSH, RING};

#[derive(Debug, PartialEq, Clone, Copy)]
pub enum Out {
    Producer(usize, u32),
    Consumer(usize, u32, bool),
}

/// One bit per queue of a vector port.
type Flag = fn(&Queue) -> bool;

pub struct Bench {
    pub d: Dut,
    /// Queues per direction, and of both.
    pub nq: u32,
    pub gn: usize,
    pub rng: StdRng,
    pub queues: Vec<Queue>,
    pub out: Vec<Out>,
    pub invalid: u32,
    pub unmapped: u32,
    pub traffic: bool,
}

impl Bench {
    pub fn new(nq: u32, seed: u64) -> Self {
        let mut d = match nq {
            1 => dut!(doorbell_1, seed),
            4 => dut!(doorbell, seed),
            _ => dut!(doorbell_64, seed),
        };
        let gn = 2 * nq as usize;
        d.pulse("rst", 2);
        let mut b = Bench {
            d,
            nq,
            gn,
            rng: StdRng::seed_from_u64(seed),
            queues: vec![Queue::default(); gn],
            out: vec![],
            invalid: 0,
            unmapped: 0,
            traffic: false,
        };
        for g in 0..gn {
            b.clear(g);
        }
        b
    }

    pub fn place(&self, g: usize) -> u64 {
        let direction = if g < self.nq as usize { Direction::H2c } else { Direction::C2h };
        map::queue_doorbell(direction, g as u32 % self.nq)
    }

    /// Clears a queue and gives it a random mode and a ring of a random size.
    pub fn clear(&mut self, g: usize) {
        let mode = [RING, RING, PUSH, PUSH, 1, 3][self.rng.random_range(0..6)];
        self.clear_as(g, mode);
    }

    pub fn clear_as(&mut self, g: usize, mode: u32) {
        self.queues[g] = Queue { size_log2: self.rng.random_range(0..=16), mode, ..Queue::default() };
        self.bus("cfgw", g);
        self.d.set("cfgw_index", abi::MODE.offset as u64 / 4);
        self.d.set("cfgw_data", mode | self.rng.random::<u32>() << 2);
        self.step();
        self.bus("cfgw", g);
        self.d.set("cfgw_index", abi::RING_SIZE.offset as u64 / 4);
        self.d.set("cfgw_data", self.queues[g].size_log2 | self.rng.random_range(0..32u32) << 8);
        self.bus("head", g);
        self.d.set("head_value", 0u64);
        self.bus("done", g);
        self.d.set("done_value", 0u64);
        self.take(g, 0);
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", g as u64);
        let mut answers = 0;
        // The request stays until the slowest owner has answered.
        for _ in 0..self.rng.random_range(4..20) {
            self.step();
            answers += self.d.get("init_done");
        }
        self.d.set("init_valid", 0u64);
        self.step();
        answers += self.d.get("init_done");
        assert_eq!(answers, 1);
        assert_eq!(std::mem::take(&mut self.out), [Out::Producer(g, 0), Out::Consumer(g, 0, false)]);
    }

    pub fn bus(&mut self, name: &str, g: usize) {
        self.d.set(&format!("{name}_valid"), 1u64);
        self.d.set(&format!("{name}_g"), g as u64);
    }

    pub fn take(&mut self, g: usize, value: u32) {
        let name = if g < self.nq as usize { "h2c" } else { "c2h" };
        self.d.set(&format!("{name}_taken_valid"), 1u64);
        self.d.set(&format!("{name}_taken_q"), g as u64 % u64::from(self.nq));
        self.d.set(&format!("{name}_taken_value"), value);
    }

    pub fn step(&mut self) {
        let flags: [(&str, Flag); 2] = [("run", |q| q.run), ("idle", |q| !q.busy)];
        for (name, flag) in flags {
            let mut words = vec![0u32; self.gn.div_ceil(32)];
            for (g, q) in self.queues.iter().enumerate() {
                words[g / 32] |= u32::from(flag(q)) << (g % 32);
            }
            self.d.set_wide(name, &words);
        }
        self.d.step();
        for bus in ["cfgw", "head", "done", "h2c_taken", "c2h_taken"] {
            self.d.set(&format!("{bus}_valid"), 0u64);
        }
        let d = &self.d;
        if d.is_set("prod_valid") {
            self.out.push(Out::Producer(d.get("prod_g") as usize, d.get("prod_value") as u32));
        }
        if d.is_set("cons_valid") {
            let (value, arm) = (d.get("cons_value") as u32, d.is_set("cons_arm"));
            self.out.push(Out::Consumer(d.get("cons_g") as usize, value, arm));
        }
        self.invalid += d.get("invalid_doorbell") as u32;
        self.unmapped += d.get("db_unmapped_wr") as u32;
    }

    pub fn write(&mut self, addr: u64, data: u32, be: u32) {
        self.d.set("db_w_valid", 1u64);
        self.d.set("t_w_addr", addr);
        self.d.set("t_w_data", data);
        self.d.set("t_w_be", be);
        for clock in 0.. {
            assert!(clock < 100, "a write to {addr:#x} never ends");
            self.tick();
            if self.d.is_set("db_w_ready") {
                break;
            }
        }
        self.d.set("db_w_valid", 0u64);
        self.step();
    }

    /// Rings and says whether it was accepted. What holds at the beginning must be accepted, since a host may rely on
    /// it; what doesn't hold at the end must be refused.
    pub fn ring(&mut self, g: usize, upper: bool, data: u32) -> bool {
        let holds = |q: &Queue| match upper {
            true => q.consumer_holds(data & CONSUMER_MASK),
            false => q.producer_holds(data),
        };
        let (early, invalid) = (holds(&self.queues[g]), self.invalid);
        self.write(self.place(g) + 4 * upper as u64, data, 0xF);
        let late = holds(&self.queues[g]);
        let out = std::mem::take(&mut self.out);
        let accepted = !out.is_empty();
        assert_eq!(self.invalid - invalid, !accepted as u32);
        if accepted {
            assert!(late, "queue {g} {upper} {data:#x} {:?}", self.queues[g]);
            if upper {
                self.queues[g].consumer = data & CONSUMER_MASK;
                assert_eq!(out, [Out::Consumer(g, data & CONSUMER_MASK, data >> ARM_BIT == 1)]);
            } else {
                self.queues[g].producer = data;
                assert_eq!(out, [Out::Producer(g, data)]);
            }
        } else {
            assert!(!early, "queue {g} {upper} {data:#x} {:?}", self.queues[g]);
        }
        accepted
    }
}
