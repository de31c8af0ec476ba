//! What a plan calls its rules by, and the terms that it measures.

/// A rule's place in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RuleIndex(pub u32);

/// A term's place among [`Plan::terms`](crate::plan::Plan::terms).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TermId(pub u32);

impl TermId {
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl RuleIndex {
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
