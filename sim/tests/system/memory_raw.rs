//! Memory queues by register accesses alone: every way to feed them, refused descriptors.

use ferrolane_abi::card::DRAM_BASE;
use ferrolane_abi::descriptor::{Descriptor, EOP, FENCE, FIXED, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::status;

use crate::bare::{Bare, Region};
use crate::feed::{Feed, FEEDS};
use crate::lane::{Lane, Setup};

/// Clocks that a record may take.
const PATIENCE: u64 = 50_000;

fn memory(direction: ferrolane_abi::map::Direction, index: u32, feed: Feed) -> Setup {
    let mut setup = Setup::new(direction, index, feed);
    setup.mode |= regs::MODE.field("MEMORY").unwrap().mask();
    setup.card_base = DRAM_BASE + 8;
    setup
}

fn descriptor(region: &Region, at: u64, len: u32, card: u32, flags: u8) -> Descriptor {
    Descriptor { host_addr: region.iova + at, len, flags, card }
}

#[test]
fn every_way_to_feed() {
    let mut bare = Bare::new("sim:split=random,reorder=40%,jitter=300ns");
    for feed in FEEDS {
        let region = bare.region(16 << 10);
        let data: Vec<u8> = (0..6000u32).map(|i| (i * 7 + feed as u32 * 50) as u8).collect();
        region.memory.write(3, &data);
        let mut write = Lane::new(&mut bare, memory(H2c, 0, feed));
        let mut read = Lane::new(&mut bare, memory(C2h, 1, feed));
        for i in 0..20 {
            let flags = if i % 7 == 6 { FENCE } else { 0 };
            write.waiting.push_back(descriptor(&region, 3 + 300 * i, 300, 300 * i as u32 + 5, flags));
        }
        for i in 0..20 {
            while write.taken <= i {
                write.feed(&mut bare);
                if let Some(record) = write.take() {
                    assert_eq!((record.bytes, record.status), (300, status::OK), "{feed:?}: {record:?}");
                }
                bare.run(8);
            }
        }
        for i in 0..20 {
            read.waiting.push_back(descriptor(&region, 8001 + 300 * i, 300, 300 * i as u32 + 5, 0));
        }
        for i in 0..20 {
            while read.taken <= i {
                read.feed(&mut bare);
                if let Some(record) = read.take() {
                    assert_eq!((record.bytes, record.status), (300, status::OK), "{feed:?}: {record:?}");
                }
                bare.run(8);
            }
        }
        assert!(region.bytes(8001, 6000) == data, "{feed:?}");
        write.stop(&mut bare);
        read.stop(&mut bare);
    }
    assert_eq!(bare.take_errors(), 0);
}

#[test]
fn refused_descriptors_have_their_codes() {
    let mut bare = Bare::new("sim");
    let region = bare.region(8192);
    for direction in [H2c, C2h] {
        for (flags, card, code) in [
            (SOP, 0, status::BAD_FLAGS),
            (EOP, 0, status::BAD_FLAGS),
            (1 << 7, 0, status::BAD_FLAGS),
            // The base is no multiple of a beat: 8 more make it one.
            (FIXED, 0, status::BAD_CARD_ADDRESS),
            (FIXED, 9, status::BAD_CARD_ADDRESS),
        ] {
            let mut lane = Lane::new(&mut bare, memory(direction, 2, Feed::Ring));
            for (flags, card) in [(0, 1), (FIXED, 8), (flags, card), (0, 2)] {
                lane.waiting.push_back(descriptor(&region, 64, 100, card, flags));
            }
            lane.feed(&mut bare);
            for _ in 0..2 {
                let record = lane.wait(&mut bare, PATIENCE);
                assert_eq!((record.bytes, record.status), (100, status::OK), "{record:?}");
            }
            let record = lane.wait(&mut bare, PATIENCE);
            assert_eq!((record.index, record.bytes, record.status), (2, 0, code), "{direction:?} {flags:#x}");
            bare.run(5_000);
            assert!(lane.take().is_none(), "nothing behind it");
            let state = lane.get(&mut bare, &regs::STATUS);
            assert_eq!(state >> 8 & 0xFF, u32::from(code), "{state:#x}");
            lane.stop(&mut bare);
        }
        // A stream queue knows no fixed address.
        let mut lane = Lane::new(&mut bare, Setup::new(direction, 2, Feed::Ring));
        lane.waiting.push_back(descriptor(&region, 64, 100, 0, FIXED));
        lane.feed(&mut bare);
        assert_eq!(lane.wait(&mut bare, PATIENCE).status, status::BAD_FLAGS);
        lane.stop(&mut bare);
    }
}
