//! Which spans a rule reads, in words: those of a name, and those of any name that some field decides on.

use std::collections::BTreeSet;

use betrace_lang::rule::{Base, Expr, Field, Rule, SpanSelector};

use crate::english::field::{Names, spelled};

/// `spans of any name (data.contains_pii decides), and audit.log`
#[must_use]
pub fn spans_read(rule: &Rule) -> String {
    let body = &rule.body;
    let bound = body.bindings.iter().map(|binding| &binding.selector);
    let clauses = [&body.when, &body.never, &body.always]
        .into_iter()
        .flatten();
    let conditions = clauses.chain(&body.exceptions).flat_map(Expr::selectors);
    let plain: Vec<&SpanSelector> = bound
        .chain(conditions)
        .flat_map(|one| one.plain())
        .collect();

    let mut said = Vec::new();
    let names = Names(&body.bindings);
    let (mut any, mut roots, mut named) = (Vec::new(), Vec::new(), BTreeSet::new());
    for one in plain {
        match &one.base {
            Base::Named(name) => drop(named.insert(&**name)),
            Base::Root => roots.push(one),
            Base::Any => any.push(one),
        }
    }
    for (what, selectors) in [("spans of any name", any), ("root spans", roots)] {
        if selectors.is_empty() {
            continue;
        }
        let reads = selectors
            .iter()
            .flat_map(|one| &one.filter)
            .flat_map(|part| part.reads());
        let fields: BTreeSet<String> = reads
            .filter(|field| !matches!(field, Field::Bound { .. }))
            .map(|field| spelled(field, names))
            .collect();
        let is_all = selectors.iter().any(|one| one.filter.is_empty());
        let verb = if fields.len() == 1 {
            "decides"
        } else {
            "decide"
        };
        let fields: Vec<String> = fields.into_iter().collect();
        said.push(match (is_all, fields.is_empty()) {
            (true, _) | (_, true) => what.to_owned(),
            _ => format!("{what} ({} {verb})", fields.join(", ")),
        });
    }
    if !named.is_empty() {
        let named: Vec<&str> = named.into_iter().collect();
        said.push(named.join(", "));
    }
    if said.is_empty() {
        return "spans of any name".to_owned();
    }
    said.join(", and ")
}
