//! Times and numbers as the Collector reads them.

/// A duration as Go's `time.ParseDuration` reads it, none below zero: `10s`, `1m30s`, `1.5h`, `0`.
pub fn nanoseconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 8] = [
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("μs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 6e10),
        ("h", 3.6e12),
    ];
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    if rest == "0" {
        return Some(0);
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == &rest[..end])?;
        sum += number * unit;
        rest = &rest[end..];
    }
    // Go's durations end at 2^63 nanoseconds.
    (sum < 9.2e18).then_some(sum as u64)
}

/// A whole number as YAML writes it: with `_` between digits, and in other bases behind `0x`, `0o` and `0b`.
pub fn whole(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = plain.strip_prefix(prefix) {
            return i64::from_str_radix(digits, base).ok();
        }
    }
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanos) in [
            ("10s", 10_000_000_000),
            ("1m30s", 90_000_000_000),
            ("250ms", 250_000_000),
            ("1.5h", 5_400_000_000_000),
            ("0", 0),
            ("0s", 0),
            ("2h45m", 9_900_000_000_000),
        ] {
            assert_eq!(nanoseconds(text), Some(nanos), "{text}");
        }
        for text in [
            "",
            "10",
            "s",
            "10 s",
            "-1s",
            "1d",
            "1..5s",
            "9999999999h",
            "+",
        ] {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
    }
}
