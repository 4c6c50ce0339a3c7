//! The AXI4-Lite window between a random host and a random slave.

use std::collections::{HashMap, VecDeque};

use ferrolane_hw_verify::dut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

/// What a slave does with one access.
#[derive(Clone, Copy, Debug)]
struct Reply {
    data: u32,
    resp: u32,
}

/// One AXI channel as seen from the slave: whether it was offered and not taken, and with what.
#[derive(Default)]
struct Channel {
    offered: Option<Vec<u64>>,
}

impl Channel {
    /// Checks that an offer stays as it is until it is taken, and gives what is taken in this clock.
    fn look(&mut self, dut: &Dut, valid: &str, ready: &str, ports: &[&str]) -> Option<Vec<u64>> {
        let now = dut.is_set(valid).then(|| ports.iter().map(|port| dut.get(port)).collect::<Vec<u64>>());
        if let Some(before) = self.offered.take() {
            assert_eq!(now.as_ref(), Some(&before), "{valid}: changed before it was taken");
        }
        if dut.is_set(ready) {
            return now;
        }
        self.offered = now;
        None
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    Write { addr: u64, data: u64, be: u64 },
    Read { addr: u64 },
}

/// Percent per clock that the slave is willing on a channel.
#[derive(Clone, Copy)]
struct Pace {
    take: u32,
    answer: u32,
    error: u32,
}

struct Bench {
    dut: Dut,
    rng: StdRng,
    pace: Pace,
    mask: u64,
    /// Longest time an access may take.
    limit: u64,
    channels: [Channel; 3],
    aw: VecDeque<u64>,
    w: VecDeque<(u64, u64)>,
    ar: VecDeque<u64>,
    b: Option<u32>,
    r: Option<Reply>,
    memory: HashMap<u64, u32>,
    /// Accesses that the slave has not seen yet, or not whole.
    due_writes: VecDeque<(u64, u64, u64)>,
    due_reads: VecDeque<u64>,
    /// Responses taken in the last clock.
    b_taken: Option<u32>,
    r_taken: Option<Reply>,
    errors: u64,
    failed: u64,
    late: u64,
    served: u64,
}

impl Bench {
    fn new(narrow: bool, seed: u64, pace: Pace) -> Self {
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

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// One clock of the slave and the checks of the channels.
    fn step(&mut self) {
        let pace = self.pace;
        for port in ["axil_awready", "axil_wready", "axil_arready"] {
            let ready = self.chance(pace.take);
            self.dut.set(port, ready);
        }
        if self.b.is_none() && !self.aw.is_empty() && !self.w.is_empty() && self.chance(pace.answer) {
            let (addr, (data, be)) = (self.aw.pop_front().unwrap(), self.w.pop_front().unwrap());
            assert_eq!(self.due_writes.pop_front(), Some((addr, data, be)), "a write nobody asked for");
            let resp = if self.chance(pace.error) { self.rng.random_range(2..4) } else { 0 };
            if resp == 0 {
                let word = self.memory.entry(addr).or_default();
                for byte in (0..4).filter(|b| be >> b & 1 != 0) {
                    *word = *word & !(0xFF << (8 * byte)) | data as u32 & 0xFF << (8 * byte);
                }
            }
            self.b = Some(resp);
        }
        if self.r.is_none() && !self.ar.is_empty() && self.chance(pace.answer) {
            let addr = self.ar.pop_front().unwrap();
            assert_eq!(self.due_reads.pop_front(), Some(addr), "a read nobody asked for");
            let resp = if self.chance(pace.error) { self.rng.random_range(2..4) } else { 0 };
            let data =
                if resp == 0 { self.memory.get(&addr).copied().unwrap_or(0) } else { self.rng.random() };
            self.r = Some(Reply { data, resp });
        }
        self.dut.set("axil_bvalid", self.b.is_some());
        let resp = self.b.unwrap_or_else(|| self.rng.random_range(0..4));
        self.dut.set("axil_bresp", resp);
        self.dut.set("axil_rvalid", self.r.is_some());
        let any = Reply { data: self.rng.random(), resp: self.rng.random_range(0..4) };
        let reply = self.r.unwrap_or(any);
        self.dut.set("axil_rdata", reply.data);
        self.dut.set("axil_rresp", reply.resp);
        self.dut.step();
        self.errors += self.dut.get("axil_error");
        assert_eq!((self.dut.get("axil_awprot"), self.dut.get("axil_arprot")), (0, 0));
        let [aw, w, ar] = &mut self.channels;
        let dut = &self.dut;
        self.aw.extend(aw.look(dut, "axil_awvalid", "axil_awready", &["axil_awaddr"]).map(|v| v[0]));
        let data = w.look(dut, "axil_wvalid", "axil_wready", &["axil_wdata", "axil_wstrb"]);
        self.w.extend(data.map(|v| (v[0], v[1])));
        self.ar.extend(ar.look(dut, "axil_arvalid", "axil_arready", &["axil_araddr"]).map(|v| v[0]));
        assert!(self.aw.len() <= 1 && self.w.len() <= 1 && self.ar.len() <= 1, "one access at a time");
        self.b_taken = self.b.filter(|_| self.dut.is_set("axil_bready"));
        self.r_taken = self.r.filter(|_| self.dut.is_set("axil_rready"));
        if self.b_taken.is_some() {
            self.b = None;
        }
        if self.r_taken.is_some() {
            self.r = None;
        }
    }

    /// Whether the slave owes a response to an access of that kind.
    fn owes(&self, write: bool) -> bool {
        if write {
            !self.due_writes.is_empty() || self.b.is_some()
        } else {
            !self.due_reads.is_empty() || self.r.is_some()
        }
    }

    fn random(&mut self) -> Access {
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
    fn access(&mut self, access: Access) -> u64 {
        let write = matches!(access, Access::Write { .. });
        let mut owed = self.owes(write);
        // Address and data stay as long as the host waits; a read's valid is a pulse.
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
        if !owed {
            match access {
                Access::Write { addr, data, be } => self.due_writes.push_back((addr & self.mask, data, be)),
                Access::Read { addr } => self.due_reads.push_back(addr & self.mask),
            }
        }
        let start = self.dut.clocks();
        let end = if write { "user_w_ready" } else { "user_r_done" };
        let mut reply = None;
        loop {
            self.step();
            self.dut.set("user_r_valid", 0u64);
            if self.dut.is_set(end) {
                break;
            }
            assert!(self.dut.is_set("user_r_done") || self.dut.get("user_r_data") == 0, "data without done");
            if let (Access::Read { addr }, true, 1) =
                (access, owed && self.r_taken.is_some(), self.dut.clocks() - start)
            {
                // The late answer has come in time for the next read to be made.
                owed = false;
                self.due_reads.push_back(addr & self.mask);
                continue;
            }
            let taken = if write { self.b_taken.map(|resp| Reply { data: 0, resp }) } else { self.r_taken };
            reply = taken.or(reply);
            let clocks = self.dut.clocks() - start;
            assert!(clocks < self.limit + 8, "{access:x?} holds up the host");
        }
        let clocks = self.dut.clocks() - start;
        self.dut.set("user_w_valid", 0u64);
        if owed {
            // What came meanwhile belongs to the access before.
            assert!(clocks <= 4, "{clocks} clocks though the slave still owes an answer");
            reply = None;
            self.late += 1;
        } else if reply.is_none() {
            assert!(clocks >= self.limit, "given up after {clocks} clocks");
            self.late += 1;
        }
        let good = reply.is_some_and(|r| r.resp == 0);
        self.failed += u64::from(!good);
        self.served += u64::from(good);
        let value = self.dut.get("user_r_data");
        if !write {
            let expected = reply.filter(|r| r.resp == 0).map_or(0xFFFF_FFFF, |r| r.data.into());
            assert_eq!(value, expected, "{access:x?}");
        }
        value
    }

    fn settle(&mut self) {
        self.pace = Pace { take: 100, answer: 100, error: 0 };
        (0..20).for_each(|_| self.step());
        assert!(!self.owes(true) && !self.owes(false));
        assert_eq!(self.errors, self.failed, "failed accesses counted");
    }
}

const WILLING: Pace = Pace { take: 100, answer: 100, error: 0 };

#[test]
fn random_accesses_with_errors_and_timeouts() {
    let (mut served, mut failed, mut late) = (0, 0, 0);
    for seed in 0..24 {
        let mut bench = Bench::new(seed % 3 == 0, seed, WILLING);
        bench.pace.take = bench.rng.random_range(3..=100);
        for n in 0..600 {
            if n % 50 == 0 {
                bench.pace.answer = [100, 30, 5, 1][bench.rng.random_range(0..4)];
                bench.pace.error = bench.rng.random_range(0..30);
            }
            let access = bench.random();
            bench.access(access);
            for _ in 0..bench.rng.random_range(0..4) {
                bench.step();
            }
        }
        bench.settle();
        (served, failed, late) = (served + bench.served, failed + bench.failed, late + bench.late);
    }
    assert!(served > 3000 && failed > 1000 && late > 500, "{served} served, {failed} failed, {late} late");
}

#[test]
fn what_was_written_is_read() {
    let mut bench = Bench::new(false, 1, WILLING);
    for i in 0..64u64 {
        bench.access(Access::Write { addr: 4 * i, data: 0x1234_0000 + i, be: 0xF });
    }
    for i in 0..64u64 {
        assert_eq!(bench.access(Access::Read { addr: 4 * i }), 0x1234_0000 + i);
    }
    assert_eq!(bench.failed, 0);
    bench.settle();
}

/// A slave that takes nothing holds up each kind of access once; when it comes back, all goes on.
#[test]
fn a_dead_slave_holds_up_the_host_once() {
    for (take, answer) in [(0, 100), (100, 0)] {
        let mut bench = Bench::new(false, 2, Pace { take, answer, error: 0 });
        let start = bench.dut.clocks();
        for i in 0..20 {
            bench.access(Access::Write { addr: 4 * i, data: i, be: 0xF });
            assert_eq!(bench.access(Access::Read { addr: 4 * i }), 0xFFFF_FFFF);
        }
        let clocks = bench.dut.clocks() - start;
        assert!(clocks < 2 * (64 + 8) + 38 * 4, "{clocks} clocks");
        assert_eq!(bench.failed, 40);
        bench.pace = WILLING;
        (0..10).for_each(|_| bench.step());
        bench.access(Access::Write { addr: 8, data: 77, be: 0xF });
        assert_eq!(bench.access(Access::Read { addr: 8 }), 77);
        bench.settle();
    }
}

/// A write and a read at a time: each gets its own answer.
#[test]
fn a_write_and_a_read_may_wait_together() {
    for delay in 0..12 {
        let mut bench = Bench::new(false, delay, WILLING);
        bench.due_writes.push_back((0x10, 5, 0xF));
        bench.due_reads.push_back(0x20);
        bench.dut.set("t_w_addr", 0x10u64);
        bench.dut.set("t_w_data", 5u64);
        bench.dut.set("t_w_be", 0xFu64);
        bench.dut.set("t_r_addr", 0x20u64);
        let (mut wrote, mut read) = (0, 0);
        for clock in 0..40 {
            bench.dut.set("user_w_valid", wrote == 0);
            bench.dut.set("user_r_valid", clock == delay);
            bench.step();
            wrote += bench.dut.get("user_w_ready");
            read += bench.dut.get("user_r_done");
        }
        assert_eq!((wrote, read), (1, 1));
        bench.settle();
    }
}

/// A reset of the host's side leaves what AXI has begun; its answer is nobody's.
#[test]
fn a_reset_of_the_engine_withdraws_nothing_from_axi() {
    for delay in 0..30 {
        let mut bench = Bench::new(false, 100 + delay, Pace { take: 30, answer: 20, error: 0 });
        let write = delay % 2 == 0;
        if write {
            bench.dut.set("user_w_valid", 1u64);
            bench.dut.set("t_w_addr", 0x40u64);
            bench.dut.set("t_w_data", 9u64);
            bench.dut.set("t_w_be", 0xFu64);
            bench.due_writes.push_back((0x40, 9, 0xF));
        } else {
            bench.dut.set("user_r_valid", 1u64);
            bench.dut.set("t_r_addr", 0x40u64);
            bench.due_reads.push_back(0x40);
        }
        for _ in 0..1 + delay / 2 {
            bench.step();
            bench.dut.set("user_r_valid", 0u64);
            if bench.dut.is_set("user_w_ready") {
                bench.dut.set("user_w_valid", 0u64);
            }
        }
        bench.dut.set("user_w_valid", 0u64);
        bench.dut.set("core_rst", 1u64);
        (0..3).for_each(|_| bench.step());
        bench.dut.set("core_rst", 0u64);
        // Nothing of it may reach the host, and what was not begun never begins.
        for _ in 0..60 {
            bench.step();
            assert!(!bench.dut.is_set("user_w_ready") && !bench.dut.is_set("user_r_done"));
        }
        if bench.owes(write) {
            assert_eq!(delay / 2, 0, "an access was lost");
            bench.due_reads.clear();
        }
        bench.access(Access::Write { addr: 0x44, data: 3, be: 0xF });
        assert_eq!(bench.access(Access::Read { addr: 0x44 }), 3);
        bench.settle();
    }
}
