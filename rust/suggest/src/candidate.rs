//! Candidates as they are found: what each says, which traces break it, and what chance has to do with it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;

use crate::bits::{Bits, Sides};
use crate::form::Form;
use crate::nearness::Nearness;
use crate::sample::Sample;
use crate::statistics::Factorials;

/// So large a share of the good traces may break a candidate.
pub const FALSE_ALARMS: f64 = 0.005;

/// What chance brings more often than this is not looked at again. It is wide, as in a bad hour that is mostly good two broken
/// traces may be all there is: what many tests bring by chance is told by the rate of false discoveries.
const CHANCE: f64 = 0.1;

/// Where so few traces came that even what all bad ones break may be chance, it is looked at up to here: it is told as such.
const FEW: f64 = 0.2;

/// Forms that are kept of those that say the same on the data.
const ALIKE: usize = 12;

/// Different sets of broken traces that are kept.
const MOST: usize = 20_000;

/// One rule, as far as the table knows it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub form: Form,
    pub broken: Bits,
    /// How many traces it speaks of.
    pub among: Sides,
    /// The chance of as many bad ones among those that break it.
    pub p: f64,
    /// By what factor times are apart that its bound lies between; 1 where it has none.
    pub apart: f64,
    /// How near to each other the spans are that it names: of candidates alike the nearest is the easiest to follow.
    far: f64,
}

/// Gathers candidates, those alike under one set of broken traces.
pub struct Collector<'s, 't> {
    pub sample: &'s Sample<'t>,
    factorials: Factorials,
    /// The fewest bad traces that a candidate catches.
    pub least_bad: u32,
    /// What chance brings more often is not looked at again.
    chance: f64,
    nearness: Nearness,
    /// Each test once: what it counts broken, among how many.
    tests: HashSet<u64>,
    found: HashMap<u64, Vec<Candidate>>,
}

/// What was found.
pub struct Found {
    /// Those alike together, the simplest first.
    pub alike: Vec<Vec<Candidate>>,
    /// How many tests were made that could have found something.
    pub tests: usize,
}

impl Found {
    /// What was found here in the place of `form`, with figures and values of its own.
    #[must_use]
    pub fn like(&self, form: &Form) -> Option<&Candidate> {
        let mut all = self.alike.iter().flatten();
        all.find(|candidate| candidate.form.is_like(form))
    }
}

impl<'s, 't> Collector<'s, 't> {
    #[must_use]
    pub fn new(sample: &'s Sample<'t>) -> Collector<'s, 't> {
        let sides = sample.sides;
        let factorials = Factorials::up_to(sides.bad + sides.good);
        Collector {
            sample,
            chance: looked_at(&factorials, sides),
            factorials,
            least_bad: least_bad(sides),
            nearness: Nearness::of(sample),
            tests: HashSet::new(),
            found: HashMap::new(),
        }
    }

    /// How many good traces of so many may break a candidate.
    #[must_use]
    pub fn tolerated(good: u32) -> u32 {
        (f64::from(good) * FALSE_ALARMS) as u32
    }

    /// A test on that many traces could find something.
    #[must_use]
    pub fn is_test(&self, broken: Sides, among: Sides) -> bool {
        broken.bad + broken.good > 0 && self.factorials.least(broken, among) <= self.chance
    }

    /// So many bad traces and so few good ones are worth a candidate.
    #[must_use]
    pub fn is_found(&self, broken: Sides, among: Sides) -> bool {
        broken.bad >= self.least_bad
            && broken.good <= Self::tolerated(among.good)
            && self.p(broken, among) <= self.chance
    }

    #[must_use]
    pub fn p(&self, broken: Sides, among: Sides) -> f64 {
        self.factorials.fisher(broken, among)
    }

    /// Counts a test of which the traces are not looked up, as it found nothing.
    pub fn tried(&mut self, what: impl Hash, broken: Sides, among: Sides) {
        if self.is_test(broken, among) {
            let mark = FixedState::with_seed(2).hash_one((what, broken));
            self.tests.insert(mark);
        }
    }

    /// Counts a test, and keeps the candidate where it found something.
    pub fn offer(&mut self, broken: Bits, among: Sides, form: impl FnOnce() -> Form) {
        self.offer_apart(broken, among, f64::INFINITY, form);
    }

    /// [`Collector::offer`] of a bound on times, which lies between times that far apart, as a factor.
    pub fn offer_apart(
        &mut self,
        broken: Bits,
        among: Sides,
        apart: f64,
        form: impl FnOnce() -> Form,
    ) {
        let count = broken.count();
        if !self.is_test(count, among) {
            return;
        }
        let mark = mark(&broken);
        self.tests
            .insert(mark ^ u64::from(among.bad) << 32 ^ u64::from(among.good));
        if !self.is_found(count, among) || self.found.len() >= MOST {
            return;
        }
        let form = form();
        let candidate = Candidate {
            far: form
                .pair()
                .map_or(0.0, |(one, other)| self.nearness.far(one, other)),
            form,
            apart,
            p: self.p(count, among),
            broken,
            among,
        };
        let alike = self.found.entry(mark).or_default();
        alike.push(candidate);
        alike.sort_by(|a, b| {
            let cost = a.form.cost().total_cmp(&b.form.cost());
            cost.then(a.p.total_cmp(&b.p)).then(a.far.total_cmp(&b.far))
        });
        alike.truncate(ALIKE);
    }

    #[must_use]
    pub fn end(self) -> Found {
        let mut alike: Vec<(u64, Vec<Candidate>)> = self.found.into_iter().collect();
        alike.sort_by_key(|(mark, _)| *mark);
        Found {
            alike: alike.into_iter().map(|(_, alike)| alike).collect(),
            tests: self.tests.len(),
        }
    }
}

fn least_bad(sides: Sides) -> u32 {
    if sides.bad <= 3 { 1 } else { 2 }
}

fn looked_at(factorials: &Factorials, sides: Sides) -> f64 {
    let all_bad = Sides {
        bad: sides.bad,
        good: 0,
    };
    let least = factorials.fisher(all_bad, sides);
    if least <= FEW {
        CHANCE.max(least)
    } else {
        CHANCE
    }
}

/// How many of the bad traces a rule has to break in, and in no good one, before it is looked at. `None`: all of them would be
/// too few.
#[must_use]
pub fn fewest(sides: Sides) -> Option<u32> {
    let factorials = Factorials::up_to(sides.bad + sides.good);
    let chance = looked_at(&factorials, sides);
    (least_bad(sides)..=sides.bad)
        .find(|bad| factorials.fisher(Sides { bad: *bad, good: 0 }, sides) <= chance)
}

/// Of a set of traces.
fn mark(bits: &Bits) -> u64 {
    let mut hasher = FixedState::with_seed(1).build_hasher();
    bits.words().iter().for_each(|word| hasher.write_u64(*word));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_bad_traces_a_rule_needs_follows_from_how_many_there_are() {
        for (bad, good, wanted) in [
            (1, 200, Some(1)),
            (1, 9, Some(1)),
            (1, 4, Some(1)),
            (1, 3, None),
            (3, 5, Some(3)),
            (42, 42, Some(4)),
            (600, 600, Some(4)),
            (15, 200, Some(2)),
        ] {
            assert_eq!(fewest(Sides { bad, good }), wanted, "{bad} and {good}");
        }
    }
}
