//! What one call counts, for itself: it is added to the shared [counters](crate::engine::counters) once, at
//! the call's end.

use betrace_lang::rule::Severity;
use betrace_lang::verdict::{Reason, Verdict};

use crate::id::TraceId;
use crate::logic::tri::Reasons;
use crate::matcher::ids::UnlikeId;
use crate::period::Named;
use crate::plan::Plan;
use crate::plan::ids::RuleIndex;
use crate::state::span_kinds::SpanKinds;
use crate::state::trace::Generation;
use crate::stats::{DelayHistogram, SpanCounts};

/// How a trace closed for a rule, for the verdicts that follow from it alone. `None`: complete.
pub(crate) type Closing = Option<Reason>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum RuleEvent {
    /// A verdict that counts.
    Verdict(RuleIndex, Verdict, Closing),
    /// A trace closed in which the rule was looked at by itself.
    Touched(RuleIndex, Closing),
    Violation(RuleIndex),
    /// A violation is contradicted by what came later.
    Contradicted(RuleIndex),
}

/// In the order of [`Severity::ALL`].
pub(crate) type BySeverity = [u64; Severity::ALL.len()];

/// What one call counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub spans: SpanCounts,
    pub events: Vec<RuleEvent>,
    /// Why each trace that closed is incomplete, be it for one rule alone.
    pub closings: Vec<Reasons>,
    pub shed: u64,
    /// Traces that closed and were not asked about.
    pub outside: u64,
    pub unmarked: u64,
    /// By severity.
    pub reopened: BySeverity,
    pub delay: DelayHistogram,
    /// Rules that traces kept, where somebody keeps evidence.
    pub kept: KeptRules,
    /// Likewise, a rule for each group of a window that kept it.
    pub kept_windows: Vec<RuleIndex>,
    /// Likewise, how many obligations of a rule were excused.
    pub excused: Vec<(RuleIndex, u64)>,
    /// Likewise, violations, of rules that send no spans too.
    pub named: Vec<Named>,
    /// Spans by what selected them.
    pub kinds: SpanKinds,
    /// Comparisons of unlike types.
    pub unlike: Touched,
}

/// Rules by the traces that kept them, those of a trace behind each other.
#[derive(Debug, Default)]
pub(crate) struct KeptRules {
    rules: Vec<RuleIndex>,
    /// And where its rules end.
    traces: Vec<(TraceId, usize)>,
}

impl KeptRules {
    #[inline]
    pub fn note(&mut self, rule: RuleIndex, trace: TraceId) {
        self.rules.push(rule);
        match self.traces.last_mut() {
            Some((last, end)) if *last == trace => *end = self.rules.len(),
            _ => self.traces.push((trace, self.rules.len())),
        }
    }

    /// Gives all to `take`, and begins anew.
    pub fn take(&mut self, mut take: impl FnMut(TraceId, &[RuleIndex])) {
        let mut begin = 0;
        for (trace, end) in self.traces.drain(..) {
            take(trace, &self.rules[begin..end]);
            begin = end;
        }
        self.rules.clear();
    }
}

/// Many counters of which few are touched: those that are not are never looked at.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    counts: Vec<u64>,
    touched: Vec<u32>,
}

impl Touched {
    fn count(&mut self, at: u32) {
        let count = &mut self.counts[at as usize];
        if *count == 0 {
            self.touched.push(at);
        }
        *count += 1;
    }

    /// Adds all to `to`, and begins anew.
    pub fn take_into(&mut self, to: &mut [u64]) {
        for at in self.touched.drain(..) {
            to[at as usize] += std::mem::take(&mut self.counts[at as usize]);
        }
    }
}

impl Tally {
    pub fn fit(&mut self, plan: &Plan, generation: Generation) {
        self.unlike.counts.resize(plan.unlike_ids, 0);
        self.kinds.fit(generation);
    }

    pub fn unlike(&mut self, id: UnlikeId) {
        self.unlike.count(id.0);
    }
}
