//! The ids of traces that closed and whose state is gone, so that a straggler never looks like a whole
//! new trace. Eight bytes an id, in generations that are dropped as a whole. Two ids that share their
//! hash make a new trace look late, which costs it an `inconclusive` and nothing else.

use std::collections::VecDeque;

use hashbrown::HashTable;

use crate::hash::{HashKey, route};
use crate::id::TraceId;
use crate::state::heap::heap;
use crate::time::Timestamp;

/// Into how many steps the time to remember is divided.
const STEPS: u64 = 8;

#[derive(Debug, Default)]
struct IdGeneration {
    /// When the latest id came in.
    latest: Timestamp,
    since: Timestamp,
    ids: HashTable<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Forgotten {
    generations: VecDeque<IdGeneration>,
    /// What all of them hold.
    pub(super) bytes: usize,
}

impl IdGeneration {
    fn bytes(&self) -> usize {
        size_of::<IdGeneration>() + heap(self.ids.allocation_size())
    }
}

impl Forgotten {
    pub fn add(&mut self, key: HashKey, id: TraceId, now: Timestamp, forget_after: u64) {
        self.add_hash(key, route(id), now, forget_after);
    }

    /// By the id's [`route`].
    pub fn add_hash(&mut self, key: HashKey, hash: u64, now: Timestamp, forget_after: u64) {
        let step = (forget_after / STEPS).max(1);
        let is_over = |last: &IdGeneration| now.since(last.since) >= step;
        if self.generations.back().is_none_or(is_over) {
            let next = IdGeneration {
                latest: now,
                since: now,
                ids: HashTable::new(),
            };
            self.bytes += next.bytes();
            self.generations.push_back(next);
        }
        if let Some(last) = self.generations.back_mut() {
            let before = last.bytes();
            last.latest = last.latest.max(now);
            let place = |hash: &u64| key.of(&hash.to_le_bytes());
            if last.ids.find(place(&hash), |kept| *kept == hash).is_none() {
                last.ids.insert_unique(place(&hash), hash, place);
            }
            self.bytes += last.bytes() - before;
        }
    }

    pub fn has(&self, key: HashKey, id: TraceId) -> bool {
        if self.generations.is_empty() {
            return false;
        }
        let hash = route(id);
        let place = key.of(&hash.to_le_bytes());
        self.generations
            .iter()
            .any(|generation| generation.ids.find(place, |kept| *kept == hash).is_some())
    }

    /// Drops what is older than `forget_after`.
    pub fn expire(&mut self, now: Timestamp, forget_after: u64) {
        while self
            .generations
            .front()
            .is_some_and(|first| first.latest.plus(forget_after) <= now)
        {
            self.shed();
        }
    }

    /// Drops the oldest generation; false where there is none.
    pub fn shed(&mut self) -> bool {
        let Some(oldest) = self.generations.pop_front() else {
            return false;
        };
        self.bytes -= oldest.bytes();
        true
    }

    pub fn len(&self) -> u64 {
        self.generations
            .iter()
            .map(|generation| generation.ids.len() as u64)
            .sum()
    }

    /// When an id came at the latest, with its hash.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        self.generations
            .iter()
            .flat_map(|generation| generation.ids.iter().map(|hash| (generation.latest, *hash)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_for_their_time_and_not_much_longer() {
        let key = HashKey::new(1);
        let mut forgotten = Forgotten::default();
        forgotten.add(key, TraceId([1; 16]), Timestamp(0), 80);
        forgotten.add(key, TraceId([2; 16]), Timestamp(10), 80);
        assert!(forgotten.has(key, TraceId([1; 16])));
        assert!(!forgotten.has(key, TraceId([3; 16])));
        forgotten.expire(Timestamp(79), 80);
        assert!(forgotten.has(key, TraceId([1; 16])));
        forgotten.expire(Timestamp(80), 80);
        assert!(!forgotten.has(key, TraceId([1; 16])));
        assert!(forgotten.has(key, TraceId([2; 16])));
        assert!(forgotten.bytes > 0);
        assert!(forgotten.shed());
        assert_eq!((forgotten.len(), forgotten.bytes), (0, 0));
    }
}
