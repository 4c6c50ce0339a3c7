//! The model as a transport.

use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use ferrolane_abi::map::{
    BAR, BAR0_BYTES, DOORBELL_PAGE, MAX_QUEUES, MSIX_TABLE_PAGE, USER_BAR, USER_BAR_BYTES,
};
use rustix::event::{eventfd, poll, EventfdFlags, PollFd, PollFlags};

use super::engine::MockQueue;
use super::{Mapped, MockCard};
use crate::memory::Memory;
use crate::transport::{DeviceNanos, DmaAccess, Facts, Transport, TransportError, Woken};

fn check_offset(bar: u8, offset: u64, align: u64) -> Result<(), TransportError> {
    let limit = match bar {
        BAR => BAR0_BYTES,
        USER_BAR => USER_BAR_BYTES,
        _ => 0,
    };
    if offset >= limit || !offset.is_multiple_of(align) {
        return Err(TransportError::BadOffset { what: "BAR", offset, limit });
    }
    Ok(())
}

fn doorbell_queue(offset: u64) -> Option<(u64, u64)> {
    let place = offset.checked_sub(DOORBELL_PAGE)?;
    (offset < MSIX_TABLE_PAGE && place / 8 < 2 * u64::from(MAX_QUEUES)).then_some((place / 8, place % 8))
}

impl Transport for MockCard {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn mmio_read32(&self, bar: u8, offset: u64) -> Result<u32, TransportError> {
        check_offset(bar, offset, 4)?;
        let mut state = self.lock();
        state.counts.reads += 1;
        state.time += 500;
        state.step();
        Ok(match bar {
            _ if state.faults.lost => u32::MAX,
            USER_BAR => state.user.get(&offset).copied().unwrap_or(0),
            _ => state.read(offset),
        })
    }

    fn mmio_read64(&self, bar: u8, offset: u64) -> Result<u64, TransportError> {
        check_offset(bar, offset, 8)?;
        let low = self.mmio_read32(bar, offset)?;
        Ok(u64::from(low) | u64::from(self.mmio_read32(bar, offset + 4)?) << 32)
    }

    fn mmio_write32(&self, bar: u8, offset: u64, value: u32) -> Result<(), TransportError> {
        check_offset(bar, offset, 4)?;
        let mut state = self.lock();
        state.counts.writes += 1;
        state.time += 4;
        if !state.faults.lost {
            match doorbell_queue(offset) {
                _ if bar == USER_BAR => _ = state.user.insert(offset, value),
                Some((queue, 0)) => state.doorbell(queue, Some(value), None),
                Some((queue, _)) => state.doorbell(queue, None, Some(value)),
                None => state.write(offset, value),
            }
        }
        Ok(())
    }

    fn mmio_write64(&self, bar: u8, offset: u64, value: u64) -> Result<(), TransportError> {
        check_offset(bar, offset, 8)?;
        let mut state = self.lock();
        state.counts.writes += 1;
        state.time += 4;
        if !state.faults.lost {
            match doorbell_queue(offset) {
                _ if bar == USER_BAR => {
                    state.user.insert(offset, value as u32);
                    state.user.insert(offset + 4, (value >> 32) as u32);
                }
                Some((queue, _)) => state.doorbell(queue, Some(value as u32), Some((value >> 32) as u32)),
                None => {
                    state.write(offset, value as u32);
                    state.write(offset + 4, (value >> 32) as u32);
                }
            }
        }
        Ok(())
    }

    fn config_read32(&self, offset: u16) -> Result<u32, TransportError> {
        let state = self.lock();
        Ok(match offset {
            _ if state.faults.lost => u32::MAX,
            0 => u32::from(ferrolane_abi::pci::VENDOR_ID) | u32::from(ferrolane_abi::pci::DEVICE_ID) << 16,
            4 => u32::from(state.bus_master) << 2,
            _ => 0,
        })
    }

    fn set_bus_master(&self, on: bool) -> Result<(), TransportError> {
        self.lock().bus_master = on;
        Ok(())
    }

    fn map(
        &self,
        memory: &Arc<Memory>,
        range: Range<usize>,
        iova: u64,
        access: DmaAccess,
    ) -> Result<(), TransportError> {
        let mut state = self.lock();
        let len = range.len() as u64;
        let overlaps = state
            .mappings
            .range(..iova + len)
            .next_back()
            .is_some_and(|(other, m)| other + m.range.len() as u64 > iova);
        if state.faults.refuse_map || overlaps || !iova.is_multiple_of(4096) || !len.is_multiple_of(4096) {
            let reason = if overlaps { "another mapping is there" } else { "refused" }.into();
            return Err(TransportError::Map { iova, len, reason });
        }
        state.mappings.insert(iova, Mapped { memory: Arc::clone(memory), range, access });
        Ok(())
    }

    fn unmap(&self, iova: u64, len: u64) -> Result<(), TransportError> {
        let mut state = self.lock();
        if state.faults.refuse_unmap || state.mappings.get(&iova).map(|m| m.range.len() as u64) != Some(len) {
            return Err(TransportError::Map { iova, len, reason: "unmapping was refused".into() });
        }
        state.mappings.remove(&iova);
        Ok(())
    }

    fn enable_interrupts(&self, count: u32) -> Result<Vec<OwnedFd>, TransportError> {
        let fail = |e: std::io::Error| TransportError::Io { what: "eventfd".into(), source: e };
        let events: Vec<OwnedFd> = (0..count)
            .map(|_| eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC))
            .collect::<Result<_, _>>()
            .map_err(|e| fail(e.into()))?;
        let copies = events.iter().map(OwnedFd::try_clone).collect::<Result<_, _>>().map_err(fail)?;
        self.lock().events = events;
        Ok(copies)
    }

    fn disable_interrupts(&self) -> Result<(), TransportError> {
        self.lock().events.clear();
        Ok(())
    }

    fn reset(&self) -> Result<(), TransportError> {
        let mut state = self.lock();
        state.counts.resets += 1;
        state.bus_master = false;
        state.scratch = 0;
        state.error = 0;
        state.user.clear();
        state.queues.iter_mut().for_each(|queue| *queue = MockQueue::default());
        Ok(())
    }

    fn now(&self) -> DeviceNanos {
        self.lock().time
    }

    fn wait(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, TransportError> {
        loop {
            let mut polled: Vec<PollFd<'_>> =
                fds.iter().map(|fd| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)).collect();
            poll(&mut polled, Some(&rustix::event::Timespec::default()))
                .map_err(|e| TransportError::Io { what: "poll".into(), source: e.into() })?;
            if let Some(ready) = polled.iter().position(|fd| !fd.revents().is_empty()) {
                return Ok(Woken::Ready(ready));
            }
            let mut state = self.lock();
            if state.time >= deadline {
                return Ok(Woken::Deadline);
            }
            state.time += 1000;
            state.step();
            drop(state);
            std::thread::yield_now();
        }
    }

    fn relax(&self, n: u32) -> Result<(), TransportError> {
        let mut state = self.lock();
        state.time += 4 * u64::from(n);
        state.step();
        Ok(())
    }
}
