//! What can be wrong with what the card sends.

use std::fmt;

use crate::tlp::Header;

/// A stream on which the card sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `tx_wr`.
    Write,
    /// `tx_rd`.
    Read,
    /// `tx_cpl`.
    Completion,
}

impl Stream {
    /// Name of its pins.
    pub const fn name(self) -> &'static str {
        match self {
            Stream::Write => "tx_wr",
            Stream::Read => "tx_rd",
            Stream::Completion => "tx_cpl",
        }
    }
}

macro_rules! violations {
    ($($(#[doc = $doc:literal])+ $name:ident;)*) => {
        /// A rule that was broken. Section numbers are those of the PCI Express Base Specification, revision 5.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Violation { $($(#[doc = $doc])+ $name),* }

        impl Violation {
            /// All of them.
            pub const ALL: &'static [Violation] = &[$(Violation::$name),*];

            /// The rule in words.
            pub const fn rule(self) -> &'static str {
                match self { $(Violation::$name => concat!($($doc),+)),* }
            }
        }
    };
}

violations! {
    /// Port: `valid` dropped inside a TLP or before `ready`.
    ValidDropped;
    /// Port: a beat changed while it waited for `ready`.
    Unstable;
    /// Port: `first` missing on the first beat, or set inside a TLP.
    FirstFlag;
    /// Port: `last` before the payload that the Length field announces.
    PayloadShort;
    /// Port: no `last` where the payload that the Length field announces ends.
    PayloadLong;
    /// Port: `keep` is not all ones, is not what the last beat holds, or is set on a TLP without data.
    Keep;
    /// Port: DW3 is not 0 in a 3-DW header.
    HeaderPadding;
    /// Port: write numbers do not count up by one.
    Sequence;
    /// Port: `rx_cpl_ready` was low; room is reserved before a read is issued.
    CompletionNotTaken;
    /// Port: something was sent while the card was held in reset.
    InReset;
    /// 2.2.1: this Fmt and Type may not be sent on this stream.
    FmtType;
    /// 2.2.6.6: traffic class is not 0.
    TrafficClass;
    /// 2.2.6.4: Relaxed Ordering without its enable bit, or on a record or an interrupt.
    RelaxedOrdering;
    /// 2.2.6.5: No Snoop without its enable bit, or on a record or an interrupt.
    NoSnoop;
    /// 2.2.6.4: ID-based ordering is not supported.
    IdOrdering;
    /// 2.2.4.1: the address type is not "untranslated".
    AddressType;
    /// 2.2.3: a TLP digest is announced; the port has none.
    Digest;
    /// 2.7.2: poisoned.
    Poisoned;
    /// 2.2.7.1: processing hints or lightweight notification are set.
    Hints;
    /// 2.2.2: payload exceeds Max_Payload_Size.
    PayloadOverMps;
    /// 2.2.7: the read exceeds Max_Read_Request_Size.
    ReadOverMrrs;
    /// 2.2.7: address and length cross a 4 KiB boundary.
    Crosses4K;
    /// 2.2.5: first-DW byte enables are 0 in a request of more than one DW.
    FirstByteEnables;
    /// 2.2.5: last-DW byte enables are 0 in a request of more than one DW, or not 0 in one of one DW.
    LastByteEnables;
    /// 2.2.5: byte enables are not contiguous where they must be.
    SparseByteEnables;
    /// 2.2.4.1: an address below 4 GiB in a 4-DW header.
    AddressForm;
    /// 2.2.4.1: reserved address bits are set.
    AddressBits;
    /// 2.2.6.2: the requester id is not the function's.
    RequesterId;
    /// 2.2.6.2: the tag is beyond what is enabled.
    TagRange;
    /// 2.2.6.2: the tag belongs to a read that is not completed.
    TagInUse;
    /// 7.5.1.1.3: a request while Bus Master Enable is off.
    BusMaster;
    /// The IOMMU has no mapping for the access.
    Unmapped;
    /// 2.6.1: a TLP was sent without credits.
    Credit;
    /// 2.3.1: the completion belongs to no request.
    CplUnexpected;
    /// 2.2.9: the completer id is not the function's.
    CplCompleterId;
    /// 2.2.9: data with an error status, success without data, or a reserved status.
    CplStatus;
    /// 2.2.9: wrong byte count.
    CplByteCount;
    /// 2.2.9: wrong lower address.
    CplLowerAddress;
    /// 2.3.1.1: more payload than the request has left.
    CplLength;
    /// 2.3.1.1: split where no 128-byte boundary is.
    CplSplit;
    /// 2.2.9: the attributes are not those of the request.
    CplAttributes;
    /// 6.1.4: an interrupt message is not one DW with all bytes and plain attributes.
    MsixForm;
    /// 6.1.4: an interrupt while MSI-X is off or the function is masked.
    MsixDisabled;
    /// 6.1.4: address and data belong to no entry of the MSI-X table.
    MsixUnknown;
    /// 6.1.4: the vector is masked.
    MsixMasked;
    /// Ferrolane: a queue's interrupt that no written record asked for, by ARM or by the IRQ flag.
    InterruptBeforeRecord;
    /// Ferrolane: a completion record is not whole, aligned records with all bytes and plain attributes.
    RecordForm;
    /// Ferrolane: a completion record is not in the next place of its ring, or has the wrong phase or queue.
    RecordOrder;
    /// Ferrolane: a completion record over one that the host has not taken.
    RecordOverrun;
}

/// A rule and what broke it.
pub type Finding = (Violation, String);

/// A broken rule with everything needed to see why. Its text has several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The rule.
    pub violation: Violation,
    /// Clock in which it was found.
    pub clock: u64,
    /// Where.
    pub place: &'static str,
    /// What is wrong in this case.
    pub detail: String,
    /// The header, if a TLP is to blame.
    pub header: Option<Header>,
    /// The decoded TLP and those before it.
    pub dump: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the card broke a rule on {} in clock {}", self.place, self.clock)?;
        writeln!(f, "  rule {:?}:{}", self.violation, self.violation.rule())?;
        writeln!(f, "  found: {}", self.detail)?;
        write!(f, "{}", self.dump)
    }
}
