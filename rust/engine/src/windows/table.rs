//! The windows that are open, by rule and by their start.

use std::collections::BTreeMap;
use std::ops::Bound;

use betrace_lang::rule::Over;
use betrace_lang::verdict::Reason;
use hashbrown::HashMap;

use crate::intern::RuleKey;
use crate::logic::tri::Reasons;
use crate::stats::Stats;
use crate::sync::worked;
use crate::time::Timestamp;
use crate::window::grouped::Grouped;
use crate::windows::by_size::BySize;
use crate::windows::gathered::Gathered;
use crate::windows::rule_window::{RuleWindow, SeenByAsked, SeenTraces};
use crate::windows::sums::Sums;
use crate::windows::tumbling::Window;

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
    /// Windows that end no later are over: none of them is opened again, whatever time a call goes by that is still under way.
    over_until: u64,
    /// Windows that end no later were told: where the end of the last one stands. It is stored, so that a clock that was set back
    /// over a restart has none of them told again, and a clock that was ahead for a while ends none for good.
    pub(super) told_until: u64,
    /// What windows that are over came to.
    pub sums: Sums,
    pub(super) salt: u64,
    /// What all of it may take, in bytes.
    pub(super) bound: usize,
    pub(super) bytes: usize,
    /// What rules have gathered in open windows, by how much that is.
    by_size: BySize,
    /// What was given up, until whoever has the table [takes it out](Windows::take_given_up).
    given_up: Vec<Grouped<Gathered>>,
    /// Memory for the name of a group.
    pub(super) label: String,
}

/// One window.
#[derive(Debug, Default)]
pub(crate) struct OpenWindow {
    pub seen: SeenByAsked,
    /// What rules have gathered in it; in no order.
    pub rules: HashMap<RuleKey, Box<RuleWindow>>,
    /// Memory was short: what those gathered or would have that are not there is not known.
    pub is_short: bool,
}

/// At most so much of the bound is one window's of one rule.
pub(crate) const SHARE: usize = 16;

/// So many windows of rules are emptied at most where one grows.
const EMPTIED_AT_ONCE: usize = 64;

impl Windows {
    /// `bound` is in bytes; `salt` is the same for all whose windows are ever put together.
    pub fn new(salt: u64, bound: usize) -> Windows {
        Windows {
            open: BTreeMap::new(),
            before: BTreeMap::new(),
            since: BTreeMap::new(),
            late: 0,
            over_until: 0,
            told_until: 0,
            sums: Sums::new(bound / SHARE),
            salt,
            bound,
            bytes: 0,
            by_size: BySize::default(),
            given_up: Vec::new(),
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

    /// Traces that began in the window closed. `false`: it is over by the time of another call, and they count in none.
    pub fn note(&mut self, window: Window, closed: SeenByAsked) -> bool {
        if window.end() <= self.over_until {
            let [SeenTraces { closed, .. }, ..] = closed;
            self.late += closed.complete + closed.incomplete;
            return false;
        }
        let OpenWindow { seen, .. } = self.open.entry(window).or_default();
        for (seen, closed) in seen.iter_mut().zip(closed) {
            seen.join(closed);
        }
        true
    }

    /// Takes out the next window that is over, the oldest first. `until`: those that end no later; `None`: all.
    pub fn end_next(&mut self, until: Option<u64>) -> Option<(Window, OpenWindow)> {
        self.over_until = self.over_until.max(until.unwrap_or_default());
        let (window, _) = self.open.first_key_value()?;
        if until.is_some_and(|until| window.end() > until) {
            return None;
        }
        self.told_until = self.told_until.max(window.end());
        self.open.pop_first()
    }

    /// Windows that end no later were told by an engine of before.
    pub(super) fn go_on_behind(&mut self, told_until: u64) {
        self.told_until = told_until;
        self.over_until = self.over_until.max(told_until);
    }

    /// What a rule gathered in a window that was taken out.
    pub fn take(&mut self, rule: RuleKey, (window, from): (Window, &mut OpenWindow)) -> RuleWindow {
        let Some(taken) = from.rules.remove(&rule) else {
            return RuleWindow::new(self.salt, self.bound / SHARE);
        };
        self.weigh_anew((window, rule), taken.heap_bytes(), 0);
        *taken
    }

    /// Nobody asks for the rest of a window that was taken out.
    pub fn forget(&mut self, window: Window, rest: &OpenWindow) {
        for (rule, kept) in &rest.rules {
            self.weigh_anew((window, *rule), kept.heap_bytes(), 0);
        }
    }

    /// What a rule gathered in a window took `before` bytes and takes `after` now.
    pub(super) fn weigh_anew(&mut self, of: (Window, RuleKey), before: usize, after: usize) {
        self.bytes = (self.bytes + after).saturating_sub(before);
        self.by_size.change(of, before, after);
    }

    /// What a rule gathered in the window before this one, if it was there.
    pub fn take_before(&mut self, rule: RuleKey, window: Window) -> Option<Box<RuleWindow>> {
        let (before, kept) = self.before.remove(&rule)?;
        self.bytes = self.bytes.saturating_sub(kept.heap_bytes());
        (before.end() == window.start).then_some(kept)
    }

    /// What a rule gathered in a window that is over is asked for in the next.
    pub fn keep_for_next(&mut self, rule: RuleKey, window: Window, kept: Box<RuleWindow>) {
        self.bytes += kept.heap_bytes();
        if let Some((_, old)) = self.before.insert(rule, (window, kept)) {
            self.bytes = self.bytes.saturating_sub(old.heap_bytes());
        }
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
    pub fn is_older(&self, rule: RuleKey, window: Window) -> bool {
        let since = self.since.get(&rule);
        since.is_some_and(|since| window.start < since.0)
    }

    /// These rules see no window whole that began before now.
    pub fn begin_rules(&mut self, rules: &[RuleKey], now: Timestamp) {
        self.since.extend(rules.iter().map(|rule| (*rule, now)));
    }

    /// The open window behind this one; `None`: the first.
    pub fn next_open(&self, last: Option<Window>) -> Option<(Window, &OpenWindow)> {
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        let (window, open) = self.open.range((from, Bound::Unbounded)).next()?;
        Some((*window, open))
    }

    /// Takes out what other rules than these gathered in a window.
    pub fn take_others(
        &mut self,
        window: Window,
        rules: impl Fn(RuleKey) -> bool,
        taken: &mut Vec<(RuleKey, Box<RuleWindow>)>,
    ) {
        let Some(open) = self.open.get_mut(&window) else {
            return;
        };
        worked(open.rules.len());
        for other in open.rules.extract_if(|rule, _| !rules(*rule)) {
            let bytes = other.1.heap_bytes();
            self.bytes = self.bytes.saturating_sub(bytes);
            self.by_size.change((window, other.0), bytes, 0);
            taken.push(other);
        }
    }

    /// Forgets whatever else there is of other rules than these.
    pub fn forget_others(&mut self, rules: impl Fn(RuleKey) -> bool) {
        self.forget_before(&rules);
        self.since.retain(|rule, _| rules(*rule));
        self.sums.refit(rules);
    }

    /// Of what is asked for in the next windows only that of some rules stays.
    fn forget_before(&mut self, rules: impl Fn(RuleKey) -> bool) {
        for (_, (_, kept)) in self.before.extract_if(.., |rule, _| !rules(*rule)) {
            self.bytes = self.bytes.saturating_sub(kept.heap_bytes());
            self.given_up.push(kept.groups);
        }
    }

    /// All that is there was put there since it was empty.
    pub(super) fn weigh(&mut self) {
        self.bytes = 0;
        for (window, open) in &self.open {
            for (rule, kept) in &open.rules {
                self.bytes += kept.heap_bytes();
                self.by_size.change((*window, *rule), 0, kept.heap_bytes());
            }
        }
        let before = self.before.values().map(|(_, kept)| kept.heap_bytes());
        self.bytes += before.sum::<usize>();
    }

    /// Thousands of groups, perhaps: to be dropped once others have the table.
    #[must_use]
    pub fn take_given_up(&mut self) -> Vec<Grouped<Gathered>> {
        std::mem::take(&mut self.given_up)
    }

    /// A rule gathers in a window from now on. `false`: memory is short, and nobody knows what it would.
    pub(super) fn admit(&mut self, window: Window, rule: RuleKey) -> bool {
        // What is large goes for those that come, what is small does not.
        self.shed(RuleWindow::LEAST_BYTES, 8 * RuleWindow::LEAST_BYTES);
        let is_short = self.bytes() + RuleWindow::LEAST_BYTES > self.bound;
        let Some(open) = self.open.get_mut(&window) else {
            return false;
        };
        open.is_short |= is_short;
        if open.is_short {
            return false;
        }
        let new = RuleWindow::new(self.salt, self.bound / SHARE);
        open.rules.insert(rule, Box::new(new));
        self.weigh_anew((window, rule), 0, RuleWindow::LEAST_BYTES);
        true
    }

    /// Empties one of the largest windows of `least` bytes after the other until all fit and `more` bytes, then those before them; of
    /// many that are small some now, and more when the next come.
    pub(super) fn shed(&mut self, more: usize, least: usize) {
        for _ in 0..EMPTIED_AT_ONCE {
            if self.bytes() + more <= self.bound {
                return;
            }
            let Some(largest) = self.by_size.take_largest(least) else {
                if least == 0 {
                    self.forget_before(|_| false);
                }
                return;
            };
            worked(1);
            self.empty(largest);
        }
    }

    /// Forgets what a rule gathered in a window, and where that is nothing any more, that it did.
    fn empty(&mut self, (window, rule): (Window, RuleKey)) {
        let Some(open) = self.open.get_mut(&window) else {
            return;
        };
        let Some(kept) = open.rules.get_mut(&rule) else {
            return;
        };
        let before = kept.heap_bytes();
        self.given_up.push(kept.groups.forget_all());
        kept.any.open(Reasons::of(Reason::Memory));
        let mut after = kept.heap_bytes();
        if after >= before {
            open.rules.remove(&rule);
            open.is_short = true;
            after = 0;
        }
        self.bytes = self.bytes.saturating_sub(before);
        // Its place among the others was taken.
        self.weigh_anew((window, rule), 0, after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_is_taken_out_once_and_told_as_short() {
        let window = Window {
            start: 0,
            length: 60,
        };
        let mut table = Windows::new(1, 20 * RuleWindow::LEAST_BYTES);
        assert!(table.note(window, SeenByAsked::default()));
        let admitted = (0..30).filter(|rule| table.admit(window, RuleKey(*rule)));
        let admitted = admitted.count();
        assert!((1..=20).contains(&admitted), "{admitted}");
        assert!(table.take_given_up().is_empty());
        table.shed(table.bound, 0);
        assert_eq!(table.take_given_up().len(), admitted);
        assert!(table.take_given_up().is_empty());
        assert_eq!(table.bytes(), table.sums.bytes());
        assert!(table.open[&window].is_short);
    }
}
