//! Working memory to count what one trace noted: a number for each cell, of which those that are zero are never looked at.

use crate::heap::heap;
use crate::intern::CellId;

/// Room for so many numbers, and cells of one trace, is kept.
const KEPT: usize = 1 << 16;

#[derive(Debug, Default)]
pub(super) struct FedCounts {
    /// By cell.
    counts: Vec<u32>,
    /// Those that are not zero.
    cells: Vec<CellId>,
}

impl FedCounts {
    /// A span fed the cell.
    #[inline(always)]
    pub fn count(&mut self, cell: CellId) {
        let at = cell.0 as usize;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        let count = &mut self.counts[at];
        if *count == 0 {
            self.cells.push(cell);
        }
        *count += 1;
    }

    /// Gives each cell that was fed with its number to `take`, the last one first, and begins anew.
    #[inline(always)]
    pub fn take(&mut self, mut take: impl FnMut(CellId, u32)) {
        while let Some(cell) = self.cells.pop() {
            take(cell, std::mem::take(&mut self.counts[cell.0 as usize]));
        }
    }

    /// The cells that were fed, ascending.
    pub fn arrange(&mut self) -> &[CellId] {
        self.cells.sort_unstable();
        &self.cells
    }

    /// Gives back what most traces do not need; nothing is counted at this time.
    pub fn shrink(&mut self) {
        if self.counts.capacity().max(self.cells.capacity()) > KEPT {
            *self = FedCounts::default();
        }
    }

    pub fn bytes(&self) -> usize {
        heap(self.counts.capacity() * size_of::<u32>())
            + heap(self.cells.capacity() * size_of::<CellId>())
    }
}
