//! Merging a span into the state of its trace: the first copy counts, and the order of spans does not show.

use betrace_lang::verdict::Reason;

use crate::hash::HashKey;
use crate::id::SpanId;
use crate::intern::FieldKey;
use crate::matcher::ids::Hit;
use crate::plan::Plan;
use crate::plan::feed::{FeedKind, NumberOf};
use crate::predicate::fields::{FieldId, NoBindings};
use crate::scan::view::SpanView;
use crate::state::block::BlockPool;
use crate::state::cell::{Cell, CellKind, CellPlace, WITNESSES};
use crate::state::key::{TextKey, group_key, text_key};
use crate::state::record::{NewRecord, Rank, RecordId, packed_id};
use crate::state::seen::Arrival;
use crate::state::trace::{Generation, TraceState};
use crate::state::values::{Amount, ValueCell};
use crate::time::{EventTime, Timestamp};
use crate::value::Value;

/// What merging needs besides trace and span.
#[derive(Clone, Copy)]
pub(crate) struct Merging<'a> {
    pub plan: &'a Plan,
    /// Of the rule set that the plan is of.
    pub generation: Generation,
    pub key: HashKey,
    pub spans_per_trace: u32,
    /// The engine's time, where some rule asks when a span came.
    pub arrived: Option<Timestamp>,
}

/// What became of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    Added,
    Duplicate,
    Conflict,
    OverLimit,
}

/// A trace's block grows no further than this, in bytes.
const MOST: usize = 1 << 31;

impl TraceState {
    /// Merges one span. The first copy counts; a span beyond the limit marks the trace incomplete.
    pub fn merge(
        &mut self,
        with: &Merging<'_>,
        pool: &mut BlockPool,
        span: &SpanView<'_, '_>,
        hits: &[Hit],
    ) -> Merged {
        let Merging { plan, key, .. } = *with;
        let id = span.span_id();
        let twin = span.twin();
        let digest = span.digest() as u32;
        let seen = self.seen();
        match seen.find(key, id, twin, digest) {
            Arrival::New => {}
            Arrival::Duplicate => return Merged::Duplicate,
            // Digests of other fields, as before a reload, do not tell whether copies differ.
            Arrival::Conflict if self.digest_basis != plan.digest_basis => {
                return Merged::Duplicate;
            }
            Arrival::Conflict => {
                if self.is_live() {
                    self.reasons.add(Reason::Conflict);
                }
                return Merged::Conflict;
            }
        }
        if seen.len() >= with.spans_per_trace as usize || self.block_len() >= MOST {
            self.reasons.add(Reason::SpanLimit);
            return Merged::OverLimit;
        }
        if seen.len() == 0 {
            self.digest_basis = plan.digest_basis;
        } else if self.digest_basis != plan.digest_basis {
            self.digest_basis = 0;
        }
        self.generation = self.generation.min(with.generation);
        self.note_times(span);
        let mut arriving = Arriving {
            span,
            twin,
            arrived: with.arrived,
            record: None,
            pool,
        };
        self.note_first(plan, &mut arriving);
        for hit in hits {
            self.apply_hit(plan, &mut arriving, *hit);
        }
        if let Some(record) = arriving.record {
            self.records_mut(arriving.pool).drop_unheld(record);
        }
        let parent = plan.structure.then(|| span.parent());
        self.seen_mut(arriving.pool)
            .add(key, id, twin, digest, parent);
        Merged::Added
    }

    fn note_times(&mut self, span: &SpanView<'_, '_>) {
        let (start, end) = (EventTime(span.start()), EventTime(span.end()));
        if start.0 != 0 {
            self.began = self.began.min(start);
        }
        if span.has_order() {
            self.earliest = self.earliest.min(start);
            self.latest = self.latest.max(end);
        } else {
            self.skewed = self.skewed.saturating_add(1);
        }
    }

    fn note_first(&mut self, plan: &Plan, arriving: &mut Arriving<'_, '_, '_>) {
        let rank = arriving.rank();
        if self.precedes(rank, self.first()) {
            let record = self.hold_first(plan, arriving, self.first());
            self.first = packed_id(Some(record));
        }
        if arriving.span.parent().is_none() && self.precedes(rank, self.root()) {
            let record = self.hold_first(plan, arriving, self.root());
            self.root = packed_id(Some(record));
        }
    }

    fn precedes(&self, rank: Rank, at: Option<RecordId>) -> bool {
        at.is_none_or(|at| rank < self.records().get(at).rank())
    }

    /// The arriving span is held in place of another, of which nothing is left if nothing else holds it.
    fn hold_first(
        &mut self,
        plan: &Plan,
        arriving: &mut Arriving<'_, '_, '_>,
        before: Option<RecordId>,
    ) -> RecordId {
        let record = self.record(arriving);
        self.hold(arriving, record, &plan.shown_of_first);
        if let Some(before) = before {
            self.records_mut(arriving.pool).release(before);
        }
        record
    }

    /// Holds the arriving span's record, with these fields.
    fn hold(
        &mut self,
        arriving: &mut Arriving<'_, '_, '_>,
        record: RecordId,
        fields: &[(FieldKey, FieldId)],
    ) {
        let mut records = self.records_mut(arriving.pool);
        records.hold(record);
        if !fields.is_empty() {
            records.project(record, fields.len(), |projection| {
                for (key, field) in fields {
                    projection.keep(*key, || arriving.span.owned(*field));
                }
            });
        }
    }

    fn record(&mut self, arriving: &mut Arriving<'_, '_, '_>) -> RecordId {
        if let Some(record) = arriving.record {
            return record;
        }
        let span = arriving.span;
        let record = self.records_mut(arriving.pool).add(NewRecord {
            span_id: span.span_id(),
            parent: span.parent(),
            start: EventTime(span.start()),
            end: EventTime(span.end()),
            twin: arriving.twin,
            name: span.name(),
            service: span.service(),
            arrived: arriving.arrived,
        });
        arriving.record = Some(record);
        record
    }

    fn apply_hit(&mut self, plan: &Plan, arriving: &mut Arriving<'_, '_, '_>, hit: Hit) {
        let Some(selector) = plan.selectors.get(hit.selector.index()) else {
            return;
        };
        for feed in &selector.feeds {
            let kind = match feed.kind {
                FeedKind::Count => CellKind::Count,
                FeedKind::Records => CellKind::Records,
                _ => CellKind::Values,
            };
            let empty = || empty_values(feed.kind);
            let mut cells = self.cells_mut(arriving.pool);
            let at = cells.open(feed.cell, kind, empty);
            match feed.kind {
                FeedKind::Count => {
                    let (certain, perhaps) = (u32::from(hit.certain), u32::from(!hit.certain));
                    cells.count(at, certain, perhaps);
                    if hit.certain {
                        self.witness(arriving, at, &selector.shown);
                    }
                }
                FeedKind::Records => {
                    if cells.has_room(at) {
                        let record = self.record(arriving);
                        self.hold(arriving, record, &selector.project);
                        self.cells_mut(arriving.pool)
                            .add_record(at, record, hit.certain);
                    }
                }
                FeedKind::GroupsByParent => {
                    if let Some(SpanId(parent)) = arriving.span.parent() {
                        let key = text_key(&parent);
                        self.group(arriving, at, key, hit.certain, &selector.shown);
                    }
                }
                FeedKind::Groups(field) => {
                    let value = arriving.span.field(field);
                    if matches!(value, Value::Duration(None)) {
                        if let Some(ValueCell::Groups(cell)) = cells.value_cell(at) {
                            cell.add_unknown();
                        }
                    } else if let Some(key) = group_key(value) {
                        self.group(arriving, at, key, hit.certain, &selector.shown);
                    }
                }
                FeedKind::Sum(NumberOf::Field(field))
                | FeedKind::Extremes(NumberOf::Field(field))
                | FeedKind::Distinct(field) => {
                    if let Some(cell) = cells.value_cell(at) {
                        cell.add_value(arriving.span.field(field), hit.certain);
                    }
                }
                FeedKind::Sum(NumberOf::Term(term)) | FeedKind::Extremes(NumberOf::Term(term)) => {
                    if let Some(cell) = cells.value_cell(at)
                        && let Some(term) = plan.terms.get(term.index())
                    {
                        let amount = Amount::of_term(term.of(arriving.span, &NoBindings));
                        cell.add_amount(amount, hit.certain);
                    }
                }
            }
        }
    }

    /// The arriving span is evidence of a count, if it is among the first. `shown`: what is kept of such spans.
    fn witness(
        &mut self,
        arriving: &mut Arriving<'_, '_, '_>,
        at: CellPlace,
        shown: &[(FieldKey, FieldId)],
    ) {
        let Some(Cell::Count(cell)) = self.cell_at(at) else {
            return;
        };
        let (rank, records) = (arriving.rank(), self.records());
        let is_before = |witness: RecordId| records.get(witness).rank() < rank;
        let last = cell
            .witnesses()
            .fold((0, None), |(count, _), witness| (count + 1, Some(witness)));
        let among = match last {
            // Spans come in their order, as a rule.
            (count, last) if last.is_none_or(is_before) => count,
            _ => cell
                .witnesses()
                .take_while(|witness| is_before(*witness))
                .count(),
        };
        if among >= WITNESSES {
            return;
        }
        let record = self.record(arriving);
        self.hold(arriving, record, shown);
        let mut cells = self.cells_mut(arriving.pool);
        if let Some(dropped) = cells.add_witness(at, among, record) {
            self.records_mut(arriving.pool).release(dropped);
        }
    }

    /// The arriving span is of a group, and evidence of it if it is among the first.
    fn group(
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
        let Some(Cell::Groups(cell)) = self.cell_at(at) else {
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

/// A span while it is merged, with its record once it has one.
struct Arriving<'v, 'a, 's> {
    span: &'v SpanView<'a, 's>,
    twin: u32,
    arrived: Option<Timestamp>,
    record: Option<RecordId>,
    pool: &'v mut BlockPool,
}

impl Arriving<'_, '_, '_> {
    fn rank(&self) -> Rank {
        (EventTime(self.span.start()), self.span.span_id(), self.twin)
    }
}

/// What a cell keeps of values before the first came.
fn empty_values(kind: FeedKind) -> Option<ValueCell> {
    match kind {
        FeedKind::Count | FeedKind::Records => None,
        FeedKind::Sum(_) => Some(ValueCell::Sum(Box::default())),
        FeedKind::Extremes(_) => Some(ValueCell::Extremes(Box::default())),
        FeedKind::Distinct(_) => Some(ValueCell::Distinct(Box::default())),
        FeedKind::Groups(_) | FeedKind::GroupsByParent => Some(ValueCell::Groups(Box::default())),
    }
}
