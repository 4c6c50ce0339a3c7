//! `dma::queue::Doorbell` against the rules of the ABI.

use ferrolane_abi::doorbell::{ARM_BIT, CONSUMER_MASK};
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::queue as abi;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

/// Feed modes, as MODE has them.
const RING: u32 = 0;
const PUSH: u32 = 2;

#[derive(Clone, Copy, Default, Debug)]
struct Queue {
    run: bool,
    busy: bool,
    size_log2: u32,
    mode: u32,
    head: u32,
    taken: u32,
    done: u32,
    producer: u32,
    consumer: u32,
}

impl Queue {
    fn producer_holds(&self, new: u32) -> bool {
        let (base, room) = match self.mode {
            RING => (self.head, 1 << self.size_log2),
            PUSH => (self.taken, map::PUSH_SLOTS),
            _ => return false,
        };
        let ahead = new.wrapping_sub(base);
        self.run && ahead <= room && ahead >= self.producer.wrapping_sub(base)
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

/// One bit per queue of a vector port.
type Flag = fn(&Queue) -> bool;

struct Bench {
    d: verilated::Dut,
    /// Queues per direction, and of both.
    nq: u32,
    gn: usize,
    rng: StdRng,
    queues: Vec<Queue>,
    out: Vec<Out>,
    invalid: u32,
    unmapped: u32,
    traffic: bool,
}

impl Bench {
    fn new(nq: u32, seed: u64) -> Self {
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

    fn place(&self, g: usize) -> u64 {
        let direction = if g < self.nq as usize { Direction::H2c } else { Direction::C2h };
        map::queue_doorbell(direction, g as u32 % self.nq)
    }

    /// Clears a queue and gives it a random mode and a ring of a random size.
    fn clear(&mut self, g: usize) {
        let mode = [RING, RING, PUSH, PUSH, 1, 3][self.rng.random_range(0..6)];
        self.clear_as(g, mode);
    }

    fn clear_as(&mut self, g: usize, mode: u32) {
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

    fn bus(&mut self, name: &str, g: usize) {
        self.d.set(&format!("{name}_valid"), 1u64);
        self.d.set(&format!("{name}_g"), g as u64);
    }

    fn take(&mut self, g: usize, value: u32) {
        let name = if g < self.nq as usize { "h2c" } else { "c2h" };
        self.d.set(&format!("{name}_taken_valid"), 1u64);
        self.d.set(&format!("{name}_taken_q"), g as u64 % u64::from(self.nq));
        self.d.set(&format!("{name}_taken_value"), value);
    }

    fn step(&mut self) {
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

    /// One clock in which fetch and record may go on.
    fn tick(&mut self) {
        if self.traffic && self.rng.random_bool(0.5) {
            let g = self.rng.random_range(0..self.gn);
            // Lists and direct descriptors have a head, too, but no producer.
            let fed = matches!(self.queues[g].mode, RING | PUSH);
            let offered = if fed { self.queues[g].producer } else { self.rng.random() };
            let ahead = offered.wrapping_sub(self.queues[g].head);
            let head = &mut self.queues[g].head;
            *head = head.wrapping_add(self.rng.random_range(0..=ahead));
            let head = *head;
            self.bus("head", g);
            self.d.set("head_value", head);
        }
        // One bus per direction, so at most one queue of each.
        for direction in 0..2 {
            if self.traffic && self.rng.random_bool(0.5) {
                let g = self.rng.random_range(0..self.gn / 2) + direction * self.gn / 2;
                let q = self.queues[g];
                let fetched = if q.mode == PUSH { q.producer } else { q.head };
                let step = self.rng.random_range(0..=fetched.wrapping_sub(q.taken));
                self.queues[g].taken = q.taken.wrapping_add(step);
                self.take(g, self.queues[g].taken);
            }
        }
        if self.traffic && self.rng.random_bool(0.5) {
            let g = self.rng.random_range(0..self.gn);
            // Never more records than the largest completion ring holds.
            let open = self.queues[g].done.wrapping_sub(self.queues[g].consumer) & CONSUMER_MASK;
            let done = &mut self.queues[g].done;
            *done = done.wrapping_add(self.rng.random_range(0..=(1 << 16) - open));
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
    fn ring(&mut self, g: usize, upper: bool, data: u32) -> bool {
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

#[test]
fn random_doorbells_are_judged_by_the_rules() {
    // Refused and accepted: of queues without producer, rings, push queues; consumers.
    let mut counts = [0; 8];
    for seed in 0..16 {
        let nq = [4, 1, 4, 64][seed as usize % 4];
        let mut b = Bench::new(nq, seed);
        b.traffic = true;
        for _ in 0..2000 * nq {
            let g = b.rng.random_range(0..b.gn);
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
                    let room = match q.mode {
                        RING => (1 << q.size_log2) - q.producer.wrapping_sub(q.head),
                        _ => map::PUSH_SLOTS.saturating_sub(q.producer.wrapping_sub(q.taken)),
                    };
                    let step = match b.rng.random_range(0..10) {
                        0..=3 => b.rng.random_range(0..=room),
                        4 => room,
                        5 => room.wrapping_add(1),
                        6 => u32::MAX,
                        // Lower bits that would do.
                        7 => room | 1 << b.rng.random_range(17..32),
                        8 => b.rng.random_range(0..=1 << 17),
                        _ => b.rng.random(),
                    };
                    let kind = matches!(q.mode, RING | PUSH) as usize * (1 + (q.mode == PUSH) as usize);
                    counts[2 * kind + b.ring(g, false, q.producer.wrapping_add(step)) as usize] += 1;
                }
                _ => {
                    let room = q.done.wrapping_sub(q.consumer) & CONSUMER_MASK;
                    let step = match b.rng.random_range(0..8) {
                        0..=3 => b.rng.random_range(0..=room),
                        4 => room,
                        5 => room.wrapping_add(1),
                        6 => room | 1 << b.rng.random_range(17..31),
                        _ => b.rng.random(),
                    };
                    let data = q.consumer.wrapping_add(step) & CONSUMER_MASK;
                    let arm = b.rng.random_range(0..2u32) << ARM_BIT;
                    counts[6 + b.ring(g, true, data | arm) as usize] += 1;
                }
            }
        }
    }
    assert_eq!(counts[1], 0, "list and direct queues have no producer");
    assert!(counts.iter().enumerate().all(|(i, c)| i == 1 || *c > 1000), "{counts:?}");
}

#[test]
fn a_stopped_queue_takes_no_producer_and_an_idle_one_nothing() {
    let mut b = Bench::new(4, 3);
    for g in 0..b.gn {
        b.clear_as(g, RING);
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
    let mut b = Bench::new(4, 4);
    b.queues[2].run = true;
    b.queues[2].busy = true;
    for be in 0..15 {
        let invalid = b.invalid;
        b.write(b.place(2), 0, be);
        assert_eq!(b.invalid - invalid, (be != 0) as u32, "byte enables {be:#x}");
    }
    assert!(b.out.is_empty());
}

#[test]
fn places_without_a_queue_are_counted_as_unmapped() {
    let mut b = Bench::new(4, 5);
    let mut holes = vec![map::DOORBELL_PAGE + 0x400, map::DOORBELL_PAGE + 0x8000, map::MSIX_TABLE_PAGE - 4];
    for q in b.nq..map::MAX_QUEUES {
        holes.push(map::queue_doorbell(Direction::H2c, q));
        holes.push(map::queue_doorbell(Direction::C2h, q) + 4);
    }
    for (n, addr) in holes.iter().enumerate() {
        b.write(*addr, 0, 0xF);
        assert_eq!(b.unmapped, n as u32 + 1, "{addr:#x}");
    }
    assert_eq!((b.invalid, b.out.len()), (0, 0));
}

#[test]
fn a_push_queue_may_be_32_descriptors_ahead_of_what_was_taken() {
    let mut b = Bench::new(4, 6);
    for g in [1, 6] {
        b.clear_as(g, PUSH);
        (b.queues[g].run, b.queues[g].busy) = (true, true);
        // Many laps, across the wrap of the bits that are kept.
        for lap in 0..100u32 {
            let base = lap * 20;
            assert!(!b.ring(g, false, base + 33));
            assert!(b.ring(g, false, base + 32), "lap {lap}");
            b.queues[g].taken = base + 20;
            b.take(g, base + 20);
            b.step();
        }
    }
}

/// The judgement of a doorbell, and the next one right behind it.
#[test]
fn a_doorbell_is_told_four_clocks_after_it_comes() {
    let mut b = Bench::new(4, 7);
    for g in 0..b.gn {
        b.clear_as(g, RING);
        (b.queues[g].run, b.queues[g].busy) = (true, true);
    }
    for (clock, g) in [(0, 0), (1, 7), (2, 3)] {
        b.d.set("db_w_valid", 1u64);
        b.d.set("t_w_addr", b.place(g));
        b.d.set("t_w_data", 1u64);
        b.d.set("t_w_be", 0xFu64);
        let start = b.d.clocks();
        while !b.d.is_set("db_w_ready") {
            b.step();
        }
        b.d.set("db_w_valid", 0u64);
        while b.out.len() <= clock {
            b.step();
        }
        assert_eq!(b.d.clocks() - start, 5, "told in the fifth clock");
    }
}

#[test]
fn refused_feeds_count_as_invalid() {
    let mut b = Bench::new(4, 8);
    b.d.set("feed_invalid", 1u64);
    (0..3).for_each(|_| b.step());
    b.d.set("feed_invalid", 0u64);
    b.step();
    assert_eq!(b.invalid, 3);
}
