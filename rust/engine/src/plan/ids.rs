//! What a plan calls its rules by.

/// A rule's place in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RuleIndex(pub u32);

impl RuleIndex {
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
