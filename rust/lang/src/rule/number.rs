//! Numbers, compared exactly: an integer against a decimal is decided without rounding either.

use std::cmp::Ordering;

/// A finite number, kept exactly where it is an integer.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Int(i128),
    /// Finite, and not an integer that fits `Int`.
    Float(f64),
}

impl Number {
    /// The exact order of two finite numbers.
    #[must_use]
    pub fn compare(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(&b),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Number::Int(a), Number::Float(b)) => int_against_float(a, b),
            (Number::Float(a), Number::Int(b)) => int_against_float(b, a).reverse(),
        }
    }

    /// A finite double, as an integer where it is one. `None` for NaN and infinities, which compare as unknown.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        // Every double at or beyond 2^53 is an integer; up to 2^126 it fits an i128.
        if value.fract() == 0.0 && value.abs() < 8.5e37 {
            return Some(Number::Int(value as i128));
        }
        Some(Number::Float(value))
    }

    /// The nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Int(value) => value as f64,
            Number::Float(value) => value,
        }
    }

    /// A part of one in percent: 29 of `0.29`, which is not quite a hundred times that double.
    #[must_use]
    pub fn percent(self) -> f64 {
        let value = self.to_f64();
        let shifted = format!("{value}e2").parse();
        shifted.unwrap_or(value * 100.0)
    }
}

/// `float` is finite.
fn int_against_float(int: i128, float: f64) -> Ordering {
    // 2^127 is exact in a double; beyond it every i128 lies on one side.
    if float >= 1.7014118346046923e38 {
        return Ordering::Less;
    }
    if float < -1.7014118346046923e38 {
        return Ordering::Greater;
    }
    let floor = float.floor();
    match int.cmp(&(floor as i128)) {
        Ordering::Equal if float > floor => Ordering::Less,
        order => order,
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other) == Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_meets_a_decimal_exactly() {
        let big = (1i128 << 53) + 1;
        assert_eq!(
            Number::Int(big).compare(Number::Float((1u64 << 53) as f64)),
            Ordering::Greater
        );
        assert_eq!(Number::Int(-1).compare(Number::Float(-0.5)), Ordering::Less);
        assert_eq!(
            Number::Int(0).compare(Number::Float(-0.5)),
            Ordering::Greater
        );
        assert_eq!(
            Number::Int(i128::MAX).compare(Number::Float(1e300)),
            Ordering::Less
        );
        assert_eq!(
            Number::Int(i128::MIN).compare(Number::Float(-1e300)),
            Ordering::Greater
        );
    }

    #[test]
    fn a_part_of_one_in_percent_is_as_short_as_it_is() {
        for (part, percent) in [
            (0.29, "29"),
            (0.999, "99.9"),
            (1.0, "100"),
            (0.0, "0"),
            (1e-9, "0.0000001"),
        ] {
            let number = Number::from_f64(part).unwrap();
            assert_eq!(number.percent().to_string(), percent);
        }
    }

    #[test]
    fn doubles_that_are_integers_become_integers() {
        assert_eq!(Number::from_f64(3.0), Some(Number::Int(3)));
        assert!(matches!(Number::from_f64(0.1), Some(Number::Float(_))));
        assert!(Number::from_f64(f64::NAN).is_none());
        assert!(Number::from_f64(f64::INFINITY).is_none());
    }
}
