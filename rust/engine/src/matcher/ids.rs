//! What the matcher calls things by. All are dense from zero, and meaningful within one matcher only.

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

/// A selector that a span satisfies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub selector: SelectorId,
    /// False: perhaps; the span's times have no order, and the selector hangs on them.
    pub certain: bool,
}
