//! What is known of a fetch.

use rust_hdl::prelude::*;

/// Nothing ends the batch but its length.
pub const GOES_ON: u64 = 0;
/// Behind a descriptor with END.
pub const ENDS: u64 = 1;
/// Behind it is the LINK of a segment.
pub const LINKS: u64 = 2;
/// Behind it is an entry that carries a status code.
pub const FAILS: u64 = 3;

/// A fetch, as it was asked for.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Batch {
    /// Queue, of both directions.
    pub g: Bits<7>,
    /// Number among the queue's fetches, modulo 16.
    pub number: Bits<4>,
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
    /// Something is still to come.
    pub open: Bit,
    /// Nothing has come.
    pub fresh: Bit,
    /// Index, modulo 128, behind the entries that have come and count.
    pub at: Bits<7>,
    /// What is there.
    pub kind: Bits<2>,
}

/// What the header of a completion says, with each line of its payload.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Line {
    pub valid: Bit,
    pub first: Bit,
    pub last: Bit,
    /// With `last`: discard the TLP.
    pub error: Bit,
    pub tag: Bits<4>,
    /// Of the line of the clock before, too.
    pub again: Bit,
    /// Made up: no completion came in time.
    pub lapsed: Bit,
    /// A fetch with that tag is unanswered.
    pub known: Bit,
    /// The TLP ends the request, whatever it is worth.
    pub fatal: Bit,
    /// Poisoned.
    pub ep: Bit,
    /// Completion status is 0.
    pub success: Bit,
    /// Status code for `fatal` or `ep`.
    pub code: Bits<8>,
    /// Descriptors that remain of the request, this TLP's included.
    pub remaining: Bits<6>,
    /// Descriptors that remain behind this TLP.
    pub behind: Bits<6>,
    /// `remaining` is what the line of the clock before left.
    pub follows: Bit,
    /// A descriptor in the lower 128 bits, and in the upper.
    pub has0: Bit,
    pub has1: Bit,
    /// No more of the TLP behind this line.
    pub ending: Bit,
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
