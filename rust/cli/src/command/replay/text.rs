//! A finding as a person reads it.

use betrace_engine::{Finding, OverWindow};
use betrace_lang::rule::{ClauseKind, Emit};
use betrace_lang::verdict::Verdict;

use crate::output::{Output, Paint, one_line};

use crate::words::{because, measured, moment, nanos};

/// A few lines and an empty one. `is_vacuous`: the rule is kept because no span of any trace met it.
pub fn write(finding: &Finding, is_vacuous: bool, out: &mut Output) {
    match &finding.window {
        Some(window) => write_window(finding, window, out),
        None => write_trace(finding, is_vacuous, out),
    }
}

/// What was said, and by which rule.
fn head(finding: &Finding, out: &Output) -> (String, String) {
    let palette = out.palette();
    let paint = match finding.verdict {
        Verdict::Violated => Paint::Red,
        Verdict::Inconclusive => Paint::Yellow,
        Verdict::Satisfied => Paint::Green,
        Verdict::NotApplicable => Paint::Dim,
    };
    let verdict = palette.paint(paint, finding.verdict.as_str());
    let rule = palette.paint(Paint::Bold, one_line(&finding.rule.id.0));
    (verdict, rule)
}

fn write_trace(finding: &Finding, is_vacuous: bool, out: &mut Output) {
    let palette = out.palette();
    let (verdict, rule) = head(finding, out);
    if finding.verdict != Verdict::Violated {
        out.line(format_args!(
            "{verdict} {rule} in trace {}{}",
            finding.trace_id,
            remark(finding, is_vacuous)
        ));
        return;
    }
    out.line(format_args!(
        "{verdict} {rule} [{}{}]: {}",
        finding.rule.severity.as_str(),
        match finding.rule.emit {
            Emit::Spans => "",
            Emit::None => ", counted only",
        },
        one_line(&finding.message)
    ));
    let kind = finding.clause.map_or("clause", ClauseKind::as_str);
    out.line(format_args!(
        "  {kind:<8} {}",
        one_line(&finding.clause_text)
    ));
    let open = if finding.complete {
        ""
    } else {
        " (not complete; no later span can undo this)"
    };
    out.line(format_args!(
        "  trace    {} at {}{open}",
        finding.trace_id,
        moment(finding.start)
    ));
    if finding.count > 1 {
        out.line(format_args!("  count    {}", finding.count));
    }
    for span in &finding.evidence {
        let service = if span.service.is_empty() {
            "unknown service"
        } else {
            &span.service
        };
        let detail = format!(
            "{}, at {}, {}",
            span.span_id,
            offset(span.start, finding.start),
            length(span.start, span.end)
        );
        out.line(format_args!(
            "  {:<8} {}: {}  {}",
            span.role.as_str(),
            one_line(service),
            one_line(&span.name),
            palette.paint(Paint::Dim, format_args!("({detail})"))
        ));
    }
    out.line("");
}

/// What a rule over many traces says of a group in a window: a line, and of a violation its message and traces.
fn write_window(finding: &Finding, window: &OverWindow, out: &mut Output) {
    let (verdict, rule) = head(finding, out);
    let is_violated = finding.verdict == Verdict::Violated;
    let severity = match is_violated {
        true => format!(" [{}]", finding.rule.severity.as_str()),
        false => String::new(),
    };
    let remark = remark(finding, false);
    out.line(format_args!(
        "{verdict} {rule}{severity}: {}{remark}",
        one_line(&measured(finding, window))
    ));
    if !is_violated {
        return;
    }
    out.line(format_args!("  message  {}", one_line(&finding.message)));
    let kind = finding.clause.map_or("clause", ClauseKind::as_str);
    out.line(format_args!(
        "  {kind:<8} {}",
        one_line(&finding.clause_text)
    ));
    for (trace, span) in &window.exemplars {
        out.line(format_args!("  trace    {trace} (span {span})"));
    }
    out.line("");
}

/// Why nothing definite can be said, or what a verdict is worth.
fn remark(finding: &Finding, is_vacuous: bool) -> String {
    match finding.reason {
        Some(reason) => format!(" ({})", because(reason)),
        None if is_vacuous => " (vacuously: the rule never applied)".to_owned(),
        None => String::new(),
    }
}

fn offset(at: u64, origin: u64) -> String {
    if at >= origin {
        format!("+{}", nanos(at - origin))
    } else {
        format!("-{}", nanos(origin - at))
    }
}

fn length(start: u64, end: u64) -> String {
    match end.checked_sub(start) {
        Some(length) if start != 0 => nanos(length),
        _ => "no duration".to_owned(),
    }
}
