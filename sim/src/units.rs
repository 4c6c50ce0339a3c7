//! Durations and sizes as users write them.

/// Parses a duration such as `500ns`, `1us`, `2.5us`, `10ms` or `800ps` into picoseconds.
///
/// # Errors
/// A sentence that says what is accepted.
pub fn picoseconds(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale: u64 = match unit {
        "ps" => 1,
        "ns" => 1_000,
        "us" => 1_000_000,
        "ms" => 1_000_000_000,
        "s" => 1_000_000_000_000,
        _ => {
            return Err(format!(
                "{text:?} is no duration: a number and one of ps, ns, us, ms, s, as in 500ns"
            ))
        }
    };
    let bad = || format!("{text:?} is no duration: {number:?} is not a number that fits");
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().map_err(|_| bad())?;
    let mut value = whole.checked_mul(scale).ok_or_else(bad)?;
    let mut digit = scale;
    for c in part.chars() {
        digit /= 10;
        value += digit * u64::from(c.to_digit(10).ok_or_else(bad)?);
    }
    // Device time counts nanoseconds in 64 bits; an hour is far beyond what anyone simulates.
    if value > 3_600_000_000_000_000 {
        return Err(bad());
    }
    Ok(value)
}

/// Clocks of `period_ps` that a duration takes, rounded up.
pub fn clocks(ps: u64, period_ps: u64) -> u64 {
    ps.div_ceil(period_ps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(picoseconds("500ns"), Ok(500_000));
        assert_eq!(picoseconds("1us"), Ok(1_000_000));
        assert_eq!(picoseconds("2.5us"), Ok(2_500_000));
        assert_eq!(picoseconds("0ns"), Ok(0));
        assert_eq!(picoseconds("800ps"), Ok(800));
        for bad in ["500", "ns", "1 us", "-1us", "1.2.3us", "2h", "", "99999999999s"] {
            assert!(picoseconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn clocks_round_up() {
        assert_eq!(clocks(4000, 4000), 1);
        assert_eq!(clocks(4001, 4000), 2);
        assert_eq!(clocks(0, 4000), 0);
    }
}
