//! The state of one trace: cells, a few records, the ids that came, and what was already reported.
//! Never the spans themselves.

pub(crate) mod cell;
pub(crate) mod forgotten;
pub(crate) mod record;
pub(crate) mod seen;
pub(crate) mod shard;
pub(crate) mod sum;

use betrace_lang::verdict::Reason;
use serde::{Deserialize, Serialize};

use crate::hash::{HashKey, fixed_hash};
use crate::id::{SpanId, TraceId};
use crate::intern::{CellId, RuleKey};
use crate::logic::tri::Reasons;
use crate::matcher::ids::Hit;
use crate::plan::{FeedKind, Plan};
use crate::predicate::fields::FieldId;
use crate::scan::view::SpanView;
use crate::state::cell::{
    Cell, CountCell, GroupsCell, RECORD_CAP, RecordId, TextKey, WITNESSES, heap, text_key,
};
use crate::state::record::{NewRecord, Projection, Records};
use crate::state::seen::{Arrival, Seen};
use crate::value::{TextBuffer, Value, shortest_text};

/// A value longer than this is not kept for comparison; what hangs on it stays open.
pub(crate) const VALUE_BYTES: usize = 16 << 10;

/// A violation that was already reported: of a rule, and of an obligation in it (0: the rule has none).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Fired {
    pub rule: RuleKey,
    pub obligation: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TraceState {
    pub id: TraceId,
    /// The engine's time of the first and of the latest span, and of the close (0: live).
    pub opened: u64,
    pub last: u64,
    pub closed: u64,
    /// The oldest generation of rules under which a span was applied.
    pub generation: u32,
    pub complete: bool,
    /// Why it is, or will be, incomplete.
    pub reasons: Reasons,
    /// Over the spans that have order.
    pub earliest: u64,
    pub latest: u64,
    /// The earliest start that is not zero, of all spans.
    pub began: u64,
    /// Spans without order.
    pub skewed: u32,
    pub seen: Seen,
    pub records: Records,
    /// By (start, span id).
    pub root: Option<RecordId>,
    pub first: Option<RecordId>,
    /// Sorted by id.
    cells: Vec<(CellId, Cell)>,
    pub fired: Vec<Fired>,
    /// Rules that were costly to evaluate, and the span count from which they are tried again.
    pub postponed: Vec<(RuleKey, u32)>,
    /// As accounted for at the latest change.
    #[serde(skip)]
    pub bytes: usize,
}

/// What became of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    Added,
    Duplicate,
    Conflict,
    OverLimit,
}

impl TraceState {
    pub fn new(id: TraceId, now: u64, generation: u32) -> TraceState {
        TraceState {
            id,
            opened: now,
            last: now,
            closed: 0,
            generation,
            complete: false,
            reasons: Reasons::NONE,
            earliest: u64::MAX,
            latest: 0,
            began: u64::MAX,
            skewed: 0,
            seen: Seen::default(),
            records: Records::default(),
            root: None,
            first: None,
            cells: Vec::new(),
            fired: Vec::new(),
            postponed: Vec::new(),
            bytes: 0,
        }
    }

    pub fn cell(&self, id: CellId) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.cells[at].1)
    }

    pub fn cells(&self) -> &[(CellId, Cell)] {
        &self.cells
    }

    /// Gives cells other numbers; those that get none are dropped.
    pub fn renumber_cells(&mut self, number: impl Fn(CellId) -> Option<CellId>) {
        let cells = std::mem::take(&mut self.cells);
        self.cells = cells
            .into_iter()
            .filter_map(|(id, cell)| Some((number(id)?, cell)))
            .collect();
        self.cells.sort_by_key(|(id, _)| *id);
    }

    /// Whether every reference within is in bounds, of a value that was read from outside.
    pub fn is_sound(&self) -> bool {
        let mut held = self.root.iter().chain(&self.first);
        self.records.is_sound()
            && self.seen.is_sound()
            && held.all(|record| self.records.has(*record))
            && self.cells.is_sorted_by_key(|(id, _)| *id)
            && self.cells.iter().all(|(_, cell)| match cell {
                Cell::Count(cell) => cell.witnesses.iter().all(|id| self.records.has(*id)),
                Cell::Records(cell) => cell.members.iter().all(|(id, _)| self.records.has(*id)),
                _ => true,
            })
    }

    /// Whether the id was known before the trace's first span.
    pub fn is_late(&self) -> bool {
        self.reasons.has(Reason::Late)
    }

    /// A span came after the close: the trace is open again, and for ever.
    pub fn reopen(&mut self) {
        self.complete = false;
        self.reasons.add(Reason::Late);
    }

    pub fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// Merges one span. The first copy counts; a span beyond `limit` marks the trace incomplete.
    pub fn apply(
        &mut self,
        plan: &Plan,
        key: HashKey,
        span: &SpanView<'_, '_>,
        hits: &[Hit],
        limit: u32,
    ) -> Applied {
        let id = span.span_id();
        let twin = twin_of(span);
        let digest = span.digest() as u32;
        match self.seen.find(key, id, twin, digest) {
            Arrival::New => {}
            Arrival::Duplicate => return Applied::Duplicate,
            Arrival::Conflict => return Applied::Conflict,
        }
        if self.seen.len() >= limit as usize {
            self.reasons.add(Reason::SpanLimit);
            return Applied::OverLimit;
        }
        self.seen
            .add(key, id, twin, digest, plan.structure.then(|| span.parent()));
        self.generation = self.generation.min(plan.generation);
        self.note_times(span);
        let mut arriving = Arriving {
            span,
            twin,
            record: None,
        };
        self.note_first(&mut arriving);
        for hit in hits {
            self.apply_hit(plan, &mut arriving, *hit);
        }
        if let Some(record) = arriving.record {
            self.records.drop_unheld(record);
        }
        Applied::Added
    }

    fn note_times(&mut self, span: &SpanView<'_, '_>) {
        if span.start() != 0 {
            self.began = self.began.min(span.start());
        }
        if span.has_order() {
            self.earliest = self.earliest.min(span.start());
            self.latest = self.latest.max(span.end());
        } else {
            self.skewed = self.skewed.saturating_add(1);
        }
    }

    fn note_first(&mut self, arriving: &mut Arriving<'_, '_, '_>) {
        let rank = arriving.rank();
        let precedes = |at: Option<RecordId>, records: &Records| {
            at.is_none_or(|at| rank < records.get(at).rank())
        };
        if precedes(self.first, &self.records) {
            let record = self.record(arriving);
            self.records.hold(record);
            if let Some(old) = self.first.replace(record) {
                self.records.release(old);
            }
        }
        if arriving.span.parent().is_none() && precedes(self.root, &self.records) {
            let record = self.record(arriving);
            self.records.hold(record);
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
            start: span.start(),
            end: span.end(),
            twin: arriving.twin,
            name: span.name(),
            service: span.service(),
        });
        arriving.record = Some(record);
        record
    }

    fn apply_hit(&mut self, plan: &Plan, arriving: &mut Arriving<'_, '_, '_>, hit: Hit) {
        let selector = plan.selector(hit.selector);
        for feed in &selector.feeds {
            let at = match self.cells.binary_search_by_key(&feed.cell, |(id, _)| *id) {
                Ok(at) => at,
                Err(at) => {
                    self.cells.insert(at, (feed.cell, empty_cell(feed.kind)));
                    at
                }
            };
            match feed.kind {
                FeedKind::Count => self.count(at, arriving, hit.certain),
                FeedKind::Records => {
                    let Cell::Records(cell) = &mut self.cells[at].1 else {
                        continue;
                    };
                    if cell.members.len() >= RECORD_CAP {
                        cell.capped = true;
                        continue;
                    }
                    let record = self.record(arriving);
                    if !selector.project.is_empty() {
                        project(&mut self.records, record, arriving.span, &selector.project);
                    }
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

    fn count(&mut self, at: usize, arriving: &mut Arriving<'_, '_, '_>, certain: bool) {
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

    /// Everything this trace holds, in bytes.
    pub fn measure(&self) -> usize {
        let cells: usize = self.cells.iter().map(|(_, cell)| cell.heap_bytes()).sum();
        heap(size_of::<TraceState>())
            + heap(self.cells.capacity() * size_of::<(CellId, Cell)>())
            + cells
            + self.seen.heap_bytes()
            + self.records.heap_bytes()
            + heap(self.fired.capacity() * size_of::<Fired>())
            + heap(self.postponed.capacity() * size_of::<(RuleKey, u32)>())
    }

    pub fn has_fired(&self, fired: Fired) -> bool {
        self.fired.contains(&fired)
    }

    pub fn fired_of(&self, rule: RuleKey) -> usize {
        self.fired.iter().filter(|fired| fired.rule == rule).count()
    }
}

/// A span while it is merged, with its record once it has one.
struct Arriving<'v, 'a, 's> {
    span: &'v SpanView<'a, 's>,
    twin: u32,
    record: Option<RecordId>,
}

impl Arriving<'_, '_, '_> {
    fn rank(&self) -> (u64, SpanId, u32) {
        (self.span.start(), self.span.span_id(), self.twin)
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
    fields: &[(u32, FieldId)],
) {
    records.project(record, fields.len(), |projection: &mut Projection| {
        for (key, field) in fields {
            if projection.values.iter().any(|(kept, _)| kept == key) {
                continue;
            }
            let value = span.owned(*field);
            if value.heap_bytes() > VALUE_BYTES {
                projection.cut = true;
            } else {
                projection.values.push((*key, value));
            }
        }
    });
}

/// What a value is in a group or a distinct set; `None`: it is in none.
pub(crate) fn group_key(value: Value<'_>) -> Option<TextKey> {
    let mut buffer = TextBuffer::new();
    shortest_text(value, &mut buffer).map(text_key)
}

fn feed_value(cell: &mut Cell, span: &SpanView<'_, '_>, field: FieldId, certain: bool) {
    let value = span.field(field);
    match cell {
        Cell::Sum(cell) => cell.add(value, certain),
        Cell::Extremes(cell) => cell.add(value, certain),
        Cell::Distinct(cell) => {
            if matches!(value, Value::Duration(None)) {
                cell.unknown = cell.unknown.saturating_add(1);
            } else if let Some(key) = group_key(value) {
                cell.add(key, certain);
            }
        }
        Cell::Groups(cell) => {
            if matches!(value, Value::Duration(None)) {
                cell.unknown = cell.unknown.saturating_add(1);
            } else if let Some(key) = group_key(value) {
                cell.add(key, certain);
            }
        }
        Cell::Count(_) | Cell::Records(_) => {}
    }
}
