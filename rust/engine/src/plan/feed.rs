//! What a selected span changes in its trace: the cells that it feeds.

use betrace_lang::rule::Number;

use crate::intern::{CellId, FieldKey};
use crate::plan::ids::{RuleIndex, TermId};
use crate::predicate::fields::FieldId;

/// What a selected span changes.
#[derive(Debug, Default)]
pub(crate) struct SelectorPlan {
    pub feeds: Vec<Feed>,
    /// Of those of its cells that keep extremes and are bounded, which values matter.
    pub reaches: Vec<(CellId, ValueReach)>,
    /// Fields to keep in the span's record.
    pub project: Vec<(FieldKey, FieldId)>,
    /// Those of them that messages print of the spans that a violation shows: kept of the first spans too that are
    /// only counted.
    pub shown: Vec<(FieldKey, FieldId)>,
    /// Rules that it may decide early.
    pub early: Vec<RuleIndex>,
    /// The sets of selectors that contain this one.
    pub sets: Vec<u32>,
}

impl SelectorPlan {
    /// The only cell that a span feeds which it selects for certain, if that counts spans and nothing is kept of them.
    pub fn only_count(&self) -> Option<CellId> {
        let [feed] = *self.feeds else {
            return None;
        };
        let is_plain = feed.kind == FeedKind::Count && self.shown.is_empty();
        is_plain.then_some(feed.cell)
    }
}

/// Which values of one cell matter, of all rules that [bound](crate::plan::reach) its greatest or least.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ValueReach {
    /// What is as great, or as small, matters.
    pub greatest: Option<Number>,
    pub least: Option<Number>,
}

impl ValueReach {
    /// Whether a value matters.
    pub fn has(self, value: Number) -> bool {
        let is_great = |bound: Number| value.compare(bound).is_ge();
        let is_small = |bound: Number| value.compare(bound).is_le();
        self.greatest.is_some_and(is_great) || self.least.is_some_and(is_small)
    }

    pub fn join(&mut self, other: ValueReach) {
        let greatest = [self.greatest, other.greatest].into_iter().flatten();
        self.greatest = greatest.min_by(|a, b| a.compare(*b));
        let least = [self.least, other.least].into_iter().flatten();
        self.least = least.max_by(|a, b| a.compare(*b));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Feed {
    pub cell: CellId,
    pub kind: FeedKind,
}

/// The number of each span: in a field, or reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberOf {
    Field(FieldId),
    Term(TermId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedKind {
    Count,
    Sum(NumberOf),
    Extremes(NumberOf),
    Distinct(FieldId),
    Groups(FieldId),
    GroupsByParent,
    Records,
}

impl FeedKind {
    /// What the cell keeps, as stored state calls it.
    pub fn name(self) -> &'static str {
        match self {
            FeedKind::Count => "count",
            FeedKind::Sum(_) => "sum",
            FeedKind::Extremes(_) => "extremes",
            FeedKind::Distinct(_) => "distinct",
            FeedKind::Groups(_) => "groups",
            FeedKind::GroupsByParent => "groups-by-parent",
            FeedKind::Records => "records",
        }
    }
}
