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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::mock::MockCard;
    use crate::region::DmaRegion;
    use crate::transport::DmaAccess;

    fn region(len: usize) -> DmaRegion {
        Device::open(MockCard::default().transport()).unwrap().allocate(len, DmaAccess::Both).unwrap()
    }

    /// Gives one byte, then an interruption, then up to seven at a time.
    struct Dribble(Vec<u8>, bool);

    impl Read for Dribble {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let n = into.len().min(7).min(self.0.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0.drain(..n);
            Ok(n)
        }
    }

    #[test]
    fn streams_go_in_and_out_whole() {
        let data: Vec<u8> = (0..50_000u32).map(|i| (i * 7) as u8).collect();
        let region = region(100_000);
        let mut buffer = region.buffer(1..60_001).unwrap();
        assert_eq!(buffer.fill_from(&mut Dribble(data.clone(), false)).unwrap(), data.len());
        let mut out = Vec::new();
        buffer.write_to(&mut out).unwrap();
        assert_eq!(out, data);
        let mut small = region.buffer(70_001..70_011).unwrap();
        assert_eq!(small.fill_from(&mut &data[..]).unwrap(), 10);
        assert_eq!(small.to_vec(), data[..10]);
        assert_eq!(small.fill_from(&mut io::empty()).unwrap(), 0);
        assert!(small.is_empty());
    }

    #[test]
    fn nothing_outside_the_capacity_is_touched() {
        let region = region(64);
        let mut buffer = region.buffer(8..16).unwrap();
        assert!(matches!(buffer.write_at(7, &[1, 2]), Err(Error::BufferRange { start: 7, end: 9, len: 8 })));
        assert!(buffer.read_at(usize::MAX, &mut [0; 2]).is_err());
        assert!(buffer.set_len(9).is_err());
        assert!(buffer.copy_from(&[0; 9]).is_err());
        buffer.copy_from(&[7; 8]).unwrap();
        assert_eq!(region.buffer(0..8).unwrap().to_vec(), [0; 8]);
        assert_eq!(region.buffer(16..24).unwrap().to_vec(), [0; 8]);
    }

    #[test]
    fn buffers_never_share_a_byte() {
        let region = region(100);
        let held = region.buffer(10..20).unwrap();
        for range in [10..20, 0..11, 19..30, 12..13, 0..100] {
            assert!(matches!(region.buffer(range.clone()), Err(Error::BufferOverlap { .. })), "{range:?}");
        }
        let (_before, _behind) = (region.buffer(0..10).unwrap(), region.buffer(20..100).unwrap());
        drop(held);
        region.buffer(10..20).unwrap();
        for (start, end) in [(5, 5), (0, 101), (6, 5)] {
            assert!(matches!(region.buffer(start..end), Err(Error::BufferRange { .. })), "{start}..{end}");
        }
    }

    #[test]
    fn many_buffers_are_cut_all_or_none() {
        let region = region(1000);
        assert!(region.buffers(0, 100, 101, 10).is_err(), "the last would end at 1009");
        let buffers = region.buffers(1, 99, 101, 9).unwrap();
        assert!(buffers.iter().enumerate().all(|(i, b)| b.iova() == region.iova() + 1 + 101 * i as u64));
        drop(buffers);
        region.buffer(0..1000).unwrap();
    }
}
