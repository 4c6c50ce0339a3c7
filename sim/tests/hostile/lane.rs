//! A legal queue pair in ring mode, driven by registers, whose packets go round through the card's loopback.

use std::collections::VecDeque;

use ferrolane_abi::completion::{Completion, EOP as RECORD_EOP};
use ferrolane_abi::descriptor::{Descriptor, EOP, IRQ, SOP};
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::{doorbell, status};
use ferrolane_sim::rng::Rng;

use crate::guard::{address, Guard};

/// log2 of the entries of each ring.
const LOG2: u32 = 5;
const ENTRIES: u32 = 1 << LOG2;
/// Descriptors on their way at most, in each direction.
const AHEAD: u32 = ENTRIES / 2;
/// Bytes of a buffer's place. Buffers begin anywhere in it, so that there are guard bytes on both sides.
const PLACE: usize = 4096;
/// Longest packet in bytes.
const LONGEST: u64 = 2048;
/// Guarded memory of a pair in bytes.
const REGION: usize = 2 * (ENTRIES as usize * (2 * 16 + PLACE)).next_multiple_of(4096);
/// Metadata of the packet behind which the stream is in step.
const IN_STEP: u32 = 0x57E9_0000;

/// One direction of it.
struct Half {
    direction: Direction,
    queue: u32,
    ring: usize,
    records: usize,
    buffers: usize,
    produced: u32,
    taken: u32,
    /// Buffers of descriptors on their way: offset and length.
    posted: VecDeque<(usize, usize)>,
}

impl Half {
    fn new(direction: Direction, queue: u32, base: usize) -> Self {
        let (ring, records) = (base, base + 16 * ENTRIES as usize);
        let buffers = (base + 32 * ENTRIES as usize).next_multiple_of(4096);
        Half { direction, queue, ring, records, buffers, produced: 0, taken: 0, posted: VecDeque::new() }
    }

    fn registers(&self) -> u64 {
        map::queue_regs(self.direction, self.queue)
    }

    fn start(&mut self, vector: u32, writes: &mut Vec<(u64, u32)>) {
        let mut set = |register: &ferrolane_abi::table::Register, value: u32| {
            writes.push((map::queue_regs(self.direction, self.queue) + u64::from(register.offset), value));
        };
        let (ring, records) = (address(self.ring), address(self.records));
        set(&regs::RING_BASE_LO, ring as u32);
        set(&regs::RING_BASE_HI, (ring >> 32) as u32);
        set(&regs::CPL_BASE_LO, records as u32);
        set(&regs::CPL_BASE_HI, (records >> 32) as u32);
        set(&regs::RING_SIZE, LOG2 | LOG2 << 8);
        set(&regs::MODE, 0);
        set(&regs::COALESCE, 0);
        set(&regs::MODERATE, 0);
        set(&regs::VECTOR, vector);
        set(&regs::CTRL, 1);
        (self.produced, self.taken) = (0, 0);
        self.posted.clear();
    }

    fn place(&self, index: u32) -> usize {
        self.buffers + (index % ENTRIES) as usize * PLACE
    }

    fn post(&mut self, at: usize, len: usize, flags: u8, card: u32, guard: &mut Guard) {
        let entry = self.ring + 16 * (self.produced % ENTRIES) as usize;
        let descriptor = Descriptor { host_addr: address(at), len: len as u32, flags, card };
        guard.put(entry, &descriptor.to_bytes());
        guard.allow_read(entry..entry + 16);
        let record = self.records + 16 * (self.produced % ENTRIES) as usize;
        guard.allow_write(record..record + 16);
        match self.direction {
            Direction::H2c => guard.allow_read(at..at + len),
            Direction::C2h => guard.allow_write(at..at + len),
        }
        self.posted.push_back((at, len));
        self.produced += 1;
    }

    /// The next record, if it has come.
    fn take(&mut self, generation: &mut Option<u8>, guard: &mut Guard) -> Result<Option<Completion>, String> {
        let at = self.records + 16 * (self.taken % ENTRIES) as usize;
        let record = Completion::from_dws(std::array::from_fn(|n| guard.word(at + 4 * n)));
        if self.taken == self.produced || record.phase != (self.taken / ENTRIES).is_multiple_of(2) {
            return Ok(None);
        }
        let generation = *generation.get_or_insert(record.generation);
        let right = record.index == self.taken
            && record.status == status::OK
            && u32::from(record.queue) == map::queue_id(self.direction, self.queue)
            && record.generation == generation;
        if !right {
            return Err(format!(
                "{} queue {}: {record:?}, expected {}",
                self.direction.name(),
                self.queue,
                self.taken
            ));
        }
        guard.forbid(at..at + 16);
        let entry = self.ring + 16 * (self.taken % ENTRIES) as usize;
        guard.forbid(entry..entry + 16);
        let (buffer, len) = self.posted[0];
        guard.forbid(buffer..buffer + len);
        self.taken += 1;
        Ok(Some(record))
    }

    fn doorbell(&self, arm: bool) -> (u64, [u32; 2]) {
        let value = doorbell::value(self.produced, self.taken, arm);
        (map::queue_doorbell(self.direction, self.queue), [value as u32, (value >> 32) as u32])
    }
}

struct Sent {
    data: Vec<u8>,
    meta: u32,
}

/// Both directions.
pub struct Lane {
    h2c: Half,
    c2h: Half,
    generations: [Option<u8>; 2],
    rng: Rng,
    sent: VecDeque<Sent>,
    received: Vec<u8>,
    /// Behind a reset the card's loopback may hold what came before it.
    in_step: bool,
    serial: u32,
    /// Packets still to send.
    pub to_send: u32,
    /// Bytes that came back and were compared.
    pub compared: u64,
}

impl Lane {
    pub fn new(queue: u32, seed: u64) -> Self {
        let base = queue as usize * REGION;
        Lane {
            h2c: Half::new(Direction::H2c, queue, base),
            c2h: Half::new(Direction::C2h, queue, base + REGION / 2),
            generations: [None; 2],
            rng: Rng::new(seed, &format!("lane {queue}")),
            sent: VecDeque::new(),
            received: Vec::new(),
            in_step: false,
            serial: 0,
            to_send: 0,
            compared: 0,
        }
    }

    /// The register writes that start both queues.
    pub fn start(&mut self, guard: &mut Guard) -> Vec<(u64, u32)> {
        let base = self.h2c.ring;
        guard.put(base, &vec![0; REGION]);
        guard.forbid(base..base + REGION);
        let mut writes = Vec::new();
        let vector = 1 + self.h2c.queue;
        self.h2c.start(vector, &mut writes);
        self.c2h.start(vector, &mut writes);
        self.generations = [None; 2];
        self.sent.clear();
        self.received.clear();
        self.in_step = false;
        writes
    }

    /// Registers of the pair and what they hold, to be read back at any time.
    pub fn setting(&mut self) -> (u64, u32) {
        let half = if self.rng.chance(50) { &self.h2c } else { &self.c2h };
        let (register, value) = match self.rng.below(5) {
            0 => (&regs::RING_BASE_LO, half.ring as u32),
            1 => (&regs::RING_BASE_HI, crate::guard::UPPER),
            2 => (&regs::CPL_BASE_LO, half.records as u32),
            3 => (&regs::CPL_BASE_HI, crate::guard::UPPER),
            _ => (&regs::RING_SIZE, LOG2 | LOG2 << 8),
        };
        (half.registers() + u64::from(register.offset), value)
    }

    /// Sends and receives what can be; doorbells to ring.
    pub fn step(&mut self, guard: &mut Guard) -> Result<Vec<(u64, [u32; 2])>, String> {
        let mut rings = Vec::new();
        let mut moved = [false; 2];
        while self.h2c.take(&mut self.generations[0], guard)?.is_some() {
            self.h2c.posted.pop_front();
            moved[0] = true;
        }
        while let Some(record) = self.c2h.take(&mut self.generations[1], guard)? {
            let (at, len) = self.c2h.posted.pop_front().unwrap_or((0, 0));
            self.receive(record, at, len, guard)?;
            moved[1] = true;
        }
        while self.c2h.produced - self.c2h.taken < AHEAD {
            let len = 1 + self.rng.below(LONGEST) as usize;
            let at = self.c2h.place(self.c2h.produced) + 64 + self.rng.below(1_900) as usize;
            self.c2h.post(at, len, 0, 0, guard);
            moved[1] = true;
        }
        let (mut wanted, step) = (self.to_send, u32::from(!self.in_step && self.sent.is_empty()));
        wanted += step;
        while wanted > 0 && self.h2c.produced - self.h2c.taken < AHEAD && (self.in_step || step == 1) {
            self.send(guard);
            wanted -= 1;
            moved[0] = true;
            if !self.in_step {
                break;
            }
            self.to_send -= 1;
        }
        for (half, moved) in [&self.h2c, &self.c2h].into_iter().zip(moved) {
            if moved {
                rings.push(half.doorbell(self.rng.chance(30)));
            }
        }
        Ok(rings)
    }

    fn send(&mut self, guard: &mut Guard) {
        let len = 1 + self.rng.below(LONGEST) as usize;
        let data: Vec<u8> = (0..len).map(|_| self.rng.next() as u8).collect();
        self.serial = self.serial.wrapping_add(1) & 0xFFFF;
        let meta = if self.in_step { self.rng.next() as u32 } else { IN_STEP | self.serial };
        let at = self.h2c.place(self.h2c.produced) + 64 + self.rng.below(1_900) as usize;
        guard.put(at, &data);
        let irq = if self.rng.chance(20) { IRQ } else { 0 };
        self.h2c.post(at, len, SOP | EOP | irq, meta, guard);
        self.sent.push_back(Sent { data, meta });
    }

    fn receive(&mut self, record: Completion, at: usize, len: usize, guard: &Guard) -> Result<(), String> {
        let eop = record.flags & RECORD_EOP != 0;
        let bytes = record.bytes as usize;
        if bytes > len || !eop && bytes < len {
            return Err(format!("C2H queue {}: {record:?} of {len} bytes", self.c2h.queue));
        }
        self.received.extend_from_slice(guard.get(at..at + bytes));
        if !eop {
            return Ok(());
        }
        let data = std::mem::take(&mut self.received);
        if !self.in_step {
            if self.sent.front().is_some_and(|sent| sent.meta == record.meta) {
                self.sent.pop_front();
                self.in_step = true;
            }
            return Ok(());
        }
        let Some(sent) = self.sent.pop_front() else { return Err("a packet that was never sent".into()) };
        if sent.data != data || sent.meta != record.meta {
            let (queue, want, got) = (self.c2h.queue, sent.data.len(), data.len());
            return Err(format!("queue {queue}: {got} bytes came back of {want}, or others"));
        }
        self.compared += data.len() as u64;
        Ok(())
    }

    pub fn done(&self) -> bool {
        self.to_send == 0 && self.in_step && self.sent.is_empty()
    }

    pub fn describe(&self) -> String {
        let half = |half: &Half| format!("{}: {} of {}", half.direction.name(), half.taken, half.produced);
        format!(
            "queue {}: {}, {}, in step {}, {} to send, {} on their way",
            self.h2c.queue,
            half(&self.h2c),
            half(&self.c2h),
            self.in_step,
            self.to_send,
            self.sent.len()
        )
    }
}
