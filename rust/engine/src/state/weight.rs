//! What a trace weighs: everything that it holds, in bytes.

use crate::intern::CellId;
use crate::state::cell::Cell;
use crate::state::heap::heap;
use crate::state::trace::{Fired, Postponed, TraceState};

impl TraceState {
    /// Weighs the trace after it changed. Returns what it weighed before, and what it does now.
    pub fn weigh(&mut self) -> (usize, usize) {
        let cells: usize = self.cells.iter().map(|(_, cell)| cell.heap_bytes()).sum();
        let bytes = heap(size_of::<TraceState>())
            + heap(self.cells.capacity() * size_of::<(CellId, Cell)>())
            + cells
            + self.seen.heap_bytes()
            + self.records.heap_bytes()
            + heap(self.fired.capacity() * size_of::<Fired>())
            + heap(self.contradicted.capacity() * size_of::<Fired>())
            + heap(self.postponed.capacity() * size_of::<Postponed>());
        (std::mem::replace(&mut self.bytes, bytes), bytes)
    }
}
