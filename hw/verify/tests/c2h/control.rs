//! What control does with queues: it sets them up, clears and starts them, stops them, and all are reset.

use ferrolane_abi::regs;
use rand::Rng;

use crate::bench::{area, Bench, Queue, SLOTS};
use crate::bus::Bus;
use crate::tlp::Sink;

impl Bench {
    /// Clears the queue as control does and lets it run.
    pub fn start(&mut self, i: usize) {
        assert!(!self.q[i].run);
        let cpl_log2 = self.shape.cpl_log2.unwrap_or(self.rng.random_range(1..8));
        let old = std::mem::take(&mut self.q[i]);
        self.q[i] = Queue {
            store: vec![([0; 4], 0); SLOTS],
            next_addr: old.next_addr + 0x10_0000,
            cpl_log2,
            ..Queue::default()
        };
        self.set_up(i);
        self.clear(i);
        let queue = &mut self.q[i];
        (queue.run, queue.post) = (true, true);
        queue.feed = i < self.shape.queues && queue.memory.is_none();
        if !old.leftover.is_empty() {
            // It counts as a packet.
            let (bytes, user) = old.packets.back().expect("the packet that was cut");
            let sent = bytes.len().div_ceil(self.lanes) - old.leftover.len();
            queue.packets.push_back((bytes[self.lanes * sent..].to_vec(), *user));
            queue.beats = old.leftover;
        }
    }

    /// Registers of a queue. Other registers and the queues of the other direction must not count.
    fn set_up(&mut self, i: usize) {
        if self.rng.random_bool(self.shape.memory) {
            // Any alignment, and sums that carry.
            self.q[i].memory = Some((i as u64 + 1) << 40 | self.rng.random::<u64>() >> 26);
        }
        let g = self.nq + i;
        let mode = self.mode(i);
        let junk = self.rng.random::<u32>() & !(31 << 8);
        self.write(g, regs::queue::RING_SIZE.offset, junk as u64 | (self.q[i].cpl_log2 as u64) << 8);
        self.write(g, regs::queue::MODE.offset, mode);
        let base = self.q[i].memory.unwrap_or(self.rng.random());
        self.write(g, regs::queue::CARD_BASE_LO.offset, base & 0xFFFF_FFFF);
        self.write(g, regs::queue::CARD_BASE_HI.offset, base >> 32);
        self.write(g, regs::queue::FLUSH_TIME.offset, self.shape.flush_time);
        self.write(g, regs::queue::VECTOR.offset, u32::MAX as u64);
        self.write(i, regs::queue::RING_SIZE.offset, u32::MAX as u64);
        self.d.set("cfgw_valid", 0u64);
    }

    /// MODE of a queue; what does not matter is anything.
    fn mode(&mut self, i: usize) -> u64 {
        let mode = match self.shape.weight {
            Some(weight) => weight << 8,
            None => self.rng.random::<u32>() as u64,
        };
        let enabled = self.d.get("cfg_ro_enable") << 1 | self.d.get("cfg_ns_enable");
        self.q[i].attr = ((mode >> 4 & 1) << 1 | mode >> 5 & 1) as u32 & enabled as u32;
        let policy = regs::queue::MODE.field("DROP").unwrap().put(self.shape.drop as u32)
            | regs::queue::MODE.field("STORE_FORWARD").unwrap().put(self.shape.store as u32);
        mode & !(7 << 16 | 1 << 6) | policy as u64 | (self.q[i].memory.is_some() as u64) << 6
    }

    fn write(&mut self, g: usize, register: u32, value: u64) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g as u64);
        self.d.set("cfgw_index", register as u64 / 4);
        self.d.set("cfgw_data", value);
        self.step();
    }

    fn clear(&mut self, i: usize) {
        let g = self.nq + i;
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ends] {
            bus.tell(g, 0);
        }
        // The queue of the other direction first: that must not count.
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", i as u64);
        for _ in 0..3 {
            self.step();
            assert_eq!(self.d.get("init_done_ingress") + self.d.get("init_done_plan"), 0);
        }
        self.d.set("init_g", g as u64);
        let (mut ingress, mut plan, mut clocks) = (false, false, 0);
        while !ingress || !plan || self.rng.random() {
            self.step();
            ingress |= self.d.is_set("init_done_ingress");
            plan |= self.d.is_set("init_done_plan");
            clocks += 1;
            assert!(clocks < 200, "clearing takes too long");
        }
        self.d.set("init_valid", 0u64);
        while [&self.heads, &self.rooms, &self.ends].iter().any(|bus| bus.has(g)) {
            self.step();
        }
        self.step();
    }

    /// Stops the queue, waits until the block has done with it and forgets what was on its way.
    pub fn stop(&mut self, i: usize) {
        let mut clocks = self.card_stops(i);
        self.run(8);
        self.q[i].run = false;
        // Control looks some clocks later at the earliest; plan needs one.
        self.run(2);
        while !self.d.is_set("scanning") {
            self.step();
        }
        let mut waited = 0;
        while self.d.get("mem_busy") >> i & 1 == 1 {
            self.step();
            waited += 1;
            assert!(waited < 100_000, "queue {i} stays busy");
        }
        // Other queues may keep it busy for ever; the entries of one queue are gone after so many clocks.
        loop {
            self.step();
            clocks += 1;
            if !self.d.is_set("send_busy") || clocks > 20_000 {
                break;
            }
        }
        let (from, to) = (area(i), area(i + 1));
        self.sink.written.retain(|&at, _| at < from || at >= to);
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ends] {
            bus.forget(self.nq + i);
        }
    }

    /// The card ends its packet if it can, drops the rest of it, or sends the rest after the start. Gives the clocks in which it
    /// sent.
    fn card_stops(&mut self, i: usize) -> u32 {
        self.q[i].feed = false;
        let mut clocks = 0;
        let paused = self.d.get("c2h_pause") >> i & 1 == 1;
        match self.rng.random_range(paused as u32..3) {
            0 => {
                while !self.q[i].beats.is_empty() {
                    self.step();
                    clocks += 1;
                    if self.d.get("c2h_pause") >> i & 1 == 1 {
                        break;
                    }
                }
                self.q[i].beats.clear();
            }
            1 => self.q[i].beats.clear(),
            _ => self.q[i].leftover = std::mem::take(&mut self.q[i].beats),
        }
        while self.offered.as_ref().is_some_and(|b| b.dest == i as u64) {
            self.step();
        }
        clocks
    }

    /// Resets the block in the middle of whatever it does, and starts all queues.
    pub fn reset(&mut self) {
        for q in &mut self.q {
            (q.run, q.feed, q.post) = (false, false, false);
            q.beats.clear();
        }
        self.offered = None;
        for bus in [&mut self.heads, &mut self.rooms, &mut self.ends] {
            *bus = Bus::default();
        }
        self.d.set_wide("run", &[0]);
        for name in
            ["c2h_axis_tvalid", "axi_arready", "axi_rvalid", "head_valid", "room_valid", "finished_valid"]
        {
            self.d.set(name, 0u64);
        }
        let clocks = self.rng.random_range(1..4);
        self.d.set("core_rst", 1u64);
        (0..clocks).for_each(|_| self.memory_alone(self.clock + 1));
        self.d.set("core_rst", 0u64);
        self.sink = Sink::default();
        self.memory_alone(self.clock);
        assert!(!self.d.is_set("send_busy") && !self.d.is_set("rec_c2h_valid"));
        for i in 0..self.nq {
            self.start(i);
        }
    }

    /// A clock in which nobody but the memory does anything; it is `now` behind it.
    fn memory_alone(&mut self, now: u64) {
        let lanes = self.lanes as u64;
        self.memory.before(&mut self.d, &mut self.rng, lanes, self.clock, self.shape.axi);
        self.d.step();
        self.clock = now;
        self.memory.after(&self.d, lanes, now);
    }
}
