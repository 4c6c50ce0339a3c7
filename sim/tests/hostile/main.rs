//! Hostile hosts: random TLPs, completions, register writes and settings at the card's pins.
//!
//! The Verilated card is attacked at its port, without a link, a root complex or a driver between. `HOSTILE_TLPS` is how many random
//! TLPs are sent, `HOSTILE_SEED` the first round's seed. A round attacks, resets the function, and
//! then moves random data through all queues. One seed is one run.
//!
//! Rounds are of two kinds. In one, legal queues run meanwhile, with every byte compared, and the attack leaves alone what is theirs:
//! what it sends to their registers and reads is only what the card has to refuse. In the other, nothing is spared, and no legal
//! queue runs.
//!
//! How writes are judged: legal queues live in memory of its own upper address DWORD, which no attack ever says. There each byte has a
//! permission, given with the descriptor or the record's place, and taken away with the record. Everything that an attack says as an upper
//! address DWORD, in registers, descriptors, table entries and completions, is of a palette that byte enables can't leave
//! (`palette.rs`). A write to anything else is a finding; behind a reset, one to the palette, too.

mod attack;
mod bench;
mod grace;
mod guard;
mod lane;
mod owed;
mod palette;
mod port;
mod reads;
mod round;
mod tally;

use bench::Bench;
use round::Round;

/// Random TLPs of a round.
const ROUND: u64 = 2_000;
/// Clocks that an answer may take.
pub const ANSWER: u64 = 20_000;
/// As [`ANSWER`], for each DWORD.
pub const ANSWER_DW: u64 = 24;
/// Clocks after which a card with no open read waits for no answer: the given up are swept meanwhile.
pub const SETTLE: u64 = 1_000;
/// Clocks that a Function Level Reset may take with unanswered reads that lapse: their timeout is 12,500 to 15,000 clocks.
pub const FUNCTION_RESET: u64 = 40_000;

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => default,
    }
}

#[test]
fn campaign() {
    let (tlps, first) = (number("HOSTILE_TLPS", 20_000), number("HOSTILE_SEED", 1));
    let mut sum = tally::Tally::default();
    for seed in first.. {
        let mut bench = Bench::new(seed);
        std::mem::swap(&mut bench.tally, &mut sum);
        let result = Round::new(&mut bench, seed).run(ROUND);
        std::mem::swap(&mut bench.tally, &mut sum);
        if let Err(finding) = result {
            let (clock, history) = (bench.port.now, bench.history());
            panic!("clock {clock}: {finding}\n{history}\nrepeat with HOSTILE_SEED={seed} HOSTILE_TLPS=1");
        }
        if sum.tlps() >= tlps {
            break;
        }
    }
    sum.print();
    // A round that is repeated alone need not have met everything.
    assert!(tlps < 10_000 || sum.compared > 0 && sum.kinds() > 100);
}
