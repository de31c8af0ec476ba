//! What of a measure is known while the trace is open: a bound that only moves one way, or a value that no
//! span can change any more.

use betrace_lang::rule::{Aggregate, CompareOp, Measure, Number, Quantity, Selector, Total};

use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::Tri;
use crate::plan::early::obstacle::{LITTLE, MUCH, Obstacle, Obstacles, either, every};
use crate::plan::early::selector::{base, having, lacking};
use crate::plan::early::trace::trace_tests;
use crate::plan::reads::{is_span_duration, measured};
use crate::value::total::total as total_of;

/// A measure with what its values are.
#[derive(Clone, Copy)]
struct MeasureOf<'r> {
    selector: &'r Selector,
    /// `None`: a count.
    function: Option<Aggregate>,
    is_duration: bool,
}

/// What is known of a measure in one state of an open trace, and what stands against that state.
type Way = (Measured, Obstacles);

/// What a measure of an open trace may become known as: one way for each kind of knowledge.
fn knowable(measure: &Measure, against: Option<Number>) -> Vec<Way> {
    let (function, is_duration) = match measure {
        Measure::Count(_) | Measure::Within { .. } | Measure::Overlap(_) => (None, false),
        Measure::Of { function, of, .. } => (Some(*function), is_span_duration(of)),
    };
    let measuring = MeasureOf {
        selector: measured(measure),
        function,
        is_duration,
    };
    match base(measuring.selector) {
        Selector::Bound(_) => of_bound(measuring, against),
        _ => of_many(measuring),
    }
}

fn range(low: End, high: End) -> Measured {
    Measured::Range(Interval::between(low, high))
}

/// Of one span that has come: of it, of nothing, or, while its relation is open, of one or the other.
fn of_bound(measuring: MeasureOf<'_>, against: Option<Number>) -> Vec<Way> {
    let MeasureOf {
        selector,
        function,
        is_duration,
    } = measuring;
    let is_counted = matches!(function, None | Some(Aggregate::Distinct));
    let values = if is_counted {
        vec![Number::Int(1)]
    } else {
        let least = (!is_duration).then_some(LITTLE);
        let values = [least, Some(Number::Int(0)), against, Some(MUCH)];
        values.into_iter().flatten().collect()
    };
    // The span may be none of these, or have no value.
    let nothing = if function.is_none() || is_duration {
        lacking(selector)
    } else {
        Vec::new()
    };
    let mut ways = vec![(of_nothing(function), nothing)];
    for value in values.into_iter().map(End::At) {
        ways.push((range(value, value), having(selector)));
        if let Selector::Related(_) = selector {
            let perhaps = match function {
                None | Some(Aggregate::Distinct) => range(End::count(0), value),
                Some(Aggregate::Sum) if is_duration => range(End::count(0), value),
                Some(Aggregate::Sum) => range(End::Lowest, End::Highest),
                Some(Aggregate::Max) => range(End::Lowest, value),
                Some(Aggregate::Min) => range(value, End::Highest),
                Some(Aggregate::Avg) => Measured::Perhaps(Interval::unknown()),
            };
            ways.push((perhaps, Vec::new()));
        }
    }
    ways
}

/// Of spans of which more may come: at least what was seen, or, where a `trace:` part has become false for
/// good, nothing.
fn of_many(measuring: MeasureOf<'_>) -> Vec<Way> {
    let MeasureOf {
        selector,
        function,
        is_duration,
    } = measuring;
    let grows = (
        range(End::count(0), End::Highest),
        range(End::At(MUCH), End::Highest),
    );
    let (nothing_seen, much_seen) = match function {
        None | Some(Aggregate::Distinct) => grows,
        Some(Aggregate::Sum) if is_duration => grows,
        Some(Aggregate::Sum) => {
            let any = range(End::Lowest, End::Highest);
            (any, any)
        }
        Some(Aggregate::Max) => (range(End::Lowest, End::Highest), grows.1),
        Some(Aggregate::Min) => {
            let least = if is_duration { Number::Int(0) } else { LITTLE };
            let low = range(End::Lowest, End::At(least));
            (range(End::Lowest, End::Highest), low)
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

fn value(number: Number) -> Vec<Way> {
    let value = Measured::Range(Interval::exactly(End::At(number)));
    vec![(value, Vec::new())]
}

/// Whatever number a bound span has there, or none.
fn of_term() -> Vec<Way> {
    let numbers = [LITTLE, Number::Int(0), Number::Int(1), MUCH];
    let mut ways: Vec<Way> = numbers.into_iter().flat_map(value).collect();
    ways.push((Measured::Never, Vec::new()));
    ways
}

/// The ways of a total: any of one part with any of another.
fn of_total(total: &Total) -> Vec<Way> {
    let mut ways: Vec<(Vec<Measured>, Obstacles)> = vec![(Vec::new(), Vec::new())];
    for part in &total.parts {
        let of = match &part.of {
            Quantity::Number(number) => value(*number),
            Quantity::Duration(nanos) => value(Number::Int(i128::from(*nanos))),
            Quantity::Term(_) => of_term(),
            Quantity::Measure { measure, .. } => knowable(measure, None),
        };
        let mut next = Vec::with_capacity(ways.len() * of.len());
        for (measured, why) in &ways {
            for (one, why_one) in &of {
                let mut measured = measured.clone();
                measured.push(one.scale(part.factor));
                next.push((measured, every([why.clone(), why_one.clone()])));
            }
        }
        ways = next;
    }
    let signs = || total.parts.iter().map(|part| part.is_taken_away);
    ways.into_iter()
        .map(|(measured, why)| (total_of(signs().zip(measured)), why))
        .collect()
}

pub(super) fn totals(left: &Total, op: CompareOp, right: &Total, wanted: bool) -> Obstacles {
    let rights = of_total(right);
    let mut ways = Vec::new();
    for (left, why_left) in of_total(left) {
        for (right, why_right) in &rights {
            if left.compare(op, *right) == Tri::of(wanted) {
                ways.push(every([why_left.clone(), why_right.clone()]));
            }
        }
    }
    if !ways.is_empty() {
        return either(ways);
    }
    let measures = left.measures().chain(right.measures());
    measures
        .map(|measure| Obstacle::MoreMayCome(measured(measure).clone()))
        .collect()
}

pub(super) fn comparison(
    left: &Measure,
    op: CompareOp,
    right: &Quantity,
    wanted: bool,
) -> Obstacles {
    let (against, rights) = match right {
        Quantity::Number(number) => (Some(*number), value(*number)),
        Quantity::Duration(nanos) => {
            let number = Number::Int(i128::from(*nanos));
            (Some(number), value(number))
        }
        Quantity::Term(_) => (None, of_term()),
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
