//! Structure: whether one span stands in a relation of parents to the members of another selector.
//!
//! Each answer is final or open. A parent that never came, or a cycle of parents, leaves open what hangs on it.

use betrace_lang::verdict::Reason;

use crate::decide::ancestry;
use crate::decide::budget::Budget;
use crate::decide::facts::Facts;
use crate::decide::member_set::MemberSet;
use crate::id::SpanId;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::node::LinkIds;
use crate::state::record_id::RecordId;
use crate::value::Value;

/// Even where nothing is selected on the right it may be open: a parent that never came may have been it.
pub(crate) fn inside(facts: &Facts<'_>, budget: &mut Budget, id: RecordId, set: &MemberSet) -> Tri {
    let Some(above) = ancestry::above(facts, budget, id, set) else {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::StateCap)));
    };
    if above.certain {
        return Tri::True;
    }
    if above.unknown {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::Orphan)));
    }
    if above.perhaps || set.capped || !facts.saw_all {
        return Tri::Open(set.reasons);
    }
    Tri::False
}

/// `is_bound`: the right side is a bound span, which has come.
pub(crate) fn child_of(facts: &Facts<'_>, id: RecordId, set: &MemberSet, is_bound: bool) -> Tri {
    let span = facts.record(id);
    let Some(parent) = span.parent() else {
        return Tri::False;
    };
    match set.with_id(facts.trace.records(), parent).besides(id) {
        Some(true) => return Tri::True,
        Some(false) => return Tri::Open(set.reasons),
        None => {}
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

/// Some member is a descendant. A chain that is not known to its end may lead here, but for what it is known of it.
pub(crate) fn containing(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    set: &MemberSet,
) -> Tri {
    let ancestors = set
        .ancestors
        .get_or_init(|| Box::new(ancestry::ancestors(facts, budget, set)));
    match ancestors.ids.get(&facts.record(id).span_id) {
        Some(true) => return Tri::True,
        Some(false) => return Tri::Open(set.reasons),
        None => {}
    }
    if ancestors.is_cut {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::StateCap)));
    }
    if ancestors.unknown.iter().any(|member| *member != id) {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::Orphan)));
    }
    if set.open {
        Tri::Open(set.reasons)
    } else {
        Tri::False
    }
}

/// Some member has it as its parent, which it knows by its id.
pub(crate) fn parent_of(facts: &Facts<'_>, id: RecordId, set: &MemberSet) -> Tri {
    with_parent(facts, id, set, facts.record(id).span_id)
}

pub(crate) fn sibling_of(facts: &Facts<'_>, id: RecordId, set: &MemberSet) -> Tri {
    match facts.record(id).parent() {
        Some(parent) => with_parent(facts, id, set, parent),
        None => Tri::False,
    }
}

/// Some other member has this parent.
fn with_parent(facts: &Facts<'_>, id: RecordId, set: &MemberSet, parent: SpanId) -> Tri {
    match set.with_parent(facts.trace.records(), parent).besides(id) {
        Some(true) => Tri::True,
        Some(false) => Tri::Open(set.reasons),
        None if set.open => Tri::Open(set.reasons),
        None => Tri::False,
    }
}

/// It is no member, and will be none: whether it may be one is known since it came.
pub(crate) fn except(facts: &Facts<'_>, id: RecordId, set: &MemberSet) -> Tri {
    match set.certainty(id) {
        Some(true) => Tri::False,
        Some(false) => Tri::Open(set.reasons),
        None if set.capped || !facts.saw_all => Tri::Open(set.reasons),
        None => Tri::True,
    }
}

/// Whether a link of the span names a member, by the trace and by the span.
pub(crate) fn linked_to(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    set: &MemberSet,
    ids: LinkIds,
) -> Tri {
    let records = facts.trace.records();
    let kept = |key| records.projection(id).and_then(|kept| kept.kept(key));
    let (Some(traces), Some(spans)) = (kept(ids.trace), kept(ids.span)) else {
        // They were too many to keep, or the rule came after the span.
        return Tri::Open(set.reasons.with(Reasons::of(Reason::Skew)));
    };
    let rows = traces.rows().unwrap_or(0);
    if !budget.spend(rows as usize) {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::StateCap)));
    }
    let trace = facts.trace.id().to_string();
    let (mut leads_here, mut perhaps) = (false, false);
    for row in 0..rows {
        if traces.row(row) != Value::Text(trace.as_bytes()) {
            continue;
        }
        let Some(span) = span_id(spans.row(row)) else {
            continue;
        };
        leads_here = true;
        match set.with_id(records, span).besides(id) {
            Some(true) => return Tri::True,
            Some(false) => perhaps = true,
            None => {}
        }
    }
    if perhaps || leads_here && set.open {
        Tri::Open(set.reasons)
    } else {
        Tri::False
    }
}

/// From its hexadecimal text.
fn span_id(value: Value<'_>) -> Option<SpanId> {
    let Value::Text(text) = value else {
        return None;
    };
    let text = std::str::from_utf8(text).ok()?;
    let number = u64::from_str_radix(text, 16).ok()?;
    Some(SpanId(number.to_be_bytes()))
}
