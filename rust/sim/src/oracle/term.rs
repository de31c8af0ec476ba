//! Terms: fields that are added, read in a unit of time, in lower case or by their length.
//!
//! What is missing or of an unlike type is unknown, which [`Val::Missing`] says of every comparison.

use betrace_lang::rule::{Field, Literal, Number, Operand, Term};

use super::field::Held;
use super::number::{self, End};
use super::value::Val;
use super::{Bound, Trace};
use crate::model::Span;

impl<'t> Trace<'t> {
    /// `item`: of which event or link, inside `event.where( )`.
    pub fn term(
        &self,
        term: &Term,
        span: Option<&'t Span>,
        item: Option<usize>,
        bound: &Bound,
    ) -> Held<'_> {
        let held = |field| self.held_of(field, span, item, bound);
        let each = |field, reads: fn(Val<'_>) -> Val<'static>| match held(field) {
            Held::One(value) => Held::One(reads(value)),
            Held::Each(values) => Held::Each(values.into_iter().map(reads).collect()),
        };
        match term {
            Term::Field(field) => held(field),
            Term::Lower(field) => each(field, lower),
            Term::Length(field) => each(field, length),
            Term::As { field, unit } => match held(field) {
                Held::One(value) => Held::One(in_unit(&value, unit.nanos())),
                Held::Each(values) => {
                    let read = values.iter().map(|value| in_unit(value, unit.nanos()));
                    Held::Each(read.collect())
                }
            },
            Term::Add(parts) => Held::One(self.sum(parts, number::total, span, item, bound)),
            Term::Subtract(parts) => {
                Held::One(self.sum(parts, number::difference, span, item, bound))
            }
        }
    }

    /// Of the event or link at hand, if there is one.
    pub fn held_of(
        &self,
        field: &Field,
        span: Option<&'t Span>,
        item: Option<usize>,
        bound: &Bound,
    ) -> Held<'_> {
        match (item, self.held(field, span, bound)) {
            (Some(item), Held::Each(mut values)) if field.item().is_some() => {
                Held::One(values.swap_remove(item))
            }
            (_, held) => held,
        }
    }

    fn sum(
        &self,
        parts: &(Operand, Operand),
        reckon: fn(Number, Number) -> End,
        span: Option<&'t Span>,
        item: Option<usize>,
        bound: &Bound,
    ) -> Val<'static> {
        let part = |operand: &Operand| match operand {
            Operand::Literal(Literal::Number(number)) => Val::Number(*number),
            Operand::Literal(Literal::Duration(nanos)) => Val::Duration(*nanos),
            Operand::Literal(_) => Val::Missing,
            Operand::Term(term) => match self.term(term, span, item, bound) {
                Held::One(value) => amount(&value),
                Held::Each(_) => Val::Missing,
            },
        };
        match (part(&parts.0), part(&parts.1)) {
            (Val::Missing, _) | (_, Val::Missing) => Val::Missing,
            (Val::Undetermined, _) | (_, Val::Undetermined) => Val::Undetermined,
            (Val::Number(a), Val::Number(b)) => settled(reckon(a, b), Val::Number),
            (a, b) => match (a.time(), b.time()) {
                (Some(a), Some(b)) => settled(reckon(a, b), Val::Time),
                _ => Val::Missing,
            },
        }
    }
}

/// A number or a duration, as which it can be added.
fn amount(value: &Val<'_>) -> Val<'static> {
    match value {
        Val::Undetermined => Val::Undetermined,
        Val::Duration(nanos) => Val::Duration(*nanos),
        Val::Time(nanos) => Val::Time(*nanos),
        Val::Number(_) | Val::Text(_) => value.number().map_or(Val::Missing, Val::Number),
        _ => Val::Missing,
    }
}

fn settled(end: End, kind: fn(Number) -> Val<'static>) -> Val<'static> {
    match end {
        End::At(number) => kind(number),
        End::NegativeInfinity | End::Infinity => Val::Missing,
    }
}

fn in_unit(value: &Val<'_>, unit: u64) -> Val<'static> {
    match amount(value) {
        Val::Number(number) => settled(number::times(number, unit), Val::Time),
        Val::Undetermined => Val::Undetermined,
        _ => Val::Missing,
    }
}

fn lower(value: Val<'_>) -> Val<'static> {
    match (&value, value.text()) {
        (Val::Undetermined, _) => Val::Undetermined,
        (_, Some(text)) => Val::Text(text.to_lowercase().into()),
        _ => Val::Missing,
    }
}

fn length(value: Val<'_>) -> Val<'static> {
    let length = match value {
        Val::Undetermined => return Val::Undetermined,
        Val::Text(text) => text.chars().count(),
        Val::Array(elements) => elements.len(),
        _ => return Val::Missing,
    };
    Val::Number(Number::Int(length as i128))
}
