//! Memory that is mapped for the device.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::alloc::page_size;
use crate::buffer::DmaBuffer;
use crate::device::{lock, Device, Shared};
use crate::error::Error;
use crate::memory::Memory;
use crate::transport::DmaAccess;
use crate::warning::Warning;

/// Memory mapped for the device, out of which buffers are cut. Clones are handles to the same memory. It is unmapped
/// when the last handle and buffer are gone.
#[derive(Clone)]
pub struct DmaRegion {
    pub(crate) inner: Arc<RegionInner>,
}

pub(crate) struct RegionInner {
    pub shared: Arc<Shared>,
    pub memory: Arc<Memory>,
    pub iova: u64,
    pub access: DmaAccess,
    /// Bytes that may be used; the mapping is longer by the rest of its last granule.
    len: usize,
    mapped: u64,
    /// The parts that buffers hold: first byte → behind the last.
    held: Mutex<BTreeMap<usize, usize>>,
    /// Set when the device may still use it: then it is never unmapped nor freed.
    leaked: AtomicBool,
}

impl Device {
    /// Allocates `len` bytes of zeroed memory and maps them for the device.
    pub fn allocate(&self, len: usize, access: DmaAccess) -> Result<DmaRegion, Error> {
        Ok(DmaRegion { inner: Arc::new(RegionInner::new(&self.shared, len, access)?) })
    }
}

impl RegionInner {
    pub fn new(shared: &Arc<Shared>, len: usize, access: DmaAccess) -> Result<RegionInner, Error> {
        let granule = lock(&shared.iova).granule() as usize;
        let whole = len.checked_next_multiple_of(granule.max(page_size())).unwrap_or(usize::MAX);
        let memory = Arc::new(Memory::allocate(if len == 0 { 0 } else { whole })?);
        let mapped = memory.len() as u64;
        let iova = lock(&shared.iova).allocate(mapped)?;
        if let Err(error) = shared.transport.map(&memory, 0..memory.len(), iova, access) {
            lock(&shared.iova).free(iova, mapped);
            return Err(error.into());
        }
        Ok(RegionInner {
            shared: Arc::clone(shared),
            memory,
            iova,
            access,
            len,
            mapped,
            held: Mutex::new(BTreeMap::new()),
            leaked: AtomicBool::new(false),
        })
    }

    /// Never unmap nor free: the device may still use it.
    pub fn leak(&self) {
        self.leaked.store(true, Ordering::Relaxed);
    }

    pub fn release(&self, start: usize) {
        lock(&self.held).remove(&start);
    }

    fn hold(&self, range: &Range<usize>) -> Result<(), Error> {
        let (start, end) = (range.start, range.end);
        if start >= end || end > self.len {
            return Err(Error::BufferRange { start, end, len: self.len });
        }
        let mut held = lock(&self.held);
        if let Some((&other_start, &other_end)) = held.range(..end).next_back() {
            if other_end > start {
                return Err(Error::BufferOverlap { start, end, other_start, other_end });
            }
        }
        held.insert(start, end);
        Ok(())
    }
}

impl Drop for RegionInner {
    fn drop(&mut self) {
        let reason = if *self.leaked.get_mut() {
            "its queue was not drained".to_string()
        } else {
            match self.shared.transport.unmap(self.iova, self.mapped) {
                Ok(()) => return lock(&self.shared.iova).free(self.iova, self.mapped),
                Err(error) => format!("unmapping failed: {error}"),
            }
        };
        // The I/O address stays taken and the memory stays allocated: handing either out again would let the device
        // write into somebody else's data.
        std::mem::forget(Arc::clone(&self.memory));
        self.shared.warn(Warning::LeakedMapping { iova: self.iova, len: self.mapped, reason });
    }
}

impl DmaRegion {
    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.inner.len
    }

    /// Never true: a region has at least a byte.
    pub fn is_empty(&self) -> bool {
        self.inner.len == 0
    }

    /// Where the device sees the first byte.
    pub fn iova(&self) -> u64 {
        self.inner.iova
    }

    /// What the device may do with it.
    pub fn access(&self) -> DmaAccess {
        self.inner.access
    }

    /// Cuts out the bytes of `range` as a buffer, at any offset. No two buffers ever share a byte; what a dropped
    /// buffer held can be cut out again.
    pub fn buffer(&self, range: Range<usize>) -> Result<DmaBuffer, Error> {
        self.inner.hold(&range)?;
        Ok(DmaBuffer::new(Arc::clone(&self.inner), range))
    }

    /// Cuts out `count` buffers of `len` bytes, the first at `offset`, the others `stride` bytes apart. With a stride
    /// that is not a multiple of the word they start at odd addresses. All or none.
    pub fn buffers(
        &self,
        offset: usize,
        len: usize,
        stride: usize,
        count: usize,
    ) -> Result<Vec<DmaBuffer>, Error> {
        let place = |i: usize| i.checked_mul(stride)?.checked_add(offset);
        (0..count)
            .map(|i| {
                let start = place(i).unwrap_or(usize::MAX);
                self.buffer(start..start.saturating_add(len))
            })
            .collect()
    }
}
