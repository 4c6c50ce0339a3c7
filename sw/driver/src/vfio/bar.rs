//! A mapped BAR: bounds-checked accesses of exactly 32 or 64 bits.
//!
//! The region type of `pci-driver` checks alignment on the offset only and adds without overflow checks; this one is
//! used instead on the pointer it gives.

use std::sync::atomic::{fence, Ordering};

use pci_driver::regions::MappedOwningPciRegion;

use crate::transport::TransportError;

/// What a BAR is mapped by. It keeps the mapping alive.
pub(super) trait Window: Send + Sync {
    /// First byte, page-aligned, readable and writable for `len` bytes while self lives.
    fn base(&self) -> *mut u8;
    /// Length in bytes.
    fn len(&self) -> usize;
}

impl Window for MappedOwningPciRegion {
    fn base(&self) -> *mut u8 {
        self.as_mut_ptr()
    }
    fn len(&self) -> usize {
        MappedOwningPciRegion::len(self)
    }
}

/// A BAR.
pub(super) struct Bar<W> {
    window: W,
}

/// Orders stores to memory before a following store to a device.
fn before_write() {
    fence(Ordering::Release);
    // On AArch64 a release fence reaches the inner shareable domain only; devices are in the outer one
    // (Arm ARM B2.3.7). x86 orders stores to write-back memory before stores to uncached memory by itself.
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a barrier, no operands.
    unsafe {
        std::arch::asm!("dmb oshst", options(nostack, preserves_flags))
    }
}

/// Orders a load from a device before following loads from memory.
fn after_read() {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a barrier, no operands.
    unsafe {
        std::arch::asm!("dmb oshld", options(nostack, preserves_flags))
    }
    fence(Ordering::Acquire);
}

impl<W: Window> Bar<W> {
    pub fn new(window: W) -> Self {
        Bar { window }
    }

    /// Pointer to a register of type `T`.
    fn at<T>(&self, offset: u64) -> Result<*mut T, TransportError> {
        let (size, len) = (size_of::<T>() as u64, self.window.len() as u64);
        let inside = offset.checked_add(size).is_some_and(|end| end <= len);
        if !inside || !offset.is_multiple_of(size) {
            let limit = len.saturating_sub(size - 1);
            return Err(TransportError::BadOffset { what: "BAR", offset, limit });
        }
        Ok(self.window.base().wrapping_add(offset as usize).cast())
    }

    pub fn read32(&self, offset: u64) -> Result<u32, TransportError> {
        let register = self.at::<u32>(offset)?;
        // SAFETY: inside the mapping and aligned, as `at` checked; the window keeps the mapping alive.
        let value = unsafe { register.read_volatile() };
        after_read();
        Ok(u32::from_le(value))
    }

    pub fn read64(&self, offset: u64) -> Result<u64, TransportError> {
        let register = self.at::<u64>(offset)?;
        // SAFETY: as in `read32`.
        let value = unsafe { register.read_volatile() };
        after_read();
        Ok(u64::from_le(value))
    }

    pub fn write32(&self, offset: u64, value: u32) -> Result<(), TransportError> {
        let register = self.at::<u32>(offset)?;
        before_write();
        // SAFETY: as in `read32`.
        unsafe { register.write_volatile(value.to_le()) };
        Ok(())
    }

    pub fn write64(&self, offset: u64, value: u64) -> Result<(), TransportError> {
        let register = self.at::<u64>(offset)?;
        before_write();
        // SAFETY: as in `read32`.
        unsafe { register.write_volatile(value.to_le()) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    impl Window for Memory {
        fn base(&self) -> *mut u8 {
            self.as_ptr()
        }
        fn len(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn registers_are_little_endian_and_checked() {
        let bar = Bar::new(Memory::allocate(4096).unwrap());
        bar.write64(8, 0x1122_3344_5566_7788).unwrap();
        assert_eq!((bar.read32(8).unwrap(), bar.read32(12).unwrap()), (0x5566_7788, 0x1122_3344));
        bar.write32(4092, 7).unwrap();
        assert_eq!(bar.read64(4088).unwrap(), 7 << 32);
        for offset in [4096, 4093, u64::MAX - 3, 2] {
            assert!(matches!(bar.read32(offset), Err(TransportError::BadOffset { .. })), "{offset:#x}");
        }
        for offset in [4092, 4, u64::MAX - 7] {
            assert!(matches!(bar.write64(offset, 0), Err(TransportError::BadOffset { .. })), "{offset:#x}");
        }
    }
}
