//! What the model does: descriptors, the loopback, records and interrupts.

use std::collections::{BTreeMap, VecDeque};

use ferrolane_abi::completion::{self, Completion};
use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::map::{queue_id, Direction, PUSH_SLOTS};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::{doorbell, status};

use super::State;
use crate::transport::DmaAccess;

/// A packet on its way through the loopback.
#[derive(Default)]
struct Packet {
    bytes: VecDeque<u8>,
    meta: u32,
    ended: bool,
}

/// A queue of either direction.
#[derive(Default)]
pub(super) struct MockQueue {
    pub registers: Registers,
    pub run: bool,
    /// Status code that halted it, 0 if none did.
    pub halted: u8,
    pub generation: u32,
    pub producer: u32,
    /// Descriptors done, and records written.
    pub done: u32,
    pub consumer: u32,
    armed: bool,
    /// C2H: bytes in the buffer at `done`.
    filled: u32,
    /// C2H: CTRL.FLUSH was written.
    pub flush: bool,
    /// H2C: what the card loops back from here to the C2H queue of the same number.
    packets: VecDeque<Packet>,
    /// Push mode: the window. Direct mode: all descriptors since the start.
    pub window: BTreeMap<u32, u32>,
    pub handed: Vec<Descriptor>,
}

pub(super) struct Registers([u32; 64]);

impl Default for Registers {
    fn default() -> Self {
        Registers([0; 64])
    }
}

impl std::ops::Index<usize> for Registers {
    type Output = u32;
    fn index(&self, i: usize) -> &u32 {
        &self.0[i]
    }
}

impl std::ops::IndexMut<usize> for Registers {
    fn index_mut(&mut self, i: usize) -> &mut u32 {
        &mut self.0[i]
    }
}

/// Descriptors kept per queue.
pub(super) const PREFETCHED: u32 = 64;
/// Bytes a loopback queue holds before its H2C side waits.
const SHARE: usize = 16 * 1024;

impl MockQueue {
    pub fn start(&mut self) {
        self.run = true;
        self.halted = 0;
        self.generation = (self.generation + 1) & 0xFF;
        (self.producer, self.done, self.consumer, self.filled) = (0, 0, 0, 0);
        (self.armed, self.flush) = (false, false);
        self.packets.clear();
        self.handed.clear();
    }

    fn feed(&self) -> u32 {
        regs::MODE.field("FEED").expect("a field of the table").get(self.register(&regs::MODE))
    }

    /// How far the producer index may be ahead.
    fn places(&self) -> u32 {
        match self.feed() {
            0 => self.entries(),
            _ => PUSH_SLOTS,
        }
    }

    /// FEED_GO: takes the FEED registers if there is room.
    pub fn go(&mut self) -> bool {
        let room = self.run && self.producer.wrapping_sub(self.done) < PREFETCHED;
        if room {
            self.handed.push(Descriptor {
                host_addr: self.base(&regs::FEED_ADDR_LO, &regs::FEED_ADDR_HI),
                len: self.register(&regs::FEED_LEN),
                flags: self.register(&regs::FEED_GO) as u8,
                card: self.register(&regs::FEED_CARD),
            });
            self.producer = self.producer.wrapping_add(1);
        }
        room
    }

    pub(super) fn register(&self, register: &ferrolane_abi::table::Register) -> u32 {
        self.registers[(register.offset / 4) as usize]
    }

    fn entries(&self) -> u32 {
        1 << (self.register(&regs::RING_SIZE) & 0x1F)
    }

    fn record_entries(&self) -> u32 {
        1 << (self.register(&regs::RING_SIZE) >> 8 & 0x1F)
    }

    pub(super) fn base(
        &self,
        low: &ferrolane_abi::table::Register,
        high: &ferrolane_abi::table::Register,
    ) -> u64 {
        u64::from(self.register(low)) | u64::from(self.register(high)) << 32
    }

    /// Records the host has not given back, in the 31 bits a doorbell carries.
    fn unreturned(&self) -> u32 {
        self.done.wrapping_sub(self.consumer) & doorbell::CONSUMER_MASK
    }
}

impl State {
    pub(super) fn dma(
        &mut self,
        iova: u64,
        len: usize,
        access: DmaAccess,
    ) -> Option<(std::sync::Arc<crate::Memory>, usize)> {
        let found = self.mappings.range(..=iova).next_back().and_then(|(base, m)| {
            let offset = (iova - base) as usize;
            let allowed = m.access == access || m.access == DmaAccess::Both;
            let inside = offset.checked_add(len)? <= m.range.len();
            (allowed && inside && self.bus_master).then(|| (m.memory.clone(), m.range.start + offset))
        });
        self.counts.dma_faults += u64::from(found.is_none());
        found
    }

    pub(super) fn dma_read(&mut self, iova: u64, into: &mut [u8]) -> Option<()> {
        let (memory, offset) = self.dma(iova, into.len(), DmaAccess::DeviceReads)?;
        memory.read(offset, into);
        Some(())
    }

    pub(super) fn dma_write(&mut self, iova: u64, from: &[u8]) {
        if let Some((memory, offset)) = self.dma(iova, from.len(), DmaAccess::DeviceWrites) {
            memory.write(offset, from);
        }
    }

    pub(super) fn doorbell(&mut self, id: u64, producer: Option<u32>, upper: Option<u32>) {
        self.counts.doorbells += 1;
        let Some(at) = self.place(id) else { return };
        let queue = &mut self.queues[at];
        let mut invalid = !queue.run;
        if let (Some(producer), false) = (producer, invalid) {
            let ahead = producer.wrapping_sub(queue.done);
            let backwards = producer.wrapping_sub(queue.producer) > 1 << 16;
            if ahead > queue.places() || backwards {
                invalid = true;
            } else {
                queue.producer = producer;
            }
        }
        if let (Some(upper), false) = (upper, invalid) {
            let consumer = upper & doorbell::CONSUMER_MASK;
            if queue.done.wrapping_sub(consumer) & doorbell::CONSUMER_MASK > queue.record_entries() {
                invalid = true;
            } else {
                queue.consumer = consumer;
                queue.armed = upper >> doorbell::ARM_BIT == 1;
            }
        }
        if invalid {
            self.counts.invalid_doorbells += 1;
            self.error |= 1;
        }
        self.interrupt(at);
    }

    /// ARM: one interrupt as soon as there is a record the host has not taken.
    fn interrupt(&mut self, at: usize) {
        let queue = &mut self.queues[at];
        if queue.armed && queue.unreturned() != 0 {
            queue.armed = false;
            let vector = queue.register(&regs::VECTOR) as usize;
            self.fire(vector);
        }
    }

    pub(super) fn fire(&mut self, vector: usize) {
        if let (true, Some(event)) = (self.bus_master, self.events.get(vector)) {
            // A full event counter already wakes its reader.
            let _ = rustix::io::write(event, &1u64.to_ne_bytes());
            self.counts.interrupts += 1;
        }
    }

    /// One round: a descriptor for each H2C queue, then one step for each C2H queue.
    pub(super) fn step(&mut self) {
        if self.faults.stalled || self.faults.lost {
            return;
        }
        for at in 0..self.identity.queues as usize {
            let back = at + self.identity.queues as usize;
            match self.is_memory_queue(at) {
                true => self.step_memory(at),
                false => self.step_h2c(at),
            }
            match self.is_memory_queue(back) {
                true => self.step_memory(back),
                false => self.step_c2h(at),
            }
        }
    }

    /// The next descriptor of a queue that may work on one: its record's place must be free.
    pub(super) fn next(&mut self, at: usize, refused: u8) -> Option<Result<Descriptor, u8>> {
        let queue = &self.queues[at];
        let working = queue.run || self.faults.never_idle;
        let room = queue.unreturned() < queue.record_entries();
        if !working || queue.halted != 0 || queue.done == queue.producer || !room {
            return None;
        }
        let descriptor = match queue.feed() {
            0 => {
                let slot = u64::from(queue.done & (queue.entries() - 1)) * descriptor::BYTES as u64;
                let iova = queue.base(&regs::RING_BASE_LO, &regs::RING_BASE_HI) + slot;
                let mut bytes = [0; descriptor::BYTES];
                if self.dma_read(iova, &mut bytes).is_none() {
                    return Some(Err(status::FETCH_UR));
                }
                Descriptor::from_bytes(bytes)
            }
            2 => {
                let dw = |i: u32| queue.window.get(&(queue.done % PUSH_SLOTS * 4 + i)).copied().unwrap_or(0);
                let bytes: Vec<u8> = (0..4).flat_map(|i| dw(i).to_le_bytes()).collect();
                Descriptor::from_bytes(bytes.try_into().expect("four DWORDs"))
            }
            _ => queue.handed[queue.done as usize],
        };
        Some(match descriptor {
            Descriptor { len: 0, .. } => Err(status::BAD_LENGTH),
            Descriptor { flags, .. } if flags & refused != 0 => Err(status::BAD_FLAGS),
            descriptor => Ok(descriptor),
        })
    }

    fn step_h2c(&mut self, at: usize) {
        if self.queues[at].packets.iter().map(|p| p.bytes.len()).sum::<usize>() > SHARE {
            return;
        }
        let descriptor = match self.next(at, descriptor::REFUSED) {
            None => return,
            Some(Err(code)) => return self.record(at, 0, 0, 0, code, false),
            Some(Ok(descriptor)) => descriptor,
        };
        let mut bytes = vec![0; descriptor.len as usize];
        if self.dma_read(descriptor.host_addr, &mut bytes).is_none() {
            return self.record(at, 0, 0, 0, status::DATA_UR, false);
        }
        let queue = &mut self.queues[at];
        if descriptor.flags & descriptor::SOP != 0 || queue.packets.back().is_none_or(|p| p.ended) {
            queue.packets.push_back(Packet { meta: descriptor.card, ..Packet::default() });
        }
        if let Some(packet) = queue.packets.back_mut() {
            packet.bytes.extend(bytes);
            packet.ended = descriptor.flags & descriptor::EOP != 0;
        }
        self.record(at, descriptor.len, 0, 0, status::OK, descriptor.flags & descriptor::IRQ != 0);
    }

    fn step_c2h(&mut self, h2c: usize) {
        let at = h2c + self.identity.queues as usize;
        if self.queues[h2c].packets.front().is_none_or(|p| p.bytes.is_empty()) {
            return self.flush(at);
        }
        let descriptor = match self.next(at, descriptor::REFUSED) {
            None => return,
            Some(Err(code)) => return self.record(at, 0, 0, 0, code, false),
            Some(Ok(descriptor)) => descriptor,
        };
        let filled = self.queues[at].filled;
        let Some(packet) = self.queues[h2c].packets.front_mut() else { return };
        let count = packet.bytes.len().min((descriptor.len - filled) as usize);
        let bytes: Vec<u8> = packet.bytes.drain(..count).collect();
        let eop = packet.ended && packet.bytes.is_empty();
        let meta = if eop { packet.meta } else { 0 };
        if eop {
            self.queues[h2c].packets.pop_front();
        }
        self.dma_write(descriptor.host_addr + u64::from(filled), &bytes);
        let filled = filled + count as u32;
        self.queues[at].filled = filled;
        if eop || filled == descriptor.len {
            self.queues[at].filled = 0;
            let flags = if eop { completion::EOP } else { 0 };
            self.record(at, filled, meta, flags, status::OK, descriptor.flags & descriptor::IRQ != 0);
        }
    }

    /// Nothing waits: a flush closes the buffer that has received bytes.
    fn flush(&mut self, at: usize) {
        let queue = &mut self.queues[at];
        let filled = if std::mem::take(&mut queue.flush) { std::mem::take(&mut queue.filled) } else { 0 };
        if filled > 0 {
            self.record(at, filled, 0, completion::FLUSHED, status::OK, false);
        }
    }

    pub(super) fn record(&mut self, at: usize, bytes: u32, meta: u32, flags: u8, status: u8, irq: bool) {
        let queues = self.identity.queues as usize;
        let direction = if at < queues { Direction::H2c } else { Direction::C2h };
        let queue = &mut self.queues[at];
        let index = queue.done;
        let entries = queue.record_entries();
        let mut record = Completion {
            bytes,
            meta,
            index,
            phase: index >> entries.trailing_zeros() & 1 == 0,
            flags,
            status,
            queue: queue_id(direction, (at % queues) as u32) as u8,
            generation: queue.generation as u8,
        };
        queue.done = index.wrapping_add(1);
        queue.halted = status;
        if let Some(tamper) = &mut self.faults.tamper {
            tamper(&mut record);
        }
        let slot = u64::from(index & (entries - 1)) * completion::BYTES as u64;
        let iova = self.queues[at].base(&regs::CPL_BASE_LO, &regs::CPL_BASE_HI) + slot;
        if let Some((memory, offset)) = self.dma(iova, completion::BYTES, DmaAccess::DeviceWrites) {
            memory.store(offset, record.bytes);
            memory.store(offset + 4, record.meta);
            memory.store(offset + 8, record.index);
            memory.store_release(offset + 12, record.dw3());
        }
        if irq {
            self.fire(self.queues[at].register(&regs::VECTOR) as usize);
        }
        self.interrupt(at);
    }

    pub(super) fn forge(&mut self, direction: Direction, index: u32, bytes: u32) {
        if let Some(at) = self.place(u64::from(queue_id(direction, index))) {
            self.record(at, bytes, 0, 0, status::OK, false);
        }
    }

    #[cfg(test)]
    pub(super) fn force_index(&mut self, direction: Direction, index: u32, value: u32) {
        if let Some(at) = self.place(u64::from(queue_id(direction, index))) {
            let queue = &mut self.queues[at];
            (queue.producer, queue.done) = (value, value);
            queue.consumer = value & doorbell::CONSUMER_MASK;
        }
    }
}
