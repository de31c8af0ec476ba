//! What happens to a trace: early verdicts while it is open, the close with its reasons, and late
//! spans after it.

use betrace_lang::rule::Emit;
use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::argument;
use crate::decide::deadline::last_deadline;
use crate::decide::eval::Eval;
use crate::decide::rule::{OBLIGATIONS, Outcome, decide};
use crate::engine::context::Context;
use crate::engine::sink::Sink;
use crate::engine::tally::{Closing, RuleEvent};
use crate::logic::tri::Reasons;
use crate::plan::ids::RuleIndex;
use crate::settings::{Completeness, Report};
use crate::state::shard::{Shard, TracePlace};
use crate::state::trace::{Fired, TraceState};
use crate::time::Timestamp;

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

impl Context<'_> {
    /// Rules that spans of this batch may have decided; sorted and without repetition.
    pub fn decide_early(&self, trace: &mut TraceState, rules: &[RuleIndex], sink: &mut Sink) {
        for index in rules {
            let rule = self.rule(*index);
            let fired = trace.fired_of(rule.key);
            let is_done = if rule.clauses.bindings.is_empty() {
                fired > 0
            } else {
                fired >= OBLIGATIONS
            };
            if is_done || trace.is_postponed(rule.key) {
                continue;
            }
            let mut eval = Eval::new(self.facts(*index, trace));
            let outcome = decide(&mut eval);
            let work = eval.budget.work;
            let newly = if outcome.verdict == Some(Verdict::Violated) {
                self.fire(*index, &mut eval, &outcome, sink)
            } else {
                Vec::new()
            };
            if work > CHEAP {
                trace.postpone(rule.key, (work / STEPS_PER_SPAN) as usize);
            }
            trace.note_fired(newly);
        }
    }

    /// Reports those broken obligations that were not reported before, up to the cap; returns which.
    fn fire(
        &self,
        index: RuleIndex,
        eval: &mut Eval<'_>,
        outcome: &Outcome,
        sink: &mut Sink,
    ) -> Vec<Fired> {
        let (rule, trace) = (eval.facts.rule.key, eval.facts.trace);
        let before = trace.fired_of(rule);
        let mut newly: Vec<Fired> = Vec::new();
        for broken in &outcome.broken {
            if before + newly.len() >= OBLIGATIONS {
                break;
            }
            let fired = Fired {
                rule,
                obligation: broken.obligation,
            };
            if trace.has_fired(fired) || newly.contains(&fired) {
                continue;
            }
            if self.keeps(index) {
                let finding = argument::violation(eval, broken.tuple, None);
                sink.findings.push(finding);
            }
            sink.tally.events.push(RuleEvent::Violation(index));
            newly.push(fired);
        }
        if before == 0 && !newly.is_empty() {
            let event = RuleEvent::Verdict(index, Verdict::Violated, closing_of(trace));
            sink.tally.events.push(event);
        }
        newly
    }

    /// Until when a trace that has been idle long enough stays open, if nothing comes: for its root (or parents),
    /// and for deadlines that run. `None`: it awaits nothing.
    pub fn awaited_until(&self, trace: &TraceState) -> Option<Timestamp> {
        let settings = self.settings;
        let is_missing = trace.awaits(settings.completeness, self.key);
        let missing = is_missing.then(|| trace.last().plus(settings.root_timeout));
        let rules = self.rules.plan.with_deadlines.iter();
        let met = rules.filter(|index| {
            let mut cells = self.rule(**index).cells.iter();
            cells.any(|cell| trace.cell(*cell).is_some())
        });
        let deadlines = met.filter_map(|index| {
            let mut eval = Eval::new(self.facts(*index, trace));
            last_deadline(&mut eval, settings.event_time)
        });
        // What came in time has an idle time of its own.
        let deadline = deadlines.max().map(|over| over.plus(settings.idle_timeout));
        missing.max(deadline)
    }

    /// Whether the findings of a rule are there to be taken; of others they are only counted.
    fn keeps(&self, index: RuleIndex) -> bool {
        self.settings.keeps_counted || self.rule(index).rule.emit == Emit::Spans
    }

    /// Closes a live trace: every rule gets its verdict.
    fn close(&self, trace: &mut TraceState, cause: Cause, sink: &mut Sink) {
        trace.close(self.now, self.reasons_against(trace, cause));
        let closing = closing_of(trace);
        sink.tally.closings.push(closing);
        self.note_delay(trace, sink);
        for index in self.rules_at_close(trace) {
            let newly = self.close_rule(trace, index, closing, sink);
            trace.note_fired(newly);
        }
    }

    /// How long after its latest span a trace was decided; one whose spans name no end has no say.
    fn note_delay(&self, trace: &TraceState, sink: &mut Sink) {
        if let Some(latest) = trace.latest() {
            sink.tally.delay.add(self.now.since_event(latest));
        }
    }

    /// Why a trace that closes now is not complete, besides what it says itself.
    fn reasons_against(&self, trace: &TraceState, cause: Cause) -> Reasons {
        let mut reasons = Reasons::NONE;
        let completeness = self.settings.completeness;
        if completeness != Completeness::Idle && trace.root().is_none() {
            reasons.add(Reason::NoRoot);
        }
        if completeness == Completeness::Linked && !trace.seen().is_linked(self.key) {
            reasons.add(Reason::Orphan);
        }
        if let (Some(started), Some(began)) = (self.restarted, trace.began())
            && started.is_shortly_after(began, self.settings.max_age)
        {
            reasons.add(Reason::Restart);
        }
        match cause {
            Cause::Whole => {}
            Cause::MaxAge => reasons.add(Reason::Evicted),
            Cause::Shutdown => reasons.add(Reason::Shutdown),
            Cause::Memory => reasons.add(Reason::Memory),
        }
        reasons
    }

    /// Those whose verdict does not follow from the trace's close alone.
    fn rules_at_close(&self, trace: &TraceState) -> Vec<RuleIndex> {
        let set = self.rules;
        if self.settings.report == Report::All || !trace.was_seen_by(set.newest()) {
            return (0..set.plan.rules.len() as u32).map(RuleIndex).collect();
        }
        let held: &[RuleIndex] = match self.settings.report {
            Report::Undecided if !trace.is_complete() => &set.untouched.held,
            _ => &[],
        };
        let mut rules: Vec<RuleIndex> = trace
            .cells()
            .filter_map(|cell| set.plan.cell_rules.get(&cell))
            .flatten()
            .chain(&set.untouched.always_asked)
            .chain(held)
            .copied()
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    fn close_rule(
        &self,
        trace: &TraceState,
        index: RuleIndex,
        closing: Closing,
        sink: &mut Sink,
    ) -> Vec<Fired> {
        let rule = self.rule(index);
        sink.tally.events.push(RuleEvent::Touched(index, closing));
        let fired = trace.fired_of(rule.key);
        if fired > 0 && rule.clauses.bindings.is_empty() {
            return Vec::new();
        }
        let mut eval = Eval::new(self.facts(index, trace));
        let outcome = decide(&mut eval);
        if outcome.verdict == Some(Verdict::Violated) {
            let newly = self.fire(index, &mut eval, &outcome, sink);
            if outcome.is_beyond {
                if self.keeps(index) {
                    let beyond = outcome.broken.first().map(|broken| broken.tuple);
                    let beyond = beyond.unwrap_or_default();
                    let finding = argument::violation(&mut eval, beyond, Some(outcome.total));
                    sink.findings.push(finding.for_all());
                }
                sink.tally.events.push(RuleEvent::Violation(index));
            }
            return newly;
        }
        // A violation that fired stands, whatever the rest would be.
        if fired == 0 {
            self.conclude(index, &eval, &outcome, sink);
        }
        Vec::new()
    }

    /// A rule's verdict that is no violation.
    fn conclude(&self, index: RuleIndex, eval: &Eval<'_>, outcome: &Outcome, sink: &mut Sink) {
        let (verdict, reason) = match outcome.verdict {
            Some(verdict) => (verdict, None),
            None => (Verdict::Inconclusive, Some(reason(eval, outcome))),
        };
        let event = RuleEvent::Verdict(index, verdict, reason);
        sink.tally.events.push(event);
        let is_told = match self.settings.report {
            Report::Violations => false,
            Report::Undecided => verdict == Verdict::Inconclusive && outcome.when_held,
            Report::All => true,
        };
        if is_told && self.keeps(index) {
            let held = outcome.when_held;
            let finding = argument::verdict(&eval.facts, verdict, reason, held);
            sink.findings.push(finding);
        }
    }
}

fn reason(eval: &Eval<'_>, outcome: &Outcome) -> Reason {
    let mut reasons = eval.facts.trace.reasons().with(outcome.reasons);
    if !eval.facts.saw_all {
        reasons.add(Reason::Reload);
    }
    // What is open in a complete trace always says why; a full record is the one cause that is
    // left should it not.
    reasons.first().unwrap_or(Reason::StateCap)
}

fn closing_of(trace: &TraceState) -> Closing {
    if trace.is_complete() {
        None
    } else {
        trace.reasons().first()
    }
}

/// Closes the live trace at `place`: it waits for late spans.
pub(crate) fn close(
    context: &Context<'_>,
    shard: &mut Shard,
    place: TracePlace,
    cause: Cause,
    sink: &mut Sink,
) {
    let Some(trace) = shard.get_mut(place) else {
        return;
    };
    context.close(trace, cause, sink);
    let weight = trace.weigh();
    shard.reweigh(weight);
    shard.remember(place);
}
