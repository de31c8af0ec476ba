//! How often an interval says that something is wrong where nothing is.

use std::collections::HashMap;

use betrace_lang::rule::CompareOp;

use crate::logic::interval::{End, Interval};
use crate::logic::tri::Tri;
use crate::window::share::{Confidence, Limits, Proportion, wilson};
use crate::window::tail::at_least;

/// Chances of each number of successes.
fn binomial(trials: u64, chance: f64) -> Vec<f64> {
    let above = |least| match least {
        0 => 1.0,
        least if least > trials => 0.0,
        least => at_least(least, trials, chance),
    };
    (0..=trials)
        .map(|successes| above(successes) - above(successes + 1))
        .collect()
}

fn share(successes: u64, trials: u64) -> Proportion {
    Proportion {
        successes,
        failures: trials - successes,
        unknown: 0,
    }
}

/// How often the whole interval of a share is below, or above, what the share is.
fn missed(trials: u64, chance: f64, limits: impl Fn(u64) -> Limits) -> (f64, f64) {
    let chances = binomial(trials, chance);
    let (mut below, mut above) = (0.0, 0.0);
    for (successes, likely) in (0..=trials).zip(&chances) {
        let limits = limits(successes);
        below += if limits.high < chance { *likely } else { 0.0 };
        above += if limits.low > chance { *likely } else { 0.0 };
    }
    (below, above)
}

/// A generator of numbers from 0 to 1 (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pick(&mut self, sums: &[f64]) -> u64 {
        let roll = self.roll();
        sums.partition_point(|sum| *sum <= roll).min(sums.len() - 1) as u64
    }
}

/// Of 10,000 windows of groups without a difference, how many have a group that is below the highest, below the
/// others, and below itself in the window before.
fn false_alarms(groups: u64, trials: u64, chance: f64, error: Confidence) -> [u32; 3] {
    let mut sum = 0.0;
    let running = |likely: f64| {
        sum += likely;
        sum
    };
    let sums: Vec<f64> = binomial(trials, chance).into_iter().map(running).collect();
    let (apart, pairs) = (error.among(groups), error.among_pairs(groups));
    let mut dice = Dice(groups ^ trials);
    let mut known: HashMap<(u64, u64, u64, bool), bool> = HashMap::new();
    let mut is_below = |own: u64, other: u64, others: u64, by: Confidence| {
        *known
            .entry((own, other, others, by == pairs))
            .or_insert_with(|| {
                let limits = share(own, trials).less(1.0, share(other, others), by);
                assert!(limits.low <= limits.high);
                limits.high < 0.0
            })
    };
    let mut alarms = [0; 3];
    let mut before: Vec<u64> = Vec::new();
    for _ in 0..10_000 {
        let counts: Vec<u64> = (0..groups).map(|_| dice.pick(&sums)).collect();
        let highest = counts.iter().copied().max().unwrap_or(0);
        let all: u64 = counts.iter().sum();
        // Who has fewer is below whatever another is below.
        let lowest = counts.iter().copied().min().unwrap_or(0);
        alarms[0] += u32::from(is_below(lowest, highest, trials, pairs));
        alarms[1] += u32::from(is_below(lowest, all - lowest, trials * (groups - 1), apart));
        let fell = counts
            .iter()
            .zip(&before)
            .any(|(own, was)| is_below(*own, *was, trials, apart));
        alarms[2] += u32::from(fell);
        before = counts;
    }
    alarms
}

#[test]
fn an_exact_interval_lies_on_each_wrong_side_at_most_half_of_its_error() {
    let mut worst = 0f64;
    for groups in [1, 20, 100] {
        let confidence = Confidence::default().among(groups);
        let most = 0.025 / groups as f64;
        for (trials, chance) in [
            (10, 0.5),
            (50, 0.8),
            (200, 0.99),
            (200, 0.3),
            (2_000, 0.999),
            (500, 0.01),
        ] {
            let limits = |successes| share(successes, trials).limits(confidence);
            let (below, above) = missed(trials, chance, limits);
            assert!(
                below.max(above) <= most,
                "{below} and {above} of {trials} at {chance}"
            );
            worst = worst.max(below.max(above) / most);
        }
    }
    println!(
        "exact limits: at most {:.1} % of what may be missed is",
        worst * 100.0
    );
    assert!(worst > 0.3, "the limits are wider than they need be");
}

#[test]
fn an_interval_of_wilson_does_not() {
    let confidence = Confidence::default().among(100);
    let (below, _) = missed(200, 0.99, |successes| {
        wilson(successes as f64 / 200.0, 200.0, confidence)
    });
    let windows = 1.0 - (1.0 - below).powi(100);
    println!(
        "limits of Wilson: {:.1} % of windows of 100 groups have a false alarm",
        windows * 100.0
    );
    assert!((0.3..0.4).contains(&windows));
}

#[test]
fn groups_without_a_difference_raise_false_alarms_at_most_as_often_as_stated() {
    for (groups, trials, chance) in [
        (2, 200, 0.8),
        (20, 200, 0.8),
        (20, 200, 0.99),
        (50, 100, 0.5),
    ] {
        let alarms = false_alarms(groups, trials, chance, Confidence::default());
        println!(
            "{groups} groups of {trials} at {chance}: of 10,000 windows {} below the highest, {} below the others, \
             {} below the window before",
            alarms[0], alarms[1], alarms[2]
        );
        assert!(alarms.iter().all(|count| *count <= 500), "{alarms:?}");
    }
}

#[test]
fn a_difference_that_there_is_is_found() {
    let confidence = Confidence::default().among_pairs(5);
    // Four fifths: 60 % against 90 %, of 200 each.
    let limits = share(120, 200).less(0.8, share(180, 200), confidence);
    assert!(limits.high < 0.0, "{limits:?}");
    let ratio = share(120, 200).ratio(share(180, 200), confidence);
    assert!(ratio.low < 120.0 / 180.0 && ratio.high < 0.8, "{ratio:?}");
    let least = Interval::exactly(End::float(0.0));
    assert_eq!(limits.interval().compare(CompareOp::Lt, least), Tri::True);
    // 70 % is not below, and nothing is of 20 each.
    assert!(share(140, 200).less(0.8, share(180, 200), confidence).high > 0.0);
    assert!(share(12, 20).less(0.8, share(18, 20), confidence).high > 0.0);
}

/// Where a thing is rare, a ratio of counts has an exact test: of all its cases in both windows, those of the second are binomial.
#[test]
fn near_zero_a_multiple_of_before_is_told_as_soon_as_an_exact_test_would() {
    for trials in [1_000, 10_000, 100_000] {
        let mut told = Vec::new();
        for before in [0, 1, 2, 3, 5, 10, 20] {
            let is_sure = |now: &u64| {
                let limits =
                    share(*now, trials).less(3.0, share(before, trials), Confidence::default());
                limits.low > 0.0
            };
            let least = (before + 1..trials).find(is_sure).unwrap();
            let is_significant = |now: &u64| at_least(*now, now + before, 0.75) <= 0.025;
            let exact = (before + 1..trials).find(is_significant).unwrap();
            assert!(
                least.abs_diff(exact) <= 1,
                "{before} of {trials}: {least}, not {exact}"
            );
            told.push((before, least));
        }
        println!("of {trials} each, more than three times as many as before: {told:?}");
        assert_eq!(told[0], (0, 13));
    }
}
