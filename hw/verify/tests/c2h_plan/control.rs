//! What control does with queues: it sets them up, clears and stops them.

use ferrolane_abi::regs;
use rand::Rng;

use crate::bench::{Bench, Queue, NQ};

impl Bench {
    /// A queue that is stopped gets anything as its registers, is cleared and runs.
    pub fn clear(&mut self, i: usize) {
        let any = self.rng.random_range(1..7);
        let cpl_log2 = self.ring.unwrap_or(any);
        self.q[i] = Queue::new(cpl_log2);
        self.fills.retain(|e| e.0 != i);
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ended] {
            bus.retain(|e| e.0 != i);
        }
        self.set_up(i, cpl_log2);
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", (NQ + i) as u64);
        let mut waited = 0;
        loop {
            self.step();
            if self.d.is_set("init_done_plan") {
                break;
            }
            waited += 1;
            assert!(waited < 20, "clearing waits for something");
        }
        self.step();
        assert!(!self.d.is_set("init_done_plan"), "once only");
        assert_eq!((self.d.get("c2h_taken_valid"), self.d.get("c2h_taken_q")), (1, i as u64));
        assert_eq!(self.d.get("c2h_taken_value"), 0);
        assert_eq!((self.d.get("clear_valid"), self.d.get("clear_q")), (1, i as u64));
        while self.fills.iter().any(|e| e.0 == i)
            || self.heads.iter().chain(&self.rooms).chain(&self.ended).any(|e| e.0 == i)
        {
            self.step();
        }
        self.d.set("init_valid", 0u64);
        self.step();
        self.q[i].run = true;
    }

    /// Registers of a queue. Other registers and the queues of the other direction must not count.
    fn set_up(&mut self, i: usize, cpl_log2: u32) {
        let g = NQ + i;
        self.write(g, regs::queue::RING_SIZE.offset, (cpl_log2 as u64) << 8 | 0xE0FF);
        let mode = self.mode.unwrap_or(self.rng.random::<u32>() as u64 & 0x7FF8_FFFF);
        let memory = mode >> 6 & 1 == 1;
        // Of a memory queue the policies mean nothing.
        let policies = if memory { self.rng.random_range(0..8u64) << 16 } else { 0 };
        self.q[i].attr = (mode >> 4 & self.enabled & 1) << 1 | mode >> 5 & self.enabled >> 1 & 1;
        self.write(g, regs::queue::MODE.offset, mode | policies);
        (self.q[i].memory, self.q[i].lane) = (memory, self.rng.random_range(0..16));
        let base = self.rng.random::<u32>() as u64 & !15 | self.q[i].lane;
        self.write(g, regs::queue::CARD_BASE_LO.offset, base);
        self.write(g, regs::queue::FLUSH_TIME.offset, 0);
        self.write(g, regs::queue::VECTOR.offset, 0x5555_5555);
        self.fills.push_back((i, 0, 0));
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ended] {
            bus.push_back((i, 0));
        }
        self.write(i, regs::queue::MODE.offset, 0x5555_5555);
        self.d.set("cfgw_valid", 0u64);
    }

    fn write(&mut self, g: usize, register: u32, value: u64) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g as u64);
        self.d.set("cfgw_index", register as u64 / 4);
        self.d.set("cfgw_data", value);
        self.step();
    }

    /// Until plan holds no queue, as control waits for it after `run` has fallen. Control looks some clocks later at the
    /// earliest; plan needs one, in which it may still begin what it decided before.
    pub fn until_scanning(&mut self) {
        self.step();
        self.step();
        let mut clocks = 0;
        while !self.d.is_set("scanning") {
            self.step();
            clocks += 1;
            assert!(clocks < 20_000, "plan keeps a queue");
        }
    }
}
