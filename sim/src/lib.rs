//! The simulated card: the Verilated engine behind a PCIe root complex.
//!
//! ```text
//!  driver ── SimTransport ── Machine ─┬─ RootComplex: host memory, IOMMU, read latency and order, interrupts
//!                                     ├─ Lane up, Lane down: link rate, delay, credits
//!                                     ├─ Receiver, transmit buffers: the hard block
//!                                     ├─ Checker: judges every TLP of the card
//!                                     ├─ Analyser: logs TLPs and stops at some, if asked to
//!                                     └─ CardModel: the engine, a clock at a time
//! ```
//!
//! [`SimTransport`] is the driver's way in, [`serve::Server`] that of other processes and virtual machines, [`SimControl`] what tests and the command line know beyond it, [`Options`]
//! the choices. Everything is deterministic from [`Options::seed`] unless a thread pumps the clock.

pub mod analyser;
pub mod checker;
pub mod config_space;
pub mod control;
pub mod credit;
pub mod faults;
pub mod hard_block;
pub mod host_memory;
pub mod interrupts;
pub mod iommu;
pub mod link;
pub mod machine;
mod mmio;
pub mod options;
pub mod outcome;
pub mod packet;
mod patience;
mod pin_map;
pub mod pins;
pub mod preset;
mod pump;
mod ready;
pub mod rng;
pub mod root_complex;
#[cfg(feature = "rtl")]
pub mod rtl;
pub mod serve;
mod shared;
pub mod tap;
pub mod tlp;
pub mod transport;
pub mod units;

pub use checker::violation::{Report, Violation};
pub use control::{Direction, SimControl};
pub use options::{Options, OptionsError};
pub use outcome::{Failure, Statistics};
pub use transport::SimTransport;
