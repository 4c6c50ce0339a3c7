//! Whose time passes: the device's, where it has a clock to ask ([`crate::clock`]), else this machine's.

use rustix::time::{clock_gettime, ClockId};

/// Time as the driver sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The device's own.
    Device,
    /// This machine's, since the transport was opened.
    Machine {
        /// Nanoseconds of the monotonic clock at that time.
        origin: u64,
    },
}

/// Nanoseconds of the machine's monotonic clock.
pub fn monotonic() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    (time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}
