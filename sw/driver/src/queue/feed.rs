//! How descriptors reach the device.

use std::sync::atomic::{fence, Ordering};

use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::map::{self, BAR, PUSH_SLOTS};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::{doorbell, feature};

use super::index::slot;
use super::ring::Ring;
use crate::error::Error;

/// How a queue is given its descriptors. The same descriptors, records and rules with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feed {
    /// A ring in host memory that the device reads: continuous traffic, and up to 65,536 in flight.
    #[default]
    Ring,
    /// The driver writes them into the device: no read before the first byte moves, and at most 32 in flight.
    Push,
    /// One at a time in registers: six register writes each, nothing in host memory but records. As many in flight as the
    /// engine keeps per queue.
    Direct,
}

impl Feed {
    /// MODE.FEED.
    pub(super) fn mode(self) -> u32 {
        match self {
            Feed::Ring => 0,
            Feed::Push => 2,
            Feed::Direct => 3,
        }
    }

    /// The feature it needs.
    pub(super) fn feature(self) -> u32 {
        match self {
            Feed::Ring => feature::RING,
            Feed::Push => feature::PUSH,
            Feed::Direct => feature::DIRECT,
        }
    }
}

impl Ring {
    /// Most descriptors in flight.
    pub(super) fn places(&self) -> u32 {
        match self.config.feed {
            Feed::Ring => self.config.entries,
            Feed::Push => self.config.entries.min(PUSH_SLOTS),
            Feed::Direct => self.config.entries.min(self.shared.parameters.prefetched_descriptors),
        }
    }

    /// Puts a descriptor where the device will find it, or keeps it until the next doorbell.
    pub(super) fn store(&mut self, descriptor: Descriptor) {
        if self.config.feed == Feed::Ring {
            let at = slot(self.produced, self.config.entries) as usize * descriptor::BYTES;
            self.descriptors.memory.write(at, &descriptor.to_bytes());
        } else {
            self.staged.push_back(descriptor);
        }
        self.produced = self.produced.wrapping_add(1);
    }

    /// Tells the device both indices; ARM again if it was given, since the last doorbell counts.
    pub(super) fn ring(&mut self, arm: bool) -> Result<(), Error> {
        self.armed |= arm;
        if self.config.feed == Feed::Direct {
            return self.hand_over();
        }
        // What is in the windows counts with the doorbell only: after a failure all of it is written again.
        let first = self.produced.wrapping_sub(self.staged.len() as u32);
        for (i, descriptor) in self.staged.iter().enumerate() {
            let place = u64::from(slot(first.wrapping_add(i as u32), PUSH_SLOTS)) * descriptor::BYTES as u64;
            let window = map::queue_push(self.name.direction, self.name.index) + place;
            let value = u128::from_le_bytes(descriptor.to_bytes());
            self.shared.transport.mmio_write64(BAR, window, value as u64)?;
            self.shared.transport.mmio_write64(BAR, window + 8, (value >> 64) as u64)?;
        }
        let value = doorbell::value(self.produced, self.consumed, self.armed);
        // Descriptors are written before the doorbell is; the transport orders the write itself behind the stores.
        fence(Ordering::Release);
        let offset = map::queue_doorbell(self.name.direction, self.name.index);
        self.shared.transport.mmio_write64(BAR, offset, value)?;
        self.staged.clear();
        self.rung = self.produced;
        self.returned = self.consumed;
        Ok(())
    }

    /// Direct mode: each descriptor through the registers, and the doorbell for records alone.
    fn hand_over(&mut self) -> Result<(), Error> {
        while let Some(descriptor) = self.staged.front() {
            // What the device reads was stored before; the transport orders the writes behind the stores.
            fence(Ordering::Release);
            self.write(&regs::FEED_ADDR_LO, descriptor.host_addr as u32)?;
            self.write(&regs::FEED_ADDR_HI, (descriptor.host_addr >> 32) as u32)?;
            self.write(&regs::FEED_LEN, descriptor.len)?;
            self.write(&regs::FEED_CARD, descriptor.card)?;
            self.write(&regs::FEED_GO, descriptor.flags.into())?;
            self.staged.pop_front();
            self.rung = self.rung.wrapping_add(1);
        }
        if self.armed || self.returned != self.consumed {
            let offset = map::queue_doorbell(self.name.direction, self.name.index) + 4;
            let value = doorbell::upper(self.consumed, self.armed);
            self.shared.transport.mmio_write32(BAR, offset, value)?;
            self.returned = self.consumed;
        }
        Ok(())
    }
}
