//! The driver's end.

mod connection;
mod dma;
mod time;
mod transport;

pub use transport::VfioUserTransport;
