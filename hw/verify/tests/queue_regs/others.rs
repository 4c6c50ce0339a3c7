//! What other blocks do meanwhile: indices, errors, levels; and how control and fetch answer a write.

use ferrolane_abi::regs::queue as abi;
use rand::Rng;

use crate::bench::{Bench, BUSES};

impl Bench {
    /// One clock in which other blocks may do something.
    pub fn tick(&mut self) {
        for g in std::mem::take(&mut self.halting) {
            self.queues[g].halted = true;
        }
        if self.traffic {
            self.tell();
            self.fail();
            let g = self.rng.random_range(0..self.gn);
            self.queues[g].level = self.rng.random::<u32>() & 0xFF_FFFF;
            if !self.queues[g].run && self.writing != Some(g) {
                self.queues[g].busy = false;
            }
        }
        self.look();
        self.step();
    }

    fn tell(&mut self) {
        for bus in 0..BUSES.len() {
            // Doorbell tells of one index at a time.
            if self.rng.random_bool(0.3) && !(bus == 1 && self.d.is_set("prod_valid")) {
                let (g, value) = (self.rng.random_range(0..self.gn), self.rng.random());
                self.broadcast(bus, g, value);
            }
        }
    }

    fn fail(&mut self) {
        for name in ["h2c", "c2h"] {
            if self.rng.random_bool(0.1) {
                let (q, code) = (self.rng.random_range(0..self.nq), self.rng.random_range(1..=255u32));
                let g = if name == "h2c" { q } else { q + self.nq } as usize;
                if !self.queues[g].halted {
                    self.queues[g].code = code;
                    self.halting.push(g);
                }
                self.d.set(&format!("{name}_err_valid"), 1u64);
                self.d.set(&format!("{name}_err_q"), q);
                self.d.set(&format!("{name}_err_code"), code);
            }
        }
    }

    /// Control takes a write of CTRL in some clock.
    pub fn control(&mut self, addr: u64, data: u32, be: u32) {
        let asked = self.d.is_set("ctl_valid");
        if !(asked && self.d.get("ctl_ready") == 0 && self.rng.random_bool(0.3)) {
            return;
        }
        let (g, run) = (self.d.get("ctl_g") as usize, self.d.is_set("ctl_run"));
        assert_eq!(addr, self.base(g) + abi::CTRL.offset as u64);
        assert_eq!(be & 1, 1);
        assert_eq!(run, data & 1 == 1);
        let q = &mut self.queues[g];
        if run && !q.busy {
            (q.run, q.busy, q.halted) = (true, true, false);
            self.halting.retain(|h| *h != g);
        } else if !run {
            q.run = false;
        }
        self.d.set("ctl_ready", 1u64);
    }

    /// Fetch takes or refuses a write of FEED_GO in some clock.
    pub fn fetch(&mut self, addr: u64, be: u32) {
        let asked = self.d.is_set("feed_valid");
        if !(asked && self.d.get("feed_ready") == 0 && self.rng.random_bool(0.3)) {
            return;
        }
        let g = self.d.get("feed_g") as usize;
        assert_eq!(addr, self.base(g) + abi::FEED_GO.offset as u64);
        assert_eq!(be & 1, 1);
        assert!(self.broadcasts.is_empty(), "a feed before its flags were told");
        let refused: bool = self.rng.random();
        self.d.set("feed_ready", 1u64);
        self.d.set("feed_refused", refused);
        self.feeds += 1;
        self.refused.1 += u32::from(refused);
    }
}
