//! What all queues share: a descriptor ring, a completion ring, and who is in flight.
//!
//! Each descriptor has one record, in order, so the buffers in flight are a plain queue. A descriptor's place is free
//! again when its record has been taken.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use ferrolane_abi::completion::{self, Completion, EOP, FLUSHED, GAP};
use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::map::{self, Direction, BAR};
use ferrolane_abi::status;
use ferrolane_abi::table::Register;

use super::index::{phase, slot};
use super::{CardPlace, Completed, QueueConfig};
use crate::buffer::DmaBuffer;
use crate::device::Shared;
use crate::error::{Error, ProtocolError, QueueName, StatusCode};
use crate::region::RegionInner;
use crate::transport::DmaAccess;

/// A buffer the device has, and what its descriptor says.
pub(super) struct InFlight {
    pub buffer: DmaBuffer,
    pub len: u32,
}

/// Whether the device may reach what the queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Not started, or drained: nothing of it is with the device.
    Idle,
    /// Started.
    Running,
    /// Could not be drained: everything it holds is leaked.
    Undrained,
}

/// Why a queue takes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A record reported an error.
    Halted(StatusCode),
    /// A record contradicted what was submitted.
    Broken(ProtocolError),
}

/// The MSI-X vector of a queue.
pub(super) struct Vector {
    pub index: u32,
    pub event: Arc<OwnedFd>,
}

/// A queue of either direction.
pub struct Ring {
    pub(super) shared: Arc<Shared>,
    pub(super) name: QueueName,
    pub(super) config: QueueConfig,
    /// Where offsets in the card's memory begin, of a memory queue.
    pub(super) card_base: Option<u64>,
    pub(super) life: Life,
    pub(super) fault: Option<Fault>,
    pub(super) vector: Option<Vector>,
    /// ARM was given and its interrupt not yet taken.
    pub(super) armed: bool,
    pub(super) descriptors: Arc<RegionInner>,
    pub(super) records: Arc<RegionInner>,
    pub(super) record_entries: u32,
    pub(super) generation: u8,
    /// Descriptors written, and how many of them the device knows.
    pub(super) produced: u32,
    pub(super) rung: u32,
    /// Records taken, and how many of them the device knows.
    pub(super) consumed: u32,
    pub(super) returned: u32,
    pub(super) in_flight: VecDeque<InFlight>,
    /// Descriptors that are handed over with the next doorbell, where they don't stand in a ring.
    pub(super) staged: VecDeque<Descriptor>,
}

impl Ring {
    pub(super) fn read(&self, register: &Register) -> Result<u32, Error> {
        let offset = map::queue_regs(self.name.direction, self.name.index) + u64::from(register.offset);
        Ok(self.shared.transport.mmio_read32(BAR, offset)?)
    }

    pub(super) fn write(&self, register: &Register, value: u32) -> Result<(), Error> {
        let offset = map::queue_regs(self.name.direction, self.name.index) + u64::from(register.offset);
        Ok(self.shared.transport.mmio_write32(BAR, offset, value)?)
    }

    /// Error of a queue that takes nothing more.
    pub(super) fn usable(&self) -> Result<(), Error> {
        match self.fault {
            None => Ok(()),
            Some(Fault::Halted(code)) => Err(Error::Halted { queue: self.name, code }),
            Some(Fault::Broken(what)) => Err(Error::Protocol { queue: self.name, what }),
        }
    }

    /// What the device does with buffers of this queue.
    pub(super) fn needed_access(&self) -> DmaAccess {
        match self.name.direction {
            Direction::H2c => DmaAccess::DeviceReads,
            Direction::C2h => DmaAccess::DeviceWrites,
        }
    }

    pub(super) fn check(&self, buffer: &DmaBuffer, len: usize) -> Result<u32, Error> {
        self.usable()?;
        let (queue, region) = (self.name, buffer.region());
        if !Arc::ptr_eq(&region.shared, &self.shared) {
            return Err(Error::ForeignBuffer { queue });
        }
        let needed = self.needed_access();
        if region.access != needed && region.access != DmaAccess::Both {
            return Err(Error::BufferAccess { queue, needed, mapped: region.access });
        }
        if len == 0 || len > descriptor::MAX_LEN as usize {
            return Err(Error::BufferLength { len, max: descriptor::MAX_LEN });
        }
        if self.free() == 0 {
            return Err(Error::RingFull { queue, entries: self.places() });
        }
        Ok(len as u32)
    }

    /// Whether the card's memory can have `len` bytes at `place`, as far as the port tells; the card itself may have less. Gives
    /// `len` back.
    pub(super) fn check_place(&self, place: Option<CardPlace>, len: u32) -> Result<u32, Error> {
        let (Some(base), Some(place)) = (self.card_base, place) else { return Ok(len) };
        let span = if place.fixed { 1 } else { u64::from(len) };
        let address = base.checked_add(u64::from(place.offset));
        let Some(address) = address.filter(|first| first.checked_add(span - 1).is_some()) else {
            return Err(Error::CardRange {
                queue: self.name,
                base,
                offset: place.offset,
                len: u64::from(len),
            });
        };
        let multiple = self.shared.parameters.port_bits / 8;
        if place.fixed && !address.is_multiple_of(u64::from(multiple.max(1))) {
            return Err(Error::CardAlignment { queue: self.name, address, multiple });
        }
        Ok(len)
    }

    /// Descriptors that may be pushed before records have to be taken.
    pub(super) fn free(&self) -> u32 {
        self.places() - self.in_flight.len() as u32
    }

    /// Writes a descriptor that `check` has passed. The device does not know of it before the doorbell.
    pub(super) fn push(&mut self, buffer: DmaBuffer, len: u32, flags: u8, card: u32) {
        self.store(Descriptor { host_addr: buffer.iova(), len, flags, card });
        self.in_flight.push_back(InFlight { buffer, len });
    }

    /// Rings if there is something the device does not know of.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        if self.rung != self.produced {
            self.ring(false)?;
        }
        Ok(())
    }

    /// Whether a record is there, without taking it.
    pub(super) fn record_ready(&self) -> bool {
        let at = slot(self.consumed, self.record_entries) as usize * completion::BYTES;
        let dw3 = self.records.memory.load_acquire(at + 12);
        (dw3 >> completion::PHASE_BIT != 0) == phase(self.consumed, self.record_entries)
    }

    /// Takes the next record, if there is one, and the buffer it is for.
    pub(super) fn take(&mut self) -> Result<Option<Completed>, Error> {
        if let Some(Fault::Broken(_)) = self.fault {
            self.usable()?;
        }
        let at = slot(self.consumed, self.record_entries) as usize * completion::BYTES;
        let memory = &self.records.memory;
        // DW3 carries the phase and is written last: what is loaded after it belongs to the same record.
        let dw3 = memory.load_acquire(at + 12);
        if (dw3 >> completion::PHASE_BIT != 0) != phase(self.consumed, self.record_entries) {
            return self.usable().map(|()| None);
        }
        let record = Completion::from_dws([memory.load(at), memory.load(at + 4), memory.load(at + 8), dw3]);
        if let Err(what) = self.validate(&record) {
            self.fault = Some(Fault::Broken(what));
            return Err(Error::Protocol { queue: self.name, what });
        }
        let Some(InFlight { mut buffer, .. }) = self.in_flight.pop_front() else { return Ok(None) };
        self.consumed = self.consumed.wrapping_add(1);
        if self.name.direction == Direction::C2h {
            buffer.set_len(record.bytes as usize)?;
        }
        let status = StatusCode(record.status);
        if !status.is_ok() {
            self.fault = Some(Fault::Halted(status));
        }
        Ok(Some(Completed {
            buffer,
            bytes: record.bytes,
            meta: record.meta,
            index: record.index,
            eop: record.flags & EOP != 0,
            gap: record.flags & GAP != 0,
            flushed: record.flags & FLUSHED != 0,
            status,
        }))
    }

    /// Holds a record against what was submitted. The device is not trusted with anything that is used further.
    fn validate(&self, record: &Completion) -> Result<(), ProtocolError> {
        let expected = map::queue_id(self.name.direction, self.name.index) as u8;
        if record.queue != expected {
            return Err(ProtocolError::Queue { found: record.queue, expected });
        }
        if record.generation != self.generation {
            return Err(ProtocolError::Generation { found: record.generation, expected: self.generation });
        }
        if record.index != self.consumed {
            return Err(ProtocolError::Index { found: record.index, expected: self.consumed });
        }
        let known_to_device = self.rung.wrapping_sub(self.consumed);
        let Some(front) = self.in_flight.front().filter(|_| known_to_device > 0) else {
            return Err(ProtocolError::Unasked { index: record.index });
        };
        // A stream ends a packet where it likes; everything else moves all of its bytes.
        let whole = self.name.direction == Direction::H2c || self.card_base.is_some();
        let short = whole && record.status == status::OK && record.bytes != front.len;
        if record.bytes > front.len || short {
            return Err(ProtocolError::Bytes { found: record.bytes, len: front.len });
        }
        match status::describe(record.status) {
            Some(_) => Ok(()),
            None => Err(ProtocolError::Status { found: record.status }),
        }
    }

    /// Takes a record and gives its place back before the ring could fill: at half a ring, and else with the next
    /// doorbell that is rung anyway.
    pub(super) fn take_and_return(&mut self) -> Result<Option<Completed>, Error> {
        let taken = self.take()?;
        if self.consumed.wrapping_sub(self.returned) >= self.record_entries / 2 {
            let rung = self.ring(false);
            if taken.is_none() {
                rung?;
            }
            // With a record in hand a failure waits: the doorbell is still due, so the next call says it.
        }
        Ok(taken)
    }
}
