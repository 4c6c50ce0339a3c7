use super::*;
use crate::credit::Credits;
use crate::iommu::tests::memory;
use crate::link::Rate;
use ferrolane::transport::DmaAccess;

/// Answers to one read of `bytes` from `addr`: (byte count, lower address, payload bytes) of each.
fn pieces(preset: &str, addr: u64, dws: usize, be: (u8, u8)) -> Vec<(u32, u8, Vec<u8>)> {
    let options = Options::parse(preset).unwrap();
    let mut reads = Reads::new(&options);
    let mut injector = Injector::new(&options);
    let mut iommu = Iommu::new(options.iova);
    let memory = memory(4096);
    memory.write(0, &(0..4096u32).map(|i| (i * 7) as u8).collect::<Vec<_>>());
    iommu.map(memory, 0..4096, 0x10_0000, DmaAccess::DeviceReads).unwrap();
    let mut lane = Lane::new(Rate { bytes: 4096, clocks: 1 }, 0, Credits { header: [0; 3], data: [0; 3] });
    let mut pool = Pool::default();
    reads.accept(Header::memory(false, 0x0100, 5, addr, dws, be), 0);
    let mut found = Vec::new();
    for now in 0..10_000 {
        reads.tick(now, &mut iommu, &mut injector, &mut lane, &mut pool);
        lane.tick(now, |_, _| ());
        while let Some(tlp) = lane.arrive(now) {
            let bytes = tlp.payload().iter().flat_map(|dw| dw.to_le_bytes()).collect();
            found.push((tlp.hdr.byte_count(), tlp.hdr.lower_address(), bytes));
        }
    }
    assert!(reads.is_empty());
    found
}

fn check_data(pieces: &[(u32, u8, Vec<u8>)], from: u64, bytes: u32) {
    let (mut at, mut left) = (from, bytes);
    for (count, lower, data) in pieces {
        assert_eq!(*count, left);
        assert_eq!(u64::from(*lower), at & 0x7F);
        let skip = (at & 3) as usize;
        let n = (data.len() - skip).min(left as usize);
        for (i, byte) in data[skip..skip + n].iter().enumerate() {
            assert_eq!(*byte, ((at as u32 + i as u32) * 7) as u8);
        }
        at += n as u64;
        left -= n as u32;
    }
    assert_eq!(left, 0);
}

#[test]
fn largest_pieces_cut_at_the_boundary() {
    let found = pieces("sim:mps=256,rcb=64", 0x10_0000, 128, (15, 15));
    assert_eq!(found.iter().map(|p| p.2.len()).collect::<Vec<_>>(), [256, 256]);
    check_data(&found, 0, 512);
    let found = pieces("sim:mps=256,rcb=64", 0x10_0024, 128, (0b1100, 0b0111));
    assert_eq!(found.iter().map(|p| p.2.len()).collect::<Vec<_>>(), [256 - 0x24, 256, 0x24]);
    check_data(&found, 0x26, 512 - 3);
}

#[test]
fn every_boundary_and_random_boundaries() {
    let found = pieces("sim:split=rcb,rcb=128", 0x10_0010, 64, (15, 15));
    assert_eq!(found.iter().map(|p| p.2.len()).collect::<Vec<_>>(), [112, 128, 16]);
    check_data(&found, 0x10, 256);
    let found = pieces("sim:split=random,seed=3", 0x10_0004, 127, (15, 15));
    assert!(found.len() > 2);
    check_data(&found, 4, 508);
}

#[test]
fn one_byte_and_no_byte() {
    let found = pieces("sim", 0x10_0008, 1, (0b0100, 0));
    assert_eq!((found.len(), found[0].0, found[0].1), (1, 1, 0x0A));
    let found = pieces("sim", 0x10_0008, 1, (0, 0));
    assert_eq!((found.len(), found[0].0, found[0].1, found[0].2.len()), (1, 1, 0x08, 4));
}

#[test]
fn unmapped_is_refused() {
    let found = pieces("sim", 0x20_0000, 4, (15, 15));
    assert_eq!((found.len(), found[0].0, found[0].2.len()), (1, 16, 0));
}
