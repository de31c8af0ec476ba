//! A slab: pieces of one size, and which of them are free.

/// What processors fetch at once, in bytes.
pub const LINE: usize = 64;

/// How large a slab is, in bytes.
pub(crate) const SLAB: usize = 64 << 10;

const LINES: usize = SLAB / LINE;
const WORD: usize = u64::BITS as usize;

/// How many pieces of so many lines stand in one slab.
pub(crate) const fn pieces(lines: usize) -> usize {
    LINES / lines
}

#[derive(Debug)]
pub(crate) struct Slab {
    /// How many lines each piece has.
    pub lines: usize,
    /// Where it stands among those of its size that have a free piece.
    pub place: usize,
    /// A bit for each piece.
    free: [u64; LINES / WORD],
    taken: usize,
}

impl Slab {
    /// All of it is free.
    pub fn new(lines: usize) -> Slab {
        let pieces = pieces(lines);
        let bits = |word: usize| match pieces.saturating_sub(word * WORD) {
            0 => 0,
            left => u64::MAX >> (WORD - left.min(WORD)),
        };
        Slab {
            lines,
            place: 0,
            free: std::array::from_fn(bits),
            taken: 0,
        }
    }

    pub fn is_full(&self) -> bool {
        self.taken == pieces(self.lines)
    }

    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// Where a free piece begins, in bytes from where the slab does: the first, so that what is taken lies together.
    pub fn take(&mut self) -> Option<usize> {
        let word = self.free.iter().position(|free| *free != 0)?;
        let bit = self.free[word].trailing_zeros() as usize;
        self.free[word] &= self.free[word] - 1;
        self.taken += 1;
        Some((word * WORD + bit) * self.lines * LINE)
    }

    /// The piece that begins there is free again.
    ///
    /// # Panics
    /// If it was.
    pub fn give(&mut self, begins: usize) {
        let piece = begins / (self.lines * LINE);
        let bit = 1 << (piece % WORD);
        assert!(
            self.free[piece / WORD] & bit == 0,
            "a piece is given back twice"
        );
        self.free[piece / WORD] |= bit;
        self.taken -= 1;
    }
}
