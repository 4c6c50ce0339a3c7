//! The memories that egress reads: rows, and what is known of packets.

use rand::Rng;

use crate::bench::Bench;

/// A row tells whose it is.
pub fn word(q: u64, life: u64, row: u64, bytes: u64) -> Vec<u32> {
    let mut words = vec![row as u32, (q | life << 8) as u32];
    words.resize(bytes as usize / 4, 0xCAFE);
    words
}

impl Bench {
    /// What was looked up in the clock before.
    pub fn give(&mut self) {
        if self.shape.row == 8 {
            self.d.set("r_data", self.data[0] as u64 | (self.data[1] as u64) << 32);
        } else {
            self.d.set_wide("r_data", &self.data);
        }
        let slots = self.shape.slots;
        let (q, slot) = (self.slot_at / slots, self.slot_at % slots);
        let queue = &self.q[q as usize];
        let first = queue.freed.1.saturating_sub(1);
        let index = first + (slot + slots - first % slots) % slots;
        let (user, end, bytes) = queue.packets.get(index as usize).copied().unwrap_or((7, 7, 7));
        // Before the packet has a row the memory holds anything, and before its end is committed any end.
        let before = index.checked_sub(1).and_then(|before| queue.packets.get(before as usize));
        let begins = before.map_or(0, |packet| packet.1 + 1);
        let known = queue.written.1 > index;
        let user = if queue.written.0 > begins { user } else { self.rng.random::<u64>() & 0x1_FFFF_FFFF };
        let (end, bytes) = if known { (end, bytes) } else { (self.rng.random_range(0..8) + begins, 1) };
        self.d.set("user", user);
        self.d.set("packet_end", ((end + 1) & 0xFFFF) | (bytes - 1) << 16);
    }

    /// What is looked up comes in the clock behind.
    pub fn look_up(&mut self) {
        let at = self.d.get("r_row");
        let rows = self.shape.rows;
        let (q, row) = (at / rows, at % rows);
        let queue = &self.q[q as usize];
        // The row that is in the share now at that place.
        let full = queue.freed.0.saturating_sub(1);
        let row = full + (row + rows - full % rows) % rows;
        self.data = word(q, queue.life, row, self.shape.row);
        self.slot_at = self.d.get("packet_slot");
    }
}
