//! What is judged: the bursts that are asked for, and the beats that go to ingress.

use verilated::Dut;

use crate::axi::Ask;
use crate::bench::Bench;
use crate::content::{byte, fails};
use crate::host::{queue_of, Desc};

/// A beat for ingress.
struct Beat {
    q: usize,
    data: Vec<u32>,
    keep: u64,
    last: bool,
    bad: bool,
}

impl Beat {
    fn seen(d: &Dut) -> Self {
        Beat {
            q: d.get("m_q") as usize,
            data: d.get_wide("m_data"),
            keep: d.get("m_keep"),
            last: d.is_set("m_last"),
            bad: d.is_set("m_bad"),
        }
    }

    fn all(&self) -> Vec<u32> {
        let mut all = self.data.clone();
        all.extend([self.q as u32, self.last as u32, self.bad as u32, self.keep as u32]);
        all
    }
}

impl Bench {
    /// A burst is offered for the first time.
    pub fn asks(&mut self, asked: Ask) {
        let (i, lanes, beats) = (queue_of(asked.addr), self.b.lanes, asked.beats());
        assert_eq!(1 << self.d.get("axi_arsize"), lanes);
        let d = self.may_ask(i, asked.addr);
        let b = self.b;
        let q = &mut self.q[i];
        let from = d.addr + if d.fixed { 0 } else { q.asked };
        let most = if d.fixed { 16 * lanes } else { 512 - from % 512 };
        let n = most.min(d.len - q.asked);
        assert_eq!((asked.addr, asked.burst), (from, !d.fixed as u64));
        assert_eq!(beats, (from % lanes + n).div_ceil(lanes));
        assert!(beats <= 16 || !d.fixed);
        if !d.fixed {
            assert_eq!(from >> 12, (from / lanes * lanes + beats * lanes - 1) >> 12, "crosses 4 KiB");
        }
        q.rows_out += beats;
        assert!(q.rows_out - q.freed.0 <= b.rows, "no room: {} rows", q.rows_out - q.freed.0);
        if q.asked == 0 {
            q.coming.push_back(d);
        }
        q.asked += n;
        if q.asked == d.len {
            q.asked = 0;
            q.wanted.pop_front();
        }
    }

    /// The descriptor that is due for queue `i`, if the queue may ask in this clock.
    fn may_ask(&mut self, i: usize, addr: u64) -> Desc {
        let busy = self.busy(i);
        let q = &mut self.q[i];
        assert!(q.memory && busy, "queue {i} is not busy");
        if !q.run {
            q.since_stop += 1;
            assert!(q.since_stop <= 2, "queue {i} goes on after a stop");
        }
        let d = *q.wanted.front().unwrap_or_else(|| panic!("queue {i} asks for no descriptor: {addr:#x}"));
        assert!(d.index < q.told_head);
        if q.asked == 0 {
            assert!(!d.fence || q.told_finished >= d.index, "a fence was passed");
            q.pkts_out += 1;
            assert!(q.pkts_out - q.freed.1 <= self.b.slots, "no packet slot");
        }
        d
    }

    /// A beat is offered to ingress.
    pub fn takes(&mut self, ready: bool) {
        let beat = Beat::seen(&self.d);
        if let Some(held) = self.held_m.take() {
            assert_eq!(beat.all(), held, "a beat changed while it waited");
        }
        if !ready {
            self.held_m = Some(beat.all());
            return;
        }
        let i = beat.q;
        assert!(!self.q[i].dead, "queue {i} goes on after an error");
        let d =
            *self.q[i].coming.front().unwrap_or_else(|| panic!("a beat of queue {i} that nobody asked for"));
        let (given, failed) = self.given(&d, &beat);
        assert_eq!(beat.bad, failed);
        self.compare(&d, &beat, &given);
        let q = &mut self.q[i];
        q.beats += 1;
        if beat.last {
            q.beats = 0;
            q.coming.pop_front();
        }
        self.pipe.push_back((i, beat.last));
    }

    /// What the memory gave for a beat, and whether it failed.
    fn given(&mut self, d: &Desc, beat: &Beat) -> (Vec<u8>, bool) {
        let (lanes, errors) = (self.b.lanes, self.memory.errors);
        if !d.fixed {
            let at = self.row_of(d, beat.q);
            return ((0..lanes).map(|k| byte(at + k)).collect(), fails(at, errors));
        }
        loop {
            // What was swallowed has been given, too.
            let (words, failed) = self.memory.next_given().expect("a beat of a FIXED burst");
            if words == beat.data {
                return (words.iter().flat_map(|w| w.to_le_bytes()).collect(), failed);
            }
            self.stray += 1;
            assert!(errors != 0, "a FIXED beat was lost");
        }
    }

    /// Address of the row of which the queue's next beat is.
    fn row_of(&self, d: &Desc, i: usize) -> u64 {
        let lanes = self.b.lanes;
        d.addr / lanes * lanes + self.q[i].beats * lanes
    }

    /// Ends and bytes of a beat against what the memory gave.
    fn compare(&mut self, d: &Desc, beat: &Beat, given: &[u8]) {
        let lanes = self.b.lanes;
        let at = self.row_of(d, beat.q);
        let q = &mut self.q[beat.q];
        let lane = if d.fixed { 0 } else { d.addr % lanes };
        let first = if q.beats == 0 { lane } else { 0 };
        let end = (lane + d.len - q.beats * lanes).min(lanes);
        let ends = lane + d.len <= (q.beats + 1) * lanes;
        assert_eq!(beat.last, ends || beat.bad, "{d:?} beat {}", q.beats);
        if beat.bad {
            assert_eq!(beat.keep, (1 << first) - 1);
            q.dead = true;
            return;
        }
        if beat.last {
            assert_eq!(beat.keep, (1u64 << end) - 1);
        }
        for k in first..end {
            let got = (beat.data[k as usize / 4] >> (k % 4 * 8)) as u8;
            assert_eq!(got, given[k as usize], "byte {k} of {at:#x}");
        }
        q.bytes += end - first;
    }
}
