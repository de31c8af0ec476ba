//! The ids of traces that closed and whose state is gone, so that a straggler never looks like a whole
//! new trace.
//!
//! An id is kept as a few bits of its hash, some 1.9 bytes at the sizes that matter, in generations that
//! are dropped as a whole. Two ids that share those bits make a new trace look late, which costs it an
//! `inconclusive` and nothing else: at most one new trace in a thousand when the share is full. The ids
//! have a share of the memory bound to themselves ([`Share`]), so that they never cost a live trace its
//! verdict; when it is full, the oldest generation goes early and is counted.

use std::collections::VecDeque;

use crate::hash::HashKey;
use crate::settings::Settings;
use crate::state::id_generation::{IdGeneration, RouteNumbers, SHARD_BITS};
use crate::time::Timestamp;

/// Into how many generations the time to remember, and the share of memory, is divided.
const GENERATIONS: u64 = 4;

/// What the ids of one shard may take, and which bits of a route are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// In bytes.
    bytes: usize,
    /// How many of a route's lowest bits are kept.
    bits: u32,
    shards: u64,
    /// How long ids are kept, in nanoseconds.
    keep: u64,
}

impl Share {
    pub fn of(settings: &Settings) -> Share {
        Share::new(settings.id_bytes(), settings.shards, settings.forget_after)
    }

    /// Of `bytes` for all shards together.
    pub fn new(bytes: u64, shards: u32, keep: u64) -> Share {
        let shards = u64::from(shards.max(1));
        // No more ids than half the bytes fit, and 1,024 numbers for each: one false hit in a thousand.
        let most = (bytes / 2).max(1);
        Share {
            bytes: (bytes / shards) as usize,
            bits: (most.ilog2() + 11).clamp(SHARD_BITS, 48),
            shards,
            keep,
        }
    }
}

/// The ids of one shard. Who copies them shares what they lie in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forgotten {
    generations: VecDeque<IdGeneration>,
    /// What all of them hold.
    bytes: usize,
    dropped: u64,
}

/// Ids as they are stored: their kept bits, ascending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(crate) struct StoredIds {
    /// When the latest of them came.
    pub latest: Timestamp,
    /// How many of a route's lowest bits are kept.
    pub bits: u32,
    pub routes: Vec<u64>,
}

impl Forgotten {
    /// By the id's [`route`](crate::hash::route), and whether it is known to be new: it was not here when its trace opened.
    pub fn add(&mut self, key: HashKey, id: (u64, bool), now: Timestamp, share: Share) {
        self.add_bits(key, id, share.bits, now, share);
    }

    /// What was stored. Fewer bits than this share would keep give more false hits until they expire.
    pub fn restore(&mut self, key: HashKey, route: u64, stored: &StoredIds, share: Share) {
        let bits = stored.bits.clamp(SHARD_BITS, share.bits);
        self.add_bits(key, (route, false), bits, stored.latest, share);
    }

    fn add_bits(
        &mut self,
        key: HashKey,
        (route, is_new): (u64, bool),
        bits: u32,
        now: Timestamp,
        share: Share,
    ) {
        let step = (share.keep / GENERATIONS).max(1);
        let size = share.bytes / GENERATIONS as usize;
        let is_over = |last: &IdGeneration| {
            now.since(last.since) >= step || last.numbers.bits != bits || last.bytes() > size
        };
        if self.generations.back().is_none_or(is_over) {
            let shards = share.shards;
            let next = IdGeneration::new(now, RouteNumbers { bits, shards }, size);
            self.bytes += next.bytes();
            self.generations.push_back(next);
        }
        if let Some(last) = self.generations.back_mut() {
            let before = last.bytes();
            last.latest = last.latest.max(now);
            last.add(key, route, is_new);
            self.bytes = self.bytes + last.bytes() - before;
        }
        let over = self.generations.len().saturating_sub(1);
        let mut over = self.generations.iter_mut().take(over);
        if let Some(over) = over.find(|generation| !generation.is_ended()) {
            let before = over.bytes();
            over.end_some();
            self.bytes = self.bytes + over.bytes() - before;
        }
        while self.bytes > share.bytes && self.generations.len() > 1 {
            self.dropped += self.drop_oldest();
        }
    }

    pub fn has(&self, key: HashKey, route: u64) -> bool {
        let mut generations = self.generations.iter();
        generations.any(|generation| generation.has(key, route))
    }

    /// Reads what [`Forgotten::has`] would, as far as one read leads to the next one.
    #[inline]
    pub fn look_at(&self, route: u64, step: u32) -> u64 {
        let looks = self
            .generations
            .iter()
            .map(|generation| generation.look_at(route, step));
        looks.fold(0, |read, look| read ^ look)
    }

    /// Drops what is older than `keep` nanoseconds.
    pub fn expire(&mut self, now: Timestamp, keep: u64) {
        let is_over = |first: &IdGeneration| first.latest.plus(keep) <= now;
        while self.generations.front().is_some_and(is_over) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) -> u64 {
        let Some(dropped) = self.generations.pop_front() else {
            return 0;
        };
        self.bytes -= dropped.bytes();
        dropped.len()
    }

    pub fn len(&self) -> u64 {
        self.generations.iter().map(IdGeneration::len).sum()
    }

    /// How many ids went before their time because the share was full.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What the shard with this number keeps, to be stored.
    pub fn stored(&self, shard: u64) -> impl Iterator<Item = StoredIds> {
        self.generations.iter().map(move |generation| StoredIds {
            latest: generation.latest,
            bits: generation.numbers.bits,
            routes: generation.routes(shard),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::id_generation::shard_of;

    /// A route from a number (the finalizer of splitmix64).
    fn route(number: u64) -> u64 {
        let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn share(bytes: u64) -> Share {
        Share::new(bytes, 1, 80)
    }

    #[test]
    fn ids_are_kept_for_their_time_and_not_much_longer() {
        let key = HashKey::new(1);
        let mut forgotten = Forgotten::default();
        forgotten.add(key, (route(1), false), Timestamp(0), share(1 << 20));
        forgotten.add(key, (route(2), false), Timestamp(20), share(1 << 20));
        assert!(forgotten.has(key, route(1)));
        assert!(!forgotten.has(key, route(3)));
        forgotten.expire(Timestamp(79), 80);
        assert!(forgotten.has(key, route(1)));
        forgotten.expire(Timestamp(80), 80);
        assert!(!forgotten.has(key, route(1)));
        assert!(forgotten.has(key, route(2)));
    }

    #[test]
    fn no_id_of_a_full_share_is_lost_but_with_the_oldest_and_those_are_counted() {
        let (key, share) = (HashKey::new(1), share(64 << 10));
        let mut forgotten = Forgotten::default();
        let most = 100_000;
        for number in 0..most {
            forgotten.add(key, (route(number), false), Timestamp(0), share);
            assert!(forgotten.bytes() <= share.bytes, "{number}");
        }
        let held: u64 = forgotten
            .generations
            .iter()
            .map(IdGeneration::bytes)
            .sum::<usize>() as u64;
        assert_eq!(held, forgotten.bytes() as u64);
        assert!(forgotten.dropped() > most / 2);
        // An id that looks like one that is there already is not kept twice.
        assert!(forgotten.len() + forgotten.dropped() <= most);
        let kept = most - forgotten.len();
        assert!((kept..most).all(|number| forgotten.has(key, route(number))));
    }

    #[test]
    fn what_is_stored_comes_back_in_any_number_of_shards() {
        let key = HashKey::new(7);
        let numbers: Vec<u64> = (0..3000).collect();
        let mut stored = Vec::new();
        let three = Share::new(1 << 20, 3, 80);
        for shard in 0..3 {
            let mut forgotten = Forgotten::default();
            for number in &numbers {
                if shard_of(route(*number), 3) == shard {
                    forgotten.add(key, (route(*number), false), Timestamp(*number), three);
                }
            }
            stored.extend(forgotten.stored(shard));
        }
        for (bytes, shards) in [(1 << 20, 5), (1 << 16, 8), (1 << 24, 1)] {
            let share = Share::new(bytes * 8, shards, 80);
            let mut restored: Vec<Forgotten> = (0..shards).map(|_| Forgotten::default()).collect();
            for ids in &stored {
                for route in &ids.routes {
                    let at = shard_of(*route, u64::from(shards));
                    restored[at as usize].restore(key, *route, ids, share);
                }
            }
            for number in &numbers {
                let at = shard_of(route(*number), u64::from(shards));
                assert!(
                    restored[at as usize].has(key, route(*number)),
                    "{number} of {shards}"
                );
            }
        }
    }

    /// The promise of the module, at the size of an hour of 4,200 traces a second with the default bound.
    #[test]
    #[ignore = "fills fifteen million ids; run it in release"]
    fn fifteen_million_ids_take_below_two_bytes_each_and_rarely_look_like_another() {
        let (key, shards, count) = (HashKey::new(3), 8, 15_000_000u64);
        let share = Share::new((256 << 20) / 6, shards, 3600);
        let mut all: Vec<Forgotten> = (0..shards).map(|_| Forgotten::default()).collect();
        let at = |route| shard_of(route, u64::from(shards)) as usize;
        for number in 0..count {
            let now = Timestamp(number * 3600 / count);
            all[at(route(number))].add(key, (route(number), false), now, share);
        }
        let bytes: usize = all.iter().map(Forgotten::bytes).sum();
        let probes = 2_000_000;
        let hits = (count..count + probes)
            .filter(|number| all[at(route(*number))].has(key, route(*number)))
            .count();
        println!("{:.3} bytes an id", bytes as f64 / count as f64);
        println!("{:.6} false hits", hits as f64 / probes as f64);
        assert!((0..count).all(|number| all[at(route(number))].has(key, route(number))));
        assert!((bytes as f64) < 2.0 * count as f64);
        assert!((hits as f64) < probes as f64 / 1000.0);
    }
}
