//! Open windows as a snapshot holds them.

use std::collections::BTreeMap;

use betrace_lang::rule::Completeness;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::intern::RuleKey;
use crate::logic::tri::Reasons;
use crate::sync::{Mutex, MutexGuard, worked};
use crate::time::Timestamp;
use crate::window::grouped::Grouped;
use crate::windows::ended::GROUPS_AT_ONCE;
use crate::windows::gathered::Gathered;
use crate::windows::rule_window::{Closed, RuleWindow, SeenByAsked, SeenTraces};
use crate::windows::table::Windows;
use crate::windows::tumbling::Window;

/// As it was until version 7, when each trace was asked by each rule.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredWindowsFirst {
    seen: Vec<(Window, [Option<Reasons>; Completeness::ALL.len()])>,
    rules: Vec<(u32, Window, RuleWindowFirst)>,
    before: Vec<(u32, Window, RuleWindowFirst)>,
    since: Vec<(u32, Timestamp)>,
    late: u64,
    names: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct RuleWindowFirst {
    groups: Grouped<Gathered>,
    any: Gathered,
}

/// As it was until version 11, when nothing said which windows had been told.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredWindowsSecond {
    seen: Vec<(Window, SeenByAsked)>,
    rules: Vec<(u32, Window, RuleWindow)>,
    before: Vec<(u32, Window, RuleWindow)>,
    since: Vec<(u32, Timestamp)>,
    late: u64,
    names: Vec<String>,
}

/// As it was until version 12, when no window was short of memory.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredWindowsThird {
    seen: Vec<(Window, SeenByAsked)>,
    rules: Vec<(u32, Window, RuleWindow)>,
    before: Vec<(u32, Window, RuleWindow)>,
    since: Vec<(u32, Timestamp)>,
    late: u64,
    told_until: u64,
    names: Vec<String>,
}

impl From<StoredWindowsThird> for StoredWindows {
    fn from(third: StoredWindowsThird) -> StoredWindows {
        StoredWindows {
            seen: third.seen,
            short: Vec::new(),
            rules: third.rules,
            before: third.before,
            since: third.since,
            late: third.late,
            told_until: third.told_until,
            names: third.names,
        }
    }
}

impl From<StoredWindowsSecond> for StoredWindows {
    fn from(second: StoredWindowsSecond) -> StoredWindows {
        let third = StoredWindowsThird {
            seen: second.seen,
            rules: second.rules,
            before: second.before,
            since: second.since,
            late: second.late,
            told_until: 0,
            names: second.names,
        };
        third.into()
    }
}

impl From<StoredWindowsFirst> for StoredWindows {
    fn from(first: StoredWindowsFirst) -> StoredWindows {
        let seen = |reasons| SeenTraces {
            reasons,
            closed: Closed::default(),
        };
        let kept = |(rule, window, kept): (u32, Window, RuleWindowFirst)| {
            let RuleWindowFirst { groups, any } = kept;
            let met = Closed::default();
            (rule, window, RuleWindow { groups, any, met })
        };
        let windows = first.seen.into_iter();
        let second = StoredWindowsSecond {
            seen: windows
                .map(|(window, reasons)| (window, reasons.map(seen)))
                .collect(),
            rules: first.rules.into_iter().map(kept).collect(),
            before: first.before.into_iter().map(kept).collect(),
            since: first.since,
            late: first.late,
            names: first.names,
        };
        second.into()
    }
}

/// All of it, in an order of its own: what is the same is written as the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredWindows {
    seen: Vec<(Window, SeenByAsked)>,
    /// Those of which it is not known what rules gathered that are not there.
    short: Vec<Window>,
    /// By the number of a rule in `names`.
    rules: Vec<(u32, Window, RuleWindow)>,
    before: Vec<(u32, Window, RuleWindow)>,
    since: Vec<(u32, Timestamp)>,
    late: u64,
    /// The end of the last window that was told.
    told_until: u64,
    /// Every rule over many traces that was there, sorted.
    names: Vec<String>,
}

impl StoredWindows {
    /// `names`: those of all rules over many traces. Some groups at a time, between which others go on with the windows: what
    /// comes meanwhile is there or not. No window ends, and no rule goes.
    pub fn of<'a>(
        windows: &Mutex<Windows>,
        names: impl Iterator<Item = (RuleKey, &'a str)>,
    ) -> StoredWindows {
        let mut named: Vec<(&str, RuleKey)> = names.map(|(key, name)| (name, key)).collect();
        named.sort_unstable();
        let keys = named.iter().map(|(_, key)| *key);
        let numbers: HashMap<RuleKey, u32> = keys.zip(0..).collect();
        let mut stored = StoredWindows {
            names: named.iter().map(|(name, _)| (*name).to_owned()).collect(),
            ..StoredWindows::default()
        };
        let mut table = windows.lock();
        let mut last = None;
        while let Some((window, open)) = table.next_open(last) {
            stored.seen.push((window, open.seen));
            let rules = open.rules.keys();
            let rules: Vec<_> = rules
                .filter_map(|rule| numbers.get_key_value(rule))
                .collect();
            for (rule, number) in rules {
                let copy = copy(&mut table, |table| {
                    table.open.get(&window)?.rules.get(rule).map(Box::as_ref)
                });
                stored
                    .rules
                    .extend(copy.map(|copy| (*number, window, copy)));
            }
            last = Some(window);
            MutexGuard::bump(&mut table);
        }
        for (rule, number) in &numbers {
            let Some((window, _)) = table.before.get(rule) else {
                continue;
            };
            let window = *window;
            let copy = copy(&mut table, |table| Some(&*table.before.get(rule)?.1));
            stored
                .before
                .extend(copy.map(|copy| (*number, window, copy)));
        }
        let since = table.since.iter();
        stored.since = since
            .filter_map(|(rule, since)| Some((*numbers.get(rule)?, *since)))
            .collect();
        // At the end, for what was there may have gone meanwhile.
        let open = table.open.iter();
        stored.short = open
            .filter_map(|(window, open)| open.is_short.then_some(*window))
            .collect();
        stored.late = table.late;
        stored.told_until = table.told_until;
        drop(table);
        stored
            .rules
            .sort_by_key(|(rule, window, _)| (*rule, *window));
        stored
            .before
            .sort_by_key(|(rule, window, _)| (*rule, *window));
        stored.since.sort_unstable();
        stored
    }

    /// Whether it can have been written by this product.
    pub fn is_sound(&self) -> bool {
        let is_named = |rule: &u32| (*rule as usize) < self.names.len();
        let is_aligned =
            |window: &Window| window.length > 0 && window.start.is_multiple_of(window.length);
        let kept = self.rules.iter().chain(&self.before);
        let mut kept = kept.map(|(rule, window, kept)| (rule, window, kept));
        kept.all(|(rule, window, kept)| is_named(rule) && is_aligned(window) && kept.is_sound())
            && self.seen.iter().all(|(window, _)| is_aligned(window))
            && self.since.iter().all(|(rule, _)| is_named(rule))
    }

    /// Takes it over into `windows`, which are empty. `present`: the rules over many traces that there are now.
    pub fn restore(self, windows: &mut Windows, present: &BTreeMap<&str, RuleKey>, now: Timestamp) {
        let key = |rule: u32| {
            let name = self.names.get(rule as usize)?;
            present.get(name.as_str()).copied()
        };
        for (window, seen) in &self.seen {
            windows.open.entry(*window).or_default().seen = *seen;
        }
        for window in &self.short {
            if let Some(open) = windows.open.get_mut(window) {
                open.is_short = true;
            }
        }
        windows.late = self.late;
        windows.go_on_behind(self.told_until);
        for (rule, window, kept) in &self.rules {
            if let (Some(rule), Some(open)) = (key(*rule), windows.open.get_mut(window)) {
                open.rules.insert(rule, Box::new(kept.clone()));
            }
        }
        for (rule, window, kept) in &self.before {
            if let Some(rule) = key(*rule) {
                windows
                    .before
                    .insert(rule, (*window, Box::new(kept.clone())));
            }
        }
        windows.since = self
            .since
            .iter()
            .filter_map(|(rule, since)| Some((key(*rule)?, *since)))
            .collect();
        // Of a rule that the snapshot does not know nothing was gathered.
        for (name, rule) in present {
            if !self.names.iter().any(|known| known == name) {
                windows.since.insert(*rule, now);
            }
        }
        windows.weigh();
    }
}

/// A copy of what a rule gathered.
fn copy(
    table: &mut MutexGuard<'_, Windows>,
    kept: impl Fn(&Windows) -> Option<&RuleWindow>,
) -> Option<RuleWindow> {
    let mut copy = RuleWindow::new(0, 0);
    loop {
        let is_done = copy.copy_some(kept(table)?, GROUPS_AT_ONCE);
        worked(GROUPS_AT_ONCE);
        MutexGuard::bump(table);
        if is_done {
            return Some(copy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_table_of_windows_writes_is_not_sound() {
        let of = |window: (u64, u64), rule: u32| StoredWindows {
            seen: vec![(
                Window {
                    start: window.0,
                    length: window.1,
                },
                SeenByAsked::default(),
            )],
            since: vec![(rule, Timestamp(1))],
            names: vec!["known".to_owned()],
            ..StoredWindows::default()
        };
        assert!(StoredWindows::default().is_sound());
        assert!(of((20, 10), 0).is_sound() && of((0, 10), 0).is_sound());
        for (window, rule) in [((21, 10), 0), ((0, 0), 0), ((20, 10), 1), ((21, 10), 1)] {
            assert!(!of(window, rule).is_sound(), "{window:?} of rule {rule}");
        }
    }
}
