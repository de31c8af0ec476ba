//! What a rule gathered in a window that is over: taken out of the table, added up and judged, while others go on with the
//! windows that are open.
//!
//! Of thousands of groups each is added up and judged, and may be held against all the others. Nothing of that is done while
//! the table is held but adding up, and that some groups at a time.

use std::sync::Arc;
use std::vec;

use betrace_lang::rule::{Over, Rule};
use betrace_lang::verdict::{Reason, Verdict};

use crate::intern::RuleKey;
use crate::sync::{Mutex, MutexGuard, worked};
use crate::window::grouped::KeptGroup;
use crate::windows::gathered::Gathered;
use crate::windows::judge::{Judged, is_kept_by_each, judge, looks_back};
use crate::windows::rivals::{Rival, rivals};
use crate::windows::rule_window::RuleWindow;
use crate::windows::sums::GroupSums;
use crate::windows::table::Windows;
use crate::windows::told::Told;
use crate::windows::tumbling::Window;

/// After so many groups whoever waits for the table goes first.
pub(super) const GROUPS_AT_ONCE: usize = if cfg!(loom) { 1 } else { 256 };

/// Of one rule.
pub(crate) struct EndedRule {
    pub rule: Arc<Rule>,
    pub key: RuleKey,
    pub window: Window,
    /// All that is known of the window.
    pub kept: RuleWindow,
    /// The window before, if it was there.
    pub before: Option<Box<RuleWindow>>,
    /// Whether its verdicts are asked for.
    pub is_wanted: bool,
}

impl EndedRule {
    /// Adds up what it came to, and judges it. `None`: nobody asks for that.
    pub fn judge(self, windows: &Mutex<Windows>) -> Option<JudgedRule> {
        let over = self.rule.body.over.as_ref()?;
        self.add_up(over, windows);
        let for_next = looks_back(over).then(|| Box::new(self.kept.clone()));
        let (key, window) = (self.key, self.window);
        let judged = self.is_wanted.then(|| {
            let kept = self.kept.completed();
            let (judged, asked) = judge_groups(over, &kept, self.before.as_deref());
            let (groups, others) = kept.groups.into_groups();
            let groups = groups.into_iter().zip(judged);
            let groups: Vec<_> = groups
                .filter_map(|(group, one)| Some((group, one?)))
                .collect();
            JudgedRule {
                key,
                window,
                groups: groups.into_iter(),
                rest: others.were_given_up().then_some(others.summary),
                asked,
            }
        });
        if let Some(kept) = for_next {
            windows.lock().keep_for_next(self.key, self.window, kept);
        }
        judged
    }

    fn add_up(&self, over: &Over, windows: &Mutex<Windows>) {
        let mut table = windows.lock();
        let mut nameless = Vec::new();
        for (number, (_, label, group)) in self.kept.groups.groups().enumerate() {
            if !table.sums.add(self.key, over, label, group) {
                nameless.push((label, group));
            }
            lend(&mut table, number);
        }
        // Those whose names are not used any more are known now.
        for (number, (label, _)) in nameless.iter().enumerate() {
            table.sums.name(self.key, over, label);
            lend(&mut table, number);
        }
        let mut rest = GroupSums::default();
        for (number, (label, group)) in nameless.into_iter().enumerate() {
            if !table.sums.add(self.key, over, label, group) {
                rest.add(group);
            }
            lend(&mut table, number);
        }
        rest.add(&self.kept.groups.others().summary);
        table.sums.end(self.key, over, rest, &self.kept.any);
    }
}

/// Something was done for one group more.
fn lend(table: &mut MutexGuard<'_, Windows>, number: usize) {
    worked(1);
    if (number + 1).is_multiple_of(GROUPS_AT_ONCE) {
        MutexGuard::bump(table);
    }
}

/// An answer for each group that has none yet, and how many groups were asked about together.
fn judge_groups(
    over: &Over,
    kept: &RuleWindow,
    before: Option<&RuleWindow>,
) -> (Vec<Option<Judged>>, usize) {
    let keys: Vec<u128> = kept.groups.groups().map(|(key, ..)| key).collect();
    let groups: Vec<&Gathered> = kept.groups.groups().map(|(.., group)| group).collect();
    worked(groups.len());
    let is_large = |group: &&&Gathered| group.samples >= over.at_least.max(1);
    let asked = groups.iter().filter(is_large).count().max(1);
    let rivals = rivals(over, &groups, kept.rest(), |at| before?.known(keys[at]));
    let judged = groups
        .iter()
        .zip(&rivals)
        .map(|(group, rival)| (!group.fired).then(|| judge(over, group, rival, asked)));
    (judged.collect(), asked)
}

/// Of the groups that were given up, of which is known what they come to together.
fn judge_rest(over: &Over, rest: &Gathered) -> Judged {
    let judged = judge(over, rest, &Rival::None, 1);
    match judged.verdict {
        Verdict::Satisfied if is_kept_by_each(over) => judged,
        Verdict::Inconclusive if judged.reason == Some(Reason::Memory) => judged,
        _ => Judged {
            verdict: Verdict::Inconclusive,
            reason: Some(Reason::StateCap),
            ..judged
        },
    }
}

/// Judged, and told group by group.
pub(crate) struct JudgedRule {
    pub key: RuleKey,
    window: Window,
    /// Those that were not told before the window was over.
    groups: vec::IntoIter<(Box<KeptGroup<Gathered>>, Judged)>,
    /// Those that were given up.
    rest: Option<Gathered>,
    /// How many groups were asked about together.
    asked: usize,
}

impl JudgedRule {
    /// Tells one answer after the other, as long as `tell` goes on; whether all are told.
    pub fn tell(&mut self, over: &Over, mut tell: impl FnMut(&Told<'_>) -> bool) -> bool {
        for (group, judged) in self.groups.by_ref() {
            let goes_on = tell(&Told {
                window: self.window,
                until: self.window.end(),
                label: &group.label,
                is_rest: false,
                group: &group.summary,
                judged: &judged,
                asked: self.asked,
            });
            if !goes_on {
                return false;
            }
        }
        if let Some(rest) = self.rest.take() {
            tell(&Told {
                window: self.window,
                until: self.window.end(),
                label: "",
                is_rest: true,
                group: &rest,
                judged: &judge_rest(over, &rest),
                asked: 1,
            });
        }
        true
    }
}
