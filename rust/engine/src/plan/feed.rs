//! What a selected span changes in its trace: the cells that it feeds.

use crate::intern::{CellId, FieldKey};
use crate::plan::ids::{RuleIndex, TermId};
use crate::predicate::fields::FieldId;

/// What a selected span changes.
#[derive(Debug, Default)]
pub(crate) struct SelectorPlan {
    pub feeds: Vec<Feed>,
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
