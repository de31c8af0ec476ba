//! Conditions over a trace's state, in the open world: true or false only where no later span can
//! change it.

pub(crate) mod finding;
pub(crate) mod measure;
pub(crate) mod members;
pub(crate) mod order;
pub(crate) mod relation;
pub(crate) mod rule;

use std::rc::Rc;

use betrace_lang::rule::{GroupOp, Number};
use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::members::MemberSet;
use crate::hash::HashKey;
use crate::id::TraceId;
use crate::logic::interval::{End, Interval};
use crate::logic::tri::{Reasons, Tri};
use crate::logic::truth::Truth;
use crate::plan::trace::{TraceFacts, TraceTest};
use crate::plan::{Condition, ConditionKind, GroupSource, Plan, RulePlan, Selecting, Untouched};
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::{FieldId, Fields, NoBindings};
use crate::state::TraceState;
use crate::state::cell::{Cell, CountCell, RecordId};
use crate::value::Value;

/// How many elementary steps one evaluation of one rule over one trace may take; beyond it what is
/// left is open with [`Reason::StateCap`].
pub(crate) const WORK_CAP: u64 = 1 << 21;

/// At most so many spans are bound.
pub(crate) const BINDINGS: usize = 3;

/// The spans bound so far.
pub(crate) type Tuple = [RecordId; BINDINGS];

pub(crate) const UNBOUND: RecordId = RecordId::MAX;

/// One evaluation of one rule over one trace.
pub(crate) struct Eval<'a> {
    pub plan: &'a Plan,
    pub rule: &'a RulePlan,
    pub trace: &'a TraceState,
    pub key: HashKey,
    /// The trace closed complete, and the rule saw all of it.
    pub closed: bool,
    /// The rule was there from the trace's first span on.
    pub saw_all: bool,
    pub tuple: Tuple,
    pub work: u64,
    pub memo: Vec<Option<(Tuple, Rc<MemberSet>)>>,
}

impl<'a> Eval<'a> {
    pub fn new(
        plan: &'a Plan,
        rule: &'a RulePlan,
        trace: &'a TraceState,
        key: HashKey,
    ) -> Eval<'a> {
        Eval {
            plan,
            rule,
            trace,
            key,
            closed: trace.complete && trace.generation >= rule.since,
            saw_all: trace.generation >= rule.since,
            tuple: [UNBOUND; BINDINGS],
            work: 0,
            memo: vec![None; rule.memos],
        }
    }

    /// Whether `steps` more may be taken.
    pub fn spend(&mut self, steps: usize) -> bool {
        self.work = self.work.saturating_add(steps as u64);
        self.work <= WORK_CAP
    }

    pub fn condition(&mut self, condition: &'a Condition) -> Tri {
        match &condition.kind {
            ConditionKind::And(parts) => self.fold(parts, Tri::True, Tri::and, Tri::False),
            ConditionKind::Or(parts) => self.fold(parts, Tri::False, Tri::or, Tri::True),
            ConditionKind::Not(inner) => self.condition(inner).negate(),
            ConditionKind::Exists(selecting) => self.exists(selecting),
            ConditionKind::Compare { left, op, right } => {
                let left = self.measure(left);
                let right = self.against(right);
                left.compare(*op, right)
            }
            ConditionKind::Groups {
                selecting,
                by,
                op,
                value,
            } => self.groups(selecting, by, *op, *value),
            ConditionKind::Trace(test) => self.trace_test(test),
        }
    }

    fn fold(
        &mut self,
        parts: &'a [Condition],
        start: Tri,
        join: impl Fn(Tri, Tri) -> Tri,
        end: Tri,
    ) -> Tri {
        let mut value = start;
        for part in parts {
            value = join(value, self.condition(part));
            if value == end {
                break;
            }
        }
        value
    }

    pub fn trace_test(&self, test: &TraceTest) -> Tri {
        let truth = test.truth(self);
        if truth.is_true() {
            Tri::True
        } else if truth.may_be_true() {
            Tri::Open(self.trace_reasons())
        } else {
            Tri::False
        }
    }

    /// All `trace:` parts of a selector together: it selects as it is, nothing, or perhaps.
    pub fn trace_tests(&self, tests: &[TraceTest]) -> Tri {
        tests
            .iter()
            .fold(Tri::True, |all, test| all.and(self.trace_test(test)))
    }

    fn trace_reasons(&self) -> Reasons {
        if self.trace.skewed > 0 {
            Reasons::of(Reason::Skew)
        } else {
            Reasons::NONE
        }
    }

    pub fn count_cell(&self, cell: u32) -> Option<&'a CountCell> {
        match self.trace.cell(cell) {
            Some(Cell::Count(count)) => Some(count),
            _ => None,
        }
    }

    fn exists(&mut self, selecting: &'a Selecting) -> Tri {
        match selecting {
            Selecting::Counted { count, trace } => {
                let selects = self.trace_tests(trace);
                let (certain, perhaps) = self
                    .count_cell(*count)
                    .map_or((0, 0), |count| (count.certain, count.perhaps));
                match selects {
                    Tri::False => Tri::False,
                    Tri::True if certain > 0 => Tri::True,
                    _ if self.closed && certain == 0 && perhaps == 0 => Tri::False,
                    _ => Tri::Open(selects.reasons().with(skew_if(perhaps > 0))),
                }
            }
            Selecting::Members(node) => self.members(node).exists(),
        }
    }

    fn groups(
        &mut self,
        selecting: &'a Selecting,
        by: &'a GroupSource,
        op: GroupOp,
        value: Number,
    ) -> Tri {
        let mut sizes = self.group_sizes(selecting, by);
        if let Selecting::Counted { trace, .. } = selecting {
            match self.trace_tests(trace) {
                Tri::True => {}
                Tri::False => return Tri::False,
                Tri::Open(reasons) => {
                    sizes.certain = None;
                    sizes.reasons = sizes.reasons.with(reasons);
                }
            }
        }
        let reaches = |size: u64| {
            let order = Number::Int(i128::from(size)).compare(value);
            match op {
                GroupOp::Gt => order.is_gt(),
                GroupOp::Ge => order.is_ge(),
            }
        };
        if sizes.certain.is_some_and(reaches) {
            return Tri::True;
        }
        if !sizes.open && !sizes.most.is_some_and(reaches) {
            return Tri::False;
        }
        Tri::Open(sizes.reasons)
    }
}

/// The largest group: what it has for certain, and what it may have at most of what was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupSizes {
    /// `None`: there may be no group.
    pub certain: Option<u64>,
    pub most: Option<u64>,
    /// More may come.
    pub open: bool,
    pub reasons: Reasons,
}

pub(crate) fn skew_if(skewed: bool) -> Reasons {
    if skewed {
        Reasons::of(Reason::Skew)
    } else {
        Reasons::NONE
    }
}

impl TraceFacts for Eval<'_> {
    fn duration(&self) -> Interval {
        let seen = End::count(self.trace.latest.saturating_sub(self.trace.earliest));
        if self.closed && self.trace.skewed == 0 {
            Interval::exactly(seen)
        } else {
            Interval::between(seen, End::Highest)
        }
    }

    fn span_count(&self) -> Interval {
        let seen = End::count(self.trace.seen.len() as u64);
        if self.closed {
            Interval::exactly(seen)
        } else {
            Interval::between(seen, End::Highest)
        }
    }

    fn ask(&self, predicate: &CompiledPredicate, at_close: bool) -> Truth {
        if at_close && !self.closed {
            return Truth::OPEN;
        }
        let fields = TraceFields {
            eval: self,
            id: hex(self.trace.id),
        };
        predicate.eval(&fields, &NoBindings, &mut 0)
    }
}

fn hex(id: TraceId) -> String {
    id.to_string()
}

/// The `trace:` values as at the close.
struct TraceFields<'e, 'a> {
    eval: &'e Eval<'a>,
    id: String,
}

impl Fields for TraceFields<'_, '_> {
    fn value(&self, field: FieldId) -> Value<'_> {
        use betrace_lang::rule::{Field, Intrinsic};
        let trace = self.eval.trace;
        let root = trace.root.map(|root| trace.records.get(root));
        match self.eval.plan.matcher.fields().get(field) {
            Some(Field::Intrinsic(Intrinsic::TraceId)) => Value::Text(self.id.as_bytes()),
            Some(Field::Intrinsic(Intrinsic::TraceRootName)) => root
                .map_or(Value::Missing, |root| {
                    Value::Text(trace.records.text(root.name))
                }),
            Some(Field::Intrinsic(Intrinsic::TraceRootService)) => {
                match root.map(|root| trace.records.text(root.service)) {
                    None | Some(b"") => Value::Missing,
                    Some(service) => Value::Text(service),
                }
            }
            Some(Field::Intrinsic(Intrinsic::TraceDuration)) => Value::Duration(
                (trace.skewed == 0).then(|| trace.latest.saturating_sub(trace.earliest)),
            ),
            Some(Field::Intrinsic(Intrinsic::TraceSpanCount)) => {
                Value::Int(i64::try_from(trace.seen.len()).unwrap_or(i64::MAX))
            }
            _ => Value::Missing,
        }
    }

    fn any(&self, _: FieldId, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }
}

/// What a rule answers where it selected nothing.
pub(crate) fn untouched(plan: &Plan, rule: &RulePlan) -> Untouched {
    let mut trace = TraceState::new(TraceId([0; 16]), 0, u32::MAX);
    let mut decide = |complete| {
        trace.complete = complete;
        rule::decide(plan, rule, &trace, HashKey::new(0), usize::MAX)
    };
    let incomplete = decide(false);
    Untouched {
        complete: decide(true).verdict.unwrap_or(Verdict::Inconclusive),
        incomplete: incomplete.verdict.unwrap_or(Verdict::Inconclusive),
        held: incomplete.when_held,
    }
}
