//! What the record writer's stages hand to each other.

use rust_hdl::prelude::*;

/// The end of a descriptor as the data paths tell it, and as it waits to become a record; [`ENDED_BITS`] wide.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Ended {
    /// DW0: bytes moved.
    pub bytes: Bits<24>,
    /// DW1: metadata.
    pub meta: Bits<32>,
    /// DW2: descriptor index.
    pub index: Bits<32>,
    /// Status code.
    pub status: Bits<8>,
    /// Flags of the record; bit 0 is EOP.
    pub flags: Bits<7>,
    /// The descriptor asks for an interrupt.
    pub irq: Bit,
}

/// Bits of an [`Ended`].
pub const ENDED_BITS: usize = 104;

/// What happens to a queue in a clock; at most one of the five kinds is set.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct RecordEvent {
    /// Queue of both directions.
    pub g: Bits<7>,
    /// A descriptor has ended.
    pub ended: Bit,
    /// The host tells its consumer index.
    pub cons: Bit,
    /// The queue is cleared.
    pub init: Bit,
    /// wr_arb took a TLP of records.
    pub written: Bit,
    /// A timer is over.
    pub visit: Bit,
    /// With `cons`: ARM.
    pub arm: Bit,
    /// With `written`: a record of the TLP asks for an interrupt.
    pub irq: Bit,
    /// With `visit`: the collected records are to be written.
    pub flush: Bit,
    /// With `visit`: MODERATE.TIME is over.
    pub tick: Bit,
    /// With `cons` the consumer index, with `written` the records written so far.
    pub value: Bits<31>,
}

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
    pub queue: Bits<8>,
    /// DW3, bits 23:16.
    pub status: Bits<8>,
    /// DW3, bits 30:24.
    pub flags: Bits<7>,
    /// DW3, bit 31: 1 on the ring's first lap, flips with each.
    pub phase: Bit,
}
