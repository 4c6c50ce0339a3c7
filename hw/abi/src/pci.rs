//! Identity and configuration-space constants. The hard block holds the configuration space on a card,
//! one model holds it in simulation; both take their values from here.

/// Vendor id: 0x1234 belongs to nobody and is what emulated devices use. Boards set their own; the
/// driver trusts the BAR's magic instead.
pub const VENDOR_ID: u16 = 0x1234;
/// Device id.
pub const DEVICE_ID: u16 = 0xF1A0;
/// Subsystem vendor id.
pub const SUBSYSTEM_VENDOR_ID: u16 = VENDOR_ID;
/// Subsystem id.
pub const SUBSYSTEM_ID: u16 = 0x0001;
/// Revision id.
pub const REVISION: u8 = 1;
/// Class code: base 0x08 (system peripheral), sub 0x80 (other), interface 0.
pub const CLASS_CODE: u32 = 0x08_80_00;

/// Configuration offset of the power-management capability.
pub const CAP_PM: u8 = 0x40;
/// Configuration offset of the MSI-X capability.
pub const CAP_MSIX: u8 = 0x50;
/// Configuration offset of the PCI Express capability.
pub const CAP_PCIE: u8 = 0x70;
/// Configuration offset of the first extended capability (device serial number).
pub const ECAP_DSN: u16 = 0x100;

/// Largest Max_Payload_Size the engine supports, in bytes.
pub const MAX_PAYLOAD_SUPPORTED: u32 = 1024;
