//! Structure: whether one span stands in a relation of parents to the members of another selector.
//!
//! Each answer is final or open. A parent that never came, or a cycle of parents, leaves open what hangs on it.

use betrace_lang::verdict::Reason;
use hashbrown::HashMap;

use crate::decide::facts::{Budget, Facts};
use crate::decide::member_set::{Above, MemberSet};
use crate::id::SpanId;
use crate::logic::tri::{Reasons, Tri};
use crate::state::record::{Record, RecordId};

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

/// Some member is a descendant. A chain that is not known to its end may lead here, but for what it is known of it.
pub(crate) fn containing(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    set: &MemberSet,
) -> Tri {
    let above = set.above.get_or_init(|| above(facts, budget, set));
    match above.ids.get(&facts.record(id).span_id) {
        Some(true) => return Tri::True,
        Some(false) => return Tri::Open(set.reasons),
        None => {}
    }
    if above.unknown.iter().any(|member| *member != id) {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::Orphan)));
    }
    if set.open {
        Tri::Open(set.reasons)
    } else {
        Tri::False
    }
}

/// What lies above the members of a set.
fn above(facts: &Facts<'_>, budget: &mut Budget, set: &MemberSet) -> Above {
    let mut above = Above::default();
    for member in &set.items {
        let (found, known) = ancestors(facts, budget, facts.record(member.record));
        for id in found {
            *above.ids.entry(id).or_insert(false) |= member.certain;
        }
        if !known {
            above.unknown.push(member.record);
        }
    }
    above
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

/// A step on the way up to the roots.
#[derive(Clone, Copy)]
enum Climb {
    To(SpanId),
    /// All that is above is done.
    Done(SpanId),
}
