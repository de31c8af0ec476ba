//! The ids of traces that closed and whose state is gone, so that a straggler never looks like a whole
//! new trace.
//!
//! An id is kept as a few bits of its hash, nearly two bytes at the sizes that matter, in generations that
//! are dropped as a whole; while all of them are few, a [filter](IdFilter) of another byte or so is asked
//! first. Two ids that share those bits make a new trace look late, which costs it an `inconclusive` and
//! nothing else: at most one new trace in a thousand when the share is full. The ids have a share of the
//! memory bound to themselves ([`Share`]), so that they never cost a live trace its verdict; when it is
//! full, the oldest generation goes early and is counted.

use std::collections::VecDeque;

use crate::settings::Settings;
use crate::state::id_filter::IdFilter;
use crate::state::id_generation::IdGeneration;
use crate::state::id_place::{RouteNumbers, SHARD_BITS};
use crate::sync::worked;
use crate::time::Timestamp;

/// Into how many generations the time to remember, and the share of memory, is divided.
const GENERATIONS: u64 = 4;

/// The filter grows as long as it and the ids take no more than one in so many bytes of the share.
const FILTERED_SHARE: usize = 3;

/// So many parts are looked at for the next filter at once, or fewer once they had so many ids.
const LOOKS_AT_ONCE: usize = 64;
const NOTES_AT_ONCE: usize = 128;

/// What the ids of one shard may take, and which bits of a route are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// In bytes.
    bytes: usize,
    /// How many of a route's lowest bits are kept.
    bits: u32,
    shards: u32,
    /// How long ids are kept, in nanoseconds.
    keep: u64,
}

impl Share {
    pub fn of(settings: &Settings) -> Share {
        Share::new(settings.id_bytes(), settings.shards, settings.forget_after)
    }

    /// Of `bytes` for all shards together.
    pub fn new(bytes: u64, shards: u32, keep: u64) -> Share {
        let shards = shards.max(1);
        // No more ids than half the bytes fit, and 1,024 numbers for each: one false hit in a thousand.
        let most = (bytes / 2).max(1);
        Share {
            bytes: (bytes / u64::from(shards)) as usize,
            bits: (most.ilog2() + 11).clamp(SHARD_BITS, 48),
            shards,
            keep,
        }
    }
}

/// The ids of one shard.
#[derive(Debug, Default)]
pub(crate) struct Forgotten {
    generations: VecDeque<IdGeneration>,
    /// Of the numbers of the last generation, and of all that have such: of those too that were stored with the same settings.
    filter: Option<IdFilter>,
    /// Whether all generations have such numbers.
    is_over_all: bool,
    /// Up to which generation, and which of its parts, the ids were noted for the next filter.
    noted: (usize, usize),
    /// What all of them hold.
    bytes: usize,
    dropped: u64,
}

/// A copy of the ids, which shares what they lie in.
pub(crate) struct IdCopy(VecDeque<IdGeneration>);

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
    pub fn add(&mut self, id: (u64, bool), now: Timestamp, share: Share) {
        self.add_bits(id, share.bits, now, share);
    }

    /// What was stored. Fewer bits than this share would keep give more false hits until they expire.
    pub fn restore(&mut self, route: u64, stored: &StoredIds, share: Share) {
        let bits = stored.bits.clamp(SHARD_BITS, share.bits);
        self.add_bits((route, false), bits, stored.latest, share);
    }

    fn add_bits(&mut self, (route, is_new): (u64, bool), bits: u32, now: Timestamp, share: Share) {
        self.begin_generation(RouteNumbers::new(bits, share.shards), now, share);
        if let Some(last) = self.generations.back_mut() {
            let before = last.bytes();
            last.latest = last.latest.max(now);
            let number = last.numbers.of(route);
            let is_added = last.add(number, is_new);
            self.bytes = self.bytes + last.bytes() - before;
            if is_added && let Some(filter) = &mut self.filter {
                filter.note(number);
                if filter.is_full() {
                    let ids = self.bytes - filter.bytes();
                    self.begin_filter((share.bytes / FILTERED_SHARE).saturating_sub(ids));
                }
            }
        }
        self.end_some();
        self.note_some();
        if self.bytes > share.bytes {
            self.make_room(share);
        }
    }

    /// Another generation, where the last one is over.
    fn begin_generation(&mut self, numbers: RouteNumbers, now: Timestamp, share: Share) {
        let step = (share.keep / GENERATIONS).max(1);
        let size = share.bytes / GENERATIONS as usize;
        let is_over = |last: &IdGeneration| {
            now.since(last.since) >= step || last.numbers != numbers || last.bytes() > size
        };
        if !self.generations.back().is_none_or(is_over) {
            return;
        }
        let next = IdGeneration::new(now, numbers, size);
        self.bytes += next.bytes();
        self.generations.push_back(next);
        if self.filter.as_ref().map(|filter| filter.numbers) != Some(numbers) {
            self.drop_filter();
            self.filter = Some(IdFilter::new(numbers));
        }
        self.look_at_numbers();
    }

    /// What is over is smaller: one part of it.
    fn end_some(&mut self) {
        let over = self.generations.len().saturating_sub(1);
        let mut over = self.generations.iter_mut().take(over);
        if let Some(over) = over.find(|generation| !generation.is_ended()) {
            let before = over.bytes();
            over.end_some();
            self.bytes = self.bytes + over.bytes() - before;
        }
    }

    fn look_at_numbers(&mut self) {
        let numbers = self.filter.as_ref().map(|filter| filter.numbers);
        let mut generations = self.generations.iter();
        self.is_over_all = generations.all(|generation| Some(generation.numbers) == numbers);
    }

    /// Begins the next filter, of so many bytes at the most.
    fn begin_filter(&mut self, most: usize) {
        let Some(filter) = &mut self.filter else {
            return;
        };
        let numbers = filter.numbers;
        let so = |generation: &&IdGeneration| generation.numbers == numbers;
        let so = self.generations.iter().filter(so);
        let count: u64 = so.map(IdGeneration::len).sum();
        let before = filter.bytes();
        filter.begin(count as usize, most);
        self.bytes = self.bytes + filter.bytes() - before;
        self.noted = (0, 0);
    }

    /// Notes some ids for the next filter.
    fn note_some(&mut self) {
        let Some(filter) = self.filter.as_mut().filter(|filter| filter.is_made()) else {
            return;
        };
        let (mut looks, mut notes) = (0, 0);
        while looks < LOOKS_AT_ONCE && notes < NOTES_AT_ONCE {
            let (at, part) = self.noted;
            let Some(generation) = self.generations.get(at) else {
                let before = filter.bytes();
                filter.end();
                self.bytes = self.bytes + filter.bytes() - before;
                return;
            };
            let is_over = part >= generation.parts() || generation.numbers != filter.numbers;
            self.noted = if is_over { (at + 1, 0) } else { (at, part + 1) };
            if !is_over {
                generation.part(part).for_each(|number| {
                    filter.note_again(number);
                    notes += 1;
                });
            }
            looks += 1;
        }
        worked(looks + notes / 8);
    }

    /// The share is full: the filter goes, and then what came first.
    fn make_room(&mut self, share: Share) {
        if let Some(filter) = &mut self.filter {
            self.bytes -= filter.bytes();
            filter.clear();
        }
        while self.bytes > share.bytes && self.generations.len() > 1 {
            self.dropped += self.drop_oldest();
        }
    }

    fn drop_filter(&mut self) {
        let dropped = self.filter.take();
        self.bytes -= dropped.map_or(0, |filter| filter.bytes());
    }

    pub fn has(&self, route: u64) -> bool {
        let mut among = self.among(route);
        among.any(|(generation, number)| generation.has(number))
    }

    /// Reads what [`Forgotten::has`] would, as far as one read leads to the next one.
    #[inline]
    pub fn look_at(&self, route: u64, step: u32) -> u64 {
        let looks = self
            .among(route)
            .map(|(generation, number)| generation.look_at(number, step));
        looks.fold(0, |read, look| read ^ look)
    }

    /// Reads what [`Forgotten::add`] does first.
    #[inline]
    pub fn look_at_newest(&self, route: u64) -> u64 {
        let (Some(last), Some(filter)) = (self.generations.back(), &self.filter) else {
            return 0;
        };
        let number = last.numbers.of(route);
        filter.look_at(number) ^ last.look_at_newest(number)
    }

    /// The generations in which an id may be, and its number there. Most ids are new, and in none.
    #[inline]
    fn among(&self, route: u64) -> impl Iterator<Item = (&IdGeneration, u64)> {
        let filter = self.filter.as_ref().map(|filter| {
            let number = filter.numbers.of(route);
            (filter.numbers, number, filter.may_have(number))
        });
        let is_in_none = filter.is_some_and(|(.., may)| !may && self.is_over_all);
        let looked_into = if is_in_none {
            0
        } else {
            self.generations.len()
        };
        let generations = self.generations.iter().take(looked_into);
        generations.filter_map(move |generation| match filter {
            Some((numbers, number, may)) if numbers == generation.numbers => {
                may.then_some((generation, number))
            }
            _ => Some((generation, generation.numbers.of(route))),
        })
    }

    /// Drops what is older than `keep` nanoseconds.
    pub fn expire(&mut self, now: Timestamp, keep: u64) {
        let is_over = |first: &IdGeneration| first.latest.plus(keep) <= now;
        while self.generations.front().is_some_and(is_over) {
            self.drop_oldest();
        }
        self.note_some();
    }

    fn drop_oldest(&mut self) -> u64 {
        let Some(dropped) = self.generations.pop_front() else {
            return 0;
        };
        self.bytes -= dropped.bytes();
        let (noted, part) = self.noted;
        self.noted = noted.checked_sub(1).map_or((0, 0), |noted| (noted, part));
        if self.generations.is_empty() {
            self.drop_filter();
        }
        self.look_at_numbers();
        let there = self.len() as usize;
        if let Some(filter) = &mut self.filter {
            filter.went_to(there);
        }
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

    /// To be stored while others go on here.
    pub fn copy(&self) -> IdCopy {
        IdCopy(self.generations.clone())
    }
}

impl IdCopy {
    /// What the shard with this number keeps, to be stored.
    pub fn stored(&self, shard: u64) -> impl Iterator<Item = StoredIds> {
        self.0.iter().map(move |generation| StoredIds {
            latest: generation.latest,
            bits: generation.numbers.bits,
            routes: generation.routes(shard),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::id_place::shard_of;

    /// A route from a number (the finalizer of splitmix64).
    fn route(number: u64) -> u64 {
        let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn share(bytes: u64) -> Share {
        Share::new(bytes, 1, 80)
    }

    /// What all parts hold.
    fn held(forgotten: &Forgotten) -> usize {
        let generations = forgotten.generations.iter().map(IdGeneration::bytes);
        let filter = forgotten.filter.as_ref().map_or(0, IdFilter::bytes);
        generations.sum::<usize>() + filter
    }

    #[test]
    fn ids_are_kept_for_their_time_and_not_much_longer() {
        let mut forgotten = Forgotten::default();
        forgotten.add((route(1), false), Timestamp(0), share(1 << 20));
        forgotten.add((route(2), false), Timestamp(20), share(1 << 20));
        assert!(forgotten.has(route(1)));
        assert!(!forgotten.has(route(3)));
        forgotten.expire(Timestamp(79), 80);
        assert!(forgotten.has(route(1)));
        forgotten.expire(Timestamp(80), 80);
        assert!(!forgotten.has(route(1)));
        assert!(forgotten.has(route(2)));
    }

    #[test]
    fn no_id_of_a_full_share_is_lost_but_with_the_oldest_and_those_are_counted() {
        let share = share(64 << 10);
        let mut forgotten = Forgotten::default();
        let most = 100_000;
        for number in 0..most {
            forgotten.add((route(number), false), Timestamp(0), share);
            assert!(forgotten.bytes() <= share.bytes, "{number}");
        }
        assert_eq!(held(&forgotten), forgotten.bytes());
        assert!(forgotten.dropped() > most / 2);
        // An id that looks like one that is there already is not kept twice.
        assert!(forgotten.len() + forgotten.dropped() <= most);
        let kept = most - forgotten.len();
        assert!((kept..most).all(|number| forgotten.has(route(number))));
    }

    #[test]
    fn no_id_that_is_there_is_kept_back_by_the_filter_however_it_is_made_anew() {
        let share = Share::new(4 << 20, 1, 80_000);
        let mut forgotten = Forgotten::default();
        let (mut made, mut was_made) = (0, false);
        // A generation is over after 20,000, and an id is kept for some 80,000; few come then, and none in the end.
        let moments = (0..300_000).chain((300_000..500_000).step_by(100));
        for number in moments {
            let now = Timestamp(number);
            forgotten.add((route(number), true), now, share);
            if number % 1_000 == 0 {
                forgotten.expire(now, share.keep);
            }
            let is_made = forgotten.filter.as_ref().is_some_and(IdFilter::is_made);
            made += u32::from(is_made && !was_made);
            was_made = is_made;
            if is_made || number % 9_973 == 0 {
                let step = if number < 300_000 { 1 } else { 100 };
                let kept = (1..400).map(|ago| number.saturating_sub(ago * ago / 2 * step));
                let mut there = kept.filter(|kept| {
                    number - kept < share.keep && (*kept < 300_000 || kept % 100 == 0)
                });
                assert!(there.all(|kept| forgotten.has(route(kept))), "{number}");
                assert_eq!(held(&forgotten), forgotten.bytes());
            }
        }
        assert!(made > 12, "{made}");
        let filter = forgotten.filter.as_ref().map_or(0, IdFilter::bytes);
        // For a thousand ids, where there was one for a hundred thousand.
        assert!((1..8_000).contains(&filter), "{filter}");
        forgotten.expire(Timestamp(1 << 20), share.keep);
        assert_eq!(forgotten.bytes(), 0);
    }

    #[test]
    fn the_next_filter_knows_all_that_is_left_where_ids_go_while_it_is_made() {
        let share = Share::new(4 << 20, 1, 80_000);
        // Of sixteen parts each.
        for notes in [0, 1, 10, 20, 40] {
            let mut forgotten = Forgotten::default();
            for number in 0..79_000 {
                forgotten.add((route(number), true), Timestamp(number), share);
            }
            forgotten.begin_filter(usize::MAX);
            (0..notes).for_each(|_| forgotten.note_some());
            forgotten.expire(Timestamp(100_000), share.keep);
            assert_eq!(forgotten.len(), 59_000);
            while forgotten.filter.as_ref().is_some_and(IdFilter::is_made) {
                forgotten.note_some();
            }
            let mut there = 20_000..79_000;
            assert!(there.all(|number| forgotten.has(route(number))), "{notes}");
            assert_eq!(held(&forgotten), forgotten.bytes());
        }
    }

    #[test]
    fn ids_that_were_stored_with_other_settings_are_looked_for_beside_the_filter() {
        let [few, many] = [1 << 16, 1 << 24].map(|bytes| Share::new(bytes, 1, 80_000));
        let mut forgotten = Forgotten::default();
        let mut number = 0;
        // Of the same numbers again, after others.
        for (bits, count) in [(many.bits, 300), (few.bits, 500), (many.bits, 700), (24, 9)] {
            let latest = Timestamp(number);
            let stored = StoredIds {
                latest,
                bits,
                routes: Vec::new(),
            };
            for _ in 0..count {
                forgotten.restore(route(number), &stored, many);
                number += 1;
                assert!((0..number).all(|number| forgotten.has(route(number))));
            }
        }
        assert_eq!(forgotten.generations.len(), 4);
        assert_eq!(held(&forgotten), forgotten.bytes());
    }

    #[test]
    fn most_new_ids_are_looked_for_in_the_filter_alone() {
        let share = share(4 << 20);
        let mut forgotten = Forgotten::default();
        let mut looked = 0;
        for number in 0..100_000 {
            looked += u32::from(forgotten.among(route(number)).next().is_some());
            forgotten.add((route(number), true), Timestamp(0), share);
        }
        assert!(looked < 100_000 / 14, "{looked}");
    }

    #[test]
    fn what_is_stored_comes_back_in_any_number_of_shards() {
        let numbers: Vec<u64> = (0..3000).collect();
        let mut stored = Vec::new();
        let three = Share::new(1 << 20, 3, 80);
        for shard in 0..3 {
            let mut forgotten = Forgotten::default();
            for number in &numbers {
                if shard_of(route(*number), 3) == shard {
                    forgotten.add((route(*number), false), Timestamp(*number), three);
                }
            }
            stored.extend(forgotten.copy().stored(shard));
        }
        for (bytes, shards) in [(1 << 20, 5), (1 << 16, 8), (1 << 24, 1)] {
            let share = Share::new(bytes * 8, shards, 80);
            let mut restored: Vec<Forgotten> = (0..shards).map(|_| Forgotten::default()).collect();
            for ids in &stored {
                for route in &ids.routes {
                    let at = shard_of(*route, u64::from(shards));
                    restored[at as usize].restore(*route, ids, share);
                }
            }
            for number in &numbers {
                let at = shard_of(route(*number), u64::from(shards));
                assert!(
                    restored[at as usize].has(route(*number)),
                    "{number} of {shards}"
                );
            }
        }
    }

    /// The promise of the module, at the size of an hour of 4,200 traces a second with the default bound.
    #[test]
    #[ignore = "fills fifteen million ids; run it in release"]
    fn fifteen_million_ids_take_below_two_bytes_each_and_rarely_look_like_another() {
        let (shards, count) = (8, 15_000_000u64);
        let share = Share::new((256 << 20) / 6, shards, 3600);
        let mut all: Vec<Forgotten> = (0..shards).map(|_| Forgotten::default()).collect();
        let at = |route| shard_of(route, u64::from(shards)) as usize;
        for number in 0..count {
            let now = Timestamp(number * 3600 / count);
            all[at(route(number))].add((route(number), false), now, share);
        }
        let bytes: usize = all.iter().map(Forgotten::bytes).sum();
        let probes = 2_000_000;
        let hits = (count..count + probes)
            .filter(|number| all[at(route(*number))].has(route(*number)))
            .count();
        println!("{:.3} bytes an id", bytes as f64 / count as f64);
        println!("{:.6} false hits", hits as f64 / probes as f64);
        assert!((0..count).all(|number| all[at(route(number))].has(route(number))));
        assert!((bytes as f64) < 2.0 * count as f64);
        assert!((hits as f64) < probes as f64 / 1000.0);
    }
}
