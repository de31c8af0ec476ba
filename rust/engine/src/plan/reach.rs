//! From which value on a single span can matter to a rule that bounds the greatest or the least value of spans: what stays
//! within all bounds changes nothing that is asked of the cell, however many spans do.

use betrace_lang::rule::{Aggregate, CompareOp};
use hashbrown::HashMap;

use crate::intern::CellId;
use crate::logic::interval::End;
use crate::plan::Clauses;
use crate::plan::condition::{Against, Comparison, Condition, ConditionKind, Measuring};
use crate::plan::feed::{CellReach, SelectorPlan, ValueReach};

/// The cell of a comparison that is not as wanted without a value, and is once some single value [reaches](ValueReach) its bound.
/// `None`: it hangs on more than that.
pub(crate) fn reached_cell(condition: &Condition, wanted: bool) -> Option<CellId> {
    let (cell, ..) = bounded(condition)?;
    let ConditionKind::Compare(compared) = &condition.kind else {
        return None;
    };
    let Comparison {
        left: Measuring::OfCell { function, .. },
        op,
        ..
    } = &**compared
    else {
        return None;
    };
    let is_upwards = matches!(op, CompareOp::Gt | CompareOp::Ge);
    let is_downwards = matches!(op, CompareOp::Lt | CompareOp::Le);
    let breaks = match function {
        Aggregate::Max => wanted && is_upwards || !wanted && is_downwards,
        _ => wanted && is_downwards || !wanted && is_upwards,
    };
    breaks.then_some(cell)
}

/// The cell that a comparison bounds, and what reaches the bound.
fn bounded(condition: &Condition) -> Option<(CellId, ValueReach)> {
    let ConditionKind::Compare(compared) = &condition.kind else {
        return None;
    };
    let Comparison {
        left: Measuring::OfCell { function, cell, .. },
        right: Against::Value(value),
        ..
    } = &**compared
    else {
        return None;
    };
    let reach = match (function, value.low, value.high) {
        (Aggregate::Max, End::At(low), _) => ValueReach {
            greatest: Some(low),
            least: None,
        },
        (Aggregate::Min, _, End::At(high)) => ValueReach {
            greatest: None,
            least: Some(high),
        },
        _ => return None,
    };
    Some((*cell, reach))
}

/// The bounds of the cells that some rule bounds.
#[derive(Default)]
pub(super) struct Reaches(HashMap<CellId, ValueReach>);

impl Reaches {
    /// Adds what a rule bounds.
    pub fn add(&mut self, clauses: &Clauses) {
        let conditions = [&clauses.when, &clauses.never, &clauses.always];
        let conditions = conditions.into_iter().flatten().chain(&*clauses.exceptions);
        conditions.for_each(|condition| reaches(condition, &mut self.0));
    }

    /// Notes with the selectors which values of their cells matter to some rule.
    pub fn note(&self, selectors: &mut [SelectorPlan]) {
        if self.0.is_empty() {
            return;
        }
        for selector in selectors {
            let cells = selector.feeds.iter().map(|feed| feed.cell);
            let bounded = cells.filter_map(|cell| Some(CellReach::new(cell, *self.0.get(&cell)?)));
            selector.reaches = bounded.collect();
        }
    }
}

/// Adds the bounds of a condition and its parts to those of the cells.
fn reaches(condition: &Condition, all: &mut HashMap<CellId, ValueReach>) {
    match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            parts.iter().for_each(|part| reaches(part, all));
        }
        ConditionKind::Not(inner) => reaches(inner, all),
        _ => {
            if let Some((cell, reach)) = bounded(condition) {
                all.entry(cell).or_default().join(reach);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Completeness;
    use crate::intern::Interner;
    use crate::plan::compile::compile;
    use crate::tests::rules::rules;

    #[test]
    fn a_selector_knows_which_values_of_its_cells_matter_to_some_rule() {
        let reaches = |texts: &[&str]| -> Vec<String> {
            let plan = compile(rules(texts), &mut Interner::default(), Completeness::Root);
            let plan = plan.unwrap();
            let all = plan.selectors.iter().flat_map(|selector| &selector.reaches);
            let shown = all.map(|one| format!("{:?} {:?}", one.reach.least, one.reach.greatest));
            shown.collect()
        };
        let above = "above: never { max(a, size) > 10 }";
        let below = "below: when { b } never { not (min(a, size) >= 3) }";
        assert_eq!(reaches(&["r: never { avg(a, size) > 10 }"]), [""; 0]);
        assert_eq!(reaches(&[above]), ["None Some(Int(10))"]);
        assert_eq!(reaches(&[below]), ["Some(Int(3)) None"]);
        let lower = "lower: never { b or max(a, size) > 5 }";
        assert_eq!(reaches(&[above, lower]), ["None Some(Int(5))"]);
    }
}
