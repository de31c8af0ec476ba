//! The windows that are open, by rule and by their start.

use std::collections::BTreeMap;

use betrace_lang::rule::{Completeness, Over};
use betrace_lang::verdict::Reason;
use hashbrown::HashMap;

use crate::intern::RuleKey;
use crate::logic::tri::Reasons;
use crate::stats::Stats;
use crate::time::Timestamp;
use crate::windows::adds::Idle;
use crate::windows::gathered::Gathered;
use crate::windows::rule_window::{RuleWindow, SeenByAsked, SeenTraces, Window};
use crate::windows::sums::Sums;

/// Of all rules.
#[derive(Debug)]
pub(crate) struct Windows {
    /// Windows in which traces closed.
    pub(super) open: BTreeMap<Window, OpenWindow>,
    /// Of rules that look back, the last window that was over.
    pub(super) before: BTreeMap<RuleKey, (Window, Box<RuleWindow>)>,
    /// Since when rules are there that were not from the beginning.
    pub(super) since: BTreeMap<RuleKey, Timestamp>,
    /// Traces whose window was over, or that name no time in which they began.
    pub late: u64,
    /// What windows that are over came to.
    pub sums: Sums,
    pub(super) salt: u64,
    /// What all of it may take, in bytes.
    pub(super) bound: usize,
    pub(super) bytes: usize,
    /// Memory for the name of a group.
    pub(super) label: String,
}

/// One window.
#[derive(Debug, Default)]
pub(crate) struct OpenWindow {
    pub seen: SeenByAsked,
    /// What rules have gathered in it; in no order.
    pub rules: HashMap<RuleKey, Box<RuleWindow>>,
}

/// At most so much of the bound is one window's of one rule.
pub(crate) const SHARE: usize = 16;

impl Windows {
    /// `bound` is in bytes; `salt` is the same for all whose windows are ever put together.
    pub fn new(salt: u64, bound: usize) -> Windows {
        Windows {
            open: BTreeMap::new(),
            before: BTreeMap::new(),
            since: BTreeMap::new(),
            late: 0,
            sums: Sums::new(bound / SHARE),
            salt,
            bound,
            bytes: 0,
            label: String::new(),
        }
    }

    /// In bytes.
    pub fn bytes(&self) -> usize {
        self.bytes + self.sums.bytes()
    }

    /// Adds what is counted.
    pub fn count(&self, stats: &mut Stats) {
        stats.open_windows = self.open.len() as u64;
        stats.late_in_windows = self.late;
        stats.memory_bytes += self.bytes() as u64;
    }

    /// Traces that began in the window closed.
    pub fn note(&mut self, window: Window, closed: SeenByAsked) {
        let OpenWindow { seen, .. } = self.open.entry(window).or_default();
        for (seen, closed) in seen.iter_mut().zip(closed) {
            seen.join(closed);
        }
    }

    /// Windows that are over, the oldest first. `until`: those that end no later; `None`: all.
    pub fn over(&self, until: Option<u64>) -> Vec<Window> {
        let all = self.open.keys().copied();
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
        let open = self.open.get_mut(&window);
        let taken = open.and_then(|open| open.rules.remove(&rule));
        if let Some(taken) = &taken {
            self.bytes = self.bytes.saturating_sub(taken.heap_bytes());
        }
        let mut taken = match taken {
            Some(taken) => *taken,
            None => RuleWindow::new(self.salt, self.bound / SHARE),
        };
        if over.by.is_empty() && taken.groups.get(0).is_none() {
            taken.groups.update(0, String::new, |_| {});
        }
        // A rule that came later has not met those before.
        if let Some((asked, idle)) = idle
            && !self.is_older(rule, window)
            && let Some(open) = self.open.get(&window)
        {
            let SeenTraces { reasons, closed } = open.seen[asked as usize];
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

    /// What a rule gathered in a window that is over is asked for in the next.
    pub fn keep_for_next(&mut self, rule: RuleKey, window: Window, kept: RuleWindow) {
        self.bytes += kept.heap_bytes();
        if let Some((_, old)) = self.before.insert(rule, (window, Box::new(kept))) {
            self.bytes = self.bytes.saturating_sub(old.heap_bytes());
        }
    }

    /// A window is over for all rules, which took what they gathered in it.
    pub fn forget(&mut self, window: Window) {
        self.open.remove(&window);
    }

    /// Why what a rule saw of a window was not all of it.
    pub fn missing(&self, rule: RuleKey, asked: Completeness, window: Window) -> Option<Reasons> {
        let open = self.open.get(&window);
        let mut missing = open.and_then(|open| open.seen[asked as usize].reasons);
        if self.is_older(rule, window) {
            missing.get_or_insert(Reasons::NONE).add(Reason::Reload);
        }
        missing
    }

    /// Names the groups of a rule that were restored.
    pub fn name_groups(&mut self, rule: RuleKey, over: &Over) {
        let open = self.open.values();
        for kept in open.filter_map(|open| open.rules.get(&rule)) {
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
        for open in self.open.values_mut() {
            open.rules.retain(|rule, _| rules(*rule));
        }
        self.before.retain(|rule, _| rules(*rule));
        self.since.retain(|rule, _| rules(*rule));
        self.since.extend(new.iter().map(|rule| (*rule, now)));
        self.sums.refit(rules);
        self.weigh();
    }

    pub(super) fn weigh(&mut self) {
        let open = self.open.values().flat_map(|open| open.rules.values());
        let open = open.map(|kept| kept.heap_bytes());
        let before = self.before.values().map(|(_, kept)| kept.heap_bytes());
        self.bytes = open.chain(before).sum();
    }

    /// Empties the largest window until all fit.
    pub(super) fn shed(&mut self) {
        while self.bytes() > self.bound {
            let open = self.open.iter_mut();
            let open = open.flat_map(|(window, open)| {
                let rules = open.rules.iter_mut();
                rules.map(|(rule, kept)| (*window, *rule, kept))
            });
            let largest =
                open.max_by_key(|(window, rule, kept)| (kept.heap_bytes(), *window, *rule));
            let Some((.., kept)) = largest else {
                self.before.clear();
                return self.weigh();
            };
            let bytes = kept.heap_bytes();
            kept.groups.forget_all();
            kept.any.open(Reasons::of(Reason::Memory));
            let left = kept.heap_bytes();
            self.bytes = self.bytes.saturating_sub(bytes.saturating_sub(left));
            if left >= bytes {
                return;
            }
        }
    }
}
