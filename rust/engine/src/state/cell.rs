//! Cells: what a trace keeps for its rules instead of spans. A cell belongs to a selector (and, but for
//! counts and records, to one field of the selected spans), and only grows: adding spans commutes, which
//! is what makes verdicts independent of order and batching.
//!
//! *Certain* spans are proved to be selected. *Perhaps* spans are those whose selection, or whose value,
//! hangs on times without order; they widen the upper bounds only.
//!
//! Cells lie in their trace's [block](crate::state::block) in the order of their ids, 16 bytes each. The records that
//! they name hang on them in chains of links; what they keep of [values](crate::state::values) stands apart.

use std::cmp::Ordering;

use crate::finding::EVIDENCE_CAP;
use crate::intern::CellId;
use crate::state::block::{Block, BlockPool, List};
use crate::state::chain::{Chain, END, Link};
use crate::state::group_cell::GroupsCell;
use crate::state::record::RecordId;
use crate::state::values::{DistinctCell, ExtremesCell, SumCell, ValueCell};

/// How many spans a count keeps as evidence.
pub(crate) const WITNESSES: usize = EVIDENCE_CAP;

/// How many records a selector keeps in one trace for order, structure and correlation.
pub(crate) const RECORD_CAP: usize = 1024;

/// What a cell takes of a trace's block.
pub(crate) const CELL_BYTES: usize = 16;

/// A cell as rules read it.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'t> {
    Count(CountCell<'t>),
    Sum(&'t SumCell),
    Extremes(&'t ExtremesCell),
    Distinct(&'t DistinctCell),
    Groups(&'t GroupsCell),
    Records(RecordsCell<'t>),
}

#[derive(Clone, Copy)]
pub(crate) struct CountCell<'t> {
    pub certain: u32,
    pub perhaps: u32,
    witnesses: Chain<'t>,
}

impl<'t> CountCell<'t> {
    /// The lowest certain ones by (start, span id).
    pub fn witnesses(self) -> impl Iterator<Item = RecordId> + use<'t> {
        self.witnesses.map(|(record, _)| record)
    }
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

/// How many spans fed a cell. Of one that keeps records all count as certain, and of one that keeps values it is not known:
/// there are as many as there may be.
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
    /// The first link; the number among the values.
    first: u32,
    /// Of records: the last link. Of a count: the perhaps spans.
    second: u32,
    /// Of records: their number. Of a count: the certain spans.
    count: u32,
}

impl Packed {
    fn packed(self) -> [u8; CELL_BYTES] {
        let head = self.id.0 << 3 | (self.kind as u32) << 1 | u32::from(self.capped);
        let numbers = [head, self.first, self.second, self.count];
        let packed = numbers.iter().rev();
        packed
            .fold(0, |all, number| all << 32 | u128::from(*number))
            .to_le_bytes()
    }

    fn unpacked(packed: &[u8; CELL_BYTES]) -> Packed {
        let packed = u128::from_le_bytes(*packed);
        let head = packed as u32;
        Packed {
            id: CellId(head >> 3),
            kind: match head >> 1 & 3 {
                0 => CellKind::Count,
                1 => CellKind::Values,
                _ => CellKind::Records,
            },
            capped: head & 1 == 1,
            first: (packed >> 32) as u32,
            second: (packed >> 64) as u32,
            count: (packed >> 96) as u32,
        }
    }

    fn spans(self) -> CellSpans {
        let (certain, perhaps) = match self.kind {
            CellKind::Count => (self.count, self.second),
            CellKind::Records => (self.count, 0),
            CellKind::Values => (u32::MAX, 0),
        };
        CellSpans {
            certain,
            all: certain.saturating_add(perhaps),
        }
    }

    fn id_of(packed: &[u8; CELL_BYTES]) -> CellId {
        CellId(u128::from_le_bytes(*packed) as u32 >> 3)
    }
}

/// Up to so many cells a search looks at each.
const LINEAR: usize = 16;

fn find(block: &Block, id: CellId) -> Result<usize, usize> {
    let cells = block.elements(List::Cells);
    if cells.len() > LINEAR {
        return cells.binary_search_by_key(&id, Packed::id_of);
    }
    for (at, cell) in cells.iter().enumerate() {
        match Packed::id_of(cell).cmp(&id) {
            Ordering::Less => {}
            Ordering::Equal => return Ok(at),
            Ordering::Greater => return Err(at),
        }
    }
    Err(cells.len())
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
        let chain = Chain {
            links: self.block.elements(List::Links),
            at: cell.first,
        };
        Some(match cell.kind {
            CellKind::Count => Cell::Count(CountCell {
                certain: cell.count,
                perhaps: cell.second,
                witnesses: chain,
            }),
            CellKind::Records => Cell::Records(RecordsCell {
                capped: cell.capped,
                len: cell.count,
                members: chain,
            }),
            CellKind::Values => match self.values.get(cell.first as usize)? {
                ValueCell::Sum(cell) => Cell::Sum(cell),
                ValueCell::Extremes(cell) => Cell::Extremes(cell),
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

    #[inline(always)]
    pub fn spans_of(self, id: CellId) -> Option<CellSpans> {
        let at = find(self.block, id).ok()?;
        let cell = self.block.elements(List::Cells).get(at)?;
        Some(Packed::unpacked(cell).spans())
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        self.block.elements::<CELL_BYTES>(List::Cells).len()
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
        let mut first = END;
        if let Some(values) = values() {
            first = self.values.len() as u32;
            self.values.push(values);
        }
        let cell = Packed {
            id,
            kind,
            capped: false,
            first,
            second: if kind == CellKind::Records { END } else { 0 },
            count: 0,
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

    fn link(&self, at: u32) -> Option<Link> {
        let links = self.block.elements(List::Links);
        Some(Link::unpacked(*links.get(at as usize)?))
    }

    fn set_link(&mut self, at: u32, link: Link) {
        if let Some(place) = self.block.elements_mut(List::Links).get_mut(at as usize) {
            *place = link.packed();
        }
    }

    pub fn value_cell(&mut self, place: CellPlace) -> Option<&mut ValueCell> {
        let cell = self.get(place);
        let cell = (cell.kind == CellKind::Values).then_some(cell)?;
        self.values.get_mut(cell.first as usize)
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

    /// Puts a witness in at its place among the others; returns the one that gives way.
    pub fn add_witness(
        &mut self,
        place: CellPlace,
        among: usize,
        record: RecordId,
    ) -> Option<RecordId> {
        let cell = self.get(place);
        let (mut last, mut at) = (END, cell.first);
        // The chain stays, and what hangs on it moves up.
        let mut moved = record;
        let mut count = 0;
        while let Some(link) = self.link(at) {
            if count >= among {
                let record = std::mem::replace(&mut moved, link.record);
                self.set_link(at, Link { record, ..link });
            }
            (last, at) = (at, link.next);
            count += 1;
        }
        if count >= WITNESSES {
            return Some(moved);
        }
        let at = self.append(last, moved, true);
        if count == 0 {
            self.set(place, Packed { first: at, ..cell });
        }
        None
    }

    /// Adds a link behind the last one, where there is one.
    fn append(&mut self, last: u32, record: RecordId, certain: bool) -> u32 {
        let link = Link {
            record,
            certain,
            next: END,
        };
        let at = self.block.push(self.pool, List::Links, link.packed()) as u32;
        if let Some(link) = self.link(last) {
            self.set_link(last, Link { next: at, ..link });
        }
        at
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
        let at = self.append(cell.second, record, certain);
        let cell = Packed {
            first: if cell.count == 0 { at } else { cell.first },
            second: at,
            count: cell.count + 1,
            ..cell
        };
        self.set(place, cell);
    }
}
