//! What is submitted, typed by direction.

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

mod sealed {
    /// Only the two kinds of this file.
    pub trait Sealed {}
    impl Sealed for super::H2cRequest {}
    impl Sealed for super::C2hRequest {}
}

/// What a queue of one direction takes: an [`H2cRequest`] or a [`C2hRequest`].
pub trait Request: sealed::Sealed {
    /// Which way the data goes.
    const DIRECTION: Direction;
    /// The buffer.
    fn buffer(&self) -> &DmaBuffer;
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
    fn into_parts(self) -> (DmaBuffer, u8, u32) {
        (self.buffer, flag(self.irq, descriptor::IRQ), 0)
    }
}
