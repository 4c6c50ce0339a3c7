//! vfio-user: a PCI device in another process, reached over a Unix socket (QEMU, `docs/interop/vfio-user.rst`).
//!
//! ```text
//!  driver ── VfioUserTransport ── Socket ══ Unix socket ══ Socket ── server (crate ferrolane-sim, `serve`)
//!                │ Memory's files ─────── DMA_MAP ─────────► mapped there
//!                └ DMA_READ, DMA_WRITE ◄─────────────────── where nothing is mapped
//! ```
//!
//! [`message`] and [`socket`] are the protocol for both ends, [`VfioUserTransport`] is the driver's end. Both ends check
//! every length before they believe it.

mod client;
pub mod clock;
pub mod message;
pub mod socket;
pub mod version;

pub use client::VfioUserTransport;
pub use socket::{Message, Socket};
