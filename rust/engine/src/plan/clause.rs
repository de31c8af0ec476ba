//! Conditions of checked rules, made conditions over the cells of a trace.

use betrace_lang::rule::{CompareOp, Expr, ExprKind, GroupOp, Quantity};

use crate::logic::interval::{End, Interval};
use crate::plan::condition::{Comparison, Condition, ConditionKind};
use crate::plan::draft::RuleDraft;
use crate::plan::measuring::{grouping, measure, quantity, selecting, total};
use crate::predicate::PatternError;

pub(super) fn optional(
    draft: &mut RuleDraft<'_>,
    expr: Option<&Expr>,
) -> Result<Option<Condition>, PatternError> {
    expr.map(|expr| condition(draft, expr)).transpose()
}

pub(super) fn condition(draft: &mut RuleDraft<'_>, expr: &Expr) -> Result<Condition, PatternError> {
    let kind = match &expr.kind {
        ExprKind::And(parts) => ConditionKind::And(conditions(draft, parts)?),
        ExprKind::Or(parts) => ConditionKind::Or(conditions(draft, parts)?),
        ExprKind::Not(inner) => ConditionKind::Not(Box::new(condition(draft, inner)?)),
        ExprKind::Exists(selector) => ConditionKind::Exists(selecting(draft, selector)?),
        ExprKind::Bound { binding, filter } => {
            let binding = usize::from(binding.0);
            let leaves = draft.bound.get(binding).cloned().unwrap_or_default();
            let (filter, mask) = draft.predicates(filter, &leaves)?;
            ConditionKind::Bound {
                binding,
                filter,
                mask: mask | 1 << binding,
            }
        }
        ExprKind::Compare { left, op, right } => ConditionKind::Compare(Box::new(Comparison {
            left: measure(draft, left)?,
            op: *op,
            right: quantity(draft, right)?,
        })),
        ExprKind::CompareTotals { left, op, right } => ConditionKind::Totals {
            left: total(draft, left)?.into(),
            op: *op,
            right: total(draft, right)?.into(),
        },
        ExprKind::GroupCompare {
            measure,
            by,
            op,
            value,
        } => ConditionKind::Groups {
            groups: Box::new(grouping(draft, measure, by)?),
            op: match op {
                GroupOp::Gt => CompareOp::Gt,
                GroupOp::Ge => CompareOp::Ge,
            },
            value: Box::new(match &**value {
                Quantity::Number(number) => Interval::exactly(End::At(*number)),
                Quantity::Duration(nanos) => Interval::exactly(End::count(*nanos)),
                // No group is compared with anything else.
                Quantity::Measure { .. } | Quantity::Term(_) => Interval::unknown(),
            }),
        },
        ExprKind::Trace(predicate) => ConditionKind::Trace(Box::new(draft.trace_test(predicate)?)),
    };
    Ok(Condition {
        mask: kind.mask(),
        kind,
        text: expr.text.clone(),
    })
}

pub(super) fn conditions(
    draft: &mut RuleDraft<'_>,
    parts: &[Expr],
) -> Result<Vec<Condition>, PatternError> {
    // Collected as results, a single one would take room for four.
    let mut compiled = Vec::with_capacity(parts.len());
    for part in parts {
        compiled.push(condition(draft, part)?);
    }
    Ok(compiled)
}
