//! The buses: what the doorbells tell, and what the block tells of ends and room.

use super::Bench;

impl Bench {
    /// What a doorbell wrote.
    pub(super) fn drive_consumer(&mut self) {
        let cons = self.cons.take();
        self.d.set("cons_valid", cons.is_some() as u64);
        if let Some((g, value, arm)) = cons {
            self.d.set("cons_g", g as u64);
            self.d.set("cons_value", value);
            self.d.set("cons_arm", arm as u64);
            if Some(g) != self.clearing {
                let q = &mut self.queues[g];
                q.tell_consumer(value, arm);
                self.rooms.push_back((self.now, [g as u64, q.room()]));
            }
        }
    }

    /// `room` and `finished`: everything that happened, in order, soon. The queue that is being cleared sends zeros.
    pub(super) fn check_buses(&mut self) {
        if self.d.get("finished_valid") == 1 {
            let names = ["finished_g", "finished_value", "finished_bytes", "finished_meta"];
            let got = names.map(|n| self.d.get(n));
            if self.clearing == Some(got[0] as usize) {
                assert_eq!(got[1..], [0; 3]);
            } else {
                assert_eq!(got, self.finished.pop_front().expect("an end").1);
            }
        }
        if self.d.get("room_valid") == 1 {
            let got = [self.d.get("room_g"), self.d.get("room_value")];
            if self.clearing == Some(got[0] as usize) {
                self.cleared_room = Some(got[1]);
            } else {
                assert_eq!(got, self.rooms.pop_front().expect("an event").1);
            }
        }
        assert!(self.finished.front().is_none_or(|f| f.0 + 5 > self.now), "finished is late");
        assert!(self.rooms.front().is_none_or(|r| r.0 + 6 > self.now), "room is late");
    }
}
