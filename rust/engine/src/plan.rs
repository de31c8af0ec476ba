//! The plan of a rule set: which spans to look for, what to keep of them in a trace's cells, and every
//! rule as conditions over those cells.
//!
//! Equal selectors of all rules are one. A selector that stands alone is *counted*: its cells hold
//! numbers. One that takes part in order, structure or correlation has its *members* kept as projected
//! records. [`compile`] makes a plan of checked rules; [`condition`] and [`node`] are what it makes of their
//! parts; what a rule can say before the close is worked out in [`early`]. A plan is never changed, and
//! evaluates nothing.

pub(crate) mod clause;
pub(crate) mod compile;
pub(crate) mod condition;
pub(crate) mod draft;
pub(crate) mod early;
pub(crate) mod feed;
pub(crate) mod ids;
pub(crate) mod join;
mod measuring;
pub(crate) mod node;
pub(crate) mod reach;
pub(crate) mod reads;
pub(crate) mod trace;
pub(crate) mod window;
pub(crate) mod windows;

use std::fmt;
use std::sync::Arc;

use betrace_lang::rule::{Completeness, Rule};
use hashbrown::HashMap;

use crate::few::Short;
use crate::intern::{CellId, FieldKey, RuleKey};
use crate::matcher::Matcher;
use crate::plan::condition::Condition;
use crate::plan::feed::SelectorPlan;
use crate::plan::ids::RuleIndex;
use crate::plan::node::Node;
use crate::plan::window::WindowPlan;
use crate::plan::windows::WindowRules;
use crate::predicate::fields::FieldId;
use crate::predicate::reckoning::CompiledTerm;

/// A rule set that cannot be evaluated, though each rule was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// The rule's id.
    pub rule: String,
    pub message: String,
}

impl fmt::Display for PlanError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rule {}: {}", self.rule, self.message)
    }
}

impl std::error::Error for PlanError {}

#[derive(Debug)]
pub(crate) struct Plan {
    pub matcher: Matcher,
    /// By the matcher's selector ids.
    pub selectors: Vec<SelectorPlan>,
    /// By [`RuleIndex`].
    pub rules: Vec<RulePlan>,
    pub by_key: HashMap<RuleKey, RuleIndex>,
    /// By the matcher's field ids.
    pub field_keys: Vec<FieldKey>,
    /// What is reckoned of single spans to be measured.
    pub terms: Vec<CompiledTerm>,
    /// Of what the digests of spans are made: those of another basis cannot be compared with them.
    pub digest_basis: u64,
    /// What some rule asks of a trace.
    pub awaited: Completeness,
    /// Some rule asks for ancestry, or for every parent.
    pub structure: bool,
    /// Fields that messages print of the root or the earliest span, where nothing else brought a rule into play.
    pub shown_of_first: Vec<(FieldKey, FieldId)>,
    /// How many rules read a cell.
    pub cell_readers: HashMap<CellId, u32>,
    /// Rules that any span may decide early, whether or not they select it.
    pub on_any_span: Vec<RuleIndex>,
    /// Rules with a deadline that may hold a trace open.
    pub with_deadlines: Vec<RuleIndex>,
    /// What rules over many traces need of each that closes.
    pub windows: WindowRules,
    /// How many distinct sets of selectors the rules have.
    pub selector_sets: usize,
    /// How many ways there are to meet a value of an unlike type.
    pub unlike_ids: usize,
}

#[derive(Debug)]
pub(crate) struct RulePlan {
    pub rule: Arc<Rule>,
    pub key: RuleKey,
    /// Its own, or else what is asked where no rule says anything.
    pub completeness: Completeness,
    pub clauses: Clauses,
    /// Of a rule over many traces; its clauses are empty then.
    pub window: Option<Box<WindowPlan>>,
    /// It can be violated while the trace is open.
    pub early: bool,
    /// It reads `trace:` values, so it may be decided where it selected nothing.
    pub reads_trace: bool,
    /// The set of its selectors, among [`Plan::selector_sets`].
    pub selector_set: u32,
    /// How many member sets one evaluation may remember.
    pub memos: usize,
    /// Every cell that it reads, ascending.
    pub cells: Short<CellId>,
    /// Every field that it keeps in records, ascending.
    pub fields: Short<FieldKey>,
}

/// What a rule says, over the cells of a trace.
#[derive(Debug)]
pub(crate) struct Clauses {
    pub bindings: Vec<Node>,
    pub when: Option<Condition>,
    /// Shared by rules that have the same, where those hang on nothing else of them.
    pub exceptions: Arc<[Condition]>,
    pub never: Option<Condition>,
    pub always: Option<Condition>,
}
