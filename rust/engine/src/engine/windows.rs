//! Rules over many traces: windows that are over are taken out and judged, as are groups that break their rule before that.

use std::sync::Arc;

use betrace_lang::rule::Over;
use betrace_lang::verdict::{Reason, Verdict};

use crate::engine::close::Cause;
use crate::engine::context::Context;
use crate::engine::rule_set::RuleSet;
use crate::engine::sink::{Outbox, Sink};
use crate::engine::tally::{RuleEvent, Tally};
use crate::finding::ViolationId;
use crate::intern::RuleKey;
use crate::logic::tri::Reasons;
use crate::period::Named;
use crate::plan::ids::RuleIndex;
use crate::settings::Report;
use crate::stats::RuleStats;
use crate::sync::{Mutex, MutexGuard, worked};
use crate::time::{EventTime, Timestamp};
use crate::windows::ended::{EndedRule, JudgedRule};
use crate::windows::fold::Crossed;
use crate::windows::judge::{Judged, judge};
use crate::windows::rivals::Rival;
use crate::windows::table::{OpenWindow, Windows};
use crate::windows::told::{Told, finding, trace_of};
use crate::windows::tumbling::Window;

impl Context<'_> {
    /// A group broke its rule before its window was over.
    pub(super) fn tell_crossed(
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

    /// Whether nothing counts in the window any more.
    fn is_over(&self, window: Window) -> bool {
        window.end() <= self.over_until()
    }

    /// Windows that end no later are over.
    pub(super) fn over_until(&self) -> u64 {
        let waits = self
            .settings
            .max_age
            .saturating_add(self.settings.idle_timeout);
        self.now.0.saturating_sub(waits)
    }

    /// Takes out the next window that is over, as what each rule gathered in it; where all traces were closed for some cause,
    /// any window.
    pub(super) fn end_window(&self, cause: Option<Cause>) -> Option<Vec<EndedRule>> {
        let until = cause.is_none().then(|| self.over_until());
        let mut table = self.windows.lock();
        let (window, mut open) = table.end_next(until)?;
        let mut ended = Vec::new();
        for index in self.rules.plan.windows.rules.iter().copied() {
            let over = self.rule(index).rule.body.over.as_ref();
            if let Some(over) = over.filter(|over| over.length == window.length) {
                ended.push(self.end_rule(index, over, (window, &mut open), &mut table, cause));
                MutexGuard::bump(&mut table);
            }
        }
        table.forget(window, &open);
        Some(ended)
    }

    fn end_rule(
        &self,
        index: RuleIndex,
        over: &Over,
        (window, open): (Window, &mut OpenWindow),
        table: &mut Windows,
        cause: Option<Cause>,
    ) -> EndedRule {
        worked(1);
        let rule = self.rule(index);
        let seen = open.seen[rule.completeness as usize];
        let is_older = table.is_older(rule.key, window);
        let idle = self.rules.untouched.windows.idle(index);
        // A rule that came later has not met those before.
        let is_unknown = open.is_short && !open.rules.contains_key(&rule.key);
        let idle = idle.filter(|_| !is_older && !is_unknown);
        let idle = idle.map(|idle| (idle, seen));
        let mut reasons = seen.reasons;
        if is_older {
            reasons.get_or_insert(Reasons::NONE).add(Reason::Reload);
        }
        let mut kept = table.take(rule.key, (window, open));
        if is_unknown {
            kept.open();
        }
        kept.end(over, idle);
        if let Some(missing) = self.missing(over, window, reasons, cause) {
            kept.any.open(missing);
        }
        EndedRule {
            rule: Arc::clone(&rule.rule),
            key: rule.key,
            window,
            kept,
            before: table.take_before(rule.key, window),
            is_wanted: self.is_wanted(window),
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
        within
            .is_none_or(|within| *within.start() <= window.start && window.last() <= *within.end())
    }

    /// Tells what was judged, until the rules are awaited; whether all of it is told. Of a rule that is gone there is nothing to be told.
    pub(super) fn tell_judged(
        &self,
        judged: &mut JudgedRule,
        outbox: &Outbox,
        sink: &mut Sink,
    ) -> bool {
        let plan = &self.rules.plan;
        let Some(index) = plan.by_key.get(&judged.key).copied() else {
            return true;
        };
        let Some(over) = &self.rule(index).rule.body.over else {
            return true;
        };
        judged.tell(over, |told| {
            worked(1);
            self.tell_window(index, over, told, sink);
            outbox.settle_much(sink, plan);
            !self.present.are_awaited()
        })
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
    let mut table = windows.lock();
    for index in &set.plan.windows.rules {
        let plan = &set.plan.rules[index.index()];
        if let (Some(over), Some(stats)) = (&plan.rule.body.over, stats.get_mut(index.index())) {
            stats.windows = table.sums.of(plan.key, over);
            worked(stats.windows.len());
            MutexGuard::bump(&mut table);
        }
    }
    stats
}

/// The rules are others from now on: those that were not there see no window whole that began before.
pub(crate) fn begin_rules(windows: &Mutex<Windows>, old: &RuleSet, new: &RuleSet, now: Timestamp) {
    let rules = new.plan.windows.rules.iter();
    let keys = rules.map(|index| new.plan.rules[index.index()].key);
    let added: Vec<RuleKey> = keys
        .filter(|key| !old.plan.by_key.contains_key(key))
        .collect();
    windows.lock().begin_rules(&added, now);
}

/// Forgets what rules gathered that are gone, a window at a time. Nobody asks for it any more.
pub(crate) fn forget_others(windows: &Mutex<Windows>, present: &RuleSet) {
    let is_there = |key| present.plan.by_key.contains_key(&key);
    let (mut gone, mut last) = (Vec::new(), None);
    let mut table = windows.lock();
    while let Some((window, _)) = table.next_open(last) {
        table.take_others(window, is_there, &mut gone);
        last = Some(window);
        MutexGuard::bump(&mut table);
    }
    table.forget_others(is_there);
    let before = table.take_given_up();
    // What they held is given back while others go on.
    drop(table);
    drop((gone, before));
}
