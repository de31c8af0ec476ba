//! Verdicts and summaries by column. The names and types are those of `betrace/_schema.py`.

use betrace_cli::embed::NeverApplied;
use betrace_engine::{Finding, OverWindow, SpanId, TraceId, ValueRange};
use betrace_lang::rule::{ClauseKind, Emit};
use betrace_lang::verdict::Verdict;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::summary::RuleSummary;

/// What is only said of a violation is none elsewhere.
pub fn of_findings<'py>(py: Python<'py>, findings: &[Finding]) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    let violated = |finding: &Finding| finding.verdict == Verdict::Violated;
    let text = |name: &str, value: &dyn Fn(&Finding) -> Option<String>| {
        let values: Vec<Option<String>> = findings.iter().map(value).collect();
        columns.set_item(name, values)
    };
    text("rule", &|one| Some(one.rule.id.0.to_string()))?;
    text("trace_id", &|one| Some(one.trace_id.to_string()))?;
    text("verdict", &|one| Some(one.verdict.as_str().to_owned()))?;
    text("clause", &|one| {
        Some(one.clause.map(ClauseKind::as_str)?.to_owned())
    })?;
    text("clause_text", &|one| {
        violated(one).then(|| one.clause_text.to_string())
    })?;
    text("message", &|one| {
        violated(one).then(|| one.message.to_string())
    })?;
    text("severity", &|one| {
        Some(one.rule.severity.as_str().to_owned())
    })?;
    let counted = |one: &Finding| one.rule.emit == Emit::None;
    text("emit", &|one| {
        counted(one).then(|| Emit::None.as_str().to_owned())
    })?;
    text("reason", &|one| Some(one.reason?.as_str().to_owned()))?;
    columns.set_item(
        "complete",
        findings.iter().map(|one| one.complete).collect::<Vec<_>>(),
    )?;
    columns.set_item(
        "count",
        findings
            .iter()
            .map(|one| signed(one.count))
            .collect::<Vec<_>>(),
    )?;
    let starts: Vec<_> = findings.iter().map(|one| signed(one.start)).collect();
    columns.set_item("start_time_unix_nano", starts)?;
    let ends: Vec<_> = findings.iter().map(|one| signed(one.end)).collect();
    columns.set_item("end_time_unix_nano", ends)?;
    let evidence = findings.iter().map(|one| evidence(py, one));
    columns.set_item("evidence", evidence.collect::<PyResult<Vec<_>>>()?)?;
    text("violation_id", &|one| {
        violated(one).then(|| one.violation_id.to_string())
    })?;
    let windows = findings
        .iter()
        .map(|one| one.window.as_deref().map(|of| window(py, of)).transpose());
    columns.set_item("window", windows.collect::<PyResult<Vec<_>>>()?)?;
    Ok(columns)
}

/// Times beyond the year 2262 have no number in Arrow.
fn signed(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

fn evidence<'py>(py: Python<'py>, finding: &Finding) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let of_span = |evidence: &betrace_engine::Evidence| {
        let span = PyDict::new(py);
        span.set_item("span_id", evidence.span_id.to_string())?;
        span.set_item("role", evidence.role.as_str())?;
        span.set_item("name", &*evidence.name)?;
        span.set_item("service", &*evidence.service)?;
        Ok(span)
    };
    finding.evidence.iter().map(of_span).collect()
}

/// Infinite ends are none.
fn window<'py>(py: Python<'py>, over: &OverWindow) -> PyResult<Bound<'py, PyDict>> {
    let reach = |reach: Option<ValueRange>| {
        let finite = |end: f64| end.is_finite().then_some(end);
        reach.map(|reach| [finite(reach.low), finite(reach.high)])
    };
    let exemplar = |(trace, span): &(TraceId, SpanId)| {
        let exemplar = PyDict::new(py);
        exemplar.set_item("trace_id", trace.to_string())?;
        exemplar.set_item("span_id", span.to_string())?;
        Ok(exemplar)
    };
    let window = PyDict::new(py);
    window.set_item("start_unix_nano", signed(over.start))?;
    window.set_item("end_unix_nano", signed(over.end))?;
    window.set_item("group", over.group.clone())?;
    window.set_item("measure", &over.measure)?;
    window.set_item("unit", over.is_duration.then_some("s"))?;
    window.set_item("value", reach(over.value))?;
    window.set_item("bound", reach(over.bound))?;
    window.set_item("confidence", over.confidence)?;
    window.set_item("samples", over.samples)?;
    window.set_item("hits", over.hits)?;
    window.set_item("unknown", over.unknown)?;
    let exemplars = over.exemplars.iter().map(exemplar);
    window.set_item("exemplars", exemplars.collect::<PyResult<Vec<_>>>()?)?;
    Ok(window)
}

pub fn of_summary<'py>(py: Python<'py>, rules: &[RuleSummary]) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    let names: Vec<&str> = rules.iter().map(|one| &*one.rule).collect();
    columns.set_item("rule", names)?;
    type Count = fn(&RuleSummary) -> u64;
    let counts: [(&str, Count); 5] = [
        ("violated", |one| one.violated),
        ("satisfied", |one| one.satisfied),
        ("not_applicable", |one| one.not_applicable),
        ("inconclusive", |one| one.inconclusive),
        ("spans_matched", |one| one.spans_matched),
    ];
    for (name, count) in counts {
        columns.set_item(name, rules.iter().map(count).collect::<Vec<_>>())?;
    }
    let first = rules
        .iter()
        .map(|one| one.violations.and_then(|(first, _)| signed(first)));
    columns.set_item("first_violation_unix_nano", first.collect::<Vec<_>>())?;
    let last = rules
        .iter()
        .map(|one| one.violations.and_then(|(_, last)| signed(last)));
    columns.set_item("last_violation_unix_nano", last.collect::<Vec<_>>())?;
    let never = rules.iter().map(|one| one.never_applied.map(name_of));
    columns.set_item("never_applied", never.collect::<Vec<_>>())?;
    Ok(columns)
}

/// As `betrace replay --summary` writes it.
pub fn name_of(why: NeverApplied) -> &'static str {
    match why {
        NeverApplied::NoSpan => "no_span",
        NeverApplied::WhenNeverHeld => "when_never_held",
    }
}
