//! What a trace is still waited for: deadlines that a span set running and of which it is not decided what comes.

use betrace_lang::rule::{Expr, ExprKind, Related, Relation, Rule, Selector};

use super::{Bound, Reading, Says, Trace, Truth};
use crate::model::Span;

/// When the deadlines that are waited for are over.
struct Waiting<'w> {
    /// When a deadline that a span sets begins to run.
    began: &'w dyn Fn(&Span) -> u64,
    last: Option<u64>,
}

impl Reading<'_> {
    /// When the last deadline that this rule waits for in an open trace is over, if it waits for any: `within d` on
    /// `after`, from each span on the right, and on the next step of `then`, from each span on the left.
    #[must_use]
    pub fn waits_until(&self, trace: &Trace<'_>, began: &dyn Fn(&Span) -> u64) -> Option<u64> {
        let mut waiting = Waiting { began, last: None };
        if !self.has_deadline {
            return None;
        }
        self.wait(trace, &mut self.unbound(), Truth::True, &mut waiting);
        waiting.last
    }

    /// The walk of `obligations`.
    fn wait(&self, trace: &Trace<'_>, bound: &mut Bound, member: Truth, to: &mut Waiting<'_>) {
        let Some(binding) = self.rule.body.bindings.get(bound.len()) else {
            return self.wait_for_one(trace, bound, member, to);
        };
        if self.when(trace, bound, Says::OfTheTrace) == Truth::False {
            return;
        }
        let selection = trace.select(&binding.selector, bound);
        if selection.more != Truth::False {
            trace.wait_for_spans(&binding.selector, bound, to);
        }
        for &(span, selected) in &selection.members {
            bound.push(span);
            self.wait(trace, bound, member.and(selected), to);
            bound.pop();
        }
    }

    fn wait_for_one(&self, trace: &Trace<'_>, bound: &Bound, member: Truth, to: &mut Waiting<'_>) {
        let body = &self.rule.body;
        let when = member.and(self.when(trace, bound, Says::Everything));
        if when == Truth::False {
            return;
        }
        let holds = |clause: &Expr| trace.holds(clause, bound);
        let never = body.never.as_ref().map_or(Truth::False, holds);
        let always = body.always.as_ref().map_or(Truth::True, holds);
        let is_known = |truth| matches!(truth, Truth::True | Truth::False);
        let broken = never.or(always.not());
        if when == Truth::True && is_known(broken) {
            return;
        }
        let clauses = [&body.when, &body.never, &body.always];
        for part in clauses.into_iter().flatten().chain(&*body.exceptions) {
            trace.wait_for(part, bound, to);
        }
    }
}

/// Whether any span that a rule names can set a deadline running.
pub fn has_deadline(rule: &Rule) -> bool {
    let body = &rule.body;
    let clauses = [&body.when, &body.never, &body.always]
        .into_iter()
        .flatten();
    let of_clauses = clauses.chain(&*body.exceptions).flat_map(Expr::selectors);
    let of_bindings = body.bindings.iter().map(|binding| &binding.selector);
    of_clauses.chain(of_bindings).any(sets_one)
}

fn sets_one(selector: &Selector) -> bool {
    let Selector::Related(related) = selector else {
        return false;
    };
    let mut sides = related.relation.operands().chain([&related.left]);
    set_by(related).is_some() || sides.any(sets_one)
}

/// The selector whose spans set a relation's deadline running, and how long that is.
fn set_by(related: &Related) -> Option<(&Selector, u64)> {
    let (by, within) = match &related.relation {
        Relation::After { right, within }
        | Relation::StartsAfter { right, within }
        | Relation::EndsAfter { right, within } => (right, within),
        Relation::Then { within, .. } => (&related.left, within),
        _ => return None,
    };
    Some((by, within.and_then(|gap| gap.most)?))
}

impl Trace<'_> {
    /// For the parts of a condition that are not decided.
    fn wait_for(&self, part: &Expr, bound: &Bound, to: &mut Waiting<'_>) {
        if !matches!(self.holds(part, bound), Truth::Open(_)) {
            return;
        }
        match &part.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().for_each(|part| self.wait_for(part, bound, to));
            }
            ExprKind::Not(part) => self.wait_for(part, bound, to),
            _ => {
                let selectors = part.selectors().into_iter();
                selectors.for_each(|selector| self.wait_for_spans(selector, bound, to));
            }
        }
    }

    fn wait_for_spans(&self, selector: &Selector, bound: &Bound, to: &mut Waiting<'_>) {
        let Selector::Related(related) = selector else {
            return;
        };
        let is_bound = |selector: &Selector| matches!(selector, Selector::Bound(_));
        // No span that comes changes how bound spans stand to each other in time.
        let is_known = is_bound(&related.left) && related.relation.operands().all(is_bound);
        if !is_known && let Some((trigger, length)) = set_by(related) {
            for (span, _) in &self.select(trigger, bound).members {
                let over = (to.began)(self.spans[*span]).saturating_add(length);
                to.last = to.last.max(Some(over));
            }
        }
        self.wait_for_spans(&related.left, bound, to);
        for operand in related.relation.operands() {
            self.wait_for_spans(operand, bound, to);
        }
    }
}
