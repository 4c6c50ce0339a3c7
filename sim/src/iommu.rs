//! The IOMMU: which IOVAs lead to which memory, and what was refused.

use std::ops::Range;
use std::sync::Arc;

use ferrolane::transport::DmaAccess;

use crate::host_memory::HostMemory;
use crate::options::IovaRange;

/// Granule of a mapping in bytes.
pub const GRANULE: u64 = 4096;
/// Page sizes, as a bit mask: 4 KiB, 2 MiB, 1 GiB.
pub const PAGE_SIZES: u64 = 1 << 12 | 1 << 21 | 1 << 30;
/// Most mappings at a time: the default limit of VFIO's type-1 driver.
pub const MAX_MAPPINGS: u32 = 65_535;
/// The window of interrupt messages on x86, never mapped.
pub const MSI_WINDOW: Range<u64> = 0xFEE0_0000..0xFEF0_0000;
/// Faults that are kept; more are only counted.
const KEPT_FAULTS: usize = 64;

/// An access of the device that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Clock in which it reached the root complex.
    pub clock: u64,
    /// First byte.
    pub iova: u64,
    /// Length in bytes.
    pub len: u64,
    /// A write; else a read.
    pub write: bool,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.write { "write" } else { "read" };
        write!(
            f,
            "IOMMU fault: {what} of {} bytes at IOVA {:#x} in clock {}",
            self.len, self.iova, self.clock
        )
    }
}

struct Mapping {
    iova: Range<u64>,
    memory: Arc<dyn HostMemory>,
    offset: u64,
    access: DmaAccess,
}

/// The map of one device.
pub struct Iommu {
    ranges: Vec<Range<u64>>,
    /// Ascending, without overlap.
    mappings: Vec<Mapping>,
    /// The mapping that was hit last; accesses come in runs.
    last: usize,
    faults: Vec<Fault>,
    fault_count: u64,
    /// Stands behind every IOVA, by its own number, where somebody else translates.
    everything: Option<Arc<dyn HostMemory>>,
    takes_time: bool,
}

/// IOVAs that an IOMMU of an x86 machine offers, cut down to what is asked for.
pub fn ranges(which: IovaRange) -> Vec<Range<u64>> {
    let (low, high) = (0x10_0000..MSI_WINDOW.start, 1 << 32..1 << 39);
    match which {
        IovaRange::Both => vec![low, high],
        IovaRange::Low => vec![low],
        IovaRange::High => vec![high],
    }
}

impl Iommu {
    /// Nothing mapped.
    pub fn new(which: IovaRange) -> Self {
        Iommu {
            ranges: ranges(which),
            mappings: Vec::new(),
            last: 0,
            faults: Vec::new(),
            fault_count: 0,
            everything: None,
            takes_time: false,
        }
    }

    /// Nothing mapped, and any IOVA but those of interrupt messages may be: whoever maps knows what its machine has.
    pub fn open() -> Self {
        let ranges = vec![0..MSI_WINDOW.start, MSI_WINDOW.end..u64::MAX];
        Iommu { ranges, ..Iommu::new(IovaRange::Both) }
    }

    /// Puts `memory` behind every IOVA, whatever is mapped: its owner translates.
    pub fn pass_through(&mut self, memory: Arc<dyn HostMemory>) {
        self.takes_time |= memory.takes_time();
        self.everything = Some(memory);
    }

    /// Whether some memory takes time to read.
    pub fn takes_time(&self) -> bool {
        self.takes_time
    }

    /// Maps `len` bytes from `offset` of `memory` at `iova`.
    ///
    /// # Errors
    /// What is wrong, with limit and remedy.
    pub fn map(
        &mut self,
        memory: Arc<dyn HostMemory>,
        range: Range<usize>,
        iova: u64,
        access: DmaAccess,
    ) -> Result<(), String> {
        let len = range.len() as u64;
        if len == 0 || range.start > range.end || range.end as u64 > memory.len() {
            return Err(format!("the range {range:?} is not inside memory of {} bytes", memory.len()));
        }
        if !(iova | len | range.start as u64).is_multiple_of(GRANULE) {
            return Err(format!("IOVA, length and offset must be multiples of {GRANULE} bytes"));
        }
        let end = iova.checked_add(len).ok_or("the range wraps")?;
        if !self.ranges.iter().any(|r| r.start <= iova && end <= r.end) {
            return Err(format!("outside the IOVA ranges {:#x?}", self.ranges));
        }
        if self.mappings.len() >= MAX_MAPPINGS as usize {
            return Err(format!("all {MAX_MAPPINGS} mappings are in use; unmap some, or map larger pieces"));
        }
        let at = self.mappings.partition_point(|m| m.iova.end <= iova);
        if self.mappings.get(at).is_some_and(|m| m.iova.start < end) {
            return Err(format!("overlaps the mapping at {:#x}", self.mappings[at].iova.start));
        }
        self.takes_time |= memory.takes_time();
        self.mappings.insert(at, Mapping { iova: iova..end, memory, offset: range.start as u64, access });
        Ok(())
    }

    /// Removes a whole mapping.
    ///
    /// # Errors
    /// There is no mapping of just this range.
    pub fn unmap(&mut self, iova: u64, len: u64) -> Result<(), String> {
        let at = self.mappings.partition_point(|m| m.iova.end <= iova);
        match self.mappings.get(at) {
            Some(m) if m.iova.start == iova && m.iova.end - iova == len => {
                self.mappings.remove(at);
                Ok(())
            }
            _ => Err("no mapping of just this range exists".into()),
        }
    }

    /// Removes all mappings in a range and gives their bytes, as VFIO's type-1 driver does.
    ///
    /// # Errors
    /// The range would cut a mapping.
    pub fn unmap_within(&mut self, range: Range<u64>) -> Result<u64, String> {
        let first = self.mappings.partition_point(|m| m.iova.end <= range.start);
        let behind = self.mappings.partition_point(|m| m.iova.start < range.end).max(first);
        let cut = |m: &&Mapping| m.iova.start < range.start || m.iova.end > range.end;
        if let Some(m) = self.mappings[first..behind].iter().find(cut) {
            return Err(format!("the range cuts the mapping {:#x?}; unmap whole mappings", m.iova));
        }
        Ok(self.mappings.drain(first..behind).map(|m| m.iova.end - m.iova.start).sum())
    }

    /// Removes all mappings; the faults stay.
    pub fn unmap_all(&mut self) {
        self.mappings.clear();
        (self.everything, self.takes_time) = (None, false);
    }

    /// The memory behind an access that lies inside one page, or nothing if it is refused.
    #[inline]
    pub fn translate(&mut self, iova: u64, len: u64, write: bool) -> Option<(&dyn HostMemory, u64)> {
        if let Some(everything) = &self.everything {
            return Some((&**everything, iova));
        }
        let inside = |m: &Mapping| m.iova.start <= iova && iova + len <= m.iova.end;
        if !self.mappings.get(self.last).is_some_and(inside) {
            self.last = self.mappings.partition_point(|m| m.iova.end <= iova);
        }
        let mapping = self.mappings.get(self.last).filter(|m| inside(m))?;
        let allowed = match mapping.access {
            DmaAccess::DeviceReads => !write,
            DmaAccess::DeviceWrites => write,
            DmaAccess::Both => true,
        };
        allowed.then(|| (&*mapping.memory, mapping.offset + (iova - mapping.iova.start)))
    }

    /// Records a refused access.
    pub fn fault(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < KEPT_FAULTS {
            self.faults.push(fault);
        }
    }

    /// The first refused accesses, and how many there were.
    pub fn faults(&self) -> (&[Fault], u64) {
        (&self.faults, self.fault_count)
    }

    /// Takes the faults that were kept since this was last called; they all count on.
    pub fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    /// The ranges on offer.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// How many mappings exist.
    pub fn mapped(&self) -> usize {
        self.mappings.len()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ferrolane::memory::Memory;

    pub(crate) fn memory(bytes: usize) -> Arc<Memory> {
        Arc::new(Memory::new(memmap2::MmapOptions::new().len(bytes).map_anon().unwrap().into()))
    }

    #[test]
    fn maps_translates_and_unmaps() {
        let mut iommu = Iommu::new(IovaRange::Both);
        let memory = memory(16384);
        memory.write(4096, b"here");
        iommu.map(memory.clone(), 4096..12288, 0x10_0000, DmaAccess::Both).unwrap();
        let (found, offset) = iommu.translate(0x10_0001, 3, false).unwrap();
        let mut bytes = [0; 3];
        found.read(offset, &mut bytes).unwrap();
        assert_eq!(&bytes, b"ere");
        assert!(iommu.translate(0x10_1FFF, 2, false).is_none(), "beyond the end");
        assert!(iommu.translate(0x0F_FFFF, 2, false).is_none(), "before the start");
        assert!(iommu.unmap(0x10_0000, 4096).is_err());
        iommu.unmap(0x10_0000, 8192).unwrap();
        assert!(iommu.translate(0x10_0001, 3, false).is_none());
    }

    #[test]
    fn direction_is_enforced() {
        let mut iommu = Iommu::new(IovaRange::Both);
        let memory = memory(8192);
        iommu.map(memory.clone(), 0..4096, 0x10_0000, DmaAccess::DeviceReads).unwrap();
        iommu.map(memory, 4096..8192, 0x10_1000, DmaAccess::DeviceWrites).unwrap();
        assert!(
            iommu.translate(0x10_0000, 4, false).is_some() && iommu.translate(0x10_0000, 4, true).is_none()
        );
        assert!(
            iommu.translate(0x10_1000, 4, true).is_some() && iommu.translate(0x10_1000, 4, false).is_none()
        );
    }

    #[test]
    fn bad_maps_are_refused() {
        let mut iommu = Iommu::new(IovaRange::Low);
        let memory = memory(16384);
        let mut map = |range: Range<usize>, iova| iommu.map(memory.clone(), range, iova, DmaAccess::Both);
        assert!(map(0..4096, 0x10_0800).unwrap_err().contains("multiples"));
        assert!(map(0..4095, 0x10_0000).is_err());
        assert!(map(0..0, 0x10_0000).is_err());
        assert!(map(0..20480, 0x10_0000).is_err());
        assert!(map(0..4096, 0x1_0000_0000).unwrap_err().contains("ranges"));
        assert!(map(0..8192, 0xFEDF_F000).is_err(), "reaches into the interrupt window");
        map(4096..12288, 0x10_1000).unwrap();
        assert!(map(0..8192, 0x10_0000).unwrap_err().contains("overlaps"));
        assert!(map(0..4096, 0x10_2000).is_err());
        map(0..4096, 0x10_0000).unwrap();
        map(0..4096, 0x10_3000).unwrap();
    }
}
