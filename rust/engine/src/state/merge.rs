//! Merging a span into the state of its trace: the first copy counts, and the order of spans does not show.

use betrace_lang::verdict::Reason;

use crate::hash::{HashKey, fixed_hash};
use crate::id::SpanId;
use crate::intern::FieldKey;
use crate::matcher::ids::Hit;
use crate::plan::Plan;
use crate::plan::feed::FeedKind;
use crate::predicate::fields::FieldId;
use crate::scan::view::SpanView;
use crate::state::cell::{Cell, CountCell, GroupsCell, RECORD_CAP, WITNESSES, text_key};
use crate::state::record::{NewRecord, Rank, RecordId, Records};
use crate::state::seen::Arrival;
use crate::state::trace::{Generation, TraceState};
use crate::time::{EventTime, Timestamp};

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

impl TraceState {
    /// Merges one span. The first copy counts; a span beyond the limit marks the trace incomplete.
    pub fn merge(&mut self, with: &Merging<'_>, span: &SpanView<'_, '_>, hits: &[Hit]) -> Merged {
        let Merging { plan, key, .. } = *with;
        let id = span.span_id();
        let twin = twin_of(span);
        let digest = span.digest() as u32;
        match self.seen.find(key, id, twin, digest) {
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
        if self.seen.len() >= with.spans_per_trace as usize {
            self.reasons.add(Reason::SpanLimit);
            return Merged::OverLimit;
        }
        if self.seen.len() == 0 {
            self.digest_basis = plan.digest_basis;
        } else if self.digest_basis != plan.digest_basis {
            self.digest_basis = 0;
        }
        self.seen
            .add(key, id, twin, digest, plan.structure.then(|| span.parent()));
        self.generation = self.generation.min(with.generation);
        self.note_times(span);
        let mut arriving = Arriving {
            span,
            twin,
            arrived: with.arrived,
            record: None,
        };
        self.note_first(plan, &mut arriving);
        for hit in hits {
            self.apply_hit(plan, &mut arriving, *hit);
        }
        if let Some(record) = arriving.record {
            self.records.drop_unheld(record);
        }
        Merged::Added
    }

    fn note_times(&mut self, span: &SpanView<'_, '_>) {
        let (start, end) = (EventTime(span.start()), EventTime(span.end()));
        if start.0 != 0 {
            self.began = Some(self.began.map_or(start, |began| began.min(start)));
        }
        if span.has_order() {
            self.ordered = Some(self.ordered.map_or((start, end), |(earliest, latest)| {
                (earliest.min(start), latest.max(end))
            }));
        } else {
            self.skewed = self.skewed.saturating_add(1);
        }
    }

    fn note_first(&mut self, plan: &Plan, arriving: &mut Arriving<'_, '_, '_>) {
        let rank = arriving.rank();
        let precedes = |at: Option<RecordId>, records: &Records| {
            at.is_none_or(|at| rank < records.get(at).rank())
        };
        if precedes(self.first, &self.records) {
            let record = self.record(arriving);
            self.records.hold(record);
            project(
                &mut self.records,
                record,
                arriving.span,
                &plan.shown_of_first,
            );
            if let Some(old) = self.first.replace(record) {
                self.records.release(old);
            }
        }
        if arriving.span.parent().is_none() && precedes(self.root, &self.records) {
            let record = self.record(arriving);
            self.records.hold(record);
            project(
                &mut self.records,
                record,
                arriving.span,
                &plan.shown_of_first,
            );
            if let Some(old) = self.root.replace(record) {
                self.records.release(old);
            }
        }
    }

    fn record(&mut self, arriving: &mut Arriving<'_, '_, '_>) -> RecordId {
        if let Some(record) = arriving.record {
            return record;
        }
        let span = arriving.span;
        let record = self.records.add(NewRecord {
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
            let at = match self.cells.binary_search_by_key(&feed.cell, |(id, _)| *id) {
                Ok(at) => at,
                Err(at) => {
                    self.cells.insert(at, (feed.cell, empty_cell(feed.kind)));
                    at
                }
            };
            match feed.kind {
                FeedKind::Count => self.count(at, arriving, hit.certain, &selector.shown),
                FeedKind::Records => {
                    let Cell::Records(cell) = &mut self.cells[at].1 else {
                        continue;
                    };
                    if cell.members.len() >= RECORD_CAP {
                        cell.capped = true;
                        continue;
                    }
                    let record = self.record(arriving);
                    project(&mut self.records, record, arriving.span, &selector.project);
                    self.records.hold(record);
                    if let Cell::Records(cell) = &mut self.cells[at].1 {
                        cell.members.push((record, hit.certain));
                    }
                }
                FeedKind::GroupsByParent => {
                    if let Cell::Groups(cell) = &mut self.cells[at].1
                        && let Some(SpanId(parent)) = arriving.span.parent()
                    {
                        cell.add(text_key(&parent), hit.certain);
                    }
                }
                FeedKind::Sum(field)
                | FeedKind::Extremes(field)
                | FeedKind::Distinct(field)
                | FeedKind::Groups(field) => {
                    feed_value(&mut self.cells[at].1, arriving.span, field, hit.certain);
                }
            }
        }
    }

    /// `shown`: what is kept of the spans that are evidence.
    fn count(
        &mut self,
        at: usize,
        arriving: &mut Arriving<'_, '_, '_>,
        certain: bool,
        shown: &[(FieldKey, FieldId)],
    ) {
        let Cell::Count(cell) = &mut self.cells[at].1 else {
            return;
        };
        if !certain {
            cell.perhaps = cell.perhaps.saturating_add(1);
            return;
        }
        cell.certain = cell.certain.saturating_add(1);
        let rank = arriving.rank();
        let records = &self.records;
        let place = cell
            .witnesses
            .partition_point(|witness| records.get(*witness).rank() < rank);
        if place >= WITNESSES {
            return;
        }
        let record = self.record(arriving);
        self.records.hold(record);
        project(&mut self.records, record, arriving.span, shown);
        let Cell::Count(CountCell { witnesses, .. }) = &mut self.cells[at].1 else {
            return;
        };
        if witnesses.is_empty() {
            witnesses.reserve_exact(1);
        }
        witnesses.insert(place, record);
        if witnesses.len() > WITNESSES
            && let Some(dropped) = witnesses.pop()
        {
            self.records.release(dropped);
        }
    }
}

/// A span while it is merged, with its record once it has one.
struct Arriving<'v, 'a, 's> {
    span: &'v SpanView<'a, 's>,
    twin: u32,
    arrived: Option<Timestamp>,
    record: Option<RecordId>,
}

impl Arriving<'_, '_, '_> {
    fn rank(&self) -> Rank {
        (EventTime(self.span.start()), self.span.span_id(), self.twin)
    }
}

/// Tells apart spans that share an id: the kind in the upper bits, so that it orders them, and a hash.
fn twin_of(span: &SpanView<'_, '_>) -> u32 {
    let kind = span.kind();
    let hash = fixed_hash(&[&kind.to_le_bytes(), span.service()]) as u32;
    (kind.clamp(0, 7) as u32) << 29 | hash >> 3
}

fn empty_cell(kind: FeedKind) -> Cell {
    match kind {
        FeedKind::Count => Cell::Count(CountCell::default()),
        FeedKind::Sum(_) => Cell::Sum(Box::default()),
        FeedKind::Extremes(_) => Cell::Extremes(Box::default()),
        FeedKind::Distinct(_) => Cell::Distinct(Box::default()),
        FeedKind::Groups(_) | FeedKind::GroupsByParent => {
            Cell::Groups(Box::<GroupsCell>::default())
        }
        FeedKind::Records => Cell::Records(Box::default()),
    }
}

fn project(
    records: &mut Records,
    record: RecordId,
    span: &SpanView<'_, '_>,
    fields: &[(FieldKey, FieldId)],
) {
    if fields.is_empty() {
        return;
    }
    records.project(record, fields.len(), |projection| {
        for (key, field) in fields {
            projection.keep(*key, || span.owned(*field));
        }
    });
}

fn feed_value(cell: &mut Cell, span: &SpanView<'_, '_>, field: FieldId, certain: bool) {
    let value = span.field(field);
    match cell {
        Cell::Sum(cell) => cell.add(value, certain),
        Cell::Extremes(cell) => cell.add(value, certain),
        Cell::Distinct(cell) => cell.add_value(value, certain),
        Cell::Groups(cell) => cell.add_value(value, certain),
        Cell::Count(_) | Cell::Records(_) => {}
    }
}
