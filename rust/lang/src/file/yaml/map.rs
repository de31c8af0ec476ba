//! Where each byte of a scalar's value stands in the file.

use std::ops::Range;

use crate::file::yaml::tree::Scalar;
use crate::file::yaml::walk::{Piece, walk};

/// From byte offsets in a scalar's value to byte offsets in the file.
#[derive(Debug)]
pub struct ScalarMap {
    pieces: Vec<Piece>,
    value_len: usize,
    /// Where the value ends in the file.
    end: usize,
}

impl ScalarMap {
    #[must_use]
    pub fn new(scalar: &Scalar<'_>, source: &str) -> ScalarMap {
        let (pieces, end) = walk(scalar, source);
        ScalarMap {
            pieces,
            value_len: scalar.value.len(),
            end,
        }
    }

    /// Where the value ends in the file: at the closing quote, behind the last character, or in the
    /// white space behind a block.
    #[must_use]
    pub fn end(&self) -> usize {
        self.end
    }

    /// The bytes of the file that gave these bytes of the value.
    #[must_use]
    pub fn range(&self, value: Range<usize>) -> Range<usize> {
        let begin = self.begin_of(value.start);
        if value.end <= value.start {
            return begin..begin;
        }
        begin..self.end_of(value.end).max(begin)
    }

    fn piece(&self, at: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.value <= at);
        after
            .checked_sub(1)
            .and_then(|index| self.pieces.get(index))
    }

    fn begin_of(&self, at: usize) -> usize {
        if at >= self.value_len {
            return self.end;
        }
        match self.piece(at) {
            Some(piece) if piece.is_verbatim => piece.source.start + (at - piece.value),
            Some(piece) => piece.source.start,
            None => self.end,
        }
    }

    /// `at` is exclusive and at least 1.
    fn end_of(&self, at: usize) -> usize {
        match self.piece(at.min(self.value_len).saturating_sub(1)) {
            Some(piece) if piece.is_verbatim => {
                piece.source.start + (at - piece.value).min(piece.len)
            }
            Some(piece) => piece.source.end,
            None => self.end,
        }
    }
}
