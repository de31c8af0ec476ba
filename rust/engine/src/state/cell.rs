//! Cells: what a trace keeps for its rules instead of spans. A cell belongs to a selector (and, but for
//! counts and records, to one field of the selected spans), and only grows: adding spans commutes, which
//! is what makes verdicts independent of order and batching.
//!
//! *Certain* spans are proved to be selected. *Perhaps* spans are those whose selection, or whose value,
//! hangs on times without order; they widen the upper bounds only.
//!
//! Cells lie in their trace's [block](crate::state::block) in the order of their ids, 12 bytes each. Members hang on
//! them in chains of links; which spans a count shows is [noted](crate::state::shown) with the spans; what they keep of
//! [values](crate::state::values) stands apart.

use crate::finding::EVIDENCE_CAP;
use crate::intern::CellId;
use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::chain::{self, Chain};
use crate::state::counting::Counting;
use crate::state::group_cell::GroupsCell;
use crate::state::record::RecordId;
use crate::state::values::{Amount, DistinctCell, ExtremesCell, SumCell, ValueCell};

/// How many spans a count keeps as evidence.
pub(crate) const WITNESSES: usize = EVIDENCE_CAP;

/// How many records a selector keeps in one trace for order, structure and correlation.
pub(crate) const RECORD_CAP: usize = 1024;

/// What a cell takes of a trace's block.
pub(crate) const CELL_BYTES: usize = 12;

/// A cell as rules read it.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'t> {
    Count(CountCell),
    Sum(&'t SumCell),
    Extremes(ExtremesCell),
    Distinct(&'t DistinctCell),
    Groups(&'t GroupsCell),
    Records(RecordsCell<'t>),
}

#[derive(Clone, Copy)]
pub(crate) struct CountCell {
    pub certain: u32,
    pub perhaps: u32,
}

/// The selected spans themselves, projected.
#[derive(Clone, Copy)]
pub(crate) struct RecordsCell<'t> {
    pub capped: bool,
    len: u32,
    members: Chain<'t>,
}

impl<'t> RecordsCell<'t> {
    /// In the order of their coming, each certain or not.
    pub fn members(self) -> impl Iterator<Item = (RecordId, bool)> + use<'t> {
        self.members.take(self.len as usize)
    }

    pub fn len(self) -> usize {
        self.len as usize
    }
}

/// How many spans fed a cell. Of one that keeps records all count as certain; of one that keeps values those whose value matters,
/// be it [within reach](crate::plan::reach) of a bound or of no bound, and as many as there may be where it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellSpans {
    pub certain: u32,
    pub all: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellKind {
    Count,
    Values,
    Records,
}

/// A cell as it lies in a block: id, kind and whether it is capped in one number, so that their order is that of the
/// ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed {
    id: CellId,
    kind: CellKind,
    capped: bool,
    /// Of records: their number. Of a count: the certain spans. Of values: those that matter.
    count: u32,
    /// Of records: the last link. Of a count: the perhaps spans. Else the number among the values.
    second: u32,
}

impl Packed {
    fn packed(self) -> [u8; CELL_BYTES] {
        let mut packed = [0; CELL_BYTES];
        let head = head_of(self.id) | (self.kind as u32) << 1 | u32::from(self.capped);
        packed[..4].copy_from_slice(&head.to_le_bytes());
        packed[4..8].copy_from_slice(&self.count.to_le_bytes());
        packed[8..].copy_from_slice(&self.second.to_le_bytes());
        packed
    }

    #[inline]
    fn unpacked(packed: &[u8; CELL_BYTES]) -> Packed {
        let ([head, count, second], _) = packed.as_chunks::<4>() else {
            unreachable!("12 bytes are three times four");
        };
        let head = u32::from_le_bytes(*head);
        Packed {
            id: CellId(head >> 3),
            kind: kind_of(head),
            capped: head & 1 == 1,
            count: u32::from_le_bytes(*count),
            second: u32::from_le_bytes(*second),
        }
    }

    fn spans(self) -> CellSpans {
        let (certain, perhaps) = match self.kind {
            CellKind::Count => (self.count, self.second),
            CellKind::Records | CellKind::Values => (self.count, 0),
        };
        CellSpans {
            certain,
            all: certain.saturating_add(perhaps),
        }
    }

    #[inline(always)]
    fn id_of(packed: &[u8; CELL_BYTES]) -> CellId {
        CellId(head(packed) >> 3)
    }
}

#[inline(always)]
fn kind_of(head: u32) -> CellKind {
    match head >> 1 & 3 {
        0 => CellKind::Count,
        1 => CellKind::Values,
        _ => CellKind::Records,
    }
}

#[inline(always)]
fn head_of(id: CellId) -> u32 {
    id.0 << 3
}

#[inline(always)]
fn head(packed: &[u8; CELL_BYTES]) -> u32 {
    packed
        .first_chunk()
        .map_or(0, |head| u32::from_le_bytes(*head))
}

/// Where the cell is, or would be.
#[inline(always)]
fn find(block: &Block, id: CellId) -> Result<usize, usize> {
    let cells = block.elements(List::Cells);
    let wanted = head_of(id);
    let at = cells.partition_point(|cell| head(cell) < wanted);
    match cells.get(at) {
        Some(cell) if head(cell) >> 3 == id.0 => Ok(at),
        _ => Err(at),
    }
}

/// The cells of one trace.
#[derive(Clone, Copy)]
pub(super) struct Cells<'t> {
    pub block: &'t Block,
    pub values: &'t [ValueCell],
}

impl<'t> Cells<'t> {
    pub fn has(self, id: CellId) -> bool {
        find(self.block, id).is_ok()
    }

    pub fn get(self, id: CellId) -> Option<Cell<'t>> {
        self.read(find(self.block, id).ok()?)
    }

    pub fn at(self, place: CellPlace) -> Option<Cell<'t>> {
        self.read(place.0)
    }

    fn read(self, at: usize) -> Option<Cell<'t>> {
        let cell = Packed::unpacked(self.block.elements(List::Cells).get(at)?);
        Some(match cell.kind {
            CellKind::Count => Cell::Count(CountCell {
                certain: cell.count,
                perhaps: cell.second,
            }),
            CellKind::Records => Cell::Records(RecordsCell {
                capped: cell.capped,
                len: cell.count,
                members: Chain::behind(self.block.elements(List::Links), cell.second),
            }),
            CellKind::Values => match self.values.get(cell.second as usize)? {
                ValueCell::Sum(cell) => Cell::Sum(cell),
                ValueCell::Whole(range) => Cell::Extremes(range.extremes()),
                ValueCell::Extremes(cell) => Cell::Extremes(**cell),
                ValueCell::Distinct(cell) => Cell::Distinct(cell),
                ValueCell::Groups(cell) => Cell::Groups(cell),
            },
        })
    }

    /// Ascending by cell.
    #[inline(always)]
    pub fn spans(self) -> impl Iterator<Item = (CellId, CellSpans)> + use<'t> {
        let cells = self.block.elements(List::Cells).iter();
        cells.map(|cell| (Packed::id_of(cell), Packed::unpacked(cell).spans()))
    }

    /// How many certain spans are counted that fed the cell, and whether it is one of which each span is as it comes.
    #[inline(always)]
    pub fn counted_spans_of(self, id: CellId) -> (u32, bool) {
        let at = find(self.block, id).ok();
        let cell = at.and_then(|at| self.block.elements(List::Cells).get(at));
        cell.map(Packed::unpacked).map_or((0, false), |cell| {
            (cell.count, cell.kind == CellKind::Values)
        })
    }

    /// Ascending.
    pub fn ids(self) -> impl Iterator<Item = CellId> {
        self.block.elements(List::Cells).iter().map(Packed::id_of)
    }

    pub fn all(self) -> impl Iterator<Item = (CellId, Cell<'t>)> {
        let ids = self.ids().enumerate();
        ids.filter_map(move |(at, id)| Some((id, self.read(at)?)))
    }
}

/// The cells of one trace, to be changed.
pub(super) struct CellsMut<'t> {
    pub block: &'t mut Block,
    pub pool: &'t mut BlockPool,
    pub values: &'t mut Vec<ValueCell>,
}

/// A cell that is being changed: its place among the cells of its trace.
#[derive(Clone, Copy)]
pub(super) struct CellPlace(usize);

impl CellsMut<'_> {
    /// The cell, added if need be; `values`: what one of [`CellKind::Values`] has then.
    pub fn open(
        &mut self,
        id: CellId,
        kind: CellKind,
        values: impl FnOnce() -> Option<ValueCell>,
    ) -> CellPlace {
        let at = match find(self.block, id) {
            Ok(at) => return CellPlace(at),
            Err(at) => at,
        };
        let mut second = 0;
        if let Some(values) = values() {
            second = self.values.len() as u32;
            if self.values.len() == self.values.capacity() {
                // Most traces have few.
                self.values.reserve_exact(2 + self.values.len() / 2);
            }
            self.values.push(values);
        }
        let cell = Packed {
            id,
            kind,
            capped: false,
            count: 0,
            second,
        };
        self.block.insert(self.pool, List::Cells, at, cell.packed());
        CellPlace(at)
    }

    fn get(&self, place: CellPlace) -> Packed {
        Packed::unpacked(&self.block.elements(List::Cells)[place.0])
    }

    fn set(&mut self, place: CellPlace, cell: Packed) {
        self.block.elements_mut(List::Cells)[place.0] = cell.packed();
    }

    pub fn value_cell(&mut self, place: CellPlace) -> Option<&mut ValueCell> {
        let cell = self.get(place);
        let cell = (cell.kind == CellKind::Values).then_some(cell)?;
        self.values.get_mut(cell.second as usize)
    }

    /// Counts a span in a cell that counts, added if need be; returns how many certain ones there were before.
    #[inline]
    pub fn count_span(&mut self, id: CellId, certain: bool) -> u32 {
        let at = match find(self.block, id) {
            Ok(at) => at,
            Err(at) => {
                let cell = Packed {
                    id,
                    kind: CellKind::Count,
                    capped: false,
                    count: u32::from(certain),
                    second: u32::from(!certain),
                };
                self.block.insert(self.pool, List::Cells, at, cell.packed());
                return 0;
            }
        };
        let cells = self.block.elements_mut::<CELL_BYTES>(List::Cells);
        let Some(([head, count, perhaps], _)) = cells.get_mut(at).map(|cell| cell.as_chunks_mut())
        else {
            return 0;
        };
        let before = u32::from_le_bytes(*count);
        if kind_of(u32::from_le_bytes(*head)) == CellKind::Count {
            let place = if certain { count } else { perhaps };
            *place = u32::from_le_bytes(*place).saturating_add(1).to_le_bytes();
        }
        before
    }

    /// Counts certain spans in cells that count.
    pub fn count_all(&mut self, counting: &mut Counting) {
        let known = self.block.elements::<CELL_BYTES>(List::Cells);
        let (mut at, mut new) = (0, 0);
        for id in counting.arrange() {
            while known.get(at).is_some_and(|cell| Packed::id_of(cell) < *id) {
                at += 1;
            }
            let is_known = known.get(at).is_some_and(|cell| Packed::id_of(cell) == *id);
            new += usize::from(!is_known);
        }
        // From behind, so that each cell moves once.
        let mut from = known.len();
        let mut to = from + new;
        self.block
            .lengthen(self.pool, List::Cells, new * CELL_BYTES);
        let cells = self.block.elements_mut::<CELL_BYTES>(List::Cells);
        counting.take(|id, count| {
            while from > 0 && Packed::id_of(&cells[from - 1]) > id {
                (from, to) = (from - 1, to - 1);
                cells[to] = cells[from];
            }
            to -= 1;
            let is_known = from > 0 && Packed::id_of(&cells[from - 1]) == id;
            let mut cell = if is_known {
                from -= 1;
                Packed::unpacked(&cells[from])
            } else {
                Packed {
                    id,
                    kind: CellKind::Count,
                    capped: false,
                    count: 0,
                    second: 0,
                }
            };
            if cell.kind == CellKind::Count {
                cell.count = cell.count.saturating_add(count);
            }
            cells[to] = cell.packed();
        });
    }

    /// A span came whose value matters. Returns how many such came.
    pub fn count_value(&mut self, place: CellPlace) -> u32 {
        let cell = self.get(place);
        let count = cell.count.saturating_add(1);
        if cell.kind == CellKind::Values {
            self.set(place, Packed { count, ..cell });
        }
        count
    }

    /// Adds what a span adds to a sum or to extremes, be it certain or not. Returns how many spans came whose amount matters.
    #[inline]
    pub fn add_amount(
        &mut self,
        place: CellPlace,
        (amount, certain): (Amount, bool),
        matters: bool,
    ) -> u32 {
        let cell = self.get(place);
        if cell.kind != CellKind::Values {
            return 0;
        }
        if let Some(values) = self.values.get_mut(cell.second as usize) {
            values.add_amount(amount, certain);
        }
        if matters {
            return self.count_value(place);
        }
        cell.count
    }

    /// How many spans have a value that matters is not known.
    pub fn count_all_values(&mut self, place: CellPlace) {
        let cell = self.get(place);
        self.set(
            place,
            Packed {
                count: u32::MAX,
                ..cell
            },
        );
    }

    /// Counts spans.
    pub fn count(&mut self, place: CellPlace, certain: u32, perhaps: u32) {
        let cell = self.get(place);
        let counted = Packed {
            count: cell.count.saturating_add(certain),
            second: cell.second.saturating_add(perhaps),
            ..cell
        };
        if cell.kind == CellKind::Count {
            self.set(place, counted);
        }
    }

    /// Whether another record may be added; where not, the cell is capped from now on.
    pub fn has_room(&mut self, place: CellPlace) -> bool {
        let cell = self.get(place);
        let has_room = (cell.count as usize) < RECORD_CAP;
        if !has_room {
            self.cap(place);
        }
        has_room && cell.kind == CellKind::Records
    }

    pub fn cap(&mut self, place: CellPlace) {
        let cell = self.get(place);
        self.set(
            place,
            Packed {
                capped: true,
                ..cell
            },
        );
    }

    /// Adds a record behind the others.
    pub fn add_record(&mut self, place: CellPlace, record: RecordId, certain: bool) {
        let cell = self.get(place);
        if cell.kind != CellKind::Records {
            return;
        }
        let last = (cell.count > 0).then_some(cell.second);
        let second = chain::append(self.block, self.pool, last, record, certain);
        let cell = Packed {
            count: cell.count + 1,
            second,
            ..cell
        };
        self.set(place, cell);
    }
}
