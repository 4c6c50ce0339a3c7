//! The device's clock as a region of its own, behind those of PCI: how a client knows and passes simulated time.
//!
//! A device without the region, or without the magic number in it, lives in the client's own time. All registers are
//! 64 bits, read and written whole.

/// Index of the region: the first behind those that VFIO gives a PCI device.
pub const REGION: u32 = 9;
/// Length of the region in bytes.
pub const BYTES: u64 = 4096;

/// Reads [`MAGIC_VALUE`].
pub const MAGIC: u64 = 0;
/// "FLCLOCK1", little-endian.
pub const MAGIC_VALUE: u64 = u64::from_le_bytes(*b"FLCLOCK1");
/// Reads nanoseconds of device time since power-up.
pub const NANOS: u64 = 8;
/// Reads clocks since power-up.
pub const CLOCKS: u64 = 16;
/// A write of n lets at least n more clocks pass, even if there is nothing to do.
pub const RUN_CLOCKS: u64 = 24;
/// A write of a device time lets the clock run until then, even if there is nothing to do; of 0, only while there is.
pub const RUN_UNTIL: u64 = 32;
