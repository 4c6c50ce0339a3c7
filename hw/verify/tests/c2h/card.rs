//! The card's side: packets of all queues, cut into beats.

use rand::Rng;

use crate::bench::Bench;

#[derive(Clone, Debug)]
pub struct CardBeat {
    pub dest: u64,
    pub data: Vec<u32>,
    pub keep: u64,
    pub last: bool,
    pub user: u32,
}

impl Bench {
    /// A random length, all magnitudes alike.
    pub fn length(&mut self, most: usize) -> usize {
        if self.shape.fixed {
            return most;
        }
        let top = 1 << self.rng.random_range(0..=most.ilog2());
        self.rng.random_range(1..=top)
    }

    pub fn card(&mut self) {
        if self.offered.is_none() && self.rng.random_bool(self.shape.card) {
            self.offered = self.next_beat();
        }
        self.d.set("c2h_axis_tvalid", self.offered.is_some() as u64);
        if let Some(b) = &self.offered {
            self.d.set("c2h_axis_tdest", b.dest);
            self.d.set_wide("c2h_axis_tdata", &b.data);
            self.d.set("c2h_axis_tkeep", b.keep);
            self.d.set("c2h_axis_tlast", b.last as u64);
            self.d.set("c2h_axis_tuser", b.user as u64);
        }
    }

    fn next_beat(&mut self) -> Option<CardBeat> {
        if self.nq < 64 && self.rng.random_bool(self.shape.stray) {
            let dest = self.rng.random_range(self.nq as u64..64);
            let last = self.rng.random();
            return Some(CardBeat {
                dest,
                data: (0..self.lanes / 4).map(|_| self.rng.random()).collect(),
                keep: 0xFF,
                last,
                user: self.rng.random(),
            });
        }
        let pause = self.d.get("c2h_pause");
        let start = self.rng.random_range(0..self.nq);
        let nq = self.nq;
        for i in (0..nq).map(|k| (start + k) % nq) {
            if let Some(heed) = self.shape.heed {
                if pause >> i & 1 == 0 {
                    self.q[i].late = 0;
                } else if self.q[i].late >= heed {
                    continue;
                } else {
                    self.q[i].late += 1;
                }
            }
            if self.q[i].beats.is_empty() && self.q[i].feed {
                self.packet(i);
            }
            if let Some(beat) = self.q[i].beats.pop_front() {
                return Some(beat);
            }
        }
        None
    }

    fn packet(&mut self, i: usize) {
        let (mut len, lanes) = (self.length(self.shape.packet), self.lanes);
        if self.shape.drop != 0 {
            // Which of the packets arrived must show.
            len = len.max(8);
        }
        let bytes: Vec<u8> = (0..len).map(|_| self.rng.random()).collect();
        let mut user = 0;
        for (n, chunk) in bytes.chunks(lanes).enumerate() {
            let last = n == (len - 1) / lanes;
            let mut row: Vec<u8> = (0..lanes).map(|_| self.rng.random()).collect();
            row[..chunk.len()].copy_from_slice(chunk);
            // Without TLAST, TKEEP doesn't count; with it, nothing counts behind the first gap.
            let junk = self.rng.random_range(0..1u64 << lanes);
            let keep = if !last {
                junk
            } else if chunk.len() == lanes {
                (1 << lanes) - 1
            } else {
                let full = (1u64 << chunk.len()) - 1;
                let lowest = if chunk.len() == 1 { self.rng.random_range(0..2) } else { full };
                lowest | junk & !(full << 1 | 1)
            };
            user = self.rng.random();
            let data = row.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            self.q[i].beats.push_back(CardBeat { dest: i as u64, data, keep, last, user });
        }
        self.q[i].offered_bytes += bytes.len() as u64;
        self.q[i].offered_packets += 1;
        self.q[i].packets.push_back((bytes, user));
    }
}
