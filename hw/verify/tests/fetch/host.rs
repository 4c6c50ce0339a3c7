//! The host's side: completions, whole or in pieces, good and bad.

use ferrolane_abi::status;
use rand::Rng;

use super::{descriptor, Bench};

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
    pub beats: Vec<[u32; 4]>,
    pub meaning: Meaning,
}

#[derive(Clone, PartialEq)]
pub enum Meaning {
    Nothing,
    Stray,
    Descriptors(u32),
    /// Code, and how many descriptors of the request it stands for; `None`: the request is over.
    Fault(u8, Option<u32>),
}

impl Bench {
    /// Next completion: of any unanswered read, in pieces cut at a multiple of 64 bytes, some with a fault.
    fn make_tlp(&mut self) -> Option<Tlp> {
        let rng = &mut self.rng;
        let tag = rng.random_range(0..8u32);
        if rng.random_bool(self.fault) {
            // Nobody asked: a free tag, or another requester's, or not a completion.
            let bad: bool = rng.random();
            if !bad && self.reads[tag as usize].is_some() {
                return None;
            }
            let beats = (0..rng.random_range(1..5)).map(|_| rng.random()).collect::<Vec<_>>();
            let len = 4 * beats.len() as u32;
            self.strays += 1;
            return Some(Tlp {
                tag,
                status: 0,
                byte_count: len * 4,
                len,
                ep: false,
                has_data: true,
                bad,
                error: false,
                beats,
                meaning: Meaning::Stray,
            });
        }
        let read = self.reads[tag as usize].as_ref()?;
        let q = &self.queues[read.g];
        let boundaries: Vec<u32> = (1..=read.left)
            .filter(|n| (read.address + *n as u64 * 16).is_multiple_of(64) || *n == read.left)
            .collect();
        let n = boundaries[rng.random_range(0..boundaries.len())];
        let mut tlp = Tlp {
            tag,
            status: 0,
            byte_count: read.left * 16,
            len: n * 4,
            ep: false,
            has_data: true,
            bad: false,
            error: rng.random_bool(0.05),
            beats: (0..n).map(|i| descriptor(read.g, q.lives, read.index.wrapping_add(i))).collect(),
            meaning: Meaning::Descriptors(n),
        };
        if rng.random_bool(self.fault) {
            let malformed = Meaning::Fault(status::FETCH_MALFORMED, None);
            match rng.random_range(0..8) {
                0 => {
                    tlp.status = 4;
                    tlp.meaning = Meaning::Fault(status::FETCH_CA, None);
                }
                1 => {
                    tlp.status = *[1, 2, 3].get(rng.random_range(0..3)).expect("in range");
                    tlp.meaning = Meaning::Fault(status::FETCH_UR, None);
                }
                2 => {
                    tlp.ep = true;
                    tlp.meaning = Meaning::Fault(status::FETCH_POISONED, Some(n));
                }
                3 => {
                    tlp.byte_count = (tlp.byte_count + rng.random_range(1..4096)) % 4096 + 1;
                    if tlp.byte_count != read.left * 16 {
                        tlp.meaning = malformed;
                    }
                }
                4 => {
                    tlp.len += rng.random_range(1..4);
                    tlp.beats.push(rng.random());
                    tlp.meaning = malformed;
                }
                5 => {
                    tlp.len = (read.left + rng.random_range(1..100)) * 4;
                    tlp.beats = (0..tlp.len / 4).map(|_| rng.random()).collect();
                    tlp.meaning = malformed;
                }
                6 => {
                    // Other than Length says: one beat more, many more, one fewer.
                    match rng.random_range(0..3) {
                        0 => tlp.beats.push(rng.random()),
                        1 => tlp.beats.extend((0..100).map(|_| rng.random::<[u32; 4]>())),
                        _ if n > 1 => drop(tlp.beats.pop()),
                        _ => tlp.beats.push(rng.random()),
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
                tlp.beats = vec![rng.random()];
            }
        }
        if tlp.error {
            // Comes again.
            tlp.meaning = Meaning::Nothing;
        }
        Some(tlp)
    }

    pub fn completions(&mut self) {
        if self.tlp.is_none() && self.rng.random_bool(0.6) {
            self.tlp = self.make_tlp().map(|t| (t, 0));
        }
        self.d.set("to_fetch", 0u64);
        if self.rng.random_bool(0.2) {
            return;
        }
        let Some((tlp, beat)) = &mut self.tlp else { return };
        if *beat == 0 && tlp.meaning == Meaning::Stray && !tlp.bad && self.reads[tlp.tag as usize].is_some() {
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
            Meaning::Nothing | Meaning::Stray => return,
            Meaning::Descriptors(n) => (status::OK, Some(n)),
            Meaning::Fault(code, n) => (code, n),
        };
        let slot = &mut self.reads[tlp.tag as usize];
        let read = slot.as_mut().expect("a read");
        let q = &mut self.queues[read.g];
        if !q.dead {
            if code == status::OK {
                for i in 0..n.expect("descriptors") {
                    let index = read.index.wrapping_add(i);
                    q.entries.insert(index, (descriptor(read.g, q.lives, index), 0));
                }
                q.arrived = read.index.wrapping_add(n.expect("descriptors"));
            } else {
                q.entries.insert(read.index, ([0; 4], code));
                q.arrived = read.index.wrapping_add(1);
                q.dead = true;
                *self.faults.entry(code).or_default() += 1;
            }
            q.heads.push_back(q.arrived);
        }
        let n = n.unwrap_or(read.left);
        read.left -= n;
        read.index = read.index.wrapping_add(n);
        read.address += n as u64 * 16;
        if read.left == 0 {
            *slot = None;
        }
    }
}
