//! Runs one test and compares what came with what was expected.

use std::sync::Arc;

use betrace_engine::{
    CloseCause, Completeness, Engine, Finding, PlanError, Report, Settings, Timestamp,
};
use betrace_lang::LoadedRule;
use betrace_lang::rule::ClauseKind;
use betrace_lang::rule_test::{
    Completeness as TestCompleteness, Expectation, ExpectedEvidence, RuleTest, TestSpan,
};
use betrace_lang::verdict::{Reason, Verdict};

use crate::words::because;

use super::spans;

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

/// What the engine said about a test's trace.
pub struct Seen {
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// The violations, in canonical form.
    pub violations: Vec<Finding>,
    /// Spans that a selector of the rule selected.
    pub spans_matched: u64,
}

/// Sends the trace of `test` to an engine that holds `rule` alone.
pub fn evaluate(rule: &LoadedRule, test: &RuleTest) -> Result<Seen, PlanError> {
    let settings = Settings {
        completeness: match test.completeness {
            TestCompleteness::Root => Completeness::Root,
            TestCompleteness::Linked => Completeness::Linked,
            TestCompleteness::Idle => Completeness::Idle,
        },
        early: false,
        report: Report::All,
        restart_grace: false,
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(vec![Arc::clone(&rule.rule)], settings, Timestamp(0))?;
    let request = spans::encode(test);
    // Our own encoding is well-formed.
    let _ = engine.consume(&request, Timestamp(0));
    let cause = if test.is_incomplete {
        CloseCause::Shutdown
    } else {
        CloseCause::EndOfInput
    };
    engine.close_traces(Timestamp(0), cause);
    let mut findings = engine.take_findings(usize::MAX);
    findings.sort_by_key(|finding| finding.violation_id);
    // A trace without spans is none: nothing applies to it.
    let worst = findings.iter().map(|finding| finding.verdict).max();
    let verdict = worst.unwrap_or(Verdict::NotApplicable);
    let reason = findings
        .iter()
        .filter(|finding| finding.verdict == verdict)
        .find_map(|finding| finding.reason);
    findings.retain(|finding| finding.verdict == Verdict::Violated);
    Ok(Seen {
        verdict,
        reason,
        violations: findings,
        spans_matched: engine
            .stats()
            .rules
            .iter()
            .map(|rule| rule.spans_matched)
            .sum(),
    })
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
