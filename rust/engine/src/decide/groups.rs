//! The largest group of the selected spans: `count(S) by f`.

use std::collections::BTreeMap;

use betrace_lang::verdict::Reason;

use crate::decide::eval::Eval;
use crate::decide::facts::{Facts, skew_if};
use crate::intern::CellId;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::condition::{GroupedBy, Grouping};
use crate::state::cell::{Cell, TextKey, group_key, text_key};
use crate::value::Value;

/// What the largest group has for certain, and what it may have at most of what was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupSizes {
    /// `None`: there may be no group.
    pub certain: Option<u64>,
    pub most: Option<u64>,
    /// More may come.
    pub open: bool,
    pub reasons: Reasons,
}

impl GroupSizes {
    /// Whether the largest group `reaches` a size.
    pub fn reach(self, reaches: impl Fn(u64) -> bool) -> Tri {
        if self.certain.is_some_and(&reaches) {
            Tri::True
        } else if !self.open && !self.most.is_some_and(&reaches) {
            Tri::False
        } else {
            Tri::Open(self.reasons)
        }
    }
}

pub(crate) fn sizes<'a>(eval: &mut Eval<'a>, groups: &'a Grouping) -> GroupSizes {
    match groups {
        Grouping::Counted { of, cell } => {
            let selects = eval.facts.trace_tests(&of.trace);
            sizes_of_cell(&eval.facts, *cell, selects)
        }
        Grouping::Members { of, by } => {
            let set = eval.members(of);
            let facts = eval.facts;
            eval.budget.spend(set.items.len());
            let mut groups: BTreeMap<TextKey, (u64, u64)> = BTreeMap::new();
            let mut unknown = 0;
            for member in &set.items {
                let key = match by {
                    GroupedBy::Field(field) => match facts.kept(member.record, *field) {
                        Value::Duration(None) => {
                            unknown += 1;
                            None
                        }
                        value => group_key(value),
                    },
                    GroupedBy::Parent => {
                        let parent = facts.record(member.record).parent();
                        parent.map(|parent| text_key(&parent.0))
                    }
                };
                if let Some(key) = key {
                    let group = groups.entry(key).or_default();
                    group.0 += u64::from(member.certain);
                    group.1 += 1;
                }
            }
            let certain = groups.values().map(|group| group.0).max();
            let most = groups.values().map(|group| group.1).max();
            GroupSizes {
                certain: certain.filter(|size| *size > 0),
                most: with_unknown(most, unknown),
                open: set.open,
                reasons: set.reasons.with(skew_if(unknown > 0)),
            }
        }
    }
}

fn sizes_of_cell(facts: &Facts<'_>, cell: CellId, selects: Tri) -> GroupSizes {
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
    if let Some(Cell::Groups(groups)) = facts.trace.cell(cell) {
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
