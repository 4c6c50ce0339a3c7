//! Rows 3 to 6 and 8: completions that are refused, poisoned or wrong.

use ferrolane_abi::descriptor::{Descriptor, EOP, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::status;
use ferrolane_sim::faults::CompletionKind::{
    self, ByteCount, ErrorData, LowerAddress, NoData, Poison, PortError, Short, Status, TooMuch,
};
use ferrolane_sim::faults::Fault;
use ferrolane_sim::tlp::{STATUS_CA, STATUS_CRS, STATUS_UR};

use crate::bare::Bare;
use crate::bed::{error, Bed, VICTIM};
use crate::feed::Feed;
use crate::lane::{Lane, Setup};

/// Completions of about 300 bytes each: a read of a packet has two or more.
const PRESET: &str = "sim:mps=128,jitter=200ns,reorder=30%";

/// A completion of packet 5 is spoiled: it ends with `code`, without bytes, since a packet is one read.
fn data(preset: &str, kind: CompletionKind, completion: u64, code: u8) {
    let mut bed = Bed::new(preset, completion);
    let fault = bed.spoil_data(kind, completion, 5);
    bed.halts(code, 5, 0);
    assert_eq!(bed.bare.machine.applied(fault), 1, "{kind:?}");
    bed.recovers();
}

/// The descriptors' first completion, of 128 bytes at most, is spoiled: the queue's first packet is missing.
fn fetch(preset: &str, kind: CompletionKind, code: u8) {
    let mut bed = Bed::new(preset, 7);
    let fault = bed.spoil_ring(kind, 1);
    bed.halts(code, 0, 0);
    assert_eq!(bed.bare.machine.applied(fault), 1, "{kind:?}");
    bed.recovers();
}

#[test]
fn f03_ur_and_ca_have_own_codes_and_others_go_on() {
    for completion in [1, 2] {
        data(PRESET, Status(STATUS_UR), completion, status::DATA_UR);
        data(PRESET, Status(STATUS_CA), completion, status::DATA_CA);
    }
    fetch(PRESET, Status(STATUS_UR), status::FETCH_UR);
    fetch(PRESET, Status(STATUS_CA), status::FETCH_CA);
}

#[test]
fn f03_a_refused_fetch_ends_behind_the_descriptors_that_came() {
    // Twelve descriptors are 192 bytes: the second completion has those from the eighth on.
    let mut bed = Bed::new("sim:mps=128", 1);
    let fault = bed.spoil_ring(Status(STATUS_UR), 2);
    bed.halts(status::FETCH_UR, 8, 0);
    assert_eq!(bed.bare.machine.applied(fault), 1);
    bed.recovers();
}

#[test]
fn f03_a_refused_fetch_of_buffers_halts_the_way_back() {
    let mut bare = Bare::new("sim");
    let region = bare.region(4096);
    let mut lane = Lane::new(&mut bare, Setup::new(C2h, VICTIM, Feed::Ring));
    for (kind, code) in [(Status(STATUS_UR), status::FETCH_UR), (Status(STATUS_CA), status::FETCH_CA)] {
        let ring = lane.ring.iova..lane.ring.iova + 4096;
        let fault = bare.machine.inject(Fault::nth(kind, 1, ring));
        lane.waiting.push_back(Descriptor { host_addr: region.iova, len: 512, flags: 0, card: 0 });
        lane.feed(&mut bare);
        let record = lane.wait(&mut bare, 10_000);
        assert_eq!((record.index, record.bytes, record.status), (0, 0, code));
        assert_eq!(bare.machine.applied(fault), 1);
        assert_eq!(lane.get(&mut bare, &regs::STATUS) >> 8 & 0xFF, u32::from(code));
        assert_eq!(bare.take_errors(), error("QUEUE_ERROR"));
        lane.stop(&mut bare);
        lane.start(&mut bare);
    }
    // It works again: there is room for what the card sends.
    let mut out = Lane::new(&mut bare, Setup::new(H2c, VICTIM, Feed::Ring));
    region.memory.write(1024, &[0x5A; 512]);
    lane.waiting.push_back(Descriptor { host_addr: region.iova, len: 512, flags: 0, card: 0 });
    out.waiting.push_back(Descriptor { host_addr: region.iova + 1024, len: 512, flags: SOP | EOP, card: 0 });
    lane.feed(&mut bare);
    out.feed(&mut bare);
    let record = lane.wait(&mut bare, 10_000);
    assert_eq!((record.bytes, record.status), (512, status::OK));
    assert_eq!(region.bytes(0, 513), [vec![0x5A; 512], vec![0]].concat());
}

#[test]
fn f04_crs_and_reserved_statuses_count_as_ur() {
    for reserved in [STATUS_CRS, 3, 5, 6, 7] {
        data(PRESET, Status(reserved), 1, status::DATA_UR);
    }
    fetch(PRESET, Status(STATUS_CRS), status::FETCH_UR);
    fetch(PRESET, Status(7), status::FETCH_UR);
}

#[test]
fn f05_poisoned_data_are_discarded() {
    for completion in [1, 2, 3] {
        data(PRESET, Poison, completion, status::DATA_POISONED);
    }
    fetch(PRESET, Poison, status::FETCH_POISONED);
}

#[test]
fn f06_success_without_data_and_data_with_an_error_end_the_read() {
    data(PRESET, NoData, 1, status::DATA_MALFORMED);
    data(PRESET, NoData, 2, status::DATA_MALFORMED);
    data(PRESET, ErrorData, 1, status::DATA_UR);
    data(PRESET, ErrorData, 2, status::DATA_UR);
    fetch(PRESET, NoData, status::FETCH_MALFORMED);
    fetch(PRESET, ErrorData, status::FETCH_UR);
}

#[test]
fn f06_a_fetch_that_is_cut_within_a_descriptor_is_malformed() {
    fetch(PRESET, Short, status::FETCH_MALFORMED);
}

#[test]
fn f06_a_completion_with_error_at_the_port_is_taken_when_it_comes_again() {
    for preset in [PRESET, "sim:split=rcb,throttle=20%"] {
        let mut bed = Bed::new(preset, 3);
        let faults =
            [bed.spoil_data(PortError, 1, 2), bed.spoil_data(PortError, 2, 6), bed.spoil_ring(PortError, 1)];
        bed.all_end_well();
        for fault in faults {
            assert_eq!(bed.bare.machine.applied(fault), 1);
        }
        assert_eq!(bed.bare.take_errors(), 0);
        bed.recovers();
    }
}

#[test]
fn f08_a_wrong_byte_count_ends_the_read() {
    for off in [4, -4, 1, 64] {
        for completion in [1, 2] {
            data(PRESET, ByteCount(off), completion, status::DATA_MALFORMED);
        }
    }
    fetch(PRESET, ByteCount(16), status::FETCH_MALFORMED);
}

#[test]
fn f08_a_fetch_with_a_wrong_byte_count_keeps_its_tag_until_the_rest_has_come() {
    for seed in 1..=20 {
        let preset = format!("sim:mps=128,split=rcb,reorder=90%,throttle=70%,jitter=2us,seed={seed}");
        let mut bed = Bed::new(&preset, seed - 1);
        let fault = bed.spoil_ring(ByteCount(16), 1);
        bed.halts(status::FETCH_MALFORMED, 0, 0);
        assert_eq!(bed.bare.machine.applied(fault), 1);
    }
}

#[test]
fn f08_more_data_than_asked_for_go_nowhere() {
    for completion in [1, 2] {
        data(PRESET, TooMuch, completion, status::DATA_MALFORMED);
    }
    fetch(PRESET, TooMuch, status::FETCH_MALFORMED);
}

#[test]
fn f08_a_wrong_lower_address_moves_no_byte() {
    let mut bed = Bed::new(PRESET, 4);
    let faults = [
        bed.spoil_data(LowerAddress, 1, 3),
        bed.spoil_data(LowerAddress, 2, 8),
        bed.spoil_ring(LowerAddress, 1),
    ];
    bed.all_end_well();
    for fault in faults {
        assert_eq!(bed.bare.machine.applied(fault), 1);
    }
    bed.recovers();
}
