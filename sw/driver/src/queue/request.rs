//! What is submitted, typed by direction and by what is at the card's end: a stream or memory.

use ferrolane_abi::descriptor;
use ferrolane_abi::map::Direction;

use crate::buffer::DmaBuffer;

/// Something to send to the card.
#[derive(Debug)]
pub struct H2cRequest {
    /// What to send: its `len` bytes.
    pub buffer: DmaBuffer,
    /// First of a packet.
    pub sop: bool,
    /// Last of a packet.
    pub eop: bool,
    /// Ask for an interrupt with this completion, armed or not.
    pub irq: bool,
    /// Metadata of the packet, taken from its first descriptor.
    pub meta: u32,
}

impl H2cRequest {
    /// A whole packet.
    pub fn packet(buffer: DmaBuffer) -> Self {
        Self::fragment(buffer, true, true)
    }

    /// A part of a packet: `sop` on its first, `eop` on its last.
    pub fn fragment(buffer: DmaBuffer, sop: bool, eop: bool) -> Self {
        H2cRequest { buffer, sop, eop, irq: false, meta: 0 }
    }

    /// The same with metadata.
    pub fn with_meta(self, meta: u32) -> Self {
        H2cRequest { meta, ..self }
    }
}

/// Something for the card to fill.
#[derive(Debug)]
pub struct C2hRequest {
    /// What to fill: its whole capacity.
    pub buffer: DmaBuffer,
    /// Ask for an interrupt with this completion, armed or not.
    pub irq: bool,
}

impl C2hRequest {
    /// A buffer to fill.
    pub fn new(buffer: DmaBuffer) -> Self {
        C2hRequest { buffer, irq: false }
    }
}

/// Something to write to the card's memory.
#[derive(Debug)]
pub struct MemoryWrite {
    /// What to write: its `len` bytes.
    pub buffer: DmaBuffer,
    /// Where.
    pub place: CardPlace,
    /// Ask for an interrupt with this completion, armed or not.
    pub irq: bool,
}

/// Something to read from the card's memory.
#[derive(Debug)]
pub struct MemoryRead {
    /// What to fill: its `len` bytes.
    pub buffer: DmaBuffer,
    /// Where from.
    pub place: CardPlace,
    /// Ask for an interrupt with this completion, armed or not.
    pub irq: bool,
}

/// A place in the card's memory, as a descriptor names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardPlace {
    /// Bytes behind the queue's card base, any alignment.
    pub offset: u32,
    /// All of it goes to, or comes from, this one address, a beat of the port after the other: the data port of a FIFO. The
    /// address must be a multiple of the port's width.
    pub fixed: bool,
    /// Start only when all earlier requests of the queue have completed.
    pub fence: bool,
}

impl CardPlace {
    /// `offset` bytes behind the queue's card base.
    pub fn at(offset: u32) -> Self {
        CardPlace { offset, fixed: false, fence: false }
    }

    fn flags(self) -> u8 {
        flag(self.fixed, descriptor::FIXED) | flag(self.fence, descriptor::FENCE)
    }
}

impl MemoryWrite {
    /// `buffer` to `offset` bytes behind the queue's card base.
    pub fn new(buffer: DmaBuffer, offset: u32) -> Self {
        MemoryWrite { buffer, place: CardPlace::at(offset), irq: false }
    }
}

impl MemoryRead {
    /// `buffer` from `offset` bytes behind the queue's card base.
    pub fn new(buffer: DmaBuffer, offset: u32) -> Self {
        MemoryRead { buffer, place: CardPlace::at(offset), irq: false }
    }
}

mod sealed {
    /// Only the kinds of this file.
    pub trait Sealed {}
    impl Sealed for super::H2cRequest {}
    impl Sealed for super::C2hRequest {}
    impl Sealed for super::MemoryWrite {}
    impl Sealed for super::MemoryRead {}
}

/// What a queue takes: an [`H2cRequest`] or a [`C2hRequest`] if the card's end is a stream, a [`MemoryWrite`] or a
/// [`MemoryRead`] if it is memory.
pub trait Request: sealed::Sealed {
    /// Which way the data goes.
    const DIRECTION: Direction;
    /// The buffer.
    fn buffer(&self) -> &DmaBuffer;
    /// Bytes that the descriptor moves, or may move.
    fn bytes(&self) -> usize;
    /// The place in the card's memory, of a request to a memory queue.
    fn place(&self) -> Option<CardPlace> {
        None
    }
    /// The buffer, and the descriptor's flags and card field.
    fn into_parts(self) -> (DmaBuffer, u8, u32);
}

fn flag(on: bool, bit: u8) -> u8 {
    if on {
        bit
    } else {
        0
    }
}

impl Request for H2cRequest {
    const DIRECTION: Direction = Direction::H2c;
    fn buffer(&self) -> &DmaBuffer {
        &self.buffer
    }
    fn bytes(&self) -> usize {
        self.buffer.len()
    }
    fn into_parts(self) -> (DmaBuffer, u8, u32) {
        let flags = flag(self.sop, descriptor::SOP)
            | flag(self.eop, descriptor::EOP)
            | flag(self.irq, descriptor::IRQ);
        (self.buffer, flags, self.meta)
    }
}

impl Request for C2hRequest {
    const DIRECTION: Direction = Direction::C2h;
    fn buffer(&self) -> &DmaBuffer {
        &self.buffer
    }
    fn bytes(&self) -> usize {
        self.buffer.capacity()
    }
    fn into_parts(self) -> (DmaBuffer, u8, u32) {
        (self.buffer, flag(self.irq, descriptor::IRQ), 0)
    }
}

macro_rules! memory_request {
    ($name:ident, $direction:ident) => {
        impl Request for $name {
            const DIRECTION: Direction = Direction::$direction;
            fn buffer(&self) -> &DmaBuffer {
                &self.buffer
            }
            fn bytes(&self) -> usize {
                self.buffer.len()
            }
            fn place(&self) -> Option<CardPlace> {
                Some(self.place)
            }
            fn into_parts(self) -> (DmaBuffer, u8, u32) {
                (self.buffer, flag(self.irq, descriptor::IRQ) | self.place.flags(), self.place.offset)
            }
        }
    };
}

memory_request!(MemoryWrite, H2c);
memory_request!(MemoryRead, C2h);
