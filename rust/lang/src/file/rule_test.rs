//! The `tests:` of a rule: a trace written by hand and the verdict expected for it.
//!
//! Times are resolved here, so whoever runs a test only has to send the spans. Where a span says
//! nothing of its time, it starts a millisecond after the span before it among its siblings ended
//! (the first one a millisecond after its parent's start) and ends a millisecond after the last of its
//! children: what is written one below the other happens one after the other.

use std::sync::Arc;

use crate::rule::ClauseKind;
use crate::source::LineColumn;
use crate::verdict::{Reason, Verdict};

/// One test of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    pub name: String,
    /// Of its name in the rule file.
    pub place: LineColumn,
    /// Parents before their children, as written.
    pub spans: Vec<TestSpan>,
    /// The trace is cut off before it closes by itself (as by a shutdown).
    pub is_incomplete: bool,
    pub completeness: Completeness,
    pub expect: Expectation,
}

/// What a trace must have to count as complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Completeness {
    #[default]
    Root,
    /// The root and every parent.
    Linked,
    /// Whatever came.
    Idle,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TestSpan {
    /// The test's own name for it (`id:`), to tell spans of one name apart.
    pub label: Option<String>,
    pub name: String,
    /// `service.name`; where nothing is said its parent's, on a root `test`.
    pub service: Arc<str>,
    pub parent: TestParent,
    pub kind: SpanKind,
    pub status: SpanStatus,
    pub status_message: String,
    /// Nanoseconds since the begin of the trace.
    pub start: i64,
    /// Nanoseconds since the begin of the trace; before `start` where the duration is negative.
    pub end: i64,
    pub attributes: Vec<(String, AttributeValue)>,
    /// Besides `service.name`; a child has its parent's where it says nothing.
    pub resource: Arc<[(String, AttributeValue)]>,
    pub instrumentation: Instrumentation,
    pub events: Vec<TestEvent>,
    pub links: Vec<Vec<(String, AttributeValue)>>,
}

/// Whose child a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestParent {
    Root,
    /// Index into [`RuleTest::spans`].
    Span(usize),
    /// It has a parent id, and that span never comes (`orphan: true`).
    Lost,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpanKind {
    Unspecified,
    #[default]
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpanStatus {
    #[default]
    Unset,
    Ok,
    Error,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instrumentation {
    pub name: String,
    pub version: String,
    pub attributes: Vec<(String, AttributeValue)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TestEvent {
    pub name: String,
    /// Nanoseconds since the begin of the trace.
    pub at: i64,
    pub attributes: Vec<(String, AttributeValue)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// Written `null`: the key is there, its value is not.
    Empty,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Array(Vec<AttributeValue>),
    Map(Vec<(String, AttributeValue)>),
}

/// What a test expects. What it does not mention is not compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    pub verdict: Verdict,
    /// Of an inconclusive verdict.
    pub reason: Option<Reason>,
    /// Of a violation, as all that follows.
    pub clause: Option<ClauseKind>,
    /// In order; empty where the test says nothing.
    pub evidence: Vec<ExpectedEvidence>,
    /// Spans counted by a violation.
    pub count: Option<u64>,
    /// Violations of this trace.
    pub violations: Option<u64>,
    pub message: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedEvidence {
    /// As written: a span's label or name.
    pub text: String,
    /// Any one of these, indices into [`RuleTest::spans`]; never empty.
    pub spans: Vec<usize>,
}

/// A span's times while its tree is read.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    pub start: Option<i64>,
    pub duration: Option<i64>,
    /// Index of the parent among those before it.
    pub parent: Option<usize>,
}

/// Start and end of each span; `timings` has parents before their children.
pub(crate) fn lay_out(timings: &[Timing]) -> Vec<(i64, i64)> {
    const STEP: i64 = 1_000_000;
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); timings.len()];
    let mut roots = Vec::new();
    for (index, timing) in timings.iter().enumerate() {
        match timing.parent {
            Some(parent) => children[parent].push(index),
            None => roots.push(index),
        }
    }
    let mut times = vec![(0i64, 0i64); timings.len()];
    // A span's end is known after its last child's, so each is visited once on the way in and once on the way out.
    let mut cursor = 0i64;
    let mut stack: Vec<(usize, bool)> = roots.iter().rev().map(|&root| (root, false)).collect();
    while let Some((index, is_leaving)) = stack.pop() {
        let timing = &timings[index];
        if is_leaving {
            let start = times[index].0;
            let last = children[index].iter().map(|&child| times[child].1).max();
            let end = match timing.duration {
                Some(duration) => start.saturating_add(duration),
                None => last.unwrap_or(start).max(start).saturating_add(STEP),
            };
            times[index].1 = end;
            cursor = end.max(start).saturating_add(STEP);
            continue;
        }
        let start = timing.start.unwrap_or(cursor);
        times[index].0 = start;
        cursor = start.saturating_add(STEP);
        stack.push((index, true));
        stack.extend(children[index].iter().rev().map(|&child| (child, false)));
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(parent: Option<usize>, start: Option<i64>, duration: Option<i64>) -> Timing {
        Timing {
            start,
            duration,
            parent,
        }
    }

    #[test]
    fn siblings_follow_each_other_and_parents_enclose_them() {
        const MS: i64 = 1_000_000;
        let times = lay_out(&[
            timing(None, None, None),
            timing(Some(0), None, None),
            timing(Some(0), None, Some(5 * MS)),
            timing(Some(2), None, None),
            timing(Some(0), Some(20 * MS), Some(-MS)),
            timing(None, None, None),
        ]);
        let in_ms: Vec<(i64, i64)> = times
            .iter()
            .map(|(start, end)| (start / MS, end / MS))
            .collect();
        assert_eq!(in_ms, [(0, 20), (1, 2), (3, 8), (4, 5), (20, 19), (21, 22)]);
    }
}
