//! Merging a span into the state of its trace: the first copy counts, and the order of spans does not show.

use betrace_lang::verdict::Reason;

use crate::matcher::ids::{Hit, SelectorId};
use crate::plan::Plan;
use crate::plan::feed::FeedKind;
use crate::scan::view::SpanView;
use crate::state::arriving::{Arriving, Merging};
use crate::state::block::{LISTS, List};
use crate::state::block_pool::BlockPool;
use crate::state::cell::CELL_BYTES;
use crate::state::feeding::whole_at;
use crate::state::flags::Flag;
use crate::state::packed_record::record_stride;
use crate::state::seen::{Arrival, Parents, SeenSpan};
use crate::state::shown::{self, SHOWN_BYTES};
use crate::state::span_kinds::{EarlyFrom, RangeFeed, SpanKind};
use crate::state::trace::TraceState;
use crate::time::EventTime;

impl EarlyFrom {
    #[inline(always)]
    fn is_reached(self, left: Left) -> bool {
        self.spans <= left.spans || self.values <= left.values
    }
}

/// What spans of a selector have left in their trace: at most so many certain ones, and values that matter in one cell.
#[derive(Clone, Copy, Default)]
struct Left {
    spans: u32,
    values: u32,
}

/// What became of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    Added,
    Duplicate,
    Conflict,
    OverLimit,
}

/// What all digests are made of, in short; never zero.
#[inline(always)]
pub(super) fn short_basis(basis: u64) -> u32 {
    (basis as u32).max(1)
}

/// A trace's block grows no further than this, in bytes.
const MOST: usize = 1 << 31;

impl TraceState {
    /// Merges one span. The first copy counts; a span beyond the limit marks the trace incomplete. `met` hears of the
    /// selectors that may decide a rule early now.
    pub fn merge(
        &mut self,
        with: &Merging<'_>,
        pool: &mut BlockPool,
        span: &SpanView<'_, '_>,
        kind: &SpanKind,
        mut met: impl FnMut(SelectorId),
    ) -> Merged {
        let Merging { plan, key, .. } = *with;
        let marks = span.marks();
        let came = SeenSpan {
            id: span.span_id(),
            parent: span.parent().map_or([0; 8], |parent| parent.0),
            twin: marks.twin,
            digest: marks.digest as u32,
        };
        let before = match self.takes(with, came) {
            Ok(before) => before,
            Err(refused) => return refused,
        };
        let basis = short_basis(plan.digest_basis);
        if before == 0 {
            self.digest_basis = basis;
            // Later it stays as it is: a reload may ask for it then.
            if plan.structure {
                self.parents = Parents::OfAll;
            }
        } else if self.digest_basis != basis {
            self.digest_basis = 0;
        }
        self.generation = self.generation.min(with.generation);
        self.note_times(span);
        self.reserve(pool, kind.words.len(), before == 0);
        let mut arriving = Arriving {
            span,
            place: self.seen_mut(pool).add(key, came),
            twin: came.twin,
            with,
            record: None,
            is_shown: false,
            pool,
        };
        self.note_foremost(plan, &mut arriving);
        if self.is_noted() {
            self.note_kind(with, &mut arriving, kind, met);
        } else {
            for hit in &kind.hits {
                let left = self.apply_hit(plan, &mut arriving, *hit);
                let from = with.early_from.get(hit.selector().index());
                if from.is_some_and(|from| from.is_reached(left)) {
                    met(hit.selector());
                }
            }
        }
        if let Some(record) = arriving.record.filter(|_| !arriving.is_shown) {
            self.records_mut(arriving.pool).drop_unheld(record);
        }
        if self.shows_too_many() {
            self.count_for_good(arriving.pool);
            self.forget_unshown(arriving.pool);
        }
        Merged::Added
    }

    /// How many spans came before one that is to be added, or else what becomes of it.
    #[inline]
    fn takes(&mut self, with: &Merging<'_>, came: SeenSpan) -> Result<usize, Merged> {
        let seen = self.seen();
        match seen.find(with.key, came.id, came.twin, came.digest) {
            Arrival::New => {}
            Arrival::Duplicate => return Err(Merged::Duplicate),
            // Digests of other fields, as before a reload, do not tell whether copies differ.
            Arrival::Conflict if self.digest_basis != short_basis(with.plan.digest_basis) => {
                return Err(Merged::Duplicate);
            }
            Arrival::Conflict => {
                if self.is_live() {
                    self.reasons.add(Reason::Conflict);
                }
                return Err(Merged::Conflict);
            }
        }
        let before = seen.len();
        if before >= with.spans_per_trace as usize || self.block_len() >= MOST {
            self.reasons.add(Reason::SpanLimit);
            return Err(Merged::OverLimit);
        }
        Ok(before)
    }

    fn note_times(&mut self, span: &SpanView<'_, '_>) {
        let (start, end) = (EventTime(span.start()), EventTime(span.end()));
        self.began.add(start);
        if span.has_order() {
            self.earliest = self.earliest.min(start);
            self.latest = self.latest.max(end);
        } else {
            self.flags.add(Flag::Skewed);
        }
    }

    /// Makes room for what the arriving span will most likely need.
    #[inline]
    fn reserve(&mut self, pool: &mut BlockPool, words: usize, is_first: bool) {
        let is_recorded = words > 0 || is_first;
        let mut wanted = [0; LISTS];
        wanted[List::Spans as usize] = self.parents.stride() as u32;
        if is_recorded {
            wanted[List::Records as usize] = record_stride(self.parents) as u32;
        }
        if words > 0 {
            wanted[List::Shown as usize] = (SHOWN_BYTES * (words + 1)) as u32;
        }
        if is_first {
            // Of values; others are counted elsewhere.
            wanted[List::Cells as usize] = CELL_BYTES as u32;
        }
        self.block_mut().reserve(pool, wanted);
    }

    /// Holds the arriving span if it is the first root so far or, as long as there is none, the first span.
    #[inline(always)]
    fn note_foremost(&mut self, plan: &Plan, arriving: &mut Arriving<'_, '_, '_>) {
        let rank = arriving.rank();
        let is_root = arriving.span.parent().is_none();
        let before = if is_root {
            self.root()
        } else {
            self.foremost()
        };
        let may_be = is_root || !self.flags.has(Flag::Rooted) && !self.began.is_before(rank.0);
        // What begins behind another span is not the first; most do.
        if !may_be || before.is_some_and(|before| !self.records().precedes(rank, before)) {
            return;
        }
        // Of the one before nothing is left if nothing else holds it: its place is the new one's.
        if let Some(before) = self.foremost() {
            self.records_mut(arriving.pool).release(before);
        }
        let record = self.record(arriving);
        self.hold(arriving, record, &plan.shown_of_first);
        self.set_foremost(Some(record));
        if is_root {
            self.flags.add(Flag::Rooted);
        }
    }

    /// Notes which cells the arriving span feeds, of a trace of which that is counted later.
    fn note_kind(
        &mut self,
        with: &Merging<'_>,
        arriving: &mut Arriving<'_, '_, '_>,
        kind: &SpanKind,
        mut met: impl FnMut(SelectorId),
    ) {
        // No cell has more spans than the trace.
        let spans = arriving.place + 1;
        let early = kind.early.iter().take_while(|(from, _)| *from <= spans);
        early.for_each(|(_, selector)| met(*selector));
        for further in &kind.further {
            let widened = further.range.and_then(|range| self.widen(arriving, range));
            let values = widened.unwrap_or_else(|| self.keep_hit(with.plan, arriving, further.hit));
            let from = further.early;
            if from.is_some_and(|from| from.is_reached(Left { spans, values })) {
                met(further.hit.selector());
            }
        }
        if !kind.words.is_empty() {
            let record = match arriving.record {
                Some(record) => record,
                None => self.new_record(arriving),
            };
            arriving.is_shown = true;
            let mut records = self.records_mut(arriving.pool);
            records.hold(record);
            shown::note(records.block, records.pool, record, &kind.words);
        }
    }

    /// Adds the arriving span's number to a range where it does not matter, as most do not. Returns how many in its cell do; `None`:
    /// it is not added.
    #[inline(always)]
    fn widen(&mut self, arriving: &mut Arriving<'_, '_, '_>, range: RangeFeed) -> Option<u32> {
        let number = whole_at(arriving.span, range.place)?;
        if !range.idle.has(number) {
            return None;
        }
        self.cells_mut(arriving.pool).widen(range.cell, number)
    }

    /// Keeps what one selector wants of the arriving span besides what is noted. Returns how many values matter in one of its
    /// cells.
    #[inline(never)]
    fn keep_hit(&mut self, plan: &Plan, arriving: &mut Arriving<'_, '_, '_>, hit: Hit) -> u32 {
        let Some(selector) = plan.selectors.get(hit.selector().index()) else {
            return 0;
        };
        let certain = hit.certain();
        let mut values = 0;
        for feed in selector.feeds.iter() {
            match feed.kind {
                FeedKind::Count if certain => self.keep(arriving, &selector.shown),
                FeedKind::Count => {
                    let mut cells = self.cells_mut(arriving.pool);
                    cells.count_span(feed.cell, certain);
                }
                FeedKind::Records => self.keep(arriving, &selector.project),
                _ => values = values.max(self.feed(plan, arriving, (selector, *feed), certain)),
            }
        }
        values
    }

    /// Feeds the cells of a selector that selects the arriving span. Returns what it has left, as far as that is counted.
    fn apply_hit(&mut self, plan: &Plan, arriving: &mut Arriving<'_, '_, '_>, hit: Hit) -> Left {
        let mut left = Left::default();
        let Some(selector) = plan.selectors.get(hit.selector().index()) else {
            return left;
        };
        for feed in selector.feeds.iter() {
            if feed.kind == FeedKind::Count {
                let mut cells = self.cells_mut(arriving.pool);
                let before = cells.count_span(feed.cell, hit.certain());
                left.spans = before.saturating_add(u32::from(hit.certain()));
                if hit.certain() {
                    self.show(arriving, feed.cell, before, &selector.shown);
                }
            } else {
                let values = self.feed(plan, arriving, (selector, *feed), hit.certain());
                left.values = left.values.max(values);
            }
        }
        left
    }
}
