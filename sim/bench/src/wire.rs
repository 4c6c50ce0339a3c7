//! What went over the wires, by purpose.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrolane_sim::iommu::MSI_WINDOW;
use ferrolane_sim::tap::WireTap;
use ferrolane_sim::tlp::{Class, Header, Kind};
use ferrolane_sim::Direction;

/// Offsets of the bench's memory below and above 4 GiB alike: descriptor rings, record rings, data.
pub const DESCRIPTORS: Range<u64> = 0x0100_0000..0x0800_0000;
/// Completion record rings.
pub const RECORDS: Range<u64> = 0x0800_0000..0x1000_0000;
/// Data of both directions.
pub const DATA: Range<u64> = 0x1000_0000..0xD000_0000;

/// What a TLP is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Read request for data.
    DataRead,
    /// Read request for descriptors.
    Fetch,
    /// Completion with data.
    DataAnswer,
    /// Completion with descriptors.
    FetchAnswer,
    /// Write of data.
    DataWrite,
    /// Write of completion records.
    RecordWrite,
    /// Interrupt.
    Interrupt,
    /// The host's register accesses and their answers.
    Mmio,
}

/// How many purposes there are.
const PURPOSES: usize = 8;

/// TLPs of one purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many.
    pub tlps: u64,
    /// Payload bytes that count, without padding.
    pub payload: u64,
}

impl std::ops::Sub for Traffic {
    type Output = Traffic;
    fn sub(self, before: Traffic) -> Traffic {
        Traffic { tlps: self.tlps - before.tlps, payload: self.payload - before.payload }
    }
}

/// Everything up to a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// The clock.
    pub clock: u64,
    /// By [`Purpose`].
    by: [Traffic; PURPOSES],
    /// To the host, to the card.
    tlps: [u64; 2],
    /// Bytes to the host, framing included.
    pub up: u64,
    /// Bytes to the card, framing included.
    pub down: u64,
    /// Sum over clocks of data reads that are unanswered, up to the last change.
    reads_open: u64,
    /// The same for fetches.
    fetches_open: u64,
}

impl Counts {
    /// Traffic of a purpose.
    pub fn of(&self, purpose: Purpose) -> Traffic {
        self.by[purpose as usize]
    }

    /// TLPs to the host.
    pub fn tlps_up(&self) -> u64 {
        self.tlps[0]
    }

    /// TLPs to the card.
    pub fn tlps_down(&self) -> u64 {
        self.tlps[1]
    }

    /// Data delivered over the wires, bytes.
    pub fn data(&self) -> u64 {
        self.of(Purpose::DataAnswer).payload + self.of(Purpose::DataWrite).payload
    }
}

impl std::ops::Sub for Counts {
    type Output = Counts;
    fn sub(self, before: Counts) -> Counts {
        Counts {
            clock: self.clock - before.clock,
            by: std::array::from_fn(|i| self.by[i] - before.by[i]),
            tlps: std::array::from_fn(|i| self.tlps[i] - before.tlps[i]),
            up: self.up - before.up,
            down: self.down - before.down,
            reads_open: self.reads_open - before.reads_open,
            fetches_open: self.fetches_open - before.fetches_open,
        }
    }
}

impl Counts {
    /// Mean of unanswered data reads over the clocks of a difference.
    pub fn mean_reads(&self) -> f64 {
        self.reads_open as f64 / self.clock.max(1) as f64
    }

    /// Mean of unanswered fetches.
    pub fn mean_fetches(&self) -> f64 {
        self.fetches_open as f64 / self.clock.max(1) as f64
    }
}

#[derive(Clone, Copy)]
struct Open {
    fetch: bool,
    bytes: u32,
    answers: u32,
}

/// Counts what a wire carries.
pub struct Wire {
    counts: Counts,
    open: Vec<Option<Open>>,
    data_open: u64,
    fetch_open: u64,
    /// Most data reads unanswered at a time.
    pub most_reads: u64,
    /// Reads and completions for them, by bytes asked for.
    splits: BTreeMap<u32, (u64, u64)>,
    /// Data bytes at which a snapshot is to be taken, ascending.
    marks: Vec<u64>,
    /// The snapshots taken.
    pub snapshots: Vec<Counts>,
}

impl Wire {
    /// Nothing seen yet; snapshots at these numbers of data bytes.
    pub fn new() -> Self {
        Wire {
            counts: Counts::default(),
            open: vec![None; 1024],
            data_open: 0,
            fetch_open: 0,
            most_reads: 0,
            splits: BTreeMap::new(),
            marks: Vec::new(),
            snapshots: Vec::new(),
        }
    }

    /// Takes snapshots when so many data bytes have been delivered.
    pub fn mark(&mut self, marks: &[u64]) {
        self.marks = marks.to_vec();
    }

    /// All so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Completions per read of so many bytes as the root complex made them, if it has answered `least` of that size.
    pub fn splits(&self, bytes: u64, least: u64) -> Option<f64> {
        let (reads, answers) = self.splits.get(&u32::try_from(bytes).ok()?)?;
        (*reads >= least).then(|| *answers as f64 / *reads as f64)
    }

    fn pass(&mut self, now: u64) {
        let clocks = now - self.counts.clock;
        self.counts.reads_open += clocks * self.data_open;
        self.counts.fetches_open += clocks * self.fetch_open;
        self.counts.clock = now;
    }

    fn request(&mut self, hdr: &Header) -> Purpose {
        let span = hdr.byte_span();
        let fetch = DESCRIPTORS.contains(&(span.start & 0xFFFF_FFFF));
        self.open[usize::from(hdr.tag())] =
            Some(Open { fetch, bytes: (span.end - span.start) as u32, answers: 0 });
        if fetch {
            self.fetch_open += 1;
            Purpose::Fetch
        } else {
            self.data_open += 1;
            self.most_reads = self.most_reads.max(self.data_open);
            Purpose::DataRead
        }
    }

    fn answer(&mut self, hdr: &Header) -> (Purpose, u64) {
        let slot = &mut self.open[usize::from(hdr.tag())];
        let Some(open) = slot else { return (Purpose::Mmio, 0) };
        let fetch = open.fetch;
        let carried = 4 * hdr.payload_dws() as u64 - u64::from(hdr.lower_address() & 3);
        let bytes = carried.min(u64::from(hdr.byte_count()));
        open.answers += 1;
        if u64::from(hdr.byte_count()) <= carried || hdr.payload_dws() == 0 {
            let split = self.splits.entry(open.bytes).or_default();
            *split = (split.0 + 1, split.1 + u64::from(open.answers));
            *slot = None;
            if fetch {
                self.fetch_open -= 1;
            } else {
                self.data_open -= 1;
            }
        }
        (if fetch { Purpose::FetchAnswer } else { Purpose::DataAnswer }, bytes)
    }

    fn note(&mut self, now: u64, direction: Direction, class: Class, hdr: &Header) {
        self.pass(now);
        let (purpose, payload) = match (direction, class) {
            (Direction::ToHost, Class::NonPosted) => (self.request(hdr), 0),
            (Direction::ToHost, Class::Posted) => {
                let span = hdr.byte_span();
                let place = span.start & 0xFFFF_FFFF;
                let purpose = if MSI_WINDOW.contains(&hdr.address()) {
                    Purpose::Interrupt
                } else if RECORDS.contains(&place) {
                    Purpose::RecordWrite
                } else {
                    Purpose::DataWrite
                };
                (purpose, span.end - span.start)
            }
            (Direction::ToCard, Class::Completion) => self.answer(hdr),
            _ => (
                Purpose::Mmio,
                matches!(hdr.kind(), Kind::Write(_)).then(|| 4 * hdr.length() as u64).unwrap_or(0),
            ),
        };
        let traffic = &mut self.counts.by[purpose as usize];
        traffic.tlps += 1;
        traffic.payload += payload;
        self.counts.tlps[usize::from(direction == Direction::ToCard)] += 1;
        match direction {
            Direction::ToHost => self.counts.up += hdr.wire_bytes(),
            Direction::ToCard => self.counts.down += hdr.wire_bytes(),
        }
        while self.marks.first().is_some_and(|mark| self.counts.data() >= *mark) {
            self.marks.remove(0);
            self.snapshots.push(self.counts);
        }
    }
}

/// A wire that the machine and the bench share.
#[derive(Clone)]
pub struct SharedWire(Arc<Mutex<Wire>>);

impl SharedWire {
    /// Nothing seen yet.
    pub fn new() -> Self {
        SharedWire(Arc::new(Mutex::new(Wire::new())))
    }

    /// The wire.
    pub fn lock(&self) -> MutexGuard<'_, Wire> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WireTap for SharedWire {
    fn on_wire(&mut self, now: u64, direction: Direction, class: Class, hdr: &Header) {
        self.lock().note(now, direction, class, hdr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{ToCard, ToHost};

    #[test]
    fn answers_count_for_what_was_asked() {
        let mut wire = Wire::new();
        wire.mark(&[300, 512]);
        let read = |tag, addr, dws| Header::memory(false, 0x100, tag, addr, dws, (15, 15));
        wire.note(10, ToHost, Class::NonPosted, &read(8, DATA.start, 128));
        wire.note(12, ToHost, Class::NonPosted, &read(0, DESCRIPTORS.start, 8));
        let answer = |tag, left, dws| Header::completion(0, 0x100, tag, 0, left, 0, dws, 0);
        wire.note(20, ToCard, Class::Completion, &answer(8, 512, 64));
        wire.note(22, ToCard, Class::Completion, &answer(0, 32, 8));
        wire.note(30, ToCard, Class::Completion, &answer(8, 256, 64));
        let counts = wire.counts();
        assert_eq!(counts.of(Purpose::DataAnswer), Traffic { tlps: 2, payload: 512 });
        assert_eq!(counts.of(Purpose::FetchAnswer), Traffic { tlps: 1, payload: 32 });
        assert_eq!((counts.up, counts.down), (40, 2 * 276 + 52));
        assert_eq!(
            (wire.splits(512, 1), wire.splits(32, 1), wire.splits(64, 1)),
            (Some(2.0), Some(1.0), None)
        );
        assert_eq!((counts.reads_open, counts.fetches_open), (20, 10));
        assert_eq!(wire.snapshots.iter().map(|s| s.clock).collect::<Vec<_>>(), [30, 30]);
    }

    #[test]
    fn a_byte_counts_as_one() {
        let mut wire = Wire::new();
        wire.note(1, ToHost, Class::Posted, &Header::memory(true, 0x100, 0, DATA.start, 1, (2, 0)));
        wire.note(2, ToHost, Class::NonPosted, &Header::memory(false, 0x100, 9, DATA.start, 1, (2, 0)));
        wire.note(3, ToCard, Class::Completion, &Header::completion(0, 0x100, 9, 0, 1, 1, 1, 0));
        assert_eq!(wire.counts().data(), 2);
        assert_eq!((wire.splits(1, 1), wire.splits(1, 2)), (Some(1.0), None));
    }
}
