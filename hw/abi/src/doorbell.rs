//! The doorbell: 8 bytes per queue, in one 8-byte or two 4-byte writes.
//!
//! | bits | field |
//! | --- | --- |
//! | 31:0 | free-running producer index of the descriptor ring |
//! | 62:32 | free-running consumer index of the completion ring |
//! | 63 | ARM: one interrupt as soon as the completion index differs from the consumer index |
//!
//! A producer index is valid if it is not behind the last one and at most a ring ahead of the fetched
//! head; a consumer index if it is not behind the last one and not ahead of the records written.
//! Anything else is counted as INVALID_DOORBELL and changes nothing.

/// Bits of the consumer index.
pub const CONSUMER_MASK: u32 = 0x7FFF_FFFF;
/// ARM within the upper DW.
pub const ARM_BIT: u32 = 31;

/// The upper DW of a doorbell.
pub const fn upper(consumer: u32, arm: bool) -> u32 {
    (consumer & CONSUMER_MASK) | (arm as u32) << ARM_BIT
}

/// The whole doorbell.
pub const fn value(producer: u32, consumer: u32, arm: bool) -> u64 {
    producer as u64 | (upper(consumer, arm) as u64) << 32
}
