//! Rows 21 to 24 and 32: doorbells, full rings, stops, addresses without mapping, numbers that wrap.

use std::sync::Arc;

use ferrolane::transport::DmaAccess;
use ferrolane::Memory;
use ferrolane_abi::descriptor::{Descriptor, BYTES, EOP, SOP};
use ferrolane_abi::doorbell;
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_abi::status;

use crate::bare::Bare;
use crate::bed::{error, Bed, VICTIM};
use crate::feed::Feed;
use crate::job::{jobs, run, Shape, BLANK};
use crate::lane::{Lane, Setup};

#[test]
fn f21_doorbells_that_cannot_be_are_ignored_and_counted() {
    let mut bed = Bed::new("sim", 1);
    bed.step();
    let (at, fed) = (bed.victim.h2c.doorbell_at(), bed.victim.h2c.fed);
    let idle = Lane::new(&mut bed.bare, Setup::new(H2c, VICTIM, Feed::Ring)).doorbell_at();
    assert_eq!(at, idle);
    let taken = bed.victim.h2c.taken;
    let bad = [
        (at, fed + 65),                               // beyond the ring
        (at, fed.wrapping_sub(1)),                    // backwards
        (at, u32::MAX),                               // backwards by a lot
        (at + 4, doorbell::upper(taken + 64, false)), // records that were not written
    ];
    for (at, value) in bad {
        bed.bare.write(at, value);
        bed.step();
    }
    assert_eq!(bed.bare.global(&global::CNT_INVALID_DOORBELL), bad.len() as u32);
    assert_eq!(bed.victim.h2c.get(&mut bed.bare, &regs::PRODUCER), fed);
    bed.all_end_well();
    assert_eq!(bed.bare.take_errors(), error("INVALID_DOORBELL"));
    bed.victim.h2c.stop(&mut bed.bare);
    bed.bare.write(at, fed + 1);
    bed.bare.run(100);
    assert_eq!(bed.bare.take_errors(), error("INVALID_DOORBELL"), "a queue that is stopped");
    bed.recovers();
}

#[test]
fn f22_a_full_completion_ring_stalls_and_loses_nothing() {
    const PLACES: u32 = 4;
    let mut bare = Bare::new("sim");
    let mut setup = Setup::new(H2c, VICTIM, Feed::Ring);
    setup.log2 = 2;
    let mut lane = Lane::new(&mut bare, setup);
    lane.stop(&mut bare);
    // Many more descriptors than places for records.
    lane.set(&mut bare, &regs::RING_SIZE, 6 | 2 << 8);
    lane.set(&mut bare, &regs::CTRL, 1);
    lane.generation = lane.get(&mut bare, &regs::GENERATION) as u8;
    let data = bare.region(4096);
    for i in 0..32 {
        let entry = Descriptor { host_addr: data.iova + i, len: 64, flags: SOP | EOP, card: 0 };
        lane.ring.memory.write(i as usize * BYTES, &entry.to_bytes());
    }
    bare.write(lane.doorbell_at(), 32);
    bare.run(10_000);
    assert_eq!(lane.get(&mut bare, &regs::COMPLETED), PLACES, "no more than there are places");
    let mut count = 0;
    while count < 32 {
        while lane.take().is_some() {
            count += 1;
        }
        lane.tell(&mut bare, false);
        bare.run(50);
        assert!(lane.get(&mut bare, &regs::COMPLETED) <= lane.taken + PLACES);
        assert!(bare.now() < 200_000, "{count} records");
    }
    assert_eq!(bare.take_errors(), 0);
    lane.stop(&mut bare);
}

#[test]
fn f23_a_stop_that_races_with_the_last_record_leaves_nothing_under_way() {
    let descriptor = |iova| Descriptor { host_addr: iova, len: 64, flags: SOP | EOP, card: 0 };
    let mut bare = Bare::new("sim");
    let data = bare.region(4096);
    let mut lane = Lane::new(&mut bare, Setup::new(H2c, VICTIM, Feed::Ring));
    lane.waiting.push_back(descriptor(data.iova));
    let start = bare.now();
    lane.feed(&mut bare);
    lane.wait(&mut bare, 10_000);
    let usual = bare.now() - start;
    let (mut with, mut without) = (0, 0);
    for clocks in 0..usual + 10 {
        lane.stop(&mut bare);
        lane.start(&mut bare);
        lane.waiting.push_back(descriptor(data.iova));
        lane.feed(&mut bare);
        bare.run(clocks);
        lane.stop(&mut bare);
        // IDLE was read: what counts as written can be seen, and nothing moves any more.
        let completed = lane.get(&mut bare, &regs::COMPLETED);
        bare.take_log();
        let seen = u32::from(lane.take().is_some_and(|record| record.status == status::OK));
        assert_eq!(completed, seen, "stopped after {clocks} clocks");
        bare.run(400);
        let moved = bare.take_log().iter().filter(|tlp| tlp.is_read() || tlp.is_write()).count();
        assert_eq!(moved, 0, "stopped after {clocks} clocks");
        (with, without) = (with + seen, without + 1 - seen);
    }
    assert!(with > 0 && without > 0, "{with} stops behind the record, {without} before it");
    assert_eq!(bare.take_errors(), 0);
}

#[test]
fn f24_a_read_without_mapping_is_refused_and_reported() {
    let mut bed = Bed::new("sim:faults=record", 2);
    let region = &bed.victim.out.region;
    let nowhere = region.iova + region.memory.len() as u64;
    bed.victim.h2c.waiting[6].host_addr = nowhere;
    bed.halts(status::DATA_UR, 6, 0);
    let (faults, count) = bed.bare.machine.root.iommu.faults();
    assert_eq!((count, faults[0].iova, faults[0].write), (1, nowhere, false));
    bed.recovers();
}

#[test]
fn f24_a_write_to_memory_that_may_only_be_read_is_dropped_by_the_iommu() {
    let mut bed = Bed::new("sim:faults=record", 3);
    let region = bed.bare.region(4096);
    bed.bare.machine.root.iommu.unmap(region.iova, 4096).unwrap();
    let memory: Arc<Memory> = Arc::clone(&region.memory);
    bed.bare.machine.root.iommu.map(memory, 0..4096, region.iova, DmaAccess::DeviceReads).unwrap();
    // Posted writes have no answer: the card can't know, and its record says that it has sent the bytes.
    let back = &mut bed.victim.back;
    let last = back.work.parts.len() - 1;
    back.lane.waiting[last].host_addr = region.iova;
    let part = &mut back.work.parts[last];
    part.data.fill(BLANK);
    bed.all_end_well();
    assert!(region.bytes(0, 4096).iter().all(|byte| *byte == 0));
    assert!(bed.bare.machine.root.iommu.faults().1 > 0);
    bed.recovers();
}

#[test]
fn f32_counters_of_rows_and_packets_wrap() {
    // Both are numbers of 16 bits in the engine: more packets, and more rows of 16 bytes, than that.
    let mut bare = Bare::new("sim:gen3x8");
    let setup = |direction| {
        let mut setup = Setup::new(direction, VICTIM, Feed::Ring).gather(16, 20);
        setup.log2 = 10;
        setup
    };
    for shape in [
        Shape { seed: 1, packets: 66_000, longest: 8, piece: 8, irq: 0 },
        Shape { seed: 2, packets: 300, longest: 8_000, piece: 8_000, irq: 0 },
    ] {
        let mut jobs = jobs(&mut bare, &[(setup(H2c), setup(C2h))], shape);
        run(&mut bare, &mut jobs);
        for job in &mut jobs {
            job.lane.stop(&mut bare);
        }
    }
    assert_eq!(bare.take_errors(), 0);
}
