//! `stream::Rotate`: every amount, random data, two clocks late.

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

#[test]
fn bytes_go_to_their_lane() {
    let mut rng = StdRng::seed_from_u64(1);
    let mut d = dut!(rotate, 1);
    let mut past: Vec<[u8; 16]> = vec![];
    for clock in 0..2000usize {
        let bytes: [u8; 16] = rng.random();
        let amount = rng.random_range(0..16usize);
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        d.set_wide("in_data", &words);
        d.set("in_amount", amount as u64);
        d.step();
        let mut rotated = [0; 16];
        (0..16).for_each(|i| rotated[(i + amount) % 16] = bytes[i]);
        past.push(rotated);
        if clock >= 2 {
            let out: Vec<u8> = d.get_wide("out_data").iter().flat_map(|w| w.to_le_bytes()).collect();
            assert_eq!(out, past[clock - 2]);
        }
    }
}
