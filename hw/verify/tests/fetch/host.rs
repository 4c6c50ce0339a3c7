//! The host's side: completions, whole or in pieces, in any order, good and bad.

use ferrolane_abi::status;
use rand::Rng;

use super::{Bench, Life};

/// Status of a completion that was made up since none had come.
const LAPSED: u32 = 7;

/// A completion on its way: beats and what it means once its last beat was taken.
#[derive(Clone)]
pub struct Tlp {
    pub tag: u32,
    pub status: u32,
    pub byte_count: u32,
    pub len: u32,
    pub ep: bool,
    pub has_data: bool,
    pub bad: bool,
    pub error: bool,
    pub beats: Vec<Vec<u32>>,
    pub meaning: Answer,
}

#[derive(Clone, PartialEq)]
pub enum Answer {
    Nothing,
    Stray,
    Descriptors(u32),
    /// Code, and how many descriptors of the request it stands for; `None`: the request is over.
    Fault(u8, Option<u32>),
}

impl Bench {
    fn junk_beats(&mut self, n: u32) -> Vec<Vec<u32>> {
        let k = self.shape.w / 32;
        (0..n).map(|_| (0..k).map(|_| self.rng.random()).collect()).collect()
    }

    /// Payload as beats; what a last beat does not use is junk.
    pub fn beats(&mut self, payload: &[u32]) -> Vec<Vec<u32>> {
        let k = self.shape.w as usize / 32;
        let fill = |c: &[u32], rng: &mut rand::rngs::StdRng| {
            (0..k).map(|i| c.get(i).copied().unwrap_or_else(|| rng.random())).collect()
        };
        payload.chunks(k).map(|c| fill(c, &mut self.rng)).collect()
    }

    fn stray(&mut self, tag: u32, bad: bool) -> Tlp {
        let n = self.rng.random_range(1..5);
        self.strays += 1;
        let len = n * self.shape.w / 32;
        let beats = self.junk_beats(n);
        let meaning = Answer::Stray;
        Tlp {
            tag,
            status: 0,
            byte_count: len * 4,
            len,
            ep: false,
            has_data: true,
            bad,
            error: false,
            beats,
            meaning,
        }
    }

    /// Next completion: of any unanswered read, in pieces cut at a multiple of 64 bytes, some with a fault.
    fn make_tlp(&mut self) -> Option<Tlp> {
        let tag = self.rng.random_range(0..self.shape.tags.next_power_of_two() as u32);
        if self.rng.random_bool(self.fault) {
            // Nobody asked: a free tag, one answered already, or another requester's, or not a completion.
            let bad: bool = self.rng.random();
            if !bad && self.reads[tag as usize].is_some() {
                return None;
            }
            return Some(self.stray(tag, bad));
        }
        let read = self.reads[tag as usize].clone()?;
        if self.clock < read.due {
            return None;
        }
        let boundaries: Vec<u32> = (1..=read.left)
            .filter(|n| (read.address + *n as u64 * 16).is_multiple_of(64) || *n == read.left)
            .collect();
        let n = boundaries[self.rng.random_range(0..boundaries.len())];
        let payload: Vec<u32> =
            (0..n).flat_map(|i| self.memory(read.g, read.address + i as u64 * 16)).collect();
        let mut tlp = Tlp {
            tag,
            status: 0,
            byte_count: read.left * 16,
            len: n * 4,
            ep: false,
            has_data: true,
            bad: false,
            error: self.rng.random_bool(0.05),
            beats: self.beats(&payload),
            meaning: Answer::Descriptors(n),
        };
        if self.rng.random_bool(self.fault) {
            self.spoil(&mut tlp, n, read.left);
        }
        if tlp.error {
            // Comes again. Anything may be wrong with it.
            tlp.meaning = Answer::Nothing;
            if self.rng.random() {
                tlp.tag = self.rng.random_range(0..self.shape.tags.next_power_of_two() as u32);
                tlp.beats = self.junk_beats(tlp.beats.len() as u32);
            }
        }
        Some(tlp)
    }

    fn spoil(&mut self, tlp: &mut Tlp, n: u32, left: u32) {
        let malformed = Answer::Fault(status::FETCH_MALFORMED, None);
        match self.rng.random_range(0..9) {
            8 => {
                tlp.status = LAPSED;
                tlp.meaning = Answer::Fault(status::FETCH_TIMEOUT, None);
            }
            0 => {
                tlp.status = 4;
                tlp.meaning = Answer::Fault(status::FETCH_CA, None);
            }
            1 => {
                tlp.status = *[1, 2, 3].get(self.rng.random_range(0..3)).expect("in range");
                tlp.meaning = Answer::Fault(status::FETCH_UR, None);
            }
            2 => {
                tlp.ep = true;
                tlp.meaning = Answer::Fault(status::FETCH_POISONED, Some(n));
            }
            3 => {
                tlp.byte_count = (tlp.byte_count + self.rng.random_range(1..4096)) % 4096 + 1;
                if tlp.byte_count != left * 16 {
                    tlp.meaning = malformed;
                }
            }
            4 => {
                tlp.len += self.rng.random_range(1..4);
                tlp.beats.extend(self.junk_beats(1));
                tlp.meaning = malformed;
            }
            5 => {
                tlp.len = (left + self.rng.random_range(1..100)) * 4;
                tlp.beats = self.junk_beats(tlp.len * 32 / self.shape.w);
                tlp.meaning = malformed;
            }
            6 => {
                // Other than Length says: one beat more, many more, one fewer.
                match self.rng.random_range(0..3) {
                    0 => tlp.beats.extend(self.junk_beats(1)),
                    1 => tlp.beats.extend(self.junk_beats(100)),
                    _ if tlp.beats.len() > 1 => drop(tlp.beats.pop()),
                    _ => tlp.beats.extend(self.junk_beats(1)),
                }
                tlp.meaning = malformed;
            }
            _ => {
                tlp.has_data = false;
                tlp.meaning = malformed;
            }
        }
        if !tlp.has_data || tlp.status != 0 {
            tlp.has_data = false;
            tlp.len = 0;
            tlp.beats = self.junk_beats(1);
        }
    }

    /// Tags whose read is unanswered, or was given up and its completion may still come.
    fn open_tags(&self) -> u64 {
        let open = |tag: &usize| self.reads[*tag].is_some() || self.open_until[*tag] > self.clock;
        (0..16).filter(open).map(|tag| 1 << tag).sum()
    }

    pub fn completions(&mut self) {
        let open = self.open_tags();
        self.d.set("fetch_open", open);
        if self.tlp.is_none() && self.rng.random_bool(self.eager) {
            self.tlp = self.make_tlp().map(|t| (t, 0));
        }
        self.d.set("to_fetch", 0u64);
        if self.rng.random_bool(0.2) {
            return;
        }
        let Some((tlp, beat)) = &mut self.tlp else { return };
        if *beat == 0 && tlp.meaning == Answer::Stray && !tlp.bad && self.reads[tlp.tag as usize].is_some() {
            // The tag has come into use meanwhile.
            self.tlp = None;
            self.strays -= 1;
            return;
        }
        self.d.set("to_fetch", 1u64);
        self.d.set("cpl_first", (*beat == 0) as u64);
        let last = *beat + 1 == tlp.beats.len();
        self.d.set("cpl_last", last as u64);
        self.d.set("cpl_error", (last && tlp.error) as u64);
        self.d.set_wide("cpl_data", &tlp.beats[*beat]);
        self.d.set("cpl_tag", tlp.tag);
        self.d.set("cpl_status", tlp.status);
        self.d.set("cpl_byte_count", tlp.byte_count);
        self.d.set("cpl_len", tlp.len);
        self.d.set("cpl_ep", tlp.ep as u64);
        self.d.set("cpl_has_data", tlp.has_data as u64);
        self.d.set("cpl_bad", tlp.bad as u64);
        *beat += 1;
        if last {
            let (tlp, _) = self.tlp.take().expect("it is there");
            self.arrive(&tlp);
        }
    }

    fn arrive(&mut self, tlp: &Tlp) {
        let (code, n) = match tlp.meaning {
            Answer::Nothing | Answer::Stray => return,
            Answer::Descriptors(n) => (status::OK, Some(n)),
            Answer::Fault(code, n) => (code, n),
        };
        let slot = &mut self.reads[tlp.tag as usize];
        let read = slot.as_mut().expect("a read");
        let (g, epoch, entry) = (read.g, read.epoch, read.entry);
        let whole = n.unwrap_or(read.left);
        read.left -= whole;
        read.entry += whole as u64;
        read.address += whole as u64 * 16;
        if read.left == 0 {
            *slot = None;
            // The last completion of a faulty read may be on its way yet.
            if code != status::OK && self.rng.random_bool(0.3) {
                self.open_until[tlp.tag as usize] = self.clock + self.rng.random_range(1..400);
            }
        }
        let q = &mut self.queues[g];
        if q.epoch == epoch {
            if code == status::OK {
                q.came.extend((0..n.expect("descriptors") as u64).map(|i| (entry + i, None)));
            } else if q.came.insert(entry, Some(code)).is_none() && !q.dead {
                *self.faults.entry(code).or_default() += 1;
            }
            self.count(g);
        }
        assert!(self.queues[g].life != Life::Stopped, "a fetch of a stopped queue");
    }
}
