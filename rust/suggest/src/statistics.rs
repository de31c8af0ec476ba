//! What chance may bring: Fisher's exact test, Wilson's bound of a share, and the false discovery rate over many tests.

use crate::bits::Sides;

/// Logarithms of factorials, for tests on so many traces.
pub struct Factorials(Vec<f64>);

impl Factorials {
    /// Up to `most`!.
    #[must_use]
    pub fn up_to(most: u32) -> Factorials {
        let mut logs = Vec::with_capacity(most as usize + 1);
        let mut sum = 0.0;
        logs.push(sum);
        for n in 1..=most {
            sum += f64::from(n).ln();
            logs.push(sum);
        }
        Factorials(logs)
    }

    fn ln(&self, n: u32) -> f64 {
        self.0.get(n as usize).copied().unwrap_or(f64::INFINITY)
    }

    fn ln_choose(&self, n: u32, k: u32) -> f64 {
        self.ln(n) - self.ln(k) - self.ln(n - k)
    }

    /// The chance that of `broken` traces at least so many bad ones are among them, were they drawn from `among` by lot
    /// (Fisher 1922, one-sided: the upper tail of the hypergeometric distribution).
    #[must_use]
    pub fn fisher(&self, broken: Sides, among: Sides) -> f64 {
        let drawn = broken.bad + broken.good;
        let all = among.bad + among.good;
        if broken.bad == 0 || drawn > all || broken.bad > among.bad {
            return 1.0;
        }
        let most = drawn.min(among.bad);
        let first = self.ln_choose(among.bad, broken.bad) + self.ln_choose(among.good, broken.good)
            - self.ln_choose(all, drawn);
        // Each term from the one before it.
        let (mut term, mut sum) = (1.0, 0.0);
        for bad in broken.bad..=most {
            sum += term;
            let good = drawn - bad;
            let up = f64::from(among.bad - bad) * f64::from(good);
            let down = f64::from(bad + 1) * f64::from(among.good + bad + 1 - drawn);
            term *= up / down;
            if term < sum * 1e-17 {
                break;
            }
        }
        (first + f64::ln(sum)).exp().min(1.0)
    }

    /// The smallest chance that any split of so many broken traces could have: what cannot be small is no test (Tarone 1990).
    #[must_use]
    pub fn least(&self, broken: Sides, among: Sides) -> f64 {
        let drawn = broken.bad + broken.good;
        let bad = drawn.min(among.bad);
        self.fisher(
            Sides {
                bad,
                good: drawn - bad,
            },
            among,
        )
    }
}

/// The upper end of the 95 % interval of a share, `found` of `of` (Wilson 1927). 1 of nothing.
#[must_use]
pub fn wilson_upper(found: u64, of: u64) -> f64 {
    if of == 0 {
        return 1.0;
    }
    // The normal distribution's quantile for a two-sided interval of 95 %.
    let z = 1.959_963_984_540_054_f64;
    let n = of as f64;
    let share = found as f64 / n;
    let middle = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle + half) / (1.0 + z * z / n)).min(1.0)
}

/// For each of `found`, in ascending order, the smallest rate of false discoveries at which it is one, where `tests` were
/// made in all (Benjamini and Hochberg 1995).
#[must_use]
pub fn false_discovery(found: &[f64], tests: usize) -> Vec<f64> {
    let mut least = 1.0_f64;
    let mut rates: Vec<f64> = found
        .iter()
        .enumerate()
        .rev()
        .map(|(index, p)| {
            least = least.min(p * tests.max(found.len()) as f64 / (index as f64 + 1.0));
            least
        })
        .collect();
    rates.reverse();
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(bad: u32, good: u32) -> Sides {
        Sides { bad, good }
    }

    #[test]
    fn fishers_test_gives_the_tail_of_the_hypergeometric_distribution() {
        let factorials = Factorials::up_to(2000);
        // The lady tasting tea: all four of eight, 1 of 70; three of four, 17 of 70.
        for (broken, among, p) in [
            (sides(4, 0), sides(4, 4), 1.0 / 70.0),
            (sides(3, 1), sides(4, 4), 17.0 / 70.0),
            (sides(2, 0), sides(15, 200), 105.0 / 23_005.0),
            (sides(0, 3), sides(15, 200), 1.0),
        ] {
            let found = factorials.fisher(broken, among);
            assert!((found - p).abs() < 1e-12, "{broken:?} {among:?}: {found}");
        }
        assert!(factorials.fisher(sides(500, 0), sides(500, 1500)) < 1e-300);
        let least = factorials.least(sides(0, 2), sides(15, 200));
        assert!((least - 105.0 / 23_005.0).abs() < 1e-12);
    }

    #[test]
    fn wilsons_bound_is_that_of_the_interval() {
        for (found, of, bound) in [(0, 1355, 0.002_827), (0, 100, 0.036_994), (5, 10, 0.763_4)] {
            let upper = wilson_upper(found, of);
            assert!((upper - bound).abs() < 5e-5, "{found} of {of}: {upper}");
        }
        assert!(wilson_upper(0, 0) >= 1.0);
    }

    #[test]
    fn many_tests_are_paid_for() {
        let rates = false_discovery(&[0.001, 0.008, 0.039, 0.041], 10);
        for (rate, wanted) in rates.iter().zip([0.01, 0.04, 0.1025, 0.1025]) {
            assert!((rate - wanted).abs() < 1e-9, "{rates:?}");
        }
    }
}
