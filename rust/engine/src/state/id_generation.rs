//! Ids of closed traces that are forgotten together, in [parts](IdPart) by their numbers: each is written anew for itself,
//! so that nobody waits for all.

use crate::heap::heap;
use crate::state::id_part::IdPart;
use crate::state::id_place::RouteNumbers;
use crate::time::Timestamp;

/// A part is to hold about so many bytes.
const PART_BYTES: usize = 64 << 10;

/// A generation begins with no more parts than these, however much memory somebody allows: they stand ready before any id.
const PARTS: usize = 1 << 12;

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
        IdGeneration {
            since: now,
            latest: now,
            numbers,
            parts: (0..parts).map(|_| IdPart::default()).collect(),
            width: numbers.below().div_ceil(parts as u64),
            ended: 0,
            len: 0,
            bytes: parts * IdPart::default().bytes(),
        }
    }

    /// Of an id, by its number: in which part it belongs, and its number there.
    #[inline]
    fn place(&self, number: u64) -> (usize, u64) {
        let part = number / self.width;
        (part as usize, number - part * self.width)
    }

    /// Adds an id by its number, and says whether that is done. One that is known to be new is not looked for; should another
    /// id have the same number, it stands there twice.
    pub fn add(&mut self, number: u64, is_new: bool) -> bool {
        let (at, number) = self.place(number);
        let (part, width) = (&mut self.parts[at], self.width);
        if !is_new && part.has(number) {
            return false;
        }
        let before = part.bytes();
        part.add(number, width);
        self.bytes = self.bytes + part.bytes() - before;
        self.len += 1;
        true
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

    pub fn has(&self, number: u64) -> bool {
        let (at, number) = self.place(number);
        self.parts[at].has(number)
    }

    /// See [`IdSet::look_at`](crate::state::id_set::IdSet::look_at).
    #[inline]
    pub fn look_at(&self, number: u64, step: u32) -> u64 {
        let (at, number) = self.place(number);
        self.parts[at].look_at(number, step)
    }

    /// Asks for what [`IdGeneration::add`] writes, before that is needed.
    #[inline]
    pub fn prefetch_newest(&self, number: u64) {
        let (at, _) = self.place(number);
        self.parts[at].prefetch_newest();
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// How many parts it has.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The numbers of a part, in no order.
    pub fn part(&self, at: usize) -> impl Iterator<Item = u64> {
        let first = at as u64 * self.width;
        let ids = self.parts.get(at).into_iter().flat_map(IdPart::all);
        ids.map(move |number| first + number)
    }

    pub fn bytes(&self) -> usize {
        let parts = heap(self.parts.len() * size_of::<IdPart>());
        size_of::<IdGeneration>() + parts + self.bytes
    }

    /// The kept bits of all routes, ascending; `shard` is the number of the one that they lie in.
    pub fn routes(&self, shard: u64) -> Vec<u64> {
        let numbers = (0..self.parts()).flat_map(|at| self.part(at));
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
        let numbers = RouteNumbers::new(64 - 8, 2);
        let generation = IdGeneration::new(Timestamp(0), numbers, usize::MAX);
        assert_eq!(generation.parts(), PARTS);
        assert!(generation.bytes() < 2 << 20, "{}", generation.bytes());
    }

    #[test]
    fn an_id_is_found_whatever_part_it_is_in_and_a_generation_that_is_over_is_smaller() {
        let numbers = RouteNumbers::new(35, 8);
        let mut generation = IdGeneration::new(Timestamp(0), numbers, 3 * PART_BYTES);
        // All over the numbers, each in one way only.
        let route = |number: u64| (number << 3).wrapping_mul(0x9_e377_9b91) & ((1 << 35) - 1);
        let of = |number: u64| numbers.of(route(number));
        for number in 0..50_000 {
            assert!(!generation.has(of(number)));
            assert!(generation.add(of(number), true));
            assert!(!generation.add(of(number / 2), false));
            assert_eq!(generation.len(), number + 1);
        }
        let held: usize = generation.parts.iter().map(IdPart::bytes).sum();
        assert_eq!(held, generation.bytes);
        assert!((0..3).all(|at| generation.part(at).count() > 10_000));
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
        assert!((0..50_000).all(|number| generation.has(of(number))));
    }
}
