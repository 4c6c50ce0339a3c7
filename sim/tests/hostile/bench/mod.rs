//! The card, its legal queues, and the judges of everything that it sends.

mod host;
mod judge;

use std::collections::VecDeque;

use ferrolane_sim::checker::decode;
use ferrolane_sim::pins::CfgPins;
use ferrolane_sim::rng::Rng;
use ferrolane_sim::tlp::Header;

use crate::attack::{Attack, QUEUES};
use crate::grace::Grace;
use crate::guard::Guard;
use crate::lane::Lane;
use crate::owed::Owed;
use crate::port::Packet;
use crate::port::Port;
use crate::reads::Reads;
use crate::tally::Tally;

/// Where interrupts of the legal vectors go; attacks don't say this address.
const INTERRUPTS: u64 = 0xFEE0_1000;
/// Their data, vector by vector.
const FIRST_DATA: u32 = 0x40;
/// Legal vectors: those of the legal queues, and vector 0.
const VECTORS: u64 = 8;
/// The host's own requester id.
const HOST: u16 = 0x0001;
const CARD: u16 = 0x0100;

/// A lawful configuration.
pub fn lawful(rng: &mut Rng) -> CfgPins {
    CfgPins {
        link_up: true,
        link_speed: 3,
        link_width: 4,
        requester_id: CARD,
        mps: rng.below(4) as u8,
        mrrs: rng.below(6) as u8,
        rcb: rng.chance(50),
        ext_tag: rng.chance(80),
        tag10: false,
        bus_master: true,
        ro_enable: true,
        ns_enable: true,
        cpl_timeout: 1,
        d0: true,
        msix_enable: true,
        msix_mask: false,
    }
}

/// A host's own read that is on its way.
struct Asked {
    tag: u8,
    want: Option<u32>,
}

/// Everything.
pub struct Bench {
    pub port: Port,
    pub reads: Reads,
    pub owed: Owed,
    pub guard: Guard,
    pub lanes: Vec<Lane>,
    pub tally: Tally,
    grace: Grace,
    rng: Rng,
    asked: Vec<Asked>,
    next_tag: u8,
    /// What the settings are.
    pub cfg: CfgPins,
    /// Legal queues must not notice.
    pub spares: bool,
    /// Requests that go in are an attack.
    pub attacking: bool,
    /// One has gone in since the last reset: addresses that attacks say may be accessed.
    attacked: bool,
    /// The tag of the completion that is going in was open when it began, and the requester id then.
    opened: (bool, u16),
    pub flr_clocks: Option<u64>,
    /// `cfg_flr_request` was low in the last clock, so that it may rise.
    pub may_reset: bool,
    /// Completions that the card was given, for the attacker.
    pub given: Option<Packet>,
    /// The last TLPs both ways but for writes of the card, for a finding: clock, what, header, DWORDs that came.
    events: VecDeque<(u64, &'static str, Header, usize)>,
    /// Clocks for which the card waits for an answer though no read of it is open.
    waits: u64,
}

/// Events that a finding shows.
const EVENTS: usize = 40;

impl Bench {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, "bench");
        let cfg = lawful(&mut rng);
        let mut bench = Bench {
            port: Port::new(seed),
            reads: Reads::new(seed),
            owed: Owed::default(),
            guard: Guard::new(),
            lanes: (0..QUEUES).map(|queue| Lane::new(queue, seed)).collect(),
            tally: Tally::default(),
            grace: Grace::default(),
            rng,
            asked: Vec::new(),
            next_tag: 0,
            cfg,
            spares: true,
            attacking: false,
            attacked: false,
            opened: (false, CARD),
            flr_clocks: None,
            may_reset: false,
            given: None,
            events: VecDeque::new(),
            waits: 0,
        };
        bench.reset();
        bench
    }

    /// Fundamental reset.
    pub fn reset(&mut self) {
        self.port.reset();
        self.reads.lose();
        self.forget();
        self.owed.clear();
        self.tally.resets += 1;
    }

    /// The function has been reset: nothing that was said before holds.
    fn forget(&mut self) {
        self.asked.clear();
        self.owed.forgive();
        self.guard.close();
        self.grace.reset();
        self.attacked = false;
        self.flr_clocks = None;
        self.port.i.cfg_flr_request = false;
    }

    /// Takes settings to the pins.
    pub fn configure(&mut self, cfg: CfgPins) {
        if self.cfg.link_up && !cfg.link_up {
            self.port.drop_incoming();
            self.owed.forgive();
            self.asked.clear();
            self.tally.link_downs += 1;
        }
        self.cfg = cfg;
    }

    /// One clock; an error is a finding.
    pub fn clock(&mut self) -> Result<(), String> {
        let mut cfg = self.cfg;
        if self.port.waits() {
            // A header that waits for the port shows the id of the moment; a hard block doesn't change it then.
            cfg.requester_id = self.port.i.cfg.requester_id;
        }
        self.port.i.cfg = cfg;
        self.may_reset = !self.port.i.cfg_flr_request;
        self.grace.configure(cfg);
        if self.cfg.link_up && self.port.completions_waiting() < 3 {
            if let Some(packet) = self.reads.answer(self.port.now, &self.guard) {
                if self.rng.chance(3) {
                    // As if it had been damaged on the link, which sends it again.
                    let mut damaged = packet.clone();
                    damaged.data.iter_mut().for_each(|word| *word = !*word);
                    damaged.error = true;
                    self.port.send_completion(damaged);
                }
                self.port.send_completion(packet);
            }
        }
        let (reads, spares, id) = (&self.reads, self.spares, cfg.requester_id);
        let opened = &mut self.opened;
        let moved = self.port.clock(|packet| {
            let fair = !spares || reads.fair(packet, id);
            if fair {
                *opened = (reads.is_open(packet), id);
            }
            fair
        })?;
        if !self.cfg.link_up {
            self.reads.lose();
        }
        if let Some(packet) = moved.completion {
            self.reads.answered(&packet, self.opened.0, self.opened.1);
            let what = match (packet.error, self.opened.0) {
                (true, _) => "error",
                (_, true) => "completion",
                _ => "stray",
            };
            self.event(what, packet.hdr, packet.data.len());
            self.given = Some(packet);
        }
        let attacked = self.attacking && moved.request.is_some();
        self.attacked |= attacked;
        if let Some(packet) = moved.request {
            self.owed.note(&packet);
            let what = if packet.error { "bad request" } else { "request" };
            self.event(what, packet.hdr, packet.data.len());
        }
        let port = &self.port;
        if self.flr_clocks.is_some() {
            // What the reset finds inside goes without answer.
            self.owed.forgive();
        }
        let ready = [port.i.tx_wr_ready, port.i.tx_rd_ready, port.i.tx_cpl_ready];
        let valid = [port.o.tx_wr.valid, port.o.tx_rd.valid, port.o.tx_cpl.valid];
        let may = self.cfg.bus_master && self.cfg.link_up && self.flr_clocks.is_none();
        if ready[0] && ready[2] && self.flr_clocks.is_none() {
            self.owed.clock()?;
        }
        let acknowledged = port.o.cfg_flr_ack;
        let free = std::array::from_fn(|n| ready[n] && !valid[n] && (may || n == 2));
        let ended: [bool; 3] = std::array::from_fn(|n| moved.sent[n].is_some());
        for (n, tlp) in moved.sent.into_iter().enumerate() {
            if let Some(tlp) = tlp {
                let verdict = self.judge(n, &tlp);
                verdict.map_err(|what| format!("stream {n}, {:08x?}: {what}", tlp.hdr.0))?;
                self.port.pool.give(tlp);
            }
        }
        self.grace.clock(free, ended);
        self.waits += 1;
        if !self.port.o.cfg_trans_pending
            || self.reads.open.iter().any(Option::is_some)
            || self.port.o.tx_rd.valid
        {
            self.waits = 0;
        } else if self.waits > super::SETTLE {
            return Err("the card waits for an answer though no read is open".into());
        }
        self.reset_function(acknowledged)?;
        if acknowledged {
            // What came before has had no effect, and what comes with the acknowledgement has.
            self.attacked = attacked;
            self.port.lose_begun();
        }
        self.tally.clocks += 1;
        Ok(())
    }

    fn event(&mut self, what: &'static str, hdr: Header, dws: usize) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back((self.port.now, what, hdr, dws));
    }

    /// These TLPs, oldest first.
    pub fn history(&self) -> String {
        let line = |(clock, what, hdr, dws): &(u64, &str, Header, usize)| {
            format!("{clock:>9} {what:<12} {dws:>4} DW of {}", decode::header(hdr))
        };
        self.events.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn reset_function(&mut self, acknowledged: bool) -> Result<(), String> {
        let Some(clocks) = &mut self.flr_clocks else {
            return if acknowledged { Err("cfg_flr_ack without a request".into()) } else { Ok(()) };
        };
        *clocks += 1;
        let clocks = *clocks;
        if acknowledged {
            self.tally.worst_reset = self.tally.worst_reset.max(clocks);
            self.tally.function_resets += 1;
            self.forget();
        } else if clocks > super::FUNCTION_RESET {
            let o = &self.port.o;
            let valid = (o.tx_wr.valid, o.tx_rd.valid, o.tx_cpl.valid);
            let open = self.reads.open.iter().flatten().count();
            let pending = o.cfg_trans_pending;
            return Err(format!(
                "no cfg_flr_ack in {clocks} clocks; reads pending {pending}, {open} open, streams valid {valid:?}"
            ));
        }
        Ok(())
    }

    /// Asks for a Function Level Reset.
    pub fn ask_reset(&mut self) {
        self.port.i.cfg_flr_request = true;
        self.flr_clocks.get_or_insert(0);
    }

    /// Passes what was given to the card on to the attacker, who may send it again.
    pub fn show(&mut self, attack: &mut Attack) {
        if let Some(packet) = self.given.take() {
            attack.keep(&packet);
        }
    }
}
