//! Where things are in the BARs, and how queues are numbered.
//!
//! Doorbells, the MSI-X table, its pending bits and the push windows stand in pages of their own,
//! [`PAGE_BYTES`] apart, so that each can be mapped to another owner with any page size up to 64 KiB.

/// Size of BAR0 in bytes.
pub const BAR0_BYTES: u64 = 512 * 1024;
/// Index of the BAR that holds the pages below.
pub const BAR: u8 = 0;
/// Index of the BAR of the card's own registers: an AXI4-Lite window ([`crate::feature::USER_REGISTERS`]).
/// It takes the index above BAR0's upper half.
pub const USER_BAR: u8 = 2;
/// Size of the user registers' BAR in bytes, unless the card is built with another power of two up to BAR0's size.
pub const USER_BAR_BYTES: u64 = 64 * 1024;
/// Distance between pages in bytes.
pub const PAGE_BYTES: u64 = 64 * 1024;
/// Global registers. The first 64 bytes are frozen for ever.
pub const GLOBAL_PAGE: u64 = 0;
/// Queue registers: a block of [`QUEUE_STRIDE`] bytes per queue.
pub const QUEUE_PAGE: u64 = PAGE_BYTES;
/// Doorbells: [`DOORBELL_STRIDE`] bytes per queue.
pub const DOORBELL_PAGE: u64 = 2 * PAGE_BYTES;
/// MSI-X table, 16 bytes per vector (PCIe Base Spec 7.7.2).
pub const MSIX_TABLE_PAGE: u64 = 3 * PAGE_BYTES;
/// MSI-X pending bit array.
pub const MSIX_PBA_PAGE: u64 = 4 * PAGE_BYTES;
/// Push windows: [`PUSH_STRIDE`] bytes per queue, write-only.
pub const PUSH_PAGE: u64 = 5 * PAGE_BYTES;
/// Counters, read-only: [`COUNTER_STRIDE`] bytes per queue, those of the whole engine at [`GLOBAL_COUNTERS`].
pub const COUNTER_PAGE: u64 = 6 * PAGE_BYTES;
/// Bytes of counters per queue.
pub const COUNTER_STRIDE: u64 = 64;
/// Counters of the engine as a whole.
pub const GLOBAL_COUNTERS: u64 = COUNTER_PAGE + 0x8000;
/// Bytes of a queue's push window.
pub const PUSH_STRIDE: u64 = 512;
/// Descriptors of a push window; descriptor index n stands in slot n modulo this.
pub const PUSH_SLOTS: u32 = 32;

/// Most queues a direction can have; the numbering leaves room for that many whatever is built.
pub const MAX_QUEUES: u32 = 64;
/// Bytes of registers per queue.
pub const QUEUE_STRIDE: u64 = 256;
/// Bytes of doorbell per queue.
pub const DOORBELL_STRIDE: u64 = 8;

/// Direction of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Host to card: the engine reads host memory.
    H2c = 0,
    /// Card to host: the engine writes host memory.
    C2h = 1,
}

impl Direction {
    /// `H2C` or `C2H`.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::H2c => "H2C",
            Direction::C2h => "C2H",
        }
    }
}

/// Number of a queue among all: bit 6 is the direction, bits 5:0 the index within it.
/// This is the number in the completion record's queue field.
pub const fn queue_id(direction: Direction, index: u32) -> u32 {
    (direction as u32) * MAX_QUEUES + index
}

/// BAR0 offset of a queue's register block.
pub const fn queue_regs(direction: Direction, index: u32) -> u64 {
    QUEUE_PAGE + queue_id(direction, index) as u64 * QUEUE_STRIDE
}

/// BAR0 offset of a queue's counters.
pub const fn queue_counters(direction: Direction, index: u32) -> u64 {
    COUNTER_PAGE + queue_id(direction, index) as u64 * COUNTER_STRIDE
}

/// BAR0 offset of a queue's push window.
pub const fn queue_push(direction: Direction, index: u32) -> u64 {
    PUSH_PAGE + queue_id(direction, index) as u64 * PUSH_STRIDE
}

/// BAR0 offset of a queue's doorbell.
pub const fn queue_doorbell(direction: Direction, index: u32) -> u64 {
    DOORBELL_PAGE + queue_id(direction, index) as u64 * DOORBELL_STRIDE
}

/// A BAR0 page, for maps and documentation.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Name of the page.
    pub name: &'static str,
    /// Its first byte.
    pub offset: u64,
    /// What stands there.
    pub doc: &'static str,
}

/// All pages in order.
pub const PAGES: &[Page] = &[
    Page { name: "GLOBAL", offset: GLOBAL_PAGE, doc: "Global registers." },
    Page {
        name: "QUEUE",
        offset: QUEUE_PAGE,
        doc: "Queue registers, 256 bytes per queue: H2C queues from +0x0000, C2H queues from +0x4000.",
    },
    Page {
        name: "DOORBELL",
        offset: DOORBELL_PAGE,
        doc: "Doorbells, 8 bytes per queue: H2C queues from +0x000, C2H queues from +0x200. They read 0.",
    },
    Page { name: "MSIX_TABLE", offset: MSIX_TABLE_PAGE, doc: "MSI-X table, 16 bytes per vector." },
    Page { name: "MSIX_PBA", offset: MSIX_PBA_PAGE, doc: "MSI-X pending bits, one per vector." },
    Page {
        name: "PUSH",
        offset: PUSH_PAGE,
        doc: "Push windows, 32 descriptors of 16 bytes per queue: H2C queues from +0x0000, C2H queues from +0x8000. Write-only, read 0.",
    },
    Page {
        name: "COUNTER",
        offset: COUNTER_PAGE,
        doc: "Counters, 64 bytes per queue: H2C queues from +0x0000, C2H queues from +0x1000; the engine's own from +0x8000. Read-only.",
    },
];
