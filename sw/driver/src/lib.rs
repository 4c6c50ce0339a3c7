//! User-space driver for Ferrolane DMA cards.

pub mod memory;
pub mod transport;
