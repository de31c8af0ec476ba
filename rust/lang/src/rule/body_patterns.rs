//! Every regular expression of a rule, wherever it stands.

use std::sync::Arc;

use crate::rule::body::Body;
use crate::rule::condition::{Expr, ExprKind};
use crate::rule::field::{Field, Reading};
use crate::rule::pattern::TextPattern;
use crate::rule::predicate::Predicate;
use crate::rule::selector::Selector;

impl Body {
    /// Every regular expression in it, equal ones as often as they stand there.
    #[must_use]
    pub fn patterns(&self) -> Vec<TextPattern> {
        let clauses = [&self.when, &self.never, &self.always];
        let bound = self.bindings.iter().map(|binding| &binding.selector);
        let mut found = Vec::new();
        bound.for_each(|selector| of_selector(selector, &mut found));
        let conditions = clauses.into_iter().flatten().chain(&*self.exceptions);
        conditions.for_each(|condition| of_condition(condition, &mut found));
        if let Some(over) = &self.over {
            let conditions = over.measure.conditions();
            if conditions.is_empty() {
                let selectors = over.measure.selectors().into_iter();
                selectors.for_each(|selector| of_selector(selector, &mut found));
            }
            let conditions = conditions.into_iter();
            conditions.for_each(|condition| of_condition(condition, &mut found));
            let fields = over.measure.term().map(|term| term.reads());
            let fields = over.by.iter().chain(fields.into_iter().flatten());
            fields.for_each(|field| of_field(field, &mut found));
        }
        found
    }
}

fn of_condition(condition: &Expr, found: &mut Vec<TextPattern>) {
    match &condition.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| of_condition(part, found));
        }
        ExprKind::Not(inner) => of_condition(inner, found),
        ExprKind::Bound { filter, .. } => filter.iter().for_each(|one| of_predicate(one, found)),
        ExprKind::Trace(predicate) => of_predicate(predicate, found),
        ExprKind::Exists(selector) => of_selector(selector, found),
        _ => {
            condition.each_selector(&mut |selector| of_selector(selector, found));
        }
    }
}

fn of_selector(selector: &Selector, found: &mut Vec<TextPattern>) {
    match selector {
        Selector::Bound(_) => {}
        Selector::Spans(spans) => {
            let filter = spans.filter.iter().chain(&spans.trace);
            filter.for_each(|one| of_predicate(one, found));
        }
        Selector::Related(related) => {
            of_selector(&related.left, found);
            let operands = related.relation.operands();
            operands.for_each(|operand| of_selector(operand, found));
        }
    }
}

fn of_predicate(predicate: &Predicate, found: &mut Vec<TextPattern>) {
    match predicate {
        Predicate::Matches { pattern, .. } => found.push(pattern.clone()),
        Predicate::Each { of, .. } => return of_predicate(of, found),
        Predicate::Item { filter, .. } => return of_predicate(filter, found),
        _ => {}
    }
    match predicate.parts() {
        [] => predicate.for_each_field(&mut |field| of_field(field, found)),
        parts => parts.iter().for_each(|part| of_predicate(part, found)),
    }
}

fn of_field(field: &Field, found: &mut Vec<TextPattern>) {
    match field {
        Field::FirstOf(first) => {
            let parts = first.of.iter().filter_map(|one| match &one.reading {
                Reading::Part(pattern) => Some(TextPattern::from(Arc::clone(pattern))),
                _ => None,
            });
            found.extend(parts);
        }
        Field::Bound { field, .. } => of_field(field, found),
        _ => {}
    }
}
