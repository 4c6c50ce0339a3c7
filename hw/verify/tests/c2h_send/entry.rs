//! An entry as plan makes it.

use rand::{rngs::StdRng, Rng};

/// See `types::Entry`.
#[derive(Clone, Debug)]
pub struct Entry {
    pub q: u64,
    pub tlp: bool,
    pub record: bool,
    pub pos: u64,
    pub addr: u64,
    pub n: u64,
    pub attr: u64,
    pub row: u64,
    pub pkts: u64,
    pub bytes: u64,
    pub meta: u64,
    pub index: u64,
    pub eop: bool,
    pub irq: bool,
    pub status: u64,
}

impl Entry {
    pub fn random(rng: &mut StdRng, mps: u64) -> Self {
        // Above, below and across 4 GiB.
        let base = [0x1000u64, 0xFFFF_0000, 0x1_0000_0000, 0xFEDC_BA98_0000_0000][rng.random_range(0..4)];
        let addr = base + rng.random_range(0..1u64 << 16);
        let room = mps - addr % mps;
        let n = if rng.random() { room } else { rng.random_range(1..=room) };
        let tlp = rng.random_bool(0.9);
        Entry {
            q: rng.random_range(0..4),
            tlp,
            record: !tlp || rng.random_bool(0.3),
            pos: rng.random_range(0..1 << 20),
            addr,
            n,
            attr: rng.random_range(0..4),
            row: rng.random_range(0..0x10000),
            pkts: rng.random_range(0..0x10000),
            bytes: rng.random_range(0..1 << 24),
            meta: rng.random_range(0..1 << 32),
            index: rng.random_range(0..1 << 32),
            eop: rng.random(),
            irq: rng.random(),
            status: rng.random_range(0..256),
        }
    }

    pub fn words(&self) -> Vec<u32> {
        let mut words = vec![0u32; 8];
        let mut at = 0;
        let fields = [
            (self.q, 6),
            (self.tlp as u64, 1),
            (self.record as u64, 1),
            (self.pos, 24),
            (self.addr, 64),
            (self.n, 11),
            (self.attr, 2),
            (self.row, 16),
            (self.pkts, 16),
            (self.bytes, 24),
            (self.meta, 32),
            (self.index, 32),
            (self.eop as u64, 1),
            (self.irq as u64, 1),
            (self.status, 8),
        ];
        for (value, width) in fields {
            for bit in 0..width {
                words[at / 32] |= ((value >> bit & 1) as u32) << (at % 32);
                at += 1;
            }
        }
        words
    }
}
