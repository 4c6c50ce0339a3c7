//! The demo card's user logic.

mod loopback;

pub use loopback::Loopback;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![loopback: Loopback<128, 16, 4>]
}
