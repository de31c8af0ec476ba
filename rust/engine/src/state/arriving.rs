//! A span while it is merged: its record, which what refers to it shares, and for what it may be shown.

use crate::hash::HashKey;
use crate::intern::{CellId, FieldKey};
use crate::plan::Plan;
use crate::predicate::fields::FieldId;
use crate::scan::view::SpanView;
use crate::state::block_pool::BlockPool;
use crate::state::cell::{Cell, CellPlace, WITNESSES};
use crate::state::key::TextKey;
use crate::state::record::{NewRecord, Rank, RecordsMut};
use crate::state::record_id::RecordId;
use crate::state::shown;
use crate::state::span_kinds::EarlyFrom;
use crate::state::trace::{Generation, TraceState};
use crate::state::values::ValueCell;
use crate::time::{EventTime, Timestamp};

/// What merging needs besides trace and span.
#[derive(Clone, Copy)]
pub(crate) struct Merging<'a> {
    pub plan: &'a Plan,
    /// Of the rule set that the plan is of.
    pub generation: Generation,
    pub key: HashKey,
    pub spans_per_trace: u32,
    /// By selector.
    pub early_from: &'a [EarlyFrom],
    /// The engine's time, where some rule asks when a span came.
    pub arrived: Option<Timestamp>,
}

/// A span while it is merged, with its record once it has one.
pub(super) struct Arriving<'v, 'a, 's> {
    pub span: &'v SpanView<'a, 's>,
    /// Among the spans of its trace.
    pub place: u32,
    pub twin: u32,
    pub with: &'v Merging<'v>,
    pub record: Option<RecordId>,
    /// It is noted for a count.
    pub is_shown: bool,
    pub pool: &'v mut BlockPool,
}

impl Arriving<'_, '_, '_> {
    pub fn rank(&self) -> Rank {
        (EventTime(self.span.start()), self.span.span_id(), self.twin)
    }
}

impl TraceState {
    /// Holds the arriving span's record, with these fields.
    pub(super) fn hold(
        &mut self,
        arriving: &mut Arriving<'_, '_, '_>,
        record: RecordId,
        fields: &[(FieldKey, FieldId)],
    ) {
        let mut records = self.records_mut(arriving.pool);
        records.hold(record);
        if !fields.is_empty() {
            keep(&mut records, arriving.span, record, fields);
        }
    }

    /// Keeps these fields of the arriving span, of which there is a record then.
    pub(super) fn keep(
        &mut self,
        arriving: &mut Arriving<'_, '_, '_>,
        fields: &[(FieldKey, FieldId)],
    ) {
        if !fields.is_empty() {
            let record = self.record(arriving);
            let mut records = self.records_mut(arriving.pool);
            keep(&mut records, arriving.span, record, fields);
        }
    }

    #[inline(never)]
    pub(super) fn record(&mut self, arriving: &mut Arriving<'_, '_, '_>) -> RecordId {
        match arriving.record {
            Some(record) => record,
            None => self.new_record(arriving),
        }
    }

    /// The record of a span that has none so far.
    #[inline(always)]
    pub(super) fn new_record(&mut self, arriving: &mut Arriving<'_, '_, '_>) -> RecordId {
        let span = arriving.span;
        let record = self.records_mut(arriving.pool).add(NewRecord {
            span: arriving.place,
            parent: span.parent().map_or([0; 8], |parent| parent.0),
            start: EventTime(span.start()),
            end: EventTime(span.end()),
            name: span.name(),
            service: span.service(),
            key: arriving.with.key,
            arrived: arriving.with.arrived,
        });
        arriving.record = Some(record);
        record
    }

    /// Notes that the arriving span may be shown for a count, of which there were so many certain ones `before`, and keeps
    /// what is printed of such spans.
    #[inline]
    pub(super) fn show(
        &mut self,
        arriving: &mut Arriving<'_, '_, '_>,
        cell: CellId,
        before: u32,
        printed: &[(FieldKey, FieldId)],
    ) {
        let start = EventTime(arriving.span.start());
        // As many as are shown are lower: all of them are noted.
        if before >= WITNESSES as u32 && start > self.shown_until() {
            return;
        }
        let record = self.record(arriving);
        if !arriving.is_shown {
            arriving.is_shown = true;
            self.shown_at(start);
            let mut records = self.records_mut(arriving.pool);
            records.hold(record);
            shown::begin(records.block, records.pool, record);
        }
        let mut records = self.records_mut(arriving.pool);
        shown::add(records.block, records.pool, cell);
        if !printed.is_empty() {
            keep(&mut records, arriving.span, record, printed);
        }
    }

    /// The arriving span is of a group, and evidence of it if it is among the first.
    pub(super) fn group(
        &mut self,
        arriving: &mut Arriving<'_, '_, '_>,
        at: CellPlace,
        key: TextKey,
        certain: bool,
        shown: &[(FieldKey, FieldId)],
    ) {
        let mut cells = self.cells_mut(arriving.pool);
        let Some(ValueCell::Groups(cell)) = cells.value_cell(at) else {
            return;
        };
        if cell.add(key, certain).is_none() || !certain {
            return;
        }
        let Some(Cell::Groups(cell)) = self.own_cells().at(at) else {
            return;
        };
        let (rank, records) = (arriving.rank(), self.records());
        let Some(place) = cell.place(key, |known| records.get(known).rank() < rank) else {
            return;
        };
        let record = self.record(arriving);
        self.hold(arriving, record, shown);
        let mut cells = self.cells_mut(arriving.pool);
        if let Some(ValueCell::Groups(cell)) = cells.value_cell(at)
            && let Some(dropped) = cell.keep(key, place, record)
        {
            self.records_mut(arriving.pool).release(dropped);
        }
    }
}

/// Keeps these fields of a span with its record.
fn keep(
    records: &mut RecordsMut<'_>,
    span: &SpanView<'_, '_>,
    record: RecordId,
    fields: &[(FieldKey, FieldId)],
) {
    records.project(record, fields.len(), |projection| {
        let fields = fields.iter();
        let kept = fields.map(|(key, field)| projection.keep(*key, || span.owned(*field)));
        kept.sum()
    });
}
