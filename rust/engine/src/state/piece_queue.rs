//! What is in an order, first in and first out, in pieces: it grows and shrinks by a piece and never as a whole, and what is
//! stale is looked for piece by piece.

use std::collections::VecDeque;

use crate::heap::heap;
use crate::sync::worked;

/// How many are in a piece.
const PIECE: usize = 256;

#[derive(Debug)]
pub(super) struct PieceQueue<T> {
    /// None is empty.
    pieces: VecDeque<Vec<T>>,
    /// How many of the first piece are gone.
    gone: usize,
    len: usize,
    /// What the pieces hold on the heap.
    bytes: usize,
    /// Which piece is looked through next.
    swept: usize,
    /// How often this was asked for since one was looked through.
    unswept: usize,
}

impl<T> Default for PieceQueue<T> {
    fn default() -> PieceQueue<T> {
        PieceQueue {
            pieces: VecDeque::new(),
            gone: 0,
            len: 0,
            bytes: 0,
            swept: 0,
            unswept: 0,
        }
    }
}

impl<T: Copy> PieceQueue<T> {
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub fn push(&mut self, one: T) {
        self.len += 1;
        if let Some(last) = self.pieces.back_mut()
            && last.len() < PIECE
        {
            let before = weight(last);
            last.push(one);
            self.bytes = self.bytes + weight(last) - before;
            return;
        }
        // A queue that has one piece to itself is about to have the next.
        let room = if self.pieces.is_empty() { 4 } else { PIECE };
        let mut piece = Vec::with_capacity(room);
        piece.push(one);
        self.bytes += weight(&piece);
        self.pieces.push_back(piece);
    }

    pub fn first(&self) -> Option<T> {
        self.pieces.front()?.get(self.gone).copied()
    }

    /// Some from the first on, as far as they lie together.
    pub fn next(&self) -> &[T] {
        let piece = self.pieces.front().and_then(|piece| piece.get(self.gone..));
        piece.unwrap_or(&[])
    }

    pub fn last(&self) -> Option<T> {
        self.pieces.back()?.last().copied()
    }

    pub fn pop(&mut self) -> Option<T> {
        let first = self.first()?;
        self.len -= 1;
        self.gone += 1;
        if self.pieces.front().map(Vec::len) == Some(self.gone) {
            self.drop_first();
        }
        Some(first)
    }

    fn drop_first(&mut self) {
        self.gone = 0;
        self.swept = self.swept.saturating_sub(1);
        if let Some(piece) = self.pieces.pop_front() {
            self.bytes -= weight(&piece);
        }
        if self.pieces.capacity() > 8 && self.pieces.len() < self.pieces.capacity() / 4 {
            self.pieces.shrink_to(2 * self.pieces.len());
        }
    }

    /// To be called for each that comes or is no longer wanted: where there are more than `most`, now and then a piece is
    /// looked through, four for each call, and what is not wanted goes.
    pub fn sweep(&mut self, most: usize, is_wanted: impl Fn(T) -> bool) {
        self.unswept += 1;
        if self.len <= most || self.unswept < PIECE / 4 {
            return;
        }
        self.unswept = 0;
        if self.swept >= self.pieces.len() {
            self.swept = 0;
        }
        let at = self.swept;
        let Some(piece) = self.pieces.get_mut(at) else {
            return;
        };
        if at == 0 {
            piece.drain(..self.gone);
            self.gone = 0;
        }
        let before = piece.len();
        worked(before);
        piece.retain(|one| is_wanted(*one));
        self.len -= before - piece.len();
        self.swept += 1;
        self.merge(at);
    }

    /// What is left of a piece goes to the one before it, if it fits.
    fn merge(&mut self, at: usize) {
        let left = self.pieces[at].len();
        let fits = at > 0 && self.pieces[at - 1].len() + left <= PIECE;
        if left > 0 && !fits {
            return;
        }
        let Some(piece) = self.pieces.remove(at) else {
            return;
        };
        self.bytes -= weight(&piece);
        self.swept = at;
        if left > 0 {
            let to = &mut self.pieces[at - 1];
            let before = weight(to);
            worked(left);
            to.extend(piece);
            self.bytes = self.bytes + weight(to) - before;
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes + heap(self.pieces.capacity() * size_of::<Vec<T>>())
    }
}

fn weight<T>(piece: &Vec<T>) -> usize {
    heap(piece.capacity() * size_of::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::slots::{TracePlace, place};

    fn all(queue: &mut PieceQueue<TracePlace>) -> Vec<TracePlace> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    fn weighs_right(queue: &PieceQueue<TracePlace>) {
        let held: usize = queue.pieces.iter().map(weight).sum();
        let list = heap(queue.pieces.capacity() * size_of::<Vec<TracePlace>>());
        assert_eq!(held + list, queue.bytes());
        let len: usize = queue.pieces.iter().map(Vec::len).sum();
        assert_eq!(len - queue.gone, queue.len);
    }

    #[test]
    fn what_comes_first_goes_first_and_leaves_nothing_behind() {
        let mut queue = PieceQueue::default();
        let (mut pushed, mut popped) = (0, 0);
        for round in 0..5000 {
            for _ in 0..if round < 2500 { 5 } else { 1 } {
                queue.push(place(pushed));
                pushed += 1;
            }
            for _ in 0..3 {
                let first = queue.first();
                assert_eq!(queue.pop(), first);
                assert_eq!(first, (popped < pushed).then(|| place(popped)));
                popped = pushed.min(popped + 1);
            }
            weighs_right(&queue);
        }
        assert_eq!(queue.len(), 0);
        assert!(queue.bytes() < 8 * PIECE, "{}", queue.bytes());
    }

    #[test]
    fn what_is_not_wanted_goes_piece_by_piece_and_the_rest_stays_in_order() {
        let mut queue = PieceQueue::default();
        let is_wanted = |one: TracePlace| one.slot.is_multiple_of(100);
        for slot in 0..100_000 {
            queue.push(place(slot));
            let looked = std::cell::Cell::new(0);
            queue.sweep(2 * slot as usize / 100 + 64, |one| {
                looked.set(looked.get() + 1);
                is_wanted(one)
            });
            assert!(looked.get() <= 2 * PIECE, "{} at once", looked.get());
            if slot == 50_000 {
                assert_eq!(queue.pop(), Some(place(0)));
            }
        }
        weighs_right(&queue);
        assert!(queue.len() < 2 * 1000 + 3 * PIECE, "{}", queue.len());
        let left = all(&mut queue);
        let wanted: Vec<TracePlace> = left.iter().copied().filter(|one| is_wanted(*one)).collect();
        let expected: Vec<TracePlace> = (1..1000).map(|hundred| place(100 * hundred)).collect();
        assert_eq!(wanted, expected);
        assert!(left.is_sorted());
    }
}
