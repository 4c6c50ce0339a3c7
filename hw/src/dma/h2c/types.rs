//! What the H2C blocks store in the memories between them.

use rust_hdl::prelude::*;

/// Last data tag while `cfg_ext_tag` is 0: tags have 5 bits then (PCIe Base Spec r5 2.2.6.2).
pub const LAST_SHORT_TAG: u64 = 31;

/// An entry of the request queue as commit reads it; its index is the request's tag.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Request {
    /// Queue.
    pub q: Bits<6>,
    /// Bytes asked for.
    pub bytes: Bits<13>,
    /// Bytes of the descriptor that earlier requests asked for.
    pub before: Bits<24>,
    /// Index of the descriptor.
    pub index: Bits<32>,
    /// Not 0: nothing was read, the descriptor is refused with this code.
    pub status: Bits<8>,
    /// Rows below this one are complete once the request is.
    pub row: Bits<16>,
    /// Packets that have ended once the request is complete.
    pub pkts: Bits<16>,
    /// The descriptor ends a packet.
    pub eop: Bit,
    /// Last request of the descriptor.
    pub last: Bit,
    /// The descriptor asks for an interrupt.
    pub irq: Bit,
    /// Tag of the next entry.
    pub then: Bits<8>,
    /// The request is complete when its tag's [`Verdict`] has this phase.
    pub phase: Bit,
    /// `status` isn't 0, so there is no read: complete at once.
    pub refused: Bit,
}

/// An entry of the request queue as land reads it.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Landing {
    /// Queue.
    pub q: Bits<6>,
    /// Position in the queue's share, free-running in bytes, of lane 0 of the request's first DW. Its low `low` bytes
    /// are not asked for and belong to somebody else.
    pub base: Bits<21>,
    /// Bytes from `base` to the request's end: `low` + bytes asked for.
    pub end: Bits<13>,
    /// Bits 1:0 of the address.
    pub low: Bits<2>,
    /// The read is unanswered while the tag's last [`Verdict`] has the other phase.
    pub phase: Bit,
}

/// How far a read has landed.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Progress {
    /// DWs received of the read with this phase.
    pub dwords: Bits<12>,
    /// The read's phase. Each read of a tag has the phase that the one before had not, so nothing is cleared between them.
    pub phase: Bit,
}

/// How the last read of a tag ended.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Verdict {
    /// Status code, 0 if all went well.
    pub code: Bits<8>,
    /// The read's phase.
    pub phase: Bit,
    /// `code` isn't 0.
    pub bad: Bit,
}

/// End of a packet in the FIFO.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct PacketEnd {
    /// The row behind its last one.
    pub row: Bits<16>,
    /// Last byte of its last row that belongs to it.
    pub last_byte: Bits<8>,
}

/// State of a queue between two turns at issue.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct IssueContext {
    /// Descriptors taken from the store.
    pub taken: Bits<32>,
    /// Address of the next byte to ask for.
    pub addr: Bits<64>,
    /// Bytes of the descriptor not yet asked for.
    pub left: Bits<24>,
    /// Bytes of the descriptor asked for.
    pub before: Bits<24>,
    /// Where the next byte lands, free-running in bytes.
    pub pos: Bits<21>,
    /// Packets ended.
    pub pkts: Bits<16>,
    /// Bytes by which the last turn was overrun.
    pub debt: Bits<12>,
    /// The descriptor ends a packet.
    pub eop: Bit,
    /// The descriptor asks for an interrupt.
    pub irq: Bit,
    /// A packet has begun and not ended.
    pub in_packet: Bit,
    /// A descriptor has begun and not ended.
    pub open: Bit,
}

/// How far egress has sent a queue.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Sent {
    /// Rows.
    pub row: Bits<16>,
    /// Packet ends.
    pub pkts: Bits<16>,
}

/// A record of a memory queue that waits for the memory.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct HeldRecord {
    /// Bytes moved.
    pub bytes: Bits<24>,
    /// Index of the descriptor.
    pub index: Bits<32>,
    /// Status code.
    pub status: Bits<8>,
    /// The descriptor asks for an interrupt.
    pub irq: Bit,
}
