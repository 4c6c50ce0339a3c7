//! What a plan is made of.

use std::ops::Range;

/// What happens to a completion. The root complex makes it as always; then this is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// It never arrives; the rest of its read does.
    Drop,
    /// Neither it nor the rest of its read arrives.
    DropAnswer,
    /// It has this status and no data, and ends its read (PCIe Base Spec 2.2.9).
    Status(u8),
    /// It is poisoned (EP, PCIe Base Spec 2.7.2); the rest of its read follows.
    Poison,
    /// Successful, but without data. Ends its read.
    NoData,
    /// Data with status UR. Ends its read.
    ErrorData,
    /// Its payload lacks the last DWORD, as its Length says. Ends its read, though Byte Count promises more.
    Short,
    /// Its payload has four DWORDs more than the read has left. Ends its read.
    TooMuch,
    /// Byte Count is off by this many bytes; the rest of its read follows.
    ByteCount(i16),
    /// Lower Address is off by 4; the rest of its read follows.
    LowerAddress,
    /// In front of it comes one like it with a tag that the card never uses.
    UnknownTag,
    /// In front of it comes one like it for another requester.
    WrongRequester,
    /// It comes twice. Counts and hits only completions that end their read.
    Duplicate,
    /// It and the rest of its read come this many ps later; others pass it.
    Late(u64),
    /// The port marks it with `error`, then it comes again.
    PortError,
    /// The port marks it with `error`, and it never comes again; the rest of its read does.
    PortLost,
}

impl CompletionKind {
    /// Nothing of its read comes behind it.
    pub fn ends_read(self) -> bool {
        use CompletionKind::{DropAnswer, ErrorData, NoData, Short, Status, TooMuch};
        matches!(self, DropAnswer | Status(_) | NoData | ErrorData | Short | TooMuch)
    }
}

/// Whose completions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Of any read of the card.
    Any,
    /// Of reads of descriptors: tags below [`FETCH_TAGS`].
    Fetch,
    /// Of all other reads.
    Data,
}

/// The card reads descriptors with the tags below this; all others are of data.
pub const FETCH_TAGS: u16 = 8;

/// Which of the completions that count are hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// From the `first` to the `last`, counted from 1.
    Nth {
        /// First one.
        first: u64,
        /// Last one.
        last: u64,
    },
    /// Each with this chance in percent, by the seed.
    Percent(u8),
}

/// A fault of completions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletionFault {
    /// What is done.
    pub kind: CompletionKind,
    /// Whose completions count.
    pub target: Target,
    /// Which of them are hit.
    pub when: When,
    /// Only reads that begin in these IOVAs count, if it is given.
    pub within: Option<Range<u64>>,
}

/// What happens to link or function at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimedKind {
    /// The root complex has no credits for anything.
    CreditsZero,
    /// The link is down: what is under way is lost, host reads return all ones, the hard block holds the card in reset.
    LinkDown,
    /// Bus Master Enable is off.
    BusMasterOff,
    /// Somebody resets the function and restores its configuration space, as a kernel does. Takes no duration.
    Flr,
    /// Max_Payload_Size is this many bytes.
    Mps(u32),
    /// Max_Read_Request_Size is this many bytes.
    Mrrs(u32),
    /// The link has retrained to generation and lanes.
    Retrain(u8, u8),
}

/// A fault at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedFault {
    /// What happens.
    pub kind: TimedKind,
    /// When it begins, in ps since power-up.
    pub at_ps: u64,
    /// How long it lasts, in ps; without it, for good.
    pub for_ps: Option<u64>,
}

/// One entry of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Of completions.
    Completion(CompletionFault),
    /// At a time.
    Timed(TimedFault),
}

impl Fault {
    /// Does `kind` to the completion with this number, from 1, of the card's reads that begin `within` these IOVAs.
    pub fn nth(kind: CompletionKind, number: u64, within: Range<u64>) -> Self {
        let when = When::Nth { first: number, last: number };
        Fault::Completion(CompletionFault { kind, target: Target::Any, when, within: Some(within) })
    }

    /// `kind` from `at_ps` on, for `for_ps`, in ps since power-up.
    pub fn timed(kind: TimedKind, at_ps: u64, for_ps: Option<u64>) -> Self {
        Fault::Timed(TimedFault { kind, at_ps, for_ps })
    }
}
