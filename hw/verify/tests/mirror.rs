//! `prim::Mirror` against an array: every read gives the newest word, one that is written in its clock included.

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

/// Random reads and writes, half of them at the same address, of a memory with `$depth` words of `$width` bits.
macro_rules! newest_word {
    ($block:ident, $depth:expr, $width:expr) => {
        for seed in 0..8 {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut d = dut!($block, seed);
            let mut memory = [None; $depth];
            let mut looked_at = 0;
            let mut due = None;
            for clock in 0..4000 {
                let read = rng.random_range(0..$depth);
                let write = if rng.random() { read } else { rng.random_range(0..$depth) };
                let value = rng.random::<u64>() & ((1 << $width) - 1);
                let enable = rng.random::<bool>();
                d.set("raddr", read as u64);
                d.set("waddr", write as u64);
                d.set("wdata", value);
                d.set("wen", u64::from(enable));
                d.step();
                if let Some(want) = due {
                    looked_at += 1;
                    assert_eq!(d.get("rdata"), want, "seed {seed}, clock {clock}");
                }
                if enable {
                    memory[write] = Some(value);
                }
                due = memory[read];
            }
            assert!(looked_at > 3000, "{looked_at}");
        }
    };
}

#[test]
fn few_words() {
    newest_word!(mirror, 4, 32);
}

#[test]
fn many_words() {
    newest_word!(mirror6, 64, 8);
}
