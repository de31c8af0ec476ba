//! What a violation says.

use crate::rule::field::{BindingId, Field};

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
    /// `{count}`
    Count,
    /// `{trace:id}`
    TraceId,
}
