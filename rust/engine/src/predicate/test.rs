//! What is asked of one value.

use betrace_lang::rule::{CompareOp, Literal, Quantifier, TextOp};

use crate::logic::truth::Truth;
use crate::predicate::elements::{all_among, among, folded};
use crate::predicate::fields::{BoundSpans, Fields};
use crate::predicate::list::LiteralSet;
use crate::predicate::pattern::Pattern;
use crate::predicate::reading::Reading;
use crate::predicate::source::{Ask, Source, count};
use crate::predicate::text::{Needle, text_against, text_test};
use crate::value::{Compared, Value, compare, compare_literal};
use crate::wire::value::array_elements;

#[derive(Clone, Debug)]
pub(super) enum Test {
    OfValue(ValueTest),
    CompareField(CompareOp, Source),
    TextField(TextOp, Source),
    /// One of the elements of an array.
    Among(Reading, Source),
}

/// A test that reads nothing but the value.
#[derive(Clone, Debug)]
pub(crate) enum ValueTest {
    Compare(CompareOp, Literal),
    In(LiteralSet),
    Matches(Box<Pattern>),
    Text(Box<Needle>),
    /// Compares what cannot be compared.
    Unlike,
}

impl ValueTest {
    pub(crate) fn of(&self, value: Value<'_>) -> Compared {
        match self {
            ValueTest::Compare(op, literal) => compare_literal(value, *op, literal),
            ValueTest::In(set) => set.contains(value),
            ValueTest::Matches(pattern) => text_test(value, |text| pattern.is_match(text)),
            ValueTest::Text(needle) => needle.test(value),
            ValueTest::Unlike if value.is_missing() => Compared::UNKNOWN,
            ValueTest::Unlike => Compared::UNLIKE,
        }
    }
}

impl Test {
    pub(super) fn eval<F, B>(
        &self,
        value: Value<'_>,
        ask: &Ask<'_, F, B>,
        unlike: &mut u64,
    ) -> Truth
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        match self {
            Test::OfValue(test) => count(test.of(value), unlike),
            Test::CompareField(op, right) => {
                ask.against(*right, unlike, |right| compare(value, *op, right))
            }
            Test::Among(reading, list) => {
                ask.against(*list, unlike, |list| among(*reading, value, list))
            }
            Test::TextField(op, right) => {
                ask.against(*right, unlike, |right| text_against(*op, value, right))
            }
        }
    }

    /// Of each element of an array; anything else is unknown.
    pub(super) fn eval_each<F, B>(
        &self,
        value: Value<'_>,
        quantifier: Quantifier,
        is_negated: bool,
        ask: &Ask<'_, F, B>,
        unlike: &mut u64,
    ) -> Truth
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        let compared = match (value, self) {
            (Value::Missing, _) => Compared::UNKNOWN,
            (Value::Array(encoded), Test::Among(_, list)) => {
                return ask.against(*list, unlike, |list| {
                    all_among(quantifier, is_negated, encoded, list)
                });
            }
            (Value::Array(encoded), test) => {
                folded(quantifier, array_elements(encoded), |element| {
                    let mut met = 0;
                    let truth = test.eval(element, ask, &mut met);
                    Compared {
                        truth: if is_negated { truth.not() } else { truth },
                        unlike: met > 0,
                    }
                })
            }
            _ => Compared::UNLIKE,
        };
        count(compared, unlike)
    }
}
