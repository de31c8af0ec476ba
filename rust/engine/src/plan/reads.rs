//! What conditions read: fields, bound spans, and what may change with any span of the trace.

use std::sync::Arc;

use betrace_lang::rule::{
    Base, Body, Expr, ExprKind, Field, Measure, Predicate, Quantity, Relation, Selector,
    SpanSelector,
};

/// A selector that numbers alone can answer for.
pub(crate) fn counted(selector: &Selector) -> Option<&Arc<SpanSelector>> {
    match selector {
        Selector::Spans(spans) if spans.base == Base::Leaf => None,
        Selector::Spans(spans) if !spans.filter.iter().any(reads_bound) => Some(spans),
        _ => None,
    }
}

pub(crate) fn reads_bound(predicate: &Predicate) -> bool {
    let mut is_any = false;
    predicate.for_each_field(&mut |field| is_any |= matches!(field, Field::Bound { .. }));
    is_any
}

/// Whether a rule's early verdict may turn on spans that none of its selectors selects: by a `trace:`
/// value, or by ancestry, which any span may complete.
pub(crate) fn turns_on_any_span(body: &Body) -> bool {
    let conditions = [&body.when, &body.never, &body.always];
    let bindings = body.bindings.iter();
    bindings.map(|binding| &binding.selector).any(of_selector)
        || conditions.into_iter().flatten().any(of_expr)
        || body.exceptions.iter().any(of_expr)
}

/// Whether a rule compares when spans began and ended; durations aside.
pub(crate) fn reads_order(body: &Body) -> bool {
    let clauses = [&body.when, &body.never, &body.always];
    let mut bound = body.bindings.iter().map(|binding| &binding.selector);
    let conditions = clauses.into_iter().flatten().chain(&*body.exceptions);
    let mut is_any = bound.any(orders);
    for condition in conditions {
        condition.each_selector(&mut |selector| is_any |= orders(selector));
    }
    is_any
}

fn orders(selector: &Selector) -> bool {
    let Selector::Related(related) = selector else {
        return false;
    };
    let by_ids = matches!(
        related.relation,
        Relation::Inside { .. }
            | Relation::Outside { .. }
            | Relation::Containing { .. }
            | Relation::ParentOf { .. }
            | Relation::ChildOf { .. }
            | Relation::NotChildOf { .. }
            | Relation::SiblingOf { .. }
            | Relation::NotSiblingOf { .. }
            | Relation::LinkedTo { .. }
            | Relation::Except { .. }
    );
    !by_ids || orders(&related.left) || related.relation.operands().any(orders)
}

fn of_expr(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().any(of_expr),
        ExprKind::Not(inner) => of_expr(inner),
        ExprKind::Exists(selector) => of_selector(selector),
        ExprKind::GroupCompare { measure, .. } => of_selector(measured(measure)),
        ExprKind::Compare { left, right, .. } => {
            of_selector(measured(left))
                || match &**right {
                    Quantity::Number(_) | Quantity::Duration(_) | Quantity::Term(_) => false,
                    Quantity::Measure { measure, .. } => of_selector(measured(measure)),
                }
        }
        ExprKind::CompareTotals { left, right, .. } => {
            let mut measures = left.measures().chain(right.measures());
            measures.any(|measure| of_selector(measured(measure)))
        }
        ExprKind::Bound { .. } => false,
        ExprKind::Trace(_) => true,
    }
}

/// Whose spans a measure is of.
pub(crate) fn measured(measure: &Measure) -> &Selector {
    measure.selector()
}

fn of_selector(selector: &Selector) -> bool {
    match selector {
        Selector::Spans(spans) => !spans.trace.is_empty(),
        Selector::Bound(_) => false,
        Selector::Related(related) => {
            of_selector(&related.left)
                || match &related.relation {
                    Relation::Inside { .. }
                    | Relation::Outside { .. }
                    | Relation::Containing { .. }
                    | Relation::ChildOf { .. }
                    | Relation::NotChildOf { .. } => true,
                    relation => relation.operands().any(of_selector),
                }
        }
    }
}
