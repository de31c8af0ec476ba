//! When traces are over and what rules may hold, as a processor's `trace:` and `limits:` say it.

use betrace_engine::{Completeness, Settings};
use betrace_lang::Limits;

use super::yaml::Node;

/// The largest `limits.rules_mib` that the processor takes.
const MOST_RULES_MIB: usize = 4096;

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
    /// Of the configuration of a processor. `resolved` puts in what a value takes from the environment.
    ///
    /// # Errors
    /// Names the key whose value is none.
    pub fn of(processor: &Node, resolved: impl Fn(&str) -> String) -> Result<Timing, String> {
        let text = |section: &str, key: &str| {
            let value = processor.get(section)?.get(key)?.text()?;
            Some(resolved(value)).filter(|value| !value.is_empty())
        };
        let duration = |key: &str| match text("trace", key) {
            None => Ok(None),
            Some(value) => match nanoseconds(&value) {
                Some(nanos) => Ok(Some(nanos)),
                None => Err(format!(
                    "trace.{key}: {value:?} is no duration; write it as 10s, 250ms or 1m30s"
                )),
            },
        };
        let completeness = match text("trace", "completeness").as_deref() {
            None => None,
            Some("root") => Some(Completeness::Root),
            Some("linked") => Some(Completeness::Linked),
            Some("idle") => Some(Completeness::Idle),
            Some(other) => {
                return Err(format!(
                    "trace.completeness: {other:?} is none of root, linked, idle"
                ));
            }
        };
        let spans_per_trace = match text("limits", "spans_per_trace") {
            None => None,
            Some(value) => match value.parse() {
                Ok(count) if count > 0 => Some(count),
                _ => {
                    return Err(format!(
                        "limits.spans_per_trace: {value:?} is no number of spans"
                    ));
                }
            },
        };
        let rules_bytes = match text("limits", "rules_mib") {
            None => None,
            Some(value) => match value.parse::<usize>() {
                Ok(mebibytes @ 1..=MOST_RULES_MIB) => Some(mebibytes << 20),
                _ => {
                    return Err(format!(
                        "limits.rules_mib: {value:?} is no number of MiB from 1 to {MOST_RULES_MIB}"
                    ));
                }
            },
        };
        let timing = Timing {
            idle_timeout: duration("idle_timeout")?,
            root_timeout: duration("root_timeout")?,
            max_age: duration("max_age")?,
            late_window: duration("late_window")?,
            forget_after: duration("forget_after")?,
            completeness,
            spans_per_trace,
            rules_bytes,
        };
        let max_age = timing.max_age.unwrap_or(Settings::default().max_age);
        match timing.root_timeout {
            Some(root) if root > max_age => {
                Err("trace.root_timeout must not be longer than trace.max_age".to_owned())
            }
            _ => Ok(timing),
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
