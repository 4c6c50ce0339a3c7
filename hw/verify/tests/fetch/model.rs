//! What the block must read, and what must be in its stores then.

use super::list::{stored, Meaning};
use super::{Bench, Life, LIST, RING};

/// Contents of a ring's descriptor: never the same twice.
pub fn descriptor(g: usize, life: u32, index: u32) -> [u32; 4] {
    [index, life, g as u32 | 0xABC0_0000, index.wrapping_mul(0x9E37_79B9) ^ life]
}

impl Bench {
    /// What host memory holds.
    pub fn memory(&self, g: usize, address: u64) -> [u32; 4] {
        let q = &self.queues[g];
        if q.mode != RING {
            return self.memory[&address];
        }
        // A ring's slot holds the descriptor of the lap that is fetched.
        let slot = ((address - q.base) / 16) as u32;
        let behind = (q.passed as u32).wrapping_sub(slot) & !((1 << q.log2) - 1);
        let index = behind.wrapping_add(slot);
        let back = index.wrapping_sub(q.passed as u32) as i32;
        descriptor(g, q.lives, if back < 0 { index.wrapping_add(1 << q.log2) } else { index })
    }

    /// Passes what has come, in order.
    pub fn count(&mut self, g: usize) {
        let q = &mut self.queues[g];
        while !q.dead && !q.bad_pending && (q.mode == RING || !q.list_done) {
            let Some(what) = q.came.remove(&q.passed) else { break };
            let meaning = match q.mode {
                RING => Meaning::Data(descriptor(g, q.lives, q.passed as u32), false),
                _ => q.list.entries[q.passed as usize],
            };
            q.changed = self.clock;
            let (entry, ends) = match (what, meaning) {
                (Some(code), _) | (None, Meaning::Fault(code)) => {
                    if what.is_none() {
                        *self.faults.entry(code).or_default() += 1;
                    }
                    q.dead = true;
                    (Some(([0; 4], code)), false)
                }
                // END is taken out of lists only.
                (None, Meaning::Data(data, ends)) if q.mode == RING => (Some((data, 0)), ends),
                (None, Meaning::Data(data, ends)) => (Some((stored(data), 0)), ends),
                (None, Meaning::Link) => (None, false),
                (None, Meaning::LinkToNothing) => {
                    q.bad_pending = true;
                    (None, false)
                }
            };
            if let Some(entry) = entry {
                q.entries.insert(q.limit, entry);
                q.limit = q.limit.wrapping_add(1);
            }
            q.passed += 1;
            let all = ends || q.passed as usize == q.list.entries.len();
            if q.mode == LIST && !q.dead && !q.bad_pending && all {
                q.list_done = true;
            }
        }
    }

    /// Where the next read of a queue starts, and how many entries it may bring.
    pub fn expected_read(&self, g: usize) -> Option<(u64, u64)> {
        let q = &self.queues[g];
        match q.mode {
            _ if matches!(q.life, Life::Stopped | Life::Clearing) => None,
            RING => {
                let slot = q.asked & ((1 << q.log2) - 1);
                let there = q.prod.wrapping_sub(q.asked as u32) as u64;
                Some((q.base + slot * 16, there.min((1 << q.log2) - slot)))
            }
            LIST => {
                let s =
                    q.list.segments.iter().find(|s| (s.first..s.first + s.len as u64).contains(&q.asked))?;
                let off = q.asked - s.first;
                if off == 0 && q.passed != s.first {
                    return None;
                }
                Some((s.address + off * 16, s.len as u64 - off))
            }
            _ => None,
        }
    }
}
