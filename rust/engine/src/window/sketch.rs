//! Quantiles of any number of values in bounded memory, with a stated relative error.
//!
//! A logarithmic histogram in the manner of DDSketch (Masson, Rim and Lee, 2019): each power of two is cut into 64
//! buckets of one width, which the bits of a number name without a logarithm, so that every machine names the same.
//! While at most [`BUCKET_CAP`] buckets have values, a quantile is known to one part in 129, below 0.8 %. With more,
//! pairs of neighbours become one (UDDSketch; Epicoco and others, 2020), everywhere alike, until they fit: the error
//! about doubles, and [`relative_error`](Sketch::relative_error) says so. Durations from 1 µs to an hour have 2,048
//! buckets. How often it came to that hangs on which buckets have values, not on the order in which they got them.
//!
//! Crates for this take a machine's logarithm, and add sums in the order of arrival.

use betrace_lang::rule::Number;
use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::logic::interval::{End, Interval};
use crate::window::summary::{Summary, step, stepped};
use crate::window::total::{Range, canonical};

/// How many buckets have values at most, of both signs together.
pub(crate) const BUCKET_CAP: usize = 2048;
/// Each power of two has 2^6 buckets.
const FINEST: u32 = 6;
/// The smallest double is 2^-1074.
const LOWEST_EXPONENT: i32 = -1074;
/// Buckets of one sign: from the smallest double to the largest.
const FINE_BUCKETS: i32 = (1024 - LOWEST_EXPONENT) << FINEST;
/// How often buckets were joined at most: then all there are fit.
const COARSEST: u32 = 8;

/// A share of all values, in parts of ten thousand: p99.9 is 9,990.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantile(u16);

impl Quantile {
    /// `None` unless there is something on both sides of it.
    pub fn of_ten_thousand(parts: u16) -> Option<Quantile> {
        (1..10_000).contains(&parts).then_some(Quantile(parts))
    }

    /// How many of `count` values are at most the quantile: the least number that is no smaller a share.
    fn rank(self, count: u128) -> u128 {
        (u128::from(self.0) * count).div_ceil(10_000)
    }
}

/// Of which bucket a value is: that of the magnitude where it is positive, the complement where it is negative, so
/// that values and buckets have one order.
type Bucket = i32;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredSketch", into = "StoredSketch")]
pub(crate) struct Sketch {
    range: Range,
    /// How often pairs of buckets were joined.
    joined: u32,
    zeros: u64,
    /// In the order of their values; each has some.
    buckets: Vec<(Bucket, u64)>,
}

impl Sketch {
    /// Adds a number; whether it counts.
    pub fn add(&mut self, number: Number) -> bool {
        let Some(number) = canonical(number) else {
            return false;
        };
        self.range.add(number);
        let Some(bucket) = finest(number) else {
            self.zeros = self.zeros.saturating_add(1);
            return true;
        };
        let bucket = bucket >> self.joined;
        match self
            .buckets
            .binary_search_by_key(&bucket, |(bucket, _)| *bucket)
        {
            Ok(at) => self.buckets[at].1 = self.buckets[at].1.saturating_add(1),
            Err(at) => {
                step(&mut self.buckets);
                self.buckets.insert(at, (bucket, 1));
                self.fit();
            }
        }
        true
    }

    pub fn count(&self) -> u64 {
        let all = self.buckets.iter().map(|(_, count)| *count);
        all.fold(self.zeros, u64::saturating_add)
    }

    /// By how much of itself the estimate of a quantile may be off.
    #[cfg(test)]
    pub fn relative_error(&self) -> f64 {
        let ratio = match self.joined.checked_sub(FINEST) {
            None | Some(0) => 1.0 + f64::from(1 << self.joined) / 64.0,
            Some(powers) => 2f64.powi(1 << powers),
        };
        (ratio - 1.0) / (ratio + 1.0)
    }

    /// The value that stands at the quantile's rank among all in their order, at most
    /// [`relative_error`](Sketch::relative_error) of it off; `None` of nothing.
    #[cfg(test)]
    pub fn estimate(&self, quantile: Quantile) -> Option<Number> {
        let rank = quantile.rank(u128::from(self.count()));
        let bounds = self.at_rank(rank)?;
        let estimate = End::float(bounds.estimate);
        let (End::At(low), End::At(high)) = (bounds.low, bounds.high) else {
            return None;
        };
        match estimate {
            End::At(number) if number.compare(low).is_lt() => Some(low),
            End::At(number) if number.compare(high).is_le() => Some(number),
            _ => Some(high),
        }
    }

    /// Between which values the quantile lies for certain, if `unknown` more values may be anything. Of nothing at
    /// all, anything.
    pub fn bounds(&self, quantile: Quantile, unknown: u64) -> Interval {
        let rank = quantile.rank(u128::from(self.count()) + u128::from(unknown));
        // All that is not known may lie below, or all above.
        let low = rank.checked_sub(u128::from(unknown));
        let low = low.and_then(|rank| self.at_rank(rank));
        let high = self.at_rank(rank);
        Interval::between(
            low.map_or(End::Lowest, |bounds| bounds.low),
            high.map_or(End::Highest, |bounds| bounds.high),
        )
    }

    /// Where the value of a rank from 1 on lies.
    fn at_rank(&self, rank: u128) -> Option<Bounds> {
        let (least, greatest) = (self.range.least()?, self.range.greatest()?);
        let below = self.buckets.partition_point(|(bucket, _)| *bucket < 0);
        let (negative, positive) = self.buckets.split_at(below);
        let zero = (self.zeros > 0).then_some((None, self.zeros));
        let named = |(bucket, count): &(Bucket, u64)| (Some(*bucket), *count);
        let all = negative.iter().map(named).chain(zero);
        let mut left = rank.checked_sub(1)?;
        for (bucket, count) in all.chain(positive.iter().map(named)) {
            let Some(more) = left.checked_sub(u128::from(count)) else {
                let bounds = bucket.map_or(Bounds::ZERO, |bucket| bounds(bucket, self.joined));
                return Some(bounds.within(least, greatest));
            };
            left = more;
        }
        None
    }

    /// Joins buckets until few enough are left.
    fn fit(&mut self) {
        while self.buckets.len() > BUCKET_CAP {
            self.join(self.joined + 1);
        }
    }

    fn join(&mut self, joined: u32) {
        let by = joined - self.joined;
        self.joined = joined;
        if by == 0 {
            return;
        }
        for (bucket, _) in &mut self.buckets {
            *bucket >>= by;
        }
        self.buckets.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            is_same
        });
    }
}

impl Summary for Sketch {
    fn merge(&mut self, other: &Sketch) {
        self.range.merge(&other.range);
        self.zeros = self.zeros.saturating_add(other.zeros);
        let joined = self.joined.max(other.joined);
        self.join(joined);
        let by = joined - other.joined;
        let mut merged = Vec::new();
        let mut mine = std::mem::take(&mut self.buckets).into_iter().peekable();
        let mut theirs = other
            .buckets
            .iter()
            .map(|(bucket, count)| (bucket >> by, *count));
        let mut next = theirs.next();
        loop {
            let (bucket, count) = match (mine.peek(), next) {
                (Some(own), Some(their)) if own.0 > their.0 => {
                    next = theirs.next();
                    their
                }
                (None, Some(their)) => {
                    next = theirs.next();
                    their
                }
                (Some(_), _) => mine.next().unwrap_or_default(),
                (None, None) => break,
            };
            match merged.last_mut() {
                Some((last, sum)) if *last == bucket => *sum = u64::saturating_add(*sum, count),
                _ => {
                    step(&mut merged);
                    merged.push((bucket, count));
                }
            }
        }
        self.buckets = merged;
        self.fit();
    }

    fn heap_bytes(&self) -> usize {
        let room = match self.joined {
            0 => stepped(self.buckets.len()),
            _ => stepped(BUCKET_CAP + 1),
        };
        heap(room * size_of::<(Bucket, u64)>())
    }
}

/// The bucket of a number before any were joined; `None` of zero.
fn finest(number: Number) -> Option<Bucket> {
    // The magnitude is `digits * 2^scale`.
    let (digits, scale, is_negative) = match number {
        Number::Int(int) => (int.unsigned_abs(), 0, int < 0),
        Number::Float(float) => {
            let bits = float.to_bits();
            let fraction = u128::from(bits & ((1 << 52) - 1));
            let (digits, exponent) = match (bits >> 52) as i32 & 0x7ff {
                0 => (fraction, 1),
                exponent => (fraction | 1 << 52, exponent),
            };
            (digits, exponent - 1075, float.is_sign_negative())
        }
    };
    let top = digits.checked_ilog2()?;
    let fraction = match top.checked_sub(FINEST) {
        Some(down) => digits >> down,
        None => digits << (FINEST - top),
    };
    let exponent = scale + top as i32 - LOWEST_EXPONENT;
    let bucket = (exponent << FINEST) | (fraction as i32 & ((1 << FINEST) - 1));
    Some(if is_negative { !bucket } else { bucket })
}

/// Where the values of a bucket lie, both ends included.
struct Bounds {
    low: End,
    high: End,
    /// Off by the same share of the lowest and of the highest.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests hold it against exact quantiles")
    )]
    estimate: f64,
}

impl Bounds {
    const ZERO: Bounds = Bounds {
        low: End::At(Number::Int(0)),
        high: End::At(Number::Int(0)),
        estimate: 0.0,
    };

    /// No value is beyond the extremes.
    fn within(mut self, least: Number, greatest: Number) -> Bounds {
        if self.low.order(End::At(least)).is_lt() {
            self.low = End::At(least);
        }
        if self.high.order(End::At(greatest)).is_gt() {
            self.high = End::At(greatest);
        }
        self
    }
}

fn bounds(bucket: Bucket, joined: u32) -> Bounds {
    let is_negative = bucket < 0;
    let bucket = if is_negative { !bucket } else { bucket };
    let (low, high) = (start(bucket << joined), start((bucket + 1) << joined));
    // Of a bucket that reaches beyond the doubles the ratio is that to its next power of two.
    let ratio = (start_of_unit(bucket << joined), (1 << joined) as f64);
    let ratio = match joined.checked_sub(FINEST) {
        None | Some(0) => 1.0 + ratio.1 / ratio.0,
        Some(powers) => 2f64.powi(1 << powers),
    };
    let estimate = low * (2.0 * ratio / (1.0 + ratio));
    let sign = if is_negative { -1.0 } else { 1.0 };
    let (low, high) = (End::float(sign * low), End::float(sign * high));
    let (low, high) = if is_negative {
        (high, low)
    } else {
        (low, high)
    };
    Bounds {
        low,
        high,
        estimate: sign * estimate,
    }
}

/// The lowest magnitude of a bucket before any were joined, in 64ths of its power of two.
fn start_of_unit(bucket: Bucket) -> f64 {
    f64::from((1 << FINEST) + (bucket & ((1 << FINEST) - 1)))
}

/// The lowest magnitude of a bucket before any were joined, as the nearest double: a double that is not below the
/// one is not below the other.
fn start(bucket: Bucket) -> f64 {
    let exponent = (bucket >> FINEST) + LOWEST_EXPONENT;
    // In two steps: one power alone could leave the doubles where the whole does not.
    let half = exponent / 2;
    start_of_unit(bucket) / 64.0 * 2f64.powi(half) * 2f64.powi(exponent - half)
}

#[derive(Serialize, Deserialize)]
struct StoredSketch {
    range: Range,
    joined: u32,
    zeros: u64,
    buckets: Vec<(Bucket, u64)>,
}

impl From<Sketch> for StoredSketch {
    fn from(sketch: Sketch) -> StoredSketch {
        StoredSketch {
            range: sketch.range,
            joined: sketch.joined,
            zeros: sketch.zeros,
            buckets: sketch.buckets,
        }
    }
}

impl TryFrom<StoredSketch> for Sketch {
    type Error = &'static str;

    fn try_from(stored: StoredSketch) -> Result<Sketch, &'static str> {
        let is_rising = stored.buckets.is_sorted_by(|one, next| one.0 < next.0);
        let has_values = stored.zeros > 0 || !stored.buckets.is_empty();
        if stored.joined > COARSEST || stored.buckets.len() > BUCKET_CAP || !is_rising {
            return Err("buckets that no sketch has");
        }
        let known = -FINE_BUCKETS >> stored.joined..=(FINE_BUCKETS - 1) >> stored.joined;
        let is_sound = |(bucket, count): &(Bucket, u64)| *count > 0 && known.contains(bucket);
        if !stored.buckets.iter().all(is_sound) {
            return Err("a bucket without values");
        }
        // The extremes stand in the outermost of them.
        let outermost = |number: Option<Number>| {
            number.map(|number| finest(number).map(|at| at >> stored.joined))
        };
        let has = |bucket: Option<Bucket>| match bucket {
            None => stored.zeros > 0,
            Some(bucket) => stored
                .buckets
                .binary_search_by_key(&bucket, |(at, _)| *at)
                .is_ok(),
        };
        let ends = [
            outermost(stored.range.least()),
            outermost(stored.range.greatest()),
        ];
        if ends
            .iter()
            .any(|end| end.is_some_and(|bucket| !has(bucket)))
            || ends[0].is_some() != has_values
        {
            return Err("extremes that are in no bucket");
        }
        let mut buckets = Vec::with_capacity(stepped(stored.buckets.len()));
        buckets.extend_from_slice(&stored.buckets);
        Ok(Sketch {
            range: stored.range,
            joined: stored.joined,
            zeros: stored.zeros,
            buckets,
        })
    }
}

#[cfg(test)]
mod tests;
