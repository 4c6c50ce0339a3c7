//! The engine's side: control, the buses, and the readers of the stores.

use ferrolane_abi::regs::queue;
use rand::Rng;

use super::{Bench, Life, GN, NQ};

impl Bench {
    /// Doing what control does: one queue at a time is stopped, cleared or started.
    pub fn control(&mut self) {
        let moving = (0..GN).find(|&g| !matches!(self.queues[g].life, Life::Stopped | Life::Running));
        if moving.is_none() {
            let g = self.rng.random_range(0..GN);
            match self.queues[g].life {
                Life::Stopped if self.rng.random_bool(0.05) => {
                    let q = &mut self.queues[g];
                    q.life = Life::Clearing;
                    q.heads.push_back(0);
                    q.clearing_for = 0;
                    q.cleared = false;
                }
                Life::Running if self.queues[g].halted || self.rng.random_bool(0.0005) => {
                    self.queues[g].life = Life::Draining(0);
                }
                _ => {}
            }
        }
        let mut run = 0u64;
        let mut halted = 0u64;
        for (g, q) in self.queues.iter().enumerate() {
            run |= ((q.life == Life::Running) as u64) << g;
            halted |= (q.halted as u64) << g;
        }
        self.d.set("run", run);
        self.d.set("halted", halted);
        let clearing = (0..GN).find(|&g| self.queues[g].life == Life::Clearing);
        self.d.set("init_valid", clearing.is_some_and(|g| !self.queues[g].cleared) as u64);
        if let Some(g) = clearing {
            self.d.set("init_g", g as u64);
        }
    }

    /// Buses: ring registers, producer, taken. `prod` at most a ring ahead of the head.
    pub fn buses(&mut self) {
        self.d.set("prod_valid", 0u64);
        self.d.set("h2c_taken_valid", 0u64);
        self.d.set("c2h_taken_valid", 0u64);
        self.d.set("cfgw_valid", 0u64);
        if let Some(g) = (0..GN).find(|&g| self.queues[g].life == Life::Clearing) {
            self.set_up(g);
            if self.queues[g].clearing_for == 20 {
                return;
            }
        }
        if self.rng.random_bool(0.3) {
            let g = self.rng.random_range(0..GN);
            let q = &mut self.queues[g];
            if q.life == Life::Running {
                let room = (1u32 << q.log2) - q.prod.wrapping_sub(q.head);
                let most = if self.rng.random() { 3 } else { 200 };
                q.prod = q.prod.wrapping_add(self.rng.random_range(0..=room.min(most)));
                self.d.set("prod_valid", 1u64);
                self.d.set("prod_g", g as u64);
                self.d.set("prod_value", q.prod);
            }
        }
        // The stores are read one slot per direction and clock; what was seen is taken the clock after.
        for (dir, name) in ["h2c", "c2h"].iter().enumerate() {
            if let Some((g, index)) = self.verified[dir].take() {
                let q = &mut self.queues[g];
                if q.life == Life::Running && q.taken == index {
                    q.taken = q.taken.wrapping_add(1);
                    self.d.set(&format!("{name}_taken_valid"), 1u64);
                    self.d.set(&format!("{name}_taken_q"), (g % NQ) as u64);
                    self.d.set(&format!("{name}_taken_value"), q.taken);
                }
            }
            let g = dir * NQ + self.rng.random_range(0..NQ);
            let q = &self.queues[g];
            let readable = q.taken != q.head && q.life == Life::Running && !q.halted;
            if self.look[dir].is_none() && readable && self.rng.random_bool(0.7) {
                self.d.set(&format!("{name}_desc_q"), (g % NQ) as u64);
                self.d.set(&format!("{name}_desc_slot"), (q.taken % 64) as u64);
                self.look[dir] = Some((0, g, q.taken));
            }
        }
    }

    /// A cleared queue gets a ring of its own for each life, anywhere below or above 4 GiB.
    fn set_up(&mut self, g: usize) {
        let q = &mut self.queues[g];
        if q.clearing_for == 0 {
            q.lives += 1;
            q.log2 = *[1, 2, 3, 5, 7, 9, 16].get(self.rng.random_range(0..7)).expect("in range");
            let place = (q.lives as u64 * GN as u64 + g as u64) << 21;
            let top: u64 = if self.rng.random() { 0 } else { (self.rng.random::<u32>() as u64 | 1) << 32 };
            q.base = top + (place & 0xFFFF_FFFF) + self.rng.random_range(0..4096) * 16;
            let junk = self.rng.random_range(0..16u32) << 8;
            for (register, data) in [
                (queue::RING_BASE_LO, q.base as u32),
                (queue::RING_BASE_HI, (q.base >> 32) as u32),
                (queue::RING_SIZE, q.log2 | junk),
                (queue::CPL_BASE_LO, self.rng.random()),
                (queue::VECTOR, self.rng.random()),
            ] {
                self.cfg.push_back((g, register.offset / 4, data));
            }
        }
        if q.clearing_for == 20 {
            q.prod = 0;
            q.taken = 0;
            self.d.set("prod_valid", 1u64);
            self.d.set("prod_g", g as u64);
            self.d.set("prod_value", 0u64);
            let name = ["h2c", "c2h"][g / NQ];
            self.d.set(&format!("{name}_taken_valid"), 1u64);
            self.d.set(&format!("{name}_taken_q"), (g % NQ) as u64);
            self.d.set(&format!("{name}_taken_value"), 0u64);
        }
        if let Some((g, index, data)) = self.cfg.pop_front() {
            self.d.set("cfgw_valid", 1u64);
            self.d.set("cfgw_g", g as u64);
            self.d.set("cfgw_index", index);
            self.d.set("cfgw_data", data);
        }
    }
}
