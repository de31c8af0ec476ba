//! Terms: what is read of spans to be compared, and the values it is compared with.

use std::sync::Arc;

use crate::rule::field::Field;
use crate::rule::number::Number;

/// A side of a comparison that is read of a span.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    Field(Field),
}

/// The right-hand side of a comparison in a predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Literal(Literal),
    /// A lone field is explicitly scoped: `span.max_depth`, `p.order.id`.
    Term(Term),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Number(Number),
    Bool(bool),
    Duration(Nanos),
    /// For `span:kind` and `span:status`, already in the lower-case spelling of the intrinsic.
    Text(Arc<str>),
}

/// Nanoseconds; durations in the language are never negative.
pub type Nanos = u64;

impl Term {
    /// The field that it is, where nothing is done to its value.
    #[must_use]
    pub fn as_field(&self) -> Option<&Field> {
        match self {
            Term::Field(field) => Some(field),
        }
    }

    /// Every field that it reads, in the order of the text.
    #[must_use]
    pub fn reads(&self) -> Vec<&Field> {
        match self {
            Term::Field(field) => vec![field],
        }
    }
}

impl Operand {
    /// Every field that it reads, in the order of the text.
    #[must_use]
    pub fn reads(&self) -> Vec<&Field> {
        match self {
            Operand::Literal(_) => Vec::new(),
            Operand::Term(term) => term.reads(),
        }
    }
}

impl From<Field> for Term {
    fn from(field: Field) -> Term {
        Term::Field(field)
    }
}

impl From<Field> for Operand {
    fn from(field: Field) -> Operand {
        Operand::Term(Term::Field(field))
    }
}

impl From<Literal> for Operand {
    fn from(literal: Literal) -> Operand {
        Operand::Literal(literal)
    }
}
