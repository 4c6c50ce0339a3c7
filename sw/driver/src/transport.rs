//! The seam between the driver and a device: [`Transport`].
//!
//! The driver reaches a card through this trait and nothing else, so the same driver runs on a real card
//! (VFIO) and on the simulated one. Time is the device's: a timeout of 1 ms is 1 ms on a card and
//! 250,000 clocks of 4 ns on the simulator.

use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use crate::memory::Memory;

/// Bytes of configuration space (PCIe Base Spec 7.2.2).
pub const CONFIG_BYTES: u64 = 4096;

/// Checks the offset of a DWORD of configuration space, for transports.
///
/// # Errors
/// [`TransportError::BadOffset`].
pub fn check_config_offset(offset: u16) -> Result<(), TransportError> {
    let (offset, limit) = (u64::from(offset), CONFIG_BYTES);
    if !offset.is_multiple_of(4) || offset >= limit {
        return Err(TransportError::BadOffset { what: "configuration space", offset, limit });
    }
    Ok(())
}

/// Checks that a range of bytes is within `memory`, for transports.
///
/// # Errors
/// [`TransportError::BadOffset`].
pub fn check_memory_range(memory: &Memory, range: &Range<usize>) -> Result<(), TransportError> {
    if range.start > range.end || range.end > memory.len() {
        let (offset, limit) = (range.end as u64, memory.len() as u64);
        return Err(TransportError::BadOffset { what: "memory", offset, limit });
    }
    Ok(())
}

/// Time on the device, in nanoseconds since the transport was opened.
pub type DeviceNanos = u64;

/// What the device may do with a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmaAccess {
    /// The device reads it (host to card).
    DeviceReads,
    /// The device writes it (card to host).
    DeviceWrites,
    /// Both.
    Both,
}

/// What is known of the device and its path to memory, fixed at open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How a user would name the device: `sim` or a PCI address.
    pub name: String,
    /// Link generation: 1 is 2.5 GT/s, 2 is 5, 3 is 8, 4 is 16, 5 is 32.
    pub link_generation: u8,
    /// Link width in lanes.
    pub link_lanes: u8,
    /// Max_Payload_Size in bytes.
    pub max_payload: u32,
    /// Max_Read_Request_Size in bytes.
    pub max_read_request: u32,
    /// IOVAs that can be mapped, half-open, ascending.
    pub iova_ranges: Vec<Range<u64>>,
    /// Most mappings that may exist at a time.
    pub max_mappings: u32,
    /// Bits of address the device can drive.
    pub address_bits: u8,
    /// NUMA node of the device, if the machine tells.
    pub numa_node: Option<u32>,
    /// Page sizes of the IOMMU in bytes, as a bit mask; the lowest is the granule of a mapping.
    pub iova_page_sizes: u64,
}

/// Why a transport could not do what it was asked. Each says the limit and the remedy where there is one.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// There is no such device.
    #[error("no such device: {0}")]
    NoDevice(String),
    /// The device is there but may not be used.
    #[error("{0}")]
    Permission(String),
    /// The device no longer answers.
    #[error("device lost: {0}")]
    DeviceLost(String),
    /// An address outside the BAR or configuration space, or not aligned.
    #[error("bad {what}: offset {offset:#x} (limit {limit:#x})")]
    BadOffset {
        /// What was accessed.
        what: &'static str,
        /// The offset asked for.
        offset: u64,
        /// First offset that is too far.
        limit: u64,
    },
    /// Memory could not be mapped for DMA.
    #[error("cannot map {len} bytes at IOVA {iova:#x}: {reason}")]
    Map {
        /// IOVA asked for.
        iova: u64,
        /// Length in bytes.
        len: u64,
        /// Cause, limit and remedy.
        reason: String,
    },
    /// The simulated link saw something illegal, or the model failed: the run is void.
    #[error("{0}")]
    Simulation(String),
    /// A call to the system failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Why [`Transport::wait`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The descriptor with this index in the slice is ready to read.
    Ready(usize),
    /// The deadline passed first.
    Deadline,
}

/// A device as the driver sees it. All methods may be called from any thread.
pub trait Transport: Send + Sync {
    /// What is known of the device.
    fn facts(&self) -> &Facts;

    /// Reads a 32-bit register. `offset` is in bytes and a multiple of 4.
    fn mmio_read32(&self, bar: u8, offset: u64) -> Result<u32, TransportError>;

    /// Reads 64 bits in one access where the bus allows. `offset` is a multiple of 8.
    fn mmio_read64(&self, bar: u8, offset: u64) -> Result<u64, TransportError>;

    /// Writes a 32-bit register. All normal stores made before are visible to the device before the write is.
    fn mmio_write32(&self, bar: u8, offset: u64, value: u32) -> Result<(), TransportError>;

    /// Writes 64 bits in one access where the bus allows; ordered like [`Transport::mmio_write32`].
    fn mmio_write64(&self, bar: u8, offset: u64, value: u64) -> Result<(), TransportError>;

    /// Reads a DWORD of configuration space.
    fn config_read32(&self, offset: u16) -> Result<u32, TransportError>;

    /// Sets or clears Bus Master Enable and no other bit.
    fn set_bus_master(&self, on: bool) -> Result<(), TransportError>;

    /// Lets the device reach `range` of `memory` at `iova`. All three are multiples of the IOMMU granule. The
    /// transport keeps `memory` alive until the mapping is gone.
    fn map(
        &self,
        memory: &Arc<Memory>,
        range: Range<usize>,
        iova: u64,
        access: DmaAccess,
    ) -> Result<(), TransportError>;

    /// Takes back a whole mapping made by [`Transport::map`]. The device must be done with it.
    fn unmap(&self, iova: u64, len: u64) -> Result<(), TransportError>;

    /// Enables MSI-X vectors `0..count` and gives an event file descriptor for each: it becomes readable when the
    /// vector fires, and an 8-byte read takes the events.
    fn enable_interrupts(&self, count: u32) -> Result<Vec<OwnedFd>, TransportError>;

    /// Disables MSI-X. The descriptors given before fire no more.
    fn disable_interrupts(&self) -> Result<(), TransportError>;

    /// Resets the function. Registers are at their reset values afterwards, bus mastering is off.
    fn reset(&self) -> Result<(), TransportError>;

    /// Device time.
    fn now(&self) -> DeviceNanos;

    /// Passes time until one of `fds` is readable or device time reaches `deadline`.
    fn wait(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, TransportError>;

    /// Passes a little time, as in a polling loop: `n` clocks on the simulator, `n` spin hints on a card.
    fn relax(&self, n: u32) -> Result<(), TransportError>;
}
