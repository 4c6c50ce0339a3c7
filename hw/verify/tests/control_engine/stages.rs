//! The stages that a queue's work passes through.

use rand::{rngs::StdRng, seq::IndexedRandom, Rng};

use super::{Engine, GN, MEMORY_C2H, MEMORY_H2C, NQ};

// Places in the counts.
const REQ: usize = 0;
const COMMIT: usize = 1;
const ISSUED: usize = 2;
const SENT: usize = 3;

/// A block that picks a queue, works on it for a while and hands something on.
#[derive(Default)]
pub struct Picker {
    pub holds: Option<(usize, u32)>,
    next: usize,
}

impl Picker {
    /// Goes on for one clock; gives the queue whose step has just ended.
    fn step(
        &mut self,
        rng: &mut StdRng,
        goes: bool,
        may: impl Fn(usize) -> bool,
        from: usize,
        n: usize,
        busy: u32,
    ) -> Option<usize> {
        match &mut self.holds {
            Some(_) if !goes => None,
            Some((g, 0)) => {
                let g = *g;
                self.holds = None;
                Some(g)
            }
            Some((_, left)) => {
                *left -= 1;
                None
            }
            None => {
                self.next = (self.next + 1) % n;
                if may(from + self.next) {
                    self.holds = Some((from + self.next, rng.random_range(0..=busy)));
                }
                None
            }
        }
    }
}

impl Engine {
    /// All that is in flight of queue `g`, by name of the stage.
    pub(super) fn in_flight(&self, g: usize) -> Option<&'static str> {
        let holds = |p: &Picker| p.holds.is_some_and(|(h, _)| h == g);
        let stages = [
            ("fetch holds it", holds(&self.fetch)),
            ("issue holds it", holds(&self.issue)),
            ("plan holds it", holds(&self.plan)),
            ("fetch", self.fetching.iter().any(|f| f.0 == g)),
            ("request queue", self.requests.iter().any(|r| r.0 == g)),
            ("memory", self.memory.iter().any(|m| m.0 == g)),
            ("commit's record", self.commit_out == Some(g)),
            ("send", self.jobs.iter().any(|j| j.0 == g)),
            ("send's records", self.send_records.contains(&g)),
            ("record", self.records.contains(&g)),
            ("writes", self.writes.iter().any(|w| w.0 == g)),
        ];
        stages.iter().find(|s| s.1).map(|s| s.0)
    }

    fn write_tlp(&mut self, g: usize) {
        self.counts[ISSUED] = self.counts[ISSUED].wrapping_add(1);
        let last = self.writes.back().map_or(0, |w| w.1);
        let slow = self.rng.random_range(1..40) * if self.rng.random_bool(0.02) { 6 } else { 1 };
        let at = last.max(self.clock + slow);
        self.writes.push_back((g, at));
    }

    fn bump(&mut self, which: usize) {
        self.counts[which] = self.counts[which].wrapping_add(1);
    }

    /// One clock of all stages, downstream first; `run` is as control showed it in the last clock.
    pub(super) fn work(&mut self) {
        self.moved = [false; 3];
        let chance = if self.saturate { [1.0; 4] } else { self.chance };
        let (clock, run) = (self.clock, self.run);
        for stall in &mut self.stall {
            if self.rng.random_bool(0.01) {
                *stall = clock + self.rng.random_range(1..80);
            }
        }
        let goes = self.stall.map(|s| s <= clock);
        while self.writes.front().is_some_and(|w| w.1 <= clock) {
            self.writes.pop_front();
            self.bump(SENT);
        }
        // A record's TLP.
        if !self.holding && goes[0] && self.rng.random_bool(chance[0]) {
            // Several of a queue in one TLP. While it runs they may wait for others, whoever comes behind them.
            let long = self.rng.random_bool(0.9);
            if let Some(&g) = self.records.iter().find(|&&g| run >> g & 1 == 0 || !long) {
                self.records.retain(|&r| r != g);
                self.write_tlp(g);
            }
        }
        // Record takes from commit and from send.
        if self.commit_out.is_some() && goes[1] && self.records.len() < 24 && self.rng.random_bool(chance[1])
        {
            self.records.extend(self.commit_out.take());
            self.moved[2] = true;
        }
        if !self.send_records.is_empty()
            && goes[2]
            && self.records.len() < 24
            && self.rng.random_bool(chance[2])
        {
            self.records.extend(self.send_records.pop_front());
            self.moved[1] = true;
        }
        let blocked = self.jobs.front().is_some_and(|j| j.2) && self.send_records.len() == 8;
        if !blocked && !self.holding && goes[3] && self.rng.random_bool(chance[3]) {
            if let Some((g, tlp, record)) = self.jobs.pop_front() {
                if tlp {
                    self.write_tlp(g);
                    self.moved[0] = true;
                }
                self.send_records.extend(record.then_some(g));
            }
        }
        // The card's memory: writes end in order, and records wait for them; reads are decided while the queue runs.
        if let Some(at) = self.memory.iter().position(|m| m.0 == MEMORY_H2C) {
            let (g, end, record) = self.memory[at];
            if end <= clock && (!record || self.commit_out.is_none()) {
                self.memory.remove(at);
                self.commit_out = self.commit_out.or(record.then_some(g));
            }
        }
        self.memory.retain(|m| m.0 != MEMORY_C2H || m.1 > clock);
        if run >> MEMORY_C2H & 1 == 1 && !self.holding && self.rng.random_bool(0.2) {
            let end = clock + self.rng.random_range(1..120);
            self.memory.push((MEMORY_C2H, end, false));
        }
        if self.commit_out.is_none() && goes[4] && self.requests.front().is_some_and(|r| r.1 <= clock) {
            let (g, _) = self.requests.pop_front().unwrap();
            self.bump(COMMIT);
            let record = self.rng.random_bool(0.5);
            if g == MEMORY_H2C {
                let end = clock + self.rng.random_range(1..120);
                self.memory.push((g, end, record));
            } else if record {
                self.commit_out = Some(g);
            }
        }
        self.fetching.retain(|f| f.1 > clock);
        let may = |g: usize| run >> g & 1 == 1;
        let free = !self.holding;
        if let Some(g) = self.fetch.step(&mut self.rng, goes[5], |g| may(g) && free, 0, GN, 5) {
            let answer = clock + self.rng.random_range(10..60);
            self.fetching.push((g, answer));
        }
        let room = self.requests.len() < 16 && free;
        if let Some(g) = self.issue.step(&mut self.rng, goes[6], |g| may(g) && room, 0, NQ, 4) {
            let latency = if self.saturate { 20 } else { self.rng.random_range(5..80) };
            self.requests.push_back((g, clock + latency));
            self.bump(REQ);
        }
        let room = self.jobs.len() < 24;
        let busy = if self.saturate { 0 } else { self.plan_steps };
        if let Some(g) = self.plan.step(&mut self.rng, goes[7], |g| may(g) && room, NQ, NQ, busy) {
            let (tlp, record) = *[(true, false), (true, true), (false, true)].choose(&mut self.rng).unwrap();
            self.jobs.push_back((g, tlp, record));
        }
    }
}
