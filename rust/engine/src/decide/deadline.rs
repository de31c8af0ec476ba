//! For how long the deadlines of a rule hold its trace open.
//!
//! A deadline (`within` on `after`, or on the next step of `then`) runs from the span that sets it. Until it is
//! over, what is not decided may still come out either way; then it may be taken as it is.

use crate::decide::condition::truth;
use crate::decide::eval::Eval;
use crate::decide::rule::{Watch, decide_watched};
use crate::logic::tri::Tri;
use crate::plan::condition::{Condition, ConditionKind, Spans};
use crate::plan::node::{DeadlineTrigger, Node, NodeKind};
use crate::state::record_id::RecordId;
use crate::time::Timestamp;

/// When the last of the deadlines that a rule still waits for is over; `None`: it waits for none.
/// `event_time`: they run from the end of a span, and not from when it came.
pub(crate) fn last_deadline(eval: &mut Eval<'_>, event_time: bool) -> Option<Timestamp> {
    let mut running = Running {
        event_time,
        last: None,
    };
    if let Some(window) = &eval.facts.rule.window {
        for condition in window.conditions() {
            running.condition(eval, condition);
        }
        for node in window.nodes() {
            running.node(eval, node);
        }
    } else {
        decide_watched(eval, &mut running);
    }
    running.last
}

struct Running {
    event_time: bool,
    last: Option<Timestamp>,
}

impl<'a> Watch<'a> for Running {
    fn open_binding(&mut self, eval: &mut Eval<'a>, node: &'a Node) {
        self.node(eval, node);
    }

    fn open_obligation(&mut self, eval: &mut Eval<'a>) {
        let clauses = &eval.facts.rule.clauses;
        let parts = [&clauses.when, &clauses.never, &clauses.always];
        for condition in parts.into_iter().flatten().chain(&*clauses.exceptions) {
            self.condition(eval, condition);
        }
    }
}

impl Running {
    /// The parts of a condition that are not decided.
    fn condition<'a>(&mut self, eval: &mut Eval<'a>, condition: &'a Condition) {
        if !matches!(truth(eval, condition), Tri::Open(_)) {
            return;
        }
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                for part in parts {
                    self.condition(eval, part);
                }
            }
            ConditionKind::Not(inner) => self.condition(eval, inner),
            ConditionKind::Exists(selecting) => self.spans(eval, selecting.spans()),
            ConditionKind::Compare(compared) => {
                self.spans(eval, compared.left.spans());
                if let Some(of) = compared.right.spans() {
                    self.spans(eval, of);
                }
            }
            ConditionKind::Totals { left, right, .. } => {
                for of in left
                    .iter()
                    .chain(&**right)
                    .filter_map(|part| part.of.spans())
                {
                    self.spans(eval, of);
                }
            }
            ConditionKind::Groups { groups, .. } => self.spans(eval, groups.spans()),
            ConditionKind::Bound { .. } | ConditionKind::Trace(_) => {}
        }
    }

    fn spans<'a>(&mut self, eval: &mut Eval<'a>, spans: Spans<'a>) {
        if let Spans::Members(node) = spans {
            self.node(eval, node);
        }
    }

    fn node<'a>(&mut self, eval: &mut Eval<'a>, node: &'a Node) {
        let NodeKind::Related { left, relation } = &node.kind else {
            return;
        };
        let is_bound = |node: &Node| matches!(node.kind, NodeKind::Bound(_));
        // How bound spans stand is known once they are, as `Body::longest_deadline` has it: no span is awaited.
        let is_known = is_bound(left) && relation.operands().all(is_bound);
        if !is_known && let Some((trigger, length)) = relation.deadline() {
            let trigger = match trigger {
                DeadlineTrigger::Left => left,
                DeadlineTrigger::Right(right) => right,
            };
            eval.with_members(trigger, |eval, set| {
                for member in &set.items {
                    let over = self.began(eval, member.record).plus(length);
                    self.last = self.last.max(Some(over));
                }
            });
        }
        self.node(eval, left);
        for operand in relation.operands() {
            self.node(eval, operand);
        }
    }

    fn began(&self, eval: &Eval<'_>, id: RecordId) -> Timestamp {
        let (trace, record) = (eval.facts.trace, eval.facts.record(id));
        if self.event_time && record.has_order() {
            return Timestamp(record.end.0);
        }
        // Of a span that came before any rule asked, no more is known than that it came.
        trace.records().arrived(id).unwrap_or(trace.last())
    }
}
