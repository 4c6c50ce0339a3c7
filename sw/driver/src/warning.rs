//! What went wrong where there is nobody to hand an error to, or is odd but no error.

use std::fmt;
use std::sync::Arc;

use crate::error::QueueName;

/// Something a user should see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The engine was built from another register table of the same major version.
    LayoutHash {
        /// The engine's hash.
        device: u32,
        /// This driver's hash.
        driver: u32,
    },
    /// Memory stays mapped and allocated for good, since the device may still use it.
    LeakedMapping {
        /// Where the device sees it.
        iova: u64,
        /// Bytes.
        len: u64,
        /// Why.
        reason: String,
    },
    /// A queue could not be drained: its rings and the buffers in flight are leaked.
    LeakedQueue {
        /// Which queue.
        queue: QueueName,
        /// Buffers that were in flight.
        in_flight: usize,
        /// Why.
        reason: String,
    },
    /// Closing the device did not go as it should.
    Close {
        /// What failed and why.
        reason: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::LayoutHash { device, driver } => write!(
                f,
                "the card's register table (hash {device:#010x}) is not this driver's ({driver:#010x}), though the \
                 ABI's major version is the same; use a driver and a bitstream of the same release"
            ),
            Warning::LeakedMapping { iova, len, reason } => {
                write!(f, "{len} bytes at IOVA {iova:#x} are leaked on purpose, the device may still use them: {reason}")
            }
            Warning::LeakedQueue { queue, in_flight, reason } => write!(
                f,
                "{queue} could not be drained, its rings and {in_flight} buffers in flight are leaked on purpose: \
                 {reason}"
            ),
            Warning::Close { reason } => write!(f, "closing the device: {reason}"),
        }
    }
}

/// Where warnings go.
pub type WarningSink = Arc<dyn Fn(&Warning) + Send + Sync>;

/// A sink that prints to standard error.
pub fn print_warnings() -> WarningSink {
    Arc::new(|warning| eprintln!("ferrolane: warning: {warning}"))
}
