//! A behavioural model of the engine with the demo loopback and the demo card's memory, as a [`Transport`], for tests of the driver and of
//! programs over it. It knows nothing of links, TLPs or clocks, follows the register table and the ring rules, and can
//! be told to fail or to lie. Of the FIFO's policies it has the flush by command alone. Time passes with each call: work
//! is done by reads, [`Transport::relax`] and [`Transport::wait`].

mod card_memory;
mod engine;
#[cfg(feature = "vfio")]
mod host;
#[cfg(feature = "vfio")]
mod kernel;
mod registers;
mod transport;

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrolane_abi::card::{DRAM_BASE, SRAM_BASE};
use ferrolane_abi::completion::Completion;
use ferrolane_abi::map::Direction;
use ferrolane_abi::regs::global;
use ferrolane_abi::{feature, layout};

use crate::memory::Memory;
use crate::transport::{DeviceNanos, DmaAccess, Facts, Transport};
use engine::MockQueue;
#[cfg(feature = "vfio")]
pub use host::FakeHost;

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
    /// Where the card has memory.
    pub card_memory: Vec<Range<u64>>,
}

impl Default for Identity {
    fn default() -> Self {
        Identity {
            magic: global::MAGIC.reset(),
            abi_version: global::ABI_VERSION.reset(),
            features: feature::RING
                | feature::STREAM
                | feature::MSIX
                | feature::LOOPBACK
                | feature::USER_REGISTERS
                | feature::MEMORY
                | feature::PUSH
                | feature::DIRECT
                | feature::FIFO_POLICIES,
            layout_hash: layout::LAYOUT_HASH,
            queues: 4,
            vectors: 9,
            card_memory: vec![SRAM_BASE..SRAM_BASE + (64 << 10), DRAM_BASE..DRAM_BASE + (256 << 10)],
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
    /// The card's own registers: plain memory.
    user: BTreeMap<u64, u32>,
    /// What the card's memory holds, by 4 KiB pages; zero where nothing was written.
    pages: BTreeMap<u64, Vec<u8>>,
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
                user: BTreeMap::new(),
                pages: BTreeMap::new(),
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

    /// Raises an interrupt, as the card's own logic can.
    pub fn fire(&self, vector: u32) {
        self.lock().fire(vector as usize)
    }

    /// What the card's memory holds.
    pub fn card_bytes(&self, address: u64, len: usize) -> Vec<u8> {
        let state = self.lock();
        (0..len as u64).map(|i| state.card_byte(address + i)).collect()
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
