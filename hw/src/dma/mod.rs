//! The engine's blocks. See "The engine, block by block" in the documentation for the contract between them.

pub mod c2h;
pub mod completer;
pub mod counters;
pub mod engine;
pub mod fetch;
pub mod h2c;
mod init;
pub mod memory;
pub mod msix;
pub mod queue;
pub mod record;

pub use init::InitOnce;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    [
        c2h::blocks(),
        completer::blocks(),
        counters::blocks(),
        fetch::blocks(),
        h2c::blocks(),
        memory::blocks_write(),
        msix::blocks(),
        queue::blocks(),
        record::blocks(),
    ]
    .concat()
}
