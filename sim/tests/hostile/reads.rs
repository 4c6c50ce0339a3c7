//! Reads of the card: which tags are open, and the lawful answers.

use ferrolane_sim::rng::Rng;
use ferrolane_sim::tlp::{Header, Kind};

use crate::guard::{self, Guard};
use crate::palette;
use crate::port::Packet;

/// Tags of the card.
pub const TAGS: usize = 64;
/// Read Completion Boundary of the root complex, in bytes.
const BOUNDARY: u64 = 64;

/// A read without its last completion.
#[derive(Clone)]
pub struct Open {
    pub hdr: Header,
    /// A legal queue's.
    pub guarded: bool,
    /// Nobody will answer it.
    pub withheld: bool,
    serial: u64,
    due: u64,
    next: u64,
    end: u64,
}

/// All tags.
pub struct Reads {
    pub open: Vec<Option<Open>>,
    rng: Rng,
    serial: u64,
    /// Most clocks to an answer.
    pub latency: u64,
}

/// Whether the card must drop a completion whatever is open: `id` is its requester id.
pub fn harmless(packet: &Packet, id: u16) -> bool {
    let known = matches!(packet.hdr.kind(), Kind::Cpl | Kind::CplD);
    packet.error || !known || packet.hdr.requester() != id || usize::from(tag(&packet.hdr)) >= TAGS
}

fn tag(hdr: &Header) -> u16 {
    (hdr.0[2] >> 8 & 0xFF | (hdr.0[0] >> 19 & 1) << 8 | (hdr.0[0] >> 23 & 1) << 9) as u16
}

impl Reads {
    pub fn new(seed: u64) -> Self {
        Reads { open: vec![None; TAGS], rng: Rng::new(seed, "reads"), serial: 0, latency: 200 }
    }

    /// A read has left the card.
    pub fn left(&mut self, hdr: Header, now: u64) -> Result<(), String> {
        let slot = self.open.get_mut(usize::from(hdr.tag())).ok_or("TagRange")?;
        if let Some(before) = slot {
            return Err(format!("TagInUse: {:08x?} while {:08x?} is open", hdr.0, before.hdr.0));
        }
        let span = hdr.byte_span();
        let due = now + 1 + self.rng.below(self.latency);
        let guarded = guard::offset(span.start).is_some();
        self.serial += 1;
        let serial = self.serial;
        *slot = Some(Open { hdr, guarded, withheld: false, serial, due, next: span.start, end: span.end });
        Ok(())
    }

    /// The link is down: nothing will be answered.
    pub fn lose(&mut self) {
        self.open.fill(None);
    }

    /// Whether a completion that begins now is fair while the legal queues are to be spared.
    pub fn fair(&self, packet: &Packet, id: u16) -> bool {
        if harmless(packet, id) {
            return true;
        }
        match &self.open[usize::from(tag(&packet.hdr))] {
            Some(open) => !open.guarded || packet.read == open.serial,
            // Of a read that has ended since; the tag may be another's next time.
            None => true,
        }
    }

    /// A completion has gone in whole; `opened` tells if its tag was open when it began.
    pub fn answered(&mut self, packet: &Packet, opened: bool, id: u16) {
        let hdr = &packet.hdr;
        if harmless(packet, id) || !opened {
            return;
        }
        let carries = if hdr.has_data() { 4 * hdr.length() as u32 } else { 0 };
        let left = hdr.byte_count() + u32::from(hdr.lower_address() & 3);
        if hdr.0[1] >> 13 & 7 != 0 || carries == 0 || left <= carries {
            self.open[usize::from(tag(hdr))] = None;
        }
    }

    pub fn is_open(&self, packet: &Packet) -> bool {
        self.open.get(usize::from(tag(&packet.hdr))).is_some_and(Option::is_some)
    }

    /// The next piece of a lawful answer, if one is due.
    pub fn answer(&mut self, now: u64, guard: &Guard) -> Option<Packet> {
        let first = self.rng.below(TAGS as u64) as usize;
        let due = |open: &Open| !open.withheld && open.due <= now && open.next < open.end;
        let at = (0..TAGS).map(|i| (first + i) % TAGS).find(|&i| self.open[i].as_ref().is_some_and(due))?;
        let open = self.open[at].as_mut()?;
        let cut = (open.next / BOUNDARY + 1 + self.rng.below(4)) * BOUNDARY;
        let (start, end) = (open.next, cut.min(open.end));
        open.next = end;
        open.due = now + 1 + self.rng.below(20);
        let left = (open.end - start) as u32;
        let (from, dws) = (start & !3, ((end - (start & !3)).div_ceil(4)) as usize);
        let request = open.hdr;
        let hdr = Header::completion(
            0,
            request.requester(),
            request.tag(),
            0,
            left,
            (start & 0x7F) as u8,
            dws,
            request.attr(),
        );
        let data = (0..dws as u64)
            .map(|n| match guard::offset(from) {
                Some(at) => guard.word(at + 4 * n as usize),
                None => descriptor_word(from + 4 * n, &mut self.rng),
            })
            .collect();
        let mut packet = Packet::new(hdr, data);
        packet.read = open.serial;
        Some(packet)
    }
}

/// A DWORD of an attacker's memory: all of it is descriptors.
fn descriptor_word(address: u64, rng: &mut Rng) -> u32 {
    match address >> 2 & 3 {
        1 => palette::upper(rng),
        2 => {
            let flags = if rng.chance(90) { rng.below(8) as u32 } else { rng.below(256) as u32 };
            let len = if rng.chance(95) { rng.below(3_000) } else { rng.below(1 << 20) };
            flags << 24 | len as u32
        }
        _ => rng.next() as u32,
    }
}
