//! The 16-byte descriptor, little-endian, read-only to the device.
//!
//! | bytes | field |
//! | --- | --- |
//! | 7:0 | `host_addr`: IOVA of the first byte, any alignment |
//! | 10:8 | `len`: bytes, 1 to 2^24 - 1 |
//! | 11 | `flags` |
//! | 15:12 | `card`: metadata on stream queues, card address on memory queues |

use crate::table::Named;

/// Size of a descriptor in bytes.
pub const BYTES: usize = 16;
/// Longest length a descriptor can carry, in bytes.
pub const MAX_LEN: u32 = (1 << 24) - 1;

/// First descriptor of a packet.
pub const SOP: u8 = 1 << 0;
/// Last descriptor of a packet.
pub const EOP: u8 = 1 << 1;
/// Ask for an interrupt with this descriptor's record.
pub const IRQ: u8 = 1 << 2;
/// List mode: this entry names the next segment.
pub const LINK: u8 = 1 << 3;
/// List mode: last descriptor of the list.
pub const END: u8 = 1 << 4;
/// Start only when all earlier descriptors of the queue have completed.
pub const FENCE: u8 = 1 << 5;
/// Memory queues: the card address does not advance.
pub const FIXED: u8 = 1 << 6;
/// Reserved for a 32-byte form; must be 0.
pub const EXT: u8 = 1 << 7;

/// Flags that no data descriptor of a stream queue may carry. LINK and END belong to list mode, whose fetch takes them away.
pub const REFUSED: u8 = LINK | END | FIXED | EXT;

/// All flags, by bit number.
pub const FLAGS: &[Named] = &[
    Named { name: "SOP", value: 0, doc: "First descriptor of a packet." },
    Named { name: "EOP", value: 1, doc: "Last descriptor of a packet." },
    Named { name: "IRQ", value: 2, doc: "Ask for an interrupt with this descriptor's record." },
    Named { name: "LINK", value: 3, doc: "List mode: this entry names the next segment." },
    Named { name: "END", value: 4, doc: "List mode: last descriptor of the list." },
    Named {
        name: "FENCE",
        value: 5,
        doc: "Start only when all earlier descriptors of the queue have completed.",
    },
    Named { name: "FIXED", value: 6, doc: "Memory queues: the card address does not advance." },
    Named { name: "EXT", value: 7, doc: "Reserved for a 32-byte form; must be 0." },
];

/// A descriptor in memory form and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// IOVA of the first byte.
    pub host_addr: u64,
    /// Length in bytes, 1 to [`MAX_LEN`].
    pub len: u32,
    /// [`FLAGS`].
    pub flags: u8,
    /// Metadata or card address.
    pub card: u32,
}

impl Descriptor {
    /// The 16 bytes as the device reads them. `len` is cut to 24 bits.
    pub fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[0..8].copy_from_slice(&self.host_addr.to_le_bytes());
        bytes[8..12].copy_from_slice(&((self.len & MAX_LEN) | (self.flags as u32) << 24).to_le_bytes());
        bytes[12..16].copy_from_slice(&self.card.to_le_bytes());
        bytes
    }

    /// Reads the memory form.
    pub fn from_bytes(bytes: [u8; BYTES]) -> Self {
        let dw = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        Descriptor {
            host_addr: dw(0) as u64 | (dw(4) as u64) << 32,
            len: dw(8) & MAX_LEN,
            flags: (dw(8) >> 24) as u8,
            card: dw(12),
        }
    }
}
