//! What happens to a trace before its [close](crate::engine::close): early verdicts, and what it waits for.

use betrace_lang::rule::Emit;
use betrace_lang::verdict::Verdict;

use crate::decide::argument;
use crate::decide::budget::Allowance;
use crate::decide::deadline::last_deadline;
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::rule::{OBLIGATIONS, Outcome, decide};
use crate::engine::context::Context;
use crate::engine::scratch::DecideScratch;
use crate::engine::sink::Sink;
use crate::engine::tally::RuleEvent;
use crate::plan::ids::RuleIndex;
use crate::state::named::NamedTraceMut;
use crate::state::reported::Fired;
use crate::state::settled::SettledCells;
use crate::state::shard::Shard;
use crate::state::shard::due::{Due, NextDue};
use crate::state::slots::TracePlace;
use crate::state::trace::TraceState;
use crate::sync::MutexGuard;
use crate::time::Timestamp;

/// An evaluation that took more steps than this is not repeated for every batch.
const CHEAP: u64 = 1 << 15;

/// How many steps one rule may spend on each further span.
const STEPS_PER_SPAN: u64 = 256;

/// After so many steps, half a millisecond, whoever waits for the lock goes first.
const STEPS_AT_ONCE: u64 = 1 << 16;

/// After so many likewise between two traces, of which nothing worked out is lost then: some tenths of a millisecond. To lend
/// a lock costs both sides the time to wake, as much as ten traces that close.
const STEPS_BETWEEN: u64 = 1 << 14;

/// To come to a trace, and to ask which of its rules to decide, takes as long as so many steps of a decision; to come to a
/// rule, so many.
const STEPS_A_TRACE: u64 = 256;
const STEPS_A_RULE: u64 = 16;

/// The shard of a trace, lent to those who wait for it between two rules.
pub(crate) struct Lent<'l, 's> {
    shard: &'l mut MutexGuard<'s, Shard>,
    steps: u64,
}

impl<'l, 's> Lent<'l, 's> {
    pub fn new(shard: &'l mut MutexGuard<'s, Shard>) -> Lent<'l, 's> {
        Lent { shard, steps: 0 }
    }

    /// A trace whose cells may be read.
    pub fn get_mut(&mut self, place: TracePlace) -> Option<NamedTraceMut<'_>> {
        self.shard.settled(place)
    }

    /// A trace as it is, with memory to count in what its spans left.
    pub fn ask(&mut self, place: TracePlace) -> Option<(&TraceState, &mut SettledCells)> {
        self.shard.ask(place)
    }

    /// So many steps were taken since. `true`: others had it, and what a place holds may be another now.
    pub fn did(&mut self, steps: u64) -> bool {
        self.steps += steps;
        // A model of the locks lends it at every opportunity.
        let is_lent = self.steps > STEPS_AT_ONCE || cfg!(loom);
        if is_lent {
            self.lend();
        }
        is_lent
    }

    /// A rule was asked, which took so many steps: as of [`Lent::did`].
    pub fn asked(&mut self, steps: u64) -> bool {
        self.did(STEPS_A_RULE + steps)
    }

    /// A trace is done with.
    pub fn came_to_trace(&mut self) {
        if !self.did(STEPS_A_TRACE) && self.steps > STEPS_BETWEEN {
            self.lend();
        }
    }

    /// Whoever waits for it has it now.
    pub fn lend(&mut self) {
        self.steps = 0;
        MutexGuard::bump(self.shard);
    }

    /// The next trace that may be due.
    pub fn next_due(&mut self, context: &Context<'_>) -> NextDue {
        self.shard.next_due(context.now, context.settings)
    }

    /// Why a trace is due that awaits something until then; `None`: it is not, or is another's.
    pub fn is_due(
        &mut self,
        context: &Context<'_>,
        place: TracePlace,
        awaited: Option<Timestamp>,
    ) -> Option<Due> {
        self.shard
            .is_due(place, awaited, context.now, context.settings)
    }

    /// Forgets what was remembered for long enough. `false`: there may be more.
    pub fn expire(&mut self, context: &Context<'_>) -> bool {
        self.shard
            .expire(context.key, context.now, context.settings)
    }

    /// Its trace closed.
    pub fn remember(&mut self, place: TracePlace) {
        self.shard.remember(place);
    }

    /// A trace changed.
    pub fn reweigh(&mut self, place: TracePlace) {
        if let Some(trace) = self.shard.get_mut(place) {
            let weight = trace.weigh();
            self.shard.reweigh(weight);
        }
    }
}

impl Context<'_> {
    /// Rules that spans of this batch may have decided; sorted and without repetition.
    pub fn decide_early(
        &self,
        shard: &mut Lent<'_, '_>,
        place: TracePlace,
        scratch: &mut DecideScratch,
        sink: &mut Sink,
    ) {
        let DecideScratch {
            rules,
            eval: scratch,
            ..
        } = scratch;
        if rules.is_empty() {
            return;
        }
        scratch.begin_trace();
        for index in rules.iter() {
            let Some(mut trace) = shard.get_mut(place) else {
                return;
            };
            if self.is_outside(&trace) {
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
            let facts = self.facts(*index, trace.asked());
            let mut eval = Eval::new(facts, allowance.budget(), scratch);
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
            if shard.asked(work) {
                scratch.begin_trace();
            }
        }
    }

    /// Reports those broken obligations that were not reported before, up to the cap; returns which.
    pub(super) fn fire(
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
            let mut id = None;
            if self.keeps(index) {
                let finding = argument::violation(eval, broken, None);
                id = Some(finding.violation_id);
                sink.findings.push(finding);
            }
            let id = || id.unwrap_or_else(|| argument::identity(&eval.facts, Some(broken)));
            self.name_for_period(&eval.facts, id, &mut sink.tally);
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
    /// and for deadlines that run. `None`: it awaits nothing. Others may have its part of the traces meanwhile.
    pub fn awaited_until(
        &self,
        lent: &mut Lent<'_, '_>,
        place: TracePlace,
        scratch: &mut EvalScratch,
    ) -> Option<Timestamp> {
        let settings = self.settings;
        let trace = lent.get_mut(place)?;
        let is_missing = trace.awaits(self.rules.plan.awaited, self.key);
        let missing = is_missing.then(|| trace.last().plus(settings.root_timeout));
        let met = self.rules.needed.with_deadlines(trace.asked());
        let mut allowance = Allowance::at_close(trace.span_count(), self.reserve);
        let mut deadline = None;
        scratch.begin_trace();
        for index in met {
            let trace = lent.get_mut(place)?;
            let facts = self.facts(index, trace.asked());
            let mut eval = Eval::new(facts, allowance.budget(), scratch);
            deadline = deadline.max(last_deadline(&mut eval, settings.event_time));
            let work = eval.work();
            allowance.take(work);
            if lent.asked(work) {
                scratch.begin_trace();
            }
        }
        // What came in time has an idle time of its own.
        missing.max(deadline.map(|over| over.plus(settings.idle_timeout)))
    }

    /// Whether the findings of a rule are there to be taken; of others they are only counted.
    pub(super) fn keeps(&self, index: RuleIndex) -> bool {
        self.settings.keeps_counted || self.rule(index).rule.emit == Emit::Spans
    }

    /// Whether no verdict is wanted of the trace, as far as it is known when it began.
    pub fn is_outside(&self, trace: &TraceState) -> bool {
        let within = self.settings.began_within.as_ref();
        let outside = within.zip(trace.began());
        outside.is_some_and(|(within, began)| !within.contains(&began.0))
    }
}
