//! What can be known while a trace is open, and what waits for its close.
//!
//! A fact that no later span can undo is known at once: that a span came, that a count went beyond a bound.
//! What rests on absence waits. This works out, from what a rule says, every [`Obstacle`] that stands
//! between a clause and its breach being known early; where there is none, the engine tries the rule as spans
//! come, and `explain` prints the same obstacles in words.
//!
//! The account is of the parts one by one, as evaluation is: that two parts can never hold together is not
//! seen, and such a rule is tried in vain.

pub(crate) mod measure;
pub(crate) mod obstacle;
pub(crate) mod selector;
pub(crate) mod trace;

use betrace_lang::rule::{
    Body, ClauseKind, CompareOp, Expr, ExprKind, GroupOp, Measure, Quantity, Selector,
};

use crate::few::Few;
use crate::plan::early::measure::{comparison, totals};
use crate::plan::early::obstacle::{ClauseProfile, Obstacle, Obstacles, either, every};
use crate::plan::early::selector::{base, having, lacking, settling};
use crate::plan::early::trace::trace_test;

/// The clauses of a rule, `never` first, each with what stands against knowing its breach early.
pub(crate) fn clauses(body: &Body) -> Vec<ClauseProfile> {
    let mut before = Vec::new();
    for binding in &body.bindings {
        before.extend(having(&binding.selector));
    }
    if let Some(when) = &body.when {
        before.extend(knowing(when, true));
    }
    for exception in &*body.exceptions {
        let why = knowing(exception, false).into_iter();
        before.extend(why.map(|why| Obstacle::Exception(Box::new(why))));
    }
    let never = if body.is_pattern {
        ClauseKind::Pattern
    } else {
        ClauseKind::Never
    };
    let clauses = [
        (never, &body.never, true),
        (ClauseKind::Always, &body.always, false),
    ];
    clauses
        .into_iter()
        .filter_map(|(clause, expr, breaks_when)| {
            let mut all = before.clone();
            all.extend(knowing(expr.as_ref()?, breaks_when));
            let mut waits_for: Vec<Obstacle> = Vec::new();
            for obstacle in all {
                if !waits_for.contains(&obstacle) {
                    waits_for.push(obstacle);
                }
            }
            Some(ClauseProfile { clause, waits_for })
        })
        .collect()
}

/// Whether a rule can be violated while its trace is open: whether nothing stands against some clause of [`clauses`]. Of most
/// rules the first part says that something does.
pub(crate) fn fires_early(body: &Body) -> bool {
    let is_known = |expr: &Expr, wanted| knowing(expr, wanted).is_empty();
    let mut bound = body.bindings.iter();
    body.exceptions.iter().all(|one| is_known(one, false))
        && bound.all(|one| having(&one.selector).is_empty())
        && body.when.as_ref().is_none_or(|when| is_known(when, true))
        && (body.never.as_ref().is_some_and(|one| is_known(one, true))
            || body.always.as_ref().is_some_and(|one| is_known(one, false)))
}

/// Against knowing, before the close, that a condition is as wanted.
fn knowing(expr: &Expr, wanted: bool) -> Obstacles {
    let known = |part: &Expr| knowing(part, wanted);
    match &expr.kind {
        ExprKind::And(parts) if wanted => every(parts.iter().map(known)),
        ExprKind::And(parts) => either(parts.iter().map(known)),
        ExprKind::Or(parts) if wanted => either(parts.iter().map(known)),
        ExprKind::Or(parts) => every(parts.iter().map(known)),
        ExprKind::Not(inner) => knowing(inner, !wanted),
        ExprKind::Exists(selector) if wanted => having(selector),
        ExprKind::Exists(selector) => lacking(selector),
        // What is seen of a span does not change.
        ExprKind::Bound { .. } => Few::None,
        ExprKind::GroupCompare {
            measure, op, value, ..
        } => in_some_group(measure, *op, value, wanted),
        ExprKind::Compare { left, op, right } => comparison(left, *op, right, wanted),
        ExprKind::CompareTotals { left, op, right } => totals(left, *op, right, wanted),
        ExprKind::Trace(test) => trace_test(test, wanted),
    }
}

/// Against knowing whether the measure of some group reaches a value.
fn in_some_group(measure: &Measure, op: GroupOp, value: &Quantity, wanted: bool) -> Obstacles {
    let selector = measure.selector();
    if !wanted {
        return settling(selector);
    }
    let op = match op {
        GroupOp::Gt => CompareOp::Gt,
        GroupOp::Ge => CompareOp::Ge,
    };
    let reached = comparison(measure, op, value, true);
    let may_more_come = reached.contains(&Obstacle::MoreMayCome(selector.clone()));
    match base(selector) {
        // One span alone never reaches it.
        Selector::Bound(_) if may_more_come => Few::One(Obstacle::Never),
        // There is no group before someone is in it.
        _ => every([having(selector), reached]),
    }
}

#[cfg(test)]
mod tests {
    use betrace_bench::rules;
    use betrace_lang::{SourceFile, compile};

    use super::*;

    #[test]
    fn a_rule_fires_early_where_nothing_stands_against_one_of_its_clauses() {
        let texts = [
            rules::hundred(),
            rules::many(100),
            "rules:\n  - { id: a, exceptions: 'trace:duration > 1s', condition: 'never { b }' }\n"
                .to_owned(),
            "rules:\n  - { id: a, condition: 'when { b } always { not c } never { d }' }\n"
                .to_owned(),
        ];
        let mut early = 0;
        for text in texts {
            for rule in compile(&[SourceFile::new("r.yaml", text)]).unwrap() {
                let clauses = clauses(&rule.body);
                let of_clauses = clauses.iter().any(|clause| clause.waits_for.is_empty());
                assert_eq!(fires_early(&rule.body), of_clauses, "{:?}", rule.id);
                early += usize::from(of_clauses);
            }
        }
        assert!(early > 20, "{early}");
    }
}
