//! What all blocks that handle TLPs share: completion routing and the arbiters of the transmit streams.

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    vec![]
}
