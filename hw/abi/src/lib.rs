//! The one table of everything that hardware and software must agree on.
//!
//! The engine is built from it, the driver reads through it, the root-complex model's configuration
//! space follows it, and the registers page, the JSON export and the C header are printed from it.
//! A bit that is not here does not exist.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`card`] | the demo card's own registers in BAR2, its pattern, presets of its rates |
//! | [`map`] | BAR0 pages and the addresses of per-queue things |
//! | [`regs`] | every register and field, with access kind, reset value and doc |
//! | [`descriptor`] | the 16-byte descriptor |
//! | [`completion`] | the 16-byte completion record |
//! | [`doorbell`] | the 8-byte doorbell |
//! | [`status`] | status codes of completion records and queues |
//! | [`feature`] | feature bits |
//! | [`pci`] | identity and configuration-space constants |
//! | [`version`] | ABI version |
//! | [`layout`] | the hash over the table |
#![cfg_attr(not(any(test, feature = "export")), no_std)]
#![forbid(unsafe_code)]

pub mod card;
pub mod completion;
pub mod descriptor;
pub mod doorbell;
#[cfg(feature = "export")]
pub mod export;
pub mod feature;
pub mod layout;
pub mod map;
pub mod pci;
pub mod regs;
pub mod status;
pub mod table;
pub mod version;
