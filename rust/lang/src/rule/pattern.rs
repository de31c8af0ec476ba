//! The regular expressions of a rule: the largest thing that a compiled rule holds.

use std::sync::Arc;

use crate::rule::body::Body;
use crate::rule::condition::{Expr, ExprKind};
use crate::rule::field::{Field, Reading};
use crate::rule::predicate::Predicate;
use crate::rule::selector::Selector;

impl Body {
    /// Every regular expression that its conditions compare spans with, as often as it stands there.
    #[must_use]
    pub fn patterns(&self) -> Vec<&Arc<str>> {
        let clauses = [&self.when, &self.never, &self.always];
        let bound = self.bindings.iter().map(|binding| &binding.selector);
        let mut found = Vec::new();
        bound.for_each(|selector| of_selector(selector, &mut found));
        let conditions = clauses.into_iter().flatten().chain(&self.exceptions);
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

fn of_condition<'a>(condition: &'a Expr, found: &mut Vec<&'a Arc<str>>) {
    match &condition.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| of_condition(part, found));
        }
        ExprKind::Not(inner) => of_condition(inner, found),
        ExprKind::Bound { filter, .. } => filter.iter().for_each(|one| of_predicate(one, found)),
        ExprKind::Trace(predicate) => of_predicate(predicate, found),
        _ => {
            let selectors = condition.selectors().into_iter();
            selectors.for_each(|selector| of_selector(selector, found));
        }
    }
}

fn of_selector<'a>(selector: &'a Selector, found: &mut Vec<&'a Arc<str>>) {
    for spans in selector.plain() {
        let filter = spans.filter.iter().chain(&spans.trace);
        filter.for_each(|one| of_predicate(one, found));
    }
}

fn of_predicate<'a>(predicate: &'a Predicate, found: &mut Vec<&'a Arc<str>>) {
    let mut left = vec![predicate];
    while let Some(one) = left.pop() {
        match one {
            Predicate::Matches { pattern, .. } => found.push(pattern),
            Predicate::Each { of, .. } => left.push(of),
            Predicate::Item { filter, .. } => left.push(filter),
            _ => left.extend(one.parts()),
        }
    }
    for field in predicate.reads() {
        of_field(field, found);
    }
}

fn of_field<'a>(field: &'a Field, found: &mut Vec<&'a Arc<str>>) {
    match field {
        Field::FirstOf(first) => {
            let parts = first.of.iter().filter_map(|one| match &one.reading {
                Reading::Part(pattern) => Some(pattern),
                _ => None,
            });
            found.extend(parts);
        }
        Field::Bound { field, .. } => of_field(field, found),
        _ => {}
    }
}
