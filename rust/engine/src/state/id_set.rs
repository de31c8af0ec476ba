//! A sorted set of numbers in little more space than the theory asks for, written once and then only read.
//!
//! The code is Elias's and Fano's (P. Elias, "Efficient storage and retrieval by content and address of
//! static files", J. ACM 21, 1974): of each number the lower bits stand as they are, and the upper ones,
//! which only ascend, as steps in unary. For `n` numbers below `u` that is about `2 + log2(u / n)` bits a
//! number; every 256th step is noted apart, so that a search reads a few words.

use std::cmp::Ordering;

use crate::heap::heap;
use crate::sync::worked;

/// How many steps lie between two that are noted.
const SAMPLE: u64 = 256;

/// In so many steps it is [looked at](IdSet::look_at) ahead.
pub(crate) const LOOKS: u32 = 2;

#[derive(Clone, Debug, Default)]
pub(crate) struct IdSet {
    len: u64,
    /// How many bits of each number stand as they are.
    low_bits: u32,
    lows: Vec<u64>,
    /// For each value of the upper bits, a one for each number that has it, and then a zero.
    steps: Vec<u64>,
    /// Where every [`SAMPLE`]th zero of `steps` is.
    samples: Vec<u32>,
}

impl IdSet {
    /// Of `len` ascending numbers below `below`. One that comes twice stands there twice.
    pub fn new(numbers: impl Iterator<Item = u64>, len: u64, below: u64) -> IdSet {
        worked(len as usize / 16);
        let low_bits = (below / len.max(1)).checked_ilog2().unwrap_or(0);
        let buckets = (below >> low_bits) + 1;
        let mut set = IdSet {
            len,
            low_bits,
            lows: vec![0; words(len * u64::from(low_bits))],
            steps: vec![0; words(len + buckets)],
            samples: Vec::with_capacity((buckets / SAMPLE + 1) as usize),
        };
        for (index, number) in (0..len).zip(numbers) {
            let bucket = number >> low_bits;
            set.note_before(bucket, index);
            let at = index + bucket;
            set.steps[(at / 64) as usize] |= 1 << (at % 64);
            set.set_low(index, number & mask(low_bits));
        }
        set.note_before(buckets, len);
        set
    }

    /// So many numbers belong before this bucket: notes where those of the buckets before it end that are to be noted.
    fn note_before(&mut self, bucket: u64, numbers: u64) {
        let mut noted = self.samples.len() as u64 * SAMPLE;
        while noted < bucket {
            self.samples.push((noted + numbers) as u32);
            noted += SAMPLE;
        }
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn has(&self, number: u64) -> bool {
        self.search(number, || ())
    }

    /// Reads what [`IdSet::has`] reads first, in so many [steps](LOOKS) of which each says where the next one reads: the noted
    /// step before a number's bucket, and around where that begins.
    #[inline]
    pub fn look_at(&self, number: u64, step: u32) -> u64 {
        let before = (number >> self.low_bits).saturating_sub(1);
        let sample = self.samples.get((before / SAMPLE) as usize);
        let sample = u64::from(sample.copied().unwrap_or(0));
        if step == 0 {
            return sample;
        }
        let steps = |at: u64| self.steps.get((at / 64) as usize).copied().unwrap_or(0);
        // A bucket has between a half and one number.
        steps(sample) ^ steps(sample + 2 * (before % SAMPLE))
    }

    /// Whether it has the number; `looked` is called for each number that was looked at.
    fn search(&self, number: u64, mut looked: impl FnMut()) -> bool {
        if self.len == 0 {
            return false;
        }
        let bucket = number >> self.low_bits;
        let Some(start) = self.start_of(bucket) else {
            return false;
        };
        let wanted = number & mask(self.low_bits);
        // As many ones stand before a bucket as positions that are not the zeros of those before it.
        let first = start - bucket;
        let (mut from, mut to) = (first, first + self.ones_from(start));
        // By halves: whoever chooses ids can crowd one bucket with tens of thousands.
        while from < to {
            let middle = from.midpoint(to);
            looked();
            match self.low(middle).cmp(&wanted) {
                Ordering::Equal => return true,
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
            }
        }
        false
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        // To read or write one takes some nanoseconds.
        worked(self.len as usize / 16);
        let mut words = self.steps.iter().copied();
        let mut left = words.next().unwrap_or(0);
        let mut before = 0;
        (0..self.len).map(move |index| {
            while left == 0 {
                left = words.next().unwrap_or(u64::MAX);
                before += 64;
            }
            let at = before + u64::from(left.trailing_zeros());
            left &= left - 1;
            // As many zeros stand before it as buckets that ended.
            (at - index) << self.low_bits | self.low(index)
        })
    }

    /// What it holds, in bytes.
    pub fn heap_bytes(&self) -> usize {
        heap(self.lows.capacity() * 8)
            + heap(self.steps.capacity() * 8)
            + heap(self.samples.capacity() * 4)
    }

    /// Where the ones of a bucket begin: behind the zero of the one before it.
    fn start_of(&self, bucket: u64) -> Option<u64> {
        let Some(before) = bucket.checked_sub(1) else {
            return Some(0);
        };
        let sample = u64::from(*self.samples.get((before / SAMPLE) as usize)?);
        let mut zeros = before % SAMPLE;
        let mut word = (sample / 64) as usize;
        // Nothing before the noted zero counts.
        let mut left = !*self.steps.get(word)? & (u64::MAX << (sample % 64));
        while u64::from(left.count_ones()) <= zeros {
            zeros -= u64::from(left.count_ones());
            word += 1;
            left = !*self.steps.get(word)?;
        }
        for _ in 0..zeros {
            left &= left - 1;
        }
        Some(word as u64 * 64 + u64::from(left.trailing_zeros()) + 1)
    }

    /// How many ones stand in a row.
    fn ones_from(&self, at: u64) -> u64 {
        let (word, shift) = ((at / 64) as usize, at % 64);
        let mut words = self.steps.iter().skip(word);
        // What is shifted in is no one.
        let first = words
            .next()
            .map_or(0, |word| (word >> shift).trailing_ones());
        let mut ones = u64::from(first);
        let mut is_full = ones == 64 - shift;
        while let (true, Some(word)) = (is_full, words.next()) {
            ones += u64::from(word.trailing_ones());
            is_full = *word == u64::MAX;
        }
        ones
    }

    fn low(&self, index: u64) -> u64 {
        let bit = index * u64::from(self.low_bits);
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        let mut low = self.lows.get(word).map_or(0, |word| word >> shift);
        if shift + u64::from(self.low_bits) > 64 {
            low |= self.lows[word + 1] << (64 - shift);
        }
        low & mask(self.low_bits)
    }

    fn set_low(&mut self, index: u64, low: u64) {
        if self.low_bits == 0 {
            return;
        }
        let bit = index * u64::from(self.low_bits);
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        self.lows[word] |= low << shift;
        if shift + u64::from(self.low_bits) > 64 {
            self.lows[word + 1] |= low >> (64 - shift);
        }
    }
}

fn words(bits: u64) -> usize {
    bits.div_ceil(64) as usize
}

fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(numbers: &BTreeSet<u64>, below: u64) -> IdSet {
        IdSet::new(numbers.iter().copied(), numbers.len() as u64, below)
    }

    #[test]
    fn an_empty_set_has_nothing() {
        assert!(!IdSet::default().has(0));
        assert!(!set(&BTreeSet::new(), 1000).has(0));
        assert_eq!(set(&BTreeSet::new(), 1000).iter().count(), 0);
    }

    #[test]
    fn a_set_of_everything_has_everything() {
        let all = (0..5000).collect();
        let set = set(&all, 5000);
        assert!((0..5000).all(|number| set.has(number)));
        assert!(!set.has(5000));
    }

    #[test]
    fn a_bucket_that_was_crowded_on_purpose_is_searched_by_halves() {
        // As many as make a bucket of the default bound's sets the fullest.
        let (below, count) = (1 << 33, 1 << 16);
        let set = set(&(below / 2..below / 2 + count).collect(), below);
        for (number, is_there) in [
            (0, true),
            (count / 2, true),
            (count - 1, true),
            (count, false),
        ] {
            let mut looked = 0;
            let found = set.search(below / 2 + number, || looked += 1);
            assert_eq!(found, is_there);
            assert!(looked <= 17, "{looked} of {count} were looked at");
        }
    }

    proptest! {
        #[test]
        fn it_has_what_was_put_in_and_nothing_else(
            numbers in prop::collection::btree_set(0u64..70_000, 0..2500),
            wide in prop::collection::btree_set(0u64..1 << 40, 0..40),
            crowd in 0u64..60_000,
        ) {
            let mut near = numbers.clone();
            near.extend(crowd..crowd + 700);
            for (numbers, below) in [(numbers, 70_000), (near, 70_000), (wide, 1 << 40)] {
                let set = set(&numbers, below);
                prop_assert_eq!(set.len(), numbers.len() as u64);
                prop_assert!(set.iter().eq(numbers.iter().copied()));
                for number in &numbers {
                    prop_assert!(set.has(*number));
                    let next = number + 1;
                    prop_assert_eq!(set.has(next), numbers.contains(&next), "{}", next);
                    let before = number.saturating_sub(1);
                    prop_assert_eq!(set.has(before), numbers.contains(&before), "{}", before);
                }
            }
        }
    }
}
