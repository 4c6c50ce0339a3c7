//! Random packets for the loopback: what each descriptor must come to is known beforehand.

use ferrolane_abi::completion;
use ferrolane_abi::descriptor::{Descriptor, EOP, IRQ, SOP};
use ferrolane_abi::map::Direction;
use ferrolane_abi::regs::queue as regs;
use ferrolane_sim::rng::Rng;

use crate::bare::{Bare, Region};
use crate::lane::{Lane, Setup};

/// What stands in receive buffers beforehand.
pub const BLANK: u8 = 0xA5;
/// Clocks without any end that fail a run.
const PATIENCE: u64 = 200_000;

/// How packets are made.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub seed: u64,
    pub packets: usize,
    /// Longest packet and longest piece of it in bytes.
    pub longest: u64,
    pub piece: u64,
    /// Percent of descriptors that ask for an interrupt.
    pub irq: u8,
}

/// A descriptor, and what it must come to.
#[derive(Clone, Debug)]
pub struct Part {
    pub descriptor: Descriptor,
    /// Its place in the region.
    pub offset: usize,
    pub bytes: u32,
    pub eop: bool,
    pub meta: u32,
    /// C2H: the data.
    pub data: Vec<u8>,
}

/// Descriptors of one direction and their memory.
pub struct Work {
    pub parts: Vec<Part>,
    pub region: Region,
}

/// Packets for a queue pair: what to send, and what comes back.
pub fn work(bare: &mut Bare, shape: Shape, queue: u32) -> (Work, Work) {
    let mut rng = Rng::new(shape.seed, &format!("queue {queue}"));
    let (mut out, mut back) = (Vec::new(), Vec::new());
    let (mut out_at, mut back_at) = (0, 0);
    for _ in 0..shape.packets {
        let len = 1 + rng.below(shape.longest) as usize;
        let data: Vec<u8> = (0..len).map(|_| rng.next() as u8).collect();
        let meta = rng.next() as u32;
        let mut done = 0;
        while done < len {
            let bytes = (1 + rng.below(shape.piece) as usize).min(len - done);
            out_at += rng.below(16) as usize;
            let mut flags = if rng.chance(shape.irq) { IRQ } else { 0 };
            flags |= if done == 0 { SOP } else { 0 };
            flags |= if done + bytes == len { EOP } else { 0 };
            let card = if done == 0 { meta } else { rng.next() as u32 };
            let descriptor = Descriptor { host_addr: out_at as u64, len: bytes as u32, flags, card };
            out.push(Part {
                descriptor,
                offset: out_at,
                bytes: bytes as u32,
                eop: done + bytes == len,
                meta: card,
                data: data[done..done + bytes].to_vec(),
            });
            out_at += bytes;
            done += bytes;
        }
        let mut done = 0;
        while done < len {
            let room = 1 + rng.below(shape.piece) as usize;
            let bytes = room.min(len - done);
            back_at += 1 + rng.below(16) as usize;
            let flags = if rng.chance(shape.irq) { IRQ } else { 0 };
            let descriptor = Descriptor { host_addr: back_at as u64, len: room as u32, flags, card: 0 };
            back.push(Part {
                descriptor,
                offset: back_at,
                bytes: bytes as u32,
                eop: done + bytes == len,
                meta,
                data: data[done..done + bytes].to_vec(),
            });
            back_at += room;
            done += bytes;
        }
    }
    let mut place = |mut parts: Vec<Part>, len: usize| {
        let region = bare.region(len + 1);
        region.memory.write(0, &vec![BLANK; region.memory.len()]);
        parts.iter_mut().for_each(|part| part.descriptor.host_addr += region.iova);
        Work { parts, region }
    };
    let (out, back) = (place(out, out_at), place(back, back_at));
    for part in &out.parts {
        out.region.memory.write(part.offset, &part.data);
    }
    (out, back)
}

/// A queue with its work.
pub struct Job {
    pub lane: Lane,
    pub work: Work,
    /// Parts judged.
    pub judged: usize,
}

impl Job {
    pub fn new(bare: &mut Bare, setup: Setup, work: Work) -> Self {
        let mut lane = Lane::new(bare, setup);
        lane.waiting.extend(work.parts.iter().map(|part| part.descriptor));
        Job { lane, work, judged: 0 }
    }

    /// Starts its queue again, set up otherwise, with new work.
    pub fn again(mut self, bare: &mut Bare, setup: Setup, work: Work) -> Self {
        self.lane.stop(bare);
        self.lane.setup = setup;
        self.lane.start(bare);
        self.lane.waiting.extend(work.parts.iter().map(|part| part.descriptor));
        Job { lane: self.lane, work, judged: 0 }
    }

    fn policy(&self) -> u32 {
        self.lane.setup.policy_number()
    }

    fn has_record(&self, part: &Part) -> bool {
        let irq = part.descriptor.flags & IRQ != 0;
        match self.policy() {
            0 => true,
            1 => part.eop || irq,
            2 => irq,
            _ => false,
        }
    }

    /// Everything before `ended` has ended: judges it.
    fn judge(&mut self, ended: usize) {
        let c2h = self.lane.setup.direction == Direction::C2h;
        while self.judged < ended {
            let part = &self.work.parts[self.judged];
            if c2h {
                let (from, room) = (part.offset, part.descriptor.len as usize);
                let (got, bytes) = (self.work.region.bytes(from - 1, room + 2), part.bytes as usize);
                assert!(got[1..1 + bytes] == part.data, "{}: data of {}", self.lane.name(), self.judged);
                let beside = got[..1].iter().chain(&got[1 + bytes..]);
                let untouched = beside.into_iter().all(|byte| *byte == BLANK);
                assert!(untouched, "{}: bytes beside those of {}", self.lane.name(), self.judged);
            }
            self.judged += 1;
        }
    }

    /// Takes what has ended and feeds what there is room for. Gives the ends.
    pub fn step(&mut self, bare: &mut Bare) -> usize {
        let before = self.judged;
        while let Some(record) = self.lane.take() {
            let index = record.index as usize;
            let skipped = self.work.parts[self.judged..index].iter().filter(|part| self.has_record(part));
            assert_eq!(skipped.count(), 0, "{}: records missing before {record:?}", self.lane.name());
            let part = &self.work.parts[index];
            assert!(self.has_record(part), "{}: no record was due: {record:?}", self.lane.name());
            assert_eq!((record.bytes, record.status), (part.bytes, 0), "{}: {record:?}", self.lane.name());
            if self.lane.setup.direction == Direction::C2h {
                assert_eq!(record.flags & completion::EOP != 0, part.eop, "{}: {record:?}", self.lane.name());
                assert!(!part.eop || record.meta == part.meta, "{}: {record:?}", self.lane.name());
            }
            self.judge(index + 1);
        }
        if self.policy() != 0 && !self.done() {
            let finished = self.lane.get(bare, &regs::FINISHED);
            assert!(finished <= self.lane.fed, "{}: {finished} ended", self.lane.name());
            self.lane.ended = self.lane.ended.max(finished);
            // What ended without record is known to have arrived once no record is due before it.
            let due = (self.judged..self.work.parts.len()).find(|i| self.has_record(&self.work.parts[*i]));
            self.judge(due.unwrap_or(usize::MAX).min(finished as usize));
        }
        self.lane.feed(bare);
        self.judged - before
    }

    pub fn done(&self) -> bool {
        self.judged == self.work.parts.len()
    }
}

/// Runs jobs until all are done.
pub fn run(bare: &mut Bare, jobs: &mut [Job]) {
    let mut last = bare.now();
    while !jobs.iter().all(Job::done) {
        let ends: usize = jobs.iter_mut().map(|job| job.step(bare)).sum();
        if ends > 0 {
            last = bare.now();
        }
        let at = |job: &Job| format!("{}: {} of {}", job.lane.name(), job.judged, job.work.parts.len());
        let stuck = bare.now() > last + PATIENCE;
        assert!(!stuck, "no end any more: {:?}", jobs.iter().map(at).collect::<Vec<_>>());
        bare.run(32);
    }
    bare.settle();
    for job in jobs {
        assert_eq!(job.step(bare), 0);
        assert_eq!(job.lane.get(bare, &regs::FINISHED) as usize, job.work.parts.len());
    }
}

/// Makes jobs for the queue pairs `setups`, H2C and C2H of each.
pub fn jobs(bare: &mut Bare, setups: &[(Setup, Setup)], shape: Shape) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (h2c, c2h) in setups {
        let (out, back) = work(bare, shape, h2c.index);
        jobs.push(Job::new(bare, c2h.clone(), back));
        jobs.push(Job::new(bare, h2c.clone(), out));
    }
    jobs
}
