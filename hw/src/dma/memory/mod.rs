//! Memory queues: data between the FIFOs and the card's memory, an AXI4 port.

mod read;
mod read_busy;
mod read_copies;
mod read_descriptor;
mod read_return;
mod read_walk;
mod write;
mod write_bursts;
mod write_busy;
mod write_port;

pub use read::MemoryReader;
pub use read_busy::ReadBusy;
pub use read_copies::ReadCopies;
pub use read_descriptor::{ReadDescriptor, REFUSED};
pub use read_return::ReadReturn;
pub use read_walk::ReadWalk;
pub use write::MemoryWriter;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        memory_read: MemoryReader<128, 16, 4, 4, 2, 8, 9, 6>,
        memory_read64: MemoryReader<64, 8, 3, 1, 1, 2, 7, 3>,
        memory_read256: MemoryReader<256, 32, 5, 64, 6, 128, 6, 6>,
        memory_write: MemoryWriter<128, 16, 4, 4, 2, 144>,
        memory_write64: MemoryWriter<64, 8, 3, 1, 1, 72>,
        memory_write256: MemoryWriter<256, 32, 5, 4, 2, 288>,
    ]
}
