//! A finding as one JSON object on a line.

use betrace_engine::{Finding, OverWindow, ValueRange};
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
    /// Of a rule over many traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window<'a>>,
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

/// What was measured of a group in a window; `null` ends are infinite.
#[derive(Serialize)]
struct Window<'a> {
    start_unix_nano: String,
    end_unix_nano: String,
    group: serde_json::Map<String, serde_json::Value>,
    measure: &'a str,
    unit: Option<&'static str>,
    value: Option<[Option<f64>; 2]>,
    bound: Option<[Option<f64>; 2]>,
    confidence: Option<f64>,
    samples: u64,
    /// Of a share, and of a number of traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    hits: Option<u64>,
    unknown: u64,
    exemplars: Vec<Exemplar>,
}

#[derive(Serialize)]
struct Exemplar {
    trace_id: String,
    span_id: String,
}

fn window(window: &OverWindow) -> Window<'_> {
    let reach = |reach: Option<ValueRange>| {
        let finite = |end: f64| end.is_finite().then_some(end);
        reach.map(|reach| [finite(reach.low), finite(reach.high)])
    };
    Window {
        start_unix_nano: window.start.to_string(),
        end_unix_nano: window.end.to_string(),
        group: window
            .group
            .iter()
            .map(|(field, value)| (field.clone(), value.clone().into()))
            .collect(),
        measure: &window.measure,
        unit: window.is_duration.then_some("s"),
        value: reach(window.value),
        bound: reach(window.bound),
        confidence: window.confidence,
        samples: window.samples,
        hits: window.hits,
        unknown: window.unknown,
        exemplars: window
            .exemplars
            .iter()
            .map(|(trace, span)| Exemplar {
                trace_id: trace.to_string(),
                span_id: span.to_string(),
            })
            .collect(),
    }
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
        window: finding.window.as_deref().map(window),
        never_applied: is_vacuous,
    };
    out.json(&line);
}

#[derive(Serialize)]
struct WindowLine<'a> {
    window_summary: WindowSummary<'a>,
}

#[derive(Serialize)]
struct WindowSummary<'a> {
    rule: &'a str,
    verdict: &'static str,
    reason: Option<&'static str>,
    #[serde(flatten)]
    window: Window<'a>,
}

/// A line of the summary for a group of a window.
pub fn write_window(finding: &Finding, out: &mut Output) {
    if let Some(of) = &finding.window {
        out.json(&WindowLine {
            window_summary: WindowSummary {
                rule: &finding.rule.id.0,
                verdict: finding.verdict.as_str(),
                reason: finding.reason.map(|reason| reason.as_str()),
                window: window(of),
            },
        });
    }
}

fn evidence(evidence: &betrace_engine::Evidence) -> Evidence<'_> {
    Evidence {
        span_id: evidence.span_id.to_string(),
        role: evidence.role.as_str(),
        name: &evidence.name,
        service: &evidence.service,
    }
}
