//! How much was tried, to show that the laws were not kept by silence.

use std::collections::BTreeMap;
use std::fmt;

use betrace_lang::verdict::{Reason, Verdict};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub traces: u64,
    pub rules: u64,
    /// What was compared under each law, and what came out.
    counts: BTreeMap<&'static str, u64>,
    /// Corners of rules and traces.
    corners: BTreeMap<&'static str, u64>,
}

impl Tally {
    #[must_use]
    pub fn of(traces: usize) -> Tally {
        Tally {
            traces: traces as u64,
            ..Tally::default()
        }
    }

    pub fn count(&mut self, what: &'static str, times: usize) {
        *self.counts.entry(what).or_default() += times as u64;
    }

    pub fn corner(&mut self, what: &'static str, is_met: bool) {
        *self.corners.entry(what).or_default() += u64::from(is_met);
    }

    pub fn verdict(&mut self, verdict: Verdict, reason: Option<Reason>) {
        self.count(reason.map_or(verdict.as_str(), Reason::as_str), 1);
    }

    /// How often something was met.
    #[must_use]
    pub fn met(&self, what: &str) -> u64 {
        let times = self.counts.get(what).or_else(|| self.corners.get(what));
        times.copied().unwrap_or(0)
    }

    pub fn add(&mut self, other: &Tally) {
        self.traces += other.traces;
        self.rules += other.rules;
        for (what, times) in &other.counts {
            *self.counts.entry(what).or_default() += times;
        }
        for (what, times) in &other.corners {
            *self.corners.entry(what).or_default() += times;
        }
    }
}

/// What was compared and what came out; of the corners only [`missed`](super::missed) speaks.
impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.iter();
        let counts: Vec<String> = counts
            .map(|(what, times)| format!("{what} {times}"))
            .collect();
        out.write_str(&counts.join(", "))
    }
}
