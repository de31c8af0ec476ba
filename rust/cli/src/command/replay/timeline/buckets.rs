//! Time cut into stretches of one width, counted from 1970 in UTC. How wide is found out on the way: widths stand on a ladder, each a
//! multiple of the one below it, and where there are too many stretches, two or more become one.

use std::collections::BTreeMap;

use betrace_engine::TraceId;

use crate::args::Width;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1000 * MILLI;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Widths that a person would choose. The last ones are weeks; with it all of time has fewer stretches than a rule may have.
const USUAL: [u64; 17] = [
    10 * MILLI,
    100 * MILLI,
    SECOND,
    5 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    7 * DAY,
    28 * DAY,
    364 * DAY,
    3640 * DAY,
];

/// Where nothing else is said, so many bars at most stand between the first and the last trace, outliers aside.
const USUAL_BARS: u64 = 30;

/// Widths in nanoseconds, the smallest first.
#[derive(Debug)]
pub struct Ladder {
    widths: Vec<u64>,
    asked: Width,
}

impl Ladder {
    #[must_use]
    pub fn of(asked: Width) -> Ladder {
        let widths = match asked {
            Width::Auto => USUAL.to_vec(),
            Width::Of(width) => {
                // Below it, so that a change is found in few bars too; above it, for more bars than there is room for.
                let finer = [64, 16, 4].into_iter();
                let finer = finer.filter(|part| width.is_multiple_of(*part));
                let mut widths: Vec<u64> = finer.map(|part| width / part).collect();
                let above = std::iter::successors(Some(width), |width| width.checked_mul(4));
                widths.extend(above);
                widths
            }
        };
        Ladder { widths, asked }
    }

    #[must_use]
    pub fn width(&self, step: usize) -> u64 {
        self.widths
            .get(step)
            .or(self.widths.last())
            .copied()
            .unwrap_or(SECOND)
    }

    #[must_use]
    pub fn is_last(&self, step: usize) -> bool {
        step + 1 >= self.widths.len()
    }

    /// The step to show, not below `least`: the one that was asked for, or the first on which the middle 98 % of `counts` (by
    /// stretch of the step `least`) need no more than the usual bars.
    #[must_use]
    pub fn shown(&self, least: usize, counts: &BTreeMap<u64, u64>) -> usize {
        let fits = |step: usize| match self.asked {
            Width::Of(width) => self.width(step) >= width,
            Width::Auto => {
                let (from, to) = middle(counts);
                let times = self.width(step) / self.width(least);
                to / times - from / times < USUAL_BARS
            }
        };
        let mut steps = least..self.widths.len();
        steps
            .find(|step| fits(*step))
            .unwrap_or(self.widths.len().saturating_sub(1))
    }

    /// What was asked for, if `step` is wider.
    #[must_use]
    pub fn narrower(&self, step: usize) -> Option<u64> {
        match self.asked {
            Width::Of(width) if self.width(step) > width => Some(width),
            _ => None,
        }
    }
}

/// Between which stretches all but the first and the last hundredth lie.
fn middle(counts: &BTreeMap<u64, u64>) -> (u64, u64) {
    let all: u64 = counts.values().sum();
    let mut before = 0;
    let (mut from, mut to) = (None, 0);
    for (at, count) in counts {
        before += count;
        if from.is_none() && before > all / 100 {
            from = Some(*at);
        }
        to = *at;
        if before >= all - all / 100 {
            break;
        }
    }
    (from.unwrap_or(to), to)
}

/// A trace, by when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// Unix nanoseconds.
    pub at: u64,
    pub trace: TraceId,
}

/// The traces of one stretch to which a rule applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    pub violated: u64,
    pub kept: u64,
    pub first_violated: Option<Sighting>,
    first_kept: Option<Sighting>,
    /// Before the first violated one, if there is one. Where traces come in no order it is not always the latest such, but
    /// always one of this stretch.
    pub last_kept: Option<Sighting>,
}

impl Bucket {
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.violated + self.kept
    }

    pub fn note_violated(&mut self, seen: Sighting) {
        self.violated += 1;
        if self.first_violated.is_none_or(|first| seen < first) {
            self.first_violated = Some(seen);
            let before = |kept: &Sighting| *kept < seen;
            let first_kept = self.first_kept.filter(before);
            self.last_kept = self.last_kept.filter(before).or(first_kept);
        }
    }

    pub fn note_kept(&mut self, seen: Sighting) {
        self.kept += 1;
        self.first_kept = Some(self.first_kept.map_or(seen, |first| first.min(seen)));
        if self.first_violated.is_none_or(|first| seen < first) {
            self.last_kept = self.last_kept.max(Some(seen));
        }
    }

    /// Both as one.
    pub fn merge(&mut self, other: &Bucket) {
        self.violated += other.violated;
        self.kept += other.kept;
        let earliest =
            |a: Option<Sighting>, b: Option<Sighting>| [a, b].into_iter().flatten().min();
        let kept = [
            self.last_kept,
            other.last_kept,
            self.first_kept,
            other.first_kept,
        ];
        self.first_violated = earliest(self.first_violated, other.first_violated);
        self.first_kept = earliest(self.first_kept, other.first_kept);
        let first = self.first_violated;
        let is_before = |kept: &Sighting| first.is_none_or(|first| *kept < first);
        self.last_kept = kept.into_iter().flatten().filter(is_before).max();
    }
}

/// By which stretch of their width it is.
pub type Buckets = BTreeMap<u64, Bucket>;

/// The same, `times` as wide.
#[must_use]
pub fn widened(buckets: &Buckets, times: u64) -> Buckets {
    let mut wide = Buckets::new();
    for (at, bucket) in buckets {
        wide.entry(at / times).or_default().merge(bucket);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at: u64) -> Sighting {
        Sighting {
            at,
            trace: TraceId([1; 16]),
        }
    }

    #[test]
    fn each_width_is_a_multiple_of_the_one_below() {
        let hour = Ladder::of(Width::Of(HOUR));
        for ladder in [Ladder::of(Width::Auto), hour] {
            for pair in ladder.widths.windows(2) {
                assert!(
                    pair[0] < pair[1] && pair[1].is_multiple_of(pair[0]),
                    "{pair:?}"
                );
            }
            let widest = ladder.widths.last().unwrap_or(&1);
            assert!(u64::MAX / widest < 64, "all of time in {widest}");
        }
    }

    #[test]
    fn a_day_has_bars_of_an_hour_whatever_one_strayed_trace_says() {
        let ladder = Ladder::of(Width::Auto);
        let seconds = ladder
            .widths
            .iter()
            .position(|width| *width == SECOND)
            .unwrap_or(0);
        let mut counts: BTreeMap<u64, u64> =
            (0..86_400).map(|at| (1_700_006_400 + at, 1)).collect();
        assert_eq!(ladder.width(ladder.shown(seconds, &counts)), HOUR);
        counts.insert(5, 1);
        counts.insert(9_000_000_000, 1);
        assert_eq!(ladder.width(ladder.shown(seconds, &counts)), HOUR);
        let asked = Ladder::of(Width::Of(90 * SECOND));
        assert_eq!(asked.width(asked.shown(0, &counts)), 90 * SECOND);
    }

    #[test]
    fn the_last_kept_trace_is_before_the_first_violated_one_in_any_order() {
        let mut bucket = Bucket::default();
        bucket.note_kept(at(5));
        bucket.note_violated(at(9));
        bucket.note_kept(at(7));
        bucket.note_kept(at(11));
        assert_eq!(bucket.last_kept, Some(at(7)));
        bucket.note_violated(at(6));
        assert_eq!(bucket.last_kept, Some(at(5)));
        let mut earlier = Bucket::default();
        earlier.note_kept(at(3));
        earlier.merge(&bucket);
        assert_eq!(earlier.last_kept, Some(at(5)));
        assert_eq!((earlier.violated, earlier.kept), (2, 4));
        let mut broken_first = Bucket::default();
        broken_first.note_violated(at(4));
        broken_first.merge(&earlier);
        assert_eq!(broken_first.last_kept, Some(at(3)));
    }
}
