//! The bounds of a rule: numbers and durations behind `<`, `<=`, `>` and `>=`, and behind `within`, in what it asks and forbids.
//! Those of `when` say which traces are meant, and are left alone.

use std::sync::Arc;

use betrace_lang::duration_text;
use betrace_lang::rule::{
    Body, CompareOp, Expr, ExprKind, Gap, Literal, Measure, Nanos, Number, Operand, Predicate,
    Quantity, Related, Relation, Selector,
};

/// A bound where it stands.
pub enum Bound<'b> {
    Number(&'b mut Number),
    Duration(&'b mut Nanos),
}

/// A bound's value.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    Number(Number),
    Duration(Nanos),
}

impl Value {
    /// As the language writes it.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Value::Number(Number::Int(value)) => value.to_string(),
            Value::Number(Number::Float(value)) => format!("{value:?}"),
            Value::Duration(nanos) => duration_text(nanos),
        }
    }

    #[must_use]
    pub fn size(self) -> f64 {
        match self {
            Value::Number(number) => number.to_f64(),
            Value::Duration(nanos) => nanos as f64,
        }
    }

    /// That many times as much, as people would write it.
    #[must_use]
    pub fn times(self, factor: f64) -> Option<Value> {
        let size = two_figures(self.size() * factor);
        match self {
            Value::Number(Number::Int(_)) => Number::from_f64(size.round()).map(Value::Number),
            Value::Number(Number::Float(_)) => Number::from_f64(size).map(Value::Number),
            Value::Duration(_) if size >= 1.0 => Some(Value::Duration(size as Nanos)),
            Value::Duration(_) => None,
        }
    }
}

/// The figure with two that count.
fn two_figures(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.1e}").parse().unwrap_or(value)
}

impl Bound<'_> {
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Bound::Number(number) => Value::Number(**number),
            Bound::Duration(nanos) => Value::Duration(**nanos),
        }
    }

    pub fn set(&mut self, value: Value) {
        match (self, value) {
            (Bound::Number(number), Value::Number(value)) => **number = value,
            (Bound::Duration(nanos), Value::Duration(value)) => **nanos = value,
            // A bound keeps its type.
            (Bound::Number(_), Value::Duration(_)) | (Bound::Duration(_), Value::Number(_)) => {}
        }
    }
}

/// Calls `see` with each bound, always in the same order, and the text of the part that it stands in.
pub fn each(body: &mut Body, see: &mut dyn FnMut(&str, Bound<'_>)) {
    for clause in [&mut body.never, &mut body.always].into_iter().flatten() {
        of_expr(clause, see);
    }
}

fn of_expr(expr: &mut Expr, see: &mut dyn FnMut(&str, Bound<'_>)) {
    let text = expr.text.clone();
    let see_here = &mut |bound: Bound<'_>| see(&text, bound);
    match &mut expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter_mut().for_each(|part| of_expr(part, see));
        }
        ExprKind::Not(inner) => of_expr(inner, see),
        ExprKind::Exists(selector) => of_selector(selector, see_here),
        ExprKind::Bound { filter, .. } => of_predicates(filter, see_here),
        ExprKind::Compare { left, op, right } => {
            of_measure(left, see_here);
            if is_bound(*op) {
                of_quantity(right, see_here);
            }
        }
        // Which of the values of a total is the bound cannot be known.
        ExprKind::CompareTotals { left, right, .. } => {
            for part in left.parts.iter_mut().chain(&mut right.parts) {
                if let Quantity::Measure { measure, .. } = &mut part.of {
                    of_measure(measure, see_here);
                }
            }
        }
        ExprKind::GroupCompare { measure, value, .. } => {
            of_measure(measure, see_here);
            of_quantity(value, see_here);
        }
        ExprKind::Trace(test) => of_predicate(test, see_here),
    }
}

fn is_bound(op: CompareOp) -> bool {
    !matches!(op, CompareOp::Eq | CompareOp::Ne)
}

fn of_measure(measure: &mut Measure, see: &mut dyn FnMut(Bound<'_>)) {
    match measure {
        Measure::Count(selector)
        | Measure::Of { selector, .. }
        | Measure::Within { selector, .. }
        | Measure::Overlap(selector) => of_selector(selector, see),
    }
}

fn of_quantity(quantity: &mut Quantity, see: &mut dyn FnMut(Bound<'_>)) {
    match quantity {
        Quantity::Number(number) => see(Bound::Number(number)),
        Quantity::Duration(nanos) => see(Bound::Duration(nanos)),
        Quantity::Measure { factor, measure } => {
            // Compared with another measure, once is no bound.
            if *factor != Number::Int(1) {
                see(Bound::Number(factor));
            }
            of_measure(measure, see);
        }
        Quantity::Term(_) => {}
    }
}

fn of_selector(selector: &mut Selector, see: &mut dyn FnMut(Bound<'_>)) {
    match selector {
        Selector::Spans(spans) => {
            let spans = Arc::make_mut(spans);
            of_predicates(&mut spans.filter, see);
            of_predicates(&mut spans.trace, see);
        }
        Selector::Bound(_) => {}
        Selector::Related(related) => {
            let Related { left, relation } = &mut **related;
            of_selector(left, see);
            of_relation(relation, see);
        }
    }
}

fn of_relation(relation: &mut Relation, see: &mut dyn FnMut(Bound<'_>)) {
    match relation {
        Relation::Before { right, within }
        | Relation::After { right, within }
        | Relation::StartsBefore { right, within }
        | Relation::StartsAfter { right, within }
        | Relation::EndsBefore { right, within }
        | Relation::EndsAfter { right, within }
        | Relation::Then { right, within } => {
            of_selector(right, see);
            if let Some(Gap {
                least: 0,
                most: Some(most),
            }) = within
            {
                see(Bound::Duration(most));
            }
        }
        Relation::Overlaps { right }
        | Relation::During { right }
        | Relation::Inside { right }
        | Relation::Containing { right }
        | Relation::Outside { right }
        | Relation::ChildOf { right }
        | Relation::SiblingOf { right }
        | Relation::NextAfter { right }
        | Relation::DirectlyAfter { right }
        | Relation::ParentOf { right }
        | Relation::NotChildOf { right }
        | Relation::NotSiblingOf { right }
        | Relation::LinkedTo { right }
        | Relation::Except { right }
        | Relation::Echoing { right, .. } => of_selector(right, see),
        Relation::Between { from, to } | Relation::AfterUntil { from, to } => {
            of_selector(from, see);
            of_selector(to, see);
        }
    }
}

fn of_predicates(predicates: &mut [Predicate], see: &mut dyn FnMut(Bound<'_>)) {
    predicates.iter_mut().for_each(|one| of_predicate(one, see));
}

fn of_predicate(predicate: &mut Predicate, see: &mut dyn FnMut(Bound<'_>)) {
    match predicate {
        Predicate::And(parts) | Predicate::Or(parts) => of_predicates(parts, see),
        Predicate::Not(inner) => of_predicate(inner, see),
        Predicate::Each { of, .. } => of_predicate(of, see),
        Predicate::Item { filter, .. } => of_predicate(filter, see),
        Predicate::Compare { op, right, .. } if is_bound(*op) => match right {
            Operand::Literal(Literal::Number(number)) => see(Bound::Number(number)),
            Operand::Literal(Literal::Duration(nanos)) => see(Bound::Duration(nanos)),
            Operand::Literal(Literal::Bool(_) | Literal::Text(_)) | Operand::Term(_) => {}
        },
        Predicate::Compare { .. }
        | Predicate::In { .. }
        | Predicate::Matches { .. }
        | Predicate::Text { .. }
        | Predicate::Asks { .. } => {}
    }
}
