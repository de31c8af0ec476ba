//! Predicates: conditions on one span.

use crate::rule::field::{Field, ItemScope};
use crate::rule::pattern::TextPattern;
use crate::rule::term::{Literal, Operand, Term};
use crate::words::words;

/// A three-valued condition on one span (Kleene); a span is selected only where it is true.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Not(Box<Predicate>),
    Compare {
        left: Term,
        op: CompareOp,
        right: Operand,
    },
    /// `not in` is `Not(In)`. True if it equals one, unknown if it equals none and cannot be compared with some.
    In {
        left: Term,
        list: ListSource,
    },
    /// A linear-time, unanchored regular expression.
    Matches {
        left: Term,
        pattern: TextPattern,
    },
    Text {
        op: TextOp,
        left: Term,
        right: Operand,
    },
    /// `every x in L`: the comparison inside, or the negation of one (`not in`), of each element of the array that is its
    /// left-hand field. Of nothing `every` is true and `some` false; what is no array is unknown.
    Each {
        quantifier: Quantifier,
        of: Box<Predicate>,
    },
    /// `exists(f)`: what a call asks of one field.
    Asks {
        test: FieldTest,
        field: Field,
    },
    /// `event.where(C)`: one event makes all of it true. Two-valued; the event fields in it are that event's.
    Item {
        scope: ItemScope,
        filter: Box<Predicate>,
    },
}

/// The list behind `in`.
#[derive(Clone, Debug, PartialEq)]
pub enum ListSource {
    Literals(Vec<Literal>),
    /// The elements of an array; explicitly scoped: `span.doc.ids`, `p.list`.
    Field(Field),
}

words! {
    /// How many elements of an array a comparison must hold of.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Quantifier {
        Every = "every",
        Some = "some",
    }
}

words! {
    /// What a call asks of one field. The word is all that the language has to know of it: calls with that word are
    /// read, printed, reserved and offered. What it says of a value stands where values are read, in the engine.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum FieldTest {
        /// The field has a value. Two-valued.
        Exists = "exists",
        /// It has none. Two-valued.
        Missing = "missing",
    }
}

impl FieldTest {
    /// Says true or false of a field without a value too, where any other test is unknown.
    #[must_use]
    pub fn is_two_valued(self) -> bool {
        matches!(self, FieldTest::Exists | FieldTest::Missing)
    }
}

words! {
    /// `== != < <= > >=`
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum CompareOp {
        Eq = "==",
        Ne = "!=",
        Lt = "<",
        Le = "<=",
        Gt = ">",
        Ge = ">=",
    }
}

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum TextOp {
        /// Also tests the elements of an array.
        Contains = "contains",
        StartsWith = "starts with",
        EndsWith = "ends with",
    }
}

impl Predicate {
    /// `exists(f)`
    #[must_use]
    pub fn exists(field: Field) -> Predicate {
        let test = FieldTest::Exists;
        Predicate::Asks { test, field }
    }

    /// `missing(f)`
    #[must_use]
    pub fn missing(field: Field) -> Predicate {
        let test = FieldTest::Missing;
        Predicate::Asks { test, field }
    }

    /// What it is joined of; of a comparison nothing.
    #[must_use]
    pub fn parts(&self) -> &[Predicate] {
        match self {
            Predicate::And(parts) | Predicate::Or(parts) => parts,
            Predicate::Not(inner) => std::slice::from_ref(inner),
            _ => &[],
        }
    }

    /// The left-hand side, of a comparison.
    #[must_use]
    pub fn left(&self) -> Option<&Term> {
        match self {
            Predicate::Compare { left, .. }
            | Predicate::In { left, .. }
            | Predicate::Matches { left, .. }
            | Predicate::Text { left, .. } => Some(left),
            Predicate::And(_)
            | Predicate::Or(_)
            | Predicate::Not(_)
            | Predicate::Each { .. }
            | Predicate::Asks { .. }
            | Predicate::Item { .. } => None,
        }
    }

    /// The fields whose values it asks for, where it is joined of nothing: those of its left-hand side.
    #[must_use]
    pub fn asked(&self) -> Vec<&Field> {
        let mut found = Vec::new();
        self.for_each_asked(&mut |field| found.push(field));
        found
    }

    /// Tells the same fields one by one.
    pub fn for_each_asked<'a>(&'a self, told: &mut dyn FnMut(&'a Field)) {
        match self {
            Predicate::Asks { field, .. } => told(field),
            Predicate::Each { of, .. } => match &**of {
                Predicate::Not(of) => of.for_each_asked(told),
                of => of.for_each_asked(told),
            },
            other => {
                if let Some(left) = other.left() {
                    left.for_each_field(told);
                }
            }
        }
    }

    /// The one field that it asks for, where it is joined of nothing and does nothing to its value.
    #[must_use]
    pub fn field(&self) -> Option<&Field> {
        match self {
            Predicate::Asks { field, .. } => Some(field),
            other => match other.left() {
                Some(Term::Field(field)) => Some(field),
                _ => None,
            },
        }
    }

    /// Every field that it reads, those that it compares with among them, in the order of the text.
    #[must_use]
    pub fn reads(&self) -> Vec<&Field> {
        let mut found = Vec::new();
        self.for_each_field(&mut |field| found.push(field));
        found
    }

    /// Tells the same fields one by one.
    pub fn for_each_field<'a>(&'a self, told: &mut dyn FnMut(&'a Field)) {
        match self {
            Predicate::And(parts) | Predicate::Or(parts) => {
                parts.iter().for_each(|part| part.for_each_field(told));
            }
            Predicate::Not(inner) => inner.for_each_field(told),
            Predicate::Each { of, .. } => of.for_each_field(told),
            Predicate::Item { filter, .. } => filter.for_each_field(told),
            Predicate::Asks { field, .. } => told(field),
            Predicate::Compare { left, right, .. } | Predicate::Text { left, right, .. } => {
                left.for_each_field(told);
                right.for_each_field(told);
            }
            Predicate::In { left, list } => {
                left.for_each_field(told);
                if let ListSource::Field(field) = list {
                    told(field);
                }
            }
            Predicate::Matches { left, .. } => left.for_each_field(told),
        }
    }
}

impl CompareOp {
    /// One of `< <= > >=`.
    #[must_use]
    pub fn is_ordering(self) -> bool {
        !matches!(self, CompareOp::Eq | CompareOp::Ne)
    }

    /// The same with its sides changed: `a < b` is `b > a`.
    #[must_use]
    pub fn mirrored(self) -> CompareOp {
        match self {
            CompareOp::Eq | CompareOp::Ne => self,
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
        }
    }
}
