//! A bench in which nothing comes of itself: tests send the beats of one packet, on queue 1.

use rand::Rng;

use crate::bench::{Bench, W128};
use crate::card::CardBeat;
use crate::shape::Shape;

/// Bytes that stand for those of the packet that are still to come: until it ends the model takes it for longer.
const TO_COME: usize = 1 << 16;

impl Bench {
    /// Queue 1 has `posted` descriptors.
    pub fn still(time: u64, posted: u32) -> Self {
        let shape = Shape {
            card: 0.0,
            post: 0.0,
            consume: 0.5,
            flush_time: time,
            cpl_log2: Some(7),
            ..Shape::full_speed(4096, 4096)
        };
        let mut b = Bench::new(W128, 1, shape);
        b.q.iter_mut().for_each(|q| q.feed = false);
        if posted > 0 {
            b.q.iter_mut().enumerate().for_each(|(i, q)| q.post = i == 1);
            b.shape.post = 1.0;
            b.run(posted as u64);
            b.shape.post = 0.0;
            assert_eq!(b.q[1].head, posted);
            b.run(20);
        }
        b
    }

    /// Beats of the packet; with `last` the last one ends it.
    pub fn send(&mut self, beats: usize, last: bool) {
        let mut bytes = self.q[1].packets.pop_back().map_or(vec![], |p| p.0);
        self.shape.card = 1.0;
        for n in 0..beats {
            let data: Vec<u32> = (0..4).map(|_| self.rng.random()).collect();
            bytes.extend(data.iter().flat_map(|w| w.to_le_bytes()));
            let last = last && n == beats - 1;
            self.q[1].beats.push_back(CardBeat { dest: 1, data, keep: 0xFFFF, last, user: 7 });
        }
        if !last {
            bytes.extend([0; TO_COME]);
        }
        self.q[1].packets.push_back((bytes, 7));
        while !self.q[1].beats.is_empty() || self.offered.is_some() {
            self.step();
        }
        self.shape.card = 0.0;
        if !last {
            let (packet, _) = self.q[1].packets.back_mut().expect("the packet goes on");
            // One more than there is, so that these bytes are not its end.
            packet.truncate(packet.len() - TO_COME + 1);
        }
    }

    /// The packet goes on: what stands for the bytes to come is taken away.
    pub fn resume(&mut self) {
        self.q[1].packets.back_mut().expect("a packet that has not ended").0.pop();
    }

    /// A command to flush queue 1.
    pub fn command(&mut self) {
        self.d.set("c2h_axis_tvalid", 0u64);
        self.d.set("flush_valid", 1u64);
        self.d.set("flush_g", self.nq as u64 + 1);
        self.q[1].commands += 1;
        self.d.set("data_wr_ready", 1u64);
        self.d.step();
        self.d.set("flush_valid", 0u64);
    }
}
