//! Rows 1 and 2: completions that never come, or after their time.

use ferrolane_abi::status;
use ferrolane_sim::faults::CompletionKind::{DropAnswer, Late};

use crate::bed::{error, Bed};

/// The shortest completion timeout there is.
const PRESET: &str = "sim:cpl_timeout=100us";
/// Longer than the timeout and all that a test does meanwhile, in ps.
const VERY_LATE: u64 = 3_000_000_000;

#[test]
fn f01_a_data_read_without_answer_times_out() {
    let mut bed = Bed::new(PRESET, 1);
    let fault = bed.spoil_data(DropAnswer, 1, 5);
    bed.halts(status::DATA_TIMEOUT, 5, 0);
    assert_eq!(bed.bare.machine.applied(fault), 1);
    bed.recovers();
}

#[test]
fn f01_half_an_answer_times_out_too() {
    let mut bed = Bed::new("sim:cpl_timeout=100us,mps=128", 2);
    let fault = bed.spoil_data(DropAnswer, 2, 5);
    bed.halts(status::DATA_TIMEOUT, 5, 0);
    assert_eq!(bed.bare.machine.applied(fault), 1);
    bed.recovers();
}

#[test]
fn f01_an_answer_after_its_time_touches_nothing_even_behind_resets() {
    let mut bed = Bed::new(PRESET, 3);
    let fault = bed.spoil_data(Late(VERY_LATE), 1, 5);
    let due = bed.bare.now() + VERY_LATE / bed.bare.machine.options.period_ps;
    bed.halts(status::DATA_TIMEOUT, 5, 0);
    assert_eq!(bed.bare.machine.applied(fault), 1);
    // The checker would find the read's tag used again, on the queue's new start or behind the reset.
    let mut bed = Bed::on(bed.recovers(), 40);
    bed.resets();
    let mut bare = bed.bare;
    let mut seed = 50;
    while bare.now() < due + 100_000 {
        let mut bed = Bed::on(bare, seed);
        // The late one is dropped, and told.
        bed.expected = error("UNEXPECTED_CPL");
        bed.all_end_well();
        bare = bed.recovers();
        seed += 1;
    }
}

#[test]
fn f02_a_fetch_without_answer_times_out() {
    let mut bed = Bed::new(PRESET, 4);
    let fault = bed.spoil_ring(DropAnswer, 1);
    bed.halts(status::FETCH_TIMEOUT, 0, 0);
    assert_eq!(bed.bare.machine.applied(fault), 1);
    bed.recovers();
}
