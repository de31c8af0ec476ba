//! What happens to a trace: early verdicts while it is open, the close with its reasons, and late
//! spans after it.

use betrace_lang::rule::Emit;
use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::argument;
use crate::decide::budget::Allowance;
use crate::decide::deadline::last_deadline;
use crate::decide::eval::Eval;
use crate::decide::rule::{OBLIGATIONS, Outcome, decide};
use crate::engine::context::Context;
use crate::engine::sink::Sink;
use crate::engine::tally::RuleEvent;
use crate::logic::tri::Reasons;
use crate::plan::ids::RuleIndex;
use crate::settings::Report;
use crate::state::reported::Fired;
use crate::state::shard::Shard;
use crate::state::slots::TracePlace;
use crate::state::trace::TraceState;
use crate::sync::MutexGuard;
use crate::time::Timestamp;

/// An evaluation that took more steps than this is not repeated for every batch.
const CHEAP: u64 = 1 << 15;

/// How many steps one rule may spend on each further span.
const STEPS_PER_SPAN: u64 = 256;

/// After so many steps, a millisecond or two, whoever waits for the lock goes first.
const STEPS_AT_ONCE: u64 = 1 << 18;

/// The shard of a trace, lent to those who wait for it between two rules.
pub(crate) struct Lent<'l, 's> {
    shard: &'l mut MutexGuard<'s, Shard>,
    steps: u64,
}

impl<'l, 's> Lent<'l, 's> {
    pub fn new(shard: &'l mut MutexGuard<'s, Shard>) -> Lent<'l, 's> {
        Lent { shard, steps: 0 }
    }

    pub fn get_mut(&mut self, place: TracePlace) -> Option<&mut TraceState> {
        self.shard.get_mut(place)
    }

    /// So much was done since; what a place holds may be another after this.
    fn did(&mut self, steps: u64) {
        self.steps += steps;
        // A model of the locks lends it at every opportunity.
        if self.steps > STEPS_AT_ONCE || cfg!(loom) {
            self.steps = 0;
            MutexGuard::bump(self.shard);
        }
    }

    /// A trace changed.
    pub fn reweigh(&mut self, place: TracePlace) {
        if let Some(trace) = self.shard.get_mut(place) {
            let weight = trace.weigh();
            self.shard.reweigh(weight);
        }
    }
}

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
    pub fn decide_early(
        &self,
        shard: &mut Lent<'_, '_>,
        place: TracePlace,
        rules: &[RuleIndex],
        sink: &mut Sink,
    ) {
        for index in rules {
            let Some(trace) = shard.get_mut(place) else {
                return;
            };
            if self.is_outside(trace) {
                return;
            }
            let rule = self.rule(*index);
            let has_bindings = !rule.clauses.bindings.is_empty();
            let most = if has_bindings { OBLIGATIONS } else { 1 };
            if trace.fired_of(rule.key) >= most || trace.is_postponed(rule.key) {
                continue;
            }
            let (spans, before) = (trace.span_count(), trace.early_work());
            let mut allowance = Allowance::early(spans, before, self.reserve);
            if allowance.is_used_up() {
                return;
            }
            let mut eval = Eval::new(self.facts(*index, trace), allowance.budget());
            let outcome = decide(&mut eval);
            let newly = if outcome.verdict == Some(Verdict::Violated) {
                self.fire(*index, &mut eval, &outcome, sink)
            } else {
                Vec::new()
            };
            let work = eval.work();
            allowance.take(work);
            trace.worked_early(work);
            if work > CHEAP {
                trace.postpone(rule.key, (work / STEPS_PER_SPAN) as usize);
            }
            trace.note_fired(newly);
            shard.did(work);
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
        eval.begin_argument();
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
                let finding = argument::violation(eval, broken, None);
                sink.findings.push(finding);
            }
            sink.tally.events.push(RuleEvent::Violation(index));
            newly.push(fired);
        }
        if before == 0 && !newly.is_empty() {
            let closing = trace.reasons(self.rule(index).completeness).first();
            let event = RuleEvent::Verdict(index, Verdict::Violated, closing);
            sink.tally.events.push(event);
        }
        newly
    }

    /// Until when a trace that has been idle long enough stays open, if nothing comes: for its root (or parents),
    /// and for deadlines that run. `None`: it awaits nothing.
    pub fn awaited_until(&self, trace: &TraceState) -> Option<Timestamp> {
        let settings = self.settings;
        let is_missing = trace.awaits(self.rules.plan.awaited, self.key);
        let missing = is_missing.then(|| trace.last().plus(settings.root_timeout));
        let met = self.rules.needed.with_deadlines(trace);
        let mut allowance = Allowance::at_close(trace.span_count(), self.reserve);
        let deadlines = met.into_iter().filter_map(|index| {
            let mut eval = Eval::new(self.facts(index, trace), allowance.budget());
            let deadline = last_deadline(&mut eval, settings.event_time);
            allowance.take(eval.work());
            deadline
        });
        // What came in time has an idle time of its own.
        let deadline = deadlines.max().map(|over| over.plus(settings.idle_timeout));
        missing.max(deadline)
    }

    /// Whether the findings of a rule are there to be taken; of others they are only counted.
    fn keeps(&self, index: RuleIndex) -> bool {
        self.settings.keeps_counted || self.rule(index).rule.emit == Emit::Spans
    }

    /// A live trace closes. Returns the rules that are to be asked, and why it is incomplete for some of them or all.
    fn begin_close(
        &self,
        trace: &mut TraceState,
        cause: Cause,
        sink: &mut Sink,
    ) -> (Vec<RuleIndex>, Reasons) {
        trace.close(self.now, self.reasons_against(trace, cause));
        let reasons = trace.all_reasons();
        if self.is_outside(trace) {
            sink.tally.outside += 1;
            return (Vec::new(), reasons);
        }
        sink.tally.closings.push(reasons);
        self.note_delay(trace, sink);
        (self.rules_at_close(trace), reasons)
    }

    /// Whether no verdict is wanted of the trace, as far as it is known when it began.
    pub fn is_outside(&self, trace: &TraceState) -> bool {
        let within = self.settings.began_within.as_ref();
        let outside = within.zip(trace.began());
        outside.is_some_and(|(within, began)| !within.contains(&began.0))
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
        // Of a trace that comes again, what is missing came before.
        if !trace.is_late() {
            reasons = trace.missing(self.rules.plan.awaited, self.key);
        }
        if let (Some(started), Some(began)) = (self.restarted, trace.began())
            && started.is_shortly_after(began, self.settings.max_age)
        {
            reasons.add(Reason::Restart);
        }
        if self.may_have_moved(trace) {
            reasons.add(Reason::Moved);
        }
        match cause {
            Cause::Whole => {}
            Cause::MaxAge => reasons.add(Reason::Evicted),
            Cause::Shutdown => reasons.add(Reason::Shutdown),
            Cause::Memory => reasons.add(Reason::Memory),
        }
        reasons
    }

    /// Whether spans of the trace may have gone to another engine: it was there by then, or it began before. One that
    /// comes more than its greatest age later has nothing to do with it, whatever its spans say.
    fn may_have_moved(&self, trace: &TraceState) -> bool {
        self.moved.is_some_and(|until| {
            let is_near = trace.opened() <= until.plus(self.settings.max_age);
            // Where the root did not come here, what came may not have been the first.
            let began_before = || {
                let began = trace.began();
                trace.root().is_none() || began.is_none_or(|began| until.is_after(began))
            };
            trace.opened() <= until || is_near && began_before()
        })
    }

    /// Those whose verdict does not follow from the trace's close alone.
    fn rules_at_close(&self, trace: &TraceState) -> Vec<RuleIndex> {
        let set = self.rules;
        if self.settings.report == Report::All || !trace.was_seen_by(set.newest()) {
            return (0..set.plan.rules.len() as u32).map(RuleIndex).collect();
        }
        let held: &[RuleIndex] = match self.settings.report {
            Report::Undecided => &set.untouched.held,
            _ => &[],
        };
        let is_open = |index: &&RuleIndex| !trace.is_complete(self.rule(**index).completeness);
        let mut rules: Vec<RuleIndex> = set.untouched.always_asked.clone();
        rules.extend(held.iter().filter(is_open));
        if self.settings.kept_samples.is_none() {
            set.needed.at_close(trace, &mut rules);
        } else {
            // Which rules a trace kept is worth knowing where they had something to do in it.
            let cells = trace.cell_spans().map(|(cell, _)| cell);
            let read = cells.filter_map(|cell| set.plan.cell_rules.get(&cell));
            rules.extend(read.flatten());
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    fn close_rule(
        &self,
        trace: &TraceState,
        index: RuleIndex,
        closing: Reasons,
        allowance: &mut Allowance<'_>,
        sink: &mut Sink,
    ) -> Vec<Fired> {
        let rule = self.rule(index);
        let closing = closing.asked_for(rule.completeness).first();
        sink.tally.events.push(RuleEvent::Touched(index, closing));
        let fired = trace.fired_of(rule.key);
        if fired > 0 && rule.clauses.bindings.is_empty() {
            return Vec::new();
        }
        let mut eval = Eval::new(self.facts(index, trace), allowance.budget());
        let outcome = decide(&mut eval);
        if self.settings.kept_samples.is_some() {
            self.note_for_period(index, trace, &outcome, &mut sink.tally);
        }
        let newly = if outcome.verdict == Some(Verdict::Violated) {
            self.fire_at_close(index, &mut eval, &outcome, sink)
        } else {
            // A violation that fired stands, whatever the rest would be.
            if fired == 0 {
                self.conclude(index, &eval, &outcome, sink);
            }
            Vec::new()
        };
        allowance.take(eval.work());
        newly
    }

    /// What was not reported before, and one violation for all beyond the cap.
    fn fire_at_close(
        &self,
        index: RuleIndex,
        eval: &mut Eval<'_>,
        outcome: &Outcome,
        sink: &mut Sink,
    ) -> Vec<Fired> {
        let newly = self.fire(index, eval, outcome, sink);
        if outcome.is_beyond
            && let Some(beyond) = outcome.broken.first()
        {
            if self.keeps(index) {
                let finding = argument::violation(eval, beyond, Some(outcome.total));
                sink.findings.push(finding.for_all());
            }
            sink.tally.events.push(RuleEvent::Violation(index));
        }
        newly
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
    let of_trace = eval.facts.trace.reasons(eval.facts.rule.completeness);
    let mut reasons = of_trace.with(outcome.reasons);
    if !eval.facts.saw_all {
        reasons.add(Reason::Reload);
    }
    // What is open in a complete trace always says why; a full record is the one cause that is
    // left should it not.
    reasons.first().unwrap_or(Reason::StateCap)
}

/// Closes the trace at `place` if it is live: every rule gets its verdict, and it waits for late spans. While it closes
/// the lock may go to others, who find a closed trace.
pub(crate) fn close(
    context: &Context<'_>,
    shard: &mut MutexGuard<'_, Shard>,
    place: TracePlace,
    cause: Cause,
    sink: &mut Sink,
) {
    let mut lent = Lent::new(shard);
    // Another call may have closed it while the lock was lent to it.
    let Some(trace) = lent.get_mut(place).filter(|trace| trace.is_live()) else {
        return;
    };
    let mut allowance = Allowance::at_close(trace.span_count(), context.reserve);
    let (rules, closing) = context.begin_close(trace, cause, sink);
    for index in rules {
        let Some(trace) = lent.get_mut(place) else {
            return;
        };
        let before = allowance.taken;
        let newly = context.close_rule(trace, index, closing, &mut allowance, sink);
        trace.note_fired(newly);
        lent.did(allowance.taken - before);
    }
    lent.reweigh(place);
    shard.remember(place);
}
