//! What goes on around the host's writes: fetch and records.

use ferrolane_abi::doorbell::CONSUMER_MASK;
use rand::Rng;

use crate::bench::Bench;
use crate::rules::{PUSH, RING};

impl Bench {
    /// One clock in which fetch and records may go on.
    pub fn tick(&mut self) {
        if self.traffic && self.rng.random_bool(0.5) {
            self.fetched();
        }
        // One bus per direction, so at most one queue of each.
        for direction in 0..2 {
            if self.traffic && self.rng.random_bool(0.5) {
                self.taken(direction);
            }
        }
        if self.traffic && self.rng.random_bool(0.5) {
            self.recorded();
        }
        self.step();
    }

    fn fetched(&mut self) {
        let g = self.rng.random_range(0..self.gn);
        // Lists and direct descriptors have a head, too, but no producer.
        let fed = matches!(self.queues[g].mode, RING | PUSH);
        let offered = if fed { self.queues[g].producer } else { self.rng.random() };
        let q = &mut self.queues[g];
        q.head = q.head.wrapping_add(self.rng.random_range(0..=offered.wrapping_sub(q.head)));
        let head = q.head;
        self.bus("head", g);
        self.d.set("head_value", head);
    }

    fn taken(&mut self, direction: usize) {
        let g = self.rng.random_range(0..self.gn / 2) + direction * self.gn / 2;
        let q = self.queues[g];
        let fetched = if q.mode == PUSH { q.producer } else { q.head };
        let step = self.rng.random_range(0..=fetched.wrapping_sub(q.taken));
        self.queues[g].taken = q.taken.wrapping_add(step);
        self.take(g, self.queues[g].taken);
    }

    fn recorded(&mut self) {
        let g = self.rng.random_range(0..self.gn);
        let q = &mut self.queues[g];
        // Never more records than the largest completion ring holds.
        let open = q.done.wrapping_sub(q.consumer) & CONSUMER_MASK;
        q.done = q.done.wrapping_add(self.rng.random_range(0..=(1 << 16) - open));
        let done = q.done;
        self.bus("done", g);
        self.d.set("done_value", done);
    }
}
