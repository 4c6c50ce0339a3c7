//! The host's side: descriptors, the completion ring, and the buses that tell of both.

use ferrolane_abi::{descriptor, status};
use rand::{rngs::StdRng, Rng};
use verilated::Dut;

use crate::bench::{Bench, SLOTS};
use crate::bus::Bus;
use crate::content::{byte, fails};

#[derive(Clone, Debug)]
pub struct Desc {
    pub addr: u64,
    pub len: u32,
    pub flags: u8,
    pub err: u8,
    /// On a memory queue: the address in the card's memory, and the bytes of a row.
    pub source: Option<(u64, u64)>,
}

impl Desc {
    pub fn status(&self) -> u8 {
        if self.err != 0 {
            self.err
        } else if self.len == 0 {
            status::BAD_LENGTH
        } else if self.flags & self.refused() != 0 {
            status::BAD_FLAGS
        } else if self.source.is_some_and(|s| self.flags & descriptor::FIXED != 0 && !s.0.is_multiple_of(s.1))
        {
            status::BAD_CARD_ADDRESS
        } else {
            status::OK
        }
    }

    /// The code with which the descriptor ends, if rows of the card's memory fail so.
    pub fn error(&self, errors: u64) -> u8 {
        match self.status() {
            status::OK if self.source.is_some() && self.bytes(errors).1 => status::CARD_READ_ERROR,
            status => status,
        }
    }

    fn refused(&self) -> u8 {
        match self.source {
            Some(_) => descriptor::REFUSED & !descriptor::FIXED | descriptor::SOP | descriptor::EOP,
            None => descriptor::REFUSED,
        }
    }

    /// Of a memory queue's descriptor: the bytes in front of the first row that can't be read, and whether there is one.
    pub fn bytes(&self, errors: u64) -> (Vec<u8>, bool) {
        let (from, lanes) = self.source.expect("a memory queue");
        let fixed = self.flags & descriptor::FIXED != 0;
        let mut bytes = Vec::new();
        for k in 0..self.len as u64 {
            let at = if fixed { from + k % lanes } else { from + k };
            if fails(at / lanes * lanes, errors) {
                return (bytes, true);
            }
            bytes.push(byte(at));
        }
        (bytes, false)
    }
}

impl Bench {
    pub fn host(&mut self) {
        let post = self.shape.post;
        for i in 0..self.nq {
            let full = self.q[i].head.wrapping_sub(self.q[i].taken) as usize >= SLOTS;
            let q = &self.q[i];
            if q.run && q.post && !full && !q.bad_posted && self.rng.random_bool(post.min(1.0)) {
                let mut card: u32 = self.rng.random();
                let desc = self.descriptor(i, &mut card);
                let q = &mut self.q[i];
                q.bad_posted = desc.status() != 0;
                let dws =
                    [desc.addr as u32, (desc.addr >> 32) as u32, desc.len | (desc.flags as u32) << 24, card];
                q.store[q.head as usize % SLOTS] = (dws, desc.err);
                q.head += 1;
                q.descs.push_back(desc);
                self.heads.tell(self.nq + i, q.head);
            }
            let q = &mut self.q[i];
            if q.consumer != q.records && self.rng.random_bool(self.shape.consume.min(1.0)) {
                q.consumer = self.rng.random_range(q.consumer + 1..=q.records);
                self.rooms.tell(self.nq + i, q.consumer);
            }
        }
        // A bus carries one event per clock; those of the other direction are not for this block.
        let (nq, busy) = (self.nq as u64, self.shape.buses_busy);
        let send = |name: &str, bus: &mut Bus, width: u32, rng: &mut StdRng, d: &mut Dut| {
            let event = match rng.random_range(0..4) {
                0 if busy => None,
                1 if busy => Some((rng.random_range(0..nq), rng.random::<u32>() >> (32 - width))),
                _ => bus.next(),
            };
            d.set(&format!("{name}_valid"), event.is_some() as u64);
            let (g, value) =
                event.unwrap_or((rng.random_range(0..2 * nq), rng.random::<u32>() >> (32 - width)));
            d.set(&format!("{name}_g"), g);
            d.set(&format!("{name}_value"), value as u64);
            event.filter(|e| e.0 >= nq)
        };
        send("head", &mut self.heads, 32, &mut self.rng, &mut self.d);
        send("room", &mut self.rooms, 31, &mut self.rng, &mut self.d);
        if let Some((g, value)) = send("finished", &mut self.ends, 32, &mut self.rng, &mut self.d) {
            self.q[g as usize - self.nq].finished = value;
        }
    }

    fn descriptor(&mut self, i: usize, card: &mut u32) -> Desc {
        let mut len = self.length(self.shape.descriptor) as u32;
        if self.shape.drop != 0 {
            len = len.max(8);
        }
        let addr = if self.shape.aligned {
            self.q[i].next_addr.next_multiple_of(64)
        } else if self.shape.fixed {
            // Any offset within a page, so that alignments of all kinds come.
            self.q[i].next_addr.next_multiple_of(4096) + self.rng.random_range(0..4096)
        } else {
            self.q[i].next_addr + if self.rng.random() { self.rng.random_range(0..300) } else { 0 }
        };
        self.q[i].next_addr = addr + len as u64;
        let mut flags = self.rng.random::<u8>() & (descriptor::SOP | descriptor::EOP | descriptor::IRQ);
        let lanes = self.lanes as u64;
        if let Some(base) = self.q[i].memory {
            flags &= descriptor::IRQ;
            if self.rng.random_bool(0.1) {
                *card = card.wrapping_sub((base.wrapping_add(*card as u64) % lanes) as u32);
                if base.wrapping_add(*card as u64).is_multiple_of(lanes) {
                    flags |= descriptor::FIXED;
                }
            }
        }
        let source = self.q[i].memory.map(|base| (base.wrapping_add(*card as u64), lanes));
        let fence = if self.rng.random_bool(self.shape.fence) { descriptor::FENCE } else { 0 };
        let mut desc = Desc { addr, len, flags: flags | fence, err: 0, source };
        if self.rng.random_bool(self.shape.bad) {
            match self.rng.random_range(0..3) {
                0 => desc.err = status::FETCH_UR + self.rng.random_range(0..4),
                1 => desc.len = 0,
                _ => desc.flags |= [8, 16, 64, 128][self.rng.random_range(0..4)],
            }
        }
        desc
    }
}
