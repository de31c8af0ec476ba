//! What an evaluation stands on: the rule, the trace as far as it is known, and what both say of the trace
//! as a whole.

use betrace_lang::rule::{Field, Intrinsic};
use betrace_lang::verdict::Reason;

use crate::hash::HashKey;
use crate::intern::{CellId, FieldKey};
use crate::logic::interval::{End, Interval};
use crate::logic::tri::{Reasons, Tri};
use crate::logic::truth::Truth;
use crate::plan::trace::{TraceFacts, TraceTest};
use crate::plan::{Plan, RulePlan};
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::{FieldId, Fields, NoBindings};
use crate::state::cell::{Cells, CountCell};
use crate::state::record::Record;
use crate::state::record_id::RecordId;
use crate::state::texts::Texts;
use crate::state::trace::TraceState;
use crate::value::Value;

#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub plan: &'a Plan,
    pub rule: &'a RulePlan,
    pub trace: &'a TraceState,
    /// Of its records.
    pub texts: &'a Texts,
    pub cells: Cells<'a>,
    /// Of the tables in the trace's state.
    pub key: HashKey,
    /// The rule was there from the trace's first span on.
    pub saw_all: bool,
    /// The trace closed complete, and the rule saw all of it.
    pub closed: bool,
}

impl<'a> Facts<'a> {
    #[inline(always)]
    pub fn record(&self, id: RecordId) -> Record {
        self.trace.records().get(id)
    }

    /// A field that was kept of a record; unknown where it was not: the rule that reads it came after the
    /// span, or the value was too long.
    pub fn kept(&self, record: RecordId, field: FieldKey) -> Value<'a> {
        let projection = self.trace.projection(record);
        projection
            .and_then(|projection| projection.value(field))
            .unwrap_or(Value::Duration(None))
    }

    #[inline(always)]
    pub fn count_cell(&self, cell: CellId) -> Option<CountCell> {
        self.cells.count(cell)
    }

    pub fn trace_test(&self, test: &TraceTest) -> Tri {
        let truth = test.truth(self);
        if truth.is_true() {
            Tri::True
        } else if truth.may_be_true() {
            Tri::Open(skew_if(self.trace.is_skewed()))
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
}

pub(crate) fn skew_if(skewed: bool) -> Reasons {
    if skewed {
        Reasons::of(Reason::Skew)
    } else {
        Reasons::NONE
    }
}

impl TraceFacts for Facts<'_> {
    fn duration(&self) -> Interval {
        let seen = End::count(self.trace.duration());
        if self.closed && !self.trace.is_skewed() {
            Interval::exactly(seen)
        } else {
            Interval::between(seen, End::Highest)
        }
    }

    fn span_count(&self) -> Interval {
        let seen = End::count(self.trace.span_count() as u64);
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
            facts: self,
            id: self.trace.id().to_string(),
        };
        predicate.eval(&fields, &NoBindings, &mut 0)
    }
}

/// The `trace:` values as at the close.
struct TraceFields<'e, 'a> {
    facts: &'e Facts<'a>,
    id: String,
}

impl Fields for TraceFields<'_, '_> {
    fn value(&self, field: FieldId) -> Value<'_> {
        let trace = self.facts.trace;
        let root = trace.root().map(|root| trace.records().get(root));
        let Some(Field::Intrinsic(intrinsic)) = self.facts.plan.matcher.fields().get(field) else {
            return Value::Missing;
        };
        match intrinsic {
            Intrinsic::TraceId => Value::Text(self.id.as_bytes()),
            Intrinsic::TraceRootName => root.map_or(Value::Missing, |root| {
                Value::Text(self.facts.texts.get(root.name))
            }),
            Intrinsic::TraceRootService => {
                match root.map(|root| self.facts.texts.get(root.service)) {
                    None | Some(b"") => Value::Missing,
                    Some(service) => Value::Text(service),
                }
            }
            Intrinsic::TraceDuration => {
                Value::Duration((!trace.is_skewed()).then(|| trace.duration()))
            }
            Intrinsic::TraceSpanCount => {
                Value::Int(i64::try_from(trace.span_count()).unwrap_or(i64::MAX))
            }
            _ => Value::Missing,
        }
    }

    fn any(&self, _: FieldId, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }
}
