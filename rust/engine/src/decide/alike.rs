//! Which spans are alike in some fields, and which echo another one: lie within its time and are alike to it.

use betrace_lang::verdict::Reason;

use crate::decide::budget::Budget;
use crate::decide::facts::{Facts, skew_if};
use crate::decide::member_set::{AlikeGroup, AlikeMembers, Member, MemberSet, Reach};
use crate::logic::tri::{Reasons, Tri};
use crate::plan::join::GroupedBy;
use crate::state::key::{TextKey, group_key, text_key};
use crate::state::record_id::RecordId;
use crate::time::EventTime;
use crate::value::Value;

/// In which group a span is.
pub(crate) enum InGroup {
    Of(Vec<TextKey>),
    Unknown,
    /// It lacks a key.
    None,
}

pub(crate) fn group_of(facts: &Facts<'_>, record: RecordId, by: &[GroupedBy]) -> InGroup {
    let mut keys = Vec::with_capacity(by.len());
    let mut is_known = true;
    for key in by {
        let key = match key {
            GroupedBy::Field(field) => match facts.kept(record, *field) {
                Value::Duration(None) => {
                    is_known = false;
                    continue;
                }
                value => group_key(value),
            },
            GroupedBy::Parent => {
                let parent = facts.record(record).parent();
                parent.map(|parent| text_key(&parent.0))
            }
        };
        match key {
            Some(key) => keys.push(key),
            None => return InGroup::None,
        }
    }
    if is_known {
        InGroup::Of(keys)
    } else {
        InGroup::Unknown
    }
}

/// Whether some other member started earlier, ended no earlier, and is alike in all of `by`.
pub(crate) fn echoing(
    facts: &Facts<'_>,
    budget: &mut Budget,
    id: RecordId,
    set: &MemberSet,
    by: &[GroupedBy],
) -> Tri {
    if set.is_none_but(id) {
        return Tri::False;
    }
    let keys = match group_of(facts, id, by) {
        InGroup::None => return Tri::False,
        InGroup::Of(keys) => Some(keys),
        InGroup::Unknown => None,
    };
    if !budget.spend(by.len()) {
        return Tri::Open(set.reasons.with(Reasons::of(Reason::StateCap)));
    }
    let alike = set.alike.get_or_init(|| {
        budget.spend(set.items.len() * by.len());
        Box::new(alike(facts, set, by))
    });
    // Those that are alike perhaps.
    let mut unsure: Vec<&Member> = alike.unknown.iter().collect();
    let (mut is_open, mut reasons) = (set.open, set.reasons);
    match keys.map(|keys| alike.known.get(&keys)) {
        Some(group) => match group.map_or(Tri::False, |group| around(facts, id, group)) {
            Tri::True => return Tri::True,
            Tri::Open(why) => {
                is_open = true;
                reasons = reasons.with(why);
            }
            Tri::False => {}
        },
        None => unsure.extend(alike.known.values().flat_map(|group| &group.members)),
    }
    if !budget.spend(unsure.len()) {
        return Tri::Open(reasons.with(Reasons::of(Reason::StateCap)));
    }
    if unsure
        .iter()
        .any(|member| may_be_around(facts, member.record, id))
    {
        is_open = true;
        reasons.add(Reason::Skew);
    }
    if is_open {
        Tri::Open(reasons)
    } else {
        Tri::False
    }
}

/// Some other span of the group started earlier and ended no earlier.
fn around(facts: &Facts<'_>, id: RecordId, group: &AlikeGroup) -> Tri {
    if group.members.iter().all(|member| member.record == id) {
        return Tri::False;
    }
    let span = facts.record(id);
    if !span.has_order() {
        return Tri::Open(Reasons::of(Reason::Skew));
    }
    let earlier = EventTime(span.start.0.saturating_sub(1));
    let is_around = |reach: &Reach| {
        let end = reach.until(earlier, id);
        end.is_some_and(|end| end >= span.end)
    };
    let order = &group.order;
    if is_around(&order.certain_reach) {
        return Tri::True;
    }
    let is_skewed = order.is_skewed(&[id]);
    if is_skewed || is_around(&order.reach) {
        Tri::Open(skew_if(is_skewed))
    } else {
        Tri::False
    }
}

fn alike(facts: &Facts<'_>, set: &MemberSet, by: &[GroupedBy]) -> AlikeMembers {
    let mut alike = AlikeMembers::default();
    for member in &set.items {
        match group_of(facts, member.record, by) {
            InGroup::Of(keys) => alike.known.entry(keys).or_default().members.push(*member),
            InGroup::Unknown => alike.unknown.push(*member),
            InGroup::None => {}
        }
    }
    for group in alike.known.values_mut() {
        group.order.fill(&group.members, facts.trace.records());
    }
    alike
}

/// Two spans of which it is not known whether they are alike.
fn may_be_around(facts: &Facts<'_>, outer: RecordId, inner: RecordId) -> bool {
    if outer == inner {
        return false;
    }
    let (around, span) = (facts.record(outer), facts.record(inner));
    !around.has_order() || !span.has_order() || around.start < span.start && around.end >= span.end
}
