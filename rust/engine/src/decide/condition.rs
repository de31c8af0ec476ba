//! Conditions over a trace's state, in the open world: true or false only where no later span can
//! change it.

use crate::decide::eval::Eval;
use crate::decide::facts::{Facts, skew_if};
use crate::decide::groups;
use crate::decide::measure::{against, measure, total};
use crate::logic::tri::Tri;
use crate::plan::condition::{Condition, ConditionKind, Counted, Selecting};

pub(crate) fn truth<'a>(eval: &mut Eval<'a>, condition: &'a Condition) -> Tri {
    match &condition.kind {
        ConditionKind::And(parts) => fold(eval, parts, Tri::True, Tri::and, Tri::False),
        ConditionKind::Or(parts) => fold(eval, parts, Tri::False, Tri::or, Tri::True),
        ConditionKind::Not(inner) => truth(eval, inner).negate(),
        ConditionKind::Exists(Selecting::Counted(counted)) => some_counted(&eval.facts, counted),
        ConditionKind::Exists(Selecting::Members(node)) => {
            eval.with_members(node, |_, set| set.exists())
        }
        ConditionKind::Bound {
            binding, filter, ..
        } => eval.proves(*binding, filter),
        ConditionKind::Compare(compared) => {
            let left = measure(eval, &compared.left);
            let right = against(eval, &compared.right);
            left.compare(compared.op, right)
        }
        ConditionKind::Totals { left, op, right } => {
            let left = total(eval, left);
            let right = total(eval, right);
            left.compare(*op, right)
        }
        ConditionKind::Groups { groups, op, value } => {
            groups::some_reaches(eval, groups, *op, **value)
        }
        ConditionKind::Trace(test) => eval.facts.trace_test(test),
    }
}

fn fold<'a>(
    eval: &mut Eval<'a>,
    parts: &'a [Condition],
    start: Tri,
    join: impl Fn(Tri, Tri) -> Tri,
    end: Tri,
) -> Tri {
    let mut value = start;
    for part in parts {
        value = join(value, truth(eval, part));
        if value == end {
            break;
        }
    }
    value
}

fn some_counted(facts: &Facts<'_>, counted: &Counted) -> Tri {
    let selects = facts.trace_tests(&counted.trace);
    let (certain, perhaps) = facts
        .count_cell(counted.count)
        .map_or((0, 0), |count| (count.certain, count.perhaps));
    match selects {
        Tri::False => Tri::False,
        Tri::True if certain > 0 => Tri::True,
        _ if facts.closed && certain == 0 && perhaps == 0 => Tri::False,
        _ => Tri::Open(selects.reasons().with(skew_if(perhaps > 0))),
    }
}
