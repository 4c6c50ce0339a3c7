//! The host's writes: FEED registers and push windows.

use ferrolane_abi::{map, regs::queue};
use rand::Rng;

use super::list::{List, Meaning};
use super::{Bench, Life, DIRECT, LIST, PUSH};

/// A FEED_GO on its way.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub g: usize,
    pub words: [u32; 5],
    /// What the engine had to answer when it came.
    pub before: Option<bool>,
    pub waits: u32,
}

/// A DWORD for a push window.
#[derive(Clone, Copy, Debug)]
pub struct Push {
    pub addr: u32,
    pub data: u32,
    pub be: u32,
    /// Queue and place, if it counts.
    pub lands: Option<(usize, u32, usize)>,
}

impl Bench {
    /// One FEED_GO at a time; its registers go over the bus first.
    pub fn feed(&mut self) {
        self.d.set("feed_valid", 0u64);
        if let Some(feed) = &mut self.feed {
            if !self.cfg.iter().any(|c| c.0 == feed.g) {
                feed.waits += 1;
                let g = feed.g;
                if feed.waits == 2 {
                    let verdict = self.feed_verdict(g);
                    self.feed.as_mut().expect("it is there").before = verdict;
                }
                if self.feed.as_ref().expect("it is there").waits >= 2 {
                    self.d.set("feed_valid", 1u64);
                    self.d.set("feed_g", g as u64);
                }
            }
            return;
        }
        if !self.rng.random_bool(self.feeds) {
            return;
        }
        let g = self.rng.random_range(0..self.shape.gn());
        if matches!(self.queues[g].life, Life::Clearing | Life::Draining(_)) {
            return;
        }
        let mut words: [u32; 5] = self.rng.random();
        words[2] &= 0xFF_FFFF;
        words[4] &= 0xFF;
        if self.queues[g].mode == LIST && self.queues[g].life == Life::Running {
            let mut memory = std::mem::take(&mut self.memory);
            let mut places = std::mem::take(&mut self.places);
            let (list, address, len) =
                List::random(&mut self.rng, self.bad_lists, &mut memory, |rng| places.next(rng));
            (self.memory, self.places) = (memory, places);
            self.next_list = list;
            (words[0], words[1], words[2]) = (address as u32, (address >> 32) as u32, len);
        }
        for (register, data) in [
            (queue::FEED_ADDR_LO, words[0]),
            (queue::FEED_ADDR_HI, words[1]),
            (queue::FEED_LEN, words[2]),
            (queue::FEED_CARD, words[3]),
            (queue::FEED_GO, words[4]),
        ] {
            self.cfg.push_back((g, register.offset / 4, data));
        }
        self.feed = Some(Feed { g, words, before: None, waits: 0 });
    }

    /// Behind the clock's edge.
    pub fn fed(&mut self) {
        if self.d.get("feed_valid") == 0 {
            return;
        }
        let feed = self.feed.expect("a feed");
        assert!(feed.waits < 400, "FEED_GO waits for ever");
        if self.d.get("feed_ready") == 0 {
            return;
        }
        let accepted = self.d.get("feed_refused") == 0;
        let after = self.feed_verdict(feed.g);
        if let (Some(before), Some(after)) = (feed.before, after) {
            if before == after {
                assert_eq!(accepted, before, "queue {} in mode {}", feed.g, self.queues[feed.g].mode);
            }
        }
        self.feed = None;
        self.feed_count[accepted as usize] += 1;
        // What the host writes next must not reach what it handed over.
        self.cfg.push_back((feed.g, queue::FEED_ADDR_LO.offset / 4, !feed.words[0]));
        self.cfg.push_back((feed.g, queue::FEED_LEN.offset / 4, 1));
        if !accepted {
            return;
        }
        let list = std::mem::take(&mut self.next_list);
        let q = &mut self.queues[feed.g];
        assert!(q.mode == LIST || q.mode == DIRECT);
        if q.mode == DIRECT {
            let [low, high, len, card, flags] = feed.words;
            q.entries.insert(q.limit, ([low, high, len | flags << 24, card], 0));
            q.limit = q.limit.wrapping_add(1);
            q.changed = self.clock;
        } else {
            q.epoch += 1;
            q.list_done = false;
            q.asked = 0;
            q.passed = 0;
            q.came.clear();
            q.bad_pending = list.entries[0] == Meaning::LinkToNothing;
            q.list = list;
            q.changed = self.clock;
        }
    }

    /// Push windows: DWORDs of several queues in any order, and some that must be dropped.
    pub fn push(&mut self) {
        self.d.set("push_w_valid", 0u64);
        if self.pushed.is_none() && self.rng.random_bool(self.pushes) {
            self.pushed = self.make_push();
        }
        if let Some(push) = self.pushed {
            if self.rng.random_bool(0.9) {
                self.d.set("push_w_valid", 1u64);
                self.d.set("t_w_addr", push.addr);
                self.d.set("t_w_data", push.data);
                self.d.set("t_w_be", push.be);
            }
        }
    }

    fn make_push(&mut self) -> Option<Push> {
        let nq = self.shape.nq;
        let g = self.rng.random_range(0..self.shape.gn());
        let window =
            map::PUSH_PAGE as u32 + ((g / nq) as u32 * 64 + (g % nq) as u32) * map::PUSH_STRIDE as u32;
        let data = self.rng.random();
        if self.rng.random_bool(0.05) {
            // No such queue, another mode, or part of a DWORD.
            let addr = window + self.rng.random_range(0..128) * 4;
            let (addr, be) = match self.rng.random_range(0..3) {
                0 if nq < 64 => {
                    let q = self.rng.random_range(nq..64) as u32;
                    (map::PUSH_PAGE as u32 + (self.rng.random_range(0..2) * 64 + q) * 512, 0xF)
                }
                1 if self.queues[g].mode != PUSH && self.queues[g].life == Life::Running => (addr, 0xF),
                _ => (addr, self.rng.random_range(0..15)),
            };
            return Some(Push { addr, data, be, lands: None });
        }
        let q = &mut self.queues[g];
        if q.mode != PUSH || q.life != Life::Running {
            return None;
        }
        if q.written.is_empty() {
            let room = 32 - q.pushing.wrapping_sub(q.taken);
            if room == 0 || (q.pushing != q.prod && self.rng.random_bool(0.3)) {
                return None;
            }
            let n = self.rng.random_range(1..=room.min(5));
            for i in 0..n {
                let index = q.pushing.wrapping_add(i);
                q.entries.insert(index, (self.rng.random(), 0));
                q.written.extend((0..4).map(|w| (index, w)));
            }
            q.pushing = q.pushing.wrapping_add(n);
        }
        let at = self.rng.random_range(0..q.written.len());
        let (index, word) = q.written.swap_remove(at);
        let data = q.entries[&index].0[word];
        let addr = window + index % 32 * 16 + word as u32 * 4;
        Some(Push { addr, data, be: 0xF, lands: Some((g, index, word)) })
    }

    pub fn was_pushed(&mut self) {
        self.unmapped += self.d.get("push_unmapped_wr");
        if self.d.get("push_w_valid") == 1 && self.d.get("push_w_ready") == 1 {
            let push = self.pushed.take().expect("a push");
            self.to_drop += push.lands.is_none() as u64;
            self.push_count += push.lands.is_some() as u64;
        }
    }
}
