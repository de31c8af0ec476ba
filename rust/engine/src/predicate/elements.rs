//! Elements of arrays: a value among them, and comparisons of each of them.

use betrace_lang::rule::{CompareOp, Quantifier};

use crate::logic::truth::Truth;
use crate::predicate::list::ElementSet;
use crate::predicate::reading::Reading;
use crate::value::{Compared, Value, compare};
use crate::wire::value::array_elements;

/// Up to so many pairs of elements are compared one by one; of more the list is hashed first, which allocates.
pub const PAIRS: usize = 1_024;

/// Whether a value, so read, equals an element of `list`: unknown if it equals none and some cannot be compared with it, and
/// of a value that cannot be read so, whether there are elements or none.
pub(super) fn among(reading: Reading, value: Value<'_>, list: Value<'_>) -> Compared {
    match (value, list) {
        (Value::Missing, _) | (_, Value::Missing) => Compared::UNKNOWN,
        (Value::Other, _) if reading != Reading::Plain => Compared::UNLIKE,
        (_, Value::Array(encoded)) => {
            let elements = array_elements(encoded);
            folded(Quantifier::Some, elements, |element| {
                compare(value, CompareOp::Eq, element)
            })
        }
        _ => Compared::UNLIKE,
    }
}

/// Whether the elements of an array are among those of another.
pub(super) fn all_among(
    quantifier: Quantifier,
    is_negated: bool,
    array: &[u8],
    list: Value<'_>,
) -> Compared {
    let set = match list {
        Value::Array(encoded) if is_many(array, encoded) => {
            Some(ElementSet::new(array_elements(encoded)))
        }
        _ => None,
    };
    folded(quantifier, array_elements(array), |element| {
        let found = match &set {
            Some(set) => set.contains(element),
            None => among(Reading::Plain, element, list),
        };
        if is_negated { found.not() } else { found }
    })
}

fn is_many(array: &[u8], list: &[u8]) -> bool {
    // An element takes two bytes at least, so that most arrays need not be counted.
    (array.len() / 2).saturating_mul(list.len() / 2) > PAIRS
        && array_elements(array)
            .count()
            .saturating_mul(array_elements(list).count())
            > PAIRS
}

/// What a comparison says of all elements together.
pub(super) fn folded<'a>(
    quantifier: Quantifier,
    elements: impl Iterator<Item = Value<'a>>,
    mut test: impl FnMut(Value<'a>) -> Compared,
) -> Compared {
    let (mut truth, end) = match quantifier {
        Quantifier::Every => (Truth::TRUE, Truth::FALSE),
        Quantifier::Some => (Truth::FALSE, Truth::TRUE),
    };
    let mut unlike = false;
    for element in elements {
        let one = test(element);
        truth = match quantifier {
            Quantifier::Every => truth.and(one.truth),
            Quantifier::Some => truth.or(one.truth),
        };
        unlike |= one.unlike;
        if truth == end {
            break;
        }
    }
    Compared {
        truth,
        unlike: unlike && truth.may_be_unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An encoded array of integers.
    fn array(values: impl Iterator<Item = u8>) -> Vec<u8> {
        values.flat_map(|value| [0x0a, 2, 0x18, value]).collect()
    }

    #[test]
    fn hashed_and_one_by_one_an_array_says_the_same() {
        for last in [PAIRS as u8 & 31, 31, 32, 33] {
            // 32 times 32 pairs are compared one by one, one more is hashed.
            let left = array(0..32);
            let right = array((0..32).map(|value| if value == 31 { last } else { value }));
            let more = [right.clone(), array(std::iter::once(90))].concat();
            assert!(!is_many(&left, &right) && is_many(&left, &more));
            for list in [&right, &more] {
                for quantifier in Quantifier::ALL {
                    for is_negated in [false, true] {
                        let said = all_among(quantifier, is_negated, &left, Value::Array(list));
                        let naive = folded(quantifier, array_elements(&left), |element| {
                            let found = among(Reading::Plain, element, Value::Array(list));
                            if is_negated { found.not() } else { found }
                        });
                        assert_eq!(said, naive, "{last} {quantifier:?} {is_negated}");
                    }
                }
            }
        }
    }

    #[test]
    fn of_nothing_every_is_true_and_some_false() {
        let none = Value::Array(b"");
        assert!(
            all_among(Quantifier::Every, false, b"", Value::Missing)
                .truth
                .is_true()
        );
        assert_eq!(
            all_among(Quantifier::Some, false, b"", none).truth,
            Truth::FALSE
        );
        assert_eq!(
            among(Reading::Plain, Value::Int(1), none).truth,
            Truth::FALSE
        );
        assert_eq!(among(Reading::Lower, Value::Other, none), Compared::UNLIKE);
        assert_eq!(
            among(Reading::Plain, Value::Missing, none),
            Compared::UNKNOWN
        );
        assert_eq!(
            among(Reading::Plain, Value::Int(1), Value::Int(1)),
            Compared::UNLIKE
        );
    }
}
