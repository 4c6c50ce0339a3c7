//! The same fragments through each of the four feed modes: what each costs.

use anyhow::{bail, Result};
use ferrolane_abi::completion::{self, Completion};
use ferrolane_abi::descriptor::{self, Descriptor, END, EOP, IRQ, LINK, SOP};
use ferrolane_abi::map::{queue_doorbell, queue_push, queue_regs, Direction, PUSH_SLOTS};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_abi::table::Register;
use ferrolane_abi::{doorbell, feature};

use crate::card::packet_user;
use crate::engine::Build;
use crate::host::{Host, Place};
use crate::pattern;
use crate::ring::PACKET;

/// Fragments that each mode moves.
const FRAGMENTS: u32 = 64;
/// Bytes of each.
const FRAGMENT: u32 = 1024;
/// Entries of both rings.
const ENTRIES: u32 = 128;
/// Data descriptors of a list's segment.
const SEGMENT: u32 = 32;
/// The queue's interrupt vector.
const VECTOR: u32 = 1;
/// COALESCE.POLICY: records for EOP, IRQ and errors.
const ENDS_ONLY: u32 = 1 << 8;
/// Clocks that a mode may take.
const PATIENCE: u64 = 1_000_000;

/// How the queue is fed; the number is MODE.FEED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// Descriptor ring and doorbell.
    Ring = 0,
    /// A list in two segments.
    List = 1,
    /// Through the push window.
    Push = 2,
    /// One descriptor at a time in registers, each with its interrupt.
    Direct = 3,
}

impl Feed {
    fn feature(self) -> u32 {
        match self {
            Feed::Ring => feature::RING,
            Feed::List => feature::LIST,
            Feed::Push => feature::PUSH,
            Feed::Direct => feature::DIRECT,
        }
    }

    /// Value of the register MODE, everything else as after reset.
    pub fn mode(self) -> u32 {
        regs::MODE.fields.iter().fold(self as u32, |mode, field| mode | field.reset << field.lsb)
    }
}

/// Whether the engine has a mode.
///
/// # Errors
/// As [`Host::clock`].
pub fn served(host: &mut Host, feed: Feed) -> Result<bool> {
    let features = host.read(u64::from(global::FEATURES_LO.offset))?;
    Ok(features & feed.feature() != 0)
}

/// Writes descriptor number `index` into a queue's push window.
///
/// # Errors
/// As [`Host::clock`].
pub fn push_descriptor(
    host: &mut Host,
    direction: Direction,
    queue: u32,
    index: u32,
    bytes: [u8; descriptor::BYTES],
) -> Result<()> {
    let window = queue_push(direction, queue) + u64::from(index % PUSH_SLOTS) * descriptor::BYTES as u64;
    let dw = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
    host.write(window, &[dw(0), dw(4)])?;
    host.write(window + 8, &[dw(8), dw(12)])
}

/// What a mode took.
pub struct Taken {
    /// The mode.
    pub feed: Feed,
    /// From the first write to the last interrupt at the host.
    pub clocks: u64,
    /// TLPs to the host.
    pub up: u64,
    /// TLPs to the card.
    pub down: u64,
    /// Interrupts.
    pub interrupts: u64,
    /// Register writes of the host, setting the queue up excluded.
    pub writes: u64,
}

struct Run {
    host: Host,
    /// Records taken, and index of the descriptor behind the last one told of.
    records: u32,
    finished: u32,
}

/// Measures the modes that the engine has.
///
/// # Errors
/// As [`Host::clock`], or a mode did not end.
pub fn measure(build: &Build, place: Place) -> Result<Vec<Taken>> {
    let mut all = Vec::new();
    for feed in [Feed::Ring, Feed::List, Feed::Push, Feed::Direct] {
        let sizes = [
            ENTRIES as usize * descriptor::BYTES,
            ENTRIES as usize * completion::BYTES,
            (FRAGMENTS * FRAGMENT) as usize,
        ];
        let mut host = Host::new(build, place, u64::from(PACKET * FRAGMENT), sizes)?;
        if served(&mut host, feed)? {
            all.push(Run { host, records: 0, finished: 0 }.measure(feed)?);
        }
    }
    Ok(all)
}

impl Run {
    fn register(register: &Register) -> u64 {
        queue_regs(Direction::H2c, 0) + u64::from(register.offset)
    }

    fn set(&mut self, register: &Register, value: u32) -> Result<()> {
        self.host.write(Self::register(register), &[value])
    }

    fn open(&mut self, feed: Feed) -> Result<()> {
        self.host.enable_interrupts(VECTOR + 1)?;
        let (descriptors, records) = (self.host.descriptors.iova, self.host.records.iova);
        let log2 = ENTRIES.trailing_zeros();
        self.set(&regs::RING_BASE_LO, descriptors as u32)?;
        self.set(&regs::RING_BASE_HI, (descriptors >> 32) as u32)?;
        self.set(&regs::CPL_BASE_LO, records as u32)?;
        self.set(&regs::CPL_BASE_HI, (records >> 32) as u32)?;
        self.set(&regs::RING_SIZE, log2 | log2 << 8)?;
        self.set(&regs::MODE, feed.mode())?;
        self.set(&regs::VECTOR, VECTOR)?;
        self.set(&regs::COALESCE, 1 | ENDS_ONLY)?;
        self.set(&regs::CTRL, 1)?;
        let mut bytes = vec![0; (FRAGMENTS * FRAGMENT) as usize];
        pattern::fill(0, 0, &mut bytes);
        self.host.data.memory.write(0, &bytes);
        self.host.settle()
    }

    fn descriptor(&self, index: u32) -> Descriptor {
        let mut flags = 0;
        if index.is_multiple_of(PACKET) {
            flags |= SOP;
        }
        if (index + 1).is_multiple_of(PACKET) {
            flags |= EOP;
        }
        if index + 1 == FRAGMENTS {
            flags |= IRQ;
        }
        Descriptor {
            host_addr: self.host.data.iova + u64::from(index * FRAGMENT),
            len: FRAGMENT,
            flags,
            card: packet_user(0, u64::from(index / PACKET)),
        }
    }

    fn store(&self, place: u32, descriptor: Descriptor) {
        self.host.descriptors.memory.write(place as usize * descriptor::BYTES, &descriptor.to_bytes());
    }

    fn measure(mut self, feed: Feed) -> Result<Taken> {
        self.open(feed)?;
        let (wire, writes, start) =
            (self.host.wire.lock().counts(), self.host.writes, self.host.machine.now());
        self.host.interrupts.clear();
        match feed {
            Feed::Ring => self.ring()?,
            Feed::List => self.list()?,
            Feed::Push => self.push()?,
            Feed::Direct => self.direct()?,
        }
        let after = self.host.wire.lock().counts() - wire;
        let taken = Taken {
            feed,
            clocks: self.host.machine.now() - start,
            up: after.tlps_up(),
            down: after.tlps_down(),
            interrupts: self.host.interrupts.len() as u64,
            writes: self.host.writes - writes,
        };
        self.host.settle()?;
        let bytes = self.host.side.lock().taken[0];
        if bytes != u64::from(FRAGMENTS * FRAGMENT) {
            bail!("{feed:?} mode: the card got {bytes} bytes");
        }
        self.host.check()?;
        Ok(taken)
    }

    /// Takes records; a wrong one is an error.
    fn poll(&mut self) -> Result<()> {
        while self.records < ENTRIES {
            let at = self.records as usize * completion::BYTES;
            let memory = &self.host.records.memory;
            let dw3 = memory.load_acquire(at + 12);
            if dw3 >> completion::PHASE_BIT == 0 {
                return Ok(());
            }
            let dw = |i: usize| memory.load(at + 4 * i);
            let record = Completion::from_dws([dw(0), dw(1), dw(2), dw3]);
            if record.status != 0 || record.bytes != FRAGMENT || record.index < self.finished {
                bail!("record {record:?}");
            }
            self.finished = record.index + 1;
            self.records += 1;
        }
        Ok(())
    }

    /// Runs until `done`.
    fn until(&mut self, done: impl Fn(&Run) -> bool) -> Result<()> {
        let end = self.host.machine.now() + PATIENCE;
        while !done(self) {
            self.host.clock()?;
            self.poll()?;
            if self.host.machine.now() > end {
                bail!("stuck behind fragment {}", self.finished);
            }
        }
        Ok(())
    }

    fn interrupted(&mut self, count: usize) -> Result<()> {
        self.until(|run| run.host.interrupts.len() >= count)
    }

    fn doorbell(&mut self, producer: u32) -> Result<()> {
        let value = doorbell::value(producer, self.records, false);
        self.host.write(queue_doorbell(Direction::H2c, 0), &[value as u32, (value >> 32) as u32])
    }

    fn ring(&mut self) -> Result<()> {
        for index in 0..FRAGMENTS {
            self.store(index, self.descriptor(index));
        }
        self.doorbell(FRAGMENTS)?;
        self.interrupted(1)
    }

    fn list(&mut self) -> Result<()> {
        let mut place = 0;
        for index in 0..FRAGMENTS {
            let mut entry = self.descriptor(index);
            if index + 1 == FRAGMENTS {
                entry.flags |= END;
            }
            self.store(place, entry);
            place += 1;
            if (index + 1).is_multiple_of(SEGMENT) && index + 1 != FRAGMENTS {
                let host_addr = self.host.descriptors.iova + u64::from(place + 1) * descriptor::BYTES as u64;
                self.store(place, Descriptor { host_addr, len: SEGMENT, flags: LINK, card: 0 });
                place += 1;
            }
        }
        let first = self.host.descriptors.iova;
        self.set(&regs::FEED_ADDR_LO, first as u32)?;
        self.set(&regs::FEED_ADDR_HI, (first >> 32) as u32)?;
        self.set(&regs::FEED_LEN, SEGMENT + 1)?;
        self.set(&regs::FEED_GO, 0)?;
        self.interrupted(1)
    }

    fn push(&mut self) -> Result<()> {
        let mut produced = 0;
        while produced < FRAGMENTS {
            // What has ended has been taken.
            self.until(|run| produced - run.finished < PUSH_SLOTS)?;
            let room = (PUSH_SLOTS - (produced - self.finished)).min(FRAGMENTS - produced);
            for index in produced..produced + room {
                let bytes = self.descriptor(index).to_bytes();
                push_descriptor(&mut self.host, Direction::H2c, 0, index, bytes)?;
            }
            produced += room;
            self.doorbell(produced)?;
        }
        self.interrupted(1)
    }

    fn direct(&mut self) -> Result<()> {
        let (mut high, mut card) = (None, None);
        self.set(&regs::FEED_LEN, FRAGMENT)?;
        for index in 0..FRAGMENTS {
            let entry = self.descriptor(index);
            self.set(&regs::FEED_ADDR_LO, entry.host_addr as u32)?;
            // What has not changed need not be written again.
            if high.replace(entry.host_addr >> 32) != Some(entry.host_addr >> 32) {
                self.set(&regs::FEED_ADDR_HI, (entry.host_addr >> 32) as u32)?;
            }
            if card.replace(entry.card) != Some(entry.card) {
                self.set(&regs::FEED_CARD, entry.card)?;
            }
            self.set(&regs::FEED_GO, u32::from(entry.flags | IRQ))?;
            self.interrupted(index as usize + 1)?;
        }
        Ok(())
    }
}
