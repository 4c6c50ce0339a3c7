//! What the three blocks hand to each other.

use rust_hdl::prelude::*;

/// What comes with a beat from the card beside its data.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Side {
    /// TDEST.
    pub dest: Bits<6>,
    /// TUSER.
    pub user: Bits<32>,
    /// TLAST.
    pub last: Bit,
    /// With TLAST: the packet ends with an error mark.
    pub bad: Bit,
}

/// Where a packet ends in its queue's share. Positions are free-running: row times bytes of a row, plus lane.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct PacketEnd {
    /// Position behind the last byte.
    pub stop: Bits<24>,
    /// Row behind the last beat: the next packet begins there.
    pub after: Bits<16>,
    /// TUSER of the last beat.
    pub user: Bits<32>,
    /// A packet before it was dropped.
    pub gap: Bit,
    /// It ends with an error mark.
    pub bad: Bit,
}

/// State of a queue in plan's memory.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Context {
    /// Descriptors taken so far, the present one included.
    pub taken: Bits<32>,
    /// Where the present descriptor's next byte goes.
    pub addr: Bits<64>,
    /// Bytes the present descriptor still has room for.
    pub left: Bits<24>,
    /// Bytes moved by the present descriptor.
    pub moved: Bits<24>,
    /// The most its next TLP may carry.
    pub limit: Bits<11>,
    /// That would fill it.
    pub whole: Bit,
    /// Max_Payload_Size by which it is cut.
    pub mps: Bits<2>,
    /// It asks for an interrupt.
    pub irq: Bit,
    /// There is a present descriptor.
    pub active: Bit,
    /// Next byte to read from the queue's share, as in [`PacketEnd`].
    pub pos: Bits<24>,
    /// Packet ends passed.
    pub pkts: Bits<16>,
    /// The queue had an error; nothing more of it is done until it is cleared.
    pub dead: Bit,
    /// A TLP of the present packet was handed on.
    pub inside: Bit,
    /// A packet was dropped since the last one ended.
    pub gap: Bit,
}

/// A step that plan has decided: a TLP, the record of a descriptor's end, or both.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Entry {
    /// Queue.
    pub q: Bits<6>,
    /// There is a TLP.
    pub tlp: Bit,
    /// There is a record, to be written after the TLP.
    pub record: Bit,
    /// TLP: first byte in the share, as in [`PacketEnd`].
    pub pos: Bits<24>,
    /// TLP: host address of the first byte.
    pub addr: Bits<64>,
    /// TLP: bytes, 1 to 1024.
    pub n: Bits<11>,
    /// TLP: No Snoop (bit 0), Relaxed Ordering (bit 1).
    pub attr: Bits<2>,
    /// TLP: rows that are free once it was read, free-running.
    pub row: Bits<16>,
    /// TLP: packet ends passed once it was read.
    pub pkts: Bits<16>,
    /// Record: bytes the descriptor moved.
    pub bytes_moved: Bits<24>,
    /// Record: TUSER of the packet's end, or 0.
    pub meta: Bits<32>,
    /// Record: descriptor index.
    pub index: Bits<32>,
    /// Record: the packet ended with this descriptor.
    pub eop: Bit,
    /// Record: interrupt asked for.
    pub irq: Bit,
    /// Record: status code.
    pub status: Bits<8>,
    /// Record: closed before it was full.
    pub flushed: Bit,
    /// Record: a packet before this one was dropped.
    pub gap: Bit,
    /// Neither TLP nor record, but rows that are free: a packet is dropped.
    pub skip: Bit,
}

/// What is to be read from a share: a TLP, or rows that are free without being read.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Work {
    /// Queue.
    pub q: Bits<6>,
    /// No TLP.
    pub skip: Bit,
    /// TLP: lowest address bits of its first byte and of its last one.
    pub low: Bits<10>,
    /// See `low`.
    pub last: Bits<10>,
    /// Rows that are free once it was read.
    pub row: Bits<16>,
    /// Packet ends passed once it was read.
    pub pkts: Bits<16>,
}

/// A record on its way to the record writer.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Record {
    /// Queue.
    pub q: Bits<6>,
    /// Bytes the descriptor moved.
    pub bytes_moved: Bits<24>,
    /// TUSER of the packet's end, or 0.
    pub meta: Bits<32>,
    /// Descriptor index.
    pub index: Bits<32>,
    /// The packet ended with this descriptor.
    pub eop: Bit,
    /// Interrupt asked for.
    pub irq: Bit,
    /// Status code.
    pub status: Bits<8>,
    /// Closed before it was full.
    pub flushed: Bit,
    /// A packet before this one was dropped.
    pub gap: Bit,
}
