//! Numbers and infinities, and sums that are exact and rounded once.

use std::cmp::Ordering;

use betrace_lang::rule::Number;
use num_bigint::{BigInt, Sign};

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    NegativeInfinity,
    At(Number),
    Infinity,
}

impl End {
    pub fn whole(count: usize) -> End {
        End::At(Number::Int(count as i128))
    }

    pub fn of(value: f64) -> End {
        match Number::from_f64(value) {
            Some(number) => End::At(number),
            None if value < 0.0 => End::NegativeInfinity,
            None => End::Infinity,
        }
    }

    pub fn compare(self, other: End) -> Ordering {
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

    pub fn negated(self) -> End {
        match self {
            End::NegativeInfinity => End::Infinity,
            End::At(number) => difference(Number::Int(0), number),
            End::Infinity => End::NegativeInfinity,
        }
    }

    /// A whole number that divides evenly is not rounded.
    pub fn over(self, count: usize) -> End {
        match self {
            End::At(Number::Int(total)) if count > 0 && total % count as i128 == 0 => {
                End::At(Number::Int(total / count as i128))
            }
            End::At(total) => End::of(total.to_f64() / count as f64),
            infinite => infinite,
        }
    }

    /// `factor` is above zero.
    pub fn times(self, factor: Number) -> End {
        match (self, factor) {
            (End::At(Number::Int(a)), Number::Int(b)) => End::At(Number::Int(a.saturating_mul(b))),
            (End::At(a), b) => End::of(a.to_f64() * b.to_f64()),
            (infinite, _) => infinite,
        }
    }
}

/// The smallest double above zero is 2 to the power of minus this.
const SCALE: u32 = 1074;

/// Where the numbers are all whole it is not rounded at all; beyond the largest double it is infinite.
pub fn sum(numbers: &[Number]) -> End {
    let whole = |sum: i128, number: &Number| match number {
        Number::Int(value) => sum.checked_add(*value),
        Number::Float(_) => None,
    };
    if let Some(sum) = numbers.iter().try_fold(0, whole) {
        return End::At(Number::Int(sum));
    }
    settled(&numbers.iter().map(|number| scaled(*number)).sum())
}

pub fn total(a: Number, b: Number) -> End {
    let exact = whole(a, b, i128::checked_add);
    exact.unwrap_or_else(|| settled(&(scaled(a) + scaled(b))))
}

pub fn difference(a: Number, b: Number) -> End {
    let exact = whole(a, b, i128::checked_sub);
    exact.unwrap_or_else(|| settled(&(scaled(a) - scaled(b))))
}

pub fn times(a: Number, by: u64) -> End {
    let exact = whole(a, Number::Int(i128::from(by)), i128::checked_mul);
    exact.unwrap_or_else(|| settled(&(scaled(a) * by)))
}

/// Of whole numbers whose result fits.
fn whole(a: Number, b: Number, reckon: fn(i128, i128) -> Option<i128>) -> Option<End> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => reckon(a, b).map(|whole| End::At(Number::Int(whole))),
        _ => None,
    }
}

/// Exact where it is whole and fits, else rounded once.
fn settled(total: &BigInt) -> End {
    let has_no_fraction = |zeros: u64| zeros >= u64::from(SCALE);
    if total.trailing_zeros().is_none_or(has_no_fraction)
        && let Ok(whole) = i128::try_from(total >> SCALE)
    {
        return End::At(Number::Int(whole));
    }
    End::of(rounded(total))
}

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

/// The nearest double, ties to even: the leading 53 bits, rounded by what is cut off.
fn rounded(units: &BigInt) -> f64 {
    let size = BigInt::from(units.magnitude().clone());
    let cut = size.bits().saturating_sub(53);
    let leading = &size >> cut;
    let low = &size - (&leading << cut);
    let half = (BigInt::from(1) << cut) >> 1;
    let mut leading = u64::try_from(leading).unwrap_or(0);
    if cut > 0 && (low > half || (low == half && leading % 2 == 1)) {
        leading += 1;
    }
    // As bits a double counts on from its fraction into its exponent, so a carry comes out right.
    let size = if cut + (leading >> 52) < 2047 {
        f64::from_bits((cut << 52) + leading)
    } else {
        f64::INFINITY
    };
    if units.sign() == Sign::Minus {
        -size
    } else {
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By way of decimal digits: parsing rounds once and right.
    fn by_digits(units: &BigInt) -> f64 {
        // units / 2^1074 = units * 5^1074 / 10^1074
        let digits = units * BigInt::from(5).pow(SCALE);
        format!("{digits}e-{SCALE}").parse().unwrap()
    }

    #[test]
    fn whole_numbers_come_out_as_the_long_way_says() {
        let ends = [0, 1, -1, 7, 1 << 53, i128::MAX, i128::MIN, i128::MIN + 1];
        for (a, b) in ends.iter().flat_map(|a| ends.map(|b| (*a, b))) {
            let (a, b) = (Number::Int(a), Number::Int(b));
            assert_eq!(
                total(a, b),
                settled(&(scaled(a) + scaled(b))),
                "{a:?} {b:?}"
            );
            assert_eq!(
                difference(a, b),
                settled(&(scaled(a) - scaled(b))),
                "{a:?} {b:?}"
            );
            for by in [0, 1, 3, u64::MAX] {
                assert_eq!(times(a, by), settled(&(scaled(a) * by)), "{a:?} {by}");
            }
        }
        for (value, wanted) in [
            (2.0, Some(2)),
            (-2.0, Some(-2)),
            (0.0, Some(0)),
            (0.5, None),
            (5e-324, None),
        ] {
            let made = settled(&scaled(Number::Float(value)));
            let right = wanted.map_or(End::At(Number::Float(value)), |whole| {
                End::At(Number::Int(whole))
            });
            assert_eq!(made, right, "{value}");
        }
    }

    #[test]
    fn rounding_is_that_of_decimal_digits() {
        let mut seed = 1u64;
        for step in 0..600u32 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let shift = (seed >> 53) as u32 % 2100;
            // Ties, and their neighbours, too.
            let low = [0i64, 1, -1, 1 << 40][step as usize % 4];
            let high = BigInt::from(seed >> (step % 64)) << shift;
            let units = high + (BigInt::from(1) << (shift / 2)) * low;
            assert_eq!(
                rounded(&units).to_bits(),
                by_digits(&units).to_bits(),
                "{units}"
            );
            assert_eq!(rounded(&-&units), -by_digits(&units), "-{units}");
        }
    }
}
