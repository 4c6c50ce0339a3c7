//! A behavioural model of the engine with the demo loopback, as a [`Transport`], for tests of the driver and of
//! programs over it. It knows nothing of links, TLPs or clocks, follows the register table and the ring rules, and can
//! be told to fail or to lie. Time passes with each call: work is done by reads, [`Transport::relax`] and
//! [`Transport::wait`].

mod engine;
mod registers;

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrolane_abi::completion::Completion;
use ferrolane_abi::layout;
use ferrolane_abi::map::{Direction, BAR, BAR0_BYTES, DOORBELL_PAGE, MAX_QUEUES, MSIX_TABLE_PAGE};
use ferrolane_abi::regs::global;
use rustix::event::{eventfd, poll, EventfdFlags, PollFd, PollFlags};

use crate::memory::Memory;
use crate::transport::{DeviceNanos, DmaAccess, Facts, Transport, TransportError, Woken};
use engine::MockQueue;

/// Changes a completion record before it is written.
pub type Tamper = Box<dyn FnMut(&mut Completion) + Send>;

/// What the model does wrong. Nothing by default.
#[derive(Default)]
pub struct Faults {
    /// The device is gone: every read answers all ones.
    pub lost: bool,
    /// No queue becomes idle when stopped, and stopped queues go on working.
    pub never_idle: bool,
    /// No queue starts.
    pub never_start: bool,
    /// No descriptor is looked at.
    pub stalled: bool,
    /// Mapping fails.
    pub refuse_map: bool,
    /// Unmapping fails.
    pub refuse_unmap: bool,
    /// Changes every completion record.
    pub tamper: Option<Tamper>,
}

/// What the model says of itself.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The first DWORD of BAR0.
    pub magic: u32,
    /// ABI_VERSION.
    pub abi_version: u32,
    /// FEATURES_LO.
    pub features: u32,
    /// LAYOUT_HASH.
    pub layout_hash: u32,
    /// Queues per direction.
    pub queues: u32,
    /// MSI-X vectors.
    pub vectors: u32,
}

impl Default for Identity {
    fn default() -> Self {
        Identity {
            magic: global::MAGIC.reset(),
            abi_version: global::ABI_VERSION.reset(),
            features: global::FEATURES_LO.reset(),
            layout_hash: layout::LAYOUT_HASH,
            queues: 4,
            vectors: 9,
        }
    }
}

/// What was done to the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Register reads.
    pub reads: u64,
    /// Register writes, doorbells included.
    pub writes: u64,
    /// Doorbells.
    pub doorbells: u64,
    /// Interrupts sent.
    pub interrupts: u64,
    /// Function resets.
    pub resets: u64,
    /// DMA that hit no mapping, a mapping of the wrong direction, or came with bus mastering off.
    pub dma_faults: u64,
    /// Doorbells that broke the rules.
    pub invalid_doorbells: u64,
}

struct Mapped {
    memory: Arc<Memory>,
    range: Range<usize>,
    access: DmaAccess,
}

/// All state of the model.
struct State {
    identity: Identity,
    faults: Faults,
    counts: Counts,
    time: DeviceNanos,
    bus_master: bool,
    mappings: BTreeMap<u64, Mapped>,
    /// H2C, then C2H.
    queues: Vec<MockQueue>,
    events: Vec<OwnedFd>,
    scratch: u32,
    error: u32,
}

/// The model. Clones are handles to the same one.
#[derive(Clone)]
pub struct MockCard {
    facts: Arc<Facts>,
    state: Arc<Mutex<State>>,
}

impl Default for MockCard {
    fn default() -> Self {
        Self::new(Identity::default())
    }
}

impl MockCard {
    /// A model that says `identity` of itself.
    pub fn new(identity: Identity) -> MockCard {
        let facts = Facts {
            name: "mock".into(),
            link_generation: 3,
            link_lanes: 4,
            max_payload: 256,
            max_read_request: 512,
            iova_ranges: vec![0..0xFEE0_0000, 0xFEF0_0000..1 << 48],
            max_mappings: 65_535,
            address_bits: 64,
            numa_node: None,
            iova_page_sizes: 0x4020_1000,
        };
        let queues = (0..2 * identity.queues).map(|_| MockQueue::default()).collect();
        MockCard {
            facts: Arc::new(facts),
            state: Arc::new(Mutex::new(State {
                identity,
                faults: Faults::default(),
                counts: Counts::default(),
                time: 0,
                bus_master: false,
                mappings: BTreeMap::new(),
                queues,
                events: Vec::new(),
                scratch: 0,
                error: 0,
            })),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As a transport.
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(self.clone())
    }

    /// Changes what goes wrong.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.lock().faults)
    }

    /// What was done so far.
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Mappings that exist: IOVA and length.
    pub fn mappings(&self) -> Vec<(u64, u64)> {
        self.lock().mappings.iter().map(|(iova, m)| (*iova, m.range.len() as u64)).collect()
    }

    /// Whether bus mastering is on.
    pub fn bus_master(&self) -> bool {
        self.lock().bus_master
    }

    /// Does the work that is there, a descriptor per queue and round, up to `rounds`.
    pub fn work(&self, rounds: u32) {
        let mut state = self.lock();
        for _ in 0..rounds {
            state.step();
        }
    }

    /// Writes `record` into the completion ring of a queue where the next one is expected, though nothing asks for it.
    pub fn forge_record(&self, direction: Direction, index: u32, bytes: u32) {
        self.lock().forge(direction, index, bytes)
    }

    /// Sets all indices of a running queue that has nothing in flight, to see them wrap.
    #[cfg(test)]
    pub(crate) fn force_index(&self, direction: Direction, index: u32, value: u32) {
        self.lock().force_index(direction, index, value)
    }
}

fn check_offset(bar: u8, offset: u64, align: u64) -> Result<(), TransportError> {
    if bar != BAR || offset >= BAR0_BYTES || !offset.is_multiple_of(align) {
        return Err(TransportError::BadOffset { what: "BAR", offset, limit: BAR0_BYTES });
    }
    Ok(())
}

fn doorbell_queue(offset: u64) -> Option<(u64, u64)> {
    let place = offset.checked_sub(DOORBELL_PAGE)?;
    (offset < MSIX_TABLE_PAGE && place / 8 < 2 * u64::from(MAX_QUEUES)).then_some((place / 8, place % 8))
}

impl Transport for MockCard {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn mmio_read32(&self, bar: u8, offset: u64) -> Result<u32, TransportError> {
        check_offset(bar, offset, 4)?;
        let mut state = self.lock();
        state.counts.reads += 1;
        state.time += 500;
        state.step();
        Ok(if state.faults.lost { u32::MAX } else { state.read(offset) })
    }

    fn mmio_read64(&self, bar: u8, offset: u64) -> Result<u64, TransportError> {
        check_offset(bar, offset, 8)?;
        let low = self.mmio_read32(bar, offset)?;
        Ok(u64::from(low) | u64::from(self.mmio_read32(bar, offset + 4)?) << 32)
    }

    fn mmio_write32(&self, bar: u8, offset: u64, value: u32) -> Result<(), TransportError> {
        check_offset(bar, offset, 4)?;
        let mut state = self.lock();
        state.counts.writes += 1;
        state.time += 4;
        if !state.faults.lost {
            match doorbell_queue(offset) {
                Some((queue, 0)) => state.doorbell(queue, Some(value), None),
                Some((queue, _)) => state.doorbell(queue, None, Some(value)),
                None => state.write(offset, value),
            }
        }
        Ok(())
    }

    fn mmio_write64(&self, bar: u8, offset: u64, value: u64) -> Result<(), TransportError> {
        check_offset(bar, offset, 8)?;
        let mut state = self.lock();
        state.counts.writes += 1;
        state.time += 4;
        if !state.faults.lost {
            match doorbell_queue(offset) {
                Some((queue, _)) => state.doorbell(queue, Some(value as u32), Some((value >> 32) as u32)),
                None => {
                    state.write(offset, value as u32);
                    state.write(offset + 4, (value >> 32) as u32);
                }
            }
        }
        Ok(())
    }

    fn config_read32(&self, offset: u16) -> Result<u32, TransportError> {
        let state = self.lock();
        Ok(match offset {
            _ if state.faults.lost => u32::MAX,
            0 => u32::from(ferrolane_abi::pci::VENDOR_ID) | u32::from(ferrolane_abi::pci::DEVICE_ID) << 16,
            4 => u32::from(state.bus_master) << 2,
            _ => 0,
        })
    }

    fn set_bus_master(&self, on: bool) -> Result<(), TransportError> {
        self.lock().bus_master = on;
        Ok(())
    }

    fn map(
        &self,
        memory: &Arc<Memory>,
        range: Range<usize>,
        iova: u64,
        access: DmaAccess,
    ) -> Result<(), TransportError> {
        let mut state = self.lock();
        let len = range.len() as u64;
        let overlaps = state
            .mappings
            .range(..iova + len)
            .next_back()
            .is_some_and(|(other, m)| other + m.range.len() as u64 > iova);
        if state.faults.refuse_map || overlaps || !iova.is_multiple_of(4096) || !len.is_multiple_of(4096) {
            let reason = if overlaps { "another mapping is there" } else { "refused" }.into();
            return Err(TransportError::Map { iova, len, reason });
        }
        state.mappings.insert(iova, Mapped { memory: Arc::clone(memory), range, access });
        Ok(())
    }

    fn unmap(&self, iova: u64, len: u64) -> Result<(), TransportError> {
        let mut state = self.lock();
        if state.faults.refuse_unmap || state.mappings.get(&iova).map(|m| m.range.len() as u64) != Some(len) {
            return Err(TransportError::Map { iova, len, reason: "unmapping was refused".into() });
        }
        state.mappings.remove(&iova);
        Ok(())
    }

    fn enable_interrupts(&self, count: u32) -> Result<Vec<OwnedFd>, TransportError> {
        let fail = |e: std::io::Error| TransportError::Io { what: "eventfd".into(), source: e };
        let events: Vec<OwnedFd> = (0..count)
            .map(|_| eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC))
            .collect::<Result<_, _>>()
            .map_err(|e| fail(e.into()))?;
        let copies = events.iter().map(OwnedFd::try_clone).collect::<Result<_, _>>().map_err(fail)?;
        self.lock().events = events;
        Ok(copies)
    }

    fn disable_interrupts(&self) -> Result<(), TransportError> {
        self.lock().events.clear();
        Ok(())
    }

    fn reset(&self) -> Result<(), TransportError> {
        let mut state = self.lock();
        state.counts.resets += 1;
        state.bus_master = false;
        state.scratch = 0;
        state.error = 0;
        state.queues.iter_mut().for_each(|queue| *queue = MockQueue::default());
        Ok(())
    }

    fn now(&self) -> DeviceNanos {
        self.lock().time
    }

    fn wait(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, TransportError> {
        loop {
            let mut polled: Vec<PollFd<'_>> =
                fds.iter().map(|fd| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)).collect();
            poll(&mut polled, Some(&rustix::event::Timespec::default()))
                .map_err(|e| TransportError::Io { what: "poll".into(), source: e.into() })?;
            if let Some(ready) = polled.iter().position(|fd| !fd.revents().is_empty()) {
                return Ok(Woken::Ready(ready));
            }
            let mut state = self.lock();
            if state.time >= deadline {
                return Ok(Woken::Deadline);
            }
            state.time += 1000;
            state.step();
            drop(state);
            std::thread::yield_now();
        }
    }

    fn relax(&self, n: u32) -> Result<(), TransportError> {
        let mut state = self.lock();
        state.time += 4 * u64::from(n);
        state.step();
        Ok(())
    }
}
