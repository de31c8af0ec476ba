//! The `tests:` of a rule: a trace written by hand and the verdict expected for it.
//!
//! Times are resolved here, so whoever runs a test only has to send the spans. Where a span says
//! nothing of its time, it starts a millisecond after the span before it among its siblings ended
//! (the first one a millisecond after its parent's start) and ends a millisecond after the last of its
//! children: what is written one below the other happens one after the other.

use std::sync::Arc;

use crate::rule::{ClauseKind, Completeness};
use crate::source::LineColumn;
use crate::verdict::{Reason, Verdict};
use crate::words::words;

/// One test of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    pub name: String,
    /// Of its name in the rule file.
    pub place: LineColumn,
    /// Parents before their children, as written.
    pub spans: Vec<TestSpan>,
    /// Of a test of several traces, in the place of `spans`, which is empty then.
    pub traces: Vec<TestTrace>,
    /// The trace is cut off before it closes by itself (as by a shutdown).
    pub is_incomplete: bool,
    /// The rule's own, if it has one.
    pub completeness: Completeness,
    pub expect: Expectation,
}

/// One trace of several, or as many alike.
#[derive(Clone, Debug, PartialEq)]
pub struct TestTrace {
    /// As those of a test of one trace.
    pub spans: Vec<TestSpan>,
    /// When it begins, in nanoseconds since the begin of the test.
    pub at: i64,
    /// How many there are; at least one.
    pub repeat: u64,
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
    pub links: Vec<TestLink>,
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

words! {
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub enum SpanKind {
        Unspecified = "unspecified",
        #[default]
        Internal = "internal",
        Server = "server",
        Client = "client",
        Producer = "producer",
        Consumer = "consumer",
    }
}

words! {
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub enum SpanStatus {
        #[default]
        Unset = "unset",
        Ok = "ok",
        Error = "error",
    }
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
pub struct TestLink {
    /// Index into [`RuleTest::spans`] of the span that it leads to; `None`: one of another trace.
    pub to: Option<usize>,
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
