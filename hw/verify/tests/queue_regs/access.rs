//! The host's reads and writes, and what must come of them.

use ferrolane_abi::regs::queue as abi;
use ferrolane_abi::table::Register;
use rand::Rng;

use crate::bench::Bench;
use crate::model::{any_time, strobe};

impl Bench {
    pub fn write(&mut self, addr: u64, data: u32, be: u32) {
        self.d.set("queue_w_valid", 1u64);
        self.d.set("t_w_addr", addr);
        self.d.set("t_w_data", data);
        self.d.set("t_w_be", be);
        for clock in 0.. {
            assert!(clock < 1000, "a write to {addr:#x} never ends");
            self.tick();
            self.control(addr, data, be);
            self.fetch(addr, be);
            if self.d.is_set("queue_w_ready") {
                break;
            }
        }
        self.d.set("ctl_ready", 0u64);
        self.d.set("feed_ready", 0u64);
        let anything = self.rng.random::<bool>();
        self.d.set("feed_refused", anything);
        self.d.set("queue_w_valid", 0u64);
    }

    pub fn read(&mut self, addr: u64) -> u32 {
        self.d.set("queue_r_valid", 1u64);
        self.d.set("t_r_addr", addr);
        for clock in 0.. {
            // The sweep of the most queues takes 4096 clocks.
            assert!(clock < 5000, "a read of {addr:#x} is never answered");
            self.tick();
            self.d.set("queue_r_valid", 0u64);
            if self.d.is_set("queue_r_done") {
                break;
            }
        }
        self.d.get("queue_r_data") as u32
    }

    pub fn check_read(&mut self, g: usize, r: &'static Register) {
        self.values.clear();
        self.watch = Some((g, r));
        let value = self.read(self.base(g) + r.offset as u64);
        self.watch = None;
        assert!(self.values.contains(&value), "queue {g} {}: {value:#x} not in {:x?}", r.name, self.values);
    }

    pub fn check_write(&mut self, g: usize, r: &'static Register, data: u32, be: u32) {
        let feeds = self.feeds;
        self.expect(g, r, data, be);
        self.writing = Some(g);
        self.write(self.base(g) + r.offset as u64, data, be);
        self.writing = None;
        self.tick();
        assert_eq!(self.flushes.0, self.flushes.1, "flushes of a write of {data:#x} to {}", r.name);
        assert!(self.broadcasts.is_empty(), "a write of {} was not broadcast", r.name);
        let fed = u32::from(self.build.feeds && r.offset == abi::FEED_GO.offset) & be;
        assert_eq!(self.feeds - feeds, fed, "feeds of a write of {} with {be:#x}", r.name);
        assert_eq!(self.refused.0, self.refused.1, "refused feeds");
    }

    /// What a write changes, and who hears of it.
    fn expect(&mut self, g: usize, r: &'static Register, data: u32, be: u32) {
        let bytes = strobe(be);
        let mask = self.build.mask(r);
        if mask != 0 && (!self.queues[g].busy || any_time(r)) {
            let word = self.queues[g].stored.get_mut(&r.offset).unwrap();
            *word = ((*word & !bytes) | (data & bytes)) & mask;
            let word = *word;
            self.broadcasts.push_back((g, r.offset / 4, word));
        }
        self.flushes.1 += data >> 1 & be & u32::from(self.build.policies && r.offset == abi::CTRL.offset);
        self.flushes.2 = g;
    }
}
