//! What is said of a group of a window.

use std::sync::Arc;

use betrace_lang::rule::{ClauseKind, Name, Over, Rule, Segment, WITHHELD};
use betrace_lang::verdict::Verdict;
use betrace_lang::{duration_text, field_name};

use crate::finding::{Finding, OverWindow, ValueRange, ViolationId};
use crate::id::TraceId;
use crate::logic::interval::{End, Interval};
use crate::windows::adds::BETWEEN;
use crate::windows::gathered::Gathered;
use crate::windows::judge::{Judged, value};
use crate::windows::sums::REST;
use crate::windows::tumbling::Window;

/// A group of a window, judged.
pub(crate) struct Told<'a> {
    pub window: Window,
    /// Until when what is told was seen.
    pub until: u64,
    pub label: &'a str,
    /// All groups that were given up.
    pub is_rest: bool,
    pub group: &'a Gathered,
    pub judged: &'a Judged,
    /// How many groups of the window were judged.
    pub asked: usize,
}

pub(crate) fn finding(rule: &Arc<Rule>, over: &Over, told: &Told<'_>) -> Finding {
    let window = over_window(over, told);
    let is_violated = told.judged.verdict == Verdict::Violated;
    let trace_id = trace_of(rule, told);
    Finding {
        rule: Arc::clone(rule),
        trace_id,
        verdict: told.judged.verdict,
        reason: told.judged.reason,
        clause: is_violated.then_some(over.clause),
        clause_text: match is_violated {
            true => over.text.clone(),
            false => Name::default(),
        },
        message: match is_violated {
            true => message(rule, over, &window),
            false => String::new(),
        },
        count: window.samples,
        complete: !told.group.is_open && told.group.perhaps == 0,
        start: told.window.start,
        end: told.until.max(told.window.start),
        evidence: Vec::new(),
        parent: None,
        violation_id: ViolationId::of(&rule.id.0, trace_id, &[]),
        when_held: true,
        window: Some(Box::new(window)),
    }
}

/// The trace that a violation stands in: of rule, window and group alone.
pub(crate) fn trace_of(rule: &Rule, told: &Told<'_>) -> TraceId {
    let mut hash = blake3::Hasher::new();
    hash.update(b"betrace window\n");
    hash.update(&(rule.id.0.len() as u64).to_le_bytes());
    hash.update(rule.id.0.as_bytes());
    hash.update(&told.window.start.to_le_bytes());
    hash.update(&told.window.length.to_le_bytes());
    hash.update(if told.is_rest { b"rest" } else { b"one\n" });
    hash.update(told.label.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    TraceId(id)
}

fn over_window(over: &Over, told: &Told<'_>) -> OverWindow {
    let mut values = told.label.split(BETWEEN);
    let group = over.by.iter().enumerate().map(|(at, field)| {
        let value = values.next().unwrap_or_default();
        let value = match (told.is_rest, over.withholds(at)) {
            (true, _) => REST,
            (false, true) => WITHHELD,
            (false, false) => value,
        };
        (field_name(field), value.to_owned())
    });
    let is_duration = over.measure.is_duration();
    let reach = |interval: Option<Interval>| interval.map(|interval| reach(interval, is_duration));
    OverWindow {
        start: told.window.start,
        end: told.window.end(),
        group: group.collect(),
        measure: over.measured.to_string(),
        is_duration,
        samples: told.group.samples,
        hits: over.measure.has_hits().then_some(told.group.hits),
        unknown: told.group.perhaps,
        value: reach(value(over, told.group, told.asked)),
        bound: reach(told.judged.bound),
        confidence: over.measure.is_share().then(|| over.confidence.level()),
        exemplars: told
            .group
            .exemplars
            .all()
            .map(|one| (one.trace_id(), one.span_id()))
            .collect(),
    }
}

fn reach(interval: Interval, is_duration: bool) -> ValueRange {
    let scale = if is_duration { 1e-9 } else { 1.0 };
    let end = |end: End| match end {
        End::Lowest => f64::NEG_INFINITY,
        End::At(number) => number.to_f64() * scale,
        End::Highest => f64::INFINITY,
    };
    ValueRange {
        low: end(interval.low),
        high: end(interval.high),
    }
}

/// The author's words, or else what was measured.
fn message(rule: &Rule, over: &Over, window: &OverWindow) -> String {
    if let Some(template) = &rule.message {
        let segments = template.segments.iter().map(|segment| match segment {
            Segment::Text(text) => text.to_string(),
            Segment::Count => window.samples.to_string(),
            Segment::Bound { .. } | Segment::Shown { .. } | Segment::TraceId => "?".to_owned(),
        });
        return segments.collect();
    }
    let group: Vec<String> = window
        .group
        .iter()
        .map(|(field, value)| format!("{field} {value}, "))
        .collect();
    let value = window.value.map_or_else(String::new, |value| {
        format!(": {}", value.text(window.is_duration))
    });
    let demand = match over.clause {
        ClauseKind::Always => "always",
        ClauseKind::Never | ClauseKind::Pattern => "never",
    };
    format!(
        "{}{}{value} over {}, {demand} {}",
        group.concat(),
        window.measure,
        duration_text(over.length),
        over.text
    )
}
