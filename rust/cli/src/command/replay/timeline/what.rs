//! What a rule is judged of: traces, or windows of many.

use betrace_lang::rule::Rule;

use crate::output::counted;

/// What a rule is judged of, and so what is counted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Traces,
    /// Of a rule over many traces.
    Windows,
    /// Of one that makes groups.
    GroupsOfWindows,
}

impl What {
    #[must_use]
    pub fn of(rule: &Rule) -> What {
        match &rule.body.over {
            None => What::Traces,
            Some(over) if over.by.is_empty() => What::Windows,
            Some(_) => What::GroupsOfWindows,
        }
    }

    /// So many of them.
    #[must_use]
    pub fn counted(self, count: u64) -> String {
        match self {
            What::Traces => counted(count, "trace"),
            What::Windows => counted(count, "window"),
            What::GroupsOfWindows => format!("{} of windows", counted(count, "group")),
        }
    }
}
