//! Lists in host memory, good and bad, and what the engine must make of them.

use std::collections::HashMap;

use ferrolane_abi::{descriptor, status};
use rand::{rngs::StdRng, Rng};

/// What an entry of host memory means, in the order in which the engine meets them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// A descriptor, and whether the list ends with it.
    Data([u32; 4], bool),
    Link,
    /// A LINK to a segment that is none.
    LinkToNothing,
    Fault(u8),
}

#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub address: u64,
    pub len: u32,
    /// Number of its first entry, all segments' entries counted.
    pub first: u64,
}

#[derive(Clone, Debug, Default)]
pub struct List {
    pub segments: Vec<Segment>,
    pub entries: Vec<Meaning>,
}

/// How a list ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Finish {
    Count,
    End,
    Loop,
    Middle,
    Empty,
    Misaligned,
}

fn random_data(rng: &mut StdRng) -> [u32; 4] {
    let flags = rng.random::<u8>() & !(descriptor::LINK | descriptor::END);
    [rng.random(), rng.random(), rng.random_range(0..1 << 24) | (flags as u32) << 24, rng.random()]
}

fn link(address: u64, len: u32, rng: &mut StdRng) -> [u32; 4] {
    [address as u32, (address >> 32) as u32, len | (descriptor::LINK as u32) << 24, rng.random()]
}

impl List {
    /// Segments of random size at places that `place` gives, each used once; writes them to `memory`.
    pub fn random(
        rng: &mut StdRng,
        faults: bool,
        memory: &mut HashMap<u64, [u32; 4]>,
        mut place: impl FnMut(&mut StdRng) -> u64,
    ) -> (List, u64, u32) {
        let finish = match rng.random_range(0..10) {
            0..4 => Finish::Count,
            _ if !faults => Finish::End,
            4 => Finish::Loop,
            5 => Finish::Middle,
            6 => Finish::Empty,
            7 => Finish::Misaligned,
            _ => Finish::End,
        };
        let mut segments = match rng.random_range(0..3) {
            0 => 0,
            1 => rng.random_range(0..4),
            _ => rng.random_range(0..12),
        };
        if faults && rng.random_bool(0.1) {
            // FEED itself names nothing.
            let nothing =
                if rng.random() { (place(rng), 0) } else { (place(rng) | rng.random_range(1..16), 5) };
            return (List { segments: vec![], entries: vec![Meaning::LinkToNothing] }, nothing.0, nothing.1);
        }
        let mut list = List::default();
        let largest = *[3, 12, 40, 100].get(rng.random_range(0..4)).expect("in range");
        let first = (place(rng), rng.random_range(1..largest + 1));
        let mut here = first;
        if segments > 0 {
            here.1 = here.1.max(2);
        }
        let first = (first.0, here.1);
        loop {
            let (address, len) = here;
            list.segments.push(Segment { address, len, first: list.entries.len() as u64 });
            let mut entries: Vec<[u32; 4]> = (0..len).map(|_| random_data(rng)).collect();
            let mut meanings: Vec<Meaning> = entries.iter().map(|&e| Meaning::Data(e, false)).collect();
            let last = len as usize - 1;
            let mut over = segments == 0;
            if !over {
                segments -= 1;
                here = (place(rng), rng.random_range(2..=largest.max(2)));
                if segments == 0 && rng.random() {
                    here.1 = 1;
                }
                entries[last] = link(here.0, here.1, rng);
                meanings[last] = Meaning::Link;
                // Something of the rest may be fetched, and must not count.
                if finish == Finish::End && rng.random_bool(0.1) {
                    over = true;
                }
            }
            if over {
                let at = rng.random_range(0..last + 1);
                match finish {
                    Finish::Count => {}
                    Finish::End => {
                        let at = if meanings[last] == Meaning::Link { at.min(last - 1) } else { at };
                        entries[at][2] |= (descriptor::END as u32) << 24;
                        let Meaning::Data(d, _) = meanings[at] else { unreachable!("no LINK there") };
                        meanings[at] = Meaning::Data(d, true);
                        for m in &mut meanings[at + 1..] {
                            *m = Meaning::Link;
                        }
                    }
                    Finish::Loop => {
                        entries[0] = link(place(rng), 4, rng);
                        meanings[0] = Meaning::Fault(status::LINK_LOOP);
                    }
                    Finish::Middle if at > 0 && at < last => {
                        entries[at] = link(place(rng), 4, rng);
                        meanings[at] = Meaning::Fault(status::BAD_SEGMENT);
                    }
                    Finish::Empty if last > 0 => {
                        entries[last] = link(place(rng), 0, rng);
                        meanings[last] = Meaning::LinkToNothing;
                    }
                    Finish::Misaligned if last > 0 => {
                        entries[last] = link(place(rng) + rng.random_range(1..16), 7, rng);
                        meanings[last] = Meaning::LinkToNothing;
                    }
                    _ => {}
                }
            }
            for (i, e) in entries.iter().enumerate() {
                memory.insert(address + i as u64 * 16, *e);
            }
            list.entries.extend(meanings);
            if over {
                return (list, first.0, first.1);
            }
        }
    }
}

/// A descriptor as the store must hold it.
pub fn stored(mut data: [u32; 4]) -> [u32; 4] {
    data[2] &= !((descriptor::END as u32) << 24);
    data
}
