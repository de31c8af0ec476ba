//! What a measure or a value can be at all: no count is below zero, no span takes less than no time, and none is of a kind that there is not.

use std::cmp::Ordering;

use crate::rule::{CompareOp, Field, Intrinsic, Literal, Number, Operand, Predicate, Term, TextOp};

/// What is known of a measure, or of a value, without a trace.
#[derive(Clone, Copy)]
pub(super) struct Known {
    low: Number,
    /// `None`: however much.
    high: Option<Number>,
}

impl Known {
    pub const ZERO: Known = Known {
        low: Number::Int(0),
        high: Some(Number::Int(0)),
    };

    pub const SHARE: Known = Known {
        low: Number::Int(0),
        high: Some(Number::Int(1)),
    };

    pub fn at_least(low: u64) -> Known {
        Known {
            low: Number::Int(i128::from(low)),
            high: None,
        }
    }

    /// The answer of the comparison where it is the same for all that the measure can be. `is_whole`: it is a whole number.
    pub fn decides(self, op: CompareOp, number: Number, is_whole: bool) -> Option<bool> {
        let below = self.low.compare(number);
        let above = self
            .high
            .map_or(Ordering::Greater, |high| high.compare(number));
        let is_never =
            below.is_gt() || above.is_lt() || is_whole && !matches!(number, Number::Int(_));
        let (holds, fails) = match op {
            CompareOp::Eq => (below.is_eq() && above.is_eq(), is_never),
            CompareOp::Ne => (is_never, below.is_eq() && above.is_eq()),
            CompareOp::Lt => (above.is_lt(), below.is_ge()),
            CompareOp::Le => (above.is_le(), below.is_gt()),
            CompareOp::Gt => (below.is_gt(), above.is_le()),
            CompareOp::Ge => (below.is_ge(), above.is_lt()),
        };
        holds.then_some(true).or(fails.then_some(false))
    }
}

/// Whether a comparison is true of no span, whatever its fields hold.
pub(super) fn cannot_be(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Compare {
            left,
            op,
            right: Operand::Literal(literal),
        } => least(left)
            .zip(number(literal))
            .is_some_and(|((known, is_whole), number)| {
                known.decides(*op, number, is_whole) == Some(false)
            }),
        Predicate::Text {
            op,
            left,
            right: Operand::Literal(Literal::Text(text)),
        } => words(left).is_some_and(|words| {
            !words.iter().any(|word| match op {
                TextOp::Contains => word.contains(&**text),
                TextOp::StartsWith => word.starts_with(&**text),
                TextOp::EndsWith => word.ends_with(&**text),
            })
        }),
        Predicate::Matches { left, pattern } => words(left).is_some_and(|words| {
            let regex = pattern.regex();
            regex.is_ok_and(|regex| !words.iter().any(|word| regex.is_match(*word)))
        }),
        _ => false,
    }
}

/// The least that a number or a time can be, and whether it is a whole number.
fn least(term: &Term) -> Option<(Known, bool)> {
    match term {
        Term::Length(_) => Some((Known::at_least(0), true)),
        // A trace is its spans: it has one at least.
        Term::Field(Field::Intrinsic(Intrinsic::TraceSpanCount)) => {
            Some((Known::at_least(1), true))
        }
        Term::Field(field) => {
            let is_time = field.intrinsic().is_some_and(Intrinsic::is_duration);
            is_time.then_some((Known::at_least(0), false))
        }
        _ => None,
    }
}

/// All that the value can be, where it is one of a few words.
fn words(term: &Term) -> Option<&'static [&'static str]> {
    let (Term::Field(field) | Term::Lower(field)) = term else {
        return None;
    };
    field.intrinsic()?.words()
}

fn number(literal: &Literal) -> Option<Number> {
    match literal {
        Literal::Number(number) => Some(*number),
        Literal::Duration(nanos) => Some(Number::Int(i128::from(*nanos))),
        _ => None,
    }
}
