//! What the root complex reads and writes behind the IOMMU.

use ferrolane::memory::Memory;

/// A piece of host memory: this process's, a guest's, or one reached by messages. Ranges were checked by the caller.
pub trait HostMemory: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> usize;

    /// True if there is nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies bytes out.
    fn read(&self, offset: usize, into: &mut [u8]);

    /// Copies bytes in.
    fn write(&self, offset: usize, from: &[u8]);

    /// Stores an aligned DWORD such that whoever loads it with acquire order sees all earlier writes.
    fn store_release(&self, offset: usize, value: u32);
}

impl HostMemory for Memory {
    fn len(&self) -> usize {
        Memory::len(self)
    }

    fn read(&self, offset: usize, into: &mut [u8]) {
        Memory::read(self, offset, into);
    }

    fn write(&self, offset: usize, from: &[u8]) {
        Memory::write(self, offset, from);
    }

    fn store_release(&self, offset: usize, value: u32) {
        Memory::store_release(self, offset, value);
    }
}
