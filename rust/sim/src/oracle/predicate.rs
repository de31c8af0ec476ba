//! Inside `where`: three-valued logic on one span, and the `trace:` values.

use betrace_lang::rule::{
    CompareOp, Field, FieldTest, ItemScope, ListSource, Literal, Operand, Predicate, Quantifier,
    TextOp,
};

use super::field::{Held, some_is_true};
use super::value::{Possible, Val, with_pattern};
use super::{Bound, Reasons, Trace, Truth, has_order};
use crate::model::Span;

impl<'t> Trace<'t> {
    /// Does the span prove the predicate? At the border of a selector the third value ends.
    pub fn proven(&self, predicate: &Predicate, span: &'t Span, bound: &Bound) -> Truth {
        border(
            self.predicate(predicate, Some(span), None, bound),
            Reasons::SKEW,
        )
    }

    /// A predicate of `trace:` values; unknown counts as false.
    pub fn trace_condition(&self, predicate: &Predicate, bound: &Bound) -> Truth {
        let why = match self.spans.iter().all(|span| has_order(span)) {
            true => self.more.reasons(),
            false => self.more.reasons().with(Reasons::SKEW),
        };
        border(self.predicate(predicate, None, None, bound), why)
    }

    /// `item`: of which event or link, inside `event.where( )`.
    fn predicate(
        &self,
        predicate: &Predicate,
        span: Option<&'t Span>,
        item: Option<usize>,
        bound: &Bound,
    ) -> Possible {
        let evaluate = |part: &Predicate| self.predicate(part, span, item, bound);
        let held = |field: &Field| self.held_of(field, span, item, bound);
        match predicate {
            Predicate::And(parts) => Possible::all(parts.iter().map(evaluate)),
            Predicate::Or(parts) => Possible::any(parts.iter().map(evaluate)),
            Predicate::Not(part) => evaluate(part).not(),
            Predicate::Item { scope, filter } => {
                let items = span.map_or(0, |span| match scope {
                    ItemScope::Event => span.events.len(),
                    ItemScope::Link => span.links.len(),
                });
                let answers: Vec<Possible> = (0..items)
                    .map(|item| self.predicate(filter, span, Some(item), bound))
                    .collect();
                some_is_true(&answers)
            }
            Predicate::Asks { test, field } => match test {
                FieldTest::Exists => exists(&held(field)),
                FieldTest::Missing => exists(&held(field)).not(),
            },
            Predicate::Each { quantifier, of } => {
                let fold = |elements: &[Val<'_>]| {
                    let one = |element| self.compared(of, element, span, item, bound);
                    let all = elements.iter().map(one);
                    match quantifier {
                        Quantifier::Every => Possible::all(all),
                        Quantifier::Some => Possible::any(all),
                    }
                };
                // What is no array has no elements to ask.
                predicate
                    .asked()
                    .first()
                    .map_or(Possible::UNKNOWN, |array| {
                        held(array).test(|value| match value {
                            Val::Array(elements) => fold(elements),
                            _ => Possible::UNKNOWN,
                        })
                    })
            }
            Predicate::Compare { left, .. }
            | Predicate::In { left, .. }
            | Predicate::Matches { left, .. }
            | Predicate::Text { left, .. } => self
                .term(left, span, item, bound)
                .test(|value| self.compared(predicate, value, span, item, bound)),
        }
    }

    /// A comparison, or the negation of one, with `left` for its left-hand side.
    fn compared(
        &self,
        predicate: &Predicate,
        left: &Val<'_>,
        span: Option<&'t Span>,
        item: Option<usize>,
        bound: &Bound,
    ) -> Possible {
        let right = |operand: &'_ Operand, test: &dyn Fn(&Val<'_>) -> Possible| match operand {
            Operand::Literal(literal) => test(&Val::from(literal)),
            Operand::Term(term) => self.term(term, span, item, bound).test(test),
        };
        match predicate {
            Predicate::Not(part) => self.compared(part, left, span, item, bound).not(),
            Predicate::Compare { op, right: to, .. } => right(to, &|to| left.compare(*op, to)),
            Predicate::In { list, .. } => match list {
                ListSource::Literals(values) => is_in(left, values),
                ListSource::Field(field) => self
                    .held_of(field, span, item, bound)
                    .test(|list| is_among(left, list)),
            },
            Predicate::Matches { pattern, .. } => of_text(left, |text| matches(pattern, text)),
            Predicate::Text { op, right: to, .. } => right(to, &|to| text_test(left, *op, to)),
            _ => Possible::UNKNOWN,
        }
    }
}

fn border(result: Possible, why: Reasons) -> Truth {
    match (result.yes, result.no || result.unknown) {
        (true, true) => Truth::Open(why),
        (yes, _) => Truth::known(yes),
    }
}

/// Two-valued: of events and links, whether some of them has it.
fn exists(held: &Held<'_>) -> Possible {
    let one = |value: &Val<'_>| match value {
        Val::Missing => Possible::known(false),
        Val::Undetermined => Possible::EITHER,
        _ => Possible::known(true),
    };
    Possible::any(held.values().iter().map(one))
}

fn is_in(left: &Val<'_>, values: &[Literal]) -> Possible {
    let equal = |literal| left.compare(CompareOp::Eq, &Val::from(literal));
    Possible::any(values.iter().map(equal))
}

/// One of the elements of an array.
fn is_among(left: &Val<'_>, list: &Val<'_>) -> Possible {
    match (left, list) {
        (Val::Missing, _) => Possible::UNKNOWN,
        (_, Val::Array(elements)) => {
            let equal = |element| left.compare(CompareOp::Eq, element);
            Possible::any(elements.iter().map(equal))
        }
        _ => Possible::UNKNOWN,
    }
}

/// A test of the text that text operators see.
fn of_text(value: &Val<'_>, test: impl Fn(&str) -> bool) -> Possible {
    match (value, value.text()) {
        (Val::Undetermined, _) => Possible::EITHER,
        (_, Some(text)) => Possible::known(test(&text)),
        _ => Possible::UNKNOWN,
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    with_pattern(pattern, |pattern| pattern.is_match(text))
}

fn text_test(left: &Val<'_>, op: TextOp, right: &Val<'_>) -> Possible {
    match (left, op, right, right.text()) {
        (_, _, Val::Missing, _) => Possible::UNKNOWN,
        (_, _, Val::Undetermined, _) => Possible::EITHER,
        (_, _, _, None) => Possible::UNKNOWN,
        (Val::Array(elements), TextOp::Contains, _, _) => contains_element(elements, right),
        (_, TextOp::Contains, _, Some(part)) => of_text(left, |text| text.contains(&*part)),
        (_, TextOp::StartsWith, _, Some(part)) => of_text(left, |text| text.starts_with(&*part)),
        (_, TextOp::EndsWith, _, Some(part)) => of_text(left, |text| text.ends_with(&*part)),
    }
}

/// An element counts if it equals, as a value or as text.
fn contains_element(elements: &[Val<'_>], right: &Val<'_>) -> Possible {
    let equals = |element: &Val<'_>| {
        let as_value = element.compare(CompareOp::Eq, right).yes;
        let as_text = element.text().is_some() && element.text() == right.text();
        as_value || as_text
    };
    Possible::known(elements.iter().any(equals))
}
