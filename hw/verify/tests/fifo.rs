//! `stream::Fifo` against a queue.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

#[test]
fn words_come_out_in_order_under_random_stalls() {
    for seed in 0..8 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = dut!(fifo, seed);
        d.set("rst", 1u64);
        d.step();
        d.set("rst", 0u64);
        let mut model = VecDeque::new();
        let (fill, drain) = (rng.random_range(0.1..1.0), rng.random_range(0.1..1.0));
        let mut moved = 0;
        for _ in 0..5000 {
            let word: u32 = rng.random();
            d.set("in_valid", rng.random_bool(fill) as u64);
            d.set("in_data", word as u64);
            d.set("out_ready", rng.random_bool(drain) as u64);
            d.step();
            assert_eq!(d.get("level") as usize, model.len());
            assert_eq!(d.get("in_ready") == 1, model.len() < 16);
            if d.get("out_valid") == 1 && d.get("out_ready") == 1 {
                assert_eq!(Some(d.get("out_data") as u32), model.pop_front());
                moved += 1;
            }
            if d.get("in_valid") == 1 && d.get("in_ready") == 1 {
                model.push_back(word);
            }
        }
        assert!(moved > 300, "seed {seed} moved {moved}");
    }
}

#[test]
fn it_moves_a_word_every_clock() {
    let mut d = dut!(fifo, 1);
    d.set("rst", 1u64);
    d.step();
    d.set("rst", 0u64);
    d.set("in_valid", 1u64);
    d.set("out_ready", 1u64);
    let mut moved = 0;
    for _ in 0..100 {
        d.step();
        moved += d.get("out_valid");
    }
    assert!(moved >= 98, "{moved} of 100");
}
