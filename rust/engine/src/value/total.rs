//! What several measures come to, added up or taken away.

use betrace_lang::rule::Number;
use num_bigint::BigInt;

use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::Reasons;
use crate::value::exact::{in_units, settled};

/// What these come to, those with `true` taken away. Infinities of both signs come to nothing that compares.
pub(crate) fn total(parts: impl IntoIterator<Item = (bool, Measured)>) -> Measured {
    let (mut low, mut high) = (EndSum::default(), EndSum::default());
    let (mut is_certain, mut is_point, mut is_never) = (true, true, false);
    let mut reasons = Reasons::NONE;
    for (is_taken_away, part) in parts {
        let interval = match part {
            Measured::Never => {
                is_never = true;
                continue;
            }
            Measured::Perhaps(interval) => {
                is_certain = false;
                interval
            }
            Measured::Range(interval) => interval,
        };
        let (least, most) = match is_taken_away {
            true => (interval.high, interval.low),
            false => (interval.low, interval.high),
        };
        low.add(is_taken_away, least);
        high.add(is_taken_away, most);
        is_point &= interval.low.order(interval.high).is_eq();
        reasons = reasons.with(interval.reasons);
    }
    if is_never {
        return Measured::Never;
    }
    match (low.value(), high.value()) {
        (Some(low), Some(high)) if is_certain => {
            Measured::Range(Interval::between(low, high).with_reasons(reasons))
        }
        (Some(low), Some(high)) => {
            Measured::Perhaps(Interval::between(low, high).with_reasons(reasons))
        }
        _ if is_point && is_certain => Measured::Never,
        _ => Measured::Perhaps(Interval::unknown().with_reasons(reasons)),
    }
}

/// One end of a total. Whole numbers add up exactly, and the whole is rounded once.
#[derive(Default)]
struct EndSum {
    integers: i128,
    /// In units of the smallest double; holds what `integers` could not take as well.
    rest: Option<BigInt>,
    has_lowest: bool,
    has_highest: bool,
}

impl EndSum {
    fn add(&mut self, is_taken_away: bool, end: End) {
        let number = match (end, is_taken_away) {
            (End::At(number), _) => number,
            (End::Lowest, false) | (End::Highest, true) => return self.has_lowest = true,
            (End::Highest, false) | (End::Lowest, true) => return self.has_highest = true,
        };
        if let Number::Int(int) = number {
            let sum = match is_taken_away {
                true => self.integers.checked_sub(int),
                false => self.integers.checked_add(int),
            };
            if let Some(sum) = sum {
                return self.integers = sum;
            }
        }
        let rest = self.rest.get_or_insert_default();
        match is_taken_away {
            true => *rest -= in_units(number),
            false => *rest += in_units(number),
        }
    }

    /// `None`: infinite in both directions.
    fn value(&self) -> Option<End> {
        match (self.has_lowest, self.has_highest, &self.rest) {
            (true, true, _) => None,
            (true, false, _) => Some(End::Lowest),
            (false, true, _) => Some(End::Highest),
            (false, false, None) => Some(End::At(Number::Int(self.integers))),
            (false, false, Some(rest)) => {
                Some(settled(&(in_units(Number::Int(self.integers)) + rest)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use betrace_lang::rule::CompareOp;

    use super::*;
    use crate::logic::tri::Tri;

    fn exactly(end: End) -> (bool, Measured) {
        (false, Measured::Range(Interval::exactly(end)))
    }

    #[test]
    fn what_is_taken_away_turns_the_interval_round() {
        let open = Measured::Range(Interval::between(End::count(3), End::Highest));
        let less = total([exactly(End::count(10)), (true, open)]);
        let eight = Measured::Range(Interval::exactly(End::count(8)));
        assert_eq!(less.compare(CompareOp::Lt, eight), Tri::True);
        let six = Measured::Range(Interval::exactly(End::count(6)));
        assert_eq!(less.compare(CompareOp::Lt, six), Tri::Open(Reasons::NONE));
    }

    #[test]
    fn infinities_of_both_signs_compare_with_nothing() {
        let nothing = total([exactly(End::Highest), exactly(End::Lowest)]);
        let three = Measured::Range(Interval::exactly(End::count(3)));
        for op in [CompareOp::Lt, CompareOp::Ge, CompareOp::Ne] {
            assert_eq!(nothing.compare(op, three), Tri::False, "{op:?}");
        }
        let both = total([exactly(End::Highest), exactly(End::Highest)]);
        assert_eq!(both.compare(CompareOp::Gt, three), Tri::True);
    }

    #[test]
    fn the_whole_is_rounded_once() {
        let of = |value: f64| End::At(Number::from_f64(value).unwrap());
        // One by one each tenth would be rounded, and 1e17 would swallow what follows.
        let parts = [1e17, 0.3, 0.3, 0.3, 0.3].map(|value| exactly(of(value)));
        let rest = total(parts.into_iter().chain([(true, exactly(of(1e17)).1)]));
        let Measured::Range(interval) = rest else {
            panic!("{rest:?} is no range");
        };
        assert!(interval.low.order(of(1.2)).is_eq(), "{interval:?}");
    }
}
