//! The spans that violations show of what they count. Those of one count are looked for among all that a trace notes; where more
//! is asked of the trace, as by many rules that it breaks, what it notes is put in order once for all of them.

use crate::intern::CellId;
use crate::state::record_id::RecordId;
use crate::state::trace::TraceState;

/// Of one trace as it is.
#[derive(Debug, Default)]
pub(crate) struct Witnesses {
    is_asked: bool,
    /// Every count with each span that is noted for it, by count.
    noted: Vec<(CellId, RecordId)>,
}

/// More is not kept for the next trace.
const KEPT: usize = 1 << 12;

impl Witnesses {
    /// What comes is asked of another trace, or of one that may have changed.
    pub fn clear(&mut self) {
        self.is_asked = false;
        self.noted.clear();
        self.noted.shrink_to(KEPT);
    }

    /// The certain spans of a count that a violation shows, lowest first.
    pub fn of(&mut self, trace: &TraceState, cell: CellId) -> Vec<RecordId> {
        if !self.is_asked {
            self.is_asked = true;
            return trace.witnesses(cell);
        }
        if self.noted.is_empty() {
            self.noted.extend(trace.noted());
            self.noted.sort_by_key(|(of, _)| *of);
        }
        let from = self.noted.partition_point(|(of, _)| *of < cell);
        let of_cell = self.noted[from..].iter();
        let of_cell = of_cell.take_while(|(of, _)| *of == cell);
        trace.lowest(of_cell.map(|(_, record)| *record).collect())
    }
}
