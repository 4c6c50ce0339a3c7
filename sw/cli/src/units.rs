//! Numbers with units, in and out.

/// Reads a byte count: digits with an optional binary suffix (`k`, `KiB`, `M`, `MiB`).
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let (digits, suffix) = split(text);
    let factor = match suffix {
        _ if digits.is_empty() => return Err("not a number of bytes".into()),
        "" | "B" => 1,
        "k" | "K" | "KiB" => 1 << 10,
        "m" | "M" | "MiB" => 1 << 20,
        other => return Err(format!("unknown suffix `{other}`; use k, KiB, M or MiB")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{digits}` is not a number of bytes"))?;
    number.checked_mul(factor).ok_or_else(|| "too large".into())
}

/// A number and the letters behind it.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len())
}

/// Reads a duration and gives nanoseconds: a number with `ns`, `us`, `ms` or `s`.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let (digits, suffix) = split(text);
    let factor = match suffix {
        _ if digits.is_empty() => return Err("not a duration; write for example 100ms".into()),
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "" => return Err("needs a unit: ns, us, ms or s".into()),
        other => return Err(format!("unknown unit `{other}`; use ns, us, ms or s")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{digits}` is not a whole number"))?;
    number.checked_mul(factor).ok_or_else(|| "too long".into())
}

/// Reads a register value or offset: decimal, or hexadecimal with `0x`.
pub fn parse_number(text: &str) -> Option<u64> {
    let text = text.replace('_', "");
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// An integer with thousands separated by commas.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Nanoseconds in the unit that suits them.
pub fn duration(nanos: u64) -> String {
    match nanos {
        0..=9_999 => format!("{nanos} ns"),
        10_000..=9_999_999 => format!("{:.3} us", nanos as f64 / 1e3),
        10_000_000..=9_999_999_999 => format!("{:.3} ms", nanos as f64 / 1e6),
        _ => format!("{:.3} s", nanos as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        assert_eq!(parse_bytes("4096"), Ok(4096));
        assert_eq!(parse_bytes("4k"), Ok(4096));
        assert_eq!(parse_bytes("1MiB"), Ok(1 << 20));
        assert!(
            parse_bytes("4q").is_err()
                && parse_bytes("k").is_err()
                && parse_bytes("99999999999999999999").is_err()
        );
    }

    #[test]
    fn durations() {
        assert_eq!(parse_duration("100ms"), Ok(100_000_000));
        assert!(parse_duration("100").is_err() && parse_duration("1h").is_err());
        assert_eq!(duration(1_500_000), "1500.000 us");
    }

    #[test]
    fn numbers() {
        assert_eq!(parse_number("0xdead_beef"), Some(0xDEAD_BEEF));
        assert_eq!(parse_number("12"), Some(12));
        assert_eq!(parse_number("zwölf"), None);
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
    }
}
