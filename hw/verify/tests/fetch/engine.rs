//! The engine's side: control, the buses, the readers of the stores.

use ferrolane_abi::regs::queue;
use rand::Rng;

use super::{Bench, Life, DIRECT, LIST, PUSH, RING};

impl Bench {
    /// Doing what control does: one queue at a time is stopped, cleared or started.
    pub fn control(&mut self) {
        let gn = self.shape.gn();
        let moving = (0..gn).any(|g| !matches!(self.queues[g].life, Life::Stopped | Life::Running));
        if !moving {
            let g = self.rng.random_range(0..gn);
            let fed = self.feed.is_some_and(|f| f.g == g)
                || self.pushed.is_some_and(|p| p.lands.is_some_and(|l| l.0 == g));
            match self.queues[g].life {
                Life::Stopped if !fed && self.rng.random_bool(0.2) => self.set_up(g),
                Life::Running if !fed && (self.queues[g].halted || self.rng.random_bool(self.stops)) => {
                    self.queues[g].life = Life::Draining(0);
                }
                _ => {}
            }
        }
        let mut run = vec![0u32; gn.div_ceil(32)];
        let mut halted = run.clone();
        for (g, q) in self.queues.iter().enumerate() {
            run[g / 32] |= ((q.life == Life::Running) as u32) << (g % 32);
            halted[g / 32] |= (q.halted as u32) << (g % 32);
        }
        self.d.set_wide("run", &run);
        self.d.set_wide("halted", &halted);
        let clearing = (0..gn).find(|&g| self.queues[g].life == Life::Clearing);
        // Registers were written before the host wrote RUN.
        let written = |g: usize| !self.cfg.iter().any(|c| c.0 == g);
        self.d.set("init_valid", clearing.is_some_and(|g| !self.queues[g].cleared && written(g)) as u64);
        if let Some(g) = clearing {
            self.d.set("init_g", g as u64);
        }
    }

    /// A cleared queue gets a mode and a ring of its own for each life, anywhere below or above 4 GiB.
    fn set_up(&mut self, g: usize) {
        let base = self.place();
        let q = &mut self.queues[g];
        q.life = Life::Clearing;
        q.clearing_for = 0;
        q.cleared = false;
        q.cleared_told = false;
        q.lives += 1;
        q.mode = self.modes[self.rng.random_range(0..self.modes.len())];
        q.log2 = *[1, 2, 3, 5, 7, 9, 16].get(self.rng.random_range(0..7)).expect("in range");
        q.base = base;
        let feed = if self.odd_modes { self.rng.random_range(0..4) } else { q.mode };
        let junk = self.rng.random_range(0..16u32) << 8;
        let registers = [
            (queue::RING_BASE_LO, q.base as u32),
            (queue::RING_BASE_HI, (q.base >> 32) as u32),
            (queue::RING_SIZE, q.log2 | junk),
            (queue::MODE, feed | self.rng.random::<u32>() & !3),
            (queue::CPL_BASE_LO, self.rng.random()),
            (queue::VECTOR, self.rng.random()),
            (queue::MODERATE, self.rng.random()),
        ];
        for (register, data) in registers {
            self.cfg.push_back((g, register.offset / 4, data));
        }
    }

    fn broadcast(&mut self, name: &str, g: usize, value: u32) {
        let nq = self.shape.nq;
        match name {
            "prod" => self.d.set("prod_g", g as u64),
            _ => self.d.set(&format!("{name}_q"), (g % nq) as u64),
        }
        self.d.set(&format!("{name}_valid"), 1u64);
        self.d.set(&format!("{name}_value"), value);
    }

    /// Buses: registers, producer, taken.
    pub fn buses(&mut self) {
        for name in ["prod_valid", "h2c_taken_valid", "c2h_taken_valid", "cfgw_valid"] {
            self.d.set(name, 0u64);
        }
        if let Some((g, index, data)) = self.cfg.pop_front() {
            self.d.set("cfgw_valid", 1u64);
            self.d.set("cfgw_g", g as u64);
            self.d.set("cfgw_index", index);
            self.d.set("cfgw_data", data);
        }
        let clearing = (0..self.shape.gn()).find(|&g| self.queues[g].life == Life::Clearing);
        if let Some(g) = clearing.filter(|&g| self.queues[g].clearing_for == 20) {
            self.broadcast("prod", g, 0);
            let name = ["h2c_taken", "c2h_taken"][g / self.shape.nq];
            self.broadcast(name, g, 0);
            return;
        }
        if self.rng.random_bool(0.3) {
            self.produce();
        }
        self.read_stores();
    }

    /// `prod` is at most a ring ahead of the head, and of `taken` a window in push mode.
    fn produce(&mut self) {
        let g = self.rng.random_range(0..self.shape.gn());
        let on_its_way = self.pushed.is_some_and(|p| p.lands.is_some_and(|l| l.0 == g));
        let q = &mut self.queues[g];
        if q.life != Life::Running || on_its_way {
            return;
        }
        match q.mode {
            RING => {
                let room = (1u32 << q.log2) - q.prod.wrapping_sub(q.head);
                let most = if self.rng.random() { 3 } else { 200 };
                q.prod = q.prod.wrapping_add(self.rng.random_range(0..=room.min(most)));
                let prod = q.prod;
                self.broadcast("prod", g, prod);
            }
            PUSH if q.written.is_empty() && q.pushing != q.prod => {
                q.prod = q.pushing;
                q.limit = q.pushing;
                let prod = q.prod;
                self.push_heads.push_back((self.clock + 2, g, prod));
                self.broadcast("prod", g, prod);
            }
            PUSH => {}
            // A host may ring the doorbell; it means nothing.
            _ => {
                let any = self.rng.random();
                self.broadcast("prod", g, any);
            }
        }
    }

    /// The stores are read one slot per direction and clock; what was seen is taken the clock after.
    fn read_stores(&mut self) {
        let nq = self.shape.nq;
        for (dir, name) in ["h2c", "c2h"].iter().enumerate() {
            if let Some((g, index)) = self.verified[dir].take() {
                let q = &mut self.queues[g];
                if q.life == Life::Running && q.taken == index {
                    q.taken = q.taken.wrapping_add(1);
                    let taken = q.taken;
                    self.broadcast(&format!("{name}_taken"), g, taken);
                }
            }
            let g = dir * nq + self.rng.random_range(0..nq);
            let q = &self.queues[g];
            let readable = q.taken != q.head && q.life == Life::Running && !q.halted;
            if self.look[dir].is_none() && readable && self.rng.random_bool(self.takes) {
                self.d.set(&format!("{name}_desc_q"), (g % nq) as u64);
                self.d.set(&format!("{name}_desc_slot"), (q.taken % 128) as u64);
                self.look[dir] = Some((0, g, q.taken));
            }
        }
        // Memory queues look at any descriptor that is there.
        let q = self.rng.random_range(0..nq);
        let queue = &self.queues[nq + q];
        let there = queue.head.wrapping_sub(queue.taken);
        if self.look[2].is_none() && queue.life == Life::Running && !queue.halted && there != 0 {
            let index = queue.taken.wrapping_add(self.rng.random_range(0..there));
            self.d.set("mem_desc_q", q as u64);
            self.d.set("mem_desc_slot", (index % 128) as u64);
            self.look[2] = Some((0, nq + q, index));
        }
    }

    /// Whether the host may feed the queue in this clock, as far as the model can tell.
    pub fn feed_verdict(&self, g: usize) -> Option<bool> {
        let q = &self.queues[g];
        match q.mode {
            _ if q.life != Life::Running => Some(false),
            _ if !self.shape.feeds => Some(false),
            LIST if q.dead || q.bad_pending || !q.list_done => Some(false),
            LIST if q.head == q.limit => Some(true),
            LIST => None,
            DIRECT => Some(q.limit.wrapping_sub(q.taken) < 1 << self.shape.db),
            _ => Some(false),
        }
    }
}
