//! Selectors whose members are looked at one by one: the spans themselves, those that are bound, and those
//! that stand in a relation to others.

use betrace_lang::rule::{
    Base, Gap, GroupKey, Intrinsic, Predicate, Related, Relation, Selector, SpanSelector,
};

use crate::intern::{CellId, FieldKey};
use crate::matcher::ids::SelectorId;
use crate::plan::draft::RuleDraft;
use crate::plan::feed::FeedKind;
use crate::plan::join::{GroupedBy, JoinPlan};
use crate::plan::reads::reads_bound;
use crate::plan::trace::TraceTest;
use crate::predicate::{CompiledPredicate, PatternError};

/// A selector whose members are looked at one by one.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its place among the remembered member sets of one evaluation.
    pub memo: usize,
    /// Which bound spans it reads, a bit for each.
    pub mask: u8,
    pub kind: NodeKind,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Spans {
        records: CellId,
        /// The parts that read bound spans.
        filter: Vec<CompiledPredicate>,
        /// One of them, by which candidates are found.
        join: Option<JoinPlan>,
        trace: Vec<TraceTest>,
        /// Only those that are no span's parent.
        is_leaf: bool,
    },
    Bound(usize),
    Related {
        left: Box<Node>,
        relation: Box<RelationPlan>,
    },
}

#[derive(Debug)]
pub(crate) enum RelationPlan {
    /// `before`, `after`, and `starts` or `ends` before or after: held against the nearest of `right`.
    Ordered {
        order: PointOrder,
        right: Node,
        within: Option<Gap>,
    },
    Then {
        right: Node,
        within: Option<Gap>,
    },
    /// Held against each of `right` alone.
    Paired {
        pair: Pair,
        right: Node,
    },
    /// Held against the other spans of the left side too.
    NextAfter {
        right: Node,
    },
    DirectlyAfter {
        right: Node,
        /// All spans of the trace.
        all: Node,
    },
    LinkedTo {
        right: Node,
        /// Where the trace and the span ids that the left spans' links name are kept.
        ids: LinkIds,
    },
    Echoing {
        right: Node,
        by: Vec<GroupedBy>,
    },
    Between {
        from: Node,
        to: Node,
    },
    AfterUntil {
        from: Node,
        to: Node,
    },
}

/// See [`RelationPlan::LinkedTo`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkIds {
    pub trace: FieldKey,
    pub span: FieldKey,
}

/// How two spans stand to each other, in time or by their parents; the last four that they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    Overlaps,
    During,
    Inside,
    Containing,
    ParentOf,
    ChildOf,
    SiblingOf,
    Outside,
    NotChildOf,
    NotSiblingOf,
    /// Is none of them.
    Except,
}

impl Pair {
    /// Hangs on chains of parents, which any span may be a link of.
    fn reads_ancestry(self) -> bool {
        matches!(
            self,
            Pair::Inside | Pair::Containing | Pair::ChildOf | Pair::Outside | Pair::NotChildOf
        )
    }
}

/// Which points of time of two spans are held against each other, and on which side of the other one's the span's own must
/// lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PointOrder {
    pub own: Edge,
    pub side: Beside,
    pub other: Edge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Start,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Not after the first.
    Before,
    /// Not before the last.
    After,
}

impl PointOrder {
    pub const BEFORE: PointOrder = PointOrder::new(Edge::End, Beside::Before, Edge::Start);
    pub const AFTER: PointOrder = PointOrder::new(Edge::Start, Beside::After, Edge::End);
    pub const STARTS_BEFORE: PointOrder = PointOrder::new(Edge::Start, Beside::Before, Edge::Start);
    pub const STARTS_AFTER: PointOrder = PointOrder::new(Edge::Start, Beside::After, Edge::Start);
    pub const ENDS_BEFORE: PointOrder = PointOrder::new(Edge::End, Beside::Before, Edge::End);
    pub const ENDS_AFTER: PointOrder = PointOrder::new(Edge::End, Beside::After, Edge::End);

    const fn new(own: Edge, side: Beside, other: Edge) -> PointOrder {
        PointOrder { own, side, other }
    }
}

/// What sets a deadline running.
pub(crate) enum DeadlineTrigger<'p> {
    /// The span that stands in the relation.
    Left,
    /// Those that it stands in relation to.
    Right(&'p Node),
}

impl RelationPlan {
    /// What sets the deadline of the relation running, and how long it is; see
    /// [`Relation::deadline`](betrace_lang::rule::Relation::deadline), which says the same of a checked rule.
    pub fn deadline(&self) -> Option<(DeadlineTrigger<'_>, u64)> {
        match self {
            RelationPlan::Ordered {
                order,
                right,
                within,
            } if order.side == Beside::After => {
                Some((DeadlineTrigger::Right(right), (*within)?.most?))
            }
            RelationPlan::Then { within, .. } => Some((DeadlineTrigger::Left, (*within)?.most?)),
            _ => None,
        }
    }

    /// The selectors that the left one is held against.
    pub fn operands(&self) -> impl Iterator<Item = &Node> {
        let (first, second) = match self {
            RelationPlan::Ordered { right, .. }
            | RelationPlan::Then { right, .. }
            | RelationPlan::Paired { right, .. }
            | RelationPlan::NextAfter { right }
            | RelationPlan::DirectlyAfter { right, .. }
            | RelationPlan::LinkedTo { right, .. }
            | RelationPlan::Echoing { right, .. } => (right, None),
            RelationPlan::Between { from, to } | RelationPlan::AfterUntil { from, to } => {
                (from, Some(to))
            }
        };
        [Some(first), second].into_iter().flatten()
    }
}

/// The members of a selector, and the span selectors from which they come.
pub(crate) fn compile(
    draft: &mut RuleDraft<'_>,
    selector: &Selector,
) -> Result<(Node, Vec<SelectorId>), PatternError> {
    let (kind, mask, leaves) = match selector {
        Selector::Bound(binding) => {
            let binding = usize::from(binding.0);
            let leaves = draft.bound.get(binding).cloned().unwrap_or_default();
            (NodeKind::Bound(binding), 1 << binding, leaves)
        }
        Selector::Spans(spans) => compile_spans(draft, spans)?,
        Selector::Related(related) => {
            draft.has_deadline |= related.relation.deadline().is_some();
            compile_related(draft, related)?
        }
    };
    let memo = draft.memos;
    draft.memos += 1;
    Ok((Node { memo, mask, kind }, leaves))
}

fn compile_spans(
    draft: &mut RuleDraft<'_>,
    spans: &SpanSelector,
) -> Result<(NodeKind, u8, Vec<SelectorId>), PatternError> {
    let (bound, fixed): (Vec<Predicate>, Vec<Predicate>) =
        spans.filter.iter().cloned().partition(reads_bound);
    let (selector, records) = draft.feed(spans, &fixed, FeedKind::Records, None)?;
    let (filter, mask) = draft.predicates(&bound, &[selector])?;
    let trace = draft.trace_tests(&spans.trace)?;
    let is_leaf = spans.base == Base::Leaf;
    draft.draft.structure |= is_leaf;
    Ok((
        NodeKind::Spans {
            records,
            filter,
            join: JoinPlan::of(draft, &bound),
            trace,
            is_leaf,
        },
        mask,
        vec![selector],
    ))
}

fn compile_related(
    draft: &mut RuleDraft<'_>,
    related: &Related,
) -> Result<(NodeKind, u8, Vec<SelectorId>), PatternError> {
    let (left, leaves) = compile(draft, &related.left)?;
    let mut mask = left.mask;
    let mut operand = |selector: &Selector| {
        let node = compile(draft, selector)?.0;
        mask |= node.mask;
        Ok::<Node, PatternError>(node)
    };
    let within = related.relation.within();
    let relation = match &related.relation {
        Relation::Before { right, .. } => ordered(PointOrder::BEFORE, operand(right)?, within),
        Relation::After { right, .. } => ordered(PointOrder::AFTER, operand(right)?, within),
        Relation::StartsBefore { right, .. } => {
            ordered(PointOrder::STARTS_BEFORE, operand(right)?, within)
        }
        Relation::StartsAfter { right, .. } => {
            ordered(PointOrder::STARTS_AFTER, operand(right)?, within)
        }
        Relation::EndsBefore { right, .. } => {
            ordered(PointOrder::ENDS_BEFORE, operand(right)?, within)
        }
        Relation::EndsAfter { right, .. } => {
            ordered(PointOrder::ENDS_AFTER, operand(right)?, within)
        }
        Relation::Then { right, .. } => RelationPlan::Then {
            right: operand(right)?,
            within,
        },
        Relation::Overlaps { right } => paired(Pair::Overlaps, operand(right)?),
        Relation::During { right } => paired(Pair::During, operand(right)?),
        Relation::Inside { right } => paired(Pair::Inside, operand(right)?),
        Relation::Containing { right } => paired(Pair::Containing, operand(right)?),
        Relation::ParentOf { right } => paired(Pair::ParentOf, operand(right)?),
        Relation::ChildOf { right } => paired(Pair::ChildOf, operand(right)?),
        Relation::SiblingOf { right } => paired(Pair::SiblingOf, operand(right)?),
        Relation::Outside { right } => paired(Pair::Outside, operand(right)?),
        Relation::NotChildOf { right } => paired(Pair::NotChildOf, operand(right)?),
        Relation::NotSiblingOf { right } => paired(Pair::NotSiblingOf, operand(right)?),
        Relation::NextAfter { right } => RelationPlan::NextAfter {
            right: operand(right)?,
        },
        Relation::DirectlyAfter { right } => RelationPlan::DirectlyAfter {
            right: operand(right)?,
            all: operand(&any())?,
        },
        Relation::LinkedTo { right } => RelationPlan::LinkedTo {
            right: operand(right)?,
            ids: link_ids(draft, &leaves),
        },
        Relation::Except { right } => paired(Pair::Except, operand(right)?),
        Relation::Echoing { right, by } => {
            let (right, others) = compile(draft, right)?;
            mask |= right.mask;
            echoing(draft, right, [&leaves[..], &others].concat(), by)
        }
        Relation::Between { from, to } => RelationPlan::Between {
            from: operand(from)?,
            to: operand(to)?,
        },
        Relation::AfterUntil { from, to } => RelationPlan::AfterUntil {
            from: operand(from)?,
            to: operand(to)?,
        },
    };
    draft.draft.structure |= reads_ancestry(&relation);
    Ok((standing(left, relation), mask, leaves))
}

fn standing(left: Node, relation: RelationPlan) -> NodeKind {
    NodeKind::Related {
        left: Box::new(left),
        relation: Box::new(relation),
    }
}

/// Keeps what must be alike of the spans that `leaves` select, on both sides.
fn echoing(
    draft: &mut RuleDraft<'_>,
    right: Node,
    leaves: Vec<SelectorId>,
    by: &[GroupKey],
) -> RelationPlan {
    let by = GroupedBy::all(draft, &leaves, by);
    RelationPlan::Echoing { right, by }
}

/// Keeps what links name of the spans that `leaves` select.
fn link_ids(draft: &mut RuleDraft<'_>, leaves: &[SelectorId]) -> LinkIds {
    LinkIds {
        trace: draft.keep(leaves, Intrinsic::LinkTraceId),
        span: draft.keep(leaves, Intrinsic::LinkSpanId),
    }
}

fn reads_ancestry(relation: &RelationPlan) -> bool {
    match relation {
        RelationPlan::Paired { pair, .. } => pair.reads_ancestry(),
        RelationPlan::DirectlyAfter { .. } => true,
        _ => false,
    }
}

/// Every span.
pub(crate) fn any() -> Selector {
    Selector::from(SpanSelector {
        base: Base::Any,
        filter: Vec::new(),
        trace: Vec::new(),
    })
}

fn ordered(order: PointOrder, right: Node, within: Option<Gap>) -> RelationPlan {
    RelationPlan::Ordered {
        order,
        right,
        within,
    }
}

fn paired(pair: Pair, right: Node) -> RelationPlan {
    RelationPlan::Paired { pair, right }
}
