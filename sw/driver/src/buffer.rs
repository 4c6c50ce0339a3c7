//! A buffer the CPU owns.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::region::RegionInner;

/// Bytes of a region that one owner holds.
///
/// While this value exists the CPU owns the bytes and may read and write them. Submitting it moves it into the queue,
/// a completion gives it back: what is in flight can't be touched, freed or submitted twice, since there is no value
/// to do it with.
///
/// `capacity` is fixed; `len` says how many of the bytes count: an H2C queue sends `len` bytes, a C2H queue may fill
/// the whole capacity and sets `len` to what it wrote.
pub struct DmaBuffer {
    region: Arc<RegionInner>,
    start: usize,
    capacity: usize,
    len: usize,
    /// Cleared when the bytes may never be cut out again.
    release: bool,
}

/// Bytes copied at a time between the device's memory and a stream.
const CHUNK: usize = 16 * 1024;

impl DmaBuffer {
    pub(crate) fn new(region: Arc<RegionInner>, range: Range<usize>) -> DmaBuffer {
        let capacity = range.len();
        DmaBuffer { region, start: range.start, capacity, len: capacity, release: true }
    }

    pub(crate) fn region(&self) -> &Arc<RegionInner> {
        &self.region
    }

    /// Gives the bytes up for good: the device may still use them.
    pub(crate) fn leak(mut self) {
        self.region.leak();
        self.release = false;
    }

    /// Bytes it can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes that count, from the first. All of them until something changes it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if no byte counts.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where the device sees the first byte. Any alignment.
    pub fn iova(&self) -> u64 {
        self.region.iova + self.start as u64
    }

    /// First byte's place in its region.
    pub fn offset(&self) -> usize {
        self.start
    }

    fn check(&self, offset: usize, len: usize) -> Result<(), Error> {
        match offset.checked_add(len) {
            Some(end) if end <= self.capacity => Ok(()),
            end => {
                Err(Error::BufferRange { start: offset, end: end.unwrap_or(usize::MAX), len: self.capacity })
            }
        }
    }

    /// Says how many bytes count.
    pub fn set_len(&mut self, len: usize) -> Result<(), Error> {
        self.check(0, len)?;
        self.len = len;
        Ok(())
    }

    /// Copies bytes out, from anywhere in the capacity.
    pub fn read_at(&self, offset: usize, into: &mut [u8]) -> Result<(), Error> {
        self.check(offset, into.len())?;
        self.region.memory.read(self.start + offset, into);
        Ok(())
    }

    /// Copies bytes in, anywhere in the capacity. `len` stays as it is.
    pub fn write_at(&mut self, offset: usize, from: &[u8]) -> Result<(), Error> {
        self.check(offset, from.len())?;
        self.region.memory.write(self.start + offset, from);
        Ok(())
    }

    /// Copies `from` to the beginning and makes it all that counts.
    pub fn copy_from(&mut self, from: &[u8]) -> Result<(), Error> {
        self.write_at(0, from)?;
        self.len = from.len();
        Ok(())
    }

    /// The bytes that count, as a copy.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        self.region.memory.read(self.start, &mut bytes);
        bytes
    }

    /// Reads from `source` until the capacity or the source's end is reached and makes that what counts. Answers how
    /// many bytes came; 0 is the end.
    pub fn fill_from(&mut self, source: &mut (impl Read + ?Sized)) -> io::Result<usize> {
        let mut chunk = [0; CHUNK];
        self.len = 0;
        while self.len < self.capacity {
            let want = CHUNK.min(self.capacity - self.len);
            match source.read(&mut chunk[..want]) {
                Ok(0) => break,
                Ok(n) => {
                    self.region.memory.write(self.start + self.len, &chunk[..n]);
                    self.len += n;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.len)
    }

    /// Writes the bytes that count to `sink`.
    pub fn write_to(&self, sink: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let mut chunk = [0; CHUNK];
        let mut done = 0;
        while done < self.len {
            let n = CHUNK.min(self.len - done);
            self.region.memory.read(self.start + done, &mut chunk[..n]);
            sink.write_all(&chunk[..n])?;
            done += n;
        }
        Ok(())
    }
}

impl Drop for DmaBuffer {
    fn drop(&mut self) {
        if self.release {
            self.region.release(self.start);
        }
    }
}

impl std::fmt::Debug for DmaBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DmaBuffer")
            .field("iova", &format_args!("{:#x}", self.iova()))
            .field("len", &self.len)
            .field("capacity", &self.capacity)
            .finish()
    }
}
