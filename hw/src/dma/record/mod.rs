//! The completion record writer.

mod collect;
mod due;
mod intake;
mod judge;
mod place;
mod record;
mod send;
mod timers;
mod types;

pub use collect::RecordCollect;
pub use due::DueQueue;
pub use intake::RecordIntake;
pub use judge::RecordJudge;
pub use place::RecordPlace;
pub use record::Record;
pub use send::RecordSend;
pub use timers::RecordTimers;
pub use types::{Ended, RecordEvent, RecordWords, ENDED_BITS};

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        record: Record<128, 4, 1, 4, 2, 8, 3, 9>,
        record64: Record<64, 2, 1, 1, 1, 2, 1, 7>,
        record256: Record<256, 8, 2, 32, 5, 64, 6, 11>,
    ]
}
