//! Ids of closed traces that are forgotten together, in [parts](IdPart) by their numbers: each is written anew for itself,
//! so that nobody waits for all.

use crate::hash::HashKey;
use crate::heap::heap;
use crate::state::id_part::IdPart;
use crate::time::Timestamp;

/// These bits of a route say in which shard a trace lies (see [`shard_of`]).
pub(crate) const SHARD_BITS: u32 = 24;

/// A part of a generation is to hold about so many bytes.
const PART_BYTES: usize = 64 << 10;

/// A generation begins with no more parts than these, however much memory somebody allows: they stand ready before any id.
const PARTS: usize = 1 << 12;

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

#[derive(Clone, Debug)]
pub(crate) struct IdGeneration {
    pub since: Timestamp,
    /// When the latest id came in.
    pub latest: Timestamp,
    pub numbers: RouteNumbers,
    /// By number, ascending.
    parts: Box<[IdPart]>,
    /// How many numbers belong in each.
    width: u64,
    /// How many of the parts have come to their end.
    ended: usize,
    len: u64,
    /// What the parts hold.
    bytes: usize,
}

impl IdGeneration {
    /// For about so many bytes of ids.
    pub fn new(now: Timestamp, numbers: RouteNumbers, bytes: usize) -> IdGeneration {
        let parts = (bytes / PART_BYTES).clamp(1, PARTS);
        let empty = parts * IdPart::default().bytes();
        IdGeneration {
            since: now,
            latest: now,
            numbers,
            parts: (0..parts).map(|_| IdPart::default()).collect(),
            width: numbers.below().div_ceil(parts as u64),
            ended: 0,
            len: 0,
            bytes: empty,
        }
    }

    /// Of an id's [`route`](crate::hash::route): in which part it belongs, and its number there.
    fn place(&self, route: u64) -> (usize, u64) {
        let number = self.numbers.of(route);
        ((number / self.width) as usize, number % self.width)
    }

    /// By the id's [`route`](crate::hash::route). What is known to be new is not looked for; should another id have the same
    /// bits, they stand there twice.
    pub fn add(&mut self, key: HashKey, route: u64, is_new: bool) {
        let (at, number) = self.place(route);
        let (part, width) = (&mut self.parts[at], self.width);
        if !is_new && part.has(key, number) {
            return;
        }
        let before = part.bytes();
        part.add(key, number, width);
        self.bytes = self.bytes + part.bytes() - before;
        self.len += 1;
    }

    /// No more will come: what is over is smaller. One part of it, so that nobody waits for all.
    pub fn end_some(&mut self) {
        let Some(part) = self.parts.get_mut(self.ended) else {
            return;
        };
        self.ended += 1;
        let before = part.bytes();
        part.end(self.width);
        self.bytes = self.bytes + part.bytes() - before;
    }

    /// Whether all parts have come to their end.
    pub fn is_ended(&self) -> bool {
        self.ended == self.parts.len()
    }

    pub fn has(&self, key: HashKey, route: u64) -> bool {
        let (at, number) = self.place(route);
        self.parts[at].has(key, number)
    }

    /// See [`IdSet::look_at`](crate::state::id_set::IdSet::look_at).
    #[inline]
    pub fn look_at(&self, route: u64, step: u32) -> u64 {
        let (at, number) = self.place(route);
        self.parts[at].look_at(number, step)
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn bytes(&self) -> usize {
        let parts = heap(self.parts.len() * size_of::<IdPart>());
        size_of::<IdGeneration>() + parts + self.bytes
    }

    /// The kept bits of all routes, ascending; `shard` is the number of the one that they lie in.
    pub fn routes(&self, shard: u64) -> Vec<u64> {
        let parts = (0..).map(|at| at * self.width).zip(&self.parts);
        let numbers = parts.flat_map(|(first, part)| part.all().map(move |number| first + number));
        let mut routes: Vec<u64> = numbers
            .map(|number| self.numbers.route(number, shard))
            .collect();
        routes.sort_unstable();
        routes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_begins_small_however_much_is_allowed() {
        let numbers = RouteNumbers {
            bits: 64 - 8,
            shards: 2,
        };
        let generation = IdGeneration::new(Timestamp(0), numbers, usize::MAX);
        assert_eq!(generation.parts.len(), PARTS);
        assert!(generation.bytes() < 2 << 20, "{}", generation.bytes());
    }

    #[test]
    fn an_id_is_found_whatever_part_it_is_in_and_a_generation_that_is_over_is_smaller() {
        let key = HashKey::new(5);
        let numbers = RouteNumbers {
            bits: 35,
            shards: 8,
        };
        let mut generation = IdGeneration::new(Timestamp(0), numbers, 3 * PART_BYTES);
        // All over the numbers, each in one way only.
        let route = |number: u64| (number << 3).wrapping_mul(0x9_e377_9b91) & ((1 << 35) - 1);
        for number in 0..50_000 {
            assert!(!generation.has(key, route(number)));
            generation.add(key, route(number), true);
            generation.add(key, route(number / 2), false);
            assert_eq!(generation.len(), number + 1);
        }
        let held: usize = generation.parts.iter().map(IdPart::bytes).sum();
        assert_eq!(held, generation.bytes);
        assert!(
            generation
                .parts
                .iter()
                .all(|part| part.all().count() > 10_000)
        );
        let mut all: Vec<u64> = (0..50_000).map(route).collect();
        all.sort_unstable();
        assert_eq!(generation.routes(0), all);
        let mut ends = 0;
        while !generation.is_ended() {
            generation.end_some();
            ends += 1;
        }
        assert_eq!(ends, 3);
        assert!(generation.bytes < held);
        assert_eq!(generation.routes(0), all);
        assert!((0..50_000).all(|number| generation.has(key, route(number))));
    }
}
