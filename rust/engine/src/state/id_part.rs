//! A part of the ids of a generation, as numbers, in the order of a search: a large [`IdSet`], a small one, and a list of
//! those that just came.
//!
//! A set is written once and never changed, and a list takes four times the room. So the list stays a small part of all,
//! and what leaves it is written into the small set some times before it joins the large one, which is then written anew.
//! A part that is over is one set. Who copies a part shares its sets.

use std::sync::Arc;

use betrace_pages::prefetch;

use crate::heap::heap;
use crate::state::id_set::IdSet;

/// The list joins the small set when it has so many, or one for each so many of the large set, or so many that to look
/// through them would take long.
const FRESH: u64 = 64;
const FRESH_SHARE: u64 = 64;
const MOST_FRESH: u64 = 1024;

/// And both of them the large set, when they have one for each so many of that.
const RECENT_SHARE: u64 = 6;

/// So many of the list are looked through one by one, or as many as are in order.
const UNSORTED: usize = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct IdPart {
    settled: Arc<IdSet>,
    recent: Arc<IdSet>,
    /// So many ascending, and then as they came: only the end of it is touched for most.
    fresh: Vec<u64>,
    sorted: usize,
    /// What the sets hold.
    sets: usize,
}

impl IdPart {
    /// Adds a number below `below`. One that is there stands there twice then.
    pub fn add(&mut self, number: u64, below: u64) {
        self.fresh.push(number);
        if self.fresh.len() - self.sorted > UNSORTED.max(self.sorted) {
            self.sort_fresh();
        }
        // Before the large set, which lies cold, is asked how many it has.
        if self.fresh.len() < FRESH as usize || self.fresh.len() < self.most_fresh() {
            return;
        }
        self.settle_fresh(below);
        if self.recent.len() >= self.settled.len() / RECENT_SHARE {
            self.settle_recent(below);
        }
        self.sets = self.settled.heap_bytes() + self.recent.heap_bytes();
        // No more than it needs, which doubling would take.
        if self.most_fresh() > self.fresh.capacity() {
            self.fresh = Vec::with_capacity(self.most_fresh());
        }
    }

    fn most_fresh(&self) -> usize {
        (self.settled.len() / FRESH_SHARE).clamp(FRESH, MOST_FRESH) as usize
    }

    /// No more will come.
    pub fn end(&mut self, below: u64) {
        self.settle_fresh(below);
        self.settle_recent(below);
        self.sets = self.settled.heap_bytes();
        self.fresh = Vec::new();
    }

    fn sort_fresh(&mut self) {
        self.fresh.sort_unstable();
        self.sorted = self.fresh.len();
    }

    fn settle_fresh(&mut self, below: u64) {
        self.sort_fresh();
        let fresh = (self.fresh.iter().copied(), self.fresh.len() as u64);
        self.recent = merged(&self.recent, fresh, below);
        self.fresh.clear();
        self.sorted = 0;
    }

    fn settle_recent(&mut self, below: u64) {
        let recent = std::mem::take(&mut self.recent);
        if self.settled.len() == 0 {
            self.settled = recent;
            return;
        }
        let more = (recent.iter(), recent.len());
        self.settled = merged(&self.settled, more, below);
    }

    pub fn has(&self, number: u64) -> bool {
        self.settled.has(number) || self.recent.has(number) || self.is_fresh(number)
    }

    fn is_fresh(&self, number: u64) -> bool {
        let (sorted, rest) = self.fresh.split_at(self.sorted);
        sorted.binary_search(&number).is_ok() || rest.contains(&number)
    }

    #[inline]
    pub fn look_at(&self, number: u64, step: u32) -> u64 {
        self.settled.look_at(number, step) ^ self.recent.look_at(number, step)
    }

    /// Asks for what [`IdPart::add`] writes, before that is needed.
    #[inline]
    pub fn prefetch_newest(&self) {
        if let Some(last) = self.fresh.last() {
            prefetch(last);
        }
    }

    /// All numbers, in no order.
    pub fn all(&self) -> impl Iterator<Item = u64> {
        let sets = self.settled.iter().chain(self.recent.iter());
        sets.chain(self.fresh.iter().copied())
    }

    /// What it holds on the heap.
    pub fn bytes(&self) -> usize {
        SHARED + self.sets + heap(self.fresh.capacity() * 8)
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
        let mut part = IdPart::default();
        let mut places = [false; 3];
        for number in 0..50_000 {
            assert!(!part.has(number * 7));
            part.add(number * 7, BELOW);
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
            assert!((0..50_000).all(|number| part.has(number * 7)));
        }
    }

    #[test]
    fn a_number_that_comes_twice_is_found_and_handed_on() {
        let mut part = IdPart::default();
        for number in (0..3000).chain(0..3000) {
            part.add(number * 7, BELOW);
        }
        part.end(BELOW);
        let mut all: Vec<u64> = part.all().collect();
        assert_eq!(all.len(), 6000);
        all.dedup();
        assert!(all.iter().copied().eq((0..3000).map(|number| number * 7)));
        assert!((0..21_000).all(|number| part.has(number) == number.is_multiple_of(7)));
    }

    #[test]
    fn an_id_is_written_few_times_until_its_part_is_over_and_a_list_is_no_longer_than_its_longest()
    {
        let mut part = IdPart::default();
        let (mut settled, mut recent, mut written, mut longest) = (0, 0, 0, 0);
        let count = 100_000;
        for number in 0..count {
            part.add(number, BELOW);
            longest = longest.max(part.fresh.len() as u64 + 1);
            assert!(part.fresh.capacity() as u64 <= MOST_FRESH);
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
        assert!(times <= 14, "{times} times");
        assert_eq!(longest, MOST_FRESH);
    }
}
