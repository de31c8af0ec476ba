//! Which candidates are shown first: those that catch most at the least price, and of several kinds where several say as much.

use std::collections::HashMap;

use crate::bits::Bits;
use crate::candidate::{Candidate, Collector, Found};
use crate::form::Family;
use crate::mine::APART;
use crate::statistics::false_discovery;

/// A candidate in its place.
pub struct Ranked {
    /// The simplest of those that say the same on the data first.
    pub alike: Vec<Candidate>,
    /// The rate of false discoveries at which it is still one.
    pub q: f64,
    score: f64,
}

/// No more than this is known better by a smaller chance.
const CERTAIN: f64 = 12.0;

/// What is found, the best first, at most `most`.
#[must_use]
pub fn ranked(found: &Found, most: usize) -> Vec<Ranked> {
    let mut alike = found.alike.clone();
    alike.sort_by(|a, b| a[0].p.total_cmp(&b[0].p));
    let p: Vec<f64> = alike.iter().map(|alike| alike[0].p).collect();
    let rates = false_discovery(&p, found.tests);
    let caught = alike.iter().map(|alike| alike[0].broken.count().bad).max();
    let caught = f64::from(caught.unwrap_or(0).max(1));
    let mut left: Vec<Ranked> = alike
        .into_iter()
        .zip(rates)
        .map(|(alike, q)| {
            let score = score(&alike[0], caught);
            Ranked { alike, q, score }
        })
        .collect();
    left.sort_by(|a, b| b.score.total_cmp(&a.score));
    // What is far behind the best never comes to be shown.
    left.truncate(most * 20);
    let mut shown: Vec<Ranked> = Vec::new();
    let mut families: HashMap<Family, u32> = HashMap::new();
    while shown.len() < most && !left.is_empty() {
        let best = left
            .iter()
            .enumerate()
            .map(|(at, one)| (at, one.score - repeated(one, &shown, &families)))
            .max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
        let Some((at, _)) = best else { break };
        let one = left.remove(at);
        *families.entry(one.alike[0].form.family()).or_default() += 1;
        shown.push(one);
    }
    shown
}

fn score(one: &Candidate, most_caught: f64) -> f64 {
    let broken = one.broken.count();
    let caught = f64::from(broken.bad) / most_caught;
    let tolerated = f64::from(Collector::tolerated(one.among.good).max(1));
    let alarms = f64::from(broken.good) / tolerated;
    let early = if one.form.is_early() { 0.3 } else { 0.0 };
    // Times that are hardly apart move with the load of the machine.
    let close = if one.apart < APART { 3.0 } else { 0.0 };
    let chance = (-one.p.max(1e-300).log10()).min(CERTAIN);
    chance + 4.0 * caught - 3.0 * alarms - 1.2 * one.form.cost() - close + early
}

/// What a candidate loses by saying what is shown already.
fn repeated(one: &Ranked, shown: &[Ranked], families: &HashMap<Family, u32>) -> f64 {
    let candidate = &one.alike[0];
    let alike = shown
        .iter()
        .map(|other| overlap(&candidate.broken, &other.alike[0].broken));
    let family = families.get(&candidate.form.family()).copied().unwrap_or(0);
    2.0 * f64::from(family) + 2.0 * alike.fold(0.0, f64::max)
}

/// How many of the bad traces of either both catch.
fn overlap(a: &Bits, b: &Bits) -> f64 {
    let both = a.count_and(b).bad;
    let either = a.or(b).count().bad;
    f64::from(both) / f64::from(either.max(1))
}
