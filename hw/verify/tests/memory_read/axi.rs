//! The card's memory: an AXI4 slave that only reads. Its content never changes, but at fixed addresses.

use std::collections::VecDeque;

use rand::{rngs::StdRng, Rng};
use verilated::Dut;

use crate::content::{byte, fails};

/// Bytes as a wide port takes and gives them.
fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect()
}

/// AR of a burst: address, AxLEN, AxBURST.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ask {
    pub addr: u64,
    len: u64,
    pub burst: u64,
}

impl Ask {
    fn seen(d: &Dut) -> Option<Self> {
        d.is_set("axi_arvalid").then(|| Ask {
            addr: d.get("axi_araddr"),
            len: d.get("axi_arlen"),
            burst: d.get("axi_arburst"),
        })
    }

    pub fn beats(&self) -> u64 {
        self.len + 1
    }
}

struct Burst {
    addr: u64,
    beats: u64,
    fixed: bool,
    after: u64,
}

pub struct Memory {
    lanes: u64,
    /// That AR is taken, and that a beat is offered, in a clock.
    pub ar: f64,
    pub r: f64,
    /// Clocks from a burst's AR to its first beat, at least.
    pub latency: u64,
    /// One row in so many fails (0: none).
    pub errors: u64,
    pub beats: u64,
    clock: u64,
    ready: bool,
    bursts: VecDeque<Burst>,
    /// Beats of the first burst that were taken.
    beat: u64,
    /// The beat that is offered until it is taken: bytes and whether it failed.
    answer: Option<(Vec<u8>, bool)>,
    held: Option<Ask>,
    /// What the memory gave for FIXED bursts, in order: words and whether it failed.
    given: VecDeque<(Vec<u32>, bool)>,
    /// Beats yet to be taken that were asked for before a reset: nobody waits for their bytes.
    stale: u64,
}

impl Memory {
    pub fn new(lanes: u64, ar: f64, r: f64, latency: u64) -> Self {
        Memory {
            lanes,
            ar,
            r,
            latency,
            errors: 0,
            beats: 0,
            clock: 0,
            ready: false,
            bursts: VecDeque::new(),
            beat: 0,
            answer: None,
            held: None,
            given: VecDeque::new(),
            stale: 0,
        }
    }

    /// Bursts that were taken and have not wholly come.
    pub fn under_way(&self) -> usize {
        self.bursts.len()
    }

    /// Whether anything at such an address is asked for or has not wholly come.
    pub fn concerns(&self, which: impl Fn(u64) -> bool) -> bool {
        self.bursts.iter().any(|b| which(b.addr)) || self.held.is_some_and(|ar| which(ar.addr))
    }

    /// What is asked for by now is of no use any more, but comes.
    pub fn forget(&mut self) {
        let under_way: u64 = self.bursts.iter().map(|b| b.beats).sum();
        self.stale = under_way - self.beat + self.held.map_or(0, |ar| ar.beats());
        self.given.clear();
    }

    /// The next beat of a FIXED burst.
    pub fn next_given(&mut self) -> Option<(Vec<u32>, bool)> {
        self.given.pop_front()
    }

    /// Before the clock's edge.
    pub fn before(&mut self, d: &mut Dut, rng: &mut StdRng) {
        self.clock += 1;
        self.ready = rng.random_bool(self.ar) && self.bursts.len() < 40;
        d.set("axi_arready", self.ready as u64);
        let stands = self.answer.is_some();
        if !stands {
            self.next_beat(rng);
        }
        d.set("axi_rvalid", self.answer.is_some() as u64);
        if let Some((bytes, failed)) = &self.answer {
            d.set_wide("axi_rdata", &words(bytes));
            let resp = if *failed { 2 + rng.random_range(0..2u64) } else { rng.random_range(0..2u64) };
            d.set("axi_rresp", if stands { d.get("axi_rresp") } else { resp });
            d.set("axi_rlast", (self.beat + 1 == self.bursts[0].beats) as u64);
        }
    }

    fn next_beat(&mut self, rng: &mut StdRng) {
        let Some(burst) = self.bursts.front() else { return };
        if burst.after > self.clock || !rng.random_bool(self.r) {
            return;
        }
        let lanes = self.lanes;
        let at = burst.addr / lanes * lanes + if burst.fixed { 0 } else { self.beat * lanes };
        let mut bytes: Vec<u8> = (0..lanes).map(|k| byte(at + k)).collect();
        let mut failed = fails(at, self.errors);
        if burst.fixed {
            rng.fill(&mut bytes[..]);
            failed = self.errors != 0 && rng.random_range(0..self.errors) == 0;
            if self.stale == 0 {
                self.given.push_back((words(&bytes), failed));
            }
        }
        self.answer = Some((bytes, failed));
    }

    /// Behind the clock's edge; gives the burst that is offered for the first time.
    pub fn after(&mut self, d: &Dut) -> Option<Ask> {
        self.answered(d);
        let ar = Ask::seen(d);
        let held = self.held.take();
        if held.is_some() {
            assert_eq!(ar, held, "AR changed while it waited");
        }
        let asked = ar?;
        if self.ready {
            self.bursts.push_back(Burst {
                addr: asked.addr,
                beats: asked.beats(),
                fixed: asked.burst == 0,
                after: self.clock + self.latency,
            });
        } else {
            self.held = ar;
        }
        held.is_none().then_some(asked)
    }

    fn answered(&mut self, d: &Dut) {
        if self.answer.is_none() || !d.is_set("axi_rready") {
            return;
        }
        self.answer = None;
        self.beat += 1;
        self.beats += 1;
        self.stale = self.stale.saturating_sub(1);
        if self.beat == self.bursts[0].beats {
            self.bursts.pop_front();
            self.beat = 0;
        }
    }
}
