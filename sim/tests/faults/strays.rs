//! Row 7: completions that answer no read.

use ferrolane_abi::regs::global;
use ferrolane_sim::faults::CompletionKind::{self, Duplicate, UnknownTag, WrongRequester};

use crate::bed::{error, Bed};

/// Each is dropped and counted, and nothing else comes of it.
fn dropped(kind: CompletionKind) {
    let mut bed = Bed::new("sim:mps=128,jitter=200ns,reorder=30%", 5);
    let faults = [bed.spoil_data(kind, 1, 0), bed.spoil_data(kind, 1, 7), bed.spoil_ring(kind, 1)];
    bed.all_end_well();
    for fault in faults {
        assert_eq!(bed.bare.machine.applied(fault), 1, "{kind:?}");
    }
    assert_eq!(bed.bare.global(&global::CNT_UNEXPECTED_CPL), 3, "{kind:?}");
    assert_eq!(bed.bare.take_errors(), error("UNEXPECTED_CPL"), "{kind:?}");
    bed.recovers();
}

#[test]
fn f07_a_completion_with_an_unknown_tag_is_dropped_and_counted() {
    dropped(UnknownTag);
}

#[test]
fn f07_a_completion_for_another_requester_is_dropped_and_counted() {
    dropped(WrongRequester);
}

#[test]
fn f07_a_completion_that_comes_twice_is_dropped_and_counted_once() {
    dropped(Duplicate);
}

#[test]
fn f07_strays_behind_a_reset_are_dropped() {
    let mut bed = Bed::new("sim", 6);
    bed.all_end_well();
    bed.resets();
    let mut bed = Bed::on(bed.bare, 8);
    let fault = bed.spoil_data(UnknownTag, 1, 1);
    bed.all_end_well();
    assert_eq!(bed.bare.machine.applied(fault), 1);
    assert_eq!(bed.bare.take_errors(), error("UNEXPECTED_CPL"));
    bed.recovers();
}
