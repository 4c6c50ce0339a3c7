//! Commit: it plans packets and tells how many of their rows are there.

use rand::Rng;

use crate::bench::{Bench, Queue};

impl Queue {
    /// Packets that end before row `target`.
    fn ended_by(&self, target: u64) -> u64 {
        self.packets.iter().filter(|p| p.1 < target).count() as u64
    }
}

impl Bench {
    /// Plans packets and commits a random part of the rows that have room.
    pub fn commit(&mut self, q: usize, most: u64) {
        let max = if self.rng.random_bool(0.5) { 1 } else { 100 };
        let queue = &mut self.q[q];
        let rows = self.rng.random_range(1..=most).min(self.shape.rows - (queue.committed.0 - queue.freed.0));
        let target = queue.committed.0 + rows;
        while queue.rows < target {
            let length = self.rng.random_range(1..=max);
            queue.rows += length;
            queue.packets.push((
                self.rng.random::<u64>() & 0x1_FFFF_FFFF,
                queue.rows - 1,
                self.rng.random_range(1..=self.shape.row),
            ));
        }
        let ended = queue.ended_by(target);
        if rows == 0 || ended > queue.freed.1 + self.shape.slots - 1 {
            return self.step(None);
        }
        self.write_and_commit(q, target, ended);
    }

    /// Issue writes the packet memories some clocks before commit.
    fn write_and_commit(&mut self, q: usize, target: u64, ended: u64) {
        self.q[q].written = (target, ended);
        self.steps(3);
        self.q[q].committed = (target, ended);
        self.step(Some((q, target, ended)));
    }

    /// Commits to the end of the packets and lets them go.
    pub fn drain_stored(&mut self) {
        for clock in 0.. {
            assert!(clock < 200_000, "a packet is stuck");
            let Some(q) = (0..self.shape.queues).find(|&q| self.q[q].committed.0 != self.q[q].rows) else {
                return self.drain();
            };
            let queue = &self.q[q];
            // As far as issue goes: no part of a request that finds no room.
            let room = self.shape.rows - (queue.committed.0 - queue.freed.0);
            let rows = (queue.rows - queue.committed.0).min(self.shape.rows / 4);
            let mut target = queue.committed.0 + rows;
            // No more ends than there are slots.
            if let Some(p) = queue.packets.get((queue.freed.1 + self.shape.slots - 1) as usize) {
                target = target.min(p.1);
            }
            if rows > room || target <= queue.committed.0 {
                self.step(None);
            } else {
                let ended = queue.ended_by(target);
                self.write_and_commit(q, target, ended);
            }
        }
    }
}
