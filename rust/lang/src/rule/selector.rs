//! Selectors: which spans of a trace are meant.

use std::sync::Arc;

use crate::rule::field::BindingId;
use crate::rule::predicate::Predicate;
use crate::rule::term::Nanos;

/// Which spans of a trace are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    Spans(SpanSelector),
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
    Named(Arc<str>),
    Any,
    /// No parent id.
    Root,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    pub left: Selector,
    pub relation: Relation,
}

/// Order by time, structure by ancestry (section 4 of the language).
#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    Before {
        right: Selector,
        within: Option<Nanos>,
    },
    After {
        right: Selector,
        within: Option<Nanos>,
    },
    Then {
        right: Selector,
        within: Option<Nanos>,
    },
    Inside {
        right: Selector,
    },
    ChildOf {
        right: Selector,
    },
    SiblingOf {
        right: Selector,
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
    /// The spans of a base, all of them.
    pub(crate) fn all(base: Base) -> Selector {
        Selector::Spans(SpanSelector::all(base))
    }

    /// Those of `left` in a relation.
    pub(crate) fn related(left: Selector, relation: Relation) -> Selector {
        Selector::Related(Box::new(Related { left, relation }))
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
    /// The selectors that the left one is held against.
    #[must_use]
    pub fn operands(&self) -> Vec<&Selector> {
        match self {
            Relation::Before { right, .. }
            | Relation::After { right, .. }
            | Relation::Then { right, .. }
            | Relation::Inside { right }
            | Relation::ChildOf { right }
            | Relation::SiblingOf { right } => vec![right],
            Relation::Between { from, to } | Relation::AfterUntil { from, to } => vec![from, to],
        }
    }
}
