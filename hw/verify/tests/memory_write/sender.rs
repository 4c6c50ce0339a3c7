//! The sender: packets of all queues, a row per beat, a queue for some beats at a time.

use rand::Rng;

use crate::bench::{Bench, Queue};

pub struct Packet {
    pub address: u64,
    pub data: Vec<u8>,
    pub fixed: bool,
    card: u32,
    /// Rows sent.
    pub sent: usize,
    /// The queue is cleared before its end comes.
    pub cut: Option<usize>,
}

impl Packet {
    pub fn rows(&self, row: usize) -> usize {
        (self.address as usize % row + self.data.len()).div_ceil(row)
    }

    /// Puts its next row into `bytes`; gives the lanes that count, those before its first byte among them.
    fn fill(&self, bytes: &mut [u8]) -> u64 {
        let row = bytes.len();
        let lane = if self.fixed { 0 } else { self.address as usize % row };
        let first = self.sent * row;
        let mut keep = 0u64;
        for (i, byte) in bytes.iter_mut().enumerate() {
            let at = first + i;
            if at < lane + self.data.len() {
                keep |= 1 << i;
                if at >= lane {
                    *byte = self.data[at - lane];
                }
            }
        }
        keep
    }
}

impl Queue {
    fn sends(&self) -> bool {
        self.paused_for <= 4 && !self.packets.is_empty()
    }
}

impl Bench {
    /// A packet of `len` bytes at `offset` behind the place of its own.
    pub fn packet(&mut self, q: usize, offset: u32, len: usize, fixed: bool) {
        let row = self.shape.row as u64;
        let mut card = self.next_card + offset;
        if fixed {
            let lane = self.q[q].base.wrapping_add(card as u64) % row;
            card = card.wrapping_add((row - lane) as u32);
        }
        self.next_card += len as u32 + 0x2000 + (offset & !0xFFF);
        let address = self.q[q].base.wrapping_add(card as u64);
        let data: Vec<u8> = (0..len).map(|_| self.rng.random()).collect();
        if fixed {
            self.fixed.entry(address).or_default().extend(&data);
        } else {
            for (i, byte) in data.iter().enumerate() {
                self.expected.insert(address.wrapping_add(i as u64), *byte);
            }
        }
        self.q[q].packets.push_back(Packet { address, data, fixed, card, sent: 0, cut: None });
    }

    /// Whose turn it is.
    pub fn turn(&mut self) {
        if self.quantum != 0 && self.q[self.current].sends() {
            return;
        }
        let ready: Vec<usize> = (0..self.shape.queues).filter(|q| self.q[*q].sends()).collect();
        if !ready.is_empty() {
            self.current = ready[self.rng.random_range(0..ready.len())];
        }
        self.quantum = self.rng.random_range(1..=64);
    }

    /// Offers a beat of the present queue; gives whether there is one.
    pub fn offer(&mut self) -> bool {
        let row = self.shape.row;
        let queue = &self.q[self.current];
        let sends = queue.sends() && !self.rng.random_bool(self.idle) && !self.still;
        self.d.set("s_valid", sends as u64);
        if !sends {
            return false;
        }
        let packet = &queue.packets[0];
        let mut bytes: Vec<u8> = (0..row).map(|_| self.rng.random()).collect();
        let keep = packet.fill(&mut bytes);
        let words: Vec<u32> = bytes.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        if row == 8 {
            self.d.set("s_data", words[0] as u64 | (words[1] as u64) << 32);
        } else {
            self.d.set_wide("s_data", &words);
        }
        self.d.set("s_keep", keep);
        self.d.set("s_last", (packet.sent + 1 == packet.rows(row)) as u64);
        self.d.set("s_q", self.current as u64);
        self.d.set("s_card", packet.card as u64);
        self.d.set("s_fixed", packet.fixed as u64);
        true
    }

    /// The beat was taken.
    pub fn sent(&mut self) {
        let row = self.shape.row;
        self.quantum = self.quantum.saturating_sub(1);
        let queue = &mut self.q[self.current];
        let packet = &mut queue.packets[0];
        packet.sent += 1;
        queue.rows_sent = queue.rows_sent.wrapping_add(1);
        if packet.cut == Some(packet.sent) {
            queue.packets.pop_front();
        } else if packet.sent == packet.rows(row) {
            let packet = queue.packets.pop_front().expect("it is there");
            let end = packet.address.wrapping_add(packet.data.len() as u64 - 1);
            let bad = self.memory.fails(packet.address, if packet.fixed { packet.address } else { end });
            let data = if packet.fixed { vec![] } else { packet.data };
            queue.open.push_back((bad, packet.address, data));
        }
    }
}
