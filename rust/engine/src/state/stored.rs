//! A trace as it is stored: apart from how it is kept in memory, so that either can change without the
//! other. The order and the types of what stands here are the format of a snapshot.

use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::id::TraceId;
use crate::intern::{CellId, FieldKey, RuleKey};
use crate::logic::tri::Reasons;
use crate::state::cell::Cell;
use crate::state::record::{RecordId, Records};
use crate::state::seen::Seen;
use crate::state::trace::{Fired, Generation, TraceState};
use crate::time::{EventTime, Timestamp};

/// All times in nanoseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredTrace {
    id: TraceId,
    opened: Timestamp,
    last: Timestamp,
    /// 0: live.
    closed: Timestamp,
    generation: Generation,
    /// By its reasons; not read.
    complete: bool,
    reasons: Reasons,
    /// The highest and 0 where no span has order.
    earliest: EventTime,
    latest: EventTime,
    /// The highest where no span names its start.
    began: EventTime,
    skewed: u32,
    seen: Seen,
    records: Records,
    root: Option<RecordId>,
    first: Option<RecordId>,
    cells: Vec<(CellId, Cell)>,
    fired: Vec<Fired>,
    /// No longer stored; empty.
    postponed: Vec<(RuleKey, u32)>,
}

/// What a trace holds that version 3 did not store.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct StoredAddition {
    /// By record, as far as some rule has a deadline; 0: not known.
    arrived: Vec<Timestamp>,
    /// 0: not known.
    digest_basis: u64,
    contradicted: Vec<Fired>,
}

impl StoredAddition {
    pub fn of(trace: &TraceState) -> StoredAddition {
        StoredAddition {
            arrived: trace.records.arrivals().to_vec(),
            digest_basis: trace.digest_basis,
            contradicted: trace.contradicted.clone(),
        }
    }
}

/// What cells, fields and rules are called here; `None`: not at all.
pub(crate) trait Renumber {
    fn cell(&self, stored: CellId) -> Option<CellId>;
    fn field(&self, stored: FieldKey) -> Option<FieldKey>;
    fn rule(&self, stored: RuleKey) -> Option<RuleKey>;
}

impl StoredTrace {
    pub fn of(trace: &TraceState) -> StoredTrace {
        let (earliest, latest) = trace.ordered.unwrap_or((EventTime::LAST, EventTime::FIRST));
        StoredTrace {
            id: trace.id,
            opened: trace.opened,
            last: trace.last,
            closed: trace.closed.map_or(Timestamp(0), |at| at.max(Timestamp(1))),
            generation: trace.generation,
            complete: !trace.is_live() && trace.reasons.is_empty(),
            reasons: trace.reasons,
            earliest,
            latest,
            began: trace.began.unwrap_or(EventTime::LAST),
            skewed: trace.skewed,
            seen: trace.seen.clone(),
            records: trace.records.clone(),
            root: trace.root,
            first: trace.first,
            cells: trace.cells.clone(),
            fired: trace.fired.clone(),
            postponed: Vec::new(),
        }
    }

    pub fn id(&self) -> TraceId {
        self.id
    }

    /// The cells that it has, by their stored numbers.
    pub fn cells(&self) -> impl Iterator<Item = CellId> {
        self.cells.iter().map(|(id, _)| *id)
    }

    /// The fields that its records keep, by their stored numbers.
    pub fn fields(&self) -> impl Iterator<Item = FieldKey> {
        self.records.fields()
    }

    /// The rules of which it reported violations, by their stored numbers.
    pub fn rules(&self) -> impl Iterator<Item = RuleKey> {
        self.fired.iter().map(|fired| fired.rule)
    }

    /// Whether every reference within is in bounds, of a value that was read from outside.
    pub fn is_sound(&self) -> bool {
        let mut held = self.root.iter().chain(&self.first);
        self.records.is_sound()
            && self.seen.is_sound()
            && held.all(|record| self.records.has(*record))
            && self.cells.iter().all(|(_, cell)| match cell {
                Cell::Count(cell) => cell.witnesses.iter().all(|id| self.records.has(*id)),
                Cell::Records(cell) => cell.members.iter().all(|(id, _)| self.records.has(*id)),
                _ => true,
            })
    }

    /// The trace as it goes on in this engine: what has no number here is dropped.
    pub fn restore(
        mut self,
        addition: StoredAddition,
        numbers: &impl Renumber,
        key: HashKey,
    ) -> TraceState {
        let mut trace = TraceState::new(self.id, self.opened, self.generation);
        trace.last = self.last;
        trace.closed = (self.closed != Timestamp(0)).then_some(self.closed);
        trace.reasons = self.reasons;
        trace.ordered = (self.earliest <= self.latest).then_some((self.earliest, self.latest));
        trace.began = (self.began != EventTime::LAST).then_some(self.began);
        trace.skewed = self.skewed;
        self.seen.rebuild_index(key);
        trace.seen = self.seen;
        self.records.renumber_fields(|field| numbers.field(field));
        self.records.restore_arrivals(addition.arrived);
        trace.records = self.records;
        trace.root = self.root;
        trace.first = self.first;
        let cells = self.cells.into_iter();
        trace.cells = cells
            .filter_map(|(id, cell)| Some((numbers.cell(id)?, cell)))
            .collect();
        trace.cells.sort_by_key(|(id, _)| *id);
        trace.digest_basis = addition.digest_basis;
        trace.fired = renumbered(self.fired, numbers);
        trace.contradicted = renumbered(addition.contradicted, numbers);
        trace.weigh();
        trace
    }
}

/// What fired of the rules that have a number here, sorted.
fn renumbered(fired: Vec<Fired>, numbers: &impl Renumber) -> Vec<Fired> {
    let renumber = |fired: Fired| {
        Some(Fired {
            rule: numbers.rule(fired.rule)?,
            ..fired
        })
    };
    let mut fired: Vec<Fired> = fired.into_iter().filter_map(renumber).collect();
    fired.sort_unstable();
    fired
}
