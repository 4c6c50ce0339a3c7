//! `stream::NextReady` against a search.

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

fn expected(ready: u64, after: u64, n: u64) -> Option<u64> {
    (1..=n).map(|step| (after + step) % n).find(|i| ready >> i & 1 == 1)
}

macro_rules! compare {
    ($block:ident, $n:literal) => {
        for seed in 0..4 {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut d = dut!($block, seed);
            d.set("rst", 1u64);
            d.step();
            d.set("rst", 0u64);
            let mut past = [None; 2];
            for clock in 0..4000 {
                let sparse = rng.random_range(0..4);
                let ready = (0..sparse).fold(rng.random::<u64>(), |r, _| r & rng.random::<u64>())
                    & (u64::MAX >> (64 - $n));
                let after = rng.random_range(0..$n);
                d.set("ready", ready);
                d.set("after", after);
                d.step();
                if clock >= 2 {
                    let found = (d.get("found") == 1).then(|| d.get("winner") as u64);
                    assert_eq!(found, past[0], "seed {seed} clock {clock}");
                }
                past = [past[1], expected(ready, after, $n)];
            }
        }
    };
}

#[test]
fn the_next_ready_one_behind_the_last_is_found_two_clocks_later() {
    compare!(next_ready, 64);
    compare!(next_ready5, 5);
    compare!(next_ready1, 1);
}
