//! User-space driver for Ferrolane DMA cards.
//!
//! A program opens a [`Device`] over a [`transport::Transport`] (a real card through VFIO, or the simulated one),
//! allocates [`DmaRegion`]s, cuts [`DmaBuffer`]s out of them and moves them through an [`H2cQueue`] (host to card) and
//! a [`C2hQueue`] (card to host):
//!
//! ```no_run
//! use ferrolane::{C2hRequest, Device, DmaAccess, H2cRequest, Queue, QueueConfig};
//! # fn open() -> std::sync::Arc<dyn ferrolane::Transport> { unimplemented!() }
//! # fn main() -> Result<(), ferrolane::Error> {
//! let device = Device::open(open())?;
//! let mut h2c = device.open_h2c(0, QueueConfig::default())?;
//! let mut c2h = device.open_c2h(0, QueueConfig::default())?;
//! let region = device.allocate(8192, DmaAccess::Both)?;
//! let mut outgoing = region.buffer(1..13)?;
//! outgoing.copy_from(b"Hello, card!")?;
//! c2h.submit(C2hRequest::new(region.buffer(4096..8192)?))?;
//! h2c.submit(H2cRequest::packet(outgoing))?;
//! let received = c2h.wait_until(device.deadline(1_000_000))?;
//! assert_eq!(received.buffer.to_vec(), b"Hello, card!");
//! # Ok(())
//! # }
//! ```
//!
//! The card's memory is written and read with [`Device::memory_write`] and [`Device::memory_read`], or through queues of its
//! own: [`MemoryWriteQueue`], [`MemoryReadQueue`].
//!
//! The card's own logic is reached with [`Device::user_read32`] and [`Device::user_write32`], its registers, and with
//! [`Device::user_interrupt`].
//!
//! Before a PCI card can be opened it has to be bound and open to the user: `vfio::examine` tells what is missing,
//! `vfio::bind`, `vfio::unbind` and `vfio::rescan` set it up.
//!
//! All deadlines are device time ([`Device::now`]). Between starting and stopping a queue the driver reads no register
//! unless a deadline passes.

mod alloc;
mod buffer;
pub mod config;
mod device;
mod error;
mod iova;
mod memlock;
pub mod memory;
#[cfg(any(test, feature = "mock"))]
pub mod mock;
mod params;
mod protocol;
mod queue;
mod region;
mod rejected;
mod status;
pub mod transport;
#[cfg(feature = "vfio")]
pub mod vfio;
mod warning;

pub use alloc::AllocError;
pub use buffer::DmaBuffer;
pub use device::{Device, DeviceOptions, UserInterrupt};
pub use error::{Error, ProtocolError, QueueName, Rejected, StatusCode};
pub use ferrolane_abi as abi;
pub use iova::IovaError;
pub use memlock::{Memlock, MemlockError};
pub use memory::Memory;
pub use params::{Features, Link, Parameters};
pub use queue::{
    wait_any, C2hQueue, C2hRequest, CardMemory, CardMemoryOptions, CardPlace, Coalesce, Completed, DmaQueue,
    Feed, H2cQueue, H2cRequest, MemoryRead, MemoryReadQueue, MemoryWrite, MemoryWriteQueue, Moderate,
    Overflow, Queue, QueueConfig, Request, Stopped,
};
pub use region::DmaRegion;
pub use transport::{DeviceNanos, DmaAccess, Facts, Transport, TransportError, Woken};
pub use warning::{print_warnings, Warning, WarningSink};
