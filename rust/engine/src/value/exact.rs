//! Exact arithmetic: a result that is an integer of at most 127 bits is exact, any other is rounded once, to
//! nearest even.
//!
//! Decimals are integer multiples of 2^-1074, so whatever machine numbers cannot hold is reckoned in a big
//! integer of that unit.

use betrace_lang::rule::Number;
use num_bigint::{BigInt, Sign};

use crate::logic::interval::End;

/// The exponent of the smallest double.
const UNIT: u64 = 1074;
/// Integers up to it are doubles, and so is every double below it plus another.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// `a + b`; `None` beyond the largest double.
pub(crate) fn sum(a: Number, b: Number) -> Option<Number> {
    if let (Number::Int(a), Number::Int(b)) = (a, b)
        && let Some(sum) = a.checked_add(b)
    {
        return Some(Number::Int(sum));
    }
    let (near_a, near_b) = (a.to_f64(), b.to_f64());
    // Both are doubles, and an integer that they come to is one too: the machine rounds once.
    if near_a.abs() < WHOLE && near_b.abs() < WHOLE {
        return Number::from_f64(near_a + near_b);
    }
    finite(settled(&(in_units(a) + in_units(b))))
}

/// `a - b`; `None` beyond the largest double.
pub(crate) fn difference(a: Number, b: Number) -> Option<Number> {
    match b {
        Number::Float(b) => sum(a, Number::Float(-b)),
        Number::Int(b) => match b.checked_neg() {
            Some(b) => sum(a, Number::Int(b)),
            None => finite(settled(&(in_units(a) - in_units(Number::Int(b))))),
        },
    }
}

/// `a * by`; `None` beyond the largest double.
pub(crate) fn product(a: Number, by: u64) -> Option<Number> {
    match a {
        Number::Int(int) => {
            if let Some(product) = int.checked_mul(i128::from(by)) {
                return Some(Number::Int(product));
            }
        }
        // Units of time are doubles. Below, an integer that the product is would be one too.
        Number::Float(float) if (by as f64) < WHOLE => {
            let product = float * by as f64;
            if product.abs() < WHOLE {
                return Number::from_f64(product);
            }
        }
        Number::Float(_) => {}
    }
    finite(settled(&(in_units(a) * by)))
}

fn finite(end: End) -> Option<Number> {
    match end {
        End::At(number) => Some(number),
        End::Lowest | End::Highest => None,
    }
}

/// `number / 2^-1074`
pub(crate) fn in_units(number: Number) -> BigInt {
    let float = match number {
        Number::Int(int) => return BigInt::from(int) << UNIT,
        Number::Float(float) => float,
    };
    let bits = float.to_bits();
    let exponent = (bits >> 52) & 0x7ff;
    let fraction = bits & ((1 << 52) - 1);
    let magnitude = if exponent == 0 {
        BigInt::from(fraction)
    } else {
        BigInt::from(fraction | (1 << 52)) << (exponent - 1)
    };
    if float.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    }
}

/// `units * 2^-1074`: exact where it is an integer of at most 127 bits, else rounded to the nearest double; beyond
/// the largest, infinite.
pub(crate) fn settled(units: &BigInt) -> End {
    let is_integer = units.trailing_zeros().is_none_or(|zeros| zeros >= UNIT);
    if is_integer && let Ok(integer) = i128::try_from(units >> UNIT) {
        return End::At(Number::Int(integer));
    }
    End::float(nearest(units))
}

/// `units * 2^-1074`, rounded to nearest, ties to even.
fn nearest(units: &BigInt) -> f64 {
    let magnitude = units.magnitude();
    let bits = magnitude.bits();
    let shift = bits.saturating_sub(53);
    let mut top = magnitude >> shift;
    if shift > 0 {
        let half_set = magnitude.bit(shift - 1);
        let below_half = magnitude.trailing_zeros().unwrap_or(0) < shift - 1;
        if half_set && (below_half || top.bit(0)) {
            top += 1u8;
        }
    }
    // At most 2^53, so exact; the scaling is exact too unless it overflows to infinity.
    let mantissa = u64::try_from(top).unwrap_or(u64::MAX) as f64;
    let exponent = i32::try_from(shift)
        .unwrap_or(i32::MAX)
        .saturating_sub(1074);
    let scaled = if exponent < -1000 {
        mantissa * 2f64.powi(exponent + 1000) * 2f64.powi(-1000)
    } else {
        mantissa * 2f64.powi(exponent.min(1024))
    };
    if units.sign() == Sign::Minus {
        -scaled
    } else {
        scaled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: f64) -> Number {
        Number::from_f64(value).unwrap()
    }

    #[test]
    fn integers_are_exact_and_decimals_rounded_once() {
        let big = (1i128 << 53) + 1;
        assert_eq!(
            sum(Number::Int(big), Number::Int(2)),
            Some(Number::Int(big + 2))
        );
        assert_eq!(sum(float(0.1), float(0.2)), Some(float(0.1 + 0.2)));
        assert_eq!(sum(float(0.5), float(0.5)), Some(Number::Int(1)));
        // 2^53 + 1 has no double, and with a quarter added lies above the tie between its neighbours.
        assert_eq!(
            sum(Number::Int(big), float(0.25)),
            Some(Number::Int((1 << 53) + 2))
        );
        assert_eq!(
            difference(Number::Int(big), float(0.25)),
            Some(Number::Int(1 << 53))
        );
        assert_eq!(
            difference(Number::Int(3), Number::Int(5)),
            Some(Number::Int(-2))
        );
        assert_eq!(
            difference(Number::Int(-1), Number::Int(i128::MIN)),
            Some(Number::Int(i128::MAX))
        );
    }

    #[test]
    fn what_no_integer_holds_is_a_double_or_nothing() {
        let max = Number::Int(i128::MAX);
        assert_eq!(sum(max, max), Some(float(2f64.powi(128))));
        assert_eq!(sum(float(f64::MAX), float(f64::MAX)), None);
        assert_eq!(difference(float(-f64::MAX), float(f64::MAX)), None);
        assert_eq!(product(float(f64::MAX), 1_000), None);
    }

    #[test]
    fn a_number_times_its_unit() {
        assert_eq!(product(Number::Int(-3), 1_000), Some(Number::Int(-3_000)));
        assert_eq!(
            product(float(1.5), 1_000_000_000),
            Some(Number::Int(1_500_000_000))
        );
        assert_eq!(product(float(0.1), 1_000_000), Some(Number::Int(100_000)));
        // Exact, though no double: 4503599627370495.5 thousand.
        assert_eq!(
            product(float(4_503_599_627_370_495.5), 1_000),
            Some(Number::Int(4_503_599_627_370_495_500))
        );
        assert_eq!(
            product(Number::Int(i128::MAX), 1_000),
            Some(float(2f64.powi(127) * 1_000.0))
        );
    }
}
