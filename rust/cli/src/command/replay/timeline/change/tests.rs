//! The statistics, held to what they promise.

use super::*;

/// Bars of `applied` traces, each violated with the chance `share` of its bar.
fn bars(shares: impl Iterator<Item = f64>, applied: u64, rng: &mut Rng) -> Vec<Unit> {
    let bar = |share: f64, rng: &mut Rng| Unit {
        violated: (0..applied).filter(|_| rng.f64() < share).count() as u64,
        applied,
    };
    shares.map(|share| bar(share, rng)).collect()
}

/// 24 bars: `before`, and from the bar `at` on `after`.
fn step(at: usize, before: f64, after: f64) -> impl Iterator<Item = f64> {
    (0..24).map(move |bar| if bar < at { before } else { after })
}

#[test]
fn of_a_thousand_timelines_with_traces_shuffled_at_least_950_have_no_change() {
    let mut rng = Rng::with_seed(1);
    let stepped = bars(step(16, 0.01, 0.2), 60, &mut rng);
    let (violated, applied) = sums(&stepped);
    let mut hand = stepped.clone();
    let changes = (0..1000).filter(|_| {
        deal(&stepped, violated, &mut hand, &mut rng);
        assert_eq!(sums(&hand), (violated, applied));
        change(&hand, true).is_some()
    });
    let changes = changes.count();
    assert!(changes <= 50, "{changes} of 1,000 have one");
    assert!(change(&stepped, true).is_some());
}

#[test]
fn of_a_thousand_timelines_with_bars_shuffled_at_least_950_have_no_change() {
    let mut rng = Rng::with_seed(2);
    // Shares that wander by far more than chance among traces would let them.
    let mut wandering = bars((0..24).map(|bar| 0.02 * f64::from(bar % 8)), 200, &mut rng);
    let changes = (0..1000).filter(|_| {
        rng.shuffle(&mut wandering);
        change(&wandering, true).is_some()
    });
    let changes = changes.count();
    assert!(changes <= 50, "{changes} of 1,000 have one");
}

#[test]
fn a_step_of_five_points_is_found_within_one_bar() {
    let mut rng = Rng::with_seed(3);
    let (mut found, mut all) = (0, 0);
    for at in (3..=21).step_by(3) {
        for (before, after) in [(0.0, 0.05), (0.02, 0.08), (0.3, 0.45)] {
            let bars = bars(step(at, before, after), 800, &mut rng);
            let change = change(&bars, true);
            found += usize::from(change.is_some_and(|change| change.from.abs_diff(at) <= 1));
            all += 1;
        }
    }
    assert!(found * 100 >= all * 98, "{found} of {all}");
}

#[test]
fn what_began_and_ended_is_found_with_both_edges() {
    let mut rng = Rng::with_seed(4);
    let shares = (0..30).map(|bar| if (10..15).contains(&bar) { 0.2 } else { 0.01 });
    let change = change(&bars(shares, 300, &mut rng), true).unwrap();
    assert_eq!((change.from, change.until), (10, 15));
    assert!(change.p <= 0.04);
}

#[test]
fn among_more_bars_than_are_drawn_the_edge_is_found_to_the_bar() {
    let mut rng = Rng::with_seed(5);
    let shares = (0..1000).map(|bar| if bar < 701 { 0.0 } else { 0.1 });
    let change = change(&bars(shares, 100, &mut rng), true).unwrap();
    assert_eq!((change.from, change.until), (701, 1000));
}

#[test]
fn millions_of_violations_cost_what_a_thousand_do() {
    let unit = |violated| Unit {
        violated,
        applied: 1 << 40,
    };
    let units = [unit(1 << 30), unit(1 << 30), unit(1 << 38)];
    assert_eq!(change(&units, false).map(|change| change.from), Some(2));
}

#[test]
fn nothing_and_too_little_have_no_change() {
    let unit = |violated, applied| Unit { violated, applied };
    assert_eq!(change(&[], true), None);
    assert_eq!(change(&[unit(5, 5)], true), None);
    assert_eq!(change(&[unit(0, 9), unit(0, 9)], true), None);
    assert_eq!(change(&[unit(9, 9), unit(9, 9)], true), None);
    // One trace of many may lie anywhere.
    assert_eq!(change(&[unit(0, 50), unit(1, 50)], false), None);
    assert!(change(&[unit(0, 50), unit(12, 50)], false).is_some());
}
