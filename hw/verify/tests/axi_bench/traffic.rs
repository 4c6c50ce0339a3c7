//! Known contents, and random bursts.

use std::collections::VecDeque;

use rand::Rng;

use super::{Burst, Master, FIXED, INCR, WRAP};

impl Master {
    /// Gives every byte of the memories a known value.
    pub fn fill(&mut self) {
        let beats = (4096 / self.width).min(256);
        let memories: Vec<(u64, u64)> = self.map.0.iter().map(|(base, m)| (*base, m.len() as u64)).collect();
        for (base, len) in memories {
            for addr in (0..len).step_by((beats * self.width) as usize) {
                self.write_beats(base + addr, beats);
            }
        }
        self.finish();
    }

    /// A burst that may have any length, size and place, also where there is no memory.
    pub fn any_burst(&mut self, write: bool) -> Burst {
        let width = self.width;
        let rng = &mut self.rng;
        let full = width.trailing_zeros();
        let size = if rng.random_bool(0.8) { full } else { rng.random_range(0..=full) };
        let kinds = if rng.random_bool(0.1) { 5 } else { 4 };
        let kind = [INCR, INCR, INCR, FIXED, WRAP][rng.random_range(0..kinds)];
        let mut beats: u64 = [1, 2, 16, 256][rng.random_range(0..4)];
        beats = rng.random_range(1..=beats);
        if kind == FIXED {
            beats = beats.min(16);
        }
        // A burst stays within its 4 KiB (A3.4.1).
        let bytes = if kind == FIXED { 1 << size } else { (beats << size).min(4096) };
        if kind != FIXED {
            beats = bytes >> size;
        }
        let (base, memory) = &self.map.0[rng.random_range(0..self.map.0.len())];
        let len = memory.len() as u64;
        let mut addr = rng.random_range(0..len / 4096) * 4096
            + rng.random_range(0..=4096 - bytes) / (1 << size) * (1 << size);
        if rng.random_bool(0.2) && beats > 1 && kind == INCR {
            addr += rng.random_range(0..1 << size);
        }
        addr += base;
        if rng.random_bool(0.1) {
            addr = (base + len)
                .wrapping_add((addr | rng.random::<u64>() >> rng.random_range(1..50)) / 4096 * 4096);
        }
        let mut data = VecDeque::new();
        for _ in 0..if write { beats } else { 0 } {
            let mask = u64::MAX >> (64 - width);
            let strobes = if rng.random() { mask } else { rng.random::<u64>() & mask };
            data.push_back(((0..width).map(|_| rng.random()).collect(), strobes));
        }
        Burst { addr, beats, size, kind, data, taken: 0 }
    }

    /// Rounds of a few writes, then a few reads: between them the order is the master's.
    pub fn random_rounds(&mut self, rounds: u32) {
        for _ in 0..rounds {
            for write in [true, false] {
                for _ in 0..self.rng.random_range(1..6) {
                    let burst = self.any_burst(write);
                    match write {
                        true => self.write(burst),
                        false => self.read(burst),
                    }
                }
                self.finish();
            }
        }
    }
}
