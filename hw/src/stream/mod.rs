//! Small reusable circuits above the primitives.

mod fifo;

pub use fifo::Fifo;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![fifo: Fifo<32, 4, 5>]
}
