//! Which groups are kept where not all fit: by a hash of their keys, and not by a space-saving count.

use std::collections::{BTreeMap, BTreeSet};

use betrace_lang::rule::{CompareOp, Rule};

use crate::tests::rules::rule;
use crate::window::grouped::Grouped;
use crate::windows::adds::Added;
use crate::windows::exemplars::Exemplar;
use crate::windows::gathered::Gathered;

const KEPT: usize = 200;

/// Keys by Zipf's law, each as often as its rank allows, in an order by chance.
fn arrivals() -> Vec<u128> {
    let mut all: Vec<u128> = (1..=20_000u128)
        .flat_map(|key| std::iter::repeat_n(key, (10_000 / key).max(1) as usize))
        .collect();
    let mut state = 7u64;
    for last in (1..all.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        all.swap(last, (state >> 33) as usize % (last + 1));
    }
    all
}

/// Metwally, Agrawal and El Abbadi (2005): a key that is not kept takes the place of the one with the least count.
fn space_saving(keys: &[u128]) -> BTreeMap<u128, u64> {
    let mut counts: BTreeMap<u128, u64> = BTreeMap::new();
    let mut by_count: BTreeSet<(u64, u128)> = BTreeSet::new();
    for key in keys {
        let before = match counts.get(key) {
            Some(count) => (*count, *key),
            None if counts.len() < KEPT => (0, *key),
            None => *by_count.first().unwrap(),
        };
        by_count.remove(&before);
        counts.remove(&before.1);
        by_count.insert((before.0 + 1, *key));
        counts.insert(*key, before.0 + 1);
    }
    counts
}

/// Agarwal and others (2012): counts are added, and the greatest kept.
fn merged(parts: &[BTreeMap<u128, u64>]) -> BTreeMap<u128, u64> {
    let mut all: BTreeMap<u128, u64> = BTreeMap::new();
    for (key, count) in parts.iter().flatten() {
        *all.entry(*key).or_default() += count;
    }
    let mut sorted: Vec<(u128, u64)> = all.into_iter().collect();
    sorted.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
    sorted.into_iter().take(KEPT).collect()
}

fn count_of_visits() -> std::sync::Arc<Rule> {
    rule("r: over 5m by user never { count(visit) > 5 }").unwrap()
}

fn grouped(bound: usize, keys: &[u128]) -> Grouped<Gathered> {
    let rule = count_of_visits();
    let over = rule.body.over.as_ref().unwrap();
    assert_eq!(over.op, CompareOp::Gt);
    let mut groups = Grouped::new(7, bound);
    for (at, key) in keys.iter().enumerate() {
        let add = |group: &mut Gathered| {
            group.add(Added::Spans(1), &over.measure);
            group.exemplars.add(Exemplar {
                weight: 1.0,
                trace: (at as u128).to_be_bytes(),
                span: [1; 8],
            });
        };
        groups.update(*key, || format!("user-{key:08}"), add);
    }
    groups
}

#[test]
fn a_space_saving_count_hangs_on_order_and_parts_and_ranks_by_hash_do_not() {
    let forth = arrivals();
    let mut back = forth.clone();
    back.reverse();
    let parts: Vec<Vec<u128>> = (0..8)
        .map(|part| forth.iter().skip(part).step_by(8).copied().collect())
        .collect();
    let whole = space_saving(&forth);
    let differing = |other: &BTreeMap<u128, u64>| {
        let both = whole.keys().filter(|key| other.contains_key(key)).count();
        let same = whole
            .iter()
            .filter(|(key, count)| other.get(key) == Some(count));
        (KEPT - both, both - same.count())
    };
    let turned = differing(&space_saving(&back));
    let cut = differing(&merged(
        &parts
            .iter()
            .map(|part| space_saving(part))
            .collect::<Vec<_>>(),
    ));
    let never_seen_so_often = whole
        .iter()
        .filter(|(key, count)| **count > 2 * u64::try_from((10_000 / **key).max(1)).unwrap());
    println!(
        "of {KEPT} groups that a space-saving count keeps of 20,000, turned round {} are others and {} have another count, in 8 parts {} \
         and {}; {} are said to have more than twice what they have",
        turned.0,
        turned.1,
        cut.0,
        cut.1,
        never_seen_so_often.count()
    );
    assert!(turned.0 > 0 && turned.1 > 0 && cut.0 > 0 && cut.1 > 0);
    let bound = 60_000;
    let (one, other) = (grouped(bound, &forth), grouped(bound, &back));
    let keys = |groups: &Grouped<Gathered>| -> Vec<(u128, u64)> {
        groups
            .groups()
            .map(|(key, _, group)| (key, group.samples))
            .collect()
    };
    assert_eq!(keys(&one), keys(&other));
    assert!(keys(&one).len() > 100);
    for (key, count) in keys(&one) {
        assert_eq!(u128::from(count), (10_000 / key).max(1));
    }
}

#[test]
fn by_default_a_window_of_a_rule_keeps_thousands_of_groups() {
    let bound = crate::Settings::default().window_bytes() / crate::windows::table::SHARE;
    let keys: Vec<u128> = (0..12_000).collect();
    let once = grouped(bound, &keys).groups().count();
    let often: Vec<u128> = (0..120_000u128).map(|at| at % 12_000).collect();
    let often = grouped(bound, &often).groups().count();
    println!("{bound} bytes keep {once} groups of one trace each, {often} of ten or more");
    assert!(once >= 5_000 && often >= 2_500);
}
