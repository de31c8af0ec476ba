//! The canonical text of a part of a checked rule, for tools that speak of parts.

use crate::condition::canonical::Printer;
use crate::rule::{Body, Field, Predicate, Selector};

/// The canonical text of one selector of a body.
#[must_use]
pub fn canonical_selector(body: &Body, selector: &Selector) -> String {
    Printer::of(body).selector(selector)
}

/// The canonical text of one condition on a span, as it stands in a `where`.
#[must_use]
pub fn canonical_predicate(body: &Body, predicate: &Predicate) -> String {
    Printer::of(body).predicate(predicate)
}

/// What a condition calls one field, which names no bound span: of several attributes under one name that name, not what it
/// stands for.
#[must_use]
pub fn field_name(field: &Field) -> String {
    match field {
        Field::FirstOf(field) => field.name.to_string(),
        _ => Printer::new(Vec::new(), None).field(field),
    }
}
