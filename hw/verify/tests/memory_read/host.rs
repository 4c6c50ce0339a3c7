//! What stands around the reader: control, fetch, the registers' bus, and plan and send, which read the shares.

use ferrolane_abi::{descriptor, regs};
use rand::Rng;

use crate::bench::{Bench, Queue};

const SLOTS: u32 = 128;

/// What a descriptor asks for.
#[derive(Clone, Copy, Debug)]
pub struct Desc {
    pub addr: u64,
    pub len: u64,
    pub fixed: bool,
    pub fence: bool,
    pub index: u32,
}

/// Fields of a descriptor as fetch stores it, with its verdict.
struct Posted {
    len: u64,
    card: u32,
    flags: u8,
    err: u8,
}

/// Each queue has 1 TiB of its own.
pub fn queue_of(addr: u64) -> usize {
    (addr >> 40) as usize - 1
}

impl Bench {
    fn write(&mut self, g: usize, register: u32, value: u64) {
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", g as u64);
        self.d.set("cfgw_index", register as u64 / 4);
        self.d.set("cfgw_data", value);
        self.step();
        self.d.set("cfgw_valid", 0u64);
    }

    /// Sets up a queue that is stopped, clears it and lets it run.
    pub fn start(&mut self, i: usize) {
        self.set_up(i);
        self.clear(i);
        let clocks = self.rng.random_range(1..6);
        (0..clocks).for_each(|_| self.step());
        (self.q[i].run, self.q[i].post) = (true, true);
    }

    /// Registers of a queue; those of the other direction mean nothing.
    fn set_up(&mut self, i: usize) {
        let g = self.b.nq + i;
        let base = (i as u64 + 1) << 40 | self.rng.random::<u64>() >> 25;
        let memory = self.b.nq == 1 || self.rng.random_bool(0.8);
        self.q[i] = Queue { memory, base, store: vec![([0; 2], 0); SLOTS as usize], ..Queue::default() };
        self.write(g, regs::queue::CARD_BASE_LO.offset, base & 0xFFFF_FFFF);
        self.write(g, regs::queue::CARD_BASE_HI.offset, base >> 32);
        self.write(g, regs::queue::VECTOR.offset, 0x5555_5555);
        let junk = self.rng.random::<u32>() as u64 & !64;
        self.write(g, regs::queue::MODE.offset, junk | (memory as u64) << 6);
        self.known[i] = memory;
        self.write(i, regs::queue::MODE.offset, !junk & 0xFFFF_FFFF);
        self.write(i, regs::queue::CARD_BASE_LO.offset, 0);
    }

    fn clear(&mut self, i: usize) {
        let g = self.b.nq + i;
        for name in ["head", "finished"] {
            self.d.set(&format!("{name}_valid"), 1u64);
            self.d.set(&format!("{name}_g"), g as u64);
            self.d.set(&format!("{name}_value"), 0u64);
        }
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", g as u64);
        self.d.set("c2h_freed_valid", 1u64);
        self.d.set("c2h_freed_q", i as u64);
        self.d.set("c2h_freed_row", 0u64);
        self.d.set("c2h_freed_pkts", 0u64);
        self.clock();
        self.d.set("init_valid", 0u64);
        self.d.set("init_g", self.rng.random_range(0..2 * self.b.nq) as u64);
    }

    /// Stops a queue as control does: nothing of it may be under way when its bit has fallen.
    pub fn stop(&mut self, i: usize) {
        (self.q[i].run, self.q[i].post) = (false, false);
        self.step();
        let mut clocks = 0;
        while self.busy(i) {
            self.step();
            clocks += 1;
            assert!(clocks < 20_000, "queue {i} stays busy");
        }
        assert!(!self.memory.concerns(|addr| queue_of(addr) == i), "a burst of queue {i} is under way");
        assert!(self.pipe.iter().all(|b| b.0 != i), "a beat of queue {i} is under way");
        assert!(self.q[i].coming.iter().all(|d| queue_of(d.addr) == i));
    }

    pub fn host(&mut self) {
        self.fetch();
        self.tell("head");
        self.tell("finished");
        self.free();
    }

    /// Fetch keeps 128 descriptors that plan has not taken: with the packet in its share.
    fn fetch(&mut self) {
        let i = self.rng.random_range(0..self.b.nq);
        let q = &self.q[i];
        let room = q.head as u64 - q.packets < SLOTS as u64;
        if !(q.run && q.post && room && !q.refused && self.rng.random_bool(self.post)) {
            return;
        }
        let mut posted = self.good(i);
        let mut refused = false;
        if self.q[i].memory && self.rng.random_bool(self.bad) {
            refused = self.spoil(i, &mut posted);
        }
        let Posted { len, card, flags, err } = posted;
        let q = &mut self.q[i];
        q.refused = refused;
        q.store[(q.head % SLOTS) as usize] = ([len as u32 | (flags as u32) << 24, card], err);
        if q.memory && !refused {
            q.wanted.push_back(Desc {
                addr: q.base.wrapping_add(card as u64),
                len,
                fixed: flags & descriptor::FIXED != 0,
                fence: flags & descriptor::FENCE != 0,
                index: q.head,
            });
        }
        q.head += 1;
    }

    /// A descriptor that is not refused.
    fn good(&mut self, i: usize) -> Posted {
        let q = &self.q[i];
        let top = 1 << self.rng.random_range(0..=self.most.ilog2());
        let (mut len, mut card) = (self.most, q.head.wrapping_mul(self.most as u32));
        if self.even {
            card = card.wrapping_sub(q.base as u32 & 63) & 0x0FFF_FFFF;
        } else {
            len = self.rng.random_range(1..=top);
            card = self.rng.random();
        }
        let fixed = q.memory && self.rng.random_bool(self.fixed);
        if fixed {
            card = card.wrapping_sub(q.base.wrapping_add(card as u64) as u32 % self.b.lanes as u32);
        }
        let mut flags = self.rng.random::<u8>() & descriptor::IRQ;
        if self.rng.random_bool(self.fence) {
            flags |= descriptor::FENCE;
        }
        if fixed {
            flags |= descriptor::FIXED;
        }
        Posted { len, card, flags, err: 0 }
    }

    /// Makes a descriptor one that is refused; gives whether it is.
    fn spoil(&mut self, i: usize, posted: &mut Posted) -> bool {
        let (base, lanes) = (self.q[i].base, self.b.lanes);
        match self.rng.random_range(0..4) {
            0 => posted.err = self.rng.random_range(1..=255),
            1 => posted.len = 0,
            2 => posted.flags |= [1, 2, 8, 16, 128][self.rng.random_range(0..5)],
            _ => {
                let aligned = |card: u32| base.wrapping_add(card as u64).is_multiple_of(lanes);
                if aligned(posted.card) {
                    posted.card ^= 1 + (self.rng.random::<u32>() & (lanes as u32 - 1)) / 2;
                }
                posted.flags |= descriptor::FIXED;
                return !aligned(posted.card);
            }
        }
        true
    }

    /// The latest value of a queue on one of the buses, or anything of a queue whose value doesn't count.
    fn tell(&mut self, name: &str) {
        let i = self.rng.random_range(0..self.b.nq);
        let q = &mut self.q[i];
        let other = self.rng.random::<bool>() || !q.run;
        self.d.set(&format!("{name}_valid"), self.rng.random::<bool>() as u64);
        let mut value = self.rng.random::<u32>();
        if !other {
            self.d.set(&format!("{name}_valid"), 1u64);
            if name == "head" {
                q.told_head = q.head;
                value = q.head;
            } else {
                // A descriptor has ended once its packet has left the share.
                let ended = q.packets as u32 - q.ends.len() as u32;
                q.told_finished = ended;
                value = ended;
            }
        }
        self.d.set(&format!("{name}_g"), (i + if other { 0 } else { self.b.nq }) as u64);
        self.d.set(&format!("{name}_value"), value as u64);
    }

    /// Plan and send read the shares.
    fn free(&mut self) {
        let i = self.rng.random_range(0..self.b.nq);
        let q = &mut self.q[i];
        let frees = self.rng.random_bool(self.free) && q.run && q.freed.0 != q.rows_in;
        if frees {
            q.freed.0 = if self.even { q.rows_in } else { self.rng.random_range(q.freed.0..=q.rows_in) };
            while q.ends.front().is_some_and(|end| *end <= q.freed.0) {
                q.ends.pop_front();
                q.freed.1 += 1;
            }
        }
        self.d.set("c2h_freed_valid", frees as u64);
        self.d.set("c2h_freed_q", i as u64);
        // Of rows send tells as many bits as tell the difference.
        let row = if frees { q.freed.0 & (2 * self.b.rows - 1) } else { self.rng.random::<u16>() as u64 };
        self.d.set("c2h_freed_row", row);
        self.d.set("c2h_freed_pkts", q.freed.1 & 0xFFFF);
    }
}
