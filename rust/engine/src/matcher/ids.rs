//! What the matcher calls things by. All are dense from zero, and meaningful within one matcher only.

use std::fmt;

use crate::hash::fold;

/// A selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SelectorId(pub u32);

impl SelectorId {
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A condition shared by the selectors that have it as a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PartId(pub u32);

/// Stands for one selector, or for all those whose indexed comparison met a value of an unlike type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnlikeId(pub u32);

/// A selector that a span satisfies, and whether for certain: in one word, as there are many and they are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hit(u32);

impl Hit {
    #[inline(always)]
    #[must_use]
    pub fn new(selector: SelectorId, certain: bool) -> Hit {
        Hit(selector.0 << 1 | u32::from(!certain))
    }

    #[inline(always)]
    #[must_use]
    pub fn selector(self) -> SelectorId {
        SelectorId(self.0 >> 1)
    }

    /// False: perhaps; the span's times have no order, and the selector hangs on them.
    #[inline(always)]
    #[must_use]
    pub fn certain(self) -> bool {
        self.0 & 1 == 0
    }
}

impl fmt::Debug for Hit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let perhaps = if self.certain() { "" } else { " perhaps" };
        write!(out, "{}{perhaps}", self.selector().0)
    }
}

/// What selects a span, told by one number: a sum of one for each selector, so that it is made as they are found, in whatever
/// pieces. A few numbers that rules chose and no sender: a product for each is enough. In which order they come a sender
/// chooses by that of his attributes, so that a table wants it [in order](HitsHash::in_order).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HitsHash(u64);

impl HitsHash {
    #[inline(always)]
    pub(crate) fn of(selector: SelectorId) -> HitsHash {
        HitsHash(fold(
            0x2545_f491_4f6c_dd1d ^ u64::from(selector.0),
            0x9e37_79b9_7f4a_7c15,
        ))
    }

    #[inline(always)]
    pub(crate) fn with(self, other: HitsHash) -> HitsHash {
        HitsHash(self.0.wrapping_add(other.0))
    }

    /// With the order in which these selectors came.
    #[inline(always)]
    pub(crate) fn in_order(self, selectors: impl Iterator<Item = SelectorId>) -> u64 {
        let step = |order: u64, selector: SelectorId| {
            order
                .wrapping_add(u64::from(selector.0) + 1)
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
        };
        self.0 ^ selectors.fold(0, step)
    }
}

impl FromIterator<SelectorId> for HitsHash {
    fn from_iter<I: IntoIterator<Item = SelectorId>>(selectors: I) -> HitsHash {
        let all = selectors.into_iter().map(HitsHash::of);
        all.fold(HitsHash::default(), HitsHash::with)
    }
}
