//! Ids of closed traces that are forgotten together, in the order of a search: a table of those that just came, a
//! small [`IdSet`] and a large one.
//!
//! A set is written once and never changed, and a table takes ten times the room. So the table stays a small part of
//! all, and what leaves it is written into the small set some sixteen times before it joins the large one, which is
//! then written anew. A generation that is over is one set.

use hashbrown::HashTable;

use crate::hash::HashKey;
use crate::heap::heap;
use crate::state::id_set::IdSet;
use crate::time::Timestamp;

/// These bits of a route say in which shard a trace lies (see [`shard_of`]).
pub(crate) const SHARD_BITS: u32 = 24;

/// The table joins the small set when it has so many, or one for each so many of the large set.
const FRESH: u64 = 64;
const FRESH_SHARE: u64 = 512;

/// And the small set the large one, when it has one for each so many of that.
const RECENT_SHARE: u64 = 16;

/// In which of `shards` a trace lies, by its route.
pub(crate) fn shard_of(route: u64, shards: u64) -> u64 {
    low(route, SHARD_BITS) % shards
}

fn low(route: u64, bits: u32) -> u64 {
    route & (u64::MAX >> (64 - bits))
}

/// The kept bits of the routes of one shard, as numbers without gaps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteNumbers {
    /// How many of a route's lowest bits are kept.
    pub bits: u32,
    pub shards: u64,
}

impl RouteNumbers {
    /// How many of the lowest numbers lie in one shard.
    fn a_shard(self) -> u64 {
        (1u64 << SHARD_BITS).div_ceil(self.shards)
    }

    fn below(self) -> u64 {
        (1 << (self.bits - SHARD_BITS)) * self.a_shard()
    }

    fn of(self, route: u64) -> u64 {
        let kept = low(route, self.bits);
        (kept >> SHARD_BITS) * self.a_shard() + low(kept, SHARD_BITS) / self.shards
    }

    /// The kept bits again.
    fn route(self, number: u64, shard: u64) -> u64 {
        let (upper, lower) = (number / self.a_shard(), number % self.a_shard());
        upper << SHARD_BITS | (lower * self.shards + shard)
    }
}

#[derive(Debug)]
pub(crate) struct IdGeneration {
    pub since: Timestamp,
    /// When the latest id came in.
    pub latest: Timestamp,
    pub numbers: RouteNumbers,
    settled: IdSet,
    recent: IdSet,
    fresh: HashTable<u64>,
}

impl IdGeneration {
    pub fn new(now: Timestamp, numbers: RouteNumbers) -> IdGeneration {
        IdGeneration {
            since: now,
            latest: now,
            numbers,
            settled: IdSet::default(),
            recent: IdSet::default(),
            fresh: HashTable::new(),
        }
    }

    /// By the id's [`route`](crate::hash::route).
    pub fn add(&mut self, key: HashKey, route: u64) {
        if self.has(key, route) {
            return;
        }
        let number = self.numbers.of(route);
        let place = |number: &u64| key.of(&number.to_le_bytes());
        self.fresh.insert_unique(place(&number), number, place);
        if self.fresh.len() as u64 >= FRESH.max(self.settled.len() / FRESH_SHARE) {
            self.settle_fresh();
        }
        if self.recent.len() >= FRESH.max(self.settled.len() / RECENT_SHARE) {
            self.settle_recent();
        }
    }

    /// No more will come.
    pub fn end(&mut self) {
        self.settle_fresh();
        self.settle_recent();
        self.fresh = HashTable::new();
    }

    fn settle_fresh(&mut self) {
        let mut fresh: Vec<u64> = self.fresh.drain().collect();
        fresh.sort_unstable();
        let len = fresh.len() as u64;
        self.recent = self.merged(&self.recent, fresh.into_iter(), len);
    }

    fn settle_recent(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        self.settled = self.merged(&self.settled, recent.iter(), recent.len());
    }

    /// A set and `more` numbers, ascending and not in it.
    fn merged(&self, set: &IdSet, more: impl Iterator<Item = u64>, count: u64) -> IdSet {
        let all = MergedIds {
            left: set.iter().peekable(),
            right: more.peekable(),
        };
        IdSet::new(all, set.len() + count, self.numbers.below())
    }

    pub fn has(&self, key: HashKey, route: u64) -> bool {
        let number = self.numbers.of(route);
        let place = key.of(&number.to_le_bytes());
        self.settled.has(number)
            || self.recent.has(number)
            || self.fresh.find(place, |kept| *kept == number).is_some()
    }

    pub fn len(&self) -> u64 {
        self.settled.len() + self.recent.len() + self.fresh.len() as u64
    }

    pub fn bytes(&self) -> usize {
        let sets = self.settled.heap_bytes() + self.recent.heap_bytes();
        size_of::<IdGeneration>() + sets + heap(self.fresh.allocation_size())
    }

    /// The kept bits of all routes, ascending; `shard` is the number of the one that they lie in.
    pub fn routes(&self, shard: u64) -> Vec<u64> {
        let sets = self.settled.iter().chain(self.recent.iter());
        let all = sets.chain(self.fresh.iter().copied());
        let mut routes: Vec<u64> = all
            .map(|number| self.numbers.route(number, shard))
            .collect();
        routes.sort_unstable();
        routes
    }
}

/// Two ascending sequences that share nothing, as one.
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

    #[test]
    fn an_id_is_found_wherever_it_lies_and_a_generation_that_is_over_is_one_set() {
        let key = HashKey::new(5);
        let numbers = RouteNumbers {
            bits: 35,
            shards: 8,
        };
        let mut generation = IdGeneration::new(Timestamp(0), numbers);
        let route = |number: u64| number << 3 | number << 40;
        let mut places = [false; 3];
        for number in 0..50_000 {
            assert!(!generation.has(key, route(number)));
            generation.add(key, route(number));
            generation.add(key, route(number / 2));
            let of = [
                generation.settled.len(),
                generation.recent.len(),
                generation.fresh.len() as u64,
            ];
            assert_eq!(of.iter().sum::<u64>(), number + 1);
            places = std::array::from_fn(|at| places[at] || of[at] > 0);
        }
        assert_eq!(places, [true; 3]);
        let all: Vec<u64> = (0..50_000).map(|number| number << 3).collect();
        assert_eq!(generation.routes(0), all);
        let before = generation.bytes();
        generation.end();
        assert_eq!(generation.settled.len(), generation.len());
        assert!(generation.bytes() < before);
        assert_eq!(generation.routes(0), all);
        assert!((0..50_000).all(|number| generation.has(key, route(number))));
    }

    #[test]
    fn an_id_is_written_few_times_until_its_generation_is_over() {
        let key = HashKey::new(5);
        let numbers = RouteNumbers {
            bits: 35,
            shards: 8,
        };
        let mut generation = IdGeneration::new(Timestamp(0), numbers);
        let (mut settled, mut recent, mut written) = (0, 0, 0);
        let count = 100_000;
        for number in 0..count {
            generation.add(key, number << 3);
            if generation.recent.len() != recent {
                recent = generation.recent.len();
                written += recent;
            }
            if generation.settled.len() != settled {
                settled = generation.settled.len();
                written += settled;
            }
        }
        let times = written / count;
        assert!(times <= 40, "{times} times");
    }
}
