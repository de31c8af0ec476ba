//! What of a measure is known while the trace is open: a bound that only moves one way, or a value that no
//! span can change any more.

use betrace_lang::rule::{Aggregate, CompareOp, Measure, Number, Quantity, Selector, Total};

use hashbrown::HashSet;

use crate::few::Few;
use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::Tri;
use crate::plan::early::obstacle::{LITTLE, MUCH, Obstacle, Obstacles, either, every};
use crate::plan::early::selector::{base, having, lacking};
use crate::plan::early::trace::trace_tests;
use crate::plan::reads::measured;
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
#[derive(Clone)]
struct Way {
    known: Measured,
    against: Obstacles,
    /// Stands for every value between it and the others that do, too.
    is_any: bool,
}

impl Way {
    fn one(known: Measured, against: Obstacles) -> Way {
        Way {
            known,
            against,
            is_any: false,
        }
    }
}

/// What a measure of an open trace may become known as: one way for each kind of knowledge.
fn knowable(measure: &Measure, against: Option<Number>) -> Vec<Way> {
    let (function, is_duration) = match measure {
        Measure::Count(_) | Measure::Within { .. } | Measure::Overlap(_) => (None, false),
        Measure::Of { function, of, .. } => (Some(*function), of.is_span_duration()),
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
        Few::None
    };
    let mut ways = vec![Way::one(of_nothing(function), nothing)];
    for value in values.into_iter().map(End::At) {
        ways.push(Way {
            is_any: !is_counted,
            ..Way::one(range(value, value), having(selector))
        });
        if let Selector::Related(_) = selector {
            let perhaps = match function {
                None | Some(Aggregate::Distinct) => range(End::count(0), value),
                Some(Aggregate::Sum) if is_duration => range(End::count(0), value),
                Some(Aggregate::Sum) => range(End::Lowest, End::Highest),
                Some(Aggregate::Max) => range(End::Lowest, value),
                Some(Aggregate::Min) => range(value, End::Highest),
                Some(Aggregate::Avg) => Measured::Perhaps(Interval::unknown()),
            };
            ways.push(Way::one(perhaps, Few::None));
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
    let mut ways = vec![
        Way::one(nothing_seen, Few::None),
        Way::one(much_seen, having(selector)),
    ];
    if let Selector::Spans(spans) = base(selector)
        && !spans.trace.is_empty()
    {
        ways.push(Way::one(of_nothing(function), trace_tests(spans, false)));
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

fn value(number: Number) -> Way {
    Way::one(
        Measured::Range(Interval::exactly(End::At(number))),
        Few::None,
    )
}

/// Whatever number a bound span has there, or none.
fn of_term() -> Vec<Way> {
    let numbers = [LITTLE, Number::Int(0), Number::Int(1), MUCH];
    let any = |number| Way {
        is_any: true,
        ..value(number)
    };
    let mut ways: Vec<Way> = numbers.into_iter().map(any).collect();
    ways.push(Way::one(Measured::Never, Few::None));
    ways
}

/// A way of a total: any of one part with any of another.
struct TotalWay {
    known: Measured,
    against: Obstacles,
    /// Which way each part takes; those that stand for any value are one.
    taken: Vec<Option<usize>>,
}

fn of_total(total: &Total) -> Vec<TotalWay> {
    let mut ways: Vec<(Vec<Measured>, Obstacles, Vec<Option<usize>>)> =
        vec![(Vec::new(), Few::None, Vec::new())];
    for part in &total.parts {
        let of = match &part.of {
            Quantity::Number(number) => vec![value(*number)],
            Quantity::Duration(nanos) => vec![value(Number::Int(i128::from(*nanos)))],
            Quantity::Term(_) => of_term(),
            Quantity::Measure { measure, .. } => knowable(measure, None),
        };
        let mut next = Vec::with_capacity(ways.len() * of.len());
        for (known, against, taken) in &ways {
            for (at, one) in of.iter().enumerate() {
                let mut known = known.clone();
                known.push(one.known.scale(part.factor));
                let mut taken = taken.clone();
                taken.push((!one.is_any).then_some(at));
                let against = every([against.clone(), one.against.clone()]);
                next.push((known, against, taken));
            }
        }
        ways = next;
    }
    let signs = || total.parts.iter().map(|part| part.is_taken_away);
    let way = |(known, against, taken)| TotalWay {
        known: total_of(signs().zip(known)),
        against,
        taken,
    };
    ways.into_iter().map(way).collect()
}

pub(super) fn totals(left: &Total, op: CompareOp, right: &Total, wanted: bool) -> Obstacles {
    let (lefts, rights) = (of_total(left), of_total(right));
    let pairs = || {
        lefts
            .iter()
            .flat_map(|l| rights.iter().map(move |r| (l, r)))
    };
    let against = |(left, right): (&TotalWay, &TotalWay)| {
        every([left.against.clone(), right.against.clone()])
    };
    let is = |(left, right): (&TotalWay, &TotalWay), op, wanted| {
        left.known.compare(op, right.known) == Tri::of(wanted)
    };
    let mut ways: Vec<Obstacles> = pairs()
        .filter(|pair| is(*pair, op, wanted))
        .map(against)
        .collect();
    if matches!((op, wanted), (CompareOp::Eq, true) | (CompareOp::Ne, false)) {
        // Where one value leads below and another above, one between them leads there.
        let above: HashSet<_> = pairs()
            .filter(|pair| is(*pair, CompareOp::Gt, true))
            .map(|(left, right)| (&left.taken, &right.taken))
            .collect();
        let between = |pair: &(&TotalWay, &TotalWay)| {
            let taken = (&pair.0.taken, &pair.1.taken);
            is(*pair, CompareOp::Lt, true) && above.contains(&taken)
        };
        ways.extend(pairs().filter(between).map(against));
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
        Quantity::Number(number) => (Some(*number), vec![value(*number)]),
        Quantity::Duration(nanos) => {
            let number = Number::Int(i128::from(*nanos));
            (Some(number), vec![value(number)])
        }
        Quantity::Term(_) => (None, of_term()),
        Quantity::Measure { factor, measure } => {
            let ways = knowable(measure, None).into_iter();
            let scaled = ways.map(|way| Way {
                known: way.known.scale(*factor),
                ..way
            });
            (None, scaled.collect())
        }
    };
    let mut ways = Vec::new();
    for left in knowable(left, against) {
        for right in &rights {
            if left.known.compare(op, right.known) == Tri::of(wanted) {
                ways.push(every([left.against.clone(), right.against.clone()]));
            }
        }
    }
    if !ways.is_empty() {
        return either(ways);
    }
    let mut waits = Few::One(Obstacle::MoreMayCome(measured(left).clone()));
    if let Quantity::Measure { measure, .. } = right {
        waits.push(Obstacle::MoreMayCome(measured(measure).clone()));
    }
    waits
}
