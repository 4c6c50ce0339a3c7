//! The table in forms for people and for other languages.

mod c_header;
mod json;
mod markdown;

pub use c_header::c_header;
pub use json::json;
pub use markdown::markdown;

use crate::table::Register;

/// A list of registers with where its copies stand.
pub struct RegisterBlock {
    /// Name of the block, also the prefix of its constants.
    pub name: &'static str,
    /// What it holds.
    pub doc: &'static str,
    /// The registers.
    pub registers: &'static [Register],
}

/// All register blocks.
pub const REGISTER_BLOCKS: &[RegisterBlock] = &[
    RegisterBlock {
        name: "GLOBAL",
        doc: "Once, at the start of BAR0. The first 64 bytes are frozen for ever.",
        registers: crate::regs::global::REGISTERS,
    },
    RegisterBlock {
        name: "QUEUE",
        doc: "Once per queue. Write everything but CTRL and FEED only while the queue is stopped and idle.",
        registers: crate::regs::queue::REGISTERS,
    },
    RegisterBlock {
        name: "QUEUE_COUNTER",
        doc: "Once per queue, on the counter page. They count from reset on, over stops and starts.",
        registers: crate::regs::queue_counters::REGISTERS,
    },
    RegisterBlock {
        name: "COUNTER",
        doc: "Once, on the counter page, GLOBAL_COUNTERS bytes into it.",
        registers: crate::regs::global_counters::REGISTERS,
    },
    RegisterBlock {
        name: "CARD",
        doc: "The demo card's own, in BAR2, once. A card with other logic has others there, or none.",
        registers: crate::card::global::REGISTERS,
    },
    RegisterBlock {
        name: "CARD_CHECKER",
        doc: "The demo card's own, in BAR2: CARD_STRIDE bytes per H2C queue from CARD_CHECKER_PAGE on.",
        registers: crate::card::checker::REGISTERS,
    },
    RegisterBlock {
        name: "CARD_GENERATOR",
        doc: "The demo card's own, in BAR2: CARD_STRIDE bytes per C2H queue from CARD_GENERATOR_PAGE on.",
        registers: crate::card::generator::REGISTERS,
    },
];

/// A list of named bits or codes.
pub struct NameList {
    /// Prefix of the names.
    pub name: &'static str,
    /// What the values are.
    pub doc: &'static str,
    /// True for bit numbers, false for plain codes.
    pub bits: bool,
    /// The names.
    pub names: &'static [crate::table::Named],
}

/// All lists of names.
pub const NAME_LISTS: &[NameList] = &[
    NameList {
        name: "DESC_FLAG",
        doc: "Flags of a descriptor, bits of its byte 11.",
        bits: true,
        names: crate::descriptor::FLAGS,
    },
    NameList {
        name: "CPL_FLAG",
        doc: "Flags of a completion record, bits of DW3[30:24].",
        bits: true,
        names: crate::completion::FLAGS,
    },
    NameList {
        name: "STATUS",
        doc: "Status codes of a completion record (DW3[23:16]) and of a halted queue (STATUS.CODE).",
        bits: false,
        names: crate::status::CODES,
    },
    NameList { name: "FEATURE", doc: "Bits of FEATURES_LO.", bits: true, names: crate::feature::BITS },
];

/// Plain numbers that the exports carry.
pub const CONSTANTS: &[(&str, u64, &str)] = &[
    ("ABI_MAJOR", crate::layout::ABI_MAJOR as u64, "Major version: software refuses another."),
    ("ABI_MINOR", crate::layout::ABI_MINOR as u64, "Minor version: additions only."),
    ("LAYOUT_HASH", crate::layout::LAYOUT_HASH as u64, "Hash over this table, as in the register."),
    ("BAR0_BYTES", crate::map::BAR0_BYTES, "Size of BAR0 in bytes."),
    ("USER_BAR", crate::map::USER_BAR as u64, "BAR of the card's own registers."),
    ("USER_BAR_BYTES", crate::map::USER_BAR_BYTES, "Size of that BAR in bytes, by default."),
    ("CARD_CHECKER_PAGE", crate::card::CHECKER_PAGE, "Demo card: offset of the checkers in BAR2."),
    ("CARD_GENERATOR_PAGE", crate::card::GENERATOR_PAGE, "Demo card: offset of the generators in BAR2."),
    ("CARD_STRIDE", crate::card::STRIDE, "Demo card: bytes of registers per checker and per generator."),
    ("MAX_QUEUES", crate::map::MAX_QUEUES as u64, "Places for queues per direction."),
    ("QUEUE_STRIDE", crate::map::QUEUE_STRIDE, "Bytes of registers per queue."),
    ("DOORBELL_STRIDE", crate::map::DOORBELL_STRIDE, "Bytes of doorbell per queue."),
    ("PUSH_STRIDE", crate::map::PUSH_STRIDE, "Bytes of push window per queue."),
    ("PUSH_SLOTS", crate::map::PUSH_SLOTS as u64, "Descriptors of a push window."),
    ("COUNTER_STRIDE", crate::map::COUNTER_STRIDE, "Bytes of counters per queue."),
    ("GLOBAL_COUNTERS", crate::map::GLOBAL_COUNTERS, "Counters of the engine as a whole, offset in BAR0."),
    ("DESC_BYTES", crate::descriptor::BYTES as u64, "Size of a descriptor in bytes."),
    ("DESC_MAX_LEN", crate::descriptor::MAX_LEN as u64, "Longest length of a descriptor in bytes."),
    ("CPL_BYTES", crate::completion::BYTES as u64, "Size of a completion record in bytes."),
    ("CPL_PHASE_BIT", crate::completion::PHASE_BIT as u64, "Bit of the phase in DW3."),
    ("DOORBELL_ARM_BIT", crate::doorbell::ARM_BIT as u64, "Bit of ARM in the doorbell's upper DW."),
    ("PCI_VENDOR_ID", crate::pci::VENDOR_ID as u64, "Vendor id of the simulated card."),
    ("PCI_DEVICE_ID", crate::pci::DEVICE_ID as u64, "Device id of the simulated card."),
    ("PCI_CLASS_CODE", crate::pci::CLASS_CODE as u64, "Class code."),
];
