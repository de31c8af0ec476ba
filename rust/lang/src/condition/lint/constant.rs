//! Conditions that are the same in every trace: contradicting comparisons, `x and not x`, counts below zero.

use std::cmp::Ordering;
use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lint::filter::{proves_nothing, selects_nothing};
use crate::condition::lint::numbers;
use crate::diagnostic::fault::Fault;
use crate::rule::{Aggregate, CompareOp, Expr, ExprKind, Measure, Number, Quantity, Selector};

/// Parts of `and` and `or`, at any depth, that are always the same.
pub(super) fn same_parts(expr: &Expr, range: &Range<usize>, faults: &mut Vec<Fault>) {
    let inner: Vec<&Expr> = match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().collect(),
        ExprKind::Not(inner) => vec![inner],
        _ => return,
    };
    for part in inner {
        match always(part) {
            Some(value) => {
                let holds = if value {
                    "in every trace"
                } else {
                    "in no trace"
                };
                let message = format!("`{}` holds {holds}, so it says nothing", part.text);
                faults.push(Fault::new(code::ALWAYS_SAME, range.clone(), message));
            }
            None => same_parts(part, range, faults),
        }
    }
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
        ExprKind::Compare { left, op, right } => match right {
            Quantity::Number(number) => compared(left, *op, *number),
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
        ExprKind::Compare {
            left,
            op,
            right: Quantity::Number(number),
        },
        ExprKind::Compare {
            left: other_left,
            op: other_op,
            right: Quantity::Number(other_number),
        },
    ) = (&one.kind, &other.kind)
    else {
        return false;
    };
    left == other_left && numbers::exclude((*op, *number), (*other_op, *other_number))
}

/// A count is never below zero, and of nothing it is zero.
fn compared(measure: &Measure, op: CompareOp, number: Number) -> Option<bool> {
    let (selector, is_count) = match measure {
        Measure::Count(selector)
        | Measure::Within { selector, .. }
        | Measure::Overlap(selector) => (selector, true),
        Measure::Of {
            function, selector, ..
        } => (selector, *function == Aggregate::Distinct),
    };
    if !is_count {
        return None;
    }
    let zero = number.compare(Number::Int(0));
    if selects_nothing(selector) {
        return Some(match op {
            CompareOp::Eq => zero == Ordering::Equal,
            CompareOp::Ne => zero != Ordering::Equal,
            CompareOp::Lt => zero == Ordering::Greater,
            CompareOp::Le => zero != Ordering::Less,
            CompareOp::Gt => zero == Ordering::Less,
            CompareOp::Ge => zero != Ordering::Greater,
        });
    }
    let is_whole = matches!(number, Number::Int(_));
    match op {
        CompareOp::Ge if zero != Ordering::Greater => Some(true),
        CompareOp::Gt if zero == Ordering::Less => Some(true),
        CompareOp::Lt if zero != Ordering::Greater => Some(false),
        CompareOp::Le if zero == Ordering::Less => Some(false),
        CompareOp::Eq if zero == Ordering::Less || !is_whole => Some(false),
        CompareOp::Ne if zero == Ordering::Less || !is_whole => Some(true),
        _ => None,
    }
}
