//! What a group of a window that is over means for its rule.
//!
//! A count, a sum or a quantile is held against its bound as an interval of what is known for certain. A share is a
//! sample of what would be seen in more windows alike: its confidence interval counts, wide enough for all groups that
//! are asked about together (Bonferroni), and whatever is not known of single traces widens it further. Only where the
//! whole interval lies on the wrong side is the rule violated.

use betrace_lang::rule::{ClauseKind, CompareOp, Number, Over, Peer, WindowBound};
use betrace_lang::verdict::{Reason, Verdict};

use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::{Reasons, Tri};
use crate::window::share::{Confidence, Proportion};
use crate::window::summary::Summary;
use crate::windows::gathered::{Gathered, grows};

/// What a group is held against, where that is no number.
#[derive(Clone, Debug)]
pub(crate) enum Rival {
    /// The bound is a number or a duration.
    None,
    /// There is nothing to be held against.
    Missing,
    /// Not known, because groups were given up.
    Unknown,
    /// Groups of which the most, or the least, counts; or one alone.
    Of(Vec<Gathered>),
}

/// The answer for one group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// What was measured: as far as it is known, or the confidence interval of a share.
    pub value: Option<Interval>,
    /// What it was held against.
    pub bound: Option<Interval>,
}

impl Judged {
    fn of(verdict: Verdict) -> Judged {
        Judged {
            verdict,
            reason: None,
            value: None,
            bound: None,
        }
    }

    fn inconclusive(reasons: Reasons) -> Judged {
        Judged {
            reason: Some(reasons.first().unwrap_or(Reason::StateCap)),
            ..Judged::of(Verdict::Inconclusive)
        }
    }
}

/// `asked`: how many groups of the window are judged.
pub(crate) fn judge(over: &Over, group: &Gathered, rival: &Rival, asked: usize) -> Judged {
    if group.samples < over.at_least {
        let may_be_enough =
            group.is_open || group.samples.saturating_add(group.perhaps) >= over.at_least;
        return match may_be_enough {
            true => Judged::inconclusive(group.reasons),
            false => Judged::of(Verdict::NotApplicable),
        };
    }
    let measured = group.measured(&over.measure);
    let bound = match bound(over, rival) {
        Ok(bound) => bound,
        Err(none) => return none.judged(),
    };
    if matches!(measured, Measured::Never) || matches!(bound, Measured::Never) {
        return Judged::of(Verdict::NotApplicable);
    }
    let (tri, value) = match over.measure.is_share() {
        true => compare_share(over, group, rival, bound, asked),
        false => (measured.compare(over.op, bound), range(measured)),
    };
    let broken = match over.clause {
        ClauseKind::Always => tri.negate(),
        ClauseKind::Never | ClauseKind::Pattern => tri,
    };
    let judged = match broken {
        Tri::True => Judged::of(Verdict::Violated),
        Tri::False => Judged::of(Verdict::Satisfied),
        Tri::Open(reasons) => Judged::inconclusive(reasons),
    };
    Judged {
        value,
        bound: range(bound),
        ..judged
    }
}

/// Whether the rule is broken by what is there already, whatever comes.
pub(crate) fn has_crossed(over: &Over, group: &Gathered) -> bool {
    if !grows(&over.measure) || group.samples < over.at_least {
        return false;
    }
    let Ok(bound) = bound(over, &Rival::None) else {
        return false;
    };
    // What comes can only be more, and of `min` less.
    let tri = group.measured_so_far(&over.measure).compare(over.op, bound);
    tri == Tri::of(over.clause != ClauseKind::Always)
}

/// Why there is nothing to be held against.
#[derive(Clone, Copy)]
enum NoBound {
    Missing,
    Unknown,
}

impl NoBound {
    fn judged(self) -> Judged {
        match self {
            NoBound::Missing => Judged::of(Verdict::NotApplicable),
            NoBound::Unknown => Judged::inconclusive(Reasons::of(Reason::StateCap)),
        }
    }
}

fn bound(over: &Over, rival: &Rival) -> Result<Measured, NoBound> {
    let exactly = |number| Ok(Measured::Range(Interval::exactly(End::At(number))));
    let (factor, peer) = match &over.bound {
        WindowBound::Number(number) => return exactly(*number),
        WindowBound::Duration(nanos) => return exactly(Number::Int(i128::from(*nanos))),
        WindowBound::Peer { factor, peer } => (*factor, *peer),
    };
    match rival {
        Rival::Unknown => Err(NoBound::Unknown),
        Rival::None | Rival::Missing => Err(NoBound::Missing),
        Rival::Of(groups) => {
            let measured = groups.iter().map(|group| group.measured(&over.measure));
            Ok(extreme(measured, peer).scale(factor))
        }
    }
}

/// Of several the one that counts; what is unknown of any is unknown of it.
fn extreme(all: impl Iterator<Item = Measured>, peer: Peer) -> Measured {
    let wins = |new: End, old: End| match peer {
        Peer::Lowest => new.order(old).is_lt(),
        _ => new.order(old).is_gt(),
    };
    let mut found: Option<(Interval, bool)> = None;
    for measured in all {
        let (new, is_certain) = match measured {
            Measured::Never => continue,
            Measured::Range(interval) => (interval, true),
            Measured::Perhaps(interval) => (interval, false),
        };
        found = Some(match found {
            None => (new, is_certain),
            Some((old, was_certain)) => {
                let pick = |new: End, old: End| if wins(new, old) { new } else { old };
                let interval = Interval::between(pick(new.low, old.low), pick(new.high, old.high));
                let interval = interval.with_reasons(new.reasons.with(old.reasons));
                (interval, is_certain && was_certain)
            }
        });
    }
    match found {
        None => Measured::Never,
        Some((interval, true)) => Measured::Range(interval),
        Some((interval, false)) => Measured::Perhaps(interval),
    }
}

fn range(measured: Measured) -> Option<Interval> {
    match measured {
        Measured::Never => None,
        Measured::Range(interval) | Measured::Perhaps(interval) => Some(interval),
    }
}

/// Whether the share is as said, with the confidence that is asked for, and its own interval.
fn compare_share(
    over: &Over,
    group: &Gathered,
    rival: &Rival,
    bound: Measured,
    asked: usize,
) -> (Tri, Option<Interval>) {
    let confidence = Confidence::of_percent(over.confidence.level() * 100.0).unwrap_or_default();
    // The counts themselves choose which group is the highest: each pair might have been compared.
    let is_chosen = matches!(
        over.bound,
        WindowBound::Peer {
            peer: Peer::Highest | Peer::Lowest,
            ..
        }
    );
    let confidence = match is_chosen {
        true => confidence.among_pairs(asked as u64),
        false => confidence.among(asked as u64),
    };
    let rivals = match (rival, &over.bound) {
        (Rival::Of(groups), WindowBound::Peer { factor, peer }) => {
            Some((most_extreme(groups, *peer), factor.to_f64()))
        }
        _ => None,
    };
    let all_reasons = range(bound).map_or(group.reasons, |bound| group.reasons.with(bound.reasons));
    if group.is_open || matches!(bound, Measured::Perhaps(_)) {
        return (Tri::Open(all_reasons), None);
    }
    let own = share(group).limits(confidence).interval();
    let decided = |group: &Gathered, rival: Option<&Gathered>| match (rivals, rival) {
        (Some((_, factor)), Some(rival)) => {
            let less = share(group)
                .less(factor, share(rival), confidence)
                .interval();
            less.decides(over.op, Interval::exactly(End::count(0)))
        }
        _ => match bound {
            Measured::Range(bound) => {
                let limits = share(group).limits(confidence);
                limits.interval().decides(over.op, bound)
            }
            _ => None,
        },
    };
    let rival = rivals.and_then(|(rival, _)| rival);
    let tri = match decided(group, rival) {
        Some(answer) => Tri::of(answer),
        None => {
            // Is it what is not known of some traces, or are there too few of them?
            let known = rival.map(Gathered::without_doubts);
            match decided(&group.without_doubts(), known.as_ref()) {
                Some(_) => Tri::Open(all_reasons),
                None => Tri::Open(Reasons::of(Reason::TooFew)),
            }
        }
    };
    (tri, Some(own))
}

/// By what was counted: of groups alike, the first.
fn most_extreme(groups: &[Gathered], peer: Peer) -> Option<&Gathered> {
    let order = |a: &&Gathered, b: &&Gathered| {
        let (left, right) = (
            u128::from(a.hits) * u128::from(b.samples),
            u128::from(b.hits) * u128::from(a.samples),
        );
        // Of equal shares the one that is surer.
        left.cmp(&right).then(a.samples.cmp(&b.samples))
    };
    match peer {
        Peer::Lowest => groups.iter().min_by(order),
        _ => groups.iter().max_by(order),
    }
}

fn share(group: &Gathered) -> Proportion {
    Proportion {
        successes: group.hits,
        failures: group.samples.saturating_sub(group.hits),
        unknown: group.perhaps,
    }
}

/// What a group is held against, of those of its window that are large enough, or of the window before.
pub(crate) fn rival(
    over: &Over,
    others: &[&Gathered],
    given_up: Option<&Gathered>,
    before: Option<&Gathered>,
) -> Rival {
    let WindowBound::Peer { peer, .. } = over.bound else {
        return Rival::None;
    };
    let is_large = |group: &&&Gathered| group.samples >= over.at_least.max(1);
    match peer {
        Peer::Before => before.map_or(Rival::Missing, |before| Rival::Of(vec![before.clone()])),
        Peer::Others => {
            let mut all = Gathered::default();
            others.iter().for_each(|group| all.merge(group));
            if let Some(given_up) = given_up {
                all.merge(given_up);
            }
            match all.samples.saturating_add(all.perhaps) {
                0 if !all.is_open => Rival::Missing,
                _ => Rival::Of(vec![all]),
            }
        }
        Peer::Highest | Peer::Lowest if given_up.is_some() => Rival::Unknown,
        Peer::Highest | Peer::Lowest => {
            let large: Vec<Gathered> = others
                .iter()
                .filter(is_large)
                .map(|one| (*one).clone())
                .collect();
            match large.is_empty() {
                true => Rival::Missing,
                false => Rival::Of(large),
            }
        }
    }
}

/// Whether more of the measure speaks against the rule, rather than less.
pub(crate) fn breaks_upwards(over: &Over) -> bool {
    let is_above = !matches!(over.op, CompareOp::Lt | CompareOp::Le);
    is_above == (over.clause != ClauseKind::Always)
}
