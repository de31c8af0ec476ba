//! What groups are held against where that is no number: other groups of their window, or themselves in the window before.
//!
//! Each of thousands of groups has thousands of others. All of them are gone through a few times, not each once for each.

use betrace_lang::rule::{Over, Peer, WindowBound, WindowMeasure};

use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::window::share::Proportion;
use crate::window::summary::Summary;
use crate::windows::gathered::Gathered;

/// What a group is held against, where that is no number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rival {
    /// The bound is a number or a duration.
    None,
    /// There is nothing to be held against.
    Missing,
    /// Not known, because groups were given up.
    Unknown,
    Of(RivalMeasure),
}

/// Of one group, of some taken together, or of those of which the most or the least counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RivalMeasure {
    pub measured: Measured,
    /// Of the group whose share counts.
    pub share: Proportion,
}

/// For each group in turn. `given_up`: those that were, together; `before`: a group in the window before.
pub(crate) fn rivals(
    over: &Over,
    groups: &[&Gathered],
    given_up: Option<&Gathered>,
    before: impl Fn(usize) -> Option<Gathered>,
) -> Vec<Rival> {
    let WindowBound::Peer { peer, .. } = over.bound else {
        return vec![Rival::None; groups.len()];
    };
    let one = |group: &Gathered| match group.samples.saturating_add(group.perhaps) {
        0 if !group.is_open => Rival::Missing,
        _ => Rival::Of(RivalMeasure {
            measured: group.measured(&over.measure),
            share: group.proportion(),
        }),
    };
    match peer {
        Peer::Before => (0..groups.len())
            .map(|at| match before(at) {
                None => Rival::Missing,
                Some(before) => Rival::Of(RivalMeasure {
                    measured: before.measured(&over.measure),
                    share: before.proportion(),
                }),
            })
            .collect(),
        Peer::Others => {
            let mut all = Vec::with_capacity(groups.len());
            let given_up = given_up.cloned().unwrap_or_default();
            all_but_each(groups, given_up, &mut |others| all.push(one(others)));
            all
        }
        Peer::Highest | Peer::Lowest if given_up.is_some() => vec![Rival::Unknown; groups.len()],
        Peer::Highest | Peer::Lowest => {
            let is_large = |group: &&Gathered| group.samples >= over.at_least.max(1);
            let own = groups.iter().map(|group| {
                Some(*group)
                    .filter(is_large)
                    .map(|one| Best::of(one, &over.measure))
            });
            best_but_each(&own.collect::<Vec<_>>(), peer)
        }
    }
}

/// Gives what all groups but one come to, for each of them in turn: halves by halves, so that no more than one is held for each
/// halving.
fn all_but_each(groups: &[&Gathered], with: Gathered, take: &mut impl FnMut(&Gathered)) {
    match groups {
        [] => {}
        [_] => take(&with),
        _ => {
            let (left, right) = groups.split_at(groups.len() / 2);
            let and = |others: &[&Gathered]| {
                let mut and = with.clone();
                others.iter().for_each(|group| and.merge(group));
                and
            };
            all_but_each(left, and(right), take);
            all_but_each(right, and(left), take);
        }
    }
}

/// Of some groups, what counts.
#[derive(Clone, Copy)]
struct Best {
    /// `None`: nothing that could be measured. And whether that is certain.
    interval: Option<(Interval, bool)>,
    share: Proportion,
}

impl Best {
    fn of(group: &Gathered, measure: &WindowMeasure) -> Best {
        Best {
            interval: match group.measured(measure) {
                Measured::Never => None,
                Measured::Range(interval) => Some((interval, true)),
                Measured::Perhaps(interval) => Some((interval, false)),
            },
            share: group.proportion(),
        }
    }

    /// What is unknown of any is unknown of all.
    fn and(self, other: Best, peer: Peer) -> Best {
        let interval = match (self.interval, other.interval) {
            (one, None) | (None, one) => one,
            (Some((one, is_certain)), Some((other, was_certain))) => {
                let pick = |one: End, other: End| match (peer, one.order(other).is_lt()) {
                    (Peer::Lowest, true) | (Peer::Highest, false) => one,
                    _ => other,
                };
                let both = Interval::between(pick(one.low, other.low), pick(one.high, other.high));
                let reasons = one.reasons.with(other.reasons);
                Some((both.with_reasons(reasons), is_certain && was_certain))
            }
        };
        let is_first = match (peer, order(self.share, other.share)) {
            (Peer::Lowest, order) => order.is_le(),
            (_, order) => order.is_ge(),
        };
        Best {
            interval,
            share: if is_first { self.share } else { other.share },
        }
    }
}

/// By what was counted, and of equal shares by how sure they are.
fn order(one: Proportion, other: Proportion) -> std::cmp::Ordering {
    let trials = |share: Proportion| u128::from(share.successes) + u128::from(share.failures);
    let left = u128::from(one.successes) * trials(other);
    let right = u128::from(other.successes) * trials(one);
    left.cmp(&right)
        .then(trials(one).cmp(&trials(other)))
        .then(other.unknown.cmp(&one.unknown))
}

/// For each the best of the others; `None`: too small to be one.
fn best_but_each(own: &[Option<Best>], peer: Peer) -> Vec<Rival> {
    let join = |one: Option<Best>, other: Option<Best>| match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other, peer)),
        (one, other) => one.or(other),
    };
    let mut behind = vec![None; own.len() + 1];
    for (at, one) in own.iter().enumerate().rev() {
        behind[at] = join(*one, behind[at + 1]);
    }
    let mut before = None;
    let each = own.iter().zip(&behind[1..]).map(|(one, behind)| {
        let best = join(before, *behind);
        before = join(before, *one);
        match best {
            None => Rival::Missing,
            Some(best) => Rival::Of(RivalMeasure {
                measured: match best.interval {
                    None => Measured::Never,
                    Some((interval, true)) => Measured::Range(interval),
                    Some((interval, false)) => Measured::Perhaps(interval),
                },
                share: best.share,
            }),
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(hits: u64, samples: u64) -> Gathered {
        Gathered {
            hits,
            samples,
            ..Gathered::default()
        }
    }

    #[test]
    fn all_but_each_leaves_out_one_and_no_other() {
        let groups: Vec<Gathered> = (0..13).map(|at| group(0, 1 << at)).collect();
        let all: Vec<&Gathered> = groups.iter().collect();
        let mut sums = Vec::new();
        all_but_each(&all, group(0, 1 << 20), &mut |others| {
            sums.push(others.samples)
        });
        let expected: Vec<u64> = (0..13)
            .map(|at| (1 << 20) + (1 << 13) - 1 - (1 << at))
            .collect();
        assert_eq!(sums, expected);
    }

    #[test]
    fn the_best_of_the_others_is_no_own() {
        let shares = [(1, 2), (9, 10), (3, 10), (90, 100), (0, 0)];
        let own: Vec<Option<Best>> = shares
            .iter()
            .map(|(hits, samples)| {
                let share = group(*hits, *samples).proportion();
                let interval = None;
                (*samples > 0).then_some(Best { interval, share })
            })
            .collect();
        let found = |peer: Peer| -> Vec<(u64, u64)> {
            let rivals = best_but_each(&own, peer).into_iter();
            let share = rivals.map(|rival| match rival {
                Rival::Of(of) => (of.share.successes, of.share.successes + of.share.failures),
                _ => (0, 0),
            });
            share.collect()
        };
        let (most, second) = ((90, 100), (9, 10));
        assert_eq!(found(Peer::Highest), [most, most, most, second, most]);
        let (least, more) = ((3, 10), (1, 2));
        assert_eq!(found(Peer::Lowest), [least, least, more, least, least]);
        assert!(matches!(
            best_but_each(&own[..1], Peer::Highest)[0],
            Rival::Missing
        ));
    }
}
