//! The windows that are open, by rule and by their start.

use std::collections::BTreeMap;

use betrace_lang::rule::{Completeness, Over, Peer, WindowBound, WindowMeasure};
use betrace_lang::verdict::Reason;

use crate::intern::RuleKey;
use crate::logic::tri::Reasons;
use crate::stats::Stats;
use crate::time::Timestamp;
use crate::window::grouped::Grouped;
use crate::windows::adds::{Added, Adds, Idle, WindowGroup};
use crate::windows::exemplars::Exemplar;
use crate::windows::gathered::Gathered;
use crate::windows::judge::{breaks_upwards, has_crossed};
use crate::windows::rule_window::{RuleWindow, SeenByAsked, SeenTraces, Window};
use crate::windows::sums::Sums;

/// Of all rules.
#[derive(Debug)]
pub(crate) struct Windows {
    /// Windows in which traces closed.
    pub(super) seen: BTreeMap<Window, SeenByAsked>,
    pub(super) rules: BTreeMap<(RuleKey, Window), RuleWindow>,
    /// Of rules that look back, the last window that was over.
    pub(super) before: BTreeMap<RuleKey, (Window, RuleWindow)>,
    /// Since when rules are there that were not from the beginning.
    pub(super) since: BTreeMap<RuleKey, Timestamp>,
    /// Traces whose window was over, or that name no time in which they began.
    pub late: u64,
    /// What windows that are over came to.
    pub sums: Sums,
    salt: u64,
    /// What all of it may take, in bytes.
    bound: usize,
    bytes: usize,
}

/// At most so much of the bound is one window's of one rule.
pub(crate) const SHARE: usize = 16;

/// A group that broke its rule before its window was over, as it stood then.
#[derive(Clone, Debug)]
pub(crate) struct Crossed {
    pub window: Window,
    pub label: String,
    pub group: Gathered,
}

impl Windows {
    /// `bound` is in bytes; `salt` is the same for all whose windows are ever put together.
    pub fn new(salt: u64, bound: usize) -> Windows {
        Windows {
            seen: BTreeMap::new(),
            rules: BTreeMap::new(),
            before: BTreeMap::new(),
            since: BTreeMap::new(),
            late: 0,
            sums: Sums::new(bound / SHARE),
            salt,
            bound,
            bytes: 0,
        }
    }

    /// In bytes.
    pub fn bytes(&self) -> usize {
        self.bytes + self.sums.bytes()
    }

    /// Adds what is counted.
    pub fn count(&self, stats: &mut Stats) {
        stats.open_windows = self.seen.len() as u64;
        stats.late_in_windows = self.late;
        stats.memory_bytes += self.bytes() as u64;
    }

    /// A trace that began in the window closed.
    pub fn note(&mut self, window: Window, reasons: Reasons) {
        let seen = self.seen.entry(window).or_default();
        for asked in Completeness::ALL {
            let reasons = reasons.asked_for(asked);
            let seen = &mut seen[asked as usize];
            seen.closed.count(reasons.is_empty());
            if !reasons.is_empty() {
                seen.reasons = Some(seen.reasons.unwrap_or(Reasons::NONE).with(reasons));
            }
        }
    }

    /// A trace is asked by itself.
    pub fn meet(&mut self, rule: RuleKey, window: Window, is_complete: bool) {
        if !self.seen.contains_key(&window) {
            return;
        }
        let (salt, bound) = (self.salt, self.bound / SHARE);
        let kept = self.rules.entry((rule, window)).or_insert_with(|| {
            let new = RuleWindow::new(salt, bound);
            self.bytes += new.heap_bytes();
            new
        });
        kept.met.count(is_complete);
    }

    /// Folds in what a trace adds for a rule. Groups that break it by that, if `early` says that they are asked for.
    pub fn fold(
        &mut self,
        (rule, over): (RuleKey, &Over),
        window: Window,
        adds: Adds,
        shown: Exemplar,
        early: bool,
    ) -> Vec<Crossed> {
        // Another call, of a later time, may have ended it meanwhile.
        if !self.seen.contains_key(&window) {
            self.late += 1;
            return Vec::new();
        }
        let bound = self.bound / SHARE;
        let salt = self.salt;
        let kept = self.rules.entry((rule, window)).or_insert_with(|| {
            let new = RuleWindow::new(salt, bound);
            self.bytes += new.heap_bytes();
            new
        });
        let before = kept.heap_bytes();
        let mut crossed = Vec::new();
        if let Some(reasons) = adds.open {
            kept.any.open(reasons);
        }
        let mut parts = adds.parts;
        if !over.by.is_empty() {
            parts.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        for parts in parts.chunk_by(|(one, _), (other, _)| one == other) {
            let Some(Some(group)) = parts.first().map(|(group, _)| group) else {
                for (_, seen) in parts {
                    kept.any.add(*seen, &over.measure);
                }
                continue;
            };
            let weight = weight(over, parts);
            let mut fired = None;
            let add = |gathered: &mut Gathered| {
                parts
                    .iter()
                    .for_each(|(_, seen)| gathered.add(*seen, &over.measure));
                if let Some(weight) = weight {
                    gathered.exemplars.add(Exemplar { weight, ..shown });
                }
                if early && !gathered.fired && has_crossed(over, gathered) {
                    gathered.fired = true;
                    fired = Some(gathered.clone());
                }
            };
            let name = || {
                self.sums.name(rule, over, &group.label);
                group.label.clone()
            };
            kept.groups.update(group.key, name, add);
            if let Some(gathered) = fired
                && kept.groups.get(group.key).is_some()
            {
                crossed.push(Crossed {
                    window,
                    label: group.label.clone(),
                    group: gathered,
                });
            }
        }
        let after = kept.heap_bytes();
        self.bytes = (self.bytes + after).saturating_sub(before);
        self.shed();
        crossed
    }

    /// Windows that are over, the oldest first. `until`: those that end no later; `None`: all.
    pub fn over(&self, until: Option<u64>) -> Vec<Window> {
        let all = self.seen.keys().copied();
        let mut over: Vec<Window> = all
            .filter(|window| until.is_none_or(|until| window.end() <= until))
            .collect();
        over.sort_by_key(|window| (window.end(), window.length));
        over
    }

    /// Takes out what a rule gathered in a window that is over, with whatever else is known of it. `idle`: what it asks of a
    /// trace, and what those add that were not asked one by one.
    pub fn take(
        &mut self,
        (rule, over): (RuleKey, &Over),
        window: Window,
        idle: Option<(Completeness, Idle)>,
    ) -> RuleWindow {
        let taken = self.rules.remove(&(rule, window));
        if let Some(taken) = &taken {
            self.bytes = self.bytes.saturating_sub(taken.heap_bytes());
        }
        let mut taken = taken.unwrap_or_else(|| RuleWindow::new(self.salt, self.bound / SHARE));
        if over.by.is_empty() && taken.groups.get(0).is_none() {
            taken.groups.update(0, String::new, |_| {});
        }
        // A rule that came later has not met those before.
        if let Some((asked, idle)) = idle
            && !self.is_older(rule, window)
            && let Some(seen) = self.seen.get(&window)
        {
            let SeenTraces { reasons, closed } = seen[asked as usize];
            let complete = closed.complete.saturating_sub(taken.met.complete);
            let incomplete = closed.incomplete.saturating_sub(taken.met.incomplete);
            let add = |group: &mut Gathered| {
                group.add_idle(idle.complete, complete, Reasons::NONE);
                group.add_idle(
                    idle.incomplete,
                    incomplete,
                    reasons.unwrap_or(Reasons::NONE),
                );
            };
            taken.groups.update(0, String::new, add);
        }
        taken
    }

    /// The window before, if it was there.
    pub fn before(&self, rule: RuleKey, window: Window) -> Option<&RuleWindow> {
        let (before, kept) = self.before.get(&rule)?;
        (before.end() == window.start).then_some(kept)
    }

    /// A window is over for a rule: it is counted, and kept if that looks back.
    pub fn ended(&mut self, rule: RuleKey, over: &Over, window: Window, kept: RuleWindow) {
        self.sums.add((rule, over), &kept.groups, &kept.any);
        let looks_back = matches!(
            over.bound,
            WindowBound::Peer {
                peer: Peer::Before,
                ..
            }
        );
        if !looks_back {
            return;
        }
        self.bytes += kept.heap_bytes();
        if let Some((_, old)) = self.before.insert(rule, (window, kept)) {
            self.bytes = self.bytes.saturating_sub(old.heap_bytes());
        }
    }

    /// A window is over for all rules. Why some of its traces were not complete.
    pub fn forget(&mut self, window: Window) {
        self.seen.remove(&window);
    }

    /// Why what a rule saw of a window was not all of it.
    pub fn missing(&self, rule: RuleKey, asked: Completeness, window: Window) -> Option<Reasons> {
        let seen = self.seen.get(&window);
        let mut missing = seen.and_then(|seen| seen[asked as usize].reasons);
        if self.is_older(rule, window) {
            missing.get_or_insert(Reasons::NONE).add(Reason::Reload);
        }
        missing
    }

    /// Names the groups of a rule that were restored.
    pub fn name_groups(&mut self, rule: RuleKey, over: &Over) {
        let open = self.rules.iter().filter(|((of, _), _)| *of == rule);
        for (_, kept) in open {
            for (_, label, _) in kept.groups.groups() {
                self.sums.name(rule, over, label);
            }
        }
    }

    /// Whether the window began before the rule came.
    fn is_older(&self, rule: RuleKey, window: Window) -> bool {
        let since = self.since.get(&rule);
        since.is_some_and(|since| window.start < since.0)
    }

    /// The rules are others from now on.
    pub fn refit(&mut self, rules: impl Fn(RuleKey) -> bool, new: &[RuleKey], now: Timestamp) {
        self.rules.retain(|(rule, _), _| rules(*rule));
        self.before.retain(|rule, _| rules(*rule));
        self.since.retain(|rule, _| rules(*rule));
        self.since.extend(new.iter().map(|rule| (*rule, now)));
        self.sums.refit(rules);
        self.weigh();
    }

    pub(super) fn weigh(&mut self) {
        let open = self.rules.values().map(RuleWindow::heap_bytes);
        let before = self.before.values().map(|(_, kept)| kept.heap_bytes());
        self.bytes = open.chain(before).sum();
    }

    /// Empties the largest window until all fit.
    fn shed(&mut self) {
        while self.bytes() > self.bound {
            let largest = self
                .rules
                .iter_mut()
                .max_by_key(|(_, kept)| kept.heap_bytes());
            let Some((_, kept)) = largest else {
                self.before.clear();
                return self.weigh();
            };
            let bytes = kept.heap_bytes();
            kept.groups = Grouped::new(self.salt, 0);
            kept.any.open(Reasons::of(Reason::Memory));
            let left = kept.heap_bytes();
            self.bytes = self.bytes.saturating_sub(bytes.saturating_sub(left));
            if left >= bytes {
                return;
            }
        }
    }
}

/// How much a trace speaks against the rule; `None`: not at all.
fn weight(over: &Over, parts: &[(Option<WindowGroup>, Added)]) -> Option<f64> {
    let is_upwards = breaks_upwards(over);
    let values = parts.iter().filter_map(|(_, seen)| match seen {
        Added::Value(number) => Some(number.to_f64()),
        _ => None,
    });
    let weight = match over.measure {
        WindowMeasure::Of { .. } | WindowMeasure::Quantile { .. } if is_upwards => {
            values.reduce(f64::max).unwrap_or(0.0)
        }
        WindowMeasure::Of { .. } | WindowMeasure::Quantile { .. } => {
            values.reduce(f64::min).map_or(0.0, |least| -least)
        }
        _ => {
            let speaks = |(_, seen): &&(Option<WindowGroup>, Added)| match seen {
                Added::Part(is_hit) => *is_hit == is_upwards,
                Added::Span => true,
                _ => false,
            };
            let count = parts.iter().filter(speaks).count();
            return (count > 0).then_some(count as f64);
        }
    };
    weight.is_finite().then_some(weight)
}
