//! Selectors: which spans of a trace are meant.

use std::sync::Arc;

use crate::rule::field::{BindingId, GroupKey};
use crate::rule::name::Name;
use crate::rule::predicate::Predicate;
use crate::rule::term::Nanos;

/// Which spans of a trace are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// Shared by all that were made of one text, as an exception of many rules is.
    Spans(Arc<SpanSelector>),
    /// A span bound by `when each`.
    Bound(BindingId),
    /// Those spans of `left` that stand in `relation`. A selector again, so chains nest to the left
    /// (`S after q before p` is `(S after q) before p`), `then` to the right
    /// (`A then B then C` is `A then (B then C)`).
    Related(Box<Related>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct SpanSelector {
    pub base: Base,
    /// Every part must be proved true by the span (chained `.where` and top-level `and` are parts).
    pub filter: Vec<Predicate>,
    /// Parts that read `trace:` intrinsics (besides `trace:id`, which stays in `filter`); they hold
    /// for all spans of the trace or for none.
    pub trace: Vec<Predicate>,
}

/// What a span must be before any filter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// Exactly this name.
    Named(Name),
    Any,
    /// No parent id.
    Root,
    /// No span's parent in the trace.
    Leaf,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    pub left: Selector,
    pub relation: Relation,
}

/// `within 2s..5s`, `within 5s`, `within 2s..`: how far apart two points of time may lie, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gap {
    /// 0 where only the most is written.
    pub least: Nanos,
    /// Not below `least`; `None`: however far.
    pub most: Option<Nanos>,
}

impl Gap {
    /// Whether so many nanoseconds lie in it; a point that lies on the other side is in none.
    #[must_use]
    pub fn has(self, gap: i128) -> bool {
        gap >= i128::from(self.least) && self.most.is_none_or(|most| gap <= i128::from(most))
    }
}

/// Order by time, structure by ancestry (section 4 of the language).
#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    /// Ends no later than the first of `right` starts.
    Before {
        right: Selector,
        within: Option<Gap>,
    },
    /// Starts no earlier than the last of `right` ends.
    After {
        right: Selector,
        within: Option<Gap>,
    },
    /// Starts no later than any of `right` does.
    StartsBefore {
        right: Selector,
        within: Option<Gap>,
    },
    /// Starts no earlier than any of `right` does.
    StartsAfter {
        right: Selector,
        within: Option<Gap>,
    },
    /// Ends no later than any of `right` does.
    EndsBefore {
        right: Selector,
        within: Option<Gap>,
    },
    /// Ends no earlier than any of `right` does.
    EndsAfter {
        right: Selector,
        within: Option<Gap>,
    },
    Then {
        right: Selector,
        within: Option<Gap>,
    },
    /// At some moment both are under way; touching is none, and a span without length is under way at its start.
    Overlaps {
        right: Selector,
    },
    /// Starts no earlier and ends no later than one of `right`.
    During {
        right: Selector,
    },
    Inside {
        right: Selector,
    },
    /// One of `right` is inside it.
    Containing {
        right: Selector,
    },
    /// None of `right` is an ancestor.
    Outside {
        right: Selector,
    },
    ChildOf {
        right: Selector,
    },
    SiblingOf {
        right: Selector,
    },
    /// Of those of the left side that start at or after the end of one of `right`, one of the first.
    NextAfter {
        right: Selector,
    },
    /// Starts no earlier than one of `right` ends, and no third span that is above or below neither lies wholly between.
    DirectlyAfter {
        right: Selector,
    },
    ParentOf {
        right: Selector,
    },
    NotChildOf {
        right: Selector,
    },
    NotSiblingOf {
        right: Selector,
    },
    /// A link names its trace and span ids.
    LinkedTo {
        right: Selector,
    },
    /// Is none of `right`.
    Except {
        right: Selector,
    },
    /// Starts later and ends no later than one of `right`, and is alike to it in all of `by`.
    Echoing {
        right: Selector,
        by: Vec<GroupKey>,
    },
    /// `between from and next to`
    Between {
        from: Selector,
        to: Selector,
    },
    /// `after from until next to`
    AfterUntil {
        from: Selector,
        to: Selector,
    },
}

impl Selector {
    /// The plain selectors that it is made of, in the order of the text; a bound span is none.
    #[must_use]
    pub fn plain(&self) -> Vec<&SpanSelector> {
        match self {
            Selector::Bound(_) => Vec::new(),
            Selector::Spans(spans) => vec![spans],
            Selector::Related(related) => {
                let operands = related.relation.operands();
                let all = std::iter::once(&related.left).chain(operands);
                all.flat_map(Selector::plain).collect()
            }
        }
    }

    /// Where a filter of all its spans goes: a span that stands somewhere in the tree of calls is filtered as it is without
    /// that. `None` of a bound span, and of an order, which may be about the first of its kind.
    pub(crate) fn filterable(&mut self) -> Option<&mut SpanSelector> {
        match self {
            Selector::Spans(spans) => Some(Arc::make_mut(spans)),
            Selector::Related(related) if related.relation.is_of_each() => {
                related.left.filterable()
            }
            Selector::Bound(_) | Selector::Related(_) => None,
        }
    }

    /// The spans of a base, all of them.
    pub(crate) fn all(base: Base) -> Selector {
        SpanSelector::all(base).into()
    }

    /// Those of `left` in a relation.
    pub(crate) fn related(left: Selector, relation: Relation) -> Selector {
        Selector::Related(Box::new(Related { left, relation }))
    }
}

impl From<SpanSelector> for Selector {
    fn from(spans: SpanSelector) -> Selector {
        Selector::Spans(Arc::new(spans))
    }
}

impl SpanSelector {
    pub(crate) fn all(base: Base) -> SpanSelector {
        SpanSelector {
            base,
            filter: Vec::new(),
            trace: Vec::new(),
        }
    }
}

impl Relation {
    /// For how long, from the end of the span that sets it running, this relation may still come about; `None`:
    /// it has no deadline, or one that lies before that span.
    #[must_use]
    pub fn deadline(&self) -> Option<Nanos> {
        match self {
            Relation::After { within, .. }
            | Relation::StartsAfter { within, .. }
            | Relation::EndsAfter { within, .. }
            | Relation::Then { within, .. } => within.and_then(|gap| gap.most),
            _ => None,
        }
    }

    /// The selectors that the left one is held against.
    pub fn operands(&self) -> impl Iterator<Item = &Selector> {
        let (first, second) = match self {
            Relation::Before { right, .. }
            | Relation::After { right, .. }
            | Relation::StartsBefore { right, .. }
            | Relation::StartsAfter { right, .. }
            | Relation::EndsBefore { right, .. }
            | Relation::EndsAfter { right, .. }
            | Relation::Then { right, .. }
            | Relation::Overlaps { right }
            | Relation::During { right }
            | Relation::NextAfter { right }
            | Relation::DirectlyAfter { right }
            | Relation::Inside { right }
            | Relation::Containing { right }
            | Relation::Outside { right }
            | Relation::ParentOf { right }
            | Relation::NotChildOf { right }
            | Relation::NotSiblingOf { right }
            | Relation::ChildOf { right }
            | Relation::SiblingOf { right }
            | Relation::LinkedTo { right }
            | Relation::Except { right }
            | Relation::Echoing { right, .. } => (right, None),
            Relation::Between { from, to } | Relation::AfterUntil { from, to } => (from, Some(to)),
        };
        [Some(first), second].into_iter().flatten()
    }

    /// The words before its operand; of a scope, those before the first.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Relation::Before { .. } => "before",
            Relation::After { .. } | Relation::AfterUntil { .. } => "after",
            Relation::StartsBefore { .. } => "starts before",
            Relation::StartsAfter { .. } => "starts after",
            Relation::EndsBefore { .. } => "ends before",
            Relation::EndsAfter { .. } => "ends after",
            Relation::Then { .. } => "then",
            Relation::Overlaps { .. } => "overlaps",
            Relation::During { .. } => "during",
            Relation::NextAfter { .. } => "next after",
            Relation::DirectlyAfter { .. } => "directly after",
            Relation::Inside { .. } => "inside",
            Relation::Containing { .. } => "containing",
            Relation::Outside { .. } => "outside",
            Relation::ParentOf { .. } => "parent of",
            Relation::NotChildOf { .. } => "not child of",
            Relation::NotSiblingOf { .. } => "not sibling of",
            Relation::ChildOf { .. } => "child of",
            Relation::SiblingOf { .. } => "sibling of",
            Relation::LinkedTo { .. } => "linked to",
            Relation::Except { .. } => "except",
            Relation::Echoing { .. } => "echoing",
            Relation::Between { .. } => "between",
        }
    }

    /// The bound of the gap in time.
    #[must_use]
    pub fn within(&self) -> Option<Gap> {
        match self {
            Relation::Before { within, .. }
            | Relation::After { within, .. }
            | Relation::StartsBefore { within, .. }
            | Relation::StartsAfter { within, .. }
            | Relation::EndsBefore { within, .. }
            | Relation::EndsAfter { within, .. }
            | Relation::Then { within, .. } => *within,
            _ => None,
        }
    }

    /// Asks who is whose parent.
    #[must_use]
    pub fn reads_parents(&self) -> bool {
        matches!(self, Relation::DirectlyAfter { .. })
            || self.is_of_calls()
            || self.by().contains(&GroupKey::Parent)
    }

    /// What must be alike; of `echoing`.
    #[must_use]
    pub fn by(&self) -> &[GroupKey] {
        match self {
            Relation::Echoing { by, .. } => by,
            _ => &[],
        }
    }

    /// Asked of each left span alone, whichever others there are.
    fn is_of_each(&self) -> bool {
        let is_other = matches!(self, Relation::Except { .. } | Relation::Echoing { .. });
        is_other || self.is_of_calls()
    }

    /// Of the tree of calls, and of nothing else.
    #[must_use]
    pub fn is_of_calls(&self) -> bool {
        matches!(
            self,
            Relation::Inside { .. }
                | Relation::Containing { .. }
                | Relation::Outside { .. }
                | Relation::ParentOf { .. }
                | Relation::ChildOf { .. }
                | Relation::NotChildOf { .. }
                | Relation::SiblingOf { .. }
                | Relation::NotSiblingOf { .. }
        )
    }
}
