//! Conditions on a trace, and what they select and measure.

use betrace_lang::rule::{Aggregate, CompareOp, Name, Number};

use crate::intern::{CellId, FieldKey};
use crate::logic::interval::Interval;
use crate::plan::ids::TermId;
use crate::plan::join::GroupedBy;
use crate::plan::node::Node;
use crate::plan::trace::TraceTest;
use crate::predicate::CompiledPredicate;
use crate::predicate::reckoning::CompiledTerm;

#[derive(Debug)]
pub(crate) struct Condition {
    pub kind: ConditionKind,
    pub text: Name,
    /// Which bound spans it reads, a bit for each.
    pub mask: u8,
}

/// A plan has ten thousands of them, so what is large in one has a place of its own.
#[derive(Debug)]
pub(crate) enum ConditionKind {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Exists(Selecting),
    /// The bound span proves every part.
    Bound {
        binding: usize,
        filter: Vec<CompiledPredicate>,
        /// See [`Condition::mask`].
        mask: u8,
    },
    Compare(Box<Comparison>),
    /// Totals: what is added up or taken away on either side.
    Totals {
        left: Box<[TotalPart]>,
        op: CompareOp,
        right: Box<[TotalPart]>,
    },
    Groups {
        groups: Box<Grouping>,
        op: CompareOp,
        value: Box<Interval>,
    },
    Trace(Box<TraceTest>),
}

#[derive(Debug)]
pub(crate) struct Comparison {
    pub left: Measuring,
    pub op: CompareOp,
    pub right: Against,
}

#[derive(Debug)]
pub(crate) struct TotalPart {
    pub is_taken_away: bool,
    pub factor: Number,
    pub of: Against,
    /// Its spans are not those of a part before it on its side, so a violation shows them.
    pub is_shown: bool,
}

/// Spans that numbers alone answer for.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Counts them, and keeps the first as evidence.
    pub count: CellId,
    /// They are selected if these hold of the trace.
    pub trace: Vec<TraceTest>,
}

/// Selected spans, by their numbers or by their records.
#[derive(Debug)]
pub(crate) enum Selecting {
    Counted(Counted),
    Members(Box<Node>),
}

#[derive(Debug)]
pub(crate) enum Grouping {
    /// The groups are a cell.
    Counted { of: Counted, cell: CellId },
    Members {
        of: Node,
        by: Vec<GroupedBy>,
        measure: MemberMeasure,
    },
}

#[derive(Debug)]
pub(crate) enum Measuring {
    Count(Selecting),
    OfCell {
        function: Aggregate,
        of: Counted,
        cell: CellId,
        is_duration: bool,
    },
    OfMembers {
        of: Box<Node>,
        measure: MemberMeasure,
    },
}

/// Of each member: what was kept of a field, or what is reckoned of such.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ValueOf {
    Field(FieldKey),
    Term(TermId),
    /// From its start to its end, which every record has.
    Duration,
}

/// What is computed from members one by one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MemberMeasure {
    Count,
    Of {
        function: Aggregate,
        of: ValueOf,
        is_duration: bool,
    },
    /// The most starts in a stretch of so many nanoseconds.
    Within(u64),
    /// The most under way at one moment.
    Overlap,
}

#[derive(Debug)]
pub(crate) enum Against {
    Value(Interval),
    Measure {
        factor: Number,
        measure: Box<Measuring>,
    },
    /// The number that is read of bound spans.
    Term {
        term: Box<CompiledTerm>,
        /// See [`Condition::mask`].
        mask: u8,
    },
}

/// [`Selecting`], wherever it stands.
#[derive(Clone, Copy)]
pub(crate) enum Spans<'p> {
    Counted(&'p Counted),
    Members(&'p Node),
}

impl Selecting {
    pub fn spans(&self) -> Spans<'_> {
        match self {
            Selecting::Counted(counted) => Spans::Counted(counted),
            Selecting::Members(node) => Spans::Members(node),
        }
    }
}

impl Grouping {
    pub fn spans(&self) -> Spans<'_> {
        match self {
            Grouping::Counted { of, .. } => Spans::Counted(of),
            Grouping::Members { of, .. } => Spans::Members(of),
        }
    }
}

impl Measuring {
    pub fn spans(&self) -> Spans<'_> {
        match self {
            Measuring::Count(selecting) => selecting.spans(),
            Measuring::OfCell { of, .. } => Spans::Counted(of),
            Measuring::OfMembers { of, .. } => Spans::Members(of),
        }
    }
}

impl Against {
    /// Whose spans it measures.
    pub fn spans(&self) -> Option<Spans<'_>> {
        match self {
            Against::Measure { measure, .. } => Some(measure.spans()),
            Against::Value(_) | Against::Term { .. } => None,
        }
    }

    /// Which bound spans it reads.
    fn mask(&self) -> u8 {
        match self {
            Against::Value(_) => 0,
            Against::Term { mask, .. } => *mask,
            Against::Measure { measure, .. } => measure.spans().mask(),
        }
    }
}

impl Spans<'_> {
    /// Which bound spans it reads.
    fn mask(self) -> u8 {
        match self {
            Spans::Counted(_) => 0,
            Spans::Members(node) => node.mask,
        }
    }
}

impl Condition {
    /// The cell whose spans it counts, and what their number is held against, if that is all.
    pub fn count(&self) -> Option<(CellId, CompareOp, Interval)> {
        let ConditionKind::Compare(compared) = &self.kind else {
            return None;
        };
        match &**compared {
            Comparison {
                left: Measuring::Count(Selecting::Counted(counted)),
                op,
                right: Against::Value(value),
            } => Some((counted.count, *op, *value)),
            _ => None,
        }
    }
}

impl ConditionKind {
    /// Which bound spans it reads, a bit for each.
    pub fn mask(&self) -> u8 {
        match self {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                parts.iter().fold(0, |mask, part| mask | part.mask)
            }
            ConditionKind::Not(inner) => inner.mask,
            ConditionKind::Exists(selecting) => selecting.spans().mask(),
            ConditionKind::Bound { mask, .. } => *mask,
            ConditionKind::Groups { groups, .. } => groups.spans().mask(),
            ConditionKind::Compare(compared) => {
                compared.left.spans().mask() | compared.right.mask()
            }
            ConditionKind::Totals { left, right, .. } => {
                let parts = left.iter().chain(&**right);
                parts.fold(0, |mask, part| mask | part.of.mask())
            }
            ConditionKind::Trace(_) => 0,
        }
    }
}
