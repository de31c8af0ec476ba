//! Intervals: every measured value is *at least what was seen* while spans may come, and *exactly what
//! was seen* once the trace closed complete. This is the one mechanism behind early, late and
//! incomplete verdicts.

use std::cmp::Ordering;

use betrace_lang::rule::{CompareOp, Number};

use crate::logic::tri::{Reasons, Tri};

/// An end of an interval. Infinite ends are real points: the maximum of nothing is −∞.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Lowest,
    At(Number),
    Highest,
}

impl End {
    pub fn count(value: u64) -> End {
        End::At(Number::Int(i128::from(value)))
    }

    /// A double: an infinite one is an infinite end.
    pub fn float(value: f64) -> End {
        match Number::from_f64(value) {
            Some(number) => End::At(number),
            None if value < 0.0 => End::Lowest,
            None => End::Highest,
        }
    }

    fn rank(self) -> i8 {
        match self {
            End::Lowest => -1,
            End::At(_) => 0,
            End::Highest => 1,
        }
    }

    pub fn order(self, other: End) -> Ordering {
        match (self, other) {
            (End::At(a), End::At(b)) => a.compare(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    /// `factor` is positive. Integers stay exact where the product fits; otherwise it is rounded once.
    fn scale(self, factor: Number) -> End {
        let End::At(value) = self else {
            return self;
        };
        if let (Number::Int(a), Number::Int(b)) = (factor, value)
            && let Some(product) = a.checked_mul(b)
        {
            return End::At(Number::Int(product));
        }
        End::float(factor.to_f64() * value.to_f64())
    }
}

/// What is known of a measured value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    pub low: End,
    pub high: End,
    /// What besides the trace being open keeps it from being exact.
    pub reasons: Reasons,
}

impl Interval {
    pub fn exactly(value: End) -> Interval {
        Interval {
            low: value,
            high: value,
            reasons: Reasons::NONE,
        }
    }

    pub fn between(low: End, high: End) -> Interval {
        Interval {
            low,
            high,
            reasons: Reasons::NONE,
        }
    }

    pub fn unknown() -> Interval {
        Interval::between(End::Lowest, End::Highest)
    }

    #[must_use]
    pub fn with_reasons(mut self, reasons: Reasons) -> Interval {
        self.reasons = self.reasons.with(reasons);
        self
    }

    #[must_use]
    pub fn scale(self, factor: Number) -> Interval {
        Interval {
            low: self.low.scale(factor),
            high: self.high.scale(factor),
            reasons: self.reasons,
        }
    }

    fn less(self, other: Interval) -> (bool, bool) {
        (
            self.high.order(other.low) == Ordering::Less,
            self.low.order(other.high) != Ordering::Less,
        )
    }

    fn equal(self, other: Interval) -> (bool, bool) {
        let is_point = |interval: Interval| interval.low.order(interval.high) == Ordering::Equal;
        (
            is_point(self) && is_point(other) && self.low.order(other.low) == Ordering::Equal,
            self.high.order(other.low) == Ordering::Less
                || self.low.order(other.high) == Ordering::Greater,
        )
    }

    /// `self op other`: true or false where it is so for all values that the two may have, each alone.
    pub fn decides(self, op: CompareOp, other: Interval) -> Option<bool> {
        let (is_true, is_false) = match op {
            CompareOp::Lt => self.less(other),
            CompareOp::Gt => other.less(self),
            CompareOp::Ge => flip(self.less(other)),
            CompareOp::Le => flip(other.less(self)),
            CompareOp::Eq => self.equal(other),
            CompareOp::Ne => flip(self.equal(other)),
        };
        (is_true || is_false).then_some(is_true)
    }

    /// [`Interval::decides`], with the reasons of what is open.
    pub fn compare(self, op: CompareOp, other: Interval) -> Tri {
        match self.decides(op, other) {
            Some(value) => Tri::of(value),
            None => Tri::Open(self.reasons.with(other.reasons)),
        }
    }
}

fn flip((is_true, is_false): (bool, bool)) -> (bool, bool) {
    (is_false, is_true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i128) -> End {
        End::At(Number::Int(value))
    }

    fn at(value: i128) -> Interval {
        Interval::exactly(int(value))
    }

    #[test]
    fn what_was_seen_is_a_lower_bound_until_the_close() {
        let open = Interval::between(int(3), End::Highest);
        assert_eq!(open.compare(CompareOp::Gt, at(2)), Tri::True);
        assert_eq!(open.compare(CompareOp::Gt, at(3)), Tri::Open(Reasons::NONE));
        assert_eq!(open.compare(CompareOp::Ge, at(3)), Tri::True);
        assert_eq!(open.compare(CompareOp::Lt, at(3)), Tri::False);
        assert_eq!(open.compare(CompareOp::Le, at(2)), Tri::False);
        assert_eq!(open.compare(CompareOp::Le, at(3)), Tri::Open(Reasons::NONE));
        assert_eq!(open.compare(CompareOp::Eq, at(2)), Tri::False);
        assert_eq!(open.compare(CompareOp::Ne, at(2)), Tri::True);
        assert_eq!(open.compare(CompareOp::Eq, at(3)), Tri::Open(Reasons::NONE));
    }

    #[test]
    fn exact_values_compare_both_ways() {
        for (op, expected) in [
            (CompareOp::Lt, false),
            (CompareOp::Le, true),
            (CompareOp::Eq, true),
            (CompareOp::Ne, false),
            (CompareOp::Ge, true),
            (CompareOp::Gt, false),
        ] {
            assert_eq!(at(4).compare(op, at(4)), Tri::of(expected), "{op:?}");
        }
    }

    #[test]
    fn infinite_ends_are_points() {
        let lowest = Interval::exactly(End::Lowest);
        assert_eq!(lowest.compare(CompareOp::Eq, lowest), Tri::True);
        assert_eq!(lowest.compare(CompareOp::Le, at(9)), Tri::True);
        assert_eq!(
            lowest.scale(Number::Int(3)).compare(CompareOp::Eq, lowest),
            Tri::True
        );
    }

    #[test]
    fn scaling_is_exact_where_it_can_be() {
        let big = (1i128 << 60) + 1;
        assert_eq!(
            at(big)
                .scale(Number::Int(3))
                .compare(CompareOp::Eq, at(big * 3)),
            Tri::True
        );
        assert_eq!(
            at(i128::MAX)
                .scale(Number::Int(2))
                .compare(CompareOp::Gt, at(i128::MAX)),
            Tri::True
        );
    }
}
