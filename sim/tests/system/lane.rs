//! A queue as raw register accesses see it: set up, its records taken and judged.

use std::collections::VecDeque;

use ferrolane_abi::completion::{self, Completion};
use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::doorbell;
use ferrolane_abi::map::{queue_counters, queue_doorbell, queue_id, queue_regs, Direction};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::table::Register;
use ferrolane_sim::rng::Rng;

use crate::bare::{Bare, Region};
use crate::feed::{Feed, PLACE, PLACES};

/// Clocks that a queue may take to become idle.
const IDLE: u64 = 100_000;

/// How a queue is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    pub direction: Direction,
    pub index: u32,
    pub feed: Feed,
    /// log2 of the entries of each ring.
    pub log2: u32,
    /// WEIGHT, NO_SNOOP and RELAXED_ORDERING, in place.
    pub mode: u32,
    pub vector: u32,
    pub coalesce: u32,
    pub moderate: u32,
    /// Of memory queues.
    pub card_base: u64,
}

impl Setup {
    pub fn new(direction: Direction, index: u32, feed: Feed) -> Self {
        let mode = regs::MODE.reset();
        let vector = 1 + index;
        Setup { direction, index, feed, log2: 6, mode, vector, coalesce: 0, moderate: 0, card_base: 0 }
    }

    pub fn weight(mut self, weight: u32) -> Self {
        let field = regs::MODE.field("WEIGHT").unwrap();
        self.mode = self.mode & !field.mask() | field.put(weight);
        self
    }

    pub fn policy(mut self, policy: u32) -> Self {
        self.coalesce |= regs::COALESCE.field("POLICY").unwrap().put(policy);
        self
    }

    /// COALESCE.COUNT, and COALESCE.TIME in units of 16 clocks.
    pub fn gather(mut self, count: u32, time: u32) -> Self {
        self.coalesce |= count | time << 16;
        self
    }

    /// MODERATE.COUNT, and MODERATE.TIME in units of 16 clocks.
    pub fn moderate(mut self, count: u32, time: u32) -> Self {
        self.moderate = count | time << 16;
        self
    }

    pub fn policy_number(&self) -> u32 {
        regs::COALESCE.field("POLICY").unwrap().get(self.coalesce)
    }
}

/// The queue.
pub struct Lane {
    pub setup: Setup,
    /// Descriptor ring, or places for a list's segments.
    pub ring: Region,
    pub records: Region,
    /// Descriptors handed to the engine.
    pub fed: u32,
    /// Descriptors that are known to have ended.
    pub ended: u32,
    /// Records taken.
    pub taken: u32,
    pub told: u32,
    /// Index behind the last record's descriptor.
    recorded: u32,
    pub generation: u8,
    pub waiting: VecDeque<Descriptor>,
    pub rng: Rng,
}

impl Lane {
    pub fn new(bare: &mut Bare, setup: Setup) -> Self {
        let rng = Rng::new(u64::from(queue_id(setup.direction, setup.index)), "lane");
        let ring = bare.region(PLACES * PLACE * descriptor::BYTES);
        let records = bare.region(completion::BYTES << setup.log2);
        let mut lane = Lane {
            setup,
            ring,
            records,
            fed: 0,
            ended: 0,
            taken: 0,
            told: 0,
            recorded: 0,
            generation: 0,
            waiting: VecDeque::new(),
            rng,
        };
        lane.start(bare);
        lane
    }

    /// Sets it up and starts it; all indices are 0 then.
    pub fn start(&mut self, bare: &mut Bare) {
        let setup = self.setup.clone();
        (self.fed, self.ended, self.taken, self.told, self.recorded) = (0, 0, 0, 0, 0);
        self.records.memory.write(0, &vec![0; completion::BYTES << setup.log2]);
        for (register, value) in [
            (&regs::RING_BASE_LO, self.ring.iova as u32),
            (&regs::RING_BASE_HI, (self.ring.iova >> 32) as u32),
            (&regs::CPL_BASE_LO, self.records.iova as u32),
            (&regs::CPL_BASE_HI, (self.records.iova >> 32) as u32),
            (&regs::RING_SIZE, setup.log2 | setup.log2 << 8),
            (&regs::MODE, setup.mode | setup.feed as u32),
            (&regs::VECTOR, setup.vector),
            (&regs::COALESCE, setup.coalesce),
            (&regs::MODERATE, setup.moderate),
            (&regs::CARD_BASE_LO, setup.card_base as u32),
            (&regs::CARD_BASE_HI, (setup.card_base >> 32) as u32),
            (&regs::CTRL, 1),
        ] {
            self.set(bare, register, value);
        }
        self.generation = self.get(bare, &regs::GENERATION) as u8;
    }

    /// Stops it and waits until it is idle.
    pub fn stop(&mut self, bare: &mut Bare) {
        self.set(bare, &regs::CTRL, 0);
        let end = bare.now() + IDLE;
        while self.get(bare, &regs::STATUS) & 1 == 0 {
            assert!(bare.now() < end, "{} does not stop", self.name());
        }
        self.waiting.clear();
    }

    pub fn name(&self) -> String {
        let setup = &self.setup;
        format!("{} queue {} in {:?} mode", setup.direction.name(), setup.index, setup.feed)
    }

    pub fn at(&self, register: &Register) -> u64 {
        queue_regs(self.setup.direction, self.setup.index) + u64::from(register.offset)
    }

    pub fn set(&self, bare: &mut Bare, register: &Register, value: u32) {
        bare.write(self.at(register), value);
    }

    pub fn get(&self, bare: &mut Bare, register: &Register) -> u32 {
        bare.read(self.at(register))
    }

    /// Reads one of its counters.
    pub fn counter(&self, bare: &mut Bare, register: &Register) -> u32 {
        bare.read(queue_counters(self.setup.direction, self.setup.index) + u64::from(register.offset))
    }

    pub fn doorbell_at(&self) -> u64 {
        queue_doorbell(self.setup.direction, self.setup.index)
    }

    /// Tells the engine how many records were taken, and asks for an interrupt if `arm`.
    pub fn tell(&mut self, bare: &mut Bare, arm: bool) {
        self.told = self.taken;
        bare.write(self.doorbell_at() + 4, doorbell::upper(self.taken, arm));
    }

    /// Makes everything handed over so far count.
    pub fn ring_doorbell(&self, bare: &mut Bare) {
        bare.write(self.doorbell_at(), self.fed);
    }

    /// The next record, if it has come. It is of this queue and start, and of a later descriptor than the one before.
    pub fn take(&mut self) -> Option<Completion> {
        let entries = 1 << self.setup.log2;
        let at = (self.taken % entries) as usize * completion::BYTES;
        let memory = &self.records.memory;
        let dw3 = memory.load_acquire(at + 12);
        if (dw3 >> completion::PHASE_BIT == 1) != (self.taken / entries).is_multiple_of(2) {
            return None;
        }
        let dw = |i: usize| memory.load(at + 4 * i);
        let record = Completion::from_dws([dw(0), dw(1), dw(2), dw3]);
        let id = queue_id(self.setup.direction, self.setup.index) as u8;
        assert_eq!((record.queue, record.generation), (id, self.generation), "{}: {record:?}", self.name());
        assert!(record.index >= self.recorded, "{}: {record:?}", self.name());
        self.taken += 1;
        self.recorded = record.index + 1;
        self.ended = self.ended.max(self.recorded);
        Some(record)
    }

    /// Waits for a record.
    pub fn wait(&mut self, bare: &mut Bare, clocks: u64) -> Completion {
        let end = bare.now() + clocks;
        loop {
            if let Some(record) = self.take() {
                return record;
            }
            assert!(bare.now() < end, "{}: no record behind {}", self.name(), self.ended);
            bare.clock();
        }
    }
}
