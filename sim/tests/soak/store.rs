//! A pair of memory queues over a range of the card's memory, that may be stopped and started at any time.

use std::collections::VecDeque;
use std::ops::Range;

use ferrolane::{
    Completed, Device, DmaAccess, DmaBuffer, Feed, MemoryRead, MemoryReadQueue, MemoryWrite,
    MemoryWriteQueue, Queue,
};
use ferrolane_abi::card::{DRAM_BASE, SRAM_BASE};
use ferrolane_sim::rng::Rng;
use ferrolane_sim::SimControl;

use crate::pair::{any_feed, config, feed_name, Trouble};
use crate::slots::{Slots, LONGEST};

/// Bytes of the card's memory that a pair uses.
const RANGE: u64 = 16 << 10;

/// Batches of writes with the reads behind them, one after the other.
pub struct Store {
    device: Device,
    queue: u32,
    base: u64,
    write: Option<MemoryWriteQueue>,
    read: Option<MemoryReadQueue>,
    out: Slots,
    back: Slots,
    rng: Rng,
    /// What the card's memory holds; None where a write may or may not have been made.
    holds: Vec<Option<u8>>,
    writes: VecDeque<Range<usize>>,
    reads: VecDeque<Range<usize>>,
    /// Batches to come, and whether the next one reads.
    batches: usize,
    reading: bool,
    feeds: [Feed; 2],
    /// Accesses that have ended since it was last asked: a read or a write, its feed mode, its bytes.
    pub ended: Vec<(&'static str, &'static str, u64)>,
    /// Bytes compared.
    pub bytes: u64,
}

impl Store {
    pub fn open(device: &Device, queue: u32, seed: u64, batches: usize, interrupts: bool) -> Self {
        let mut rng = Rng::new(seed, &format!("store {queue}"));
        let base = [SRAM_BASE, DRAM_BASE][rng.below(2) as usize] + u64::from(queue) * RANGE;
        let slots = 1 + rng.below(8) as usize;
        let mut store = Store {
            device: device.clone(),
            queue,
            base,
            write: None,
            read: None,
            out: Slots::new(device, slots, DmaAccess::DeviceReads),
            back: Slots::new(device, slots, DmaAccess::DeviceWrites),
            rng,
            holds: vec![None; RANGE as usize],
            writes: VecDeque::new(),
            reads: VecDeque::new(),
            batches,
            reading: false,
            feeds: [Feed::Ring; 2],
            ended: Vec::new(),
            bytes: 0,
        };
        store.open_write(interrupts);
        store.open_read(interrupts);
        store
    }

    fn open_write(&mut self, interrupts: bool) {
        self.feeds[0] = any_feed(&mut self.rng);
        let config = config(&mut self.rng, interrupts, self.feeds[0]);
        let opened = self.device.open_memory_write(self.queue, self.base, config);
        self.write = Some(opened.unwrap_or_else(|e| panic!("{e}")));
    }

    fn open_read(&mut self, interrupts: bool) {
        self.feeds[1] = any_feed(&mut self.rng);
        let config = config(&mut self.rng, interrupts, self.feeds[1]);
        let opened = self.device.open_memory_read(self.queue, self.base, config);
        self.read = Some(opened.unwrap_or_else(|e| panic!("{e}")));
    }

    fn write(&mut self) -> &mut MemoryWriteQueue {
        self.write.as_mut().unwrap()
    }

    fn read(&mut self) -> &mut MemoryReadQueue {
        self.read.as_mut().unwrap()
    }

    fn place(&mut self) -> Range<usize> {
        let longest = [8, 100, 900, 4_000, LONGEST as u64][self.rng.below(5) as usize];
        let len = 1 + self.rng.below(longest) as usize;
        let at = self.rng.below(RANGE - len as u64 + 1) as usize;
        at..at + len
    }

    /// Begins the next batch if nothing is under way.
    pub fn send(&mut self) {
        if self.batches == 0 || !self.writes.is_empty() || !self.reads.is_empty() {
            return;
        }
        if self.reading {
            while self.back.any_free() && self.read().free() > 0 {
                let place = self.place();
                let buffer = self.back.take(&mut self.rng, place.len());
                self.read().push(MemoryRead::new(buffer, place.start as u32)).unwrap();
                self.reads.push_back(place);
            }
            self.read().commit().unwrap();
            self.batches -= 1;
        } else {
            while self.out.any_free() && self.write().free() > 0 {
                let place = self.place();
                let data: Vec<u8> = place.clone().map(|_| self.rng.next() as u8).collect();
                let mut buffer = self.out.take(&mut self.rng, place.len());
                buffer.copy_from(&data).unwrap();
                self.write().push(MemoryWrite::new(buffer, place.start as u32)).unwrap();
                // In the order of the descriptors: where two overlap the later one's bytes stay.
                self.holds[place.clone()].iter_mut().zip(data).for_each(|(held, byte)| *held = Some(byte));
                self.writes.push_back(place);
            }
            self.write().commit().unwrap();
        }
        self.reading = !self.reading;
    }

    /// Takes what has completed; how much that was.
    pub fn take(&mut self) -> usize {
        let mut count = 0;
        while let Some(done) = self.write().try_complete().unwrap_or_else(|e| panic!("{e}")) {
            self.written(done);
            count += 1;
        }
        while let Some(done) = self.read().try_complete().unwrap_or_else(|e| panic!("{e}")) {
            self.came(done);
            count += 1;
        }
        count
    }

    fn written(&mut self, done: Completed) {
        assert!(done.status.is_ok(), "memory queue {}: {}", self.queue, done.status);
        let place = self.writes.pop_front().expect("a write that was not asked for");
        self.ended.push(("write", feed_name(self.feeds[0]), place.len() as u64));
        self.out.give(done.buffer, place.len());
    }

    fn came(&mut self, done: Completed) {
        let queue = self.queue;
        assert!(done.status.is_ok(), "memory queue {queue}: {}", done.status);
        let place = self.reads.pop_front().expect("a read that was not asked for");
        assert_eq!(done.bytes as usize, place.len(), "memory queue {queue}");
        let bytes = done.buffer.to_vec();
        let wrong = self.holds[place.clone()]
            .iter()
            .zip(&bytes)
            .position(|(held, byte)| held.is_some_and(|held| held != *byte));
        assert!(wrong.is_none(), "memory queue {queue}: byte {wrong:?} of {place:?} is wrong");
        // From now on it is known.
        self.holds[place.clone()].iter_mut().zip(&bytes).for_each(|(held, byte)| *held = Some(*byte));
        self.ended.push(("read", feed_name(self.feeds[1]), place.len() as u64));
        self.bytes += place.len() as u64;
        self.back.give(done.buffer, place.len());
    }

    /// Writes that may or may not have been made.
    fn forget_writes(&mut self, unfinished: Vec<DmaBuffer>) {
        for place in self.writes.drain(..) {
            self.holds[place].fill(None);
        }
        for buffer in unfinished {
            let len = buffer.capacity();
            self.out.give(buffer, len);
        }
    }

    /// Stops both queues wherever they are and starts them in other modes.
    pub fn restart(&mut self, interrupts: bool) {
        let stopped = self.write.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        assert!(stopped.fault.is_none(), "memory queue {}: {:?}", self.queue, stopped.fault);
        stopped.completed.into_iter().for_each(|done| self.written(done));
        self.forget_writes(stopped.unfinished);
        let stopped = self.read.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        assert!(stopped.fault.is_none(), "memory queue {}: {:?}", self.queue, stopped.fault);
        stopped.completed.into_iter().for_each(|done| self.came(done));
        self.reads.clear();
        for buffer in stopped.unfinished {
            let len = buffer.capacity();
            self.back.give(buffer, len);
        }
        self.open_write(interrupts);
        self.open_read(interrupts);
    }

    /// A write whose data goes wrong on its way to the card: it ends with that error, and the queue is started again. Says if there was room
    /// for it.
    pub fn fault(&mut self, trouble: Trouble, control: &SimControl, interrupts: bool) -> bool {
        // Reads beside it might find it made or not.
        if self.done() || !self.reads.is_empty() || self.write().free() == 0 {
            return false;
        }
        let region = self.device.allocate(4096, DmaAccess::DeviceReads).unwrap();
        let place = self.place();
        let place = place.start..place.end.min(place.start + 4096);
        let buffer = region.buffer(0..place.len()).unwrap();
        trouble.prepare(&self.device, control, &region);
        self.write().push(MemoryWrite::new(buffer, place.start as u32)).unwrap();
        self.write().commit().unwrap();
        self.writes.push_back(place);
        let patience = self.device.deadline(crate::PATIENCE);
        loop {
            match self.write().try_complete() {
                Ok(Some(done)) if done.status.is_ok() => self.written(done),
                Ok(Some(done)) => {
                    assert!(self.writes.len() == 1 && done.bytes < 4096, "memory queue {}", self.queue);
                    break;
                }
                _ => {
                    assert!(self.device.now() < patience, "memory queue {}: no error came", self.queue);
                    self.device.relax(20).unwrap_or_else(|e| panic!("{e}"));
                }
            }
        }
        let stopped = self.write.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        assert!(stopped.fault.is_some() && stopped.completed.is_empty());
        self.forget_writes(stopped.unfinished);
        self.open_write(interrupts);
        true
    }

    /// All batches have ended.
    pub fn done(&self) -> bool {
        self.batches == 0 && self.writes.is_empty() && self.reads.is_empty()
    }

    pub fn queues(&mut self) -> [&mut dyn Queue; 2] {
        [self.write.as_mut().unwrap(), self.read.as_mut().unwrap()]
    }

    /// What a test may want to know of a pair that makes no progress.
    pub fn describe(&self) -> String {
        format!(
            "memory queue {}: {} batches to come, {} writes and {} reads under way",
            self.queue,
            self.batches,
            self.writes.len(),
            self.reads.len()
        )
    }

    /// Ends without a fault.
    pub fn stop(mut self) {
        for stopped in [self.write.take().unwrap().stop(), self.read.take().unwrap().stop()] {
            let stopped = stopped.unwrap_or_else(|e| panic!("{e}"));
            assert!(stopped.fault.is_none() && stopped.completed.is_empty() && stopped.unfinished.is_empty());
        }
    }
}
