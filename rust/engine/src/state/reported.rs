//! What was reported of a trace, and which rules are left alone for now. Most traces have nothing of it.

use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::intern::RuleKey;

/// A violation that was already reported: of a rule, and of an obligation in it (0: the rule has none).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Fired {
    pub rule: RuleKey,
    pub obligation: u64,
}

/// A rule that was costly to evaluate, and the span count from which it is tried again.
#[derive(Clone, Copy, Debug)]
struct Postponed {
    rule: RuleKey,
    until: usize,
}

#[derive(Debug, Default)]
pub(super) struct Reported {
    /// Sorted: by rule, then obligation.
    pub fired: Vec<Fired>,
    seldom: Option<Box<Seldom>>,
}

/// What few of those traces have of which something was reported.
#[derive(Debug, Default)]
struct Seldom {
    /// Those of the violations that spans which came after the close contradict; sorted.
    contradicted: Vec<Fired>,
    /// Sorted by rule.
    postponed: Vec<Postponed>,
}

impl Reported {
    /// Both sorted.
    pub fn of(fired: Vec<Fired>, contradicted: Vec<Fired>) -> Reported {
        let seldom = Seldom {
            contradicted,
            postponed: Vec::new(),
        };
        Reported {
            fired,
            seldom: (!seldom.contradicted.is_empty()).then(|| Box::new(seldom)),
        }
    }

    /// Those of `fired` that are contradicted, sorted.
    pub fn contradicted(&self) -> &[Fired] {
        let seldom = self.seldom.as_ref();
        seldom.map_or(&[], |seldom| &seldom.contradicted)
    }

    pub fn fire(&mut self, fired: Fired) {
        add_sorted(&mut self.fired, fired);
    }

    pub fn contradict(&mut self, fired: Fired) {
        let seldom = self.seldom.get_or_insert_default();
        add_sorted(&mut seldom.contradicted, fired);
    }

    pub fn postpone(&mut self, rule: RuleKey, until: usize) {
        let postponed = &mut self.seldom.get_or_insert_default().postponed;
        match postponed.binary_search_by_key(&rule, |one| one.rule) {
            Ok(at) => postponed[at].until = until,
            Err(at) => postponed.insert(at, Postponed { rule, until }),
        }
    }

    /// The span count from which a rule is tried again.
    pub fn postponed_until(&self, rule: RuleKey) -> Option<usize> {
        let postponed = &self.seldom.as_ref()?.postponed;
        let at = postponed.binary_search_by_key(&rule, |one| one.rule);
        Some(postponed[at.ok()?].until)
    }

    pub fn forget_postponed(&mut self) {
        if let Some(seldom) = &mut self.seldom {
            seldom.postponed = Vec::new();
        }
    }

    /// Besides its own size.
    pub fn heap_bytes(&self) -> usize {
        let seldom = self.seldom.as_ref().map_or(0, |seldom| {
            heap(size_of::<Seldom>())
                + heap(seldom.contradicted.capacity() * size_of::<Fired>())
                + heap(seldom.postponed.capacity() * size_of::<Postponed>())
        });
        heap(self.fired.capacity() * size_of::<Fired>()) + seldom
    }
}

fn add_sorted(all: &mut Vec<Fired>, fired: Fired) {
    if let Err(at) = all.binary_search(&fired) {
        if all.is_empty() {
            // Most traces break one rule, once.
            all.reserve_exact(1);
        }
        all.insert(at, fired);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intern::compared::comparisons;

    #[test]
    fn each_rule_is_left_alone_to_its_own_span_count_and_the_last_one_counts() {
        let mut reported = Reported::default();
        for (rule, until) in [(7, 10), (3, 20), (5, 30), (3, 40)] {
            reported.postpone(RuleKey(rule), until);
        }
        let until =
            |reported: &Reported| [3, 4, 5, 7].map(|rule| reported.postponed_until(RuleKey(rule)));
        assert_eq!(until(&reported), [Some(40), None, Some(30), Some(10)]);
        let held = reported.heap_bytes();
        assert!(held >= size_of::<Seldom>() + 3 * size_of::<Postponed>());
        reported.forget_postponed();
        assert_eq!(until(&reported), [None; 4]);
        assert!(reported.heap_bytes() < held);
    }

    #[test]
    fn a_rule_that_is_left_alone_is_found_without_asking_the_others() {
        const RULES: u64 = 2000;
        let mut reported = Reported::default();
        let of_all = |each: &mut dyn FnMut(RuleKey)| {
            comparisons(|| (0..RULES).for_each(|rule| each(RuleKey(rule as u32))))
        };
        let left_alone = of_all(&mut |rule| reported.postpone(rule, 9));
        let found = of_all(&mut |rule| assert_eq!(reported.postponed_until(rule), Some(9)));
        assert!(
            left_alone < 16 * RULES && found < 16 * RULES,
            "{left_alone}, {found}"
        );
        assert!(found > RULES, "nothing is counted");
    }
}
