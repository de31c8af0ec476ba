//! When one condition follows from another, and when a filter contradicts itself.

use super::logic::numbers_exclude;
use crate::rule::{
    Base, Binding, CompareOp, Expr, ExprKind, Field, Intrinsic, Literal, Measure, Number, Operand,
    Predicate, Quantity, Scope, Selector, SpanSelector,
};

/// Whether `part` holds wherever `known` does.
pub(super) fn implies(known: &Expr, part: &Expr) -> bool {
    if known == part {
        return true;
    }
    match (present(known), present(part)) {
        (Some(known), Some(part)) => is_within(known, part),
        _ => match &part.kind {
            ExprKind::Or(parts) => parts.iter().any(|part| implies(known, part)),
            _ => false,
        },
    }
}

/// A bound span is there.
pub(super) fn binding_implies(binding: &Binding, part: &Expr) -> bool {
    present(part).is_some_and(|selector| is_within(&binding.selector, selector))
}

/// The selector that a condition says to select something.
fn present(expr: &Expr) -> Option<&Selector> {
    match &expr.kind {
        ExprKind::Exists(selector) => Some(selector),
        ExprKind::Compare {
            left: Measure::Count(selector),
            op,
            right: Quantity::Number(number),
        } => {
            let is_some = match op {
                CompareOp::Gt => *number == Number::Int(0),
                CompareOp::Ge => *number == Number::Int(1),
                _ => false,
            };
            is_some.then_some(selector)
        }
        _ => None,
    }
}

/// Whether each span that `inner` selects is selected by `outer`.
fn is_within(inner: &Selector, outer: &Selector) -> bool {
    if inner == outer {
        return true;
    }
    match (inner, outer) {
        (Selector::Related(related), outer) => is_within(&related.left, outer),
        (Selector::Spans(inner), Selector::Spans(outer)) => {
            (outer.base == inner.base || outer.base == Base::Any)
                && outer.filter.iter().all(|part| inner.filter.contains(part))
                && outer.trace.iter().all(|part| inner.trace.contains(part))
        }
        _ => false,
    }
}

/// Whether the filter contradicts itself.
pub(super) fn selects_nothing(selector: &Selector) -> bool {
    match selector {
        Selector::Spans(spans) => contradicts(spans),
        Selector::Related(related) => selects_nothing(&related.left),
        Selector::Bound(_) => false,
    }
}

fn contradicts(spans: &SpanSelector) -> bool {
    let mut parts: Vec<&Predicate> = spans.filter.iter().chain(&spans.trace).collect();
    let root = Predicate::Missing(Field::Intrinsic(Intrinsic::SpanParentId));
    if spans.base == Base::Root {
        parts.push(&root);
    }
    let name = match &spans.base {
        Base::Named(name) => Some(Predicate::Compare {
            field: Field::Intrinsic(Intrinsic::SpanName),
            op: CompareOp::Eq,
            value: Operand::Literal(Literal::Text(name.clone())),
        }),
        _ => None,
    };
    parts.extend(name.iter());
    let pairs = parts.iter().enumerate();
    pairs
        .into_iter()
        .any(|(index, part)| parts[index + 1..].iter().any(|other| exclude(part, other)))
        || parts.iter().any(|part| never_true(part))
}

fn never_true(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::And(parts) => {
            let pairs = parts.iter().enumerate();
            parts.iter().any(never_true)
                || pairs.into_iter().any(|(index, part)| {
                    parts[index + 1..].iter().any(|other| exclude(part, other))
                })
        }
        Predicate::Or(parts) => parts.iter().all(never_true),
        _ => false,
    }
}

/// Two conditions that no span satisfies together.
fn exclude(one: &Predicate, other: &Predicate) -> bool {
    let negates = |not: &Predicate, predicate: &Predicate| matches!(not, Predicate::Not(inner) if **inner == *predicate);
    if negates(one, other) || negates(other, one) {
        return field_of(one).is_none_or(has_one_value);
    }
    let (Some(field), Some(other_field)) = (field_of(one), field_of(other)) else {
        return false;
    };
    if field != other_field || !has_one_value(field) {
        return false;
    }
    match (one, other) {
        (Predicate::Missing(_), Predicate::Missing(_)) => false,
        // What is missing makes everything else unknown.
        (Predicate::Missing(_), _) | (_, Predicate::Missing(_)) => true,
        (
            Predicate::Compare {
                op,
                value: Operand::Literal(value),
                ..
            },
            Predicate::Compare {
                op: other_op,
                value: Operand::Literal(other_value),
                ..
            },
        ) => literals_exclude((*op, value), (*other_op, other_value)),
        (
            Predicate::Compare {
                op: CompareOp::Eq,
                value: Operand::Literal(value),
                ..
            },
            Predicate::In { values, .. },
        )
        | (
            Predicate::In { values, .. },
            Predicate::Compare {
                op: CompareOp::Eq,
                value: Operand::Literal(value),
                ..
            },
        ) => values
            .iter()
            .all(|other| literals_exclude((CompareOp::Eq, value), (CompareOp::Eq, other))),
        _ => false,
    }
}

fn literals_exclude(one: (CompareOp, &Literal), other: (CompareOp, &Literal)) -> bool {
    let number = |literal: &Literal| match literal {
        Literal::Number(number) => Some(*number),
        Literal::Duration(nanos) => Some(Number::Int(i128::from(*nanos))),
        _ => None,
    };
    match (one, other) {
        ((CompareOp::Eq, Literal::Text(a)), (CompareOp::Eq, Literal::Text(b))) => {
            // A number's text compares as its value, so `5` and `5.0` may both hold.
            a != b && !looks_like_number(a) && !looks_like_number(b)
        }
        ((CompareOp::Eq, Literal::Bool(a)), (CompareOp::Eq, Literal::Bool(b))) => a != b,
        ((CompareOp::Eq, a), (CompareOp::Ne, b)) | ((CompareOp::Ne, a), (CompareOp::Eq, b)) => {
            a == b
        }
        ((op, a), (other_op, b)) => match (number(a), number(b)) {
            (Some(a), Some(b)) => numbers_exclude((op, a), (other_op, b)),
            _ => false,
        },
    }
}

fn looks_like_number(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-')
}

fn field_of(predicate: &Predicate) -> Option<&Field> {
    match predicate {
        Predicate::And(_) | Predicate::Or(_) | Predicate::Not(_) => None,
        Predicate::Compare { field, .. }
        | Predicate::In { field, .. }
        | Predicate::Matches { field, .. }
        | Predicate::Text { field, .. }
        | Predicate::Exists(field)
        | Predicate::Missing(field) => Some(field),
    }
}

fn has_one_value(field: &Field) -> bool {
    !matches!(
        field,
        Field::Attribute {
            scope: Scope::Event | Scope::Link,
            ..
        } | Field::Intrinsic(Intrinsic::EventName)
    )
}
