//! What is judged: reads, heads, what the stores give, and queues that are stopped and cleared.

use ferrolane_abi::status;
use rand::Rng;

use super::bench::Read;
use super::{Bench, Life, PUSH};

impl Bench {
    pub fn check_read(&mut self) {
        let (address, tag) = (self.d.get("fetch_rd_addr"), self.d.get("fetch_rd_tag") as usize);
        let bytes = self.d.get("fetch_rd_bytes") as u32;
        assert_eq!(self.d.get("fetch_rd_attr"), 0);
        let n = bytes / 16;
        let largest = (128 << self.mrrs).min(512);
        assert!(bytes.is_multiple_of(16) && (1..=32).contains(&n) && bytes <= largest, "{bytes} bytes");
        assert_eq!(
            address / largest as u64,
            (address + bytes as u64 - 1) / largest as u64,
            "over a multiple of the largest read"
        );
        assert!(tag < self.shape.tags && self.reads[tag].is_none(), "tag {tag} twice");
        assert!(self.open_until[tag] < self.clock, "tag {tag} is open on the wire");
        let (g, most) = (0..self.shape.gn())
            .find_map(|g| self.expected_read(g).filter(|e| e.0 == address).map(|e| (g, e.1)))
            .expect("the next descriptor of some queue");
        let older = self.reads.iter().flatten().any(|r| r.g == g && r.epoch != self.queues[g].epoch);
        assert!(!older, "a list is started on while the last one is unanswered");
        let due = self.clock + self.rng.random_range(0..=self.latency);
        let q = &mut self.queues[g];
        assert!(matches!(q.life, Life::Running | Life::Draining(0)));
        assert!(!(q.dead && q.head == q.limit && self.clock > q.changed + 1000), "a dead queue fetches");
        assert!(n as u64 <= most, "beyond producer, ring or segment");
        // A list's indices lag behind its entries by its LINKs, all of which have been passed but one of this segment.
        let index = q.limit.wrapping_add((q.asked - q.passed) as u32);
        assert!(index.wrapping_add(n).wrapping_sub(q.taken) <= 1 << self.shape.db, "beyond the store");
        self.reads[tag] = Some(Read { g, epoch: q.epoch, entry: q.asked, left: n, address, due });
        q.asked += n as u64;
        self.batches.push(n);
        let flying = self.reads.iter().flatten();
        let counts = [flying.clone().filter(|r| r.g == g).count(), flying.count()];
        self.most_in_flight = std::array::from_fn(|i| self.most_in_flight[i].max(counts[i]));
    }

    pub fn check_head(&mut self) {
        if self.push_heads.front().is_some_and(|p| p.0 < self.clock) {
            panic!("head did not follow the producer within two clocks");
        }
        if self.d.get("head_valid") == 0 {
            return;
        }
        let (g, value) = (self.d.get("head_g") as usize, self.d.get("head_value") as u32);
        let q = &mut self.queues[g];
        if q.life == Life::Clearing {
            assert_eq!(value, 0, "a cleared head");
            q.cleared_told = true;
            return;
        }
        if q.mode == PUSH {
            assert_eq!(self.push_heads.pop_front().map(|p| (p.1, p.2)), Some((g, value)));
        }
        if q.bad_pending && value == q.limit.wrapping_add(1) {
            q.bad_pending = false;
            q.dead = true;
            q.entries.insert(q.limit, ([0; 4], status::BAD_SEGMENT));
            *self.faults.entry(status::BAD_SEGMENT).or_default() += 1;
            q.limit = value;
        }
        let by = value.wrapping_sub(q.head);
        assert!(
            by != 0 && by <= q.limit.wrapping_sub(q.head),
            "head {value:#x} of {g}: {:#x} to {:#x}",
            q.head,
            q.limit
        );
        q.head = value;
    }

    pub fn check_store(&mut self) {
        for dir in 0..3 {
            match self.look[dir] {
                Some((0, g, index)) => self.look[dir] = Some((1, g, index)),
                Some((_, g, index)) => {
                    self.look[dir] = None;
                    if self.queues[g].life == Life::Running {
                        match dir {
                            2 => self.check_memory_port(g, index),
                            _ => self.check_entry(dir, g, index),
                        }
                    }
                }
                None => {}
            }
        }
    }

    fn check_entry(&mut self, dir: usize, g: usize, index: u32) {
        let name = ["h2c", "c2h"][dir];
        let q = &mut self.queues[g];
        let (data, err) = q.entries[&index];
        assert_eq!(self.d.get(&format!("{name}_desc_err")), err as u64);
        if err == 0 {
            assert_eq!(self.d.get_wide(&format!("{name}_desc_data")), data, "queue {g} {index:#x}");
            self.verified[dir] = Some((g, index));
            self.checked[q.mode as usize] += 1;
            q.entries.remove(&index.wrapping_sub(200));
        } else {
            assert_eq!(index.wrapping_add(1), q.head, "something behind the fault");
            q.halted = true;
        }
    }

    fn check_memory_port(&mut self, g: usize, index: u32) {
        let (data, err) = (self.d.get("mem_desc_data"), self.d.get("mem_desc_err"));
        if !self.shape.memory {
            assert_eq!((data, err), (0, 0));
            return;
        }
        let (entry, code) = self.queues[g].entries[&index];
        assert_eq!(err, code as u64);
        if code == 0 {
            assert_eq!(data, entry[2] as u64 | (entry[3] as u64) << 32, "queue {g} {index:#x}");
            self.memory_checked += 1;
        }
    }

    pub fn check_lives(&mut self) {
        let busy = self.d.get_wide("fetch_busy");
        for g in 0..self.shape.gn() {
            let is_busy = busy[g / 32] >> (g % 32) & 1 == 1;
            let open = self.reads.iter().flatten().any(|r| r.g == g);
            assert!(is_busy || !open, "queue {g} is unanswered and not busy");
            self.check_drain(g, is_busy);
            self.check_pace(g);
            self.check_clearing(g);
        }
    }

    /// A queue that is stopped comes to rest once its head was told.
    fn check_drain(&mut self, g: usize, busy: bool) {
        let q = &mut self.queues[g];
        if q.life == Life::Draining(0) && self.d.get("scanning") == 1 {
            q.life = Life::Draining(1);
        }
        if q.life == Life::Draining(1) && !busy {
            assert!(q.mode == PUSH || q.head == q.limit, "idle before the head was told");
            q.life = Life::Stopped;
            q.halted = false;
        }
    }

    /// The head of a running queue follows what has come.
    fn check_pace(&self, g: usize) {
        let q = &self.queues[g];
        if q.life == Life::Running && !q.bad_pending && q.head != q.limit && q.mode != PUSH {
            assert!(
                self.clock < q.changed + 300,
                "queue {g} in mode {}: head {:#x} is not moved to {:#x}",
                q.mode,
                q.head,
                q.limit
            );
        }
    }

    fn check_clearing(&mut self, g: usize) {
        let q = &mut self.queues[g];
        if q.life != Life::Clearing {
            return;
        }
        q.clearing_for += 1;
        q.cleared |= self.d.get("init_done") == 1;
        assert!(q.cleared || q.clearing_for < 80, "never cleared");
        if q.clearing_for > 60 && q.cleared {
            assert!(q.cleared_told, "the cleared head was not told");
            q.start(self.clock);
        }
    }
}
