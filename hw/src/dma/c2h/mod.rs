//! Card to host: ingress, plan, send.

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    vec![]
}
