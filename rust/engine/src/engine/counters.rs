//! What was counted. Verdicts of rules that a trace did not touch are not counted one by one: they follow
//! from how many traces closed, and how many of those touched the rule.

use std::sync::Arc;

use betrace_lang::rule::{Completeness, RuleId, Severity};
use betrace_lang::verdict::{Reason, Verdict};
use hashbrown::HashMap;

use crate::engine::rule_set::RuleSet;
use crate::engine::selections::Selections;
use crate::engine::tally::{BySeverity, Closing, RuleEvent, Tally};
use crate::matcher::ids::UnlikeId;
use crate::plan::ids::RuleIndex;
use crate::plan::{Plan, RulePlan};
use crate::stats::{ByReason, DelayHistogram, RuleStats, SeverityStats, SpanCounts};

#[derive(Clone, Debug, Default)]
struct RuleCount {
    violated: u64,
    satisfied: u64,
    not_applicable: u64,
    inconclusive: ByReason,
    violations: u64,
    contradicted: u64,
    touched_complete: u64,
    touched_incomplete: ByReason,
}

impl RuleCount {
    /// Adds the verdicts of another.
    fn join(&mut self, other: &RuleCount) {
        self.violated += other.violated;
        self.satisfied += other.satisfied;
        self.not_applicable += other.not_applicable;
        add_each(&mut self.inconclusive, &other.inconclusive);
    }

    /// Adds all of another.
    fn unite(&mut self, other: &RuleCount) {
        self.join(other);
        self.violations += other.violations;
        self.contradicted += other.contradicted;
        self.touched_complete += other.touched_complete;
        add_each(&mut self.touched_incomplete, &other.touched_incomplete);
    }

    fn add(&mut self, verdict: Verdict, closing: Closing, times: u64) {
        match verdict {
            Verdict::Violated => self.violated += times,
            Verdict::Satisfied => self.satisfied += times,
            Verdict::NotApplicable => self.not_applicable += times,
            Verdict::Inconclusive => {
                let reason = closing.unwrap_or(Reason::StateCap);
                self.inconclusive[reason as usize] += times;
            }
        }
    }
}

/// A rule's figures from before the present rule set.
#[derive(Clone, Debug, Default)]
struct Carried {
    count: RuleCount,
    spans_matched: u64,
    comparisons_unknown: u64,
}

/// How traces closed for the rules that ask for so much.
#[derive(Clone, Copy, Debug, Default)]
struct Closings {
    complete: u64,
    incomplete: ByReason,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub spans: SpanCounts,
    pub closed: u64,
    pub shed: u64,
    pub outside: u64,
    pub unmarked: u64,
    pub delay: DelayHistogram,
    rules: Vec<RuleCount>,
    /// Matched spans by selector set, but for those that are among `selections`.
    sets: Vec<u64>,
    /// Spans of which it is not worked out yet which rules matched them.
    pub selections: Selections,
    unlike: Vec<u64>,
    /// By [`Completeness`].
    closings: [Closings; Completeness::ALL.len()],
    earlier: Earlier,
    reopened: BySeverity,
}

/// What was counted before the present rule set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Earlier {
    carried: Arc<HashMap<RuleId, Carried>>,
    /// Verdicts by severity: a rule may go, or get another severity.
    verdicts: [RuleCount; Severity::ALL.len()],
}

impl Counters {
    /// Of no span yet, for the rules of a plan.
    pub fn new(plan: &Plan) -> Counters {
        Counters {
            rules: vec![RuleCount::default(); plan.rules.len()],
            sets: vec![0; plan.selector_sets],
            unlike: vec![0; plan.unlike_ids],
            ..Counters::default()
        }
    }

    /// Goes on for another rule set with new counters for it, and hands out all that was counted for the one before. What
    /// these rules came to is worked out [from that](Counters::earlier), while others count on, and [kept](Counters::keep).
    pub fn cut(&mut self, new: Counters) -> Counters {
        let old = std::mem::replace(self, new);
        self.spans = old.spans;
        self.closed = old.closed;
        self.shed = old.shed;
        self.outside = old.outside;
        self.unmarked = old.unmarked;
        self.delay = old.delay;
        self.reopened = old.reopened;
        old
    }

    /// What these counters came to, for those of the rule set after theirs.
    pub fn earlier(&self, old: &RuleSet) -> Earlier {
        let mut verdicts = self.earlier.verdicts.clone();
        for (rule, count) in old.plan.rules.iter().zip(self.present(old)) {
            verdicts[rule.rule.severity as usize].join(&count);
        }
        let rules = old.plan.rules.iter().zip(self.rule_stats(old));
        let carried = rules.map(|(rule, stats)| {
            let count = RuleCount {
                violated: stats.violated,
                satisfied: stats.satisfied,
                not_applicable: stats.not_applicable,
                inconclusive: stats.inconclusive,
                violations: stats.violations,
                contradicted: stats.violations_contradicted,
                ..RuleCount::default()
            };
            let carried = Carried {
                count,
                spans_matched: stats.spans_matched,
                comparisons_unknown: stats.comparisons_unknown,
            };
            (rule.rule.id.clone(), carried)
        });
        Earlier {
            carried: Arc::new(carried.collect()),
            verdicts,
        }
    }

    /// Counts from these on.
    pub fn keep(&mut self, earlier: Earlier) {
        self.earlier = earlier;
    }

    /// Takes everything out of `tally`, which keeps its memory.
    pub fn take(&mut self, tally: &mut Tally) {
        add_spans(&mut self.spans, &std::mem::take(&mut tally.spans));
        for event in tally.events.drain(..) {
            match event {
                RuleEvent::Verdict(rule, verdict, closing) => {
                    self.rules[rule.index()].add(verdict, closing, 1);
                }
                RuleEvent::Touched(rule, closing) => {
                    let rule = &mut self.rules[rule.index()];
                    match closing {
                        None => rule.touched_complete += 1,
                        Some(reason) => rule.touched_incomplete[reason as usize] += 1,
                    }
                }
                RuleEvent::Violation(rule) => self.rules[rule.index()].violations += 1,
                RuleEvent::Contradicted(rule) => self.rules[rule.index()].contradicted += 1,
            }
        }
        for reasons in tally.closings.drain(..) {
            self.closed += 1;
            for asked in Completeness::ALL {
                let closings = &mut self.closings[asked as usize];
                match reasons.asked_for(asked).first() {
                    None => closings.complete += 1,
                    Some(reason) => closings.incomplete[reason as usize] += 1,
                }
            }
        }
        self.shed += std::mem::take(&mut tally.shed);
        self.outside += std::mem::take(&mut tally.outside);
        self.unmarked += std::mem::take(&mut tally.unmarked);
        add_each(&mut self.reopened, &std::mem::take(&mut tally.reopened));
        self.delay.merge(&std::mem::take(&mut tally.delay));
        let selections = &mut self.selections;
        tally.kinds.take(|hash, hits, spans| {
            let selectors = hits.iter().map(|hit| hit.selector().0);
            selections.count(hash, selectors, spans);
        });
        tally.unlike.take_into(&mut self.unlike);
    }

    /// Adds what others counted for the same rule set, and worked out.
    pub fn unite(&mut self, other: &Counters) {
        add_spans(&mut self.spans, &other.spans);
        self.closed += other.closed;
        self.shed += other.shed;
        self.outside += other.outside;
        self.unmarked += other.unmarked;
        self.delay.merge(&other.delay);
        for (to, from) in self.rules.iter_mut().zip(&other.rules) {
            to.unite(from);
        }
        add_each(&mut self.sets, &other.sets);
        add_each(&mut self.unlike, &other.unlike);
        for (to, from) in self.closings.iter_mut().zip(&other.closings) {
            to.complete += from.complete;
            add_each(&mut to.incomplete, &from.incomplete);
        }
        add_each(&mut self.reopened, &other.reopened);
    }

    /// Works out of which rules the spans were that are counted by their selectors.
    pub fn work_out(&mut self, plan: &Plan) {
        let selections = std::mem::take(&mut self.selections);
        add_each(&mut self.sets, &selections.by_set(plan));
    }

    pub fn has_many_selections(&self) -> bool {
        self.selections.is_full()
    }

    /// What the rules of the present set said since it is there, traces that did not touch them included.
    fn present(&self, set: &RuleSet) -> Vec<RuleCount> {
        let with_untouched = |((index, rule), count): ((RuleIndex, &RulePlan), &RuleCount)| {
            let answer = set.untouched.answer(index);
            let mut count = count.clone();
            if rule.window.is_some() {
                return count;
            }
            let closings = &self.closings[rule.completeness as usize];
            let untouched = closings.complete.saturating_sub(count.touched_complete);
            count.add(answer.complete, None, untouched);
            for reason in Reason::ALL {
                let at = reason as usize;
                let untouched =
                    closings.incomplete[at].saturating_sub(count.touched_incomplete[at]);
                count.add(answer.incomplete, Some(reason), untouched);
            }
            count
        };
        let rules = (0..).map(RuleIndex).zip(&set.plan.rules).zip(&self.rules);
        rules.map(with_untouched).collect()
    }

    /// The verdicts of all rules by severity.
    pub fn by_severity(&self, set: &RuleSet) -> Vec<SeverityStats> {
        let mut counts = self.earlier.verdicts.clone();
        for (rule, count) in set.plan.rules.iter().zip(self.present(set)) {
            counts[rule.rule.severity as usize].join(&count);
        }
        let all = Severity::ALL.into_iter().zip(counts).zip(self.reopened);
        all.map(|((severity, count), reopened)| SeverityStats {
            severity: severity.as_str().to_owned(),
            violated: count.violated,
            satisfied: count.satisfied,
            not_applicable: count.not_applicable,
            inconclusive: count.inconclusive,
            reopened,
        })
        .collect()
    }

    pub fn rule_stats(&self, set: &RuleSet) -> Vec<RuleStats> {
        let unknown = self.unknown_by_rule(&set.plan);
        let rules = set.plan.rules.iter().zip(self.present(set)).zip(unknown);
        rules
            .map(|((rule, mut count), unknown)| {
                let carried = self.earlier.carried.get(&rule.rule.id);
                let carried = carried.cloned().unwrap_or_default();
                count.join(&carried.count);
                RuleStats {
                    rule: rule.rule.id.0.to_string(),
                    severity: rule.rule.severity.as_str().to_owned(),
                    violated: count.violated,
                    satisfied: count.satisfied,
                    not_applicable: count.not_applicable,
                    inconclusive: count.inconclusive,
                    violations: count.violations + carried.count.violations,
                    violations_contradicted: count.contradicted + carried.count.contradicted,
                    spans_matched: self.sets[rule.selector_set as usize] + carried.spans_matched,
                    comparisons_unknown: unknown + carried.comparisons_unknown,
                    windows: Vec::new(),
                }
            })
            .collect()
    }

    fn unknown_by_rule(&self, plan: &Plan) -> Vec<u64> {
        let mut by_set = vec![0u64; plan.selector_sets];
        for (id, count) in self.unlike.iter().enumerate() {
            if *count == 0 {
                continue;
            }
            let unlike = UnlikeId(id as u32);
            let mut sets: Vec<u32> = plan
                .matcher
                .selectors_of(unlike)
                .iter()
                .flat_map(|selector| plan.selectors[selector.index()].sets.iter().copied())
                .collect();
            sets.sort_unstable();
            sets.dedup();
            for set in sets {
                by_set[set as usize] += count;
            }
        }
        plan.rules
            .iter()
            .map(|rule| by_set[rule.selector_set as usize])
            .collect()
    }
}

fn add_each(to: &mut [u64], from: &[u64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

fn add_spans(to: &mut SpanCounts, from: &SpanCounts) {
    to.evaluated += from.evaluated;
    to.duplicate += from.duplicate;
    to.conflict += from.conflict;
    to.late += from.late;
    to.over_limit += from.over_limit;
    to.malformed += from.malformed;
    to.own += from.own;
}
