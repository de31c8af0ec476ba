//! The canonical text of a part of a checked rule, for tools that speak of parts.

use crate::condition::canonical::Printer;
use crate::rule::{Body, Field, Predicate, Selector, WindowMeasure};

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

/// The canonical text of one field, which names no bound span.
#[must_use]
pub fn canonical_field(field: &Field) -> String {
    Printer::new(Vec::new(), None).field(field)
}

/// The canonical text of what a rule over many traces measures.
#[must_use]
pub fn canonical_measure(measure: &WindowMeasure) -> String {
    Printer::new(Vec::new(), None).window_measure(measure)
}
