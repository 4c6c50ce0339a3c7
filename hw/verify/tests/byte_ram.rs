//! `stream::ByteRam` against an array of bytes: unaligned writes and reads of any 16 consecutive bytes.

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

#[test]
fn any_sixteen_bytes_in_one_clock() {
    let mut rng = StdRng::seed_from_u64(2);
    let mut d = dut!(byte_ram, 2);
    let mut memory: Vec<Option<u8>> = vec![None; 256];
    let mut due: Option<Vec<Option<u8>>> = None;
    for _ in 0..5000 {
        let write = rng.random_range(0..256usize);
        let read = rng.random_range(0..256usize);
        let bytes: [u8; 16] = rng.random();
        let enable: u16 = rng.random();
        for (port, at) in [("w", write), ("r", read)] {
            d.set(&format!("{port}_row"), at as u64 / 16);
            d.set(&format!("{port}_row2"), (at as u64 / 16 + 1) % 16);
            d.set(&format!("{port}_second"), (1u64 << (at % 16)) - 1);
        }
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        d.set_wide("w_data", &words);
        d.set("w_enable", enable as u64);
        d.step();
        let out: Vec<u8> = d.get_wide("r_data").iter().flat_map(|w| w.to_le_bytes()).collect();
        for (got, want) in out.iter().zip(due.take().unwrap_or_default()) {
            assert!(want.is_none_or(|w| w == *got), "{got:#x} for {want:?}");
        }
        // Byte i of the run is bank i mod 16; a byte that is written in the clock of its read is not looked at.
        let mut expect = vec![None; 16];
        for i in read..read + 16 {
            expect[i % 16] = memory[i % 256];
        }
        for i in write..write + 16 {
            if enable >> (i % 16) & 1 == 1 {
                memory[i % 256] = Some(bytes[i % 16]);
                if (i + 256 - read) % 256 < 16 {
                    expect[i % 16] = None;
                }
            }
        }
        due = Some(expect);
    }
    assert!(memory.iter().all(Option::is_some));
}
