//! How a queue is given its descriptors in each of the four modes.

use ferrolane_abi::descriptor::{self, Descriptor, END, LINK};
use ferrolane_abi::map::{queue_push, PUSH_SLOTS};
use ferrolane_abi::regs::queue as regs;

use crate::bare::Bare;
use crate::lane::Lane;

/// MODE.FEED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    Ring = 0,
    List = 1,
    Push = 2,
    Direct = 3,
}

pub const FEEDS: [Feed; 4] = [Feed::Ring, Feed::List, Feed::Push, Feed::Direct];

/// Entries of a place for a list's segment, and such places.
pub const PLACE: usize = 512;
pub const PLACES: usize = 16;
/// Most entries of a segment: it may cross a page.
const SEGMENT: u64 = 300;
impl Lane {
    /// Hands over what there is room for.
    pub fn feed(&mut self, bare: &mut Bare) {
        if self.told != self.taken {
            self.tell(bare, false);
        }
        if self.waiting.is_empty() {
            return;
        }
        match self.setup.feed {
            Feed::Ring => self.feed_ring(bare),
            Feed::List => self.feed_list(bare),
            Feed::Push => self.feed_push(bare),
            Feed::Direct => self.feed_direct(bare),
        }
    }

    fn next_fed(&mut self, most: u32) -> Option<Descriptor> {
        if self.fed - self.ended >= most {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.fed += 1;
        Some(next)
    }

    fn feed_ring(&mut self, bare: &mut Bare) {
        let (size, before) = (1 << self.setup.log2, self.fed);
        while let Some(next) = self.next_fed(size) {
            let place = (self.fed - 1) % size;
            self.ring.memory.write(place as usize * descriptor::BYTES, &next.to_bytes());
        }
        if self.fed != before {
            self.ring_doorbell(bare);
        }
    }

    fn feed_push(&mut self, bare: &mut Bare) {
        let before = self.fed;
        while let Some(next) = self.next_fed(PUSH_SLOTS) {
            self.push(bare, self.fed - 1, next);
        }
        if self.fed != before {
            self.ring_doorbell(bare);
        }
    }

    /// Writes a descriptor into its slot, in stores of 4, 8 or 16 bytes in any order.
    pub fn push(&mut self, bare: &mut Bare, index: u32, next: Descriptor) {
        let bytes = next.to_bytes();
        let words: Vec<u32> =
            bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let slot = queue_push(self.setup.direction, self.setup.index)
            + u64::from(index % PUSH_SLOTS) * descriptor::BYTES as u64;
        let size = 1 << self.rng.below(3);
        let first = self.rng.below(4) as usize;
        for i in 0..4 / size {
            let at = (first + i) % (4 / size) * size;
            bare.write_all(slot + 4 * at as u64, &words[at..at + size]);
        }
    }

    fn feed_direct(&mut self, bare: &mut Bare) {
        while let Some(next) = self.next_fed(PUSH_SLOTS) {
            self.go(bare, next);
        }
    }

    /// Direct mode: hands one descriptor over.
    pub fn go(&mut self, bare: &mut Bare, next: Descriptor) {
        self.set(bare, &regs::FEED_ADDR_LO, next.host_addr as u32);
        self.set(bare, &regs::FEED_ADDR_HI, (next.host_addr >> 32) as u32);
        self.set(bare, &regs::FEED_LEN, next.len);
        self.set(bare, &regs::FEED_CARD, next.card);
        self.set(bare, &regs::FEED_GO, next.flags.into());
    }

    fn feed_list(&mut self, bare: &mut Bare) {
        // The last list is on the chip.
        if self.get(bare, &regs::HEAD) != self.fed {
            return;
        }
        let mut segments = Vec::new();
        while !self.waiting.is_empty() && segments.len() < PLACES {
            let count = (1 + self.rng.below(SEGMENT)).min(self.waiting.len() as u64);
            segments.push(self.waiting.drain(..count as usize).collect::<Vec<_>>());
        }
        self.fed += segments.iter().map(|segment| segment.len() as u32).sum::<u32>();
        let (first, len) = self.write_list(segments);
        self.go_list(bare, first, len);
    }

    /// Starts a list.
    pub fn go_list(&self, bare: &mut Bare, first: u64, len: u32) {
        self.set(bare, &regs::FEED_ADDR_LO, first as u32);
        self.set(bare, &regs::FEED_ADDR_HI, (first >> 32) as u32);
        self.set(bare, &regs::FEED_LEN, len);
        self.set(bare, &regs::FEED_GO, 0);
    }

    /// Writes segments to places in random order and gives the first one's address and length. Half of the lists end with
    /// END in front of entries that must not be carried out, the others with their count.
    pub fn write_list(&mut self, segments: Vec<Vec<Descriptor>>) -> (u64, u32) {
        let mut places: Vec<usize> = (0..PLACES).collect();
        for i in (1..PLACES).rev() {
            places.swap(i, self.rng.below(i as u64 + 1) as usize);
        }
        let last = segments.len() - 1;
        let (mut next, mut next_len) = (0, 0);
        for (i, mut segment) in segments.into_iter().enumerate().rev() {
            if i != last {
                segment.push(Descriptor { host_addr: next, len: next_len, flags: LINK, card: 0 });
            } else if self.rng.chance(50) {
                let end = segment.len() - 1;
                segment[end].flags |= END;
                let junk = Descriptor { host_addr: 8, len: 0, flags: 0x80, card: 0 };
                segment.extend((0..self.rng.below(40)).map(|_| junk));
            }
            let offset = self.rng.below((PLACE - segment.len()) as u64 + 1) as usize;
            let at = (places[i] * PLACE + offset) * descriptor::BYTES;
            for (k, entry) in segment.iter().enumerate() {
                self.ring.memory.write(at + k * descriptor::BYTES, &entry.to_bytes());
            }
            (next, next_len) = (self.ring.iova + at as u64, segment.len() as u32);
        }
        (next, next_len)
    }
}
