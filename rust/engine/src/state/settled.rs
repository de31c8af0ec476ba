//! Counting what spans left in their trace all at once, when somebody asks for it, in place of with every span: a cell is
//! looked for once, however many spans fed it, and most rules ask nothing before their trace closes.
//!
//! The spans of a short trace are [noted](crate::state::shown) with the cells that they feed. What they left is counted in
//! memory that all traces of a shard share, one after the other, so that a trace does not grow by being asked.

use crate::heap::heap;
use crate::intern::CellId;
use crate::state::block::List;
use crate::state::block_pool::BlockPool;
use crate::state::cell::{CELL_BYTES, Cell, CellKind, Cells, Packed};
use crate::state::chain::{LINK_BYTES, append_to};
use crate::state::counting::FedCounts;
use crate::state::fed_cells::Keeping;
use crate::state::flags::Flag;
use crate::state::shown::{Note, SHOWN_BYTES};
use crate::state::trace::TraceState;

/// Room for so many cells or links is kept.
const KEPT: usize = 1 << 12;

/// The cells of the trace that was asked last, with all that its spans left.
#[derive(Debug, Default)]
pub(crate) struct SettledCells {
    /// By its serial number.
    of: Option<u32>,
    cells: Vec<[u8; CELL_BYTES]>,
    /// Of members.
    links: Vec<[u8; LINK_BYTES]>,
    counting: FedCounts,
}

impl SettledCells {
    /// The trace may change.
    #[inline(always)]
    pub fn forget(&mut self) {
        self.of = None;
    }

    /// Adds what is noted to the cells that are known.
    #[inline(never)]
    fn count(&mut self, known: &[[u8; CELL_BYTES]], notes: &[[u8; SHOWN_BYTES]]) {
        let mut has_members = false;
        for word in notes {
            match Note::of(*word) {
                Note::Count(cell) => self.counting.count(cell),
                Note::Span(_) => {}
                Note::Member { cell, .. } => {
                    self.counting.count(cell);
                    has_members = true;
                }
            }
        }
        let cells = &mut self.cells;
        cells.clear();
        let mut rest = known;
        self.counting.take(has_members, |id, count| {
            // Most traces have few cells of their own.
            while let Some((first, left)) = rest.split_first()
                && Packed::id_of(first) < id
            {
                rest = left;
                cells.push(*first);
            }
            let counted = match rest.split_first() {
                Some((first, left)) if Packed::id_of(first) == id => {
                    rest = left;
                    let mut cell = Packed::unpacked(first);
                    if cell.kind == CellKind::Count {
                        cell.count = cell.count.saturating_add(count);
                    }
                    cell
                }
                _ => Packed::count_of(id, count),
            };
            cells.push(counted.packed());
            cells.len() - 1
        });
        cells.extend_from_slice(rest);
        self.links.clear();
        if has_members {
            self.link(notes);
        }
    }

    /// Of those cells that have members, which.
    fn link(&mut self, notes: &[[u8; SHOWN_BYTES]]) {
        let mut record = None;
        for word in notes {
            match Note::of(*word) {
                Note::Span(span) => record = Some(span),
                Note::Count(_) => {}
                Note::Member { cell, certain } => {
                    let Some((record, at)) = record.zip(self.counting.place(cell)) else {
                        continue;
                    };
                    let place = &mut self.cells[at];
                    let cell = Packed::unpacked(place);
                    let is_first = cell.kind != CellKind::Records;
                    let last = (!is_first).then_some(cell.second);
                    let cell = Packed {
                        kind: CellKind::Records,
                        second: append_to(&mut self.links, last, record, certain),
                        ..cell
                    };
                    *place = cell.packed();
                }
            }
        }
    }

    /// Gives back what most traces do not need.
    pub fn shrink(&mut self) {
        self.counting.shrink();
        if self.cells.capacity().max(self.links.capacity()) > KEPT {
            *self = SettledCells::default();
        }
    }

    pub fn bytes(&self) -> usize {
        heap(self.cells.capacity() * CELL_BYTES)
            + heap(self.links.capacity() * LINK_BYTES)
            + self.counting.bytes()
    }
}

impl TraceState {
    /// Whether what its spans left is noted, to be counted when it is asked for: no more is noted than is kept.
    #[inline(always)]
    pub(super) fn is_noted(&self) -> bool {
        !self.flags.has(Flag::ShowsFew)
    }

    /// Its cells with all that its spans left.
    pub fn settle<'t>(&'t self, settled: &'t mut SettledCells) -> Cells<'t> {
        let is_counted = self.count_in(settled);
        self.cells(is_counted.then_some(settled))
    }

    /// Counts what is noted, if anything is.
    #[inline]
    pub(super) fn count_in(&self, settled: &mut SettledCells) -> bool {
        let notes = self.notes();
        if notes.is_empty() {
            return false;
        }
        if settled.of != Some(self.serial) {
            settled.count(self.own_cells().cells, notes);
            settled.of = Some(self.serial);
        }
        true
    }

    /// Its cells, with those in which its notes were counted.
    #[inline(always)]
    pub(super) fn cells<'t>(&'t self, settled: Option<&'t SettledCells>) -> Cells<'t> {
        let own = self.own_cells();
        debug_assert!(settled.is_some() || self.notes().is_empty());
        settled.map_or(own, |settled| Cells {
            cells: &settled.cells,
            links: &settled.links,
            ..own
        })
    }

    /// What is noted goes into the cells: from now on all spans are counted as they come.
    pub(super) fn count_for_good(&mut self, pool: &mut BlockPool) {
        let mut settled = SettledCells::default();
        if !self.count_in(&mut settled) {
            return;
        }
        let SettledCells { cells, links, .. } = &settled;
        let mut members = Vec::new();
        let mut own: Vec<u8> = Vec::with_capacity(cells.len() * CELL_BYTES);
        let counted = self.cells(Some(&settled));
        for (cell, (id, read)) in cells.iter().zip(counted.all()) {
            match read {
                Cell::Records(cell) if !links.is_empty() => {
                    let of_cell = cell.members();
                    members.extend(of_cell.map(|(record, certain)| (id, record, certain)));
                }
                _ => own.extend_from_slice(cell),
            }
        }
        let block = self.block_mut();
        block.truncate(List::Cells, 0);
        block.splice(pool, List::Cells, 0, &own);
        for (id, record, certain) in members {
            let mut cells = self.cells_mut(pool);
            let at = cells.open(id, || Keeping::Records);
            cells.add_record(at, record, certain);
            self.records_mut(pool).hold(record);
        }
    }

    /// How many certain spans fed a cell.
    pub fn certain_spans_of(&self, cell: CellId) -> u32 {
        let (counted, is_all) = self.own_cells().certain_spans_of(cell);
        if is_all {
            return counted;
        }
        let certain_or_not = [true, false].map(|certain| Note::Member { cell, certain }.word());
        let [member, perhaps] = certain_or_not;
        let count = Note::Count(cell).word();
        let is_of_cell = |word: &&[u8; SHOWN_BYTES]| {
            let word = u32::from_le_bytes(**word);
            (word == count) | (word == member) | (word == perhaps)
        };
        counted.saturating_add(self.notes().iter().filter(is_of_cell).count() as u32)
    }

    /// What is noted and not in its own cells.
    #[inline(always)]
    fn notes(&self) -> &[[u8; SHOWN_BYTES]] {
        if self.is_noted() {
            self.records().block.elements(List::Shown)
        } else {
            &[]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_weighs_what_it_has_room_for_and_keeps_no_more_than_most_need() {
        let mut settled = SettledCells::default();
        assert_eq!(settled.bytes(), 0);
        settled.links.reserve_exact(KEPT);
        assert_eq!(settled.bytes(), heap(KEPT * LINK_BYTES));
        settled.shrink();
        settled.cells.reserve_exact(KEPT);
        let both = heap(KEPT * LINK_BYTES) + heap(KEPT * CELL_BYTES);
        assert_eq!(settled.bytes(), both);
        settled.cells.reserve_exact(KEPT + 1);
        settled.shrink();
        assert_eq!(settled.bytes(), 0);
    }
}
