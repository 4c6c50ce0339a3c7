//! Header of memory requests, as the TLP port carries it.

use rust_hdl::prelude::*;

/// Fmt/Type of a memory read with a 3-DW header (PCIe Base Spec r5 table 2-3). Bit 5 makes the header 4 DW.
pub const MEM_READ: u64 = 0x00;
/// Fmt/Type of a memory write with a 3-DW header. Bit 5 makes the header 4 DW.
pub const MEM_WRITE: u64 = 0x40;
/// Fmt/Type of a completion without data.
pub const CPL: u64 = 0x0A;
/// Fmt/Type of a completion with data.
pub const CPL_DATA: u64 = 0x4A;

/// Completion Status that no completion has here: it came not in time. Reserved ones are UR (PCIe Base Spec r5 2.2.9), as which
/// `cpl_route` shows them.
pub const LAPSED: u64 = 7;
/// Completion Status Unsupported Request (table 2-34).
pub const UR: u64 = 1;

/// Of 2^`tag_bits` tags, those below this one belong to descriptor fetches.
///
/// A fetch brings up to 32 descriptors. With many data reads in flight, the link's queue makes it last as long as all of
/// them: 200 descriptors in flight are too few then for two directions of 256 bytes at 31 bytes per clock.
pub const fn fetch_tags(tag_bits: usize) -> u64 {
    if tag_bits < 8 {
        8
    } else {
        16
    }
}

/// Most fetches at once: their numbers, modulo 16, tell none of a queue from some.
pub const fn most_fetches(tag_bits: usize) -> u64 {
    if tag_bits < 8 {
        8
    } else {
        15
    }
}

/// The 128 header bits of a memory request (PCIe Base Spec r5 2.2.7), first field lowest. With a 3-DW header `address_hi`
/// is the address and `address_lo` is 0.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct MemHeader {
    /// Payload or read length in DWs; 0 means 1024.
    pub length: Bits<10>,
    /// Address type.
    pub at: Bits<2>,
    /// No snoop (bit 0), relaxed ordering (bit 1).
    pub attr: Bits<2>,
    /// Poisoned.
    pub ep: Bit,
    /// Digest follows.
    pub td: Bit,
    /// Traffic class, hints and the tag's upper bits.
    pub class: Bits<8>,
    /// Format and type.
    pub fmt_type: Bits<8>,
    /// Byte enables of the first DW.
    pub first_be: Bits<4>,
    /// Byte enables of the last DW; 0 if there is only one.
    pub last_be: Bits<4>,
    /// Tag.
    pub tag: Bits<8>,
    /// Requester id.
    pub requester: Bits<16>,
    /// Address 63:32, or the whole address with a 3-DW header.
    pub address_hi: Bits<32>,
    /// Address 31:0 with a 4-DW header.
    pub address_lo: Bits<32>,
}
