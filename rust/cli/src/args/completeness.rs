//! What a trace must have to count as complete, as it is typed.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CompletenessName {
    /// A span without a parent came
    #[default]
    Root,
    /// A root came, and every span's parent
    Linked,
    /// Nothing more
    Idle,
}

impl From<CompletenessName> for betrace_engine::Completeness {
    fn from(name: CompletenessName) -> Self {
        match name {
            CompletenessName::Root => Self::Root,
            CompletenessName::Linked => Self::Linked,
            CompletenessName::Idle => Self::Idle,
        }
    }
}
