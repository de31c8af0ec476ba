//! What a closed trace adds to the windows of a rule over many traces.

use betrace_lang::verdict::Reason;

use crate::decide::budget::Budget;
use crate::decide::condition::truth;
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::facts::Facts;
use crate::decide::measure::{amount, count_of};
use crate::decide::member_set::MemberSet;
use crate::intern::FieldKey;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::condition::Selecting;
use crate::plan::node::{Node, NodeKind};
use crate::plan::window::{WindowAsks, WindowPlan};
use crate::state::cell::RecordsCell;
use crate::state::key::group_key;
use crate::state::record_id::RecordId;
use crate::state::values::Amount;
use crate::value::{TextBuffer, Value, shortest_text};
use crate::windows::adds::{Added, Adds, IdleAdds, PartOf};

/// Adds what the trace of `facts` adds for its rule. How many steps it took.
pub(crate) fn add<'a>(
    facts: Facts<'a>,
    mut budget: Budget,
    scratch: &mut EvalScratch,
    plan: &'a WindowPlan,
    adds: &mut Adds,
) -> u64 {
    if plain(&facts, &mut budget, scratch, plan, adds) {
        return budget.work;
    }
    let eval = &mut Eval::new(facts, budget, scratch);
    match &plan.asks {
        // Numbers alone answer for it.
        WindowAsks::Count(Selecting::Counted(_)) => {}
        WindowAsks::Count(Selecting::Members(of))
        | WindowAsks::Values { of, .. }
        | WindowAsks::Names { of, .. } => {
            members(eval, of, plan, adds, |facts, record| {
                seen(facts, &plan.asks, record)
            });
        }
        WindowAsks::Spans { of, among } => {
            let mut hits = std::mem::take(&mut eval.scratch.hits);
            let is_open = eval.with_members(of, |_, set| {
                hits.extend(set.items.iter().map(|one| (one.record, one.certain)));
                set.open.then_some(set.reasons)
            });
            hits.sort_unstable();
            members(eval, among, plan, adds, |_, record| {
                Some(part(&hits, is_open, record))
            });
            hits.clear();
            eval.scratch.hits = hits;
        }
        WindowAsks::Traces(condition) => {
            let holds = truth(eval, condition);
            trace(eval, plan, holds, Tri::True, adds);
        }
        WindowAsks::Share { of, among } => {
            let is_among = truth(eval, among);
            if is_among != Tri::False {
                let holds = truth(eval, of);
                trace(eval, plan, holds, is_among, adds);
            }
        }
    }
    eval.work()
}

/// What cells say as they are, without looking for members; `false`: they do not, and nothing was added.
fn plain(
    facts: &Facts<'_>,
    budget: &mut Budget,
    scratch: &mut EvalScratch,
    plan: &WindowPlan,
    adds: &mut Adds,
) -> bool {
    let found = match &plan.asks {
        WindowAsks::Count(Selecting::Counted(counted)) => {
            let (certain, most) = count_of(facts, counted);
            if certain > 0 {
                adds.push(PartOf::All, Added::Spans(certain));
            }
            for _ in certain..most {
                adds.push(PartOf::All, Added::Perhaps(Reasons::of(Reason::Skew)));
            }
            adds.open = open_reasons(facts);
            return true;
        }
        WindowAsks::Count(Selecting::Members(of))
        | WindowAsks::Values { of, .. }
        | WindowAsks::Names { of, .. } => Selected::of(facts, of).map(|found| (found, None)),
        WindowAsks::Spans { of, among } => {
            let of = Selected::of(facts, of);
            Selected::of(facts, among).zip(of.map(Some))
        }
        WindowAsks::Traces(_) | WindowAsks::Share { .. } => None,
    };
    let Some((found, hits)) = found else {
        return false;
    };
    let steps = found.len() * (2 + plan.by.len()) + hits.as_ref().map_or(0, Selected::len);
    // With less each member is asked whether it is still looked at.
    if !budget.allows(steps) {
        return false;
    }
    budget.spend(steps);
    let mut is_open = None;
    if let Some(hits) = &hits {
        scratch.hits.extend(hits.members());
        is_open = hits.is_open(scratch.hits.iter().any(|(_, certain)| !certain));
        scratch.hits.sort_unstable();
    }
    let mut is_perhaps = false;
    for (record, certain) in found.members() {
        is_perhaps |= !certain;
        let added = match hits {
            Some(_) => Some(part(&scratch.hits, is_open, record)),
            None => seen(facts, &plan.asks, record),
        };
        if let Some(added) = added {
            let reasons = found.reasons(is_perhaps);
            put(facts, record, plan, adds, (added, certain), reasons);
        }
    }
    scratch.hits.clear();
    adds.open = found.is_open(is_perhaps).map(|reasons| {
        let missing = open_reasons(facts).unwrap_or(Reasons::NONE);
        reasons.with(missing)
    });
    true
}

/// The spans of a selector that asks nothing of other spans, nor of the trace: all that its cell has.
struct Selected<'a> {
    cell: Option<RecordsCell<'a>>,
    capped: bool,
    closed: bool,
}

impl<'a> Selected<'a> {
    fn of(facts: &Facts<'a>, node: &Node) -> Option<Selected<'a>> {
        let NodeKind::Spans {
            records,
            filter,
            trace,
            is_leaf: false,
            ..
        } = &node.kind
        else {
            return None;
        };
        if !filter.is_empty() || !trace.is_empty() {
            return None;
        }
        let cell = facts.cells.records(*records);
        Some(Selected {
            cell,
            capped: cell.is_some_and(|cell| cell.capped),
            closed: facts.closed,
        })
    }

    fn len(&self) -> usize {
        self.cell.map_or(0, RecordsCell::len)
    }

    fn members(&self) -> impl Iterator<Item = (RecordId, bool)> + use<'a> {
        self.cell.into_iter().flat_map(RecordsCell::members)
    }

    /// What is not known of them. `is_perhaps`: of some, whether they are selected.
    fn reasons(&self, is_perhaps: bool) -> Reasons {
        let mut reasons = Reasons::NONE;
        if self.capped {
            reasons.add(Reason::StateCap);
        }
        if is_perhaps {
            reasons.add(Reason::Skew);
        }
        reasons
    }

    /// Why there may be more of them.
    fn is_open(&self, is_perhaps: bool) -> Option<Reasons> {
        (self.capped || !self.closed).then(|| self.reasons(is_perhaps))
    }
}

/// What a span has for it that is counted or measured.
fn seen(facts: &Facts<'_>, asks: &WindowAsks, record: RecordId) -> Option<Added> {
    match asks {
        WindowAsks::Values { value, .. } => match amount(facts, record, *value) {
            Amount::Number(number) | Amount::Duration(number) => Some(Added::Value(number)),
            Amount::Unknown => Some(Added::Perhaps(Reasons::of(Reason::Skew))),
            Amount::None => None,
        },
        WindowAsks::Names { field, .. } => match facts.kept(record, *field) {
            Value::Duration(None) => Some(Added::Perhaps(Reasons::of(Reason::Skew))),
            value => group_key(value).map(Added::Text),
        },
        _ => Some(Added::Spans(1)),
    }
}

/// Whether a span is one of `hits`, which are sorted, each with whether it is certain; `is_open`: why there may be more.
fn part(hits: &[(RecordId, bool)], is_open: Option<Reasons>, record: RecordId) -> Added {
    let at = hits.binary_search_by_key(&record, |(hit, _)| *hit);
    match (at.ok().map(|at| hits[at].1), is_open) {
        (Some(true), _) => Added::Part(true),
        (None, None) => Added::Part(false),
        (_, reasons) => Added::Perhaps(reasons.unwrap_or(Reasons::of(Reason::Skew))),
    }
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
fn open_reasons(facts: &Facts<'_>) -> Option<Reasons> {
    (!facts.closed).then(|| {
        let mut reasons = facts.trace.reasons(facts.rule.completeness);
        if !facts.saw_all {
            reasons.add(Reason::Reload);
        }
        reasons
    })
}

/// Each member, in its group.
fn members<'a>(
    eval: &mut Eval<'a>,
    node: &'a Node,
    plan: &WindowPlan,
    adds: &mut Adds,
    of: impl Fn(&Facts<'a>, RecordId) -> Option<Added>,
) {
    let missing = open_reasons(&eval.facts);
    eval.with_members(node, |eval, set: &MemberSet| {
        let facts = eval.facts;
        for member in &set.items {
            if !eval.budget.spend(1 + plan.by.len()) {
                adds.open = Some(Reasons::of(Reason::StateCap));
                break;
            }
            if let Some(added) = of(&facts, member.record) {
                let added = (added, member.certain);
                put(&facts, member.record, plan, adds, added, set.reasons);
            }
        }
        if set.open {
            let reasons = set.reasons.with(missing.unwrap_or(Reasons::NONE));
            let open = adds.open.unwrap_or(Reasons::NONE);
            adds.open = Some(open.with(reasons));
        }
    });
}

/// What a span adds, and whether it is certain that it does, in its group.
fn put(
    facts: &Facts<'_>,
    record: RecordId,
    plan: &WindowPlan,
    adds: &mut Adds,
    (added, certain): (Added, bool),
    reasons: Reasons,
) {
    let added = match certain {
        true => added,
        false => Added::Perhaps(reasons),
    };
    match group(facts, record, &plan.by, adds) {
        Some(PartOf::Any) => adds.push(PartOf::Any, Added::Perhaps(Reasons::of(Reason::Skew))),
        Some(of) => adds.push(of, added),
        None => {}
    }
}

/// In which group a span is; `None`: it lacks a value.
fn group(facts: &Facts<'_>, record: RecordId, by: &[FieldKey], adds: &mut Adds) -> Option<PartOf> {
    if by.is_empty() {
        return Some(PartOf::All);
    }
    adds.begin_group();
    for field in by {
        match facts.kept(record, *field) {
            Value::Text(text) => adds.push_value(text),
            Value::Duration(None) => {
                adds.drop_group();
                return Some(PartOf::Any);
            }
            Value::Duration(Some(nanos)) => {
                adds.push_value(betrace_lang::duration_text(nanos).as_bytes());
            }
            value => match shortest_text(value, &mut TextBuffer::new()) {
                Some(text) => adds.push_value(text),
                None => {
                    adds.drop_group();
                    return None;
                }
            },
        }
    }
    Some(adds.end_group())
}

/// One trace, in the group of its root.
fn trace<'a>(eval: &mut Eval<'a>, plan: &'a WindowPlan, holds: Tri, counts: Tri, adds: &mut Adds) {
    let missing = open_reasons(&eval.facts).unwrap_or(Reasons::NONE);
    let added = match (counts, holds) {
        (Tri::True, Tri::True) => Added::Part(true),
        (Tri::True, Tri::False) => Added::Part(false),
        _ => Added::Perhaps(counts.reasons().with(holds.reasons()).with(missing)),
    };
    let Some(root) = &plan.root else {
        return adds.push(PartOf::All, added);
    };
    let doubt = Added::Perhaps(missing.with(counts.reasons()).with(holds.reasons()));
    eval.with_members(root, |eval, set| {
        let facts = eval.facts;
        let lowest = set
            .items
            .iter()
            .min_by_key(|one| facts.record(one.record).rank());
        match lowest {
            Some(root) if set.items.len() == 1 || !set.open => {
                match group(&facts, root.record, &plan.by, adds) {
                    Some(PartOf::Any) => adds.push(PartOf::Any, doubt),
                    Some(of) => adds.push(of, added),
                    None => {}
                }
            }
            None if !set.open => {}
            _ => adds.push(PartOf::Any, doubt),
        }
    });
}
