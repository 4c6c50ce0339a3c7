//! When a sleeping host is woken.

use ferrolane_abi::regs::queue as regs;

use super::units;
use crate::error::Error;
use crate::params::field;
use crate::transport::DeviceNanos;

/// How many completions an interrupt waits for, and how long at most. It counts from the arming on, so a queue that is
/// polled never sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moderate {
    /// Completion records that were not taken, 1 to 65,535. 1 sends the interrupt with the first.
    pub count: u32,
    /// Longest wait with fewer than that, in nanoseconds of device time: whole units of 16 clocks of the card, one at least,
    /// 65,535 at most (4 ms at 250 MHz). Means nothing with a count of 1.
    pub nanos: DeviceNanos,
}

impl Default for Moderate {
    /// [`Moderate::NONE`].
    fn default() -> Self {
        Moderate::NONE
    }
}

impl Moderate {
    /// An interrupt with the first record.
    pub const NONE: Moderate = Moderate { count: 1, nanos: 0 };

    pub(super) fn check(self, khz: u32) -> Result<(), Error> {
        let max = field(&regs::MODERATE, "COUNT").get(u32::MAX);
        if self.count == 0 || self.count > max {
            return Err(Error::ModerateCount { count: self.count, max });
        }
        units::check("moderate.nanos", field(&regs::MODERATE, "TIME"), self.nanos, khz)
    }

    /// The register. There is always a time with a count above 1: records that don't come must not keep the host asleep.
    pub(super) fn register(self, khz: u32) -> u32 {
        let time = match self.count {
            1 => 0,
            _ => units::put(field(&regs::MODERATE, "TIME"), self.nanos, khz),
        };
        field(&regs::MODERATE, "COUNT").put(self.count) | time
    }
}
