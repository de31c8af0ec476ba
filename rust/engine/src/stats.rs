//! Every figure that the product's metrics are made of, as one value that can be serialised.

use betrace_lang::verdict::Reason;
use serde::Serialize;

/// What became of the spans that were consumed; each counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SpanCounts {
    /// First copies that were applied to a live trace.
    pub evaluated: u64,
    /// Further equal copies.
    pub duplicate: u64,
    /// Further copies that differ in what rules read. The first counts, and its trace is incomplete.
    pub conflict: u64,
    /// Spans of traces that had closed; applied where the trace's state was still kept.
    pub late: u64,
    /// Spans beyond `spans_per_trace`.
    pub over_limit: u64,
    /// Spans without a usable trace id or span id.
    pub malformed: u64,
    /// BeTrace's own violation spans.
    pub own: u64,
}

/// `inconclusive` by reason, in the order of [`Reason::ALL`].
pub type ByReason = [u64; Reason::ALL.len()];

/// The verdicts of all rules of one severity since the engine was made, those of rules that are gone included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SeverityStats {
    pub severity: String,
    pub violated: u64,
    pub satisfied: u64,
    pub not_applicable: u64,
    pub inconclusive: ByReason,
    /// Verdicts on traces that had closed complete, no violations, to which spans came later after all, be it late or
    /// because somebody uses ids again. They stand, and say nothing of what came; each counts once.
    pub reopened: u64,
}

/// What the windows of a rule over many traces came to that are over, of one group. Whoever adds up those of several
/// processes has the whole's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WindowSums {
    /// The values of the fields of `by`; all `_other` for groups that are not counted by name, and `[withheld]` in the place
    /// of values that are not shown.
    pub group: Vec<String>,
    /// Spans, or traces, that were measured.
    pub samples: u64,
    /// Further ones of which something is not known.
    pub unknown: u64,
    /// Of a share, and of a number of traces: those of the samples that were looked for.
    pub hits: Option<u64>,
    /// Of a sum or an average: what was measured of all samples together, durations in seconds.
    pub sum: Option<f64>,
}

/// One rule's figures since it was loaded; a change of its meaning does not reset them, but for `windows`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RuleStats {
    pub rule: String,
    pub severity: String,
    /// Traces by verdict. A late violation counts beside the verdict that the trace had at its close.
    pub violated: u64,
    pub satisfied: u64,
    pub not_applicable: u64,
    pub inconclusive: ByReason,
    /// Violation findings: one a trace, or one an obligation.
    pub violations: u64,
    /// Violations given at the close of a complete trace that the trace, read with the spans that came later as
    /// complete, would not have given.
    pub violations_contradicted: u64,
    /// Spans that at least one selector of the rule selected.
    pub spans_matched: u64,
    /// Comparisons that were unknown because the types were unlike.
    pub comparisons_unknown: u64,
    /// Of a rule over many traces, by group.
    pub windows: Vec<WindowSums>,
}

/// A histogram of seconds: `counts[i]` values were at most `BOUNDS[i]`, the last is the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DelayHistogram {
    pub counts: [u64; 12],
    pub sum: f64,
}

impl DelayHistogram {
    /// Upper bounds in seconds.
    pub const BOUNDS: [f64; 11] = [
        0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 300.0, 900.0,
    ];

    pub(crate) fn add(&mut self, nanos: u64) {
        let seconds = nanos as f64 / 1e9;
        let bucket = Self::BOUNDS.iter().position(|bound| seconds <= *bound);
        self.counts[bucket.unwrap_or(Self::BOUNDS.len())] += 1;
        self.sum += seconds;
    }

    pub(crate) fn merge(&mut self, other: &DelayHistogram) {
        for (to, from) in self.counts.iter_mut().zip(other.counts) {
            *to += from;
        }
        self.sum += other.sum;
    }
}

/// A snapshot of everything counted since the engine was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    pub spans: SpanCounts,
    /// In the order of the rule set.
    pub rules: Vec<RuleStats>,
    /// From the least severe to the gravest.
    pub severities: Vec<SeverityStats>,
    /// Spans that say they are violations and bear no mark of a known key: forged, or of a process with another key.
    /// They are judged like others, and are among `spans` by what became of them.
    pub unmarked_spans: u64,
    pub live_traces: u64,
    /// Closed traces whose state still waits for late spans.
    pub remembered_traces: u64,
    /// Closed traces of which the id alone is kept.
    pub forgotten_ids: u64,
    /// Such ids that went before their time, because their share of memory was full. A later span of
    /// theirs looks like a new trace.
    pub dropped_ids: u64,
    pub closed_traces: u64,
    /// Traces that closed without a verdict because they began outside of
    /// [`began_within`](crate::Settings::began_within); not among the closed ones.
    pub outside_traces: u64,
    /// Traces of which spans came again after their state was dropped, be it late or because somebody uses ids
    /// again. They are incomplete. Of a thousand new traces one may be taken for such.
    pub returned_traces: u64,
    /// Traces shed to stay within `memory_limit_bytes`.
    pub shed_traces: u64,
    /// State that grows with input.
    pub memory_bytes: u64,
    pub memory_limit_bytes: u64,
    /// Findings that wait to be taken.
    pub queued_findings: u64,
    /// Findings lost because the queue was full.
    pub lost_findings: u64,
    /// Windows of rules over many traces that are not over.
    pub open_windows: u64,
    /// Traces that count in no window: when they closed theirs was over, they came again after they were forgotten, or
    /// they name no time, or none that can be, in which they began.
    pub late_in_windows: u64,
    /// From a trace's latest end to its verdicts.
    pub decision_delay: DelayHistogram,
}
