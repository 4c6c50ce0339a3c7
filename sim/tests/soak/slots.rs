//! Buffers with guard bytes on both sides.

use ferrolane::{Device, DmaAccess, DmaBuffer, DmaRegion};
use ferrolane_sim::rng::Rng;

/// Longest buffer in bytes: more than a page and more than a share of the card's FIFO.
pub const LONGEST: usize = 12_000;
/// Distance of buffers in bytes. Odd in pages, so that slots begin at any place within one.
const SLOT: usize = LONGEST + 1_000;

/// A region cut into slots, each with one buffer at a random place in it.
pub struct Slots {
    region: DmaRegion,
    free: Vec<usize>,
    count: usize,
}

impl Slots {
    pub fn new(device: &Device, count: usize, access: DmaAccess) -> Self {
        let region = device.allocate(SLOT * count, access).unwrap();
        Slots { region, free: (0..count).collect(), count }
    }

    pub fn any_free(&self) -> bool {
        !self.free.is_empty()
    }

    pub fn all_free(&self) -> bool {
        self.free.len() == self.count
    }

    fn guard(slot: usize) -> u8 {
        0xA5 ^ slot as u8
    }

    fn range(slot: usize) -> std::ops::Range<usize> {
        slot * SLOT..(slot + 1) * SLOT
    }

    /// A buffer of `len` bytes at a random offset; all bytes of its slot are guard bytes. There must be a free slot.
    pub fn take(&mut self, rng: &mut Rng, len: usize) -> DmaBuffer {
        let slot = self.free.swap_remove(rng.below(self.free.len() as u64) as usize);
        let mut whole = self.region.buffer(Self::range(slot)).unwrap();
        whole.copy_from(&[Self::guard(slot); SLOT]).unwrap();
        drop(whole);
        let room = (SLOT - len) as u64;
        let start = slot * SLOT;
        let mut offset = rng.below(room + 1) as usize;
        if rng.chance(30) {
            // To where addresses are cut: a page's end, give or take a few bytes.
            let page = (start + offset).next_multiple_of(4096);
            let near = (page + rng.below(9) as usize).saturating_sub(4 + len * rng.below(2) as usize);
            offset = near.saturating_sub(start).min(SLOT - len);
        }
        self.region.buffer(start + offset..start + offset + len).unwrap()
    }

    /// Gives a buffer back of which the device may have written the first `written` bytes, and nothing else.
    pub fn give(&mut self, buffer: DmaBuffer, written: usize) {
        let slot = buffer.offset() / SLOT;
        let first = buffer.offset() - slot * SLOT;
        drop(buffer);
        let whole = self.region.buffer(Self::range(slot)).unwrap();
        let mut bytes = vec![0; SLOT];
        whole.read_at(0, &mut bytes).unwrap();
        let changed = |range: std::ops::Range<usize>| {
            bytes[range.clone()].iter().position(|b| *b != Self::guard(slot)).map(|i| i + range.start)
        };
        let hit = changed(0..first).or(changed(first + written..SLOT));
        assert!(
            hit.is_none(),
            "byte {hit:?} of slot {slot} was written; the buffer's are {first}..{}",
            first + written
        );
        self.free.push(slot);
    }
}
