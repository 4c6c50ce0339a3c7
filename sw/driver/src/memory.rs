//! Memory that a device can reach: shared, never behind a Rust reference.
//!
//! A device writes it while the program runs, so a `&[u8]` over it would be unsound. [`Memory`] gives copies in and
//! out through volatile accesses, and the acquire/release pair that the completion record's last DW needs.

use std::sync::atomic::{AtomicU32, Ordering};

use memmap2::MmapRaw;

/// A shared mapping of this process, in bytes, page-aligned.
#[derive(Debug)]
pub struct Memory {
    map: MmapRaw,
}

impl Memory {
    /// Takes over a mapping. It must be shared (not private copy-on-write) for a device to see it across forks.
    pub fn new(map: MmapRaw) -> Self {
        Memory { map }
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// True if there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// First byte, for handing to the kernel.
    pub fn as_ptr(&self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    fn check(&self, offset: usize, len: usize) {
        assert!(
            offset.checked_add(len).is_some_and(|end| end <= self.len()),
            "access of {len} bytes at {offset} in memory of {} bytes",
            self.len()
        );
    }

    /// Copies bytes out. Panics if the range is outside.
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        self.check(offset, into.len());
        // SAFETY: the range was checked, the mapping lives as long as self, and `into` is memory of its own. The
        // device may write meanwhile: the bytes are then old or new, and are plain data either way.
        unsafe { std::ptr::copy_nonoverlapping(self.as_ptr().add(offset), into.as_mut_ptr(), into.len()) }
    }

    /// Copies bytes in. Panics if the range is outside.
    pub fn write(&self, offset: usize, from: &[u8]) {
        self.check(offset, from.len());
        // SAFETY: as in `read`, with the roles exchanged.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.as_ptr().add(offset), from.len()) }
    }

    fn atomic(&self, offset: usize) -> &AtomicU32 {
        self.check(offset, 4);
        assert!(offset % 4 == 0, "DWORD access at {offset}");
        // SAFETY: the range was checked, the mapping is page-aligned and lives as long as self, and AtomicU32 allows
        // changes by others.
        unsafe { &*self.as_ptr().add(offset).cast::<AtomicU32>() }
    }

    /// Loads a DWORD; later loads see at least what its writer stored before it.
    pub fn load_acquire(&self, offset: usize) -> u32 {
        u32::from_le(self.atomic(offset).load(Ordering::Acquire))
    }

    /// Loads a DWORD without order.
    pub fn load(&self, offset: usize) -> u32 {
        u32::from_le(self.atomic(offset).load(Ordering::Relaxed))
    }

    /// Stores a DWORD; whoever acquires it sees all earlier stores.
    pub fn store_release(&self, offset: usize, value: u32) {
        self.atomic(offset).store(value.to_le(), Ordering::Release)
    }

    /// Stores a DWORD without order.
    pub fn store(&self, offset: usize, value: u32) {
        self.atomic(offset).store(value.to_le(), Ordering::Relaxed)
    }
}
