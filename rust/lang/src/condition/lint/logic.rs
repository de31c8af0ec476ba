//! Rules that can never fire, or always do, and parts that say nothing.
//!
//! Only what follows from the words themselves is reported: contradicting comparisons of one field,
//! `x and not x`, counts below zero. What this finds is certain; it does not find everything.

use std::cmp::Ordering;
use std::ops::Range;

use super::implied::{implies, selects_nothing};
use crate::codes::conditions as code;
use crate::condition::ast::{ClauseWord, Document};
use crate::diagnostic::fault::Fault;
use crate::rule::{
    Aggregate, Body, CompareOp, Expr, ExprKind, Measure, Number, Quantity, Selector,
};

/// Looks at a checked rule as a whole.
pub(crate) fn body(document: &Document, body: &Body, faults: &mut Vec<Fault>) {
    let place = |word: ClauseWord| clause_range(document, word);
    let mut assumed: Vec<&Expr> = Vec::new();
    if let Some(when) = &body.when {
        assumed.extend(parts(when));
        match always(when) {
            Some(false) => {
                let range = place(ClauseWord::When);
                let message = "this can hold in no trace, so the rule never fires";
                faults.push(Fault::new(code::NEVER_FIRES, range, message));
                return;
            }
            Some(true) => {
                let range = place(ClauseWord::When);
                let message = "this holds in every trace, so it says nothing";
                faults.push(Fault::new(code::ALWAYS_SAME, range, message));
            }
            None => same_parts(when, place(ClauseWord::When), faults),
        }
    }
    for binding in &body.bindings {
        if selects_nothing(&binding.selector) {
            let message = format!(
                "`{}` can select no span, so the rule never fires",
                binding.name
            );
            faults.push(Fault::new(
                code::NEVER_FIRES,
                place(ClauseWord::When),
                message,
            ));
            return;
        }
    }
    if let Some(clause) = &body.always {
        let range = place(ClauseWord::Always);
        let is_implied = |part: &Expr| {
            assumed.iter().any(|known| implies(known, part))
                || body
                    .bindings
                    .iter()
                    .any(|binding| super::implied::binding_implies(binding, part))
        };
        match always(clause) {
            Some(true) if body.never.is_none() => {
                let message = "this holds in every trace, so the rule never fires";
                faults.push(Fault::new(code::NEVER_FIRES, range, message));
            }
            Some(true) => {
                let message = "this holds in every trace, so it says nothing";
                faults.push(Fault::new(code::ALWAYS_SAME, range, message));
            }
            Some(false) => {
                faults.push(Fault::new(
                    code::ALWAYS_FIRES,
                    range,
                    fires(body, "this can hold in no trace"),
                ));
            }
            None if parts(clause).all(is_implied) => {
                let message = "`when` implies this, so it is never broken";
                faults.push(Fault::new(code::IMPLIED, range, message));
            }
            None => {
                for part in parts(clause).filter(|part| is_implied(part)) {
                    let message =
                        format!("`when` implies `{}`, so it says nothing here", part.text);
                    faults.push(Fault::new(code::IMPLIED, range.clone(), message));
                }
                same_parts(clause, range, faults);
            }
        }
    }
    if let Some(clause) = &body.never {
        let range = place(if body.is_pattern {
            ClauseWord::When
        } else {
            ClauseWord::Never
        });
        let both: Vec<&Expr> = assumed.iter().copied().chain(parts(clause)).collect();
        match always(clause) {
            Some(false) => {
                let message = "this can hold in no trace, so it never fires";
                faults.push(Fault::new(code::NEVER_FIRES, range, message));
            }
            Some(true) => {
                faults.push(Fault::new(
                    code::ALWAYS_FIRES,
                    range,
                    fires(body, "this holds in every trace"),
                ));
            }
            None if contradict(&both) => {
                let message = "this cannot hold together with `when`, so it never fires";
                faults.push(Fault::new(code::NEVER_FIRES, range, message));
            }
            None => same_parts(clause, range, faults),
        }
    }
}

fn fires(body: &Body, why: &str) -> String {
    if body.when.is_none() && body.bindings.is_empty() {
        format!("{why}, so the rule fires on every trace")
    } else {
        format!("{why}, so the rule fires whenever `when` holds")
    }
}

/// Parts of `and` and `or`, at any depth, that are always the same.
fn same_parts(expr: &Expr, range: Range<usize>, faults: &mut Vec<Fault>) {
    let inner: Vec<&Expr> = match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().collect(),
        ExprKind::Not(inner) => vec![inner],
        _ => return,
    };
    for part in inner {
        match always(part) {
            Some(value) => {
                let holds = if value {
                    "in every trace"
                } else {
                    "in no trace"
                };
                let message = format!("`{}` holds {holds}, so it says nothing", part.text);
                faults.push(Fault::new(code::ALWAYS_SAME, range.clone(), message));
            }
            None => same_parts(part, range.clone(), faults),
        }
    }
}

/// Where the condition of a clause stands; of a pattern, the whole text.
fn clause_range(document: &Document, word: ClauseWord) -> Range<usize> {
    let same = |other: ClauseWord| {
        other == word || word == ClauseWord::When && other == ClauseWord::WhenEach
    };
    let items = match document {
        Document::Clauses(clauses) => match clauses.iter().find(|clause| same(clause.word)) {
            Some(clause) => clause.items.as_slice(),
            None => &[],
        },
        Document::Pattern(items) => items.as_slice(),
        Document::OneSpanRule { body, .. } => std::slice::from_ref(body),
        Document::Broken => &[],
    };
    match (items.first(), items.last()) {
        (Some(first), Some(last)) => first.start..last.end,
        _ => 0..0,
    }
}

fn parts(expr: &Expr) -> Box<dyn Iterator<Item = &Expr> + '_> {
    match &expr.kind {
        ExprKind::And(parts) => Box::new(parts.iter()),
        _ => Box::new(std::iter::once(expr)),
    }
}

/// What the expression is in every trace, if it is the same in all.
pub(super) fn always(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::And(parts) => {
            let values: Vec<Option<bool>> = parts.iter().map(always).collect();
            let all: Vec<&Expr> = parts.iter().collect();
            if values.contains(&Some(false)) || contradict(&all) {
                Some(false)
            } else {
                values
                    .iter()
                    .all(|value| *value == Some(true))
                    .then_some(true)
            }
        }
        ExprKind::Or(parts) => {
            let values: Vec<Option<bool>> = parts.iter().map(always).collect();
            let is_either = parts
                .iter()
                .any(|part| parts.iter().any(|other| is_negation(part, other)));
            if values.contains(&Some(true)) || is_either {
                Some(true)
            } else {
                values
                    .iter()
                    .all(|value| *value == Some(false))
                    .then_some(false)
            }
        }
        ExprKind::Not(inner) => always(inner).map(|value| !value),
        ExprKind::Exists(selector) => match selector {
            Selector::Bound(_) => Some(true),
            selector => selects_nothing(selector).then_some(false),
        },
        ExprKind::Compare { left, op, right } => match right {
            Quantity::Number(number) => compared(left, *op, *number),
            _ => None,
        },
        ExprKind::GroupCount { selector, .. } => selects_nothing(selector).then_some(false),
        ExprKind::Trace(_) => None,
    }
}

/// Parts that cannot hold together.
fn contradict(parts: &[&Expr]) -> bool {
    for (index, part) in parts.iter().enumerate() {
        if parts[index + 1..]
            .iter()
            .any(|other| is_negation(part, other) || exclude(part, other))
        {
            return true;
        }
    }
    false
}

fn is_negation(one: &Expr, other: &Expr) -> bool {
    let negates =
        |not: &Expr, expr: &Expr| matches!(&not.kind, ExprKind::Not(inner) if **inner == *expr);
    negates(one, other) || negates(other, one)
}

/// Two comparisons of one measure with numbers that no number satisfies.
fn exclude(one: &Expr, other: &Expr) -> bool {
    let (
        ExprKind::Compare {
            left,
            op,
            right: Quantity::Number(number),
        },
        ExprKind::Compare {
            left: other_left,
            op: other_op,
            right: Quantity::Number(other_number),
        },
    ) = (&one.kind, &other.kind)
    else {
        return false;
    };
    left == other_left && numbers_exclude((*op, *number), (*other_op, *other_number))
}

/// Whether no number satisfies both comparisons.
pub(super) fn numbers_exclude(one: (CompareOp, Number), other: (CompareOp, Number)) -> bool {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    let order = one.1.compare(other.1);
    match (one.0, other.0) {
        (Eq, Eq) => order != Ordering::Equal,
        (Eq, Ne) | (Ne, Eq) => order == Ordering::Equal,
        (Eq, Lt) | (Ge, Lt) | (Gt, Lt) | (Gt, Le) | (Gt, Eq) => order != Ordering::Less,
        (Eq, Le) | (Ge, Le) | (Ge, Eq) => order == Ordering::Greater,
        (Lt, Eq | Ge | Gt) | (Le, Gt) | (Eq, Gt) => order != Ordering::Greater,
        (Le, Eq | Ge) | (Eq, Ge) => order == Ordering::Less,
        _ => false,
    }
}

/// A count is never below zero, and of nothing it is zero.
fn compared(measure: &Measure, op: CompareOp, number: Number) -> Option<bool> {
    let (selector, is_count) = match measure {
        Measure::Count(selector) => (selector, true),
        Measure::Of {
            function, selector, ..
        } => (selector, *function == Aggregate::Distinct),
    };
    if !is_count {
        return None;
    }
    let zero = number.compare(Number::Int(0));
    if selects_nothing(selector) {
        return Some(match op {
            CompareOp::Eq => zero == Ordering::Equal,
            CompareOp::Ne => zero != Ordering::Equal,
            CompareOp::Lt => zero == Ordering::Greater,
            CompareOp::Le => zero != Ordering::Less,
            CompareOp::Gt => zero == Ordering::Less,
            CompareOp::Ge => zero != Ordering::Greater,
        });
    }
    let is_whole = matches!(number, Number::Int(_));
    match op {
        CompareOp::Ge if zero != Ordering::Greater => Some(true),
        CompareOp::Gt if zero == Ordering::Less => Some(true),
        CompareOp::Lt if zero != Ordering::Greater => Some(false),
        CompareOp::Le if zero == Ordering::Less => Some(false),
        CompareOp::Eq if zero == Ordering::Less || !is_whole => Some(false),
        CompareOp::Ne if zero == Ordering::Less || !is_whole => Some(true),
        _ => None,
    }
}
