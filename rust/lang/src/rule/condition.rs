//! Conditions about a whole trace, and the numbers computed from its spans.

use crate::rule::field::{BindingId, GroupKey};
use crate::rule::name::Name;
use crate::rule::number::Number;
use crate::rule::predicate::{CompareOp, Predicate};
use crate::rule::selector::Selector;
use crate::rule::term::{Nanos, Term};
use crate::words::words;

/// A condition about a whole trace (and the bound spans), with the text that a violation shows.
#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    /// The source of this expression, white space folded to single spaces. Not part of the meaning.
    pub text: Name,
}

impl PartialEq for Expr {
    /// Equal meaning, whatever the text.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The forms a condition takes. `And` and `Or` are flat and have at least two parts. What is large in one stands in a place of
/// its own, as each rule has room for three.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// The selector selects at least one span.
    Exists(Selector),
    /// `p.where(C)`: the bound span proves every part. What is unknown is not proved, and what is seen of the span
    /// once is final.
    Bound {
        binding: BindingId,
        /// No part reads the trace.
        filter: Vec<Predicate>,
    },
    Compare {
        left: Box<Measure>,
        op: CompareOp,
        right: Box<Quantity>,
    },
    /// `A + B > n - C`: totals of several measures, values and fields of bound spans. What one measure and one quantity
    /// say is [`ExprKind::Compare`].
    CompareTotals {
        left: Box<Total>,
        op: CompareOp,
        right: Box<Total>,
    },
    /// `count(S) by f, g > n`: the measure of some group reaches it.
    GroupCompare {
        measure: Box<Measure>,
        /// One to four; a group is those spans that are alike in all of them.
        by: Box<[GroupKey]>,
        op: GroupOp,
        /// A number or a duration.
        value: Box<Quantity>,
    },
    /// A comparison of `trace:` intrinsics standing as a condition; unknown counts as false.
    Trace(Box<Predicate>),
}

/// A number computed from the selected spans.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    Count(Selector),
    Of {
        function: Aggregate,
        selector: Selector,
        /// Of each span alone: no bound span, event or link is read, and no text but for `distinct`, which takes a field as
        /// it is.
        of: Term,
    },
    /// `count(S) within 10s`: the largest number of starts in any stretch so long, both ends included.
    Within {
        selector: Selector,
        window: Nanos,
    },
    /// `overlap(S)`: the largest number that is under way at one moment.
    Overlap(Selector),
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
        measure: Box<Measure>,
    },
    /// Read of bound spans alone, no text: `p.batch.size`, `p.timeout_ms as ms`, `p.size + 1`. Without a number there,
    /// the comparison is false.
    Term(Term),
}

/// What is added up, or taken away, from left to right. It has at least one part. No comparison holds with the sum of two
/// infinite measures of opposite signs, nor with one of which a part compares with nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    pub parts: Vec<Addend>,
}

/// A part of a total, with its factor: above zero, 1 where none is written, and the only one: a measure in it has none.
/// Numbers alone, or durations alone, are added.
#[derive(Clone, Debug, PartialEq)]
pub struct Addend {
    pub is_taken_away: bool,
    pub factor: Number,
    pub of: Quantity,
}

words! {
    /// What may follow `by`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum GroupOp {
        Gt = ">",
        Ge = ">=",
    }
}

impl Expr {
    /// Those of an `and`, or itself alone: all of them hold where it does.
    pub(crate) fn parts(&self) -> &[Expr] {
        match &self.kind {
            ExprKind::And(parts) => parts,
            _ => std::slice::from_ref(self),
        }
    }

    /// The selectors whose spans it looks for, counts or measures, in the order of the text.
    #[must_use]
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut found = Vec::new();
        self.each_selector(&mut |selector| found.push(selector));
        found
    }

    /// Visits each of [`Expr::selectors`].
    pub fn each_selector<'a>(&'a self, visit: &mut impl FnMut(&'a Selector)) {
        match &self.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().for_each(|part| part.each_selector(visit));
            }
            ExprKind::Not(inner) => inner.each_selector(visit),
            ExprKind::Exists(selector) => visit(selector),
            ExprKind::GroupCompare { measure, .. } => visit(measure.selector()),
            ExprKind::Compare { left, right, .. } => {
                visit(left.selector());
                if let Quantity::Measure { measure, .. } = &**right {
                    visit(measure.selector());
                }
            }
            ExprKind::CompareTotals { left, right, .. } => left
                .measures()
                .chain(right.measures())
                .for_each(|measure| visit(measure.selector())),
            ExprKind::Bound { .. } | ExprKind::Trace(_) => {}
        }
    }
}

impl Total {
    /// In the order of the text.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.parts.iter().filter_map(|part| match &part.of {
            Quantity::Measure { measure, .. } => Some(&**measure),
            _ => None,
        })
    }
}

impl Measure {
    /// Of the spans that are counted or measured.
    #[must_use]
    pub fn selector(&self) -> &Selector {
        match self {
            Measure::Count(selector)
            | Measure::Of { selector, .. }
            | Measure::Within { selector, .. }
            | Measure::Overlap(selector) => selector,
        }
    }
}
