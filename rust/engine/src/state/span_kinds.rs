//! Kinds of spans: those that the same selectors select leave the same notes in their traces. What these are is worked out once
//! for all spans of a kind, and they are counted together.
//!
//! What a call met it knows for the calls after it, until there are too many kinds or other rules.

use hashbrown::HashTable;

use crate::intern::CellId;
use crate::matcher::ids::{Hit, HitsHash, SelectorId};
use crate::plan::Plan;
use crate::plan::feed::{FeedKind, IdleNumbers, NumberOf, SelectorPlan};
use crate::scan::read_plan::Place;
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
#[derive(Debug)]
pub(crate) struct SpanKind {
    /// What selects its spans.
    pub hits: Box<[Hit]>,
    /// What each of them notes in its trace.
    pub(super) words: Box<[[u8; SHOWN_BYTES]]>,
    /// Those of the hits for which something is kept too.
    pub(super) further: Box<[FurtherHit]>,
    /// Of all others, from how many spans of a trace on another one may decide a rule early, ascending.
    pub(super) early: Box<[(u32, SelectorId)]>,
}

/// A hit for which more is kept than what is noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct FurtherHit {
    pub hit: Hit,
    /// From when on another such span may decide a rule early, if one can.
    pub early: Option<EarlyFrom>,
    /// A cell that keeps the extremes of a number is all that is kept.
    pub range: Option<RangeFeed>,
}

/// The extremes of a number of certain spans.
#[derive(Clone, Copy, Debug)]
pub(super) struct RangeFeed {
    pub cell: CellId,
    pub place: Place,
    pub idle: IdleNumbers,
}

#[derive(Debug, Default)]
pub(crate) struct SpanKinds {
    /// Of which rules they are.
    generation: Generation,
    /// Numbers of kinds, by their hits.
    table: HashTable<u32>,
    known: Vec<KnownKind>,
    /// Of all kinds.
    hits: usize,
    /// Those of which spans are counted.
    counted: Vec<u32>,
}

#[derive(Debug)]
struct KnownKind {
    /// Of what selects its spans, in order.
    hash: u64,
    /// That came since they were taken.
    spans: u64,
    kind: SpanKind,
}

impl SpanKinds {
    /// Forgets what is known of other rules.
    pub fn fit(&mut self, generation: Generation) {
        if self.generation != generation {
            self.forget();
            self.generation = generation;
        }
    }

    /// Forgets all that is known, the numbers of kinds included. Nothing is counted at this time, or it is lost.
    pub fn forget(&mut self) {
        self.table.clear();
        self.known.clear();
        self.counted.clear();
        self.hits = 0;
    }

    /// The kind of a span that these select. It has its number until all are [forgotten](SpanKinds::forget).
    #[inline]
    pub fn of(
        &mut self,
        plan: &Plan,
        early_from: &[EarlyFrom],
        (hash, hits): (HitsHash, &[Hit]),
    ) -> KindId {
        debug_assert_eq!(hash, hits.iter().map(|hit| hit.selector()).collect());
        let hash = hash.in_order(hits.iter().map(|hit| hit.selector()));
        let is_same = |at: &u32| {
            let known = self.known.get(*at as usize);
            known.is_some_and(|known| known.hash == hash && *known.kind.hits == *hits)
        };
        match self.table.find(hash, is_same) {
            Some(at) => KindId(*at),
            None => self.add(plan, early_from, (hash, hits)),
        }
    }

    #[inline(always)]
    pub fn get(&self, KindId(at): KindId) -> Option<&SpanKind> {
        Some(&self.known.get(at as usize)?.kind)
    }

    #[inline(never)]
    fn add(
        &mut self,
        plan: &Plan,
        early_from: &[EarlyFrom],
        (hash, hits): (u64, &[Hit]),
    ) -> KindId {
        let at = self.known.len() as u32;
        let kind = SpanKind::new(plan, early_from, hits);
        self.hits += hits.len();
        self.known.push(KnownKind {
            hash,
            spans: 0,
            kind,
        });
        let known = &self.known;
        let hash_of = |at: &u32| known.get(*at as usize).map_or(0, |one| one.hash);
        self.table.insert_unique(hash, at, hash_of);
        KindId(at)
    }

    /// A span of the kind came.
    #[inline]
    pub fn count(&mut self, KindId(at): KindId) {
        if let Some(known) = self.known.get_mut(at as usize) {
            if known.spans == 0 {
                self.counted.push(at);
            }
            known.spans += 1;
        }
    }

    /// There are so many that what is counted is better taken, and all forgotten then.
    pub fn is_full(&self) -> bool {
        self.known.len() >= KINDS || self.hits >= HITS
    }

    /// Gives the hash and the selectors of each kind of which spans came to `take`, with how many, and counts anew.
    pub fn take(&mut self, mut take: impl FnMut(u64, &[Hit], u64)) {
        for at in self.counted.drain(..) {
            if let Some(known) = self.known.get_mut(at as usize) {
                let spans = std::mem::take(&mut known.spans);
                take(known.hash, &known.kind.hits, spans);
            }
        }
    }
}

impl SpanKind {
    fn new(plan: &Plan, early_from: &[EarlyFrom], hits: &[Hit]) -> SpanKind {
        let (mut words, mut further, mut early) = (Vec::new(), Vec::new(), Vec::new());
        for hit in hits {
            let from = early_from.get(hit.selector().index());
            let Some(selector) = plan.selectors.get(hit.selector().index()) else {
                continue;
            };
            if note(selector, *hit, &mut words) {
                further.push(FurtherHit {
                    hit: *hit,
                    early: from.copied(),
                    range: RangeFeed::alone(plan, selector, *hit),
                });
                continue;
            }
            let from = from.filter(|from| from.spans < u32::MAX);
            early.extend(from.map(|from| (from.spans, hit.selector())));
        }
        early.sort_unstable();
        SpanKind {
            hits: hits.into(),
            words: words.into(),
            further: further.into(),
            early: early.into(),
        }
    }
}

/// Adds what a span of the selector notes. Returns whether something is kept of it too.
fn note(selector: &SelectorPlan, hit: Hit, words: &mut Vec<[u8; SHOWN_BYTES]>) -> bool {
    let certain = hit.certain();
    let mut is_kept = false;
    for feed in selector.feeds.iter() {
        let cell = feed.cell;
        match feed.kind {
            FeedKind::Count if certain => {
                words.push(Note::Count(cell).word().to_le_bytes());
                is_kept |= !selector.shown.is_empty();
            }
            FeedKind::Records => {
                let member = Note::Member { cell, certain };
                words.push(member.word().to_le_bytes());
                is_kept |= !selector.project.is_empty();
            }
            _ => is_kept = true,
        }
    }
    is_kept
}

impl RangeFeed {
    /// If this is all that is kept of the spans of a selector besides what is noted.
    fn alone(plan: &Plan, selector: &SelectorPlan, hit: Hit) -> Option<RangeFeed> {
        if !hit.certain() || !selector.shown.is_empty() || !selector.project.is_empty() {
            return None;
        }
        let is_kept = |kind| !matches!(kind, FeedKind::Count | FeedKind::Records);
        let mut kept = selector.feeds.iter().filter(|feed| is_kept(feed.kind));
        let (feed, None) = (kept.next()?, kept.next()) else {
            return None;
        };
        let FeedKind::Extremes(NumberOf::Field(field)) = feed.kind else {
            return None;
        };
        let mut reaches = selector.reaches.iter();
        let reach = reaches.find(|reach| reach.cell == feed.cell)?;
        Some(RangeFeed {
            cell: feed.cell,
            place: plan.matcher.read_plan().place(field)?,
            idle: reach.idle,
        })
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
        Hit::new(SelectorId(selector), certain)
    }

    fn hashed(hits: &[Hit]) -> (HitsHash, &[Hit]) {
        (hits.iter().map(|hit| hit.selector()).collect(), hits)
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
                    let kind = kinds.of(&set.plan, from, hashed(hits));
                    assert_eq!(*kinds.get(kind).unwrap().hits, **hits);
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
        assert_eq!((kinds.known.len(), kinds.hits), (0, 0));
    }

    #[test]
    fn a_sender_cannot_choose_an_order_of_his_attributes_that_is_looked_for_among_others() {
        let (set, mut kinds) = (set(), SpanKinds::default());
        let mut hits: Vec<Hit> = (0..7).map(|selector| hit(selector, true)).collect();
        for round in 0..900usize {
            let mut left = round;
            for place in 1..7 {
                hits.swap(place, left % (place + 1));
                left /= place + 1;
            }
            kinds.of(&set.plan, set.needed.early_from(), hashed(&hits));
        }
        let count = kinds.known.len();
        assert!(count > 500, "{count}");
        let hashes: std::collections::BTreeSet<u64> = kinds
            .known
            .iter()
            .map(|known| known.hash % (1 << 32))
            .collect();
        assert_eq!(hashes.len(), count);
    }

    #[test]
    fn a_kind_notes_and_keeps_what_its_selectors_feed() {
        let set = set();
        let mut kinds = SpanKinds::default();
        let selectors = &set.plan.selectors;
        for (number, selector) in (0..).zip(selectors) {
            for certain in [true, false] {
                let from = set.needed.early_from();
                let kind = kinds.of(&set.plan, from, hashed(&[hit(number, certain)]));
                let kind = kinds.get(kind).unwrap();
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
            let kind = kinds.of(&set.plan, &[], hashed(&[hit(number, true)]));
            kinds.count(kind);
        }
        assert!(kinds.is_full());
        let mut spans = 0;
        kinds.take(|_, _, more| spans += more);
        assert_eq!((spans, kinds.known.len()), (KINDS as u64, KINDS));
        kinds.forget();
        assert!(!kinds.is_full());
        let kind = kinds.of(&set.plan, &[], hashed(&[hit(7, true)]));
        assert_eq!(*kinds.get(kind).unwrap().hits, [hit(7, true)]);
    }
}
