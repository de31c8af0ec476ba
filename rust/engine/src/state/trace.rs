//! The state of one trace: cells, a few records, the ids that came, and what was already reported.
//! Never the spans themselves.
//!
//! Its fields are this room's own. Others read it through what is public here, and change it by telling it
//! what happened: a span came (see [`merge`](crate::state::merge)), it closed, a violation fired.

use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::id::TraceId;
use crate::intern::CellId;
use crate::logic::tri::Reasons;
use crate::state::block::Block;
use crate::state::block_pool::BlockPool;
use crate::state::cell::{Cell, CellPlace, CellSpans, Cells, CountCell, RecordsCell};
use crate::state::fed_cells::CellsMut;
use crate::state::kept::{Kept, Projection};
use crate::state::record::{NO_RECORD, RecordId, Records, RecordsMut, unpacked_id};
use crate::state::reported::Reported;
use crate::state::seen::{Parents, Seen, SeenMut};
use crate::state::span_index::SpanIndex;
use crate::state::values::ValueCell;
use crate::time::{EventTime, Timestamp};

/// Counts the rule sets that an engine has had.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub(crate) struct Generation(pub u32);

/// In place of when a trace closed.
pub(super) const LIVE: Timestamp = Timestamp(u64::MAX);

#[derive(Debug)]
pub(crate) struct TraceState {
    pub(super) id: TraceId,
    /// When its first span came, and the latest one before the close.
    pub(super) opened: Timestamp,
    pub(super) last: Timestamp,
    /// [`LIVE`]: it did not yet.
    pub(super) closed: Timestamp,
    /// The oldest rule set under which a span was merged.
    pub(super) generation: Generation,
    /// Why it is, or will be, incomplete. What is missing when it closes is among it whoever asks for it: a rule passes over
    /// what it does not ask for.
    pub(super) reasons: Reasons,
    /// The earliest start and the latest end of the spans that have order; the highest and 0: none has.
    pub(super) earliest: EventTime,
    pub(super) latest: EventTime,
    /// The earliest start of all spans that name one; the highest: none does.
    pub(super) began: EventTime,
    /// Spans without order.
    pub(super) skewed: u32,
    /// Of what all digests of its spans are made; 0: of several things, or of what is not known.
    pub(super) digest_basis: u64,
    /// Its spans, records and cells.
    block: Block,
    /// Of its spans, where they are many.
    index: Option<Box<SpanIndex>>,
    pub(super) parents: Parents,
    /// Of its records, and which place among them is free.
    kept: Option<Box<Kept>>,
    free: u32,
    /// Of its cells.
    values: Vec<ValueCell>,
    /// The latest start of a span that is noted to be [shown](crate::state::shown), and beyond how many words those are
    /// forgotten that are not needed; 0: none was yet.
    pub(super) shown_until: EventTime,
    pub(super) shown_most: u32,
    /// How many of those words are in the cells.
    pub(super) counted: u32,
    /// The first root and the first span, by [`Rank`](crate::state::record::Rank).
    pub(super) root: u32,
    pub(super) first: u32,
    pub(super) reported: Option<Box<Reported>>,
    /// A span came after the close, and nobody asked yet what it contradicts.
    pub(super) is_news: bool,
    /// It stands among those that are open for nothing but what they await. Not stored.
    pub(super) is_waiting: bool,
    /// Its number among those that the latest call touched. Not stored.
    touched: u32,
    /// Steps taken for verdicts before the close. Not stored: a restart grants them again.
    early_work: u32,
    /// As accounted for at the latest change.
    pub(super) bytes: usize,
}

impl TraceState {
    pub(crate) fn new(id: TraceId, now: Timestamp, generation: Generation) -> TraceState {
        TraceState {
            id,
            opened: now,
            last: now,
            closed: LIVE,
            generation,
            reasons: Reasons::NONE,
            earliest: EventTime::LAST,
            latest: EventTime::FIRST,
            began: EventTime::LAST,
            skewed: 0,
            digest_basis: 0,
            block: Block::default(),
            index: None,
            parents: Parents::OfRecorded,
            kept: None,
            free: NO_RECORD,
            values: Vec::new(),
            shown_until: EventTime::FIRST,
            shown_most: 0,
            counted: 0,
            root: NO_RECORD,
            first: NO_RECORD,
            reported: None,
            is_news: false,
            is_waiting: false,
            touched: 0,
            early_work: 0,
            bytes: 0,
        }
    }

    /// A trace of which nothing came, to ask rules about.
    pub fn empty() -> TraceState {
        TraceState::new(TraceId([0; 16]), Timestamp(0), Generation::default())
    }

    pub fn id(&self) -> TraceId {
        self.id
    }

    pub fn opened(&self) -> Timestamp {
        self.opened
    }

    /// When the latest span before the close came.
    pub fn last(&self) -> Timestamp {
        self.last
    }

    pub fn closed(&self) -> Option<Timestamp> {
        (self.closed.0 != LIVE.0).then_some(self.closed)
    }

    pub fn is_live(&self) -> bool {
        self.closed.0 == LIVE.0
    }

    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether every span came under the rule set of `since` or a later one.
    pub fn was_seen_by(&self, since: Generation) -> bool {
        self.generation >= since
    }

    /// Whether some span has order.
    fn is_ordered(&self) -> bool {
        self.earliest <= self.latest
    }

    /// Nanoseconds from the earliest start to the latest end.
    pub fn duration(&self) -> u64 {
        let is_ordered = self.is_ordered();
        if is_ordered {
            self.latest.since(self.earliest)
        } else {
            0
        }
    }

    /// The latest end; none where no span has order.
    pub fn latest(&self) -> Option<EventTime> {
        self.is_ordered().then_some(self.latest)
    }

    #[inline(always)]
    pub fn began(&self) -> Option<EventTime> {
        (self.began != EventTime::LAST).then_some(self.began)
    }

    pub fn skewed(&self) -> u32 {
        self.skewed
    }

    #[inline(always)]
    pub fn span_count(&self) -> usize {
        self.seen().len()
    }

    #[inline(always)]
    pub fn seen(&self) -> Seen<'_> {
        Seen::of(&self.block, self.index.as_deref(), self.parents)
    }

    pub(super) fn seen_mut<'t>(&'t mut self, pool: &'t mut BlockPool) -> SeenMut<'t> {
        SeenMut {
            block: &mut self.block,
            pool,
            index: &mut self.index,
            parents: self.parents,
        }
    }

    #[inline(always)]
    pub fn records(&self) -> Records<'_> {
        Records {
            block: &self.block,
            seen: self.seen(),
            kept: self.kept.as_deref(),
        }
    }

    /// What is kept of a recorded span.
    #[inline]
    pub fn projection(&self, id: RecordId) -> Option<&Projection> {
        self.kept.as_deref()?.projection(id.index())
    }

    pub(super) fn records_mut<'t>(&'t mut self, pool: &'t mut BlockPool) -> RecordsMut<'t> {
        RecordsMut {
            block: &mut self.block,
            pool,
            kept: &mut self.kept,
            free: &mut self.free,
            parents: self.parents,
        }
    }

    /// The first free place among the records.
    pub(super) fn free_place(&self) -> Option<RecordId> {
        unpacked_id(self.free)
    }

    #[inline(always)]
    pub fn root(&self) -> Option<RecordId> {
        unpacked_id(self.root)
    }

    #[inline(always)]
    pub fn first(&self) -> Option<RecordId> {
        unpacked_id(self.first)
    }

    /// Of a trace that is settled.
    #[inline(always)]
    fn all_cells(&self) -> Cells<'_> {
        debug_assert!(self.is_settled(), "cells are read that are not all there");
        self.counted_cells()
    }

    #[inline(always)]
    fn counted_cells(&self) -> Cells<'_> {
        Cells {
            block: &self.block,
            values: &self.values,
        }
    }

    pub(super) fn cells_mut<'t>(&'t mut self, pool: &'t mut BlockPool) -> CellsMut<'t> {
        CellsMut {
            block: &mut self.block,
            pool,
            values: &mut self.values,
        }
    }

    #[inline(always)]
    pub fn cell(&self, id: CellId) -> Option<Cell<'_>> {
        self.all_cells().get(id)
    }

    /// How many spans a cell counts.
    #[inline(always)]
    pub fn count_cell(&self, id: CellId) -> Option<CountCell> {
        self.all_cells().count(id)
    }

    /// The spans that a cell keeps.
    #[inline(always)]
    pub fn records_cell(&self, id: CellId) -> Option<RecordsCell<'_>> {
        self.all_cells().records(id)
    }

    /// The cell that is being changed.
    #[inline(always)]
    pub(super) fn cell_at(&self, place: CellPlace) -> Option<Cell<'_>> {
        self.counted_cells().at(place)
    }

    /// Whether some span fed the cell.
    #[inline(always)]
    pub fn has_cell(&self, id: CellId) -> bool {
        self.all_cells().has(id)
    }

    /// The cells that some span fed, ascending, and how many did.
    #[inline(always)]
    pub fn cell_spans(&self) -> impl Iterator<Item = (CellId, CellSpans)> {
        self.all_cells().spans()
    }

    /// How many certain spans are counted that fed the cell, and whether none is left to be counted.
    #[inline(always)]
    pub(super) fn counted_spans_of(&self, id: CellId) -> (u32, bool) {
        self.counted_cells().counted_spans_of(id)
    }

    pub(super) fn filled_cells(&self) -> impl Iterator<Item = (CellId, Cell<'_>)> {
        self.all_cells().all()
    }

    #[inline(always)]
    pub(super) fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    /// What its spans, records and cells take, in bytes.
    #[inline(always)]
    pub(super) fn block_len(&self) -> usize {
        self.block.len()
    }

    /// Weighs the trace after it changed. Returns what it weighed before, and what it does now.
    pub fn weigh(&mut self) -> (usize, usize) {
        let values: usize = self.values.iter().map(ValueCell::heap_bytes).sum();
        let index = self
            .index
            .as_ref()
            .map_or(0, |index| heap(size_of::<SpanIndex>()) + index.heap_bytes());
        let bytes = self.block.heap_bytes()
            + heap(self.values.capacity() * size_of::<ValueCell>())
            + values
            + index
            + self.kept.as_ref().map_or(0, |kept| kept.heap_bytes())
            + self
                .reported
                .as_ref()
                .map_or(0, |reported| reported.heap_bytes());
        (std::mem::replace(&mut self.bytes, bytes), bytes)
    }

    /// Gives its memory back.
    pub fn release(mut self, pool: &mut BlockPool) {
        self.records_mut(pool).release_texts();
        self.block.release(pool);
    }

    #[inline(always)]
    pub fn touched(&self) -> u32 {
        self.touched
    }

    #[inline(always)]
    pub fn set_touched(&mut self, number: u32) {
        self.touched = number;
    }

    /// Steps that verdicts before the close have taken.
    pub fn early_work(&self) -> u64 {
        u64::from(self.early_work)
    }

    pub fn worked_early(&mut self, steps: u64) {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.early_work = self.early_work.saturating_add(steps);
    }
}
