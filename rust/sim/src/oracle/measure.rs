//! Counting and measuring: every value is an interval, a point once nothing is open.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use betrace_lang::rule::{
    Aggregate, CompareOp, Field, GroupKey, GroupOp, Intrinsic, Measure, Number, Quantity,
};
use num_bigint::BigInt;

use super::select::Selection;
use super::value::{Val, is};
use super::{Bound, Reasons, Trace, Truth};
use crate::model::hex;

/// From `low` to `high`, both included. `None` for an average of nothing, which compares false.
pub struct Range {
    ends: Option<(End, End)>,
    /// It may yet be an average of nothing, so that no comparison is sure to be true.
    perhaps_nothing: bool,
    /// Why it is not a point.
    why: Reasons,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    NegativeInfinity,
    At(Number),
    Infinity,
}

impl End {
    fn compare(self, other: End) -> Ordering {
        let side = |end| match end {
            End::NegativeInfinity => -1,
            End::At(_) => 0,
            End::Infinity => 1,
        };
        match (self, other) {
            (End::At(a), End::At(b)) => a.compare(b),
            _ => side(self).cmp(&side(other)),
        }
    }

    fn times(self, factor: Number) -> End {
        match (self, factor) {
            (End::At(Number::Int(a)), Number::Int(b)) => End::At(Number::Int(a.saturating_mul(b))),
            (End::At(a), b) => number(a.to_f64() * b.to_f64()),
            (infinite, _) => infinite,
        }
    }
}

fn number(value: f64) -> End {
    match Number::from_f64(value) {
        Some(number) => End::At(number),
        None if value < 0.0 => End::NegativeInfinity,
        None => End::Infinity,
    }
}

fn whole(count: usize) -> End {
    End::At(Number::Int(count as i128))
}

pub fn compare(a: &Range, op: CompareOp, b: &Range) -> Truth {
    let (Some((a_low, a_high)), Some((b_low, b_high))) = (a.ends, b.ends) else {
        return Truth::False;
    };
    let open = Truth::Open(a.why.with(b.why));
    let sure = if a.perhaps_nothing || b.perhaps_nothing {
        open
    } else {
        Truth::True
    };
    // From the order of the extremes: true in every case, false in every case, or open.
    let decide = |always: bool, never: bool| match (always, never) {
        (true, _) => sure,
        (_, true) => Truth::False,
        _ => open,
    };
    let (down, up) = (a_low.compare(b_high), a_high.compare(b_low));
    match op {
        CompareOp::Gt | CompareOp::Ge => decide(is(op, down), !is(op, up)),
        CompareOp::Lt | CompareOp::Le => decide(is(op, up), !is(op, down)),
        CompareOp::Eq => decide(down.is_eq() && up.is_eq(), down.is_gt() || up.is_lt()),
        CompareOp::Ne => decide(down.is_gt() || up.is_lt(), down.is_eq() && up.is_eq()),
    }
}

/// What the selected spans give in one field.
#[derive(Default)]
struct Seen {
    sure: Vec<Val>,
    perhaps: Vec<Val>,
    /// Selected, and its duration cannot be known.
    undetermined: bool,
    why: Reasons,
}

impl Trace<'_> {
    pub fn quantity(&self, quantity: &Quantity, bound: &Bound) -> Range {
        let point = |number| Range {
            ends: Some((End::At(number), End::At(number))),
            perhaps_nothing: false,
            why: Reasons::default(),
        };
        match quantity {
            Quantity::Number(number) => point(*number),
            Quantity::Duration(nanos) => point(Number::Int(i128::from(*nanos))),
            Quantity::Measure { factor, measure } => {
                let range = self.measure(measure, bound);
                let times = |(low, high): (End, End)| (low.times(*factor), high.times(*factor));
                Range {
                    ends: range.ends.map(times),
                    perhaps_nothing: range.perhaps_nothing,
                    why: range.why,
                }
            }
        }
    }

    pub fn measure(&self, measure: &Measure, bound: &Bound) -> Range {
        match measure {
            Measure::Count(selector) => {
                let selection = self.select(selector, bound);
                let sure = selection
                    .members
                    .iter()
                    .filter(|member| member.1 == Truth::True)
                    .count();
                let high = if selection.more == Truth::False {
                    whole(selection.members.len())
                } else {
                    End::Infinity
                };
                let open = Truth::any(
                    selection
                        .members
                        .iter()
                        .map(|member| member.1.and(member.1.not())),
                );
                Range {
                    ends: Some((whole(sure), high)),
                    perhaps_nothing: false,
                    why: open.or(selection.more).reasons(),
                }
            }
            Measure::Of {
                function,
                selector,
                field,
            } => {
                let selection = self.select(selector, bound);
                self.aggregate(*function, &selection, field, bound)
            }
        }
    }

    fn aggregate(
        &self,
        function: Aggregate,
        selection: &Selection,
        field: &Field,
        bound: &Bound,
    ) -> Range {
        let mut seen = Seen {
            why: selection.more.reasons(),
            ..Seen::default()
        };
        for (span, selected) in &selection.members {
            let value = self.value(field, self.spans[*span], bound);
            let counts = match function {
                Aggregate::Distinct => value.group().is_some(),
                _ => value.number().is_some(),
            };
            if matches!(value, Val::Undetermined) {
                seen.undetermined = true;
                seen.why = seen.why.with(selected.and(Truth::SKEW).reasons());
            } else if counts && *selected == Truth::True {
                seen.sure.push(value);
            } else if counts {
                seen.perhaps.push(value);
                seen.why = seen.why.with(selected.reasons());
            }
        }
        let more = selection.more != Truth::False || seen.undetermined;
        let closed = !more && seen.perhaps.is_empty();
        let unbounded = (End::NegativeInfinity, End::Infinity);
        let numbers = |values: &[Val]| {
            values
                .iter()
                .filter_map(Val::number)
                .collect::<Vec<Number>>()
        };
        let sure = numbers(&seen.sure);
        let all = [sure.clone(), numbers(&seen.perhaps)].concat();
        let greatest = |numbers: &[Number]| {
            let greatest = numbers.iter().copied().max_by(|a, b| a.compare(*b));
            greatest.map_or(End::NegativeInfinity, End::At)
        };
        let least = |numbers: &[Number]| {
            let least = numbers.iter().copied().min_by(|a, b| a.compare(*b));
            least.map_or(End::Infinity, End::At)
        };
        let never_negative = *field == Field::Intrinsic(Intrinsic::SpanDuration);
        let ends = match function {
            Aggregate::Sum if closed => Some((sum(&sure), sum(&sure))),
            Aggregate::Sum if never_negative => {
                Some((sum(&sure), if more { End::Infinity } else { sum(&all) }))
            }
            Aggregate::Sum => Some(unbounded),
            Aggregate::Max => Some((
                greatest(&sure),
                if more { End::Infinity } else { greatest(&all) },
            )),
            Aggregate::Min => Some((
                if more {
                    End::NegativeInfinity
                } else {
                    least(&all)
                },
                least(&sure),
            )),
            Aggregate::Avg if closed && sure.is_empty() => None,
            Aggregate::Avg if closed => Some((average(&sure), average(&sure))),
            Aggregate::Avg => Some(unbounded),
            Aggregate::Distinct => {
                let groups = |values: &[&[Val]]| {
                    let groups: BTreeSet<String> =
                        values.concat().iter().filter_map(Val::group).collect();
                    whole(groups.len())
                };
                let high = if more {
                    End::Infinity
                } else {
                    groups(&[&seen.sure, &seen.perhaps])
                };
                Some((groups(&[&seen.sure]), high))
            }
        };
        Range {
            ends,
            perhaps_nothing: function == Aggregate::Avg && !closed,
            why: seen.why,
        }
    }

    /// `count(S) by f > n`.
    pub fn some_group(
        &self,
        selection: &Selection,
        by: &GroupKey,
        op: GroupOp,
        value: Number,
        bound: &Bound,
    ) -> Truth {
        let mut groups: BTreeMap<String, Vec<Truth>> = BTreeMap::new();
        for (span, selected) in &selection.members {
            let span = self.spans[*span];
            let key = match by {
                GroupKey::Field(field) => self.value(field, span, bound).group(),
                GroupKey::Parent => span.parent.map(|parent| hex(&parent)),
            };
            if let Some(key) = key {
                groups.entry(key).or_default().push(*selected);
            }
        }
        let reaches = |count: usize| {
            let order = Number::Int(count as i128).compare(value);
            match op {
                GroupOp::Gt => order.is_gt(),
                GroupOp::Ge => order.is_ge(),
            }
        };
        let group = |members: &Vec<Truth>| {
            let sure = members
                .iter()
                .filter(|member| **member == Truth::True)
                .count();
            let why = members
                .iter()
                .fold(Reasons::default(), |why, member| why.with(member.reasons()));
            // There is no group before someone is in it.
            match (sure > 0 && reaches(sure), reaches(members.len())) {
                (true, _) => Truth::True,
                (false, true) => Truth::Open(why),
                (false, false) => Truth::False,
            }
        };
        Truth::any(groups.values().map(group)).or(selection.more)
    }
}

/// Exact, and rounded once; a whole sum is not rounded at all.
fn sum(numbers: &[Number]) -> End {
    let mut total = BigInt::ZERO;
    for number in numbers {
        total += scaled(*number);
    }
    let one = BigInt::from(1) << SCALE;
    if &total % &one == BigInt::ZERO
        && let Ok(whole) = i128::try_from(&total / &one)
    {
        return End::At(Number::Int(whole));
    }
    number(rounded(&total))
}

fn average(numbers: &[Number]) -> End {
    match sum(numbers) {
        End::At(total) => number(total.to_f64() / numbers.len() as f64),
        infinite => infinite,
    }
}

/// The smallest double above zero is 2 to the power of minus this.
const SCALE: u32 = 1074;

/// The number in units of the smallest double.
fn scaled(number: Number) -> BigInt {
    match number {
        Number::Int(value) => BigInt::from(value) << SCALE,
        Number::Float(value) => {
            let bits = value.abs().to_bits();
            let (exponent, fraction) = ((bits >> 52) as u32, bits & ((1 << 52) - 1));
            let size = match exponent {
                0 => BigInt::from(fraction),
                _ => BigInt::from(fraction | 1 << 52) << (exponent - 1),
            };
            if value < 0.0 { -size } else { size }
        }
    }
}

/// The nearest double, ties to even, by way of its decimal digits: parsing rounds once and right.
fn rounded(units: &BigInt) -> f64 {
    // units / 2^1074 = units * 5^1074 / 10^1074
    let digits = units * BigInt::from(5).pow(SCALE);
    format!("{digits}e-{SCALE}").parse().unwrap_or(f64::NAN)
}
