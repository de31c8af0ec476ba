//! How often the numbers of rules are compared, by which a search through what a trace remembers of its rules shows what it
//! takes, whatever the clock says.

use std::cell::Cell;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::intern::RuleKey;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Comparisons that `work` makes on this thread.
pub(crate) fn comparisons(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

fn count() {
    COUNT.set(COUNT.get() + 1);
}

impl PartialEq for RuleKey {
    fn eq(&self, other: &RuleKey) -> bool {
        count();
        self.0 == other.0
    }
}

impl PartialOrd for RuleKey {
    fn partial_cmp(&self, other: &RuleKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RuleKey {
    fn cmp(&self, other: &RuleKey) -> Ordering {
        count();
        self.0.cmp(&other.0)
    }
}

impl Hash for RuleKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
