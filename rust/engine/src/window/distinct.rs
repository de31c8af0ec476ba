//! How many distinct values there were: exactly while they are few, then by an estimate that says how far off it is.
//!
//! Up to [`VALUE_CAP`] values are kept by their keys. One more, and all of them go into a HyperLogLog of 16,384
//! registers (Flajolet and others, 2007), read by Ertl's improved estimator (2017), which needs no table and does not
//! jump between ranges. Its standard error is 0.81 %; the interval has four of them on both sides, so that it misses
//! once in some 16,000 times. Whoever picks values by their hash can do worse than that, and no worse than move the
//! estimate: that there are more than [`VALUE_CAP`] is certain.
//!
//! Registers are maxima, so the order in which values came does not show. The crates for this keep an estimate
//! beside them that grows with each arrival, and hangs on the order.

use serde::{Deserialize, Serialize};

use crate::hash::fixed_hash;
use crate::heap::heap;
use crate::window::summary::{Summary, step, stepped};

/// How many distinct values are counted exactly.
pub(crate) const VALUE_CAP: usize = 1024;
/// 2^14 registers.
const REGISTER_BITS: u32 = 14;
const REGISTERS: usize = 1 << REGISTER_BITS;
/// The bits of a hash that do not choose a register; one more is the highest that a register can say.
const RANK_BITS: u32 = 64 - REGISTER_BITS;
/// The highest rank.
const HIGHEST: usize = RANK_BITS as usize + 1;
/// Four standard errors, each 1.04 / sqrt(2^14).
const INTERVAL: f64 = 4.0 * 1.04 / 128.0;

/// What a value is called: equal for equal values, and for no others.
pub(crate) type ValueKey = u128;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredDistinct", into = "StoredDistinct")]
pub(crate) struct Distinct(Values);

#[derive(Clone, Debug, PartialEq)]
enum Values {
    /// Sorted.
    Keys(Vec<ValueKey>),
    Ranks(Box<Ranks>),
}

#[derive(Clone, Debug, PartialEq)]
struct Ranks {
    /// By register, the highest rank of a hash.
    of: Box<[u8]>,
    /// How many registers have each rank: all that an estimate asks for, which most values that come do not change.
    registers: [u16; HIGHEST + 1],
}

/// How many distinct values there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DistinctCount {
    Exactly(u64),
    /// `low` is more than what could be counted exactly.
    About {
        low: u64,
        estimate: u64,
        high: u64,
    },
}

impl DistinctCount {
    /// The least and the most it may be.
    pub fn bounds(self) -> (u64, u64) {
        match self {
            DistinctCount::Exactly(count) => (count, count),
            DistinctCount::About { low, high, .. } => (low, high),
        }
    }
}

impl Default for Distinct {
    fn default() -> Distinct {
        Distinct(Values::Keys(Vec::new()))
    }
}

impl Distinct {
    pub fn add(&mut self, key: ValueKey) {
        match &mut self.0 {
            Values::Ranks(ranks) => ranks.add(key),
            Values::Keys(keys) => {
                let Err(at) = keys.binary_search(&key) else {
                    return;
                };
                if keys.len() < VALUE_CAP {
                    step(keys);
                    keys.insert(at, key);
                    return;
                }
                self.ranks_mut().add(key);
            }
        }
    }

    pub fn count(&self) -> DistinctCount {
        let ranks = match &self.0 {
            Values::Keys(keys) => return DistinctCount::Exactly(keys.len() as u64),
            Values::Ranks(ranks) => ranks,
        };
        let estimate = ranks.estimate();
        // A double beyond the largest integer is read as that integer.
        let at_least = |count: f64| (count as u64).max(VALUE_CAP as u64 + 1);
        DistinctCount::About {
            low: at_least((estimate * (1.0 - INTERVAL)).floor()),
            estimate: at_least(estimate.round()),
            high: at_least((estimate * (1.0 + INTERVAL)).ceil()),
        }
    }

    fn ranks_mut(&mut self) -> &mut Ranks {
        if let Values::Keys(keys) = &self.0 {
            let mut ranks = Box::new(Ranks::of(vec![0; REGISTERS].into()));
            keys.iter().for_each(|key| ranks.add(*key));
            self.0 = Values::Ranks(ranks);
        }
        match &mut self.0 {
            Values::Ranks(ranks) => ranks,
            Values::Keys(_) => unreachable!("they have become ranks"),
        }
    }
}

impl Summary for Distinct {
    fn merge(&mut self, other: &Distinct) {
        match &other.0 {
            Values::Keys(keys) => {
                for key in keys {
                    self.add(*key);
                }
            }
            Values::Ranks(theirs) => {
                let own = self.ranks_mut();
                let theirs = theirs.of.iter().enumerate();
                theirs.for_each(|(register, rank)| own.raise(register, *rank));
            }
        }
    }

    fn heap_bytes(&self) -> usize {
        match &self.0 {
            Values::Keys(keys) => heap(stepped(keys.len()) * size_of::<ValueKey>()),
            // No less than the keys that became it.
            Values::Ranks(ranks) => {
                heap(size_of::<Ranks>())
                    + heap(ranks.of.len().max(VALUE_CAP * size_of::<ValueKey>()))
            }
        }
    }
}

impl Ranks {
    /// None is higher than the highest.
    fn of(of: Box<[u8]>) -> Ranks {
        let mut registers = [0; HIGHEST + 1];
        for rank in &of {
            registers[usize::from(*rank).min(HIGHEST)] += 1;
        }
        Ranks { of, registers }
    }

    fn add(&mut self, key: ValueKey) {
        let hash = fixed_hash(&[&key.to_le_bytes()]);
        let rank = (hash << REGISTER_BITS).leading_zeros().min(RANK_BITS) as u8 + 1;
        self.raise((hash >> RANK_BITS) as usize, rank);
    }

    fn raise(&mut self, register: usize, rank: u8) {
        if let Some(own) = self.of.get_mut(register)
            && *own < rank
        {
            self.registers[usize::from(*own)] -= 1;
            self.registers[usize::from(rank)] += 1;
            *own = rank;
        }
    }

    /// Ertl, New cardinality estimation algorithms for HyperLogLog sketches (2017), algorithm 6. The same registers give
    /// the same double on every machine.
    fn estimate(&self) -> f64 {
        let counts = &self.registers;
        let registers = REGISTERS as f64;
        let mut sum = registers * tau(1.0 - f64::from(counts[HIGHEST]) / registers);
        for count in counts[1..HIGHEST].iter().rev() {
            sum = 0.5 * (sum + f64::from(*count));
        }
        sum += registers * sigma(f64::from(counts[0]) / registers);
        registers * registers / (2.0 * std::f64::consts::LN_2 * sum)
    }
}

/// x + Σ x^(2^k) 2^(k-1), from k = 1 on. `x` is from 0 to 1.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * power;
        power += power;
        if sum <= before {
            return sum;
        }
    }
}

/// (1 - x - Σ (1 - x^(2^-k))^2 2^-k) / 3, from k = 1 on. `x` is from 0 to 1.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut power, mut rest) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = rest;
        power *= 0.5;
        rest -= (1.0 - x) * (1.0 - x) * power;
        if rest >= before {
            return rest / 3.0;
        }
    }
}

#[derive(Serialize, Deserialize)]
enum StoredDistinct {
    Keys(Vec<ValueKey>),
    Ranks(Vec<u8>),
}

impl From<Distinct> for StoredDistinct {
    fn from(distinct: Distinct) -> StoredDistinct {
        match distinct.0 {
            Values::Keys(keys) => StoredDistinct::Keys(keys),
            Values::Ranks(ranks) => StoredDistinct::Ranks(ranks.of.into_vec()),
        }
    }
}

impl TryFrom<StoredDistinct> for Distinct {
    type Error = &'static str;

    fn try_from(stored: StoredDistinct) -> Result<Distinct, &'static str> {
        match stored {
            StoredDistinct::Keys(keys) => {
                if keys.len() > VALUE_CAP || !keys.is_sorted_by(|one, next| one < next) {
                    return Err("keys that no distinct count has");
                }
                let mut kept = Vec::with_capacity(stepped(keys.len()));
                kept.extend_from_slice(&keys);
                Ok(Distinct(Values::Keys(kept)))
            }
            StoredDistinct::Ranks(ranks) => {
                let highest = RANK_BITS as u8 + 1;
                if ranks.len() != REGISTERS || ranks.iter().any(|rank| *rank > highest) {
                    return Err("registers that no distinct count has");
                }
                Ok(Distinct(Values::Ranks(Box::new(Ranks::of(ranks.into())))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distinct(values: impl IntoIterator<Item = u128>) -> Distinct {
        let mut distinct = Distinct::default();
        for value in values {
            distinct.add(value);
        }
        distinct
    }

    #[test]
    fn values_are_counted_exactly_to_the_cap_and_estimated_beyond() {
        let cap = VALUE_CAP as u128;
        let full = distinct((0..cap).chain(0..cap));
        assert_eq!(full.count(), DistinctCount::Exactly(1024));
        let mut beyond = full.clone();
        beyond.add(cap);
        let DistinctCount::About {
            low,
            estimate,
            high,
        } = beyond.count()
        else {
            panic!("{:?} is exact", beyond.count());
        };
        assert!(low > 1024 && low <= estimate && estimate <= high && high < 1100);
        assert!(full.heap_bytes() <= beyond.heap_bytes());
        assert!(full.heap_bytes() >= VALUE_CAP * size_of::<ValueKey>());
        assert_eq!(Distinct::default().heap_bytes(), 0);
    }

    /// However values come, together or apart.
    #[test]
    fn the_ranks_of_registers_are_counted_as_they_rise() {
        let values = |from: u128| distinct(from..from + 5_000);
        let mut both = values(0);
        both.merge(&values(3_000));
        let Values::Ranks(ranks) = distinct(0..8_000).0 else {
            panic!("so many are not kept");
        };
        assert_eq!(*ranks, Ranks::of(ranks.of.clone()));
        assert_eq!(both, Distinct(Values::Ranks(ranks)));
    }

    #[test]
    fn an_estimate_has_the_truth_in_its_interval() {
        let (mut worst, mut squares, mut times) = (0f64, 0f64, 0u32);
        for (count, salts) in [(1_025u128, 8), (5_000, 8), (50_000, 6), (400_000, 1)] {
            for salt in 0..salts {
                let known = distinct((0..count).map(|value| value | salt << 64));
                let (low, high) = known.count().bounds();
                let truth = count as u64;
                assert!(low <= truth && truth <= high, "{truth} of {low}..{high}");
                let DistinctCount::About { estimate, .. } = known.count() else {
                    panic!("{count} is exact");
                };
                let off = estimate as f64 / count as f64 - 1.0;
                worst = worst.max(off.abs());
                squares += off * off;
                times += 1;
            }
        }
        let error = (squares / f64::from(times)).sqrt();
        println!("distinct: off by {error:.4} on the average, {worst:.4} at most");
        assert!(error < 0.0082 && worst < 0.0325);
    }

    #[test]
    fn the_correction_for_full_registers_is_the_sum_of_its_series() {
        let series = |x: f64| {
            let terms = (1..80).map(|k| {
                let part = 0.5f64.powi(k);
                (1.0 - x.powf(part)).powi(2) * part
            });
            (1.0 - x - terms.sum::<f64>()) / 3.0
        };
        for x in [0.01, 0.25, 0.5, 0.75, 0.99] {
            assert!((tau(x) - series(x)).abs() < 1e-12, "{x}");
        }
        assert_eq!((tau(0.0), tau(1.0)), (0.0, 0.0));
    }

    #[test]
    fn full_registers_are_a_number_too() {
        let full = Ranks::of(vec![RANK_BITS as u8 + 1; REGISTERS].into());
        let full = Distinct(Values::Ranks(Box::new(full)));
        let (low, high) = full.count().bounds();
        assert!(low > 1 << 62 && high == u64::MAX);
    }

    /// Registers at their highest may stand for more than they say: by tau, of the part that does not.
    #[test]
    fn registers_that_are_partly_full_are_corrected() {
        let highest = RANK_BITS as u8 + 1;
        let ranks: Vec<u8> = (0..REGISTERS).map(|at| highest - (at % 2) as u8).collect();
        let halvings = 0.5f64.powi(i32::from(highest) - 1);
        let sum = (tau(0.5) + 0.5) * halvings;
        let right = REGISTERS as f64 / (2.0 * std::f64::consts::LN_2 * sum);
        assert!((Ranks::of(ranks.into()).estimate() / right - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_no_count_writes_is_not_read() {
        let read = |stored: &StoredDistinct| {
            postcard::from_bytes::<Distinct>(&postcard::to_allocvec(stored).unwrap()).is_ok()
        };
        assert!(read(&StoredDistinct::Keys(
            (0..VALUE_CAP as u128).collect()
        )));
        assert!(!read(&StoredDistinct::Keys(
            (0..=VALUE_CAP as u128).collect()
        )));
        assert!(
            !read(&StoredDistinct::Keys(vec![2, 1])) && !read(&StoredDistinct::Keys(vec![1, 1]))
        );
        assert!(read(&StoredDistinct::Ranks(vec![51; REGISTERS])));
        assert!(!read(&StoredDistinct::Ranks(vec![52; REGISTERS])));
        assert!(!read(&StoredDistinct::Ranks(vec![1; REGISTERS - 1])));
    }
}
