//! Queue pair 1, which faults hit, and three pairs with random traffic beside it.

use std::ops::Range;

use ferrolane_abi::completion::Completion;
use ferrolane_abi::descriptor::{self, Descriptor, EOP, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_abi::status;
use ferrolane_sim::faults::{CompletionKind, Fault, TimedKind};
use ferrolane_sim::rng::Rng;
use ferrolane_sim::Direction;

use crate::bare::{Bare, Region, Seen};
use crate::feed::Feed;
use crate::job::{jobs, work, Job, Part, Shape, Work, BLANK};
use crate::lane::{Lane, Setup};

/// The pair that faults hit.
pub const VICTIM: u32 = 1;
/// Packets of the pair that faults hit, each one descriptor and one read.
pub const PACKETS: usize = 12;
/// Distance of their data in bytes: no read of them is cut while MRRS is at least this.
const SLOT: usize = 512;
/// Clocks that anything may take.
const PATIENCE: u64 = 400_000;
/// Clocks that a reset may take when all that is under way is answered in time.
const RESET: u64 = 20_000;
/// Clocks after which what should not come would have come.
const AFTERWARDS: u64 = 4_000;

/// The pair that faults hit.
pub struct Victim {
    pub h2c: Lane,
    pub out: Work,
    pub back: Job,
    pub records: Vec<Completion>,
}

/// Everything.
pub struct Bed {
    pub bare: Bare,
    pub victim: Victim,
    pub others: Vec<Job>,
    /// Bits of ERROR that may be set behind a recovery.
    pub expected: u32,
    seed: u64,
    /// TLPs of the card that were judged, and those that were seen on the wire.
    judged: u64,
    seen: u64,
}

/// Random traffic.
fn shape(seed: u64) -> Shape {
    Shape { seed, packets: 20, longest: 5_000, piece: 1_500, irq: 0 }
}

/// How the pairs with random traffic are fed.
fn setups() -> Vec<(Setup, Setup)> {
    [(0, Feed::Ring), (2, Feed::List), (3, Feed::Push)]
        .map(|(queue, feed)| (Setup::new(H2c, queue, feed), Setup::new(C2h, queue, Feed::Ring)))
        .into()
}

impl Victim {
    fn new(bare: &mut Bare, seed: u64) -> Self {
        let mut rng = Rng::new(seed, "victim");
        let mut place = || {
            let region = bare.region(PACKETS * SLOT);
            region.memory.write(0, &vec![BLANK; region.memory.len()]);
            region
        };
        let (out, back) = (place(), place());
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for i in 0..PACKETS {
            // Long enough for several completions, and with room beside it for guard bytes.
            let offset = 1 + rng.below(40) as usize;
            let len = 300 + rng.below((SLOT - 340 - 2) as u64) as usize;
            let data: Vec<u8> = (0..len).map(|_| rng.next() as u8).collect();
            let meta = rng.next() as u32;
            out.memory.write(i * SLOT + offset, &data);
            let part = |region: &Region, offset: usize, room: u32, flags, card| Part {
                descriptor: Descriptor { host_addr: region.iova + offset as u64, len: room, flags, card },
                offset,
                bytes: len as u32,
                eop: true,
                meta,
                data: data.clone(),
            };
            sent.push(part(&out, i * SLOT + offset, len as u32, SOP | EOP, meta));
            received.push(part(&back, i * SLOT + 1, (SLOT - 2) as u32, 0, 0));
        }
        let back =
            Job::new(bare, Setup::new(C2h, VICTIM, Feed::Ring), Work { parts: received, region: back });
        let mut h2c = Lane::new(bare, Setup::new(H2c, VICTIM, Feed::Ring));
        h2c.waiting.extend(sent.iter().map(|part| part.descriptor));
        Victim { h2c, out: Work { parts: sent, region: out }, back, records: Vec::new() }
    }

    fn step(&mut self, bare: &mut Bare) {
        self.back.step(bare);
        while let Some(record) = self.h2c.take() {
            self.records.push(record);
        }
        self.h2c.feed(bare);
    }

    /// IOVAs of a packet's data.
    pub fn data(&self, packet: usize) -> Range<u64> {
        let descriptor = &self.out.parts[packet].descriptor;
        descriptor.host_addr..descriptor.host_addr + u64::from(descriptor.len)
    }

    /// IOVAs of the descriptor ring.
    pub fn ring(&self) -> Range<u64> {
        self.h2c.ring.iova..self.h2c.ring.iova + ((descriptor::BYTES as u64) << self.h2c.setup.log2)
    }
}

impl Bed {
    pub fn new(preset: &str, seed: u64) -> Self {
        Bed::on(Bare::new(preset), seed)
    }

    /// New queues and new data on a card whose queues are all stopped.
    pub fn on(mut bare: Bare, seed: u64) -> Self {
        bare.take_log();
        let judged = bare.machine.statistics().judged;
        let others = jobs(&mut bare, &setups(), shape(seed));
        let victim = Victim::new(&mut bare, seed);
        Bed { bare, victim, others, expected: 0, seed, judged, seen: 0 }
    }

    /// Device time in ps.
    pub fn now_ps(&self) -> u64 {
        self.bare.now() * self.bare.machine.options.period_ps
    }

    /// Plans a fault of the completions of a packet's data; its number.
    pub fn spoil_data(&mut self, kind: CompletionKind, completion: u64, packet: usize) -> usize {
        self.bare.machine.inject(Fault::nth(kind, completion, self.victim.data(packet)))
    }

    /// Plans a fault of the completions of reads in the descriptor ring; its number.
    pub fn spoil_ring(&mut self, kind: CompletionKind, completion: u64) -> usize {
        self.bare.machine.inject(Fault::nth(kind, completion, self.victim.ring()))
    }

    /// Plans a fault from now on, for some device time in ns; its number.
    pub fn timed(&mut self, kind: TimedKind, for_ns: Option<u64>) -> usize {
        let fault = Fault::timed(kind, self.now_ps(), for_ns.map(|ns| 1_000 * ns));
        self.bare.machine.inject(fault)
    }

    /// Somebody resets the function, wherever the traffic is.
    pub fn resets(&mut self) {
        let reset = self.timed(TimedKind::Flr, None);
        self.bare.clock();
        let end = self.bare.now() + RESET;
        while self.bare.machine.config.flr_requested() {
            assert!(self.bare.now() < end, "the reset does not end");
            self.bare.clock();
        }
        assert_eq!(self.bare.machine.applied(reset), 1);
    }

    pub fn step(&mut self) {
        self.others.iter_mut().for_each(|job| {
            job.step(&mut self.bare);
        });
        self.victim.step(&mut self.bare);
        self.bare.run(16);
    }

    /// Steps until something is so.
    pub fn until(&mut self, what: &str, mut so: impl FnMut(&mut Bed) -> bool) {
        let end = self.bare.now() + PATIENCE;
        while !so(self) {
            assert!(self.bare.now() < end, "not within {PATIENCE} clocks: {what}");
            self.step();
        }
    }

    pub fn others_done(&self) -> bool {
        self.others.iter().all(Job::done)
    }

    /// What has gone over the wires since this was last asked.
    pub fn take_log(&mut self) -> Vec<Seen> {
        let log = self.bare.take_log();
        self.seen += to_host(&log);
        log
    }

    /// Lets everything come that still would.
    pub fn wait(&mut self) {
        let end = self.bare.now() + AFTERWARDS;
        while self.bare.now() < end {
            self.step();
        }
    }

    /// The victim's packet `index` ends with `code` and `bytes`, all before it well, nothing behind it at all, and the other
    /// queues don't notice.
    pub fn halts(&mut self, code: u8, index: usize, bytes: u32) {
        let bad = |bed: &Bed| bed.victim.records.last().is_some_and(|record| record.status != status::OK);
        self.until("the victim's error record", |bed| bad(bed));
        self.until("the end of the other queues' traffic", |bed| bed.others_done());
        self.wait();
        let records = &self.victim.records;
        assert_eq!(records.len(), index + 1, "records: {records:?}");
        for (i, record) in records[..index].iter().enumerate() {
            let sent = self.victim.out.parts[i].bytes;
            assert_eq!((record.index as usize, record.bytes, record.status), (i, sent, status::OK));
        }
        let last = records[index];
        assert_eq!((last.index as usize, last.bytes, last.status), (index, bytes, code), "{last:?}");
        let state = self.victim.h2c.get(&mut self.bare, &regs::STATUS);
        assert_eq!(state >> 8 & 0xFF, u32::from(code), "STATUS.CODE in {state:#x}");
        assert_eq!(state & 2, 2, "STATUS.ERROR in {state:#x}");
        assert_eq!(self.victim.back.judged, index, "packets that came back");
        self.nothing_behind(index);
        let errors = self.bare.take_errors();
        let timeout = matches!(code, status::DATA_TIMEOUT | status::FETCH_TIMEOUT);
        let expected = error("QUEUE_ERROR") | if timeout { error("CPL_TIMEOUT") } else { 0 };
        assert_eq!(errors & !error("UNEXPECTED_CPL"), expected, "ERROR is {errors:#x}");
    }

    /// The card has written nothing to buffers of packets from `index` on.
    fn nothing_behind(&self, index: usize) {
        let from = index * SLOT;
        let region = &self.victim.back.work.region;
        let rest = region.bytes(from, region.memory.len() - from);
        assert!(rest.iter().all(|byte| *byte == BLANK), "bytes behind packet {index} were written");
    }

    /// All the victim's packets and all other traffic end well.
    pub fn all_end_well(&mut self) {
        self.until("the end of all traffic", |bed| {
            bed.others_done() && bed.victim.back.done() && bed.victim.records.len() == PACKETS
        });
        let sent = self.victim.out.parts.iter().map(|part| part.bytes);
        for (record, bytes) in self.victim.records.iter().zip(sent) {
            assert_eq!((record.bytes, record.status), (bytes, status::OK), "{record:?}");
        }
        self.wait();
        assert_eq!(self.victim.records.len(), PACKETS, "no record came twice");
    }

    /// Stops and starts all queues: random traffic goes through each. Gives the card back with all queues stopped.
    pub fn recovers(mut self) -> Bare {
        self.take_log();
        let Bed { mut bare, victim, others, expected, seed, judged, seen } = self;
        let shape = shape(seed + 100);
        let old = Job { lane: victim.h2c, work: victim.out, judged: 0 };
        let mut running = Vec::new();
        for [c2h, h2c] in std::iter::once([victim.back, old]).chain(pairs(others)) {
            let (out, back) = work(&mut bare, shape, c2h.lane.setup.index);
            for (job, work) in [(c2h, back), (h2c, out)] {
                let setup = job.lane.setup.clone();
                running.push(job.again(&mut bare, setup, work));
            }
        }
        let end = bare.now() + PATIENCE;
        while !running.iter().all(Job::done) {
            assert!(bare.now() < end, "traffic after the fault does not end");
            running.iter_mut().for_each(|job| {
                job.step(&mut bare);
            });
            bare.run(16);
        }
        bare.run(AFTERWARDS);
        for job in &mut running {
            assert_eq!(job.step(&mut bare), 0, "{}", job.lane.name());
            job.lane.stop(&mut bare);
        }
        assert_eq!(bare.take_errors() & !expected, 0);
        let seen = seen + to_host(&bare.take_log());
        let all = bare.machine.statistics().judged - judged;
        assert_eq!(all, seen, "TLPs judged, and TLPs on the wire");
        bare
    }
}

/// Jobs two by two, C2H first as they were made.
fn pairs(jobs: Vec<Job>) -> Vec<[Job; 2]> {
    let mut jobs = jobs.into_iter();
    std::iter::from_fn(|| Some([jobs.next()?, jobs.next()?])).collect()
}

/// TLPs of the card.
fn to_host(log: &[Seen]) -> u64 {
    log.iter().filter(|seen| seen.direction == Direction::ToHost).count() as u64
}

/// A bit of the global ERROR register.
pub fn error(name: &str) -> u32 {
    global::ERROR.field(name).unwrap().mask()
}
