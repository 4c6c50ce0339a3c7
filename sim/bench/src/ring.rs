//! A queue as the host sees it: descriptors and data made as room comes, records taken and judged, rings told to the
//! engine in as few doorbells as sensible.

use anyhow::{bail, Result};
use ferrolane_abi::completion::{self, Completion};
use ferrolane_abi::descriptor::{Descriptor, EOP, SOP};
use ferrolane_abi::map::{queue_doorbell, queue_id, queue_regs, Direction};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::table::Register;
use ferrolane_abi::{descriptor, doorbell};

use crate::card::packet_user;
use crate::feed::{push_descriptor, Feed};
use crate::host::Host;
use crate::pattern;

/// Fragments of a packet.
pub const PACKET: u32 = 16;

/// What a queue is to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Direction and number.
    pub direction: Direction,
    /// Number within the direction.
    pub index: u32,
    /// Place among all queues that are used.
    pub place: usize,
    /// Entries of both rings, a power of two.
    pub entries: u32,
    /// Bytes of a fragment.
    pub fragment: u32,
    /// Records that are written in one TLP if that many come in time.
    pub coalesce: u32,
    /// Longest wait of a record, in clocks.
    pub wait: u32,
    /// Descriptors go through the push window instead of the ring.
    pub push: bool,
}

/// The queue.
pub struct Ring {
    plan: Plan,
    generation: u8,
    /// Descriptors offered.
    pub produced: u32,
    /// Records taken.
    pub consumed: u32,
}

impl Ring {
    /// Bytes of all queues' descriptors, records and data, by what each has.
    pub fn sizes(queues: usize, entries: u32, fragment: u32) -> [usize; 3] {
        let all = queues * entries as usize;
        [all * descriptor::BYTES, all * completion::BYTES, all * fragment as usize]
    }

    /// Sets the queue up and starts it.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn start(host: &mut Host, plan: Plan) -> Result<Self> {
        let mut ring = Ring { plan, generation: 0, produced: 0, consumed: 0 };
        let (descriptors, records) = (host.descriptors.iova, host.records.iova);
        let ring_at = descriptors + ring.at(0, descriptor::BYTES) as u64;
        let records_at = records + ring.at(0, completion::BYTES) as u64;
        let log2 = plan.entries.trailing_zeros();
        ring.write(host, &regs::RING_BASE_LO, ring_at as u32)?;
        ring.write(host, &regs::RING_BASE_HI, (ring_at >> 32) as u32)?;
        ring.write(host, &regs::CPL_BASE_LO, records_at as u32)?;
        ring.write(host, &regs::CPL_BASE_HI, (records_at >> 32) as u32)?;
        ring.write(host, &regs::RING_SIZE, log2 | log2 << 8)?;
        if plan.push {
            ring.write(host, &regs::MODE, Feed::Push.mode())?;
        }
        ring.write(host, &regs::COALESCE, plan.coalesce | (plan.wait / 16).min(0xFFFF) << 16)?;
        ring.write(host, &regs::CTRL, 1)?;
        ring.generation = host.read(ring.register(&regs::GENERATION))? as u8;
        Ok(ring)
    }

    fn register(&self, register: &Register) -> u64 {
        queue_regs(self.plan.direction, self.plan.index) + u64::from(register.offset)
    }

    fn write(&self, host: &mut Host, register: &Register, value: u32) -> Result<()> {
        host.write(self.register(register), &[value])
    }

    /// Offset of an entry of `bytes` bytes in its region.
    fn at(&self, index: u32, bytes: usize) -> usize {
        (self.plan.place * self.plan.entries as usize + (index & (self.plan.entries - 1)) as usize) * bytes
    }

    fn h2c(&self) -> bool {
        self.plan.direction == Direction::H2c
    }

    /// Byte of the queue's stream at which a fragment begins.
    fn position(&self, index: u32) -> u64 {
        u64::from(index) * u64::from(self.plan.fragment)
    }

    /// Makes the next descriptor, and its data.
    fn produce(&mut self, host: &Host) {
        let (index, fragment) = (self.produced, self.plan.fragment);
        let data = self.at(index, fragment as usize);
        if self.h2c() {
            let mut bytes = [0; 4096];
            let bytes = &mut bytes[..fragment as usize];
            pattern::fill(self.plan.index, self.position(index), bytes);
            host.data.memory.write(data, bytes);
        }
        let mut flags = 0;
        if self.h2c() && index.is_multiple_of(PACKET) {
            flags |= SOP;
        }
        if self.h2c() && (index + 1).is_multiple_of(PACKET) {
            flags |= EOP;
        }
        let card = packet_user(self.plan.index, u64::from(index / PACKET));
        let host_addr = host.data.iova + data as u64;
        let entry = Descriptor { host_addr, len: fragment, flags, card }.to_bytes();
        host.descriptors.memory.write(self.at(index, descriptor::BYTES), &entry);
        self.produced += 1;
    }

    /// Takes the records that have come and judges them.
    ///
    /// # Errors
    /// A record or a byte of data is wrong.
    pub fn poll(&mut self, host: &Host) -> Result<()> {
        while self.consumed != self.produced {
            let at = self.at(self.consumed, completion::BYTES);
            let dw3 = host.records.memory.load_acquire(at + 12);
            let lap = self.consumed / self.plan.entries;
            if (dw3 >> completion::PHASE_BIT == 1) != lap.is_multiple_of(2) {
                return Ok(());
            }
            let dw = |i: usize| host.records.memory.load(at + 4 * i);
            self.judge(host, Completion::from_dws([dw(0), dw(1), dw(2), dw3]))?;
            self.consumed += 1;
        }
        Ok(())
    }

    fn judge(&self, host: &Host, record: Completion) -> Result<()> {
        let (index, plan) = (self.consumed, &self.plan);
        let (direction, queue) = (plan.direction, plan.index);
        let name = || format!("{} queue {queue}, fragment {index}", direction.name());
        let id = queue_id(direction, queue) as u8;
        if (record.bytes, record.index, record.status) != (plan.fragment, index, 0)
            || (record.queue, record.generation) != (id, self.generation)
        {
            bail!("{}: its record is {record:?}", name());
        }
        if self.h2c() {
            return Ok(());
        }
        let ends = (index + 1).is_multiple_of(PACKET);
        let user = packet_user(queue, u64::from(index / PACKET));
        if (record.flags & completion::EOP != 0) != ends || ends && record.meta != user {
            bail!("{}: its record is {record:?}", name());
        }
        let mut bytes = [0; 4096];
        let bytes = &mut bytes[..plan.fragment as usize];
        host.data.memory.read(self.at(index, plan.fragment as usize), bytes);
        match pattern::wrong(queue, self.position(index), bytes) {
            Some(place) => bail!("{}: the byte at {place} of the stream is wrong", name()),
            None => Ok(()),
        }
    }

    /// Refills the ring and tells the engine, once half of it can be told at a time.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn refill(&mut self, host: &mut Host) -> Result<()> {
        let free = self.plan.entries - (self.produced - self.consumed);
        if free < self.plan.entries / 2 {
            return Ok(());
        }
        for _ in 0..free {
            self.produce(host);
        }
        self.ring(host)
    }

    /// Offers `count` descriptors more.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn offer(&mut self, host: &mut Host, count: u32) -> Result<()> {
        for _ in 0..count {
            self.produce(host);
        }
        self.ring(host)
    }

    /// Puts the next descriptor into the push window, without doorbell.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn push(&mut self, host: &mut Host) -> Result<()> {
        let mut entry = [0; descriptor::BYTES];
        let index = self.produced;
        self.produce(host);
        host.descriptors.memory.read(self.at(index, descriptor::BYTES), &mut entry);
        push_descriptor(host, self.plan.direction, self.plan.index, index, entry)
    }

    /// The doorbell: producer and consumer index in one write.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn ring(&self, host: &mut Host) -> Result<()> {
        let value = doorbell::value(self.produced, self.consumed, false);
        host.write(
            queue_doorbell(self.plan.direction, self.plan.index),
            &[value as u32, (value >> 32) as u32],
        )
    }

    /// Offers what is missing to the end of the packet, as far as there is room. Inside a packet the engine may hold back
    /// bytes that don't fill a beat.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn end_packet(&mut self, host: &mut Host) -> Result<()> {
        let missing = self.produced.next_multiple_of(PACKET) - self.produced;
        let free = self.plan.entries - (self.produced - self.consumed);
        match missing.min(free) {
            0 => Ok(()),
            count => self.offer(host, count),
        }
    }

    /// Everything offered has come back, whole packets.
    pub fn done(&self) -> bool {
        self.produced == self.consumed && self.produced.is_multiple_of(PACKET)
    }

    /// Bytes of the stream offered so far.
    pub fn offered_bytes(&self) -> u64 {
        self.position(self.produced)
    }

    /// Direction and number.
    pub fn queue(&self) -> (Direction, u32) {
        (self.plan.direction, self.plan.index)
    }
}
