//! The laws: rules and traces through the engine in many deliveries, each held against the oracle.
//!
//! For spans that come before the close, verdicts depend on nothing but the spans: not on their order,
//! batches, shards, gaps, or on what comes twice. A definite verdict on a part of a trace is never
//! contradicted by the whole. What no later span can undo is said at once.

mod delivery;
mod expect;
mod late;
mod laws;
mod restart;
mod thin;

pub use delivery::{Delivery, run};
pub use laws::{Tally, check};

use std::fmt;

/// A law that did not hold, for one rule and one trace of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    pub law: &'static str,
    /// Index of the rule in the trial.
    pub rule: usize,
    /// Index of the trace in the trial.
    pub trace: usize,
    pub detail: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\n{}", self.law, self.detail)
    }
}
