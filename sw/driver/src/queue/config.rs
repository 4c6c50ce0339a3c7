//! How a queue is opened.

use super::{Coalesce, Feed, Moderate, Overflow};
use crate::transport::DeviceNanos;

/// Fewest entries of a ring.
pub const MIN_ENTRIES: u32 = 2;
/// Most entries of a ring.
pub const MAX_ENTRIES: u32 = 65_536;

/// How to open a queue. What can't be is refused when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Entries of the descriptor ring, a power of two from 2 to 65,536: the most that can be in flight.
    pub entries: u32,
    /// Entries of the completion ring, the same as `entries` unless given.
    pub completions: Option<u32>,
    /// Take an interrupt vector, if the card has one left, so that waiting can sleep.
    pub interrupt: bool,
    /// How much time to pass between two looks when polling: clocks on the simulator, spin hints on a card.
    pub spin: u32,
    /// Device time that a stop may take, in nanoseconds, before what is in flight is leaked.
    pub drain_nanos: DeviceNanos,
    /// How many records may share a write, and how long they wait for each other.
    pub coalesce: Coalesce,
    /// How many completions an interrupt waits for, and how long.
    pub moderate: Moderate,
    /// How descriptors reach the device.
    pub feed: Feed,
    /// Turn of the queue while others of its direction want to be served, in units of 512 bytes, 1 to 64. An H2C queue's
    /// weight shows only while something other than its own share of the FIFO is short.
    pub weight: u32,
    /// Reads and writes of data carry Relaxed Ordering where Device Control enables it: the host's bridges may reorder them.
    /// Records and interrupts never do, and stay behind their data on the link.
    pub relaxed_ordering: bool,
    /// Reads and writes of data carry No Snoop where Device Control enables it: the host may leave its caches out, so the
    /// memory must not be cached.
    pub no_snoop: bool,
    /// C2H streams: what becomes of a packet that finds no room. Anything but [`Overflow::Wait`] implies `store_forward` and
    /// needs a card with FIFO policies; what was dropped is counted, and told by [`Completed::gap`](super::Completed::gap).
    pub overflow: Overflow,
    /// Streams: a packet starts to leave the FIFO only when its end is in it. One that is too large for that goes on all the
    /// same, unless `overflow` drops it. Needs a card with FIFO policies.
    pub store_forward: bool,
    /// C2H streams: device time in nanoseconds without anything from the card after which a partly filled buffer is closed, with
    /// [`Completed::flushed`](super::Completed::flushed). In whole units of 16 clocks of the card, one at least, 65,535 at most (4 ms at
    /// 250 MHz). `None`: only [`C2hQueue::flush`](super::C2hQueue::flush) does. Needs a card with FIFO policies.
    pub flush_nanos: Option<DeviceNanos>,
}

impl Default for QueueConfig {
    /// 1024 entries each, an interrupt, 16 clocks or hints, and 50 ms to drain: the upper end of the default
    /// completion-timeout range (PCIe Base Spec 7.5.3.16). Records as [`Coalesce::default`], interrupts as
    /// [`Moderate::default`]. A weight of 8, and everything else off.
    fn default() -> Self {
        QueueConfig {
            entries: 1024,
            completions: None,
            interrupt: true,
            spin: 16,
            drain_nanos: 50_000_000,
            coalesce: Coalesce::default(),
            moderate: Moderate::default(),
            feed: Feed::Ring,
            weight: 8,
            relaxed_ordering: false,
            no_snoop: false,
            overflow: Overflow::Wait,
            store_forward: false,
            flush_nanos: None,
        }
    }
}
