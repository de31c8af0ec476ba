//! The account of a verdict: what the engine says of a rule and of each of its parts in one trace.

use betrace_engine::{Evidence, Finding};
use betrace_lang::rule::ClauseKind;
use betrace_lang::verdict::{Reason, Verdict};
use serde::{Serialize, Serializer};

use crate::applied::NeverApplied;
use crate::output::counted;
use crate::words::because;

use super::probe::{Asks, Step};

#[derive(Serialize)]
pub struct Account<'a> {
    pub rule: &'a str,
    pub trace_id: String,
    pub spans: u64,
    pub verdicts: Vec<Answer>,
    /// No span of the trace met the rule, or its `when` does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never_applied: Option<NeverApplied>,
    pub steps: Vec<Told>,
    /// Of a violation: in which traces the part that failed holds.
    pub kept_where: Option<String>,
    /// What its selectors nearly met, where that is why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<String>,
    /// The trace, marked; for people alone.
    #[serde(skip)]
    pub drawing: Vec<String>,
    /// Unix nanoseconds, from which times are told; for people alone.
    #[serde(skip)]
    pub begin: u64,
}

/// One answer of the engine.
#[derive(Serialize)]
pub struct Answer {
    #[serde(serialize_with = "verdict_word")]
    pub verdict: Verdict,
    #[serde(serialize_with = "reason_word")]
    pub reason: Option<Reason>,
    pub clause: Option<&'static str>,
    pub clause_text: Option<String>,
    pub spans: Vec<Spot>,
}

/// What was found of one part of the rule.
#[derive(Serialize)]
pub struct Told {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub part: &'static str,
    pub depth: usize,
    pub text: String,
    /// `true`, `false`, or why it cannot be known.
    pub outcome: String,
    /// The word for why it cannot be known.
    #[serde(serialize_with = "reason_word")]
    pub reason: Option<Reason>,
    pub found: Vec<Found>,
    /// Of an order that does not hold: how the times stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// Where a part holds: once, or for each obligation of a `when each`.
#[derive(Serialize)]
pub struct Found {
    /// The spans that are bound, in the order of their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obligation: Vec<Spot>,
    pub count: u64,
    /// The first of the spans.
    pub spans: Vec<Spot>,
}

#[derive(Clone, Serialize)]
pub struct Spot {
    pub span_id: String,
    pub service: String,
    pub name: String,
    pub start_time_unix_nano: String,
    pub end_time_unix_nano: String,
    pub role: &'static str,
}

fn verdict_word<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.as_str())
}

/// As `replay` and the rules' tests have it.
fn reason_word<S: Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    reason.map(Reason::as_str).serialize(serializer)
}

#[must_use]
pub fn answer(finding: &Finding) -> Answer {
    let is_violated = finding.verdict == Verdict::Violated;
    Answer {
        verdict: finding.verdict,
        reason: finding.reason,
        clause: finding.clause.map(ClauseKind::as_str),
        clause_text: is_violated.then(|| finding.clause_text.to_string()),
        spans: finding.evidence.iter().map(spot).collect(),
    }
}

#[must_use]
pub fn told(step: &Step, findings: &[&Finding]) -> Told {
    let held: Vec<_> = findings
        .iter()
        .filter(|f| f.verdict == Verdict::Violated)
        .collect();
    let unknown = findings.iter().find_map(|f| f.reason);
    let is_each = !step.probe.body.bindings.is_empty();
    let outcome = match (step.asks, held.is_empty(), unknown) {
        (_, true, Some(reason)) => format!("cannot be known ({})", because(reason)),
        (Asks::Obligations, true, None) => "there are none".to_owned(),
        (Asks::Obligations, false, _) => counted(held.len(), "obligation"),
        (Asks::Spans, true, None) => "none".to_owned(),
        (Asks::Spans, false, _) if is_each => {
            format!("some, for {}", counted(held.len(), "obligation"))
        }
        (Asks::Spans, false, _) => counted(held[0].count, "span"),
        (Asks::Condition, true, None) => "false".to_owned(),
        (Asks::Condition, false, _) if is_each => {
            format!("true for {}", counted(held.len(), "obligation"))
        }
        (Asks::Condition, false, _) => "true".to_owned(),
    };
    let bound = step.probe.body.bindings.len();
    let found = held
        .iter()
        .map(|finding| {
            let (obligation, spans) = finding.evidence.split_at(bound.min(finding.evidence.len()));
            let is_listing = step.asks == Asks::Obligations;
            Found {
                obligation: obligation.iter().map(spot).collect(),
                count: if is_listing { 0 } else { finding.count },
                spans: if is_listing {
                    Vec::new()
                } else {
                    spans.iter().map(spot).collect()
                },
            }
        })
        .collect();
    Told {
        part: step.part,
        depth: step.depth,
        text: step.text.clone(),
        outcome,
        reason: unknown.filter(|_| held.is_empty()),
        found,
        because: Vec::new(),
    }
}

fn spot(evidence: &Evidence) -> Spot {
    Spot {
        span_id: evidence.span_id.to_string(),
        service: evidence.service.clone(),
        name: evidence.name.clone(),
        start_time_unix_nano: evidence.start.to_string(),
        end_time_unix_nano: evidence.end.to_string(),
        role: evidence.role.as_str(),
    }
}

impl Spot {
    /// Start and end in Unix nanoseconds; `None` where the span has no usable times.
    #[must_use]
    pub fn times(&self) -> Option<(u64, u64)> {
        let time = |text: &str| text.parse::<u64>().ok().filter(|time| *time > 0);
        let (start, end) = (
            time(&self.start_time_unix_nano)?,
            time(&self.end_time_unix_nano)?,
        );
        (start <= end).then_some((start, end))
    }
}
