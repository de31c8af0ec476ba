//! What a selected span changes in its trace: the cells that it feeds.

use betrace_lang::rule::Number;

use crate::few::Few;
use crate::intern::{CellId, FieldKey};
use crate::plan::ids::{RuleIndex, TermId};
use crate::predicate::fields::FieldId;

/// What a selected span changes.
#[derive(Debug, Default)]
pub(crate) struct SelectorPlan {
    pub feeds: Few<Feed>,
    /// Of those of its cells that keep extremes and are bounded, which values matter.
    pub reaches: Vec<CellReach>,
    /// Fields to keep in the span's record.
    pub project: Vec<(FieldKey, FieldId)>,
    /// Those of them that messages print of the spans that a violation shows: kept of the first spans too that are
    /// only counted.
    pub shown: Vec<(FieldKey, FieldId)>,
    /// Rules that it may decide early.
    pub early: Few<RuleIndex>,
    /// The sets of selectors that contain this one.
    pub sets: Few<u32>,
}

/// Which values of a cell matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellReach {
    pub cell: CellId,
    pub reach: ValueReach,
    pub idle: IdleNumbers,
}

/// Whole numbers that do not matter: from here to there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdleNumbers(i64, i64);

impl CellReach {
    pub fn new(cell: CellId, reach: ValueReach) -> CellReach {
        let bound = |number: Option<Number>, none: i64, by: i64| match number {
            None => Some(none),
            Some(Number::Int(bound)) => i64::try_from(bound).ok()?.checked_add(by),
            Some(Number::Float(_)) => None,
        };
        let idle = bound(reach.least, i64::MIN, 1).zip(bound(reach.greatest, i64::MAX, -1));
        CellReach {
            cell,
            reach,
            idle: idle.map_or(IdleNumbers(0, -1), |(from, to)| IdleNumbers(from, to)),
        }
    }
}

impl IdleNumbers {
    /// Whether a whole number is known not to matter.
    #[inline(always)]
    pub fn has(self, number: i64) -> bool {
        let IdleNumbers(from, to) = self;
        from <= number && number <= to
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_idle_does_not_matter_and_the_next_number_does() {
        let int = |number: i64| Some(Number::Int(i128::from(number)));
        let ends = [
            None,
            int(-5),
            int(7),
            int(i64::MIN),
            int(i64::MAX),
            Some(Number::Float(2.5)),
        ];
        let numbers = [
            i64::MIN,
            i64::MIN + 1,
            -6,
            -5,
            -4,
            0,
            2,
            3,
            6,
            7,
            8,
            i64::MAX - 1,
            i64::MAX,
        ];
        let mut idle = 0;
        for (greatest, least) in ends.iter().flat_map(|a| ends.iter().map(move |b| (*a, *b))) {
            let reach = ValueReach { greatest, least };
            let of_cell = CellReach::new(CellId(0), reach);
            for number in numbers {
                let matters = reach.has(Number::Int(i128::from(number)));
                idle += usize::from(of_cell.idle.has(number));
                assert!(!(of_cell.idle.has(number) && matters), "{reach:?} {number}");
                let is_of_whole = !matches!(greatest.or(least), Some(Number::Float(_)))
                    && !matches!(least, Some(Number::Float(_)));
                assert!(
                    !is_of_whole || of_cell.idle.has(number) || matters,
                    "{reach:?} {number}"
                );
            }
        }
        assert!(idle > 50);
    }
}
