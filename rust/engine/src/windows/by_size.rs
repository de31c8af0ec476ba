//! Which window of a rule holds most, known without a look at all the others: there may be hundreds of windows of thousands of
//! rules. By powers of two, so that one that grows is seldom put elsewhere.

use std::collections::BTreeSet;

use crate::intern::RuleKey;
use crate::windows::tumbling::Window;

type Entry = (u32, Window, RuleKey);

/// What one costs in memory.
pub(super) const ENTRY_BYTES: usize = size_of::<Entry>() + 24;

#[derive(Debug, Default)]
pub(super) struct BySize(BTreeSet<Entry>);

impl BySize {
    /// What a rule gathered in a window took `before` bytes and takes `after` now; none: it is not there.
    pub fn change(&mut self, (window, rule): (Window, RuleKey), before: usize, after: usize) {
        let [from, to] = [before, after].map(usize::checked_ilog2);
        if from == to {
            return;
        }
        if let Some(from) = from {
            self.0.remove(&(from, window, rule));
        }
        if let Some(to) = to {
            self.0.insert((to, window, rule));
        }
    }

    /// Takes out one of the largest, the latest of them, if it takes some `least` bytes. It is not asked for again before it
    /// [changes](BySize::change).
    pub fn take_largest(&mut self, least: usize) -> Option<(Window, RuleKey)> {
        let last = *self.0.last()?;
        let (size, window, rule) = last;
        let is_large = Some(size) >= least.checked_ilog2();
        (is_large && self.0.remove(&last)).then_some((window, rule))
    }
}
