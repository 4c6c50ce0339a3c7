//! What the device may reach, for a server that asks by messages.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrolane::{DmaAccess, Memory};
use rustix::io::Errno;

struct Mapping {
    memory: Arc<Memory>,
    range: Range<usize>,
    access: DmaAccess,
}

/// The mappings by their first IOVA. They keep the memory alive that the server may have mapped.
#[derive(Default)]
pub struct Mappings(Mutex<BTreeMap<u64, Mapping>>);

impl Mappings {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Mapping>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one that the server knows, or is about to know.
    pub fn add(&self, iova: u64, memory: &Arc<Memory>, range: Range<usize>, access: DmaAccess) {
        self.lock().insert(iova, Mapping { memory: Arc::clone(memory), range, access });
    }

    /// Length in bytes of the one that starts at `iova`.
    pub fn len(&self, iova: u64) -> Option<u64> {
        self.lock().get(&iova).map(|mapping| mapping.range.len() as u64)
    }

    /// Forgets the one that starts at `iova`.
    pub fn remove(&self, iova: u64) {
        self.lock().remove(&iova);
    }

    /// Calls `act` with memory and offset of an access that one mapping allows.
    fn with(
        &self,
        iova: u64,
        len: u64,
        refused: DmaAccess,
        act: impl FnOnce(&Memory, usize),
    ) -> Result<(), Errno> {
        let mappings = self.lock();
        let (first, mapping) = mappings.range(..=iova).next_back().ok_or(Errno::NODEV)?;
        let skip = iova - first;
        if skip.checked_add(len).is_none_or(|end| end > mapping.range.len() as u64) {
            return Err(Errno::NODEV);
        }
        if mapping.access == refused {
            return Err(Errno::PERM);
        }
        act(&mapping.memory, mapping.range.start + skip as usize);
        Ok(())
    }

    /// The device reads.
    ///
    /// # Errors
    /// errno for the server.
    pub fn read(&self, iova: u64, into: &mut [u8]) -> Result<(), Errno> {
        self.with(iova, into.len() as u64, DmaAccess::DeviceWrites, |memory, at| memory.read(at, into))
    }

    /// The device writes.
    ///
    /// # Errors
    /// errno for the server.
    pub fn write(&self, iova: u64, from: &[u8]) -> Result<(), Errno> {
        self.with(iova, from.len() as u64, DmaAccess::DeviceReads, |memory, at| {
            memory.write_from_device(at, from);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_are_checked_against_their_mapping() {
        let mappings = Mappings::default();
        let memory = Arc::new(Memory::allocate(16384).unwrap());
        memory.write(4096, b"here");
        mappings.add(0x10_0000, &memory, 4096..8192, DmaAccess::DeviceReads);
        mappings.add(0x20_0000, &memory, 8192..12288, DmaAccess::DeviceWrites);
        let mut bytes = [0; 4];
        mappings.read(0x10_0000, &mut bytes).unwrap();
        assert_eq!(&bytes, b"here");
        mappings.write(0x20_0FFC, b"last").unwrap();
        memory.read(12284, &mut bytes);
        assert_eq!(&bytes, b"last");
        assert_eq!(mappings.write(0x10_0000, b"x"), Err(Errno::PERM));
        assert_eq!(mappings.read(0x20_0000, &mut bytes), Err(Errno::PERM));
        assert_eq!(mappings.read(0x10_0FFD, &mut bytes), Err(Errno::NODEV));
        assert_eq!(mappings.read(0x0F_FFFF, &mut bytes), Err(Errno::NODEV));
        assert_eq!(mappings.read(u64::MAX, &mut bytes), Err(Errno::NODEV));
        mappings.remove(0x10_0000);
        assert_eq!(mappings.read(0x10_0000, &mut bytes), Err(Errno::NODEV));
    }
}
