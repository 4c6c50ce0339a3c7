//! What the bench checks of the path's outputs.

use crate::bench::Bench;
use crate::host::{memory, Read};
use crate::model::Record;

impl Bench {
    pub fn take_error(&mut self) {
        if self.d.is_set("h2c_err_valid") {
            let q = self.d.get("h2c_err_q") as usize;
            assert!(self.q[q].error.replace(self.d.get("h2c_err_code")).is_none(), "one error per life");
            self.halted |= 1 << q;
        }
    }

    /// Checks a memory read, PCIe Base Spec 2.2.7.
    pub fn take_read(&mut self) {
        assert!(self.host.reads.is_empty() || self.d.is_set("trans_pending"), "a read is on its way");
        if !(self.d.is_set("data_rd_valid") && self.d.is_set("data_rd_ready")) {
            return;
        }
        let field = |name: &str| self.d.get(&format!("data_rd_{name}"));
        let (addr, bytes, tag) = (field("addr"), field("bytes"), field("tag"));
        assert_eq!(field("attr"), (self.knobs.attr & 1 << 1) as u64, "Relaxed Ordering where both allow it");
        let mrrs = self.size();
        assert!(bytes <= mrrs && addr / mrrs == (addr + bytes - 1) / mrrs, "{addr:#x} + {bytes}");
        let max = if self.knobs.ext_tag { self.shape.tags - 1 } else { 31 };
        let first = if self.shape.tags == 256 { 16 } else { 8 };
        assert!((first..=max).contains(&tag));
        assert!(self.host.reads.iter().all(|r| r.tag != tag), "tag {tag} in use");
        let fault = self.faults.iter().filter(|f| (addr..addr + bytes).contains(&f.0)).map(|f| f.1).next();
        let due = self.clock + self.host.habits.latency;
        self.host.reads.push(Read { tag, addr, bytes, done: 0, due, fault });
    }

    /// What is in the card's memory is what some descriptor put there.
    pub fn compare_memory(&self, all: bool) {
        for (at, byte) in &self.memory.bytes {
            assert_eq!(self.allowed.get(at), Some(byte), "{at:#x}");
        }
        for (at, bytes) in &self.memory.fixed {
            assert!(self.fixed[at].starts_with(bytes), "{at:#x}");
        }
        if all {
            assert_eq!(self.memory.bytes.len(), self.allowed.len());
            assert_eq!(self.memory.fixed, self.fixed);
        }
    }

    pub fn take_record(&mut self) {
        if !(self.d.is_set("rec_h2c_valid") && self.d.is_set("rec_h2c_ready")) {
            return;
        }
        let q = self.d.get("rec_h2c_q") as usize;
        let field = |name: &str| self.d.get(&format!("rec_h2c_{name}"));
        let record = Record {
            bytes: field("bytes"),
            index: field("index"),
            flags: field("flags"),
            status: field("status"),
            irq: field("irq"),
        };
        assert_eq!(Some(record), self.q[q].records.pop_front(), "queue {q} at clock {}", self.clock);
        if self.to_memory(q) {
            let (address, host, bytes, fixed) = self.q[q].writes.pop_front().expect("one per record");
            for i in (0..bytes).filter(|_| record.status == 0 && !fixed) {
                let at = address.wrapping_add(i);
                let byte = memory(host + i);
                assert_eq!(self.memory.answered.get(&at), Some(&byte), "queue {q}: record before its write");
            }
            self.card_bytes += bytes;
        }
        self.q[q].recorded += 1;
        let held = self.q[q].recorded - self.q[q].consumed;
        assert!(
            held <= 1 << self.knobs.ring,
            "queue {q} has {held} records for a ring of {}",
            1 << self.knobs.ring
        );
    }

    pub fn take_beat(&mut self) {
        let valid = self.d.is_set("h2c_axis_tvalid");
        let side =
            ["tkeep", "tlast", "tdest", "tuser", "terr"].map(|name| self.d.get(&format!("h2c_axis_{name}")));
        let beat = (self.d.get_wide("h2c_axis_tdata"), side);
        if let Some(stood) = self.stood.take() {
            assert!(valid, "TVALID falls before TREADY");
            assert_eq!(beat, stood, "a beat that waits changes");
        }
        let stands = valid && !self.d.is_set("h2c_axis_tready");
        self.count_pause(stands);
        if !valid {
            return;
        }
        let q = self.d.get("h2c_axis_tdest") as usize;
        assert!(!self.to_memory(q), "queue {q} is a memory queue");
        if stands {
            self.stood = Some(beat);
            return;
        }
        assert!(self.q[q].paused_for <= 8, "queue {q} sends {} clocks after its pause", self.q[q].paused_for);
        self.beat(q);
    }

    /// How long each queue has been paused, in clocks in which its next beat might have come.
    fn count_pause(&mut self, stands: bool) {
        for (i, q) in self.q.iter_mut().enumerate() {
            q.paused_for = if self.pause >> i & 1 == 1 { q.paused_for + u64::from(!stands) } else { 0 };
        }
    }

    /// A beat that the card takes.
    fn beat(&mut self, q: usize) {
        let row = self.shape.row as usize;
        let (keep, last) = (self.d.get("h2c_axis_tkeep") as u32, self.d.is_set("h2c_axis_tlast"));
        let user = self.d.get("h2c_axis_tuser") as u32;
        let count = keep.count_ones() as usize;
        assert_eq!(keep, ((1u64 << count) - 1) as u32, "lanes from 0 on");
        assert!(last || count == row, "only the last beat may be short");
        let queue = &mut self.q[q];
        if self.d.is_set("h2c_axis_terr") {
            assert!(last && count == 0 && user == 0);
            assert_eq!(self.mid >> q & 1, 1, "queue {q}: only an open packet is closed");
            assert!(!queue.begun || (self.halted | self.idle) >> q & 1 == 1, "queue {q} isn't cut");
            (self.mid, queue.begun) = (self.mid & !(1 << q), false);
            self.closed += 1;
            return;
        }
        let mid = self.mid >> q & 1 == 1;
        self.mid = self.mid & !(1 << q) | u64::from(!last) << q;
        if queue.flushing {
            return;
        }
        assert_eq!(mid, queue.begun, "queue {q}: the next packet is glued to one that was cut");
        queue.begun = !last;
        self.compare(q, user, count, last);
    }

    /// The beat's bytes go on in the packet.
    fn compare(&mut self, q: usize, user: u32, count: usize, last: bool) {
        let words = self.d.get_wide("h2c_axis_tdata");
        let queue = &mut self.q[q];
        let packet = queue.packets.front_mut().unwrap_or_else(|| panic!("queue {q}: beat without packet"));
        assert_eq!(user, packet.user, "queue {q}");
        assert!(packet.bytes.len() >= count, "queue {q}: {count} bytes of {}", packet.bytes.len());
        for lane in 0..count {
            let byte = (words[lane / 4] >> (lane % 4 * 8)) as u8;
            assert_eq!(
                Some(byte),
                packet.bytes.pop_front(),
                "queue {q} beat {} lane {lane} clock {}",
                queue.beats,
                self.clock
            );
        }
        assert_eq!(last, packet.ended && packet.bytes.is_empty(), "queue {q} beat {}", queue.beats);
        if last {
            queue.packets.pop_front();
        }
        queue.beats += 1;
        self.card_bytes += count as u64;
    }
}
