//! Allocation of [`Memory`] for DMA.

use std::io;

use memmap2::{Advice, MmapOptions};
use rustix::fs::{fcntl_add_seals, ftruncate, memfd_create, MemfdFlags, SealFlags};

use crate::memlock::{self, MemlockError};
use crate::memory::Memory;

/// Why memory could not be had.
#[derive(Debug, thiserror::Error)]
pub enum AllocError {
    /// A length of 0, or one that does not fit the address space.
    #[error("cannot allocate {len} bytes: the length must be from 1 to {limit}")]
    Length {
        /// Bytes asked for.
        len: usize,
        /// Most that can be asked for.
        limit: usize,
    },
    /// The system has not enough memory or address space, or too many files are open.
    #[error("cannot allocate {len} bytes of shared memory ({step}): {source}; free memory, raise `ulimit -v` or `ulimit -n`, or ask for less")]
    System {
        /// Bytes asked for.
        len: usize,
        /// Which step failed.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Not enough memory may be locked.
    #[error(transparent)]
    Memlock(#[from] MemlockError),
}

/// Size of a page of this machine in bytes.
pub fn page_size() -> usize {
    rustix::param::page_size()
}

impl Memory {
    /// Allocates zeroed shared memory of at least `len` bytes, rounded up to whole pages.
    ///
    /// It is a memory file mapped shared: a private mapping would turn into a copy after `fork` while the device goes
    /// on with the old pages. A child gets no mapping at all. Large pages are asked for where the system grants them.
    pub fn allocate(len: usize) -> Result<Memory, AllocError> {
        let limit = isize::MAX as usize - page_size();
        if len == 0 || len > limit {
            return Err(AllocError::Length { len, limit });
        }
        let len = len.next_multiple_of(page_size());
        let fail = |step, source: io::Error| AllocError::System { len, step, source };
        let file = memfd_create("ferrolane", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
            .map_err(|e| fail("memfd_create", e.into()))?;
        ftruncate(&file, len as u64).map_err(|e| fail("ftruncate", e.into()))?;
        // Who is handed the file may rely on its length: a file that shrinks takes mapped pages away.
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)
            .map_err(|e| fail("fcntl(F_ADD_SEALS)", e.into()))?;
        let map = MmapOptions::new().len(len).map_raw(&file).map_err(|e| fail("mmap", e))?;
        map.advise(Advice::DontFork).map_err(|e| fail("madvise(DONTFORK)", e))?;
        // Only a hint: a kernel without huge pages for shared memory refuses or ignores it.
        let _ = map.advise(Advice::HugePage);
        Ok(Memory::of_file(map, file))
    }

    /// Locks the pages in RAM. VFIO pins what it maps by itself; this is for memory that must stay resident without
    /// being mapped, or before it is.
    pub fn lock(&self) -> Result<(), AllocError> {
        self.map().lock().map_err(|source| match memlock::explain(self.len() as u64, &source) {
            Some(error) => AllocError::Memlock(error),
            None => AllocError::System { len: self.len(), step: "mlock", source },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zeroed_and_whole_pages() {
        let memory = Memory::allocate(1).unwrap();
        assert_eq!(memory.len(), page_size());
        let mut bytes = vec![1; memory.len()];
        memory.read(0, &mut bytes);
        assert!(bytes.iter().all(|b| *b == 0));
    }

    #[test]
    fn a_page_can_be_locked() {
        // Any limit that is set at all allows a page.
        Memory::allocate(1).unwrap().lock().unwrap();
    }

    #[test]
    fn nothing_and_too_much_are_refused_with_the_limit() {
        assert!(Memory::allocate(0).unwrap_err().to_string().contains("must be from 1"));
        assert!(matches!(Memory::allocate(usize::MAX), Err(AllocError::Length { .. })));
    }

    #[test]
    fn more_than_the_address_space_names_the_failing_step() {
        let error = Memory::allocate(1 << 50).unwrap_err();
        assert!(matches!(error, AllocError::System { .. }), "{error}");
    }
}
