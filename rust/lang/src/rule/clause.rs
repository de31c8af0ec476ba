//! The names of clauses.

use crate::words::words;

words! {
    /// Which clause of a rule a violation names.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum ClauseKind {
        Never = "never",
        Always = "always",
        Pattern = "pattern",
    }
}
