//! The [cells](crate::state::cell) of one trace while they are fed.

use crate::intern::CellId;
use crate::state::apart::SetApart;
use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::cell::{CELL_BYTES, CellKind, CellPlace, Packed, RECORD_CAP, find, kind_of};
use crate::state::chain;
use crate::state::record_id::RecordId;
use crate::state::values::{Amount, ValueCell};
use crate::state::whole_range::WholeRange;

/// The cells of one trace, to be changed.
pub(super) struct CellsMut<'t> {
    pub block: &'t mut Block,
    pub pool: &'t mut BlockPool,
    pub apart: &'t mut Option<Box<SetApart>>,
}

/// What a new cell keeps.
pub(super) enum Keeping {
    Count,
    Records,
    Range,
    Values(ValueCell),
}

impl CellsMut<'_> {
    /// The cell, added if need be with what it keeps then.
    pub fn open(&mut self, id: CellId, keeping: impl FnOnce() -> Keeping) -> CellPlace {
        let at = match find(self.block.elements(List::Cells), id) {
            Ok(at) => return CellPlace(at),
            Err(at) => at,
        };
        let (kind, second) = match keeping() {
            Keeping::Count => (CellKind::Count, 0),
            Keeping::Records => (CellKind::Records, 0),
            Keeping::Range => (CellKind::Range, WholeRange::begin(self.block, self.pool)),
            Keeping::Values(values) => {
                let apart = self.apart.get_or_insert_default();
                (CellKind::Values, apart.add_values(values))
            }
        };
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
        self.values_at(cell.second)
    }

    fn values_at(&mut self, at: u32) -> Option<&mut ValueCell> {
        self.apart.as_mut()?.values.get_mut(at as usize)
    }

    /// Counts a span in a cell that counts, added if need be; returns how many certain ones there were before.
    #[inline]
    pub fn count_span(&mut self, id: CellId, certain: bool) -> u32 {
        let at = match find(self.block.elements(List::Cells), id) {
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

    /// A span came whose value matters. Returns how many such came.
    pub fn count_value(&mut self, place: CellPlace) -> u32 {
        let cell = self.get(place);
        let count = cell.count.saturating_add(1);
        if cell.kind.has_values() {
            self.set(place, Packed { count, ..cell });
        }
        count
    }

    /// Adds a whole number of a certain span that does not matter to a range. Returns how many do; `None`: there is no such cell,
    /// or it keeps something else.
    #[inline(always)]
    pub fn widen(&mut self, id: CellId, number: i64) -> Option<u32> {
        let at = find(self.block.elements(List::Cells), id).ok()?;
        let cell = Packed::unpacked(self.block.elements(List::Cells).get(at)?);
        if cell.kind != CellKind::Range {
            return None;
        }
        let mut range = WholeRange::at(self.block, cell.second);
        range.widen(number);
        range.put(self.block, cell.second);
        Some(cell.count)
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
        match cell.kind {
            CellKind::Range => self.add_to_range((place, cell), (amount, certain)),
            CellKind::Values => {
                if let Some(values) = self.values_at(cell.second) {
                    values.add_amount(amount, certain);
                }
            }
            CellKind::Count | CellKind::Records => return 0,
        }
        if matters {
            return self.count_value(place);
        }
        cell.count
    }

    /// What is no whole number of a certain span makes a cell of what was a range.
    fn add_to_range(
        &mut self,
        (place, cell): (CellPlace, Packed),
        (amount, certain): (Amount, bool),
    ) {
        let mut range = WholeRange::at(self.block, cell.second);
        if range.add(amount, certain) {
            range.put(self.block, cell.second);
            return;
        }
        let mut extremes = Box::new(range.extremes());
        extremes.add(amount, certain);
        let apart = self.apart.get_or_insert_default();
        let second = apart.add_values(ValueCell::Extremes(extremes));
        let kind = CellKind::Values;
        self.set(
            place,
            Packed {
                kind,
                second,
                ..cell
            },
        );
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

#[cfg(test)]
mod tests {
    use betrace_lang::rule::Number;

    use super::*;
    use crate::state::cell::{Cell, Cells};
    use crate::state::values::{Extremes, ExtremesCell};

    #[test]
    fn extremes_are_the_same_whatever_kinds_of_values_come_and_when() {
        let amounts = [
            (Amount::Number(Number::Int(3)), true),
            (Amount::None, true),
            (Amount::Number(Number::Int(-7)), true),
            (Amount::Duration(Number::Int(1 << 70)), true),
            (Amount::Number(Number::Float(2.5)), true),
            (Amount::Unknown, true),
            (Amount::Number(Number::Int(90)), false),
        ];
        for first in 0..amounts.len() {
            let (mut block, mut pool, mut apart) = (Block::default(), BlockPool::default(), None);
            let mut expected = ExtremesCell::default();
            for (amount, certain) in amounts.iter().cycle().skip(first).take(amounts.len()) {
                expected.add(*amount, *certain);
                let mut cells = CellsMut {
                    block: &mut block,
                    pool: &mut pool,
                    apart: &mut apart,
                };
                let place = cells.open(CellId(5), || Keeping::Range);
                cells.add_amount(place, (*amount, *certain), false);
                let values = apart.as_ref().map_or(&[][..], |apart| &apart.values);
                let cells = Cells::in_block(&block, values);
                let Some(Cell::Extremes(kept)) = cells.get(CellId(5)) else {
                    unreachable!("it keeps extremes");
                };
                let ends = |cell: ExtremesCell| {
                    let of = |extremes: Extremes| (extremes.least(), extremes.greatest());
                    format!("{:?} {:?} {}", of(cell.certain), of(cell.all), cell.unknown)
                };
                assert_eq!(ends(kept), ends(expected));
            }
        }
    }
}
