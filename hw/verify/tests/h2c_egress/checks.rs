//! What is judged: the room that is given back, and the beats for the card.

use crate::bench::Bench;
use crate::memories::word;

impl Bench {
    /// Rows and packets that left the share.
    pub fn gives_back(&mut self) {
        if !self.d.is_set("freed_valid") {
            return;
        }
        let q = self.d.get("freed_q");
        let queue = &mut self.q[q as usize];
        if self.clearing.is_some_and(|c| c.0 == q) {
            self.clearing = Some((q, self.d.get("freed_row") | self.d.get("freed_pkts") << 16));
            return;
        }
        let row = (queue.freed.0 + 1) & 0xFFFF;
        assert_eq!(self.d.get("freed_row"), row, "rows are given back one by one");
        let ends = queue.packets[queue.freed.1 as usize].1 == queue.freed.0;
        queue.freed = (queue.freed.0 + 1, queue.freed.1 + ends as u64);
        assert_eq!(self.d.get("freed_pkts"), queue.freed.1 & 0xFFFF);
        assert!(queue.freed.0 <= queue.committed.0);
    }

    /// The card's stream.
    pub fn sends(&mut self, ready: bool) {
        for q in 0..self.shape.queues {
            if self.pause >> q & 1 == 0 {
                self.after_pause[q] = None;
            }
        }
        let valid = self.d.is_set("h2c_axis_tvalid");
        self.stands(valid, ready);
        self.gaps += u64::from(!valid && self.open.iter().any(Option::is_some));
        if valid && ready {
            self.take();
        }
        for q in 0..self.shape.queues {
            if self.pause >> q & 1 == 1 && self.after_pause[q].is_none() {
                self.after_pause[q] = Some(0);
            }
        }
    }

    /// A beat that is offered stays as it is until it is taken.
    fn stands(&mut self, valid: bool, ready: bool) {
        let side =
            ["tkeep", "tlast", "tdest", "tuser", "terr"].map(|name| self.d.get(&format!("h2c_axis_{name}")));
        let beat = (self.d.get_wide("h2c_axis_tdata"), side);
        if let Some(stood) = self.stood.take() {
            assert!(valid, "TVALID falls before TREADY");
            assert_eq!(beat, stood, "a beat that waits changes");
        }
        self.stood = (valid && !ready).then_some(beat);
    }

    fn take(&mut self) {
        let q = self.d.get("h2c_axis_tdest");
        if let Some(beats) = &mut self.after_pause[q as usize] {
            *beats += 1;
            assert!(*beats <= 4, "{beats} beats after the pause");
        }
        let last = self.d.is_set("h2c_axis_tlast");
        if self.d.is_set("h2c_axis_terr") {
            return self.closes(q, last);
        }
        let data = self.d.get_wide("h2c_axis_tdata");
        let life = data[1] as u64 >> 8;
        if !self.d.is_set("h2c_axis_tmem") {
            let open = &mut self.open[q as usize];
            assert!(
                open.is_none_or(|open| open == life),
                "queue {q}: the next packet is glued to one that was cut"
            );
            *open = (!last).then_some(life);
        }
        if life == self.q[q as usize].life {
            self.row(q, &data, last);
        }
    }

    /// A beat that closes a packet which was cut.
    fn closes(&mut self, q: u64, last: bool) {
        assert!(last && !self.d.is_set("h2c_axis_tmem"));
        assert_eq!((self.d.get("h2c_axis_tkeep"), self.d.get("h2c_axis_tuser")), (0, 0));
        let life = self.open[q as usize].take().expect("only an open packet is closed");
        let queue = &self.q[q as usize];
        let dry = self.stopped >> q & 1 == 1 && queue.sent.0 == queue.committed.0;
        assert!(life != queue.life || dry, "queue {q} isn't cut");
        self.closed += 1;
    }

    /// The next row of the queue's present life.
    fn row(&mut self, q: u64, data: &[u32], last: bool) {
        let queue = &mut self.q[q as usize];
        let (row, packet) = queue.sent;
        assert_eq!(data, word(q, queue.life, row, self.shape.row), "queue {q}");
        let (user, end, bytes) = queue.packets[packet as usize];
        assert_eq!(self.d.get("h2c_axis_tuser"), user & 0xFFFF_FFFF, "queue {q} row {row}");
        assert_eq!(self.d.get("h2c_axis_tfixed"), user >> 32, "queue {q} row {row}");
        assert_eq!(self.d.get("h2c_axis_tmem"), self.memory >> q & 1, "queue {q} row {row}");
        assert_eq!(last, row == end, "queue {q} row {row}");
        // One that is large goes before its end is there.
        let begins = packet.checked_sub(1).map_or(0, |before| queue.packets[before as usize].1 + 1);
        if queue.store && row == begins && end >= queue.committed.0 {
            self.early += 1;
            assert!(queue.committed.0 - begins >= self.shape.deep(), "queue {q} starts a packet too early");
        }
        let keep = (1u64 << if last { bytes } else { self.shape.row }) - 1;
        assert_eq!(self.d.get("h2c_axis_tkeep"), keep);
        queue.sent = (row + 1, packet + last as u64);
        self.beats += 1;
    }
}
