//! The close of a trace: why it is incomplete, which rules are asked, and what they say.

use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::argument;
use crate::decide::budget::Allowance;
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::rule::{Outcome, decide, is_kept_by_spans};
use crate::engine::context::Context;
use crate::engine::ledger::NotedRules;
use crate::engine::lifecycle::Lent;
use crate::engine::scratch::DecideScratch;
use crate::engine::sink::Sink;
use crate::engine::tally::RuleEvent;
use crate::logic::tri::Reasons;
use crate::plan::ids::RuleIndex;
use crate::settings::{CloseCause, Report};
use crate::state::named::{NamedTrace, NamedTraceMut};
use crate::state::reported::Fired;
use crate::state::slots::TracePlace;
use crate::state::trace::TraceState;

/// Why a trace closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// By idle time or at the end of the input.
    Whole,
    MaxAge,
    Shutdown,
    Memory,
}

impl From<CloseCause> for Cause {
    fn from(cause: CloseCause) -> Cause {
        match cause {
            CloseCause::EndOfInput => Cause::Whole,
            CloseCause::Shutdown => Cause::Shutdown,
        }
    }
}

impl Context<'_> {
    /// A live trace closes. Returns why it is incomplete for some rules or all; those that are to be asked are in `rules` then,
    /// and those over many traces in `over_many`.
    fn begin_close(
        &self,
        trace: &mut NamedTraceMut<'_>,
        cause: Cause,
        (rules, over_many): (&mut Vec<RuleIndex>, &mut Vec<RuleIndex>),
        noted: &mut NotedRules,
        sink: &mut Sink,
    ) -> Reasons {
        rules.clear();
        over_many.clear();
        let against = self.reasons_against(trace, cause);
        trace.close(self.now, against);
        let reasons = trace.all_reasons();
        if self.is_outside(trace) {
            sink.tally.outside += 1;
            return reasons;
        }
        sink.tally.closings.push(reasons);
        self.note_delay(trace, sink);
        self.rules_at_close(trace.asked(), rules, over_many);
        if self.settings.kept_samples.is_some() {
            self.note_unasked(trace.asked(), rules, noted, &mut sink.tally);
        }
        reasons
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
    fn rules_at_close(
        &self,
        trace: NamedTrace<'_>,
        rules: &mut Vec<RuleIndex>,
        over_many: &mut Vec<RuleIndex>,
    ) {
        let set = self.rules;
        let is_seen = trace.was_seen_by(set.newest());
        match is_seen {
            true => set.needed.at_close(trace, rules, over_many),
            false => self.rules_that_read(trace, over_many),
        }
        if self.settings.report == Report::All || !is_seen {
            rules.clear();
            let all = (0..set.plan.rules.len() as u32).map(RuleIndex);
            rules.extend(all.filter(|index| self.rule(*index).window.is_none()));
            return;
        }
        let held: &[RuleIndex] = match self.settings.report {
            Report::Undecided => &set.untouched.held,
            _ => &[],
        };
        let is_open = |index: &&RuleIndex| !trace.is_complete(self.rule(**index).completeness);
        rules.extend_from_slice(&set.untouched.always_asked);
        rules.extend(held.iter().filter(is_open));
        rules.sort_unstable();
        rules.dedup();
    }

    fn close_rule(
        &self,
        trace: NamedTrace<'_>,
        index: RuleIndex,
        closing: Reasons,
        allowance: &mut Allowance<'_>,
        scratch: &mut EvalScratch,
        sink: &mut Sink,
    ) -> Vec<Fired> {
        let rule = self.rule(index);
        let closing = closing.asked_for(rule.completeness).first();
        sink.tally.events.push(RuleEvent::Touched(index, closing));
        let fired = trace.fired_of(rule.key);
        if fired > 0 && rule.clauses.bindings.is_empty() {
            return Vec::new();
        }
        let is_only_counted = self.settings.kept_samples.is_none()
            && self.settings.report != Report::All
            && fired == 0;
        if is_only_counted && is_kept_by_spans(&rule.clauses, trace.cells) {
            let event = RuleEvent::Verdict(index, Verdict::Satisfied, None);
            sink.tally.events.push(event);
            return Vec::new();
        }
        let mut eval = Eval::new(self.facts(index, trace), allowance.budget(), scratch);
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
            let id = || argument::identity(&eval.facts, None);
            self.name_for_period(&eval.facts, id, &mut sink.tally);
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
    lent: &mut Lent<'_, '_>,
    place: TracePlace,
    cause: Cause,
    scratch: &mut DecideScratch,
    sink: &mut Sink,
) {
    let DecideScratch {
        rules,
        over_many,
        noted,
        eval: scratch,
        pending,
    } = scratch;
    // Another call may have closed it while the lock was lent to it.
    let Some(mut trace) = lent.get_mut(place).filter(|trace| trace.is_live()) else {
        return;
    };
    let mut allowance = Allowance::at_close(trace.span_count(), context.reserve);
    let closing = context.begin_close(&mut trace, cause, (rules, over_many), noted, sink);
    scratch.begin_trace();
    for index in rules.iter().copied() {
        let Some(mut trace) = lent.get_mut(place) else {
            return;
        };
        let before = allowance.taken;
        let newly =
            context.close_rule(trace.asked(), index, closing, &mut allowance, scratch, sink);
        trace.note_fired(newly);
        if lent.asked(allowance.taken - before) {
            scratch.begin_trace();
        }
    }
    context.fold_windows(
        (lent, place),
        &mut allowance,
        (over_many, pending, scratch),
        sink,
    );
    lent.reweigh(place);
    lent.remember(place);
}
