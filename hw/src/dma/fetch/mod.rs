//! Descriptor fetch from rings in host memory, and the descriptor stores.

mod answer;
mod ask;
mod batch;
mod fetch;
mod init;

pub use answer::FetchAnswer;
pub use ask::FetchAsk;
pub use batch::Batch;
pub use fetch::Fetch;
pub use init::InitOnce;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![fetch: Fetch<128, 4, 4, 2, 8, 3, 8>]
}
