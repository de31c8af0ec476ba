//! Why an order does not hold, told by the times of the two spans that come nearest to it.

use std::cmp::Ordering;

use crate::words::nanos;

use super::account::{Found, Spot, Told};
use super::probe::{Asks, MustBe, Operand, Order, Point, Step};
use super::skew::Skew;

/// Obligations that are told of one step.
const MOST: usize = 3;

/// Clocks of services are seldom further apart (NTP keeps them within milliseconds, and a badly kept one within a second).
const SKEW: u64 = 1_000_000_000;

/// Puts in words how the times stand where a part that asks for an order found nothing.
pub fn explain(steps: &[Step], told: &mut [Told], skew: &Skew) {
    let is_each = steps
        .first()
        .is_some_and(|step| step.asks == Asks::Obligations);
    let obligations: Vec<Vec<Spot>> = match told.first() {
        Some(first) if is_each => first
            .found
            .iter()
            .map(|found| found.obligation.clone())
            .collect(),
        _ => vec![Vec::new()],
    };
    for (at, step) in steps.iter().enumerate() {
        let Some(order) = &step.order else { continue };
        if told[at].reason.is_some() {
            continue;
        }
        let because: Vec<String> = obligations
            .iter()
            .filter(|obligation| of(&told[at], obligation).is_none())
            .filter_map(|obligation| reason(order, told, obligation, skew))
            .take(MOST)
            .collect();
        told[at].because = because;
    }
}

/// What a step found for one obligation.
fn of<'t>(told: &'t Told, obligation: &[Spot]) -> Option<&'t Found> {
    told.found
        .iter()
        .find(|found| is_same(&found.obligation, obligation))
}

fn is_same(one: &[Spot], other: &[Spot]) -> bool {
    one.iter()
        .map(|spot| &spot.span_id)
        .eq(other.iter().map(|spot| &spot.span_id))
}

/// All the spans of one side; `None` where not all are known.
fn side<'t>(operand: Operand, told: &'t [Told], obligation: &'t [Spot]) -> Option<Vec<&'t Spot>> {
    match operand {
        Operand::Bound(binding) => Some(vec![obligation.get(usize::from(binding.0))?]),
        Operand::Step(step) => {
            let found = of(told.get(step)?, obligation)?;
            let is_whole = found.count <= found.spans.len() as u64;
            is_whole.then(|| found.spans.iter().collect())
        }
    }
}

fn reason(order: &Order, told: &[Told], obligation: &[Spot], skew: &Skew) -> Option<String> {
    let lefts = side(order.left, told, obligation)?;
    let rights = side(order.right, told, obligation)?;
    let (point, held_against) = order.points;
    let timed = |spots: Vec<&'_ Spot>, point: Point| -> Vec<(u64, Spot)> {
        let timed = spots.into_iter();
        timed
            .filter_map(|spot| Some((at(spot, point)?, spot.clone())))
            .collect()
    };
    let lefts = timed(lefts, point);
    let mut rights = timed(rights, held_against);
    if !order.is_any {
        // The right one that is asked about is the first, or the last.
        let asked = match order.must_be {
            MustBe::Before => rights.into_iter().min_by_key(|(time, _)| *time),
            MustBe::After => rights.into_iter().max_by_key(|(time, _)| *time),
        };
        rights = asked.into_iter().collect();
    }
    let pairs = lefts
        .iter()
        .flat_map(|left| rights.iter().map(move |right| (left, right)));
    let apart = pairs.filter(|(left, right)| left.1.span_id != right.1.span_id);
    let nearest = apart.min_by_key(|(left, right)| off(order, left.0, right.0));
    let Some(((left_at, left), (right_at, right))) = nearest else {
        let (_, alone) = lefts.first().filter(|_| !rights.is_empty())?;
        return Some(format!("{} alone is no two spans", alone.name));
    };
    let (left_at, right_at) = (*left_at, *right_at);
    let is_wrong = match order.must_be {
        MustBe::Before => left_at > right_at,
        MustBe::After => left_at < right_at,
    };
    let (mut points, mut times) = (order.points, (left_at, right_at));
    let mut remark = "";
    if is_wrong && point != held_against {
        // Either the spans overlap, or one lies wholly on the wrong side, which is told by its other end.
        let other = (opposite(point), opposite(held_against));
        let ends = (at(left, other.0)?, at(right, other.1)?);
        let is_apart = match order.must_be {
            MustBe::Before => ends.0 >= ends.1,
            MustBe::After => ends.0 <= ends.1,
        };
        if is_apart {
            (points, times) = (other, ends);
        } else {
            remark = ": they overlap";
        }
    }
    let apart = times.0.abs_diff(times.1);
    let distance = match times.0.cmp(&times.1) {
        Ordering::Less => format!("{} before", nanos(apart)),
        // What touches is neither late nor early.
        Ordering::Equal => "just when".to_owned(),
        Ordering::Greater => format!("{} after", nanos(apart)),
    };
    let text = format!(
        "{} {} {distance} {} {}{remark}",
        named(left, right),
        verb(points.0),
        named(right, left),
        verb(points.1)
    );
    let doubt = is_wrong.then(|| doubt(left, right, apart, skew)).flatten();
    Some(format!("{text}{}", doubt.unwrap_or_default()))
}

/// How far a pair is from what is asked for, in nanoseconds.
fn off(order: &Order, left: u64, right: u64) -> u128 {
    let (left, right) = (i128::from(left), i128::from(right));
    let gap = match order.must_be {
        MustBe::Before => right - left,
        MustBe::After => left - right,
    };
    let least = order.within.map_or(0, |within| i128::from(within.least));
    let most = order.within.and_then(|within| within.most).map(i128::from);
    match most {
        _ if gap < least => (least - gap).unsigned_abs(),
        Some(most) if gap > most => (gap - most).unsigned_abs(),
        _ => 0,
    }
}

fn at(spot: &Spot, point: Point) -> Option<u64> {
    let (start, end) = spot.times()?;
    Some(match point {
        Point::Start => start,
        Point::End => end,
    })
}

fn opposite(point: Point) -> Point {
    match point {
        Point::Start => Point::End,
        Point::End => Point::Start,
    }
}

fn verb(point: Point) -> &'static str {
    match point {
        Point::Start => "began",
        Point::End => "ended",
    }
}

/// With its id where both have one name.
fn named(spot: &Spot, other: &Spot) -> String {
    if spot.name == other.name {
        format!("{} ({})", spot.name, spot.span_id)
    } else {
        spot.name.clone()
    }
}

/// Whether the clocks of two services may be why, and what the trace says of them.
fn doubt(left: &Spot, right: &Spot, apart: u64, skew: &Skew) -> Option<String> {
    if left.service == right.service {
        return None;
    }
    let known = [left, right].into_iter().find_map(|spot| {
        let (by, other) = skew.of_service(&spot.service)?;
        Some(format!(
            ": clock skew of service {}? its spans start up to {} before their parents in {other}",
            spot.service,
            nanos(by)
        ))
    });
    known.or_else(|| (apart <= SKEW).then(|| format!(": clock skew of service {}?", left.service)))
}
