//! Codes of the PCIe TLP header this folder looks at (PCIe Base Spec r5, 2.2.1 and Table 2-3), and the two header shapes
//! it works with.

use rust_hdl::prelude::*;

/// Type of memory reads and writes; which of them, says Fmt bit 1 ("with data").
pub(super) const TYPE_MEMORY: u64 = 0b0_0000;
/// Type of a locked memory read.
pub(super) const TYPE_LOCKED: u64 = 0b0_0001;
/// Type of I/O reads and writes.
pub(super) const TYPE_IO: u64 = 0b0_0010;
/// Type of configuration requests, type 0.
pub(super) const TYPE_CFG0: u64 = 0b0_0100;
/// Type of configuration requests, type 1.
pub(super) const TYPE_CFG1: u64 = 0b0_0101;
/// Type of FetchAdd.
pub(super) const TYPE_FETCH_ADD: u64 = 0b0_1100;
/// Type of unconditional swap.
pub(super) const TYPE_SWAP: u64 = 0b0_1101;
/// Type of compare-and-swap.
pub(super) const TYPE_CAS: u64 = 0b0_1110;
/// Bits 4:3 of the type of messages; the rest is their routing.
pub(super) const TYPE_MESSAGE_HIGH: u64 = 0b10;
/// Bits 4:1 of the type of completions; bit 0 tells those of locked reads.
pub(super) const TYPE_COMPLETION_HIGH: u64 = 0b0101;
/// Cause in the header log: a request of a kind that is not served.
pub(super) const CAUSE_UNSUPPORTED: u64 = 1;
/// Cause in the header log: a poisoned request.
pub(super) const CAUSE_POISONED: u64 = 2;
/// Completion Status: Successful Completion.
pub(super) const STATUS_SC: u64 = 0b000;
/// Completion Status: Unsupported Request.
pub(super) const STATUS_UR: u64 = 0b001;

/// What the completer keeps of a request.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Request {
    /// This row is the last of its TLP.
    pub last: Bit,
    /// A memory write.
    pub write: Bit,
    /// A memory read.
    pub read: Bit,
    /// A memory read of a BAR that is there. Neither this nor `write`: to be refused.
    pub served: Bit,
    /// A locked memory read.
    pub locked: Bit,
    /// An AtomicOp.
    pub atomic: Bit,
    /// The AtomicOp is a compare-and-swap: two operands in its payload.
    pub cas: Bit,
    /// Offset in the BAR in DWORDs.
    pub addr: Bits<17>,
    /// It hit the BAR of the user registers, not BAR0.
    pub user: Bit,
    /// Length in DWORDs; 0 is 1024.
    pub len: Bits<10>,
    /// Byte enables of the first DWORD.
    pub first_be: Bits<4>,
    /// Byte enables of the last DWORD if there is more than one.
    pub last_be: Bits<4>,
    /// They enable anything.
    pub first_any: Bit,
    /// They enable anything.
    pub last_any: Bit,
    /// Who asks: bus, device, function.
    pub requester: Bits<16>,
    /// Tag, 10 bits.
    pub tag: Bits<8>,
    /// Tag bit 8.
    pub tag8: Bit,
    /// Tag bit 9.
    pub tag9: Bit,
    /// Traffic class.
    pub tc: Bits<3>,
    /// Attributes: bit 0 No Snoop, bit 1 Relaxed Ordering.
    pub attr: Bits<2>,
    /// Attribute bit 2: ID-based Ordering.
    pub ido: Bit,
}

/// Header of a completion (2.2.9), DW0 lowest.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct CompletionHeader {
    /// Payload in DWORDs.
    pub length: Bits<10>,
    /// AT: reserved in completions.
    pub at: Bits<2>,
    /// Attributes 1:0.
    pub attr: Bits<2>,
    /// EP, TD, TH and LN: a completion of ours has none.
    pub plain: Bits<4>,
    /// Attribute 2.
    pub ido: Bit,
    /// Tag bit 8.
    pub tag8: Bit,
    /// Traffic class.
    pub tc: Bits<3>,
    /// Tag bit 9.
    pub tag9: Bit,
    /// Type bit 0: answers a locked read.
    pub locked: Bit,
    /// Type bits 4:1.
    pub kind: Bits<4>,
    /// Fmt bit 0: a 4-DW header; never.
    pub four: Bit,
    /// Fmt bit 1: with data.
    pub data: Bit,
    /// Fmt bit 2: a prefix; never.
    pub prefix: Bit,
    /// Bytes still to come, this completion's included; 0 is 4096.
    pub byte_count: Bits<12>,
    /// Byte Count Modified: PCI-X bridges only.
    pub bcm: Bit,
    /// Completion Status.
    pub status: Bits<3>,
    /// Who answers.
    pub completer: Bits<16>,
    /// Address bits 6:0 of the first byte in it.
    pub lower: Bits<7>,
    /// Reserved.
    pub reserved: Bit,
    /// Tag bits 7:0.
    pub tag: Bits<8>,
    /// Who asked.
    pub requester: Bits<16>,
    /// There is no DW3.
    pub dw3: Bits<32>,
}
