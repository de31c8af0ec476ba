//! Which spans a rule reads, in words: those of a name, and those of any name that some field decides on.

use std::collections::BTreeSet;

use betrace_lang::rule::{Base, Expr, Field, Relation, Rule, Selector};

use crate::english::field::{Names, spelled};

/// `spans of any name (data.contains_pii decides), and audit.log`
#[must_use]
pub fn spans_read(rule: &Rule) -> String {
    let body = &rule.body;
    let bound = body.bindings.iter().map(|binding| &binding.selector);
    let clauses = [&body.when, &body.never, &body.always]
        .into_iter()
        .flatten();
    let conditions = clauses.chain(&*body.exceptions).flat_map(Expr::selectors);
    let over = body.over.iter().flat_map(|over| over.measure.selectors());
    let selectors: Vec<&Selector> = bound.chain(conditions).chain(over).collect();
    let plain = selectors.iter().flat_map(|one| one.plain());

    let mut said = Vec::new();
    let names = Names(&body.bindings);
    let (mut any, mut roots, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
    let mut named = BTreeSet::new();
    for one in plain {
        match &one.base {
            Base::Named(name) => drop(named.insert(&**name)),
            Base::Root => roots.push(one),
            Base::Leaf => leaves.push(one),
            Base::Any => any.push(one),
        }
    }
    let groups = [
        ("spans of any name", any),
        ("root spans", roots),
        ("leaf spans", leaves),
    ];
    for (what, selectors) in groups {
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
    if selectors.iter().any(|one| looks_between(one)) {
        said.push("the times and parents of all spans".to_owned());
    }
    if said.is_empty() {
        return "spans of any name".to_owned();
    }
    said.join(", and ")
}

/// Whether a span in it may be parted from another by any span of the trace.
fn looks_between(selector: &Selector) -> bool {
    let Selector::Related(related) = selector else {
        return false;
    };
    matches!(related.relation, Relation::DirectlyAfter { .. })
        || looks_between(&related.left)
        || related.relation.operands().any(looks_between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_part_two_spans_is_every_span() {
        let body = |text: &str| {
            let vocabulary = betrace_lang::Vocabulary::new();
            let limits = betrace_lang::Limits::default();
            let body = betrace_lang::check_condition(text, &vocabulary, &limits, &mut Vec::new());
            body.unwrap()
        };
        let looks = |text: &str| looks_between(body(text).never.unwrap().selectors()[0]);
        assert!(looks("never { a directly after b }"));
        assert!(looks("never { c before (a directly after b) }"));
        assert!(!looks("never { a next after b }"));
    }
}
