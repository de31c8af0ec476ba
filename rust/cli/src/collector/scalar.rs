//! Times and numbers as the Collector reads them.

use betrace_lang::duration_text;

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

/// A duration as the Collector reads it, which knows no days.
pub fn time_text(nanos: u64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let text = duration_text(nanos);
    let days = text.strip_suffix('d').map(str::parse::<u64>);
    match days {
        Some(Ok(days)) => format!("{}h", 24 * days),
        _ => text,
    }
}

/// What is nearly a duration, as the Collector reads it: `5 s`, `5sec`, `1d`, `2 hours`.
pub fn nearly_time(text: &str) -> Option<String> {
    const UNITS: [(&[&str], u64); 5] = [
        (&["ms", "msec", "millis", "milliseconds"], 1_000_000),
        (&["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
        (&["m", "min", "mins", "minute", "minutes"], 60_000_000_000),
        (&["h", "hr", "hrs", "hour", "hours"], 3_600_000_000_000),
        (&["d", "day", "days"], 86_400_000_000_000),
    ];
    let text = text.trim().to_ascii_lowercase();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = unit.trim_start();
    let (_, length) = UNITS.iter().find(|(names, _)| names.contains(&unit))?;
    let nanos = number.parse::<u64>().ok()?.checked_mul(*length)?;
    Some(time_text(nanos))
}

/// Whether the Collector takes what stands there without quotes for a text, and for no number and nothing that is so or not.
pub fn is_text(text: &str) -> bool {
    let plain = text.replace('_', "");
    let begins = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    let is_number = plain.starts_with(begins)
        && (whole(&plain).is_some()
            || plain.parse::<f64>().is_ok()
            || plain.parse::<u128>().is_ok());
    let is_odd = matches!(
        plain
            .trim_start_matches(['+', '-'])
            .to_ascii_lowercase()
            .as_str(),
        ".inf" | ".nan"
    );
    !is_number && !is_odd && flag(text).is_none()
}

/// A whole number as the Collector reads YAML: with `_` between digits, in other bases behind `0x`, `0b` and `0o`, behind a
/// lone `0` in base 8, as YAML 1.1 had it, and with an exponent or decimals that say nothing.
pub fn whole(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    if plain.contains(['.', 'e', 'E']) && !plain.contains(['x', 'X']) {
        let number: f64 = plain.parse().ok()?;
        return (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64);
    }
    let (sign, digits) = match plain.strip_prefix(['+', '-']) {
        Some(digits) => (&plain[..1], digits),
        None => ("", plain.as_str()),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let is_signed_twice = digits.starts_with(['+', '-']);
    let number = i64::from_str_radix(&format!("{sign}{digits}"), base).ok();
    number.filter(|_| !is_signed_twice)
}

/// What the Collector makes of a number with decimals where a whole one is wanted: it cuts them off and says nothing. `None`:
/// it is no number, or has none.
pub fn cut_off(text: &str) -> Option<i64> {
    let number: f64 = text.replace('_', "").parse().ok()?;
    (number.fract() != 0.0 && number.abs() < 1e15).then_some(number as i64)
}

/// What is so or not, as the Collector reads YAML: `yes` and `on` are texts to it.
pub fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
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

    #[test]
    fn numbers_are_read_as_the_collector_reads_yaml() {
        for (text, number) in [
            ("64", 64),
            ("1_000", 1000),
            ("+64", 64),
            ("-1", -1),
            ("0x40", 64),
            ("0X40", 64),
            ("0b100", 4),
            ("0B100", 4),
            ("0o100", 64),
            ("0100", 64),
            ("-0x1", -1),
            ("0", 0),
            ("1e2", 100),
            ("64.0", 64),
        ] {
            assert_eq!(whole(text), Some(number), "{text}");
        }
        for text in ["", "much", "64k", "089", "0x", "--1", "0x-1", "1.5"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_cut_off_as_the_collector_cuts_them() {
        for (text, cut) in [("64.5", 64), ("-0.5", 0), ("1_0.9", 10), ("6.45e1", 64)] {
            assert_eq!(cut_off(text), Some(cut), "{text}");
        }
        for text in ["64", "64.0", "", "much", ".inf", ".nan"] {
            assert_eq!(cut_off(text), None, "{text}");
        }
    }

    #[test]
    fn texts_are_told_from_what_the_collector_reads_as_something_else() {
        for text in ["a", "0a", "10s", "1.2.3", "yes", "infinity", "-"] {
            assert!(is_text(text), "{text}");
        }
        for text in [
            "5",
            "0x10",
            "1e3",
            "-1.5",
            "true",
            "12345678901234567890",
            ".inf",
        ] {
            assert!(!is_text(text), "{text}");
        }
    }

    #[test]
    fn what_is_so_is_read_as_the_collector_reads_yaml() {
        for (text, is_so) in [("true", true), ("True", true), ("FALSE", false)] {
            assert_eq!(flag(text), Some(is_so), "{text}");
        }
        for text in ["yes", "on", "tRUE", "1", ""] {
            assert_eq!(flag(text), None, "{text}");
        }
    }
}
