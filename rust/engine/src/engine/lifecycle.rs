//! What happens to a trace: early verdicts while it is open, the close with its reasons, and late
//! spans after it.

use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::Eval;
use crate::decide::rule::{Outcome, decide};
use crate::engine::counters::{RuleEvent, Tally};
use crate::finding::Finding;
use crate::hash::HashKey;
use crate::logic::tri::Reasons;
use crate::plan::{Plan, RulePlan};
use crate::settings::{Completeness, Report, Settings};
use crate::state::{Fired, TraceState};

/// How many obligations of one rule and trace are reported one by one.
pub(crate) const OBLIGATIONS: usize = 64;

/// An evaluation that took more steps than this is not repeated for every batch.
const CHEAP: u64 = 1 << 15;

/// How many steps may be spent on each further span.
const STEPS_PER_SPAN: u64 = 256;

/// Why a trace closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// By idle time or at the end of the input.
    Whole,
    MaxAge,
    Shutdown,
    Memory,
}

/// What every decision needs besides the trace.
pub(crate) struct Context<'a> {
    pub plan: &'a Plan,
    pub settings: &'a Settings,
    pub key: HashKey,
    pub now: u64,
    /// Traces that began in `[started - max_age, started)` may have lost spans.
    pub restarted: Option<u64>,
}

/// What decisions lead to.
#[derive(Default)]
pub(crate) struct Sink {
    pub tally: Tally,
    pub findings: Vec<Finding>,
}

impl Context<'_> {
    /// Rules that spans of this batch may have decided; `rules` are positions, sorted and without
    /// repetition.
    pub fn decide_early(&self, trace: &mut TraceState, rules: &[u32], sink: &mut Sink) {
        for position in rules {
            let rule = self.plan.rule(*position);
            let fired = trace.fired_of(rule.key);
            let is_done = if rule.bindings.is_empty() {
                fired > 0
            } else {
                fired >= OBLIGATIONS
            };
            if is_done || is_postponed(trace, rule) {
                continue;
            }
            let outcome = decide(self.plan, rule, trace, self.key, usize::MAX);
            if outcome.work > CHEAP {
                postpone(trace, rule, outcome.work);
            }
            if outcome.verdict == Some(Verdict::Violated) {
                self.fire(trace, *position, &outcome, sink);
            }
        }
    }

    /// Reports those broken obligations that were not reported before, up to the cap.
    fn fire(&self, trace: &mut TraceState, position: u32, outcome: &Outcome, sink: &mut Sink) {
        let rule = self.plan.rule(position);
        let mut count = trace.fired_of(rule.key);
        let is_first = count == 0;
        for broken in &outcome.broken {
            if count >= OBLIGATIONS {
                break;
            }
            let fired = Fired {
                rule: rule.key,
                obligation: broken.obligation,
            };
            if trace.has_fired(fired) {
                continue;
            }
            let mut eval = Eval::new(self.plan, rule, trace, self.key);
            sink.findings.push(eval.violation(broken.tuple, None));
            sink.tally.events.push(RuleEvent::Violation(position));
            trace.fired.push(fired);
            count += 1;
        }
        if is_first && count > 0 {
            let closing = closing_of(trace);
            sink.tally
                .events
                .push(RuleEvent::Verdict(position, Verdict::Violated, closing));
        }
    }

    /// Closes a live trace: every rule gets its verdict.
    pub fn close(&self, trace: &mut TraceState, cause: Cause, sink: &mut Sink) {
        self.judge_completeness(trace, cause);
        trace.closed = self.now.max(1);
        let closing = closing_of(trace);
        sink.tally.closings.push(closing);
        sink.tally.delay.add(self.now.saturating_sub(trace.latest));
        for position in self.rules_at_close(trace) {
            self.close_rule(trace, position, closing, sink);
        }
        trace.postponed = Vec::new();
    }

    fn judge_completeness(&self, trace: &mut TraceState, cause: Cause) {
        let asks_root = self.settings.completeness != Completeness::Idle;
        if asks_root && !trace.has_root() {
            trace.reasons.add(Reason::NoRoot);
        }
        if self.settings.completeness == Completeness::Linked && !trace.seen.is_linked(self.key) {
            trace.reasons.add(Reason::Orphan);
        }
        if let Some(started) = self.restarted {
            let from = started.saturating_sub(self.settings.max_age);
            if (from..started).contains(&trace.began) {
                trace.reasons.add(Reason::Restart);
            }
        }
        match cause {
            Cause::Whole => {}
            Cause::MaxAge => trace.reasons.add(Reason::Evicted),
            Cause::Shutdown => trace.reasons.add(Reason::Shutdown),
            Cause::Memory => trace.reasons.add(Reason::Memory),
        }
        trace.complete = trace.reasons.is_empty();
    }

    /// Those whose verdict does not follow from the trace's close alone.
    fn rules_at_close(&self, trace: &TraceState) -> Vec<u32> {
        let plan = self.plan;
        let all = self.settings.report == Report::All || trace.generation < plan.newest;
        if all {
            return (0..plan.rules.len() as u32).collect();
        }
        let held: &[u32] = match self.settings.report {
            Report::Undecided if !trace.complete => &plan.held_untouched,
            _ => &[],
        };
        let mut rules: Vec<u32> = trace
            .cells()
            .iter()
            .filter_map(|(cell, _)| plan.cell_rules.get(cell))
            .flatten()
            .copied()
            .chain(plan.looped.iter().copied())
            .chain(held.iter().copied())
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    fn close_rule(
        &self,
        trace: &mut TraceState,
        position: u32,
        closing: Option<Reason>,
        sink: &mut Sink,
    ) {
        let rule = self.plan.rule(position);
        sink.tally
            .events
            .push(RuleEvent::Touched(position, closing));
        let fired = trace.fired_of(rule.key);
        if fired > 0 && rule.bindings.is_empty() {
            return;
        }
        let outcome = decide(self.plan, rule, trace, self.key, usize::MAX);
        match outcome.verdict {
            Some(Verdict::Violated) => {
                self.fire(trace, position, &outcome, sink);
                if outcome.is_beyond {
                    let beyond = outcome.broken.first().map(|broken| broken.tuple);
                    let mut eval = Eval::new(self.plan, rule, trace, self.key);
                    let finding = eval.violation(beyond.unwrap_or_default(), Some(outcome.total));
                    sink.findings.push(finding.for_all());
                    sink.tally.events.push(RuleEvent::Violation(position));
                }
            }
            // A violation that fired stands, whatever the rest would be.
            _ if fired > 0 => {}
            verdict => {
                let (verdict, reason) = match verdict {
                    Some(verdict) => (verdict, None),
                    None => {
                        let reason = self.reason(trace, rule, &outcome);
                        (Verdict::Inconclusive, Some(reason))
                    }
                };
                sink.tally
                    .events
                    .push(RuleEvent::Verdict(position, verdict, reason));
                let is_told = match self.settings.report {
                    Report::Violations => false,
                    Report::Undecided => verdict == Verdict::Inconclusive && outcome.when_held,
                    Report::All => true,
                };
                if is_told {
                    let eval = Eval::new(self.plan, rule, trace, self.key);
                    let held = outcome.when_held;
                    sink.findings.push(eval.verdict(verdict, reason, held));
                }
            }
        }
    }

    fn reason(&self, trace: &TraceState, rule: &RulePlan, outcome: &Outcome) -> Reason {
        let mut reasons = trace.reasons.with(outcome.reasons);
        if trace.generation < rule.since {
            reasons.add(Reason::Reload);
        }
        // What is open in a complete trace always says why; a full record is the one cause that is
        // left should it not.
        reasons.first().unwrap_or(Reason::StateCap)
    }
}

fn closing_of(trace: &TraceState) -> Option<Reason> {
    if trace.complete {
        None
    } else {
        trace.reasons.with(Reasons::NONE).first()
    }
}

fn is_postponed(trace: &TraceState, rule: &RulePlan) -> bool {
    let spans = trace.seen.len() as u32;
    trace.closed == 0
        && trace
            .postponed
            .iter()
            .any(|(key, until)| *key == rule.key && spans < *until)
}

fn postpone(trace: &mut TraceState, rule: &RulePlan, work: u64) {
    let spans = trace.seen.len() as u64;
    let until = u32::try_from(spans + work / STEPS_PER_SPAN).unwrap_or(u32::MAX);
    match trace.postponed.iter_mut().find(|(key, _)| *key == rule.key) {
        Some((_, at)) => *at = until,
        None => trace.postponed.push((rule.key, until)),
    }
}
