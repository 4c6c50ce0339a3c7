//! `dma::queue::Doorbell` against the rules of the ABI.

use ferrolane_abi::doorbell::{ARM_BIT, CONSUMER_MASK};
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::queue as abi;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

const NQ: u32 = 4;
const GN: usize = 8;

fn place(g: usize) -> u64 {
    let direction = if g < NQ as usize { Direction::H2c } else { Direction::C2h };
    map::queue_doorbell(direction, g as u32 % NQ)
}

#[derive(Clone, Copy, Default, Debug)]
struct Queue {
    run: bool,
    busy: bool,
    size_log2: u32,
    head: u32,
    done: u32,
    producer: u32,
    consumer: u32,
}

impl Queue {
    fn producer_holds(&self, new: u32) -> bool {
        let ahead = u64::from(new.wrapping_sub(self.head));
        let before = u64::from(self.producer.wrapping_sub(self.head));
        self.run && ahead <= 1 << self.size_log2 && ahead >= before
    }

    fn consumer_holds(&self, new: u32) -> bool {
        let step = new.wrapping_sub(self.consumer) & CONSUMER_MASK;
        self.busy && step <= self.done.wrapping_sub(self.consumer) & CONSUMER_MASK
    }
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Out {
    Producer(usize, u32),
    Consumer(usize, u32, bool),
}

struct Bench {
    d: verilated::Dut,
    rng: StdRng,
    queues: [Queue; GN],
    out: Vec<Out>,
    invalid: u32,
    unmapped: u32,
    traffic: bool,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut d = dut!(doorbell, seed);
        d.pulse("rst", 2);
        let mut b = Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            queues: [Queue::default(); GN],
            out: vec![],
            invalid: 0,
            unmapped: 0,
            traffic: false,
        };
        for g in 0..GN {
            b.clear(g);
        }
        b
    }

    /// Clears a queue and gives it a ring of a random size.
    fn clear(&mut self, g: usize) {
        self.queues[g] = Queue { size_log2: self.rng.random_range(0..32), ..Queue::default() };
        self.bus("cfgw", g);
        self.d.set("cfgw_index", abi::RING_SIZE.offset as u64 / 4);
        self.d.set("cfgw_data", self.queues[g].size_log2 | self.rng.random_range(0..32u32) << 8);
        self.bus("head", g);
        self.d.set("head_value", 0u64);
        self.bus("done", g);
        self.d.set("done_value", 0u64);
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

    fn bus(&mut self, name: &str, g: usize) {
        self.d.set(&format!("{name}_valid"), 1u64);
        self.d.set(&format!("{name}_g"), g as u64);
    }

    fn step(&mut self) {
        let vector = |f: fn(&Queue) -> bool| {
            self.queues.iter().enumerate().fold(0u64, |v, (g, q)| v | (f(q) as u64) << g)
        };
        let (run, idle) = (vector(|q| q.run), vector(|q| !q.busy));
        self.d.set("run", run);
        self.d.set("idle", idle);
        self.d.step();
        for bus in ["cfgw", "head", "done"] {
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

    /// One clock in which fetch and record may go on.
    fn tick(&mut self) {
        if self.traffic && self.rng.random_bool(0.5) {
            let g = self.rng.random_range(0..GN);
            let ahead = self.queues[g].producer.wrapping_sub(self.queues[g].head);
            let head = &mut self.queues[g].head;
            *head = head.wrapping_add(self.rng.random_range(0..=ahead));
            let head = *head;
            self.bus("head", g);
            self.d.set("head_value", head);
        }
        if self.traffic && self.rng.random_bool(0.5) {
            let g = self.rng.random_range(0..GN);
            // Never more records than a consumer index can tell apart.
            let open = self.queues[g].done.wrapping_sub(self.queues[g].consumer) & CONSUMER_MASK;
            let done = &mut self.queues[g].done;
            *done = done.wrapping_add(self.rng.random_range(0..=(CONSUMER_MASK - open) / 2));
            let done = *done;
            self.bus("done", g);
            self.d.set("done_value", done);
        }
        self.step();
    }

    fn write(&mut self, addr: u64, data: u32, be: u32) {
        self.d.set("db_w_valid", 1u64);
        self.d.set("t_w_addr", addr);
        self.d.set("t_w_data", data);
        self.d.set("t_w_be", be);
        for clock in 0.. {
            assert!(clock < 10, "a write to {addr:#x} never ends");
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
    fn ring(&mut self, g: usize, upper: bool, data: u32) -> bool {
        let holds = |q: &Queue| match upper {
            true => q.consumer_holds(data & CONSUMER_MASK),
            false => q.producer_holds(data),
        };
        let (early, invalid) = (holds(&self.queues[g]), self.invalid);
        self.write(place(g) + 4 * upper as u64, data, 0xF);
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

#[test]
fn random_doorbells_are_judged_by_the_rules() {
    let mut counts = [0; 4];
    for seed in 0..16 {
        let mut b = Bench::new(seed);
        b.traffic = true;
        for _ in 0..2000 {
            let g = b.rng.random_range(0..GN);
            let q = b.queues[g];
            match b.rng.random_range(0..20) {
                0 if !q.busy => {
                    b.traffic = false;
                    b.clear(g);
                    b.traffic = true;
                    b.queues[g].run = true;
                    b.queues[g].busy = true;
                }
                0 => b.queues[g].run = false,
                1 if !q.run => b.queues[g].busy = false,
                2..=10 => {
                    let room = (1u64 << q.size_log2) - u64::from(q.producer.wrapping_sub(q.head));
                    let step = match b.rng.random_range(0..8) {
                        0..=3 => b.rng.random_range(0..=room) as u32,
                        4 => room as u32,
                        5 => (room as u32).wrapping_add(1),
                        6 => u32::MAX,
                        _ => b.rng.random(),
                    };
                    counts[b.ring(g, false, q.producer.wrapping_add(step)) as usize] += 1;
                }
                _ => {
                    let room = q.done.wrapping_sub(q.consumer) & CONSUMER_MASK;
                    let step = match b.rng.random_range(0..8) {
                        0..=3 => b.rng.random_range(0..=room),
                        4 => room,
                        5 => room.wrapping_add(1),
                        6 => u32::MAX,
                        _ => b.rng.random(),
                    };
                    let data = q.consumer.wrapping_add(step) & CONSUMER_MASK;
                    let arm = b.rng.random_range(0..2u32) << ARM_BIT;
                    counts[2 + b.ring(g, true, data | arm) as usize] += 1;
                }
            }
        }
    }
    assert!(counts.iter().all(|c| *c > 1000), "{counts:?}");
}

#[test]
fn a_stopped_queue_takes_no_producer_and_an_idle_one_nothing() {
    let mut b = Bench::new(3);
    for g in 0..GN {
        b.clear(g);
        assert!(!b.ring(g, false, 0));
        assert!(!b.ring(g, true, 0));
        b.queues[g].busy = true;
        assert!(!b.ring(g, false, 0));
        assert!(b.ring(g, true, 1 << ARM_BIT));
        b.queues[g].run = true;
        assert!(b.ring(g, false, 0));
    }
}

#[test]
fn parts_of_a_dword_are_refused_and_no_byte_is_nothing() {
    let mut b = Bench::new(4);
    b.queues[2].run = true;
    b.queues[2].busy = true;
    for be in 0..15 {
        let invalid = b.invalid;
        b.write(place(2), 0, be);
        assert_eq!(b.invalid - invalid, (be != 0) as u32, "byte enables {be:#x}");
    }
    assert!(b.out.is_empty());
}

#[test]
fn places_without_a_queue_are_counted_as_unmapped() {
    let mut b = Bench::new(5);
    let mut holes = vec![map::DOORBELL_PAGE + 0x400, map::DOORBELL_PAGE + 0x8000, map::MSIX_TABLE_PAGE - 4];
    for q in NQ..map::MAX_QUEUES {
        holes.push(map::queue_doorbell(Direction::H2c, q));
        holes.push(map::queue_doorbell(Direction::C2h, q) + 4);
    }
    for (n, addr) in holes.iter().enumerate() {
        b.write(*addr, 0, 0xF);
        assert_eq!(b.unmapped, n as u32 + 1, "{addr:#x}");
    }
    assert_eq!((b.invalid, b.out.len()), (0, 0));
}
