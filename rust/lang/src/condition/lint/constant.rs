//! Conditions that are the same in every trace: contradicting comparisons, `x and not x`, counts below zero.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lint::filter::{is_all, never_true, proves_nothing, selects_nothing};
use crate::condition::lint::numbers;
use crate::condition::lint::reach::Known;
use crate::diagnostic::fault::Fault;
use crate::rule::{
    Aggregate, Base, CompareOp, Expr, ExprKind, GroupKey, Measure, Number, Quantity, Selector,
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
        // A root has no parent, so it is in no group of one.
        ExprKind::GroupCompare { measure, by, .. } => {
            let selector = measure.selector();
            let is_in_none = by.contains(&GroupKey::Parent) && is_all(selector, &Base::Root);
            (is_in_none || selects_nothing(selector)).then_some(false)
        }
        ExprKind::Trace(predicate) => never_true(predicate).then_some(false),
        ExprKind::CompareTotals { .. } => None,
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
            Aggregate::Sum if of.is_span_duration() => (selector, false),
            _ => return None,
        },
    };
    let known = match selects_nothing(selector) {
        true => Known::ZERO,
        false => Known::at_least(0),
    };
    known.decides(op, number, is_count)
}
