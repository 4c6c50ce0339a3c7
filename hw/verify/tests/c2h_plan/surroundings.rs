//! What stands around plan: the shares with their packets, the host's descriptors, and the buses that tell of both.

use ferrolane_abi::{descriptor, status};
use rand::Rng;

use crate::bench::{Bench, NQ, SLOTS};

#[derive(Clone, Copy)]
pub struct Desc {
    pub addr: u64,
    pub len: u64,
    pub flags: u8,
    /// Fetch's verdict.
    pub code: u8,
    /// On a memory queue: the lane it begins in.
    pub lane: Option<u64>,
}

impl Desc {
    /// The code with which it is refused, or 0.
    pub fn status(&self) -> u8 {
        const PACKET: u8 = descriptor::SOP | descriptor::EOP;
        let refused = match self.lane {
            Some(_) => descriptor::REFUSED & !descriptor::FIXED | PACKET,
            None => descriptor::REFUSED,
        };
        if self.code != 0 {
            self.code
        } else if self.len == 0 {
            status::BAD_LENGTH
        } else if self.flags & refused != 0 {
            status::BAD_FLAGS
        } else if self.flags & descriptor::FIXED != 0 && self.lane != Some(0) {
            status::BAD_CARD_ADDRESS
        } else {
            0
        }
    }
}

impl Bench {
    fn size(&mut self, most: u64) -> u64 {
        if self.fixed {
            return most;
        }
        let top = 1 << self.rng.random_range(0..=most.ilog2());
        self.rng.random_range(1..=top)
    }

    /// The card writes a row, the host posts a descriptor or takes records.
    pub fn others(&mut self, i: usize) {
        if !self.q[i].run {
            return;
        }
        if self.q[i].used() < 500 && self.q[i].pkts.wrapping_sub(self.q[i].read_pkts) < 60 {
            let packet = match self.q[i].writing {
                None if self.q[i].memory => self.q[i].reads.pop_front(),
                None => {
                    let n = self.size(self.packet);
                    Some((n, n, self.rng.random(), false))
                }
                writing => writing,
            };
            if let Some(packet) = packet {
                self.row(i, packet);
            }
        }
        self.post(i);
        let q = &mut self.q[i];
        // What was told to be taken before it ended.
        let ended = q.index.min(q.taken);
        if q.consumer < ended && self.rng.random_bool(0.3) {
            q.consumer = self.rng.random_range(q.consumer + 1..=ended);
            self.rooms.push_back((i, q.consumer));
        }
        if q.finished < ended && self.rng.random_bool(0.3) {
            q.finished += 1 + self.rng.random_range(0..=(ended - q.finished - 1).min(2));
            self.ended.push_back((i, q.finished));
        }
    }

    /// The next row of a packet.
    fn row(&mut self, i: usize, packet: (u64, u64, u32, bool)) {
        let q = &mut self.q[i];
        let (all, stop, user, bad) = packet;
        if q.writing.is_none() {
            q.packets.push_back((stop, user, bad));
        }
        q.written += 16;
        q.writing = Some(packet);
        if q.written >= all {
            // Position behind the last byte, row behind it, TUSER, cut by an error, from the lowest bit.
            let stop = (q.row as u64 * 16 + 16 + stop - all.next_multiple_of(16)) as u32 & 0xF_FFFF;
            let after = q.row.wrapping_add(1) as u32;
            q.ends[q.pkts as usize % 64] =
                [stop | after << 24, after >> 8 | user << 8, user >> 24 | (bad as u32) << 9];
            q.pkts = q.pkts.wrapping_add(1);
            (q.writing, q.written) = (None, 0);
        }
        q.row = q.row.wrapping_add(1);
        self.fills.push_back((i, q.row, q.pkts));
    }

    /// The host posts a descriptor.
    fn post(&mut self, i: usize) {
        let room = self.q[i].head.wrapping_sub(self.q[i].taken) < SLOTS;
        if !room || self.q[i].descs.iter().any(|d| d.status() != 0) || !self.rng.random::<bool>() {
            return;
        }
        let (card, desc) = self.descriptor(i);
        if let (Some(lane), 0) = (desc.lane, desc.status()) {
            self.ask(i, lane, desc.len);
        }
        let q = &mut self.q[i];
        let dws =
            [desc.addr as u32, (desc.addr >> 32) as u32, desc.len as u32 | (desc.flags as u32) << 24, card];
        q.store[(q.head % SLOTS) as usize] = (dws, desc.code);
        q.descs.push_back(desc);
        q.head += 1;
        self.heads.push_back((i, q.head));
    }

    /// A random descriptor, good or bad, and its card address.
    fn descriptor(&mut self, i: usize) -> (u32, Desc) {
        let addr = self.rng.random::<u64>() >> self.rng.random_range(0..40);
        let card: u32 = self.rng.random();
        let memory = self.q[i].memory;
        let lane = (self.q[i].lane + card as u64) % 16;
        let mut flags = self.rng.random_range(0..8);
        if memory {
            let fixed = if lane == 0 { descriptor::FIXED } else { 0 };
            flags = flags & descriptor::IRQ | fixed;
        }
        if !self.fixed && self.rng.random_bool(0.1) {
            flags |= descriptor::FENCE;
        }
        let len = self.size(self.descriptor);
        let mut desc = Desc { addr, len, flags, code: 0, lane: memory.then_some(lane) };
        if self.rng.random_bool(self.bad) {
            match self.rng.random_range(0..4) {
                0 => desc.code = self.rng.random_range(1..=255),
                1 => desc.len = 0,
                2 if memory => desc.flags |= [1, 2, 64][self.rng.random_range(0..3)],
                _ => desc.flags |= [8, 16, 64, 128][self.rng.random_range(0..4)],
            }
        }
        (card, desc)
    }

    /// The memory reader asks for a descriptor's bytes: a packet, which an error may cut.
    fn ask(&mut self, i: usize, lane: u64, len: u64) {
        let all = lane + len;
        let rows = all.div_ceil(16);
        let good = if self.rng.random_bool(self.bad) { self.rng.random_range(0..rows) } else { rows };
        self.q[i].reads.push_back(match good {
            _ if good == rows => (all, all, 0, false),
            0 => (16, lane, 0, true),
            _ => (16 * (good + 1), 16 * good, 0, true),
        });
    }

    /// Rows and packets in a share, as ingress tells them.
    pub fn tell_fill(&mut self) {
        let fill = self.fills.pop_front();
        self.d.set("fill_valid", fill.is_some() as u64);
        let (i, row, pkts) =
            fill.unwrap_or((self.rng.random_range(0..NQ), self.rng.random(), self.rng.random()));
        self.d.set("fill_q", i as u64);
        self.d.set("fill_row", row as u64);
        self.d.set("fill_pkts", pkts as u64);
        if fill.is_some() {
            (self.q[i].told_row, self.q[i].told_pkts) = (row, pkts);
        }
    }

    /// Head, room and finished; between them, events of the other direction.
    pub fn tell_indices(&mut self) {
        let events = [
            ("head", self.heads.pop_front()),
            ("room", self.rooms.pop_front()),
            ("finished", self.ended.pop_front()),
        ];
        if let (_, Some((i, value))) = events[2] {
            self.q[i].told_finished = value;
        }
        for (name, event) in events {
            let other = self.rng.random_range(0..NQ);
            let (g, value) = event.map_or((other, self.rng.random::<u32>() >> 1), |(i, v)| (NQ + i, v));
            self.d.set(&format!("{name}_valid"), 1u64);
            self.d.set(&format!("{name}_g"), g as u64);
            self.d.set(&format!("{name}_value"), value as u64);
        }
    }

    /// The descriptor and the packet's end that were looked at come in the clock behind.
    pub fn read_stores(&mut self) {
        let (desc_q, slot) = (self.d.get("c2h_desc_q") as usize, self.d.get("c2h_desc_slot") as usize);
        let (dws, err) = self.q[desc_q].store[slot];
        self.d.set_wide("c2h_desc_data", &dws);
        self.d.set("c2h_desc_err", err as u64);
        let at = self.d.get("pkt_raddr") as usize;
        let end = self.q[at / 64].ends[at % 64];
        self.d.set_wide("pkt_rdata", &end);
    }
}
