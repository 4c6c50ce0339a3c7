//! `h2c::Held` alone: records of stream and memory queues in any order, with a memory that is slow and fails.

use std::collections::VecDeque;

use ferrolane_abi::status;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const QUEUES: usize = 4;
const PLACES: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Record {
    bytes: u64,
    index: u64,
    flags: u64,
    status: u64,
    irq: u64,
}

#[derive(Default)]
struct Queue {
    next_index: u64,
    /// Records that were accepted, and are to come out.
    expected: VecDeque<Record>,
    /// Records without error that were accepted and have no `done` yet: whether it is an error.
    undone: VecDeque<bool>,
    /// Of `expected` those whose `done` was accepted.
    done: usize,
    /// Commit gives no more records.
    ended: bool,
    /// The error that is to come.
    error: Option<u64>,
    told: Option<u64>,
    halted: bool,
}

struct Bench {
    d: Dut,
    rng: StdRng,
    memory: u64,
    q: Vec<Queue>,
    record: Option<(usize, Record)>,
    /// Commit's error, in the clock of its record.
    fault: Option<(usize, u64)>,
    done: Option<(usize, bool)>,
    /// Rates per clock.
    record_rate: f64,
    done_rate: f64,
    ready_rate: f64,
    errors: f64,
    out: u64,
    held_up: u64,
    quiet: bool,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = dut!(h2c_held, seed);
        let memory = rng.random_range(1..16);
        d.set("memory", memory);
        d.set("memory_rst", 1u64);
        d.pulse("rst", 1);
        d.set("memory_rst", 0u64);
        let mut p = || if rng.random_bool(0.3) { 1.0 } else { rng.random_range(0.05..1.0) };
        let (record_rate, done_rate, ready_rate) = (p(), p(), p());
        let mut b = Bench {
            d,
            memory,
            q: (0..QUEUES).map(|_| Queue::default()).collect(),
            record: None,
            fault: None,
            done: None,
            record_rate,
            done_rate,
            ready_rate,
            errors: 0.02,
            out: 0,
            held_up: 0,
            quiet: true,
            rng,
        };
        (0..QUEUES).for_each(|q| b.clear(q));
        b.quiet = false;
        b
    }

    fn clear(&mut self, q: usize) {
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q as u64);
        (0..4).for_each(|_| self.step());
        self.d.set("init_valid", 0u64);
        self.q[q] = Queue::default();
        self.step();
    }

    fn is_memory(&self, q: usize) -> bool {
        self.memory >> q & 1 == 1
    }

    fn offer(&mut self) {
        let q = self.rng.random_range(0..QUEUES);
        if self.q[q].ended || !self.rng.random_bool(self.record_rate) || self.quiet {
            return;
        }
        let bad = self.rng.random_bool(self.errors);
        let queue = &mut self.q[q];
        let record = Record {
            bytes: self.rng.random_range(0..1 << 24),
            index: queue.next_index,
            flags: if self.memory >> q & 1 == 1 { 0 } else { self.rng.random_range(0..128) },
            status: if bad { self.rng.random_range(1..256) } else { 0 },
            irq: self.rng.random_range(0..2),
        };
        queue.next_index += 1;
        queue.ended = bad;
        self.record = Some((q, record));
        self.fault = bad.then_some((q, record.status));
    }

    fn step(&mut self) {
        if self.record.is_none() {
            self.offer();
        }
        let fault = self.fault.take();
        self.d.set("fault_valid", fault.is_some() as u64);
        if let Some((q, code)) = fault {
            self.d.set("fault_q", q as u64);
            self.d.set("fault_code", code);
            if !self.is_memory(q) {
                self.q[q].error = Some(code);
            }
        }
        self.d.set("rec_valid", self.record.is_some() as u64);
        if let Some((q, r)) = self.record {
            for (name, value) in [
                ("q", q as u64),
                ("bytes", r.bytes),
                ("index", r.index),
                ("flags", r.flags),
                ("status", r.status),
                ("irq", r.irq),
            ] {
                self.d.set(&format!("rec_{name}"), value);
            }
        }
        if self.done.is_none() && self.rng.random_bool(self.done_rate) {
            let q = self.rng.random_range(0..QUEUES);
            self.done = self.q[q].undone.pop_front().map(|bad| (q, bad));
        }
        self.d.set("done_valid", self.done.is_some() as u64);
        if let Some((q, bad)) = self.done {
            self.d.set("done_q", q as u64);
            self.d.set("done_error", bad as u64);
        }
        // Busy falls when the last `done` is shown, or later.
        let busy = (0..QUEUES).filter(|q| !self.q[*q].undone.is_empty()).fold(0u64, |all, q| all | 1 << q);
        let late: u64 = self.rng.random::<u64>() & self.rng.random::<u64>() & 15;
        self.d.set("busy", busy | late);
        let ready = self.rng.random_bool(self.ready_rate);
        self.d.set("out_ready", ready as u64);
        self.d.step();
        if self.d.is_set("err_valid") {
            let q = self.d.get("err_q") as usize;
            let code = self.d.get("err_code");
            assert_eq!(self.q[q].told.replace(code), None, "one error per life");
            self.q[q].halted = true;
        }
        if self.d.is_set("out_valid") && ready {
            self.take();
        }
        if let Some((q, bad)) = self.done.filter(|_| self.d.is_set("done_ready")) {
            self.done = None;
            let queue = &mut self.q[q];
            if queue.error.is_none() {
                let place = queue.done;
                queue.done += 1;
                if bad {
                    queue.expected.truncate(place + 1);
                    queue.expected[place].status = status::CARD_WRITE_ERROR as u64;
                    queue.error = Some(status::CARD_WRITE_ERROR as u64);
                }
            }
        }
        if let Some((q, record)) = self.record {
            if self.d.is_set("rec_ready") {
                self.record = None;
                self.accepted(q, record);
            } else if self.is_memory(q) {
                self.held_up += 1;
            }
            if self.is_memory(q) {
                assert_eq!(self.d.get("failing") >> q & 1, 1, "a record at the entrance");
            }
        }
    }

    fn accepted(&mut self, q: usize, record: Record) {
        let memory = self.is_memory(q);
        let bad = self.rng.random_bool(self.errors);
        let queue = &mut self.q[q];
        if !memory {
            queue.expected.push_back(record);
            queue.done += 1;
            return;
        }
        let failed = queue.error.is_some();
        if record.status == 0 {
            queue.undone.push_back(bad);
        }
        if !failed {
            queue.expected.push_back(record);
            assert!(queue.expected.len() - queue.done <= PLACES + 1);
        }
    }

    fn take(&mut self) {
        self.out += 1;
        let q = self.d.get("out_q") as usize;
        let field = |name: &str| self.d.get(&format!("out_{name}"));
        let record = Record {
            bytes: field("bytes"),
            index: field("index"),
            flags: field("flags"),
            status: field("status"),
            irq: field("irq"),
        };
        let memory = self.is_memory(q);
        let queue = &mut self.q[q];
        assert_eq!(queue.expected.pop_front(), Some(record), "queue {q}");
        if record.status == 0 {
            assert!(queue.done > 0, "queue {q}: not in the memory");
            queue.done -= 1;
        } else {
            assert_eq!(queue.told, Some(record.status), "the error comes first");
            if memory && record.status != status::CARD_WRITE_ERROR as u64 {
                assert!(queue.undone.is_empty(), "queue {q}: what is before it isn't done");
                queue.error = Some(record.status);
            }
            queue.ended = true;
        }
    }

    /// Whether nothing is left of a queue.
    fn empty(&self, q: usize) -> bool {
        let queue = &self.q[q];
        let here = self.record.is_some_and(|r| r.0 == q) || self.done.is_some_and(|d| d.0 == q);
        queue.expected.is_empty() && queue.undone.is_empty() && !here && self.d.get("failing") >> q & 1 == 0
    }
}

#[test]
fn records_come_when_their_bytes_are_in_the_memory() {
    let mut held_up = 0;
    for seed in 0..60 {
        println!("seed {seed}");
        let mut b = Bench::new(seed);
        if seed % 4 == 0 {
            b.errors = 0.0;
        }
        for _ in 0..20 {
            (0..500).for_each(|_| b.step());
            // A queue that failed is cleared when it is empty, others are busy then.
            for q in 0..QUEUES {
                if b.q[q].ended || b.q[q].halted {
                    b.q[q].ended = true;
                    for clocks in 0.. {
                        if b.empty(q) {
                            break;
                        }
                        b.step();
                        assert!(clocks < 20_000, "queue {q} is stuck");
                    }
                    (0..8).for_each(|_| b.step());
                    b.clear(q);
                }
            }
        }
        assert!(b.out > 100, "seed {seed}: {} records", b.out);
        held_up += b.held_up;
    }
    println!("held up for {held_up} clocks");
}

#[test]
fn two_clocks_per_record() {
    let mut b = Bench::new(0);
    (b.errors, b.record_rate, b.done_rate, b.ready_rate) = (0.0, 1.0, 1.0, 1.0);
    b.memory = 15;
    b.d.set("memory", 15u64);
    (0..200).for_each(|_| b.step());
    let (clock, out) = (b.d.clocks(), b.out);
    (0..4000).for_each(|_| b.step());
    let clocks = (b.d.clocks() - clock) as f64 / (b.out - out) as f64;
    println!("{clocks:.3} clocks per record");
    // `done` is shown for a queue that may have none.
    assert!(clocks < 2.6, "{clocks:.3}");
}
