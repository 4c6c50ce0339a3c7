//! Headers of memory requests by the book (PCIe Base Spec r5 2.2.7), beside the blocks that make them.

// Each of the tests uses a part of it.
#![allow(dead_code)]

use rand::{rngs::StdRng, Rng};

pub const REQUESTER: u32 = 0x1234;

/// A request as a source gives it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ask {
    pub addr: u64,
    pub bytes: u64,
    pub tag: u32,
    pub attr: u32,
}

impl Ask {
    /// Any bytes up to `most`, within one 4 KiB page; small ones, and addresses around 4 GiB, more often.
    pub fn random(rng: &mut StdRng, most: u64) -> Self {
        let high = match rng.random_range(0..4) {
            0 | 1 => 0,
            2 => 1u64 << rng.random_range(0..32),
            _ => rng.random::<u32>() as u64,
        };
        let addr = high << 32 | rng.random::<u32>() as u64;
        let most = most.min(4096 - addr % 4096);
        let bytes = match rng.random_range(0..4) {
            0 => rng.random_range(1..=most.min(8)),
            1 => most,
            _ => rng.random_range(1..=most),
        };
        Ask { addr, bytes, tag: rng.random_range(0..1024), attr: rng.random_range(0..4) }
    }

    /// `fmt_type` of the 3-DW form.
    pub fn header(&self, fmt_type: u32) -> [u32; 4] {
        let (first, last) = (self.addr / 4, (self.addr + self.bytes - 1) / 4);
        let dws = last - first + 1;
        let enables = |dw: u64| {
            (0..4).fold(0u32, |be, b| {
                let byte = dw * 4 + b;
                be | ((byte >= self.addr && byte < self.addr + self.bytes) as u32) << b
            })
        };
        let last_be = if dws == 1 { 0 } else { enables(last) };
        let (form, dw2, dw3) = match self.addr >> 32 {
            0 => (0, self.addr as u32 & !3, 0),
            high => (0x20, high as u32, self.addr as u32 & !3),
        };
        [
            (fmt_type | form) << 24
                | (self.tag >> 9 & 1) << 23
                | (self.tag >> 8 & 1) << 19
                | self.attr << 12
                | (dws % 1024) as u32,
            REQUESTER << 16 | (self.tag & 0xFF) << 8 | last_be << 4 | enables(first),
            dw2,
            dw3,
        ]
    }
}
