//! The card's memory writes.

use crate::host_memory::{HostMemory, Refused};
use crate::iommu::{Fault, Iommu};
use crate::tlp::Tlp;

/// Performs a write, or records the fault. Writes come here in the order of the link, so a record is stored after the
/// data before it.
pub fn perform(tlp: &Tlp, iommu: &mut Iommu, now: u64) {
    let hdr = &tlp.hdr;
    if hdr.length() == 1 && hdr.first_be() == 0 {
        return; // a zero-length write: it only flushes (PCIe Base Spec 2.2.5)
    }
    let span = hdr.byte_span();
    let len = span.end - span.start;
    let done = match iommu.translate(span.start, len, true) {
        Some((memory, offset)) => store(tlp, memory, offset, len as usize),
        None => Err(Refused),
    };
    if done.is_err() {
        iommu.fault(Fault { clock: now, iova: span.start, len, write: true });
    }
}

fn store(tlp: &Tlp, memory: &dyn HostMemory, offset: u64, len: usize) -> Result<(), Refused> {
    let (hdr, payload) = (&tlp.hdr, tlp.payload());
    let mut buffer = [0u8; 4096];
    for (bytes, dw) in buffer.chunks_exact_mut(4).zip(payload) {
        bytes.copy_from_slice(&dw.to_le_bytes());
    }
    let skip = (hdr.byte_span().start - hdr.address()) as usize;
    let bytes = &buffer[skip..skip + len];
    if sparse(hdr.first_be())
        || payload.len() == 2 && (gap_at_end(hdr.first_be()) || sparse_last(hdr.last_be()))
    {
        let enables = u32::from(hdr.first_be()) | u32::from(hdr.last_be()) << 4;
        for (i, byte) in bytes.iter().enumerate().filter(|(i, _)| enables >> (skip + i) & 1 == 1) {
            memory.write(offset + i as u64, std::slice::from_ref(byte))?;
        }
        return Ok(());
    }
    memory.write(offset, bytes)
}

/// A gap between enabled bytes.
fn sparse(be: u8) -> bool {
    let run = be >> be.trailing_zeros().min(7);
    run & (run + 1) != 0
}

/// In the first of two DWORDs, enables that don't reach the second.
fn gap_at_end(first: u8) -> bool {
    !matches!(first, 0xF | 0xE | 0xC | 0x8)
}

/// In the last of two DWORDs, enables that don't begin with byte 0.
fn sparse_last(last: u8) -> bool {
    !matches!(last, 0xF | 0x7 | 0x3 | 0x1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iommu::tests::memory;
    use crate::options::IovaRange;
    use crate::tlp::{Header, Pool};
    use ferrolane::transport::DmaAccess;

    /// What a page of zeros holds after a write of counting bytes 1, 2, 3 … at `addr`.
    fn after(addr: u64, dws: usize, be: (u8, u8)) -> (Vec<u8>, u64) {
        let mut iommu = Iommu::new(IovaRange::Low);
        let memory = memory(4096);
        iommu.map(memory.clone(), 0..4096, 0x10_0000, DmaAccess::DeviceWrites).unwrap();
        let mut tlp = Pool::default().take(Header::memory(true, 0x0100, 0, addr, dws, be));
        tlp.len = dws;
        for (i, dw) in tlp.data[..dws].iter_mut().enumerate() {
            *dw = u32::from_le_bytes(std::array::from_fn(|b| (4 * i + b + 1) as u8));
        }
        perform(&tlp, &mut iommu, 0);
        let mut page = vec![0; 4096];
        memory.read(0, &mut page);
        (page, iommu.faults().1)
    }

    #[test]
    fn whole_dwords_and_records() {
        for dws in [1, 2, 4, 8, 64] {
            let (page, _) = after(0x10_0010, dws, (15, if dws > 1 { 15 } else { 0 }));
            assert_eq!(page[0x0F], 0);
            assert!((0..4 * dws).all(|i| page[0x10 + i] == (i + 1) as u8), "{dws}");
            assert_eq!(page[0x10 + 4 * dws], 0);
        }
    }

    #[test]
    fn byte_enables_are_respected() {
        let (page, _) = after(0x10_0000, 3, (0b1100, 0b0001));
        assert_eq!(page[..12], [0, 0, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0]);
        let (page, _) = after(0x10_0000, 1, (0b1001, 0));
        assert_eq!(page[..4], [1, 0, 0, 4]);
        let (page, _) = after(0x10_0000, 2, (0b0010, 0b1000));
        assert_eq!(page[..8], [0, 2, 0, 0, 0, 0, 0, 8]);
        let (page, _) = after(0x10_0000, 1, (0, 0));
        assert_eq!(page[..4], [0; 4]);
    }

    #[test]
    fn an_unmapped_write_is_dropped_and_recorded() {
        let (page, faults) = after(0x10_1000, 4, (15, 15));
        assert!(page.iter().all(|byte| *byte == 0));
        assert_eq!(faults, 1);
    }
}
