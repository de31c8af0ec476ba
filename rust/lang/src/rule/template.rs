//! What a violation says.

use crate::rule::field::{BindingId, Field};
use crate::words::words;

/// A violation message with its placeholders resolved to what they name.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(pub Vec<Segment>);

/// One piece of a [`Template`].
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    Text(String),
    /// `{p.field}`: prints `?` where the value is missing.
    Bound {
        binding: BindingId,
        field: Field,
    },
    /// `{offender.field}`: of the first span that a violation shows in this role; `?` where there is none.
    Shown {
        role: Role,
        field: Field,
    },
    /// `{count}`
    Count,
    /// `{trace:id}`
    TraceId,
}

words! {
    /// How a span bears on a violation that shows it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Role {
        /// What brought the rule into play: the bound span, or the witness of `when`.
        Trigger = "trigger",
        /// Seen, and part of the argument.
        Witness = "witness",
        /// What must not have been.
        Offender = "offender",
    }
}
