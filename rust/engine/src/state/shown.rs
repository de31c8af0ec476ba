//! Which counts each recorded span is shown for. A violation names the lowest of the spans that a count selected for
//! certain; which those are is worked out when one fires, which is seldom, and not with every span, of which most are
//! among the first of many counts.
//!
//! So a span is noted once, with all counts that it may be shown for, as a run of words in its trace's
//! [block](crate::state::block): the record, marked, and behind it the cells. A span that cannot be among the lowest of any
//! is not noted; once there are twice as many words as were needed the last time, those that are not needed are forgotten.
//!
//! Most traces are short, and of these every span is noted. So what is noted is counted later, all of it together, when somebody
//! asks for the counts: see [`settled`](crate::state::settled). Till then it says too of which cells a span is a member.

use hashbrown::HashMap;

use crate::intern::CellId;
use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::cell::WITNESSES;
use crate::state::flags::Flag;
use crate::state::record::Records;
use crate::state::record_id::RecordId;
use crate::state::trace::TraceState;
use crate::sync::worked;
use crate::time::EventTime;

/// What each count takes that a span is noted for.
pub(crate) const SHOWN_BYTES: usize = 4;

/// Marks the word that names a record: there are fewer of them than 2^31.
const RECORD: u32 = 1 << 31;

/// Marks a cell of which the span is a member, perhaps or for certain: there are fewer of them than 2^29.
const MEMBER: u32 = 1 << 30;
const PERHAPS: u32 = 1 << 29;

/// So many are read in the time of one unit of [work](worked).
const WORDS_A_UNIT: usize = 16;

/// So many words are never too many.
const FEW: u32 = 128;

/// A word as it lies in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// What follows is of this span.
    Span(RecordId),
    /// It may be shown for this count.
    Count(CellId),
    Member {
        cell: CellId,
        certain: bool,
    },
}

impl Note {
    #[inline(always)]
    pub fn word(self) -> u32 {
        match self {
            Note::Span(record) => RECORD | record.0,
            Note::Count(cell) => cell.0,
            Note::Member { cell, certain } => cell.0 | MEMBER | if certain { 0 } else { PERHAPS },
        }
    }

    #[inline(always)]
    pub fn of(word: [u8; SHOWN_BYTES]) -> Note {
        let word = u32::from_le_bytes(word);
        // Most are counts.
        if word & (RECORD | MEMBER) == 0 {
            Note::Count(CellId(word))
        } else if word & RECORD != 0 {
            Note::Span(RecordId(word & !RECORD))
        } else {
            Note::Member {
                cell: CellId(word & !(MEMBER | PERHAPS)),
                certain: word & PERHAPS == 0,
            }
        }
    }
}

/// The spans that a trace may show, for which counts.
#[derive(Clone, Copy)]
pub(super) struct Shown<'t> {
    pub records: Records<'t>,
}

impl<'t> Shown<'t> {
    fn notes(self) -> impl Iterator<Item = Note> + use<'t> {
        let words = self.records.block.elements(List::Shown);
        words.iter().copied().map(Note::of)
    }

    /// Every count with each span that is noted for it.
    fn all(self) -> impl Iterator<Item = (CellId, RecordId)> + use<'t> {
        worked(self.records.block.list(List::Shown).len() / SHOWN_BYTES / WORDS_A_UNIT);
        let mut record = RecordId(0);
        self.notes().filter_map(move |note| match note {
            Note::Span(next) => {
                record = next;
                None
            }
            Note::Count(cell) => Some((cell, record)),
            Note::Member { .. } => None,
        })
    }

    /// The record of every run.
    pub fn runs(self) -> impl Iterator<Item = RecordId> + use<'t> {
        self.notes().filter_map(|note| match note {
            Note::Span(record) => Some(record),
            Note::Count(_) | Note::Member { .. } => None,
        })
    }

    /// The lowest spans of a count by (start, span id), in that order.
    pub fn lowest(self, cell: CellId) -> Vec<RecordId> {
        let of_cell = self.all().filter(|(known, _)| *known == cell);
        let mut spans: Vec<RecordId> = of_cell.map(|(_, record)| record).collect();
        self.keep_lowest(&mut spans);
        spans
    }

    /// Likewise of every count.
    pub fn by_cell(self) -> HashMap<CellId, Vec<RecordId>> {
        let mut by_cell: HashMap<CellId, Vec<RecordId>> = HashMap::new();
        for (cell, record) in self.all() {
            by_cell.entry(cell).or_default().push(record);
        }
        for spans in by_cell.values_mut() {
            self.keep_lowest(spans);
        }
        by_cell
    }

    fn keep_lowest(self, spans: &mut Vec<RecordId>) {
        spans.sort_by_cached_key(|record| self.records.get(*record).rank());
        spans.truncate(WITNESSES);
    }
}

/// Begins the run of a record.
#[inline]
pub(super) fn begin(block: &mut Block, pool: &mut BlockPool, record: RecordId) {
    block.push(pool, List::Shown, Note::Span(record).word().to_le_bytes());
}

/// The record of the last run may be shown for this count too.
#[inline]
pub(super) fn add(block: &mut Block, pool: &mut BlockPool, cell: CellId) {
    block.push(pool, List::Shown, Note::Count(cell).word().to_le_bytes());
}

/// Adds the run of a record, with what is noted of its span.
#[inline]
pub(super) fn note(
    block: &mut Block,
    pool: &mut BlockPool,
    record: RecordId,
    words: &[[u8; SHOWN_BYTES]],
) {
    let begin = block.elements::<SHOWN_BYTES>(List::Shown).len();
    block.lengthen(pool, List::Shown, (1 + words.len()) * SHOWN_BYTES);
    let places = block.elements_mut(List::Shown);
    if let Some((first, rest)) = places[begin..].split_first_mut() {
        *first = Note::Span(record).word().to_le_bytes();
        rest.copy_from_slice(words);
    }
}

impl TraceState {
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            records: self.records(),
        }
    }

    /// The certain spans of a count that a violation shows, lowest first.
    pub fn witnesses(&self, cell: CellId) -> Vec<RecordId> {
        self.shown().lowest(cell)
    }

    /// Every count with each certain span that may be shown for it, in no order.
    pub fn noted(&self) -> impl Iterator<Item = (CellId, RecordId)> {
        self.shown().all()
    }

    /// Of the spans of a count those that a violation shows, lowest first.
    pub fn lowest(&self, mut spans: Vec<RecordId>) -> Vec<RecordId> {
        self.shown().keep_lowest(&mut spans);
        spans
    }

    /// How many words are noted.
    #[inline]
    pub(super) fn shown_len(&self) -> u32 {
        let words = self.records().block.list(List::Shown).len() / SHOWN_BYTES;
        words as u32
    }

    /// More are noted than are worth it.
    #[inline]
    pub(super) fn shows_too_many(&self) -> bool {
        let len = self.shown_len();
        len > FEW && self.apart().is_none_or(|apart| len > apart.shown_most)
    }

    /// The latest start of a span that is noted, where not all are.
    pub(super) fn shown_until(&self) -> EventTime {
        self.apart()
            .map_or(EventTime::FIRST, |apart| apart.shown_until)
    }

    /// A span that begins then is noted, where not all are.
    pub(super) fn shown_at(&mut self, start: EventTime) {
        let until = &mut self.apart_mut().shown_until;
        *until = start.max(*until);
    }

    /// From now on not all spans are noted; the notes are forgotten that are not needed once there are twice as many.
    pub(super) fn show_few(&mut self) {
        let starts = self
            .shown()
            .runs()
            .map(|record| self.records().get(record).start);
        let until = starts.max().unwrap_or(EventTime::FIRST);
        let len = self.shown_len();
        let apart = self.apart_mut();
        (apart.shown_until, apart.shown_most) = (until, 2 * len);
        self.flags.add(Flag::ShowsFew);
    }

    /// Forgets of which counts spans are not among the lowest, and the records of those that are among the lowest of none; all
    /// is [counted](crate::state::settled) by then.
    pub(super) fn forget_unshown(&mut self, pool: &mut BlockPool) {
        let (words, unshown) = self.needed_words();
        let mut records = self.records_mut(pool);
        let list = records.block.list_mut(List::Shown);
        for (place, word) in list.chunks_exact_mut(SHOWN_BYTES).zip(&words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        records
            .block
            .truncate(List::Shown, words.len() * SHOWN_BYTES);
        for record in unshown {
            records.release(record);
        }
        self.show_few();
    }

    /// Those words that are needed, and the records that are not.
    fn needed_words(&self) -> (Vec<u32>, Vec<RecordId>) {
        let shown = self.shown();
        let is_shown = |note: &Note| !matches!(note, Note::Member { .. });
        let words: Vec<u32> = shown.notes().filter(is_shown).map(Note::word).collect();
        let mut runs: Vec<&[u32]> = words
            .chunk_by(|_, next| next & RECORD == 0)
            .filter(|run| run[0] & RECORD != 0)
            .collect();
        let record = |run: &[u32]| RecordId(run[0] & !RECORD);
        runs.sort_by_cached_key(|run| shown.records.get(record(run)).rank());
        let (mut needed, mut unshown) = (Vec::new(), Vec::new());
        let mut counts: HashMap<u32, usize> = HashMap::new();
        for run in runs {
            let before = needed.len();
            needed.push(run[0]);
            for cell in &run[1..] {
                let count = counts.entry(*cell).or_default();
                if *count < WITNESSES {
                    *count += 1;
                    needed.push(*cell);
                }
            }
            if needed.len() == before + 1 {
                needed.truncate(before);
                unshown.push(record(run));
            }
        }
        (needed, unshown)
    }
}

#[cfg(test)]
mod tests {
    use betrace_lang::rule::Completeness;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::rule_set::RuleSet;
    use crate::hash::HashKey;
    use crate::id::SpanId;
    use crate::intern::Interner;
    use crate::plan::feed::FeedKind;
    use crate::state::arriving::Merging;
    use crate::state::merge::Merged;
    use crate::state::span_kinds::SpanKinds;
    use crate::state::trace::Generation;
    use crate::tests::hostile::numbered;
    use crate::tests::rules::rules;
    use crate::tests::spans::{TestSpan, at, message};

    fn counting() -> RuleSet {
        let texts = [
            "a: never { count(a) > 1000 }",
            "b: never { count(b) > 1000 }",
            "any: never { count(any) > 1000 } | message: '{offender.n}'",
        ];
        RuleSet::first(rules(&texts), &mut Interner::default(), Completeness::Root).unwrap()
    }

    fn begun(id: u64, name: &str, millis: u64) -> TestSpan {
        let mut one = numbered(id, 0, name, 0);
        one.span.start_time_unix_nano = at(millis).0;
        one.span.end_time_unix_nano = at(millis + 1).0;
        one
    }

    /// The trace of these spans, and what each count shows of them.
    fn merged(set: &RuleSet, spans: &[TestSpan]) -> (TraceState, Vec<Vec<SpanId>>) {
        let with = Merging {
            plan: &set.plan,
            generation: Generation::default(),
            key: HashKey::new(1),
            spans_per_trace: 10_000,
            early_from: &[],
            arrived: None,
        };
        let (mut pool, mut kinds) = (BlockPool::default(), SpanKinds::default());
        let mut trace = TraceState::empty();
        let mut scratch = set.plan.matcher.scratch();
        let bytes = message(spans);
        let read = set.plan.matcher.scan(&bytes, &mut scratch, |view, found| {
            let kind = kinds.of(with.plan, with.early_from, found.hashed_hits());
            let merged = trace.merge(&with, &mut pool, view, kinds.get(kind).unwrap(), |_| ());
            assert_eq!(merged, Merged::Added);
        });
        assert_eq!(read.unwrap().spans, spans.len() as u64);
        let feeds = set.plan.selectors.iter().flat_map(|one| one.feeds.iter());
        let counts = feeds.filter(|feed| feed.kind == FeedKind::Count);
        let records = trace.records();
        let ids = counts.map(|feed| {
            let shown = trace.witnesses(feed.cell).into_iter();
            shown.map(|span| records.get(span).span_id).collect()
        });
        let ids = ids.collect();
        (trace, ids)
    }

    fn lowest<'s>(spans: impl Iterator<Item = &'s TestSpan>) -> Vec<SpanId> {
        let rank = |span: &TestSpan| {
            let id = span.span.span_id.as_slice().try_into().unwrap();
            (span.span.start_time_unix_nano, SpanId(id))
        };
        let mut ranks: Vec<(u64, SpanId)> = spans.map(rank).collect();
        ranks.sort_unstable();
        ranks.truncate(WITNESSES);
        ranks.into_iter().map(|(_, id)| id).collect()
    }

    proptest! {
        #[test]
        fn a_count_shows_its_lowest_spans_in_whatever_order_they_came(
            all in proptest::collection::vec((0..40u64, 0..3usize), 1..150),
        ) {
            let set = counting();
            let of = |(at, (start, name)): (usize, &(u64, usize))| {
                let name = ["a", "b", "c"][*name];
                begun(at as u64 + 1, name, *start).int("n", at as i64)
            };
            let spans: Vec<TestSpan> = all.iter().enumerate().map(of).collect();
            let (trace, mut shown) = merged(&set, &spans);
            let named = |name: &'static str| {
                spans.iter().filter(move |span| span.span.name == name)
            };
            let mut expected = vec![lowest(named("a")), lowest(named("b")), lowest(spans.iter())];
            shown.sort();
            expected.sort();
            prop_assert_eq!(shown, expected);
            let is_kept = |span: RecordId| trace.records().projection(span).is_some();
            prop_assert!(trace.shown().runs().all(is_kept));
        }
    }

    #[test]
    fn what_is_not_shown_is_forgotten_however_spans_come() {
        let set = counting();
        let mut spans: Vec<TestSpan> = (0..5_000)
            .map(|number| begun(number + 1, "a", number))
            .collect();
        let (in_order, shown) = merged(&set, &spans);
        spans.reverse();
        let (reversed, again) = merged(&set, &spans);
        assert_eq!(shown, again);
        for trace in [in_order, reversed] {
            assert!(trace.shown_len() <= FEW);
            assert!(trace.records().all().count() <= FEW as usize);
        }
    }
}
