//! Hashes of what a rule means, by which a reload tells changed rules from unchanged ones, and rules that say the same
//! or less than others are found.

use std::collections::HashSet;

use crate::condition::canonical::{USUAL_BYTES, push_canonical};
use crate::rule::{Base, Body, Completeness, Expr, ExprKind, MeaningHash, Quantity, Selector};

/// The first sixteen bytes of BLAKE3 over the canonical text of the body, exceptions included, and over what the rule
/// asks of a trace, if it says so itself.
#[must_use]
pub fn meaning_hash(body: &Body, completeness: Option<Completeness>) -> MeaningHash {
    let mut text = String::with_capacity(USUAL_BYTES);
    // A later change of the canonical form would change hashes; then this line changes as well.
    text.push_str("betrace meaning 1\n");
    push_canonical(&mut text, body);
    if let Some(completeness) = completeness {
        text.push_str("\ncompleteness ");
        text.push_str(completeness.as_str());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    MeaningHash(bytes)
}

/// A body as the sum of its parts: it is violated whenever its scope applies and some part is broken.
pub(crate) struct MeaningParts {
    /// Of `when`, bindings and exceptions, and of what is asked of the trace.
    pub scope: MeaningHash,
    /// Likewise of a rule that applies to every trace.
    pub everywhere: MeaningHash,
    pub never: HashSet<MeaningHash>,
    pub always: HashSet<MeaningHash>,
}

impl MeaningParts {
    pub fn of(body: &Body, completeness: Option<Completeness>) -> MeaningParts {
        let scope = Body {
            bindings: body.bindings.clone(),
            when: body.when.clone(),
            exceptions: body.exceptions.clone(),
            ..Body::empty()
        };
        MeaningParts {
            scope: meaning_hash(&scope, completeness),
            everywhere: meaning_hash(&Body::empty(), completeness),
            never: hashes(&body.never, broken_by_one),
            always: hashes(&body.always, broken_by_one_of_all),
        }
    }
}

/// The parts of `never`, of which each that holds breaks it.
fn broken_by_one(clause: &Expr) -> &[Expr] {
    match &clause.kind {
        ExprKind::Or(parts) => parts,
        _ => std::slice::from_ref(clause),
    }
}

/// The parts of `always`, of which each that fails breaks it.
fn broken_by_one_of_all(clause: &Expr) -> &[Expr] {
    clause.parts()
}

fn hashes(clause: &Option<Expr>, parts: fn(&Expr) -> &[Expr]) -> HashSet<MeaningHash> {
    let parts = clause.iter().flat_map(parts);
    parts.map(hash_of_part).collect()
}

fn hash_of_part(part: &Expr) -> MeaningHash {
    let alone = Body {
        never: Some(part.clone()),
        ..Body::empty()
    };
    meaning_hash(&alone, None)
}

/// What a part of a clause begins with. Parts that mean the same begin with the same, and most rules share it with no
/// other, so that it tells cheaply which rules cannot have a part in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PartBeginning<'a> {
    /// Of `never`, else of `always`.
    is_never: bool,
    spans: Option<FirstSpans<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum FirstSpans<'a> {
    Of(&'a Base),
    /// Whichever: a part by itself does not tell them apart.
    Bound,
}

/// With what the parts of both clauses begin.
pub(crate) fn part_beginnings(body: &Body) -> impl Iterator<Item = PartBeginning<'_>> {
    let never = body.never.iter().flat_map(broken_by_one);
    let always = body.always.iter().flat_map(broken_by_one_of_all);
    let beginning = |is_never| {
        move |part| PartBeginning {
            is_never,
            spans: first_of_expr(part),
        }
    };
    never
        .map(beginning(true))
        .chain(always.map(beginning(false)))
}

fn first_of_expr(expr: &Expr) -> Option<FirstSpans<'_>> {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.first().and_then(first_of_expr),
        ExprKind::Not(inner) => first_of_expr(inner),
        ExprKind::Exists(selector) => Some(first_of_selector(selector)),
        ExprKind::Bound { .. } => Some(FirstSpans::Bound),
        ExprKind::Compare { left, .. } => Some(first_of_selector(left.selector())),
        ExprKind::GroupCompare { measure, .. } => Some(first_of_selector(measure.selector())),
        ExprKind::CompareTotals { left, .. } => match &left.parts.first()?.of {
            Quantity::Measure { measure, .. } => Some(first_of_selector(measure.selector())),
            _ => None,
        },
        ExprKind::Trace(_) => None,
    }
}

fn first_of_selector(selector: &Selector) -> FirstSpans<'_> {
    match selector {
        Selector::Spans(spans) => FirstSpans::Of(&spans.base),
        Selector::Bound(_) => FirstSpans::Bound,
        Selector::Related(related) => first_of_selector(&related.left),
    }
}
