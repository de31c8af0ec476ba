//! What a load is for, as doubts and ways out cost more than the rules themselves.

/// What is asked of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The rules, and whether there is an error.
    Rules,
    /// Also what is doubtful in them, and what to write instead.
    Advice,
}
