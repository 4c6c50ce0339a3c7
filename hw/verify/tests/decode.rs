//! The decoder between random traffic and random targets.

use std::collections::VecDeque;

use ferrolane_abi::map;
use ferrolane_hw_verify::dut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Global,
    Queue,
    Doorbell,
    Msix,
    Push,
    User,
    Nobody,
}

use Target::*;

/// Queues per direction.
const NQ: u64 = 4;

const TARGETS: [(Target, &str); 6] =
    [(Global, "glob"), (Queue, "queue"), (Doorbell, "db"), (Msix, "msix"), (Push, "push"), (User, "user")];

/// Those that answer reads.
fn reads(target: Target) -> bool {
    matches!(target, Global | Queue | Msix | User)
}

/// Who owns an address, by the ABI's map.
fn owner(bar: u64, addr: u64) -> Target {
    match addr / map::PAGE_BYTES * map::PAGE_BYTES {
        _ if bar == u64::from(map::USER_BAR) => User,
        map::GLOBAL_PAGE => Global,
        map::QUEUE_PAGE => Queue,
        map::DOORBELL_PAGE => Doorbell,
        map::MSIX_TABLE_PAGE | map::MSIX_PBA_PAGE => Msix,
        map::PUSH_PAGE if (addr - map::PUSH_PAGE) / map::PUSH_STRIDE % 64 < NQ => Push,
        _ => Nobody,
    }
}

#[derive(Clone, Copy, Debug)]
struct Access {
    bar: u64,
    addr: u64,
    data: u64,
    be: u64,
}

impl Access {
    fn random(rng: &mut StdRng) -> Self {
        Access {
            bar: if rng.random_range(0..10) == 0 { map::USER_BAR.into() } else { 0 },
            addr: match rng.random_range(0..4) {
                // Push windows of built queues.
                0 => {
                    map::PUSH_PAGE
                        + rng.random_range(0..NQ * map::PUSH_STRIDE / 4) * 4
                        + rng.random_range(0..2) * 0x8000
                }
                _ => rng.random_range(0..map::BAR0_BYTES / 4) * 4,
            },
            data: rng.random::<u32>().into(),
            be: rng.random_range(1..16),
        }
    }
}

struct Bench {
    dut: Dut,
    rng: StdRng,
    write: Option<Access>,
    /// Taken by the decoder, not yet by a target: at most one.
    held: VecDeque<Access>,
    writes: u64,
    reads: u64,
    /// Writes accepted, and writes that have ended.
    accepted: u64,
    ended: u64,
    read: Option<Access>,
    /// Writes that were accepted before the read.
    read_behind: u64,
    /// Pulses to come: port, clocks until then.
    pulses: Vec<(String, u32)>,
    /// Target at work on the read.
    at_work: Option<(Target, u64)>,
    unmapped: [u64; 2],
    counted: [u64; 2],
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut dut = dut!(decode, seed);
        dut.pulse("rst", 2);
        Bench {
            dut,
            rng: StdRng::seed_from_u64(seed),
            write: None,
            held: VecDeque::new(),
            writes: 0,
            reads: 0,
            accepted: 0,
            ended: 0,
            read: None,
            read_behind: 0,
            pulses: vec![],
            at_work: None,
            unmapped: [0; 2],
            counted: [0; 2],
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn offer(&mut self, willing: u32) {
        if self.write.is_none() && self.chance(willing) {
            self.write = Some(Access::random(&mut self.rng));
        }
        self.dut.set("w_valid", self.write.is_some());
        if let Some(write) = self.write {
            self.dut.set("w_bar", write.bar);
            self.dut.set("w_addr", write.addr);
            self.dut.set("w_data", write.data);
            self.dut.set("w_be", write.be);
        }
        let start = self.read.is_none() && self.chance(willing);
        self.dut.set("r_valid", start);
        if self.read.is_none() {
            // Address and BAR stay from the pulse to the answer.
            let read = Access::random(&mut self.rng);
            self.dut.set("r_bar", read.bar);
            self.dut.set("r_addr", read.addr);
            if start {
                self.read = Some(read);
                self.read_behind = self.accepted;
            }
        }
    }

    fn step(&mut self, willing: u32, wait: bool) {
        let reading = self.at_work.is_some() || self.read.is_none();
        self.offer(willing);
        self.dut.set("host_wait", wait);
        let ended = self.ended;
        for (target, name) in TARGETS {
            let ready = self.chance(50);
            self.dut.set(&format!("{name}_w_ready"), ready);
            if reads(target) {
                let done = self.at_work.is_some_and(|(t, _)| t == target) && self.chance(30);
                self.dut.set(&format!("{name}_r_done"), done);
                let data = match target {
                    _ if done => self.at_work.expect("checked").1,
                    // Its data counts with the pulse only; that of the others is 0 without.
                    Msix => self.rng.random::<u32>().into(),
                    _ => 0,
                };
                self.dut.set(&format!("{name}_r_data"), data);
                if done {
                    self.at_work = Some((Nobody, data));
                    if target != User && self.chance(30) {
                        let delay = self.rng.random_range(1..3);
                        self.pulses.push((format!("{name}_unmapped_rd"), delay));
                        self.unmapped[1] += 1;
                    }
                }
            }
        }
        for (port, clocks) in &mut self.pulses {
            *clocks -= 1;
            if *clocks == 0 {
                self.dut.set(port, 1u64);
            }
        }
        self.dut.step();
        self.judge_write(wait);
        self.judge_read(wait, reading, ended);
        for (port, clocks) in &self.pulses {
            if *clocks == 0 {
                self.dut.set(port, 0u64);
            }
        }
        self.pulses.retain(|(_, clocks)| *clocks > 0);
        self.counted[0] += self.dut.get("unmapped_wr");
        self.counted[1] += self.dut.get("unmapped_rd");
    }

    fn judge_write(&mut self, wait: bool) {
        if let Some(held) = self.held.front().copied() {
            let target = owner(held.bar, held.addr);
            for (t, name) in TARGETS {
                let valid = self.dut.is_set(&format!("{name}_w_valid"));
                assert_eq!(valid, t == target && !wait, "{name} for {held:x?}");
                if valid {
                    let seen = ["t_w_addr", "t_w_data", "t_w_be"].map(|port| self.dut.get(port));
                    assert_eq!(seen, [held.addr, held.data, held.be]);
                    if self.dut.is_set(&format!("{name}_w_ready")) {
                        self.held.pop_front();
                        self.writes += 1;
                        self.ended += 1;
                        if target != User && self.chance(30) {
                            let port = format!("{name}_unmapped_wr");
                            // The latter two when they like, but one pulse per clock.
                            let latest = match target {
                                Msix | Push => 4,
                                _ => 1,
                            };
                            let after = self.pulses.iter().filter(|p| p.0 == port).map(|p| p.1 + 1).max();
                            let delay = self.rng.random_range(1..=latest).max(after.unwrap_or(1));
                            self.pulses.push((port, delay));
                            self.unmapped[0] += 1;
                        }
                    }
                }
            }
            if target == Nobody && !wait {
                self.unmapped[0] += 1;
                self.held.pop_front();
                self.ended += 1;
            }
        } else {
            let any = TARGETS.iter().any(|(_, name)| self.dut.is_set(&format!("{name}_w_valid")));
            assert!(!any, "a write nobody asked for");
        }
        if self.dut.is_set("w_ready") {
            self.accepted += u64::from(self.write.is_some());
            self.held.extend(self.write.take());
            assert_eq!(self.held.len().min(1), self.held.len(), "two writes inside");
        }
    }

    fn judge_read(&mut self, wait: bool, reading: bool, ended: u64) {
        for (target, name) in TARGETS {
            if reads(target) && self.dut.is_set(&format!("{name}_r_valid")) {
                let read = self.read.expect("a read nobody asked for");
                assert!(!wait && !reading, "{name} read twice or while waiting");
                assert!(ended >= self.read_behind, "a read passed a write");
                assert_eq!(owner(read.bar, read.addr), target);
                assert_eq!(self.dut.get("t_r_addr"), read.addr);
                self.at_work = Some((target, read.data));
            }
        }
        if self.dut.is_set("r_done") {
            let read = self.read.take().expect("an answer to nothing");
            let expected = match owner(read.bar, read.addr) {
                Doorbell | Push => 0,
                Nobody => {
                    self.unmapped[1] += 1;
                    0
                }
                _ => match self.at_work.take() {
                    Some((Nobody, data)) => data,
                    other => panic!("answered while {other:?}"),
                },
            };
            assert_eq!(self.dut.get("r_data"), expected, "{read:x?}");
            self.reads += 1;
        }
    }

    fn settle(&mut self) {
        for _ in 0..100 {
            self.step(0, false);
        }
        assert_eq!(self.counted, self.unmapped, "unmapped writes and reads");
    }
}

#[test]
fn random_accesses_reach_their_owner() {
    for seed in 0..10 {
        let mut bench = Bench::new(seed);
        let willing = bench.rng.random_range(5..=100);
        let mut wait = false;
        for _ in 0..5000 {
            if bench.chance(5) {
                wait = !wait && bench.chance(50);
            }
            bench.step(willing, wait);
        }
        while bench.read.is_some() || !bench.held.is_empty() || bench.write.is_some() {
            bench.step(0, false);
        }
        bench.settle();
        assert!(bench.writes > 50 && bench.reads > 50, "{} writes, {} reads", bench.writes, bench.reads);
    }
}

#[test]
fn nothing_starts_while_the_host_waits() {
    let mut bench = Bench::new(1);
    (0..500).for_each(|_| bench.step(100, true));
    assert_eq!((bench.writes, bench.reads), (0, 0));
    (0..2000).for_each(|_| bench.step(100, false));
    assert!(bench.writes > 100 && bench.reads > 100);
}

/// A push of 16 DWORDs, and a read that doesn't wait for the writes behind it.
#[test]
fn push_windows_take_a_dword_per_clock() {
    let mut bench = Bench::new(2);
    let dut = &mut bench.dut;
    dut.set("push_w_ready", 1u64);
    dut.set("w_valid", 1u64);
    dut.set("w_be", 0xFu64);
    dut.set("r_addr", map::DOORBELL_PAGE);
    let (mut seen, mut answered) = (0, None);
    for clock in 0..100u64 {
        dut.set("w_addr", map::PUSH_PAGE + 4 * (clock % 128));
        dut.set("w_data", clock);
        dut.set("r_valid", clock == 50);
        dut.step();
        assert!(dut.is_set("w_ready"), "clock {clock}");
        if dut.is_set("push_w_valid") {
            assert_eq!(dut.get("t_w_data"), clock - 1);
            seen += 1;
        }
        if dut.is_set("r_done") {
            answered = Some(clock);
        }
    }
    assert_eq!(seen, 99, "one clock from one side to the other, then one per clock");
    assert_eq!(answered, Some(52));
}

#[test]
fn a_doorbell_passes_in_one_clock() {
    let mut bench = Bench::new(3);
    let dut = &mut bench.dut;
    dut.set("w_valid", 1u64);
    dut.set("w_addr", map::DOORBELL_PAGE);
    dut.step();
    assert!(dut.is_set("w_ready"));
    dut.set("w_valid", 0u64);
    dut.step();
    assert!(dut.is_set("db_w_valid"));
}
