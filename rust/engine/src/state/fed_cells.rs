//! The [cells](crate::state::cell) of one trace while they are fed.

use crate::intern::CellId;
use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::cell::{CELL_BYTES, CellKind, CellPlace, Packed, RECORD_CAP, find, kind_of};
use crate::state::chain;
use crate::state::counting::FedCounts;
use crate::state::record::RecordId;
use crate::state::values::{Amount, ValueCell};

/// The cells of one trace, to be changed.
pub(super) struct CellsMut<'t> {
    pub block: &'t mut Block,
    pub pool: &'t mut BlockPool,
    pub values: &'t mut Vec<ValueCell>,
}

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
    pub fn count_all(&mut self, counting: &mut FedCounts) {
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

    /// Adds a whole number of a certain span that does not matter to a range. Returns how many do; `None`: there is no such cell,
    /// or it keeps something else.
    #[inline]
    pub fn widen(&mut self, id: CellId, number: i64) -> Option<u32> {
        let at = find(self.block, id).ok()?;
        let cell = Packed::unpacked(self.block.elements(List::Cells).get(at)?);
        if cell.kind != CellKind::Values {
            return None;
        }
        let ValueCell::Whole(range) = self.values.get_mut(cell.second as usize)? else {
            return None;
        };
        range.widen(number);
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
