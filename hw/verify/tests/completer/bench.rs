//! Drives the completer and judges all it does, clock by clock.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

use crate::tlp::{Completion, DwordWrite, Kind, Request};

/// Completer id of the device under test.
const COMPLETER: u32 = 0x0100;

/// Clocks of `hush` in which a completion may still begin.
const HUSH: u32 = 8;

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
    lanes: usize,
    /// And whether they are to have an effect.
    requests: VecDeque<(Request, bool)>,
    /// Beat of the request at the front; None: not begun.
    beat: Option<usize>,
    np_ok: VecDeque<bool>,
    np_lag: usize,
    writes: VecDeque<DwordWrite>,
    writes_queued: u64,
    pub writes_done: u64,
    /// Address, and how many writes must have been done before.
    reads: VecDeque<((u64, u64), u64)>,
    reading: bool,
    read_at: (u64, u64),
    /// Data read, and writes issued by then.
    answers: VecDeque<(u32, u16)>,
    completions: VecDeque<(Completion, Option<u16>)>,
    beats: Vec<(Vec<u32>, u64)>,
    stalled: Option<(Vec<u32>, Vec<u32>, u64)>,
    issued: u16,
    sent: u16,
    ur_expected: u64,
    ur_seen: u64,
    /// Cause and header of refused TLPs, to be logged in this order.
    bad: VecDeque<(u64, [u32; 4])>,
    pub bad_seen: u64,
    pub completions_seen: u64,
    pub np_high_water: usize,
    /// Chances, in percent per clock, that `deaf` and `hush` change.
    pub resets: u32,
    deaf: bool,
    hush: bool,
    /// Clocks since it rose.
    hushed: u32,
    /// The request that is going in began while the completer was deaf.
    unheard: bool,
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

    pub fn push(&mut self, request: Request) {
        self.requests.push_back((request, true));
    }

    /// Sends a request that the completer must refuse as a whole for a reason the model doesn't know.
    pub fn push_dropped(&mut self, request: Request) {
        self.requests.push_back((request, false));
    }

    /// Function reset is over, for good.
    pub fn hear(&mut self) {
        (self.resets, self.deaf, self.hush) = (0, false, false);
    }

    /// What a reset does to a write within which it comes: its first beats vanish, the rest comes behind the reset.
    pub fn cut(&mut self, request: Request, beats: usize) {
        assert!(self.requests.is_empty() && self.beat.is_none() && self.writes.is_empty());
        self.requests.push_back((request, true));
        self.beat = Some(0);
        while self.beat.is_some_and(|beat| beat < beats) {
            self.step();
        }
        self.dut.set("rst", true);
        self.dut.set("rx_req_valid", false);
        self.dut.step();
        self.dut.step();
        self.dut.set("rst", false);
        self.np_ok.iter_mut().for_each(|ok| *ok = false);
        self.unheard = true;
        while !self.requests.is_empty() {
            self.step();
        }
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

    fn chance(&mut self, percent: u32) -> bool {
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
        self.ur_seen += self.dut.get("ur");
        if self.dut.is_set("bad_req_valid") {
            let (cause, header) = self.bad.pop_front().expect("a TLP logged for nothing");
            assert_eq!(self.dut.get("bad_req_cause"), cause, "{header:x?}");
            assert_eq!(self.dut.get_wide("bad_req_hdr"), header);
            self.bad_seen += 1;
        }
        self.judge_rx();
        self.judge_writes();
        self.judge_reads();
        self.judge_completions();
    }

    fn drive_rx(&mut self) {
        if self.beat.is_none() {
            let np_ok = self.np_ok[3 - self.np_lag];
            let go = self.requests.front().is_some_and(|(r, _)| r.kind.posted() || np_ok);
            if go && self.chance(self.pace.rx) {
                self.beat = Some(0);
            }
        }
        self.dut.set("rx_req_valid", self.beat.is_some());
        let Some(beat) = self.beat else { return };
        let request = &self.requests[0].0;
        let beats = request.payload.len().div_ceil(self.lanes).max(1);
        let data = request.payload.iter().copied().skip(beat * self.lanes).take(self.lanes);
        let data: Vec<u32> = data.collect();
        let last = beat + 1 == beats;
        self.dut.set("rx_req_keep", (1u64 << data.len()) - 1);
        self.dut.set_wide("rx_req_data", &data);
        self.dut.set("rx_req_first", beat == 0);
        self.dut.set("rx_req_last", last);
        // These count with one beat only; elsewhere anything may stand.
        let error = if last { request.error } else { self.rng.random() };
        self.dut.set("rx_req_error", error);
        let (header, bar) = if beat == 0 {
            (request.header(), request.bar)
        } else {
            (std::array::from_fn(|_| self.rng.random()), self.rng.random_range(0..8))
        };
        self.dut.set_wide("rx_req_hdr", &header);
        self.dut.set("rx_req_bar", bar);
    }

    fn judge_rx(&mut self) {
        let Some(beat) = self.beat else { return };
        if !self.dut.is_set("rx_req_ready") {
            return;
        }
        let beats = self.requests[0].0.payload.len().div_ceil(self.lanes).max(1);
        self.unheard = if beat == 0 { self.deaf } else { self.unheard };
        if beat + 1 < beats {
            self.beat = Some(beat + 1);
            return;
        }
        self.beat = None;
        let (request, effect) = self.requests.pop_front().expect("a request was offered");
        if self.unheard {
            self.dropped += 1;
            return;
        }
        if !effect {
            self.ur_expected += 1;
            self.bad.push_back((1, request.header()));
            return;
        }
        self.ur_expected += u64::from(request.pulses_ur());
        self.bad.extend(request.logged().map(|cause| (cause, request.header())));
        let writes = request.writes();
        self.writes_queued += writes.len() as u64;
        self.writes.extend(writes);
        let before = self.writes_queued;
        self.reads.extend(request.reads().into_iter().map(|at| (at, before)));
        let issued = self.issued;
        let completions = request.completions(COMPLETER);
        self.completions.extend(completions.into_iter().map(|c| (c.clone(), c.flush.then_some(issued))));
        self.np_high_water = self.np_high_water.max(self.completions.len());
    }

    fn judge_writes(&mut self) {
        if self.dut.is_set("w_valid") && self.dut.is_set("w_ready") {
            let write = ["w_bar", "w_addr", "w_data", "w_be"].map(|port| self.dut.get(port));
            let expected = self.writes.pop_front().expect("a write nobody asked for");
            assert_eq!((write[0], write[1], write[2], write[3]), expected);
            self.writes_done += 1;
        }
    }

    fn judge_reads(&mut self) {
        if self.dut.is_set("r_valid") {
            assert!(!self.reading, "two reads at a time");
            let (at, before) = self.reads.pop_front().expect("a read nobody asked for");
            assert_eq!((self.dut.get("r_bar"), self.dut.get("r_addr")), at);
            assert!(self.writes_done >= before, "a read passed a write");
            self.reading = true;
            self.read_at = at;
        } else if self.reading {
            assert_eq!((self.dut.get("r_bar"), self.dut.get("r_addr")), self.read_at, "must stay until done");
        }
    }

    fn judge_completions(&mut self) {
        let valid = self.dut.is_set("tx_cpl_valid");
        assert!(valid || self.beats.is_empty() && self.stalled.is_none(), "valid dropped inside a TLP");
        if !valid {
            return;
        }
        let keep = self.dut.get("tx_cpl_keep");
        let now = (self.dut.get_wide("tx_cpl_hdr"), self.dut.get_wide("tx_cpl_data"), keep);
        assert!(!self.dut.is_set("tx_cpl_error"));
        assert_eq!(self.dut.is_set("tx_cpl_first"), self.beats.is_empty());
        let before = self.stalled.take();
        if let Some(before) = &before {
            // The header counts with the first beat; lanes that are not kept hold anything.
            assert_eq!((&before.0, before.2), (&now.0, now.2), "changed while stalled");
            assert_eq!(kept(&before.1, keep), kept(&now.1, keep), "changed while stalled");
        }
        if self.beats.is_empty() {
            let begins = before.is_none();
            assert!(!begins || self.hushed <= HUSH, "begun after {} clocks of hush", self.hushed);
            self.judge_header(&now.0);
        }
        if !self.dut.is_set("tx_cpl_ready") {
            self.stalled = Some(now);
            return;
        }
        self.beats.push((now.1, now.2));
        if self.dut.is_set("tx_cpl_last") {
            self.judge_payload();
        }
    }

    fn judge_header(&mut self, header: &[u32]) {
        let (expected, accepted) = self.completions.front().expect("a completion nobody waits for");
        assert_eq!(header, expected.header);
        let mark = match (expected.dwords, accepted) {
            (_, Some(issued)) => *issued,
            (0, _) => return,
            (dwords, _) => self.answers.get(dwords - 1).expect("sent before it was read").1,
        };
        let ahead = self.sent.wrapping_sub(mark) as i16;
        assert!(ahead >= 0, "a completion passed {} writes", -ahead);
    }

    fn judge_payload(&mut self) {
        let (expected, _) = self.completions.pop_front().expect("checked with the header");
        let beats = std::mem::take(&mut self.beats);
        assert_eq!(beats.len(), expected.dwords.div_ceil(self.lanes).max(1), "beats");
        let mut data = vec![];
        for (i, (words, keep)) in beats.iter().enumerate() {
            let count = expected.dwords.saturating_sub(i * self.lanes).min(self.lanes);
            assert_eq!(*keep, (1 << count) - 1, "keep");
            data.extend_from_slice(&words[..count]);
        }
        let read: Vec<u32> = if expected.flush {
            vec![0]
        } else {
            self.answers.drain(..expected.dwords).map(|answer| answer.0).collect()
        };
        assert_eq!(data, read);
        self.completions_seen += 1;
    }

    /// A write of one DWORD.
    pub fn write(addr: u64, data: u32) -> Request {
        Request { kind: Kind::Write, payload: vec![data], ..Self::read(addr, 1) }
    }

    /// A read.
    pub fn read(addr: u64, len: u32) -> Request {
        Request {
            kind: Kind::Read,
            four_dw: false,
            bar: 0,
            addr,
            len,
            first_be: 0xF,
            last_be: if len > 1 { 0xF } else { 0 },
            requester: 0x8,
            tag: 5,
            tc: 0,
            attr: 0,
            poisoned: false,
            error: false,
            payload: vec![],
        }
    }
}

fn kept(words: &[u32], keep: u64) -> Vec<u32> {
    words.iter().enumerate().filter(|(i, _)| keep >> i & 1 != 0).map(|(_, w)| *w).collect()
}
