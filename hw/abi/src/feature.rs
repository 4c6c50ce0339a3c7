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

/// What this engine implements.
pub const IMPLEMENTED: u32 = RING | STREAM | MSIX | LOOPBACK;

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
];
