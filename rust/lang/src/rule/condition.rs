//! Conditions about a whole trace, and the numbers computed from its spans.

use std::sync::Arc;

use crate::rule::field::Field;
use crate::rule::number::Number;
use crate::rule::predicate::{CompareOp, Predicate};
use crate::rule::selector::Selector;
use crate::rule::term::Nanos;
use crate::words::words;

/// A condition about a whole trace (and the bound spans), with the text that a violation shows.
#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    /// The source of this expression, white space folded to single spaces. Not part of the meaning.
    pub text: Arc<str>,
}

impl PartialEq for Expr {
    /// Equal meaning, whatever the text.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The forms a condition takes. `And` and `Or` are flat and have at least two parts.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// The selector selects at least one span.
    Exists(Selector),
    Compare {
        left: Measure,
        op: CompareOp,
        right: Quantity,
    },
    /// `count(S) by f > n`: some group reaches it.
    GroupCount {
        selector: Selector,
        by: GroupKey,
        op: GroupOp,
        value: Number,
    },
    /// A comparison of `trace:` intrinsics standing as a condition; unknown counts as false.
    Trace(Predicate),
}

/// A number computed from the selected spans.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    Count(Selector),
    Of {
        function: Aggregate,
        selector: Selector,
        field: Field,
    },
}

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Aggregate {
        Distinct = "distinct",
        Sum = "sum",
        Min = "min",
        Max = "max",
        Avg = "avg",
    }
}

/// The right-hand side of a [`ExprKind::Compare`].
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    Number(Number),
    /// Only against an aggregate (not distinct) of a duration intrinsic.
    Duration(Nanos),
    /// `factor * measure`, factor > 0; 1 where none is written.
    Measure {
        factor: Number,
        measure: Measure,
    },
}

/// What spans are grouped by; spans without it are in no group.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupKey {
    Field(Field),
    /// The parent's span id; roots are in no group.
    Parent,
}

words! {
    /// What may follow `by`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum GroupOp {
        Gt = ">",
        Ge = ">=",
    }
}
