//! Order in time: whether one span lies before, after or between the members of other selectors.
//!
//! Each answer is final or open. A span without order makes every relation in time open.

use betrace_lang::rule::Gap;
use betrace_lang::verdict::Reason;

use crate::decide::budget::Budget;
use crate::decide::facts::Facts;
use crate::decide::member_set::{MemberSet, Points, Reach};
use crate::logic::tri::{Reasons, Tri};
use crate::plan::node::{Beside, Edge, PointOrder};
use crate::state::record::Record;
use crate::state::record_id::RecordId;
use crate::time::EventTime;

impl PointOrder {
    /// How far the span's own point lies on its side of another's, negative where it lies on the other.
    fn gap(self, span: &Record, at: EventTime) -> i128 {
        let own = i128::from(self.own_point(span).0);
        match self.side {
            Beside::Before => i128::from(at.0) - own,
            Beside::After => own - i128::from(at.0),
        }
    }

    fn own_point(self, span: &Record) -> EventTime {
        match self.own {
            Edge::Start => span.start,
            Edge::End => span.end,
        }
    }

    /// The points of the certain members, and of all.
    fn points<'s>(self, set: &'s MemberSet, facts: &Facts<'_>) -> [&'s Points; 2] {
        let order = set.order(facts.trace.records());
        match self.other {
            Edge::Start => [&order.certain_starts, &order.starts],
            Edge::End => [&order.certain_ends, &order.ends],
        }
    }

    /// The nearest of `points`: the first, or the last.
    fn nearest(self, points: &Points, but: &[RecordId]) -> Option<EventTime> {
        match self.side {
            Beside::Before => points.first_from(EventTime::FIRST, but),
            Beside::After => points.last_until(EventTime::LAST, but),
        }
    }

    /// The nearest of `points` that lies at least so far on the right side of the span.
    fn nearest_beyond(
        self,
        points: &Points,
        span: &Record,
        least: u64,
        but: &[RecordId],
    ) -> Option<EventTime> {
        let own = self.own_point(span).0;
        match self.side {
            Beside::Before => points.first_from(EventTime(own.checked_add(least)?), but),
            Beside::After => points.last_until(EventTime(own.checked_sub(least)?), but),
        }
    }
}

/// `before` the first, `after` the last, and the same of starts and of ends.
pub(crate) fn nearest(
    facts: &Facts<'_>,
    id: RecordId,
    set: &MemberSet,
    order: PointOrder,
    within: Option<Gap>,
) -> Tri {
    let span = facts.record(id);
    if set.is_none_but(id) {
        return Tri::False;
    }
    if !span.has_order() {
        return skewed(set);
    }
    let but = [id];
    let least = within.map_or(0, |gap| gap.least);
    let is_too_near = |at: EventTime| order.gap(&span, at) < i128::from(least);
    let most = within.and_then(|gap| gap.most);
    let is_near = |at: EventTime| most.is_none_or(|most| order.gap(&span, at) <= i128::from(most));
    let [certain_points, points] = order.points(set, facts);
    let certain = order.nearest(certain_points, &but);
    // Whatever else comes can only be nearer.
    if certain.is_some_and(is_too_near) {
        return Tri::False;
    }
    let is_skewed = set.order(facts.trace.records()).is_skewed(&but);
    if set.open || is_skewed {
        return Tri::Open(with_skew(set.reasons, is_skewed));
    }
    if let (Some(certain), Some(any)) = (certain, order.nearest(points, &but))
        && !is_too_near(any)
        && is_near(certain)
    {
        return Tri::True;
    }
    // Whether some member that may turn out to be the nearest lies on the right side, and within the bound.
    let may_be = order.nearest_beyond(points, &span, least, &but);
    let may_hold = may_be.is_some_and(|at| {
        is_near(at)
            && certain.is_none_or(|certain| order.gap(&span, at) <= order.gap(&span, certain))
    });
    if may_hold {
        Tri::Open(set.reasons)
    } else {
        Tri::False
    }
}

pub(crate) fn then(facts: &Facts<'_>, id: RecordId, set: &MemberSet, within: Option<Gap>) -> Tri {
    let span = facts.record(id);
    if set.is_none_but(id) {
        return Tri::False;
    }
    if !span.has_order() {
        return skewed(set);
    }
    let order = set.order(facts.trace.records());
    let but = [id];
    let least = within.map_or(0, |gap| gap.least);
    let most = within.and_then(|gap| gap.most).unwrap_or(u64::MAX);
    let from = span.end.0.checked_add(least).map(EventTime);
    let follows = |points: &Points| {
        let at = from.and_then(|from| points.first_from(from, &but));
        at.is_some_and(|at| at.since(span.end) <= most)
    };
    if follows(&order.certain_starts) {
        return Tri::True;
    }
    let is_skewed = order.is_skewed(&but);
    if set.open || is_skewed || follows(&order.starts) {
        Tri::Open(with_skew(set.reasons, is_skewed))
    } else {
        Tri::False
    }
}

/// At some moment both are under way. What starts while the span is under way overlaps it, and so does what started before
/// and ends later.
pub(crate) fn overlaps(facts: &Facts<'_>, id: RecordId, set: &MemberSet) -> Tri {
    let span = facts.record(id);
    let last = span.start.under_way_until(span.end);
    of_some(facts, id, set, |starts, reach| {
        let starts_within = starts.first_from(span.start, &[id]);
        starts_within.is_some_and(|at| at <= last)
            || reach
                .until(span.start, id)
                .is_some_and(|end| end > span.start)
    })
}

/// Some member covers the span.
pub(crate) fn during(facts: &Facts<'_>, id: RecordId, set: &MemberSet) -> Tri {
    let span = facts.record(id);
    of_some(facts, id, set, |_, reach| {
        reach
            .until(span.start, id)
            .is_some_and(|end| end >= span.end)
    })
}

/// Whether `holds` of the certain members, or else may of all.
fn of_some(
    facts: &Facts<'_>,
    id: RecordId,
    set: &MemberSet,
    holds: impl Fn(&Points, &Reach) -> bool,
) -> Tri {
    if set.is_none_but(id) {
        return Tri::False;
    }
    if !facts.record(id).has_order() {
        return skewed(set);
    }
    let order = set.order(facts.trace.records());
    if holds(&order.certain_starts, &order.certain_reach) {
        return Tri::True;
    }
    let is_skewed = order.is_skewed(&[id]);
    if set.open || is_skewed || holds(&order.starts, &order.reach) {
        Tri::Open(with_skew(set.reasons, is_skewed))
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
    of_some_opener(budget, id, openers, |_, opener| {
        in_scope(facts, id, opener, enders, needs_end)
    })
}

/// One of the first of the left side that start once some member of `right` has ended.
pub(crate) fn next_after(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    left: &MemberSet,
    right: &MemberSet,
) -> Tri {
    of_some_opener(budget, id, right, |_, opener| {
        is_next(facts, id, opener, left)
    })
}

fn is_next(facts: &Facts<'_>, id: RecordId, opener_id: RecordId, left: &MemberSet) -> Tri {
    let (span, opener) = (facts.record(id), facts.record(opener_id));
    if !span.has_order() || !opener.has_order() {
        return Tri::Open(Reasons::of(Reason::Skew));
    }
    if span.start < opener.end {
        return Tri::False;
    }
    let order = left.order(facts.trace.records());
    let but = [id, opener_id];
    let is_earlier = |points: &Points| {
        let first = points.first_from(opener.end, &but);
        first.is_some_and(|at| at < span.start)
    };
    let is_skewed = order.is_skewed(&but);
    if is_earlier(&order.certain_starts) {
        Tri::False
    } else if left.open || is_skewed || is_earlier(&order.starts) {
        Tri::Open(with_skew(left.reasons, is_skewed))
    } else {
        Tri::True
    }
}

/// Whether `holds` of some opener, certain or not, other than the span itself.
pub(super) fn of_some_opener(
    budget: &mut Budget,
    id: RecordId,
    openers: &MemberSet,
    holds: impl Fn(&mut Budget, RecordId) -> Tri,
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
        match holds(budget, opener.record).and(is_opener) {
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
    // However it comes out which of them end it: where none may come behind the span, the scope has no end.
    if needs_end && order.starts.first_from(span.end, &but).is_none() {
        return Tri::False;
    }
    match any {
        None => Tri::of(!needs_end),
        Some(at) if at < span.end => Tri::Open(reasons),
        Some(_) if needs_end && certain.is_none() => Tri::Open(reasons),
        Some(_) => Tri::True,
    }
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
