//! What a closed trace adds to the windows of a rule over many traces.

use betrace_lang::verdict::Reason;

use crate::decide::condition::truth;
use crate::decide::eval::Eval;
use crate::decide::facts::Facts;
use crate::decide::measure::{amount, count_of};
use crate::decide::member_set::MemberSet;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::condition::Selecting;
use crate::plan::node::Node;
use crate::plan::window::{WindowAsks, WindowPlan};
use crate::state::key::group_key;
use crate::state::record::RecordId;
use crate::state::values::Amount;
use crate::value::{TextBuffer, Value, shortest_text};
use crate::windows::adds::{Added, Adds, IdleAdds, WindowGroup};

/// Of the trace of `eval`, for its rule.
pub(crate) fn adds<'a>(eval: &mut Eval<'a>, plan: &'a WindowPlan) -> Adds {
    let mut adds = Adds::default();
    let by = &*plan.by;
    match &plan.asks {
        WindowAsks::Count(Selecting::Counted(counted)) => {
            let (certain, most) = count_of(&eval.facts, counted);
            spans(&mut adds, certain, most, open_reasons(eval));
        }
        WindowAsks::Count(Selecting::Members(node)) => {
            members(eval, node, by, &mut adds, |_, _| Some(Added::Span));
        }
        WindowAsks::Values { of, value } => {
            members(eval, of, by, &mut adds, |facts, record| {
                match amount(facts, record, *value) {
                    Amount::Number(number) | Amount::Duration(number) => Some(Added::Value(number)),
                    Amount::Unknown => Some(Added::Perhaps(Reasons::of(Reason::Skew))),
                    Amount::None => None,
                }
            });
        }
        WindowAsks::Names { of, field } => {
            members(eval, of, by, &mut adds, |facts, record| {
                match facts.kept(record, *field) {
                    Value::Duration(None) => Some(Added::Perhaps(Reasons::of(Reason::Skew))),
                    value => group_key(value).map(Added::Text),
                }
            });
        }
        WindowAsks::Spans { of, among } => {
            let mut hits: Vec<(RecordId, bool)> = Vec::new();
            let mut is_open = None;
            eval.with_members(of, |_, set| {
                hits.extend(set.items.iter().map(|one| (one.record, one.certain)));
                is_open = set.open.then_some(set.reasons);
            });
            hits.sort_unstable_by_key(|(record, _)| *record);
            let find = |record: RecordId| {
                let at = hits.binary_search_by_key(&record, |(hit, _)| *hit);
                at.ok().map(|at| hits[at].1)
            };
            members(eval, among, by, &mut adds, |_, record| {
                Some(match (find(record), is_open) {
                    (Some(true), _) => Added::Part(true),
                    (None, None) => Added::Part(false),
                    (_, reasons) => Added::Perhaps(reasons.unwrap_or(Reasons::of(Reason::Skew))),
                })
            });
        }
        WindowAsks::Traces(condition) => {
            let holds = truth(eval, condition);
            trace(eval, plan, holds, Tri::True, &mut adds);
        }
        WindowAsks::Share { of, among } => {
            let is_among = truth(eval, among);
            if is_among != Tri::False {
                let holds = truth(eval, of);
                trace(eval, plan, holds, is_among, &mut adds);
            }
        }
    }
    adds
}

/// What the trace of `eval`, with which the rule has nothing to do, adds where traces are asked about. `None`: it has to be asked
/// each time.
pub(crate) fn idle<'a>(eval: &mut Eval<'a>, plan: &'a WindowPlan) -> Option<IdleAdds> {
    let (of, among) = match &plan.asks {
        WindowAsks::Traces(of) => (of, Tri::True),
        WindowAsks::Share { of, among } => (of, truth(eval, among)),
        _ => return Some(IdleAdds::Nothing),
    };
    match (among, among == Tri::False || truth(eval, of) == Tri::True) {
        (Tri::False, _) => Some(IdleAdds::Nothing),
        (Tri::True, true) => None,
        (Tri::True, false) if truth(eval, of) == Tri::False => Some(IdleAdds::Miss),
        _ => Some(IdleAdds::Perhaps),
    }
}

/// Why spans may be missing.
fn open_reasons(eval: &Eval<'_>) -> Option<Reasons> {
    let facts = &eval.facts;
    (!facts.closed).then(|| {
        let mut reasons = facts.trace.reasons(facts.rule.completeness);
        if !facts.saw_all {
            reasons.add(Reason::Reload);
        }
        reasons
    })
}

fn spans(adds: &mut Adds, certain: u64, most: u64, open: Option<Reasons>) {
    for at in 0..most {
        let seen = match at < certain {
            true => Added::Span,
            false => Added::Perhaps(Reasons::of(Reason::Skew)),
        };
        adds.parts.push((Some(WindowGroup::all()), seen));
    }
    adds.open = open;
}

/// Each member, in its group.
fn members<'a>(
    eval: &mut Eval<'a>,
    node: &'a Node,
    by: &[crate::intern::FieldKey],
    adds: &mut Adds,
    of: impl Fn(&Facts<'a>, RecordId) -> Option<Added>,
) {
    let missing = open_reasons(eval);
    eval.with_members(node, |eval, set: &MemberSet| {
        let facts = eval.facts;
        for member in &set.items {
            if !eval.budget.spend(1 + by.len()) {
                adds.open = Some(Reasons::of(Reason::StateCap));
                break;
            }
            let Some(seen) = of(&facts, member.record) else {
                continue;
            };
            let seen = match member.certain {
                true => seen,
                false => Added::Perhaps(set.reasons),
            };
            match group(&facts, member.record, by) {
                InWindowGroup::Of(group) => adds.parts.push((Some(group), seen)),
                InWindowGroup::Unknown => adds
                    .parts
                    .push((None, Added::Perhaps(Reasons::of(Reason::Skew)))),
                InWindowGroup::None => {}
            }
        }
        if set.open {
            let reasons = set.reasons.with(missing.unwrap_or(Reasons::NONE));
            let open = adds.open.unwrap_or(Reasons::NONE);
            adds.open = Some(open.with(reasons));
        }
    });
}

enum InWindowGroup {
    Of(WindowGroup),
    /// A value is not known.
    Unknown,
    /// A value is missing.
    None,
}

fn group(facts: &Facts<'_>, record: RecordId, by: &[crate::intern::FieldKey]) -> InWindowGroup {
    if by.is_empty() {
        return InWindowGroup::Of(WindowGroup::all());
    }
    let mut values = Vec::with_capacity(by.len());
    for field in by {
        let value = match facts.kept(record, *field) {
            Value::Duration(None) => return InWindowGroup::Unknown,
            Value::Duration(Some(nanos)) => betrace_lang::duration_text(nanos),
            value => {
                let mut buffer = TextBuffer::new();
                match shortest_text(value, &mut buffer) {
                    Some(text) => String::from_utf8_lossy(text).into_owned(),
                    None => return InWindowGroup::None,
                }
            }
        };
        values.push(value);
    }
    InWindowGroup::Of(WindowGroup::of(&values))
}

/// One trace, in the group of its root.
fn trace<'a>(eval: &mut Eval<'a>, plan: &'a WindowPlan, holds: Tri, counts: Tri, adds: &mut Adds) {
    let missing = open_reasons(eval).unwrap_or(Reasons::NONE);
    let seen = match (counts, holds) {
        (Tri::True, Tri::True) => Added::Part(true),
        (Tri::True, Tri::False) => Added::Part(false),
        _ => Added::Perhaps(counts.reasons().with(holds.reasons()).with(missing)),
    };
    let Some(root) = &plan.root else {
        return adds.parts.push((Some(WindowGroup::all()), seen));
    };
    let doubt = Added::Perhaps(missing.with(counts.reasons()).with(holds.reasons()));
    let mut found = None;
    eval.with_members(root, |eval, set| {
        let facts = eval.facts;
        let lowest = set
            .items
            .iter()
            .min_by_key(|one| facts.record(one.record).rank());
        found = match lowest {
            Some(root) if set.items.len() == 1 || !set.open => {
                match group(&facts, root.record, &plan.by) {
                    InWindowGroup::Of(group) => Some((Some(group), seen)),
                    InWindowGroup::Unknown => Some((None, doubt)),
                    InWindowGroup::None => None,
                }
            }
            None if !set.open => None,
            _ => Some((None, doubt)),
        };
    });
    adds.parts.extend(found);
}
