//! What is judged: every request against a model that cuts descriptors.

use ferrolane_abi::descriptor::{self, Descriptor, EOP, FENCE, FIXED, IRQ, SOP};
use ferrolane_abi::status;
use verilated::Dut;

use crate::bench::Bench;

/// Takes fields of `widths` bits from bit 0 up.
fn unpack<const N: usize>(words: &[u32], widths: [u32; N]) -> [u64; N] {
    let packed = words.iter().rev().fold(0u128, |all, w| all << 32 | *w as u128);
    let mut at = 0;
    widths.map(|width| {
        let field = (packed >> at) as u64 & ((1u64 << width) - 1);
        at += width;
        field
    })
}

/// What commit is told of a request.
struct Request {
    q: u64,
    bytes: u64,
    before: u64,
    index: u64,
    code: u64,
    row: u64,
    pkts: u64,
    eop: bool,
    last: bool,
    irq: bool,
    /// The tag of the next request.
    then: u64,
    phase: bool,
    refused: bool,
}

impl Request {
    fn seen(d: &Dut) -> Self {
        let widths = [6, 13, 24, 32, 8, 16, 16, 1, 1, 1, 8, 1, 1];
        let [q, bytes, before, index, code, row, pkts, eop, last, irq, then, phase, refused] =
            unpack(&d.get_wide("req"), widths);
        let [eop, last, irq, phase, refused] = [eop, last, irq, phase, refused].map(|bit| bit == 1);
        Request { q, bytes, before, index, code, row, pkts, eop, last, irq, then, phase, refused }
    }
}

/// What land is told of it.
struct Landing {
    q: u64,
    base: u64,
    end: u64,
    low: u64,
    phase: bool,
}

impl Landing {
    fn seen(d: &Dut) -> Self {
        let [q, base, end, low, phase] = unpack(&d.get_wide("req_landing"), [6, 21, 13, 2, 1]);
        Landing { q, base, end, low, phase: phase == 1 }
    }
}

impl Bench {
    pub fn request(&mut self) {
        self.requests += 1;
        let r = Request::seen(&self.d);
        let q = r.q;
        assert_eq!(r.refused, r.code != 0);
        self.last_queue = q as usize;
        assert_ne!((self.run | self.stopping) >> q & 1, 0, "queue {q} is stopped");
        let tag = self.tags.take(r.then, &self.d, self.fast.is_some());
        let landing = Landing::seen(&self.d);
        if self.q[q as usize].left == 0 {
            let d = self.takes(q as usize);
            let refused = self.verdict(q as usize, &d);
            assert_eq!(r.code, refused as u64);
            if refused != status::OK {
                return self.refuses(&r, &landing, tag, &d);
            }
            self.begins(q as usize, &d);
        }
        self.asks(&r, &landing, tag);
        self.moves(&r);
    }

    fn to_memory(&self, q: usize) -> bool {
        self.memory >> q & 1 == 1
    }

    /// Byte of a row at which a packet begins.
    fn lane(&self, q: usize, d: &Descriptor) -> u64 {
        if self.to_memory(q) {
            self.bases[q].wrapping_add(d.card) as u64 % self.shape.row
        } else {
            0
        }
    }

    /// The queue's next descriptor, if it may be taken.
    fn takes(&mut self, q: usize) -> Descriptor {
        let queue = &mut self.q[q];
        assert!(queue.taken < queue.head, "descriptor {} is not there", queue.taken);
        assert!(queue.taken - queue.consumer < 1 << self.ring, "no room for its record");
        let d = queue.descriptors[queue.taken as usize];
        assert!(d.flags & FENCE == 0 || queue.finished == queue.taken, "the fence is open");
        queue.taken += 1;
        d
    }

    fn verdict(&self, q: usize, d: &Descriptor) -> u8 {
        let memory = self.to_memory(q);
        let flags = if memory { descriptor::REFUSED & !FIXED | SOP | EOP } else { descriptor::REFUSED };
        match (d.len, d.flags & flags) {
            (0, _) => status::BAD_LENGTH,
            (_, 0) if memory && d.flags & FIXED != 0 && self.lane(q, d) != 0 => status::BAD_CARD_ADDRESS,
            (_, 0) => status::OK,
            _ => status::BAD_FLAGS,
        }
    }

    fn refuses(&mut self, r: &Request, landing: &Landing, tag: u64, d: &Descriptor) {
        let lane = self.lane(r.q as usize, d);
        let queue = &mut self.q[r.q as usize];
        assert_eq!((r.before, r.index), (0, queue.taken - 1));
        assert_eq!(landing.phase, self.tags.phases[tag as usize], "nothing is asked for");
        // Its lane is put into the position all the same: what comes behind it is discarded.
        queue.pos |= lane;
        // Control would halt it.
        queue.dead = true;
    }

    fn begins(&mut self, q: usize, d: &Descriptor) {
        let lane = self.lane(q, d);
        let queue = &mut self.q[q];
        (queue.addr, queue.left, queue.before) = (d.host_addr, d.len as u64, 0);
        if !queue.in_packet {
            queue.in_packet = true;
            queue.card = d.card as u64 | u64::from(d.flags & FIXED != 0) << 32;
            // Behind a packet's end stands the first byte of a row.
            queue.pos |= lane;
            assert!(queue.pkts - queue.freed.1 < self.shape.slots);
        }
    }

    /// The request is for the next bytes of the descriptor, up to a boundary of the largest request.
    fn asks(&mut self, r: &Request, landing: &Landing, tag: u64) {
        let (size, slots, q) = (self.size(), self.shape.slots, r.q);
        let ends_packet = self.ends_packet(q as usize);
        let queue = &self.q[q as usize];
        let d = queue.descriptors[queue.taken as usize - 1];
        let chunk = queue.left.min(size - queue.addr % size);
        let low = queue.addr % 4;
        assert_eq!((r.bytes, r.before, r.index, r.code), (chunk, queue.before, queue.taken - 1, 0));
        assert_eq!((r.eop, r.last, r.irq), (ends_packet, chunk == queue.left, d.flags & IRQ != 0));
        assert_eq!((landing.q, landing.low, landing.end), (q, low, low + chunk));
        assert_eq!(landing.base, queue.pos.wrapping_sub(low) & 0x1F_FFFF);
        let ended = &mut self.tags.phases[tag as usize];
        assert_eq!((r.phase, landing.phase), (!*ended, !*ended));
        *ended = !*ended;
        // MODE: bit 4 is Relaxed Ordering, bit 5 No Snoop.
        let attr = (queue.mode >> 4 & 1) << 1 | (queue.mode >> 5 & 1);
        self.reads.push_back([queue.addr, chunk, tag, (attr & self.attr) as u64]);
        let slot = (q * slots + queue.pkts % slots) as usize;
        assert_eq!(self.users[slot], queue.card);
    }

    /// Whether a packet ends with the descriptor taken last.
    fn ends_packet(&self, q: usize) -> bool {
        let queue = &self.q[q];
        queue.descriptors[queue.taken as usize - 1].flags & EOP != 0 || self.to_memory(q)
    }

    /// The queue moves on by what was asked for.
    fn moves(&mut self, r: &Request) {
        let (q, width, slots) = (r.q, self.shape.row, self.shape.slots);
        let closes = r.last && self.ends_packet(q as usize);
        let queue = &mut self.q[q as usize];
        queue.addr += r.bytes;
        queue.left -= r.bytes;
        queue.before += r.bytes;
        queue.pos += r.bytes;
        queue.bytes += r.bytes;
        let rows = queue.pos.div_ceil(width);
        let held = rows - queue.freed.0;
        assert!(held <= self.shape.rows, "queue {q} has {held} rows");
        assert_eq!(self.d.is_set("end_valid"), closes);
        if closes {
            let [end_row, last_byte] = unpack(&self.d.get_wide("packet_end"), [16, 8]);
            assert_eq!((end_row, last_byte), (rows & 0xFFFF, (queue.pos - 1) % width));
            assert_eq!((self.d.get("packet_q"), self.d.get("end_slot")), (q, queue.pkts % slots));
            queue.ends.push(rows - 1);
            queue.pos = rows * width;
            queue.pkts += 1;
            queue.in_packet = false;
        }
        assert_eq!((r.row, r.pkts), ((queue.pos / width) & 0xFFFF, queue.pkts & 0xFFFF));
    }
}
