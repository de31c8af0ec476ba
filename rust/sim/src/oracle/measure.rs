//! Counting and measuring: every value is an interval, a point once nothing is open.

use std::collections::BTreeSet;

use betrace_lang::rule::{
    Aggregate, CompareOp, Field, Intrinsic, Measure, Number, Quantity, Term, Total,
};

use super::field::Held;
use super::number::{End, sum};
use super::select::Selection;
use super::value::{Val, is};
use super::{Bound, Reasons, Trace, Truth, has_order};
use crate::model::Span;

/// From the first end to the second, both included. `None` for an average of nothing, which compares false.
pub type Ends = Option<(End, End)>;

pub struct Range {
    pub ends: Ends,
    /// It may yet be an average of nothing, so that no comparison is sure to be true.
    pub perhaps_nothing: bool,
    /// Why it is not a point.
    why: Reasons,
}

impl Range {
    /// Of a value of a bound span.
    fn of(value: &Val<'_>) -> Range {
        match (amount(value), value) {
            (Some(number), _) => Range::point(number),
            (None, Val::Undetermined) => Range {
                ends: Some((End::NegativeInfinity, End::Infinity)),
                perhaps_nothing: true,
                why: Truth::SKEW.reasons(),
            },
            (None, _) => Range {
                ends: None,
                perhaps_nothing: false,
                why: Reasons::default(),
            },
        }
    }

    pub fn between(ends: Ends, perhaps_nothing: bool) -> Range {
        Range {
            ends,
            perhaps_nothing,
            why: Reasons::default(),
        }
    }

    fn point(number: Number) -> Range {
        Range::between(Some((End::At(number), End::At(number))), false)
    }
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
struct Seen<'v> {
    sure: Vec<Val<'v>>,
    perhaps: Vec<Val<'v>>,
    /// So many more have a value that is not known.
    undetermined: usize,
    /// Others may come.
    more: bool,
    why: Reasons,
}

impl Seen<'_> {
    fn sure(&self) -> Vec<Number> {
        self.sure.iter().filter_map(amount).collect()
    }

    fn all(&self) -> Vec<Number> {
        let all = self.sure.iter().chain(&self.perhaps);
        all.filter_map(amount).collect()
    }

    fn is_bounded(&self) -> bool {
        !self.more && self.undetermined == 0
    }

    fn is_closed(&self) -> bool {
        self.is_bounded() && self.perhaps.is_empty()
    }

    fn sum(&self, never_negative: bool) -> Ends {
        let sure = sum(&self.sure());
        match self.is_closed() {
            true => Some((sure, sure)),
            false if never_negative && self.is_bounded() => Some((sure, sum(&self.all()))),
            false if never_negative => Some((sure, End::Infinity)),
            false => Some((End::NegativeInfinity, End::Infinity)),
        }
    }

    fn max(&self) -> Ends {
        let all = if self.is_bounded() {
            greatest(&self.all())
        } else {
            End::Infinity
        };
        Some((greatest(&self.sure()), all))
    }

    fn min(&self) -> Ends {
        let all = if self.is_bounded() {
            least(&self.all())
        } else {
            End::NegativeInfinity
        };
        Some((all, least(&self.sure())))
    }

    fn avg(&self) -> Ends {
        let sure = self.sure();
        let average = sum(&sure).over(sure.len());
        match self.is_closed() {
            true if sure.is_empty() => None,
            true => Some((average, average)),
            false => Some((End::NegativeInfinity, End::Infinity)),
        }
    }

    fn distinct(&self) -> Ends {
        let sure: BTreeSet<String> = self.sure.iter().filter_map(Val::group).collect();
        let mut all = sure.clone();
        all.extend(self.perhaps.iter().filter_map(Val::group));
        let high = if self.more {
            End::Infinity
        } else {
            End::whole(all.len() + self.undetermined)
        };
        Some((End::whole(sure.len()), high))
    }
}

/// A number, or nanoseconds.
fn amount(value: &Val<'_>) -> Option<Number> {
    match value {
        Val::Time(nanos) => Some(*nanos),
        value => value.number(),
    }
}

fn greatest(numbers: &[Number]) -> End {
    let greatest = numbers.iter().copied().max_by(|a, b| a.compare(*b));
    greatest.map_or(End::NegativeInfinity, End::At)
}

fn least(numbers: &[Number]) -> End {
    let least = numbers.iter().copied().min_by(|a, b| a.compare(*b));
    least.map_or(End::Infinity, End::At)
}

impl Trace<'_> {
    pub fn quantity(&self, quantity: &Quantity, bound: &Bound) -> Range {
        match quantity {
            Quantity::Number(number) => Range::point(*number),
            Quantity::Duration(nanos) => Range::point(Number::Int(i128::from(*nanos))),
            Quantity::Term(term) => match self.term(term, None, None, bound) {
                Held::One(value) => Range::of(&value),
                Held::Each(_) => unreachable!("a measure is compared with one value"),
            },
            Quantity::Measure { factor, measure } => {
                let range = self.measure(measure, bound);
                let times = |(low, high): (End, End)| (low.times(*factor), high.times(*factor));
                Range {
                    ends: range.ends.map(times),
                    ..range
                }
            }
        }
    }

    /// What the parts come to: each end is the sum of the ends that make it least, or most.
    pub fn total(&self, total: &Total, bound: &Bound) -> Range {
        let parts: Vec<(bool, Range)> = total
            .parts
            .iter()
            .map(|part| {
                let range = self.quantity(&part.of, bound);
                let times =
                    |(low, high): (End, End)| (low.times(part.factor), high.times(part.factor));
                let ends = range.ends.map(times);
                (part.is_taken_away, Range { ends, ..range })
            })
            .collect();
        let why = parts
            .iter()
            .fold(Reasons::default(), |why, (_, part)| why.with(part.why));
        let perhaps_nothing = parts.iter().any(|(_, part)| part.perhaps_nothing);
        let nothing = Range {
            ends: None,
            perhaps_nothing: false,
            why,
        };
        let (mut lows, mut highs) = (Vec::new(), Vec::new());
        for (is_taken_away, part) in &parts {
            let Some((low, high)) = part.ends else {
                return nothing;
            };
            let (low, high) = match is_taken_away {
                true => (high.negated(), low.negated()),
                false => (low, high),
            };
            lows.push(low);
            highs.push(high);
        }
        let is_point = lows == highs;
        match (sum_of_ends(&lows), sum_of_ends(&highs)) {
            (Some(low), Some(high)) => Range {
                ends: Some((low, high)),
                perhaps_nothing,
                why,
            },
            // An infinity less itself is no number.
            _ if is_point && !perhaps_nothing => nothing,
            _ => Range {
                ends: Some((End::NegativeInfinity, End::Infinity)),
                perhaps_nothing: true,
                why,
            },
        }
    }

    pub fn measure(&self, measure: &Measure, bound: &Bound) -> Range {
        self.measure_of(measure, &self.select(measure.selector(), bound), bound)
    }

    /// Of these spans.
    pub fn measure_of(&self, measure: &Measure, selection: &Selection, bound: &Bound) -> Range {
        match measure {
            Measure::Count(_) => count(selection),
            Measure::Within { window, .. } => {
                let within =
                    |start: u64, at: u64| (start..=start.saturating_add(*window)).contains(&at);
                self.most(selection, |first, span| within(first.start, span.start))
            }
            Measure::Overlap(_) => self.most(selection, |first, span| {
                let is_over = span.end <= first.start && span.start != first.start;
                span.start <= first.start && !is_over
            }),
            Measure::Of { function, of, .. } => {
                let seen = self.seen(*function, selection, of, bound);
                let took = Term::Field(Field::Intrinsic(Intrinsic::SpanDuration));
                let ends = match function {
                    Aggregate::Sum => seen.sum(*of == took),
                    Aggregate::Max => seen.max(),
                    Aggregate::Min => seen.min(),
                    Aggregate::Avg => seen.avg(),
                    Aggregate::Distinct => seen.distinct(),
                };
                Range {
                    ends,
                    perhaps_nothing: *function == Aggregate::Avg && !seen.is_closed(),
                    why: seen.why,
                }
            }
        }
    }

    /// From the start of some span on, the most spans for which `counts`.
    fn most(&self, selection: &Selection, counts: impl Fn(&Span, &Span) -> bool) -> Range {
        let (skewed, ordered): (Vec<_>, Vec<_>) = selection
            .members
            .iter()
            .partition(|(span, _)| !has_order(self.spans[*span]));
        let most_of = |members: &[(usize, Truth)]| {
            let spans: Vec<&Span> = members.iter().map(|(span, _)| self.spans[*span]).collect();
            let from = spans
                .iter()
                .map(|first| spans.iter().filter(|span| counts(first, span)).count());
            from.max().unwrap_or(0)
        };
        let sure: Vec<(usize, Truth)> = ordered
            .iter()
            .copied()
            .filter(|(_, selected)| *selected == Truth::True)
            .collect();
        let high = if selection.more == Truth::False {
            End::whole(most_of(&ordered) + skewed.len())
        } else {
            End::Infinity
        };
        let skew = skewed.iter().map(|(_, selected)| selected.and(Truth::SKEW));
        let perhaps = ordered.iter().map(|(_, selected)| *selected);
        let why = perhaps
            .chain(skew)
            .fold(selection.more.reasons(), |why, member| {
                why.with(member.reasons())
            });
        Range {
            ends: Some((End::whole(most_of(&sure)), high)),
            perhaps_nothing: false,
            why,
        }
    }

    fn seen(
        &self,
        function: Aggregate,
        selection: &Selection,
        of: &Term,
        bound: &Bound,
    ) -> Seen<'_> {
        let mut seen = Seen {
            sure: Vec::with_capacity(selection.members.len()),
            more: selection.more != Truth::False,
            why: selection.more.reasons(),
            ..Seen::default()
        };
        for (span, selected) in &selection.members {
            let Held::One(value) = self.term(of, Some(self.spans[*span]), None, bound) else {
                unreachable!("a measure takes one value of each span");
            };
            let counts = match function {
                Aggregate::Distinct => value.group().is_some(),
                _ => amount(&value).is_some(),
            };
            if matches!(value, Val::Undetermined) {
                seen.undetermined += 1;
                seen.why = seen.why.with(selected.and(Truth::SKEW).reasons());
            } else if counts && *selected == Truth::True {
                seen.sure.push(value);
            } else if counts {
                seen.perhaps.push(value);
                seen.why = seen.why.with(selected.reasons());
            }
        }
        seen
    }
}

/// `None` where infinities of both signs are among them.
fn sum_of_ends(ends: &[End]) -> Option<End> {
    let has = |infinity: End| ends.contains(&infinity);
    match (has(End::NegativeInfinity), has(End::Infinity)) {
        (true, true) => None,
        (true, false) => Some(End::NegativeInfinity),
        (false, true) => Some(End::Infinity),
        (false, false) => {
            let numbers: Vec<Number> = ends
                .iter()
                .filter_map(|end| match end {
                    End::At(number) => Some(*number),
                    _ => None,
                })
                .collect();
            Some(sum(&numbers))
        }
    }
}

fn count(selection: &Selection) -> Range {
    let members = || selection.members.iter().map(|member| &member.1);
    let high = if selection.more == Truth::False {
        End::whole(selection.members.len())
    } else {
        End::Infinity
    };
    let why = members().fold(selection.more.reasons(), |why, member| {
        why.with(member.reasons())
    });
    Range {
        ends: Some((End::whole(count_sure(members())), high)),
        perhaps_nothing: false,
        why,
    }
}

fn count_sure<'t>(members: impl Iterator<Item = &'t Truth>) -> usize {
    members.filter(|member| **member == Truth::True).count()
}
