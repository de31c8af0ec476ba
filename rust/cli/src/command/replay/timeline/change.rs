//! Whether a rule is broken more often in one stretch of a timeline than in the rest, from when and until when.
//!
//! The temporal scan statistic of Kulldorff (*A spatial scan statistic*, Communications in Statistics 26, 1997) in its
//! Bernoulli model: of all stretches the one whose share of violated traces is the most unlike that of the rest, by the ratio of
//! likelihoods. How often chance alone would bring as much is found out by drawing: the violations are dealt anew to all traces, and,
//! where there are bars enough, the bars are shuffled, so that a share which wanders by itself is no change. The draws are the same in
//! every run.

use fastrand::Rng;

/// How often chance is asked; the smallest p is one in a thousand.
const DRAWS: usize = 999;

/// A change is told if chance brings as much in at most so many of the draws: with traces dealt anew, one in a hundred (a report has many
/// rules), and with bars shuffled, one in twenty-five.
const DEALT: usize = 9;
const SHUFFLED: usize = 39;

/// With fewer bars there are too few orders of them to tell anything.
pub const BARS_TO_SHUFFLE: usize = 12;

/// More are put together for the draws, and the edges sought again among all.
const UNITS: usize = 64;

/// More violations than these are scaled down for the draws, which can only hide a change that is hardly one.
const DEALT_AT_MOST: u64 = 1000;

/// A stretch of time: of `applied` traces to which the rule applied, so many violated it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    pub violated: u64,
    pub applied: u64,
}

/// The stretches from `from` to before `until` have more than the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    pub from: usize,
    pub until: usize,
    /// How likely chance alone brings as much, at most.
    pub p: f64,
}

/// `are_bars`: the units are those that are shown, none of them a part of one.
#[must_use]
pub fn change(units: &[Unit], are_bars: bool) -> Option<Change> {
    let (coarse, each) = coarse(units);
    let entropies = Entropies::up_to(sums(&coarse).1);
    let best = entropies.scan(&coarse)?;
    let mut rng = Rng::with_seed(0x7469_6d65);
    let shuffled = if are_bars && units.len() >= BARS_TO_SHUFFLE {
        shuffled(&coarse, best.ratio, &entropies, &mut rng)?
    } else {
        0
    };
    let dealt = dealt(&coarse, &entropies, &mut rng)?;
    let window = if each > 1 {
        refined(units, &best, each, &entropies)
    } else {
        best
    };
    Some(Change {
        from: window.from,
        until: window.until,
        p: (dealt.max(shuffled) + 1) as f64 / (DRAWS + 1) as f64,
    })
}

#[derive(Clone, Copy, Debug)]
struct Window {
    from: usize,
    until: usize,
    /// The logarithm of the ratio of likelihoods.
    ratio: f64,
}

/// At most [`UNITS`], and how many of the given are in one.
fn coarse(units: &[Unit]) -> (Vec<Unit>, usize) {
    let each = units.len().div_ceil(UNITS).max(1);
    let sum = |some: &[Unit]| Unit {
        violated: some.iter().map(|unit| unit.violated).sum(),
        applied: some.iter().map(|unit| unit.applied).sum(),
    };
    (units.chunks(each).map(sum).collect(), each)
}

/// x ln x of counts, which the draws ask for over and over.
struct Entropies(Vec<f64>);

impl Entropies {
    fn up_to(most: u64) -> Entropies {
        Entropies((0..=most.min(1 << 16)).map(entropy).collect())
    }

    fn of(&self, x: u64) -> f64 {
        let known = usize::try_from(x).ok().and_then(|x| self.0.get(x));
        known.copied().unwrap_or_else(|| entropy(x))
    }

    /// The likelihood of so many of so many, at its best, as a logarithm.
    fn likelihood(&self, violated: u64, applied: u64) -> f64 {
        self.of(violated) + self.of(applied - violated) - self.of(applied)
    }

    /// The window that is the most unlike the rest and has more than it.
    fn scan(&self, units: &[Unit]) -> Option<Window> {
        let (violated, applied) = sums(units);
        let without = self.likelihood(violated, applied);
        let mut best: Option<Window> = None;
        for from in 0..units.len() {
            let (mut c, mut n) = (0, 0);
            for (until, unit) in units.iter().enumerate().skip(from) {
                c += unit.violated;
                n += unit.applied;
                let ratio = self.raised((c, n), (violated - c, applied - n), without);
                if ratio > best.map_or(0.0, |best| best.ratio) {
                    best = Some(Window {
                        from,
                        until: until + 1,
                        ratio,
                    });
                }
            }
        }
        best
    }

    /// Of a window and the rest, each as violated ones of how many; 0 where the window has no larger share.
    fn raised(&self, window: (u64, u64), rest: (u64, u64), without: f64) -> f64 {
        // Without dividing.
        if u128::from(window.0) * u128::from(rest.1) <= u128::from(rest.0) * u128::from(window.1) {
            return 0.0;
        }
        self.likelihood(window.0, window.1) + self.likelihood(rest.0, rest.1) - without
    }
}

fn entropy(x: u64) -> f64 {
    if x == 0 {
        0.0
    } else {
        x as f64 * (x as f64).ln()
    }
}

fn sums(units: &[Unit]) -> (u64, u64) {
    units.iter().fold((0, 0), |(violated, applied), unit| {
        (violated + unit.violated, applied + unit.applied)
    })
}

/// How many draws bring as much as was seen; `None` once it is too many.
fn draws(seen: f64, most: usize, mut draw: impl FnMut() -> f64) -> Option<usize> {
    let mut as_much = 0;
    for _ in 0..DRAWS {
        // A hair below: the same sum taken in another order is the same.
        as_much += usize::from(draw() >= seen * (1.0 - 1e-9));
        if as_much > most {
            return None;
        }
    }
    Some(as_much)
}

/// With the violations dealt anew to all traces.
fn dealt(units: &[Unit], entropies: &Entropies, rng: &mut Rng) -> Option<usize> {
    let (violated, applied) = sums(units);
    let fewer = violated.min(applied - violated);
    let scale = |count: u64| {
        let scaled = u128::from(count) * u128::from(DEALT_AT_MOST) / u128::from(fewer.max(1));
        if fewer > DEALT_AT_MOST {
            scaled as u64
        } else {
            count
        }
    };
    let scaled: Vec<Unit> = units
        .iter()
        .map(|unit| Unit {
            violated: scale(unit.violated),
            applied: scale(unit.applied),
        })
        .collect();
    let seen = entropies.scan(&scaled)?.ratio;
    let (violated, applied) = sums(&scaled);
    // Whichever are fewer are dealt.
    let deals_kept = violated > applied - violated;
    let count = if deals_kept {
        applied - violated
    } else {
        violated
    };
    let mut hand = scaled.clone();
    draws(seen, DEALT, || {
        deal(&scaled, count, &mut hand, rng);
        if deals_kept {
            for unit in &mut hand {
                unit.violated = unit.applied - unit.violated;
            }
        }
        entropies.scan(&hand).map_or(0.0, |window| window.ratio)
    })
}

/// `count` violations to traces drawn without putting back.
fn deal(units: &[Unit], count: u64, hand: &mut [Unit], rng: &mut Rng) {
    for (unit, given) in hand.iter_mut().zip(units) {
        *unit = Unit {
            violated: 0,
            applied: given.applied,
        };
    }
    let mut left: u64 = units.iter().map(|unit| unit.applied).sum();
    for _ in 0..count {
        let mut at = rng.u64(0..left);
        left -= 1;
        for unit in hand.iter_mut() {
            let free = unit.applied - unit.violated;
            if at < free {
                unit.violated += 1;
                break;
            }
            at -= free;
        }
    }
}

/// With the bars in another order.
fn shuffled(units: &[Unit], seen: f64, entropies: &Entropies, rng: &mut Rng) -> Option<usize> {
    let mut order = units.to_vec();
    draws(seen, SHUFFLED, || {
        rng.shuffle(&mut order);
        entropies.scan(&order).map_or(0.0, |window| window.ratio)
    })
}

/// The edges among all units, each within the coarse one that it lay in and its neighbours.
fn refined(units: &[Unit], coarse: &Window, each: usize, entropies: &Entropies) -> Window {
    let (violated, applied) = sums(units);
    let without = entropies.likelihood(violated, applied);
    let mut sums = vec![(0, 0)];
    for unit in units {
        let (c, n) = sums.last().copied().unwrap_or_default();
        sums.push((c + unit.violated, n + unit.applied));
    }
    let around = |edge: usize| {
        let edge = (edge * each).min(units.len());
        edge.saturating_sub(each)..=(edge + each).min(units.len())
    };
    let mut best = Window {
        from: coarse.from * each,
        until: (coarse.until * each).min(units.len()),
        ratio: 0.0,
    };
    for from in around(coarse.from) {
        for until in around(coarse.until).filter(|until| *until > from) {
            let (c, n) = (sums[until].0 - sums[from].0, sums[until].1 - sums[from].1);
            let ratio = entropies.raised((c, n), (violated - c, applied - n), without);
            if ratio > best.ratio {
                best = Window { from, until, ratio };
            }
        }
    }
    best
}

#[cfg(test)]
mod tests;
