//! When traces are over and what rules may hold, as a processor's `trace:` and `limits:` say it.

use betrace_engine::{Completeness, Settings};
use betrace_lang::Limits;

use super::keys::{Kind, kind};
use super::said::Said;
use super::scalar::{nanoseconds, whole};

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
