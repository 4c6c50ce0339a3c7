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
    Nobody,
}

use Target::*;

const TARGETS: [(Target, &str); 4] = [(Global, "glob"), (Queue, "queue"), (Doorbell, "db"), (Msix, "msix")];

/// Who owns an address, by the ABI's map.
fn owner(bar: u64, addr: u64) -> Target {
    match addr / map::PAGE_BYTES * map::PAGE_BYTES {
        _ if bar != 0 => Nobody,
        map::GLOBAL_PAGE => Global,
        map::QUEUE_PAGE => Queue,
        map::DOORBELL_PAGE => Doorbell,
        map::MSIX_TABLE_PAGE | map::MSIX_PBA_PAGE => Msix,
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
            bar: if rng.random_range(0..10) == 0 { rng.random_range(1..8) } else { 0 },
            addr: rng.random_range(0..map::BAR0_BYTES / 4) * 4,
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
    read: Option<Access>,
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
            read: None,
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
        // Address and BAR count with the pulse only.
        let read = Access::random(&mut self.rng);
        self.dut.set("r_bar", read.bar);
        self.dut.set("r_addr", read.addr);
        if start {
            self.read = Some(read);
        }
    }

    fn step(&mut self, willing: u32, wait: bool) {
        let reading = self.at_work.is_some() || self.read.is_none();
        self.offer(willing);
        self.dut.set("host_wait", wait);
        for (target, name) in TARGETS {
            let ready = self.chance(50);
            self.dut.set(&format!("{name}_w_ready"), ready);
            if target != Doorbell {
                let done = self.at_work.is_some_and(|(t, _)| t == target) && self.chance(30);
                self.dut.set(&format!("{name}_r_done"), done);
                // Data counts with the pulse only.
                let data =
                    if done { self.at_work.expect("checked").1 } else { self.rng.random::<u32>().into() };
                self.dut.set(&format!("{name}_r_data"), data);
                if done {
                    self.at_work = Some((Nobody, data));
                }
            }
            // Targets report holes at any time, several in one clock, too.
            for (kind, count) in [("wr", 0), ("rd", 1)] {
                if kind == "wr" || target != Doorbell {
                    let hole = self.chance(10);
                    self.dut.set(&format!("{name}_unmapped_{kind}"), hole);
                    self.unmapped[count] += u64::from(hole);
                }
            }
        }
        self.dut.step();
        self.judge_write(wait);
        self.judge_read(wait, reading);
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
                    }
                }
            }
            if target == Nobody && !wait {
                self.unmapped[0] += 1;
                self.held.pop_front();
            }
        } else {
            let any = TARGETS.iter().any(|(_, name)| self.dut.is_set(&format!("{name}_w_valid")));
            assert!(!any, "a write nobody asked for");
        }
        if self.dut.is_set("w_ready") {
            self.held.extend(self.write.take());
            assert_eq!(self.held.len().min(1), self.held.len(), "two writes inside");
        }
    }

    fn judge_read(&mut self, wait: bool, reading: bool) {
        for (target, name) in TARGETS {
            if target != Doorbell && self.dut.is_set(&format!("{name}_r_valid")) {
                let read = self.read.expect("a read nobody asked for");
                assert!(!wait && !reading, "{name} read twice or while waiting");
                assert!(self.dut.is_set("w_ready"), "a read passed a write");
                assert_eq!(owner(read.bar, read.addr), target);
                assert_eq!(self.dut.get("t_r_addr"), read.addr);
                self.at_work = Some((target, read.data));
            }
        }
        if self.dut.is_set("r_done") {
            let read = self.read.take().expect("an answer to nothing");
            let expected = match owner(read.bar, read.addr) {
                Doorbell => 0,
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
        for name in ["glob", "queue", "msix", "db"] {
            for kind in ["wr", "rd"] {
                if (name, kind) != ("db", "rd") {
                    self.dut.set(&format!("{name}_unmapped_{kind}"), 0u64);
                }
            }
        }
        self.dut.set("w_valid", 0u64);
        self.dut.set("r_valid", 0u64);
        for _ in 0..100 {
            self.dut.step();
            self.counted[0] += self.dut.get("unmapped_wr");
            self.counted[1] += self.dut.get("unmapped_rd");
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
