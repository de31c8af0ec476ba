//! How much was tried, to show that the laws were not kept by silence.

use std::fmt;

use betrace_lang::verdict::{Reason, Verdict};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub traces: u64,
    pub rules: u64,
    /// What was compared under each law, and what came out.
    counts: Counts,
    /// Corners of rules and traces.
    corners: Counts,
}

/// Few, and found by where their names stand: something is counted with every verdict.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counts(Vec<(&'static str, u64)>);

impl Counts {
    fn add(&mut self, what: &'static str, times: u64) {
        let known = self.0.iter_mut().find(|(name, _)| {
            std::ptr::eq(name.as_ptr(), what.as_ptr()) && name.len() == what.len()
        });
        match known {
            Some((_, count)) => *count += times,
            None => self.0.push((what, times)),
        }
    }

    fn of(&self, what: &str) -> u64 {
        let these = self.0.iter().filter(|(name, _)| *name == what);
        these.map(|(_, times)| times).sum()
    }

    fn add_all(&mut self, other: &Counts) {
        for (what, times) in &other.0 {
            self.add(what, *times);
        }
    }
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
        self.counts.add(what, times as u64);
    }

    pub fn corner(&mut self, what: &'static str, is_met: bool) {
        self.corners.add(what, u64::from(is_met));
    }

    pub fn verdict(&mut self, verdict: Verdict, reason: Option<Reason>) {
        self.count(reason.map_or(verdict.as_str(), Reason::as_str), 1);
    }

    /// How often something was met.
    #[must_use]
    pub fn met(&self, what: &str) -> u64 {
        self.counts.of(what) + self.corners.of(what)
    }

    pub fn add(&mut self, other: &Tally) {
        self.traces += other.traces;
        self.rules += other.rules;
        self.counts.add_all(&other.counts);
        self.corners.add_all(&other.corners);
    }
}

/// What was compared and what came out; of the corners only [`missed`](super::missed) speaks.
impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.counts.0.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let counts = names.iter();
        let counts: Vec<String> = counts
            .map(|what| format!("{what} {}", self.counts.of(what)))
            .collect();
        out.write_str(&counts.join(", "))
    }
}
