//! A trace as it is stored: apart from how it is kept in memory, so that either can change without the
//! other. The order and the types of what stands here are the format of a snapshot.

use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::id::TraceId;
use crate::intern::{CellId, FieldKey, RuleKey};
use crate::logic::tri::Reasons;
use crate::state::block_pool::BlockPool;
use crate::state::cell::{Cell, WITNESSES};
use crate::state::fed_cells::Keeping;
use crate::state::flags::Flag;
use crate::state::group_cell::{GroupsCell, Lowest};
use crate::state::key::TextKey;
use crate::state::merge::short_basis;
use crate::state::named::NamedTrace;
use crate::state::record_id::RecordId;
use crate::state::reported::Fired;
use crate::state::seen::StoredSeen;
use crate::state::shown;
use crate::state::stored_records::StoredRecords;
use crate::state::trace::{Generation, TraceState};
use crate::state::values::{DistinctCell, ExtremesCell, SumCell, ValueCell};
use crate::time::{EventTime, Timestamp};

/// All times in nanoseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredTrace {
    id: TraceId,
    opened: Timestamp,
    /// When its latest span came, or when it closed.
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
    /// The highest where no span names its start, and 0 where that is when the earliest one was.
    began: EventTime,
    skewed: u32,
    seen: StoredSeen,
    records: StoredRecords,
    root: Option<RecordId>,
    first: Option<RecordId>,
    cells: Vec<(CellId, StoredCell)>,
    fired: Vec<Fired>,
    /// No longer stored; empty.
    postponed: Vec<(RuleKey, u32)>,
}

#[derive(Debug, Serialize, Deserialize)]
enum StoredCell {
    Count(StoredCount),
    Sum(Box<SumCell>),
    Extremes(Box<ExtremesCell>),
    Distinct(Box<DistinctCell>),
    Groups(Box<GroupsCell>),
    Records(Box<StoredMembers>),
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredCount {
    certain: u32,
    perhaps: u32,
    witnesses: Vec<RecordId>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredMembers {
    members: Vec<(RecordId, bool)>,
    capped: bool,
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
            arrived: trace
                .records()
                .kept
                .map_or(Vec::new(), |kept| kept.arrived.clone()),
            digest_basis: u64::from(trace.digest_basis),
            contradicted: trace.contradicted().to_vec(),
        }
    }
}

/// What a trace holds that version 5 did not store: of the groups of each cell, the lowest spans.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct StoredLowest(Vec<(CellId, LowestOfGroups)>);

type LowestOfGroups = Vec<(TextKey, Vec<RecordId>)>;

impl StoredLowest {
    pub fn of(named: NamedTrace<'_>) -> StoredLowest {
        let of_cell = |(id, cell): (CellId, Cell<'_>)| {
            let Cell::Groups(cell) = cell else {
                return None;
            };
            let groups = cell.groups.iter();
            let of_group = groups.map(|(key, group)| (*key, group.lowest.ids().to_vec()));
            Some((id, of_group.collect()))
        };
        StoredLowest(named.cells.all().filter_map(of_cell).collect())
    }

    fn is_sound(&self, records: &StoredRecords) -> bool {
        let groups = self.0.iter().flat_map(|(_, groups)| groups);
        let mut spans = groups.flat_map(|(_, spans)| spans);
        spans.all(|span| records.has(*span))
    }

    /// Gives them back to the cells, which are named as they were stored.
    fn restore(self, cells: &mut [(CellId, StoredCell)]) {
        for (id, groups) in self.0 {
            let found = cells.iter_mut().find(|(known, _)| *known == id);
            let Some((_, StoredCell::Groups(cell))) = found else {
                continue;
            };
            for (key, spans) in groups {
                if let Some(group) = cell.groups.get_mut(key) {
                    group.lowest = Lowest::restored(&spans);
                    cell.kept += group.lowest.ids().len() as u32;
                }
            }
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
    pub fn of(named: NamedTrace<'_>) -> StoredTrace {
        let trace = named.trace;
        StoredTrace {
            id: trace.id,
            opened: trace.opened,
            last: trace.last,
            closed: trace
                .closed()
                .map_or(Timestamp(0), |at| at.max(Timestamp(1))),
            generation: trace.generation,
            complete: !trace.is_live() && trace.reasons.is_empty(),
            reasons: trace.reasons,
            earliest: trace.earliest,
            latest: trace.latest,
            began: stored_start(trace.began()),
            skewed: u32::from(trace.is_skewed()),
            seen: trace.seen().stored(),
            records: StoredRecords::of(named),
            root: trace.root(),
            first: trace.first(),
            cells: stored_cells(named),
            fired: trace.fired().to_vec(),
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
    pub fn is_sound(&self, lowest: &StoredLowest) -> bool {
        let mut held = self.root.iter().chain(&self.first);
        self.records.is_sound()
            && self.seen.is_sound()
            && lowest.is_sound(&self.records)
            && held.all(|record| self.records.has(*record))
            && self.cells.iter().all(|(_, cell)| match cell {
                StoredCell::Count(cell) => {
                    cell.witnesses.len() <= WITNESSES
                        && cell.witnesses.iter().all(|id| self.records.has(*id))
                }
                StoredCell::Records(cell) => {
                    cell.members.iter().all(|(id, _)| self.records.has(*id))
                }
                StoredCell::Sum(_)
                | StoredCell::Extremes(_)
                | StoredCell::Distinct(_)
                | StoredCell::Groups(_) => true,
            })
    }

    /// The trace as it goes on in this engine: what has no number here is dropped.
    pub fn restore(
        mut self,
        addition: StoredAddition,
        lowest: StoredLowest,
        numbers: &impl Renumber,
        key: HashKey,
        pool: &mut BlockPool,
    ) -> TraceState {
        let mut trace = TraceState::new(self.id, self.opened, self.generation);
        trace.last = self.last;
        if self.closed != Timestamp(0) {
            trace.last = self.closed;
            trace.flags.add(Flag::Closed);
        }
        trace.reasons = self.reasons;
        (trace.earliest, trace.latest) = (self.earliest, self.latest);
        if let Some(began) = restored_start(self.began) {
            trace.began.add(began);
        }
        if self.skewed > 0 {
            trace.flags.add(Flag::Skewed);
        }
        trace.parents = self.seen.parents();
        trace.seen_mut(pool).restore(&self.seen, key);
        let number = |field| numbers.field(field);
        self.records
            .restore(&mut trace, addition.arrived, (number, key), pool);
        trace.set_foremost(self.root.or(self.first));
        if self.root.is_some() {
            trace.flags.add(Flag::Rooted);
        }
        lowest.restore(&mut self.cells);
        let mut shown: Vec<(RecordId, CellId)> = Vec::new();
        for (id, cell) in self.cells {
            if let Some(id) = numbers.cell(id) {
                cell.restore(&mut trace, id, &mut shown, pool);
            }
        }
        trace.restore_shown(shown, pool);
        trace.restore_refs(pool);
        trace.digest_basis = match addition.digest_basis {
            0 => 0,
            basis => short_basis(basis),
        };
        trace.restore_fired(
            renumbered(self.fired, numbers),
            renumbered(addition.contradicted, numbers),
        );
        trace.weigh();
        trace
    }
}

fn stored_cells(named: NamedTrace<'_>) -> Vec<(CellId, StoredCell)> {
    let mut shown = named.trace.shown().by_cell();
    let of_cell = |(id, cell): (CellId, Cell<'_>)| {
        let witnesses = shown.remove(&id).unwrap_or_default();
        (id, StoredCell::of(cell, witnesses))
    };
    named.cells.all().map(of_cell).collect()
}

impl StoredCell {
    fn of(cell: Cell<'_>, witnesses: Vec<RecordId>) -> StoredCell {
        match cell {
            Cell::Count(cell) => StoredCell::Count(StoredCount {
                certain: cell.certain,
                perhaps: cell.perhaps,
                witnesses,
            }),
            Cell::Sum(cell) => StoredCell::Sum(Box::new(cell.clone())),
            Cell::Extremes(cell) => StoredCell::Extremes(Box::new(cell)),
            Cell::Distinct(cell) => StoredCell::Distinct(Box::new(cell.clone())),
            Cell::Groups(cell) => StoredCell::Groups(Box::new(cell.clone())),
            Cell::Records(cell) => StoredCell::Records(Box::new(StoredMembers {
                members: cell.members().collect(),
                capped: cell.capped,
            })),
        }
    }

    /// Adds to `shown` which spans a count shows.
    fn restore(
        self,
        trace: &mut TraceState,
        id: CellId,
        shown: &mut Vec<(RecordId, CellId)>,
        pool: &mut BlockPool,
    ) {
        let mut cells = trace.cells_mut(pool);
        let values = match self {
            StoredCell::Count(cell) => {
                let at = cells.open(id, || Keeping::Count);
                cells.count(at, cell.certain, cell.perhaps);
                shown.extend(cell.witnesses.into_iter().map(|span| (span, id)));
                return;
            }
            StoredCell::Records(cell) => {
                let at = cells.open(id, || Keeping::Records);
                for (member, certain) in cell.members {
                    cells.add_record(at, member, certain);
                }
                if cell.capped {
                    cells.cap(at);
                }
                return;
            }
            StoredCell::Sum(cell) => ValueCell::Sum(cell),
            StoredCell::Extremes(cell) => ValueCell::Extremes(cell),
            StoredCell::Distinct(cell) => ValueCell::Distinct(cell),
            StoredCell::Groups(cell) => ValueCell::Groups(cell),
        };
        let at = cells.open(id, || Keeping::Values(values));
        cells.count_all_values(at);
    }
}

impl TraceState {
    /// Notes which spans counts show, of which nothing is noted yet.
    fn restore_shown(&mut self, mut shown: Vec<(RecordId, CellId)>, pool: &mut BlockPool) {
        shown.sort_unstable();
        for run in shown.chunk_by(|a, b| a.0 == b.0) {
            let records = self.records_mut(pool);
            shown::begin(records.block, records.pool, run[0].0);
            for (_, cell) in run {
                shown::add(records.block, records.pool, *cell);
            }
        }
        self.show_few();
    }

    /// Counts anew what refers to each record; the places of those to which nothing does are free.
    fn restore_refs(&mut self, pool: &mut BlockPool) {
        let mut held: Vec<RecordId> = self.shown().runs().collect();
        held.extend(self.foremost());
        for (_, cell) in self.own_cells().all() {
            match cell {
                Cell::Records(cell) => held.extend(cell.members().map(|(record, _)| record)),
                Cell::Groups(cell) => {
                    let groups = cell.groups.values();
                    held.extend(groups.flat_map(|group| group.lowest.ids()));
                }
                _ => {}
            }
        }
        let mut records = self.records_mut(pool);
        held.into_iter().for_each(|record| records.hold(record));
        records.drop_all_unheld();
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

/// No start is the highest of all times, as ever; that time itself is 0, which is when nothing starts.
fn stored_start(began: Option<EventTime>) -> EventTime {
    match began {
        None => EventTime::LAST,
        Some(EventTime::LAST) => EventTime::FIRST,
        Some(began) => began,
    }
}

fn restored_start(began: EventTime) -> Option<EventTime> {
    match began {
        EventTime::LAST => None,
        EventTime::FIRST => Some(EventTime::LAST),
        began => Some(began),
    }
}
