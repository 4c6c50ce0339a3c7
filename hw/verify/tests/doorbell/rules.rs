//! What a doorbell may say.

use ferrolane_abi::doorbell::CONSUMER_MASK;
use ferrolane_abi::map;

/// Feed modes, as MODE has them.
pub const RING: u32 = 0;
pub const PUSH: u32 = 2;

#[derive(Clone, Copy, Default, Debug)]
pub struct Queue {
    pub run: bool,
    pub busy: bool,
    pub size_log2: u32,
    pub mode: u32,
    pub head: u32,
    pub taken: u32,
    pub done: u32,
    pub producer: u32,
    pub consumer: u32,
}

impl Queue {
    pub fn producer_holds(&self, new: u32) -> bool {
        let (base, room) = match self.mode {
            RING => (self.head, 1 << self.size_log2),
            PUSH => (self.taken, map::PUSH_SLOTS),
            _ => return false,
        };
        let ahead = new.wrapping_sub(base);
        self.run && ahead <= room && ahead >= self.producer.wrapping_sub(base)
    }

    pub fn consumer_holds(&self, new: u32) -> bool {
        let step = new.wrapping_sub(self.consumer) & CONSUMER_MASK;
        self.busy && step <= self.done.wrapping_sub(self.consumer) & CONSUMER_MASK
    }
}
