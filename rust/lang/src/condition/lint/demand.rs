//! `always` that asks for one span: in every trace, or where every span was meant.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{ClauseWord, Node};
use crate::condition::lint::meant::{Meant, failing};
use crate::diagnostic::fault::Fault;
use crate::rule::{Base, BindingId, Expr, ExprKind, Predicate, Related, Selector, SpanSelector};

/// Looks at what `always` asks for.
pub(super) fn demand(meant: &Meant<'_>, always: &Expr, faults: &mut Vec<Fault>) {
    let parts = always.parts();
    let nodes = &meant.always;
    for (index, part) in parts.iter().enumerate() {
        let Some(node) = nodes.get(index).or(nodes.first()) else {
            return;
        };
        let only = (parts.len() == 1).then_some(part);
        faults.extend(doubt(meant, node, part, only.is_some()));
    }
}

fn doubt(meant: &Meant<'_>, node: &Node, part: &Expr, is_only: bool) -> Option<Fault> {
    let is_guarded = meant.body.when.is_some() || !meant.body.bindings.is_empty();
    match &part.kind {
        ExprKind::Exists(Selector::Related(related)) if is_only => {
            one_of_an_order(meant, node, related, is_guarded)
        }
        ExprKind::Exists(Selector::Spans(spans)) if spans.base != Base::Root => {
            let is_filtered = !spans.filter.is_empty();
            let guard = is_filtered.then(|| guard(meant, spans)).flatten();
            match guard {
                Some(guard) => Some(one_of_many(meant, node, spans, &guard, is_only)),
                None if is_guarded => None,
                None if is_filtered && spans.base != Base::Any => {
                    Some(one_in_every_trace(meant, node, spans, is_only))
                }
                None if is_forbidden_somehow(meant, spans) => None,
                None => Some(in_every_trace(meant, node)),
            }
        }
        _ => None,
    }
}

/// Whether `never` speaks of the same spans: who demands them and says how they must not be thinks of every trace.
fn is_forbidden_somehow(meant: &Meant<'_>, spans: &SpanSelector) -> bool {
    let never = meant.body.never.as_ref();
    let selectors = never.map_or_else(Vec::new, Expr::selectors);
    let mut plain = selectors.into_iter().flat_map(Selector::plain);
    plain.any(|other| other.base == spans.base)
}

/// Where the spans that are asked for are named before.
enum Guard<'a> {
    /// Beside other parts of `when`.
    When(&'a SpanSelector, Vec<&'a Expr>),
    Bound(BindingId),
}

fn guard<'a>(meant: &Meant<'a>, spans: &SpanSelector) -> Option<Guard<'a>> {
    let is_same = |other: &Selector| {
        let Selector::Spans(other) = other else {
            return false;
        };
        other.base == spans.base
            && match other.base {
                Base::Named(_) => true,
                // What has no name is told by what is asked of it.
                _ => !other.filter.is_empty() && is_part(&other.filter, &spans.filter),
            }
    };
    let bindings = &meant.body.bindings;
    if let Some(at) = bindings.iter().position(|one| is_same(&one.selector)) {
        let reads_bound = spans.filter.iter().any(|part| {
            let is_bound =
                |field: &&crate::rule::Field| matches!(field, crate::rule::Field::Bound { .. });
            part.reads().iter().any(is_bound)
        });
        return u8::try_from(at)
            .ok()
            .filter(|_| !reads_bound)
            .map(|at| Guard::Bound(BindingId(at)));
    }
    let parts = meant.body.when.as_ref()?.parts();
    parts.iter().enumerate().find_map(|(at, part)| {
        let ExprKind::Exists(selector @ Selector::Spans(when)) = &part.kind else {
            return None;
        };
        let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
        is_same(selector).then(|| Guard::When(when, others.map(|(_, other)| other).collect()))
    })
}

/// Whether each of these is among those, and not all of those among these.
fn is_part(these: &[Predicate], those: &[Predicate]) -> bool {
    these.len() < those.len() && these.iter().all(|one| those.contains(one))
}

/// `when { S } always { S.where(c) }`, `when each { S as p } always { S.where(c) }`
fn one_of_many(
    meant: &Meant<'_>,
    node: &Node,
    spans: &SpanSelector,
    guard: &Guard<'_>,
    is_only: bool,
) -> Fault {
    let source = meant.source(node.range());
    let (range, message, modern) = match guard {
        Guard::Bound(binding) => {
            let bound = ExprKind::Bound {
                binding: *binding,
                filter: spans.filter.clone(),
            };
            let name = &meant.body.bindings[usize::from(binding.0)].name;
            let message = format!("any `{source}` of the trace will do here, not `{name}` alone");
            let modern = meant.printer().expr(&super::meant::expr(bound));
            (node.range(), message, Some(modern))
        }
        Guard::When(when, others) => {
            let message = format!("one `{source}` is enough here, though `when` speaks of all");
            let words = [ClauseWord::When, ClauseWord::Always];
            let whole = meant
                .whole(&words)
                .filter(|_| is_only && spans.trace.is_empty() && when.trace.is_empty());
            let modern = whole.clone().and_then(|_| each(meant, when, others, spans));
            (
                whole.filter(|_| modern.is_some()).unwrap_or(node.range()),
                message,
                modern,
            )
        }
    };
    finished(
        code::ONE_SPAN_IS_ENOUGH,
        range,
        message,
        modern,
        "bind it with `when each { … as p }` and ask `p.where(…)`",
    )
}

/// `always { S.where(c) }`
fn one_in_every_trace(
    meant: &Meant<'_>,
    node: &Node,
    spans: &SpanSelector,
    is_only: bool,
) -> Fault {
    let whole = meant
        .whole(&[ClauseWord::Always])
        .filter(|_| is_only && spans.trace.is_empty());
    let all = SpanSelector::all(spans.base.clone());
    let modern = whole.clone().and_then(|_| never(meant, &all, spans));
    let source = meant.source(node.range());
    let message = "this demands such a span in every trace, and one is enough";
    let range = whole.filter(|_| modern.is_some()).unwrap_or(node.range());
    let help = format!("for the traces that need one: `when {{ … }} always {{ {source} }}`");
    finished(code::ONE_SPAN_IS_ENOUGH, range, message, modern, &help)
}

/// `always { S }`
fn in_every_trace(meant: &Meant<'_>, node: &Node) -> Fault {
    let source = meant.source(node.range());
    let message = format!(
        "no `when` says which traces need `{source}`, so every trace without it breaks this rule"
    );
    Fault::new(code::IN_EVERY_TRACE, node.range(), message).help(format!(
        "say which do: `when {{ … }} always {{ {source} }}`; if every trace does, say that: `when {{ any }} always {{ {source} }}`"
    ))
}

/// `always { A inside B }`, and the same behind `when { A }`.
fn one_of_an_order(
    meant: &Meant<'_>,
    node: &Node,
    related: &Related,
    is_guarded: bool,
) -> Option<Fault> {
    let left = &related.left;
    let is_guard = |when: &Expr| matches!(&when.kind, ExprKind::Exists(guard) if guard == left);
    let is_same = meant.body.bindings.is_empty() && meant.body.when.as_ref().is_some_and(is_guard);
    if is_guarded && !is_same || !matches!(left, Selector::Spans(_)) {
        return None;
    }
    let (words, message): (&[ClauseWord], _) = match is_same {
        true => (
            &[ClauseWord::When, ClauseWord::Always],
            "this holds as soon as one span qualifies, though `when` speaks of all",
        ),
        false => (
            &[ClauseWord::Always],
            "this holds as soon as one span qualifies, and is broken by every trace that has none",
        ),
    };
    let each = Selector::related(Selector::Bound(BindingId(0)), related.relation.clone());
    let whole = meant.whole(words);
    let modern = whole
        .clone()
        .and_then(|_| meant.for_each(left.clone(), &[], ExprKind::Exists(each)));
    let range = whole.filter(|_| modern.is_some()).unwrap_or(node.range());
    let help = "bind the spans with `when each { … as p }`, which asks it of every one";
    Some(finished(code::ONE_IS_ENOUGH, range, message, modern, help))
}

/// That each span of `all` satisfies what `spans` asks for beyond it.
fn each(
    meant: &Meant<'_>,
    all: &SpanSelector,
    given: &[&Expr],
    spans: &SpanSelector,
) -> Option<String> {
    let asked = spans.filter.iter();
    let filter: Vec<Predicate> = asked
        .filter(|part| !all.filter.contains(part))
        .cloned()
        .collect();
    if filter.is_empty() {
        return None;
    }
    let bound = ExprKind::Bound {
        binding: BindingId(0),
        filter,
    };
    meant.for_each(Selector::from(all.clone()), given, bound)
}

/// That no span of `all` fails what `spans` asks for.
fn never(meant: &Meant<'_>, all: &SpanSelector, spans: &SpanSelector) -> Option<String> {
    let asked: Vec<_> = spans
        .filter
        .iter()
        .filter(|part| !all.filter.contains(part))
        .cloned()
        .collect();
    let mut failing_spans = all.clone();
    failing_spans.filter.push(failing(&asked)?);
    let printed = meant.printer().selector(&failing_spans.into());
    Some(format!("never {{ {printed} }}"))
}

fn finished(
    code: crate::codes::Code,
    range: Range<usize>,
    message: impl Into<String>,
    modern: Option<String>,
    other: &str,
) -> Fault {
    let fault = Fault::new(code, range, message);
    match modern {
        Some(modern) => fault
            .help(format!("if every one is meant: `{modern}`; {other}"))
            .suggest(modern),
        None => fault.help(format!("if every one is meant, {other}")),
    }
}
