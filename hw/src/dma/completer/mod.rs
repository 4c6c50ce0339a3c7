//! Host accesses to the BAR: completer, address decode, global registers.

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    vec![]
}
