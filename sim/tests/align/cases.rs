//! Which alignments there are.

/// Bytes of a page, and of a row of guard bytes.
pub const PAGE: usize = 4096;
pub const GUARD: usize = 64;
/// Distance of buffers: the longest one from the end of a page on, with its guards.
pub const SLOT: usize = 3 * PAGE;
/// Slots that are in use at a time.
pub const SLOTS: usize = 32;
/// What stands in buffers before.
pub const BLANK: u8 = 0xA5;

/// A transfer.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub len: usize,
    /// Where it begins, from a page boundary on; and the other end: in the card's memory, or the buffer that receives.
    pub host: usize,
    pub card: usize,
}

/// All of them, or each so-many-th.
pub struct Cases {
    lengths: Vec<usize>,
    hosts: Vec<usize>,
    cards: usize,
    every: usize,
    first: usize,
}

impl Cases {
    /// For a port of `width` bytes: lengths from 1 to twice the width and two more, around 128 (the least MPS and MRRS), 1024 and 4096; host offsets of a
    /// row from a page's begin and to its end; every offset in a row of the card.
    pub fn new(width: usize, every: usize, first: usize) -> Self {
        let around = |n: usize| n - 4..=n + 4;
        let lengths =
            (1..=2 * width + 2).chain(around(128)).chain(around(1024)).chain(around(PAGE)).collect();
        let hosts = (0..width).chain(PAGE - width..PAGE).collect();
        assert!(every > 0, "ALIGN_EVERY is at least 1");
        Cases { lengths, hosts, cards: width, every, first: first % every }
    }

    pub fn all(&self) -> impl Iterator<Item = Case> + '_ {
        let of = self.hosts.len() * self.cards;
        (self.first..self.lengths.len() * of).step_by(self.every).map(move |i| Case {
            len: self.lengths[i / of],
            host: self.hosts[i / self.cards % self.hosts.len()],
            card: i % self.cards,
        })
    }

    pub fn count(&self) -> usize {
        self.all().count()
    }
}

/// Where a buffer of a slot begins that is `offset` from a page boundary.
pub fn start(slot: usize, offset: usize) -> usize {
    // Guard bytes stand in front: not on the slot's first page unless far behind its begin.
    slot * SLOT + if offset < GUARD { PAGE + offset } else { offset }
}

/// Byte `i` of a transfer.
pub fn pattern(seed: usize, i: usize) -> u8 {
    let mixed = (seed as u64 ^ (i as u64) << 20).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 56) as u8
}
