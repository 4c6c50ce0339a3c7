//! One round: an attack, a reset, and random data through all queues.

use ferrolane_sim::rng::Rng;

use crate::attack::{Attack, FIRST_ATTACKED, QUEUES};
use crate::bench::{lawful, Bench};

/// Packets of each queue behind a reset.
const PACKETS: u32 = 24;
/// Clocks without progress of a legal queue that are a finding.
const PROGRESS: u64 = 200_000;
/// Clocks for the host's requests to come to an end.
const QUIET: u64 = 1_000_000;
/// Clocks after which answers that a reset may have swallowed come no more.
const FORGOTTEN: u64 = 8_000;
/// Reads that get no answer while legal queues run, at most: each costs a tag.
const WITHHELD: u64 = 6;

/// What kinds of attacks a round has, as percentages of clocks.
struct Plan {
    requests: u8,
    completions: u8,
    settings: u64,
    withhold: u8,
}

pub struct Round<'a> {
    bench: &'a mut Bench,
    rng: Rng,
    attack: Attack,
    plan: Plan,
    legal: usize,
}

impl<'a> Round<'a> {
    pub fn new(bench: &'a mut Bench, seed: u64) -> Self {
        let mut rng = Rng::new(seed, "round");
        let spares = rng.chance(50);
        bench.spares = spares;
        let pick = |rng: &mut Rng, some: &[u8]| some[rng.below(some.len() as u64) as usize];
        let plan = Plan {
            requests: pick(&mut rng, &[0, 5, 20, 50]),
            completions: pick(&mut rng, &[0, 5, 20, 40]),
            settings: [0, 20, 200, 2_000][rng.below(4) as usize],
            withhold: pick(&mut rng, &[0, 0, 1, 5]),
        };
        bench.port.stall = pick(&mut rng, &[0, 10, 50]);
        let legal = if spares { FIRST_ATTACKED as usize } else { 0 };
        Round { bench, rng, attack: Attack::new(seed, spares), plan, legal }
    }

    /// Attacks until `tlps` random TLPs were sent, then resets and checks.
    pub fn run(&mut self, tlps: u64) -> Result<(), String> {
        self.bench.fill_windows();
        self.drain()?;
        self.bench.start(self.legal, u32::MAX / 2);
        self.drain()?;
        let end = self.bench.tally.tlps() + tlps;
        // A round without TLPs has its settings and set-ups, for as long.
        let last = self.bench.port.now + 40 * tlps;
        let (mut seen, mut since) = (0, self.bench.port.now);
        self.bench.attacking = true;
        while self.bench.tally.tlps() < end && self.bench.port.now < last {
            self.step()?;
            let compared: u64 = self.bench.lanes[..self.legal].iter().map(|lane| lane.compared).sum();
            if compared != seen || !self.bench.cfg.bus_master {
                (seen, since) = (compared, self.bench.port.now);
            }
            if self.legal > 0 && self.bench.port.now > since + PROGRESS {
                return Err(format!("legal queues stand still: {}", self.state(self.legal)));
            }
        }
        self.recover()
    }

    fn step(&mut self) -> Result<(), String> {
        let bench = &mut *self.bench;
        if bench.port.requests_waiting() < 4 && self.rng.chance(self.plan.requests) {
            let packet = self.attack.request(&mut bench.tally);
            bench.port.send_request(packet);
        }
        if bench.cfg.link_up && bench.port.completions_waiting() < 4 && self.rng.chance(self.plan.completions)
        {
            let packet = self.attack.completion(&bench.reads, &bench.cfg, &mut bench.tally);
            bench.port.send_completion(packet);
        }
        if bench.port.requests_waiting() < 4 && self.rng.below(400) == 0 {
            for (at, data) in self.attack.set_up() {
                bench.tally.register_writes += data.len() as u64;
                bench.write(at, &data);
            }
        }
        if self.plan.settings > 0 && self.rng.below(self.plan.settings) == 0 {
            let mut cfg = bench.cfg;
            self.attack.setting(&mut cfg);
            bench.configure(cfg);
            bench.tally.settings += 1;
        }
        if !bench.cfg.bus_master && self.rng.below(500) == 0 {
            bench.cfg.bus_master = true;
        }
        if !bench.cfg.link_up && self.rng.below(50) == 0 {
            bench.cfg.link_up = true;
        }
        if !self.attack.spares && bench.may_reset && self.rng.below(20_000) == 0 {
            self.begin_reset();
        }
        self.withhold();
        if self.rng.below(200) == 0 {
            self.bench.look(self.legal);
        }
        if self.rng.below(30) == 0 {
            self.bench.serve(self.legal)?;
        }
        self.bench.clock()?;
        self.bench.show(&mut self.attack);
        Ok(())
    }

    /// Function Level Reset: unanswered reads lapse in time, so that it need not wait for its own limit.
    fn begin_reset(&mut self) {
        self.bench.cfg.cpl_timeout = 1;
        self.bench.ask_reset();
    }

    /// Some reads never get an answer.
    fn withhold(&mut self) {
        if !self.rng.chance(self.plan.withhold) {
            return;
        }
        let withheld = self.bench.reads.open.iter().flatten().filter(|open| open.withheld).count() as u64;
        if self.attack.spares && withheld >= WITHHELD {
            return;
        }
        let at = self.rng.below(self.bench.reads.open.len() as u64) as usize;
        if let Some(open) = &mut self.bench.reads.open[at] {
            if !open.withheld && (!open.guarded || !self.attack.spares) {
                open.withheld = true;
                self.bench.tally.withheld += 1;
            }
        }
    }

    /// Waits until every request has gone in and is answered.
    fn drain(&mut self) -> Result<(), String> {
        let end = self.bench.port.now + QUIET;
        let (mut forgotten, mut answers) = (0, 0);
        while self.bench.port.requests_waiting() > 0 || self.bench.owed.len() > 0 {
            self.bench.clock()?;
            if self.bench.port.now > end {
                let (waiting, owed) = (self.bench.port.requests_waiting(), self.bench.owed.len());
                return Err(format!("{waiting} requests are not taken, {owed} not answered"));
            }
            let silent = self.bench.port.requests_waiting() == 0 && self.bench.owed.forgiven();
            forgotten = if silent && self.bench.tally.answers == answers { forgotten + 1 } else { 0 };
            answers = self.bench.tally.answers;
            if forgotten > FORGOTTEN {
                self.bench.owed.clear();
            }
        }
        Ok(())
    }

    fn wait(&mut self, clocks: u64) -> Result<(), String> {
        for _ in 0..clocks {
            self.bench.clock()?;
        }
        Ok(())
    }

    fn blink(&mut self) -> Result<(), String> {
        let mut cfg = self.bench.cfg;
        cfg.link_up = false;
        self.bench.configure(cfg);
        let clocks = 1 + self.rng.below(40);
        self.wait(clocks)?;
        self.bench.cfg.link_up = true;
        Ok(())
    }

    fn function_reset(&mut self) -> Result<(), String> {
        self.begin_reset();
        while self.bench.flr_clocks.is_some() {
            self.bench.clock()?;
        }
        Ok(())
    }

    /// A quiet host, a clean reset, and random data through all queues with every byte compared.
    fn recover(&mut self) -> Result<(), String> {
        self.bench.cfg = lawful(&mut self.rng);
        self.bench.port.stall = [0, 20][self.rng.below(2) as usize];
        while self.bench.flr_clocks.is_some() {
            self.bench.clock()?;
        }
        self.drain()?;
        // Lawful answers of all reads that get one.
        self.wait(2_000)?;
        self.bench.attacking = false;
        let lost = self.bench.reads.open.iter().flatten().count() > 0;
        if self.attack.touched_card || self.rng.chance(10) {
            self.bench.reset();
        } else if !lost || self.rng.chance(50) {
            if lost {
                self.blink()?;
            }
            self.function_reset()?;
        } else {
            self.function_reset()?;
            self.blink()?;
        }
        self.bench.spares = true;
        let count = QUEUES as usize;
        self.bench.start(count, PACKETS);
        self.drain()?;
        let end = self.bench.port.now + PROGRESS;
        while !self.bench.lanes.iter().all(|lane| lane.done()) {
            if self.rng.below(30) == 0 {
                self.bench.serve(count)?;
            }
            if self.rng.below(200) == 0 {
                self.bench.look(count);
            }
            self.bench.clock()?;
            if self.bench.port.now > end {
                return Err(format!("queues don't work after a reset: {}", self.state(count)));
            }
        }
        self.function_reset()?;
        self.bench.tally.rounds += 1;
        self.bench.tally.worst_answer = self.bench.tally.worst_answer.max(self.bench.owed.worst);
        Ok(())
    }

    fn state(&self, count: usize) -> String {
        let open = self.bench.reads.open.iter().flatten().count();
        let lanes: Vec<_> = self.bench.lanes[..count].iter().map(|lane| lane.describe()).collect();
        format!("{open} reads open\n{}", lanes.join("\n"))
    }
}
