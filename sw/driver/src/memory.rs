//! Memory that a device can reach: shared, never behind a Rust reference.
//!
//! A device writes it while the program runs, so a `&[u8]` over it would be unsound. [`Memory`] gives copies in and
//! out through relaxed atomics, and the acquire/release pair that the completion record's last DW needs.
//!
//! All whole DWORDs are accessed as 32-bit atomics and only the ragged ends of a range as bytes, so two parties that
//! touch the same DWORD (the device's record and the driver's poll) always do so with the same size.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU8, Ordering};

use ferrolane_abi::completion;
use memmap2::MmapRaw;

/// DWORDs of a completion record.
const RECORD_DWS: usize = completion::BYTES / 4;
/// Aligned writes of a device of up to this many DWORDs, 16 records, are stored record by record, longer ones as a
/// block.
const RECORDS_DWS: usize = 16 * RECORD_DWS;

/// A shared mapping of this process, in bytes, page-aligned.
#[derive(Debug)]
pub struct Memory {
    map: MmapRaw,
    file: Option<OwnedFd>,
}

impl Memory {
    /// Takes over a mapping. It must be shared (not private copy-on-write) for a device to see it across forks.
    pub fn new(map: MmapRaw) -> Self {
        assert!((map.as_ptr() as usize).is_multiple_of(4), "mappings are page-aligned");
        Memory { map, file: None }
    }

    /// The same of a mapping that begins with the first byte of `file`, which another process may then map too.
    pub fn of_file(map: MmapRaw, file: OwnedFd) -> Self {
        Memory { file: Some(file), ..Memory::new(map) }
    }

    /// The file behind it, to hand to another process; its first byte is the memory's.
    pub fn file(&self) -> Option<BorrowedFd<'_>> {
        self.file.as_ref().map(AsFd::as_fd)
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

    pub(crate) fn map(&self) -> &MmapRaw {
        &self.map
    }

    fn check(&self, offset: usize, len: usize) {
        assert!(
            offset.checked_add(len).is_some_and(|end| end <= self.len()),
            "access of {len} bytes at {offset} in memory of {} bytes",
            self.len()
        );
    }

    fn bytes(&self, offset: usize, len: usize) -> &[AtomicU8] {
        self.check(offset, len);
        // SAFETY: the range was checked, the mapping lives as long as self, and AtomicU8 has the layout of u8 and
        // allows changes by others.
        unsafe { std::slice::from_raw_parts(self.as_ptr().add(offset).cast::<AtomicU8>(), len) }
    }

    fn dwords(&self, offset: usize, count: usize) -> &[AtomicU32] {
        self.check(offset, count * 4);
        assert!(offset.is_multiple_of(4), "DWORD access at {offset}");
        // SAFETY: the range was checked, the mapping is page-aligned so that an offset divisible by 4 is aligned for
        // AtomicU32, it lives as long as self, and atomics allow changes by others.
        unsafe { std::slice::from_raw_parts(self.as_ptr().add(offset).cast::<AtomicU32>(), count) }
    }

    /// Bytes before the first whole DWORD, and whole DWORDs, of `len` bytes at `offset`.
    fn split(offset: usize, len: usize) -> (usize, usize) {
        let head = (offset.wrapping_neg() % 4).min(len);
        (head, (len - head) / 4)
    }

    /// Copies bytes out. Panics if the range is outside.
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        self.check(offset, into.len());
        let (head, count) = Self::split(offset, into.len());
        let (first, rest) = into.split_at_mut(head);
        let (middle, last) = rest.split_at_mut(count * 4);
        for (to, from) in first.iter_mut().zip(self.bytes(offset, head)) {
            *to = from.load(Ordering::Relaxed);
        }
        if count > 0 {
            for (to, from) in middle.chunks_exact_mut(4).zip(self.dwords(offset + head, count)) {
                to.copy_from_slice(&from.load(Ordering::Relaxed).to_ne_bytes());
            }
        }
        let tail = last.len();
        for (to, from) in last.iter_mut().zip(self.bytes(offset + head + count * 4, tail)) {
            *to = from.load(Ordering::Relaxed);
        }
    }

    /// Copies bytes in. Panics if the range is outside.
    pub fn write(&self, offset: usize, from: &[u8]) {
        self.check(offset, from.len());
        let (head, count) = Self::split(offset, from.len());
        let (first, rest) = from.split_at(head);
        let (middle, last) = rest.split_at(count * 4);
        for (to, from) in self.bytes(offset, head).iter().zip(first) {
            to.store(*from, Ordering::Relaxed);
        }
        if count > 0 {
            for (to, from) in self.dwords(offset + head, count).iter().zip(middle.chunks_exact(4)) {
                to.store(u32::from_ne_bytes([from[0], from[1], from[2], from[3]]), Ordering::Relaxed);
            }
        }
        for (to, from) in self.bytes(offset + head + count * 4, last.len()).iter().zip(last) {
            to.store(*from, Ordering::Relaxed);
        }
    }

    fn atomic(&self, offset: usize) -> &AtomicU32 {
        &self.dwords(offset, 1)[0]
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

    /// Stores what a device writes, as one write of the bus. The last DWORD of each aligned completion record in it, or
    /// of a longer write, is stored with release order: who acquires it sees the bytes before it, and all earlier
    /// writes.
    pub fn write_from_device(&self, offset: usize, from: &[u8]) {
        if !(offset.is_multiple_of(4) && from.len().is_multiple_of(4)) {
            self.write(offset, from);
            std::sync::atomic::fence(Ordering::Release);
            return;
        }
        let dws = from.len() / 4;
        let records = offset.is_multiple_of(completion::BYTES) && dws <= RECORDS_DWS;
        let step = if records { RECORD_DWS } else { dws.max(1) };
        let mut at = offset;
        for chunk in from.chunks(4 * step) {
            let (rest, last) = chunk.split_at(chunk.len() - 4);
            self.write(at, rest);
            self.store_release(at + rest.len(), u32::from_le_bytes([last[0], last[1], last[2], last[3]]));
            at += chunk.len();
        }
    }

    /// Stores a DWORD without order.
    pub fn store(&self, offset: usize, value: u32) {
        self.atomic(offset).store(value.to_le(), Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(len: usize) -> Memory {
        Memory::new(MmapRaw::from(memmap2::MmapMut::map_anon(len).unwrap()))
    }

    #[test]
    fn copies_at_any_offset_touch_exactly_their_range() {
        let memory = memory(4096);
        for offset in 0..9 {
            for len in 0..40 {
                memory.write(0, &[0xEE; 64]);
                let data: Vec<u8> = (0..len as u8).map(|i| i.wrapping_mul(7) ^ 0x55).collect();
                memory.write(offset, &data);
                let mut all = [0; 64];
                memory.read(0, &mut all);
                assert!(all[..offset].iter().all(|b| *b == 0xEE), "before, offset {offset} len {len}");
                assert_eq!(&all[offset..offset + len], &data[..]);
                assert!(all[offset + len..].iter().all(|b| *b == 0xEE), "after, offset {offset} len {len}");
                let mut part = vec![0; len];
                memory.read(offset, &mut part);
                assert_eq!(part, data);
            }
        }
    }

    #[test]
    fn dwords_are_little_endian() {
        let memory = memory(4096);
        memory.store(8, 0x0403_0201);
        let mut bytes = [0; 4];
        memory.read(8, &mut bytes);
        assert_eq!(bytes, [1, 2, 3, 4]);
        memory.store_release(8, 0x8765_4321);
        assert_eq!((memory.load(8), memory.load_acquire(8)), (0x8765_4321, 0x8765_4321));
    }

    #[test]
    #[should_panic(expected = "access of 2 bytes at 4095")]
    fn out_of_range_panics() {
        memory(4096).read(4095, &mut [0; 2]);
    }

    #[test]
    #[should_panic(expected = "DWORD access at 6")]
    fn misaligned_dword_panics() {
        memory(4096).load(6);
    }
}
