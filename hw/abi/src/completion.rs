//! The 16-byte completion record, little-endian, aligned, never split over TLPs.
//!
//! | DW | field |
//! | --- | --- |
//! | 0 | bytes moved by the descriptor |
//! | 1 | metadata: C2H, TUSER of the TLAST beat, valid with EOP |
//! | 2 | descriptor index, free-running |
//! | 3 | phase 31, flags 30:24, status 23:16, queue 15:8, generation 7:0 |
//!
//! The phase is only in DW3: load it with acquire order, then read the rest. It is 1 on the first lap
//! of the ring and flips with each lap.

use crate::table::Named;

/// Size of a record in bytes.
pub const BYTES: usize = 16;
/// Bit of the phase in DW3.
pub const PHASE_BIT: u32 = 31;

/// The packet ended with this descriptor.
pub const EOP: u8 = 1 << 0;
/// Data of this queue was dropped before this record's.
pub const GAP: u8 = 1 << 1;
/// The buffer was closed by a timer or a command before it was full.
pub const FLUSHED: u8 = 1 << 2;

/// All flags, by bit number within DW3\[30:24\].
pub const FLAGS: &[Named] = &[
    Named { name: "EOP", value: 0, doc: "The packet ended with this descriptor." },
    Named { name: "GAP", value: 1, doc: "Data of this queue was dropped before this record's." },
    Named {
        name: "FLUSHED",
        value: 2,
        doc: "The buffer was closed by a timer or a command before it was full.",
    },
];

/// A record in memory form and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Bytes moved by the descriptor.
    pub bytes: u32,
    /// Metadata.
    pub meta: u32,
    /// Descriptor index, free-running.
    pub index: u32,
    /// Phase of the ring's lap.
    pub phase: bool,
    /// [`FLAGS`], 7 bits.
    pub flags: u8,
    /// [`crate::status`] code.
    pub status: u8,
    /// [`crate::map::queue_id`] of the queue.
    pub queue: u8,
    /// Generation of the queue's start.
    pub generation: u8,
}

impl Completion {
    /// DW3 of the record.
    pub fn dw3(&self) -> u32 {
        (self.phase as u32) << PHASE_BIT
            | ((self.flags & 0x7F) as u32) << 24
            | (self.status as u32) << 16
            | (self.queue as u32) << 8
            | self.generation as u32
    }

    /// Reads a record from its four DWs.
    pub fn from_dws(dw: [u32; 4]) -> Self {
        Completion {
            bytes: dw[0],
            meta: dw[1],
            index: dw[2],
            phase: dw[3] >> PHASE_BIT != 0,
            flags: (dw[3] >> 24) as u8 & 0x7F,
            status: (dw[3] >> 16) as u8,
            queue: (dw[3] >> 8) as u8,
            generation: dw[3] as u8,
        }
    }
}
