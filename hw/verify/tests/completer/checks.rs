//! What is judged: writes and reads of registers, completions, and what is said of refused TLPs.

use crate::bench::Bench;

/// Clocks of `hush` in which a completion may still begin.
const HUSH: u32 = 8;

impl Bench {
    pub fn judge_refusals(&mut self) {
        self.ur_seen += self.dut.get("ur");
        if self.dut.is_set("bad_req_valid") {
            let (cause, header) = self.bad.pop_front().expect("a TLP logged for nothing");
            assert_eq!(self.dut.get("bad_req_cause"), cause, "{header:x?}");
            assert_eq!(self.dut.get_wide("bad_req_hdr"), header);
            self.bad_seen += 1;
        }
    }

    pub fn judge_writes(&mut self) {
        if self.dut.is_set("w_valid") && self.dut.is_set("w_ready") {
            let write = ["w_bar", "w_addr", "w_data", "w_be"].map(|port| self.dut.get(port));
            let expected = self.writes.pop_front().expect("a write nobody asked for");
            assert_eq!((write[0], write[1], write[2], write[3]), expected);
            self.writes_done += 1;
        }
    }

    pub fn judge_reads(&mut self) {
        if self.dut.is_set("r_valid") {
            assert!(!self.reading, "two reads at a time");
            let (at, before) = self.reads.pop_front().expect("a read nobody asked for");
            assert_eq!((self.dut.get("r_bar"), self.dut.get("r_addr")), at);
            assert!(self.writes_done >= before, "a read passed a write");
            self.reading = true;
            self.read_at = at;
        } else if self.reading {
            assert_eq!((self.dut.get("r_bar"), self.dut.get("r_addr")), self.read_at, "must stay until done");
        }
    }

    pub fn judge_completions(&mut self) {
        let valid = self.dut.is_set("tx_cpl_valid");
        assert!(valid || self.beats.is_empty() && self.stalled.is_none(), "valid dropped inside a TLP");
        if !valid {
            return;
        }
        let keep = self.dut.get("tx_cpl_keep");
        let now = (self.dut.get_wide("tx_cpl_hdr"), self.dut.get_wide("tx_cpl_data"), keep);
        assert!(!self.dut.is_set("tx_cpl_error"));
        assert_eq!(self.dut.is_set("tx_cpl_first"), self.beats.is_empty());
        let before = self.stalled.take();
        if let Some(before) = &before {
            // The header counts with the first beat; lanes that are not kept hold anything.
            assert_eq!((&before.0, before.2), (&now.0, now.2), "changed while stalled");
            assert_eq!(kept(&before.1, keep), kept(&now.1, keep), "changed while stalled");
        }
        if self.beats.is_empty() {
            let begins = before.is_none();
            assert!(!begins || self.hushed <= HUSH, "begun after {} clocks of hush", self.hushed);
            self.judge_header(&now.0);
        }
        if !self.dut.is_set("tx_cpl_ready") {
            self.stalled = Some(now);
            return;
        }
        self.beats.push((now.1, now.2));
        if self.dut.is_set("tx_cpl_last") {
            self.judge_payload();
        }
    }

    fn judge_header(&mut self, header: &[u32]) {
        let (expected, accepted) = self.completions.front().expect("a completion nobody waits for");
        assert_eq!(header, expected.header);
        let mark = match (expected.dwords, accepted) {
            (_, Some(issued)) => *issued,
            (0, _) => return,
            (dwords, _) => self.answers.get(dwords - 1).expect("sent before it was read").1,
        };
        let ahead = self.sent.wrapping_sub(mark) as i16;
        assert!(ahead >= 0, "a completion passed {} writes", -ahead);
    }

    fn judge_payload(&mut self) {
        let (expected, _) = self.completions.pop_front().expect("checked with the header");
        let beats = std::mem::take(&mut self.beats);
        assert_eq!(beats.len(), expected.dwords.div_ceil(self.lanes).max(1), "beats");
        let mut data = vec![];
        for (i, (words, keep)) in beats.iter().enumerate() {
            let count = expected.dwords.saturating_sub(i * self.lanes).min(self.lanes);
            assert_eq!(*keep, (1 << count) - 1, "keep");
            data.extend_from_slice(&words[..count]);
        }
        let read: Vec<u32> = if expected.flush {
            vec![0]
        } else {
            self.answers.drain(..expected.dwords).map(|answer| answer.0).collect()
        };
        assert_eq!(data, read);
        self.completions_seen += 1;
    }
}

fn kept(words: &[u32], keep: u64) -> Vec<u32> {
    words.iter().enumerate().filter(|(i, _)| keep >> i & 1 != 0).map(|(_, w)| *w).collect()
}
