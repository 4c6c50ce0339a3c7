//! What the root complex reads and writes behind the IOMMU.
//!
//! ```text
//!  RootComplex ── Iommu ── HostMemory ─┬─ Memory: this process's buffers
//!                                      ├─ GuestMemory: another process's, mapped from its file (serve)
//!                                      └─ MessageMemory: another process's, reached by messages (serve)
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use ferrolane::memory::Memory;

/// Memory that is no longer there, or that its owner refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// A piece of host memory: this process's, a guest's, or one reached by messages. Ranges were checked by the caller.
pub trait HostMemory: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// True if there is nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether some of it takes time to read.
    fn takes_time(&self) -> bool {
        false
    }

    /// Asks for bytes that take time to come. Nothing: [`HostMemory::read`] has them at once.
    fn fetch(&self, _offset: u64, _len: usize) -> Option<Fetch> {
        None
    }

    /// Copies bytes out, of memory that has them at once.
    ///
    /// # Errors
    /// The memory can't be read.
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Refused>;

    /// Copies bytes in, in the order of [`Memory::write_from_device`]. A write is posted: memory that takes time says
    /// later what became of it.
    ///
    /// # Errors
    /// The memory can't be written.
    fn write(&self, offset: u64, from: &[u8]) -> Result<(), Refused>;
}

impl HostMemory for Memory {
    fn len(&self) -> u64 {
        Memory::len(self) as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Refused> {
        Memory::read(self, offset as usize, into);
        Ok(())
    }

    fn write(&self, offset: u64, from: &[u8]) -> Result<(), Refused> {
        self.write_from_device(offset as usize, from);
        Ok(())
    }
}

/// Nothing yet, the bytes, or that there are none.
type Answer = Option<Result<Vec<u8>, Refused>>;

/// Bytes that were asked for.
#[derive(Clone, Default)]
pub struct Fetch(Arc<Mutex<Answer>>);

impl Fetch {
    fn state(&self) -> std::sync::MutexGuard<'_, Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// They have come, or were refused. The first answer counts.
    pub fn answer(&self, bytes: Result<Vec<u8>, Refused>) {
        self.state().get_or_insert(bytes);
    }

    /// Whether there is an answer.
    pub fn is_done(&self) -> bool {
        self.state().is_some()
    }

    /// Copies bytes out from `skip` on.
    ///
    /// # Errors
    /// They were refused, have not come, or are fewer.
    pub fn read(&self, skip: usize, into: &mut [u8]) -> Result<(), Refused> {
        let state = self.state();
        let bytes = state.as_ref().ok_or(Refused)?.as_ref().map_err(|refused| *refused)?;
        into.copy_from_slice(bytes.get(skip..skip + into.len()).ok_or(Refused)?);
        Ok(())
    }
}
