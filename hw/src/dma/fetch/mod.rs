//! Descriptor fetch in four modes, and the descriptor stores.

mod answer;
mod ask;
mod batch;
mod context;
mod feed;
mod fetch;
mod head;
mod lines;
mod push;
mod queues;
mod store;

pub use fetch::Fetch;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        fetch: Fetch<128, 4, 4, 2, 8, 3, 7, 9, 7, 128, 4, 1, 9>,
        fetch64: Fetch<64, 2, 1, 1, 2, 2, 5, 6, 6, 128, 4, 1, 6>,
        fetch64_5: Fetch<64, 2, 5, 3, 10, 4, 6, 9, 8, 128, 4, 1, 9>,
        fetch256: Fetch<256, 8, 32, 5, 64, 6, 7, 12, 10, 256, 8, 2, 11>,
    ]
}
