//! Conditions of checked rules, made conditions over the cells of a trace.

use std::mem::take;
use std::sync::Arc;

use betrace_lang::rule::{CompareOp, Expr, ExprKind, GroupOp, Quantity};
use hashbrown::HashMap;

use crate::intern::CellId;
use crate::logic::interval::{End, Interval};
use crate::matcher::ids::SelectorId;
use crate::plan::condition::{Comparison, Condition, ConditionKind};
use crate::plan::draft::{Noted, RuleDraft};
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

/// Exceptions that rules share and that hang on nothing else of them, by where they lie: a plan has one copy of them.
#[derive(Default)]
pub(super) struct SharedExceptions(HashMap<*const Expr, PlannedExceptions>);

/// With what each rule reads for them.
struct PlannedExceptions {
    conditions: Arc<[Condition]>,
    cells: Noted<CellId>,
    selectors: Noted<SelectorId>,
    /// As long as they lie there nothing else does.
    _parts: Arc<[Expr]>,
}

impl SharedExceptions {
    /// Those of the rule that is planned.
    pub fn of(
        &mut self,
        draft: &mut RuleDraft<'_>,
        parts: &Arc<[Expr]>,
    ) -> Result<Arc<[Condition]>, PatternError> {
        let is_shared = Arc::strong_count(parts) > 1;
        let at = parts.as_ptr();
        if let Some(known) = self.0.get(&at).filter(|_| is_shared) {
            draft.cells.extend(&known.cells);
            draft.selectors.extend(&known.selectors);
            return Ok(Arc::clone(&known.conditions));
        }
        // What they bring is told apart from what the rule had before them.
        let (cells, selectors) = (take(&mut draft.cells), take(&mut draft.selectors));
        let fields = take(&mut draft.fields);
        let (memos, reads_trace) = (draft.memos, take(&mut draft.reads_trace));
        let conditions: Arc<[Condition]> = conditions(draft, parts)?.into();
        let is_apart = draft.memos == memos
            && draft.fields.is_empty()
            && !draft.reads_trace
            && conditions.iter().all(|condition| condition.mask == 0);
        if is_shared && is_apart {
            let planned = PlannedExceptions {
                conditions: Arc::clone(&conditions),
                cells: draft.cells.clone(),
                selectors: draft.selectors.clone(),
                _parts: Arc::clone(parts),
            };
            self.0.insert(at, planned);
        }
        draft.cells.extend(&cells);
        draft.selectors.extend(&selectors);
        draft.fields.extend(&fields);
        draft.reads_trace |= reads_trace;
        Ok(conditions)
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::Completeness;
    use crate::intern::Interner;
    use crate::plan::compile::compile;
    use crate::tests::rules::rules;

    #[test]
    fn exceptions_that_rules_share_stand_in_a_plan_once_and_each_of_them_reads_their_cells() {
        let texts = [
            "a: x | exceptions: [e.where(y == 1)]",
            "b: z | exceptions: [e.where(y == 1)]",
            "c: when each { x as p } always { z } | exceptions: [p.where(y == 1)]",
            "d: when each { v as p } always { z } | exceptions: [p.where(y == 1)]",
            "f: w | exceptions: ['trace:duration > 1s']",
            "g: v | exceptions: ['trace:duration > 1s']",
        ];
        let plan = compile(rules(&texts), &mut Interner::default(), Completeness::Root).unwrap();
        let [a, b, c, d, f, g] = plan.rules.as_slice() else {
            panic!("six rules");
        };
        let is_shared = |one: &crate::plan::RulePlan, other: &crate::plan::RulePlan| {
            Arc::ptr_eq(&one.clauses.exceptions, &other.clauses.exceptions)
        };
        assert!(is_shared(a, b));
        let both: Vec<_> = a
            .cells
            .iter()
            .filter(|cell| b.cells.contains(cell))
            .collect();
        assert_eq!((both.len(), a.cells.len(), b.cells.len()), (1, 2, 2));
        assert_eq!(plan.cell_readers[both[0]], 2);
        // Of a bound span, and of the trace as a whole, each rule has its own.
        assert!(!is_shared(c, d) && !is_shared(f, g));
        assert!(f.reads_trace && g.reads_trace && !a.reads_trace);
    }
}
