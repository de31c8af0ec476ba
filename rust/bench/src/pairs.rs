//! Two sides in turns, on one thread, by the time that the processor took for them: what else runs on the machine takes
//! from both alike, and the order of the two changes from pair to pair.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, Timespec, clock_gettime};

/// What a comparison came to. The bounds hold the true median at 95 %, by ranks, as nothing is known of how the
/// ratios are spread.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    /// Medians of both sides, in the unit of the caller.
    pub ours: f64,
    pub peer: f64,
    /// The median of the ratios of each pair.
    pub ratio: f64,
    pub low: f64,
    pub high: f64,
}

/// How many pairs are measured, by default and with `QUICK=1` in the environment. A test of the bench does one.
#[must_use]
pub fn pairs(full: usize) -> usize {
    if std::env::args().any(|argument| argument == "--test") {
        1
    } else if is_quick() {
        full.min(15)
    } else {
        full
    }
}

/// Whether a rough figure is wanted soon.
#[must_use]
pub fn is_quick() -> bool {
    std::env::var_os("QUICK").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Measures `pairs` pairs; each side is given the number of the pair and says what it took.
pub fn compare(
    pairs: usize,
    mut ours: impl FnMut(usize) -> f64,
    mut peer: impl FnMut(usize) -> f64,
) -> Compared {
    let measured: Vec<(f64, f64)> = (0..pairs)
        .map(|pair| {
            if pair % 2 == 0 {
                let first = ours(pair);
                (first, peer(pair))
            } else {
                let first = peer(pair);
                (ours(pair), first)
            }
        })
        .collect();
    of_pairs(&measured)
}

/// What pairs of measurements come to.
#[must_use]
pub fn of_pairs(measured: &[(f64, f64)]) -> Compared {
    let ratios = sorted(measured.iter().map(|(ours, peer)| ours / peer));
    let (low, high) = ranks(ratios.len());
    Compared {
        ours: median(&sorted(measured.iter().map(|(ours, _)| *ours))),
        peer: median(&sorted(measured.iter().map(|(_, peer)| *peer))),
        ratio: median(&ratios),
        low: ratios[low],
        high: ratios[high],
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// Between which of so many sorted values the true median lies at 95 %: 1.96 standard deviations of a binomial of halves
/// about its middle.
fn ranks(count: usize) -> (usize, usize) {
    let reach = (1.96 * (count as f64).sqrt() / 2.0).ceil() as usize;
    let middle = count / 2;
    (
        middle.saturating_sub(reach),
        (middle + reach).min(count - 1),
    )
}

/// The processor's time for `work` on this thread.
pub fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(tv_sec.unsigned_abs(), tv_nsec.unsigned_abs() as u32)
    };
    let began = now();
    work();
    now().saturating_sub(began)
}

/// The time on the wall for `work`.
pub fn wall_time(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_binomial() {
        // Of 15 values the 4th to the 12th hold the median at 96 %, of 31 the 10th to the 22nd at 97 %.
        assert_eq!(ranks(15), (3, 11));
        assert_eq!(ranks(31), (9, 21));
        assert_eq!(ranks(1), (0, 0));
    }

    #[test]
    fn each_side_is_measured_in_every_pair_and_goes_first_in_every_other() {
        let order = std::cell::RefCell::new(Vec::new());
        let compared = compare(
            4,
            |_| {
                order.borrow_mut().push('o');
                3.0
            },
            |_| {
                order.borrow_mut().push('p');
                2.0
            },
        );
        assert_eq!(
            order.into_inner().iter().collect::<String>(),
            "oppoop".to_owned() + "po"
        );
        assert_eq!(
            (compared.ours, compared.peer, compared.ratio),
            (3.0, 2.0, 1.5)
        );
        assert_eq!((compared.low, compared.high), (1.5, 1.5));
    }
}
