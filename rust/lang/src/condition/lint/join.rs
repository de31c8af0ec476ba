//! What is forbidden by comparing with a value of a bound span that may be without it: then the rule is kept in silence.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{ClauseWord, Node, NodeKind};
use crate::condition::lint::meant::Meant;
use crate::diagnostic::fault::Fault;
use crate::rule::{
    BindingId, CompareOp, Expr, ExprKind, Field, FieldTest, ListSource, Operand, Predicate,
    Selector, Term,
};

/// Looks at the joins of `never`, and at those that `always` negates.
pub(super) fn join(meant: &Meant<'_>, faults: &mut Vec<Fault>) {
    let mut found: Vec<(BindingId, &Field)> = Vec::new();
    if let Some(never) = &meant.body.never {
        joined(never, true, &mut found);
        found.retain(|(binding, field)| !is_reported(never, *binding, field));
    }
    if let Some(always) = &meant.body.always {
        joined(always, false, &mut found);
    }
    let mut missing: Vec<(BindingId, Vec<&Field>)> = Vec::new();
    for (binding, field) in found {
        if !field.may_be_missing() || is_proven(meant, binding, field) {
            continue;
        }
        match missing.iter_mut().find(|(other, _)| *other == binding) {
            Some((_, fields)) if fields.contains(&field) => {}
            Some((_, fields)) => fields.push(field),
            None => missing.push((binding, vec![field])),
        }
    }
    let told = missing.iter();
    faults.extend(told.filter_map(|(binding, fields)| doubt(meant, *binding, fields)));
}

/// All that one bound span may be without, so that one edit answers it.
fn doubt(meant: &Meant<'_>, binding: BindingId, fields: &[&Field]) -> Option<Fault> {
    let (range, is_plain) = bound_node(meant, binding)?;
    let bound = &meant.body.bindings[usize::from(binding.0)].name;
    let names: Vec<String> = fields
        .iter()
        .map(|one| meant.printer().field(one))
        .collect();
    let listed = |before: &str, after: &str, between: &str| {
        let each = names.iter().map(|name| format!("{before}{name}{after}"));
        each.collect::<Vec<_>>().join(between)
    };
    let message = format!(
        "where this has no {}, what is forbidden by comparing with {} is never true, so nothing is reported",
        listed("`", "`", " or no "),
        listed(&format!("`{bound}."), "`", " and "),
    );
    let source = meant.source(range.clone());
    let modern = format!("{source}.where({})", listed("exists(", ")", " and "));
    // Of what stands on several lines only the end is written anew.
    let has_breaks = meant.text[range.clone()].contains('\n');
    let last = source.len() - source.chars().next_back().map_or(0, char::len_utf8);
    let (range, edit) = match has_breaks {
        true => (
            range.end - (source.len() - last)..range.end,
            modern[last..].to_owned(),
        ),
        false => (range, modern.clone()),
    };
    let help = format!(
        "say that only those are meant: `{modern} as {bound}`, and report the others by a rule of their own, or by `{bound}.where({})` as a further part of `never`",
        listed("missing(", ")", " or "),
    );
    let mut fault = Fault::new(code::JOIN_ON_MISSING, range, message).help(help);
    fault.suggestion = is_plain.then_some(edit);
    Some(fault)
}

/// Fields of bound spans that something is compared with, where the comparison being true breaks the rule: below an
/// even number of `not` in `never`, an odd one in `always`.
fn joined<'e>(expr: &'e Expr, is_wanted: bool, found: &mut Vec<(BindingId, &'e Field)>) {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            for part in parts {
                joined(part, is_wanted, found);
            }
        }
        ExprKind::Not(inner) => joined(inner, !is_wanted, found),
        ExprKind::Exists(selector) if is_wanted => {
            for spans in selector.plain() {
                for part in &spans.filter {
                    compared(part, found);
                    negated(part, found);
                }
            }
        }
        // Two fields of one span are no join.
        ExprKind::Bound { binding, filter } if is_wanted => {
            let mut all = Vec::new();
            for part in filter {
                compared(part, &mut all);
                negated(part, &mut all);
            }
            found.extend(all.into_iter().filter(|(other, _)| other != binding));
            for part in filter {
                found.extend(own(part, *binding).map(|field| (*binding, field)));
            }
        }
        _ => {}
    }
}

/// Fields of bound spans that a negation compares with, also beside tests whether its own fields are there at all.
fn negated<'e>(predicate: &'e Predicate, found: &mut Vec<(BindingId, &'e Field)>) {
    // Who asks for the bound span's field there has thought of it.
    let is_test = |part: &&Predicate| matches!(part, Predicate::Asks { test, field } if test.is_two_valued() && !matches!(field, Field::Bound { .. }));
    let right = match predicate {
        Predicate::And(parts) => return parts.iter().for_each(|part| negated(part, found)),
        Predicate::Or(parts) => {
            let mut others = parts.iter().filter(|part| !is_test(part));
            if let (Some(only), None) = (others.next(), others.next()) {
                negated(only, found);
            }
            return;
        }
        Predicate::Compare {
            op: CompareOp::Ne,
            right: Operand::Term(Term::Field(right)),
            ..
        } => right,
        Predicate::Not(inner) => match &**inner {
            Predicate::Compare {
                op: CompareOp::Eq | CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge,
                right: Operand::Term(Term::Field(right)),
                ..
            }
            | Predicate::Text {
                right: Operand::Term(Term::Field(right)),
                ..
            }
            | Predicate::In {
                list: ListSource::Field(right),
                ..
            } => right,
            _ => return,
        },
        _ => return,
    };
    if let Field::Bound { binding, field } = right
        && !found.contains(&(*binding, field))
    {
        found.push((*binding, field));
    }
}

fn compared<'e>(predicate: &'e Predicate, found: &mut Vec<(BindingId, &'e Field)>) {
    if let Predicate::Compare { right, .. } | Predicate::Text { right, .. } = predicate
        && let Operand::Term(Term::Field(Field::Bound { binding, field })) = right
    {
        found.push((*binding, field));
    }
    // Beside an `or` it may be meant as one of several.
    if let Predicate::And(parts) = predicate {
        for part in parts {
            compared(part, found);
        }
    }
}

/// The own field of a bound span that is compared with one of another.
fn own(predicate: &Predicate, of: BindingId) -> Option<&Field> {
    match predicate {
        Predicate::Compare {
            left: Term::Field(left),
            right: Operand::Term(Term::Field(Field::Bound { binding, .. })),
            ..
        } if *binding != of => Some(left),
        _ => None,
    }
}

/// Whether `p.where(missing(x))` is a part of `never`, be it beside others that are missing.
fn is_reported(never: &Expr, of: BindingId, field: &Field) -> bool {
    match &never.kind {
        ExprKind::Or(parts) => parts.iter().any(|part| is_reported(part, of, field)),
        ExprKind::Bound { binding, filter } => {
            let missing = Predicate::missing(field.clone());
            *binding == of
                && match filter.as_slice() {
                    [Predicate::Or(parts)] => parts.contains(&missing),
                    [only] => *only == missing,
                    _ => false,
                }
        }
        _ => false,
    }
}

/// Whether the bound span has the field, wherever the rule applies.
fn is_proven(meant: &Meant<'_>, binding: BindingId, field: &Field) -> bool {
    let own = &meant.body.bindings[usize::from(binding.0)].selector;
    let asks = |part: &Predicate| {
        let is_asked = part.asked().contains(&field) && part.parts().is_empty();
        is_asked
            && !matches!(
                part,
                Predicate::Asks {
                    test: FieldTest::Missing,
                    ..
                }
            )
    };
    let first = match own {
        Selector::Related(_) => own.plain().into_iter().next(),
        Selector::Spans(spans) => Some(&**spans),
        Selector::Bound(_) => None,
    };
    if first.is_some_and(|spans| spans.filter.iter().any(asks)) {
        return true;
    }
    // Another bound span that equals it has been found.
    let mut elsewhere = Vec::new();
    for other in &meant.body.bindings {
        for spans in other.selector.plain() {
            for part in &spans.filter {
                compared(part, &mut elsewhere);
            }
        }
    }
    if let Some(when) = &meant.body.when {
        joined(when, true, &mut elsewhere);
        if has_bound(when, binding, &asks) {
            return true;
        }
    }
    elsewhere.contains(&(binding, field))
}

/// Whether `p.where(…)` in the condition behind the bound spans asks for it.
fn has_bound(when: &Expr, of: BindingId, asks: &dyn Fn(&Predicate) -> bool) -> bool {
    match &when.kind {
        ExprKind::And(parts) => parts.iter().any(|part| has_bound(part, of, asks)),
        ExprKind::Bound { binding, filter } => *binding == of && filter.iter().any(asks),
        _ => false,
    }
}

/// Where the selector of a bound span stands, and whether a filter can follow it.
fn bound_node(meant: &Meant<'_>, binding: BindingId) -> Option<(Range<usize>, bool)> {
    let name = meant.body.bindings[usize::from(binding.0)].name.as_str();
    let clause = meant.clause(ClauseWord::WhenEach)?;
    let parts = clause.items.iter().flat_map(|item| match &item.kind {
        NodeKind::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(item),
    });
    let mut bound = parts.filter_map(|part| match &part.bare().kind {
        NodeKind::As { of, name } => Some((of, name)),
        _ => None,
    });
    let is_named = |node: &Node| matches!(&node.kind, NodeKind::Name(one) if **one == *name);
    let (of, _) = bound.find(|(_, node)| is_named(node))?;
    let is_plain = matches!(
        of.kind,
        NodeKind::Name(_) | NodeKind::Quoted(_) | NodeKind::Where { .. }
    );
    Some((of.range(), is_plain))
}
