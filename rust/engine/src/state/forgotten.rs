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

    /// Whether next to all new ids are told by the filter alone, of which what tells one is [asked for
    /// ahead](Forgotten::prefetch); else what else is read is [looked at](Forgotten::look_at).
    pub fn is_filtered(&self) -> bool {
        self.generations.is_empty()
            || self.is_over_all && self.filter.as_ref().is_some_and(IdFilter::says_more)
    }

    /// Asks for what the filter says of an id, before that is needed.
    #[inline]
    pub fn prefetch(&self, route: u64) {
        if let Some(filter) = &self.filter {
            filter.prefetch(filter.numbers.of(route));
        }
    }

    /// Reads what [`Forgotten::has`] would, as far as one read leads to the next one.
    #[inline]
    pub fn look_at(&self, route: u64, step: u32) -> u64 {
        let looks = self
            .among(route)
            .map(|(generation, number)| generation.look_at(number, step));
        looks.fold(0, |read, look| read ^ look)
    }

    /// Asks for what [`Forgotten::add`] reads first, before that is needed.
    #[inline]
    pub fn prefetch_newest(&self, route: u64) {
        if let (Some(last), Some(filter)) = (self.generations.back(), &self.filter) {
            let number = last.numbers.of(route);
            filter.prefetch(number);
            last.prefetch_newest(number);
        }
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
mod tests;
