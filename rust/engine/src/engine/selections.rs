//! How many spans each rule's selectors selected.
//!
//! Spans that the same selectors selected are counted together, so that a span costs as much as it has selectors, however
//! many rules share them. Which rules those are is worked out once for all such spans, when it is asked for or when there
//! are many alike of them.

use hashbrown::HashTable;

use crate::plan::Plan;

/// So many kinds of spans, and selectors of all of them, are kept apart before they are worked out.
const KINDS: usize = 1 << 10;
const SELECTORS: usize = 1 << 14;

/// Spans by the selectors that selected them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selections {
    /// Numbers of those that are alike, by their selectors.
    table: HashTable<u32>,
    alike: Vec<Alike>,
    /// Of all of them, one behind the other.
    selectors: Vec<u32>,
}

/// Spans that the same selectors selected, as they were met.
#[derive(Clone, Debug)]
struct Alike {
    hash: u64,
    /// Where its selectors begin, and how many there are.
    from: u32,
    len: u32,
    spans: u64,
}

impl Alike {
    fn of<'s>(&self, selectors: &'s [u32]) -> &'s [u32] {
        &selectors[self.from as usize..(self.from + self.len) as usize]
    }
}

impl Selections {
    /// Counts spans that selectors of these numbers selected, of which this is the hash.
    #[inline]
    pub fn count(&mut self, hash: u64, selectors: impl Iterator<Item = u32> + Clone, spans: u64) {
        let (alike, known) = (&self.alike, &self.selectors);
        let is_same = |at: &u32| {
            let one = &alike[*at as usize];
            one.hash == hash && one.of(known).iter().copied().eq(selectors.clone())
        };
        match self.table.find(hash, is_same).copied() {
            Some(at) => self.alike[at as usize].spans += spans,
            None => self.add_alike(hash, selectors, spans),
        }
    }

    #[inline(never)]
    fn add_alike(&mut self, hash: u64, selectors: impl Iterator<Item = u32>, spans: u64) {
        let from = self.selectors.len();
        self.selectors.extend(selectors);
        let len = self.selectors.len() - from;
        if len == 0 {
            return;
        }
        let at = self.alike.len() as u32;
        let one = Alike {
            hash,
            from: from as u32,
            len: len as u32,
            spans,
        };
        self.alike.push(one);
        let alike = &self.alike;
        self.table
            .insert_unique(hash, at, |at| alike[*at as usize].hash);
    }

    pub fn is_full(&self) -> bool {
        self.alike.len() >= KINDS || self.selectors.len() >= SELECTORS
    }

    /// By the sets of selectors that rules have: how many spans at least one of each set selected.
    pub fn by_set(&self, plan: &Plan) -> Vec<u64> {
        let mut counts = vec![0; plan.selector_sets];
        let mut met = vec![0u32; plan.selector_sets];
        for (number, one) in (1..).zip(&self.alike) {
            for selector in one.of(&self.selectors) {
                for set in plan.selectors[*selector as usize].sets.iter() {
                    let met = &mut met[*set as usize];
                    if *met != number {
                        *met = number;
                        counts[*set as usize] += one.spans;
                    }
                }
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::ids::{HitsHash, SelectorId};

    #[test]
    fn spans_of_the_same_selectors_are_counted_together_and_none_is_lost() {
        let mut all = Selections::default();
        let mut count = |selectors: &[u32], spans| {
            let selectors = selectors.iter().copied();
            let hash: HitsHash = selectors.clone().map(SelectorId).collect();
            let hash = hash.in_order(selectors.clone().map(SelectorId));
            all.count(hash, selectors, spans);
            (all.alike.len(), all.is_full())
        };
        for round in 0..4u32 {
            for last in 0..10u32 {
                let selectors: Vec<u32> = (0..=last).map(|selector| selector * 7).collect();
                count(&selectors, u64::from(round));
            }
            assert_eq!(count(&[], 1), (10, false));
        }
        for selector in 0..KINDS as u32 {
            count(&[selector, 1], 0);
        }
        assert!(count(&[], 1).1);
        assert_eq!(all.alike.iter().map(|alike| alike.spans).sum::<u64>(), 60);
    }
}
