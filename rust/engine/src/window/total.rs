//! The count, the exact sum and the extremes of numbers.
//!
//! Integers add up in 192 bits, which 2^64 integers of 128 bits cannot leave; other numbers in a big integer whose
//! unit is the smallest double, at most [`DECIMAL_BITS`] long. Both are exact, so that no order shows, and the whole
//! is rounded once, when it is read.

use betrace_lang::rule::Number;
use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::logic::interval::End;
use crate::value::exact::{in_units, settled};
use crate::window::summary::Summary;

/// Bits of the largest double in units of the smallest, and of as many of them as can be counted.
const DECIMAL_BITS: u64 = 1024 + 1074 + 64;

/// A number that stands for one value only: an integer where it is one that fits, else a finite double. `None`: a
/// double that is not finite, which is in no measure.
pub(crate) fn canonical(number: Number) -> Option<Number> {
    match number {
        Number::Int(_) => Some(number),
        Number::Float(float) => Number::from_f64(float),
    }
}

/// How many numbers there were, and what they come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredTotal", into = "StoredTotal")]
pub(crate) struct Total {
    count: u64,
    integers: Wide,
    /// In units of 2^-1074.
    decimals: BigInt,
}

impl Total {
    /// Adds a number; whether it counts.
    pub fn add(&mut self, number: Number) -> bool {
        let Some(number) = canonical(number) else {
            return false;
        };
        match number {
            Number::Int(int) => self.integers.add(Wide::from(int)),
            Number::Float(_) => self.decimals += in_units(number),
        }
        self.count = self.count.saturating_add(1);
        true
    }

    #[cfg(test)]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Exact where it is an integer of at most 127 bits, else rounded to the nearest double; beyond the largest
    /// double, infinite.
    pub fn sum(&self) -> End {
        if self.decimals == BigInt::ZERO
            && let Some(int) = self.integers.to_i128()
        {
            return End::At(Number::Int(int));
        }
        settled(&((self.integers.to_big() << 1074) + &self.decimals))
    }

    /// The sum divided by the count, exact where that is an integer; `None` of nothing.
    pub fn average(&self) -> Option<End> {
        if self.count == 0 {
            return None;
        }
        let sum = match self.sum() {
            End::At(sum) => sum,
            infinite => return Some(infinite),
        };
        if let Number::Int(int) = sum
            && int % i128::from(self.count) == 0
        {
            return Some(End::At(Number::Int(int / i128::from(self.count))));
        }
        Some(End::float(sum.to_f64() / self.count as f64))
    }
}

impl Summary for Total {
    fn merge(&mut self, other: &Total) {
        self.count = self.count.saturating_add(other.count);
        self.integers.add(other.integers);
        self.decimals += &other.decimals;
    }

    /// As if the decimals were as long as they can be: a sum shrinks where signs are mixed.
    fn heap_bytes(&self) -> usize {
        heap(DECIMAL_BITS as usize / 8 + 8)
    }
}

/// An integer of 192 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Wide {
    high: i64,
    low: u128,
}

impl Wide {
    fn add(&mut self, other: Wide) {
        let (low, carries) = self.low.overflowing_add(other.low);
        self.low = low;
        // Beyond 2^64 integers it goes round, in any order alike.
        self.high = self.high.wrapping_add(other.high);
        self.high = self.high.wrapping_add(i64::from(carries));
    }

    fn to_i128(self) -> Option<i128> {
        let low = self.low as i128;
        (Wide::from(low) == self).then_some(low)
    }

    fn to_big(self) -> BigInt {
        (BigInt::from(self.high) << 128) + self.low
    }
}

impl From<i128> for Wide {
    fn from(int: i128) -> Wide {
        Wide {
            high: if int < 0 { -1 } else { 0 },
            low: int as u128,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredTotal {
    count: u64,
    integers: Wide,
    decimals: BigInt,
}

impl From<Total> for StoredTotal {
    fn from(total: Total) -> StoredTotal {
        StoredTotal {
            count: total.count,
            integers: total.integers,
            decimals: total.decimals,
        }
    }
}

impl TryFrom<StoredTotal> for Total {
    type Error = &'static str;

    fn try_from(stored: StoredTotal) -> Result<Total, &'static str> {
        let is_nothing = stored.integers == Wide::default() && stored.decimals == BigInt::ZERO;
        if stored.decimals.bits() > DECIMAL_BITS {
            return Err("a sum is longer than any");
        }
        if stored.count == 0 && !is_nothing {
            return Err("a sum of nothing");
        }
        Ok(Total {
            count: stored.count,
            integers: stored.integers,
            decimals: stored.decimals,
        })
    }
}

/// The least and the greatest of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredRange", into = "StoredRange")]
pub(crate) struct Range(Option<(Number, Number)>);

impl Range {
    /// Adds a number; whether it counts.
    pub fn add(&mut self, number: Number) -> bool {
        let Some(number) = canonical(number) else {
            return false;
        };
        self.merge(&Range(Some((number, number))));
        true
    }

    pub fn least(self) -> Option<Number> {
        self.0.map(|(least, _)| least)
    }

    pub fn greatest(self) -> Option<Number> {
        self.0.map(|(_, greatest)| greatest)
    }
}

impl Summary for Range {
    fn merge(&mut self, other: &Range) {
        let (Some((least, greatest)), Some((low, high))) = (self.0, other.0) else {
            self.0 = self.0.or(other.0);
            return;
        };
        let least = if low.compare(least).is_lt() {
            low
        } else {
            least
        };
        let greatest = if high.compare(greatest).is_gt() {
            high
        } else {
            greatest
        };
        self.0 = Some((least, greatest));
    }

    fn heap_bytes(&self) -> usize {
        0
    }
}

#[derive(Serialize, Deserialize)]
struct StoredRange(Option<(StoredNumber, StoredNumber)>);

#[derive(Clone, Copy, Serialize, Deserialize)]
enum StoredNumber {
    Int(i128),
    Float(f64),
}

impl From<Number> for StoredNumber {
    fn from(number: Number) -> StoredNumber {
        match number {
            Number::Int(int) => StoredNumber::Int(int),
            Number::Float(float) => StoredNumber::Float(float),
        }
    }
}

impl StoredNumber {
    /// What is not canonical was not written here.
    fn read(self) -> Option<Number> {
        match self {
            StoredNumber::Int(int) => Some(Number::Int(int)),
            StoredNumber::Float(float) => {
                Number::from_f64(float).filter(|number| matches!(number, Number::Float(_)))
            }
        }
    }
}

impl From<Range> for StoredRange {
    fn from(range: Range) -> StoredRange {
        StoredRange(
            range
                .0
                .map(|(least, greatest)| (least.into(), greatest.into())),
        )
    }
}

impl TryFrom<StoredRange> for Range {
    type Error = &'static str;

    fn try_from(stored: StoredRange) -> Result<Range, &'static str> {
        let Some((least, greatest)) = stored.0 else {
            return Ok(Range(None));
        };
        match (least.read(), greatest.read()) {
            (Some(least), Some(greatest)) if least.compare(greatest).is_le() => {
                Ok(Range(Some((least, greatest))))
            }
            _ => Err("extremes that no numbers have"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(numbers: &[Number]) -> Total {
        let mut total = Total::default();
        for number in numbers {
            assert!(total.add(*number));
        }
        total
    }

    fn is(end: End, number: Number) -> bool {
        end.order(End::At(number)).is_eq()
    }

    #[test]
    fn integers_beyond_128_bits_come_back_exactly() {
        let mut there = total(&[Number::Int(i128::MAX), Number::Int(i128::MAX)]);
        // 2^128 - 2, which no i128 holds.
        assert!(is(there.sum(), Number::Float(2f64.powi(128))));
        there.merge(&total(&[Number::Int(i128::MIN), Number::Int(i128::MIN)]));
        assert!(is(there.sum(), Number::Int(-2)));
        assert_eq!(there.count(), 4);
    }

    #[test]
    fn decimals_are_rounded_once() {
        let parts = [1e300, 0.3, 0.3, 0.3, 0.3, -1e300].map(Number::Float);
        assert!(is(total(&parts).sum(), Number::Float(1.2)));
        let tenths = total(&[Number::Float(0.1); 10]);
        assert!(is(tenths.sum(), Number::Int(1)));
        assert!(is(tenths.average().unwrap(), Number::Float(0.1)));
    }

    #[test]
    fn a_sum_beyond_the_doubles_is_infinite_and_comes_back() {
        let mut both = total(&[Number::Float(f64::MAX); 2]);
        assert!(matches!(both.sum(), End::Highest));
        assert!(matches!(both.average(), Some(End::Highest)));
        both.merge(&total(&[Number::Float(-f64::MAX)]));
        assert!(is(both.sum(), Number::Float(f64::MAX)));
    }

    #[test]
    fn what_is_no_number_does_not_count() {
        let mut total = Total::default();
        let mut range = Range::default();
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!total.add(Number::Float(float)) && !range.add(Number::Float(float)));
        }
        assert!(total.average().is_none() && range.least().is_none());
        // Zero has no sign, and an integer has one spelling.
        assert!(total.add(Number::Float(-0.0)) && range.add(Number::Float(-0.0)));
        assert!(matches!(range.greatest(), Some(Number::Int(0))));
        assert_eq!(range.heap_bytes(), 0);
    }

    #[test]
    fn what_no_total_and_no_range_writes_is_not_read() {
        let read = |stored: &StoredTotal| {
            let bytes = postcard::to_allocvec(stored).unwrap();
            postcard::from_bytes::<Total>(&bytes)
        };
        let mut stored = StoredTotal::from(total(&[Number::Int(3), Number::Float(0.5)]));
        assert!(read(&stored).is_ok());
        stored.decimals = (BigInt::from(1) << DECIMAL_BITS) - 1;
        assert!(read(&stored).is_ok());
        stored.decimals += 1;
        assert!(read(&stored).is_err());
        stored.decimals = BigInt::ZERO;
        stored.count = 0;
        assert!(read(&stored).is_err());
        let pairs = [
            (StoredNumber::Int(2), StoredNumber::Int(1)),
            (StoredNumber::Float(1.0), StoredNumber::Float(1.5)),
            (StoredNumber::Int(1), StoredNumber::Float(f64::NAN)),
        ];
        for pair in pairs {
            let bytes = postcard::to_allocvec(&StoredRange(Some(pair))).unwrap();
            assert!(postcard::from_bytes::<Range>(&bytes).is_err());
        }
    }
}
