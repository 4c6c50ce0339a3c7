//! The completer between a host and registers: a clock of it.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

use crate::tlp::{Completion, DwordWrite, Request};

/// Completer id of the device under test.
pub const COMPLETER: u32 = 0x0100;

/// Chances, in percent per clock, that each side is willing.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub rx: u32,
    pub write: u32,
    pub read: u32,
    pub cpl: u32,
    pub sent: u32,
}

pub struct Bench {
    pub dut: Dut,
    pub rng: StdRng,
    pub pace: Pace,
    pub lanes: usize,
    /// And whether they are to have an effect.
    pub requests: VecDeque<(Request, bool)>,
    /// Beat of the request at the front; None: not begun.
    pub beat: Option<usize>,
    pub np_ok: VecDeque<bool>,
    pub np_lag: usize,
    pub writes: VecDeque<DwordWrite>,
    pub writes_queued: u64,
    pub writes_done: u64,
    /// Address, and how many writes must have been done before.
    pub reads: VecDeque<((u64, u64), u64)>,
    pub reading: bool,
    pub read_at: (u64, u64),
    /// Data read, and writes issued by then.
    pub answers: VecDeque<(u32, u16)>,
    pub completions: VecDeque<(Completion, Option<u16>)>,
    pub beats: Vec<(Vec<u32>, u64)>,
    pub stalled: Option<(Vec<u32>, Vec<u32>, u64)>,
    pub issued: u16,
    pub sent: u16,
    pub ur_expected: u64,
    pub ur_seen: u64,
    /// Cause and header of refused TLPs, to be logged in this order.
    pub bad: VecDeque<(u64, [u32; 4])>,
    pub bad_seen: u64,
    pub completions_seen: u64,
    pub np_high_water: usize,
    /// Chances, in percent per clock, that `deaf` and `hush` change.
    pub resets: u32,
    pub deaf: bool,
    pub hush: bool,
    /// Clocks since it rose.
    pub hushed: u32,
    /// The request that is going in began while the completer was deaf.
    pub unheard: bool,
    pub dropped: u64,
}

impl Bench {
    pub fn new(mut dut: Dut, lanes: usize, seed: u64, pace: Pace) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        dut.set("cfg_requester_id", COMPLETER);
        // Free-running counts, so that they wrap in some runs.
        let issued = rng.random_range(0xFF00..=0xFFFF);
        dut.set("wr_issued", issued);
        dut.set("wr_sent", issued);
        dut.pulse("rst", 3);
        Bench {
            dut,
            np_lag: rng.random_range(0..4),
            rng,
            pace,
            lanes,
            requests: VecDeque::new(),
            beat: None,
            np_ok: VecDeque::from([false; 4]),
            writes: VecDeque::new(),
            writes_queued: 0,
            writes_done: 0,
            reads: VecDeque::new(),
            reading: false,
            read_at: (0, 0),
            answers: VecDeque::new(),
            completions: VecDeque::new(),
            beats: vec![],
            stalled: None,
            issued,
            sent: issued,
            ur_expected: 0,
            ur_seen: 0,
            bad: VecDeque::new(),
            bad_seen: 0,
            completions_seen: 0,
            np_high_water: 0,
            resets: 0,
            deaf: false,
            hush: false,
            hushed: 0,
            unheard: false,
            dropped: 0,
        }
    }

    /// Function reset is over, for good.
    pub fn hear(&mut self) {
        (self.resets, self.deaf, self.hush) = (0, false, false);
    }

    /// Runs until all is answered and applied.
    pub fn drain(&mut self, limit: u64) {
        for _ in 0..limit {
            self.step();
            if self.requests.is_empty() && self.writes.is_empty() && self.completions.is_empty() {
                // What is not expected would still come.
                for _ in 0..50 {
                    self.step();
                }
                assert_eq!(self.ur_seen, self.ur_expected, "refused TLPs");
                assert!(self.bad.is_empty(), "not logged: {:x?}", self.bad);
                assert!(self.reads.is_empty() && self.answers.is_empty());
                return;
            }
        }
        panic!(
            "stuck: {} requests, {} writes, {} completions left; {:?}",
            self.requests.len(),
            self.writes.len(),
            self.completions.len(),
            self.pace
        );
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    pub fn step(&mut self) {
        self.deaf ^= self.chance(self.resets);
        self.hush ^= self.chance(self.resets);
        self.hushed = if self.hush { self.hushed + 1 } else { 0 };
        self.dut.set("deaf", self.deaf);
        self.dut.set("hush", self.hush);
        self.drive_rx();
        let ready = self.chance(self.pace.write);
        self.dut.set("w_ready", ready);
        let done = self.reading && self.chance(self.pace.read);
        let data: u32 = self.rng.random();
        self.dut.set("r_done", done);
        self.dut.set("r_data", data);
        let ready = self.chance(self.pace.cpl);
        self.dut.set("tx_cpl_ready", ready);
        if self.issued.wrapping_sub(self.sent) < 60 && self.chance(30) {
            self.issued = self.issued.wrapping_add(1);
        }
        if self.issued != self.sent && self.chance(self.pace.sent) {
            self.sent = self.sent.wrapping_add(1);
        }
        self.dut.set("wr_issued", self.issued);
        self.dut.set("wr_sent", self.sent);
        self.dut.step();
        if done {
            self.reading = false;
            self.answers.push_back((data, self.issued));
        }
        self.np_ok.push_back(self.dut.is_set("rx_np_ok"));
        self.np_ok.pop_front();
        self.judge_refusals();
        self.judge_rx();
        self.judge_writes();
        self.judge_reads();
        self.judge_completions();
    }
}
