//! Control: it resets all, clears and sets up queues, and drains them.

use ferrolane_abi::regs::queue as regs;
use rand::Rng;

use super::{Bench, Queue, Settings, Tlp, OPEN_LATE};

impl Bench {
    /// Resets the engine in the middle of whatever it does; all queues are cleared and set up anew.
    pub fn reset(&mut self, settings: Settings) {
        self.offered = [None, None];
        self.cons = None;
        self.taken = [None; 2];
        self.run = 0;
        self.tlp = Tlp::default();
        self.finished.clear();
        self.rooms.clear();
        for name in ["rec_h2c_valid", "rec_c2h_valid", "cons_valid", "init_valid"] {
            self.d.set(name, 0u64);
        }
        self.d.pulse("rst", 1);
        for g in 0..self.gn {
            self.queues[g] = Queue::default();
        }
        for g in 0..self.gn {
            self.restart(g, settings);
        }
    }

    pub fn write_register(&mut self, g: usize, offset: u32, data: u32) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g as u64);
        self.d.set("cfgw_index", offset / 4);
        self.d.set("cfgw_data", data);
        self.clock();
        self.d.set("cfgw_valid", 0u64);
    }

    /// Clears a queue in which nothing is in flight, and sets it up again, while the others go on.
    pub fn restart(&mut self, g: usize, s: Settings) {
        let q = &self.queues[g];
        assert!(q.waiting.is_empty() && q.written == q.told, "in flight");
        self.clearing = Some(g);
        self.cleared = false;
        // Control waits 16 clocks between two queues, so what follows comes when all is quiet.
        for _ in 0..24 {
            self.clock();
        }
        assert!(self.cleared, "not cleared in 24 clocks");
        assert_eq!(self.cleared_room.take(), Some(0));
        self.clearing = None;
        let moderate = s.wait << 16 | s.enough;
        let coalesce = s.time << 16 | s.policy << 8 | s.count;
        let junk = self.rng.random_range(0..32);
        let generation = self.rng.random();
        for (register, data) in [
            (regs::CPL_BASE_LO, s.base as u32),
            (regs::CPL_BASE_HI, (s.base >> 32) as u32),
            (regs::RING_SIZE, s.log2 << 8 | junk),
            (regs::VECTOR, s.vector(g)),
            (regs::COALESCE, coalesce),
            (regs::MODERATE, moderate),
            (regs::RING_BASE_LO, self.rng.random()),
        ] {
            self.write_register(g, register.offset, data);
        }
        self.queues[g] =
            Queue { settings: s, generation, first_index: s.first_index, credits: 1, ..Queue::default() };
        self.tell_taken(g);
        self.d.set("start_valid", 1u64);
        self.d.set("start_g", g as u64);
        self.d.set("start_generation", generation);
        self.clock();
        self.d.set("start_valid", 0u64);
        self.run |= 1 << g;
        self.clock();
    }

    /// Control's part of stopping a queue for which nothing is offered any more: waits until no record of it is open.
    pub fn drain(&mut self, g: usize) {
        self.run &= !(1 << g);
        while self.offered[g / self.nq].as_ref().is_some_and(|a| a.g == g) {
            self.clock();
        }
        for clocks in 0.. {
            self.clock();
            if clocks >= OPEN_LATE && !self.is_open(g) {
                break;
            }
            assert!(clocks < 20_000, "queue {g} never drains");
        }
        assert!(self.queues[g].waiting.is_empty(), "a record of queue {g} is behind");
    }

    pub(super) fn drive_clearing(&mut self) {
        self.d.set("run", self.run);
        let init = self.clearing.is_some() && !self.cleared;
        self.d.set("init_valid", init as u64);
        self.d.set("init_g", self.clearing.unwrap_or(0) as u64);
        // As the doorbell does when it clears its own state.
        if init && self.cons.is_none() && self.rng.random_bool(0.3) {
            self.cons = self.clearing.map(|g| (g, 0, false));
        }
    }

    pub(super) fn clear(&mut self) {
        let Some(g) = self.clearing.filter(|_| self.d.get("init_done") == 1) else { return };
        assert!(!self.cleared, "answered twice");
        self.cleared = true;
        // An interrupt of its former life may be on its way.
        self.queues[g] = Queue { credits: 1, ..Queue::default() };
    }
}
