//! Random traffic on random links with random interventions, for as long as asked.
//!
//! `SOAK_SECONDS` is how long (a short slice unless set), `SOAK_SEED` the first round's seed. Each round has a card, a
//! link and up to four queue pairs of its own, and is printed if it fails; its seed alone repeats it.

mod crosses;
mod pair;
mod preset;
mod slots;
mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrolane::{wait_any, Device, DeviceOptions, Queue, Transport};
use ferrolane_abi::regs::global;
use ferrolane_sim::checker::GRACE;
use ferrolane_sim::rng::Rng;
use ferrolane_sim::{Options, SimControl, SimTransport};

use crosses::{size, Crosses, Of};
use pair::{Pair, Trouble};
use preset::Link;
use store::Store;

/// Device time without any progress that fails a round, in nanoseconds.
pub const PATIENCE: u64 = 4_000_000;

/// Rounds behind which this much of all crosses has to be met, in percent.
const ENOUGH: u64 = 300;
const DEMANDED: f64 = 98.0;

/// First serial number of packets behind a reset of the function.
const SECOND_LIFE: u32 = 1 << 20;

/// What all rounds together did.
#[derive(Default)]
struct Tally {
    rounds: u64,
    clocks: u64,
    packets: u64,
    bytes: u64,
    card_bytes: u64,
    stops: u64,
    faults: u64,
    card_stops: u64,
    bus_master_offs: u64,
    resets: u64,
    /// Completions that came behind their time, or may have.
    late: u64,
    crosses: Crosses,
}

impl Tally {
    fn print(&self) {
        for (name, count) in [
            ("rounds", self.rounds),
            ("clocks", self.clocks),
            ("packets compared", self.packets),
            ("bytes compared", self.bytes),
            ("bytes of the card's memory compared", self.card_bytes),
            ("stops", self.stops),
            ("reads that went wrong", self.faults),
            ("  of them answered too late", self.late),
            ("stops by the card", self.card_stops),
            ("bus master off", self.bus_master_offs),
            ("function level resets", self.resets),
        ] {
            println!("{name:<44} {count:>13}");
        }
    }
}

struct Round {
    rng: Rng,
    transport: Arc<dyn Transport>,
    control: SimControl,
    device: Device,
    pairs: Vec<Pair>,
    stores: Vec<Store>,
    interrupts: bool,
    /// How eager to intervene, in percent of turns.
    unrest: u8,
    /// Queues that the card has stopped.
    card_stopped: u32,
    link: Link,
    /// A completion has come too late, or may have.
    late: bool,
}

fn open(transport: &Arc<dyn Transport>) -> Device {
    Device::open_with(Arc::clone(transport), DeviceOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

impl Round {
    fn new(seed: u64, link: Link) -> Self {
        let mut rng = Rng::new(seed, "round");
        let sim = SimTransport::open(Options::parse(&link.preset).unwrap()).unwrap_or_else(|e| panic!("{e}"));
        let control = sim.control();
        let transport: Arc<dyn Transport> = Arc::new(sim);
        let device = open(&transport);
        let interrupts = rng.chance(40);
        let unrest = [0, 1, 3, 10][rng.below(4) as usize];
        let mut round = Round {
            rng,
            transport,
            control,
            device,
            pairs: Vec::new(),
            stores: Vec::new(),
            interrupts,
            unrest,
            card_stopped: 0,
            link,
            late: false,
        };
        round.open_pairs(seed, 1);
        round
    }

    fn open_pairs(&mut self, seed: u64, first: u32) {
        let queues = 1 + self.rng.below(4) as u32;
        let packets = 4 + self.rng.below(12) as usize;
        self.pairs =
            (0..queues).map(|q| Pair::open(&self.device, q, seed, packets, self.interrupts, first)).collect();
        let last = queues + self.rng.below(u64::from(5 - queues)) as u32;
        self.stores =
            (queues..last).map(|q| Store::open(&self.device, q, seed, packets, self.interrupts)).collect();
    }

    fn release_card(&mut self) {
        for queue in 0..4 {
            self.control.card_stop(queue, false);
        }
        self.card_stopped = 0;
    }

    /// Does something that traffic has to live with.
    fn intervene(&mut self, tally: &mut Tally) {
        let which = self.rng.below(self.pairs.len() as u64) as usize;
        match self.rng.below(11) {
            8.. => self.intervene_store(tally),
            0 | 1 => {
                self.met(tally, "h2c stop", which..which + 1);
                self.pairs[which].restart_h2c(self.interrupts);
                tally.stops += 1;
            }
            2 | 3 => {
                self.met(tally, "c2h stop", which..which + 1);
                self.pairs[which].restart_c2h(self.interrupts);
                tally.stops += 1;
            }
            4 | 5 => {
                let queue = self.rng.below(4) as u32;
                self.card_stopped ^= 1 << queue;
                self.control.card_stop(queue, self.card_stopped >> queue & 1 == 1);
                self.met(tally, "card stop", 0..self.pairs.len());
                tally.card_stops += 1;
            }
            6 => {
                self.transport.set_bus_master(false).unwrap();
                let clocks = self.rng.below(3_000) as u32;
                self.device.relax(clocks).unwrap_or_else(|e| panic!("{e}"));
                self.transport.set_bus_master(true).unwrap();
                // The checker allows for what was under way at one change at a time.
                self.device.relax(GRACE as u32).unwrap_or_else(|e| panic!("{e}"));
                self.met(tally, "bus master off", 0..self.pairs.len());
                self.stores_met(tally, "bus master off");
                tally.bus_master_offs += 1;
            }
            _ => {
                self.release_card();
                let trouble = Trouble::random(&mut self.rng, self.link.short_timeout);
                let feed = self.pairs[which].feeds()[0];
                if self.pairs[which].fault(trouble, &self.control, self.interrupts) {
                    tally.crosses.met(Of::EventFeed, &[trouble.name(), feed]);
                    self.went_wrong(trouble, tally);
                }
            }
        }
    }

    /// The same with memory queues.
    fn intervene_store(&mut self, tally: &mut Tally) {
        if self.stores.is_empty() {
            return;
        }
        let which = self.rng.below(self.stores.len() as u64) as usize;
        if self.rng.chance(40) {
            self.stores[which].restart(self.interrupts);
            tally.crosses.met(Of::StoreEvent, &["stop"]);
            tally.stops += 1;
            return;
        }
        self.release_card();
        let trouble = Trouble::random(&mut self.rng, self.link.short_timeout);
        if self.stores[which].fault(trouble, &self.control, self.interrupts) {
            tally.crosses.met(Of::StoreEvent, &[trouble.name()]);
            self.went_wrong(trouble, tally);
        }
    }

    fn went_wrong(&mut self, trouble: Trouble, tally: &mut Tally) {
        tally.faults += 1;
        let late = trouble.name() == "late completion";
        self.late |= late;
        tally.late += u64::from(late);
    }

    fn stores_met(&self, tally: &mut Tally, event: &str) {
        if !self.stores.is_empty() {
            tally.crosses.met(Of::StoreEvent, &[event]);
        }
    }

    /// An event that pairs `which` have met.
    fn met(&self, tally: &mut Tally, event: &str, which: std::ops::Range<usize>) {
        for pair in &self.pairs[which] {
            tally.crosses.met(Of::EventFeed, &[event, pair.feeds()[0]]);
        }
    }

    /// Packets that have come.
    fn count(&mut self, tally: &mut Tally) {
        let Link { mps, mrrs, rcb, split, .. } = self.link;
        let waiting = if self.interrupts { "interrupt" } else { "polled" };
        for pair in &mut self.pairs {
            let [out, back] = pair.feeds();
            for length in std::mem::take(&mut pair.lengths) {
                tally.crosses.met(Of::FeedsSize, &[out, back, size(length)]);
                tally.crosses.met(Of::MpsSize, &[mps, size(length)]);
                tally.crosses.met(Of::Cuts, &[mrrs, rcb, split]);
                tally.crosses.met(Of::WaitFeed, &[waiting, out]);
                for stall in &self.link.stalls {
                    tally.crosses.met(Of::StallSize, &[stall, size(length)]);
                }
            }
        }
        for store in &mut self.stores {
            for (access, feed, length) in std::mem::take(&mut store.ended) {
                tally.crosses.met(Of::AccessSize, &[access, feed, size(length)]);
            }
        }
    }

    /// Function-level reset in the middle of it all; everything begins anew.
    fn reset(&mut self, seed: u64) {
        self.transport.reset().unwrap_or_else(|e| panic!("{e}"));
        self.pairs.clear();
        self.stores.clear();
        self.device = open(&self.transport);
        self.open_pairs(seed, SECOND_LIFE);
    }

    /// What is left to do.
    fn state(&self) -> String {
        let stores = self.stores.iter().map(Store::describe);
        self.pairs.iter().map(Pair::describe).chain(stores).collect::<Vec<_>>().join("\n")
    }

    fn run(&mut self, seed: u64, tally: &mut Tally) {
        let mut patience = self.device.deadline(PATIENCE);
        let mut resets = u64::from(self.rng.chance(10));
        while !(self.pairs.iter().all(Pair::done) && self.stores.iter().all(Store::done)) {
            let mut count = 0;
            for pair in &mut self.pairs {
                count += pair.take();
                pair.send();
            }
            for store in &mut self.stores {
                count += store.take();
                store.send();
            }
            self.count(tally);
            if self.rng.chance(self.unrest) {
                self.intervene(tally);
                count += 1;
            }
            if resets > 0 && self.rng.chance(2) {
                self.met(tally, "FLR", 0..self.pairs.len());
                self.stores_met(tally, "FLR");
                self.reset(seed);
                resets -= 1;
                tally.resets += 1;
                count += 1;
            }
            if count > 0 {
                patience = self.device.deadline(PATIENCE);
                let clocks = self.rng.below(60) as u32;
                self.device.relax(clocks).unwrap_or_else(|e| panic!("{e}"));
                continue;
            }
            if self.rng.chance(5) {
                self.release_card();
            }
            assert!(self.device.now() < patience, "no progress any more\n{}", self.state());
            if self.interrupts && self.card_stopped == 0 {
                let mut queues: Vec<&mut dyn Queue> =
                    self.pairs.iter_mut().flat_map(|pair| pair.queues()).collect();
                queues.extend(self.stores.iter_mut().flat_map(|store| store.queues()));
                wait_any(&mut queues, patience).unwrap_or_else(|e| panic!("{e}"));
            } else {
                self.device.relax(100).unwrap_or_else(|e| panic!("{e}"));
            }
        }
        for pair in self.pairs.drain(..) {
            tally.packets += pair.packets;
            tally.bytes += pair.bytes;
            pair.stop();
        }
        for store in self.stores.drain(..) {
            tally.card_bytes += store.bytes;
            store.stop();
        }
        assert_eq!(self.device.read_global(&global::CNT_INVALID_DOORBELL).unwrap(), 0);
        if !self.late {
            assert_eq!(self.device.read_global(&global::CNT_UNEXPECTED_CPL).unwrap(), 0);
        }
        // A write here is one of a queue that was idle by then: its rings and buffers were unmapped.
        if let Some(fault) = self.control.faults().iter().find(|fault| fault.write || tally.faults == 0) {
            panic!("{fault}");
        }
        tally.rounds += 1;
        tally.clocks += self.control.clocks();
    }
}

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => default,
    }
}

/// Says which round it was when a panic unwinds through it.
struct Name(u64, String);

impl Drop for Name {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("repeat with SOAK_SEED={} SOAK_SECONDS=1: {}", self.0, self.1);
        }
    }
}

#[test]
fn soak() {
    let end = Instant::now() + Duration::from_secs(number("SOAK_SECONDS", 8));
    let first = number("SOAK_SEED", 1);
    let mut tally = Tally::default();
    for seed in first.. {
        let link = preset::random(seed);
        let _name = Name(seed, link.preset.clone());
        Round::new(seed, link).run(seed, &mut tally);
        if Instant::now() >= end {
            break;
        }
    }
    tally.print();
    let met = tally.crosses.print();
    assert!(tally.packets > 0);
    assert!(
        tally.rounds < ENOUGH || met >= DEMANDED,
        "{met:.1} % of the crosses are met, {DEMANDED} % are demanded"
    );
}
