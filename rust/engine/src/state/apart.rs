//! What few traces have, in one piece apart: places by id where spans are many, what was kept of records, the values of cells
//! that are more than a range, and what was reported.

use crate::heap::heap;
use crate::state::kept::Kept;
use crate::state::reported::Reported;
use crate::state::span_index::SpanIndex;
use crate::state::values::ValueCell;
use crate::time::EventTime;

#[derive(Debug)]
pub(super) struct SetApart {
    /// Of its spans, where they are many.
    pub index: Option<Box<SpanIndex>>,
    /// Of its records.
    pub kept: Option<Box<Kept>>,
    /// Of its cells.
    pub values: Vec<ValueCell>,
    pub reported: Reported,
    /// Of a trace of which not all recorded spans are noted to be [shown](crate::state::shown): the latest start of one that
    /// is, and beyond how many words those are forgotten that are not needed.
    pub shown_until: EventTime,
    pub shown_most: u32,
}

impl Default for SetApart {
    fn default() -> SetApart {
        SetApart {
            index: None,
            kept: None,
            values: Vec::new(),
            reported: Reported::default(),
            shown_until: EventTime::FIRST,
            shown_most: 0,
        }
    }
}

impl SetApart {
    /// Adds what a cell keeps; returns its place.
    pub fn add_values(&mut self, values: ValueCell) -> u32 {
        let len = self.values.len();
        if len == self.values.capacity() {
            // Most traces have few.
            self.values.reserve_exact(1 + len / 2);
        }
        self.values.push(values);
        len as u32
    }

    pub fn heap_bytes(&self) -> usize {
        let index = self
            .index
            .as_ref()
            .map_or(0, |index| heap(size_of::<SpanIndex>()) + index.heap_bytes());
        let values: usize = self.values.iter().map(ValueCell::heap_bytes).sum();
        let kept = self.kept.as_ref();
        heap(size_of::<SetApart>())
            + index
            + kept.map_or(0, |kept| heap(size_of::<Kept>()) + kept.heap_bytes())
            + heap(self.values.capacity() * size_of::<ValueCell>())
            + values
            + self.reported.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_weighs_itself_and_all_that_it_has() {
        let mut apart = SetApart::default();
        let alone = heap(size_of::<SetApart>());
        assert_eq!(apart.heap_bytes(), alone);
        apart.index = Some(Box::default());
        let index = heap(size_of::<SpanIndex>());
        assert_eq!(apart.heap_bytes(), alone + index);
        apart.kept = Some(Box::default());
        let kept = heap(size_of::<Kept>());
        assert_eq!(apart.heap_bytes(), alone + index + kept);
        apart.add_values(ValueCell::Sum(Box::default()));
        let values = heap(size_of::<ValueCell>()) + apart.values[0].heap_bytes();
        assert_eq!(apart.heap_bytes(), alone + index + kept + values);
    }
}
