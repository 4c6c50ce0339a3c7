//! Counters: what was moved, what waited, how long things took.

mod counters;
mod doorbell_times;
mod events;
mod latency;
mod port_events;
mod tally;

pub use counters::Counters;
pub use events::Events;
pub use latency::Latency;
pub use tally::Tally;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        tally: Tally<3>,
        latency: Latency<8, 3>,
        latency1: Latency<1, 1>,
        events: Events<9, 4>,
        counters: Counters<4, 2, 8, 3, 64, 6>,
    ]
}
