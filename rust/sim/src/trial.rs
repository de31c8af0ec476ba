//! The laws: rules and traces through the engine in many deliveries, each held against the oracle.
//!
//! For spans that come before the close, what is said depends on nothing but the spans: not on their order,
//! batches, shards, gaps, or on what comes twice. A definite verdict on a part of a trace is never
//! contradicted by the whole. What no later span can undo is said at once. Everything that a violation
//! shows is held: its identity, clause, text, count, times and evidence; and what is counted.
//!
//! [`LAWS`] is the list. Each law makes scripts (see `script`) of what reaches an engine and when, and
//! `agree` plays a script and compares all that was said, and when, with what the oracle says.

mod agree;
mod closing;
mod copies;
mod corners;
mod counted;
mod expect;
mod laws;
mod loose;
mod play;
mod progress;
mod script;
mod subject;
mod tally;
mod work;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use betrace_lang::rule::Rule;

pub use corners::{missed, of_rule, of_trace};
pub use expect::OBLIGATION_CAP;
pub use laws::LAWS;
pub use play::judged;
pub use tally::Tally;

use crate::model::Span;
use crate::oracle::Reading;
use crate::tape::Tape;
use subject::Subject;
use work::Work;

/// One of [`LAWS`].
pub struct Law {
    pub name: &'static str,
    pub says: &'static str,
    hold: fn(&mut Trial<'_>, &mut Tape) -> Result<(), Divergence>,
}

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

/// Some rules, each of which meets each of some traces.
struct Trial<'a> {
    rules: &'a [Arc<Rule>],
    readings: Vec<Reading<'a>>,
    /// Which rules ask for ancestors.
    reads_ancestry: Vec<bool>,
    /// Which rules leave spans out that others select: of spans from before such a rule it is not known what selects them.
    leaves_out: Vec<bool>,
    subjects: Vec<Subject<'a>>,
    /// By trace: all rules together may be more work than it is granted.
    is_costly: Vec<bool>,
    /// By trace id.
    numbers: HashMap<[u8; 16], usize>,
    /// The law that is being held.
    law: &'static str,
    tally: Tally,
}

/// Holds the laws that `which` picks over these rules and traces (with ids of their own). `salt` chooses the
/// deliveries.
///
/// # Errors
/// The first law that does not hold.
pub fn check(
    rules: &[Arc<Rule>],
    traces: &[Vec<Span>],
    salt: u64,
    which: impl Fn(&Law) -> bool,
) -> Result<Tally, Divergence> {
    let subjects = subject::subjects(rules, traces);
    let numbered = subjects.iter().zip(0..);
    let work: Vec<Work> = rules.iter().map(|rule| Work::of(rule)).collect();
    let is_costly = |subject: &Subject<'_>| work::is_beyond(&work, subject.spans.len());
    let mut trial = Trial {
        rules,
        readings: rules.iter().map(|rule| Reading::of(rule)).collect(),
        reads_ancestry: rules.iter().map(|rule| reads_ancestry(rule)).collect(),
        leaves_out: rules.iter().map(|rule| leaves_out(rule)).collect(),
        numbers: numbered
            .map(|(subject, number)| (subject.id(), number))
            .collect(),
        is_costly: subjects.iter().map(is_costly).collect(),
        subjects,
        law: "",
        tally: Tally::of(traces.len()),
    };
    for (number, law) in (0..).zip(&LAWS) {
        if which(law) {
            trial.law = law.name;
            (law.hold)(
                &mut trial,
                &mut Tape::recording(salt.wrapping_mul(64) + number),
            )?;
        }
    }
    Ok(trial.tally)
}

/// Whether a rule relates spans in one of these ways.
fn relates(rule: &Rule, relations: &[&str]) -> bool {
    let printed = format!("{:?}", rule.body);
    relations.iter().any(|relation| printed.contains(relation))
}

fn leaves_out(rule: &Rule) -> bool {
    relates(rule, &["Except {"])
}

fn reads_ancestry(rule: &Rule) -> bool {
    relates(
        rule,
        &[
            "Inside {",
            "Outside {",
            "Containing {",
            "ChildOf {",
            "ParentOf {",
        ],
    )
}
