//! The canonical text of a part of a checked rule, for tools that speak of parts.

use crate::condition::canonical::Printer;
use crate::rule::{Body, Predicate, Selector};

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
