//! What the record writer keeps between its inputs and its output.

use rust_hdl::prelude::*;

/// A record as the data paths ask for it; [`RECORD_BITS`] wide.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct RecordAsk {
    /// DW0: bytes moved.
    pub bytes: Bits<24>,
    /// DW1: metadata.
    pub meta: Bits<32>,
    /// DW2: descriptor index.
    pub index: Bits<32>,
    /// Status code.
    pub status: Bits<8>,
    /// Flags of the record.
    pub flags: Bits<7>,
    /// Queue of its direction.
    pub q: Bits<6>,
    /// The descriptor asks for an interrupt.
    pub irq: Bit,
    /// Of which direction.
    pub is_c2h: Bit,
}

/// Bits of a [`RecordAsk`].
pub const RECORD_BITS: usize = 111;

/// A completion record as 128 bits, in memory order.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct RecordWords {
    /// DW0.
    pub bytes: Bits<32>,
    /// DW1.
    pub meta: Bits<32>,
    /// DW2.
    pub index: Bits<32>,
    /// DW3, bits 7:0.
    pub generation: Bits<8>,
    /// DW3, bits 15:8: bit 6 is the direction.
    pub queue: Bits<6>,
    /// Bit 6 of the queue.
    pub is_c2h: Bit,
    /// Bit 7 of the queue.
    pub zero: Bit,
    /// DW3, bits 23:16.
    pub status: Bits<8>,
    /// DW3, bits 30:24.
    pub flags: Bits<7>,
    /// DW3, bit 31: 1 on the ring's first lap, flips with each.
    pub phase: Bit,
}
