//! A queue as raw register accesses see it: set up, fed in any of the four modes, its records taken and judged.

use std::collections::VecDeque;

use ferrolane_abi::completion::{self, Completion};
use ferrolane_abi::descriptor::{self, Descriptor, END, LINK};
use ferrolane_abi::doorbell;
use ferrolane_abi::map::{
    queue_counters, queue_doorbell, queue_id, queue_push, queue_regs, Direction, PUSH_SLOTS,
};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::table::Register;
use ferrolane_sim::rng::Rng;

use crate::bare::{Bare, Region};

/// MODE.FEED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    Ring = 0,
    List = 1,
    Push = 2,
    Direct = 3,
}

pub const FEEDS: [Feed; 4] = [Feed::Ring, Feed::List, Feed::Push, Feed::Direct];

/// Entries of a place for a list's segment, and such places.
const PLACE: usize = 512;
const PLACES: usize = 16;
/// Most entries of a segment: it may cross a page.
const SEGMENT: u64 = 300;
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
}

impl Setup {
    pub fn new(direction: Direction, index: u32, feed: Feed) -> Self {
        let mode = regs::MODE.reset();
        Setup { direction, index, feed, log2: 6, mode, vector: 1 + index, coalesce: 0, moderate: 0 }
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
    told: u32,
    /// Index behind the last record's descriptor.
    recorded: u32,
    pub generation: u8,
    pub waiting: VecDeque<Descriptor>,
    rng: Rng,
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

    fn doorbell_at(&self) -> u64 {
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

    /// Hands over what there is room for.
    pub fn feed(&mut self, bare: &mut Bare) {
        if self.told != self.taken {
            self.tell(bare, false);
        }
        if self.waiting.is_empty() {
            return;
        }
        match self.setup.feed {
            Feed::Ring => self.feed_ring(bare),
            Feed::List => self.feed_list(bare),
            Feed::Push => self.feed_push(bare),
            Feed::Direct => self.feed_direct(bare),
        }
    }

    fn next(&mut self, most: u32) -> Option<Descriptor> {
        if self.fed - self.ended >= most {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.fed += 1;
        Some(next)
    }

    fn feed_ring(&mut self, bare: &mut Bare) {
        let (size, before) = (1 << self.setup.log2, self.fed);
        while let Some(next) = self.next(size) {
            let place = (self.fed - 1) % size;
            self.ring.memory.write(place as usize * descriptor::BYTES, &next.to_bytes());
        }
        if self.fed != before {
            self.ring_doorbell(bare);
        }
    }

    fn feed_push(&mut self, bare: &mut Bare) {
        let before = self.fed;
        while let Some(next) = self.next(PUSH_SLOTS) {
            self.push(bare, self.fed - 1, next);
        }
        if self.fed != before {
            self.ring_doorbell(bare);
        }
    }

    /// Writes a descriptor into its slot, in stores of 4, 8 or 16 bytes in any order.
    pub fn push(&mut self, bare: &mut Bare, index: u32, next: Descriptor) {
        let bytes = next.to_bytes();
        let words: Vec<u32> =
            bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let slot = queue_push(self.setup.direction, self.setup.index)
            + u64::from(index % PUSH_SLOTS) * descriptor::BYTES as u64;
        let size = 1 << self.rng.below(3);
        let first = self.rng.below(4) as usize;
        for i in 0..4 / size {
            let at = (first + i) % (4 / size) * size;
            bare.write_all(slot + 4 * at as u64, &words[at..at + size]);
        }
    }

    fn feed_direct(&mut self, bare: &mut Bare) {
        while let Some(next) = self.next(PUSH_SLOTS) {
            self.go(bare, next);
        }
    }

    /// Direct mode: hands one descriptor over.
    pub fn go(&mut self, bare: &mut Bare, next: Descriptor) {
        self.set(bare, &regs::FEED_ADDR_LO, next.host_addr as u32);
        self.set(bare, &regs::FEED_ADDR_HI, (next.host_addr >> 32) as u32);
        self.set(bare, &regs::FEED_LEN, next.len);
        self.set(bare, &regs::FEED_CARD, next.card);
        self.set(bare, &regs::FEED_GO, next.flags.into());
    }

    fn feed_list(&mut self, bare: &mut Bare) {
        // The last list is on the chip.
        if self.get(bare, &regs::HEAD) != self.fed {
            return;
        }
        let mut segments = Vec::new();
        while !self.waiting.is_empty() && segments.len() < PLACES {
            let count = (1 + self.rng.below(SEGMENT)).min(self.waiting.len() as u64);
            segments.push(self.waiting.drain(..count as usize).collect::<Vec<_>>());
        }
        self.fed += segments.iter().map(|segment| segment.len() as u32).sum::<u32>();
        let (first, len) = self.write_list(segments);
        self.go_list(bare, first, len);
    }

    /// Starts a list.
    pub fn go_list(&self, bare: &mut Bare, first: u64, len: u32) {
        self.set(bare, &regs::FEED_ADDR_LO, first as u32);
        self.set(bare, &regs::FEED_ADDR_HI, (first >> 32) as u32);
        self.set(bare, &regs::FEED_LEN, len);
        self.set(bare, &regs::FEED_GO, 0);
    }

    /// Writes segments to places in random order and gives the first one's address and length. Half of the lists end with
    /// END in front of entries that must not be carried out, the others with their count.
    pub fn write_list(&mut self, segments: Vec<Vec<Descriptor>>) -> (u64, u32) {
        let mut places: Vec<usize> = (0..PLACES).collect();
        for i in (1..PLACES).rev() {
            places.swap(i, self.rng.below(i as u64 + 1) as usize);
        }
        let last = segments.len() - 1;
        let (mut next, mut next_len) = (0, 0);
        for (i, mut segment) in segments.into_iter().enumerate().rev() {
            if i != last {
                segment.push(Descriptor { host_addr: next, len: next_len, flags: LINK, card: 0 });
            } else if self.rng.chance(50) {
                let end = segment.len() - 1;
                segment[end].flags |= END;
                let junk = Descriptor { host_addr: 8, len: 0, flags: 0x80, card: 0 };
                segment.extend((0..self.rng.below(40)).map(|_| junk));
            }
            let offset = self.rng.below((PLACE - segment.len()) as u64 + 1) as usize;
            let at = (places[i] * PLACE + offset) * descriptor::BYTES;
            for (k, entry) in segment.iter().enumerate() {
                self.ring.memory.write(at + k * descriptor::BYTES, &entry.to_bytes());
            }
            (next, next_len) = (self.ring.iova + at as u64, segment.len() as u32);
        }
        (next, next_len)
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
