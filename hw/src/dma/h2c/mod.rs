//! Host to card: issue, land, commit, egress.

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    vec![]
}
