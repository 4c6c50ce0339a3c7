//! Bursts, and the memories that they reach.

use std::collections::VecDeque;

pub const FIXED: u64 = 0;
pub const INCR: u64 = 1;
pub const WRAP: u64 = 2;

#[derive(Clone, Debug)]
pub struct Burst {
    pub addr: u64,
    pub beats: u64,
    pub size: u32,
    pub kind: u64,
    /// Write beats: data and strobes.
    pub data: VecDeque<(Vec<u8>, u64)>,
    /// Clock in which its address, or its last data beat, was taken.
    pub(super) taken: u64,
}

impl Burst {
    /// A read of whole beats.
    pub fn read(addr: u64, beats: u64, width: u64) -> Burst {
        Burst { addr, beats, size: width.trailing_zeros(), kind: INCR, data: VecDeque::new(), taken: 0 }
    }

    /// First byte of the row of beat `i`.
    pub(super) fn row(&self, i: u64, width: u64) -> u64 {
        let step = 1 << self.size;
        let at = if self.kind == FIXED || i == 0 { self.addr } else { self.addr / step * step + i * step };
        at / width * width
    }
}

/// Memories by first address.
pub struct Map(pub Vec<(u64, Vec<u8>)>);

impl Map {
    pub(super) fn find(&mut self, addr: u64) -> Option<(&mut Vec<u8>, usize)> {
        let inside = |base: u64, len: usize| addr >= base && addr - base < len as u64;
        let (base, memory) = self.0.iter_mut().find(|(base, memory)| inside(*base, memory.len()))?;
        Some((memory, (addr - *base) as usize))
    }

    /// What the port answers to a burst (AMBA AXI4 A3.4.4).
    pub(super) fn resp(&mut self, burst: &Burst) -> u64 {
        match self.find(burst.addr) {
            None => 3,
            Some(_) if burst.kind == WRAP => 2,
            Some(_) => 0,
        }
    }
}
