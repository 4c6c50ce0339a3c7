//! What drives the path's inputs: buses, the descriptor store, and all that may stall it.

use rand::Rng;

use crate::bench::Bench;

impl Bench {
    /// All inputs for a clock.
    pub fn drive(&mut self) {
        self.buses();
        self.store();
        self.d.set("run", self.run);
        self.d.set("halted", self.halted);
        self.d.set("idle", self.idle);
        self.d.set("data_rd_ready", self.rng.random_bool(self.knobs.read_ready) as u64);
        self.d.set("rec_h2c_ready", self.rng.random_bool(self.knobs.record_ready) as u64);
        self.d.set("h2c_axis_tready", self.rng.random_bool(self.knobs.card_ready) as u64);
        if self.knobs.pause > 0.0 {
            for q in 0..self.shape.queues {
                if self.rng.random_bool(self.knobs.pause) {
                    self.pause ^= 1 << q;
                }
            }
        }
        self.d.set("h2c_pause", self.pause);
        self.completion();
        self.memory.drive(&mut self.d, &mut self.rng);
    }

    fn buses(&mut self) {
        self.d.set("head_valid", 0u64);
        self.d.set("room_valid", 0u64);
        self.d.set("finished_valid", 0u64);
        self.d.set("cfgw_valid", 0u64);
        if let Some((bus, q, value)) = self.tell_bus.take() {
            let field = if bus == "cfgw" { "data" } else { "value" };
            self.d.set(&format!("{bus}_valid"), 1u64);
            self.d.set(&format!("{bus}_g"), q as u64);
            self.d.set(&format!("{bus}_{field}"), value as u64);
            return;
        }
        let q = self.rng.random_range(0..self.shape.queues);
        let queue = &mut self.q[q];
        if queue.told != queue.head {
            // The store holds at most 120.
            queue.told = queue.head.min(queue.taken + 120);
            self.d.set("head_valid", 1u64);
            self.d.set("head_g", q as u64);
            self.d.set("head_value", queue.told as u64);
        }
        if queue.consumed != queue.recorded && self.knobs.consume {
            queue.consumed = queue.recorded;
            self.d.set("room_valid", 1u64);
            self.d.set("room_g", q as u64);
            self.d.set("room_value", queue.consumed as u64);
        }
        if queue.finished != queue.recorded {
            queue.finished = queue.recorded;
            self.d.set("finished_valid", 1u64);
            self.d.set("finished_g", q as u64);
            self.d.set("finished_value", queue.finished as u64);
        }
    }

    /// The descriptor that was looked at in the clock before.
    fn store(&mut self) {
        let (q, slot) = self.desc_at;
        // The slot number wraps; the entry is the one not before what was taken last.
        let taken = self.q[q].taken.saturating_sub(2);
        let entry = taken as usize + (slot.wrapping_sub(taken) & 127) as usize;
        let (descriptor, err) = self.q[q].descriptors.get(entry).copied().unwrap_or_default();
        let bytes = descriptor.to_bytes();
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        self.d.set_wide("h2c_desc_data", &words);
        self.d.set("h2c_desc_err", err as u64);
    }

    fn completion(&mut self) {
        // `cpl_open` is of the beat before.
        let beat = self.host.beat(self.clock, &mut self.rng);
        self.d.set("cpl_valid", beat.is_some() as u64);
        let beat = beat.unwrap_or_default();
        self.d.set("to_land", 1u64);
        match beat.data[..] {
            [] => {}
            [low, high] => self.d.set("cpl_data", low as u64 | (high as u64) << 32),
            _ => self.d.set_wide("cpl_data", &beat.data),
        }
        for (name, value) in [
            ("cpl_open", self.open as u64),
            ("cpl_keep", beat.keep),
            ("cpl_first", beat.first as u64),
            ("cpl_last", beat.last as u64),
            ("cpl_error", beat.error as u64),
            ("cpl_tag", beat.tag),
            ("cpl_status", beat.status),
            ("cpl_byte_count", beat.byte_count),
            ("cpl_len", beat.len),
            ("cpl_low", beat.low),
            ("cpl_ep", beat.ep as u64),
            ("cpl_has_data", beat.has_data as u64),
            ("cpl_bad", beat.bad as u64),
        ] {
            self.d.set(name, value);
        }
        self.open = !beat.shut;
    }
}
