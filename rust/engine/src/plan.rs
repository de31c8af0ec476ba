//! The plan of a rule set: which spans to look for, what to keep of them in a trace's cells, and every
//! rule as conditions over those cells.
//!
//! Equal selectors of all rules are one. A selector that stands alone is *counted*: its cells hold
//! numbers. One that takes part in order, structure or correlation has its *members* kept as projected
//! records. [`Plan::new`] lives in [`compile`]; what fires early is worked out in [`early`].

pub(crate) mod compile;
pub(crate) mod early;
pub(crate) mod node;
pub(crate) mod trace;

use std::sync::Arc;

use betrace_lang::rule::{Aggregate, CompareOp, GroupOp, Number, Rule};
use betrace_lang::verdict::Verdict;
use hashbrown::HashMap;

use crate::intern::{CellId, RuleKey};
use crate::logic::interval::Interval;
use crate::matcher::Matcher;
use crate::matcher::ids::SelectorId;
use crate::plan::trace::TraceTest;
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::FieldId;
use crate::state::record::FieldKey;

#[derive(Debug)]
pub(crate) struct Plan {
    /// Counts the rule sets that this engine has had.
    pub generation: u32,
    pub matcher: Matcher,
    /// By the matcher's selector ids.
    pub selectors: Vec<SelectorPlan>,
    pub rules: Vec<RulePlan>,
    /// By the matcher's field ids.
    pub field_keys: Vec<FieldKey>,
    /// Some rule asks for ancestry, or completeness does.
    pub structure: bool,
    /// Which rules (by position) read a cell.
    pub cell_rules: HashMap<CellId, Vec<u32>>,
    /// Rules whose verdict is worked out at every close, though nothing touched them.
    pub looped: Vec<u32>,
    /// Further rules that an incomplete trace leaves inconclusive although their `when` holds, or is
    /// absent, and nothing touched them.
    pub held_untouched: Vec<u32>,
    /// Rules that any span may decide early, whether or not they select it.
    pub on_any_span: Vec<u32>,
    /// The generation in which the newest rule came.
    pub newest: u32,
    /// How many distinct sets of selectors the rules have.
    pub selector_sets: usize,
}

/// What a selected span changes.
#[derive(Debug, Default)]
pub(crate) struct SelectorPlan {
    pub feeds: Vec<Feed>,
    /// Fields to keep in the span's record.
    pub project: Vec<(FieldKey, FieldId)>,
    /// Rules (by position) that it may decide early.
    pub early: Vec<u32>,
    /// The sets of selectors that contain this one.
    pub sets: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Feed {
    pub cell: CellId,
    pub kind: FeedKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedKind {
    Count,
    Sum(FieldId),
    Extremes(FieldId),
    Distinct(FieldId),
    Groups(FieldId),
    GroupsByParent,
    Records,
}

#[derive(Debug)]
pub(crate) struct RulePlan {
    pub rule: Arc<Rule>,
    pub key: RuleKey,
    /// The generation of rule sets in which this meaning came; older traces are incomplete for it.
    pub since: u32,
    pub bindings: Vec<Node>,
    pub when: Option<Condition>,
    pub exceptions: Vec<Condition>,
    pub never: Option<Condition>,
    pub always: Option<Condition>,
    /// It can be violated while the trace is open.
    pub early: bool,
    /// It reads `trace:` values, so it may be decided where it selected nothing.
    pub reads_trace: bool,
    /// The set of its selectors, among [`Plan::selector_sets`].
    pub selector_set: u32,
    pub memos: usize,
    /// Every cell that it reads.
    pub cells: Vec<CellId>,
    pub untouched: Untouched,
}

/// What a rule answers for a trace of which it selected nothing, where that does not depend on `trace:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Untouched {
    pub complete: Verdict,
    /// [`Verdict::Inconclusive`] with the trace's reason.
    pub incomplete: Verdict,
    /// Of an incomplete one: `when` holds, or there is none.
    pub held: bool,
}

#[derive(Debug)]
pub(crate) struct Condition {
    pub kind: ConditionKind,
    pub text: Arc<str>,
    /// Which bound spans it reads, a bit for each.
    pub mask: u8,
}

#[derive(Debug)]
pub(crate) enum ConditionKind {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Exists(Selecting),
    Compare {
        left: Measuring,
        op: CompareOp,
        right: Against,
    },
    Groups {
        selecting: Selecting,
        by: GroupSource,
        op: GroupOp,
        value: Number,
    },
    Trace(TraceTest),
}

/// Selected spans, by their numbers or by their records.
#[derive(Debug)]
pub(crate) enum Selecting {
    Counted {
        count: CellId,
        trace: Vec<TraceTest>,
    },
    Members(Node),
}

#[derive(Debug)]
pub(crate) enum GroupSource {
    /// Counted: the groups are a cell.
    Cell(CellId),
    Field(FieldKey),
    Parent,
}

#[derive(Debug)]
pub(crate) enum Measuring {
    Count(Selecting),
    Of {
        function: Aggregate,
        selecting: Selecting,
        /// The counted selector's cell; unused for members.
        cell: CellId,
        field: FieldKey,
        is_duration: bool,
    },
}

#[derive(Debug)]
pub(crate) enum Against {
    Value(Interval),
    Measure { factor: Number, measure: Measuring },
}

/// A selector whose members are looked at one by one.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its place among the remembered member sets of one evaluation.
    pub memo: usize,
    pub mask: u8,
    pub kind: NodeKind,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Spans {
        records: CellId,
        /// The parts that read bound spans.
        filter: Vec<CompiledPredicate>,
        trace: Vec<TraceTest>,
    },
    Bound(usize),
    Related {
        left: Box<Node>,
        relation: Box<RelationPlan>,
    },
}

#[derive(Debug)]
pub(crate) enum RelationPlan {
    Before { right: Node, within: Option<u64> },
    After { right: Node, within: Option<u64> },
    Then { right: Node, within: Option<u64> },
    Inside { right: Node },
    ChildOf { right: Node },
    SiblingOf { right: Node },
    Between { from: Node, to: Node },
    AfterUntil { from: Node, to: Node },
}

impl Plan {
    pub fn selector(&self, id: SelectorId) -> &SelectorPlan {
        &self.selectors[id.index()]
    }

    pub fn rule(&self, position: u32) -> &RulePlan {
        &self.rules[position as usize]
    }
}
