//! A finding as one JSON object on a line.

use betrace_engine::Finding;
use betrace_lang::rule::{ClauseKind, Emit};
use betrace_lang::verdict::Verdict;
use serde::Serialize;

use crate::output::Output;

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    trace_id: String,
    verdict: &'static str,
    clause: Option<&'static str>,
    clause_text: Option<&'a str>,
    message: Option<&'a str>,
    severity: &'static str,
    /// Of a rule whose violations are counted only.
    #[serde(skip_serializing_if = "Option::is_none")]
    emit: Option<&'static str>,
    reason: Option<&'static str>,
    complete: bool,
    count: u64,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    evidence: Vec<Evidence<'a>>,
    violation_id: Option<String>,
    /// Satisfied, because no span of any trace met the rule.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    never_applied: bool,
}

#[derive(Serialize)]
struct Evidence<'a> {
    span_id: String,
    role: &'static str,
    name: &'a str,
    service: &'a str,
}

/// What is only said of a violation is null elsewhere.
pub fn write(finding: &Finding, is_vacuous: bool, out: &mut Output) {
    let is_violated = finding.verdict == Verdict::Violated;
    let line = Line {
        rule: &finding.rule.id.0,
        trace_id: finding.trace_id.to_string(),
        verdict: finding.verdict.as_str(),
        clause: finding.clause.map(ClauseKind::as_str),
        clause_text: is_violated.then_some(&*finding.clause_text),
        message: is_violated.then_some(&finding.message),
        severity: finding.rule.severity.as_str(),
        emit: (finding.rule.emit == Emit::None).then_some(Emit::None.as_str()),
        reason: finding.reason.map(|reason| reason.as_str()),
        complete: finding.complete,
        count: finding.count,
        start_time_unix_nano: finding.start.to_string(),
        end_time_unix_nano: finding.end.to_string(),
        evidence: finding.evidence.iter().map(evidence).collect(),
        violation_id: is_violated.then(|| finding.violation_id.to_string()),
        never_applied: is_vacuous,
    };
    out.json(&line);
}

fn evidence(evidence: &betrace_engine::Evidence) -> Evidence<'_> {
    Evidence {
        span_id: evidence.span_id.to_string(),
        role: evidence.role.as_str(),
        name: &evidence.name,
        service: &evidence.service,
    }
}
