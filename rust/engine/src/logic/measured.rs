//! What a measure is known to be: an interval, or an average of nothing.

use betrace_lang::rule::{Aggregate, CompareOp, Number};

use crate::logic::interval::{End, Interval};
use crate::logic::tri::{Reasons, Tri};

/// A measure's value: [`Measured::Never`] is the average of nothing, with which every comparison is
/// false.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Measured {
    Never,
    /// It may yet be the average of nothing, so no comparison is certain.
    Perhaps(Interval),
    Range(Interval),
}

impl Measured {
    /// The value over no spans at all.
    pub fn of_nothing(function: Aggregate) -> Measured {
        let end = match function {
            Aggregate::Sum | Aggregate::Distinct => End::count(0),
            Aggregate::Max => End::Lowest,
            Aggregate::Min => End::Highest,
            Aggregate::Avg => return Measured::Never,
        };
        Measured::Range(Interval::exactly(end))
    }

    #[must_use]
    pub fn scale(self, factor: Number) -> Measured {
        match self {
            Measured::Never => Measured::Never,
            Measured::Perhaps(interval) => Measured::Perhaps(interval.scale(factor)),
            Measured::Range(interval) => Measured::Range(interval.scale(factor)),
        }
    }

    #[must_use]
    pub fn because(self, reasons: Reasons) -> Measured {
        match self {
            Measured::Never => Measured::Never,
            Measured::Perhaps(interval) => Measured::Perhaps(interval.with_reasons(reasons)),
            Measured::Range(interval) => Measured::Range(interval.with_reasons(reasons)),
        }
    }

    pub fn compare(self, op: CompareOp, other: Measured) -> Tri {
        let (left, right, is_certain) = match (self, other) {
            (Measured::Never, _) | (_, Measured::Never) => return Tri::False,
            (Measured::Range(left), Measured::Range(right)) => (left, right, true),
            (
                Measured::Range(left) | Measured::Perhaps(left),
                Measured::Range(right) | Measured::Perhaps(right),
            ) => (left, right, false),
        };
        match left.decides(op, right) {
            Some(false) => Tri::False,
            Some(true) if is_certain => Tri::True,
            _ => Tri::Open(left.reasons.with(right.reasons)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_compares_with_the_average_of_nothing() {
        for op in [CompareOp::Ne, CompareOp::Eq, CompareOp::Lt] {
            let three = Measured::Range(Interval::exactly(End::count(3)));
            assert_eq!(Measured::Never.compare(op, three), Tri::False);
            assert_eq!(three.compare(op, Measured::Never), Tri::False);
        }
    }
}
