//! What control does with queues: it clears and starts them, stops them, and all are reset.

use ferrolane_abi::regs;
use rand::Rng;

use crate::bench::{Bench, Queue};
use crate::host::Host;

impl Bench {
    /// A Function Level Reset in the middle of everything; the host's answers are lost with it. All queues are cleared and run again.
    pub fn reset(&mut self) {
        self.d.set("cpl_valid", 0u64);
        for name in ["axi_awready", "axi_wready", "axi_bvalid", "h2c_axis_tready"] {
            self.d.set(name, 0u64);
        }
        self.d.pulse("rst", 1);
        self.host = Host::new(self.knobs.host, self.shape.row as usize / 4);
        // The card gets what was on its way to it.
        self.q = (0..self.shape.queues).map(|_| Queue { flushing: true, ..Queue::default() }).collect();
        (self.run, self.halted, self.failed, self.pause, self.desc_at) = (0, 0, 0, 0, (0, 0));
        for q in 0..self.shape.queues {
            self.start(q);
        }
    }

    /// Clears a stopped queue and lets it run.
    pub fn start(&mut self, q: usize) {
        self.run &= !(1 << q);
        self.halted &= !(1 << q);
        self.failed &= !(1 << q);
        let queue = &mut self.q[q];
        (queue.told, queue.consumed, queue.flushing) = (queue.head, queue.recorded, true);
        let base = if q == 1 { u64::MAX - 0x7FF_FFF0 } else { self.rng.random::<u64>() >> 4 };
        self.configure(q, base);
        self.clear(q);
        self.let_the_rest_out();
        self.q[q] = Queue { base, ..Queue::default() };
        self.run |= 1 << q;
        self.idle &= !(1 << q);
    }

    fn configure(&mut self, q: usize, base: u64) {
        let memory = self.to_memory(q) as u32;
        for (register, data) in [
            (regs::queue::MODE.offset, 7 << 8 | memory << 6 | 1 << 4),
            (regs::queue::RING_SIZE.offset, self.knobs.ring << 8 | 9),
            (regs::queue::CARD_BASE_LO.offset, base as u32),
            (regs::queue::CARD_BASE_HI.offset, (base >> 32) as u32),
        ] {
            self.d.set("cfgw_index", register as u64 / 4);
            self.tell_bus = Some(("cfgw", q, data));
            self.step();
        }
    }

    fn clear(&mut self, q: usize) {
        for bus in ["room", "finished", "head"] {
            self.tell_bus = Some((bus, q, 0));
            self.step();
        }
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q as u64);
        let mut waits = vec!["init_done_h2c_issue", "init_done_h2c_commit", "init_done_h2c_egress"];
        for clocks in 0.. {
            self.step();
            waits.retain(|name| !self.d.is_set(name));
            if waits.is_empty() {
                break;
            }
            assert!(clocks < 500, "no {waits:?}");
        }
        self.d.set("init_valid", 0u64);
    }

    /// What the last life left in the small FIFO behind egress comes out first.
    fn let_the_rest_out(&mut self) {
        let mut left = 5;
        while left > 0 {
            self.step();
            if self.d.is_set("h2c_axis_tready") || !self.d.is_set("h2c_axis_tvalid") {
                left -= 1;
            }
        }
    }

    /// Stops a queue and waits until nothing of it is in flight.
    pub fn drain(&mut self, q: usize) {
        self.run &= !(1 << q);
        let mut clocks = 0;
        while !self.d.is_set("scanning") || clocks < 2 {
            self.step();
            clocks += 1;
        }
        let issued = self.d.get("req_issued");
        for _ in 0..20_000 {
            let left = issued.wrapping_sub(self.d.get("req_committed")) & 0xFFFF;
            if (left == 0 || left > 0x8000) && self.is_quiet(q) {
                self.idle |= 1 << q;
                return;
            }
            self.step();
        }
        panic!("queue {q} does not drain");
    }

    /// Whether the queue's memory port comes to rest: 8 clocks without a record on offer. What was offered by then is accepted.
    fn is_quiet(&mut self, q: usize) -> bool {
        let mut free = 0;
        while free < 8 {
            self.step();
            if self.d.get("mem_busy") >> q & 1 == 1 {
                return false;
            }
            free = if self.d.is_set("rec_h2c_valid") { 0 } else { free + 1 };
        }
        true
    }
}
