//! Orders that do not come: after what ends last, before what begins first.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::lint::meant::Meant;
use crate::diagnostic::fault::Fault;
use crate::rule::{Base, Expr, ExprKind, Relation, Selector};

/// `always { audit after root }`: what a root causes lies inside of it.
pub(super) fn order(meant: &Meant<'_>, faults: &mut Vec<Fault>) {
    let Some(always) = &meant.body.always else {
        return;
    };
    let parts = always.parts();
    let nodes = &meant.always;
    for (index, part) in parts.iter().enumerate() {
        let Some(node) = nodes.get(index) else { break };
        faults.extend(doubt(meant, node, part));
    }
}

fn doubt(meant: &Meant<'_>, node: &Node, part: &Expr) -> Option<Fault> {
    let ExprKind::Exists(Selector::Related(related)) = &part.kind else {
        return None;
    };
    let NodeKind::Chain { first, links } = &node.bare().kind else {
        return None;
    };
    let [link] = links.as_slice() else {
        return None;
    };
    let mut is_before = false;
    let (inner, outer, is_turned) = match &related.relation {
        Relation::After { right, .. } if spans_all(meant, right, &related.left) => {
            (first.range(), link.operand.range(), false)
        }
        Relation::Before { right, .. }
            if spans_all(meant, right, &related.left) && right != &related.left =>
        {
            is_before = true;
            (first.range(), link.operand.range(), false)
        }
        Relation::Before { right, .. } | Relation::Then { right, .. }
            if spans_all(meant, &related.left, right) =>
        {
            (link.operand.range(), first.range(), true)
        }
        _ => return None,
    };
    let (inner, outer) = (meant.source(inner), meant.source(outer));
    let message = if is_before {
        format!(
            "`{outer}` begins before what it causes, so `{inner}` is inside of it, not before it"
        )
    } else {
        format!(
            "`{outer}` mostly lasts until what it causes has ended, so `{inner}` is inside of it, not after it"
        )
    };
    let within = link.within.as_ref().map(|within| within.range().end);
    let end = within.unwrap_or(link.range.end);
    let (range, modern) = match is_turned {
        true => (node.range(), format!("{inner} inside {outer}")),
        false => (link.range.start..end, format!("inside {outer}")),
    };
    let help = if is_before {
        format!(
            "if it is: `{inner} inside {outer}`; if it ends sooner, `{inner} ends before {outer}` says so of spans that overlap"
        )
    } else {
        format!(
            "if it is: `{inner} inside {outer}`; if it begins behind it, `{inner} starts after {outer}` says so of spans that overlap"
        )
    };
    Some(
        Fault::new(code::AFTER_ITS_PARENT, range, message)
            .help(help)
            .suggest(modern),
    )
}

/// Whether the first is by its kind or its name the parent of the second: the root, or `a` of `a.b`.
fn spans_all(meant: &Meant<'_>, outer: &Selector, inner: &Selector) -> bool {
    let base = |selector: &Selector| match selector {
        Selector::Spans(spans) => Some(spans.base.clone()),
        Selector::Bound(binding) => {
            let bound = meant.body.bindings.get(usize::from(binding.0))?;
            match &bound.selector {
                Selector::Spans(spans) => Some(spans.base.clone()),
                _ => None,
            }
        }
        Selector::Related(_) => None,
    };
    match (base(outer), base(inner)) {
        (Some(Base::Root), _) => true,
        (Some(Base::Named(outer)), Some(Base::Named(inner))) => inner
            .strip_prefix(&*outer)
            .is_some_and(|rest| rest.starts_with('.')),
        _ => false,
    }
}
