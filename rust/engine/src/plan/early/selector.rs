//! What of a selector is known while the trace is open: that it selects a span, that it selects none, that no
//! more will come.

use betrace_lang::rule::{Base, Related, Relation, Selector};

use crate::few::Few;
use crate::plan::early::obstacle::{Obstacle, Obstacles, Which, either, every};
use crate::plan::early::trace::trace_tests;
use crate::plan::node::any;

/// Against knowing that a span is selected.
pub(super) fn having(selector: &Selector) -> Obstacles {
    match selector {
        Selector::Bound(_) => Few::None,
        Selector::Spans(spans) if spans.base == Base::Leaf => {
            every([trace_tests(spans, true), Few::One(Obstacle::ChildMayCome)])
        }
        Selector::Spans(spans) => trace_tests(spans, true),
        Selector::Related(related) => every([having(&related.left), relating(related)]),
    }
}

/// Against knowing that a span of the left side stands in a relation.
fn relating(related: &Related) -> Obstacles {
    match &related.relation {
        Relation::Before { right, .. }
        | Relation::StartsBefore { right, .. }
        | Relation::EndsBefore { right, .. } => {
            every([having(right), all_came(right, Which::First)])
        }
        Relation::After { right, .. }
        | Relation::StartsAfter { right, .. }
        | Relation::EndsAfter { right, .. } => every([having(right), all_came(right, Which::Last)]),
        Relation::Then { right, .. }
        | Relation::Overlaps { right }
        | Relation::During { right }
        | Relation::Inside { right }
        | Relation::Containing { right }
        | Relation::ParentOf { right }
        | Relation::ChildOf { right }
        | Relation::SiblingOf { right }
        | Relation::LinkedTo { right }
        | Relation::Echoing { right, .. } => having(right),
        Relation::NextAfter { right } => {
            every([having(right), all_came(&related.left, Which::Next)])
        }
        Relation::DirectlyAfter { right } => {
            every([having(right), Few::One(Obstacle::MayCome(any()))])
        }
        // The chain to a root, the parent, being a root, or what its own filter says is enough.
        Relation::Outside { .. }
        | Relation::NotChildOf { .. }
        | Relation::NotSiblingOf { .. }
        | Relation::Except { .. } => Few::None,
        Relation::Between { from, to } => {
            every([having(from), having(to), all_came(to, Which::Next)])
        }
        // That nothing more can end the scope is enough.
        Relation::AfterUntil { from, to } if settling(to).is_empty() => having(from),
        Relation::AfterUntil { from, to } => every([having(from), all_came(to, Which::Next)]),
    }
}

/// Against knowing that a span does not stand in a relation.
fn unrelating(relation: &Relation) -> Obstacles {
    match relation {
        // A span of the other kind that came too early (or late) is enough.
        Relation::Before { right, .. }
        | Relation::After { right, .. }
        | Relation::StartsBefore { right, .. }
        | Relation::StartsAfter { right, .. }
        | Relation::EndsBefore { right, .. }
        | Relation::EndsAfter { right, .. } => either([having(right), settling(right)]),
        Relation::Then { right, .. }
        | Relation::Overlaps { right }
        | Relation::During { right }
        | Relation::NextAfter { right }
        | Relation::DirectlyAfter { right }
        | Relation::Containing { right }
        | Relation::ParentOf { right } => settling(right),
        Relation::Outside { right }
        | Relation::NotChildOf { right }
        | Relation::NotSiblingOf { right }
        | Relation::Except { right } => having(right),
        // The chain to a root, the parent, or being a root is enough.
        Relation::Inside { .. } | Relation::ChildOf { .. } | Relation::SiblingOf { .. } => {
            Few::None
        }
        // Having no link into the trace, or nothing to be alike in, is enough.
        Relation::LinkedTo { .. } | Relation::Echoing { .. } => Few::None,
        Relation::Between { from, .. } | Relation::AfterUntil { from, .. } => settling(from),
    }
}

/// Against knowing that no span is selected, now or later.
pub(super) fn lacking(selector: &Selector) -> Obstacles {
    match selector {
        Selector::Bound(_) => Few::One(Obstacle::Never),
        // A `trace:` part that has become false for good selects nothing, for good.
        Selector::Spans(spans) if !spans.trace.is_empty() => trace_tests(spans, false),
        Selector::Spans(_) => Few::One(Obstacle::MayCome(selector.clone())),
        Selector::Related(related) => match base(selector) {
            Selector::Bound(_) => match &related.left {
                Selector::Bound(_) => unrelating(&related.relation),
                left => either([lacking(left), unrelating(&related.relation)]),
            },
            Selector::Spans(spans) if !spans.trace.is_empty() => trace_tests(spans, false),
            _ => Few::One(Obstacle::MayCome(selector.clone())),
        },
    }
}

/// Against knowing that no more spans are selected than those that came: of bound ones, or of none.
pub(super) fn settling(selector: &Selector) -> Obstacles {
    match base(selector) {
        Selector::Bound(_) => Few::None,
        Selector::Spans(spans) if !spans.trace.is_empty() => trace_tests(spans, false),
        _ => Few::One(Obstacle::MoreMayCome(selector.clone())),
    }
}

/// Against knowing all spans that are selected, of which there are some.
fn all_came(selector: &Selector, which: Which) -> Obstacles {
    match base(selector) {
        Selector::Bound(_) => Few::None,
        _ => Few::One(Obstacle::NotAllCame(selector.clone(), which)),
    }
}

/// The selector at the left end of a chain of relations.
pub(super) fn base(selector: &Selector) -> &Selector {
    let mut selector = selector;
    while let Selector::Related(related) = selector {
        selector = &related.left;
    }
    selector
}
