//! When traces are over and what rules may hold, as a processor's `trace:` and `limits:` say it.

use betrace_engine::{Completeness, Settings};
use betrace_lang::Limits;

use super::keys::{Kind, kind};
use super::said::Said;

/// What is said; the rest is left to the defaults. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    pub idle_timeout: Option<u64>,
    pub root_timeout: Option<u64>,
    pub max_age: Option<u64>,
    pub late_window: Option<u64>,
    pub forget_after: Option<u64>,
    pub completeness: Option<Completeness>,
    pub spans_per_trace: Option<u32>,
    /// What all rules may hold, in bytes.
    pub rules_bytes: Option<usize>,
}

impl Timing {
    /// Of a processor, as far as it can be read: what is wrong is told as a fault of its key.
    pub fn of<F: Fn(&str) -> String>(said: &Said<'_, F>) -> Timing {
        let time = |key: &str| nanoseconds(&said.text(key)?);
        let number = |key: &str| {
            let Kind::Whole { least, most } = kind(key)? else {
                return None;
            };
            whole(&said.text(key)?).filter(|number| (least..=most).contains(number))
        };
        Timing {
            idle_timeout: time("trace.idle_timeout"),
            root_timeout: time("trace.root_timeout"),
            max_age: time("trace.max_age"),
            late_window: time("trace.late_window"),
            forget_after: time("trace.forget_after"),
            completeness: match said.text("trace.completeness").as_deref() {
                Some("root") => Some(Completeness::Root),
                Some("linked") => Some(Completeness::Linked),
                Some("idle") => Some(Completeness::Idle),
                _ => None,
            },
            spans_per_trace: number("limits.spans_per_trace")
                .and_then(|count| count.try_into().ok()),
            rules_bytes: number("limits.rules_mib")
                .and_then(|mebibytes| usize::try_from(mebibytes).ok())
                .map(|mebibytes| mebibytes << 20),
        }
    }

    /// What the processor holds rules to.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            longest_deadline: self.longest_deadline(),
            rules_bytes: self.rules_bytes.unwrap_or(default.rules_bytes),
            ..default
        }
    }

    /// The longest deadline that a trace is kept open for, in nanoseconds.
    fn longest_deadline(&self) -> u64 {
        let default = Settings::default();
        let max_age = self.max_age.unwrap_or(default.max_age);
        max_age.saturating_sub(self.idle_timeout.unwrap_or(default.idle_timeout))
    }
}

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
