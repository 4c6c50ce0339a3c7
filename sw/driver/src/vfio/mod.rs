//! A real card over Linux VFIO (Linux, `driver-api/vfio.rst`): the transport, and what sets a card up for it.
//!
//! ```text
//! examine, bind, unbind, rescan ─► Host: /sys, /proc, /dev
//! VfioTransport ─► pci-driver ─► /dev/vfio
//! ```

mod address;
mod bar;
mod bind;
mod doctor;
mod holders;
mod host;
mod mapping;
mod opening;
mod rescan;
mod setup;
#[cfg(test)]
mod setup_tests;
mod sysfs;
mod transport;

pub use address::PciAddress;
pub use bind::{bind, unbind, BindOptions, Change};
pub use doctor::{examine, Blame, Check, CheckResult, Finding, Report};
pub use host::{Host, Owner, System};
pub use rescan::{rescan, rescan_bus, RescanOptions, Rescanned};
pub use setup::SetupError;
pub use sysfs::Ids;
pub use transport::VfioTransport;
