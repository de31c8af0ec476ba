//! `next after` as a condition, which any that comes after keeps.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{ClauseWord, Node, NodeKind};
use crate::condition::canonical::Printer;
use crate::condition::lint::meant::{Meant, expr};
use crate::diagnostic::fault::Fault;
use crate::rule::{
    Binding, BindingId, Body, Expr, ExprKind, Related, Relation, Selector, SpanSelector,
};

/// `never { S.where(c) next after p }`: the first S after p that satisfies c is one wherever any is.
pub(super) fn next(meant: &Meant<'_>, faults: &mut Vec<Fault>) {
    let clauses = [
        (&meant.body.always, &meant.always),
        (&meant.body.never, &meant.never),
    ];
    for (clause, nodes) in clauses {
        let Some(clause) = clause else { continue };
        for (node, part) in nodes.iter().zip(clause.parts()) {
            faults.extend(doubt(meant, node, part));
        }
    }
}

fn doubt(meant: &Meant<'_>, node: &Node, part: &Expr) -> Option<Fault> {
    let (node, part) = match (&node.bare().kind, &part.kind) {
        (NodeKind::Not(node), ExprKind::Not(part)) => (&**node, &**part),
        _ => (node, part),
    };
    let ExprKind::Exists(Selector::Related(related)) = &part.kind else {
        return None;
    };
    let Relation::NextAfter { right } = &related.relation else {
        return None;
    };
    let NodeKind::Chain { first, links } = &node.bare().kind else {
        return None;
    };
    let ([link], Selector::Spans(spans), Selector::Bound(_)) =
        (links.as_slice(), &related.left, right)
    else {
        return None;
    };
    let (of, bound) = (
        meant.source(first.range()),
        meant.source(link.operand.range()),
    );
    let message = format!(
        "`{of} next after {bound}` holds wherever some `{of}` comes after `{bound}`: the first of them is one"
    );
    let name = free_name(meant)?;
    let base = meant.printer().selector(&Selector::from(SpanSelector {
        filter: Vec::new(),
        trace: Vec::new(),
        ..SpanSelector::clone(spans)
    }));
    let asked = match spans.filter.is_empty() {
        true => format!("`any next after {bound} as {name}` and `{name}.where(…)`"),
        false => format!("`{base} next after {bound} as {name}` and `{name}.where(…)`"),
    };
    let fault = Fault::new(code::NEXT_IS_AFTER, node.range(), message).help(format!(
        "what the next one must be is asked of it: in `when each`, {asked}; with no span between: `{of} directly after {bound}`; just later: `{of} after {bound}`"
    ));
    Some(match asked_of_next(meant, related, spans, name) {
        Some((range, modern)) => Fault { range, ..fault }.suggest(modern),
        None => fault,
    })
}

fn free_name(meant: &Meant<'_>) -> Option<&'static str> {
    let words: Vec<&str> = crate::condition::scan::words(meant.text).collect();
    let names = ["p", "q", "r", "s", "t"];
    names.into_iter().find(|name| !words.contains(name))
}

/// The whole rule anew, where it forbids nothing else: the next of any kind is bound, and must not satisfy the filter.
fn asked_of_next(
    meant: &Meant<'_>,
    related: &Related,
    spans: &SpanSelector,
    name: &'static str,
) -> Option<(Range<usize>, String)> {
    let body = meant.body;
    let never = body.never.as_ref()?;
    let is_plain = matches!(never.kind, ExprKind::Exists(_)) && body.always.is_none();
    if !is_plain || spans.filter.is_empty() || !spans.trace.is_empty() {
        return None;
    }
    let range = meant.whole(&[ClauseWord::WhenEach, ClauseWord::Never])?;
    let mut bindings = body.bindings.clone();
    let binding = BindingId(u8::try_from(bindings.len()).ok()?);
    bindings.push(Binding {
        name: name.to_owned(),
        selector: Selector::Related(Box::new(Related {
            left: Selector::from(SpanSelector {
                filter: Vec::new(),
                ..SpanSelector::clone(spans)
            }),
            relation: related.relation.clone(),
        })),
    });
    let names = bindings
        .iter()
        .map(|binding| binding.name.clone())
        .collect::<Vec<_>>();
    let meaning = Body {
        bindings,
        when: body.when.clone(),
        never: Some(expr(ExprKind::Bound {
            binding,
            filter: spans.filter.clone(),
        })),
        ..Body::empty()
    };
    let names = names.iter().map(String::as_str).collect();
    let printer = Printer::new(names, Some(meant.vocabulary));
    Some((range, printer.body(&meaning).replace('\n', " ")))
}
