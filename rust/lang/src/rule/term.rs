//! Terms: what is read of spans to be compared, and the values it is compared with.

use crate::rule::field::{Field, Intrinsic};
use crate::rule::name::Name;
use crate::rule::number::Number;
use crate::words::words;

/// A side of a comparison that is read of spans. Missing or of an unlike type, it is unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    Field(Field),
    /// `x as ms`: a numeric field read as a duration, which may have a fraction and be negative.
    As {
        field: Field,
        unit: Unit,
    },
    /// `lower(x)`: the text of a value in lower case, by Unicode and no locale.
    Lower(Field),
    /// `length(x)`: the code points of a text, the elements of an array.
    Length(Field),
    /// `x + y` of two numbers or two durations, of which at least one is read of a span and none is a sum: exact
    /// where the result is an integer of at most 127 bits, else rounded once; beyond the doubles, unknown.
    Add(Box<(Operand, Operand)>),
    /// `x - y`, likewise.
    Subtract(Box<(Operand, Operand)>),
}

words! {
    /// Units of time in which a number is read as a duration.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Unit {
        Nanoseconds = "ns",
        Microseconds = "us",
        Milliseconds = "ms",
        Seconds = "s",
        Minutes = "m",
        Hours = "h",
    }
}

impl Unit {
    /// How many nanoseconds it has.
    #[must_use]
    pub fn nanos(self) -> Nanos {
        match self {
            Unit::Nanoseconds => 1,
            Unit::Microseconds => 1_000,
            Unit::Milliseconds => 1_000_000,
            Unit::Seconds => 1_000_000_000,
            Unit::Minutes => 60_000_000_000,
            Unit::Hours => 3_600_000_000_000,
        }
    }
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
    Text(Name),
}

/// Nanoseconds; durations in the language are never negative.
pub type Nanos = u64;

impl Term {
    /// The field that it is, where nothing is done to its value.
    #[must_use]
    pub fn as_field(&self) -> Option<&Field> {
        match self {
            Term::Field(field) => Some(field),
            _ => None,
        }
    }

    /// How long a span took and nothing else, which is never negative: a difference of durations, or a field read as one, may be.
    #[must_use]
    pub fn is_span_duration(&self) -> bool {
        self.as_field() == Some(&Field::Intrinsic(Intrinsic::SpanDuration))
    }

    /// Every field that it reads, in the order of the text.
    #[must_use]
    pub fn reads(&self) -> Vec<&Field> {
        let mut found = Vec::new();
        self.for_each_field(&mut |field| found.push(field));
        found
    }

    /// Whether some field that it reads is such.
    pub(crate) fn reads_some(&self, is_such: impl Fn(&Field) -> bool) -> bool {
        let mut is_any = false;
        self.for_each_field(&mut |field| is_any |= is_such(field));
        is_any
    }

    /// Tells the same fields one by one.
    pub fn for_each_field<'a>(&'a self, told: &mut dyn FnMut(&'a Field)) {
        match self {
            Term::Field(field)
            | Term::As { field, .. }
            | Term::Lower(field)
            | Term::Length(field) => told(field),
            Term::Add(parts) | Term::Subtract(parts) => {
                parts.0.for_each_field(told);
                parts.1.for_each_field(told);
            }
        }
    }

    /// A text, whatever the span.
    #[must_use]
    pub fn is_text(&self) -> bool {
        match self {
            Term::Field(field) => field.intrinsic().is_some_and(|intrinsic| {
                !intrinsic.is_duration() && intrinsic != Intrinsic::TraceSpanCount
            }),
            Term::Lower(_) => true,
            Term::As { .. } | Term::Length(_) | Term::Add(_) | Term::Subtract(_) => false,
        }
    }

    /// Measured in time.
    #[must_use]
    pub fn is_duration(&self) -> bool {
        match self {
            Term::Field(field) => field.intrinsic().is_some_and(Intrinsic::is_duration),
            Term::As { .. } => true,
            Term::Lower(_) | Term::Length(_) => false,
            Term::Add(parts) | Term::Subtract(parts) => parts.0.is_duration(),
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

    /// Tells the same fields one by one.
    pub fn for_each_field<'a>(&'a self, told: &mut dyn FnMut(&'a Field)) {
        if let Operand::Term(term) = self {
            term.for_each_field(told);
        }
    }

    /// Measured in time.
    #[must_use]
    pub fn is_duration(&self) -> bool {
        match self {
            Operand::Literal(literal) => matches!(literal, Literal::Duration(_)),
            Operand::Term(term) => term.is_duration(),
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
