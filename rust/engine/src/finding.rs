//! What the engine says about a rule in a trace: the verdict, and for a violation the failing part,
//! the spans that prove it, and an identity that is the same whenever the same facts are seen again.

use std::fmt;
use std::sync::Arc;

use betrace_lang::rule::{ClauseKind, Name, Rule};
use betrace_lang::verdict::{Reason, Verdict};

use crate::heap::heap;
use crate::id::{SpanId, TraceId};

pub use betrace_lang::rule::Role;

/// One span that a violation rests on. Times are Unix nanoseconds as the span reported them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub span_id: SpanId,
    pub role: Role,
    /// At most 256 bytes of it; invalid UTF-8 is replaced.
    pub name: String,
    pub service: String,
    pub start: u64,
    pub end: u64,
}

/// The first sixteen bytes of the BLAKE3 hash of rule id, trace id and bound span ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViolationId(pub [u8; 16]);

impl ViolationId {
    /// Of a violation of the rule `rule` in `trace`, by the spans bound to its names in their order.
    #[must_use]
    pub fn of(rule: &str, trace: TraceId, bound: &[SpanId]) -> ViolationId {
        let mut hash = blake3::Hasher::new();
        hash.update(&(rule.len() as u64).to_le_bytes());
        hash.update(rule.as_bytes());
        hash.update(&trace.0);
        for span in bound {
            hash.update(&span.0);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize().as_bytes()[..16]);
        ViolationId(id)
    }
}

impl fmt::Display for ViolationId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for ViolationId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// One answer. A violated one has `clause`, evidence and a message; the others say why they are so.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: Arc<Rule>,
    pub trace_id: TraceId,
    pub verdict: Verdict,
    /// Of an inconclusive verdict.
    pub reason: Option<Reason>,
    /// Of a violated one.
    pub clause: Option<ClauseKind>,
    /// The failing part of the clause, in its author's words.
    pub clause_text: Name,
    /// Of a violated one, else empty.
    pub message: String,
    /// How many spans broke the rule; 1 for an absence; of the one violation that stands for all
    /// obligations beyond the cap, how many obligations were broken in all.
    pub count: u64,
    /// The trace had closed complete when this was decided.
    pub complete: bool,
    /// The trigger's start, or the trace's where the trigger has none; Unix nanoseconds.
    pub start: u64,
    /// The latest end among the evidence; Unix nanoseconds.
    pub end: u64,
    /// The trigger first; at most [`EVIDENCE_CAP`] spans.
    pub evidence: Vec<Evidence>,
    /// The span that a violation span becomes the child of: the trigger, or the first offender.
    pub parent: Option<SpanId>,
    pub violation_id: ViolationId,
    /// `when` held, or the rule has none.
    pub when_held: bool,
    /// Of a rule over many traces: what was measured. Its trace is one of its own, and no trace that was seen.
    pub window: Option<Box<OverWindow>>,
}

/// What a rule over many traces measured of a group in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct OverWindow {
    /// Unix nanoseconds.
    pub start: u64,
    /// Unix nanoseconds; not part of the window.
    pub end: u64,
    /// The fields of `by` with their values; `_other` where groups were too many to be kept apart.
    pub group: Vec<(String, String)>,
    /// The canonical text of the measure.
    pub measure: String,
    /// [`OverWindow::value`] and [`OverWindow::bound`] are seconds.
    pub is_duration: bool,
    /// Spans, or traces, that were measured.
    pub samples: u64,
    /// Of a share, and of a number of traces: those of them that were looked for.
    pub hits: Option<u64>,
    /// Further ones of which something is not known.
    pub unknown: u64,
    /// Within which the measure lies; of a share, its confidence interval.
    pub value: Option<ValueRange>,
    /// What it was compared with.
    pub bound: Option<ValueRange>,
    /// Of a share: from 0 to 1.
    pub confidence: Option<f64>,
    /// Traces that speak most against the rule, at most ten, with their root or earliest span.
    pub exemplars: Vec<(TraceId, SpanId)>,
}

/// Between two numbers, which may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRange {
    pub low: f64,
    pub high: f64,
}

impl ValueRange {
    /// For people: one number, or two; a duration in the unit that a rule would have it in.
    #[must_use]
    pub fn text(self, is_duration: bool) -> String {
        let number = |value: f64| match value {
            f64::INFINITY => "any more".to_owned(),
            f64::NEG_INFINITY => "any less".to_owned(),
            seconds if is_duration => duration(seconds),
            value => short(value),
        };
        match self.low.total_cmp(&self.high).is_eq() {
            true => number(self.low),
            false => format!("{} to {}", number(self.low), number(self.high)),
        }
    }
}

/// In days, hours or minutes where it is whole ones of them, else in the largest unit that there is one of.
fn duration(seconds: f64) -> String {
    const WHOLE: [(f64, &str); 3] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m")];
    const PARTS: [(f64, &str); 4] = [(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")];
    let magnitude = seconds.abs();
    let whole = WHOLE
        .into_iter()
        .find(|(unit, _)| magnitude >= *unit && magnitude % unit == 0.0);
    let part = || PARTS.into_iter().find(|(unit, _)| magnitude >= *unit);
    match whole.or_else(part) {
        // Parts of a second are multiplied: a thousandth is no number that there is.
        Some((unit, name)) if unit < 1.0 => {
            format!("{}{name}", short(seconds * unit.recip().round()))
        }
        Some((unit, name)) => format!("{}{name}", short(seconds / unit)),
        None => format!("{}s", short(seconds)),
    }
}

/// To four decimals, or of what is below one to four digits, without the zeros behind them.
fn short(value: f64) -> String {
    const DIGITS: i32 = 4;
    let magnitude = value.abs();
    if value.fract() == 0.0 || !(1e-9..1e15).contains(&magnitude) {
        return format!("{value}");
    }
    // Of 0.0123 one zero stands behind the point.
    let zeros = -(magnitude.log10().floor() as i32 + 1);
    let decimals = (DIGITS + zeros.max(0)) as usize;
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How many spans one finding names.
pub const EVIDENCE_CAP: usize = 8;

impl Finding {
    /// Of all obligations beyond the cap together: its identity names none of them.
    pub(crate) fn for_all(mut self) -> Finding {
        self.violation_id = ViolationId::of(&self.rule.id.0, self.trace_id, &[]);
        self
    }

    /// What it holds in memory, in bytes, the shared rule aside.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let texts = self
            .evidence
            .iter()
            .map(|span| heap(span.name.capacity()) + heap(span.service.capacity()));
        let evidence = heap(self.evidence.capacity() * size_of::<Evidence>());
        let message = heap(self.message.capacity());
        let window = self.window.as_ref().map_or(0, |window| {
            let group = window.group.iter();
            let group = group.map(|(field, value)| heap(field.capacity()) + heap(value.capacity()));
            let links = heap(window.exemplars.capacity() * size_of::<(TraceId, SpanId)>());
            heap(size_of::<OverWindow>())
                + heap(window.measure.capacity())
                + links
                + group.sum::<usize>()
        });
        (size_of::<Finding>() + message + evidence + window + texts.sum::<usize>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_told_as_somebody_would_write_it() {
        let text = |low, high, is_duration| ValueRange { low, high }.text(is_duration);
        for (value, told) in [
            (0.8, "0.8"),
            (3.0, "3"),
            (99.9, "99.9"),
            (2.0 / 3.0, "0.6667"),
            (1.0 / 300.0, "0.003333"),
            (0.000_012_345_6, "0.00001235"),
            (-0.25, "-0.25"),
            (1_234.567_891, "1234.5679"),
            (1e15, "1000000000000000"),
            (1e-12, "0.000000000001"),
        ] {
            assert_eq!(text(value, value, false), told);
        }
        for (seconds, told) in [
            (0.0, "0s"),
            (0.089_13, "89.13ms"),
            (0.06, "60ms"),
            (0.057, "57ms"),
            (1e-6, "1us"),
            (0.000_012_345_6, "12.3456us"),
            (3.5e-7, "350ns"),
            (1.234_567_89, "1.2346s"),
            (-0.25, "-250ms"),
            (59.5, "59.5s"),
            (60.0, "1m"),
            (90.0, "90s"),
            (7_200.0, "2h"),
            (172_800.0, "2d"),
        ] {
            assert_eq!(text(seconds, seconds, true), told);
        }
        assert_eq!(text(0.05, 1.5, true), "50ms to 1.5s");
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(text(low, high, false), "any less to any more");
    }
}
