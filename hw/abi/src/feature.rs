//! Feature bits of FEATURES_LO. Software uses only what is set.

use crate::table::Named;

/// Descriptor rings in host memory.
pub const RING: u32 = 1 << 0;
/// Stream queues.
pub const STREAM: u32 = 1 << 1;
/// MSI-X table of the engine's own.
pub const MSIX: u32 = 1 << 2;
/// The card's user logic is the demo loopback: what enters H2C queue n leaves C2H queue n.
pub const LOOPBACK: u32 = 1 << 3;
/// List mode: LINK-chained segments in host memory.
pub const LIST: u32 = 1 << 4;
/// Push mode: descriptors written through the push window.
pub const PUSH: u32 = 1 << 5;
/// Direct mode: one descriptor in registers.
pub const DIRECT: u32 = 1 << 6;
/// User registers: BAR2 is an AXI4-Lite window for the card's own registers.
pub const USER_REGISTERS: u32 = 1 << 7;

/// Memory queues: MODE.MEMORY, CARD_BASE and an AXI4 port.
pub const MEMORY: u32 = 1 << 8;
/// What a full share does, and when packets leave it: flush, drop, store-and-forward.
pub const FIFO_POLICIES: u32 = 1 << 9;
/// The counter page.
pub const COUNTERS: u32 = 1 << 10;
/// What every build of the engine has.
pub const BASE: u32 = RING | STREAM | MSIX | USER_REGISTERS;
/// What the engine has if nothing is left out.
pub const ALL: u32 = BASE | LIST | PUSH | DIRECT | MEMORY | FIFO_POLICIES | COUNTERS;
/// All bits.
pub const BITS: &[Named] = &[
    Named { name: "RING", value: 0, doc: "Descriptor rings in host memory." },
    Named { name: "STREAM", value: 1, doc: "Stream queues." },
    Named { name: "MSIX", value: 2, doc: "MSI-X table of the engine's own." },
    Named {
        name: "LOOPBACK",
        value: 3,
        doc: "The card's user logic is the demo loopback: what enters H2C queue n leaves C2H queue n.",
    },
    Named { name: "LIST", value: 4, doc: "List mode: LINK-chained segments in host memory." },
    Named { name: "PUSH", value: 5, doc: "Push mode: descriptors written through the push window." },
    Named { name: "DIRECT", value: 6, doc: "Direct mode: one descriptor in registers." },
    Named {
        name: "USER_REGISTERS",
        value: 7,
        doc: "BAR2 is an AXI4-Lite window for the card's own registers.",
    },
    Named { name: "MEMORY", value: 8, doc: "Memory queues: MODE.MEMORY, CARD_BASE and an AXI4 port." },
    Named { name: "FIFO_POLICIES", value: 9, doc: "Flush, drop and store-and-forward." },
    Named { name: "COUNTERS", value: 10, doc: "The counter page." },
];
