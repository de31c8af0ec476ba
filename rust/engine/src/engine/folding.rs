//! A trace that closes adds to the windows of rules over many traces: which rules are asked, and when what they say goes
//! into the windows.

use crate::decide::budget::Allowance;
use crate::decide::eval::EvalScratch;
use crate::decide::window::add;
use crate::engine::context::Context;
use crate::engine::lifecycle::Lent;
use crate::engine::sink::Sink;
use crate::plan::ids::RuleIndex;
use crate::state::named::NamedTrace;
use crate::state::slots::TracePlace;
use crate::state::trace::TraceState;
use crate::time::EventTime;
use crate::windows::exemplars::Exemplar;
use crate::windows::fold::{Crossed, FoldedTraces};
use crate::windows::pending::Pending;
use crate::windows::tumbling::Window;

impl Context<'_> {
    /// A trace has closed: it adds to the windows in which it began, once what is pending is folded in. `rules`: those over many
    /// traces that have something to do with it.
    pub(super) fn fold_windows(
        &self,
        (lent, place): (&mut Lent<'_, '_>, TracePlace),
        allowance: &mut Allowance<'_>,
        (rules, pending, scratch): (&mut Vec<RuleIndex>, &mut Pending, &mut EvalScratch),
        sink: &mut Sink,
    ) {
        if self.rules.plan.windows.lengths.is_empty() {
            return;
        }
        let Some(trace) = lent.get_mut(place) else {
            return;
        };
        if self.is_outside(&trace) {
            return;
        }
        let Some(began) = self.counts_in_windows(&trace) else {
            pending.late += 1;
            return;
        };
        let lengths = &self.rules.plan.windows.lengths;
        pending.note(began, trace.all_reasons(), lengths, self.over_until());
        self.rules_that_ask(&trace, rules);
        if !rules.is_empty() {
            self.ask_for_windows((lent, place), allowance, (rules, pending, scratch), sink);
        }
        if pending.is_full() {
            self.fold_pending(pending, sink);
        }
    }

    fn ask_for_windows(
        &self,
        (lent, place): (&mut Lent<'_, '_>, TracePlace),
        allowance: &mut Allowance<'_>,
        (rules, pending, scratch): (&[RuleIndex], &mut Pending, &mut EvalScratch),
        sink: &mut Sink,
    ) {
        let Some(trace) = lent.get_mut(place) else {
            return;
        };
        let (shown, latest) = (shown(&trace), trace.latest());
        let mut adding = pending.begin(shown, latest);
        for index in rules.iter().copied() {
            let rule = self.rule(index);
            let Some(plan) = &rule.window else {
                continue;
            };
            let Some(Window { start, .. }) = pending.window(plan.length) else {
                continue;
            };
            let Some(trace) = lent.get_mut(place) else {
                return;
            };
            let facts = self.facts(index, trace.asked());
            let adds = &mut pending.adds;
            let work = add(facts, allowance.budget(), scratch, plan, adds);
            allowance.take(work);
            let idle = self.rules.untouched.windows.idle(index);
            let met = idle.map(|_| trace.is_complete(rule.completeness));
            adds.end_rule(index, start, adding, met);
            if lent.asked(work) {
                scratch.begin_trace();
            }
            if adds.is_full() {
                self.fold_pending(pending, sink);
                adding = pending.begin(shown, latest);
            }
        }
    }

    /// What traces that closed add goes into their windows.
    pub(super) fn fold_pending(&self, pending: &mut Pending, sink: &mut Sink) {
        if pending.is_empty() {
            return;
        }
        let mut all: Vec<(RuleIndex, Crossed)> = Vec::new();
        let given_up;
        {
            let mut windows = self.windows.lock();
            windows.late += std::mem::take(&mut pending.late);
            // Whose traces are counted as late already.
            let mut told: Vec<Window> = Vec::new();
            for (window, seen) in pending.take_seen() {
                if !windows.note(window, seen) {
                    told.push(window);
                }
            }
            let traces = FoldedTraces {
                shown: &pending.shown,
                early: self.settings.early,
            };
            pending.adds.each(|index, start, adds| {
                let rule = self.rule(index);
                if let Some(over) = &rule.rule.body.over {
                    let length = over.length;
                    let window = Window { start, length };
                    if told.contains(&window) {
                        return;
                    }
                    let crossed = |crossed| all.push((index, crossed));
                    windows.fold((rule.key, over), window, adds, traces, crossed);
                }
            });
            given_up = windows.take_given_up();
        }
        drop(given_up);
        all.sort_by_key(|(_, crossed)| crossed.trace);
        for (index, crossed) in all {
            self.tell_crossed(index, &crossed, pending.latest(crossed.trace), sink);
        }
        pending.clear_adds();
    }

    /// Rules over many traces that read what the trace has, or that ask of each trace.
    pub(super) fn rules_that_read(&self, trace: NamedTrace<'_>, over_many: &mut Vec<RuleIndex>) {
        let plan = &self.rules.plan.windows;
        over_many.extend_from_slice(&plan.of_all);
        let cells = trace.cells.spans();
        let read = cells.filter_map(|(cell, _)| plan.by_cell.get(&cell));
        over_many.extend(read.flatten());
    }

    /// Adds those rules over many traces that ask of a trace whatever it has.
    fn rules_that_ask(&self, trace: &TraceState, over_many: &mut Vec<RuleIndex>) {
        let untouched = &self.rules.untouched.windows;
        if trace.was_seen_by(self.rules.newest()) {
            let is_open = |index: &&RuleIndex| !trace.is_complete(self.rule(**index).completeness);
            over_many.extend_from_slice(&untouched.always);
            over_many.extend(untouched.incomplete.iter().filter(is_open));
        }
        over_many.sort_unstable();
        over_many.dedup();
    }

    /// When the trace began, if windows hear of it: not of one that comes again, nor of one that begins long after now.
    fn counts_in_windows(&self, trace: &TraceState) -> Option<EventTime> {
        let began = trace.began()?;
        let is_future = !self.settings.event_time
            && self.now.0 > 0
            && began.0 > self.now.0.saturating_add(self.settings.max_age);
        (!trace.is_late() && !is_future).then_some(began)
    }
}

/// The trace as a violation links to it.
fn shown(trace: &TraceState) -> Exemplar {
    let span = trace.root().or_else(|| trace.first());
    Exemplar {
        weight: 0.0,
        trace: trace.id().0,
        span: span.map_or([0; 8], |span| trace.records().get(span).span_id.0),
    }
}
