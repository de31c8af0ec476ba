//! Exact sums: the order in which numbers come never shows.
//!
//! Integers add up in an `i128`. Decimals add up in a big integer, and the whole is rounded once, when it is read
//! (see [`exact`](crate::value::exact)).

use betrace_lang::rule::Number;
use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use crate::logic::interval::End;
use crate::value::exact::{in_units, settled};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExactSum {
    integers: i128,
    /// In units of 2^-1074; holds what `integers` could not take as well.
    rest: Option<Box<BigInt>>,
}

impl ExactSum {
    pub fn add(&mut self, value: Number) {
        match value {
            Number::Int(int) => match self.integers.checked_add(int) {
                Some(sum) => self.integers = sum,
                None => self.add_rest(in_units(value)),
            },
            Number::Float(_) => self.add_rest(in_units(value)),
        }
    }

    fn add_rest(&mut self, units: BigInt) {
        match &mut self.rest {
            Some(rest) => **rest += units,
            None => self.rest = Some(Box::new(units)),
        }
    }

    /// Exact where it is an integer of at most 127 bits, else rounded to the nearest double; beyond the
    /// largest double, infinite.
    pub fn value(&self) -> End {
        let Some(rest) = &self.rest else {
            return End::At(Number::Int(self.integers));
        };
        settled(&(in_units(Number::Int(self.integers)) + rest.as_ref()))
    }

    /// The value of both together.
    pub fn plus(&self, other: &ExactSum) -> End {
        let mut both = self.clone();
        both.add(Number::Int(other.integers));
        if let Some(rest) = &other.rest {
            both.add_rest(rest.as_ref().clone());
        }
        both.value()
    }

    pub fn heap_bytes(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| {
            size_of::<BigInt>() + rest.bits() as usize / 8 + 16
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn sum(values: &[f64]) -> End {
        let mut sum = ExactSum::default();
        for value in values {
            sum.add(Number::from_f64(*value).unwrap());
        }
        sum.value()
    }

    fn is(end: End, value: f64) -> bool {
        end.order(End::float(value)) == Ordering::Equal
    }

    #[test]
    fn what_is_no_integer_weighs_by_its_length() {
        let mut sum = ExactSum::default();
        sum.add(Number::Int(1 << 100));
        assert_eq!(sum.heap_bytes(), 0);
        sum.add(Number::from_f64(0.5).unwrap());
        let short = sum.heap_bytes();
        sum.add(Number::from_f64(1e300).unwrap());
        let long = sum.heap_bytes();
        // A half is 2^1073 units, and 1e300 some 2^2070.
        let least = size_of::<BigInt>() + 1074 / 8;
        assert!((least..least + 50).contains(&short), "{short}");
        assert!((least + 100..least + 200).contains(&long), "{long}");
    }

    #[test]
    fn order_never_shows() {
        assert!(is(sum(&[1e100, 1.5, -1e100]), 1.5));
        assert!(is(sum(&[1.5, 1e100, -1e100]), 1.5));
        assert!(is(sum(&[0.1; 10]), 1.0));
    }

    #[test]
    fn one_rounding_to_nearest_even() {
        // 2^53 + 1.5 lies between two doubles, nearer to the upper one.
        assert!(is(
            sum(&[9_007_199_254_740_992.0, 0.75, 0.75]),
            9_007_199_254_740_994.0
        ));
        assert!(is(sum(&[f64::MIN_POSITIVE / 4.0, 0.1]), 0.1));
        assert!(is(
            sum(&[f64::from_bits(1), f64::from_bits(2)]),
            f64::from_bits(3)
        ));
    }

    #[test]
    fn a_sum_beyond_the_doubles_is_infinite() {
        assert!(matches!(sum(&[f64::MAX, f64::MAX]), End::Highest));
        assert!(matches!(sum(&[-f64::MAX, -f64::MAX]), End::Lowest));
        assert!(is(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX));
    }

    #[test]
    fn integers_stay_exact() {
        let mut sum = ExactSum::default();
        sum.add(Number::Int(i128::MAX));
        sum.add(Number::Int(i128::MAX));
        sum.add(Number::Int(-i128::MAX));
        assert_eq!(
            sum.value().order(End::At(Number::Int(i128::MAX))),
            Ordering::Equal
        );
        let mut sum = ExactSum::default();
        sum.add(Number::Int((1 << 53) + 1));
        sum.add(Number::Float(0.5));
        sum.add(Number::Float(-0.5));
        assert_eq!(
            sum.value().order(End::At(Number::Int((1 << 53) + 1))),
            Ordering::Equal
        );
    }
}
