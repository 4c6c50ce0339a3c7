//! Descriptor fetch in four modes, and the descriptor stores.

mod address;
mod answer;
mod ask;
mod batch;
mod context;
mod feed;
mod fetch;
mod head;
mod lines;
mod memory_port;
mod push;
mod queues;
mod size;
mod split;
mod store;
mod tags;
mod write;

pub use fetch::Fetch;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        fetch: Fetch<128, 4, 4, 2, 8, 3, 7, 9, 7, 128, 4, 1, 9, 6, 1, 0>,
        fetch64: Fetch<64, 2, 1, 1, 2, 2, 5, 6, 6, 128, 4, 1, 6, 5, 1, 1>,
        fetch64_5: Fetch<64, 2, 5, 3, 10, 4, 6, 9, 8, 128, 4, 1, 9, 6, 1, 1>,
        fetch256: Fetch<256, 8, 32, 5, 64, 6, 7, 12, 10, 256, 8, 2, 11, 8, 1, 1>,
        fetch_ring: Fetch<128, 4, 4, 2, 8, 3, 7, 9, 7, 128, 4, 1, 9, 6, 0, 0>,
    ]
}
