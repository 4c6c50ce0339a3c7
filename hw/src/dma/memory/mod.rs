//! Memory queues: the AXI4 master.

mod write;
mod write_bursts;
mod write_busy;
mod write_port;

pub use write::MemoryWriter;

/// Blocks of the write side that are tested on their own.
pub fn blocks_write() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        memory_write: MemoryWriter<128, 16, 4, 4, 2, 144>,
        memory_write64: MemoryWriter<64, 8, 3, 1, 1, 72>,
        memory_write256: MemoryWriter<256, 32, 5, 4, 2, 288>,
    ]
}
