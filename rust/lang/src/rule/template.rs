//! What a violation says.

use crate::rule::field::{BindingId, Field};
use crate::words::words;

/// A violation message with its placeholders resolved to what they name.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub segments: Vec<Segment>,
    /// A placeholder's value is cut to so many bytes.
    pub value_bytes: u16,
}

impl Template {
    /// The most that [`Template::value_bytes`] may be, and what it is where nobody asks for less.
    pub const MOST_VALUE_BYTES: u16 = 256;

    #[must_use]
    pub fn new(segments: Vec<Segment>) -> Template {
        Template {
            segments,
            value_bytes: Template::MOST_VALUE_BYTES,
        }
    }
}

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
