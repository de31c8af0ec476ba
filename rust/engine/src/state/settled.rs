//! Counting what spans left in their trace all at once, when somebody asks for it, in place of with every span: a cell is
//! looked for once, however many spans fed it, and most rules ask nothing before their trace closes.
//!
//! The spans of a short trace are [noted](crate::state::shown) with the cells that they feed. A trace is settled once all of
//! that is in its [cells](crate::state::cell), which are read of settled traces alone.

use crate::intern::CellId;
use crate::state::block::List;
use crate::state::block_pool::BlockPool;
use crate::state::cell::CellKind;
use crate::state::shown::{Note, SHOWN_BYTES};
use crate::state::trace::TraceState;

impl TraceState {
    /// Whether its cells say all that its spans left.
    #[inline(always)]
    pub fn is_settled(&self) -> bool {
        self.counted == self.shown_len()
    }

    /// All that is noted is in the cells.
    #[inline(always)]
    pub(super) fn all_counted(&mut self) {
        self.counted = self.shown_len();
    }

    /// Whether spans are noted, to be counted later: no more were than are kept.
    #[inline(always)]
    pub(super) fn is_noted(&self) -> bool {
        self.shown_most == 0
    }

    /// Counts what is noted and not counted yet.
    #[inline]
    pub fn settle(&mut self, pool: &mut BlockPool) {
        if !self.is_settled() {
            self.count_noted(pool);
        }
    }

    #[inline(never)]
    fn count_noted(&mut self, pool: &mut BlockPool) {
        let mut counting = std::mem::take(&mut pool.counting);
        let (begin, end) = (self.counted as usize, self.shown_len() as usize);
        let mut has_members = false;
        for word in &self.notes()[begin..end] {
            match Note::of(*word) {
                Note::Count(cell) => counting.count(cell),
                Note::Span(_) => {}
                Note::Member { .. } => has_members = true,
            }
        }
        self.cells_mut(pool).count_all(&mut counting);
        pool.counting = counting;
        if has_members {
            self.add_members(begin..end, pool);
        }
        self.all_counted();
    }

    fn add_members(&mut self, noted: std::ops::Range<usize>, pool: &mut BlockPool) {
        let mut record = None;
        for at in noted {
            match Note::of(self.notes()[at]) {
                Note::Span(span) => record = Some(span),
                Note::Count(_) => {}
                Note::Member { cell, certain } => {
                    let mut cells = self.cells_mut(pool);
                    let at = cells.open(cell, CellKind::Records, || None);
                    if let Some(record) = record.filter(|_| cells.has_room(at)) {
                        cells.add_record(at, record, certain);
                        self.records_mut(pool).hold(record);
                    }
                }
            }
        }
    }

    /// How many certain spans fed a cell, of a trace that may have to be settled yet.
    pub fn certain_spans_of(&self, cell: CellId) -> u32 {
        let (counted, is_all) = self.counted_spans_of(cell);
        if is_all {
            return counted;
        }
        let certain_or_not = [true, false].map(|certain| Note::Member { cell, certain }.word());
        let [member, perhaps] = certain_or_not;
        let count = Note::Count(cell).word();
        let noted = &self.notes()[self.counted as usize..];
        let is_of_cell = |word: &&[u8; SHOWN_BYTES]| {
            let word = u32::from_le_bytes(**word);
            (word == count) | (word == member) | (word == perhaps)
        };
        counted.saturating_add(noted.iter().filter(is_of_cell).count() as u32)
    }

    #[inline(always)]
    fn notes(&self) -> &[[u8; SHOWN_BYTES]] {
        self.records().block.elements(List::Shown)
    }
}
