//! What is known of a fetch and of a queue's place in host memory.

use rust_hdl::prelude::*;

/// Nothing ends the batch but its length.
pub const GOES_ON: u64 = 0;
/// A descriptor with END.
pub const ENDS: u64 = 1;
/// The LINK of a segment.
pub const LINKS: u64 = 2;
/// The last entry of the batch carries a status code.
pub const FAILS: u64 = 3;

/// A fetch, as it was asked for.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Batch {
    /// Queue, of both directions.
    pub g: Bits<7>,
    /// Its direction.
    pub c2h: Bit,
    /// Its number in that direction.
    pub q: Bits<6>,
    /// Index of the first entry, modulo 128.
    pub slot: Bits<7>,
    /// Entries, 1 to 32.
    pub count: Bits<6>,
    /// List mode.
    pub list: Bit,
    /// Begins a segment.
    pub first: Bit,
    /// Ends a segment.
    pub last: Bit,
}

/// How much of a fetch has come.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Progress {
    /// Entries still to come.
    pub left: Bits<6>,
    /// Index of the next of them, modulo 128.
    pub at: Bits<7>,
    /// Entries that the head may pass, one with a status code included.
    pub good: Bits<6>,
    /// What is behind them.
    pub kind: Bits<2>,
}

/// Where a queue's next fetch starts.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Place {
    /// Index of the next entry.
    pub index: Bits<17>,
    /// Entries up to the end of ring or segment.
    pub left: Bits<24>,
    /// Nothing of it was asked for so far.
    pub first: Bit,
    /// Address of the next entry, bits 31:4.
    pub low: Bits<28>,
    /// Address of the next entry, bits 63:32.
    pub high: Bits<32>,
}

/// What the header of a completion says, with each line of its payload.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Line {
    pub valid: Bit,
    pub first: Bit,
    pub last: Bit,
    /// Of the last line only a part has come.
    pub short: Bit,
    /// With `last`: discard the TLP.
    pub error: Bit,
    pub tag: Bits<3>,
    /// A fetch with that tag is unanswered.
    pub known: Bit,
    /// Payload and byte count are whole descriptors, 1 to 63.
    pub shape: Bit,
    /// Descriptors that remain of the request, this TLP's included.
    pub remaining: Bits<6>,
    /// Descriptors in this TLP.
    pub count: Bits<6>,
    pub status: Bits<3>,
    /// Poisoned.
    pub ep: Bit,
}

/// One DWORD or none, and a status code, for one entry of a store.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct EntryWrite {
    pub valid: Bit,
    pub c2h: Bit,
    pub q: Bits<6>,
    pub slot: Bits<7>,
    /// One bit per DWORD.
    pub words: Bits<4>,
    pub data: Bits<32>,
    pub err: Bits<8>,
}
