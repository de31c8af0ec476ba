//! Rules over many traces: windows that are over are judged, as are groups that break their rule before that.

use std::sync::Arc;

use betrace_lang::rule::Over;
use betrace_lang::verdict::{Reason, Verdict};

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
use crate::stats::RuleStats;
use crate::sync::Mutex;
use crate::time::{EventTime, Timestamp};
use crate::windows::fold::Crossed;
use crate::windows::gathered::{Gathered, grows};
use crate::windows::judge::{Judged, breaks_upwards, judge, looks_back};
use crate::windows::rivals::{Rival, rivals};
use crate::windows::rule_window::{RuleWindow, Window};
use crate::windows::table::Windows;
use crate::windows::told::{Told, finding, trace_of};

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
