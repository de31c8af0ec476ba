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

    /// One value of the span at hand, as it is.
    pub(super) fn is_plain(self) -> bool {
        self.binding.is_none() && !self.list && self.reading == Reading::Plain
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
    /// The event or link at hand.
    pub item: Option<u32>,
}

impl<F, B> Ask<'_, F, B>
where
    F: Fields + ?Sized,
    B: BoundSpans + ?Sized,
{
    /// With one event or link at hand.
    pub(super) fn of_item(&self, index: u32) -> Ask<'_, F, B> {
        Ask {
            item: Some(index),
            ..*self
        }
    }

    /// Whether there are many values, each of which may answer.
    pub(super) fn is_each(&self, source: Source) -> bool {
        source.list && (self.item.is_none() || source.binding.is_some())
    }

    pub(super) fn value(&self, source: Source) -> Value<'_> {
        match source.binding {
            None => match self.item {
                Some(index) if source.list => self.span.item(index, source.field),
                _ => self.span.value(source.field),
            },
            Some(binding) => self
                .bound
                .span(binding)
                .map_or(Value::Missing, |span| span.value(source.field)),
        }
    }

    fn any(&self, source: Source, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match source.binding {
            None => self.span.any(source.field, test),
            Some(binding) => self
                .bound
                .span(binding)
                .is_some_and(|span| span.any(source.field, test)),
        }
    }

    /// Whether a test is true of some value.
    pub(super) fn each(&self, source: Source, test: &mut dyn FnMut(Value<'_>) -> Truth) -> Truth {
        let mut open = false;
        let found = self.any(source, &mut |value| {
            let truth = test(value);
            open |= truth.may_be_true();
            truth.is_true()
        });
        match (found, open) {
            (true, _) => Truth::TRUE,
            (false, true) => Truth::OPEN,
            (false, false) => Truth::FALSE,
        }
    }

    pub(super) fn exists(&self, source: Source) -> Truth {
        let is_there = |value: Value<'_>| match value {
            Value::Duration(None) => Truth::OPEN,
            value => Truth::from(!value.is_missing()),
        };
        if self.is_each(source) {
            return self.each(source, &mut |value| is_there(value));
        }
        is_there(self.value(source))
    }

    /// A test against a field on the right; against events or links it holds if it does for one of them.
    pub(super) fn against(
        &self,
        right: Source,
        unlike: &mut u64,
        mut test: impl FnMut(Value<'_>) -> Compared,
    ) -> Truth {
        if self.is_each(right) {
            return self.each(right, &mut |value| {
                count(right.reading.read(value, &mut test), unlike)
            });
        }
        count(right.reading.read(self.value(right), test), unlike)
    }
}

/// The truth alone; unlike types are counted.
pub(super) fn count(compared: Compared, unlike: &mut u64) -> Truth {
    *unlike += u64::from(compared.unlike);
    compared.truth
}
