//! Working memory to count what one trace noted: a number for each cell, of which those that are zero are never looked at.

use crate::heap::heap;
use crate::intern::CellId;

/// Room for so many numbers is kept.
const KEPT: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct FedCounts {
    /// By cell.
    counts: Vec<u32>,
    /// Those that are not zero, a bit for each, and between which words of these they are.
    fed: Vec<u64>,
    first: usize,
    end: usize,
    /// By cell: where it stands among the cells of the trace, as far as that was noted.
    places: Vec<u32>,
}

impl Default for FedCounts {
    fn default() -> FedCounts {
        FedCounts {
            counts: Vec::new(),
            fed: Vec::new(),
            first: usize::MAX,
            end: 0,
            places: Vec::new(),
        }
    }
}

impl FedCounts {
    /// A span fed the cell.
    #[inline(always)]
    pub fn count(&mut self, cell: CellId) {
        let at = cell.0 as usize;
        let Some(count) = self.counts.get_mut(at) else {
            return self.count_new(cell);
        };
        *count += 1;
        if *count == 1 {
            let word = at / 64;
            self.fed[word] |= 1 << (at % 64);
            self.first = self.first.min(word);
            self.end = self.end.max(word + 1);
        }
    }

    #[cold]
    fn count_new(&mut self, cell: CellId) {
        let words = cell.0 as usize / 64 + 1;
        self.fed.resize(words, 0);
        self.counts.resize(words * 64, 0);
        self.count(cell);
    }

    /// Gives each cell that was fed with its number to `take`, ascending, and begins anew. Where it then stands among the cells
    /// of the trace, as `take` says, is noted if places are asked for.
    #[inline(always)]
    pub fn take(&mut self, has_places: bool, mut take: impl FnMut(CellId, u32) -> usize) {
        if has_places && self.places.len() < self.counts.len() {
            self.places.resize(self.counts.len(), 0);
        }
        for word in self.first..self.end {
            let mut bits = std::mem::take(&mut self.fed[word]);
            while bits != 0 {
                let at = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let place = take(CellId(at as u32), std::mem::take(&mut self.counts[at]));
                if has_places {
                    self.places[at] = place as u32;
                }
            }
        }
        (self.first, self.end) = (usize::MAX, 0);
    }

    /// Where a cell stands that was taken the last time that places were asked for.
    #[inline(always)]
    pub fn place(&self, cell: CellId) -> Option<usize> {
        self.places
            .get(cell.0 as usize)
            .map(|place| *place as usize)
    }

    /// Gives back what most traces do not need; nothing is counted at this time.
    pub fn shrink(&mut self) {
        if self.counts.capacity().max(self.places.capacity()) > KEPT {
            *self = FedCounts::default();
        }
    }

    pub fn bytes(&self) -> usize {
        heap(self.counts.capacity() * size_of::<u32>())
            + heap(self.fed.capacity() * size_of::<u64>())
            + heap(self.places.capacity() * size_of::<u32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_in_their_order_with_how_often_they_were_fed() {
        let mut all = FedCounts::default();
        for _ in 0..2 {
            for cell in [700, 3, 64, 3, 63, 700, 3] {
                all.count(CellId(cell));
            }
            let mut taken = Vec::new();
            all.take(false, |cell, count| {
                taken.push((cell.0, count));
                0
            });
            assert_eq!(taken, [(3, 3), (63, 1), (64, 1), (700, 2)]);
        }
    }

    #[test]
    fn it_weighs_its_numbers_and_its_bits() {
        let mut all = FedCounts::default();
        all.count(CellId(1000));
        let least = heap(1000 * size_of::<u32>()) + heap(1000 / 8);
        assert!((least..3 * least).contains(&all.bytes()));
    }

    #[test]
    fn places_are_noted_where_they_are_asked_for_and_room_for_no_more_is_kept() {
        let mut all = FedCounts::default();
        all.count(CellId(3));
        all.take(false, |_, _| 9);
        assert_eq!(all.place(CellId(3)), None);
        let before = all.bytes();
        [3, 64].into_iter().for_each(|cell| all.count(CellId(cell)));
        let mut next = 0;
        all.take(true, |_, _| {
            next += 1;
            next - 1
        });
        assert_eq!(
            [3, 64].map(|cell| all.place(CellId(cell))),
            [Some(0), Some(1)]
        );
        assert!(all.bytes() >= before + heap(64 * size_of::<u32>()));
        let mut full = FedCounts::default();
        full.counts.reserve_exact(KEPT);
        full.places.reserve_exact(KEPT);
        full.shrink();
        assert_eq!(full.bytes(), 2 * heap(KEPT * size_of::<u32>()));
        full.places.reserve_exact(KEPT + 1);
        full.shrink();
        assert_eq!(full.bytes(), 0);
    }
}
