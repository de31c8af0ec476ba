//! Predicates: conditions on one span, and the values they compare with.

use std::sync::Arc;

use crate::rule::field::Field;
use crate::rule::number::Number;
use crate::words::words;

/// A three-valued condition on one span (Kleene); a span is selected only where it is true.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Not(Box<Predicate>),
    Compare {
        field: Field,
        op: CompareOp,
        value: Operand,
    },
    /// `not in` is `Not(In)`.
    In {
        field: Field,
        values: Vec<Literal>,
    },
    /// A linear-time, unanchored regular expression.
    Matches {
        field: Field,
        pattern: Arc<str>,
    },
    Text {
        op: TextOp,
        field: Field,
        value: Operand,
    },
    /// `exists(f)`: what a call asks of one field.
    Asks {
        test: FieldTest,
        field: Field,
    },
}

words! {
    /// What a call asks of one field. The word is all that the language has to know of it: calls with that word are
    /// read, printed, reserved and offered.
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

/// The right-hand side of a comparison in a predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Literal(Literal),
    /// Explicitly scoped: `span.max_depth`, `p.order.id`.
    Field(Field),
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

    /// The field that it asks of a span itself, where it is joined of nothing.
    #[must_use]
    pub fn field(&self) -> Option<&Field> {
        match self {
            Predicate::And(_) | Predicate::Or(_) | Predicate::Not(_) => None,
            Predicate::Compare { field, .. }
            | Predicate::In { field, .. }
            | Predicate::Matches { field, .. }
            | Predicate::Text { field, .. }
            | Predicate::Asks { field, .. } => Some(field),
        }
    }

    /// Every field that it reads, those that it compares with among them, in the order of the text.
    #[must_use]
    pub fn reads(&self) -> Vec<&Field> {
        let mut found: Vec<&Field> = self.field().into_iter().collect();
        if let Predicate::Compare { value, .. } | Predicate::Text { value, .. } = self
            && let Operand::Field(field) = value
        {
            found.push(field);
        }
        found.extend(self.parts().iter().flat_map(Predicate::reads));
        found
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
