//! A host that answers memory reads: any split the Read Completion Boundary allows, any order between tags.

use std::collections::VecDeque;

use rand::{rngs::StdRng, Rng};

/// Byte of host memory at `addr`. Memory has contents everywhere.
pub fn memory(addr: u64) -> u8 {
    let mixed = (addr ^ addr >> 7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as u8 ^ (mixed >> 56) as u8
}

/// What goes wrong with the completions of a read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Ur,
    Ca,
    /// No completion came: `open_reads` makes one up.
    Lapsed,
    Poisoned,
    ByteCountHigh,
    ByteCountLow,
    TooLong,
    NoData,
}

/// How the host behaves.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// Read Completion Boundary in bytes.
    pub rcb: u64,
    /// Probability that a completion ends at a boundary where it may.
    pub split: f64,
    /// Answers tags in any order.
    pub reorder: bool,
    /// Probability of a beat in a clock.
    pub beat: f64,
    /// Clocks until a read is answered, at least.
    pub latency: u64,
    /// Probability that a completion is sent a first time marked bad on the wire.
    pub retry: f64,
    /// Probability, per completion, of one that nobody asked for.
    pub stray: f64,
}

/// A read not yet fully answered.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub tag: u64,
    pub addr: u64,
    pub bytes: u64,
    pub done: u64,
    pub due: u64,
    pub fault: Option<Fault>,
}

/// One beat of a completion with what cpl_route says of it.
#[derive(Clone, Debug, Default)]
pub struct Beat {
    pub data: Vec<u32>,
    pub keep: u64,
    pub first: bool,
    pub last: bool,
    pub error: bool,
    pub tag: u64,
    pub status: u64,
    pub byte_count: u64,
    pub low: u64,
    pub len: u64,
    pub ep: bool,
    pub has_data: bool,
    pub bad: bool,
    /// The tag is not open on the wire.
    pub shut: bool,
}

pub struct Host {
    pub habits: Habits,
    /// DWs of a beat.
    pub dws: usize,
    pub reads: Vec<Read>,
    pub strays: u64,
    tlp: VecDeque<Beat>,
    again: Option<VecDeque<Beat>>,
}

impl Host {
    pub fn new(habits: Habits, dws: usize) -> Self {
        Host { habits, dws, reads: vec![], strays: 0, tlp: VecDeque::new(), again: None }
    }

    pub fn idle(&self) -> bool {
        self.reads.is_empty() && self.tlp.is_empty() && self.again.is_none()
    }

    /// The beat for this clock, if there is one.
    pub fn beat(&mut self, clock: u64, rng: &mut StdRng) -> Option<Beat> {
        if !rng.random_bool(self.habits.beat) {
            return None;
        }
        if self.tlp.is_empty() {
            self.tlp = self.next_tlp(clock, rng)?;
        }
        self.tlp.pop_front()
    }

    fn next_tlp(&mut self, clock: u64, rng: &mut StdRng) -> Option<VecDeque<Beat>> {
        if let Some(again) = self.again.take() {
            return Some(again);
        }
        if rng.random_bool(self.habits.stray) {
            self.strays += 1;
            return Some(self.stray(rng));
        }
        let due: Vec<usize> = (0..self.reads.len()).filter(|&i| self.reads[i].due <= clock).collect();
        let pick = if self.habits.reorder { rng.random_range(0..due.len().max(1)) } else { 0 };
        let tlp = self.complete(*due.get(pick)?, rng);
        if rng.random_bool(self.habits.retry) {
            let mut broken = tlp.clone();
            for beat in &mut broken {
                beat.data.fill_with(|| rng.random());
            }
            if let Some(last) = broken.back_mut() {
                last.error = true;
            }
            self.again = Some(tlp);
            return Some(broken);
        }
        Some(tlp)
    }

    fn stray(&self, rng: &mut StdRng) -> VecDeque<Beat> {
        let (mut tag, mut bad, mut shut) = (rng.random_range(0..8), false, rng.random());
        match rng.random_range(0..4) {
            0 => tag = rng.random_range(256..1024),
            1 => (tag, bad) = (rng.random_range(8..32), true),
            2 => (tag, shut) = (rng.random_range(8..32), true),
            _ => {}
        }
        let template = Beat { tag, bad, shut, byte_count: 64, has_data: true, ..Beat::default() };
        beats(&[0xBAD_F00D; 16][..rng.random_range(1..=16)], template, self.dws)
    }

    /// The next completion of read `i`, PCIe Base Spec 2.3.1.1.
    fn complete(&mut self, i: usize, rng: &mut StdRng) -> VecDeque<Beat> {
        let read = self.reads[i];
        let (start, stop) = (read.addr + read.done, read.addr + read.bytes);
        let mut end = stop;
        let mut cut = (start / self.habits.rcb + 1) * self.habits.rcb;
        while cut < stop {
            if rng.random_bool(self.habits.split) {
                end = cut;
                break;
            }
            cut += self.habits.rcb;
        }
        let (first_dw, last_dw) = (start / 4, end.div_ceil(4));
        let mut payload: Vec<u32> = (first_dw..last_dw)
            .map(|dw| {
                // Bytes that were not asked for may be anything.
                let byte = |b: u64| {
                    let addr = dw * 4 + b;
                    if (start..end).contains(&addr) {
                        memory(addr)
                    } else {
                        rng.random()
                    }
                };
                let bytes: Vec<u8> = (0..4).map(byte).collect();
                u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
            })
            .collect();
        let mut template = Beat {
            tag: read.tag,
            byte_count: stop - start,
            low: start & 3,
            has_data: true,
            ..Beat::default()
        };
        let mut over = end == stop;
        match read.fault {
            None => {}
            Some(Fault::Ur) => template.status = 1,
            Some(Fault::Ca) => template.status = 4,
            Some(Fault::Lapsed) => template.status = 7,
            Some(Fault::Poisoned) => template.ep = true,
            Some(Fault::ByteCountHigh) => template.byte_count += 4,
            Some(Fault::ByteCountLow) => template.byte_count = 1,
            Some(Fault::TooLong) => payload.extend([0xEEEE_EEEE; 9]),
            Some(Fault::NoData) => {}
        }
        if matches!(read.fault, Some(Fault::Ur | Fault::Ca | Fault::Lapsed | Fault::NoData)) {
            payload.clear();
            over = true;
        }
        over |=
            read.fault == Some(Fault::ByteCountLow) || payload.len() as u64 * 4 >= template.byte_count + 4;
        if over {
            self.reads.remove(i);
        } else {
            self.reads[i].done = end - read.addr;
        }
        beats(&payload, template, self.dws)
    }
}

fn beats(payload: &[u32], mut template: Beat, dws: usize) -> VecDeque<Beat> {
    template.data = vec![0; dws];
    template.len = payload.len().max(1) as u64;
    template.has_data &= !payload.is_empty();
    let mut list: VecDeque<Beat> = payload
        .chunks(dws)
        .map(|chunk| {
            let mut beat = template.clone();
            beat.data[..chunk.len()].copy_from_slice(chunk);
            beat.keep = (1 << chunk.len()) - 1;
            beat
        })
        .collect();
    if list.is_empty() {
        list.push_back(template);
    }
    list[0].first = true;
    if let Some(last) = list.back_mut() {
        last.last = true;
    }
    list
}
