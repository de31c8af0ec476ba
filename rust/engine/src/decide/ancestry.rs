//! What lies above the spans of a trace: whether a member of a selector is among their ancestors, and whether
//! every way up leads to a root.
//!
//! The halves of a call share an id and may have parents of their own, so that ways up part and join again; what is
//! above an id is worked out once for all spans below it, and asking it of every span of a trace takes as many
//! steps as there are spans. Only below a cycle of parents, where the answer depends on where one began, is each
//! span's way walked by itself.

use hashbrown::HashMap;

use crate::decide::budget::Budget;
use crate::decide::facts::Facts;
use crate::decide::member_set::{Above, Ancestors, Climbed, Line, Member, MemberSet};
use crate::id::SpanId;
use crate::state::record::Record;
use crate::state::record_id::RecordId;

/// A way of so many ids to a root is short.
const SHORT: usize = 4;

/// What is above a span among the members of `set`. `None`: the budget was spent on the way.
pub(crate) fn above(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    set: &MemberSet,
) -> Option<Above> {
    let span = facts.record(id);
    let Some(parent) = span.parent() else {
        return Some(Above::default());
    };
    let mut climbed = set.climbed.borrow_mut();
    let known = climbed.as_ref().and_then(|known| known.get(&parent));
    let known = known.copied().flatten();
    // Where one way was long the others most likely are.
    let short = match (known, climbed.is_some()) {
        (None, false) => climb_short(facts, budget, parent, set),
        (known, _) => known,
    };
    let mut above = match short {
        Some(above) => above,
        None => {
            let climbed = climbed.get_or_insert_default();
            climb(facts, budget, parent, set, climbed)?
        }
    };
    if above.is_round {
        above = Above {
            is_round: true,
            ..walk(facts, budget, id, set)?
        };
    }
    // Structure may have been asked for only after the trace began.
    above.unknown |= !facts.trace.seen().has_structure();
    Some(above)
}

/// The way up from an id where it is short and each id on it is one span's, as nearly all are: nothing of it is kept. `None`: it is
/// another.
fn climb_short(
    facts: &Facts<'_>,
    budget: &mut Budget,
    from: SpanId,
    set: &MemberSet,
) -> Option<Above> {
    let seen = facts.trace.seen();
    let mut above = Above::default();
    let mut at = from;
    for _ in 0..SHORT {
        if !budget.spend(3) {
            return None;
        }
        let parent = seen.parent_of_only(facts.key, at)?;
        let sharers = set.with_id(facts.trace.records(), at);
        above.certain |= sharers.certain.is_some();
        above.perhaps |= sharers.perhaps.is_some();
        let Some(parent) = parent else {
            return Some(above);
        };
        at = parent;
    }
    None
}

#[derive(Clone, Copy)]
enum Step {
    To(SpanId),
    /// All that is above is known.
    Back(SpanId),
}

fn climb(
    facts: &Facts<'_>,
    budget: &mut Budget,
    from: SpanId,
    set: &MemberSet,
    climbed: &mut Climbed,
) -> Option<Above> {
    let seen = facts.trace.seen();
    let mut left = vec![Step::To(from)];
    let mut parents = Vec::new();
    while let Some(step) = left.pop() {
        let (Step::To(id) | Step::Back(id)) = step;
        if matches!(step, Step::To(_)) && climbed.contains_key(&id) {
            continue;
        }
        seen.parents_of(facts.key, id, &mut parents);
        if !budget.spend(2 + parents.len()) {
            climbed.retain(|_, above| above.is_some());
            return None;
        }
        match step {
            Step::To(_) if parents.is_empty() => {
                let never_came = Above {
                    unknown: true,
                    ..Above::default()
                };
                climbed.insert(id, Some(never_came));
            }
            Step::To(_) => {
                climbed.insert(id, None);
                left.push(Step::Back(id));
                left.extend(parents.iter().flatten().copied().map(Step::To));
            }
            Step::Back(_) => {
                let sharers = set.with_id(facts.trace.records(), id);
                let mut above = Above {
                    certain: sharers.certain.is_some(),
                    perhaps: sharers.perhaps.is_some(),
                    ..Above::default()
                };
                for parent in parents.iter().flatten() {
                    match climbed.get(parent).copied().flatten() {
                        Some(further) => above.add(further),
                        None => above.is_round = true,
                    }
                }
                climbed.insert(id, Some(above));
            }
        }
    }
    climbed.get(&from).copied().flatten()
}

/// The way up from one span, which is no ancestor of itself.
fn walk(facts: &Facts<'_>, budget: &mut Budget, id: RecordId, set: &MemberSet) -> Option<Above> {
    let mut found = Above::default();
    found.unknown = !ways_up(facts, budget, &facts.record(id), |at| {
        match set.with_id(facts.trace.records(), at).besides(id) {
            Some(true) => found.certain = true,
            Some(false) => found.perhaps = true,
            None => {}
        }
    })?;
    Some(found)
}

/// Visits the ids above a span, each once; whether they lead to a root on every way up.
fn ways_up(
    facts: &Facts<'_>,
    budget: &mut Budget,
    span: &Record,
    mut visit: impl FnMut(SpanId),
) -> Option<bool> {
    let seen = facts.trace.seen();
    let mut known = true;
    // True while the way up leads through the id, false once all above it is done.
    let mut state: HashMap<SpanId, bool> = HashMap::new();
    state.insert(span.span_id, true);
    let mut left: Vec<Step> = span.parent().map(Step::To).into_iter().collect();
    let mut parents = Vec::new();
    while let Some(step) = left.pop() {
        let at = match step {
            Step::To(at) => at,
            Step::Back(at) => {
                state.insert(at, false);
                continue;
            }
        };
        match state.get(&at) {
            Some(false) => continue,
            Some(true) => {
                known = false;
                continue;
            }
            None => {}
        }
        seen.parents_of(facts.key, at, &mut parents);
        if !budget.spend(4 + parents.len()) {
            return None;
        }
        if parents.is_empty() {
            known = false;
            continue;
        }
        visit(at);
        state.insert(at, true);
        left.push(Step::Back(at));
        left.extend(parents.iter().flatten().copied().map(Step::To));
    }
    Some(known)
}

/// The ids above a span. `None`: the budget was spent on the way.
pub(crate) fn line(facts: &Facts<'_>, budget: &mut Budget, id: RecordId) -> Option<Line> {
    let span = facts.record(id);
    let mut ids = Vec::new();
    let leads_up = ways_up(facts, budget, &span, |at| ids.push(at))?;
    // Structure may have been asked for only after the trace began.
    let is_kept = facts.trace.seen().has_structure() || span.parent().is_none();
    Some(Line {
        ids,
        known: leads_up && is_kept,
    })
}

/// What lies above the members of a set: each id is climbed once for the certain members, and once for the others.
pub(crate) fn ancestors(facts: &Facts<'_>, budget: &mut Budget, set: &MemberSet) -> Ancestors {
    let mut ancestors = Ancestors::default();
    let mut members: Vec<Member> = set.items.clone();
    members.sort_by_key(|member| !member.certain);
    for member in members {
        if !add_above(facts, budget, set, member, &mut ancestors) {
            ancestors.is_cut = true;
            break;
        }
    }
    ancestors
}

/// `false`: the budget was spent on the way.
fn add_above(
    facts: &Facts<'_>,
    budget: &mut Budget,
    set: &MemberSet,
    member: Member,
    ancestors: &mut Ancestors,
) -> bool {
    let Some(above) = above(facts, budget, member.record, set) else {
        return false;
    };
    if above.unknown {
        ancestors.unknown.push(member.record);
    }
    let span = facts.record(member.record);
    let ids = &mut ancestors.ids;
    if above.is_round {
        let known = ways_up(facts, budget, &span, |id| {
            *ids.entry(id).or_insert(false) |= member.certain;
        });
        return known.is_some();
    }
    let seen = facts.trace.seen();
    let mut left: Vec<SpanId> = span.parent().into_iter().collect();
    let mut parents = Vec::new();
    while let Some(id) = left.pop() {
        // Certain members come first: what stands there already stands for this one too.
        if ids.contains_key(&id) {
            continue;
        }
        seen.parents_of(facts.key, id, &mut parents);
        if !budget.spend(2 + parents.len()) {
            return false;
        }
        if !parents.is_empty() {
            ids.insert(id, member.certain);
            left.extend(parents.iter().flatten());
        }
    }
    true
}
