//! TLPs for people.

use std::fmt::Write;

use crate::tlp::{Header, Kind};

/// Payload DWORDs that a dump shows.
const SHOWN_DWS: usize = 8;

/// The header on one line.
pub fn header(hdr: &Header) -> String {
    let common = || {
        let mut text = format!("tc {} attr {:03b}", hdr.tc(), hdr.attr());
        for (set, name) in
            [(hdr.td(), " TD"), (hdr.ep(), " EP"), (hdr.hints(), " hints"), (hdr.at() != 0, " AT")]
        {
            text.push_str(if set { name } else { "" });
        }
        text
    };
    match hdr.kind() {
        Kind::Read(_) | Kind::Write(_) => format!(
            "{}{} {} DW at {:#x} be {:04b}/{:04b} from {} tag {:#x} {}",
            if hdr.has_data() { "MWr" } else { "MRd" },
            if hdr.dws() == 4 { "64" } else { "32" },
            hdr.length(),
            hdr.address(),
            hdr.first_be(),
            hdr.last_be(),
            id(hdr.requester()),
            hdr.tag(),
            common(),
        ),
        Kind::Cpl | Kind::CplD => format!(
            "{} {} DW status {} bytes left {} lower {:#04x} by {} to {} tag {:#x} {}",
            if hdr.has_data() { "CplD" } else { "Cpl" },
            hdr.payload_dws(),
            status(hdr.status()),
            hdr.byte_count(),
            hdr.lower_address(),
            id(hdr.completer()),
            id(hdr.requester()),
            hdr.tag(),
            common(),
        ),
        Kind::Other(byte) => format!(
            "fmt/type {byte:#04x} length field {:#x}, header {:08x} {:08x} {:08x} {:08x}",
            hdr.0[0] & 0x3FF,
            hdr.0[0],
            hdr.0[1],
            hdr.0[2],
            hdr.0[3]
        ),
    }
}

/// Bus, device and function.
fn id(id: u16) -> String {
    format!("{:02x}:{:02x}.{}", id >> 8, id >> 3 & 0x1F, id & 7)
}

fn status(status: u8) -> String {
    match status {
        0 => "SC".into(),
        1 => "UR".into(),
        2 => "CRS".into(),
        4 => "CA".into(),
        other => format!("{other}?"),
    }
}

/// Header words and the first of the payload, indented.
pub fn words(hdr: &Header, payload: &[u32]) -> String {
    let mut text = String::from("    header ");
    for word in &hdr.0[..hdr.dws()] {
        let _ = write!(text, " {word:08x}");
    }
    if !payload.is_empty() {
        text.push_str("\n    payload");
        for word in payload.iter().take(SHOWN_DWS) {
            let _ = write!(text, " {word:08x}");
        }
        if payload.len() > SHOWN_DWS {
            let _ = write!(text, " … {} DW", payload.len());
        }
    }
    text
}

/// The last packets that passed, for a report.
pub struct History {
    ring: Vec<(u64, &'static str, Header)>,
    next: usize,
}

/// Packets that a report shows.
const KEPT: usize = 16;

impl History {
    /// Nothing seen.
    pub fn new() -> Self {
        History { ring: Vec::with_capacity(KEPT), next: 0 }
    }

    /// Keeps a packet that passed on `place` in `clock`.
    #[inline]
    pub fn note(&mut self, clock: u64, place: &'static str, hdr: Header) {
        if self.ring.len() < KEPT {
            self.ring.push((clock, place, hdr));
        } else {
            self.ring[self.next] = (clock, place, hdr);
            self.next = (self.next + 1) % KEPT;
        }
    }

    /// Oldest first, one line each.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        for i in 0..self.ring.len() {
            let (clock, place, hdr) = &self.ring[(self.next + i) % self.ring.len()];
            let _ = writeln!(text, "    {clock:>10} {place:<6} {}", header(hdr));
        }
        text
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_requests_and_completions() {
        let write = Header::memory(true, 0x0100, 0x12, 0x1_2345_6000, 64, (0b1110, 0b0001));
        let text = header(&write);
        assert!(text.starts_with("MWr64 64 DW at 0x123456000 be 1110/0001 from 01:00.0 tag 0x12"), "{text}");
        let cpl = Header::completion(0x0100, 0, 3, 1, 4, 0x7C, 0, 0);
        let text = header(&cpl);
        assert!(
            text.starts_with("Cpl 0 DW status UR bytes left 4 lower 0x7c by 01:00.0 to 00:00.0 tag 0x3"),
            "{text}"
        );
        assert!(header(&Header([0x7400_0001, 0, 0, 0])).starts_with("fmt/type 0x74"));
        assert!(words(&write, &[1; 64]).ends_with("00000001 … 64 DW"));
    }

    #[test]
    fn history_keeps_the_last() {
        let mut history = History::new();
        for clock in 0..KEPT as u64 + 3 {
            history.note(clock, "tx_rd", Header::memory(false, 0, clock as u16, 0x1000, 1, (15, 0)));
        }
        let lines = history.lines();
        assert_eq!(lines.lines().count(), KEPT);
        assert!(lines.lines().next().unwrap().contains("tag 0x3 "), "{lines}");
    }
}
