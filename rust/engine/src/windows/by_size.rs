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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_taken_once_and_only_where_it_is_large() {
        let mut by_size = BySize::default();
        let window = Window {
            start: 0,
            length: 60,
        };
        for (rule, bytes) in [(1, 300), (2, 5000), (3, 400)] {
            by_size.change((window, RuleKey(rule)), 0, bytes);
        }
        assert_eq!(by_size.take_largest(1 << 13), None);
        assert_eq!(by_size.take_largest(1000), Some((window, RuleKey(2))));
        assert_eq!(by_size.take_largest(1000), None);
        by_size.change((window, RuleKey(3)), 400, 70_000);
        assert_eq!(by_size.take_largest(1000), Some((window, RuleKey(3))));
        assert_eq!(by_size.take_largest(0), Some((window, RuleKey(1))));
        assert_eq!(by_size.take_largest(0), None);
    }
}
