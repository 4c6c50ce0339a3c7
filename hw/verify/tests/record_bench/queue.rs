//! What the host and the data paths know of a queue.

use std::collections::VecDeque;

use ferrolane_abi::completion::EOP;

#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub g: usize,
    pub bytes: u32,
    pub meta: u32,
    pub index: u32,
    pub flags: u8,
    pub status: u8,
    pub irq: bool,
    /// Clock in which it was accepted.
    pub at: u64,
}

/// What the host has written into the queue's registers.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub base: u64,
    pub log2: u32,
    pub policy: u32,
    pub count: u32,
    pub time: u32,
    /// MODERATE.
    pub enough: u32,
    pub wait: u32,
    pub first_index: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base: 0x1_2345_6000,
            log2: 8,
            policy: 0,
            count: 0,
            time: 0,
            enough: 0,
            wait: 0,
            first_index: 0,
        }
    }
}

impl Settings {
    /// Each queue has its own.
    pub fn vector(&self, g: usize) -> u32 {
        (g as u32 * 3 + 7) & 0xFF
    }

    pub fn has_record(&self, a: &Ask) -> bool {
        let urgent = a.irq || a.status != 0;
        match self.policy {
            0 => true,
            1 => urgent || a.flags & EOP != 0,
            2 => urgent,
            _ => false,
        }
    }
}

#[derive(Clone, Default)]
pub struct Queue {
    pub settings: Settings,
    pub generation: u8,
    pub first_index: u32,
    /// Ends offered, descriptors taken, ends without record.
    pub offers: u32,
    pub taken: u32,
    pub skipped: u32,
    /// Ends that get a record, accepted and not written.
    pub waiting: VecDeque<Ask>,
    /// Records as broadcast, and as taken by wr_arb.
    pub told: u32,
    pub written: u32,
    pub consumer: u32,
    /// An ARM is in force.
    pub armed: bool,
    /// An ARM has not been reason enough for an interrupt yet.
    pub unspent: bool,
    /// Clock since which it has been armed with something unread.
    pub unread_since: Option<u64>,
    /// Since when an interrupt has been owed.
    pub owed_since: Option<u64>,
    /// Interrupts that there was a reason for.
    pub credits: u32,
    pub irqs: u32,
    pub last_irq: u64,
}

impl Queue {
    pub fn room(&self) -> u64 {
        (self.consumer.wrapping_add(self.skipped) & 0x7FFF_FFFF) as u64
    }

    /// An end may be offered: its record would have a place in the ring.
    pub fn has_room(&self) -> bool {
        self.taken.max(self.offers + 1) - self.consumer.wrapping_add(self.skipped) <= 1 << self.settings.log2
    }

    pub fn unread(&self) -> i64 {
        self.written as i64 - self.consumer as i64
    }

    pub fn tell_consumer(&mut self, value: u32, arm: bool) {
        self.consumer = value;
        self.armed |= arm;
        self.unspent |= arm;
    }

    /// Follows the ARM through a clock; an interrupt may take as long as a round of looks and what MSI-X makes it wait.
    pub fn pass(&mut self, now: u64, gn: u64) {
        let unread = self.unread();
        if !(self.armed || self.unspent) || unread <= 0 {
            self.unread_since = None;
            self.owed_since = None;
            return;
        }
        let age = now - *self.unread_since.get_or_insert(now);
        let (enough, wait) = (self.settings.enough.max(1) as i64, self.settings.wait as u64 * 16);
        // The age counts in units of 16 clocks.
        if self.unspent && (unread >= enough || (wait != 0 && age + 24 >= wait)) {
            self.unspent = false;
            self.credits += 1;
        }
        if self.armed && (unread >= enough || (wait != 0 && age >= wait + gn + 24)) {
            let owed = *self.owed_since.get_or_insert(now);
            assert!(now - owed < 40 * gn + 200, "armed with {unread} unread of {enough}, and no interrupt");
        } else {
            self.owed_since = None;
        }
    }

    /// An interrupt has come: it needs a reason.
    pub fn interrupted(&mut self, now: u64) {
        assert!(self.credits > 0, "an interrupt without reason at {now}: unread {}", self.unread());
        // One may be on its way, one wanted, and reasons of two TLPs not looked at yet.
        self.credits = (self.credits - 1).min(4);
        self.armed = self.unspent;
        self.owed_since = None;
        self.irqs += 1;
        self.last_irq = now;
    }
}
