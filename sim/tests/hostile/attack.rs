//! What a hostile host sends: requests, completions, settings.

use ferrolane_abi::map;
use ferrolane_abi::regs::queue as regs;
use ferrolane_sim::pins::CfgPins;
use ferrolane_sim::rng::Rng;
use ferrolane_sim::tlp::{Header, Kind};

use crate::guard;
use crate::palette;
use crate::port::Packet;
use crate::reads::{Reads, TAGS};
use crate::tally::Tally;

/// Queues of a direction that were built.
pub const QUEUES: u32 = 4;
/// While the legal queues are to be spared: those from this one on are attacked, the others are theirs.
pub const FIRST_ATTACKED: u32 = 2;
/// MSI-X vectors from this one on are attacked.
const FIRST_VECTOR: u64 = 8;
/// Completions kept to be sent once more.
const KEPT: usize = 16;

/// The attacker.
pub struct Attack {
    rng: Rng,
    /// Legal queues run and must not notice.
    pub spares: bool,
    kept: Vec<Packet>,
    /// A write to the card's own registers was let through.
    pub touched_card: bool,
}

impl Attack {
    pub fn new(seed: u64, spares: bool) -> Self {
        Attack { rng: Rng::new(seed, "attack"), spares, kept: Vec::new(), touched_card: false }
    }

    fn queue(&mut self) -> (map::Direction, u32) {
        let direction = if self.rng.chance(50) { map::Direction::H2c } else { map::Direction::C2h };
        let first = if self.spares { FIRST_ATTACKED } else { 0 };
        let built = u64::from(QUEUES - first);
        let queue = if self.rng.chance(95) {
            first + self.rng.below(built) as u32
        } else {
            4 + self.rng.below(60) as u32
        };
        (direction, queue)
    }

    /// A BAR0 offset that is worth while.
    fn place(&mut self) -> u64 {
        let (direction, queue) = self.queue();
        4 * match self.rng.below(16) {
            0 => self.rng.below(64),
            1..=6 => map::queue_regs(direction, queue) / 4 + self.rng.below(32),
            7..=9 => map::queue_doorbell(direction, queue) / 4 + self.rng.below(2),
            10 | 11 => map::queue_push(direction, queue) / 4 + self.rng.below(128),
            12 => map::MSIX_TABLE_PAGE / 4 + 4 * self.rng.below(20) + self.rng.below(4),
            13 => map::MSIX_PBA_PAGE / 4 + self.rng.below(8),
            14 => map::COUNTER_PAGE / 4 + self.rng.below(0x4000),
            _ => self.rng.below(map::BAR0_BYTES / 4),
        }
    }

    /// What is written to a BAR0 offset: upper address DWORDs are of the palette.
    fn value(&mut self, at: u64) -> u32 {
        let any = self.rng.next() as u32;
        let is = |register: &ferrolane_abi::table::Register| at & 0xFF == u64::from(register.offset);
        match at & !0xFFFF {
            map::QUEUE_PAGE => {
                if is(&regs::RING_BASE_HI) || is(&regs::CPL_BASE_HI) || is(&regs::FEED_ADDR_HI) {
                    palette::upper(&mut self.rng)
                } else if is(&regs::CTRL) {
                    u32::from(self.rng.chance(80)) | any & 2
                } else if is(&regs::RING_SIZE) && self.rng.chance(90) {
                    any & 7 | any & 0x700
                } else if is(&regs::FEED_LEN) {
                    any & 0xFFF
                } else {
                    any
                }
            }
            map::DOORBELL_PAGE if self.rng.chance(80) => any & 0x8000_003F,
            map::MSIX_TABLE_PAGE => match at & 0xC {
                4 => palette::upper(&mut self.rng),
                0xC => any & 1,
                _ => any,
            },
            map::PUSH_PAGE => match at & 0xC {
                4 => palette::upper(&mut self.rng),
                8 => (any & 7) << 24 | any >> 8 & 0xFFF,
                _ => any,
            },
            _ => any,
        }
    }

    /// Whether a BAR0 offset belongs to a legal queue.
    fn is_legal(at: u64) -> bool {
        let below = |page: u64, stride: u64| {
            let index = at.wrapping_sub(page) / stride;
            at >= page && index < 128 && index % 64 < u64::from(FIRST_ATTACKED)
        };
        below(map::QUEUE_PAGE, map::QUEUE_STRIDE)
            || below(map::DOORBELL_PAGE, map::DOORBELL_STRIDE)
            || below(map::PUSH_PAGE, map::PUSH_STRIDE)
            || (map::MSIX_TABLE_PAGE..map::MSIX_TABLE_PAGE + 16 * FIRST_VECTOR).contains(&at)
    }

    /// A random request.
    pub fn request(&mut self, tally: &mut Tally) -> Packet {
        let kind = self.rng.below(20);
        let at = self.place();
        // With a reserved Fmt or Type, or of a kind that isn't served, in a quarter of the cases.
        let fmt_type = match kind {
            0..=4 => self.rng.below(256) as u32,
            5..=8 => (self.rng.below(2) as u32) << 5,
            _ => 0x40 | (self.rng.below(2) as u32) << 5,
        };
        let plain = self.rng.chance(70);
        let length = match self.rng.below(10) {
            0..=5 => 1 + self.rng.below(4) as u32,
            6..=8 => 1 + self.rng.below(40) as u32,
            _ => self.rng.below(1024) as u32,
        };
        let mut dw0 = fmt_type << 24 | length & 0x3FF;
        let requester = 0x8000 | self.rng.next() as u32 & 0x7FFF;
        let (mut first, mut last) = (0xF, if length == 1 { 0 } else { 0xF });
        if !plain {
            dw0 ^= self.rng.next() as u32 & self.rng.next() as u32 & 0x00FF_FC00;
            (first, last) = (self.rng.below(16) as u32, self.rng.below(16) as u32);
        }
        let dw1 = requester << 16 | (self.rng.below(256) as u32) << 8 | last << 4 | first;
        let upper = if plain { 0xE000_0000 } else { self.rng.next() as u32 & 0xFFF8_0000 };
        let low = upper | at as u32;
        let hdr = match fmt_type >> 5 & 1 {
            1 => [dw0, dw1, self.rng.next() as u32, low],
            _ => [dw0, dw1, low, 0],
        };
        let mut hdr = Header(hdr);
        let mut dws = if hdr.0[0] >> 30 & 1 == 1 { hdr.length() } else { 0 };
        if !plain && self.rng.chance(30) {
            // Any number of beats against any Length.
            dws = self.rng.below(80) as usize;
        }
        let mut packet =
            Packet::new(hdr, (0..dws as u64).map(|n| self.value((at + 4 * n) % map::BAR0_BYTES)).collect());
        packet.func = self.rng.next() as u8;
        packet.bar = if plain { 0 } else { self.rng.below(8) as u8 };
        packet.error = !plain && self.rng.chance(20);
        self.tame(&mut packet, at);
        hdr = packet.hdr;
        tally.request(&hdr, &packet, matches!(hdr.kind(), Kind::Write(_)));
        packet
    }

    /// A write that would be carried out is kept away from the legal queues: by what forbids to carry it out.
    fn tame(&mut self, packet: &mut Packet, at: u64) {
        if !matches!(packet.hdr.kind(), Kind::Write(_)) || packet.error || packet.hdr.ep() {
            return;
        }
        let dws = packet.hdr.length().max(packet.data.len().next_multiple_of(4)) as u64;
        let legal = (0..dws).any(|n| Self::is_legal((at + 4 * n) % map::BAR0_BYTES));
        let card = packet.bar == map::USER_BAR;
        if self.spares && (packet.bar == map::BAR && legal || card) {
            match self.rng.below(3) {
                0 => packet.error = true,
                1 => packet.hdr.0[0] |= 1 << 14,
                _ => packet.bar = 1,
            }
        } else {
            self.touched_card |= card;
        }
    }

    /// What puts an attacked queue to work, mostly.
    pub fn set_up(&mut self) -> Vec<(u64, Vec<u32>)> {
        let (direction, queue) = self.queue();
        let base = map::queue_regs(direction, queue);
        let mut writes: Vec<(u64, Vec<u32>)> = vec![(base, vec![0])];
        let block: Vec<u32> = (2..10).map(|n| self.value(base + 4 * n)).collect();
        writes.push((base + 8, block));
        if self.rng.chance(50) {
            let feed = self.rng.below(4) as u32;
            writes.push((base + u64::from(regs::MODE.offset), vec![feed]));
        }
        writes.push((base, vec![1]));
        let feed: Vec<u32> = (16..21).map(|n| self.value(base + 4 * n)).collect();
        writes.push((base + 64, feed));
        let ring = self.rng.below(17) as u32;
        writes.push((map::queue_doorbell(direction, queue), vec![ring, 0]));
        writes
    }

    /// Keeps a completion to send it again. It may then answer another read than it did: what descriptors of legal queues say is taken
    /// out.
    pub fn keep(&mut self, packet: &Packet) {
        let mut packet = packet.clone();
        packet.read = 0;
        for word in packet.data.iter_mut().filter(|word| **word == guard::UPPER) {
            *word = palette::upper(&mut self.rng);
        }
        if self.kept.len() < KEPT {
            self.kept.push(packet);
        } else {
            let at = self.rng.below(KEPT as u64) as usize;
            self.kept[at] = packet;
        }
    }

    /// A random completion, aimed at an open read in half of the cases.
    pub fn completion(&mut self, reads: &Reads, cfg: &CfgPins, tally: &mut Tally) -> Packet {
        tally.completions += 1;
        if !self.kept.is_empty() && self.rng.chance(15) {
            tally.duplicates += 1;
            let at = self.rng.below(self.kept.len() as u64) as usize;
            return self.kept[at].clone();
        }
        let rng = &mut self.rng;
        let start = rng.below(TAGS as u64) as usize;
        let open = (0..TAGS).filter_map(|n| reads.open[(start + n) % TAGS].as_ref()).next();
        let aimed = open.filter(|_| rng.chance(50));
        let right = |rng: &mut Rng| rng.chance(75);
        let tag = match aimed {
            Some(open) => open.hdr.tag(),
            None if rng.chance(80) => rng.below(TAGS as u64) as u16,
            None => rng.below(1024) as u16,
        };
        let (mut count, mut lower) = (rng.below(4096) as u32, rng.below(128) as u8);
        let mut dws = rng.below(80) as usize;
        if let Some(open) = aimed {
            let span = open.hdr.byte_span();
            let left = (span.end - span.start) as u32;
            count = if right(rng) { left } else { count };
            lower = if right(rng) { (span.start & 0x7F) as u8 } else { lower };
            dws = if rng.chance(50) { open.hdr.length().min(64) } else { dws };
        }
        let status = if rng.chance(75) { 0 } else { rng.below(8) as u8 };
        let requester = if rng.chance(85) { cfg.requester_id } else { rng.next() as u16 };
        let mut hdr = Header::completion(rng.next() as u16, requester, tag, status, count, lower, dws, 0);
        let kind = match rng.below(20) {
            0 => rng.below(256) as u32,
            1 => 0x0B,
            2 => 0x4B,
            3 | 4 => 0x0A,
            _ => 0x4A,
        };
        hdr.0[0] = hdr.0[0] & 0x00FF_FFFF | kind << 24;
        if rng.chance(10) {
            hdr.0[0] |= 1 << 14;
        }
        if rng.chance(15) {
            hdr.0[0] = hdr.0[0] & !0x3FF | rng.below(1024) as u32;
        }
        if hdr.0[0] >> 30 & 1 == 0 && rng.chance(80) {
            dws = 0;
        }
        let data = (0..dws).map(|_| palette::upper(rng)).collect();
        let mut packet = Packet::new(hdr, data);
        packet.error = rng.chance(10);
        packet
    }

    /// Changes a setting. Those that a lawful host changes in a quiet function only are left alone while queues are spared.
    pub fn setting(&mut self, cfg: &mut CfgPins) {
        let rng = &mut self.rng;
        let bit = rng.chance(50);
        match rng.below(if self.spares { 10 } else { 15 }) {
            0 => cfg.rcb = bit,
            1 => cfg.ro_enable = bit,
            2 => cfg.ns_enable = bit,
            3 => cfg.msix_enable = bit,
            4 => cfg.msix_mask = bit,
            5 => cfg.bus_master = bit,
            6 => cfg.cpl_timeout = rng.below(16) as u8,
            7 => (cfg.link_speed, cfg.link_width) = (rng.below(16) as u8, rng.below(64) as u8),
            8 => (cfg.tag10, cfg.d0) = (bit, rng.chance(50)),
            9 => (cfg.bus_master, cfg.msix_enable, cfg.msix_mask) = (true, true, false),
            10 => cfg.mps = rng.below(8) as u8,
            11 => cfg.mrrs = rng.below(8) as u8,
            12 => cfg.ext_tag = bit,
            13 => cfg.requester_id = rng.next() as u16,
            _ => cfg.link_up = false,
        }
    }
}
