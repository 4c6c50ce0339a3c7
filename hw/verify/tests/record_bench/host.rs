//! The host's end: every TLP of records and every interrupt is checked.

use ferrolane_abi::{completion::Completion, map};

use super::{Bench, Queue, Tlp};

impl Bench {
    pub(super) fn check_done(&mut self) {
        if self.d.get("done_valid") == 0 {
            return;
        }
        let g = self.d.get("done_g") as usize;
        let value = self.d.get("done_value") as u32;
        if self.clearing == Some(g) {
            assert_eq!(value, 0);
        } else {
            let q = &mut self.queues[g];
            assert!(value > q.told && value - q.told <= 16, "done {value} behind {}", q.told);
            q.told = value;
        }
    }

    pub(super) fn check_tlp(&mut self) {
        if self.d.get("rec_wr_valid") == 0 {
            assert!(!self.tlp.offered, "withdrawn");
            return;
        }
        let first = self.tlp.dws.is_empty();
        let (addr, bytes) = (self.d.get("rec_wr_addr"), self.d.get("rec_wr_bytes"));
        let (total, data) = (bytes as usize / 4, self.d.get_wide("rec_wr_data"));
        let (keep, last) = (self.d.get("rec_wr_keep"), self.d.get("rec_wr_last") == 1);
        assert_eq!(self.d.get("rec_wr_first") == 1, first);
        if first && !self.tlp.offered {
            (self.tlp.addr, self.tlp.bytes) = (addr, bytes);
            self.tlps.push((self.now, total / 4));
        }
        assert_eq!((addr, bytes), (self.tlp.addr, self.tlp.bytes), "they stay");
        let dws = keep.count_ones() as usize;
        assert_eq!(keep, (1 << dws) - 1);
        let expected = (total - self.tlp.dws.len()).min(self.w / 32);
        assert_eq!(dws, expected, "only the last beat is not full");
        assert_eq!(last, self.tlp.dws.len() + dws == total);
        // The queue is known from the first record, also while wr_arb does not take it.
        if first && self.w >= 128 {
            self.is_told(data[3], total);
        }
        self.tlp.offered = self.d.get("rec_wr_ready") == 0;
        if self.tlp.offered {
            return;
        }
        self.tlp.offered = !last;
        self.tlp.dws.extend(&data[..dws]);
        if last {
            let tlp = std::mem::take(&mut self.tlp);
            self.receive(&tlp);
        }
    }

    /// `done` counts the TLP's records when it is offered at the latest.
    fn is_told(&self, dw3: u32, total: usize) {
        let q = &self.queues[self.queue_of(dw3)];
        assert!(q.told.wrapping_sub(q.written) >= total as u32 / 4, "told before it is offered");
    }

    fn queue_of(&self, dw3: u32) -> usize {
        let id = (dw3 >> 8 & 0xFF) as usize;
        let g = (id >> 6) * self.nq + id % 64;
        assert!(id < 128 && id % 64 < self.nq, "queue {id:#x}");
        g
    }

    fn receive(&mut self, tlp: &Tlp) {
        let n = tlp.dws.len() / 4;
        let most = if self.mps == 0 { 8 } else { 16 };
        assert!((1..=most).contains(&n), "{n} records in a TLP");
        let g = self.queue_of(tlp.dws[3]);
        self.is_told(tlp.dws[3], tlp.dws.len());
        let direction = if g < self.nq { map::Direction::H2c } else { map::Direction::C2h };
        let id = map::queue_id(direction, (g % self.nq) as u32) as u8;
        let q = &mut self.queues[g];
        let size = 1u32 << q.settings.log2;
        let address = q.settings.base + (q.written % size) as u64 * 16;
        assert_eq!((tlp.addr, tlp.bytes), (address, 16 * n as u64));
        assert!((q.written % size) as usize + n <= size as usize, "over the ring's end");
        assert!(address % 4096 + 16 * n as u64 <= 4096, "over a 4 KiB boundary");
        let mut flagged = false;
        for dws in tlp.dws.chunks(4) {
            let a = q.waiting.pop_front().expect("a record asked for");
            assert!(q.unread() < size as i64, "overwrites a record that was not read");
            let expected = Completion {
                bytes: a.bytes,
                meta: a.meta,
                index: a.index,
                phase: (q.written >> q.settings.log2) & 1 == 0,
                flags: a.flags,
                status: a.status,
                queue: id,
                generation: q.generation,
            };
            assert_eq!(Completion::from_dws([dws[0], dws[1], dws[2], dws[3]]), expected);
            q.written += 1;
            flagged |= a.irq;
            self.written += 1;
        }
        q.credits += flagged as u32;
    }

    pub(super) fn interrupt(&mut self) {
        let vector = self.d.get("irq_vector") as u32;
        let now = self.now;
        self.irqs += 1;
        let hit = |(g, q): &(usize, &mut Queue)| q.settings.vector(*g) == vector;
        let (_, q) = self.queues.iter_mut().enumerate().find(hit).expect("a queue's vector");
        q.interrupted(now);
    }
}
