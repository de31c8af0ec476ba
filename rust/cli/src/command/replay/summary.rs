//! What all the traces together came to: a line a rule, and the closing line for people.

use std::collections::BTreeMap;
use std::time::Duration;

use betrace_engine::{Finding, RuleStats, Stats};
use betrace_lang::verdict::Verdict;
use serde::Serialize;

use crate::args::ReplayFormat;
use crate::output::{self, Output, counted};

#[derive(Serialize)]
struct Line<'a> {
    summary: Summary<'a>,
}

#[derive(Serialize)]
struct Summary<'a> {
    rule: &'a str,
    violated: u64,
    satisfied: u64,
    not_applicable: u64,
    inconclusive: u64,
    first_violation_unix_nano: Option<String>,
    last_violation_unix_nano: Option<String>,
    spans_matched: u64,
}

/// One line a rule, by rule id.
pub fn write(stats: &Stats, findings: &[Finding], format: ReplayFormat, out: &mut Output) {
    let mut times: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.verdict == Verdict::Violated) {
        let (first, last) = times
            .entry(&finding.rule.id.0)
            .or_insert((finding.start, finding.start));
        *first = finding.start.min(*first);
        *last = finding.start.max(*last);
    }
    let mut rules: Vec<&RuleStats> = stats.rules.iter().collect();
    rules.sort_by(|a, b| a.rule.cmp(&b.rule));
    for rule in rules {
        let time = times.get(rule.rule.as_str());
        let summary = Summary {
            rule: &rule.rule,
            violated: rule.violated,
            satisfied: rule.satisfied,
            not_applicable: rule.not_applicable,
            inconclusive: rule.inconclusive.iter().sum(),
            first_violation_unix_nano: time.map(|(first, _)| first.to_string()),
            last_violation_unix_nano: time.map(|(_, last)| last.to_string()),
            spans_matched: rule.spans_matched,
        };
        match format {
            ReplayFormat::Json => out.json(&Line { summary }),
            ReplayFormat::Text => out.line(sentence(&summary)),
            // Standard output holds spans alone.
            ReplayFormat::Otlp => output::note(sentence(&summary)),
        }
    }
}

fn sentence(summary: &Summary<'_>) -> String {
    format!(
        "{}: {} violated, {} satisfied, {} not applicable, {} inconclusive; {} matched",
        summary.rule,
        summary.violated,
        summary.satisfied,
        summary.not_applicable,
        summary.inconclusive,
        counted(summary.spans_matched, "span")
    )
}

/// The closing line, on standard error.
pub fn close(stats: &Stats, took: Duration) {
    let spans = &stats.spans;
    let read = spans.evaluated
        + spans.duplicate
        + spans.conflict
        + spans.late
        + spans.over_limit
        + spans.malformed
        + spans.own;
    let violations: u64 = stats.rules.iter().map(|rule| rule.violations).sum();
    let inconclusive: u64 = stats.rules.iter().flat_map(|rule| rule.inconclusive).sum();
    let mut text = format!(
        "{} in {}, {}: {}, {} inconclusive",
        counted(read, "span"),
        counted(stats.closed_traces, "trace"),
        counted(stats.rules.len(), "rule"),
        counted(violations, "violation"),
        inconclusive
    );
    for (count, what) in [
        (spans.malformed, "without a usable id, left out"),
        (spans.conflict, "contradicting an earlier copy, left out"),
        (spans.over_limit, "over the limit of its trace, left out"),
        (spans.late, "late"),
        (spans.own, "violation spans, passed over"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {} {what}", counted(count, "span")));
        }
    }
    if stats.lost_findings > 0 {
        text.push_str(&format!(
            "; {} lost",
            counted(stats.lost_findings, "finding")
        ));
    }
    let seconds = took.as_secs_f64();
    if seconds >= 1.0 {
        let rate = (read as f64 / seconds) as u64;
        text.push_str(&format!(
            " ({seconds:.1} s, {} a second)",
            counted(rate, "span")
        ));
    }
    output::note(text);
}
