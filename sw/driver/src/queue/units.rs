//! Times as the queues' registers have them: in units of 16 clocks of the card.

use ferrolane_abi::table::Field;

use crate::error::Error;
use crate::transport::DeviceNanos;

/// Clocks in a unit.
const CLOCKS: u128 = 16;
/// Nanoseconds in a clock are this by kHz.
const NANOS: u128 = 1_000_000;

/// Whole units in `nanos`.
fn units(nanos: DeviceNanos, khz: u32) -> u128 {
    u128::from(nanos) * u128::from(khz) / NANOS / CLOCKS
}

/// Refuses what `time` can't hold.
pub(super) fn check(setting: &'static str, time: &Field, nanos: DeviceNanos, khz: u32) -> Result<(), Error> {
    let most = u128::from(time.get(u32::MAX));
    if units(nanos, khz) <= most {
        return Ok(());
    }
    // The last nanosecond that is not yet a unit more.
    let max = ((most + 1) * CLOCKS * NANOS - 1) / u128::from(khz.max(1));
    Err(Error::SettingTime { setting, nanos, max: max as DeviceNanos })
}

/// `nanos` in the field `time`, for a time that [`check`] has passed: a unit at least, since none is no time to the card.
pub(super) fn put(time: &Field, nanos: DeviceNanos, khz: u32) -> u32 {
    time.put(units(nanos, khz).max(1) as u32)
}

#[cfg(test)]
mod tests {
    use ferrolane_abi::regs::queue as regs;

    use super::*;
    use crate::params::field;

    #[test]
    fn the_longest_time_is_the_one_that_is_told() {
        let time = field(&regs::FLUSH_TIME, "TIME");
        for khz in [1, 62_500, 100_003, 250_000, 1_000_000] {
            let Error::SettingTime { max, .. } = check("time", time, u64::MAX, khz).unwrap_err() else {
                panic!("another error");
            };
            check("time", time, max, khz).unwrap();
            check("time", time, max + 1, khz).unwrap_err();
            assert_eq!(put(time, max, khz), 0xFFFF, "{khz} kHz");
        }
    }

    #[test]
    fn a_rest_does_not_count_but_nothing_is_a_unit() {
        let time = field(&regs::MODERATE, "TIME");
        let at = |nanos| put(time, nanos, 250_000);
        assert_eq!([0, 64, 127, 128].map(at), [1 << 16, 1 << 16, 1 << 16, 2 << 16]);
    }
}
