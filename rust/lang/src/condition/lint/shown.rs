//! In which roles a violation may show a span: a placeholder of any other role never has a value.

use crate::condition::lint::reach::Known;
use crate::rule::{Body, Expr, ExprKind, Measure, Quantity, Role, Selector};

/// Whether a violation may show a span in this role; `false` is certain.
pub fn may_show(body: &Body, role: Role) -> bool {
    let broken = [(&body.never, true), (&body.always, false)];
    let mut broken = broken
        .into_iter()
        .filter_map(|(clause, by)| Some((clause.as_ref()?, by)));
    match role {
        // Of a rule that neither binds nor asks for a span, the root or the first span stands for those that are not there.
        Role::Trigger => {
            let is_brought = body.when.as_ref().is_some_and(|when| selects(when, true));
            !body.bindings.is_empty()
                || is_brought
                || broken.any(|(clause, by)| !surely_selects(clause, by))
        }
        Role::Offender => broken.any(|(clause, by)| may_offend(clause, by)),
        Role::Witness => {
            body.bindings.len() > 1 || broken.any(|(clause, _)| has_measure_on_the_right(clause))
        }
    }
}

/// Whether spans may be found by which a condition is `by`.
fn selects(condition: &Expr, by: bool) -> bool {
    of_spans(condition, by, &|_| true)
}

/// The same, of spans that have no role yet: a bound one keeps its own.
fn may_offend(condition: &Expr, by: bool) -> bool {
    of_spans(condition, by, &|selector| !is_of_bound(selector))
}

fn of_spans(condition: &Expr, by: bool, is_meant: &impl Fn(&Selector) -> bool) -> bool {
    match &condition.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().any(|part| of_spans(part, by, is_meant))
        }
        ExprKind::Not(inner) => of_spans(inner, !by, is_meant),
        ExprKind::Exists(selector) => by && is_meant(selector),
        ExprKind::Compare { left, .. } => {
            is_meant(left.selector()) && counts(condition, Known::at_least(1)) != Some(!by)
        }
        ExprKind::CompareTotals { left, .. } => {
            left.measures().any(|measure| is_meant(measure.selector()))
        }
        ExprKind::GroupCompare { measure, .. } => is_meant(measure.selector()),
        ExprKind::Bound { .. } | ExprKind::Trace(_) => false,
    }
}

/// Whether spans are found by which a condition is `by`, whenever it is.
fn surely_selects(condition: &Expr, by: bool) -> bool {
    match &condition.kind {
        ExprKind::And(parts) if by => parts.iter().any(|part| surely_selects(part, by)),
        ExprKind::Or(parts) if !by => parts.iter().any(|part| surely_selects(part, by)),
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().all(|part| surely_selects(part, by))
        }
        ExprKind::Not(inner) => surely_selects(inner, !by),
        ExprKind::Exists(_) | ExprKind::GroupCompare { .. } => by,
        ExprKind::Compare { .. } => counts(condition, Known::ZERO) == Some(!by),
        ExprKind::CompareTotals { .. } | ExprKind::Bound { .. } | ExprKind::Trace(_) => false,
    }
}

/// What a count of so many spans makes of a comparison with a number.
fn counts(condition: &Expr, known: Known) -> Option<bool> {
    let ExprKind::Compare { left, op, right } = &condition.kind else {
        return None;
    };
    match (&**left, &**right) {
        (
            Measure::Count(_) | Measure::Within { .. } | Measure::Overlap(_),
            Quantity::Number(number),
        ) => known.decides(*op, *number, true),
        _ => None,
    }
}

/// What is measured there is part of the argument.
fn has_measure_on_the_right(condition: &Expr) -> bool {
    let is_meant = |measure: &Measure| !is_of_bound(measure.selector());
    match &condition.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().any(has_measure_on_the_right),
        ExprKind::Not(inner) => has_measure_on_the_right(inner),
        ExprKind::Compare { right, .. } => {
            matches!(&**right, Quantity::Measure { measure, .. } if is_meant(measure))
        }
        ExprKind::CompareTotals { right, .. } => right.measures().any(is_meant),
        _ => false,
    }
}

/// Whether all that it selects is a bound span.
fn is_of_bound(selector: &Selector) -> bool {
    match selector {
        Selector::Spans(_) => false,
        Selector::Bound(_) => true,
        Selector::Related(related) => is_of_bound(&related.left),
    }
}
