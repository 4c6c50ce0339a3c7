//! The window between a host and a slave: a clock of it, and the host's accesses.

use std::collections::{HashMap, VecDeque};

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::slave::{Channel, Pace, Reply, WILLING};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Access {
    Write { addr: u64, data: u64, be: u64 },
    Read { addr: u64 },
}

impl Access {
    fn is_write(&self) -> bool {
        matches!(self, Access::Write { .. })
    }
}

pub struct Bench {
    pub dut: Dut,
    pub rng: StdRng,
    pub pace: Pace,
    pub mask: u64,
    /// Longest time an access may take.
    pub limit: u64,
    pub channels: [Channel; 3],
    pub aw: VecDeque<u64>,
    pub w: VecDeque<(u64, u64)>,
    pub ar: VecDeque<u64>,
    pub b: Option<u32>,
    pub r: Option<Reply>,
    pub memory: HashMap<u64, u32>,
    /// Accesses that the slave has not seen yet, or not whole.
    pub due_writes: VecDeque<(u64, u64, u64)>,
    pub due_reads: VecDeque<u64>,
    /// Responses taken in the last clock.
    pub b_taken: Option<u32>,
    pub r_taken: Option<Reply>,
    pub errors: u64,
    pub failed: u64,
    pub late: u64,
    pub served: u64,
}

impl Bench {
    pub fn new(narrow: bool, seed: u64, pace: Pace) -> Self {
        let mut dut = if narrow { dut!(axil_12, seed) } else { dut!(axil, seed) };
        dut.pulse("rst", 2);
        Bench {
            dut,
            rng: StdRng::seed_from_u64(seed),
            pace,
            mask: if narrow { 0xFFF } else { 0xFFFF },
            limit: if narrow { 16 } else { 64 },
            channels: Default::default(),
            aw: VecDeque::new(),
            w: VecDeque::new(),
            ar: VecDeque::new(),
            b: None,
            r: None,
            memory: HashMap::new(),
            due_writes: VecDeque::new(),
            due_reads: VecDeque::new(),
            b_taken: None,
            r_taken: None,
            errors: 0,
            failed: 0,
            late: 0,
            served: 0,
        }
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    pub fn step(&mut self) {
        self.slave_drives();
        self.dut.step();
        self.errors += self.dut.get("axil_error");
        self.slave_takes();
    }

    /// Whether the slave owes a response to an access of that kind.
    pub fn owes(&self, write: bool) -> bool {
        if write {
            !self.due_writes.is_empty() || self.b.is_some()
        } else {
            !self.due_reads.is_empty() || self.r.is_some()
        }
    }

    pub fn random(&mut self) -> Access {
        let addr = self.rng.random_range(0..0x1_0000u64) * 4 % 0x8_0000;
        // Few registers, so that reads find what was written; addresses beyond the BAR are cut.
        let addr = if self.chance(80) { addr & !0xFFC | addr & 0x3C } else { addr };
        match self.rng.random() {
            true => Access::Read { addr },
            false => Access::Write {
                addr,
                data: self.rng.random::<u32>().into(),
                be: self.rng.random_range(0..16),
            },
        }
    }

    /// Runs an access to its end and gives the data of a read.
    pub fn access(&mut self, access: Access) -> u64 {
        let mut owed = self.owes(access.is_write());
        self.offer(access);
        if !owed {
            self.expect(access);
        }
        let start = self.dut.clocks();
        let end = if access.is_write() { "user_w_ready" } else { "user_r_done" };
        let mut reply = None;
        loop {
            self.step();
            self.dut.set("user_r_valid", 0u64);
            if self.dut.is_set(end) {
                break;
            }
            assert!(self.dut.is_set("user_r_done") || self.dut.get("user_r_data") == 0, "data without done");
            let clocks = self.dut.clocks() - start;
            if !access.is_write() && owed && self.r_taken.is_some() && clocks == 1 {
                // The late answer has come in time for the next read to be made.
                owed = false;
                self.expect(access);
                continue;
            }
            reply = self.taken(access).or(reply);
            assert!(clocks < self.limit + 8, "{access:x?} holds up the host");
        }
        self.dut.set("user_w_valid", 0u64);
        // What came meanwhile belongs to the access before.
        self.judge(access, reply.filter(|_| !owed), owed, self.dut.clocks() - start)
    }

    /// Address and data stay as long as the host waits; a read's valid is a pulse.
    fn offer(&mut self, access: Access) {
        match access {
            Access::Write { addr, data, be } => {
                self.dut.set("user_w_valid", 1u64);
                self.dut.set("t_w_addr", addr);
                self.dut.set("t_w_data", data);
                self.dut.set("t_w_be", be);
            }
            Access::Read { addr } => {
                self.dut.set("user_r_valid", 1u64);
                self.dut.set("t_r_addr", addr);
            }
        }
    }

    /// The slave is to see it.
    fn expect(&mut self, access: Access) {
        match access {
            Access::Write { addr, data, be } => self.due_writes.push_back((addr & self.mask, data, be)),
            Access::Read { addr } => self.due_reads.push_back(addr & self.mask),
        }
    }

    /// The response that was taken in the last clock.
    fn taken(&self, access: Access) -> Option<Reply> {
        match access.is_write() {
            true => self.b_taken.map(|resp| Reply { data: 0, resp }),
            false => self.r_taken,
        }
    }

    /// What the host is told once its access has ended, after so many clocks and with the slave's reply, if it came in time.
    fn judge(&mut self, access: Access, reply: Option<Reply>, owed: bool, clocks: u64) -> u64 {
        if owed {
            assert!(clocks <= 4, "{clocks} clocks though the slave still owes an answer");
            self.late += 1;
        } else if reply.is_none() {
            assert!(clocks >= self.limit, "given up after {clocks} clocks");
            self.late += 1;
        }
        let good = reply.is_some_and(|r| r.resp == 0);
        self.failed += u64::from(!good);
        self.served += u64::from(good);
        let value = self.dut.get("user_r_data");
        if !access.is_write() {
            let expected = reply.filter(|r| r.resp == 0).map_or(0xFFFF_FFFF, |r| r.data.into());
            assert_eq!(value, expected, "{access:x?}");
        }
        value
    }

    pub fn settle(&mut self) {
        self.pace = WILLING;
        (0..20).for_each(|_| self.step());
        assert!(!self.owes(true) && !self.owes(false));
        assert_eq!(self.errors, self.failed, "failed accesses counted");
    }
}
