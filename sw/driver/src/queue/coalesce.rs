//! How completion records are gathered into writes.

use ferrolane_abi::regs::queue as regs;

use super::units;
use crate::error::Error;
use crate::params::field;
use crate::transport::DeviceNanos;

/// Most records that the engine writes at once.
const MOST: u32 = 16;

/// How many completion records may share a write to host memory, and how long they wait for each other.
///
/// A record waits only while its queue has work: once that has had none for 32 clocks, all are written. So gathering costs
/// latency on a busy queue only, and saves a TLP for most descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coalesce {
    /// Records in a write, 1 to 16. 1 writes each at once.
    pub count: u32,
    /// Longest wait of a record for others, in nanoseconds of device time: whole units of 16 clocks of the card, one at least,
    /// 65,535 at most (4 ms at 250 MHz). Means nothing with a count of 1.
    pub nanos: DeviceNanos,
}

impl Default for Coalesce {
    /// Sixteen records, a microsecond.
    fn default() -> Self {
        Coalesce { count: MOST, nanos: 1_000 }
    }
}

impl Coalesce {
    /// Every record at once: the least latency on a queue that is busy with other descriptors.
    pub const NONE: Coalesce = Coalesce { count: 1, nanos: 0 };

    pub(super) fn check(self, khz: u32) -> Result<(), Error> {
        if !(1..=MOST).contains(&self.count) {
            return Err(Error::CoalesceCount { count: self.count, max: MOST });
        }
        units::check("coalesce.nanos", field(&regs::COALESCE, "TIME"), self.nanos, khz)
    }

    /// The register.
    pub(super) fn register(self, khz: u32) -> u32 {
        let time = match self.count {
            1 => 0,
            _ => units::put(field(&regs::COALESCE, "TIME"), self.nanos, khz),
        };
        field(&regs::COALESCE, "COUNT").put(self.count) | time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_has_count_and_clocks() {
        let at = |count, nanos, khz| Coalesce { count, nanos }.register(khz);
        assert_eq!(
            Coalesce::default().register(250_000),
            16 | 15 << 16,
            "250 clocks are 15 units and a rest"
        );
        assert_eq!(Coalesce::NONE.register(250_000), 1);
        assert_eq!(at(2, 0, 250_000), 2 | 1 << 16);
        assert_eq!(at(2, 65_536 * 64 - 1, 250_000), 2 | 0xFFFF << 16);
    }

    #[test]
    fn counts_that_can_not_be_are_refused() {
        for count in [0, 17, u32::MAX] {
            let error = Coalesce { count, nanos: 0 }.check(250_000).unwrap_err();
            assert!(matches!(error, Error::CoalesceCount { max: 16, .. }), "{error}");
        }
        (1..=16).for_each(|count| Coalesce { count, nanos: 0 }.check(250_000).unwrap());
    }
}
