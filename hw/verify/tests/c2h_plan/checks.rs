//! What is judged: each entry, and each descriptor that is taken or ends its queue.

use ferrolane_abi::{descriptor, status};
use verilated::Dut;

use crate::bench::{Bench, SLOTS};
use crate::surroundings::Desc;

/// Positions in a share are modulo this.
const POSITIONS: u64 = 1 << 14;

/// What plan tells recut, see `types::Entry`.
struct Entry {
    q: usize,
    tlp: bool,
    record: bool,
    pos: u64,
    addr: u64,
    n: u64,
    attr: u64,
    row: u64,
    pkts: u64,
    bytes: u64,
    meta: u64,
    index: u64,
    eop: bool,
    irq: bool,
    code: u8,
}

impl Entry {
    fn seen(d: &Dut) -> Self {
        let words = d.get_wide("entry");
        let mut at = 0;
        let mut field = |width: usize| -> u64 {
            let value = (0..width).map(|k| (words[(at + k) / 32] as u64 >> ((at + k) % 32) & 1) << k).sum();
            at += width;
            value
        };
        // In the order of the bits.
        Entry {
            q: field(6) as usize,
            tlp: field(1) == 1,
            record: field(1) == 1,
            pos: field(24),
            addr: field(64),
            n: field(11),
            attr: field(2),
            row: field(16),
            pkts: field(16),
            bytes: field(24),
            meta: field(32),
            index: field(32),
            eop: field(1) == 1,
            irq: field(1) == 1,
            code: field(8) as u8,
        }
    }
}

impl Bench {
    pub fn taken(&mut self) {
        if !self.d.is_set("c2h_taken_valid") || self.d.get("c2h_taken_value") == 0 {
            return;
        }
        let q = &mut self.q[self.d.get("c2h_taken_q") as usize];
        q.taken += 1;
        assert_eq!(self.d.get("c2h_taken_value"), q.taken as u64);
        assert!(q.taken <= q.head && q.taken - 1 - q.consumer < 1 << q.cpl_log2);
        if q.store[((q.taken - 1) % SLOTS) as usize].0[2] >> 24 & descriptor::FENCE as u32 != 0 {
            assert_eq!(q.told_finished, q.taken - 1, "a fence was passed");
            self.fences += 1;
        }
    }

    pub fn error(&mut self) {
        if self.d.is_set("c2h_err_valid") {
            let q = &mut self.q[self.d.get("c2h_err_q") as usize];
            assert_eq!(q.error, Some(self.d.get("c2h_err_code") as u8));
            assert!(!q.halted);
            q.halted = true;
            self.errors += 1;
        }
    }

    pub fn entry(&mut self) {
        let e = Entry::seen(&self.d);
        self.entries += 1;
        let q = &mut self.q[e.q];
        assert!(q.error.is_none(), "queue {} goes on after an error", e.q);
        if !q.ran {
            q.entries_since_stop += 1;
            assert!(q.entries_since_stop <= 1, "queue {} goes on after a stop", e.q);
        }
        let desc = *q.descs.front().expect("an entry without descriptor");
        assert!(q.index <= q.taken + 1);
        if desc.status() != 0 {
            assert_eq!((e.tlp, e.record, e.bytes, e.meta), (false, true, 0, 0));
            assert_eq!((e.index, e.eop, e.irq, e.code), (q.index as u64, false, true, desc.status()));
            q.error = Some(desc.status());
            return;
        }
        let (_, user, bad) = q.packets[0];
        let ends = self.moves(&e, &desc, bad);
        let done = ends || self.q[e.q].moved == desc.len;
        if desc.lane.is_some() {
            assert_eq!(ends, done, "a descriptor of a memory queue is a packet");
        }
        assert_eq!(e.record, done);
        if done {
            self.ends(&e, &desc, if ends { user } else { 0 }, ends, bad);
            if bad {
                return;
            }
        }
        if self.turn.0 != e.q {
            self.turns.push(self.turn);
            self.turn = (e.q, 0);
        }
        self.turn.1 += e.n;
    }

    /// The TLP's bytes are the next ones of packet and descriptor; gives whether the packet ends with them.
    fn moves(&mut self, e: &Entry, desc: &Desc, bad: bool) -> bool {
        let mps = self.mps;
        let q = &mut self.q[e.q];
        if let (Some(lane), 0) = (desc.lane, q.moved) {
            q.into += lane;
            q.pos += lane;
        }
        let rest = q.packets[0].0 - q.into;
        let left = desc.len - q.moved;
        let limit = left.min(mps - (desc.addr.wrapping_add(q.moved)) % mps);
        assert_eq!(e.n, limit.min(rest), "{limit} {rest}");
        assert_eq!(e.tlp, e.n != 0);
        if e.tlp {
            assert_eq!(e.attr, q.attr);
            assert_eq!((e.pos, e.addr), (q.pos % POSITIONS, desc.addr.wrapping_add(q.moved)));
        }
        // All its bytes are in the share.
        let ends = e.n == rest;
        let there = q.told_row.wrapping_sub((q.pos >> 4) as u16) as u64 * 16 - q.pos % 16;
        assert!(e.n <= there && (!ends || q.told_pkts != q.read_pkts), "bytes that are not there");
        q.pos += e.n;
        q.into += e.n;
        q.moved += e.n;
        if ends {
            // An error leaves a row without bytes.
            q.pos = if bad { (q.pos + 1).next_multiple_of(16) } else { q.pos.next_multiple_of(16) };
            q.into = 0;
            q.read_pkts = q.read_pkts.wrapping_add(1);
            q.packets.pop_front();
        }
        assert_eq!((e.row, e.pkts), (q.pos % POSITIONS >> 4, q.read_pkts as u64));
        ends
    }

    /// The descriptor ends, with its packet or before.
    fn ends(&mut self, e: &Entry, desc: &Desc, meta: u32, with_packet: bool, bad: bool) {
        let q = &mut self.q[e.q];
        let code = if bad { status::CARD_READ_ERROR } else { status::OK };
        assert_eq!((e.bytes, e.meta, e.index, e.code), (q.moved, meta as u64, q.index as u64, code));
        assert_eq!(e.eop, with_packet && desc.lane.is_none());
        assert_eq!(e.irq, bad || desc.flags & descriptor::IRQ != 0);
        if bad {
            q.error = Some(code);
            return;
        }
        self.memory_ends += desc.lane.is_some() as u64;
        q.index += 1;
        q.moved = 0;
        q.descs.pop_front();
    }
}
