//! What must come of each descriptor that is offered: its record, and its bytes on the stream or in the card's memory.

use std::collections::VecDeque;

use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::{completion, status};
use rand::Rng;

use crate::bench::Bench;
use crate::host::{memory, Fault};

/// A record as it must come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    pub bytes: u64,
    pub index: u64,
    pub flags: u64,
    pub status: u64,
    pub irq: u64,
}

#[derive(Default)]
pub struct Packet {
    pub user: u32,
    pub bytes: VecDeque<u8>,
    pub ended: bool,
}

/// The code of a read that ends so.
pub fn code(fault: Fault) -> u8 {
    match fault {
        Fault::Ur => status::DATA_UR,
        Fault::Ca => status::DATA_CA,
        Fault::Lapsed => status::DATA_TIMEOUT,
        Fault::Poisoned => status::DATA_POISONED,
        _ => status::DATA_MALFORMED,
    }
}

impl Bench {
    /// Offers a descriptor; `err` is the descriptor store's verdict.
    pub fn offer(&mut self, q: usize, mut descriptor: Descriptor, err: u8) {
        let to_memory = self.to_memory(q);
        if to_memory && !self.raw {
            self.place(q, &mut descriptor);
        }
        let address = self.q[q].base.wrapping_add(descriptor.card as u64);
        if to_memory {
            self.allow(&descriptor, address);
        }
        let index = self.q[q].descriptors.len() as u64;
        self.q[q].descriptors.push((descriptor, err));
        if self.failed >> q & 1 == 1 {
            return;
        }
        let refused = if err != 0 { err } else { self.refusal(&descriptor, to_memory, address) };
        let mut record = self.outcome(&descriptor, refused, index);
        if to_memory {
            let fixed = descriptor.flags & descriptor::FIXED != 0;
            if record.status == 0 && self.write_fails(address, record.bytes, fixed) {
                record.status = status::CARD_WRITE_ERROR as u64;
            }
            self.q[q].writes.push_back((address, descriptor.host_addr, record.bytes, fixed));
        } else {
            self.stream(q, &descriptor, &mut record);
        }
        if record.status != 0 {
            self.failed |= 1 << q;
        }
        self.q[q].records.push_back(record);
    }

    /// Gives the descriptor of a memory queue a place of its own.
    fn place(&mut self, q: usize, descriptor: &mut Descriptor) {
        let row = self.shape.row;
        descriptor.flags &= !(descriptor::SOP | descriptor::EOP);
        descriptor.card = self.next_card + self.rng.random_range(0..600);
        self.next_card += descriptor.len + 1000;
        if descriptor.len < 2000 && self.rng.random_bool(0.2) {
            descriptor.flags |= descriptor::FIXED;
            let address = self.q[q].base.wrapping_add(descriptor.card as u64);
            descriptor.card += ((row - address % row) % row) as u32;
        }
    }

    /// The card's memory may hold these bytes from now on. What is behind a failed write may have been on its way, too.
    fn allow(&mut self, descriptor: &Descriptor, address: u64) {
        let bytes = (0..descriptor.len as u64).map(|i| memory(descriptor.host_addr + i));
        if descriptor.flags & descriptor::FIXED != 0 {
            self.fixed.entry(address).or_default().extend(bytes);
        } else {
            self.allowed.extend((0..).map(|i| address.wrapping_add(i)).zip(bytes));
        }
    }

    /// The code with which issue refuses a descriptor, or OK.
    fn refusal(&self, descriptor: &Descriptor, to_memory: bool, address: u64) -> u8 {
        let refused_flags = match to_memory {
            true => descriptor::REFUSED & !descriptor::FIXED | descriptor::SOP | descriptor::EOP,
            false => descriptor::REFUSED,
        };
        if descriptor.len == 0 {
            status::BAD_LENGTH
        } else if descriptor.flags & refused_flags != 0 {
            status::BAD_FLAGS
        } else if descriptor.flags & descriptor::FIXED != 0 && !address.is_multiple_of(self.shape.row) {
            status::BAD_CARD_ADDRESS
        } else {
            status::OK
        }
    }

    /// The record, as far as the descriptor and the host decide it.
    fn outcome(&self, descriptor: &Descriptor, refused: u8, index: u64) -> Record {
        let irq = u64::from(descriptor.flags & descriptor::IRQ != 0);
        if refused != status::OK {
            return Record { bytes: 0, index, flags: 0, status: refused as u64, irq };
        }
        let bytes = descriptor.len as u64;
        let mut record = Record { bytes, index, flags: 0, status: 0, irq };
        let range = descriptor.host_addr..descriptor.host_addr + bytes;
        let inside = self.faults.iter().filter(|(at, _)| range.contains(at));
        if let Some((at, fault)) = inside.min_by_key(|f| f.0) {
            record.status = code(*fault) as u64;
            // The request that holds the address moved nothing.
            let size = self.size();
            record.bytes = (at / size * size).saturating_sub(range.start);
        }
        record
    }

    fn write_fails(&self, address: u64, bytes: u64, fixed: bool) -> bool {
        let last = if fixed { address } else { address.wrapping_add(bytes - 1) };
        self.memory.fails(address, last)
    }

    /// The bytes go on in the queue's packet, or begin the next one.
    fn stream(&mut self, q: usize, descriptor: &Descriptor, record: &mut Record) {
        if record.bytes == 0 {
            return;
        }
        let packets = &mut self.q[q].packets;
        if packets.back().is_none_or(|p| p.ended) {
            packets.push_back(Packet { user: descriptor.card, ..Packet::default() });
        }
        let packet = packets.back_mut().expect("just made");
        let from = descriptor.host_addr;
        packet.bytes.extend((from..from + record.bytes).map(memory));
        if record.status == 0 && descriptor.flags & descriptor::EOP != 0 {
            packet.ended = true;
            record.flags = completion::EOP as u64;
        }
    }

    /// The descriptor offered last is the queue's last, and its record has this code.
    pub fn fail_last(&mut self, q: usize, code: u8) {
        self.q[q].records.back_mut().expect("one was offered").status = code as u64;
        self.failed |= 1 << q;
    }

    /// Makes all offered descriptors of a queue available at once.
    pub fn tell(&mut self, q: usize) {
        self.q[q].head = self.q[q].descriptors.len() as u32;
    }
}
