//! Sets of traces as bits: those of bad times in the first words, those of good times in the rest, so that each side is counted
//! by a run of words.

/// How many traces of either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sides {
    pub bad: u32,
    pub good: u32,
}

/// How the bits of all sets of one table are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The words of bad traces.
    bad: usize,
    /// All words.
    all: usize,
}

impl Layout {
    #[must_use]
    pub fn of(traces: Sides) -> Layout {
        let bad = (traces.bad as usize).div_ceil(64);
        Layout {
            bad,
            all: bad + (traces.good as usize).div_ceil(64),
        }
    }

    /// Where the first good trace stands.
    #[must_use]
    pub fn first_good(self) -> usize {
        self.bad * 64
    }

    #[must_use]
    pub fn words(self) -> usize {
        self.all
    }
}

/// A set of traces, by their slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    words: Box<[u64]>,
    bad: usize,
}

impl Bits {
    #[must_use]
    pub fn none(layout: Layout) -> Bits {
        Bits {
            words: vec![0; layout.all].into(),
            bad: layout.bad,
        }
    }

    pub fn insert(&mut self, slot: usize) {
        if let Some(word) = self.words.get_mut(slot / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    #[must_use]
    pub fn has(&self, slot: usize) -> bool {
        let word = self.words.get(slot / 64);
        word.is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    #[must_use]
    pub fn count(&self) -> Sides {
        self.counted(|word, _| word, self)
    }

    /// How many of them are in `other` too.
    #[must_use]
    pub fn count_and(&self, other: &Bits) -> Sides {
        self.counted(|a, b| a & b, other)
    }

    /// How many of them are not in `other`.
    #[must_use]
    pub fn count_without(&self, other: &Bits) -> Sides {
        self.counted(|a, b| a & !b, other)
    }

    fn counted(&self, op: impl Fn(u64, u64) -> u64, other: &Bits) -> Sides {
        let count = |range: std::ops::Range<usize>| -> u32 {
            let both = self.words[range.clone()].iter().zip(&other.words[range]);
            both.map(|(a, b)| op(*a, *b).count_ones()).sum()
        };
        Sides {
            bad: count(0..self.bad),
            good: count(self.bad..self.words.len()),
        }
    }

    #[must_use]
    pub fn and(&self, other: &Bits) -> Bits {
        self.combined(other, |a, b| a & b)
    }

    #[must_use]
    pub fn or(&self, other: &Bits) -> Bits {
        self.combined(other, |a, b| a | b)
    }

    #[must_use]
    pub fn without(&self, other: &Bits) -> Bits {
        self.combined(other, |a, b| a & !b)
    }

    fn combined(&self, other: &Bits, op: impl Fn(u64, u64) -> u64) -> Bits {
        let both = self.words.iter().zip(&other.words);
        Bits {
            words: both.map(|(a, b)| op(*a, *b)).collect(),
            bad: self.bad,
        }
    }

    /// The slots, the smallest first.
    pub fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }

    /// The words, for hashing.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_is_counted_by_itself() {
        let layout = Layout::of(Sides { bad: 65, good: 3 });
        assert_eq!((layout.first_good(), layout.words()), (128, 3));
        let (mut a, mut b) = (Bits::none(layout), Bits::none(layout));
        for slot in [0, 64, 128, 130] {
            a.insert(slot);
        }
        for slot in [64, 129, 130] {
            b.insert(slot);
        }
        let sides = |bad, good| Sides { bad, good };
        assert_eq!(a.count(), sides(2, 2));
        assert_eq!(a.count_and(&b), sides(1, 1));
        assert_eq!(a.count_without(&b), sides(1, 1));
        assert_eq!(a.or(&b).count(), sides(2, 3));
        assert_eq!(a.without(&b).slots().collect::<Vec<_>>(), [0, 128]);
    }
}
