//! Rows 6 and 8 at random: whatever comes for a read, it ends in an error or in the right bytes.

use ferrolane_abi::status;
use ferrolane_sim::faults::CompletionKind::{self, *};
use ferrolane_sim::rng::Rng;

use crate::bed::{error, Bed, PACKETS};

/// Any fault behind which something comes: without timers the engine waits for the rest. Not a completion that comes
/// twice: with all tags in use the second may meet a new read with that tag, and nothing on the wire tells them apart.
fn any(rng: &mut Rng) -> CompletionKind {
    match rng.below(11) {
        0 => Status(1 + rng.below(7) as u8),
        1 => Poison,
        2 => NoData,
        3 => ErrorData,
        4 => TooMuch,
        5 => ByteCount(1 + rng.below(600) as i16),
        6 => LowerAddress,
        7 => UnknownTag,
        8 => WrongRequester,
        9 => PortError,
        _ => Late(rng.below(20_000_000)),
    }
}

/// Several faults at once; gives whether the queue halted.
fn round(seed: u64) -> bool {
    let mut rng = Rng::new(seed, "fuzz");
    let mps = [128, 256, 512][rng.below(3) as usize];
    let split = ["max", "rcb", "random"][rng.below(3) as usize];
    let (reorder, throttle) = (rng.below(100), rng.below(50));
    let preset = format!(
        "sim:mps={mps},split={split},reorder={reorder},throttle={throttle},jitter=300ns,seed={}",
        1 + seed
    );
    let mut bed = Bed::new(&preset, seed);
    let mut faults = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let (kind, packet) = (any(&mut rng), rng.below(PACKETS as u64) as usize);
        faults.push((kind, bed.spoil_data(kind, 1 + rng.below(3), packet)));
    }
    if rng.chance(40) {
        let kind = any(&mut rng);
        faults.push((kind, bed.spoil_ring(kind, 1)));
    }
    println!("round {seed}: {faults:?} on {preset}");
    let end = |bed: &Bed| {
        let bad = bed.victim.records.last().is_some_and(|record| record.status != status::OK);
        bad || bed.victim.records.len() == PACKETS
    };
    bed.until(&format!("the victim's end behind {faults:?} on {preset}"), |bed| {
        end(bed) && bed.others_done()
    });
    let applied = faults.iter().filter(|fault| bed.bare.machine.applied(fault.1) > 0);
    let last = bed.victim.records[bed.victim.records.len() - 1];
    let harmless = |kind: CompletionKind| {
        matches!(kind, LowerAddress | UnknownTag | WrongRequester | PortError | Late(_))
    };
    let halted = last.status != status::OK;
    assert!(applied.clone().count() > 0 || !halted, "{faults:?} on {preset}");
    assert!(applied.clone().any(|fault| !harmless(fault.0)) || !halted, "{last:?}: {faults:?} on {preset}");
    if halted {
        assert!(last.status >= status::FETCH_UR && last.status <= status::DATA_MALFORMED, "{last:?}");
        bed.halts(last.status, last.index as usize, 0);
    } else {
        bed.all_end_well();
        assert_eq!(bed.bare.take_errors() & !error("UNEXPECTED_CPL"), 0);
    }
    bed.recovers();
    halted
}

#[test]
fn f06_whatever_comes_ends_in_an_error_or_in_the_right_bytes() {
    let rounds = std::env::var("FAULT_ROUNDS").map_or(30, |rounds| rounds.parse().unwrap());
    let halted = (0..rounds).filter(|seed| round(*seed)).count();
    assert!(halted > 0 && halted < rounds as usize, "{halted} of {rounds} rounds ended in an error");
}
