//! Where a value is read: of the span at hand or of a bound one, and how.

use betrace_lang::rule::{BindingId, Field, Term};

use crate::logic::truth::Truth;
use crate::predicate::fields::{BoundSpans, FieldId, FieldTable, Fields, is_list};
use crate::predicate::reading::Reading;
use crate::value::{Compared, Value};

/// Where a value is read, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub binding: Option<BindingId>,
    pub field: FieldId,
    /// It has a value for each event or link.
    pub list: bool,
    pub reading: Reading,
}

impl Source {
    pub(super) fn new(field: &Field, fields: &mut FieldTable) -> Source {
        Source {
            binding: match field {
                Field::Bound { binding, .. } => Some(*binding),
                _ => None,
            },
            field: fields.intern(field),
            list: is_list(field),
            reading: Reading::Plain,
        }
    }

    /// Of a term that is one value; `None` where it is reckoned.
    pub(super) fn of_term(term: &Term, fields: &mut FieldTable) -> Option<Source> {
        match term {
            Term::Field(field) | Term::Lower(field) | Term::Length(field) => Some(Source {
                reading: Reading::of(term),
                ..Source::new(field, fields)
            }),
            Term::As { .. } | Term::Add(_) | Term::Subtract(_) => None,
        }
    }
}

/// A span and what is bound beside it.
pub(super) struct Ask<'s, F: ?Sized, B: ?Sized> {
    pub span: &'s F,
    pub bound: &'s B,
}

impl<F, B> Ask<'_, F, B>
where
    F: Fields + ?Sized,
    B: BoundSpans + ?Sized,
{
    pub(super) fn value(&self, source: Source) -> Value<'_> {
        match source.binding {
            None => self.span.value(source.field),
            Some(binding) => self
                .bound
                .span(binding)
                .map_or(Value::Missing, |span| span.value(source.field)),
        }
    }

    pub(super) fn any(&self, source: Source, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match source.binding {
            None => self.span.any(source.field, test),
            Some(binding) => self
                .bound
                .span(binding)
                .is_some_and(|span| span.any(source.field, test)),
        }
    }

    pub(super) fn exists(&self, source: Source) -> Truth {
        if source.list {
            return Truth::from(self.any(source, &mut |_| true));
        }
        match self.value(source) {
            Value::Duration(None) => Truth::OPEN,
            value => Truth::from(!value.is_missing()),
        }
    }

    /// A test against a field on the right; against events or links it holds if it does for one of them.
    pub(super) fn against(
        &self,
        right: Source,
        unlike: &mut u64,
        mut test: impl FnMut(Value<'_>) -> Compared,
    ) -> Truth {
        if right.list {
            return Truth::from(self.any(right, &mut |value| {
                count(right.reading.read(value, &mut test), unlike).is_true()
            }));
        }
        count(right.reading.read(self.value(right), test), unlike)
    }
}

/// The truth alone; unlike types are counted.
pub(super) fn count(compared: Compared, unlike: &mut u64) -> Truth {
    *unlike += u64::from(compared.unlike);
    compared.truth
}
