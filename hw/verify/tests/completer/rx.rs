//! The host's requests: how they go in, and what is due then.

use rand::Rng;

use crate::bench::{Bench, COMPLETER};
use crate::tlp::{Kind, Request};

impl Bench {
    pub fn push(&mut self, request: Request) {
        self.requests.push_back((request, true));
    }

    /// Sends a request that the completer must refuse as a whole for a reason the model doesn't know.
    pub fn push_dropped(&mut self, request: Request) {
        self.requests.push_back((request, false));
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

    pub fn drive_rx(&mut self) {
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

    pub fn judge_rx(&mut self) {
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
