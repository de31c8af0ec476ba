//! What happens in a [`Period`], as it is gathered. Nothing of it is there unless the settings ask for it, and it costs at
//! closes alone, never at spans.

use std::collections::VecDeque;
use std::sync::Arc;

use betrace_lang::rule::RuleId;
use betrace_lang::verdict::Verdict;
use hashbrown::HashMap;

use crate::decide::facts::Facts;
use crate::decide::rule::Outcome;
use crate::engine::context::Context;
use crate::engine::counters::Counters;
use crate::engine::rule_set::RuleSet;
use crate::engine::tally::Tally;
use crate::finding::ViolationId;
use crate::hash::fixed_hash;
use crate::id::TraceId;
use crate::period::{Named, Period, RulePeriod, VIOLATIONS_NAMED};
use crate::plan::ids::RuleIndex;
use crate::state::named::NamedTrace;
use crate::stats::{RuleStats, SpanCounts};
use crate::time::Timestamp;

/// Periods of replaced rules that wait for somebody to take them.
const WAITING: usize = 8;

/// What one rule came to since the last period.
#[derive(Clone, Debug, Default)]
struct RuleLedger {
    kept: u64,
    excused: u64,
    /// By their hashes, the smallest first.
    sample: Vec<(u64, TraceId)>,
}

/// What is counted elsewhere, as it stood.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outside {
    pub live: u64,
    pub returned: u64,
    pub dropped_ids: u64,
    pub lost_findings: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    samples: usize,
    open: Open,
    waiting: VecDeque<Period>,
    lost: u64,
}

/// A period that is not over yet.
#[derive(Debug, Default)]
pub(crate) struct Open {
    rules: Vec<RuleLedger>,
    violations: Vec<Named>,
    since: Since,
}

/// What was counted when a period began.
#[derive(Debug, Default)]
struct Since {
    rules: HashMap<RuleId, RuleStats>,
    spans: SpanCounts,
    unmarked: u64,
    closed: u64,
    shed: u64,
    outside_traces: u64,
    outside: Outside,
}

impl Open {
    /// For so many rules.
    pub fn of(rules: usize) -> Open {
        Open {
            rules: vec![RuleLedger::default(); rules],
            ..Open::default()
        }
    }
}

impl Ledger {
    pub fn new(samples: usize, rules: usize) -> Ledger {
        Ledger {
            samples,
            open: Open::of(rules),
            ..Ledger::default()
        }
    }

    /// Goes on with the rules of another set, and hands out what was noted of those before, for [`Ledger::replaced`].
    pub fn cut(&mut self, new: Open) -> Open {
        std::mem::replace(&mut self.open, new)
    }

    /// Takes what a call noted.
    pub fn take(&mut self, tally: &mut Tally) {
        let (rules, samples) = (&mut self.open.rules, self.samples);
        tally.kept.take(|trace, kept| {
            let drawn = (fixed_hash(&[&trace.0]), trace);
            for rule in kept {
                let rule = &mut rules[rule.index()];
                rule.kept += 1;
                rule.draw(drawn, samples);
            }
        });
        for rule in tally.kept_windows.drain(..) {
            self.open.rules[rule.index()].kept += 1;
        }
        for (rule, count) in tally.excused.drain(..) {
            self.open.rules[rule.index()].excused += count;
        }
        let room = VIOLATIONS_NAMED - self.open.violations.len();
        let named = tally.named.drain(..);
        self.open.violations.extend(named.take(room));
    }

    /// Keeps the period of rules that were replaced, as [`Open::end`] ended it, and goes on from there.
    pub fn replaced(&mut self, (period, since): (Period, Begun), now: Timestamp) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
            self.lost += 1;
        }
        self.open.since = since.0;
        self.waiting.push_back(Period {
            replaced: Some(now),
            ..period
        });
    }

    /// The oldest period that waits, or else the one that ends now.
    pub fn next(&mut self, counters: &Counters, set: &RuleSet, outside: Outside) -> Period {
        let waited = self.waiting.pop_front();
        let mut period = waited.unwrap_or_else(|| {
            let open = self.cut(Open::of(set.plan.rules.len()));
            let (period, since) = open.end(counters, set, Some(outside));
            self.open.since = since.0;
            period
        });
        period.periods_lost = std::mem::take(&mut self.lost);
        period
    }
}

/// From where the period after one goes on.
pub(crate) struct Begun(Since);

impl Open {
    /// The period as it ends with these counters; without `outside`, what is counted elsewhere counts to the next.
    pub fn end(
        self,
        counters: &Counters,
        set: &RuleSet,
        outside: Option<Outside>,
    ) -> (Period, Begun) {
        let stats = counters.rule_stats(set);
        let mut rules = Vec::with_capacity(stats.len());
        let mut present = HashMap::with_capacity(stats.len());
        let both = set.plan.rules.iter().zip(stats).zip(self.rules);
        for ((plan, stats), noted) in both {
            let id = plan.rule.id.clone();
            let before = self.since.rules.get(&id).cloned().unwrap_or_default();
            rules.push(RulePeriod {
                rule: Arc::clone(&plan.rule),
                counts: less(&stats, &before),
                kept: noted.kept,
                excused: noted.excused,
                sample: noted.sample.into_iter().map(|(_, trace)| trace).collect(),
            });
            present.insert(id, stats);
        }
        let was = self.since;
        let outside = outside.unwrap_or(was.outside);
        let period = Period {
            replaced: None,
            violations_total: rules.iter().map(|rule| rule.counts.violations).sum(),
            rules,
            spans: spans_less(&counters.spans, &was.spans),
            unmarked_spans: counters.unmarked.saturating_sub(was.unmarked),
            closed_traces: counters.closed.saturating_sub(was.closed),
            shed_traces: counters.shed.saturating_sub(was.shed),
            outside_traces: counters.outside.saturating_sub(was.outside_traces),
            live_traces: outside.live,
            returned_traces: outside.returned.saturating_sub(was.outside.returned),
            dropped_ids: outside.dropped_ids.saturating_sub(was.outside.dropped_ids),
            lost_findings: outside
                .lost_findings
                .saturating_sub(was.outside.lost_findings),
            violations: self.violations,
            periods_lost: 0,
        };
        let begun = Begun(Since {
            rules: present,
            spans: counters.spans,
            unmarked: counters.unmarked,
            closed: counters.closed,
            shed: counters.shed,
            outside_traces: counters.outside,
            outside,
        });
        (period, begun)
    }
}

impl RuleLedger {
    /// Keeps the traces with the smallest hashes: who draws is nobody, and the order in which they came does not matter.
    #[inline]
    fn draw(&mut self, drawn: (u64, TraceId), most: usize) {
        let is_beyond = self.sample.last().is_none_or(|last| drawn > *last);
        if !is_beyond || self.sample.len() < most {
            self.insert(drawn, most);
        }
    }

    fn insert(&mut self, drawn: (u64, TraceId), most: usize) {
        let Err(place) = self.sample.binary_search(&drawn) else {
            return;
        };
        if place < most {
            self.sample.truncate(most - 1);
            self.sample.insert(place, drawn);
        }
    }
}

/// Of one trace, the rules that were met already.
#[derive(Debug, Default)]
pub(crate) struct NotedRules {
    /// By rule, the number of the trace that met it last.
    by: Vec<u32>,
    trace: u32,
}

impl NotedRules {
    fn begin(&mut self, rules: usize) {
        self.by.resize(rules, 0);
        self.trace = self.trace.wrapping_add(1);
        if self.trace == 0 {
            self.by.fill(0);
            self.trace = 1;
        }
    }

    #[inline]
    fn is_new(&mut self, rule: RuleIndex) -> bool {
        std::mem::replace(&mut self.by[rule.index()], self.trace) != self.trace
    }
}

/// Counters only grow; one that did not says nothing rather than something wrong.
fn less(now: &RuleStats, before: &RuleStats) -> RuleStats {
    let mut inconclusive = now.inconclusive;
    for (now, before) in inconclusive.iter_mut().zip(before.inconclusive) {
        *now = now.saturating_sub(before);
    }
    RuleStats {
        rule: now.rule.clone(),
        severity: now.severity.clone(),
        violated: now.violated.saturating_sub(before.violated),
        satisfied: now.satisfied.saturating_sub(before.satisfied),
        not_applicable: now.not_applicable.saturating_sub(before.not_applicable),
        inconclusive,
        violations: now.violations.saturating_sub(before.violations),
        violations_contradicted: now
            .violations_contradicted
            .saturating_sub(before.violations_contradicted),
        spans_matched: now.spans_matched.saturating_sub(before.spans_matched),
        comparisons_unknown: now
            .comparisons_unknown
            .saturating_sub(before.comparisons_unknown),
        windows: Vec::new(),
    }
}

fn spans_less(now: &SpanCounts, before: &SpanCounts) -> SpanCounts {
    SpanCounts {
        evaluated: now.evaluated.saturating_sub(before.evaluated),
        duplicate: now.duplicate.saturating_sub(before.duplicate),
        conflict: now.conflict.saturating_sub(before.conflict),
        late: now.late.saturating_sub(before.late),
        over_limit: now.over_limit.saturating_sub(before.over_limit),
        malformed: now.malformed.saturating_sub(before.malformed),
        own: now.own.saturating_sub(before.own),
    }
}

impl Context<'_> {
    /// Notes a violation by its names, only where the settings ask for it. Those of rules that send no spans are named here and nowhere else.
    pub fn name_for_period(
        &self,
        facts: &Facts<'_>,
        violation_id: impl FnOnce() -> ViolationId,
        tally: &mut Tally,
    ) {
        if self.settings.kept_samples.is_some() {
            tally.named.push(Named {
                rule: facts.rule.rule.id.clone(),
                trace_id: facts.trace.id(),
                violation_id: violation_id(),
            });
        }
    }

    /// Notes what a rule's conclusion at a close adds to the period; only where the settings ask for it.
    pub fn note_for_period(
        &self,
        index: RuleIndex,
        trace: NamedTrace<'_>,
        outcome: &Outcome,
        tally: &mut Tally,
    ) {
        if outcome.excused > 0 {
            tally.excused.push((index, outcome.excused));
        }
        let cells = &self.rule(index).cells;
        let has_to_do = cells.is_empty() || cells.iter().any(|cell| trace.cells.has(*cell));
        if outcome.verdict == Some(Verdict::Satisfied) && has_to_do {
            tally.kept.note(index, trace.id());
        }
    }

    /// Notes the rules that a trace keeps without being `asked`: it has spans of theirs, and nothing that could break them.
    pub fn note_unasked(
        &self,
        trace: NamedTrace<'_>,
        asked: &[RuleIndex],
        noted: &mut NotedRules,
        tally: &mut Tally,
    ) {
        noted.begin(self.rules.plan.rules.len());
        for index in asked {
            noted.is_new(*index);
        }
        self.rules.needed.kept_unasked(trace, |index| {
            if noted.is_new(index) {
                tally.kept.note(index, trace.id());
            }
        });
    }
}
