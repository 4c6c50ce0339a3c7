//! What stands around issue: the buses of fetch, records and shares, control, and the descriptor store.

use rand::Rng;

use crate::bench::Bench;

impl Bench {
    /// Bus messages: at most one of each kind.
    pub fn buses(&mut self) {
        let (mut q, mut share) = (self.rng.random_range(0..self.shape.queues), self.rng.random_bool(0.3));
        if let Some(queues) = &self.fast {
            q = queues[self.d.clocks() as usize % queues.len()];
            share = true;
        }
        self.indices(q);
        if share {
            self.free(q);
        }
        let queue = &self.q[q];
        self.d.set("freed_valid", share as u64);
        self.d.set("freed_q", q as u64);
        self.d.set("freed_row", queue.freed.0 & 0xFFFF);
        self.d.set("freed_pkts", queue.freed.1 & 0xFFFF);
    }

    /// Head, consumer and finished of a queue go on, within what they may be.
    fn indices(&mut self, q: usize) {
        let fast = self.fast.is_some();
        let queue = &mut self.q[q];
        let more = if fast { 8 } else { self.rng.random_range(0..4) };
        let head = (queue.head + more).min(queue.descriptors.len() as u64).min(queue.taken + 120);
        let news = head != queue.head || self.rng.random_bool(0.01);
        queue.head = head.max(queue.head);
        for index in [&mut queue.consumer, &mut queue.finished] {
            if fast || self.rng.random_bool(0.1) {
                let low = if fast { queue.taken } else { *index };
                *index = self.rng.random_range(low..=queue.taken);
            }
        }
        for (bus, valid, value) in
            [("head", news, queue.head), ("room", true, queue.consumer), ("finished", true, queue.finished)]
        {
            self.d.set(&format!("{bus}_valid"), valid as u64);
            self.d.set(&format!("{bus}_g"), q as u64);
            self.d.set(&format!("{bus}_value"), value);
        }
    }

    /// Rows of the share are given back, and the packets that end in them.
    fn free(&mut self, q: usize) {
        let queue = &mut self.q[q];
        let rows = queue.pos / self.shape.row;
        let low = if self.fast.is_some() { rows } else { queue.freed.0 };
        queue.freed.0 = self.rng.random_range(low..=rows);
        while queue.ends.get(queue.freed.1 as usize).is_some_and(|end| *end < queue.freed.0) {
            queue.freed.1 += 1;
        }
    }

    /// RUN and halted of all queues.
    pub fn vectors(&mut self) {
        let dead = |q: usize| (self.q[q].dead as u64) << q;
        let halted = (0..self.shape.queues).map(dead).fold(0, |all, bit| all | bit);
        self.d.set("run", self.run);
        self.d.set("halted", halted);
    }

    /// The descriptor that was looked at in the clock before.
    pub fn store(&mut self) {
        let (q, slot) = self.at;
        let queue = &self.q[q];
        let taken = queue.taken.saturating_sub(1);
        let index = taken + (slot.wrapping_sub(taken) & 127);
        let bytes = queue.descriptors.get(index as usize).copied().unwrap_or_default().to_bytes();
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        self.d.set_wide("desc_data", &words);
    }
}
