//! What is judged in each clock, but the records.

use ferrolane_abi::{descriptor, status};
use rand::Rng;

use crate::bench::{area, Bench, SLOTS};
use crate::tlp::Beat;

impl Bench {
    pub fn counts(&mut self) {
        let stall = self.d.get("c2h_stall");
        (0..4).for_each(|k| self.stalls[k] += stall >> k & 1);
        let pause = self.d.get("c2h_pause");
        for (i, q) in self.q.iter_mut().enumerate() {
            q.paused += pause >> i & 1;
        }
    }

    pub fn dropped(&mut self) {
        if self.d.is_set("drop_valid") {
            let q = &mut self.q[self.d.get("drop_q") as usize];
            q.dropped.0 += 1;
            q.dropped.1 += self.d.get("drop_bytes");
        }
    }

    /// Whether the card's beat was taken.
    pub fn card_sent(&mut self) {
        if self.offered.is_none() {
            return;
        }
        if !self.d.is_set("c2h_axis_tready") {
            self.waits += 1;
            return;
        }
        let beat = self.offered.take().unwrap();
        if let Some(q) = self.q.get_mut(beat.dest as usize) {
            q.beat_clocks.push(self.clock);
        }
    }

    /// The TLPs to the host, with the attributes of their queues.
    pub fn written(&mut self, ready: bool) {
        let beat = Beat::offered(&self.d);
        self.gap_clocks += beat.is_none() as u64;
        let tlps = self.sink.tlps;
        self.sink.clock(beat, ready, 128 << self.shape.mps);
        if self.sink.tlps > tlps {
            let (at, attr) = self.sink.latest;
            let i = (0..self.nq).rposition(|i| area(i) <= at | 3).expect("an area");
            assert_eq!(attr, self.q[i].attr, "attributes of queue {i}");
        }
    }

    /// A descriptor is taken, if it may be.
    pub fn taken(&mut self) {
        if !self.d.is_set("c2h_taken_valid") {
            return;
        }
        let value = self.d.get("c2h_taken_value") as u32;
        let i = self.d.get("c2h_taken_q") as usize;
        let q = &mut self.q[i];
        if !q.run && value == 0 {
            return;
        }
        assert_eq!(value, q.taken + 1);
        assert!(value <= q.head);
        assert!(value - 1 - q.consumer < 1 << q.cpl_log2, "no room in the completion ring");
        assert!(q.error.is_none(), "a descriptor after an error");
        if q.store[(value - 1) as usize % SLOTS].0[2] >> 24 & descriptor::FENCE as u32 != 0 {
            assert_eq!(q.finished, value - 1, "a fence was passed");
            self.fences += 1;
        }
        q.taken = value;
    }

    pub fn errors(&mut self) {
        if self.d.is_set("c2h_err_valid") {
            let i = self.d.get("c2h_err_q") as usize;
            let code = self.d.get("c2h_err_code") as u8;
            let q = &mut self.q[i];
            assert!(q.error.is_none() && code != status::OK);
            assert!(
                q.descs.iter().any(|d| d.error(self.memory.errors) == code),
                "an error {code:#x} of none"
            );
            q.error = Some(code);
        }
        for q in &mut self.q {
            // Control takes some clocks to halt the queue.
            if q.error.is_some() && self.rng.random_bool(0.1) {
                q.halted = true;
            }
        }
    }

    /// How long plan keeps a queue.
    pub fn turn(&mut self, ready: bool) {
        self.scanning_age = if self.d.is_set("scanning") || !ready { 0 } else { self.scanning_age + 1 };
        if self.shape.ready == 1.0 && self.shape.record_ready == 1.0 {
            // The longest turn is 32 KiB.
            assert!(self.scanning_age < 32768 / 8 * 2, "plan keeps a queue for too long");
        }
    }
}
