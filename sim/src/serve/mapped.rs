//! Memory of another process, mapped from the files that it hands over.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Weak};

use ferrolane::memory::Memory;
use memmap2::MmapOptions;
use rustix::fs::{fcntl_get_seals, fstat, FileType, SealFlags};

use crate::host_memory::{HostMemory, Refused};

/// A file of another process, mapped whole.
pub struct GuestMemory {
    memory: Memory,
    file: OwnedFd,
    /// It can't shrink.
    sealed: bool,
}

impl GuestMemory {
    /// Maps a file to be read, and written if `writable`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn map(fd: OwnedFd, writable: bool) -> Result<Self, String> {
        let status = fstat(&fd).map_err(|error| format!("no status of the file: {error}"))?;
        if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
            return Err("the descriptor is no memory file".into());
        }
        let len = usize::try_from(status.st_size).map_err(|_| "the file has no length".to_string())?;
        let sealed = fcntl_get_seals(&fd).is_ok_and(|seals| seals.contains(SealFlags::SHRINK));
        let file = File::from(fd);
        let mut options = MmapOptions::new();
        options.len(len);
        let map = if writable { options.map_raw(&file) } else { options.map_raw_read_only(&file) };
        let map = map.map_err(|error| format!("mapping {len} bytes of the file: {error}"))?;
        Ok(GuestMemory { memory: Memory::new(map), file: file.into(), sealed })
    }

    /// Touching a page behind the end of a file that has shrunk would end the process.
    fn check(&self, offset: u64, len: usize) -> Result<(), Refused> {
        let end = offset + len as u64;
        let there = self.sealed || fstat(self.file.as_fd()).is_ok_and(|status| status.st_size as u64 >= end);
        if there && end <= self.memory.len() as u64 {
            Ok(())
        } else {
            Err(Refused)
        }
    }
}

impl HostMemory for GuestMemory {
    fn len(&self) -> u64 {
        self.memory.len() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Refused> {
        self.check(offset, into.len())?;
        self.memory.read(offset as usize, into);
        Ok(())
    }

    fn write(&self, offset: u64, from: &[u8]) -> Result<(), Refused> {
        self.check(offset, from.len())?;
        self.memory.write_from_device(offset as usize, from);
        Ok(())
    }
}

/// Files that are mapped: a guest hands over the same file for each of its pages.
#[derive(Default)]
pub struct Files {
    known: Vec<(Key, Weak<GuestMemory>)>,
}

/// Device, inode, and whether it is mapped to be written.
type Key = (u64, u64, bool);

impl Files {
    /// The memory of a file that must reach to `end`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open(&mut self, fd: OwnedFd, writable: bool, end: u64) -> Result<Arc<GuestMemory>, String> {
        let status = fstat(&fd).map_err(|error| format!("no status of the file: {error}"))?;
        let key = (status.st_dev, status.st_ino, writable);
        self.known.retain(|known| known.1.strong_count() > 0);
        let mut found =
            self.known.iter().filter(|known| known.0 == key).filter_map(|known| known.1.upgrade());
        if let Some(memory) = found.find(|memory| HostMemory::len(&**memory) >= end) {
            return Ok(memory);
        }
        let memory = Arc::new(GuestMemory::map(fd, writable)?);
        let len = HostMemory::len(&*memory);
        if len < end {
            return Err(format!("the file has {len} bytes and the mapping ends at {end}"));
        }
        self.known.push((key, Arc::downgrade(&memory)));
        Ok(memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{ftruncate, memfd_create, MemfdFlags};

    fn file(len: u64) -> OwnedFd {
        let fd = memfd_create("test", MemfdFlags::CLOEXEC).unwrap();
        ftruncate(&fd, len).unwrap();
        fd
    }

    #[test]
    fn one_file_is_mapped_once() {
        let fd = file(16384);
        let mut files = Files::default();
        let a = files.open(fd.try_clone().unwrap(), true, 4096).unwrap();
        let b = files.open(fd.try_clone().unwrap(), true, 16384).unwrap();
        assert!(Arc::ptr_eq(&a, &b));
        a.write(8, b"seen by both").unwrap();
        let c = files.open(fd, false, 4096).unwrap();
        let mut bytes = [0; 4];
        c.read(8, &mut bytes).unwrap();
        assert!(!Arc::ptr_eq(&a, &c) && &bytes == b"seen");
    }

    #[test]
    fn a_file_that_shrinks_refuses_instead_of_ending_the_process() {
        let fd = file(8192);
        let memory = GuestMemory::map(fd.try_clone().unwrap(), true).unwrap();
        memory.write(4096, &[1]).unwrap();
        ftruncate(&fd, 4096).unwrap();
        assert_eq!(memory.write(4096, &[1]), Err(Refused));
        assert_eq!(memory.read(4095, &mut [0; 2]), Err(Refused));
        memory.read(4095, &mut [0; 1]).unwrap();
    }

    #[test]
    fn what_is_no_memory_is_refused() {
        let mut files = Files::default();
        assert!(files.open(file(4096), true, 8192).err().unwrap().contains("4096 bytes"));
        assert!(files.open(file(0), true, 4096).is_err());
        assert!(files.open(file(1 << 62), true, 4096).err().unwrap().contains("mapping"));
        let (pipe, _) = std::io::pipe().unwrap();
        assert!(files.open(pipe.into(), true, 4096).err().unwrap().contains("no memory file"));
    }
}
