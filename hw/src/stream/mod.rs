//! Small reusable circuits above the primitives.

mod byte_ram;
mod fifo;
mod mirror;
mod rotate;

pub use byte_ram::ByteRam;
pub use fifo::Fifo;
pub use mirror::Mirror;
pub use rotate::Rotate;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![fifo: Fifo<32, 4, 5>, rotate: Rotate<128, 4>, byte_ram: ByteRam<128, 16, 4>]
}
