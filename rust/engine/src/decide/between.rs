//! Directly after another span: with no third one between the two that is above or below neither of them.

use betrace_lang::verdict::Reason;
use hashbrown::HashMap;

use crate::decide::ancestry::line;
use crate::decide::budget::Budget;
use crate::decide::facts::Facts;
use crate::decide::member_set::{Line, MemberSet};
use crate::decide::order::of_some_opener;
use crate::logic::tri::{Reasons, Tri};
use crate::state::record_id::RecordId;

/// Starts once some member has ended, and no third span of `all` lies wholly between that is above or below neither.
pub(crate) fn directly_after(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    set: &MemberSet,
    all: &MemberSet,
) -> Tri {
    of_some_opener(budget, id, set, |budget, opener| {
        is_direct(facts, budget, id, opener, all)
    })
}

fn is_direct(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    opener_id: RecordId,
    all: &MemberSet,
) -> Tri {
    let (span, opener) = (facts.record(id), facts.record(opener_id));
    if !span.has_order() || !opener.has_order() {
        return Tri::Open(Reasons::of(Reason::Skew));
    }
    if span.start < opener.end {
        return Tri::False;
    }
    let lines = all
        .lines
        .get_or_init(|| Box::new(lines(facts, budget, all)));
    let mut may_be = all.open;
    let mut reasons = all.reasons;
    for third in &all.items {
        let third_id = third.record;
        if third_id == id || third_id == opener_id {
            continue;
        }
        if !budget.spend(1) {
            return Tri::Open(Reasons::of(Reason::StateCap));
        }
        let third = facts.record(third_id);
        let lies = if !third.has_order() {
            Tri::Open(Reasons::of(Reason::Skew))
        } else {
            Tri::of(opener.end <= third.start && third.end <= span.start)
        };
        if lies == Tri::False {
            continue;
        }
        let kin = [id, opener_id].map(|other| are_kin(facts, lines, third_id, other));
        match lies.and(kin[0].or(kin[1]).negate()) {
            Tri::True => return Tri::False,
            Tri::Open(why) => {
                may_be = true;
                reasons = reasons.with(why);
            }
            Tri::False => {}
        }
    }
    if may_be {
        Tri::Open(reasons)
    } else {
        Tri::True
    }
}

/// The ancestors of every span, as far as the budget reaches.
fn lines(facts: &Facts<'_>, budget: &mut Budget, all: &MemberSet) -> HashMap<RecordId, Line> {
    let records = all.items.iter().map(|member| member.record);
    let lines = records.map_while(|record| Some((record, line(facts, budget, record)?)));
    lines.collect()
}

/// Whether one is an ancestor of the other.
fn are_kin(facts: &Facts<'_>, lines: &HashMap<RecordId, Line>, a: RecordId, b: RecordId) -> Tri {
    let is_below = |a: RecordId, b: RecordId| match lines.get(&a) {
        Some(line) if line.ids.contains(&facts.record(b).span_id) => Tri::True,
        Some(line) if line.known => Tri::False,
        Some(_) => Tri::Open(Reasons::of(Reason::Orphan)),
        None => Tri::Open(Reasons::of(Reason::StateCap)),
    };
    is_below(a, b).or(is_below(b, a))
}
