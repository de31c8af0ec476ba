//! In whatever order things are added, and in whatever parts: the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use betrace_lang::rule::Number;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{hold, number, sketch};
use crate::logic::interval::End;
use crate::window::distinct::{Distinct, DistinctCount};
use crate::window::grouped::Grouped;
use crate::window::share::{Confidence, Limits, Proportion};
use crate::window::sketch::{BUCKET_CAP, Quantile, Sketch};
use crate::window::summary::Summary;
use crate::window::total::{Range, Total};

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        4 => any::<f64>().prop_map(number),
        4 => (-1000i128..1000).prop_map(Number::Int),
        2 => (0i128..10_000_000_000).prop_map(Number::Int),
        2 => any::<i128>().prop_map(Number::Int),
        1 => prop::sample::select(vec![
            0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE,
            f64::from_bits(1), -f64::from_bits(1), f64::EPSILON, 2f64.powi(127), -2f64.powi(127),
        ]).prop_map(Number::Float),
        2 => (-1000f64..1000.0).prop_map(number),
    ]
}

/// Things with the part that each goes to.
fn in_parts<T: Debug>(
    one: impl Strategy<Value = T>,
    most: usize,
) -> impl Strategy<Value = Vec<(T, usize)>> {
    prop::collection::vec((one, 0usize..4), 0..most)
}

/// Adds all to one, and to parts in another order, of which each is stored and read on the way; the parts are merged
/// in both orders, and one of them with nothing. All must be of one kind and write one encoding.
fn one_way<S, T>(fresh: &dyn Fn() -> S, things: &[(T, usize)], add: &dyn Fn(&mut S, &T)) -> S
where
    S: Summary + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut whole = fresh();
    let mut took = whole.heap_bytes();
    for (thing, _) in things {
        add(&mut whole, thing);
        assert!(whole.heap_bytes() >= took, "it takes less with more in it");
        took = whole.heap_bytes();
    }
    let mut parts = [const { None }; 4].map(|_: Option<()>| fresh());
    for (thing, part) in things.iter().rev() {
        add(&mut parts[*part], thing);
    }
    let stored = |summary: &S| postcard::to_allocvec(summary).unwrap();
    let parts = parts.map(|part| postcard::from_bytes::<S>(&stored(&part)).unwrap());
    let merged = |order: &mut dyn Iterator<Item = &S>| {
        let mut merged = fresh();
        for part in order {
            merged.merge(part);
        }
        merged
    };
    let right = stored(&whole);
    let halves = [
        merged(&mut parts[..2].iter()),
        merged(&mut parts[2..].iter()),
    ];
    for other in [
        merged(&mut parts.iter()),
        merged(&mut parts.iter().rev()),
        merged(&mut halves.iter().rev()),
    ] {
        assert_eq!(other, whole);
        assert!(stored(&other) == right, "equal, and not in bytes");
        assert_eq!(other.heap_bytes(), took);
    }
    whole
}

/// The finite ones in their order.
fn sorted(numbers: &[(Number, usize)]) -> Vec<Number> {
    let finite = numbers
        .iter()
        .filter(|(number, _)| number.to_f64().is_finite());
    let mut sorted: Vec<Number> = finite.map(|(number, _)| *number).collect();
    sorted.sort_by(|one, other| one.compare(*other));
    sorted
}

/// The value of the least rank that is no smaller a share.
fn exact(sorted: &[Number], parts: u16) -> Option<Number> {
    let rank = (sorted.len() * usize::from(parts)).div_ceil(10_000);
    sorted.get(rank.max(1) - 1).copied()
}

/// Values that fill one bucket each, from the smallest double on.
fn one_a_bucket(count: usize) -> impl Iterator<Item = Number> {
    let value = |at: usize| number((1.0 + (at % 64) as f64 / 64.0) * 2f64.powi((at / 64) as i32));
    (0..count).map(value)
}

proptest! {
    // Many values each.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn sketches_whose_buckets_were_joined(numbers in in_parts(any::<f64>().prop_map(number), 9_000), parts in 1u16..10_000) {
        let known = one_way(&Sketch::default, &numbers, &|sketch, number| {
            sketch.add(*number);
        });
        if let Some(exact) = exact(&sorted(&numbers), parts) {
            hold(&known, parts, exact);
        }
    }

    #[test]
    fn distinct_counts(keys in in_parts(0u128..3000, 2500)) {
        let known = one_way(&Distinct::default, &keys, &|distinct, key| distinct.add(*key));
        let truth = keys.iter().map(|(key, _)| *key).collect::<BTreeSet<u128>>().len() as u64;
        let (low, high) = known.count().bounds();
        prop_assert!(low <= truth && truth <= high);
        prop_assert_eq!(truth <= 1024, known.count() == DistinctCount::Exactly(truth));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn totals_and_extremes(numbers in in_parts(any_number(), 60)) {
        let total = one_way(&Total::default, &numbers, &|total, number| {
            total.add(*number);
        });
        let range = one_way(&Range::default, &numbers, &|range, number| {
            range.add(*number);
        });
        let sorted = sorted(&numbers);
        prop_assert_eq!(total.count(), sorted.len() as u64);
        prop_assert_eq!(total.average().is_some(), !sorted.is_empty());
        prop_assert_eq!(range.least(), sorted.first().copied());
        prop_assert_eq!(range.greatest(), sorted.last().copied());
    }

    #[test]
    fn sketches(numbers in in_parts(any_number(), 300), unknown in 0u64..20, parts in 1u16..10_000) {
        let known = one_way(&Sketch::default, &numbers, &|sketch, number| {
            sketch.add(*number);
        });
        let sorted = sorted(&numbers);
        prop_assert_eq!(known.count(), sorted.len() as u64);
        let quantile = Quantile::of_ten_thousand(parts).unwrap();
        match exact(&sorted, parts) {
            Some(exact) => hold(&known, parts, exact),
            None => prop_assert!(known.estimate(quantile).is_none()),
        }
        // Whatever the unknown values are, the quantile of all is in the bounds.
        let bounds = known.bounds(quantile, unknown);
        for below in 0..=unknown {
            let lowest = std::iter::repeat_n(End::Lowest, below as usize);
            let highest = std::iter::repeat_n(End::Highest, (unknown - below) as usize);
            let all = lowest.chain(sorted.iter().map(|number| End::At(*number))).chain(highest);
            let all: Vec<End> = all.collect();
            let rank = (all.len() * usize::from(parts)).div_ceil(10_000);
            let Some(truth) = rank.checked_sub(1).and_then(|at| all.get(at)) else {
                continue;
            };
            prop_assert!(bounds.low.order(*truth).is_le() && truth.order(bounds.high).is_le());
        }
    }

    #[test]
    fn groups(
        values in in_parts((0u128..60, any_number()), 300),
        bound in 0usize..60_000,
        salt in any::<u64>(),
    ) {
        let fresh = || Grouped::<Sketch>::new(salt, bound);
        // What one takes may fall where groups are given up: their bytes are those of the others no longer.
        let mut whole = fresh();
        let mut parts = [fresh(), fresh(), fresh(), fresh()];
        let add = |grouped: &mut Grouped<Sketch>, key: u128, number: Number| {
            grouped.update(key, || format!("group {key}"), |sketch| {
                sketch.add(number);
            });
        };
        let mut truth: BTreeMap<u128, Vec<Number>> = BTreeMap::new();
        for ((key, number), _) in &values {
            add(&mut whole, *key, *number);
            truth.entry(*key).or_default().push(*number);
        }
        for ((key, number), part) in values.iter().rev() {
            add(&mut parts[*part], *key, *number);
        }
        let mut merged = fresh();
        for part in &parts {
            let stored = postcard::to_allocvec(part).unwrap();
            merged.merge(&postcard::from_bytes(&stored).unwrap());
        }
        prop_assert_eq!(&merged, &whole);
        prop_assert!(postcard::to_allocvec(&merged).unwrap() == postcard::to_allocvec(&whole).unwrap());
        // Each group is whole, or wholly among the others.
        let mut others = Sketch::default();
        for (key, numbers) in &truth {
            let own = sketch(numbers.iter().copied());
            match whole.get(*key) {
                Some(kept) => prop_assert_eq!(kept, &own),
                None => others.merge(&own),
            }
        }
        prop_assert_eq!(&whole.others().summary, &others);
        let given_up = truth.len() - whole.groups().count();
        prop_assert_eq!(whole.others().groups.count(), DistinctCount::Exactly(given_up as u64));
        prop_assert_eq!(whole.others().were_given_up(), given_up > 0);
    }

    #[test]
    fn intervals_of_shares_are_ordered_numbers(
        own in (0u64..200, 0u64..200, 0u64..20), other in (any::<u64>(), any::<u64>(), any::<u64>()),
        small in (0u64..5, 0u64..5, 0u64..5), percent in 50.0f64..=99.9999, groups in 0u64..10_000,
        factor in 1e-9f64..1e9,
    ) {
        let share = |(successes, failures, unknown)| Proportion { successes, failures, unknown };
        let given = Confidence::of_percent(percent).unwrap();
        for confidence in [given, given.among(groups), given.among_pairs(groups)] {
            for (one, two) in [(own, small), (small, own), (small, small)] {
                let (one, two) = (share(one), share(two));
                let found = one.limits(confidence);
                prop_assert!(0.0 <= found.low && found.low <= found.high && found.high <= 1.0);
                if let Some(value) = one.value() {
                    prop_assert!(found.low <= value && value <= found.high);
                }
                let less = one.less(factor, two, confidence);
                prop_assert!(less.low <= less.high && less.low.is_finite() && less.high.is_finite());
                let ratio = one.ratio(two, confidence);
                prop_assert!(0.0 <= ratio.low && ratio.low <= ratio.high);
            }
        }
        let wide = share(other).limits(given);
        prop_assert!(wide.low <= wide.high && wide.low >= 0.0 && wide.high <= 1.0);
    }

    #[test]
    fn whatever_the_unknown_are_the_interval_is_within(
        counts in (0u64..40, 0u64..40), unknown in 0u64..6, successes in 0u64..6, failures in 0u64..6,
        other in (0u64..40, 0u64..40),
    ) {
        prop_assume!(successes + failures <= unknown);
        let confidence = Confidence::default();
        let open = Proportion { successes: counts.0, failures: counts.1, unknown };
        let settled = Proportion { successes: counts.0 + successes, failures: counts.1 + failures, unknown: 0 };
        let other = Proportion { successes: other.0, failures: other.1, unknown: 0 };
        let holds = |wide: Limits, narrow: Limits| {
            wide.low <= narrow.low + 1e-9 && narrow.high <= wide.high + 1e-9
        };
        prop_assert!(holds(open.limits(confidence), settled.limits(confidence)));
        prop_assert!(holds(open.less(0.8, other, confidence), settled.less(0.8, other, confidence)));
        prop_assert!(holds(other.less(0.8, open, confidence), other.less(0.8, settled, confidence)));
        prop_assert!(holds(open.ratio(other, confidence), settled.ratio(other, confidence)));
    }

    #[test]
    fn bytes_from_outside_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // What is read is sound: it can be added to, merged and asked.
        if let Ok(mut read) = postcard::from_bytes::<Sketch>(&bytes) {
            read.add(Number::Int(1));
            read.merge(&read.clone());
            let median = Quantile::of_ten_thousand(5000).unwrap();
            prop_assert!(read.estimate(median).is_some());
        }
        if let Ok(mut read) = postcard::from_bytes::<Grouped<Distinct>>(&bytes) {
            read.update(1, String::new, |distinct| distinct.add(1));
            read.merge(&read.clone());
        }
        if let Ok(read) = postcard::from_bytes::<Total>(&bytes) {
            prop_assert_eq!(read.average().is_some(), read.count() > 0);
        }
    }
}

#[test]
fn buckets_are_fine_to_their_cap_and_joined_beyond() {
    let full = sketch(one_a_bucket(BUCKET_CAP));
    assert_eq!(full.relative_error(), 1.0 / 129.0);
    let beyond = sketch(one_a_bucket(BUCKET_CAP + 1));
    assert_eq!(beyond.relative_error(), 1.0 / 65.0);
    assert!(full.heap_bytes() <= beyond.heap_bytes() && beyond.heap_bytes() < 40_000);
    // All there are, of both signs.
    let all: Vec<Number> = (0..4096u64)
        .flat_map(|at| {
            let value = f64::from_bits(at << 51);
            [number(value), number(-value)]
        })
        .filter(|number| number.to_f64().is_finite())
        .collect();
    let most = sketch(all.iter().copied());
    assert!(most.relative_error() < 0.9, "{}", most.relative_error());
    let stored = postcard::to_allocvec(&most).unwrap();
    assert_eq!(postcard::from_bytes::<Sketch>(&stored).unwrap(), most);
}

#[test]
fn a_sketch_says_the_extremes_exactly_and_is_exact_of_one_value() {
    let quantile = Quantile::of_ten_thousand(9_990).unwrap();
    let alike = sketch([number(0.3); 50]);
    assert_eq!(alike.estimate(quantile), Some(number(0.3)));
    let zeros = sketch([number(0.0), number(-0.0), Number::Int(-7), Number::Int(9)]);
    let median = Quantile::of_ten_thousand(5_000).unwrap();
    assert_eq!(zeros.estimate(median), Some(Number::Int(0)));
    assert_eq!(zeros.estimate(quantile), Some(Number::Int(9)));
    assert!(Quantile::of_ten_thousand(0).is_none() && Quantile::of_ten_thousand(10_000).is_none());
}
