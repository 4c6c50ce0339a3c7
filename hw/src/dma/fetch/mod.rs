//! Descriptor fetch from rings in host memory, and the descriptor stores.

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    vec![]
}
