//! Where to cut a row of figures, one a trace, so that bad traces lie beyond the cut and the good ones do not.

use crate::bits::Sides;
use crate::candidate::Collector;

/// Figures apart by this factor are apart by more than the load of a machine.
pub const APART: f64 = 1.5;

/// Figures beyond the cut break the rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The first figure beyond.
    pub beyond: f64,
    /// The last figure that is not.
    pub kept: f64,
}

/// Cuts from above, what is greater breaks the rule: beyond every good figure, beyond all but those that are tolerated, and where
/// the widest gap is. `figures` are put in order.
#[must_use]
pub fn above(figures: &mut [(u32, f64)], first_good: usize, among: Sides) -> Vec<Cut> {
    figures.sort_by(|(slot, a), (other, b)| b.total_cmp(a).then(slot.cmp(other)));
    let tolerated = Collector::tolerated(among.good);
    let mut broken = Sides::default();
    let (mut none, mut some, mut widest): (Option<Cut>, Option<Cut>, Option<Cut>) =
        (None, None, None);
    for pair in figures.windows(2) {
        let [(slot, beyond), (_, kept)] = *pair else {
            break;
        };
        if (slot as usize) < first_good {
            broken.bad += 1;
        } else {
            broken.good += 1;
        }
        if broken.good > tolerated {
            break;
        }
        if kept == beyond || broken.bad == 0 {
            continue;
        }
        let cut = Cut { beyond, kept };
        some = Some(cut);
        if broken.good == 0 {
            none = Some(cut);
            if cut.ratio() >= APART && widest.is_none_or(|other| cut.ratio() > other.ratio()) {
                widest = Some(cut);
            }
        }
    }
    let mut cuts: Vec<Cut> = [widest, none, some].into_iter().flatten().collect();
    cuts.dedup();
    cuts
}

impl Cut {
    /// How far apart both sides are, as a factor.
    #[must_use]
    pub fn ratio(self) -> f64 {
        if self.kept > 0.0 {
            self.beyond / self.kept
        } else if self.beyond < 0.0 {
            self.kept / self.beyond
        } else {
            f64::INFINITY
        }
    }

    /// A whole number between, nearer to what is kept by as much as both are apart in size: `> 4` between 2 and 12.
    #[must_use]
    pub fn whole(self) -> f64 {
        let middle = (self.kept.max(1.0) * self.beyond).sqrt().floor();
        middle.clamp(self.kept, (self.beyond - 1.0).max(self.kept))
    }

    /// A round number between, itself kept.
    #[must_use]
    pub fn round(self) -> f64 {
        let (low, high) = (self.kept.min(self.beyond), self.kept.max(self.beyond));
        let middle = if low > 0.0 {
            (low * high).sqrt()
        } else {
            f64::midpoint(low, high)
        };
        let digits = middle.abs().log10().floor();
        let digits = if digits.is_finite() { digits } else { 0.0 };
        for finer in 0..17 {
            let step = 10f64.powi(digits as i32 - finer);
            for part in [1.0, 0.5] {
                let step = step * part;
                let round = (middle / step).round() * step;
                // Powers of ten below one are not exact: the figure as people would write it.
                let round: f64 = format!("{round:.12}").parse().unwrap_or(round);
                let is_between = round >= low && round <= high && round != self.beyond;
                if is_between {
                    return round;
                }
            }
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_lies_between_and_is_what_a_person_would_write() {
        for (kept, beyond, whole, round) in [
            (2.0, 12.0, 4.0, 5.0),
            (1.0, 2.0, 1.0, 1.0),
            (3.0, 4.0, 3.0, 3.0),
            (990.0, 1200.0, 1089.0, 1000.0),
        ] {
            let cut = Cut { beyond, kept };
            let (found, rounded) = (cut.whole(), cut.round());
            assert!((found - whole).abs() < 1e-9, "{cut:?}: {found}");
            assert!((rounded - round).abs() < 1e-9, "{cut:?}: {rounded}");
        }
        for (kept, beyond) in [
            (0.25, 0.75),
            (-10.0, 5.0),
            (100.0, 100.5),
            (0.0, 1e-9),
            (7e8, 9e8),
        ] {
            let cut = Cut { beyond, kept };
            let found = cut.round();
            assert!(found >= kept && found < beyond, "{cut:?}: {found}");
        }
    }

    #[test]
    fn cuts_leave_no_good_figure_beyond_or_as_few_as_are_tolerated() {
        let first_good = 64;
        let good = (0..400).map(|n| {
            (
                64 + n,
                f64::from(n % 50) + if n == 399 { 60.0 } else { 0.0 },
            )
        });
        let mut figures: Vec<(u32, f64)> = (0..4)
            .map(|n| (n, [3.0, 70.0, 300.0, 400.0][n as usize]))
            .chain(good)
            .collect();
        let cuts = above(&mut figures, first_good, Sides { bad: 4, good: 400 });
        let cut = |beyond, kept| Cut { beyond, kept };
        assert_eq!(cuts, [cut(300.0, 109.0), cut(70.0, 49.0)]);
    }
}
