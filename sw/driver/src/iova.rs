//! Which IOVAs are in use.
//!
//! IOVAs are given out first-fit from the lowest, so that the same program gets the same addresses in every run: they
//! never derive from virtual addresses. Behind each mapping one granule stays unmapped, so that a device that runs
//! over the end of a buffer faults in the IOMMU instead of writing into the next.

use std::ops::Range;

use crate::transport::Facts;

/// Why an IOVA could not be given out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IovaError {
    /// No gap is large enough.
    #[error(
        "no room for {len} bytes of I/O addresses: {free} are free, {largest} at most in one piece, below address \
         bit {address_bits}; unmap or drop regions, or make them smaller"
    )]
    Exhausted {
        /// Bytes asked for.
        len: u64,
        /// Bytes free in all.
        free: u64,
        /// Largest free piece in bytes.
        largest: u64,
        /// Address bits the device drives.
        address_bits: u8,
    },
    /// As many mappings exist as the IOMMU interface allows.
    #[error(
        "{limit} mappings exist and no more are allowed; use fewer, larger regions, or raise the module parameter \
         vfio_iommu_type1.dma_entry_limit"
    )]
    TooManyMappings {
        /// Most mappings that may exist at a time.
        limit: u32,
    },
}

/// Allocator of IOVA ranges.
#[derive(Debug)]
pub(crate) struct IovaAllocator {
    /// Free ranges, ascending, disjoint, granule-aligned, never adjacent.
    free: Vec<Range<u64>>,
    granule: u64,
    page_sizes: u64,
    address_bits: u8,
    mappings: u32,
    max_mappings: u32,
}

impl IovaAllocator {
    pub fn new(facts: &Facts) -> Self {
        let granule = 1 << facts.iova_page_sizes.trailing_zeros().min(63);
        let reach = 1u64.checked_shl(facts.address_bits.into()).unwrap_or(u64::MAX);
        let mut free: Vec<Range<u64>> = Vec::new();
        for range in &facts.iova_ranges {
            // The first granule of the address space stays free, so that a null address faults.
            let start = range.start.max(granule).next_multiple_of(granule);
            let end = range.end.min(reach) / granule * granule;
            if start < end {
                free.push(start..end);
            }
        }
        IovaAllocator {
            free,
            granule,
            page_sizes: facts.iova_page_sizes,
            address_bits: facts.address_bits,
            mappings: 0,
            max_mappings: facts.max_mappings,
        }
    }

    /// Smallest unit of a mapping in bytes.
    pub fn granule(&self) -> u64 {
        self.granule
    }

    /// What a mapping of `len` bytes takes away: whole granules and the guard behind it.
    fn footprint(&self, len: u64) -> Option<u64> {
        len.checked_next_multiple_of(self.granule)?.checked_add(self.granule)
    }

    /// The largest IOMMU page that fits, so that a long mapping can use large pages.
    fn alignment(&self, len: u64) -> u64 {
        let fitting = self.page_sizes & (u64::MAX >> len.leading_zeros().min(63));
        if fitting == 0 {
            self.granule
        } else {
            1 << (63 - fitting.leading_zeros())
        }
    }

    /// Gives out a range of `len` bytes.
    pub fn allocate(&mut self, len: u64) -> Result<u64, IovaError> {
        if self.mappings >= self.max_mappings {
            return Err(IovaError::TooManyMappings { limit: self.max_mappings });
        }
        let align = self.alignment(len);
        let found = self.footprint(len).and_then(|need| {
            self.free.iter().enumerate().find_map(|(i, gap)| {
                let start = gap.start.checked_next_multiple_of(align)?;
                let end = start.checked_add(need)?;
                (end <= gap.end).then_some((i, start..end))
            })
        });
        let Some((i, taken)) = found else {
            return Err(IovaError::Exhausted {
                len,
                free: self.free.iter().map(|r| r.end - r.start).sum(),
                largest: self.free.iter().map(|r| r.end - r.start).max().unwrap_or(0),
                address_bits: self.address_bits,
            });
        };
        let gap = self.free.remove(i);
        if taken.end < gap.end {
            self.free.insert(i, taken.end..gap.end);
        }
        if gap.start < taken.start {
            self.free.insert(i, gap.start..taken.start);
        }
        self.mappings += 1;
        Ok(taken.start)
    }

    /// Takes back what [`IovaAllocator::allocate`] gave out for `len` bytes.
    pub fn free(&mut self, iova: u64, len: u64) {
        let mut range = iova..iova + self.footprint(len).expect("was allocated");
        let at = self.free.partition_point(|r| r.start < range.start);
        if at < self.free.len() && self.free[at].start == range.end {
            range.end = self.free.remove(at).end;
        }
        if at > 0 && self.free[at - 1].end == range.start {
            self.free[at - 1].end = range.end;
        } else {
            self.free.insert(at, range);
        }
        self.mappings -= 1;
    }
}

#[cfg(test)]
mod tests {
    // A machine with one range of I/O addresses is a list with one range in it.
    #![allow(clippy::single_range_in_vec_init)]

    use super::*;
    use proptest::prelude::*;

    fn facts(ranges: Vec<Range<u64>>, page_sizes: u64, bits: u8) -> Facts {
        Facts {
            name: "test".into(),
            link_generation: 3,
            link_lanes: 4,
            max_payload: 256,
            max_read_request: 512,
            iova_ranges: ranges,
            max_mappings: 1000,
            address_bits: bits,
            numa_node: None,
            iova_page_sizes: page_sizes,
        }
    }

    #[test]
    fn zero_is_never_given_out_and_guards_stay_free() {
        let mut iova = IovaAllocator::new(&facts(vec![0..0x10_0000], 0x1000, 64));
        assert_eq!(iova.allocate(1).unwrap(), 0x1000);
        assert_eq!(iova.allocate(0x1001).unwrap(), 0x3000);
        assert_eq!(iova.allocate(0x1000).unwrap(), 0x6000);
    }

    #[test]
    fn the_devices_reach_is_kept() {
        let mut iova = IovaAllocator::new(&facts(vec![0xF000_0000..0x2_0000_0000], 0x1000, 32));
        assert_eq!(iova.allocate(0x0FFF_F000).unwrap(), 0xF000_0000);
        let error = iova.allocate(1).unwrap_err();
        assert!(matches!(error, IovaError::Exhausted { address_bits: 32, .. }), "{error}");
    }

    #[test]
    fn the_number_of_mappings_is_kept() {
        let mut limited = facts(vec![0..1 << 40], 0x1000, 64);
        limited.max_mappings = 2;
        let mut iova = IovaAllocator::new(&limited);
        let first = iova.allocate(1).unwrap();
        iova.allocate(1).unwrap();
        assert_eq!(iova.allocate(1), Err(IovaError::TooManyMappings { limit: 2 }));
        iova.free(first, 1);
        assert_eq!(iova.allocate(1), Ok(first));
    }

    #[test]
    fn long_mappings_are_aligned_to_large_pages() {
        let mut iova = IovaAllocator::new(&facts(vec![0..1 << 40], 0x20_1000, 64));
        assert_eq!(iova.allocate(0x1000).unwrap(), 0x1000);
        assert_eq!(iova.allocate(0x20_0000).unwrap(), 0x20_0000);
        assert_eq!(iova.allocate(0x1000).unwrap(), 0x3000);
    }

    #[test]
    fn lengths_near_the_end_of_u64_are_refused_without_overflow() {
        let mut iova = IovaAllocator::new(&facts(vec![0..u64::MAX], 0x1000, 64));
        assert!(iova.allocate(u64::MAX).is_err());
        assert!(iova.allocate(u64::MAX - 0x1FFF).is_err());
    }

    proptest! {
        #[test]
        fn live_ranges_never_touch_and_all_comes_back(ops in prop::collection::vec((any::<bool>(), 1u64..0x9000), 1..200)) {
            let ranges = vec![0..0x4_0000u64, 0x8_0000..0x20_0000];
            let mut iova = IovaAllocator::new(&facts(ranges.clone(), 0x1000, 64));
            let fresh = iova.free.clone();
            let mut live: Vec<(u64, u64)> = Vec::new();
            for (release, len) in ops {
                if release && !live.is_empty() {
                    let (at, len) = live.remove(len as usize % live.len());
                    iova.free(at, len);
                } else if let Ok(at) = iova.allocate(len) {
                    let end = at + len.next_multiple_of(0x1000);
                    prop_assert!(at % 0x1000 == 0 && at > 0);
                    prop_assert!(ranges.iter().any(|r| r.start <= at && end < r.end), "guard inside the range");
                    for (other, other_len) in &live {
                        let other_end = other + other_len.next_multiple_of(0x1000);
                        prop_assert!(end < *other || other_end < at, "a guard between any two");
                    }
                    live.push((at, len));
                }
            }
            for (at, len) in live.drain(..) {
                iova.free(at, len);
            }
            prop_assert_eq!(iova.free, fresh);
        }
    }
}
