//! Kinds of spans: those that the same selectors select leave the same notes in their traces. What these are is worked out once
//! for all spans of a kind, and they are counted together.
//!
//! What a call met it knows for the calls after it, until there are too many kinds or other rules.

use hashbrown::HashTable;

use crate::hash::fold;
use crate::matcher::ids::{Hit, SelectorId};
use crate::plan::Plan;
use crate::plan::feed::FeedKind;
use crate::state::shown::{Note, SHOWN_BYTES};
use crate::state::trace::Generation;

/// So many kinds, and selectors of all of them, are known before they are forgotten.
const KINDS: usize = 1 << 10;
const HITS: usize = 1 << 13;

/// From when on another certain span of a selector may decide a rule early: from so many such spans, or once so many have values
/// that matter to one of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EarlyFrom {
    pub spans: u32,
    pub values: u32,
}

/// A kind's number among those that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KindId(u32);

/// What is known of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanKind<'k> {
    /// What selects its spans.
    pub hits: &'k [Hit],
    /// What each of them notes in its trace.
    pub(super) words: &'k [[u8; SHOWN_BYTES]],
    /// Those of the hits for which something is kept too.
    pub(super) further: &'k [Hit],
    /// Of all others, from how many spans of a trace on another one may decide a rule early, ascending.
    pub(super) early: &'k [(u32, SelectorId)],
}

#[derive(Debug, Default)]
pub(crate) struct SpanKinds {
    /// Of which rules they are.
    generation: Generation,
    /// Numbers of kinds, by their hits.
    table: HashTable<u32>,
    known: Vec<KnownKind>,
    /// Of all kinds, one behind the other.
    hits: Vec<Hit>,
    words: Vec<[u8; SHOWN_BYTES]>,
    further: Vec<Hit>,
    early: Vec<(u32, SelectorId)>,
    /// Those of which spans are counted.
    counted: Vec<u32>,
}

#[derive(Debug, Default)]
struct KnownKind {
    hash: u64,
    ends: Ends,
    /// That came since they were taken.
    spans: u64,
}

/// Where what is known of a kind ends; it begins where the one before it ends.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    hits: u32,
    words: u32,
    further: u32,
    early: u32,
}

/// A few numbers that rules chose and no sender: a product for each is enough.
#[inline(always)]
pub(crate) fn hash_of_selectors(selectors: impl Iterator<Item = u32>) -> u64 {
    selectors.fold(0x2545_f491_4f6c_dd1d, |hash, selector| {
        fold(hash ^ u64::from(selector), 0x9e37_79b9_7f4a_7c15)
    })
}

impl SpanKinds {
    /// Forgets what is known of other rules.
    pub fn fit(&mut self, generation: Generation) {
        if self.generation != generation {
            self.forget();
            self.generation = generation;
        }
    }

    /// Forgets all that is known. Nothing is counted at this time, or it is lost.
    pub fn forget(&mut self) {
        self.table.clear();
        self.known.clear();
        self.hits.clear();
        self.words.clear();
        self.further.clear();
        self.early.clear();
    }

    /// The kind of a span that these select.
    #[inline]
    pub fn of(&mut self, plan: &Plan, early_from: &[EarlyFrom], hits: &[Hit]) -> KindId {
        let hash = hash_of_selectors(hits.iter().map(|hit| hit.selector.0));
        let is_same = |at: &u32| {
            let is_alike = self.known.get(*at as usize).map(|kind| kind.hash) == Some(hash);
            is_alike && self.hits_of(*at) == hits
        };
        match self.table.find(hash, is_same) {
            Some(at) => KindId(*at),
            None => self.add(plan, early_from, (hash, hits)),
        }
    }

    #[inline(always)]
    fn bounds(&self, at: u32) -> (Ends, Ends) {
        let ends = |at: usize| self.known.get(at).map_or(Ends::default(), |kind| kind.ends);
        let before = (at as usize).checked_sub(1);
        (before.map_or(Ends::default(), ends), ends(at as usize))
    }

    #[inline(always)]
    fn hits_of(&self, at: u32) -> &[Hit] {
        let (from, to) = self.bounds(at);
        &self.hits[from.hits as usize..to.hits as usize]
    }

    #[inline(always)]
    pub fn get(&self, KindId(at): KindId) -> SpanKind<'_> {
        let (from, to) = self.bounds(at);
        SpanKind {
            hits: &self.hits[from.hits as usize..to.hits as usize],
            words: &self.words[from.words as usize..to.words as usize],
            further: &self.further[from.further as usize..to.further as usize],
            early: &self.early[from.early as usize..to.early as usize],
        }
    }

    #[inline(never)]
    fn add(
        &mut self,
        plan: &Plan,
        early_from: &[EarlyFrom],
        (hash, hits): (u64, &[Hit]),
    ) -> KindId {
        let at = self.known.len() as u32;
        let first_early = self.early.len();
        self.hits.extend_from_slice(hits);
        for hit in hits {
            if self.note(plan, *hit) {
                self.further.push(*hit);
                continue;
            }
            let from = early_from.get(hit.selector.index());
            let from = from.filter(|from| from.spans < u32::MAX);
            let early = from.map(|from| (from.spans, hit.selector));
            self.early.extend(early);
        }
        self.early[first_early..].sort_unstable();
        let ends = Ends {
            hits: self.hits.len() as u32,
            words: self.words.len() as u32,
            further: self.further.len() as u32,
            early: self.early.len() as u32,
        };
        let spans = 0;
        self.known.push(KnownKind { hash, ends, spans });
        let known = &self.known;
        let hash_of = |at: &u32| known.get(*at as usize).map_or(0, |kind| kind.hash);
        self.table.insert_unique(hash, at, hash_of);
        KindId(at)
    }

    /// Adds what a span of the selector notes. Returns whether something is kept of it too.
    fn note(&mut self, plan: &Plan, hit: Hit) -> bool {
        let Some(selector) = plan.selectors.get(hit.selector.index()) else {
            return false;
        };
        let certain = hit.certain;
        let mut is_kept = false;
        for feed in selector.feeds.iter() {
            let cell = feed.cell;
            match feed.kind {
                FeedKind::Count if certain => {
                    self.words.push(Note::Count(cell).word().to_le_bytes());
                    is_kept |= !selector.shown.is_empty();
                }
                FeedKind::Records => {
                    let member = Note::Member { cell, certain };
                    self.words.push(member.word().to_le_bytes());
                    is_kept |= !selector.project.is_empty();
                }
                _ => is_kept = true,
            }
        }
        is_kept
    }

    /// A span of the kind came.
    #[inline]
    pub fn count(&mut self, KindId(at): KindId) {
        if let Some(kind) = self.known.get_mut(at as usize) {
            if kind.spans == 0 {
                self.counted.push(at);
            }
            kind.spans += 1;
        }
    }

    /// There are so many that what is counted is better taken, and all forgotten then.
    pub fn is_full(&self) -> bool {
        self.known.len() >= KINDS || self.hits.len() >= HITS
    }

    /// Gives the hash and the selectors of each kind of which spans came to `take`, with how many, and counts anew.
    pub fn take(&mut self, mut take: impl FnMut(u64, &[Hit], u64)) {
        let mut counted = std::mem::take(&mut self.counted);
        for at in counted.drain(..) {
            let Some(kind) = self.known.get_mut(at as usize) else {
                continue;
            };
            let (hash, spans) = (kind.hash, std::mem::take(&mut kind.spans));
            take(hash, self.hits_of(at), spans);
        }
        self.counted = counted;
        if self.is_full() {
            self.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use betrace_lang::rule::Completeness;

    use super::*;
    use crate::engine::rule_set::RuleSet;
    use crate::intern::Interner;
    use crate::tests::rules::rules;

    fn set() -> RuleSet {
        let texts = [
            "a: never { count(one) > 3 }",
            "b: when { one } always { two before one }",
            "c: never { max(two, amount) > 5 }",
        ];
        RuleSet::first(rules(&texts), &mut Interner::default(), Completeness::Root).unwrap()
    }

    fn hit(selector: u32, certain: bool) -> Hit {
        Hit {
            selector: SelectorId(selector),
            certain,
        }
    }

    #[test]
    fn spans_of_a_kind_are_counted_together_and_what_is_known_is_forgotten_with_its_rules() {
        let set = set();
        let mut kinds = SpanKinds::default();
        let from = set.needed.early_from();
        let of_kinds = [
            vec![hit(0, true)],
            vec![hit(0, true), hit(1, true)],
            vec![hit(0, true), hit(1, false)],
            vec![],
        ];
        for round in 1..4 {
            for (number, hits) in (1..).zip(&of_kinds) {
                for _ in 0..number * round {
                    let kind = kinds.of(&set.plan, from, hits);
                    assert_eq!(kinds.get(kind).hits, hits);
                    kinds.count(kind);
                }
            }
            let mut taken = Vec::new();
            kinds.take(|hash, hits, spans| taken.push((hash, hits.to_vec(), spans)));
            let spans: Vec<u64> = taken.iter().map(|(.., spans)| *spans).collect();
            assert_eq!(spans, [round, 2 * round, 3 * round, 4 * round]);
            assert!(taken.iter().map(|(_, hits, _)| hits).eq(&of_kinds));
            // Whether a span is certain does not count here.
            assert_eq!(taken[1].0, taken[2].0);
        }
        assert_eq!(kinds.known.len(), of_kinds.len());
        kinds.fit(Generation(1));
        assert_eq!((kinds.known.len(), kinds.hits.len()), (0, 0));
    }

    #[test]
    fn a_kind_notes_and_keeps_what_its_selectors_feed() {
        let set = set();
        let mut kinds = SpanKinds::default();
        let selectors = &set.plan.selectors;
        for (number, selector) in (0..).zip(selectors) {
            for certain in [true, false] {
                let from = set.needed.early_from();
                let kind = kinds.of(&set.plan, from, &[hit(number, certain)]);
                let kind = kinds.get(kind);
                let noted = |kind: FeedKind| {
                    kind == FeedKind::Count && certain || kind == FeedKind::Records
                };
                let feeds = selector.feeds.iter();
                let notes = feeds.filter(|feed| noted(feed.kind)).count();
                assert_eq!(kind.words.len(), notes);
                let is_all = notes == selector.feeds.len();
                assert_eq!(kind.further.is_empty(), is_all);
                assert!(kind.early.len() <= usize::from(is_all));
            }
        }
        assert!(selectors.len() >= 2);
    }

    #[test]
    fn too_many_kinds_are_forgotten_once_they_are_taken() {
        let set = set();
        let mut kinds = SpanKinds::default();
        for number in 0..KINDS as u32 {
            assert!(!kinds.is_full());
            let kind = kinds.of(&set.plan, &[], &[hit(number, true)]);
            kinds.count(kind);
        }
        assert!(kinds.is_full());
        let mut spans = 0;
        kinds.take(|_, _, more| spans += more);
        assert_eq!((spans, kinds.known.len()), (KINDS as u64, 0));
        let kind = kinds.of(&set.plan, &[], &[hit(7, true)]);
        assert_eq!(kinds.get(kind).hits, [hit(7, true)]);
    }
}
