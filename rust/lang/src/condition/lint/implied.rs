//! When one condition follows from another.

use crate::rule::{
    Base, Binding, BindingId, CompareOp, Expr, ExprKind, Measure, Number, Predicate, Quantity,
    Selector,
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

/// A bound span is there, and is as its selector says.
pub(super) fn binding_implies(id: BindingId, binding: &Binding, part: &Expr) -> bool {
    if let ExprKind::Bound {
        binding: asked,
        filter,
    } = &part.kind
    {
        return *asked == id && proves(&binding.selector, filter);
    }
    present(part).is_some_and(|selector| is_within(&binding.selector, selector))
}

/// Whether each span that is selected proves every part.
fn proves(selector: &Selector, filter: &[Predicate]) -> bool {
    match selector {
        Selector::Spans(spans) => filter.iter().all(|part| spans.filter.contains(part)),
        Selector::Related(related) => proves(&related.left, filter),
        Selector::Bound(_) => false,
    }
}

/// The selector that a condition says to select something.
fn present(expr: &Expr) -> Option<&Selector> {
    match &expr.kind {
        ExprKind::Exists(selector) => Some(selector),
        ExprKind::Compare { left, op, right } => {
            let (Measure::Count(selector), Quantity::Number(number)) = (&**left, &**right) else {
                return None;
            };
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
