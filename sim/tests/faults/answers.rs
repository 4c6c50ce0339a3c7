//! Rows 3 to 6 and 8: completions that are refused, poisoned or wrong.

use ferrolane_abi::status;
use ferrolane_sim::faults::CompletionKind::{
    self, ByteCount, ErrorData, LowerAddress, NoData, Poison, PortError, Short, Status, TooMuch,
};
use ferrolane_sim::tlp::{STATUS_CA, STATUS_CRS, STATUS_UR};

use crate::bed::Bed;

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
