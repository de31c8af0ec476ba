//! Whether the measure of some group of the selected spans reaches a value: `count(S) by f > 10`.

use std::collections::BTreeMap;

use betrace_lang::rule::CompareOp;
use betrace_lang::verdict::Reason;

use crate::decide::alike::{InGroup, group_of};
use crate::decide::eval::Eval;
use crate::decide::facts::{Facts, skew_if};
use crate::decide::measure::measure_members;
use crate::decide::member_set::{Member, MemberSet};
use crate::decide::moments;
use crate::finding::EVIDENCE_CAP;
use crate::intern::CellId;
use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::condition::{Counted, Grouping};
use crate::plan::join::GroupedBy;
use crate::state::cell::Cell;
use crate::state::group_cell::GroupSize;
use crate::state::key::TextKey;
use crate::state::record::Rank;
use crate::state::record_id::RecordId;

/// What the largest group has for certain, and what it may have at most of what was seen.
#[derive(Clone, Copy, Debug)]
struct GroupSizes {
    /// `None`: there may be no group.
    certain: Option<u64>,
    most: Option<u64>,
    /// More may come.
    open: bool,
    reasons: Reasons,
}

pub(crate) fn some_reaches<'a>(
    eval: &mut Eval<'a>,
    grouping: &'a Grouping,
    op: CompareOp,
    value: Interval,
) -> Tri {
    match grouping {
        Grouping::Counted { of, cell } => {
            let sizes = sizes_of_cell(&eval.facts, of, *cell);
            let reaches = |size: u64| {
                let size = Interval::exactly(End::count(size));
                size.decides(op, value) == Some(true)
            };
            if sizes.certain.is_some_and(reaches) {
                Tri::True
            } else if !sizes.open && !sizes.most.is_some_and(reaches) {
                Tri::False
            } else {
                Tri::Open(sizes.reasons)
            }
        }
        Grouping::Members { of, by, measure } => eval.with_members(of, |eval, set| {
            eval.budget.spend(set.items.len() * by.len());
            let facts = eval.facts;
            let groups = Groups::of(&facts, set, by);
            let mut found = if set.open {
                Tri::Open(set.reasons)
            } else {
                Tri::False
            };
            // Those of no known group may be one of their own.
            for group in groups.known.values().chain([&Vec::new()]) {
                let (members, is_there) = groups.with_unknown(group, set);
                eval.budget.spend(members.items.len());
                let measured = measure_members(&facts, *measure, &members);
                let reaches = measured.compare(op, Measured::Range(value));
                found = found.or(reaches.and(is_there));
                if found == Tri::True {
                    break;
                }
            }
            found
        }),
    }
}

/// The group that a violation shows.
pub(crate) struct Largest {
    /// The lowest of its certain spans, not all; none where they were not kept.
    pub spans: Vec<RecordId>,
    /// How many certain spans it has.
    pub count: u64,
}

/// Of the groups that reach the value, or else of all, the one with the most by what is certain; of several such the
/// one with the lowest span. `None` without a group.
pub(crate) fn largest<'a>(
    eval: &mut Eval<'a>,
    grouping: &'a Grouping,
    op: CompareOp,
    value: Interval,
) -> Option<Largest> {
    match grouping {
        Grouping::Counted { of, cell } => {
            // Groups are kept whatever the `trace:` parts say; where they select nothing there is none.
            let selects = eval.facts.trace_tests(&of.trace);
            largest_of_cell(&eval.facts, *cell).filter(|_| selects == Tri::True)
        }
        Grouping::Members { of, by, measure } => eval.with_members(of, |eval, set| {
            eval.budget.spend(set.items.len() * by.len());
            let facts = eval.facts;
            let groups = Groups::of(&facts, set, by);
            let mut largest: Option<(bool, End, Rank, Largest)> = None;
            for group in groups.known.values() {
                let certain = group.iter().filter(|member| member.certain);
                let mut alone = MemberSet::new(false, Reasons::NONE);
                alone.items.extend(certain.copied());
                let Some(first) = alone.items.first() else {
                    continue;
                };
                let first = facts.record(first.record).rank();
                let (members, is_there) = groups.with_unknown(group, set);
                eval.budget.spend(members.items.len() + alone.items.len());
                let measured = measure_members(&facts, *measure, &members);
                let reaches = measured.compare(op, Measured::Range(value)).and(is_there);
                let reaches = reaches == Tri::True;
                let most = match measure_members(&facts, *measure, &alone) {
                    Measured::Range(interval) => interval.low,
                    Measured::Perhaps(_) | Measured::Never => End::Lowest,
                };
                let is_larger = largest.as_ref().is_none_or(|(reached, than, lowest, _)| {
                    let by_value = reaches.cmp(reached).then(most.order(*than));
                    by_value.then(lowest.cmp(&first)).is_gt()
                });
                if is_larger {
                    let mut spans =
                        moments::fullest(&facts, &mut eval.budget, &alone.items, *measure);
                    if spans.is_empty() {
                        spans.extend(alone.items.iter().map(|member| member.record));
                    }
                    let count = spans.len() as u64;
                    spans.truncate(EVIDENCE_CAP);
                    largest = Some((reaches, most, first, Largest { spans, count }));
                }
            }
            largest.map(|(_, _, _, largest)| largest)
        }),
    }
}

fn largest_of_cell(facts: &Facts<'_>, cell: CellId) -> Option<Largest> {
    let Some(Cell::Groups(groups)) = facts.cells.get(cell) else {
        return None;
    };
    let of_most = groups.groups.values();
    let of_most = of_most.filter(|group| group.certain > 0 && group.certain == groups.largest);
    let first = |group: &&GroupSize| {
        let first = group.shown().first();
        first.map(|span| facts.record(*span).rank())
    };
    // Those that show nothing come last.
    let largest = of_most.min_by_key(|group| (first(group).is_none(), first(group)))?;
    Some(Largest {
        spans: largest.shown().to_vec(),
        count: u64::from(largest.certain),
    })
}

/// The members of a set by their keys, in its order.
struct Groups {
    known: BTreeMap<Vec<TextKey>, Vec<Member>>,
    /// Members of which a key is not known.
    unknown: Vec<Member>,
}

impl Groups {
    fn of(facts: &Facts<'_>, set: &MemberSet, by: &[GroupedBy]) -> Groups {
        let mut groups = Groups {
            known: BTreeMap::new(),
            unknown: Vec::new(),
        };
        for member in &set.items {
            match group_of(facts, member.record, by) {
                InGroup::Of(key) => groups.known.entry(key).or_default().push(*member),
                InGroup::Unknown => groups.unknown.push(*member),
                InGroup::None => {}
            }
        }
        groups
    }

    /// A group with those that may be in it, and whether it is one.
    fn with_unknown(&self, group: &[Member], set: &MemberSet) -> (MemberSet, Tri) {
        let reasons = set.reasons.with(skew_if(!self.unknown.is_empty()));
        let mut members = MemberSet::new(set.open, reasons);
        members.items.extend_from_slice(group);
        members
            .items
            .extend(self.unknown.iter().map(|member| Member {
                certain: false,
                ..*member
            }));
        let is_there = if group.iter().any(|member| member.certain) {
            Tri::True
        } else if members.items.is_empty() {
            Tri::False
        } else {
            Tri::Open(reasons)
        };
        (members, is_there)
    }
}

fn sizes_of_cell(facts: &Facts<'_>, of: &Counted, cell: CellId) -> GroupSizes {
    let selects = facts.trace_tests(&of.trace);
    let mut sizes = GroupSizes {
        certain: None,
        most: None,
        open: !facts.closed,
        reasons: Reasons::NONE,
    };
    if selects == Tri::False {
        sizes.open = false;
        return sizes;
    }
    if let Some(Cell::Groups(groups)) = facts.cells.get(cell) {
        let size = |count: u32| (count > 0).then_some(u64::from(count));
        sizes.certain = size(groups.largest);
        sizes.most = with_unknown(size(groups.largest_perhaps), u64::from(groups.unknown));
        let perhaps = groups.largest_perhaps > groups.largest || groups.unknown > 0;
        sizes.reasons = skew_if(perhaps);
        if groups.capped {
            sizes.open = true;
            sizes.reasons.add(Reason::StateCap);
        }
    }
    if let Tri::Open(reasons) = selects {
        sizes.certain = None;
        sizes.reasons = sizes.reasons.with(reasons);
    }
    sizes
}

/// Spans of unknown group may all be in the largest one.
fn with_unknown(most: Option<u64>, unknown: u64) -> Option<u64> {
    match (most, unknown) {
        (most, 0) => most,
        (most, unknown) => Some(most.unwrap_or(0) + unknown),
    }
}
