//! The completion record writer.

mod arm_inbox;
mod place;
mod record;
mod types;

pub use arm_inbox::ArmInbox;
pub use place::RecordPlace;
pub use record::Record;
pub use types::{RecordAsk, RecordWords, RECORD_BITS};

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![record: Record<128, 4, 4, 2, 8, 3>]
}
