//! Which rules can be violated while their trace is open. What rests on absence cannot, and is not
//! even tried before the close. Where it is not plain, the answer errs towards trying.

use betrace_lang::rule::{Aggregate, CompareOp};

use crate::plan::{
    Against, Condition, ConditionKind, Measuring, Node, NodeKind, RelationPlan, RulePlan, Selecting,
};

/// Whether a condition can become true, and whether it can become false, before the close.
#[derive(Clone, Copy)]
struct Can {
    hold: bool,
    fail: bool,
}

/// `bindings`, `when`, … of a rule under construction.
pub(crate) fn can_fire_early(rule: &RulePlan) -> bool {
    let holds = |condition: &Option<Condition>| condition.as_ref().is_none_or(|c| can(c).hold);
    rule.bindings.iter().all(can_have)
        && holds(&rule.when)
        && rule.exceptions.iter().all(|exception| can(exception).fail)
        && (rule.never.as_ref().is_some_and(|never| can(never).hold)
            || rule.always.as_ref().is_some_and(|always| can(always).fail))
}

fn can(condition: &Condition) -> Can {
    match &condition.kind {
        ConditionKind::And(parts) => Can {
            hold: parts.iter().all(|part| can(part).hold),
            fail: parts.iter().any(|part| can(part).fail),
        },
        ConditionKind::Or(parts) => Can {
            hold: parts.iter().any(|part| can(part).hold),
            fail: parts.iter().all(|part| can(part).fail),
        },
        ConditionKind::Not(inner) => {
            let Can { hold, fail } = can(inner);
            Can {
                hold: fail,
                fail: hold,
            }
        }
        ConditionKind::Exists(selecting) => Can {
            hold: may_select(selecting),
            fail: may_be_closed(selecting),
        },
        ConditionKind::Groups { selecting, .. } => Can {
            hold: may_select(selecting),
            fail: may_be_closed(selecting),
        },
        ConditionKind::Compare { left, op, right } => compare(ends(left), *op, against(right)),
        ConditionKind::Trace(_) => Can {
            hold: true,
            fail: true,
        },
    }
}

/// Whether an open measure can have a lower and an upper bound.
#[derive(Clone, Copy)]
struct Ends {
    low: bool,
    high: bool,
    /// It can be known to be of nothing: an infinity, or an average with which nothing compares.
    nothing: bool,
}

fn ends(measure: &Measuring) -> Ends {
    let (selecting, low, high) = match measure {
        Measuring::Count(selecting) => (selecting, true, false),
        Measuring::Of {
            function,
            selecting,
            is_duration,
            ..
        } => match function {
            Aggregate::Distinct | Aggregate::Max => (selecting, true, false),
            Aggregate::Min => (selecting, false, true),
            Aggregate::Sum => (selecting, *is_duration, false),
            Aggregate::Avg => (selecting, false, false),
        },
    };
    let closed = may_be_closed(selecting);
    Ends {
        low: low || closed,
        high: high || closed,
        nothing: closed,
    }
}

fn against(right: &Against) -> Ends {
    match right {
        Against::Value(_) => Ends {
            low: true,
            high: true,
            nothing: false,
        },
        Against::Measure { measure, .. } => ends(measure),
    }
}

fn compare(left: Ends, op: CompareOp, right: Ends) -> Can {
    let above = left.low && right.high;
    let below = left.high && right.low;
    let (hold, fail) = match op {
        CompareOp::Gt | CompareOp::Ge => (above, below),
        CompareOp::Lt | CompareOp::Le => (below, above),
        CompareOp::Eq => (above && below, above || below),
        CompareOp::Ne => (above || below, above && below),
    };
    // Whatever the other side is still going to be.
    let nothing = left.nothing || right.nothing;
    Can {
        hold: hold || nothing,
        fail: fail || nothing,
    }
}

fn may_select(selecting: &Selecting) -> bool {
    match selecting {
        Selecting::Counted { .. } => true,
        Selecting::Members(node) => can_have(node),
    }
}

fn may_be_closed(selecting: &Selecting) -> bool {
    match selecting {
        // A `trace:` part that has become false for good selects nothing, for good.
        Selecting::Counted { trace, .. } => !trace.is_empty(),
        Selecting::Members(node) => can_close(node),
    }
}

/// Whether a member can be certain before the close.
fn can_have(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Spans { .. } | NodeKind::Bound(_) => true,
        NodeKind::Related { left, relation } => {
            can_have(left)
                && match relation.as_ref() {
                    RelationPlan::Before { right, .. } | RelationPlan::After { right, .. } => {
                        can_close(right)
                    }
                    RelationPlan::Then { right, .. }
                    | RelationPlan::Inside { right }
                    | RelationPlan::ChildOf { right }
                    | RelationPlan::SiblingOf { right } => can_have(right),
                    RelationPlan::Between { from, to } | RelationPlan::AfterUntil { from, to } => {
                        can_have(from) && can_close(to)
                    }
                }
        }
    }
}

/// Whether the set can be known in full before the close.
fn can_close(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Spans { trace, .. } => !trace.is_empty(),
        NodeKind::Bound(_) => true,
        NodeKind::Related { left, .. } => can_close(left),
    }
}

/// Whether a rule's early verdict may turn on spans that none of its selectors selects.
pub(crate) fn turns_on_any_span(rule: &RulePlan) -> bool {
    let conditions = [&rule.when, &rule.never, &rule.always];
    rule.bindings.iter().any(node_turns)
        || conditions.into_iter().flatten().any(turns)
        || rule.exceptions.iter().any(turns)
}

fn turns(condition: &Condition) -> bool {
    let selecting_turns = |selecting: &Selecting| match selecting {
        Selecting::Counted { trace, .. } => !trace.is_empty(),
        Selecting::Members(node) => node_turns(node),
    };
    let measure_turns = |measure: &Measuring| match measure {
        Measuring::Count(selecting) | Measuring::Of { selecting, .. } => selecting_turns(selecting),
    };
    match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => parts.iter().any(turns),
        ConditionKind::Not(inner) => turns(inner),
        ConditionKind::Exists(selecting) | ConditionKind::Groups { selecting, .. } => {
            selecting_turns(selecting)
        }
        ConditionKind::Compare { left, right, .. } => {
            measure_turns(left)
                || match right {
                    Against::Value(_) => false,
                    Against::Measure { measure, .. } => measure_turns(measure),
                }
        }
        ConditionKind::Trace(_) => true,
    }
}

fn node_turns(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Spans { trace, .. } => !trace.is_empty(),
        NodeKind::Bound(_) => false,
        NodeKind::Related { left, relation } => {
            node_turns(left)
                || match relation.as_ref() {
                    RelationPlan::Inside { .. } | RelationPlan::ChildOf { .. } => true,
                    RelationPlan::Before { right, .. }
                    | RelationPlan::After { right, .. }
                    | RelationPlan::Then { right, .. }
                    | RelationPlan::SiblingOf { right } => node_turns(right),
                    RelationPlan::Between { from, to } | RelationPlan::AfterUntil { from, to } => {
                        node_turns(from) || node_turns(to)
                    }
                }
        }
    }
}
