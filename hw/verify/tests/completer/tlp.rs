//! Requests, and what the completer must make of them.

use rand::rngs::StdRng;
use rand::Rng;

/// Kind of a request TLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Write,
    Read,
    LockedRead,
    IoRead,
    IoWrite,
    ConfigRead,
    FetchAdd,
    CompareAndSwap,
    Message,
    MessageWithData,
    /// A type that doesn't exist.
    Unknown,
}

impl Kind {
    pub fn posted(self) -> bool {
        matches!(self, Kind::Write | Kind::Message | Kind::MessageWithData | Kind::Unknown)
    }

    pub fn refused(self) -> bool {
        !matches!(self, Kind::Write | Kind::Read | Kind::Message | Kind::MessageWithData)
    }

    /// Fmt without the 4-DW bit, and Type (PCIe Base Spec r5, Table 2-3).
    fn code(self) -> (u32, u32) {
        match self {
            Kind::Write => (2, 0),
            Kind::Read => (0, 0),
            Kind::LockedRead => (0, 1),
            Kind::IoRead => (0, 2),
            Kind::IoWrite => (2, 2),
            Kind::ConfigRead => (0, 4),
            Kind::FetchAdd => (2, 0x0C),
            Kind::CompareAndSwap => (2, 0x0E),
            Kind::Message => (1, 0x14),
            Kind::MessageWithData => (3, 0x14),
            Kind::Unknown => (0, 0x09),
        }
    }
}

/// A request as the host sends it.
#[derive(Clone, Debug)]
pub struct Request {
    pub kind: Kind,
    pub four_dw: bool,
    pub bar: u8,
    /// Byte address, DW-aligned.
    pub addr: u64,
    /// DWORDs, 1 to 1024.
    pub len: u32,
    pub first_be: u32,
    pub last_be: u32,
    pub requester: u32,
    pub tag: u32,
    pub tc: u32,
    /// Bit 2 is ID-based Ordering.
    pub attr: u32,
    pub poisoned: bool,
    /// The link says with the last beat: discard.
    pub error: bool,
    pub payload: Vec<u32>,
}

/// A completion expected, without its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub header: [u32; 4],
    pub dwords: usize,
    /// The data is 0 and was not read.
    pub flush: bool,
}

/// One DWORD on the write bus.
pub type DwordWrite = (u64, u64, u64, u64);

impl Request {
    pub fn random(rng: &mut StdRng) -> Self {
        let kind = match rng.random_range(0..40) {
            0 => Kind::LockedRead,
            1 => Kind::IoRead,
            2 => Kind::IoWrite,
            3 => Kind::ConfigRead,
            4 => Kind::FetchAdd,
            5 => Kind::CompareAndSwap,
            6 => Kind::Message,
            7 => Kind::MessageWithData,
            8 => Kind::Unknown,
            9..=24 => Kind::Write,
            _ => Kind::Read,
        };
        let mut len: u32 = match (kind, rng.random_range(0..12)) {
            (Kind::Write, 0) => rng.random_range(1..=256),
            (Kind::Read, 0) => rng.random_range(1..=1024),
            (Kind::Write | Kind::Read | Kind::LockedRead, 1..=3) => rng.random_range(1..=40),
            (Kind::Write | Kind::Read | Kind::LockedRead, _) => rng.random_range(1..=4),
            (Kind::FetchAdd, n) => 1 + n % 2,
            (Kind::CompareAndSwap, n) => 2 << (n % 3),
            (Kind::MessageWithData, n) => 1 + n,
            _ => 1,
        };
        let memory = matches!(kind, Kind::Write | Kind::Read | Kind::LockedRead);
        if kind == Kind::Read && rng.random_range(0..60) == 0 {
            len = 1024;
        }
        // A request must not cross a 4 KiB boundary (2.2.7).
        let dw = if memory { rng.random_range(0..=1024 - len) } else { 0 };
        let page = rng.random_range(0..128u64);
        let four_dw = match kind {
            Kind::Message | Kind::MessageWithData => true,
            Kind::IoRead | Kind::IoWrite | Kind::ConfigRead | Kind::Unknown => false,
            _ => rng.random(),
        };
        let base = if four_dw { 0x1234_5678_FE80_0000 } else { 0xFE80_0000 };
        let with_data = kind.code().0 & 2 != 0;
        Request {
            kind,
            four_dw,
            bar: match rng.random_range(0..16) {
                0..=2 => 2,
                3 => rng.random_range(0..8),
                _ => 0,
            },
            addr: base + page * 4096 + u64::from(dw) * 4,
            len,
            first_be: match rng.random_range(0..3) {
                _ if len > 1 => [0xF, 0xE, 0xC, 0x8][rng.random_range(0..4)],
                0 => 0xF,
                _ => rng.random_range(0..16),
            },
            last_be: if len > 1 { [0xF, 0x7, 0x3, 0x1, 0xA][rng.random_range(0..5)] } else { 0 },
            requester: rng.random_range(0..0x1_0000),
            tag: rng.random_range(0..1024),
            tc: rng.random_range(0..8),
            attr: rng.random_range(0..8),
            poisoned: with_data && rng.random_range(0..10) == 0,
            error: rng.random_range(0..10) == 0,
            payload: (0..if with_data { len } else { 0 }).map(|_| rng.random()).collect(),
        }
    }

    /// DW0 … DW3.
    pub fn header(&self) -> [u32; 4] {
        let (fmt, code) = self.kind.code();
        let dw0 = (fmt | u32::from(self.four_dw)) << 29
            | code << 24
            | (self.tag >> 9 & 1) << 23
            | self.tc << 20
            | (self.tag >> 8 & 1) << 19
            | (self.attr >> 2) << 18
            | u32::from(self.poisoned) << 14
            | (self.attr & 3) << 12
            | self.len & 0x3FF;
        let dw1 = self.requester << 16 | (self.tag & 0xFF) << 8 | self.last_be << 4 | self.first_be;
        let (high, low) = ((self.addr >> 32) as u32, self.addr as u32);
        if self.four_dw {
            [dw0, dw1, high, low]
        } else {
            [dw0, dw1, low, 0]
        }
    }

    /// Whether it hit BAR0 or that of the user registers, where it is a memory request of one.
    fn mapped(&self) -> bool {
        !matches!(self.kind, Kind::Write | Kind::Read) || matches!(self.bar, 0 | 2)
    }

    /// Whether it is to be counted as refused.
    pub fn pulses_ur(&self) -> bool {
        let dropped = self.error || (self.kind == Kind::Write && self.poisoned);
        let message = matches!(self.kind, Kind::Message | Kind::MessageWithData);
        !message && (dropped || self.kind.refused() || !self.mapped())
    }

    /// The cause with which it is logged. What the link says to discard comes again and is not.
    pub fn logged(&self) -> Option<u64> {
        let poisoned = self.kind == Kind::Write && self.mapped() && self.poisoned;
        (self.pulses_ur() && !self.error).then_some(if poisoned { 2 } else { 1 })
    }

    /// Its writes, those without a byte left out.
    pub fn writes(&self) -> Vec<DwordWrite> {
        if self.kind != Kind::Write || self.error || self.poisoned || !self.mapped() {
            return vec![];
        }
        let offset = self.addr % 0x8_0000;
        (self.payload.iter().zip(0u32..))
            .map(|(&data, i)| {
                let addr = (offset + u64::from(i) * 4) % 0x8_0000;
                (u64::from(self.bar), addr, u64::from(data), u64::from(self.be(i)))
            })
            .filter(|write| write.3 != 0)
            .collect()
    }

    fn be(&self, dw: u32) -> u32 {
        match dw {
            0 => self.first_be,
            n if n == self.len - 1 => self.last_be,
            _ => 0xF,
        }
    }

    /// Addresses it reads, in order.
    pub fn reads(&self) -> Vec<(u64, u64)> {
        let flush = self.len == 1 && self.first_be == 0;
        if self.kind != Kind::Read || self.error || flush || !self.mapped() {
            return vec![];
        }
        let offset = self.addr % 0x8_0000;
        (0..u64::from(self.len)).map(|i| (u64::from(self.bar), offset + 4 * i)).collect()
    }

    /// The completions it must get (2.2.9, 2.3.1.1), for a completer with this id.
    pub fn completions(&self, completer: u32) -> Vec<Completion> {
        if self.kind.posted() || self.error {
            return vec![];
        }
        let read = self.kind == Kind::Read && self.mapped();
        let common = (self.tag >> 9 & 1) << 23
            | self.tc << 20
            | (self.tag >> 8 & 1) << 19
            | (self.attr >> 2) << 18
            | (self.attr & 3) << 12;
        let make = |code: u32, status: u32, dwords: u32, bytes: u32, lower: u32| Completion {
            header: [
                code << 24 | common | dwords,
                completer << 16 | status << 13 | bytes & 0xFFF,
                self.requester << 16 | (self.tag & 0xFF) << 8 | lower & 0x7F,
                0,
            ],
            dwords: dwords as usize,
            flush: read && self.len == 1 && self.first_be == 0,
        };
        // From the first enabled byte to the last, as offsets from the address.
        let enabled: Vec<u32> = (0..self.len * 4).filter(|b| self.be(b / 4) >> (b % 4) & 1 != 0).collect();
        let (first, end) = match (enabled.first(), enabled.last()) {
            (Some(first), Some(last)) => (*first, last + 1),
            _ => (0, 1),
        };
        let addr = self.addr as u32;
        match self.kind {
            Kind::Read if !self.mapped() => vec![make(0x0A, 1, 0, end - first, addr.wrapping_add(first))],
            Kind::Read => {
                let mut parts = vec![];
                let mut at = 0;
                while at < self.len {
                    let dwords = (32 - (addr / 4 + at) % 32).min(self.len - at);
                    let start = first.max(at * 4);
                    parts.push(make(0x4A, 0, dwords, end - start, addr.wrapping_add(start)));
                    at += dwords;
                }
                parts
            }
            Kind::LockedRead => vec![make(0x0B, 1, 0, end - first, addr.wrapping_add(first))],
            Kind::FetchAdd => vec![make(0x0A, 1, 0, self.len * 4, 0)],
            Kind::CompareAndSwap => vec![make(0x0A, 1, 0, self.len * 2, 0)],
            _ => vec![make(0x0A, 1, 0, 4, 0)],
        }
    }
}
