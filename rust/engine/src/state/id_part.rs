//! A part of the ids of a generation, as numbers, in the order of a search: a table of those that just came, a small
//! [`IdSet`] and a large one.
//!
//! A set is written once and never changed, and a table takes ten times the room. So the table stays a small part of
//! all, and what leaves it is written into the small set some sixteen times before it joins the large one, which is
//! then written anew. A part that is over is one set. Who copies a part shares its sets.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::hash::HashKey;
use crate::heap::heap;
use crate::state::id_set::IdSet;

/// The table joins the small set when it has so many, or one for each so many of the large set.
const FRESH: u64 = 64;
const FRESH_SHARE: u64 = 512;

/// And the small set the large one, when it has one for each so many of that.
const RECENT_SHARE: u64 = 16;

#[derive(Clone, Debug, Default)]
pub(super) struct IdPart {
    settled: Arc<IdSet>,
    recent: Arc<IdSet>,
    fresh: HashTable<u64>,
}

impl IdPart {
    /// Adds a number below `below`. One that is there stands there twice then.
    pub fn add(&mut self, key: HashKey, number: u64, below: u64) {
        let place = |number: &u64| key.of_number(*number);
        self.fresh.insert_unique(place(&number), number, place);
        if self.fresh.len() as u64 >= FRESH.max(self.settled.len() / FRESH_SHARE) {
            self.settle_fresh(below);
        }
        if self.recent.len() >= FRESH.max(self.settled.len() / RECENT_SHARE) {
            self.settle_recent(below);
        }
    }

    /// No more will come.
    pub fn end(&mut self, below: u64) {
        self.settle_fresh(below);
        self.settle_recent(below);
        self.fresh = HashTable::new();
    }

    fn settle_fresh(&mut self, below: u64) {
        let mut fresh: Vec<u64> = self.fresh.drain().collect();
        fresh.sort_unstable();
        let len = fresh.len() as u64;
        self.recent = merged(&self.recent, (fresh.into_iter(), len), below);
    }

    fn settle_recent(&mut self, below: u64) {
        let recent = std::mem::take(&mut self.recent);
        let more = (recent.iter(), recent.len());
        self.settled = merged(&self.settled, more, below);
    }

    pub fn has(&self, key: HashKey, number: u64) -> bool {
        let place = key.of_number(number);
        self.settled.has(number)
            || self.recent.has(number)
            || self.fresh.find(place, |kept| *kept == number).is_some()
    }

    #[inline]
    pub fn look_at(&self, number: u64, step: u32) -> u64 {
        self.settled.look_at(number, step) ^ self.recent.look_at(number, step)
    }

    /// All numbers, in no order.
    pub fn all(&self) -> impl Iterator<Item = u64> {
        let sets = self.settled.iter().chain(self.recent.iter());
        sets.chain(self.fresh.iter().copied())
    }

    /// What it holds on the heap.
    pub fn bytes(&self) -> usize {
        let sets = self.settled.heap_bytes() + self.recent.heap_bytes();
        SHARED + sets + heap(self.fresh.allocation_size())
    }
}

/// What two shared sets take, empty or not.
const SHARED: usize = 2 * heap(size_of::<IdSet>() + 2 * size_of::<usize>());

/// A set and `more` numbers, ascending.
fn merged(set: &IdSet, (more, count): (impl Iterator<Item = u64>, u64), below: u64) -> Arc<IdSet> {
    let all = MergedIds {
        left: set.iter().peekable(),
        right: more.peekable(),
    };
    Arc::new(IdSet::new(all, set.len() + count, below))
}

/// Two ascending sequences as one.
struct MergedIds<L: Iterator<Item = u64>, R: Iterator<Item = u64>> {
    left: std::iter::Peekable<L>,
    right: std::iter::Peekable<R>,
}

impl<L: Iterator<Item = u64>, R: Iterator<Item = u64>> Iterator for MergedIds<L, R> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let right = self.right.peek().copied();
        match self.left.peek() {
            Some(left) if right.is_none_or(|right| *left < right) => self.left.next(),
            _ => self.right.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BELOW: u64 = 1 << 30;

    #[test]
    fn a_number_is_found_wherever_it_lies_and_a_part_that_is_over_is_one_set() {
        let (key, mut part) = (HashKey::new(5), IdPart::default());
        let mut places = [false; 3];
        for number in 0..50_000 {
            assert!(!part.has(key, number * 7));
            part.add(key, number * 7, BELOW);
            let of = [
                part.settled.len(),
                part.recent.len(),
                part.fresh.len() as u64,
            ];
            assert_eq!(of.iter().sum::<u64>(), number + 1);
            places = std::array::from_fn(|at| places[at] || of[at] > 0);
        }
        assert_eq!(places, [true; 3]);
        let (before, copy) = (part.bytes(), part.clone());
        part.end(BELOW);
        assert_eq!(part.settled.len(), 50_000);
        assert!(part.bytes() < before);
        for part in [part, copy] {
            assert_eq!(part.all().count(), 50_000);
            assert!((0..50_000).all(|number| part.has(key, number * 7)));
        }
    }

    #[test]
    fn a_number_that_comes_twice_is_found_and_handed_on() {
        let (key, mut part) = (HashKey::new(5), IdPart::default());
        for number in (0..3000).chain(0..3000) {
            part.add(key, number * 7, BELOW);
        }
        part.end(BELOW);
        let mut all: Vec<u64> = part.all().collect();
        assert_eq!(all.len(), 6000);
        all.dedup();
        assert!(all.iter().copied().eq((0..3000).map(|number| number * 7)));
        assert!((0..21_000).all(|number| part.has(key, number) == number.is_multiple_of(7)));
    }

    #[test]
    fn an_id_is_written_few_times_until_its_part_is_over() {
        let (key, mut part) = (HashKey::new(5), IdPart::default());
        let (mut settled, mut recent, mut written) = (0, 0, 0);
        let count = 100_000;
        for number in 0..count {
            part.add(key, number, BELOW);
            if part.recent.len() != recent {
                recent = part.recent.len();
                written += recent;
            }
            if part.settled.len() != settled {
                settled = part.settled.len();
                written += settled;
            }
        }
        let times = written / count;
        assert!(times <= 40, "{times} times");
    }
}
