//! Rules over many traces: a trace that closes is folded into its windows, and windows that are over are judged.

use std::sync::Arc;

use betrace_lang::rule::{Completeness, Over};
use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::budget::Allowance;
use crate::decide::eval::EvalScratch;
use crate::decide::window::add;
use crate::engine::close::Cause;
use crate::engine::context::Context;
use crate::engine::rule_set::RuleSet;
use crate::engine::sink::Sink;
use crate::engine::tally::{RuleEvent, Tally};
use crate::finding::ViolationId;
use crate::intern::RuleKey;
use crate::logic::tri::Reasons;
use crate::period::Named;
use crate::plan::ids::RuleIndex;
use crate::settings::Report;
use crate::state::named::NamedTrace;
use crate::state::trace::TraceState;
use crate::stats::RuleStats;
use crate::sync::Mutex;
use crate::time::{EventTime, Timestamp};
use crate::windows::adds::Adds;
use crate::windows::exemplars::Exemplar;
use crate::windows::fold::{Crossed, Folding};
use crate::windows::gathered::{Gathered, grows};
use crate::windows::judge::{Judged, breaks_upwards, judge, looks_back};
use crate::windows::rivals::{Rival, rivals};
use crate::windows::rule_window::{RuleWindow, Window};
use crate::windows::table::Windows;
use crate::windows::told::{Told, finding, trace_of};

/// With so many parts of what a trace adds those go into their windows, before more are gathered.
const FOLDED_AT_ONCE: usize = 1 << 10;

impl Context<'_> {
    /// A trace has closed: it adds to the windows in which it began.
    pub(super) fn fold_windows(
        &self,
        trace: NamedTrace<'_>,
        allowance: &mut Allowance<'_>,
        (rules, adds, scratch): (&mut Vec<RuleIndex>, &mut Adds, &mut EvalScratch),
        sink: &mut Sink,
    ) {
        let plan = &self.rules.plan.windows;
        if plan.lengths.is_empty() {
            return;
        }
        let Some(began) = self.counts_in_windows(&trace) else {
            self.windows.lock().late += 1;
            return;
        };
        self.note_in_windows(&trace, began, &mut adds.windows);
        self.asked(&trace, rules);
        adds.clear();
        for index in rules.iter().copied() {
            let rule = self.rule(index);
            let (Some(over), Some(window_plan)) = (&rule.rule.body.over, &rule.window) else {
                continue;
            };
            let mut windows = adds.windows.iter();
            let Some((_, start)) = windows.find(|(length, _)| *length == over.length).copied()
            else {
                continue;
            };
            let facts = self.facts(index, trace);
            allowance.take(add(facts, allowance.budget(), scratch, window_plan, adds));
            let idle = self.rules.untouched.windows.idle(index);
            let met = idle.map(|_| trace.is_complete(rule.completeness));
            adds.end_rule(index, start, met);
            if adds.len() > FOLDED_AT_ONCE {
                self.fold(&trace, adds, sink);
                adds.clear();
            }
        }
        self.fold(&trace, adds, sink);
    }

    /// A trace has closed in the windows in which it began. `open`: the lengths of those that are not over, and when they began.
    fn note_in_windows(&self, trace: &TraceState, began: EventTime, open: &mut Vec<(u64, u64)>) {
        open.clear();
        let until = self.over_until();
        let reasons = trace.all_reasons();
        let reasons = Completeness::ALL.map(|asked| reasons.asked_for(asked));
        let mut is_late = false;
        let mut windows = self.windows.lock();
        for length in &self.rules.plan.windows.lengths {
            let window = Window::at(*length, began);
            match window.end() <= until {
                true => is_late = true,
                false => {
                    windows.note(window, reasons);
                    open.push((*length, window.start));
                }
            }
        }
        windows.late += u64::from(is_late);
    }

    /// What the trace adds goes into its windows.
    fn fold(&self, trace: &TraceState, adds: &mut Adds, sink: &mut Sink) {
        let folding = Folding {
            shown: shown(trace),
            early: self.settings.early,
        };
        let mut all = Vec::new();
        {
            let mut windows = self.windows.lock();
            adds.each(|index, start, mut adds| {
                let rule = self.rule(index);
                if let Some(over) = &rule.rule.body.over {
                    let length = over.length;
                    let window = Window { start, length };
                    let crossed = |crossed| all.push((index, crossed));
                    windows.fold((rule.key, over), window, &mut adds, folding, crossed);
                }
            });
        }
        for (index, crossed) in all {
            self.tell_crossed(index, &crossed, trace.latest(), sink);
        }
    }

    /// A group broke its rule before its window was over.
    fn tell_crossed(
        &self,
        index: RuleIndex,
        crossed: &Crossed,
        latest: Option<EventTime>,
        sink: &mut Sink,
    ) {
        let Some(over) = &self.rule(index).rule.body.over else {
            return;
        };
        let judged = judge(over, &crossed.group, &Rival::None, 1);
        let end = crossed.window.end();
        let told = Told {
            window: crossed.window,
            until: latest.map_or(end, |latest| latest.0.min(end)),
            label: &crossed.label,
            is_rest: false,
            group: &crossed.group,
            judged: &judged,
            asked: 1,
        };
        self.tell_window(index, over, &told, sink);
    }

    /// Rules over many traces to which the trace adds otherwise than as one with which they have nothing to do.
    fn asked(&self, trace: &TraceState, asked: &mut Vec<RuleIndex>) {
        let (plan, untouched) = (&self.rules.plan.windows, &self.rules.untouched.windows);
        asked.clear();
        if trace.was_seen_by(self.rules.newest()) {
            let is_open = |index: &&RuleIndex| !trace.is_complete(self.rule(**index).completeness);
            asked.extend_from_slice(&untouched.always);
            asked.extend(untouched.incomplete.iter().filter(is_open));
            untouched.met(trace, asked);
        } else {
            asked.extend_from_slice(&plan.of_all);
            let cells = trace.cell_spans();
            let read = cells.filter_map(|(cell, _)| plan.by_cell.get(&cell));
            asked.extend(read.flatten());
        }
        asked.sort_unstable();
        asked.dedup();
    }

    /// When the trace began, if windows hear of it: not of one that comes again, nor of one that begins long after now.
    fn counts_in_windows(&self, trace: &TraceState) -> Option<EventTime> {
        let began = trace.began()?;
        let is_future = !self.settings.event_time
            && self.now.0 > 0
            && began.0 > self.now.0.saturating_add(self.settings.max_age);
        (!trace.is_late() && !is_future).then_some(began)
    }

    /// Whether nothing counts in the window any more.
    fn is_over(&self, window: Window) -> bool {
        window.end() <= self.over_until()
    }

    /// Windows that end no later are over.
    fn over_until(&self) -> u64 {
        let waits = self
            .settings
            .max_age
            .saturating_add(self.settings.idle_timeout);
        self.now.0.saturating_sub(waits)
    }

    /// Judges the windows that are over; where all traces were closed for some cause, all of them.
    pub(super) fn close_windows(&self, cause: Option<Cause>, sink: &mut Sink) {
        let plan = &self.rules.plan.windows;
        let mut windows = self.windows.lock();
        let until = cause.is_none().then(|| self.over_until());
        for window in windows.over(until) {
            for index in &plan.rules {
                let rule = self.rule(*index);
                let Some(over) = rule.rule.body.over.as_ref() else {
                    continue;
                };
                if over.length != window.length {
                    continue;
                }
                let missing = windows.missing(rule.key, rule.completeness, window);
                let idle = self.rules.untouched.windows.idle(*index);
                let idle = idle.map(|idle| (rule.completeness, idle));
                let kept = windows.take((rule.key, over), window, idle);
                let missing = self.missing(over, window, missing, cause);
                let kept = kept.with(missing);
                windows.sums.add((rule.key, over), &kept.groups, &kept.any);
                let for_next = looks_back(over).then(|| kept.clone());
                if self.is_wanted(window) {
                    let before = windows.before(rule.key, window);
                    self.judge_window(*index, over, window, &kept.completed(), before, sink);
                }
                if let Some(kept) = for_next {
                    windows.keep_for_next(rule.key, window, kept);
                }
            }
            windows.forget(window);
        }
    }

    /// Why any number more may belong to the window.
    fn missing(
        &self,
        over: &Over,
        window: Window,
        seen: Option<Reasons>,
        cause: Option<Cause>,
    ) -> Option<Reasons> {
        // Of traces that are not complete each is counted apart.
        let mut missing = match over.measure.is_of_traces() {
            true => seen
                .map(|seen| seen.only(Reason::Reload))
                .filter(|seen| !seen.is_empty()),
            false => seen,
        };
        if self.restarted.is_some_and(|at| window.start < at.0) {
            missing.get_or_insert(Reasons::NONE).add(Reason::Restart);
        }
        if cause == Some(Cause::Shutdown) && !self.is_over(window) {
            missing.get_or_insert(Reasons::NONE).add(Reason::Shutdown);
        }
        missing
    }

    /// Whether traces of the whole window are asked for.
    fn is_wanted(&self, window: Window) -> bool {
        let within = self.settings.began_within.as_ref();
        within.is_none_or(|within| within.start <= window.start && window.end() <= within.end)
    }

    fn judge_window(
        &self,
        index: RuleIndex,
        over: &Over,
        window: Window,
        kept: &RuleWindow,
        before: Option<&RuleWindow>,
        sink: &mut Sink,
    ) {
        let rest = kept.rest();
        let groups: Vec<(u128, &Arc<str>, &Gathered)> = kept.groups.groups().collect();
        let large = |group: &Gathered| group.samples >= over.at_least.max(1);
        let asked = groups.iter().filter(|(_, _, group)| large(group)).count();
        let asked = asked.max(1);
        let all: Vec<&Gathered> = groups.iter().map(|(_, _, group)| *group).collect();
        let rivals = rivals(over, &all, rest, |at| before?.known(groups[at].0));
        for ((_, label, group), rival) in groups.iter().zip(&rivals) {
            if group.fired {
                continue;
            }
            let judged = judge(over, group, rival, asked);
            let told = Told {
                window,
                until: window.end(),
                label,
                is_rest: false,
                group,
                judged: &judged,
                asked,
            };
            self.tell_window(index, over, &told, sink);
        }
        if let Some(rest) = rest {
            let told = Told {
                window,
                until: window.end(),
                label: "",
                is_rest: true,
                group: rest,
                judged: &judge_rest(over, rest),
                asked: 1,
            };
            self.tell_window(index, over, &told, sink);
        }
    }

    /// What a group of a window adds to the period: its violation by name, or that it kept the rule and had something to do with it.
    fn note_window(&self, index: RuleIndex, told: &Told<'_>, tally: &mut Tally) {
        match told.judged.verdict {
            Verdict::Violated => {
                let rule = &self.rule(index).rule;
                let trace_id = trace_of(rule, told);
                tally.named.push(Named {
                    rule: rule.id.clone(),
                    trace_id,
                    violation_id: ViolationId::of(&rule.id.0, trace_id, &[]),
                });
            }
            Verdict::Satisfied if told.group.samples > 0 => tally.kept_windows.push(index),
            _ => {}
        }
    }

    fn tell_window(&self, index: RuleIndex, over: &Over, told: &Told<'_>, sink: &mut Sink) {
        let Judged {
            verdict, reason, ..
        } = *told.judged;
        sink.tally
            .events
            .push(RuleEvent::Verdict(index, verdict, reason));
        if verdict == Verdict::Violated {
            sink.tally.events.push(RuleEvent::Violation(index));
        }
        if self.settings.kept_samples.is_some() {
            self.note_window(index, told, &mut sink.tally);
        }
        let is_told = match self.settings.report {
            Report::Violations => verdict == Verdict::Violated,
            // They are few.
            Report::Undecided | Report::All => true,
        };
        if is_told && self.keeps(index) {
            let rule = &self.rule(index).rule;
            sink.findings.push(finding(rule, over, told));
        }
    }
}

/// Figures of all rules, with what their windows came to that are over.
pub(crate) fn with_sums(
    windows: &Mutex<Windows>,
    set: &RuleSet,
    mut stats: Vec<RuleStats>,
) -> Vec<RuleStats> {
    let windows = windows.lock();
    for index in &set.plan.windows.rules {
        let plan = &set.plan.rules[index.index()];
        if let (Some(over), Some(stats)) = (&plan.rule.body.over, stats.get_mut(index.index())) {
            stats.windows = windows.sums.of(plan.key, over);
        }
    }
    stats
}

/// The rules are others from now on: those that were not there see no window whole that began before.
pub(crate) fn refit(windows: &Mutex<Windows>, old: &RuleSet, new: &RuleSet, now: Timestamp) {
    let rules = new.plan.windows.rules.iter();
    let keys = rules.map(|index| new.plan.rules[index.index()].key);
    let added: Vec<RuleKey> = keys
        .filter(|key| !old.plan.by_key.contains_key(key))
        .collect();
    let is_there = |key| new.plan.by_key.contains_key(&key);
    windows.lock().refit(is_there, &added, now);
}

/// Of the groups that were given up: what holds of all together holds of each, where the measure only grows.
fn judge_rest(over: &Over, rest: &Gathered) -> Judged {
    let judged = judge(over, rest, &Rival::None, 1);
    let is_of_each = grows(&over.measure) && breaks_upwards(over) && over.at_least == 0;
    match judged.verdict {
        Verdict::Satisfied if is_of_each => judged,
        _ => Judged {
            verdict: Verdict::Inconclusive,
            reason: Some(Reason::StateCap),
            ..judged
        },
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
