//! What is known of an unanswered fetch.

use rust_hdl::prelude::*;

/// The part of a fetch that has not come yet.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Batch {
    /// Queue, of both directions.
    pub g: Bits<7>,
    /// Index of its first descriptor.
    pub index: Bits<32>,
    /// Descriptors, 1 to 32.
    pub left: Bits<6>,
}
