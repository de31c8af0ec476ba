//! What happened in a period, for whoever keeps evidence of it: the differences of all counters since the period before,
//! and bounded samples by which somebody can look at single traces.

use std::sync::Arc;

use betrace_lang::rule::{Rule, RuleId};

use crate::finding::ViolationId;
use crate::id::TraceId;
use crate::stats::{RuleStats, SpanCounts};
use crate::time::Timestamp;

/// Violations that a period names one by one; of more there is the number.
pub const VIOLATIONS_NAMED: usize = 1000;

/// All that was counted from one [`Engine::take_period`](crate::Engine::take_period), or change of rules, to the next. It
/// is of one rule set.
#[derive(Clone, Debug, Default)]
pub struct Period {
    /// When other rules took the place of these; `None`: they are in use.
    pub replaced: Option<Timestamp>,
    /// In the order of the rule set.
    pub rules: Vec<RulePeriod>,
    pub spans: SpanCounts,
    /// Spans that say they are violations and bear no mark of a known key.
    pub unmarked_spans: u64,
    pub closed_traces: u64,
    /// Closed early, to stay within the memory limit; among the closed ones.
    pub shed_traces: u64,
    /// Closed without verdicts, because they began outside of [`began_within`](crate::Settings::began_within).
    pub outside_traces: u64,
    /// Not closed when the period ended.
    pub live_traces: u64,
    /// Of a period whose rules were replaced, these three are counted with the next.
    pub returned_traces: u64,
    pub dropped_ids: u64,
    pub lost_findings: u64,
    /// The first [`VIOLATIONS_NAMED`], in the order in which they were found, of rules with `emit: none` too.
    pub violations: Vec<Named>,
    /// Violations found.
    pub violations_total: u64,
    /// Periods that nobody took and for which there was no room, before this one.
    pub periods_lost: u64,
}

/// What one rule came to.
#[derive(Clone, Debug)]
pub struct RulePeriod {
    pub rule: Arc<Rule>,
    /// Differences.
    pub counts: RuleStats,
    /// Of the satisfied traces, those in which some span had to do with the rule, or all where it looks for none. Of a rule over
    /// many traces, of the satisfied groups of windows those in which something was measured.
    pub kept: u64,
    /// Obligations that an exception excused, of traces that closed.
    pub excused: u64,
    /// Some of the kept traces: those with the smallest hashes, whichever came first. None of windows.
    pub sample: Vec<TraceId>,
}

/// A violation by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub rule: RuleId,
    pub trace_id: TraceId,
    pub violation_id: ViolationId,
}
