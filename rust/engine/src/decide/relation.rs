//! Order and structure: whether one span stands in a relation to the members of other selectors.
//!
//! Each answer is final or open. A span without order makes every relation in time open, and a parent
//! that never came, or a cycle of parents, every relation of ancestry that hangs on it.

use betrace_lang::verdict::Reason;
use hashbrown::HashMap;

use crate::decide::facts::{Budget, Facts};
use crate::decide::member_set::MemberSet;
use crate::id::SpanId;
use crate::logic::tri::{Reasons, Tri};
use crate::state::record::{Record, RecordId};
use crate::time::EventTime;

/// On which side of the other spans a span must lie: before the first, after the last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Before,
    After,
}

/// `before` the first, `after` the last.
pub(crate) fn nearest(
    facts: &Facts<'_>,
    id: RecordId,
    set: &MemberSet,
    within: Option<u64>,
    side: Beside,
) -> Tri {
    let span = facts.record(id);
    if set.is_none_but(id) {
        return Tri::False;
    }
    if !span.has_order() {
        return skewed(set);
    }
    let order = set.order(facts.trace.records());
    let but = [id];
    // On a line on which "before the first" and "after the last" look alike: the gap from the span
    // to the nearest member, negative where that one begins (or ends) within or beyond the span.
    let (certain, any) = match side {
        Beside::Before => (
            order.certain_starts.first_from(EventTime::FIRST, &but),
            order.starts.first_from(EventTime::FIRST, &but),
        ),
        Beside::After => (
            order.certain_ends.last_until(EventTime::LAST, &but),
            order.ends.last_until(EventTime::LAST, &but),
        ),
    };
    let gap = |at: EventTime| match side {
        Beside::Before => i128::from(at.0) - i128::from(span.end.0),
        Beside::After => i128::from(span.start.0) - i128::from(at.0),
    };
    if certain.is_some_and(|at| gap(at) < 0) {
        return Tri::False;
    }
    let far = |at: EventTime| within.is_some_and(|within| gap(at) > i128::from(within));
    let is_skewed = order.is_skewed(&but);
    if !set.open
        && !is_skewed
        && let (Some(certain), Some(any)) = (certain, any)
        && gap(any) >= 0
        && !far(certain)
    {
        return Tri::True;
    }
    if !set.open && !is_skewed && !may_be_near(facts, span, set, side, within, certain, &but) {
        return Tri::False;
    }
    Tri::Open(with_skew(set.reasons, is_skewed))
}

/// Whether some member that may turn out to be the nearest lies on the right side, and within the bound.
fn may_be_near(
    facts: &Facts<'_>,
    span: &Record,
    set: &MemberSet,
    side: Beside,
    within: Option<u64>,
    certain: Option<EventTime>,
    but: &[RecordId],
) -> bool {
    let within = within.unwrap_or(u64::MAX);
    let order = set.order(facts.trace.records());
    match side {
        Beside::Before => order.starts.first_from(span.end, but).is_some_and(|at| {
            at.since(span.end) <= within && certain.is_none_or(|first| at <= first)
        }),
        Beside::After => order.ends.last_until(span.start, but).is_some_and(|at| {
            span.start.since(at) <= within && certain.is_none_or(|last| at >= last)
        }),
    }
}

pub(crate) fn then(facts: &Facts<'_>, id: RecordId, set: &MemberSet, within: Option<u64>) -> Tri {
    let span = facts.record(id);
    if set.is_none_but(id) {
        return Tri::False;
    }
    if !span.has_order() {
        return skewed(set);
    }
    let order = set.order(facts.trace.records());
    let but = [id];
    let follows = |at: Option<EventTime>| {
        at.is_some_and(|at| within.is_none_or(|within| at.since(span.end) <= within))
    };
    if follows(order.certain_starts.first_from(span.end, &but)) {
        return Tri::True;
    }
    let is_skewed = order.is_skewed(&but);
    if set.open || is_skewed || follows(order.starts.first_from(span.end, &but)) {
        Tri::Open(with_skew(set.reasons, is_skewed))
    } else {
        Tri::False
    }
}

/// Even where nothing is selected on the right it may be open: a parent that never came may have been it.
pub(crate) fn inside(facts: &Facts<'_>, budget: &mut Budget, id: RecordId, set: &MemberSet) -> Tri {
    let (ancestors, known) = ancestors(facts, budget, facts.record(id));
    let mut perhaps = false;
    for ancestor in &ancestors {
        for member in set.with_id(facts.trace.records(), *ancestor) {
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
        return Tri::Open(set.reasons.with(Reasons::of(Reason::Orphan)));
    }
    if perhaps || set.capped || !facts.saw_all {
        return Tri::Open(set.reasons);
    }
    Tri::False
}

/// The span ids above a span, and whether they lead to a root on every way up: halves of a call
/// that share an id may have parents of their own.
fn ancestors(facts: &Facts<'_>, budget: &mut Budget, span: &Record) -> (Vec<SpanId>, bool) {
    let seen = facts.trace.seen();
    let mut found: Vec<SpanId> = Vec::new();
    // Structure may have been asked for only after the trace began.
    let mut known = seen.has_structure() || span.parent().is_none();
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
        if !budget.spend(4) {
            return (found, false);
        }
        seen.parents_of(facts.key, id, &mut parents);
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

/// `is_bound`: the right side is a bound span, which has come.
pub(crate) fn child_of(facts: &Facts<'_>, id: RecordId, set: &MemberSet, is_bound: bool) -> Tri {
    let span = facts.record(id);
    let Some(parent) = span.parent() else {
        return Tri::False;
    };
    let mut perhaps = false;
    for member in set.with_id(facts.trace.records(), parent) {
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
    if is_bound {
        return Tri::False;
    }
    let twin = (span.span_id == parent).then_some(span.twin);
    if !facts.trace.seen().came_besides(facts.key, parent, twin) {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::Orphan)));
    }
    if set.capped || !facts.saw_all {
        return Tri::Open(set.reasons);
    }
    Tri::False
}

pub(crate) fn sibling_of(facts: &Facts<'_>, id: RecordId, set: &MemberSet) -> Tri {
    let Some(parent) = facts.record(id).parent() else {
        return Tri::False;
    };
    let mut perhaps = set.open;
    for member in set.with_parent(facts.trace.records(), parent) {
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
pub(crate) fn scoped(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    openers: &MemberSet,
    enders: &MemberSet,
    needs_end: bool,
) -> Tri {
    if openers.is_none_but(id) {
        return Tri::False;
    }
    let mut may_hold = openers.open;
    let mut reasons = openers.reasons;
    for opener in &openers.items {
        if opener.record == id {
            continue;
        }
        if !budget.spend(1) {
            return Tri::Open(reasons.with(Reasons::of(Reason::StateCap)));
        }
        let is_opener = if opener.certain {
            Tri::True
        } else {
            Tri::Open(openers.reasons)
        };
        match in_scope(facts, id, opener.record, enders, needs_end).and(is_opener) {
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
    facts: &Facts<'_>,
    id: RecordId,
    opener_id: RecordId,
    enders: &MemberSet,
    needs_end: bool,
) -> Tri {
    let (span, opener) = (facts.record(id), facts.record(opener_id));
    if !span.has_order() || !opener.has_order() {
        return Tri::Open(Reasons::of(Reason::Skew));
    }
    if span.start < opener.end {
        return Tri::False;
    }
    let order = enders.order(facts.trace.records());
    let but = [id, opener_id];
    let certain = order.certain_starts.first_from(opener.end, &but);
    let any = order.starts.first_from(opener.end, &but);
    if certain.is_some_and(|at| at < span.end) {
        return Tri::False;
    }
    let is_skewed = order.is_skewed(&but);
    let reasons = with_skew(enders.reasons, is_skewed);
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

/// A step on the way up to the roots.
#[derive(Clone, Copy)]
enum Climb {
    To(SpanId),
    /// All that is above is done.
    Done(SpanId),
}

fn skewed(set: &MemberSet) -> Tri {
    Tri::Open(with_skew(set.reasons, true))
}

fn with_skew(reasons: Reasons, is_skewed: bool) -> Reasons {
    if is_skewed {
        reasons.with(Reasons::of(Reason::Skew))
    } else {
        reasons
    }
}
