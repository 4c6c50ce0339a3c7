//! One row: a build, a direction, a fragment size and a latency, run until the measured part is over.

use anyhow::{anyhow, bail, Result};
use ferrolane_abi::map::Direction;

use crate::bound::Setup;
use crate::card::Clocks;
use crate::engine::Build;
use crate::host::{link_name, Host, Place};
use crate::ring::{Plan, Ring, PACKET};
use crate::splits::Splits;
use crate::wire::{Counts, Purpose};

/// Clocks between two looks of the host at its records.
const POLL: u64 = 32;
/// Clocks without a record after which a row is given up.
const PATIENCE: u64 = 400_000;
/// COALESCE.COUNT.
const COALESCE: u32 = 16;
/// COALESCE.TIME in clocks, least and for each queue: the more queues share the link, the later a queue's next record.
const WAIT: u32 = 2_048;
const WAIT_PER_QUEUE: u32 = 512;

/// Which way data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Host to card.
    H2c,
    /// Card to host.
    C2h,
    /// A fragment of each, in turn.
    Both,
}

/// What is measured.
#[derive(Clone, Copy)]
pub struct Row {
    /// The engine.
    pub build: Build,
    /// Queues of it that are used, per direction.
    pub queues: usize,
    /// Which way.
    pub flow: Flow,
    /// Bytes of a fragment.
    pub fragment: u32,
    /// Read latency, seed, addresses.
    pub place: Place,
}

/// What came out.
pub struct Outcome {
    /// The row.
    pub row: Row,
    /// Payload bytes per clock, both directions together.
    pub bytes_per_clock: f64,
    /// The bound.
    pub bound: f64,
    /// Overhead per fragment on the wires to the host and to the card, bytes: ours and the reference's.
    pub overhead: [[f64; 2]; 2],
    /// Fragments in the measured part, both directions together.
    pub fragments: f64,
    /// What the wires carried in it.
    pub counts: Counts,
    /// What the card's side counted in it.
    pub clocks: Clocks,
    /// Most data reads unanswered at a time.
    pub most_reads: u64,
    /// Use of the wires, to the host and to the card, 1 is all.
    pub busy: [f64; 2],
}

/// `h2c`, `c2h`, `both`.
pub fn flow_name(flow: Flow) -> &'static str {
    match flow {
        Flow::H2c => "h2c",
        Flow::C2h => "c2h",
        Flow::Both => "both",
    }
}

impl Row {
    /// What a filter can name.
    pub fn words(&self) -> Vec<String> {
        vec![
            self.build.name.into(),
            format!("w{}", self.build.width),
            format!("q{}", self.queues),
            format!("t{}", self.build.tags),
            link_name(self.build.width),
            flow_name(self.flow).into(),
            format!("{}", self.fragment),
            format!("{}ns", self.place.latency_ns),
        ]
    }

    /// Floor in percent of the bound.
    pub fn floor(&self) -> Option<f64> {
        match self.fragment {
            1024.. => Some(99.0),
            256.. => Some(97.0),
            64.. => Some(90.0),
            _ => None,
        }
    }

    fn directions(&self) -> &'static [Direction] {
        match self.flow {
            Flow::H2c => &[Direction::H2c],
            Flow::C2h => &[Direction::C2h],
            Flow::Both => &[Direction::H2c, Direction::C2h],
        }
    }

    /// Ring entries of a queue: as many descriptors at a time as keep the link busy while the host is told of records
    /// and tells of descriptors, and few enough for a lap to be short.
    fn entries(&self) -> u32 {
        let (all, least) = match self.fragment {
            4096.. => (128, 8),
            1024.. => (512, 32),
            _ => (2048, 64),
        };
        (all / self.queues as u32).max(least)
    }

    /// Fragments per direction: the first quarter is at least a lap of the rings.
    fn fragments(&self) -> u64 {
        4 * u64::from(self.entries()) * self.queues as u64
    }

    fn start(&self, host: &mut Host) -> Result<Vec<Ring>> {
        let mut rings = Vec::new();
        for direction in self.directions() {
            for index in 0..self.queues as u32 {
                let plan = Plan {
                    direction: *direction,
                    index,
                    place: rings.len(),
                    entries: self.entries(),
                    fragment: self.fragment,
                    coalesce: COALESCE,
                    wait: WAIT.max(WAIT_PER_QUEUE * self.queues as u32),
                    push: false,
                };
                rings.push(Ring::start(host, plan)?);
            }
        }
        Ok(rings)
    }

    /// Runs it.
    ///
    /// # Errors
    /// A byte, a record or a TLP was wrong, or nothing moved any more.
    pub fn run(&self) -> Result<Outcome> {
        self.measure().map_err(|e| anyhow!("{}: {e:#}", self.words().join(" ")))
    }

    fn measure(&self) -> Result<Outcome> {
        let queues = self.queues * self.directions().len();
        let sizes = Ring::sizes(queues, self.entries(), self.fragment);
        let packet = u64::from(PACKET * self.fragment);
        let mut host = Host::new(&self.build, self.place, packet, sizes)?;
        let mut rings = self.start(&mut host)?;
        let total = self.fragments() * u64::from(self.fragment) * self.directions().len() as u64;
        host.wire.lock().mark(&[total / 4, total]);
        let mut seen = Vec::new();
        self.flow(&mut host, &mut rings, true, |host| {
            let taken = host.wire.lock().snapshots.len();
            while seen.len() < taken {
                seen.push(host.side.lock().clocks);
            }
            taken == 2
        })?;
        self.flow(&mut host, &mut rings, false, |_| false)?;
        host.settle()?;
        for ring in rings.iter().filter(|ring| ring.queue().0 == Direction::H2c) {
            let (taken, offered) = (host.side.lock().taken[ring.queue().1 as usize], ring.offered_bytes());
            if taken != offered {
                bail!("the card got {taken} bytes of {offered} of H2C queue {}", ring.queue().1);
            }
        }
        host.check()?;
        Ok(self.judge(&host, seen[1] - seen[0]))
    }

    /// Runs the machine; the host takes records and, if told to, refills the rings. Ends when `done` says so or all has
    /// come back.
    fn flow(
        &self,
        host: &mut Host,
        rings: &mut [Ring],
        refill: bool,
        mut done: impl FnMut(&Host) -> bool,
    ) -> Result<()> {
        let mut records = 0;
        let mut last = host.machine.now();
        loop {
            let lead = if refill { self.lead(rings) } else { None };
            for ring in rings.iter_mut() {
                ring.poll(host)?;
                if !refill {
                    ring.end_packet(host)?;
                } else if lead != Some(ring.queue().0) {
                    ring.refill(host)?;
                }
            }
            // Offered only now: what comes for a queue that was not started yet would be forgotten by its start.
            host.side.lock().offering = self.flow != Flow::H2c;
            if !refill && rings.iter().all(Ring::done) {
                return Ok(());
            }
            let now: u64 = rings.iter().map(|ring| u64::from(ring.consumed)).sum();
            if now != records {
                (records, last) = (now, host.machine.now());
            } else if host.machine.now() > last + PATIENCE {
                let clocks = host.side.lock().clocks;
                bail!("no record for {PATIENCE} clocks, after {records}; the card's side saw {clocks:?}");
            }
            for _ in 0..POLL {
                host.clock()?;
                if done(host) {
                    return Ok(());
                }
            }
            if host.side.lock().wrong.is_some() {
                host.check()?;
            }
        }
    }

    /// The direction that is so far ahead of the other that the host lets it wait: `Both` is a fragment each way in turn.
    fn lead(&self, rings: &[Ring]) -> Option<Direction> {
        if self.flow != Flow::Both {
            return None;
        }
        let of = |direction| -> u64 {
            rings.iter().filter(|ring| ring.queue().0 == direction).map(|ring| u64::from(ring.consumed)).sum()
        };
        let (h2c, c2h) = (of(Direction::H2c), of(Direction::C2h));
        // Records that are gathered on the chip are no lead.
        let slack = self.fragments() / 16 + u64::from(COALESCE) * self.queues as u64;
        match () {
            () if h2c > c2h + slack => Some(Direction::H2c),
            () if c2h > h2c + slack => Some(Direction::C2h),
            () => None,
        }
    }

    fn judge(&self, host: &Host, clocks: Clocks) -> Outcome {
        let wire = host.wire.lock();
        let counts = wire.snapshots[1] - wire.snapshots[0];
        let setup: Setup = host.setup(self.place.high);
        let splits = Splits::new(&host.machine.options, &wire);
        let of = |bytes| splits.of(bytes);
        let (h2c, c2h) =
            (counts.of(Purpose::DataAnswer).payload as f64, counts.of(Purpose::DataWrite).payload as f64);
        let fragments = (h2c + c2h) / f64::from(self.fragment);
        let share = h2c / (h2c + c2h);
        let reference = setup.fragment(share, self.fragment.into(), &of);
        let payload = |share: f64| share * f64::from(self.fragment);
        let rate = setup.rate.bytes_per_clock() * counts.clock as f64;
        Outcome {
            row: *self,
            bytes_per_clock: counts.data() as f64 / counts.clock as f64,
            bound: setup.bytes_per_clock(share, self.fragment.into(), &of),
            overhead: [
                [(counts.up as f64 - c2h) / fragments, reference.up - payload(1.0 - share)],
                [(counts.down as f64 - h2c) / fragments, reference.down - payload(share)],
            ],
            fragments,
            counts,
            clocks,
            most_reads: wire.most_reads,
            busy: [counts.up as f64 / rate, counts.down as f64 / rate],
        }
    }
}

impl Outcome {
    /// Percent of the bound.
    pub fn percent(&self) -> f64 {
        100.0 * self.bytes_per_clock / self.bound
    }

    /// Whether the floor is met, if there is one.
    pub fn met(&self) -> Option<bool> {
        self.row.floor().map(|floor| self.percent() >= floor)
    }

    /// Clocks per fragment, both directions together.
    pub fn clocks_per_fragment(&self) -> f64 {
        self.counts.clock as f64 / self.fragments
    }
}
