//! What of a measure is known while the trace is open: a bound that only moves one way, or a value that no
//! span can change any more.

use betrace_lang::rule::{
    Aggregate, CompareOp, Field, Intrinsic, Measure, Number, Quantity, Selector,
};

use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::Tri;
use crate::plan::early::obstacle::{LITTLE, MUCH, Obstacle, Obstacles, either, every};
use crate::plan::early::selector::{base, having, lacking};
use crate::plan::early::trace::trace_tests;
use crate::plan::reads::measured;

/// What a measure of an open trace may become known as: one interval for each kind of knowledge, with what
/// stands against having it.
fn knowable(measure: &Measure, against: Option<Number>) -> Vec<(Measured, Obstacles)> {
    let selector = measured(measure);
    let (function, is_duration) = match measure {
        Measure::Count(_) => (None, false),
        Measure::Of {
            function, field, ..
        } => (
            Some(*function),
            *field == Field::Intrinsic(Intrinsic::SpanDuration),
        ),
    };
    if let Selector::Bound(_) = base(selector) {
        let mut ways = vec![(of_nothing(function), lacking(selector))];
        let values = match function {
            None | Some(Aggregate::Distinct) => vec![Number::Int(1)],
            _ => [Some(LITTLE), Some(Number::Int(0)), against, Some(MUCH)]
                .into_iter()
                .flatten()
                .collect(),
        };
        let exactly = |value| Measured::Range(Interval::exactly(End::At(value)));
        ways.extend(
            values
                .into_iter()
                .map(|value| (exactly(value), having(selector))),
        );
        return ways;
    }
    let range = |low, high| Measured::Range(Interval::between(low, high));
    let (nothing_seen, much_seen) = match function {
        None | Some(Aggregate::Distinct) => (
            range(End::count(0), End::Highest),
            range(End::At(MUCH), End::Highest),
        ),
        Some(Aggregate::Sum) if is_duration => (
            range(End::count(0), End::Highest),
            range(End::At(MUCH), End::Highest),
        ),
        Some(Aggregate::Sum) => (
            range(End::Lowest, End::Highest),
            range(End::Lowest, End::Highest),
        ),
        Some(Aggregate::Max) => (
            range(End::Lowest, End::Highest),
            range(End::At(MUCH), End::Highest),
        ),
        Some(Aggregate::Min) => {
            let least = if is_duration { Number::Int(0) } else { LITTLE };
            (
                range(End::Lowest, End::Highest),
                range(End::Lowest, End::At(least)),
            )
        }
        Some(Aggregate::Avg) => {
            let any = Measured::Perhaps(Interval::unknown());
            (any, any)
        }
    };
    let mut ways = vec![(nothing_seen, Vec::new()), (much_seen, having(selector))];
    if let Selector::Spans(spans) = base(selector)
        && !spans.trace.is_empty()
    {
        ways.push((of_nothing(function), trace_tests(spans, false)));
    }
    ways
}

/// `None`: a count.
fn of_nothing(function: Option<Aggregate>) -> Measured {
    function.map_or_else(
        || Measured::Range(Interval::exactly(End::count(0))),
        Measured::of_nothing,
    )
}

pub(super) fn comparison(
    left: &Measure,
    op: CompareOp,
    right: &Quantity,
    wanted: bool,
) -> Obstacles {
    let value = |value| {
        let value = Measured::Range(Interval::exactly(End::At(value)));
        vec![(value, Vec::new())]
    };
    let (against, rights) = match right {
        Quantity::Number(number) => (Some(*number), value(*number)),
        Quantity::Duration(nanos) => {
            let number = Number::Int(i128::from(*nanos));
            (Some(number), value(number))
        }
        Quantity::Measure { factor, measure } => {
            let ways = knowable(measure, None).into_iter();
            let scaled = ways.map(|(value, why)| (value.scale(*factor), why));
            (None, scaled.collect())
        }
    };
    let mut ways = Vec::new();
    for (left, why_left) in knowable(left, against) {
        for (right, why_right) in &rights {
            if left.compare(op, *right) == Tri::of(wanted) {
                ways.push(every([why_left.clone(), why_right.clone()]));
            }
        }
    }
    if !ways.is_empty() {
        return either(ways);
    }
    let mut waits = vec![Obstacle::MoreMayCome(measured(left).clone())];
    if let Quantity::Measure { measure, .. } = right {
        waits.push(Obstacle::MoreMayCome(measured(measure).clone()));
    }
    waits
}
