//! Conditions that are the same in every trace: contradicting comparisons, `x and not x`, counts below zero.

use std::cmp::Ordering;
use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lint::filter::{proves_nothing, selects_nothing};
use crate::condition::lint::numbers;
use crate::diagnostic::fault::Fault;
use crate::rule::{
    Aggregate, CompareOp, Expr, ExprKind, Field, Intrinsic, Measure, Number, Quantity, Selector,
    Term,
};

/// Parts of `and` and `or`, at any depth, that are always the same.
pub(super) fn same_parts(expr: &Expr, range: &Range<usize>, faults: &mut Vec<Fault>) {
    let inner: Vec<&Expr> = match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().collect(),
        ExprKind::Not(inner) => vec![inner],
        _ => return,
    };
    for part in inner {
        same(part, range, faults);
    }
}

/// Such a part itself, or else the parts of it.
pub(super) fn same(part: &Expr, range: &Range<usize>, faults: &mut Vec<Fault>) {
    let holds = match always(part) {
        Some(true) => "in every trace",
        Some(false) => "in no trace",
        None => return same_parts(part, range, faults),
    };
    let message = format!("`{}` holds {holds}, so it says nothing", part.text);
    faults.push(Fault::new(code::ALWAYS_SAME, range.clone(), message));
}

/// What the expression is in every trace, if it is the same in all.
pub(super) fn always(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::And(parts) => {
            let values: Vec<Option<bool>> = parts.iter().map(always).collect();
            let all: Vec<&Expr> = parts.iter().collect();
            if values.contains(&Some(false)) || contradict(&all) {
                Some(false)
            } else {
                values
                    .iter()
                    .all(|value| *value == Some(true))
                    .then_some(true)
            }
        }
        ExprKind::Or(parts) => {
            let values: Vec<Option<bool>> = parts.iter().map(always).collect();
            let is_either = parts
                .iter()
                .any(|part| parts.iter().any(|other| is_negation(part, other)));
            if values.contains(&Some(true)) || is_either {
                Some(true)
            } else {
                values
                    .iter()
                    .all(|value| *value == Some(false))
                    .then_some(false)
            }
        }
        ExprKind::Not(inner) => always(inner).map(|value| !value),
        ExprKind::Exists(selector) => match selector {
            Selector::Bound(_) => Some(true),
            selector => selects_nothing(selector).then_some(false),
        },
        ExprKind::Bound { filter, .. } => proves_nothing(filter).then_some(false),
        ExprKind::Compare { left, op, right } => match &**right {
            Quantity::Number(number) => compared(left, *op, *number),
            Quantity::Duration(nanos) => compared(left, *op, Number::Int(i128::from(*nanos))),
            _ => None,
        },
        ExprKind::GroupCompare { measure, .. } => {
            selects_nothing(measure.selector()).then_some(false)
        }
        ExprKind::CompareTotals { .. } | ExprKind::Trace(_) => None,
    }
}

/// Parts that cannot hold together.
pub(super) fn contradict(parts: &[&Expr]) -> bool {
    for (index, part) in parts.iter().enumerate() {
        if parts[index + 1..]
            .iter()
            .any(|other| is_negation(part, other) || exclude(part, other))
        {
            return true;
        }
    }
    false
}

fn is_negation(one: &Expr, other: &Expr) -> bool {
    let negates =
        |not: &Expr, expr: &Expr| matches!(&not.kind, ExprKind::Not(inner) if **inner == *expr);
    negates(one, other) || negates(other, one)
}

/// Two comparisons of one measure with numbers that no number satisfies.
fn exclude(one: &Expr, other: &Expr) -> bool {
    let (
        ExprKind::Compare { left, op, right },
        ExprKind::Compare {
            left: other_left,
            op: other_op,
            right: other_right,
        },
    ) = (&one.kind, &other.kind)
    else {
        return false;
    };
    let (Quantity::Number(number), Quantity::Number(other_number)) = (&**right, &**other_right)
    else {
        return false;
    };
    left == other_left && numbers::exclude((*op, *number), (*other_op, *other_number))
}

/// A count is never below zero, nor is how long spans took together; of nothing both are zero.
fn compared(measure: &Measure, op: CompareOp, number: Number) -> Option<bool> {
    let (selector, is_count) = match measure {
        Measure::Count(selector)
        | Measure::Within { selector, .. }
        | Measure::Overlap(selector) => (selector, true),
        Measure::Of {
            function,
            selector,
            of,
        } => match function {
            Aggregate::Distinct => (selector, true),
            Aggregate::Sum if is_span_duration(of) => (selector, false),
            _ => return None,
        },
    };
    let known = match selects_nothing(selector) {
        true => Known::ZERO,
        false => Known::at_least(0),
    };
    known.decides(op, number, is_count)
}

/// Whether it is how long a span took, which is never negative.
pub(super) fn is_span_duration(of: &Term) -> bool {
    matches!(of, Term::Field(Field::Intrinsic(Intrinsic::SpanDuration)))
}

/// What is known of a measure without a trace.
#[derive(Clone, Copy)]
pub(super) struct Known {
    low: Number,
    /// `None`: however much.
    high: Option<Number>,
}

impl Known {
    pub const ZERO: Known = Known {
        low: Number::Int(0),
        high: Some(Number::Int(0)),
    };

    pub const SHARE: Known = Known {
        low: Number::Int(0),
        high: Some(Number::Int(1)),
    };

    pub fn at_least(low: u64) -> Known {
        Known {
            low: Number::Int(i128::from(low)),
            high: None,
        }
    }

    /// The answer of the comparison where it is the same for all that the measure can be. `is_whole`: it is a whole number.
    pub fn decides(self, op: CompareOp, number: Number, is_whole: bool) -> Option<bool> {
        let below = self.low.compare(number);
        let above = self
            .high
            .map_or(Ordering::Greater, |high| high.compare(number));
        let is_never =
            below.is_gt() || above.is_lt() || is_whole && !matches!(number, Number::Int(_));
        let (holds, fails) = match op {
            CompareOp::Eq => (below.is_eq() && above.is_eq(), is_never),
            CompareOp::Ne => (is_never, below.is_eq() && above.is_eq()),
            CompareOp::Lt => (above.is_lt(), below.is_ge()),
            CompareOp::Le => (above.is_le(), below.is_gt()),
            CompareOp::Gt => (below.is_gt(), above.is_le()),
            CompareOp::Ge => (below.is_ge(), above.is_lt()),
        };
        holds.then_some(true).or(fails.then_some(false))
    }
}
