//! Version of the ABI.

/// Major version: software refuses another.
pub const ABI_MAJOR: u32 = 1;
/// Minor version: additions only.
pub const ABI_MINOR: u32 = 1;
