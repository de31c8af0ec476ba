//! What all the traces together came to: a line a rule, and the closing lines for people.

use std::collections::BTreeMap;
use std::time::Duration;

use betrace_engine::{Finding, RuleStats, Stats};
use betrace_lang::rule::RuleId;
use betrace_lang::verdict::Verdict;
use serde::Serialize;

use crate::applied::NeverApplied;
use crate::args::ReplayFormat;
use crate::near_miss::Counted;
use crate::output::{self, Output, counted};
use crate::words::{by_window, moment, of_window};

use super::json;

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
    /// Of the violations, those that spans which came after the close contradict, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    violations_contradicted: Option<u64>,
    first_violation_unix_nano: Option<String>,
    last_violation_unix_nano: Option<String>,
    spans_matched: u64,
    /// Only of a rule that never came into play, as what it nearly met.
    #[serde(skip_serializing_if = "Option::is_none")]
    never_applied: Option<NeverApplied>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    near_misses: Vec<String>,
}

/// The first and the last violation of each rule, whichever verdicts are printed.
#[derive(Default)]
pub struct Seen {
    times: BTreeMap<RuleId, (u64, u64)>,
    /// Of rules over many traces, each group of each window.
    windows: BTreeMap<RuleId, Vec<Finding>>,
}

impl Seen {
    pub fn note(&mut self, finding: &Finding) {
        if finding.window.is_some() {
            let windows = self.windows.entry(finding.rule.id.clone()).or_default();
            windows.push(finding.clone());
        }
        if finding.verdict != Verdict::Violated {
            return;
        }
        let start = finding.start;
        let times = self.times.entry(finding.rule.id.clone());
        let (first, last) = times.or_insert((start, start));
        *first = start.min(*first);
        *last = start.max(*last);
    }
}

/// Which rules never applied, by their ids.
pub type Vacuous = BTreeMap<RuleId, NeverApplied>;

/// One line a rule, by rule id.
pub fn write(
    stats: &Stats,
    seen: &Seen,
    vacuous: &Vacuous,
    near: &Counted,
    format: ReplayFormat,
    out: &mut Output,
) {
    let mut rules: Vec<&RuleStats> = stats.rules.iter().collect();
    rules.sort_by(|a, b| a.rule.cmp(&b.rule));
    for rule in rules {
        let id = RuleId(rule.rule.as_str().into());
        let times = seen.times.get(&id);
        let windows = seen
            .windows
            .get(&id)
            .map_or_else(Vec::new, |findings| by_window(findings));
        let never_applied = vacuous.get(&id).copied();
        let near_misses = never_applied.map_or_else(Vec::new, |why| nearly(why, near, &id));
        let summary = Summary {
            rule: &rule.rule,
            violated: rule.violated,
            satisfied: rule.satisfied,
            not_applicable: rule.not_applicable,
            inconclusive: rule.inconclusive.iter().sum(),
            violations_contradicted: Some(rule.violations_contradicted).filter(|count| *count > 0),
            first_violation_unix_nano: times.map(|(first, _)| first.to_string()),
            last_violation_unix_nano: times.map(|(_, last)| last.to_string()),
            spans_matched: rule.spans_matched,
            never_applied,
            near_misses,
        };
        let mut lines = vec![sentence(&summary, times)];
        let of_each = windows.iter().filter_map(|finding| {
            let window = finding.window.as_ref()?;
            Some(format!("  {}", of_window(finding, window)))
        });
        lines.extend(of_each);
        lines.extend(summary.near_misses.iter().map(|near| format!("  {near}")));
        match format {
            ReplayFormat::Json => {
                out.json(&Line { summary });
                windows
                    .iter()
                    .for_each(|finding| json::write_window(finding, out));
            }
            ReplayFormat::Text | ReplayFormat::Html => lines.iter().for_each(|line| out.line(line)),
            // Standard output holds spans alone.
            ReplayFormat::Otlp => lines.iter().for_each(output::note),
        }
    }
}

/// What a rule nearly met, or that it met all that it looks for.
fn nearly(why: NeverApplied, near: &Counted, rule: &RuleId) -> Vec<String> {
    let mut sentences = near.sentences(rule);
    let is_met = sentences.is_empty() && near.is_whole(rule);
    if is_met && why == NeverApplied::WhenNeverHeld {
        let never = "each of the spans that it looks for came, and never as its `when` wants them";
        sentences.push(never.to_owned());
    }
    sentences
}

fn sentence(summary: &Summary<'_>, times: Option<&(u64, u64)>) -> String {
    let applied = summary
        .never_applied
        .map(|why| format!("never applied ({}): ", why.because()));
    let seen = match times {
        None => String::new(),
        Some((first, last)) => {
            format!(
                "; first seen {}, last seen {}",
                moment(*first),
                moment(*last)
            )
        }
    };
    let contradicted = summary.violations_contradicted;
    let contradicted = contradicted.map_or_else(String::new, |count| {
        format!(
            "; {} contradicted by later spans",
            counted(count, "violation")
        )
    });
    format!(
        "{}: {}{} violated, {} satisfied, {} not applicable, {} inconclusive; {} matched{contradicted}{seen}",
        summary.rule,
        applied.unwrap_or_default(),
        summary.violated,
        summary.satisfied,
        summary.not_applicable,
        summary.inconclusive,
        counted(summary.spans_matched, "span")
    )
}

/// The closing lines, on standard error: which rules never applied, and what was read and found.
pub fn close(stats: &Stats, vacuous: &Vacuous, is_summed_up: bool, took: Duration) {
    if !vacuous.is_empty() && stats.closed_traces > 0 {
        let more = if is_summed_up {
            ""
        } else {
            "; --summary says what they nearly met"
        };
        output::note(format_args!(
            "{} of {} never applied{more}",
            vacuous.len(),
            counted(stats.rules.len(), "rule")
        ));
    }
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
        (
            spans.conflict,
            "that differ from an earlier copy in what rules read, left out",
        ),
        (spans.over_limit, "over the limit of its trace, left out"),
        (spans.late, "late"),
        (spans.own, "of the shape of a violation, passed over"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {} {what}", counted(count, "span")));
        }
    }
    if stats.outside_traces > 0 {
        let outside = counted(stats.outside_traces, "trace");
        text.push_str(&format!("; {outside} outside of --from and --to"));
    }
    if stats.returned_traces > 0 {
        let returned = counted(stats.returned_traces, "trace");
        text.push_str(&format!("; {returned} that came again"));
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
