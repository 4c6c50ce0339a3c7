//! What belongs to the card's own logic behind the engine: registers in BAR2 and interrupts.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use ferrolane_abi::feature;
use ferrolane_abi::map::USER_BAR;
use ferrolane_abi::regs::global;
use rustix::event::{poll, PollFd, PollFlags};

use super::{Device, Shared};
use crate::error::Error;
use crate::transport::{DeviceNanos, Woken};

impl Device {
    /// Reads a DWORD of the card's own registers (BAR2); `offset` in bytes, a multiple of 4.
    ///
    /// All ones is also what an access gives that the card's logic refuses or does not answer (counted in
    /// CNT_AXIL_ERROR); where the device itself is gone the error is [`Error::DeviceLost`].
    pub fn user_read32(&self, offset: u64) -> Result<u32, Error> {
        self.has_user_registers()?;
        let value = self.shared.transport.mmio_read32(USER_BAR, offset)?;
        // MAGIC is never all ones (PCIe Base Spec 2.3.2: a read that nobody answers is).
        if value == u32::MAX && self.read_global(&global::MAGIC)? == u32::MAX {
            return Err(Error::DeviceLost { register: "MAGIC" });
        }
        Ok(value)
    }

    /// Writes a DWORD of the card's own registers. It is posted: a [`Device::user_read32`] behind it, of any offset,
    /// returns only when the write has been taken.
    pub fn user_write32(&self, offset: u64, value: u32) -> Result<(), Error> {
        self.has_user_registers()?;
        Ok(self.shared.transport.mmio_write32(USER_BAR, offset, value)?)
    }

    fn has_user_registers(&self) -> Result<(), Error> {
        self.shared.parameters.features.require(feature::USER_REGISTERS)
    }

    /// Takes an MSI-X vector of the card's own logic. The engine does not tell which those are, the card's description
    /// does: on the cards built here they are the last ones.
    pub fn user_interrupt(&self, vector: u32) -> Result<UserInterrupt, Error> {
        let event = self.shared.take_user_vector(vector)?;
        Ok(UserInterrupt { shared: Arc::clone(&self.shared), vector, event })
    }
}

/// An interrupt of the card's own logic. Events that come while nobody waits are kept, several as one.
pub struct UserInterrupt {
    shared: Arc<Shared>,
    vector: u32,
    event: Arc<OwnedFd>,
}

impl UserInterrupt {
    /// Number of the MSI-X vector.
    pub fn vector(&self) -> u32 {
        self.vector
    }

    /// Readable when the interrupt has come, to be waited for among others; [`UserInterrupt::take`] takes the event.
    pub fn event(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }

    /// Takes the event, if there is one, and answers whether there was. Never blocks.
    pub fn take(&mut self) -> Result<bool, Error> {
        take_event(&self.event, self.vector)
    }

    /// Sleeps until the interrupt comes, and takes it. Answers false if device time reaches `deadline` first.
    pub fn wait_until(&mut self, deadline: DeviceNanos) -> Result<bool, Error> {
        loop {
            if self.take()? {
                return Ok(true);
            }
            match self.shared.transport.wait(&[self.event.as_fd()], deadline)? {
                Woken::Ready(_) => {}
                Woken::Deadline => return self.take(),
            }
        }
    }
}

impl Drop for UserInterrupt {
    fn drop(&mut self) {
        // What nobody waited for must not wake the next owner.
        let _ = self.take();
        self.shared.release_vector(self.vector);
    }
}

/// Takes the event off an event file descriptor, if there is one. Never blocks, whatever mode it is in.
pub(crate) fn take_event(event: &OwnedFd, vector: u32) -> Result<bool, Error> {
    let fail = |e: rustix::io::Errno| Error::Event { vector, source: e.into() };
    let mut fds = [PollFd::new(event, PollFlags::IN)];
    if poll(&mut fds, Some(&rustix::event::Timespec::default())).map_err(fail)? == 0 {
        return Ok(false);
    }
    match rustix::io::read(event, &mut [0u8; 8]) {
        Ok(_) => Ok(true),
        Err(rustix::io::Errno::AGAIN) => Ok(false),
        Err(error) => Err(fail(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::{Identity, MockCard};
    use crate::transport::TransportError;
    use ferrolane_abi::map::USER_BAR_BYTES;

    #[test]
    fn registers_are_read_and_written_within_their_bar() {
        let card = MockCard::default();
        let device = Device::open(card.transport()).unwrap();
        device.user_write32(0, 1).unwrap();
        device.user_write32(USER_BAR_BYTES - 4, 2).unwrap();
        assert_eq!((device.user_read32(0).unwrap(), device.user_read32(USER_BAR_BYTES - 4).unwrap()), (1, 2));
        assert_eq!(device.read32(0).unwrap(), global::MAGIC.reset(), "BAR0 is another");
        for wrong in [1, 2, USER_BAR_BYTES, USER_BAR_BYTES - 2, u64::MAX - 3] {
            let bad = |e| matches!(e, Error::Transport(TransportError::BadOffset { .. }));
            assert!(bad(device.user_read32(wrong).unwrap_err()), "{wrong:#x}");
            assert!(bad(device.user_write32(wrong, 0).unwrap_err()), "{wrong:#x}");
        }
    }

    #[test]
    fn all_ones_is_a_value_unless_the_device_is_gone() {
        let card = MockCard::default();
        let device = Device::open(card.transport()).unwrap();
        device.user_write32(8, u32::MAX).unwrap();
        assert_eq!(device.user_read32(8).unwrap(), u32::MAX);
        card.faults(|f| f.lost = true);
        assert!(matches!(device.user_read32(8), Err(Error::DeviceLost { .. })));
    }

    #[test]
    fn a_card_without_registers_of_its_own_says_so() {
        let features = Identity::default().features & !feature::USER_REGISTERS;
        let device =
            Device::open(MockCard::new(Identity { features, ..Identity::default() }).transport()).unwrap();
        let missing = |e| matches!(e, Error::MissingFeature { name: "USER_REGISTERS", .. });
        assert!(missing(device.user_read32(0).unwrap_err()));
        assert!(missing(device.user_write32(0, 0).unwrap_err()));
    }

    #[test]
    fn a_vector_has_one_owner_and_keeps_its_event() {
        let card = MockCard::new(Identity { vectors: 16, ..Identity::default() });
        let device = Device::open(card.transport()).unwrap();
        let mut interrupt = device.user_interrupt(15).unwrap();
        assert_eq!(interrupt.vector(), 15);
        assert!(card.bus_master(), "an interrupt is a write");
        assert!(matches!(device.user_interrupt(15), Err(Error::VectorTaken { vector: 15 })));
        for none in [0, 16, u32::MAX] {
            assert!(
                matches!(device.user_interrupt(none), Err(Error::NoSuchVector { count: 16, .. })),
                "{none}"
            );
        }
        assert!(!interrupt.wait_until(device.deadline(10_000)).unwrap());
        card.fire(15);
        card.fire(15);
        assert!(interrupt.wait_until(device.deadline(10_000)).unwrap());
        assert!(!interrupt.take().unwrap(), "two before one look are one");
        card.fire(15);
        drop(interrupt);
        assert!(!device.user_interrupt(15).unwrap().take().unwrap(), "an earlier owner's");
    }

    #[test]
    fn queues_leave_the_vectors_behind_them_alone() {
        let card = MockCard::new(Identity { vectors: 16, ..Identity::default() });
        let device = Device::open(card.transport()).unwrap();
        let _user: Vec<_> = (9..16).map(|vector| device.user_interrupt(vector).unwrap()).collect();
        let config = crate::QueueConfig { interrupt: true, ..Default::default() };
        let queues: Vec<_> = (0..4).map(|i| device.open_h2c(i, config.clone()).unwrap()).collect();
        assert!(queues.iter().all(|queue| crate::Queue::event(queue).is_some()));
        assert!(matches!(device.user_interrupt(1), Err(Error::VectorTaken { vector: 1 })));
    }
}
