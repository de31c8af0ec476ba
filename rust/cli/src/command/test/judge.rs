//! Compares what came of a test with what was expected.

use betrace_engine::Finding;
use betrace_lang::LoadedRule;
use betrace_lang::rule::ClauseKind;
use betrace_lang::rule_test::{Expectation, ExpectedEvidence, RuleTest, TestSpan};
use betrace_lang::verdict::{Reason, Verdict};

use crate::case::{Seen, spans};
use crate::words::because;

/// A test that was run.
pub struct Ran<'a> {
    pub rule: &'a LoadedRule,
    pub file: &'a str,
    pub test: &'a RuleTest,
    pub seen: Seen,
    /// What was otherwise than expected; empty where it passed.
    pub complaints: Vec<String>,
}

impl Ran<'_> {
    #[must_use]
    pub fn passed(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// In words, what is otherwise than expected.
pub fn compare(expect: &Expectation, spans: &[TestSpan], seen: &Seen) -> Vec<String> {
    if seen.verdict != expect.verdict || (expect.reason.is_some() && seen.reason != expect.reason) {
        return vec![format!(
            "expected {}, got {}",
            verdict(expect.verdict, expect.reason.map(Reason::as_str)),
            verdict(seen.verdict, seen.reason.map(because))
        )];
    }
    if expect.verdict != Verdict::Violated {
        return Vec::new();
    }
    let found = &seen.violations;
    let mut complaints = Vec::new();
    if let Some(expected) = expect.clause
        && !found.iter().any(|f| f.clause == Some(expected))
    {
        let got = found
            .first()
            .and_then(|f| f.clause)
            .map_or("none", ClauseKind::as_str);
        complaints.push(format!(
            "expected the clause {}, got {got}",
            expected.as_str()
        ));
    }
    if let Some(count) = expect.count
        && !found.iter().any(|f| f.count == count)
    {
        let got: Vec<String> = found.iter().map(|f| f.count.to_string()).collect();
        complaints.push(format!(
            "expected the count {count}, got {}",
            got.join(", ")
        ));
    }
    if let Some(count) = expect.violations
        && found.len() as u64 != count
    {
        complaints.push(format!("expected {count} violations, got {}", found.len()));
    }
    if let Some(message) = &expect.message
        && !found.iter().any(|f| f.message == *message)
    {
        let got: Vec<String> = found.iter().map(|f| format!("{:?}", f.message)).collect();
        complaints.push(format!(
            "expected the message {message:?}, got {}",
            got.join(", ")
        ));
    }
    if !expect.evidence.is_empty() && !found.iter().any(|f| shows(f, &expect.evidence)) {
        complaints.push(format!(
            "expected the evidence {}, got {}",
            listed(expect.evidence.iter().map(|expected| expected.text.clone())),
            listed(found.iter().flat_map(|f| &f.evidence).map(|evidence| {
                let index = spans::index_of(evidence.span_id.0);
                let name = spans.get(index).map_or("?", |span| &span.name);
                format!("{name} ({})", evidence.role.as_str())
            }))
        ));
    }
    complaints
}

/// Whether all that is expected is among the evidence, in that order.
fn shows(finding: &Finding, expected: &[ExpectedEvidence]) -> bool {
    let mut evidence = finding.evidence.iter();
    expected.iter().all(|expected| {
        evidence.any(|span| expected.spans.contains(&spans::index_of(span.span_id.0)))
    })
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// A verdict with its reason.
pub fn verdict(verdict: Verdict, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{} ({reason})", verdict.as_str()),
        None => verdict.as_str().to_owned(),
    }
}
