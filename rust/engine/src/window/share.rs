//! What counts say about shares: intervals for one, for the difference of two, and for their ratio.
//!
//! The limits of a share are exact (Clopper and Pearson, 1934): whatever the true share is, each lies on its wrong
//! side at most half the error, also of rare things and of many groups. Wilson's, which are shorter, do not hold
//! there: among 100 groups of 200 traces, of which 99 % satisfy a condition, one in three windows has a group whose
//! 95 % interval, corrected for their number, lies below the truth. From a variance of [`NORMAL`] on both are one, and
//! Wilson's take less time. Two shares are compared by Newcombe's construction (1998, method 10, with these limits),
//! extended to multiples of a share (Zou and Donner, 2008) and to ratios (Donner and Zou, 2012).
//!
//! What is not known widens an interval to what it would be at worst: as if all of it failed, and as if all of it
//! succeeded. Limits rise with every success and fall with every failure, so no other way lies outside of them.
//!
//! Over many groups the error is divided by the number of comparisons (Bonferroni), which holds however the groups
//! hang together. Nothing here is ever not a number.

use std::ops::RangeInclusive;

use crate::logic::interval::{End, Interval};
use crate::window::tail::{normal_deviate, tail_of};

/// The variance of a count, in squares of one, from which Wilson's limits are taken.
pub(crate) const NORMAL: f64 = 1e8;

/// How often an interval may miss the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Confidence {
    error: f64,
}

impl Default for Confidence {
    /// 95 %.
    fn default() -> Confidence {
        Confidence { error: 0.05 }
    }
}

impl Confidence {
    /// From 50 to 99.9999 percent; `None` beyond.
    pub fn of_percent(percent: f64) -> Option<Confidence> {
        const KNOWN: RangeInclusive<f64> = 50.0..=99.9999;
        KNOWN.contains(&percent).then_some(Confidence {
            error: 1.0 - percent / 100.0,
        })
    }

    /// For each of `groups` that is compared with something apart from it: a number, the other groups, the window
    /// before. All of them together then miss no more often than one would.
    #[must_use]
    pub fn among(self, groups: u64) -> Confidence {
        self.divided(groups as f64)
    }

    /// For each of `groups` that is compared with one of them which the counts themselves chose, as the highest and
    /// the lowest: each pair of groups might have been compared.
    #[must_use]
    pub fn among_pairs(self, groups: u64) -> Confidence {
        let groups = groups as f64;
        self.divided(groups * (groups - 1.0) / 2.0)
    }

    fn divided(self, comparisons: f64) -> Confidence {
        Confidence {
            error: self.error / comparisons.max(1.0),
        }
    }

    /// The error on one side.
    fn tail(self) -> f64 {
        self.error / 2.0
    }
}

/// How many of some things succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proportion {
    pub successes: u64,
    pub failures: u64,
    /// Things that succeeded, failed or were none of these, and it is not known which.
    pub unknown: u64,
}

/// Between which numbers something lies. `low` is at most `high`, and neither is no number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub low: f64,
    pub high: f64,
}

impl Limits {
    pub fn interval(self) -> Interval {
        Interval::between(End::float(self.low), End::float(self.high))
    }
}

impl Proportion {
    /// Of what is known; `None` if that is nothing.
    #[cfg(test)]
    pub fn value(self) -> Option<f64> {
        let trials = self.successes as f64 + self.failures as f64;
        (trials > 0.0).then(|| self.successes as f64 / trials)
    }

    /// Between which the true share lies; of nothing, from 0 to 1.
    pub fn limits(self, confidence: Confidence) -> Limits {
        Limits {
            low: self.at_worst().low(confidence),
            high: self.at_best().high(confidence),
        }
    }

    /// Between which `self - factor * other` lies. `factor` is positive and finite.
    pub fn less(self, factor: f64, other: Proportion, confidence: Confidence) -> Limits {
        let from_below = |counts: Counts| counts.estimate_from_below(confidence);
        let from_above = |counts: Counts| counts.estimate_from_above(confidence);
        let (worst, best) = (from_below(self.at_worst()), from_above(self.at_best()));
        let (least, most) = (from_below(other.at_worst()), from_above(other.at_best()));
        Limits {
            low: difference(worst, factor, most).low,
            high: difference(best, factor, least).high,
        }
    }

    /// Between which `self / other` lies: from 0 to infinity if `other` may be nothing.
    #[cfg(test)]
    pub fn ratio(self, other: Proportion, confidence: Confidence) -> Limits {
        let of = |counts: Counts| counts.estimate(confidence);
        Limits {
            low: ratio(of(self.at_worst()), of(other.at_best())).low,
            high: ratio(of(self.at_best()), of(other.at_worst())).high,
        }
    }

    /// As it would be if nothing of it were unknown.
    #[must_use]
    pub fn without_doubts(self) -> Proportion {
        Proportion { unknown: 0, ..self }
    }

    fn at_worst(self) -> Counts {
        Counts {
            successes: self.successes,
            failures: self.failures.saturating_add(self.unknown),
        }
    }

    fn at_best(self) -> Counts {
        Counts {
            successes: self.successes.saturating_add(self.unknown),
            failures: self.failures,
        }
    }
}

#[derive(Clone, Copy)]
struct Counts {
    successes: u64,
    failures: u64,
}

impl Counts {
    fn trials(self) -> u64 {
        self.successes.saturating_add(self.failures)
    }

    /// Half of nothing, in the middle of what it may be.
    fn share(self) -> f64 {
        match self.trials() {
            0 => 0.5,
            trials => (self.successes as f64 / trials as f64).min(1.0),
        }
    }

    #[cfg(test)]
    fn estimate(self, confidence: Confidence) -> Estimate {
        let limits = Limits {
            low: self.low(confidence),
            high: self.high(confidence),
        };
        Estimate {
            share: self.share(),
            limits,
        }
    }

    /// With the lower limit alone, as each takes time.
    fn estimate_from_below(self, confidence: Confidence) -> Estimate {
        let (share, low) = (self.share(), self.low(confidence));
        let limits = Limits { low, high: share };
        Estimate { share, limits }
    }

    /// With the upper limit alone.
    fn estimate_from_above(self, confidence: Confidence) -> Estimate {
        let (share, high) = (self.share(), self.high(confidence));
        let limits = Limits { low: share, high };
        Estimate { share, limits }
    }

    fn low(self, confidence: Confidence) -> f64 {
        match self.is_normal() {
            true => wilson(self.share(), self.trials() as f64, confidence).low,
            false => lowest(self.successes, self.trials(), confidence.tail()),
        }
    }

    fn high(self, confidence: Confidence) -> f64 {
        if self.is_normal() {
            return wilson(self.share(), self.trials() as f64, confidence).high;
        }
        let trials = self.trials();
        let failures = trials - self.successes.min(trials);
        1.0 - lowest(failures, trials, confidence.tail())
    }

    fn is_normal(self) -> bool {
        let share = self.share();
        self.trials() as f64 * share * (1.0 - share) >= NORMAL
    }
}

/// Wilson (1927), without a correction for continuity.
pub(crate) fn wilson(share: f64, trials: f64, confidence: Confidence) -> Limits {
    if trials <= 0.0 {
        return Limits {
            low: 0.0,
            high: 1.0,
        };
    }
    let deviate = normal_deviate(confidence.tail());
    let square = deviate * deviate / trials;
    let middle = share + square / 2.0;
    let half = deviate * ((share * (1.0 - share) + square / 4.0) / trials).sqrt();
    Limits {
        low: ((middle - half) / (1.0 + square)).clamp(0.0, share),
        high: ((middle + half) / (1.0 + square)).clamp(share, 1.0),
    }
}

/// To how much of itself a limit is known.
const EXACT: f64 = 1e-12;
/// Steps of Newton's method are this near to the limit when they are no longer than this.
const NEAR: f64 = 1e-8;

/// Newton's method needs some seven steps; where rounding keeps it from its end, halves do.
const FEW: u32 = 24;

/// The chance with which as many successes, or more, are as likely as `tail`: to [`EXACT`], from below, so that the error is no
/// larger.
fn lowest(successes: u64, trials: u64, tail: f64) -> f64 {
    if successes == 0 {
        return 0.0;
    }
    let share = successes as f64 / trials as f64;
    let (mut low, mut high) = (0.0, share);
    // Of one success, or of nothing else, it is known; else about so many deviations below the share.
    let mut at = match successes {
        1 => -((-tail).ln_1p() / trials as f64).exp_m1(),
        _ if successes == trials => (tail.ln() / trials as f64).exp(),
        _ => share / (1.0 + 2.0 / (successes as f64).sqrt()),
    };
    if successes == 1 || successes == trials {
        at *= 1.0 + EXACT / 4.0;
    }
    let mut steps = 0;
    while high - low > EXACT * high {
        let halves = low + (high - low) / 2.0;
        let is_within = low < at && at < high && steps < FEW;
        let chance = if is_within { at } else { halves };
        steps += 1;
        if chance <= low || chance >= high {
            break;
        }
        let (found, steepness) = tail_of(successes, trials, chance);
        match found > tail {
            true => high = chance,
            false => low = chance,
        }
        // Newton's method between the logarithms, which are nearly on a line; at last a little beyond the limit, so that both
        // sides of it come near.
        let step = ((tail / found).ln() / steepness).exp();
        at = chance * step;
        if (step - 1.0).abs() < NEAR {
            let beyond = if found > tail { -EXACT } else { EXACT };
            at *= 1.0 + beyond / 4.0;
        }
    }
    low
}

/// What is known of a share: where it was found, and between which limits it lies.
#[derive(Clone, Copy)]
pub(crate) struct Estimate {
    pub share: f64,
    pub limits: Limits,
}

/// Between which `one - factor * other` lies.
pub(crate) fn difference(one: Estimate, factor: f64, other: Estimate) -> Limits {
    let off = |estimate: Estimate| {
        let Limits { low, high } = estimate.limits;
        (estimate.share - low, high - estimate.share)
    };
    let ((below, above), (others_below, others_above)) = (off(one), off(other));
    let middle = one.share - factor * other.share;
    Limits {
        low: middle - below.hypot(factor * others_above),
        high: middle + above.hypot(factor * others_below),
    }
}

/// Between which `one / other` lies: the factors at which one end of the [`difference`] is nothing.
#[cfg(test)]
pub(crate) fn ratio(one: Estimate, other: Estimate) -> Limits {
    let product = one.share * other.share;
    // The ends of the difference are roots of `square(other) f^2 - 2 product f + square(one)`.
    let square = |estimate: Estimate, limit: f64| limit * (2.0 * estimate.share - limit);
    let root = |one: f64, other: f64| (product * product - one * other).max(0.0).sqrt();
    let (least, far) = (
        square(one, one.limits.low),
        square(other, other.limits.high),
    );
    let low = least / (product + root(least, far));
    let (most, near) = (
        square(one, one.limits.high),
        square(other, other.limits.low),
    );
    let high = (product + root(most, near)) / near;
    // Nothing divided by nothing may be anything.
    let low = if low > 0.0 { low } else { 0.0 };
    Limits {
        low,
        high: if high >= low { high } else { f64::INFINITY },
    }
}
