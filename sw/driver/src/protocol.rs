//! What a device may not report.

/// How a completion record contradicts what was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A record though nothing is in flight.
    #[error("a completion record (index {index}) came while nothing was in flight")]
    Unasked {
        /// The record's index.
        index: u32,
    },
    /// A record of another queue.
    #[error("a record carries queue {found:#04x} instead of {expected:#04x}")]
    Queue {
        /// What the record says.
        found: u8,
        /// What it should say.
        expected: u8,
    },
    /// A record of another start of the queue.
    #[error("a record carries generation {found} instead of {expected}")]
    Generation {
        /// What the record says.
        found: u8,
        /// What it should say.
        expected: u8,
    },
    /// A record out of order.
    #[error("a record carries descriptor index {found} instead of {expected}")]
    Index {
        /// What the record says.
        found: u32,
        /// What it should say.
        expected: u32,
    },
    /// More bytes than the descriptor has, or fewer than a good one of an H2C or memory queue moves.
    #[error("a record reports {found} bytes for a descriptor of {len}")]
    Bytes {
        /// What the record says.
        found: u32,
        /// Length of the descriptor.
        len: u32,
    },
    /// A status code this ABI does not have.
    #[error("a record carries the unknown status {found:#04x}")]
    Status {
        /// What the record says.
        found: u8,
    },
}
