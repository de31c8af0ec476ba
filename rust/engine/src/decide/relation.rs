//! Order and structure: whether one span stands in a relation to the members of other selectors.
//!
//! Each answer is final or open. A span without order makes every relation in time open, and a parent
//! that never came, or a cycle of parents, every relation of ancestry that hangs on it.

use betrace_lang::verdict::Reason;
use hashbrown::HashMap;

use crate::decide::Eval;
use crate::decide::members::MemberSet;
use crate::id::SpanId;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::{Node, NodeKind, RelationPlan};
use crate::state::cell::RecordId;
use crate::state::record::Record;

impl<'a> Eval<'a> {
    pub fn relate(&mut self, span: RecordId, relation: &'a RelationPlan) -> Tri {
        match relation {
            RelationPlan::Before { right, within } => {
                let set = self.members(right);
                self.nearest(span, &set, *within, Side::Before)
            }
            RelationPlan::After { right, within } => {
                let set = self.members(right);
                self.nearest(span, &set, *within, Side::After)
            }
            RelationPlan::Then { right, within } => {
                let set = self.members(right);
                self.then(span, &set, *within)
            }
            RelationPlan::Inside { right } => self.inside(span, right),
            RelationPlan::ChildOf { right } => self.child_of(span, right),
            RelationPlan::SiblingOf { right } => self.sibling_of(span, right),
            RelationPlan::Between { from, to } => self.scoped(span, from, to, true),
            RelationPlan::AfterUntil { from, to } => self.scoped(span, from, to, false),
        }
    }

    fn record(&self, id: RecordId) -> &'a Record {
        self.trace.records.get(id)
    }

    /// `before` the first, `after` the last.
    fn nearest(&self, id: RecordId, set: &MemberSet, within: Option<u64>, side: Side) -> Tri {
        let span = self.record(id);
        if !set.open && set.items.iter().all(|member| member.record == id) {
            return Tri::False;
        }
        if !span.has_order() {
            return skewed(set);
        }
        let order = set.order(self);
        let but = [id];
        // On a line on which "before the first" and "after the last" look alike: the gap from the span
        // to the nearest member, negative where that one begins (or ends) within or beyond the span.
        let (certain, any) = match side {
            Side::Before => (
                order.certain_starts.first_from(0, &but),
                order.starts.first_from(0, &but),
            ),
            Side::After => (
                order.certain_ends.last_until(u64::MAX, &but),
                order.ends.last_until(u64::MAX, &but),
            ),
        };
        let gap = |at: u64| match side {
            Side::Before => i128::from(at) - i128::from(span.end),
            Side::After => i128::from(span.start) - i128::from(at),
        };
        if certain.is_some_and(|at| gap(at) < 0) {
            return Tri::False;
        }
        let far = |at: u64| within.is_some_and(|within| gap(at) > i128::from(within));
        let all_skewed = order.is_skewed(&but);
        if !set.open
            && !all_skewed
            && let (Some(certain), Some(any)) = (certain, any)
            && gap(any) >= 0
            && !far(certain)
        {
            return Tri::True;
        }
        if !set.open && !all_skewed && !self.may_be_near(span, set, side, within, certain, &but) {
            return Tri::False;
        }
        let reasons = if all_skewed {
            set.reasons.with(Reasons::of(Reason::Skew))
        } else {
            set.reasons
        };
        Tri::Open(reasons)
    }

    /// Whether some member that may turn out to be the nearest lies on the right side, and within the bound.
    fn may_be_near(
        &self,
        span: &Record,
        set: &MemberSet,
        side: Side,
        within: Option<u64>,
        certain: Option<u64>,
        but: &[RecordId],
    ) -> bool {
        let within = within.unwrap_or(u64::MAX);
        let order = set.order(self);
        match side {
            Side::Before => order.starts.first_from(span.end, but).is_some_and(|at| {
                at - span.end <= within && certain.is_none_or(|first| at <= first)
            }),
            Side::After => order.ends.last_until(span.start, but).is_some_and(|at| {
                span.start - at <= within && certain.is_none_or(|last| at >= last)
            }),
        }
    }

    fn then(&self, id: RecordId, set: &MemberSet, within: Option<u64>) -> Tri {
        let span = self.record(id);
        if !set.open && set.items.iter().all(|member| member.record == id) {
            return Tri::False;
        }
        if !span.has_order() {
            return skewed(set);
        }
        let order = set.order(self);
        let but = [id];
        let follows = |at: Option<u64>| {
            at.is_some_and(|at| within.is_none_or(|within| at - span.end <= within))
        };
        if follows(order.certain_starts.first_from(span.end, &but)) {
            return Tri::True;
        }
        let mut reasons = set.reasons;
        let is_skewed = order.is_skewed(&but);
        if is_skewed {
            reasons.add(Reason::Skew);
        }
        if set.open || is_skewed || follows(order.starts.first_from(span.end, &but)) {
            Tri::Open(reasons)
        } else {
            Tri::False
        }
    }

    fn inside(&mut self, id: RecordId, right: &'a Node) -> Tri {
        // Even where nothing is selected on the right: a parent that never came may have been it.
        let set = self.members(right);
        let span = self.record(id);
        let (ancestors, known) = self.ancestors(span);
        let mut perhaps = false;
        for ancestor in &ancestors {
            for member in set.with_id(self, *ancestor) {
                if member.record == id {
                    continue;
                }
                if member.certain {
                    return Tri::True;
                }
                perhaps = true;
            }
        }
        if !known {
            return Tri::Open(set.reasons.with(self.orphan()));
        }
        if perhaps || set.capped || !self.saw_all {
            return Tri::Open(set.reasons);
        }
        Tri::False
    }

    /// The span ids above a span, and whether they lead to a root on every way up: halves of a call
    /// that share an id may have parents of their own.
    fn ancestors(&mut self, span: &Record) -> (Vec<SpanId>, bool) {
        let mut found: Vec<SpanId> = Vec::new();
        // Structure may have been asked for only after the trace began.
        let mut known = self.trace.seen.has_structure() || span.parent().is_none();
        // True while the way up leads through the id, false once all above it is done.
        let mut state: HashMap<SpanId, bool> = HashMap::new();
        state.insert(span.span_id, true);
        let mut left: Vec<Climb> = span.parent().map(Climb::To).into_iter().collect();
        let mut parents = Vec::new();
        while let Some(step) = left.pop() {
            let id = match step {
                Climb::To(id) => id,
                Climb::Done(id) => {
                    state.insert(id, false);
                    continue;
                }
            };
            match state.get(&id) {
                Some(false) => continue,
                Some(true) => {
                    known = false;
                    continue;
                }
                None => {}
            }
            if !self.spend(4) {
                return (found, false);
            }
            self.trace.seen.parents_of(self.key, id, &mut parents);
            if parents.is_empty() {
                known = false;
                continue;
            }
            found.push(id);
            state.insert(id, true);
            left.push(Climb::Done(id));
            left.extend(parents.iter().flatten().copied().map(Climb::To));
        }
        (found, known)
    }

    fn orphan(&self) -> Reasons {
        Reasons::of(Reason::Orphan)
    }

    fn child_of(&mut self, id: RecordId, right: &'a Node) -> Tri {
        let set = self.members(right);
        let Some(parent) = self.record(id).parent() else {
            return Tri::False;
        };
        let mut perhaps = false;
        for member in set.with_id(self, parent) {
            if member.record != id {
                if member.certain {
                    return Tri::True;
                }
                perhaps = true;
            }
        }
        if perhaps {
            return Tri::Open(set.reasons);
        }
        if matches!(right.kind, NodeKind::Bound(_)) {
            return Tri::False;
        }
        let twin = (self.record(id).span_id == parent).then_some(self.record(id).twin);
        if !self.trace.seen.came_besides(self.key, parent, twin) {
            return Tri::Open(set.reasons.with(self.orphan()));
        }
        if set.capped || !self.saw_all {
            return Tri::Open(set.reasons);
        }
        Tri::False
    }

    fn sibling_of(&mut self, id: RecordId, right: &'a Node) -> Tri {
        let set = self.members(right);
        let Some(parent) = self.record(id).parent() else {
            return Tri::False;
        };
        let mut perhaps = set.open;
        for member in set.with_parent(self, parent) {
            if member.record != id {
                if member.certain {
                    return Tri::True;
                }
                perhaps = true;
            }
        }
        if perhaps {
            Tri::Open(set.reasons)
        } else {
            Tri::False
        }
    }

    /// `between` (which needs the end of the scope) and `after … until` (which does not).
    fn scoped(&mut self, id: RecordId, from: &'a Node, to: &'a Node, needs_end: bool) -> Tri {
        let openers = self.members(from);
        let enders = self.members(to);
        if !openers.open && openers.items.iter().all(|member| member.record == id) {
            return Tri::False;
        }
        let span = self.record(id);
        let mut may_hold = openers.open;
        let mut reasons = openers.reasons;
        for opener in &openers.items {
            if opener.record == id {
                continue;
            }
            if !self.spend(1) {
                return Tri::Open(reasons.with(Reasons::of(Reason::StateCap)));
            }
            let holds = self
                .in_scope(span, id, opener.record, &enders, needs_end)
                .and(if opener.certain {
                    Tri::True
                } else {
                    Tri::Open(openers.reasons)
                });
            match holds {
                Tri::True => return Tri::True,
                Tri::Open(why) => {
                    may_hold = true;
                    reasons = reasons.with(why);
                }
                Tri::False => {}
            }
        }
        if may_hold {
            Tri::Open(reasons)
        } else {
            Tri::False
        }
    }

    fn in_scope(
        &self,
        span: &Record,
        id: RecordId,
        opener_id: RecordId,
        enders: &MemberSet,
        needs_end: bool,
    ) -> Tri {
        let opener = self.record(opener_id);
        if !span.has_order() || !opener.has_order() {
            return Tri::Open(Reasons::of(Reason::Skew));
        }
        if span.start < opener.end {
            return Tri::False;
        }
        let order = enders.order(self);
        let but = [id, opener_id];
        let certain = order.certain_starts.first_from(opener.end, &but);
        let any = order.starts.first_from(opener.end, &but);
        if certain.is_some_and(|at| at < span.end) {
            return Tri::False;
        }
        let is_skewed = order.is_skewed(&but);
        let mut reasons = enders.reasons;
        if is_skewed {
            reasons.add(Reason::Skew);
        }
        if enders.open || is_skewed {
            return Tri::Open(reasons);
        }
        match any {
            None => Tri::of(!needs_end),
            Some(at) if at < span.end => Tri::Open(reasons),
            Some(_) if needs_end && certain.is_none() => Tri::Open(reasons),
            Some(_) => Tri::True,
        }
    }
}

/// A step on the way up to the roots.
#[derive(Clone, Copy)]
enum Climb {
    To(SpanId),
    /// All that is above is done.
    Done(SpanId),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

fn skewed(set: &MemberSet) -> Tri {
    Tri::Open(set.reasons.with(Reasons::of(Reason::Skew)))
}
