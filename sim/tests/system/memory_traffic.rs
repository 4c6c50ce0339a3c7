//! Random writes and reads through memory queues, every byte against a model of the card's memory.

use std::collections::VecDeque;

use ferrolane::{
    CardMemoryOptions, Device, DmaAccess, DmaRegion, MemoryRead, MemoryReadQueue, MemoryWrite,
    MemoryWriteQueue, Queue, QueueConfig,
};
use ferrolane_abi::card::{global, DRAM_BASE, SRAM_BASE};
use ferrolane_sim::rng::Rng;

use crate::rig::{Pair, Rig};

/// Bytes of SRAM and of DRAM that are used.
const SRAM: u64 = 32 << 10;
pub const DRAM: u64 = 64 << 10;
/// Distance of buffers, and how many each queue has.
const SLOT: usize = 8192;
const SLOTS: usize = 8;
/// Longest request.
const LONGEST: u64 = 5000;
/// What stands in buffers before a read.
const BLANK: u8 = 0xA5;
/// Device time without any progress that fails a test, in nanoseconds.
pub const PATIENCE: u64 = 5_000_000;

/// A queue that is polled.
pub fn config() -> QueueConfig {
    QueueConfig { entries: 16, interrupt: false, ..QueueConfig::default() }
}

impl Rig {
    /// Sets DRAM_TIMING.
    pub fn dram_timing(&self, latency: u32, period: u32, refresh: u32) {
        let put = |name, value| global::DRAM_TIMING.field(name).unwrap().put(value);
        let value = put("LATENCY", latency) | put("PERIOD", period) | put("REFRESH", refresh);
        self.device.user_write32(global::DRAM_TIMING.offset.into(), value).unwrap();
    }
}

/// A pair of memory queues over a range of card addresses that is its alone, and what it must hold.
pub struct Traffic {
    write: MemoryWriteQueue,
    read: MemoryReadQueue,
    base: u64,
    model: Vec<u8>,
    out: DmaRegion,
    back: DmaRegion,
    free: Vec<usize>,
    rng: Rng,
    /// Writes under way, and then reads: offset and length.
    writes: usize,
    reads: VecDeque<(usize, usize, usize)>,
    rounds: usize,
}

impl Traffic {
    fn new(device: &Device, queue: u32, base: u64, len: u64, rounds: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed, &format!("memory queue {queue}"));
        // Offsets in the descriptors are not small numbers only.
        let behind = rng.below(base.min(1 << 31) + 1);
        let mut memory = device.card_memory(CardMemoryOptions { queue, ..Default::default() });
        let model: Vec<u8> = (0..len).map(|_| rng.next() as u8).collect();
        memory.write(base, &model).unwrap_or_else(|e| panic!("{e}"));
        memory.stop().unwrap_or_else(|e| panic!("{e}"));
        Traffic {
            write: device.open_memory_write(queue, base - behind, config()).unwrap(),
            read: device.open_memory_read(queue, base - behind, config()).unwrap(),
            base: behind,
            model,
            out: device.allocate(SLOT * SLOTS, DmaAccess::DeviceReads).unwrap(),
            back: device.allocate(SLOT * SLOTS, DmaAccess::DeviceWrites).unwrap(),
            free: (0..SLOTS).collect(),
            rng,
            writes: 0,
            reads: VecDeque::new(),
            rounds,
        }
    }

    /// A place in the card's memory.
    fn place(&mut self) -> (usize, usize) {
        let longest = [4, 100, LONGEST][self.rng.below(3) as usize];
        let len = 1 + self.rng.below(longest) as usize;
        (self.rng.below((self.model.len() - len) as u64 + 1) as usize, len)
    }

    /// Some writes if nothing is under way, or the reads behind them; says if it has something to wait for.
    pub fn go_on(&mut self) -> bool {
        if self.writes > 0 || !self.reads.is_empty() {
            return true;
        }
        if self.rounds == 0 {
            return false;
        }
        self.rounds -= 1;
        for _ in 0..1 + self.rng.below(SLOTS as u64 - 1) {
            let (at, len) = self.place();
            let data: Vec<u8> = (0..len).map(|_| self.rng.next() as u8).collect();
            let slot = self.free.pop().unwrap();
            let start = slot * SLOT + self.rng.below((SLOT - len) as u64) as usize;
            let mut buffer = self.out.buffer(start..start + len).unwrap();
            buffer.copy_from(&data).unwrap();
            self.write.push(MemoryWrite::new(buffer, (self.base + at as u64) as u32)).unwrap();
            // In the order of the descriptors, so what overlaps has the last one's bytes.
            self.model[at..at + len].copy_from_slice(&data);
            self.writes += 1;
        }
        self.write.commit().unwrap();
        true
    }

    fn ask(&mut self) {
        while let Some(slot) = self.free.pop() {
            let (at, len) = self.place();
            let start = slot * SLOT + 1 + self.rng.below((SLOT - len - 1) as u64) as usize;
            let mut whole = self.back.buffer(slot * SLOT..(slot + 1) * SLOT).unwrap();
            whole.copy_from(&[BLANK; SLOT]).unwrap();
            drop(whole);
            let buffer = self.back.buffer(start..start + len).unwrap();
            self.read.push(MemoryRead::new(buffer, (self.base + at as u64) as u32)).unwrap();
            self.reads.push_back((at, len, start));
        }
        self.read.commit().unwrap();
    }

    /// Takes what has ended; how much that was.
    fn take(&mut self) -> usize {
        let mut count = 0;
        while let Some(done) = self.write.try_complete().unwrap_or_else(|e| panic!("{e}")) {
            assert!(done.status.is_ok(), "{}", done.status);
            self.free.push(done.buffer.offset() / SLOT);
            (count, self.writes) = (count + 1, self.writes - 1);
            if self.writes == 0 {
                self.ask();
            }
        }
        while let Some(done) = self.read.try_complete().unwrap_or_else(|e| panic!("{e}")) {
            let (at, len, start) = self.reads.pop_front().unwrap();
            assert!(done.status.is_ok(), "{}", done.status);
            assert_eq!(done.bytes as usize, len);
            assert!(done.buffer.to_vec() == self.model[at..at + len], "{len} bytes at {at}");
            drop(done);
            let slot = start / SLOT;
            let whole = self.back.buffer(slot * SLOT..(slot + 1) * SLOT).unwrap().to_vec();
            let inside = start % SLOT..start % SLOT + len;
            let beside = whole.iter().enumerate().filter(|(i, _)| !inside.contains(i));
            assert!(beside.into_iter().all(|(_, byte)| *byte == BLANK), "bytes beside {len} at {at}");
            self.free.push(slot);
            count += 1;
        }
        count
    }
}

/// Runs memory queues, and streams beside them, until all are done.
pub fn run(rig: &Rig, mut memory: Vec<Traffic>, mut streams: Vec<Pair>) {
    let mut patience = rig.device.deadline(PATIENCE);
    loop {
        let active: Vec<bool> = memory.iter_mut().map(Traffic::go_on).collect();
        if active.iter().all(|active| !active) && streams.iter().all(Pair::done) {
            break;
        }
        let mut count: usize = memory.iter_mut().map(Traffic::take).sum();
        for pair in &mut streams {
            count += pair.take();
            pair.send();
        }
        if count > 0 {
            patience = rig.device.deadline(PATIENCE);
            continue;
        }
        assert!(rig.device.now() < patience, "no progress any more");
        rig.device.relax(50).unwrap_or_else(|e| panic!("{e}"));
    }
    for queues in memory {
        for stopped in [queues.write.stop().unwrap(), queues.read.stop().unwrap()] {
            assert!(stopped.fault.is_none(), "{:?}", stopped.fault);
        }
    }
    streams.into_iter().for_each(Pair::stop);
}

/// Memory queues `queues`, half of them in SRAM, half in DRAM.
pub fn memory(rig: &Rig, queues: std::ops::Range<u32>, rounds: usize, seed: u64) -> Vec<Traffic> {
    let open = |queue: u32| {
        let (base, len) = match queue % 2 {
            0 => (SRAM_BASE + u64::from(queue / 2) * SRAM / 2, SRAM / 2),
            _ => (DRAM_BASE + u64::from(queue / 2) * DRAM / 2, DRAM / 2),
        };
        Traffic::new(&rig.device, queue, base, len, rounds, seed)
    };
    queues.map(open).collect()
}
