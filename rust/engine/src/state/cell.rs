//! Cells: what a trace keeps for its rules instead of spans. A cell belongs to a selector (and, but for
//! counts and records, to one field of the selected spans), and only grows: adding spans commutes, which
//! is what makes verdicts independent of order and batching.
//!
//! *Certain* spans are proved to be selected. *Perhaps* spans are those whose selection, or whose value,
//! hangs on times without order; they widen the upper bounds only.
//!
//! Cells lie in their trace's [block](crate::state::block) in the order of their ids, 12 bytes each. Members hang on
//! them in chains of links, among which their [ranges](crate::state::whole_range) of whole numbers lie too; which spans a
//! count shows is [noted](crate::state::shown) with the spans; other [values](crate::state::values) stand apart.

use crate::finding::EVIDENCE_CAP;
use crate::intern::CellId;
use crate::state::block::{Block, List};
use crate::state::chain::{Chain, LINK_BYTES};
use crate::state::group_cell::GroupsCell;
use crate::state::record_id::RecordId;
use crate::state::values::{DistinctCell, ExtremesCell, SumCell, ValueCell};
use crate::state::whole_range::WholeRange;

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
    /// Extremes that are a [`WholeRange`].
    Range,
}

impl CellKind {
    /// Whether it keeps values.
    #[inline(always)]
    pub fn has_values(self) -> bool {
        matches!(self, CellKind::Values | CellKind::Range)
    }
}

/// A cell as it lies in a block: id, kind and whether it is capped in one number, so that their order is that of the
/// ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub id: CellId,
    pub kind: CellKind,
    pub capped: bool,
    /// Of records: their number. Of a count: the certain spans. Of values: those that matter.
    pub count: u32,
    /// Of records: the last link. Of a count: the perhaps spans. Of a range: where it lies among the links. Else the number
    /// among the values.
    pub second: u32,
}

impl Packed {
    /// One that counts so many spans, all certain.
    #[inline(always)]
    pub fn count_of(id: CellId, count: u32) -> Packed {
        Packed {
            id,
            kind: CellKind::Count,
            capped: false,
            count,
            second: 0,
        }
    }

    #[inline(always)]
    pub fn packed(self) -> [u8; CELL_BYTES] {
        let mut packed = [0; CELL_BYTES];
        let head = head_of(self.id) | (self.kind as u32) << 1 | u32::from(self.capped);
        packed[..4].copy_from_slice(&head.to_le_bytes());
        packed[4..8].copy_from_slice(&self.count.to_le_bytes());
        packed[8..].copy_from_slice(&self.second.to_le_bytes());
        packed
    }

    #[inline]
    pub fn unpacked(packed: &[u8; CELL_BYTES]) -> Packed {
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

    fn counted(self) -> CountCell {
        CountCell {
            certain: self.count,
            perhaps: self.second,
        }
    }

    fn spans(self) -> CellSpans {
        let (certain, perhaps) = match self.kind {
            CellKind::Count => (self.count, self.second),
            CellKind::Records | CellKind::Values | CellKind::Range => (self.count, 0),
        };
        CellSpans {
            certain,
            all: certain.saturating_add(perhaps),
        }
    }

    #[inline(always)]
    pub fn id_of(packed: &[u8; CELL_BYTES]) -> CellId {
        CellId(head(packed) >> 3)
    }
}

#[inline(always)]
pub(super) fn kind_of(head: u32) -> CellKind {
    match head >> 1 & 3 {
        0 => CellKind::Count,
        1 => CellKind::Values,
        2 => CellKind::Records,
        _ => CellKind::Range,
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

/// A cell that is being changed: its place among the cells of its trace.
#[derive(Clone, Copy)]
pub(super) struct CellPlace(pub(super) usize);

/// Where the cell is, or would be.
#[inline(always)]
pub(super) fn find(cells: &[[u8; CELL_BYTES]], id: CellId) -> Result<usize, usize> {
    let wanted = head_of(id);
    let at = cells.partition_point(|cell| head(cell) < wanted);
    match cells.get(at) {
        Some(cell) if head(cell) >> 3 == id.0 => Ok(at),
        _ => Err(at),
    }
}

/// The cells of one trace.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'t> {
    pub(super) cells: &'t [[u8; CELL_BYTES]],
    /// Of members.
    pub(super) links: &'t [[u8; LINK_BYTES]],
    /// Where their ranges lie.
    pub(super) block: &'t Block,
    pub(super) values: &'t [ValueCell],
}

impl<'t> Cells<'t> {
    /// Those that lie in a trace's block.
    #[inline(always)]
    pub(super) fn in_block(block: &'t Block, values: &'t [ValueCell]) -> Cells<'t> {
        Cells {
            cells: block.elements(List::Cells),
            links: block.elements(List::Links),
            block,
            values,
        }
    }

    /// Whether some span fed the cell.
    pub fn has(self, id: CellId) -> bool {
        find(self.cells, id).is_ok()
    }

    pub fn get(self, id: CellId) -> Option<Cell<'t>> {
        self.read(find(self.cells, id).ok()?)
    }

    /// As it lies in its block.
    #[inline(always)]
    fn packed(self, id: CellId) -> Option<Packed> {
        let at = find(self.cells, id).ok()?;
        let cell = self.cells.get(at)?;
        Some(Packed::unpacked(cell))
    }

    /// How many spans the cell counts.
    #[inline]
    pub fn count(self, id: CellId) -> Option<CountCell> {
        let cell = self.packed(id)?;
        (cell.kind == CellKind::Count).then(|| cell.counted())
    }

    /// The spans that the cell keeps.
    #[inline]
    pub fn records(self, id: CellId) -> Option<RecordsCell<'t>> {
        let cell = self.packed(id)?;
        (cell.kind == CellKind::Records).then(|| self.records_of(cell))
    }

    fn records_of(self, cell: Packed) -> RecordsCell<'t> {
        RecordsCell {
            capped: cell.capped,
            len: cell.count,
            members: Chain::behind(self.links, cell.second),
        }
    }

    pub(super) fn at(self, place: CellPlace) -> Option<Cell<'t>> {
        self.read(place.0)
    }

    fn read(self, at: usize) -> Option<Cell<'t>> {
        let cell = Packed::unpacked(self.cells.get(at)?);
        Some(match cell.kind {
            CellKind::Count => Cell::Count(cell.counted()),
            CellKind::Records => Cell::Records(self.records_of(cell)),
            CellKind::Range => {
                let range = WholeRange::at(self.block, cell.second);
                Cell::Extremes(range.extremes())
            }
            CellKind::Values => match self.values.get(cell.second as usize)? {
                ValueCell::Sum(cell) => Cell::Sum(cell),
                ValueCell::Extremes(cell) => Cell::Extremes(**cell),
                ValueCell::Distinct(cell) => Cell::Distinct(cell),
                ValueCell::Groups(cell) => Cell::Groups(cell),
            },
        })
    }

    /// The cells that some span fed, ascending, and how many did.
    #[inline(always)]
    pub fn spans(self) -> impl Iterator<Item = (CellId, CellSpans)> + use<'t> {
        let cells = self.cells.iter();
        cells.map(|cell| (Packed::id_of(cell), Packed::unpacked(cell).spans()))
    }

    /// How many certain spans fed the cell, and whether it is one of which each is counted as it comes.
    #[inline(always)]
    pub(super) fn certain_spans_of(self, id: CellId) -> (u32, bool) {
        self.packed(id)
            .map_or((0, false), |cell| (cell.count, cell.kind.has_values()))
    }

    /// Ascending.
    pub fn ids(self) -> impl Iterator<Item = CellId> {
        self.cells.iter().map(Packed::id_of)
    }

    pub fn all(self) -> impl Iterator<Item = (CellId, Cell<'t>)> {
        let ids = self.ids().enumerate();
        ids.filter_map(move |(at, id)| Some((id, self.read(at)?)))
    }
}
