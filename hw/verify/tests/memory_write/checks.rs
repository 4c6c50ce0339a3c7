//! What is judged: packets that are done, queues that are busy, and the memory's contents.

use crate::bench::Bench;

impl Bench {
    /// A packet is done: it failed as it had to, and what it wrote was answered for.
    pub fn done(&mut self) {
        let q = self.d.get("done_q") as usize;
        let (bad, address, data) = self.q[q].open.pop_front().expect("a packet that was sent");
        assert_eq!(self.d.is_set("done_error"), bad, "queue {q}");
        self.q[q].done += 1;
        for (i, byte) in data.iter().enumerate() {
            let at = address.wrapping_add(i as u64);
            assert_eq!(self.memory.answered.get(&at), Some(byte), "queue {q}: {at:#x} before its answer");
        }
    }

    /// A queue is busy until all that it sent is done.
    pub fn judge_busy(&self) {
        for (q, queue) in self.q.iter().enumerate() {
            let busy = self.d.get("busy") >> q & 1 == 1;
            let open = !queue.open.is_empty();
            assert!(busy || !open || self.d.is_set("done_valid"), "queue {q} is not done");
        }
    }

    pub fn compare(&self) {
        assert_eq!(self.memory.bytes.len(), self.expected.len(), "bytes written");
        for (at, byte) in &self.expected {
            assert_eq!(self.memory.bytes.get(at), Some(byte), "{at:#x}");
        }
        assert_eq!(self.memory.fixed, self.fixed);
    }

    /// What was sent by now is what was asked for, though a slow memory may not have taken it; a beat that stands can't be
    /// taken back. It is all that must come.
    pub fn expect_what_was_sent(&mut self) {
        let (before, fixed) = self.memory.with_sent();
        assert!(before.iter().all(|(at, byte)| self.expected.get(at) == Some(byte)));
        self.expected = before;
        self.fixed = fixed;
    }
}
