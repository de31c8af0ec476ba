//! Conditions on the trace as a whole: its id, its duration, how many spans it has, and its root.
//!
//! Duration and span count are intervals while the trace is open, the root's name and service are
//! unknown to it until the close, and the id is known from the first span on.

use betrace_lang::rule::{
    CompareOp, Field, FieldTest, Intrinsic, ListSource, Literal, Number, Operand, Predicate, Term,
};

use crate::logic::interval::{End, Interval};
use crate::logic::tri::Tri;
use crate::logic::truth::Truth;
use crate::matcher::MatcherBuilder;
use crate::predicate::{CompiledPredicate, PatternError};
use crate::value::{Value, number};

#[derive(Debug)]
pub(crate) enum TraceTest {
    And(Vec<TraceTest>),
    Or(Vec<TraceTest>),
    Not(Box<TraceTest>),
    Duration(CompareOp, Interval),
    SpanCount(CompareOp, Interval),
    /// Compares what cannot be compared.
    Unknown,
    Fixed(bool),
    /// Reads values that are only known at the close.
    AtClose(CompiledPredicate),
    /// Reads nothing but the trace's id.
    Id(CompiledPredicate),
}

/// What a [`TraceTest`] asks of a trace.
pub(crate) trait TraceFacts {
    fn duration(&self) -> Interval;
    fn span_count(&self) -> Interval;
    /// Of a predicate over `trace:` fields. `at_close`: the values must be those of the close.
    fn ask(&self, predicate: &CompiledPredicate, at_close: bool) -> Truth;
}

/// What a condition without `and`, `or` and `not` reads of a trace.
#[derive(Debug)]
pub(crate) enum TraceLeaf {
    Duration(CompareOp, Interval),
    SpanCount(CompareOp, Interval),
    AnyOf(Vec<TraceLeaf>),
    Fixed(bool),
    /// Compares what cannot be compared.
    Unknown,
    /// Reads nothing but the trace's id.
    Id,
    /// Reads values that are only known at the close.
    AtClose,
}

pub(crate) fn leaf(predicate: &Predicate) -> TraceLeaf {
    match predicate {
        Predicate::Compare {
            left: Term::Field(field),
            op,
            right: Operand::Literal(literal),
        } if is_interval(field) => compare(field, *op, literal),
        Predicate::In {
            left: Term::Field(field),
            list: ListSource::Literals(values),
        } if is_interval(field) => TraceLeaf::AnyOf(
            values
                .iter()
                .map(|value| compare(field, CompareOp::Eq, value))
                .collect(),
        ),
        Predicate::Asks {
            test: test @ (FieldTest::Exists | FieldTest::Missing),
            field,
        } if is_interval(field) => TraceLeaf::Fixed(*test == FieldTest::Exists),
        other => {
            let is_id = |field: &&Field| **field == Field::Intrinsic(Intrinsic::TraceId);
            if other.reads().iter().all(is_id) {
                TraceLeaf::Id
            } else {
                TraceLeaf::AtClose
            }
        }
    }
}

impl TraceTest {
    pub fn new(
        predicate: &Predicate,
        builder: &mut MatcherBuilder,
    ) -> Result<TraceTest, PatternError> {
        Ok(match predicate {
            Predicate::And(parts) => TraceTest::And(all(parts, builder)?),
            Predicate::Or(parts) => TraceTest::Or(all(parts, builder)?),
            Predicate::Not(inner) => TraceTest::Not(Box::new(TraceTest::new(inner, builder)?)),
            test => match leaf(test) {
                TraceLeaf::Id => TraceTest::Id(builder.predicate(test)?),
                TraceLeaf::AtClose => TraceTest::AtClose(builder.predicate(test)?),
                leaf => TraceTest::of_trace(leaf),
            },
        })
    }

    /// Of a leaf that reads nothing but duration and span count.
    fn of_trace(leaf: TraceLeaf) -> TraceTest {
        match leaf {
            TraceLeaf::Duration(op, value) => TraceTest::Duration(op, value),
            TraceLeaf::SpanCount(op, value) => TraceTest::SpanCount(op, value),
            TraceLeaf::AnyOf(leaves) => {
                TraceTest::Or(leaves.into_iter().map(TraceTest::of_trace).collect())
            }
            TraceLeaf::Fixed(value) => TraceTest::Fixed(value),
            TraceLeaf::Unknown | TraceLeaf::Id | TraceLeaf::AtClose => TraceTest::Unknown,
        }
    }

    pub fn truth(&self, facts: &impl TraceFacts) -> Truth {
        match self {
            TraceTest::And(parts) => parts
                .iter()
                .fold(Truth::TRUE, |truth, part| truth.and(part.truth(facts))),
            TraceTest::Or(parts) => parts
                .iter()
                .fold(Truth::FALSE, |truth, part| truth.or(part.truth(facts))),
            TraceTest::Not(inner) => inner.truth(facts).not(),
            TraceTest::Duration(op, value) => truth(facts.duration().compare(*op, *value)),
            TraceTest::SpanCount(op, value) => truth(facts.span_count().compare(*op, *value)),
            TraceTest::Unknown => Truth::UNKNOWN,
            TraceTest::Fixed(value) => truth(Tri::of(*value)),
            TraceTest::AtClose(predicate) => facts.ask(predicate, true),
            TraceTest::Id(predicate) => facts.ask(predicate, false),
        }
    }
}

fn all(parts: &[Predicate], builder: &mut MatcherBuilder) -> Result<Vec<TraceTest>, PatternError> {
    parts
        .iter()
        .map(|part| TraceTest::new(part, builder))
        .collect()
}

fn truth(tri: Tri) -> Truth {
    match tri {
        Tri::True => Truth::TRUE,
        Tri::False => Truth::FALSE,
        Tri::Open(_) => Truth::OPEN,
    }
}

fn is_interval(field: &Field) -> bool {
    matches!(
        field,
        Field::Intrinsic(Intrinsic::TraceDuration | Intrinsic::TraceSpanCount)
    )
}

fn compare(field: &Field, op: CompareOp, literal: &Literal) -> TraceLeaf {
    let at = |number| Interval::exactly(End::At(number));
    match (field, literal) {
        (Field::Intrinsic(Intrinsic::TraceDuration), Literal::Duration(nanos)) => {
            TraceLeaf::Duration(op, at(Number::Int(i128::from(*nanos))))
        }
        (Field::Intrinsic(Intrinsic::TraceSpanCount), literal) => {
            let number = match literal {
                Literal::Number(number) => Some(*number),
                Literal::Text(text) => number(Value::Text(text.as_bytes())),
                Literal::Bool(_) | Literal::Duration(_) => None,
            };
            match number {
                Some(number) => TraceLeaf::SpanCount(op, at(number)),
                None => TraceLeaf::Unknown,
            }
        }
        _ => TraceLeaf::Unknown,
    }
}
