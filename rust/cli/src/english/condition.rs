//! Conditions on a trace, in English.

use betrace_lang::rule::{
    Aggregate, CompareOp, Expr, ExprKind, GroupKey, GroupOp, Measure, Number, Quantity, Term, Total,
};

use crate::words::duration;

use super::field::{Names, comparison, number, term};
use super::span::{Article, keys, noun, of_trace, such};

/// A sentence without its full stop: `there is a span named x`.
#[must_use]
pub fn holds(expr: &Expr, names: Names<'_>) -> String {
    said(expr, names, false, false)
}

/// The opposite of [`holds`].
#[must_use]
pub fn fails(expr: &Expr, names: Names<'_>) -> String {
    said(expr, names, true, false)
}

fn said(expr: &Expr, names: Names<'_>, is_negated: bool, is_inner: bool) -> String {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            // The opposite of a list is the list of the opposites, joined the other way.
            let is_and = matches!(expr.kind, ExprKind::And(_)) != is_negated;
            let word = if is_and { ", and " } else { ", or " };
            let parts: Vec<String> = parts
                .iter()
                .map(|part| said(part, names, is_negated, true))
                .collect();
            let text = parts.join(word);
            if is_inner { format!("({text})") } else { text }
        }
        ExprKind::Not(inner) => said(inner, names, !is_negated, is_inner),
        ExprKind::Exists(selector) if is_negated => {
            format!("there is no {}", noun(selector, names, Article::Bare))
        }
        ExprKind::Exists(selector) => {
            format!("there is {}", noun(selector, names, Article::A))
        }
        ExprKind::Bound { binding, filter } => {
            let is = if is_negated { "is no" } else { "is a" };
            format!("`{}` {is} {}", names.binding(*binding), such(filter, names))
        }
        ExprKind::Compare { left, op, right } => format!(
            "{} {} {}",
            measure(left, names),
            comparison(*op, is_negated),
            quantity(right, names)
        ),
        ExprKind::CompareTotals { left, op, right } => format!(
            "{} {} {}",
            total(left, names),
            comparison(*op, is_negated),
            total(right, names)
        ),
        ExprKind::GroupCompare {
            measure,
            by,
            op,
            value,
        } => {
            let sentence = grouped(measure, by, *op, value, names);
            if is_negated {
                format!("it is not so that {sentence}")
            } else {
                sentence
            }
        }
        ExprKind::Trace(test) if is_negated => {
            format!("it is not so that {}", of_trace(test, names))
        }
        ExprKind::Trace(test) => of_trace(test, names),
    }
}

fn grouped(
    of: &Measure,
    by: &[GroupKey],
    op: GroupOp,
    value: &Quantity,
    names: Names<'_>,
) -> String {
    let keys = keys(by, names);
    let more = match op {
        GroupOp::Gt => "more than",
        GroupOp::Ge => "at least",
    };
    let value = quantity(value, names);
    match of {
        Measure::Count(selector) => {
            let spans = noun(selector, names, Article::Plural);
            format!("{more} {value} {spans} have one and the same {keys}")
        }
        of => format!(
            "of those that have one and the same {keys}, {} is {more} {value}",
            measure(of, names)
        ),
    }
}

fn measure(measure: &Measure, names: Names<'_>) -> String {
    match measure {
        Measure::Count(selector) => {
            format!("the number of {}", noun(selector, names, Article::Plural))
        }
        Measure::Within { selector, window } => format!(
            "the largest number of {} that start within {}",
            noun(selector, names, Article::Plural),
            duration(*window)
        ),
        Measure::Overlap(selector) => format!(
            "the largest number of {} under way at one time",
            noun(selector, names, Article::Plural)
        ),
        Measure::Of {
            function,
            selector,
            of,
        } => {
            let spans = noun(selector, names, Article::Plural);
            let value = term(of, names);
            match function {
                Aggregate::Sum => format!("the sum of {value} over the {spans}"),
                Aggregate::Min => format!("the smallest {value} of the {spans}"),
                Aggregate::Max => format!("the largest {value} of the {spans}"),
                Aggregate::Avg => format!("the average {value} of the {spans}"),
                Aggregate::Distinct => {
                    format!("the number of different values of {value} among the {spans}")
                }
            }
        }
    }
}

fn quantity(quantity: &Quantity, names: Names<'_>) -> String {
    match quantity {
        Quantity::Number(value) => number(*value),
        Quantity::Duration(value) => duration(*value),
        Quantity::Term(of @ Term::Length(_)) => format!("the {}", term(of, names)),
        Quantity::Term(of) => term(of, names),
        Quantity::Measure {
            factor,
            measure: of,
        } => {
            let of = measure(of, names);
            if *factor == Number::Int(1) {
                of
            } else {
                format!("{} times {of}", number(*factor))
            }
        }
    }
}

fn total(total: &Total, names: Names<'_>) -> String {
    let mut text = String::new();
    for part in &total.parts {
        text += match (text.is_empty(), part.is_taken_away) {
            (true, _) => "",
            (_, true) => " less ",
            (_, false) => " plus ",
        };
        if part.factor != Number::Int(1) {
            text += &format!("{} times ", number(part.factor));
        }
        text += &quantity(&part.of, names);
    }
    text
}

/// What a clause asks, each demand a sentence: `there must be a span named x`.
#[must_use]
pub fn must_hold(expr: &Expr, names: Names<'_>) -> Vec<String> {
    demands(expr, names, false)
}

/// What a clause forbids, each demand a sentence: `there must be no span named x`.
#[must_use]
pub fn must_not_hold(expr: &Expr, names: Names<'_>) -> Vec<String> {
    demands(expr, names, true)
}

/// All of several are demanded one by one, and none of several is.
fn demands(expr: &Expr, names: Names<'_>, is_negated: bool) -> Vec<String> {
    match &expr.kind {
        ExprKind::And(parts) if !is_negated => parts
            .iter()
            .flat_map(|part| demands(part, names, false))
            .collect(),
        ExprKind::Or(parts) if is_negated => parts
            .iter()
            .flat_map(|part| demands(part, names, true))
            .collect(),
        ExprKind::Not(inner) => demands(inner, names, !is_negated),
        _ => vec![demand(expr, names, is_negated)],
    }
}

fn demand(expr: &Expr, names: Names<'_>, is_negated: bool) -> String {
    match &expr.kind {
        ExprKind::Exists(selector) if is_negated => {
            format!("there must be no {}", noun(selector, names, Article::Bare))
        }
        ExprKind::Exists(selector) => {
            format!("there must be {}", noun(selector, names, Article::A))
        }
        ExprKind::Bound { binding, filter } => {
            let must = if is_negated {
                "must be no"
            } else {
                "must be a"
            };
            format!(
                "`{}` {must} {}",
                names.binding(*binding),
                such(filter, names)
            )
        }
        ExprKind::Compare { left, op, right } => {
            let (left, right) = (measure(left, names), quantity(right, names));
            format!("{left} {} {right}", must_be(*op, is_negated))
        }
        ExprKind::CompareTotals { left, op, right } => {
            let (left, right) = (total(left, names), total(right, names));
            format!("{left} {} {right}", must_be(*op, is_negated))
        }
        _ if is_negated => format!("it must never be that {}", holds(expr, names)),
        _ => format!("it must be that {}", holds(expr, names)),
    }
}

fn must_be(op: CompareOp, is_negated: bool) -> &'static str {
    match (op, is_negated) {
        (CompareOp::Eq, false) | (CompareOp::Ne, true) => "must be",
        (CompareOp::Ne, false) | (CompareOp::Eq, true) => "must not be",
        (CompareOp::Lt, false) => "must be less than",
        (CompareOp::Le, false) => "must be at most",
        (CompareOp::Gt, false) => "must be more than",
        (CompareOp::Ge, false) => "must be at least",
        (CompareOp::Lt, true) => "must not be less than",
        (CompareOp::Le, true) => "must not be at most",
        (CompareOp::Gt, true) => "must not be more than",
        (CompareOp::Ge, true) => "must not be at least",
    }
}
