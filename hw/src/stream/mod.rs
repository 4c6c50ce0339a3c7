//! Small reusable circuits above the primitives.

mod byte_ram;
mod credits;
mod fifo;
mod level;
mod next_ready;
mod ring;
mod rotate;

pub use crate::prim::Mirror;
pub use byte_ram::ByteRam;
pub use credits::Credits;
pub use fifo::Fifo;
pub use level::Level;
pub use next_ready::NextReady;
pub use ring::Ring;
pub use rotate::Rotate;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![fifo: Fifo<32, 4, 5>, rotate: Rotate<128, 4>, byte_ram: ByteRam<128, 16, 4>, mirror: Mirror<32, 2>, fifo_level: Level<2, 5, 4>, mirror6: Mirror<8, 6>, next_ready: NextReady<64, 6>, next_ready5: NextReady<5, 3>, next_ready1: NextReady<1, 1>]
}
